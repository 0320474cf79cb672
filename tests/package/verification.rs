//! `--verify`: the imports of a wheel are among its requirements, and it still has the files of the
//! last release.

use insta::assert_snapshot;
use testkit::Repo;

use super::{built, monorepo, package, said};
use crate::git;

#[test]
fn imports_of_the_wheel_its_requirements_and_the_standard_library_are_met() {
    let repo = monorepo().file(
        "src/acme/app/more.py",
        "import json, os.path\nfrom . import cli\nfrom acme.lib.core import anything\nimport attr\n\
         try:\n    import ujson\nexcept ImportError:\n    ujson = None\n",
    );
    let output = package(&repo, &["--verify", "--wheel", "src/acme/app:dist"]);
    assert_eq!(
        said(&output),
        "wrote dist/acme_app-24.9.0-py3-none-any.whl\n"
    );
}

#[test]
fn an_import_that_nothing_meets() {
    let repo = monorepo().file("src/acme/app/more.py", "import numpy.linalg\n");
    let output = repo.xtask(&["package", "--verify", "--wheel", "src/acme/app:dist"]);
    assert_eq!((output.status, built(&repo).len()), (1, 0), "{output}");
    assert_snapshot!(output.stderr, @r#"
    warning: src/acme/app/more.py:1:1: nothing provides `numpy.linalg`, imported by `src/acme/app/more.py` (add a requirement or a target that provides it, or `# pants: no-infer-dep` to the line)
    error: acme_app-24.9.0-py3-none-any.whl does not pass verification
     --> src/acme/app/BUILD:6:5
      |
    6 |     provides=python_artifact(name="acme_app", license="MIT"),
      |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = `acme/app/more.py`, line 1: `numpy.linalg` is neither in the wheel, in what it requires, nor in the standard library
    hint: the wheel was not kept; build without `--verify` to look at it
    "#);
}

#[test]
fn an_import_that_settings_allow() {
    let settings = format!(
        "{}\n[workspace.metadata.xtask.python-infer]\nignored_unowned_imports = [\"numpy\"]\n",
        super::SETTINGS
    );
    let repo = monorepo()
        .file("Cargo.toml", &settings)
        .file("src/acme/app/more.py", "import numpy.linalg\n");
    package(&repo, &["--verify", "--wheel", "src/acme/app:dist"]);
}

#[test]
fn files_that_the_last_release_shipped_are_missed() {
    let repo = monorepo()
        .file("src/acme/app/gone.py", "X = 1\n")
        .file("src/acme/app/kept.py", "X = 1\n");
    git(&repo, &["init", "-q"]);
    git(&repo, &["add", "."]);
    git(&repo, &["commit", "-q", "-m", "first"]);
    git(&repo, &["tag", "24.03.0"]);
    fs_err::remove_file(repo.root().join("src/acme/app/gone.py")).unwrap();
    let output = package(&repo, &["--verify", "--wheel", "src/acme/app:dist"]);
    assert_snapshot!(said(&output), @"
    warning: acme_app-24.9.0-py3-none-any.whl: `acme/app/gone.py` was shipped by 24.03.0 and is not shipped any more
    wrote dist/acme_app-24.9.0-py3-none-any.whl
    ");
}

/// The library with the resources that these globs match.
fn with_resources(globs: &str) -> Repo {
    let build = super::LIB.replace(
        "python_sources()",
        &format!(
            "python_sources(dependencies=[\":data\"])\nresources(name=\"data\", sources=[{globs}])"
        ),
    );
    monorepo()
        .file("src/acme/lib/BUILD", &build)
        .file("src/acme/lib/schema.json", "{}\n")
}

#[test]
fn a_resource_that_is_named_and_not_there() {
    let repo = with_resources("\"schema.json\", \"gone.bin\"");
    let output = repo.xtask(&["package", "--verify", "--wheel", "src/acme/lib:dist"]);
    assert_eq!((output.status, built(&repo).len()), (1, 0), "{output}");
    assert_snapshot!(said(&output), @r#"
    warning: src/acme/lib/BUILD:3:49: `sources` of `src/acme/lib:data` matches no file: `gone.bin` (files that `.gitignore` or `pants_ignore` names are not seen)
    error: acme_lib-24.9.0-py3-none-any.whl does not pass verification
     --> src/acme/lib/BUILD:7:5
      |
    7 |     provides=python_artifact(name="acme.lib", description="The library"),
      |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = `gone.bin`, which src/acme/lib/BUILD:3:49 names, is not there
    hint: the wheel was not kept; build without `--verify` to look at it
    "#);
}

#[test]
fn globs_of_resources_that_match_nothing() {
    for globs in ["\"*.bin\"", "\"*.bin\", \"*.json\""] {
        let repo = with_resources(globs);
        let output = package(&repo, &["--verify", "--wheel", "src/acme/lib:dist"]);
        insta::allow_duplicates! { assert_snapshot!(said(&output), @"
        warning: src/acme/lib/BUILD:3:34: `sources` of `src/acme/lib:data` matches no file: `*.bin` (files that `.gitignore` or `pants_ignore` names are not seen)
        warning: acme_lib-24.9.0-py3-none-any.whl: the glob `*.bin` at src/acme/lib/BUILD:3:34 matches no file
        wrote dist/acme_lib-24.9.0-py3-none-any.whl
        ") }
    }
}

#[test]
fn globs_of_resources_that_another_distribution_ships() {
    let repo = with_resources("\"*.bin\"");
    let output = package(&repo, &["--verify", "--wheel", "src/acme/app:dist"]);
    assert!(
        !output
            .stderr
            .contains("app-24.9.0-py3-none-any.whl: the glob"),
        "{output}"
    );
}
