//! `why`: the chains from requirements to a package.

use insta::assert_snapshot;

use crate::fixtures::locks::{index, locked};
use crate::{refused, repo};

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
fn without_a_lock() {
    let repo = repo().requirements("app\n");
    assert_snapshot!(refused(&repo, &["why", "app"]), @"
    error: there is no lock of `python-default` at python.lock
     |
    hint: run `cargo xtask generate-lockfiles --resolve python-default`
    ");
}
