//! `tree`: draws a lock as a tree.

use insta::assert_snapshot;

use crate::fixtures::locks::{index, locked};
use crate::{refused, repo};

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
    ├── app 1.0
    │   └── lib 1.0
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
fn without_a_lock() {
    let repo = repo().requirements("app\n");
    assert_snapshot!(refused(&repo, &["tree"]), @"
    error: there is no lock of `python-default` at python.lock
     |
    hint: run `cargo xtask generate-lockfiles --resolve python-default`
    ");
}
