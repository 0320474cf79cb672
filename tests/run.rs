//! `run`: which program is started, with which environment, and its exit status.

use insta::assert_snapshot;

use crate::fixtures::environments::{index, repo, said};
use crate::{done, lock};

#[test]
fn the_environment_is_made_first() {
    let Some(repo) = repo() else { return };
    let index = index();
    let repo = repo.index(&index).requirements("app\n");
    lock(&repo);
    let output = done(&repo, &["run", "--", "app"]);
    assert_eq!(output.stdout, "app with lib 2.0\n");
}

#[test]
fn exit_status_and_arguments_are_those_of_the_program() {
    let Some(repo) = repo() else { return };
    let index = index();
    let repo = repo.index(&index).requirements("app\n");
    lock(&repo);
    let code = "import sys; print(sys.argv[1:]); sys.exit(7)";
    let output = repo.xtask(&["run", "--", "-c", code, "--resolve", "x y"]);
    assert_eq!(
        (output.status, output.stdout.as_str()),
        (7, "['--resolve', 'x y']\n")
    );
}

#[test]
fn what_is_noted_holds_until_a_file_changes() {
    let Some(repo) = repo() else { return };
    let index = index();
    let repo = repo.index(&index).requirements("app\n");
    lock(&repo);
    done(&repo, &["export"]);
    // The graph is not read any more, not even where it cannot be.
    let unread = repo.file("src/new/BUILD", "python_sources(\n");
    assert_eq!(
        done(&unread, &["run", "--", "app"]).stdout,
        "app with lib 2.0\n"
    );
    fs_err::remove_file(unread.root().join("src/new/BUILD")).unwrap();
    let repo = unread.file("requirements.txt", "app\nlib<2\n");
    let warned = done(&repo, &["run", "--", "app"]);
    assert!(
        warned
            .stderr
            .contains("is not what its requirements ask for"),
        "{warned}"
    );
    assert_eq!(
        done(&repo, &["run", "--", "app"]).stderr,
        "",
        "that is said once"
    );
    assert_eq!(repo.xtask(&["run", "--locked", "--", "app"]).status, 1);
    lock(&repo);
    assert_eq!(
        done(&repo, &["run", "--", "app"]).stdout,
        "app with lib 1.0\n"
    );
    let settings = repo.read("Cargo.toml");
    let other = repo.file(
        "Cargo.toml",
        &settings.replace(
            "python-default = \"python.lock\"",
            "python-default = \"nothing.lock\"",
        ),
    );
    assert_eq!(other.xtask(&["run", "--", "app"]).status, 1);
}

#[test]
fn without_a_lock() {
    let Some(repo) = repo() else { return };
    let repo = repo.requirements("app\n");
    let output = repo.xtask(&["run", "--", "app"]);
    assert_eq!(output.status, 1);
    assert_snapshot!(said(&output), @"
    error: cannot export `python-default`: there is no lock
    --> python.lock
     |
    hint: run `cargo xtask generate-lockfiles --resolve python-default`
    ");
}
