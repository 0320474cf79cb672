//! `fix`: fixers change files, then formatters.

use crate::fixtures::tools::{index, repo};
use crate::lint::{answer, look};

#[test]
fn fixers_run_before_formatters() {
    let index = index();
    let Some(repo) = repo(&index) else { return };
    let tools = "[workspace.metadata.xtask.checks]\ntools = [\"ruff-check\"]\n";
    repo.write("Cargo.toml", &(repo.read("Cargo.toml") + tools));
    repo.write("p/bad.py", "import sys\nx = 'a'\n");
    insta::assert_snapshot!(look(&repo, &["lint", "::"]), @"
    would reformat p/bad.py
    p/bad.py:1:8: F401 [*] `sys` imported but unused

    ✕ black failed.
    ✓ flake8 succeeded.
    ✕ ruff check failed.

    (One or more formatters failed. Run `cargo xtask fmt` to fix.)
    exit 1
    ");
    insta::assert_snapshot!(answer(&repo, &["fix", "--skip-formatters", "::"]), @"
    ruff check --fix changed:
      p/bad.py

    + ruff check --fix made changes.
    exit 0
    ");
    assert_eq!(repo.read("p/bad.py"), "x = 'a'\n");
    repo.write("p/bad.py", "import sys\nx = 'a'\n");
    insta::assert_snapshot!(answer(&repo, &["fix", "::"]), @"
    ruff check --fix changed:
      p/bad.py
    black changed:
      p/bad.py

    + black made changes.
    + ruff check --fix made changes.
    exit 0
    ");
    assert_eq!(repo.read("p/bad.py"), "x = \"a\"\n");
    insta::assert_snapshot!(look(&repo, &["fix", "::"]), @"
    ✓ black made no changes.
    ✓ ruff check --fix made no changes.
    exit 0
    ");
}
