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
    assert_snapshot!(repo.xtask(&["why", "lib"]), @"
    exit status 0
    ----- stdout
    lib 1.0
      requirements.txt:2 `app[fast]<2` > app 1.0 > lib<2 > lib 1.0
      requirements.txt:3 `other` > other 1.0 > lib > lib 1.0  where sys_platform == 'win32'
      requirements.txt:3 `other` > other 1.0 > app > app 1.0 > lib<2 > lib 1.0
    ");
    assert_snapshot!(repo.xtask(&["why", "lib", "--platform", "linux_x86_64"]), @"
    exit status 0
    ----- stdout
    lib 1.0
      requirements.txt:2 `app[fast]<2` > app 1.0 > lib<2 > lib 1.0
      requirements.txt:3 `other` > other 1.0 > app > app 1.0 > lib<2 > lib 1.0
    ");
    assert_snapshot!(repo.xtask(&["why", "native"]), @"
    exit status 0
    ----- stdout
    native 1.0
      requirements.txt:2 `app[fast]<2` > app 1.0 > native (extra fast) > native 1.0
    ");
    assert_snapshot!(repo.xtask(&["why", "lib", "--limit", "1"]), @"
    exit status 0
    ----- stdout
    lib 1.0
      requirements.txt:2 `app[fast]<2` > app 1.0 > lib<2 > lib 1.0
      … and more: see `--limit`
    ");
    assert_snapshot!(refused(&repo, &["why", "lob"]), @"
    error: lob is not in the lock of `python-default`
     |
    hint: did you mean lib?
    ");
}

#[test]
fn what_stops_a_version() {
    let index = index();
    let repo = locked(&index);
    assert_snapshot!(refused(&repo, &["why-not", "lib>=2"]), @"
    error: `lib>=2` cannot be had in `python-default`
     --> requirements.txt:2:1
      |
    2 | app[fast]<2
      | ^^^^^^^^^^^
      |
      = requirements.txt:2 requires app[fast]<2
      = app requires lib<2
      = you ask for lib>=2
      = python.lock has lib 1.0
    ");
    let before = repo.snapshot();
    assert_snapshot!(repo.xtask(&["why-not", "lib>=1.5"]), @"
    exit status 0
    ----- stdout
    Nothing stops `lib>=1.5`. It would change python.lock:
      ~ lib 1.0 -> 1.5 (minor)
    To have it: `cargo xtask generate-lockfiles --upgrade-package 'lib>=1.5'`
    ");
    assert!(before == repo.snapshot(), "a question changed a file");
}

#[test]
fn trees() {
    let index = index();
    let repo = locked(&index);
    assert_snapshot!(repo.xtask(&["tree"]), @"
    exit status 0
    ----- stdout
    app[fast] 1.0  `app[fast]<2`
    ├── lib 1.0
    └── native 1.0  (extra fast)
    other 1.0  `other`
    ├── app[fast] 1.0 (*)
    └── lib 1.0  where sys_platform == 'win32'
    ");
    assert_snapshot!(repo.xtask(&["tree", "--invert", "lib", "--depth", "1"]), @"
    exit status 0
    ----- stdout
    lib 1.0
    ├── app[fast] 1.0  lib<2
    └── other 1.0  lib  where sys_platform == 'win32'
    ");
    assert_snapshot!(repo.xtask(&["tree", "--platform", "macos_arm64", "--invert", "lib"]), @"
    exit status 0
    ----- stdout
    lib 1.0
    └── app[fast] 1.0  lib<2
        ├── requirement `app[fast]<2`
        └── other 1.0  app
            └── requirement `other`
    ");
    assert_snapshot!(refused(&repo, &["tree", "--invert", "lob"]), @"
    error: lob is not in the lock of `python-default`
     |
    hint: did you mean lib?
    ");
}

#[test]
fn newer_versions() {
    let index = index();
    let repo = locked(&index);
    assert_snapshot!(repo.xtask(&["outdated"]), @"
    exit status 0
    ----- stdout
    package  locked  admitted  latest  held by
    app      1.0     1.0       2.0     app<2
    lib      1.0     1.5       2.0     app 1.0 requires lib<2
    ");
    assert_snapshot!(repo.xtask(&["outdated", "--output-format", "json"]).stdout, @r#"
    [
      {
        "name": "app",
        "locked": "1.0",
        "admitted": "1.0",
        "latest": "2.0",
        "held_by": [
          "app<2"
        ]
      },
      {
        "name": "lib",
        "locked": "1.0",
        "admitted": "1.5",
        "latest": "2.0",
        "held_by": [
          "app 1.0 requires lib<2"
        ]
      }
    ]
    "#);
    let output = repo.xtask(&["generate-lockfiles", "--upgrade"]);
    assert_eq!(output.status, 0, "{output}");
    let repo = repo.requirements("native\n");
    lock(&repo);
    assert_snapshot!(repo.xtask(&["outdated"]).stdout, @"Every package is the newest there is.");
}

#[test]
fn without_a_lock() {
    let repo = repo().requirements("app\n");
    insta::allow_duplicates! {
        for command in [&["why", "app"][..], &["tree"], &["outdated"]] {
            assert_snapshot!(refused(&repo, command), @"
            error: there is no lock of `python-default` at python.lock
             |
            hint: run `cargo xtask generate-lockfiles --resolve python-default`
            ");
        }
    }
}
