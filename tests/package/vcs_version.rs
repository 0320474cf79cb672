//! `vcs_version` targets: the version that follows from git's tags, in a file that only archives and tests have.

use camino::Utf8Path;
use insta::assert_snapshot;
use testkit::{Repo, peer, skip};

use super::{built, member, members, package};
use crate::repo;

const SETTINGS: &str = "[workspace.metadata.xtask.python]\ninterpreter_constraints = [\">=3.9\"]\n";

const BUILD: &str = r#"
python_sources()
vcs_version(
    name="version",
    generate_to="src/foo/_version.py",
    template="version = {version!r}\n",
)
python_distribution(
    name="dist",
    dependencies=[":foo"],
    provides=python_artifact(name="foo", version="1.0"),
)
"#;

const CODE: &str = "from foo._version import version\n";

fn git(repo: &Repo, arguments: &[&str]) {
    let own = [
        "-c",
        "user.name=x",
        "-c",
        "user.email=x@y.example",
        "-c",
        "init.defaultBranch=main",
    ];
    let output = repo.run(Utf8Path::new("git"), &[&own[..], arguments].concat());
    assert_eq!(output.status, 0, "{output}");
}

fn commit(repo: &Repo, message: &str) {
    git(repo, &["add", "."]);
    git(repo, &["commit", "-q", "--allow-empty", "-m", message]);
}

/// A distribution whose code imports the generated module, committed.
fn versioned(build: &str) -> Repo {
    let repo = repo()
        .file("Cargo.toml", SETTINGS)
        .file(".gitignore", "dist/\n")
        .file("src/foo/BUILD", build)
        .file("src/foo/__init__.py", "")
        .file("src/foo/core.py", CODE);
    git(&repo, &["init", "-q"]);
    commit(&repo, "first");
    repo
}

