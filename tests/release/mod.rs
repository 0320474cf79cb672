//! `release`: the plan that it shows, the run, and what it refuses.

mod features;
mod refused;

use std::time::Duration;

use insta::assert_snapshot;
use testkit::Repo;

use crate::fixtures::release::{SETTINGS, monorepo};
use crate::{commit, done, git};

#[test]
fn the_plan_is_shown_and_nothing_done() {
    let repo = monorepo();
    let before = (repo.snapshot(), git(&repo, &["for-each-ref"]));
    let output = done(&repo, &["release", "24.09.0", "--push", "--dry-run"]);
    assert_snapshot!(output.stdout, @r#"
    Release 24.09.0

    1. run the hook history
       $ echo history up to 24.03.10 > history/24.03.10.json

    2. write VERSION
    --- a/VERSION
    +++ b/VERSION
    @@ -1 +1 @@
    -24.03.10
    +24.09.0

    3. write CHANGELOG.md
    --- a/CHANGELOG.md
    +++ b/CHANGELOG.md
    @@ -3,4 +3,15 @@
     <!-- towncrier release notes start -->
     
    +## 24.09.0 (2024-10-21)
    +
    +### Features
    +
    +- Runs on Arm (#1)
    +
    +### Bugfixes
    +
    +- Starts again (#2)
    +
    +
     ## 24.03.10 (2024-09-01)
     

    4. remove 2 news fragments
       $ git rm changes/1.feature.md changes/2.bugfix.md

    5. commit "release: 24.09.0"
       $ git commit --message 'release: 24.09.0'

    6. build and verify the wheels
       $ cargo xtask package --all-platforms --verify --out-dir .git/xtask-release/wheels

    7. make the tag 24.09.0
       $ git tag --annotate --message 'Release v24.09.0' 24.09.0

    8. put the wheels into dist
       $ mv .git/xtask-release/wheels/* dist

    9. push to origin
       $ git push --atomic origin refs/heads/main refs/tags/24.09.0

    note: src/acme/runner/VERSION follows: it is a symbolic link
    "#);
    assert!(before == (repo.snapshot(), git(&repo, &["for-each-ref"])));
}

#[test]
fn the_whole_release() {
    let repo = monorepo();
    let output = done(
        &repo,
        &[
            "release",
            "24.09.0",
            "--push",
            "--yes",
            "--date",
            "2024-10-22",
        ],
    );
    assert_snapshot!(crate::package::said(&output), @r#"
    [1/9] run the hook history
    [2/9] write VERSION
    [3/9] write CHANGELOG.md
    [4/9] remove 2 news fragments
    [5/9] commit "release: 24.09.0"
    [6/9] build and verify the wheels
    wrote .git/xtask-release/wheels/acme_runner-24.9.0-py3-none-manylinux2014_aarch64.whl
    wrote .git/xtask-release/wheels/acme_runner-24.9.0-py3-none-manylinux2014_x86_64.whl
    [7/9] make the tag 24.09.0
    [8/9] put the wheels into dist
    [9/9] push to origin
    released 24.09.0
    "#);
    assert_eq!(repo.read("VERSION"), "24.09.0\n");
    assert_eq!(
        repo.read("history/24.03.10.json"),
        "history up to 24.03.10\n"
    );
    assert_eq!(
        git(&repo, &["log", "-1", "--format=%s%d"]),
        "release: 24.09.0 (HEAD -> main, tag: 24.09.0, origin/main)"
    );
    assert_eq!(
        git(
            &repo,
            &[
                "tag",
                "--list",
                "--format=%(objecttype) %(contents)",
                "24.09.0"
            ]
        ),
        "tag Release v24.09.0"
    );
    assert_snapshot!(git(&repo, &["show", "--format=", "--name-status", "HEAD"]), @r#"
    M	CHANGELOG.md
    M	VERSION
    D	changes/1.feature.md
    D	changes/2.bugfix.md
    A	history/24.03.10.json
    "#);
    assert_snapshot!(repo.read("CHANGELOG.md"), @r#"
    # Changes

    <!-- towncrier release notes start -->

    ## 24.09.0 (2024-10-22)

    ### Features

    - Runs on Arm (#1)

    ### Bugfixes

    - Starts again (#2)


    ## 24.03.10 (2024-09-01)

    - Old
    "#);
    let mut wheels: Vec<String> = repo
        .root()
        .join("dist")
        .read_dir_utf8()
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_owned())
        .collect();
    wheels.sort();
    assert_snapshot!(wheels.join("\n"), @r#"
    acme_runner-24.9.0-py3-none-manylinux2014_aarch64.whl
    acme_runner-24.9.0-py3-none-manylinux2014_x86_64.whl
    "#);
    assert_eq!(
        git(&repo, &["ls-remote", "origin", "24.09.0^{}", "main"])
            .matches(&git(&repo, &["rev-parse", "HEAD"]))
            .count(),
        2
    );
    let again = done(&repo, &["release", "24.09.0", "--push", "--yes"]);
    let commit = git(&repo, &["rev-parse", "HEAD"]);
    assert_snapshot!(again.stderr.replace(&commit, "[COMMIT]"), @"24.09.0 is released already: the tag 24.09.0 names [COMMIT]");
}

#[test]
fn a_pre_release_has_another_message() {
    let repo = monorepo();
    done(&repo, &["release", "24.09.0rc1", "--yes"]);
    assert_eq!(
        git(
            &repo,
            &["tag", "--list", "--format=%(contents)", "24.09.0rc1"]
        ),
        "Pre-release v24.09.0rc1"
    );
}

#[test]
fn release_branches() {
    let repo = monorepo().file(
        "Cargo.toml",
        &SETTINGS.replace(
            "[[workspace",
            "[workspace.metadata.xtask.release]\nprofile = \"26.x\"\n\n[[workspace",
        ),
    );
    commit(&repo, "settings");
    done(&repo, &["release", "26.8.0", "--yes"]);
    assert_eq!(git(&repo, &["branch", "--show-current"]), "release/26.8.0");
    assert!(
        repo.read("CHANGELOG/26.8.md")
            .starts_with("## 26.8.0 (2024-10-21)\n")
    );
    assert_snapshot!(done(&repo, &["release", "26.8.0", "--yes"]).stderr, @"26.8.0 waits for the merge of release/26.8.0; then run the same command on the branch that it went into");
    git(&repo, &["switch", "--quiet", "main"]);
    git(&repo, &["merge", "--quiet", "--squash", "release/26.8.0"]);
    git(
        &repo,
        &["commit", "--quiet", "--message", "release: 26.8.0 (#13330)"],
    );
    done(&repo, &["release", "26.8.0", "--yes"]);
    assert_eq!(git(&repo, &["cat-file", "-t", "26.8.0"]), "commit");
}

#[test]
fn without_fragments_the_notes_say_so() {
    let repo = monorepo();
    git(&repo, &["rm", "--quiet", "-r", "changes"]);
    commit(&repo, "none");
    done(&repo, &["release", "24.09.0", "--yes"]);
    assert!(
        repo.read("CHANGELOG.md")
            .contains("## 24.09.0 (2024-10-21)\n\nNo significant changes.\n\n\n## 24.03.10")
    );
}

#[test]
fn what_git_does_not_know_is_in_no_wheel() {
    let repo = monorepo();
    repo.write(".gitignore", "/dist/\n*.bin.local\nleft_over.py\n");
    commit(&repo, "ignored");
    repo.write("src/acme/runner/left_over.py", "secret = 1\n");
    let settings = repo.read("Cargo.toml").replace(
        "[workspace.metadata.xtask.python]",
        "[workspace.metadata.xtask.GLOBAL]\npants_ignore_use_gitignore = false\n\n[workspace.metadata.xtask.python]",
    );
    repo.write("Cargo.toml", &settings);
    commit(&repo, "sources are not looked up in .gitignore");
    done(&repo, &["package", "--out-dir", "by-hand"]);
    let members = |folder: &str| -> Vec<String> {
        let wheel = repo
            .root()
            .join(folder)
            .read_dir_utf8()
            .unwrap()
            .map(|entry| entry.unwrap().into_path())
            .find(|path| path.as_str().ends_with("x86_64.whl"))
            .unwrap();
        let zip = wheel::ZipReader::open(fs_err::File::open(wheel).unwrap()).unwrap();
        zip.members()
            .iter()
            .map(|member| member.name.clone())
            .collect()
    };
    let has = |members: &[String]| members.iter().any(|name| name.contains("left_over"));
    assert!(has(&members("by-hand")), "{:?}", members("by-hand"));
    fs_err::remove_dir_all(repo.root().join("by-hand")).unwrap();
    done(&repo, &["release", "24.09.0", "--yes"]);
    assert!(!has(&members("dist")), "{:?}", members("dist"));
    assert_eq!(repo.read("src/acme/runner/left_over.py"), "secret = 1\n");
    assert_eq!(git(&repo, &["worktree", "list"]).lines().count(), 1);
}

/// Adds a hook that waits for a file. The run is killed while it waits.
fn waiting(repo: Repo) -> Repo {
    let hook = "\n[[workspace.metadata.xtask.release.hooks]]\nname = \"wait\"\nrun = \"touch ../waiting; while ! test -e ../go && kill -0 $PPID 2>/dev/null; do sleep 0.05; done\"\n";
    let repo = repo.file("Cargo.toml", &format!("{SETTINGS}{hook}"));
    commit(&repo, "a hook");
    repo
}

fn killed(repo: &Repo) {
    let running = repo.start(&["release", "24.09.0", "--yes"]);
    while !repo.root().join("../waiting").exists() {
        std::thread::sleep(Duration::from_millis(20));
    }
    running.kill();
}

#[test]
fn what_cannot_be_packaged_is_mended_in_another_commit() {
    let repo = monorepo();
    let build = repo.read("src/acme/runner/BUILD");
    let broken = build.replace(
        "name=\"acme.runner\"",
        "name=\"acme.runner\", long_description_path=\"nosuch.md\"",
    );
    repo.write("src/acme/runner/BUILD", &broken);
    commit(&repo, "broken");
    let output = repo.xtask(&["release", "24.09.0", "--yes"]);
    assert_eq!(output.status, 1, "{output}");
    let hint = output.stderr.lines().last().unwrap().to_owned();
    assert_snapshot!(hint, @"hint: the wheels are those of the release's commit, whatever the work tree has since: `--abort` takes the release back, then mend, commit and release again; `--resume` builds the same commit once more");
    // The work tree's version is not what would be tagged.
    repo.write("src/acme/runner/BUILD", &build);
    let again = repo.xtask(&["release", "24.09.0", "--resume"]);
    assert_eq!(again.status, 1, "{again}");
    assert_eq!(git(&repo, &["tag", "--list", "24.09.0"]), "");
    // What is taken back leaves the user's edit, which is then released.
    done(&repo, &["release", "24.09.0", "--abort"]);
    assert_eq!(repo.read("src/acme/runner/BUILD"), build);
    commit(&repo, "mended");
    done(&repo, &["release", "24.09.0", "--yes"]);
}

#[test]
fn killed_and_resumed() {
    let repo = waiting(monorepo());
    killed(&repo);
    let refused = repo.xtask(&["release", "24.09.0", "--yes"]);
    assert_snapshot!(refused.stderr, @r#"
    error: the release of 24.09.0 is under way: 1 of 9 steps are done
     |
    hint: `cargo xtask release 24.09.0 --resume` goes on, `--abort` takes it back
    "#);
    fs_err::write(repo.root().join("../go"), "").unwrap();
    done(&repo, &["release", "24.09.0", "--resume"]);
    assert_eq!(
        git(&repo, &["log", "-1", "--format=%s%d"]),
        "release: 24.09.0 (HEAD -> main, tag: 24.09.0)"
    );
    assert_eq!(git(&repo, &["status", "--porcelain"]), "");
}

#[test]
fn killed_and_aborted() {
    let repo = waiting(monorepo());
    let before = repo
        .snapshot()
        .into_iter()
        .filter(|(path, _)| !path.as_str().contains(".git/"))
        .collect::<Vec<_>>();
    killed(&repo);
    assert!(repo.root().join("history/24.03.10.json").exists());
    let output = done(&repo, &["release", "24.09.0", "--abort"]);
    assert_snapshot!(output.stderr, @"took back the release of 24.09.0");
    let after = repo
        .snapshot()
        .into_iter()
        .filter(|(path, _)| !path.as_str().contains(".git/"))
        .collect::<Vec<_>>();
    assert!(before == after);
    assert_eq!(git(&repo, &["tag"]), "24.03.10");
    assert_snapshot!(repo.xtask(&["release", "24.09.0", "--resume"]).stderr, @"error: no release is under way");
}
