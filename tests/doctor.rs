//! `doctor`: finds what is wrong with a set-up, and names the command that mends it.

use insta::assert_snapshot;
use testkit::Repo;

use crate::fixtures::environments::exported;

#[test]
fn doctor_finds_nothing_or_says_what_to_do() {
    let Some((_index, repo)) = exported() else {
        return;
    };
    assert_snapshot!(findings(&repo, 0), @"");
    repo.write("requirements.txt", "app\nlib\n");
    fs_err::remove_dir_all(repo.root().join("dist/export/python")).unwrap();
    assert_snapshot!(findings(&repo, 1), @"
    amiss  lock of `python-default`: the requirement `lib` is new
           mend it: cargo xtask generate-lockfiles --resolve python-default
    ");
    let repo = repo.env("PIP_INDEX_URL", "http://127.0.0.1:1/simple/");
    fs_err::remove_dir_all(repo.cache()).unwrap();
    fs_err::remove_file(repo.root().join("python.lock")).unwrap();
    assert_snapshot!(findings(&repo, 1), @"
    amiss  package index: cannot list the files of `pip` from http://127.0.0.1:[PORT]/simple/pip/: no connection: Connection refused (os error 111) (4 attempts)
           mend it: check the connection; `--offline` makes do with what is in the cache
    amiss  lock of `python-default`: there is no lock
           mend it: cargo xtask generate-lockfiles --resolve python-default
    ");
}

/// The findings of `doctor`, without those about disk space and file systems, which depend on the
/// machine.
#[track_caller]
fn findings(repo: &Repo, status: i32) -> String {
    let output = repo.xtask(&["doctor"]);
    assert_eq!(output.status, status, "{output}");
    let lines = output.stderr.lines();
    let ours = lines.filter(|line| !line.contains("cache folder") && !line.contains("file system"));
    let shown: Vec<&str> = ours.filter(|line| !line.starts_with("ok ")).collect();
    shown.join("\n")
}
