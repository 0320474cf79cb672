//! `self update`: who updates this program.

use testkit::Repo;

use crate::{BINARY, repo};

/// Runs the binary as it lies in another folder, with a file beside that folder.
fn told(folder: &str, beside: &str) -> String {
    let repo = repo();
    if !beside.is_empty() {
        repo.write(beside, "");
    }
    let program = repo.root().join(folder).join("cargo-xtask");
    fs_err::create_dir_all(program.parent().unwrap()).unwrap();
    if fs_err::hard_link(BINARY, &program).is_err() {
        fs_err::copy(BINARY, &program).unwrap();
    }
    let output = Repo::new(program.as_str()).run(&program, &["self", "update"]);
    assert_eq!((output.status, output.stdout.as_str()), (1, ""), "{output}");
    output.stderr.replace(repo.root().as_str(), "[ROOT]")
}

#[test]
fn it_is_left_to_the_installer() {
    insta::assert_snapshot!(told("tools/cargo-xtask/bin", "tools/cargo-xtask/uv-receipt.toml"), @"
    error: it does not update itself: that is left to what installed it
     |
     = [XTASK] came from `uv tool install`
    hint: `uv tool upgrade cargo-xtask`
    ");
    insta::assert_snapshot!(told("pipx/bin", "pipx/pipx_metadata.json"), @"
    error: it does not update itself: that is left to what installed it
     |
     = [XTASK] came from pipx
    hint: `pipx upgrade cargo-xtask`
    ");
    insta::assert_snapshot!(told("env/bin", "env/pyvenv.cfg"), @"
    error: it does not update itself: that is left to what installed it
     |
     = [XTASK] came from pip, in an environment
    hint: `[ROOT]/env/bin/python -m pip install --upgrade cargo-xtask`
    ");
    insta::assert_snapshot!(told("home/.cargo/bin", ""), @"
    error: it does not update itself: that is left to what installed it
     |
     = [XTASK] came from cargo
    hint: `cargo binstall --force cargo-xtask`, or install it from its clone again
    ");
    insta::assert_snapshot!(told("clone/target/release", "clone/target/release/.cargo-lock"), @"
    error: it does not update itself: that is left to what installed it
     |
     = [XTASK] came from a build in its clone
    hint: `git pull` in its clone; the next run builds it
    ");
    insta::assert_snapshot!(told("usr/bin", ""), @"
    error: it does not update itself: that is left to what installed it
     |
     = [XTASK] came from something unknown
    hint: ask what installed it, such as the system's package manager or the image
    ");
}
