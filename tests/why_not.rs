//! `why-not`: what prevents a version of a package, in the resolver's words.

use insta::assert_snapshot;

use crate::fixtures::locks::{index, locked};
use crate::refused;

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
