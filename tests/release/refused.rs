//! The messages of `release` when it refuses. Nothing is changed.

use insta::assert_snapshot;
use testkit::Repo;

use crate::fixtures::release::{SETTINGS, monorepo};
use crate::{commit, done, git};

#[track_caller]
fn refused(repo: &Repo, arguments: &[&str]) -> String {
    let told = crate::refused(repo, arguments);
    told.replace(&git(repo, &["rev-parse", "HEAD"]), "[HEAD]")
}

#[test]
fn not_a_version() {
    assert_snapshot!(refused(&monorepo(), &["release", "next", "--yes"]), @r#"
    error: `next` is not a version (PEP 440)
     |
    hint: write it as it is to appear in the tag, such as `24.09.0` or `24.09.0rc1`
    "#);
}

#[test]
fn dirty_tree_and_wrong_branch_at_once() {
    let repo = monorepo();
    git(&repo, &["switch", "--quiet", "--create", "feature/x"]);
    repo.write("new.py", "");
    assert_snapshot!(refused(&repo, &["release", "24.09.0", "--yes"]), @r#"
    error: the work tree has changes that are not committed
     |
     =   ?? new.py
    hint: commit them, or put them away with `git stash --include-untracked`
    error: no release of 24.09.0 is made from the branch `feature/x`, only from `main`, `master`, `24.09`
     |
    hint: `git switch main`, or add the branch to `[release] branches`
    "#);
}

#[test]
fn detached() {
    let repo = monorepo();
    git(&repo, &["switch", "--quiet", "--detach"]);
    assert_snapshot!(refused(&repo, &["release", "24.09.0", "--yes"]), @r#"
    error: no branch is checked out (HEAD is [HEAD])
     |
    hint: check out the branch to release from: `git switch main`
    "#);
}

#[test]
fn lower_than_the_last() {
    assert_snapshot!(refused(&monorepo(), &["release", "24.03.9", "--yes"]), @r#"
    error: 24.03.9 is lower than 24.03.10, which the tag `24.03.10` names
     |
    hint: choose a version above 24.03.10
    "#);
}

#[test]
fn tag_on_a_remote_of_another_name() {
    let repo = monorepo();
    git(&repo, &["tag", "24.09.5"]);
    git(&repo, &["push", "--quiet", "origin", "24.09.5"]);
    git(&repo, &["tag", "--delete", "24.09.5"]);
    git(&repo, &["remote", "rename", "origin", "up"]);
    assert_snapshot!(refused(&repo, &["release", "24.09.1", "--yes"]), @r#"
    error: 24.09.1 is lower than 24.09.5, which the tag `24.09.5` on `up` names
     |
    hint: choose a version above 24.09.5
    "#);
    let plan = done(&repo, &["release", "24.09.6", "--push", "--dry-run"]);
    assert!(plan.stdout.contains("$ git push --atomic up "), "{plan}");
    // Of several, none is guessed.
    git(&repo, &["remote", "add", "fork", "../fork.git"]);
    let plan = done(&repo, &["release", "24.09.6", "--dry-run"]);
    assert!(
        plan.to_string().contains("there is no remote `origin`: the tags of fork, up were not looked at (`[release] remote` names the one that counts)"),
        "{plan}"
    );
}

#[test]
fn tag_on_the_remote() {
    let repo = monorepo();
    git(&repo, &["tag", "24.09.0"]);
    git(&repo, &["push", "--quiet", "origin", "24.09.0"]);
    git(&repo, &["tag", "--delete", "24.09.0"]);
    assert_snapshot!(refused(&repo, &["release", "24.09.0", "--yes"]), @r#"
    error: the tag `24.09.0` exists already on `origin`, at [HEAD]
     |
    hint: `git fetch origin tag 24.09.0`
    "#);
}

#[test]
fn no_fragments() {
    let repo = monorepo();
    git(&repo, &["rm", "--quiet", "-r", "changes"]);
    let settings = repo.read("Cargo.toml");
    let required = "[workspace.metadata.xtask.release]\nfragments = \"required\"\n\n[[workspace";
    repo.write("Cargo.toml", &settings.replacen("[[workspace", required, 1));
    commit(&repo, "none");
    assert_snapshot!(refused(&repo, &["release", "24.09.0", "--yes"]), @r#"
    error: there are no news fragments in changes/
     |
    hint: add one, such as changes/123.fix.md, or do without: `[release] fragments = "optional"`
    "#);
}

#[test]
fn remote_moved_on() {
    let repo = monorepo();
    commit(&repo, "elsewhere");
    git(&repo, &["push", "--quiet", "origin", "main"]);
    git(&repo, &["reset", "--quiet", "--hard", "HEAD^"]);
    assert_snapshot!(refused(&repo, &["release", "24.09.0", "--push", "--yes"]), @r#"
    error: `origin` has commits on `main` that are not here
     |
    hint: `git pull --rebase origin main`
    "#);
}

#[test]
fn no_right_to_push() {
    let repo = monorepo();
    git(
        &repo,
        &[
            "config",
            "remote.origin.receivepack",
            "sh -c 'echo \"remote: Permission denied to you.\" >&2; exit 1'",
        ],
    );
    let told = refused(&repo, &["release", "24.09.0", "--push", "--yes"]);
    assert!(told.contains("`origin` admits no push"), "{told}");
    assert!(told.contains("remote: Permission denied to you."), "{told}");
}

#[test]
fn stale_lock() {
    let index = testkit::LoopbackIndex::start([testkit::Package::new("lib", "1.0")]);
    let repo = monorepo().index(&index);
    repo.write("BUILD", "python_requirements(name=\"reqs\")\n");
    repo.write("requirements.txt", "lib\n");
    let settings = repo.read("Cargo.toml").replace("interpreter_constraints", "enable_resolves = true\nresolves = { python-default = \"python.lock\" }\ninterpreter_constraints");
    repo.write("Cargo.toml", &settings);
    crate::lock(&repo);
    commit(&repo, "locked");
    let plan = repo.xtask(&["release", "24.09.0", "--dry-run"]);
    assert!(
        plan.stdout
            .contains("$ cargo xtask generate-lockfiles --check"),
        "{plan}"
    );
    repo.write("requirements.txt", "lib\nother>=2\n");
    commit(&repo, "one more");
    assert_snapshot!(refused(&repo, &["release", "24.09.0", "--yes"]), @r#"
    error: locks are stale
     |
     =   python-default (python.lock)
           the requirement `other>=2` is new
    hint: `cargo xtask generate-lockfiles`, then commit
    "#);
}

#[test]
fn without_a_terminal_the_release_needs_yes() {
    let repo = monorepo();
    let output = repo.xtask(&["release", "24.09.0"]);
    assert_eq!(output.status, 2, "{output}");
    assert_snapshot!(output.stderr, @r#"
    error: cannot ask whether to go on: this is no terminal
     |
    hint: `--yes` goes on without asking, `--dry-run` only shows the plan
    "#);
}

#[test]
fn the_plan_is_shown_beside_the_reasons() {
    let repo = monorepo();
    git(&repo, &["switch", "--quiet", "--detach"]);
    let output = repo.xtask(&["release", "24.09.0", "--dry-run"]);
    assert_eq!(output.status, 1);
    assert!(output.stdout.starts_with("Release 24.09.0\n"), "{output}");
    assert!(
        output.stderr.contains("no branch is checked out"),
        "{output}"
    );
}

#[test]
fn misspelt_settings() {
    let repo = monorepo();
    for (good, bad) in [
        ("output =", "outputs ="),
        ("new-series", "new-serie"),
        ("release.hooks", "release.hook"),
    ] {
        let settings = repo.read("Cargo.toml");
        repo.write("Cargo.toml", &settings.replace(good, bad));
        let told = crate::refused(&repo, &["release", "24.09.0", "--yes"]);
        assert!(
            told.contains(bad.trim_end_matches(" =").trim_start_matches("release.")),
            "{told}"
        );
        repo.write("Cargo.toml", &settings);
    }
}

/// What shapes the wheels is in the commit, or nobody can make them again.
#[test]
fn settings_of_this_run_alone() {
    let repo = monorepo();
    repo.write("pants.toml", "[GLOBAL]\n");
    commit(&repo, "pants.toml");
    let flag = ["release", "24.09.0", "--yes", "--package-license=MIT"];
    assert_snapshot!(crate::refused(&repo, &flag), @r#"
    error: a release has the settings of its commit, and this run has others
     |
     = `[package] license` is "MIT" here, and none in the files
    hint: commit them to the repository's settings; or leave out the flag, the variable `PANTS_…` or the file `.pants.rc` that has them
    "#);
    fs_err::write(
        repo.home().join(".pants.rc"),
        "[package]\nauthor = \"Me\"\n",
    )
    .unwrap();
    let repo = repo.env(
        "PANTS_PYTHON_INTERPRETER_CONSTRAINTS",
        "['CPython==3.11.*']",
    );
    assert_snapshot!(crate::refused(&repo, &["release", "24.09.0", "--yes"]), @r#"
    error: a release has the settings of its commit, and this run has others
     |
     = `[python] interpreter_constraints` is not what the files say
     = `[package] author` is "Me" here, and none in the files
    hint: commit them to the repository's settings; or leave out the flag, the variable `PANTS_…` or the file `.pants.rc` that has them
    "#);
}

/// A tag that is the same for each release, words in braces that stand for nothing, and what git takes for no name.
#[test]
fn names_of_tags_that_cannot_be() {
    let repo = monorepo();
    let told = |name: &str| {
        let settings =
            format!("{SETTINGS}\n[workspace.metadata.xtask.release]\ntag_name = '{name}'\n");
        repo.write("Cargo.toml", &settings);
        commit(&repo, "settings");
        crate::refused(&repo, &["release", "24.09.0", "--yes"])
    };
    assert_snapshot!(told("release"), @"
    error: `[release] tag_name`: `release` is the same tag for each version: it needs `{version}` or `{normalized}`
      --> Cargo.toml:12:12
       |
    12 | tag_name = 'release'
       |            ^^^^^^^^^
    ");
    assert_snapshot!(told("v{number}"), @"
    error: `[release] tag_name`: `{number}` stands for nothing: placeholders are `{version}`, `{normalized}`, `{series}`
      --> Cargo.toml:12:12
       |
    12 | tag_name = 'v{number}'
       |            ^^^^^^^^^^^
    ");
    assert_snapshot!(told("a..{version}"), @"
    error: git takes no branch or tag with the name `a..24.09.0`
     |
    hint: `[release] tag_name` and `release_branch` say which; `git help check-ref-format` has the rules
    ");
    assert_snapshot!(told("-{version}"), @"
    error: git takes no branch or tag with the name `-24.09.0`
     |
    hint: `[release] tag_name` and `release_branch` say which; `git help check-ref-format` has the rules
    ");
}

#[test]
fn an_entry_point_that_does_not_load() {
    let settings = SETTINGS.replace("CPython==3.12.*", "CPython>=3.8");
    let build = "python_sources()\npython_distribution(\n    name=\"dist\",\n    dependencies=[\":own\"],\n    \
                 provides=python_artifact(name=\"own\"),\n    \
                 entry_points={\"console_scripts\": {\"own\": \"own.cli:main\"}},\n    sdist=False,\n)\n";
    let repo = monorepo()
        .file("Cargo.toml", &settings)
        .file("src/own/BUILD", build)
        .file("src/own/cli.py", "MAIN = 1\n");
    commit(&repo, "own");
    git(&repo, &["push", "--quiet", "origin", "main"]);
    let output = repo.xtask(&["release", "24.09.0", "--yes", "--date", "2024-10-22"]);
    assert_eq!(output.status, 1, "{output}");
    assert!(
        output
            .stderr
            .contains("AttributeError: module 'own.cli' has no attribute 'main'"),
        "{output}"
    );
    assert_eq!(git(&repo, &["tag", "--list", "24.09.0"]), "");
}

#[test]
fn outside_of_git_and_before_the_first_commit() {
    let repo = monorepo();
    fs_err::remove_dir_all(repo.root().join(".git")).unwrap();
    assert_snapshot!(crate::refused(&repo, &["release", "24.09.0", "--yes"]), @r#"
    error: `git rev-parse --absolute-git-dir` failed
     |
     = fatal: not a git repository (or any of the parent directories): .git
    hint: this needs a git repository: `git init`, or name one with `-C DIR`
    "#);
    assert_snapshot!(crate::refused(&repo, &["backport", "HEAD", "--onto", "x"]), @r#"
    error: `git rev-parse --absolute-git-dir` failed
     |
     = fatal: not a git repository (or any of the parent directories): .git
    hint: this needs a git repository: `git init`, or name one with `-C DIR`
    "#);
    git(&repo, &["init", "--quiet"]);
    assert_snapshot!(crate::refused(&repo, &["release", "24.09.0", "--yes"]), @r#"
    error: this repository has no commit yet
     |
    hint: make the first one: `git add --all`, then `git commit`
    "#);
}

#[test]
fn a_version_with_a_v() {
    let output = monorepo().xtask(&["release", "v24.09.0", "--yes"]);
    assert_eq!(output.status, 2, "{output}");
    assert_snapshot!(output.stderr, @r#"
    error: `v24.09.0` begins with a `v`, which is no part of a version
     |
    hint: `cargo xtask release 24.09.0`; where tags have a `v`, the settings say so: `[release] tag_name = "v{version}"`
    "#);
}

#[test]
fn an_index_that_nobody_knows() {
    let repo = monorepo();
    let told = refused(
        &repo,
        &[
            "release",
            "24.09.0",
            "--push",
            "--publish",
            "nosuch",
            "--yes",
        ],
    );
    assert!(
        told.contains("`nosuch` is neither a URL nor the name of an index"),
        "{told}"
    );
    assert!(!repo.root().join(".git/xtask-release").exists());
    assert_eq!(git(&repo, &["tag", "--list", "24.09.0"]), "");
}
