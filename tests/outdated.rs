//! `outdated`: the newer versions of locked packages, and what prevents them.

use insta::assert_snapshot;
use testkit::{LoopbackIndex, Package};

use crate::fixtures::locks::{index, locked};
use crate::{done, lock, refused, repo};

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
fn versions_for_other_pythons() {
    let index = LoopbackIndex::start([
        Package::new("a", "1.0").requires_python(">=3.9"),
        Package::new("a", "1.1").requires_python(">=3.9,<4"),
        Package::new("a", "2.0").requires_python(">=3.12"),
        Package::new("b", "1.0"),
        Package::new("b", "2.0").requires_python(">=3.13"),
        Package::new("b", "3.0a1"),
        Package::new("b", "4.0").yanked("broken"),
        Package::new("c", "1.0"),
        Package::new("c", "1.1"),
        Package::new("c", "2.0").wheel("cp312-cp312-manylinux2014_x86_64"),
    ]);
    let settings = "[workspace.metadata.xtask.python]\n\
                    interpreter_constraints = ['CPython>=3.9,<3.13']\n";
    let repo = repo()
        .index(&index)
        .file("Cargo.toml", settings)
        .requirements("a<1.1\nb==1.0\nc<1.1\n");
    lock(&repo);
    let repo = repo.requirements("a<1.1\nb==1.0\nc\n");
    lock(&repo);
    assert_snapshot!(repo.xtask(&["outdated"]).stdout, @"
    package  locked  admitted  latest  held by
    a        1.0     1.0       2.0     a 2.0 wants Python >=3.12; a<1.1
    b        1.0     1.0       2.0     b 2.0 wants Python >=3.13; b==1.0
    c        1.0     1.1       2.0     c 2.0 has neither a wheel for CPython 3.9 to 3.11 on linux_x86_64 nor a source distribution
    ");
    assert_snapshot!(repo.xtask(&["outdated", "--output-format", "json"]).stdout, @r#"
    [
      {
        "name": "a",
        "locked": "1.0",
        "admitted": "1.0",
        "latest": "2.0",
        "requires_python": ">=3.12",
        "held_by": [
          "a<1.1"
        ]
      },
      {
        "name": "b",
        "locked": "1.0",
        "admitted": "1.0",
        "latest": "2.0",
        "requires_python": ">=3.13",
        "held_by": [
          "b==1.0"
        ]
      },
      {
        "name": "c",
        "locked": "1.0",
        "admitted": "1.1",
        "latest": "2.0",
        "held_by": [
          "c 2.0 has neither a wheel for CPython 3.9 to 3.11 on linux_x86_64 nor a source distribution"
        ]
      }
    ]
    "#);
    // Each Python has the newest version that is for it.
    let repo =
        repo.requirements("a<2 ; python_version < '3.12'\na>=2 ; python_version >= '3.12'\n");
    lock(&repo);
    done(&repo, &["generate-lockfiles", "--upgrade"]);
    assert_snapshot!(repo.xtask(&["outdated"]).stdout, @"Every package is the newest there is.");
}

#[test]
fn without_a_lock() {
    let repo = repo().requirements("app\n");
    assert_snapshot!(refused(&repo, &["outdated"]), @"
    error: there is no lock of `python-default` at python.lock
     |
    hint: run `cargo xtask generate-lockfiles --resolve python-default`
    ");
}
