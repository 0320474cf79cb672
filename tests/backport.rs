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

/// Forks, mirrors and other spellings of a URL are one project; so is a branch that no remote has.
#[test]
fn references_stay_on_branches_of_the_same_project() {
    let repo = monorepo();
    git(
        &repo,
        &[
            "config",
            "remote.origin.url",
            "git@git.example:me/backend.ai.git",
        ],
    );
    repo.write("src/acme/runner/run.py", "import sys\n");
    commit(&repo, "fix: run (#12)");
    let urls = [
        "https://git.example/Lablup/Backend.AI.git/",
        "ssh://git@git.example:22/lablup/backend.ai",
        "/srv/mirrors/backend.ai.git",
        "https://git.example/lablup/client-py",
    ];
    let subject = |onto: &str| {
        git(&repo, &["branch", "--quiet", "--force", onto, "main~1"]);
        done(&repo, &["backport", "main", "--onto", onto]);
        let subject = git(&repo, &["log", "-1", "--format=%s"]);
        git(&repo, &["switch", "--quiet", "main"]);
        subject
    };
    git(&repo, &["config", "branch.24.03.merge", "refs/heads/24.03"]);
    let told = urls.map(|url| {
        git(&repo, &["config", "remote.upstream.url", url]);
        git(
            &repo,
            &[
                "config",
                "remote.upstream.fetch",
                "+refs/heads/*:refs/remotes/upstream/*",
            ],
        );
        git(&repo, &["config", "branch.24.03.remote", "upstream"]);
        subject("24.03")
    });
    assert_snapshot!(told.join("\n"), @"
    fix: run (#12)
    fix: run (#12)
    fix: run (#12)
    fix: run (me/backend.ai#12)
    ");
    git(&repo, &["config", "remote.upstream.url", urls[1]]);
    // The upstream is a branch here, a remote that is gone, or a URL.
    let told = [
        ".",
        "gone",
        "https://git.example/lablup/backend.ai",
        "https://git.example/lablup/other",
    ]
    .map(|remote| {
        git(&repo, &["config", "branch.24.03.remote", remote]);
        subject("24.03")
    });
    assert_snapshot!(told.join("\n"), @"
    fix: run (#12)
    fix: run (#12)
    fix: run (#12)
    fix: run (lablup/backend.ai#12)
    ");
}
