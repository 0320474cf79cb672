//! What distributions own and require.

use crate::{ask_with, options};

/// What every distribution ships and requires on a platform.
fn distributions(files: &str, platform: &str) -> String {
    ask_with(files, options(), |graph| {
        let mut lines = Vec::new();
        for id in graph.distributions() {
            let distribution = graph.distribution(id, platform)?;
            lines.push(graph.target(id).address.to_string());
            for file in &distribution.files {
                lines.push(format!("  {:?} {}", file.content, file.member));
            }
            let required = distribution
                .requirements
                .iter()
                .map(|specifier| format!("  requires {}", specifier.spelling()));
            lines.extend(required);
            let first_party = distribution.first_party.iter();
            lines.extend(first_party.map(|id| format!("  requires {}", graph.target(*id).address)));
            if !distribution.platforms.is_empty() {
                lines.push(format!("  platforms {:?}", distribution.platforms));
            }
            for (group, name, value) in graph.resolved_entry_points(id)? {
                lines.push(format!("  [{group}] {name} = {value}"));
            }
        }
        Ok(lines)
    })
}

const REQUIREMENTS: &str = "== BUILD\npython_requirements(name='reqs')\n== requirements.txt\nattrs>=20\nrequests[security]>=2; python_version >= '3.8'\nunused==1\ntypes-attrs\n";

