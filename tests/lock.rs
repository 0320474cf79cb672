//! `lock diff` and `lock check`.

use insta::assert_snapshot;
use testkit::{Index, Package, Repo};

use crate::{lock, refused, repo};

fn index() -> Index {
    Index::start([
        Package::new("app", "1.0").requires("lib<2"),
        Package::new("app", "1.1").requires("lib").requires("new"),
        Package::new("lib", "1.0"),
        Package::new("lib", "2.0"),
        Package::new("new", "1.0"),
        Package::new("tool", "1.0"),
    ])
}

fn git(repo: &Repo, arguments: &[&str]) {
    let author = ["-c", "user.name=a", "-c", "user.email=a@a.example"];
    let output = repo.run("git".into(), &[&author[..], arguments].concat());
    assert_eq!(output.status, 0, "{output}");
}

/// A repository whose commit requires app 1.0 and tool, and whose working tree requires app 1.1.
fn changed(index: &Index) -> Repo {
    let repo = repo().index(index).requirements("app<1.1\ntool\n");
    lock(&repo);
    git(&repo, &["init", "--quiet"]);
    git(&repo, &["add", "--all"]);
    git(&repo, &["commit", "--quiet", "--message", "first"]);
    let repo = repo.requirements("app\n");
    let output = repo.xtask(&["generate-lockfiles", "--upgrade-package", "app"]);
    assert_eq!(output.status, 0, "{output}");
    repo
}

#[test]
fn what_changed_since_the_last_commit() {
    let index = index();
    let repo = changed(&index);
    assert_snapshot!(repo.xtask(&["lock", "diff"]), @"");
    assert_snapshot!(repo.xtask(&["lock", "diff", "--format", "markdown"]), @"");
    let json = repo.xtask(&["lock", "diff", "--format", "json"]).stdout;
    assert!(json.contains("\"requirement-changed\""), "{json}");
}

#[test]
fn two_revisions_or_two_files() {
    let index = index();
    let repo = changed(&index);
    let before = repo.xtask(&["lock", "diff", "HEAD", "python.lock"]).stdout;
    repo.write("new.lock", &repo.read("python.lock"));
    git(
        &repo,
        &["commit", "--quiet", "--all", "--message", "second"],
    );
    assert_snapshot!(repo.xtask(&["lock", "diff"]).stdout, @"");
    assert_eq!(repo.xtask(&["lock", "diff", "HEAD~1"]).stdout, before);
    assert_eq!(
        repo.xtask(&["lock", "diff", "HEAD~1", "HEAD"]).stdout,
        before
    );
    assert_eq!(
        repo.xtask(&["lock", "diff", "HEAD~1", "new.lock"]).stdout,
        before
    );
}

#[test]
fn a_first_lock_and_a_lock_of_another_tool() {
    let index = index();
    let repo = changed(&index);
    repo.write(
        "python.lock",
        "// Pants\n{\"locked_resolves\": [{\"locked_requirements\": [\n\
         {\"project_name\": \"app\", \"version\": \"1.0\"}, {\"project_name\": \"lib\", \"version\": \"1.0\"}]}]}\n",
    );
    git(
        &repo,
        &["commit", "--quiet", "--all", "--message", "as Pants has it"],
    );
    lock(&repo);
    assert_snapshot!(repo.xtask(&["lock", "diff"]).stdout, @"");
    git(&repo, &["rm", "--quiet", "--cached", "python.lock"]);
    git(&repo, &["commit", "--quiet", "--message", "no lock"]);
    assert_snapshot!(repo.xtask(&["lock", "diff"]).stdout, @"");
}

#[test]
fn neither_a_file_nor_a_revision() {
    let index = index();
    let repo = changed(&index);
    assert_snapshot!(refused(&repo, &["lock", "diff", "no-such"]), @"");
}

#[test]
fn a_sound_lock() {
    let index = index();
    let repo = changed(&index);
    let output = repo.xtask(&["lock", "check", "--budget", "HEAD"]);
    assert_snapshot!(output, @"");
}

#[test]
fn what_is_wrong_with_a_lock() {
    let index = index();
    let repo = changed(&index).requirements("app\nother\n");
    assert_snapshot!(repo.xtask(&["lock", "check"]), @"");
    repo.write("python.lock", "<<<<<<< ours\n");
    assert_snapshot!(repo.xtask(&["lock", "check"]), @"");
    fs_err::remove_file(repo.root().join("python.lock")).unwrap();
    assert_snapshot!(repo.xtask(&["lock", "check"]), @"");
}

#[test]
fn what_was_yanked_since() {
    let index = index();
    let repo = changed(&index);
    index.add(&Package::new("new", "1.0").yanked("leaks"));
    let repo = repo.env("XTASK_CACHE_DIR", "other-cache");
    assert_snapshot!(repo.xtask(&["lock", "check"]), @"");
    index.remove("lib");
    let repo = repo.env("XTASK_CACHE_DIR", "third-cache");
    assert_snapshot!(repo.xtask(&["lock", "check"]), @"");
    assert_eq!(repo.xtask(&["lock", "check", "--offline"]).status, 0);
}

#[test]
fn what_moved_outside_of_what_was_edited() {
    let index = index();
    let repo = repo().index(&index).requirements("lib<2\ntool\n");
    lock(&repo);
    let repo = repo.requirements("lib\ntool\n");
    lock(&repo);
    git(&repo, &["init", "--quiet"]);
    git(&repo, &["add", "--all"]);
    git(&repo, &["commit", "--quiet", "--message", "first"]);
    let output = repo.xtask(&["generate-lockfiles", "--upgrade"]);
    assert_eq!(output.status, 0, "{output}");
    assert_snapshot!(repo.xtask(&["lock", "check", "--budget", "HEAD"]), @"");
    assert_snapshot!(refused(&repo, &["lock", "check", "--budget", "no-such"]), @"");
}
