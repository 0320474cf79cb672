//! Backports between branches whose folders have other names.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use git::Git;
use goals::releasing::backport::{
    BackportReport, PickOutcome, abort, backport, go_on, skip, survey,
};
use release::backport::{Backport, FolderMapping};
use support::Sandbox;

/// `main` has `src/client/a.py`; the branch `old` has the same file as `client/a.py`.
fn repository() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("src/client/a.py", "one\ntwo\nthree\nfour\nfive\n");
    sandbox.write("other.py", "x\n");
    sandbox.commit("base");
    sandbox.git(&["switch", "--quiet", "--create", "old"]);
    sandbox.git(&["mv", "src/client", "client"]);
    sandbox.commit("as it was once");
    sandbox.git(&["switch", "--quiet", "main"]);
    sandbox
}

fn job(commits: &[&str], folders: &[&str]) -> Backport {
    Backport {
        commits: commits.iter().map(|&commit| commit.to_owned()).collect(),
        onto: "old".into(),
        remote: None,
        folders: folders
            .iter()
            .map(|text| text.parse::<FolderMapping>().unwrap())
            .collect(),
        references: Some("lablup/backend.ai".into()),
    }
}

#[test]
fn follows_a_folder_that_moved() {
    let sandbox = repository();
    sandbox.write("src/client/a.py", "one\ntwo\n3\nfour\nfive\n");
    sandbox.write("src/client/new/data.bin", "\u{0}\u{1}");
    sandbox.write("other.py", "y\n");
    sandbox.git(&["add", "--all"]);
    sandbox.git(&[
        "commit",
        "--quiet",
        "--author=A U Thor <a@example.invalid>",
        "--date=2024-01-02T03:04:05+09:00",
        "-m",
        "fix: three (#12)\n\nRefs #7",
    ]);
    let commit = sandbox.git(&["rev-parse", "HEAD"]);
    let outcome = backport(&sandbox.root(), &job(&["HEAD"], &["src/client=client"])).unwrap();
    assert!(matches!(outcome, BackportReport::Done { picked, .. } if picked.len() == 1));
    assert_eq!(sandbox.read("client/a.py"), "one\ntwo\n3\nfour\nfive\n");
    assert_eq!(sandbox.read("client/new/data.bin"), "\u{0}\u{1}");
    assert_eq!(sandbox.read("other.py"), "y\n");
    let shown = sandbox.git(&["log", "-1", "--format=%an %aI %D%n%B"]);
    insta::assert_snapshot!(shown.replace(&commit, "[COMMIT]"), @r#"
    A U Thor 2024-01-02T03:04:05+09:00 HEAD -> old
    fix: three (lablup/backend.ai#12)

    Refs lablup/backend.ai#7

    (backported from commit [COMMIT])
    "#);
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
}

#[test]
fn trailers_stay_trailers() {
    let sandbox = repository();
    sandbox.write("other.py", "y\n");
    sandbox.commit(
        "fix: two (#1)\n\nWhy.\n\nCo-authored-by: A <a@index.example>\nSigned-off-by: E <e@index.example>",
    );
    let commit = sandbox.git(&["rev-parse", "HEAD"]);
    backport(&sandbox.root(), &job(&["HEAD"], &["src/client=client"])).unwrap();
    // What `git interpret-trailers --parse` finds.
    let found = sandbox.git(&["log", "-1", "--format=%(trailers:only,unfold)"]);
    insta::assert_snapshot!(found.trim(), @"
    Co-authored-by: A <a@index.example>
    Signed-off-by: E <e@index.example>
    ");
    let text = sandbox.git(&["log", "-1", "--format=%B"]);
    assert!(
        text.contains(&format!("(backported from commit {commit})")),
        "{text}"
    );
}

#[test]
fn a_conflict_is_left_for_git() {
    let sandbox = repository();
    sandbox.write("src/client/a.py", "one\nTWO\nthree\nfour\nfive\n");
    sandbox.commit("fix: two (#1)\n\nSigned-off-by: E <e@index.example>");
    sandbox.git(&[
        "commit",
        "--quiet",
        "--amend",
        "--no-edit",
        "--author=E <e@index.example>",
        "--date=2001-02-03T04:05:06+00:00",
    ]);
    sandbox.write("other.py", "y\n");
    sandbox.commit("later");
    sandbox.git(&["switch", "--quiet", "old"]);
    sandbox.write("client/a.py", "one\nzwei\nthree\nfour\nfive\n");
    sandbox.commit("another two");
    sandbox.git(&["switch", "--quiet", "main"]);
    let left = sandbox.git(&["rev-parse", "main"]);
    let outcome = backport(
        &sandbox.root(),
        &job(&["main~1", "main"], &["src/client=client"]),
    )
    .unwrap();
    let BackportReport::Conflict {
        files, left: found, ..
    } = outcome
    else {
        panic!("{outcome:?}");
    };
    assert_eq!((files, found), (vec!["client/a.py".into()], vec![left]));
    assert!(
        sandbox
            .read("client/a.py")
            .contains("<<<<<<< HEAD\nzwei\n=======\nTWO\n>>>>>>> ")
    );
    sandbox.write("client/a.py", "one\nTWO\nthree\nfour\nfive\n");
    sandbox.git(&["add", "--all"]);
    sandbox.git(&["-c", "core.editor=true", "commit", "--quiet"]);
    assert_eq!(
        sandbox.git(&["log", "-1", "--format=%s"]),
        "fix: two (lablup/backend.ai#1)"
    );
    let committed = sandbox.git(&["rev-parse", "HEAD"]);
    assert_eq!(
        sandbox
            .git(&["log", "-1", "--format=%an <%ae> %aI%n%(trailers)"])
            .trim(),
        "E <e@index.example> 2001-02-03T04:05:06Z\nSigned-off-by: E <e@index.example>"
    );
    let BackportReport::Done { picked, .. } = go_on(&sandbox.root()).unwrap() else {
        panic!("another conflict");
    };
    assert_eq!(picked[0].outcome, PickOutcome::Applied(committed));
    assert_eq!(sandbox.read("other.py"), "y\n");
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
}

#[test]
fn a_users_git_changes_nothing_of_what_is_taken() {
    let sandbox = repository();
    for (name, value) in [
        ("color.ui", "always"),
        ("log.showSignature", "true"),
        ("diff.shout.textconv", "tr a-z A-Z <"),
        ("diff.external", "false"),
        ("diff.noprefix", "true"),
        ("core.quotePath", "true"),
    ] {
        sandbox.git(&["config", name, value]);
    }
    sandbox.write(".git/info/attributes", "*.shout diff=shout\n");
    sandbox.write("메모.shout", "quiet\n");
    sandbox.commit("feat: quiet");
    backport(&sandbox.root(), &job(&["main"], &[])).unwrap();
    assert_eq!(sandbox.read("메모.shout"), "quiet\n");
    let author = sandbox.git(&["log", "-1", "--format=%s %an <%ae>"]);
    assert_eq!(author, "feat: quiet T <t@example.invalid>");
}

#[test]
fn what_is_there_already_makes_no_commit() {
    let sandbox = repository();
    sandbox.write("other.py", "y\n");
    sandbox.commit("fix");
    let job = job(&["main"], &[]);
    backport(&sandbox.root(), &job).unwrap();
    let before = sandbox.git(&["rev-parse", "old"]);
    let outcome = backport(&sandbox.root(), &job).unwrap();
    let is_present = |report: BackportReport| match report {
        BackportReport::Done { picked, .. } => picked[0].outcome.clone(),
        conflict => panic!("{conflict:?}"),
    };
    assert_eq!(is_present(outcome), PickOutcome::Present(before.clone()));
    assert_eq!(sandbox.git(&["rev-parse", "old"]), before);
    // What was reverted there is wanted again.
    sandbox.git(&["revert", "--no-edit", "HEAD"]);
    let outcome = is_present(backport(&sandbox.root(), &job).unwrap());
    assert!(matches!(outcome, PickOutcome::Applied(_)), "{outcome:?}");
    sandbox.git(&["switch", "--quiet", "main"]);
    sandbox.git(&["commit", "--quiet", "--amend", "-m", "the same again"]);
    let outcome = is_present(backport(&sandbox.root(), &job).unwrap());
    assert_eq!(outcome, PickOutcome::Empty);
}

/// Three commits on `main`, of which the second conflicts with `old`.
fn three() -> (Sandbox, Backport) {
    let sandbox = repository();
    sandbox.write("other.py", "y\n");
    sandbox.commit("one");
    sandbox.write("src/client/a.py", "one\nTWO\nthree\nfour\nfive\n");
    sandbox.commit("two");
    sandbox.write("other.py", "z\n");
    sandbox.commit("three");
    sandbox.git(&["switch", "--quiet", "old"]);
    sandbox.write("client/a.py", "one\nzwei\nthree\nfour\nfive\n");
    sandbox.commit("another two");
    sandbox.git(&["switch", "--quiet", "main"]);
    (sandbox, job(&["main~3..main"], &["src/client=client"]))
}

fn conflict(sandbox: &Sandbox, job: &Backport) {
    let report = backport(&sandbox.root(), job).unwrap();
    let BackportReport::Conflict { picked, left, .. } = report else {
        panic!("{report:?}");
    };
    assert_eq!((picked.len(), left.len()), (1, 1));
}

#[test]
fn a_range_goes_on_after_a_conflict() {
    let (sandbox, job) = three();
    conflict(&sandbox, &job);
    let root = sandbox.root();
    let refused = go_on(&root).unwrap_err();
    insta::assert_snapshot!(refused, @r#"
    these files still have conflicts:
      client/a.py
    "#);
    let second = backport(&root, &job).unwrap_err();
    insta::assert_snapshot!(second, @"a backport to old is under way");
    sandbox.write("client/a.py", "one\nTWO and zwei\nthree\nfour\nfive\n");
    sandbox.git(&["add", "client"]);
    go_on(&root).unwrap();
    assert_eq!(
        sandbox.git(&["log", "-3", "--format=%s"]),
        "three\ntwo\none"
    );
    assert_eq!(sandbox.read("other.py"), "z\n");
    assert!(
        go_on(&root)
            .unwrap_err()
            .to_string()
            .contains("no backport is under way")
    );
}

#[test]
fn a_commit_is_left_out() {
    let (sandbox, job) = three();
    conflict(&sandbox, &job);
    sandbox.write("mine.txt", "mine\n");
    skip(&sandbox.root()).unwrap();
    assert_eq!(sandbox.git(&["log", "-2", "--format=%s"]), "three\none");
    assert!(sandbox.read("client/a.py").contains("zwei"));
    assert_eq!(sandbox.read("mine.txt"), "mine\n");
}

#[test]
fn everything_is_taken_back() {
    let (sandbox, job) = three();
    let before = sandbox.snapshot();
    conflict(&sandbox, &job);
    sandbox.write("mine.txt", "mine\n");
    assert_eq!(abort(&sandbox.root()).unwrap(), "old");
    assert_eq!(sandbox.read("mine.txt"), "mine\n");
    fs_err::remove_file(sandbox.root().join("mine.txt")).unwrap();
    assert_eq!(sandbox.snapshot(), before);
    // After other commits on the branch it is not.
    conflict(&sandbox, &job);
    sandbox.git(&["reset", "--quiet", "--hard"]);
    sandbox.write("later.txt", "x\n");
    sandbox.commit("mine");
    sandbox.write("later.txt", "y\n");
    sandbox.commit("mine too");
    let refused = abort(&sandbox.root()).unwrap_err().to_string();
    assert_eq!(refused, "old has commits that are not the backport's");
}

#[test]
fn a_missing_file_is_a_conflict_and_a_renamed_one_is_followed() {
    let sandbox = repository();
    sandbox.write("gone.py", "a\nb\nc\n");
    sandbox.write("long.py", "1\n2\n3\n4\n5\n6\n7\n8\n");
    sandbox.commit("more files");
    sandbox.git(&["switch", "--quiet", "--create", "older"]);
    sandbox.git(&["rm", "--quiet", "gone.py"]);
    sandbox.git(&["mv", "long.py", "elsewhere.py"]);
    sandbox.commit("otherwise");
    sandbox.git(&["switch", "--quiet", "main"]);
    sandbox.write("gone.py", "a\nB\nc\n");
    sandbox.write("long.py", "1\n2\n3\nfour\n5\n6\n7\n8\n");
    sandbox.write("other.py", "y\n");
    sandbox.commit("fix in three files");
    for folders in [&[][..], &["nothing=here"]] {
        let job = Backport {
            onto: "older".into(),
            ..job(&["main"], folders)
        };
        let report = backport(&sandbox.root(), &job).unwrap();
        let BackportReport::Conflict { files, .. } = report else {
            panic!("{report:?}");
        };
        assert_eq!(files, ["gone.py"]);
        assert_eq!(sandbox.read("elsewhere.py"), "1\n2\n3\nfour\n5\n6\n7\n8\n");
        assert_eq!(sandbox.read("other.py"), "y\n");
        abort(&sandbox.root()).unwrap();
    }
}

#[test]
fn merges_first_commits_and_branches_of_any_remote() {
    let sandbox = repository();
    sandbox.git(&["switch", "--quiet", "--create", "topic"]);
    sandbox.write("topic.py", "t\n");
    sandbox.commit("topic");
    sandbox.git(&["switch", "--quiet", "main"]);
    sandbox.git(&["merge", "--quiet", "--no-ff", "--no-edit", "topic"]);
    sandbox.git(&["remote", "rename", "origin", "upstream"]);
    sandbox.git(&["push", "--quiet", "upstream", "old"]);
    sandbox.git(&["branch", "--quiet", "--delete", "--force", "old"]);
    for onto in ["old", "upstream/old"] {
        let job = Backport {
            onto: onto.into(),
            ..job(&["main"], &[])
        };
        assert_eq!(survey(&sandbox.root(), &job).unwrap().len(), 1);
        backport(&sandbox.root(), &job).unwrap();
        assert_eq!(sandbox.read("topic.py"), "t\n");
        assert_eq!(sandbox.git(&["branch", "--show-current"]), "old");
        sandbox.git(&["switch", "--quiet", "main"]);
        sandbox.git(&["branch", "--quiet", "--delete", "--force", "old"]);
    }
    let other = sandbox.path("other.git");
    Git::nowhere()
        .text(&[
            "clone",
            "--quiet",
            "--bare",
            sandbox.path("remote.git").as_str(),
            other.as_str(),
        ])
        .unwrap();
    sandbox.git(&["remote", "add", "--fetch", "fork", other.as_str()]);
    let both = backport(&sandbox.root(), &job(&["main"], &[])).unwrap_err();
    insta::assert_snapshot!(both, @"several remotes have that branch: fork/old, upstream/old");
    let named = Backport {
        remote: Some("fork".into()),
        ..job(&["main"], &[])
    };
    backport(&sandbox.root(), &named).unwrap();
}

#[test]
fn refusals() {
    let sandbox = repository();
    let tell = |job: &Backport| {
        let error = backport(&sandbox.root(), job).unwrap_err();
        format!("{error}\n-> {}", error.hint().unwrap_or_default())
    };
    let mut told = vec![tell(&job(&["nothing"], &[]))];
    told.push(tell(&Backport {
        onto: "gone".into(),
        ..job(&["main"], &[])
    }));
    told.push(tell(&job(&["main..main"], &[])));
    sandbox.write("new.txt", "theirs\n");
    sandbox.commit("new");
    let commit = sandbox.git(&["rev-parse", "main"]);
    sandbox.git(&["switch", "--quiet", "old"]);
    sandbox.write("new.txt", "mine, which git does not know\n");
    let in_the_way = tell(&job(&["main"], &[])).replace(&commit, "[COMMIT]");
    assert!(
        in_the_way.starts_with("[COMMIT] cannot be applied to old: "),
        "{in_the_way}"
    );
    assert_eq!(sandbox.read("new.txt"), "mine, which git does not know\n");
    abort(&sandbox.root()).unwrap();
    sandbox.write("other.py", "dirty\n");
    told.push(tell(&job(&["main"], &[])));
    told.push(
        "x".parse::<FolderMapping>()
            .map_err(|error| error.to_string())
            .unwrap_err(),
    );
    insta::assert_snapshot!(told.join("\n"), @r#"
    `nothing` is not a commit
    -> `git fetch` gets what is new on the remote
    there is no branch `gone`, here or on origin
    -> `git fetch origin` gets what is new there
    the range `main..main` has no commit but merges
    -> `git fetch` gets what is new on the remote
    the work tree has changes that are not committed
    -> commit them, or put them away with `git stash`
    `x` is not OLD=NEW, as in `src/ai/backend/client=src/client`
    "#);
}