#[test]
fn the_nearest_distribution_above_owns() {
    let files = format!("{REQUIREMENTS}== src/core/BUILD
python_sources()
resources(name='data', sources=['*.json'])
python_distribution(name='dist', dependencies=[':core', ':data', 'src/core/sub', '!!//:reqs#types-attrs'], provides=python_artifact(name='core'))
== src/core/__init__.py
import attr
== src/core/d.json
== src/core/unreached/x.py
== src/core/sub/BUILD
python_sources(dependencies=['//:reqs#types-attrs'])
== src/core/sub/s.py
import core
== src/mid/BUILD
python_sources()
pex_binary(name='bin', entry_point='cli.py:main')
python_distribution(name='dist', dependencies=[':mid'], provides=python_artifact(name='mid'), entry_points={{'console_scripts': {{'m': 'mid.cli:main', 'b': ':bin'}}}})
== src/mid/cli.py
import core.sub.s, requests
");
    insta::assert_snapshot!(distributions(&files, "linux_x86_64"), @"
    src/core:dist
      Python core/__init__.py
      Resource core/d.json
      Python core/sub/s.py
      requires attrs>=20
    src/mid:dist
      Python mid/cli.py
      requires requests[security]>=2; python_version >= '3.8'
      requires src/core:dist
      [console_scripts] m = mid.cli:main
      [console_scripts] b = mid.cli:main
    ");
}

#[test]
fn a_nested_distribution_takes_precedence() {
    let files = "== src/BUILD\npython_distribution(name='outer', dependencies=['src/a', 'src/b'], provides=python_artifact(name='outer'))\n== src/a/BUILD\npython_sources()\npython_distribution(name='inner', dependencies=[':a'], provides=python_artifact(name='inner'))\n== src/a/x.py\n== src/b/BUILD\npython_sources()\n== src/b/y.py\nimport a.x\n";
    insta::assert_snapshot!(distributions(files, "linux_x86_64"), @"
    src/a:inner
      Python a/x.py
    src:outer
      Python b/y.py
      requires src/a:inner
    ");
}

#[test]
fn unclear_ownership() {
    let none = "== src/a/BUILD\npython_sources()\n== src/a/x.py\n== src/b/BUILD\npython_sources()\npython_distribution(name='d', dependencies=[':b'], provides=python_artifact(name='d'))\n== src/b/y.py\nimport a.x\n";
    insta::assert_snapshot!(distributions(none, "linux_x86_64"), @"
    src/a/x.py: no distribution owns `src/a/x.py`, which `src/b:d` needs

    hint: declare a `python_distribution` in `src/a` or above it that depends on `src/a/x.py`
    ");
    let two = "== src/a/BUILD\npython_sources()\npython_distribution(name='d', dependencies=[':a'], provides=python_artifact(name='d'))\npython_distribution(name='e', dependencies=[':a'], provides=python_artifact(name='e'))\n== src/a/x.py\n";
    insta::assert_snapshot!(distributions(two, "linux_x86_64"), @"
    src/a/x.py: more than one distribution owns `src/a/x.py`: `src/a:d`, `src/a:e`

    hint: let only one of them depend on it, or move one to another folder
    ");
}

#[test]
fn declarations_that_make_no_sense() {
    let only = |fields: &str| {
        let files = format!(
            "== src/a/BUILD\npython_sources()\npython_distribution(name='d', dependencies=[':a'], {fields})\n== src/a/x.py\n"
        );
        distributions(&files, "linux_x86_64")
    };
    insta::assert_snapshot!(only("provides=python_artifact(name='d', install_requires=['x'])"), @"
    src/a/BUILD:2:52: `install_requires` in `provides` of `src/a:d`: it follows from the imports of the code
    python_distribution(name='d', dependencies=[':a'], provides=python_artifact(name='d', install_requires=['x']))
    hint: remove it; requirements that imports do not show go into the `dependencies` of the code
    ");
    insta::assert_snapshot!(only("provides=python_artifact(name='d'), wheel=False, sdist=False"), @"
    src/a/BUILD:2:88: `src/a:d` builds neither a wheel nor a source distribution
    python_distribution(name='d', dependencies=[':a'], provides=python_artifact(name='d'), wheel=False, sdist=False)
    hint: set `wheel` or `sdist` to `True`
    ");
    insta::assert_snapshot!(only(""), @r#"
    src/a/BUILD:2:1: `src/a:d` does not say what it provides
    python_distribution(name='d', dependencies=[':a'], )
    hint: add `provides=python_artifact(name="…", version="…")`
    "#);
}

#[test]
fn resources_by_platform() {
    let files = "== src/r/BUILD
python_sources(dependencies=[':p'])
python_distribution(name='d', dependencies=[':r'], provides=python_artifact(name='d'))
platform_resources(name='p', dependency_map={'linux_x86_64': ':l', 'macos_arm64': ':m'})
resources(name='l', sources=['*.l'])
resources(name='m', sources=['*.m'])
== src/r/x.py
== src/r/x.l
== src/r/x.m
";
    insta::assert_snapshot!(distributions(files, "linux_x86_64"), @r#"
    src/r:d
      Resource r/x.l
      Python r/x.py
      platforms ["linux_x86_64", "macos_arm64"]
    "#);
    insta::assert_snapshot!(distributions(files, "macos_arm64"), @r#"
    src/r:d
      Resource r/x.m
      Python r/x.py
      platforms ["linux_x86_64", "macos_arm64"]
    "#);
}

#[test]
fn circles_of_distributions_are_found() {
    let files = "== src/a/BUILD\npython_sources()\npython_distribution(name='d', dependencies=[':a'], provides=python_artifact(name='a'))\n== src/a/x.py\nimport b.y\n== src/b/BUILD\npython_sources()\npython_distribution(name='d', dependencies=[':b'], provides=python_artifact(name='b'))\n== src/b/y.py\nimport a.x\n";
    let cycles = ask_with(files, options(), |graph| {
        let cycles = graph.distribution_cycles("linux_x86_64")?;
        Ok(cycles
            .iter()
            .map(|cycle| crate::addresses(graph, cycle).join(" "))
            .collect())
    });
    insta::assert_snapshot!(cycles, @"src/a:d src/b:d");
}

#[test]
fn a_requirement_brings_the_requirements_that_it_depends_on() {
    let files = |dependencies: &str| {
        format!(
            "== BUILD
python_requirement(name='lib', requirements=['lib'], dependencies=[':setuptools'])
python_requirement(name='setuptools', requirements=['setuptools<80'], dependencies=[':wheel', ':lib'])
python_requirement(name='wheel', requirements=['wheel'])
== src/a/BUILD
python_sources()
python_distribution(name='d', dependencies=[{dependencies}], provides=python_artifact(name='d'))
== src/a/x.py
import lib
"
        )
    };
    let only = |dependencies: &str| distributions(&files(dependencies), "linux_x86_64");
    insta::assert_snapshot!(only("':a'"), @"
    src/a:d
      Python a/x.py
      requires lib
      requires setuptools<80
      requires wheel
    ");
    insta::assert_snapshot!(only("':a', '!!//:wheel'"), @"
    src/a:d
      Python a/x.py
      requires lib
      requires setuptools<80
    ");
}
