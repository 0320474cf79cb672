//! `export`, `run`, `check-export` and `resolves` with a Python of this machine.
//!
//! Each test is skipped, visibly, where there is no Python.

mod crashes;
mod export;
mod housekeeping;
mod refused;
mod run;

use camino::Utf8Path;
use install::python::{Interpreters, PythonLocations, SearchPath};
use testkit::{Index, Output, Package, Repo};

/// A repository that finds one Python only, the one of this machine; `None` without one.
pub(crate) fn repo() -> Option<Repo> {
    let temp = tempfile::tempdir().unwrap();
    let folder = Utf8Path::from_path(temp.path()).unwrap();
    let interpreters = Interpreters::new(folder);
    let places = PythonLocations::of_this_machine(folder);
    let python = SearchPath::default()
        .candidates(&places)
        .filter_map(|candidate| interpreters.ask(&candidate.executable).ok())
        .find(|python| python.implementation() == "CPython" && python.major_minor() >= (3, 10));
    let Some(python) = python else {
        testkit::skip("needs CPython 3.10 or newer, and this machine has none");
        return None;
    };
    let (major, minor) = python.major_minor();
    let settings = format!(
        "[workspace.metadata.xtask.python]\n\
         interpreter_constraints = [\"CPython=={major}.{minor}.*\"]\n\
         [workspace.metadata.xtask.python.resolves]\n\
         python-default = \"python.lock\"\n\
         [workspace.metadata.xtask.source]\nroot_patterns = [\"/src\"]\n\
         [workspace.metadata.xtask.python-bootstrap]\nsearch_path = [\"{}\"]\n",
        python.executable()
    );
    Some(crate::repo().file("Cargo.toml", &settings))
}

/// An index with a program, what it needs, and something to be built.
fn index() -> Index {
    Index::start([
        Package::new("app", "1.0")
            .requires("lib>=1")
            .requires("only-windows; sys_platform == 'win32'")
            .member(
                "app_main.py",
                b"import lib\ndef main():\n    print('app with lib', lib.VERSION)\n",
            )
            .entry_point("console_scripts", "app = app_main:main"),
        lib("1.0"),
        lib("2.0"),
        Package::new("only-windows", "3.0"),
        Package::new("built", "1.0").sdist().needs_build(),
    ])
}

fn lib(version: &str) -> Package {
    let code = format!("VERSION = '{version}'\n");
    Package::new("lib", version).member("lib/__init__.py", code.as_bytes())
}

/// Sources of our own, with entry points, and a plug-in.
fn with_sources(repo: Repo) -> Repo {
    repo.file("VERSION", "1.2.3\n")
        .file(
            "src/acme/BUILD",
            "python_sources(name='src')\n\
             python_distribution(\n    name='dist',\n    dependencies=[':src'],\n    \
             provides=python_artifact(name='acme-tool', description='A tool'),\n    \
             entry_points={'console_scripts': {'acme': 'acme.cli:main'}, 'acme.plugin': {'own': 'acme.cli:main'}},\n)\n",
        )
        .file("src/acme/cli.py", "import lib\ndef main():\n    print('acme with lib', lib.VERSION)\n")
        .file(
            "plugins/hello/setup.cfg",
            "[metadata]\nname = acme-hello\nversion = 0.1\n[options.entry_points]\nacme.plugin =\n    hello = acme_hello:greet\n",
        )
        .file("plugins/hello/src/acme_hello.py", "def greet():\n    return 'hello'\n")
}

/// Runs a command that must succeed.
#[track_caller]
fn done(repo: &Repo, arguments: &[&str]) -> Output {
    let output = repo.xtask(arguments);
    assert_eq!(output.status, 0, "{output}");
    output
}

/// What a command says, with the version of the Python at hand made the same for every machine.
fn said(output: &Output) -> String {
    let mut text = output.stderr.clone();
    for word in output
        .stderr
        .split(|c: char| !c.is_ascii_digit() && c != '.')
    {
        if word.starts_with("3.") && word.matches('.').count() == 2 {
            text = text.replace(word, "[PYTHON]");
        }
    }
    text
}
