//! `update-build-files`: formats BUILD files, and replaces old names.

use testkit::Repo;

use crate::fixtures::tools::{index, repo};

/// What it prints on stdout, then on stderr, and its exit code.
fn update(repo: &Repo, arguments: &[&str]) -> String {
    let output = repo.xtask(&[&["update-build-files"], arguments].concat());
    let said = crate::fixtures::environments::said(&output);
    let said = [output.stdout.trim_end(), said.trim()].join("\n");
    format!("{}\nexit {}", said.trim(), output.status)
}

#[test]
fn build_files_are_formatted_and_renamed() {
    let index = index();
    let Some(repo) = repo(&index) else { return };
    repo.write("p/BUILD", "python_library(name='x')\npython_distribution(name='d', provides=python_artifact(name='d', version='1'), pypi_repositories=['@a'])\n");
    repo.write("q/BUILD", "files(name=\"x\", sources=[\"*.md\"])\n");
    repo.write("q/x.md", "");
    let before = repo.snapshot();
    insta::assert_snapshot!(update(&repo, &["--check", "::"]), @"
    Would update p/BUILD:
      - Renamed deprecated targets
      - Renamed deprecated fields
      - Format with Black

    To fix `update-build-files` failures, run `cargo xtask update-build-files`.
    exit 1
    ");
    insta::assert_snapshot!(update(&repo, &["q::", "p/bad.py"]), @"
    No required changes to BUILD files found.
    exit 0
    ");
    assert!(before == repo.snapshot(), "a file was touched");
    insta::assert_snapshot!(update(&repo, &["--no-fmt", "::"]), @"
    Updated p/BUILD:
      - Renamed deprecated targets
      - Renamed deprecated fields
    exit 0
    ");
    insta::assert_snapshot!(repo.read("p/BUILD"), @"
    python_sources(name='x')
    python_distribution(name='d', provides=python_artifact(name='d', version='1'), repositories=['@a'])
    ");
    insta::assert_snapshot!(update(&repo, &["p/BUILD"]), @"
    Updated p/BUILD:
      - Format with Black
    exit 0
    ");
    insta::assert_snapshot!(repo.read("p/BUILD"), @r#"
    python_sources(name="x")
    python_distribution(name="d", provides=python_artifact(name="d", version="1"), repositories=["@a"])
    "#);
    insta::assert_snapshot!(update(&repo, &["--check", "::"]), @"
    No required changes to BUILD files found.
    exit 0
    ");
    insta::assert_snapshot!(update(&repo, &[]), @"
    warning: no BUILD files are named, so that `update-build-files` does nothing: `::` names all, `dir::` those in `dir` and below
    exit 0
    ");
}

/// As with Pants, which gives its formatters lines: lablup/backend.ai 26.8.1 has eleven files without the last one's end.
#[test]
fn line_ends_alone_are_no_change() {
    let index = index();
    let Some(repo) = repo(&index) else { return };
    repo.write("p/BUILD", "python_sources(name=\"x\")");
    repo.write("q/BUILD", "files(name='x',\r\n    sources=[\"*.md\"])\r\n");
    repo.write("q/x.md", "");
    repo.write("r/BUILD", "");
    let before = repo.snapshot();
    insta::assert_snapshot!(update(&repo, &["--check", "p::", "r::"]), @"
    No required changes to BUILD files found.
    exit 0
    ");
    insta::assert_snapshot!(update(&repo, &["p::"]), @"
    No required changes to BUILD files found.
    exit 0
    ");
    assert!(before == repo.snapshot(), "a file was touched");
    insta::assert_snapshot!(update(&repo, &["::"]), @"
    Updated q/BUILD:
      - Format with Black
    exit 0
    ");
    assert_eq!(
        repo.read("q/BUILD"),
        "files(name=\"x\",\n    sources=[\"*.md\"])\n"
    );
}

#[test]
fn a_build_file_that_cannot_be_read_keeps_all_as_they_are() {
    let index = index();
    let Some(repo) = repo(&index) else { return };
    repo.write("p/BUILD", "python_sources(name='x')\n");
    repo.write("q/BUILD", "no_such_symbol()\n");
    let before = repo.snapshot();
    insta::assert_snapshot!(update(&repo, &["--check", "::"]), @"
    error: `no_such_symbol` is not defined
     --> q/BUILD:1:1
      |
    1 | no_such_symbol()
      | ^^^^^^^^^^^^^^^^
    exit 1
    ");
    repo.write("q/BUILD", "files(");
    insta::assert_snapshot!(update(&repo, &["q::"]), @"
    error: cannot parse: `(` is never closed
     --> q/BUILD:1:6
      |
    1 | files(
      |      ^
    exit 1
    ");
    repo.write("q/BUILD", "no_such_symbol()\n");
    assert!(before == repo.snapshot(), "a file was touched");
    // That of another folder is nobody's business.
    insta::assert_snapshot!(update(&repo, &["p::"]), @"
    Updated p/BUILD:
      - Format with Black
    exit 0
    ");
}

#[test]
fn the_formatter_is_that_of_the_settings() {
    let index = index();
    let Some(repo) = repo(&index) else { return };
    insta::assert_snapshot!(update(&repo, &["--formatter=blue", "::"]), @"
    error: `[update-build-files] formatter`: `blue` is not one of `black` `ruff` `yapf`
     --> the command line:1:32
      |
    1 | --update-build-files-formatter=blue
      |                                ^^^^
    exit 2
    ");
    repo.write("p/BUILD", "python_sources(name='x')\n");
    insta::assert_snapshot!(update(&repo, &["--update-build-files-formatter=ruff", "--check", "::"]), @"
    No required changes to BUILD files found.
    exit 0
    ");
    insta::assert_snapshot!(update(&repo, &["--black-args=--nosuch", "::"]), @"
    error: black cannot format BUILD files
     |
     = no such option: --nosuch
    exit 1
    ");
}