#[test]
fn it_is_shipped_with_the_code_that_imports_it() {
    let repo = versioned(BUILD);
    git(&repo, &["tag", "v1.2.3"]);
    package(&repo, &["--verify"]);
    assert_snapshot!(members(&repo, "foo-1.0-py3-none-any.whl"), @r"
    foo/__init__.py
    foo/_version.py
    foo/core.py
    foo-1.0.dist-info/METADATA
    foo-1.0.dist-info/WHEEL
    foo-1.0.dist-info/namespace_packages.txt
    foo-1.0.dist-info/top_level.txt
    foo-1.0.dist-info/RECORD
    ");
    let version = |repo: &Repo| member(repo, "foo-1.0-py3-none-any.whl", "foo/_version.py");
    assert_eq!(version(&repo), "version = '1.2.3'\n");
    assert!(!repo.root().join("src/foo/_version.py").exists());
    assert_eq!(super::law::holds(&repo), 1);

    commit(&repo, "second");
    package(&repo, &[]);
    assert!(
        version(&repo).starts_with("version = '1.2.4.dev1+g"),
        "{}",
        version(&repo)
    );
    let repo = repo.env("SETUPTOOLS_SCM_PRETEND_VERSION", "7");
    package(&repo, &[]);
    assert_eq!(version(&repo), "version = '7'\n");
}

#[test]
fn a_build_backend_sees_it() {
    let backend = super::backend::BACKEND
        .replace("open(\"y.py\").read()", "open(\"foo/_version.py\").read()");
    let build = BUILD
        .replace("\":foo\"", "\":foo\", \":project\"")
        .replace("version=\"1.0\"),", "version=\"1\"),\n    generate_setup=False,")
        .replace("name=\"foo\"", "name=\"own\"")
        .replace("src/foo/_version.py", "foo/_version.py")
        .replace("python_sources()", "python_sources(sources=['**/*.py'])\nresources(name='project', sources=['pyproject.toml'])")
        .replace(":foo", ":root");
    let build = build.replace("python_sources(", "python_sources(name='root', ");
    let repo = repo()
        .file(
            "Cargo.toml",
            &(SETTINGS.to_owned() + "[workspace.metadata.xtask.source]\nroot_patterns = [\"/\"]\n"),
        )
        .file(".gitignore", "dist/\n")
        .file("BUILD", &build)
        .file("pyproject.toml", super::backend::PYPROJECT)
        .file("backend.py", &backend)
        .file("foo/__init__.py", "")
        .file("foo/core.py", CODE);
    git(&repo, &["init", "-q"]);
    commit(&repo, "first");
    git(&repo, &["tag", "2.0"]);
    package(&repo, &["--wheel"]);
    assert_eq!(
        member(&repo, "own-1-py3-none-any.whl", "y.py"),
        "version = '2.0'\n"
    );
    // Another tag is another input of the same build.
    git(&repo, &["tag", "-d", "2.0"]);
    git(&repo, &["tag", "2.1"]);
    package(&repo, &["--wheel"]);
    assert_eq!(
        member(&repo, "own-1-py3-none-any.whl", "y.py"),
        "version = '2.1'\n"
    );
}

#[test]
fn what_no_version_can_be_told_of() {
    let refused = |build: &str, tag: Option<&str>| {
        let repo = versioned(build);
        tag.into_iter().for_each(|tag| git(&repo, &["tag", tag]));
        let output = repo.xtask(&["package"]);
        assert_eq!((output.status, built(&repo).len()), (1, 0), "{output}");
        output.stderr
    };
    assert_snapshot!(refused(BUILD, Some("release-9-of-x")), @"
    error: cannot tell the version for src/foo:version
     --> src/foo/BUILD:3:1
      |
    3 | vcs_version(
      | ^^^^^^^^^^^^
      |
      = `9-of-x`, in the tag `release-9-of-x`, is not a version (PEP 440)
    hint: make a tag that has one, or `export SETUPTOOLS_SCM_PRETEND_VERSION=VERSION`
    ");
    let scheme = BUILD.replace(
        "    generate_to",
        "    version_scheme=\"semver\",\n    generate_to",
    );
    assert_snapshot!(refused(&scheme, None), @r#"
    error: cannot tell the version for src/foo:version
     --> src/foo/BUILD:5:5
      |
    5 |     version_scheme="semver",
      |     ^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = `version_scheme` is `semver`; known are calver-by-date, guess-next-dev, no-guess-dev, post-release, python-simplified-semver, release-branch-semver
    "#);
    let template = BUILD.replace("{version!r}", "{verzion}");
    assert_snapshot!(refused(&template, None), @r#"
    error: `template` of src/foo:version cannot be filled in
     --> src/foo/BUILD:6:5
      |
    6 |     template="version = {verzion}\n",
      |     ^^^^^^^^^^^^^^^^^
      |
      = no argument for `{verzion}`
    hint: it is a format of Python with `{version}` in it; other braces are doubled
    "#);
    let repo = versioned(BUILD);
    fs_err::remove_dir_all(repo.root().join(".git")).unwrap();
    assert_snapshot!(repo.xtask(&["package"]).stderr, @r#"
    error: cannot tell the version for src/foo:version
     --> src/foo/BUILD:4:5
      |
    4 |     name="version",
      |     ^^^^^^^^^^^^^^^
      |
      = this is not in a git repository
    hint: `export SETUPTOOLS_SCM_PRETEND_VERSION=VERSION` where there is none
    "#);
}

/// What came before, each with what git was told.
const HISTORIES: &[&[&[&str]]] = &[
    &[],
    &[&["tag", "v1.2.3"]],
    &[&["tag", "1.0"], &["commit"], &["commit"]],
    &[
        &["tag", "-m", "annotated", "proj-2.5.0"],
        &["commit"],
        &["edit"],
    ],
    &[&["tag", "1.0rc1"], &["edit"]],
    &[&["tag", "1.0.dev0"], &["commit"]],
    &[&["tag", "3.1.post2"], &["commit"]],
    &[&["tag", "1!2.0"], &["commit"]],
    &[&["tag", "24.9.3"], &["commit"]],
    &[
        &["tag", "2024.09.1.4"],
        &["commit"],
        &["checkout", "-q", "-b", "release-24.9.7"],
    ],
    &[
        &["tag", "v1.4.2"],
        &["checkout", "-q", "-b", "feature/x"],
        &["commit"],
    ],
    &[
        &["tag", "v1.4.2"],
        &["checkout", "-q", "-b", "maint/v1.4.x"],
        &["commit"],
    ],
    &[
        &["tag", "v1.4.2"],
        &["commit"],
        &["checkout", "-q", "--detach"],
    ],
    &[&["tag", "no-digit"], &["commit"]],
    &[&["tag", "1.0+local.1"], &["commit"]],
];

/// Prints what setuptools-scm makes of the repository in each pair of schemes, where it makes something.
const SCM: &str = r#"
import warnings
from setuptools_scm import get_version
warnings.simplefilter("ignore")
for scheme in "calver-by-date guess-next-dev no-guess-dev post-release python-simplified-semver release-branch-semver".split():
    for local in "dirty-tag no-local-version node-and-date node-and-timestamp".split():
        try:
            print(scheme, local, get_version(".", version_scheme=scheme, local_scheme=local))
        except (AssertionError, ValueError):
            pass
"#;

#[test]
fn the_versions_are_those_of_setuptools_scm() {
    let Some(python) = peer("python") else {
        return;
    };
    if repo().run(&python, &["-c", "import setuptools_scm"]).status != 0 {
        return skip("needs setuptools-scm among the peers");
    }
    // setuptools-scm heeds it for the time in the local part alone, and takes the clock's day for others.
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let epoch = (now.unwrap().as_secs() / 86_400 * 86_400 + 3_600).to_string();
    let mut compared = 0;
    for history in HISTORIES {
        let repo = versioned(BUILD)
            .env("SOURCE_DATE_EPOCH", &epoch)
            .env("GIT_COMMITTER_DATE", "2024-09-03T12:00:00 +0000");
        for step in *history {
            match step {
                ["commit"] => commit(&repo, "another"),
                ["edit"] => {
                    repo.write("src/foo/core.py", "from foo._version import version as v\n")
                }
                arguments => git(&repo, arguments),
            }
        }
        let told = repo.run(&python, &["-c", SCM]);
        assert_eq!(told.status, 0, "{told}");
        let told: Vec<Vec<&str>> = told
            .stdout
            .lines()
            .map(|line| line.split(' ').collect())
            .collect();
        let mut names = Vec::new();
        let mut targets = Vec::new();
        for fields in &told {
            let [scheme, local, _] = fields.as_slice() else {
                panic!("{fields:?}")
            };
            names.push(format!("':{scheme}_{local}'"));
            targets.push(format!(
                "vcs_version(name='{scheme}_{local}', generate_to='src/foo/{scheme}/{local}.txt', \
                 template='{{version}}', version_scheme='{scheme}', local_scheme='{local}')"
            ));
        }
        let rest = &BUILD[BUILD.find("python_distribution").unwrap()..];
        let build = format!(
            "python_sources(dependencies=[{}])\n{}\n{rest}",
            names.join(", "),
            targets.join("\n")
        );
        git(&repo, &["update-index", "--skip-worktree", "src/foo/BUILD"]);
        repo.write("src/foo/BUILD", &build);
        package(&repo, &["--wheel"]);
        for fields in &told {
            let path = format!("foo/{}/{}.txt", fields[0], fields[1]);
            let ours = member(&repo, "foo-1.0-py3-none-any.whl", &path);
            assert_eq!(ours, fields[2], "{history:?}: {fields:?}");
            compared += 1;
        }
    }
    assert!(compared > 250, "{compared}");
}

/// A release packages before it tags.
#[test]
fn in_a_release_it_is_the_releases_and_no_difference() {
    let build = BUILD.replace(", version=\"1.0\"", "");
    let repo = versioned(&build);
    repo.write("VERSION", "1.0.0\n");
    for (name, value) in [("user.name", "x"), ("user.email", "x@y.example")] {
        git(&repo, &["config", name, value]);
    }
    commit(&repo, "version");
    git(&repo, &["tag", "1.0.0"]);
    let released = repo.xtask(&["release", "2.0.0", "--yes"]);
    assert_eq!(released.status, 0, "{released}");
    let version = member(&repo, "foo-2.0.0-py3-none-any.whl", "foo/_version.py");
    assert_eq!(version, "version = '2.0.0'\n");
    repo.write("README.md", "More.\n");
    commit(&repo, "readme");
    let changed = repo.xtask(&["changed-distributions"]);
    assert_eq!(
        (changed.status, changed.stdout.as_str()),
        (0, ""),
        "{changed}"
    );
    repo.write("src/foo/core.py", "from foo._version import version as v\n");
    commit(&repo, "code");
    let changed = repo.xtask(&["changed-distributions"]);
    assert_eq!(changed.stdout, "foo\tsrc/foo/core.py\n", "{changed}");
}
