//! Plans as they are shown, and every refusal with its message.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use camino::Utf8PathBuf;
use git::Git;
use goals::releasing::gather::gather;
use release::facts::{Locks, StaleLock};
use release::plan::{Decision, RefusedRelease, ReleaseRequest, ReleaseStep, plan, show};
use release::settings::{
    CandidateNotes, FileEdit, FragmentPolicy, HookReleases, Profile, ReleaseSettings,
};
use support::{Sandbox, decide, go, pushed, request, settings};

fn refusals(found: Result<Decision, RefusedRelease>) -> String {
    let refusals = found.expect_err("a refusal").reasons;
    let lines = refusals.iter().map(|refusal| match refusal.hint() {
        Some(hint) => format!("{refusal}\n-> {hint}"),
        None => refusal.to_string(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn check(sandbox: &Sandbox, request: &ReleaseRequest) -> String {
    check_with(sandbox, &settings(), request)
}

fn check_with(sandbox: &Sandbox, settings: &ReleaseSettings, request: &ReleaseRequest) -> String {
    let told = refusals(decide(sandbox, settings, request));
    let commit = sandbox.git(&["rev-parse", "HEAD"]);
    let tagged = sandbox.git(&["rev-parse", "24.03.10^{commit}"]);
    told.replace(&commit, "[HEAD]")
        .replace(&tagged, "[24.03.10]")
        .replace(sandbox.path("").as_str(), "[FOLDER]/")
}

#[test]
fn shown() {
    let sandbox = Sandbox::new();
    let plan = go(&sandbox, &settings(), &pushed("24.09.0"));
    insta::assert_snapshot!(show(&plan), @r#"
    Release 24.09.0

    1. run the hook history
       $ echo '{"prior": "24.03.10"}' > history/24.03.10.json

    2. run the hook sample
       $ mkdir -p generated && echo 24.09.0 > generated/sample.toml

    3. write VERSION
    --- a/VERSION
    +++ b/VERSION
    @@ -1 +1 @@
    -24.03.10
    +24.09.0

    4. write CHANGELOG.md
    --- a/CHANGELOG.md
    +++ b/CHANGELOG.md
    @@ -4,4 +4,15 @@
     <!-- towncrier release notes start -->
     
    +## 24.09.0 (2024-10-21)
    +
    +### Features
    +
    +- One (#1)
    +
    +### Bugfixes
    +
    +- Two (#2)
    +
    +
     ## 24.03.10 (2024-09-01)
     

    5. remove 2 news fragments
       $ git rm changes/1.feature.md changes/2.bugfix.md

    6. commit "release: 24.09.0"
       $ git commit --message 'release: 24.09.0'

    7. build and verify the wheels
       $ cargo xtask package --all-platforms --verify --out-dir .git/xtask-release/wheels

    8. make the tag 24.09.0
       $ git tag --annotate --message 'Release v24.09.0' 24.09.0

    9. put the wheels into dist
       $ mv .git/xtask-release/wheels/* dist

    10. run the hook announce
       $ echo 24.09.0 2024-10-21 > .git/announced

    11. push to origin
       $ git push --atomic origin refs/heads/main refs/tags/24.09.0

    note: src/pkg/VERSION follows: it is a symbolic link
    "#);
}

#[test]
fn shown_without_final_newline_and_with_further_files() {
    let sandbox = Sandbox::new();
    sandbox.write("VERSION", "24.03.10");
    sandbox.write("docs/conf.py", "release = '24.03.10'\nkeep = 1\n");
    sandbox.commit("no line end");
    let edit = FileEdit {
        path: "docs/*.py".into(),
        search: r"release = '[^']+'".into(),
        replace: "release = '{version}' # {normalized} {series}".into(),
        releases: HookReleases::Final,
    };
    let without = ["changelog", "package", "tag"].iter();
    let kind = |name: &&str| {
        release::settings::StepKind::ALL
            .into_iter()
            .find(|(known, _)| known == name)
            .unwrap()
            .1
    };
    let settings = ReleaseSettings {
        files: vec![edit],
        without: without.map(kind).collect(),
        ..Profile::OneChangelog.settings()
    };
    insta::assert_snapshot!(show(&go(&sandbox, &settings, &request("24.09.0"))), @r#"
    Release 24.09.0

    1. write VERSION
    --- a/VERSION
    +++ b/VERSION
    @@ -1 +1 @@
    -24.03.10
    \ No newline at end of file
    +24.09.0
    \ No newline at end of file

    2. write docs/conf.py
    --- a/docs/conf.py
    +++ b/docs/conf.py
    @@ -1,2 +1,2 @@
    -release = '24.03.10'
    +release = '24.09.0' # 24.9.0 24.09
     keep = 1

    3. commit "release: 24.09.0"
       $ git commit --message 'release: 24.09.0'

    note: src/pkg/VERSION follows: it is a symbolic link
    "#);
}

#[test]
fn shown_for_a_release_branch() {
    let sandbox = Sandbox::new();
    let plan = go(
        &sandbox,
        &Profile::ReleaseBranches.settings(),
        &pushed("24.09.0rc1"),
    );
    insta::assert_snapshot!(show(&plan), @r#"
    Release 24.09.0rc1

    1. make the branch release/24.09.0rc1
       $ git switch --create release/24.09.0rc1

    2. write VERSION
    --- a/VERSION
    +++ b/VERSION
    @@ -1 +1 @@
    -24.03.10
    +24.09.0rc1

    3. write CHANGELOG/24.09.md
    --- /dev/null
    +++ b/CHANGELOG/24.09.md
    @@ -0,0 +1,9 @@
    +## 24.09.0rc1 (2024-10-21)
    +
    +### Features
    +
    +- One (#1)
    +
    +### Bugfixes
    +
    +- Two (#2)

    4. remove 2 news fragments
       $ git rm changes/1.feature.md changes/2.bugfix.md

    5. commit "release: 24.09.0rc1"
       $ git commit --message 'release: 24.09.0rc1'

    6. push to origin
       $ git push --atomic origin refs/heads/release/24.09.0rc1

    note: src/pkg/VERSION follows: it is a symbolic link
    note: merge release/24.09.0rc1 by review, then run the same command on the branch it went into: that makes the tag
    "#);
}

#[test]
fn a_pre_release_has_its_own_message() {
    let sandbox = Sandbox::new();
    let tag = |version: &str| {
        let plan = go(&sandbox, &settings(), &request(version));
        plan.steps
            .into_iter()
            .find(|step| matches!(step, ReleaseStep::Tag { .. }))
    };
    for version in ["24.09.0a1", "24.09.0b1", "24.09.0rc1", "24.09.0.dev1"] {
        let message = Some(format!("Pre-release v{version}"));
        assert_eq!(
            tag(version),
            Some(ReleaseStep::Tag {
                name: version.into(),
                message
            })
        );
    }
    for version in ["24.09.0", "24.09.0.post1"] {
        let message = Some(format!("Release v{version}"));
        assert_eq!(
            tag(version),
            Some(ReleaseStep::Tag {
                name: version.into(),
                message
            })
        );
    }
}

#[test]
fn dirty_tree() {
    let sandbox = Sandbox::new();
    sandbox.write("src/new.py", "");
    sandbox.write("VERSION", "24.03.10\n\n");
    insta::assert_snapshot!(check(&sandbox, &request("24.09.0")), @r#"
    the work tree has changes that are not committed:
       M VERSION
      ?? src/new.py
    -> commit them, or put them away with `git stash --include-untracked`
    "#);
}

#[test]
fn detached() {
    let sandbox = Sandbox::new();
    sandbox.git(&["switch", "--quiet", "--detach"]);
    insta::assert_snapshot!(check(&sandbox, &request("24.09.0")), @r#"
    no branch is checked out (HEAD is [HEAD])
    -> check out the branch to release from: `git switch main`
    "#);
}

#[test]
fn wrong_branch() {
    let sandbox = Sandbox::new();
    sandbox.git(&["switch", "--quiet", "--create", "feature/x"]);
    insta::assert_snapshot!(check(&sandbox, &request("24.09.0")), @r#"
    no release of 24.09.0 is made from the branch `feature/x`, only from `main`, `master`, `24.09`
    -> `git switch main`, or add the branch to `[release] branches`
    "#);
    sandbox.git(&["branch", "--quiet", "--move", "24.09"]);
    go(&sandbox, &settings(), &request("24.09.0"));
}

#[test]
fn tag_exists_here() {
    let sandbox = Sandbox::new();
    sandbox.git(&["switch", "--quiet", "--create", "other"]);
    sandbox.commit("elsewhere");
    sandbox.git(&["tag", "24.09.0"]);
    let elsewhere = sandbox.git(&["rev-parse", "HEAD"]);
    sandbox.git(&["switch", "--quiet", "main"]);
    insta::assert_snapshot!(check(&sandbox, &request("24.09.0")).replace(&elsewhere, "[ELSEWHERE]"), @r#"
    the tag `24.09.0` exists already, at [ELSEWHERE], which is not part of this branch
    -> `git show 24.09.0` shows it; `git tag --delete 24.09.0` removes one made by mistake
    "#);
}

#[test]
fn tag_exists_on_the_remote() {
    let sandbox = Sandbox::new();
    sandbox.git(&["tag", "24.09.0"]);
    sandbox.git(&["push", "--quiet", "origin", "24.09.0"]);
    sandbox.git(&["tag", "--delete", "24.09.0"]);
    insta::assert_snapshot!(check(&sandbox, &request("24.09.0")), @r#"
    the tag `24.09.0` exists already on `origin`, at [HEAD]
    -> `git fetch origin tag 24.09.0`
    "#);
}

#[test]
fn version_lower_than_the_last() {
    let sandbox = Sandbox::new();
    insta::assert_snapshot!(check(&sandbox, &request("24.03.9")), @r#"
    24.03.9 is lower than 24.03.10, which the tag `24.03.10` names
    -> choose a version above 24.03.10
    "#);
    // A tag of the same series on another branch counts, one of a later series does not.
    sandbox.write("VERSION", "24.03.10");
    sandbox.commit("same");
    sandbox.git(&["switch", "--quiet", "--create", "other"]);
    sandbox.commit("elsewhere");
    sandbox.git(&["tag", "24.03.12"]);
    sandbox.git(&["tag", "24.09.0"]);
    sandbox.git(&["switch", "--quiet", "main"]);
    insta::assert_snapshot!(check(&sandbox, &request("24.03.11")), @r#"
    24.03.11 is lower than 24.03.12, which the tag `24.03.12` names
    -> choose a version above 24.03.12
    "#);
    go(&sandbox, &settings(), &request("24.03.13"));
}

#[test]
fn missing_fragments() {
    let sandbox = Sandbox::new();
    sandbox.git(&["rm", "--quiet", "-r", "changes"]);
    sandbox.commit("none");
    // As towncrier writes.
    let plan = go(&sandbox, &settings(), &request("24.09.0"));
    let news = plan.steps.iter().find_map(|step| match step {
        ReleaseStep::Write { path, new, .. } if path == "CHANGELOG.md" => Some(new),
        _ => None,
    });
    assert!(
        news.unwrap()
            .contains("## 24.09.0 (2024-10-21)\n\nNo significant changes.\n")
    );
    let required = ReleaseSettings {
        fragments: FragmentPolicy::Required,
        ..settings()
    };
    insta::assert_snapshot!(check_with(&sandbox, &required, &request("24.09.0")), @r#"
    there are no news fragments in changes/
    -> add one, such as changes/123.fix.md, or do without: `[release] fragments = "optional"`
    "#);
}

#[test]
fn stale_lock() {
    let sandbox = Sandbox::new();
    let request = request("24.09.0");
    let mut facts = gather(&sandbox.root(), &settings(), &request).unwrap();
    facts.locks = Locks::Stale(vec![StaleLock {
        resolve: "python-default".into(),
        lockfile: "python.lock".into(),
        reasons: vec!["the requirement `aiohttp` is new".into()],
    }]);
    insta::assert_snapshot!(refusals(plan(&settings(), &facts, &request)), @r#"
    locks are stale:
      python-default (python.lock)
        the requirement `aiohttp` is new
    -> `cargo xtask generate-lockfiles`, then commit
    "#);
}

#[test]
fn remote_moved_on() {
    let sandbox = Sandbox::new();
    sandbox.commit("seen by the remote only");
    sandbox.git(&["push", "--quiet", "origin", "main"]);
    sandbox.git(&["reset", "--quiet", "--hard", "HEAD^"]);
    insta::assert_snapshot!(check(&sandbox, &pushed("24.09.0")), @r#"
    `origin` has commits on `main` that are not here
    -> `git pull --rebase origin main`
    "#);
}

#[test]
fn no_right_to_push() {
    let sandbox = Sandbox::new();
    let refuse =
        "sh -c 'echo \"remote: Permission to lablup/backend.ai denied to you.\" >&2; exit 1'";
    sandbox.git(&["config", "remote.origin.receivepack", refuse]);
    let told = check(&sandbox, &pushed("24.09.0"));
    assert!(
        told.contains(
            "`origin` admits no push:\n  remote: Permission to lablup/backend.ai denied to you."
        ),
        "{told}"
    );
    assert!(
        told.contains("-> `git push --dry-run origin` shows the same"),
        "{told}"
    );
    go(&sandbox, &settings(), &request("24.09.0"));
}

#[test]
fn no_remote() {
    let sandbox = Sandbox::new();
    sandbox.git(&["remote", "remove", "origin"]);
    insta::assert_snapshot!(check(&sandbox, &pushed("24.09.0")), @r#"
    there is no remote `origin` to push to
    -> `git remote add origin URL`, or release without --push
    "#);
    go(&sandbox, &settings(), &request("24.09.0"));
}

#[test]
fn unreachable_remote() {
    let sandbox = Sandbox::new();
    sandbox.git(&["remote", "set-url", "origin", "/nonexistent/remote.git"]);
    let told = check(&sandbox, &pushed("24.09.0"));
    assert!(
        told.starts_with("`origin` admits no push:\n  fatal: '/nonexistent/remote.git'"),
        "{told}"
    );
    go(&sandbox, &settings(), &request("24.09.0"));
}

#[test]
fn prior_release_is_not_final() {
    let sandbox = Sandbox::new();
    sandbox.git(&["tag", "24.03.11rc1"]);
    insta::assert_snapshot!(check(&sandbox, &request("24.09.0")), @r#"
    24.09.0 begins a series, and the hook `history` needs the last release before it: of 24.03 the last final release is 24.03.10, but 24.03.11rc1 is out and not final yet
    -> release that version first
    "#);
    // Once the series has a final release, the dump is not asked for any more.
    sandbox.git(&["tag", "24.09.0"]);
    sandbox.git(&["switch", "--quiet", "--create", "24.09", "main^"]);
    let plan = go(
        &sandbox,
        &ReleaseSettings {
            without: [release::settings::StepKind::Changelog].into(),
            ..settings()
        },
        &request("24.09.1"),
    );
    assert!(
        !plan
            .steps
            .iter()
            .any(|step| matches!(step, ReleaseStep::Hook { name, .. } if name == "history"))
    );
}

#[test]
fn no_version_file() {
    let sandbox = Sandbox::new();
    let settings = ReleaseSettings {
        version_file: Utf8PathBuf::from("src/VERSION.txt"),
        ..settings()
    };
    insta::assert_snapshot!(refusals(decide(&sandbox, &settings, &request("24.09.0"))), @r#"
    there is no file src/VERSION.txt to hold the version
    -> create src/VERSION.txt, or name another file in `[package] version_file`
    "#);
}

#[test]
fn release_branch_exists() {
    let sandbox = Sandbox::new();
    sandbox.git(&["branch", "release/24.09.0"]);
    let found = decide(
        &sandbox,
        &Profile::ReleaseBranches.settings(),
        &request("24.09.0"),
    );
    insta::assert_snapshot!(refusals(found), @r#"
    the branch `release/24.09.0` exists already
    -> `git switch release/24.09.0` and run the same command there, or `git branch --delete release/24.09.0`
    "#);
}

#[test]
fn patterns_that_find_nothing() {
    let sandbox = Sandbox::new();
    let edit = |path: &str, search: &str| FileEdit {
        path: path.into(),
        search: search.into(),
        replace: "{version}".into(),
        releases: HookReleases::All,
    };
    let with = |edit| ReleaseSettings {
        files: vec![edit],
        ..settings()
    };
    let told = [
        edit("docs/*.py", "release"),
        edit("CHANGELOG.md", "("),
        edit("[", "x"),
    ]
    .map(|edit| refusals(decide(&sandbox, &with(edit), &request("24.09.0"))));
    insta::assert_snapshot!(told.join("\n"), @r#"
    docs/*.py: `release` occurs nowhere
    -> see `[[release.files]]` in the settings
    `(` is not a pattern: regex parse error:
        (
        ^
    error: unclosed group
    -> see `[[release.files]]` in the settings
    `[` is not a pattern: error parsing glob '[': unclosed character class; missing ']'
    -> see `[[release.files]]` in the settings
    "#);
}

#[test]
fn every_reason_at_once() {
    let sandbox = Sandbox::new();
    sandbox.git(&["switch", "--quiet", "--create", "feature/x"]);
    sandbox.write("VERSION", "24.03.11\n");
    insta::assert_snapshot!(check(&sandbox, &request("24.03.9")), @r#"
    the work tree has changes that are not committed:
       M VERSION
    -> commit them, or put them away with `git stash --include-untracked`
    no release of 24.03.9 is made from the branch `feature/x`, only from `main`, `master`, `24.03`
    -> `git switch main`, or add the branch to `[release] branches`
    24.03.9 is lower than 24.03.11, which VERSION holds
    -> choose a version above 24.03.11
    "#);
}

#[test]
fn links_follow() {
    let sandbox = Sandbox::new();
    let facts = gather(&sandbox.root(), &settings(), &request("24.09.0")).unwrap();
    assert_eq!(facts.version_links, ["src/pkg/VERSION"]);
    assert!(Git::at(sandbox.root()).text(&["diff", "--quiet"]).is_ok());
}

/// The 26.x habits: the release's branch was squashed into main, and another commit came after.
fn merged_and_moved_on() -> (Sandbox, ReleaseSettings, String) {
    let sandbox = Sandbox::new();
    let settings = Profile::ReleaseBranches.settings();
    sandbox.write("VERSION", "24.09.0\n");
    sandbox.write("CHANGELOG/24.09.md", "## 24.09.0 (2024-10-21)\n\n- One\n");
    sandbox.commit("release: 24.09.0 (#13330)");
    let commit = sandbox.git(&["rev-parse", "HEAD"]);
    sandbox.write("src/pkg/later.py", "1\n");
    sandbox.commit("later (#13331)");
    sandbox.git(&["push", "--quiet", "origin", "main"]);
    (sandbox, settings, commit)
}

#[test]
fn a_release_that_other_commits_followed_is_tagged_where_it_was_written() {
    let (sandbox, settings, commit) = merged_and_moved_on();
    let told = refusals(decide(&sandbox, &settings, &pushed("24.09.0")));
    let head = sandbox.git(&["rev-parse", "HEAD"]);
    insta::assert_snapshot!(told.replace(&commit, "[COMMIT]").replace(&head, "[HEAD]"), @r#"
    24.09.0 was written by [COMMIT], and HEAD is a later commit ([HEAD])
    -> `git switch --detach [COMMIT]`, then the same command: it tags that commit
    "#);
    sandbox.git(&["switch", "--quiet", "--detach", &commit]);
    let plan = go(&sandbox, &settings, &pushed("24.09.0"));
    insta::assert_snapshot!(show(&plan), @r#"
    Release 24.09.0

    1. build and verify the wheels
       $ cargo xtask package --all-platforms --verify --out-dir .git/xtask-release/wheels

    2. make the tag 24.09.0
       $ git tag 24.09.0

    3. put the wheels into dist
       $ mv .git/xtask-release/wheels/* dist

    4. push to origin
       $ git push --atomic origin refs/tags/24.09.0

    note: 24.09.0 is committed already; its tag is missing
    "#);
    // A commit of no branch that releases are made from.
    sandbox.commit("mine");
    sandbox.write("VERSION", "24.09.1\n");
    sandbox.write("CHANGELOG/24.09.md", "## 24.09.1 (2024-10-21)\n\n- One\n");
    sandbox.commit("release: 24.09.1");
    let told = refusals(decide(&sandbox, &settings, &pushed("24.09.1")));
    let head = sandbox.git(&["rev-parse", "HEAD"]);
    insta::assert_snapshot!(told.replace(&head, "[HEAD]"), @r#"
    no branch is checked out (HEAD is [HEAD])
    -> check out the branch to release from: `git switch main`
    "#);
}

/// A sandbox whose repository is a clone made with these options.
fn cloned(options: &[&str]) -> Sandbox {
    let sandbox = Sandbox::new();
    let root = sandbox.root();
    sandbox.git(&["switch", "--quiet", "--create", "24.09", "24.03.10"]);
    sandbox.commit("work of 24.09");
    sandbox.git(&["tag", "24.09.5"]);
    sandbox.git(&["push", "--quiet", "origin", "24.09", "24.09.5"]);
    fs_err::remove_dir_all(sandbox.root()).unwrap();
    let url = format!("file://{}", sandbox.path("remote.git"));
    let clone = [&["clone", "--quiet"], options, &[&url, root.as_str()]].concat();
    Git::nowhere().text(&clone).unwrap();
    for (key, value) in [("user.name", "T"), ("user.email", "t@example.invalid")] {
        sandbox.git(&["config", key, value]);
    }
    sandbox
}

#[test]
fn a_clone_without_tags_asks_the_remote_for_them() {
    for options in [&["--no-tags"][..], &["--depth=1"]] {
        let sandbox = cloned(options);
        assert_eq!(sandbox.git(&["tag"]), "");
        let told = refusals(decide(&sandbox, &settings(), &request("24.09.1")));
        insta::allow_duplicates! { insta::assert_snapshot!(told, @r#"
        24.09.1 is lower than 24.09.5, which the tag `24.09.5` on `origin` names
        -> choose a version above 24.09.5
        "#); }
        // The hook of a new series runs, with the last release before it.
        let plan = go(&sandbox, &settings(), &request("24.12.0"));
        assert_eq!(plan.steps[0].title(), "run the hook history");
        insta::allow_duplicates! {
            insta::assert_snapshot!(format!("{:?}", plan.steps[0].effect()), @r#"Command("echo '{\"prior\": \"24.09.5\"}' > history/24.09.5.json")"#);
        }
        let shallow = plan.notes.iter().any(|note| note.contains("shallow"));
        assert_eq!(shallow, options == ["--depth=1"]);
    }
}

#[test]
fn a_remote_that_cannot_be_asked_is_told() {
    let sandbox = cloned(&["--no-tags"]);
    fs_err::rename(sandbox.path("remote.git"), sandbox.path("away.git")).unwrap();
    let plan = go(&sandbox, &settings(), &request("24.09.1"));
    insta::assert_snapshot!(plan.notes.join("\n"), @r#"
    src/pkg/VERSION follows: it is a symbolic link
    `origin` cannot be asked for its tags: only those that are here were looked at
    "#);
}

#[test]
fn a_shallow_clone_cannot_tell_which_commit_wrote_the_version() {
    let (sandbox, settings, _) = merged_and_moved_on();
    let root = sandbox.root();
    fs_err::remove_dir_all(&root).unwrap();
    let url = format!("file://{}", sandbox.path("remote.git"));
    let clone = ["clone", "--quiet", "--depth=1", &url, root.as_str()];
    Git::nowhere().text(&clone).unwrap();
    insta::assert_snapshot!(refusals(decide(&sandbox, &settings, &request("24.09.0"))), @r#"
    this clone is shallow: which commit wrote 24.09.0 cannot be told
    -> `git fetch --unshallow`
    "#);
}

#[test]
fn a_dry_run_runs_no_hook_of_git() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::new();
    let hook = sandbox.root().join(".git/hooks/pre-push");
    fs_err::create_dir_all(hook.parent().unwrap()).unwrap();
    fs_err::write(&hook, "#!/bin/sh\ntouch ../hooked; exit 1\n").unwrap();
    fs_err::set_permissions(&hook, std::fs::Permissions::from_mode(0o755)).unwrap();
    go(&sandbox, &settings(), &pushed("24.09.0"));
    assert!(!sandbox.path("hooked").exists());
}

#[test]
fn a_version_file_linked_out_of_the_repository_is_refused() {
    let sandbox = Sandbox::new();
    fs_err::remove_file(sandbox.root().join("VERSION")).unwrap();
    fs_err::write(sandbox.path("VERSION"), "24.03.10\n").unwrap();
    fs_err::os::unix::fs::symlink("../VERSION", sandbox.root().join("VERSION")).unwrap();
    sandbox.commit("linked");
    insta::assert_snapshot!(check(&sandbox, &request("24.09.0")), @r#"
    VERSION is a link out of the repository, where no commit holds it
    -> make VERSION a file, or a link to one in the repository
    "#);
}

/// The news file and a folder of fragments too.
#[test]
fn whatever_is_linked_out_of_the_repository_is_refused() {
    let sandbox = Sandbox::new();
    let (news, changes) = (
        sandbox.root().join("CHANGELOG.md"),
        sandbox.root().join("changes"),
    );
    fs_err::rename(&news, sandbox.path("NEWS.md")).unwrap();
    fs_err::rename(&changes, sandbox.path("fragments")).unwrap();
    fs_err::os::unix::fs::symlink("../NEWS.md", &news).unwrap();
    fs_err::os::unix::fs::symlink("../fragments", &changes).unwrap();
    sandbox.commit("linked");
    insta::assert_snapshot!(check(&sandbox, &request("24.09.0")), @"
    CHANGELOG.md is a link out of the repository, where no commit holds it
    -> make CHANGELOG.md a file, or a link to one in the repository
    changes/1.feature.md is a link out of the repository, where no commit holds it
    -> make changes/1.feature.md a file, or a link to one in the repository
    changes/2.bugfix.md is a link out of the repository, where no commit holds it
    -> make changes/2.bugfix.md a file, or a link to one in the repository
    ");
}

#[test]
fn notes_of_candidates_are_gathered_in_a_folder_of_a_repository() {
    let sandbox = Sandbox::new().in_a_folder();
    sandbox.git(&["rm", "--quiet", "changes/1.feature.md"]);
    sandbox.write("VERSION", "24.09.0rc1\n");
    sandbox.commit("release: 24.09.0rc1");
    sandbox.git(&["tag", "24.09.0rc1"]);
    let settings = ReleaseSettings {
        candidates: CandidateNotes::Gathered,
        ..settings()
    };
    let plan = go(&sandbox, &settings, &request("24.09.0"));
    let news = plan.steps.iter().find_map(|step| match step {
        ReleaseStep::Write { path, new, .. } if path == "CHANGELOG.md" => Some(new),
        _ => None,
    });
    let news = news.unwrap();
    assert!(
        news.contains("- One (#1)") && news.contains("- Two (#2)"),
        "{news}"
    );
}

/// What else is in a version file is kept, and is not replaced as a whole.
#[test]
fn a_version_file_with_other_lines() {
    let sandbox = Sandbox::new();
    sandbox.write("VERSION", "# of all distributions\n24.03.10\n");
    sandbox.commit("commented");
    let plan = go(&sandbox, &settings(), &request("24.09.0"));
    let written = plan.steps.iter().find_map(|step| match step {
        ReleaseStep::Write { path, new, .. } if path == "VERSION" => Some(new.as_str()),
        _ => None,
    });
    assert_eq!(written, Some("# of all distributions\n24.09.0\n"));
    sandbox.write("VERSION", "setup(\n    version=get(),\n)\n");
    sandbox.commit("computed");
    insta::assert_snapshot!(check(&sandbox, &request("24.09.0")), @r#"
    no line of VERSION is a version, or assigns one
    -> a version stands in a line of its own, or as `__version__ = "1.0"`; `[package] version_file` names the file
    "#);
}

/// What git keeps no track of would be missing in the commit, and could not be taken back.
#[test]
fn files_that_no_commit_would_have_are_refused() {
    let sandbox = Sandbox::new();
    sandbox.git(&["update-index", "--assume-unchanged", "VERSION"]);
    sandbox.git(&["update-index", "--skip-worktree", "changes/1.feature.md"]);
    sandbox.write(".gitignore", "/dist/\n/changes/3.*\n");
    sandbox.commit("ignored");
    sandbox.write("changes/3.feature.md", "not to be told yet\n");
    insta::assert_snapshot!(check(&sandbox, &request("24.09.0")), @"
    git was told not to look at VERSION: no commit would have what the release makes of it
    -> `git update-index --no-assume-unchanged --no-skip-worktree VERSION`
    git was told not to look at changes/1.feature.md: no commit would have what the release makes of it
    -> `git update-index --no-assume-unchanged --no-skip-worktree changes/1.feature.md`
    git ignores changes/3.feature.md: no commit holds it
    -> `git add --force changes/3.feature.md` and commit, or move it away
    ");
}

#[test]
fn a_version_file_that_leads_to_an_ignored_file_or_a_submodule_is_refused() {
    let sandbox = Sandbox::new();
    let version = sandbox.root().join("VERSION");
    fs_err::rename(&version, sandbox.root().join("dist/VERSION")).unwrap();
    fs_err::os::unix::fs::symlink("dist/VERSION", &version).unwrap();
    sandbox.commit("linked");
    insta::assert_snapshot!(check(&sandbox, &request("24.09.0")), @"
    VERSION is a link to dist/VERSION, which git ignores: no commit holds it
    -> `git add --force dist/VERSION` and commit, or move it away
    ");
    fs_err::remove_file(&version).unwrap();
    let remote = sandbox.path("remote.git");
    let add = [
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "--quiet",
        "add",
    ];
    sandbox.git(&[&add[..], &[remote.as_str(), "meta"]].concat());
    fs_err::os::unix::fs::symlink("meta/VERSION", &version).unwrap();
    sandbox.commit("in a submodule");
    insta::assert_snapshot!(check(&sandbox, &request("24.09.0")), @"
    VERSION is in the submodule meta, which has commits of its own
    -> make VERSION a file of this repository, or name another: `[package] version_file`
    ");
}

#[test]
fn tags_of_any_template_are_ordered() {
    for template in [
        "v{normalized}",
        "v{version}",
        "{series}/v{version}",
        "release-{version}-{normalized}",
    ] {
        let settings = ReleaseSettings {
            tag_name: template.into(),
            ..settings()
        };
        let sandbox = Sandbox::new();
        sandbox.git(&["tag", &settings.tag_of(&"24.09.5".parse().unwrap())]);
        let told = refusals(decide(&sandbox, &settings, &request("24.09.1")));
        assert!(
            told.contains("24.09.1 is lower than 24."),
            "{template}: {told}"
        );
        assert_eq!(settings.version_of("24.09.5-other"), None);
    }
}

#[test]
fn who_releases_and_how_it_is_signed_is_known_beforehand() {
    let sandbox = Sandbox::new();
    sandbox.git(&["config", "user.name", ""]);
    let told = check(&sandbox, &request("24.09.0"));
    assert!(
        told.contains("git cannot tell who makes the release"),
        "{told}"
    );
    assert!(told.contains("git config user.name"), "{told}");
    sandbox.git(&["config", "user.name", "T"]);
    let objects = || sandbox.git(&["count-objects"]);
    let before = objects();
    for (setting, program) in [("commit.gpgSign", "false"), ("tag.gpgSign", "/nowhere/gpg")] {
        sandbox.git(&["config", "gpg.program", program]);
        sandbox.git(&["config", setting, "true"]);
        let told = check(&sandbox, &request("24.09.0"));
        assert!(told.contains("git cannot sign the release"), "{told}");
        sandbox.git(&["config", setting, "false"]);
    }
    go(&sandbox, &settings(), &request("24.09.0"));
    assert_eq!(objects(), before);
}

#[test]
fn a_version_file_of_another_system_keeps_its_line_ends() {
    let sandbox = Sandbox::new();
    sandbox.write("VERSION", "24.03.10\r\n");
    sandbox.commit("from elsewhere");
    let plan = go(&sandbox, &settings(), &request("24.09.0"));
    let written = plan.steps.iter().find_map(|step| match step {
        ReleaseStep::Write { path, new, .. } if path == "VERSION" => Some(new.as_str()),
        _ => None,
    });
    assert_eq!(written, Some("24.09.0\r\n"));
}

#[test]
fn a_repository_without_a_commit() {
    let folder = tempfile::tempdir().unwrap();
    let root = camino::Utf8Path::from_path(folder.path()).unwrap();
    Git::at(root).text(&["init", "--quiet"]).unwrap();
    let error = gather(root, &settings(), &request("24.09.0")).unwrap_err();
    assert_eq!(error.to_string(), "this repository has no commit yet");
}
