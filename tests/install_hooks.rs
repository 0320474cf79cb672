//! `install-hooks`, and `lint --staged`, which the hook calls.

use testkit::Repo;

use crate::fixtures::tools::{index, repo};
use crate::lint::{answer, look};
use crate::{commit, git};

/// A repository in which flake8 alone looks, and the first state is committed.
fn staged_repo(index: &testkit::LoopbackIndex) -> Option<Repo> {
    let repo = repo(index)?;
    let settings = repo.read("Cargo.toml");
    let flake8 = settings.replace("\"pants.backend.python.lint.black\", ", "");
    repo.write("Cargo.toml", &flake8);
    repo.write("p/bad.py", "x = 1\n");
    git(&repo, &["init", "--quiet", "--initial-branch=main"]);
    commit(&repo, "first");
    Some(repo)
}

/// What `git commit` prints, and its exit code.
fn commits(repo: &Repo, arguments: &[&str]) -> String {
    let command = [&["commit", "--quiet", "--message=next"], arguments].concat();
    let output = repo.run("git".into(), &command);
    let said = crate::fixtures::environments::said(&output);
    format!("{}\nexit {}", said.trim(), output.status)
}

#[test]
fn a_commit_with_findings_is_refused() {
    let index = index();
    let Some(repo) = staged_repo(&index) else {
        return;
    };
    insta::assert_snapshot!(answer(&repo, &["install-hooks", "--check"]), @"
    there is no hook: [REPO]/.git/hooks/pre-commit
    exit 1
    ");
    insta::assert_snapshot!(answer(&repo, &["install-hooks"]), @"
    git runs `cargo xtask lint --staged` before each commit
    exit 0
    ");
    insta::assert_snapshot!(answer(&repo, &["install-hooks", "--check"]), @"exit 0");
    repo.write("p/bad.py", "import os\n");
    repo.write("p/good.py", "import os\n");
    git(&repo, &["add", "p/bad.py"]);
    insta::assert_snapshot!(commits(&repo, &[]), @"
    Partition: ['CPython==[PYTHON]*']
    p/bad.py:1:1: F401 'os' imported but unused

    ✕ flake8 failed.
    exit 1
    ");
    repo.write("p/bad.py", "x = 2\n");
    git(&repo, &["add", "p/bad.py"]);
    insta::assert_snapshot!(commits(&repo, &[]), @"
    ✓ flake8 succeeded.
    exit 0
    ");
    insta::assert_snapshot!(commits(&repo, &["p/good.py"]), @"
    Partition: ['CPython==[PYTHON]*']
    p/good.py:1:1: F401 'os' imported but unused

    ✕ flake8 failed.
    exit 1
    ");
    insta::assert_snapshot!(answer(&repo, &["install-hooks", "--uninstall"]), @"
    the hook is removed
    exit 0
    ");
    insta::assert_snapshot!(answer(&repo, &["install-hooks", "--uninstall"]), @"
    there is no hook to remove
    exit 0
    ");
    insta::assert_snapshot!(commits(&repo, &["p/good.py"]), @"exit 0");
}

#[test]
fn what_counts_is_what_is_staged() {
    let index = index();
    let Some(repo) = staged_repo(&index) else {
        return;
    };
    insta::assert_snapshot!(look(&repo, &["lint", "--staged"]), @"exit 0");
    repo.write("p/bad.py", "import os\n");
    git(&repo, &["add", "p/bad.py"]);
    repo.write("p/bad.py", "x = 1\n");
    insta::assert_snapshot!(look(&repo, &["lint", "--staged"]), @"
    Partition: ['CPython==[PYTHON]*']
    p/bad.py:1:1: F401 'os' imported but unused

    ✕ flake8 failed.
    exit 1
    ");
    insta::assert_snapshot!(look(&repo, &["lint", "--staged", "q::"]), @"exit 0");
    git(&repo, &["add", "p/bad.py"]);
    repo.write("p/bad.py", "import os\n");
    insta::assert_snapshot!(look(&repo, &["lint", "--staged"]), @"exit 0");
    repo.write("p/a new:file.py", "import os\n");
    git(&repo, &["add", "p/a new:file.py"]);
    git(&repo, &["rm", "--quiet", "--cached", "p/good.py"]);
    insta::assert_snapshot!(look(&repo, &["lint", "--staged"]), @"
    Partition: ['CPython==[PYTHON]*']
    p/a new:file.py:1:1: F401 'os' imported but unused

    ✕ flake8 failed.
    exit 1
    ");
    insta::assert_snapshot!(look(&repo, &["fix", "--staged"]), @"
    error: `fix` changes files, which would then differ from what is staged
     |
    hint: `cargo xtask fix --changed-since=HEAD`, then `git add`
    exit 2
    ");
}

#[test]
fn hooks_of_others_are_left_alone() {
    let index = index();
    let Some(repo) = staged_repo(&index) else {
        return;
    };
    repo.write(".git/hooks/pre-commit", "#!/bin/sh\n");
    insta::assert_snapshot!(look(&repo, &["install-hooks"]), @"
    error: there is a hook already, which is left as it is: [REPO]/.git/hooks/pre-commit
     |
    hint: add this line to it: cargo xtask lint --staged || exit $?
    exit 1
    ");
    insta::assert_snapshot!(look(&repo, &["install-hooks", "--check"]), @"
    there is a hook, which `cargo xtask` did not write: [REPO]/.git/hooks/pre-commit
    exit 1
    ");
    insta::assert_snapshot!(look(&repo, &["install-hooks", "--uninstall"]), @"
    there is no hook to remove
    exit 0
    ");
    git(&repo, &["config", "core.hooksPath", "hooks"]);
    insta::assert_snapshot!(answer(&repo, &["install-hooks"]), @"
    git runs `cargo xtask lint --staged` before each commit
    exit 0
    ");
    assert!(repo.read("hooks/pre-commit").contains("lint --staged"));
    git(&repo, &["config", "--unset", "core.hooksPath"]);
    git(
        &repo,
        &["config", "--global", "core.hooksPath", "/shared/hooks"],
    );
    insta::assert_snapshot!(look(&repo, &["install-hooks"]), @"
    error: hooks of all repositories are in /shared/hooks, as `core.hooksPath` says
     |
    hint: `git config --local core.hooksPath .git/hooks` gives this one its own, or call `cargo xtask lint --staged` from yours
    exit 1
    ");
}
