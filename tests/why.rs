//! `why`, `why-not`, `tree` and `outdated`: questions to a lock.

use insta::assert_snapshot;
use testkit::{Index, Package, Repo};

use crate::{lock, refused, repo};

fn index() -> Index {
    Index::start([
        Package::new("app", "1.0")
            .requires("lib<2")
            .extra("fast", "native"),
        Package::new("app", "2.0").requires("lib<2"),
        Package::new("other", "1.0")
            .requires("app")
            .requires("lib; sys_platform == 'win32'"),
        Package::new("lib", "1.0"),
        Package::new("lib", "1.5"),
        Package::new("lib", "2.0"),
        Package::new("native", "1.0"),
    ])
}

fn locked(index: &Index) -> Repo {
    let repo = repo()
        .index(index)
        .requirements("# ours\napp[fast]<2\nother\nlib<1.5\n");
    lock(&repo);
    let repo = repo.requirements("# ours\napp[fast]<2\nother\n");
    lock(&repo);
    repo
}

#[test]
fn every_chain_with_its_place() {
    let index = index();
    let repo = locked(&index);
    assert_snapshot!(repo.xtask(&["why", "lib"]), @"");
    assert_snapshot!(repo.xtask(&["why", "lib", "--platform", "linux_x86_64"]), @"");
    assert_snapshot!(repo.xtask(&["why", "native"]), @"");
    assert_snapshot!(repo.xtask(&["why", "lib", "--limit", "1"]), @"");
    assert_snapshot!(refused(&repo, &["why", "lob"]), @"");
}

#[test]
fn what_stops_a_version() {
    let index = index();
    let repo = locked(&index);
    assert_snapshot!(refused(&repo, &["why-not", "lib>=2"]), @"");
    let before = repo.snapshot();
    assert_snapshot!(repo.xtask(&["why-not", "lib>=1.5"]), @"");
    assert!(before == repo.snapshot(), "a question changed a file");
}

#[test]
fn trees() {
    let index = index();
    let repo = locked(&index);
    assert_snapshot!(repo.xtask(&["tree"]), @"");
    assert_snapshot!(repo.xtask(&["tree", "--invert", "lib", "--depth", "1"]), @"");
    assert_snapshot!(repo.xtask(&["tree", "--platform", "macos_arm64", "--invert", "lib"]), @"");
    assert_snapshot!(refused(&repo, &["tree", "--invert", "lob"]), @"");
}

#[test]
fn newer_versions() {
    let index = index();
    let repo = locked(&index);
    assert_snapshot!(repo.xtask(&["outdated"]), @"");
    assert_snapshot!(repo.xtask(&["outdated", "--output-format", "json"]).stdout, @"");
    let output = repo.xtask(&["generate-lockfiles", "--upgrade"]);
    assert_eq!(output.status, 0, "{output}");
    let repo = repo.requirements("native\n");
    lock(&repo);
    assert_snapshot!(repo.xtask(&["outdated"]).stdout, @"");
}

#[test]
fn without_a_lock() {
    let repo = repo().requirements("app\n");
    for command in [&["why", "app"][..], &["tree"], &["outdated"]] {
        assert_snapshot!(refused(&repo, command), @"");
    }
}
