//! Small repositories: what is declared and required.

use std::collections::BTreeMap;

use super::Repository;
use crate::error::Error;
use crate::files::MemoryFiles;
use crate::options::{GraphOptions, Resolves};

/// A repository of files given as `== path` headings with contents below.
fn load(files: &str, options: GraphOptions) -> Result<Repository, Error> {
    let files = files.split("== ").skip(1).map(|part| {
        let (path, text) = part.split_once('\n').unwrap_or((part, ""));
        (path.trim().to_owned(), text.as_bytes().to_vec())
    });
    Repository::load(Box::new(MemoryFiles::new(files.collect())), options)
}

/// Options with the resolves `python-default` and `other`.
fn options() -> GraphOptions {
    GraphOptions {
        pants_version: "2.16.0".to_owned(),
        backend_packages: vec!["pants.backend.python".to_owned()],
        root_patterns: vec!["/src".to_owned(), "/tests".to_owned(), "/".to_owned()],
        enable_resolves: Resolves::Enabled,
        resolves: BTreeMap::from([
            ("python-default".to_owned(), "default.lock".to_owned()),
            ("other".to_owned(), "other.lock".to_owned()),
        ]),
        ..GraphOptions::default()
    }
}

fn describe(error: &Error) -> String {
    let line = error
        .place()
        .map(|place| format!("\n{}", place.source_line))
        .unwrap_or_default();
    let hint = error
        .hint()
        .map(|hint| format!("\nhint: {hint}"))
        .unwrap_or_default();
    format!("{error}{line}{hint}")
}

fn requirements(files: &str, resolve: &str) -> String {
    let read = || {
        let repository = load(files, options())?;
        crate::graph::resolve_requirements(&repository, resolve)
    };
    match read() {
        Ok(all) => {
            let mut lines: Vec<String> = all
                .requirements
                .iter()
                .map(|asked| {
                    let specifier = &asked.line.specifier;
                    format!(
                        "{} {} {}",
                        asked.target,
                        specifier.place(),
                        specifier.spelling()
                    )
                })
                .collect();
            lines.extend(all.constraints.iter().map(|line| {
                format!(
                    "-c {} {}",
                    line.specifier.place(),
                    line.specifier.spelling()
                )
            }));
            lines.join("\n")
        }
        Err(error) => describe(&error),
    }
}

#[test]
fn requirements_by_resolve() {
    let files = "== BUILD
python_requirements(name='reqs', overrides={'both': {'resolve': parametrize('python-default', 'other')}})
python_requirement(name='one', requirements=['x[y]>1', 'z'], resolve='other')
python_requirement(name='two', requirements=['w'], resolve=parametrize('python-default', o='other'))
pants_requirements(name='pants', resolve='other')
python_requirements(name='pp', source='pyproject.toml', resolve='other')
== requirements.txt
My_Pkg.x==1
both
-e ./local
-c constraints.txt
== constraints.txt
c<1
== pyproject.toml
[project]
dependencies = ['pp']
";
    insta::assert_snapshot!(requirements(files, "python-default"), @"
    //:reqs#My-Pkg.x requirements.txt:1:1 My_Pkg.x==1
    //:reqs#both@resolve=python-default requirements.txt:2:1 both
    //:reqs requirements.txt:3:4 ./local
    //:two@resolve=python-default BUILD:3:47 w
    -c constraints.txt:1:1 c<1
    ");
    insta::assert_snapshot!(requirements(files, "other"), @"
    //:reqs#both@resolve=other requirements.txt:2:1 both
    //:one BUILD:2:47 x[y]>1
    //:one BUILD:2:57 z
    //:two@resolve=o BUILD:3:47 w
    //:pants#pantsbuild.pants BUILD:4:1 pantsbuild.pants==2.16.0
    //:pants#pantsbuild.pants.testutil BUILD:4:1 pantsbuild.pants.testutil==2.16.0
    //:pp#pp pyproject.toml:2:18 pp
    ");
    insta::assert_snapshot!(requirements(files, "othr"), @"
    unknown resolve `othr`
    hint: did you mean `other`?
    ");
}

#[test]
fn wrong_declarations() {
    let only = |build: &str| requirements(&format!("== d/BUILD\n{build}\n"), "python-default");
    insta::assert_snapshot!(only("target(name='x')\npython_sources(name='x')"), @"
    d/BUILD:2:1: `d:x` is already declared at d/BUILD:1:1
    python_sources(name='x')
    hint: give one of them another `name`; a target without one is named after its folder
    ");
    insta::assert_snapshot!(only("python_requirement(name='x', requirements=['a', 'b >> 1'])"), @r#"
    d/BUILD:1:52: not a requirement: no such comparison operator ">>", must be one of ~= == != <= >= < > ===
    python_requirement(name='x', requirements=['a', 'b >> 1'])
    "#);
    insta::assert_snapshot!(only("python_requirement(name='x', requirements=[], resolve='othr')"), @"
    d/BUILD:1:56: unknown resolve `othr`
    python_requirement(name='x', requirements=[], resolve='othr')
    hint: did you mean `other`?
    ");
    insta::assert_snapshot!(only("python_requirements()"), @"
    d/BUILD:1:1: cannot read the requirements of `d:d`: there is no such file
    python_requirements()
    hint: create `d/requirements.txt`, or name another file as `source`
    ");
    insta::assert_snapshot!(only("poetry_requirements()"), @"
    d/BUILD:1:1: cannot read the requirements of `d:d`: there is no such file
    poetry_requirements()
    hint: create `d/pyproject.toml`, or name another file as `source`
    ");
    insta::assert_snapshot!(only("python_sources(foo=1)"), @"
    d/BUILD:1:16: `python_sources` has no field `foo`
    python_sources(foo=1)
    hint: its fields are `dependencies`, `description`, `interpreter_constraints`, `overrides`, `resolve`, `restartable`, `run_goal_use_sandbox`, `sources`, `tags`
    ");
    insta::assert_snapshot!(only("python_sources(sorces=[])"), @"
    d/BUILD:1:16: `python_sources` has no field `sorces`
    python_sources(sorces=[])
    hint: did you mean `sources`?
    ");
    insta::assert_snapshot!(only("target(name='a/b')"), @"
    d/BUILD:1:8: a target name cannot contain `/`: `a/b`
    target(name='a/b')
    ");
    insta::assert_snapshot!(only("__defaults__({('python_sources', 'python_tets'): dict(tags=['x'])})"), @"
    d/BUILD:1:1: `__defaults__` is about `python_tets`, which is no target type
    __defaults__({('python_sources', 'python_tets'): dict(tags=['x'])})
    hint: did you mean `python_test`?
    ");
    insta::assert_snapshot!(only("__defaults__({python_sources: dict(nope=1)})"), @"
    d/BUILD:1:1: `python_sources` has no field `nope`
    __defaults__({python_sources: dict(nope=1)})
    hint: its fields are `dependencies`, `description`, `interpreter_constraints`, `overrides`, `resolve`, `restartable`, `run_goal_use_sandbox`, `sources`, `tags`
    ");
}
