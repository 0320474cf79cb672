//! `outdated`: the newer versions of locked packages, and what prevents them.

use insta::assert_snapshot;

use crate::fixtures::locks::{index, locked};
use crate::{lock, refused, repo};

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
    assert_snapshot!(refused(&repo, &["outdated"]), @"
    error: there is no lock of `python-default` at python.lock
     |
    hint: run `cargo xtask generate-lockfiles --resolve python-default`
    ");
}
