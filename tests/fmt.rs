//! `fmt`: formatters change files, all or none.

use testkit::Output;

use crate::fixtures::tools::{index, repo};
use crate::lint::{answer, look};

#[test]
fn fmt_changes_files_once() {
    let index = index();
    let Some(repo) = repo(&index) else { return };
    insta::assert_snapshot!(answer(&repo, &["fmt", "::"]), @"
    black changed:
      p/bad.py

    + black made changes.
    exit 0
    ");
    assert_eq!(repo.read("p/bad.py"), "import os\nx = \"a\"\n");
    insta::assert_snapshot!(look(&repo, &["fmt", "::"]), @"
    ✓ black made no changes.
    exit 0
    ");
    insta::assert_snapshot!(look(&repo, &["fmt", "lint", "::"]), @"
    ✓ black made no changes.
    Partition: ['CPython==[PYTHON]*']
    p/bad.py:1:1: F401 'os' imported but unused

    ✓ black succeeded.
    ✕ flake8 failed.
    exit 1
    ");
}

#[test]
fn a_formatter_that_fails_changes_no_file() {
    let index = index();
    let Some(repo) = repo(&index) else { return };
    repo.write("p/broken.py", "def (\n");
    insta::assert_snapshot!(look(&repo, &["fmt", "::"]), @"
    error: cannot format p/broken.py: cannot parse
    no file was changed

    ✕ black failed.
    exit 1
    ");
    insta::assert_snapshot!(look(&repo, &["lint", "--only=black", "::"]), @"
    error: cannot format p/broken.py: cannot parse

    ✕ black failed.

    (One or more formatters failed. Run `cargo xtask fmt` to fix.)
    exit 1
    ");
}

#[test]
fn two_runs_at_once_do_not_disturb_each_other() {
    let index = index();
    let Some(repo) = repo(&index) else { return };
    let running = [repo.start(&["fmt", "::"]), repo.start(&["fmt", "::"])];
    let ended: Vec<Output> = running.into_iter().map(testkit::Running::wait).collect();
    for output in &ended {
        assert_eq!(output.status, 0, "{output}");
    }
    let changed = ended
        .iter()
        .filter(|output| output.stderr.contains("black made changes"));
    assert_eq!(changed.count(), 1, "one finds what the other did");
    assert_eq!(repo.read("p/bad.py"), "import os\nx = \"a\"\n");
}
