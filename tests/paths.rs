//! `paths`: the chains of dependencies between two targets.

use crate::fixtures::graph::{answer, monorepo};

#[test]
fn paths() {
    let repo = monorepo();
    insta::assert_snapshot!(answer(&repo, "paths src/acme/app:bin //:reqs#PyYAML"), @"
    src/acme/app:bin
      -> src/acme/app/main.py
      -> src/acme/core/__init__.py
      -> //:reqs#PyYAML
    ");
    let none = repo.xtask(&["paths", "src/acme/core:dist", "src/acme/app:bin"]);
    assert_eq!(none.status, 1);
    insta::assert_snapshot!(none.stderr, @"`src/acme/core:dist` does not depend on `src/acme/app:bin`");
}
