//! `backport`: applies commits to another branch.

use insta::assert_snapshot;

use crate::fixtures::release::monorepo;
use crate::{commit, done, git};

#[test]
fn to_a_branch_with_other_folders() {
    let repo = monorepo();
    git(
        &repo,
        &[
            "remote",
            "set-url",
            "origin",
            "https://git.example/lablup/backend.ai.git",
        ],
    );
    git(&repo, &["switch", "--quiet", "--create", "24.03"]);
    git(&repo, &["mv", "src/acme/runner", "runner"]);
    commit(&repo, "as it was");
    git(&repo, &["switch", "--quiet", "main"]);
    repo.write("src/acme/runner/run.py", "import sys\n");
    commit(&repo, "fix: run (#12)");
    let fix = git(&repo, &["rev-parse", "HEAD"]);
    let refused = crate::refused(&repo, &["backport", "main", "--onto", "gone"]);
    assert_snapshot!(refused, @"
    error: there is no branch `gone`, here or on origin
     |
    hint: `git fetch origin` gets what is new there
    ");
    let output = done(
        &repo,
        &[
            "backport",
            "main",
            "--onto",
            "24.03",
            "--directory",
            "src/acme/runner=runner",
        ],
    );
    let made = git(&repo, &["rev-parse", "HEAD"]);
    assert_snapshot!(output.stderr.replace(&fix, "[FIX]").replace(&made, "[MADE]"), @"applied [FIX] as [FIX]");
    assert_eq!(repo.read("runner/run.py"), "import sys\n");
    assert_eq!(git(&repo, &["log", "-1", "--format=%s"]), "fix: run (#12)");
    git(&repo, &["switch", "--quiet", "main"]);
    repo.write("src/acme/runner/run.py", "import json\n");
    commit(&repo, "fix: again");
    let again = git(&repo, &["rev-parse", "HEAD"]);
    git(&repo, &["switch", "--quiet", "24.03"]);
    repo.write("runner/run.py", "import os, sys\n");
    commit(&repo, "own");
    let conflict = repo.xtask(&[
        "backport",
        "main",
        "main",
        "--onto",
        "24.03",
        "--directory",
        "src/acme/runner=runner",
    ]);
    assert_eq!(conflict.status, 1);
    assert_snapshot!(conflict.stderr.replace(&again, "[AGAIN]"), @r#"
    error: [AGAIN] conflicts with 24.03
     |
     = runner/run.py has conflicts
    hint: edit the files and `git add` them, then `cargo xtask backport --continue`
    hint: `--skip` leaves this commit out, `--abort` takes everything back
    "#);
    repo.write("runner/run.py", "import json, os, sys\n");
    git(&repo, &["add", "runner"]);
    let output = done(&repo, &["backport", "--continue"]);
    let made = git(&repo, &["rev-parse", "HEAD"]);
    assert_snapshot!(output.stderr.replace(&again, "[AGAIN]").replace(&made, "[MADE]"), @"applied [AGAIN] as [AGAIN]");
    let present = done(&repo, &["backport", "main", "--onto", "24.03", "--dry-run"]);
    assert_snapshot!(present.stdout.replace(&again, "[AGAIN]").replace(&made, "[MADE]"), @"present [AGAIN] fix: again ([AGAIN])");
    let refused = repo.xtask(&["backport", "--abort"]);
    assert_snapshot!(refused.stderr, @"error: no backport is under way");
}

#[test]
fn references_name_the_repository_on_a_branch_of_another_only() {
    let repo = monorepo();
    for (remote, url) in [("origin", "backend.ai"), ("client", "client-py")] {
        let url = format!("https://git.example/lablup/{url}.git");
        git(&repo, &["config", &format!("remote.{remote}.url"), &url]);
    }
    git(&repo, &["branch", "24.03"]);
    git(&repo, &["branch", "1.x"]);
    git(&repo, &["config", "branch.1.x.remote", "client"]);
    git(&repo, &["config", "branch.1.x.merge", "refs/heads/1.x"]);
    let fetched = "+refs/heads/*:refs/remotes/client/*";
    git(&repo, &["config", "remote.client.fetch", fetched]);
    repo.write("src/acme/runner/run.py", "import sys\n");
    commit(&repo, "fix: run (#12)");
    for (arguments, subject) in [
        (&["--onto", "24.03"][..], "fix: run (#12)"),
        (&["--onto", "1.x"], "fix: run (lablup/backend.ai#12)"),
    ] {
        done(&repo, &[&["backport", "main"], arguments].concat());
        assert_eq!(git(&repo, &["log", "-1", "--format=%s"]), subject);
    }
}
