//! Backports between branches whose folders have other names.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use goals::releasing::backport::{BackportReport, backport};
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
    assert!(matches!(outcome, BackportReport::Done { applied } if applied.len() == 1));
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
            .contains("<<<<<<< ours\nzwei\n=======\nTWO\n>>>>>>> theirs\n")
    );
    sandbox.write("client/a.py", "one\nTWO\nthree\nfour\nfive\n");
    sandbox.git(&["add", "--all"]);
    sandbox.git(&["-c", "core.editor=true", "commit", "--quiet"]);
    assert_eq!(
        sandbox.git(&["log", "-1", "--format=%s"]),
        "fix: two (lablup/backend.ai#1)"
    );
    assert_eq!(
        sandbox
            .git(&["log", "-1", "--format=%an <%ae> %aI%n%(trailers)"])
            .trim(),
        "E <e@index.example> 2001-02-03T04:05:06Z\nSigned-off-by: E <e@index.example>"
    );
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
    assert!(matches!(outcome, BackportReport::Done { applied } if applied[0].1.is_none()));
    assert_eq!(sandbox.git(&["rev-parse", "old"]), before);
}

#[test]
fn refusals() {
    let sandbox = repository();
    let tell = |job: &Backport| {
        let error = backport(&sandbox.root(), job).unwrap_err();
        format!("{error}\n-> {}", error.hint().unwrap_or(""))
    };
    let mut told = vec![tell(&job(&["nothing"], &[]))];
    told.push(tell(&Backport {
        onto: "gone".into(),
        ..job(&["main"], &[])
    }));
    sandbox.write("src/client/a.py", "one\ntwo\nthree\n4\nfive\n");
    sandbox.commit("four");
    let commit = sandbox.git(&["rev-parse", "main"]);
    // Without the mapping there is no such file.
    told.push(tell(&job(&["main"], &[])).replace(&commit, "[COMMIT]"));
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
    sandbox.write("dirty", "");
    told.push(tell(&job(&["main"], &[])));
    told.push(
        "x".parse::<FolderMapping>()
            .map_err(|error| error.to_string())
            .unwrap_err(),
    );
    insta::assert_snapshot!(told.join("\n"), @r#"
    `nothing` is not a commit
    -> `git fetch origin` gets what is new there
    there is no branch `gone`, here or on origin
    -> `git fetch origin` gets what is new there
    [COMMIT] cannot be applied to old: error: src/client/a.py: does not exist in index
    -> the files may have moved: name their folders with `--directory OLD=NEW`
    the work tree has changes that are not committed
    -> commit them, or put them away with `git stash --include-untracked`
    `x` is not OLD=NEW, as in `src/ai/backend/client=src/client`
    "#);
}
