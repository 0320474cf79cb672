//! `dependents` (in older versions of Pants, `dependees`): the targets that depend on targets.

use crate::fixtures::graph::{answer, monorepo};

#[test]
fn direct_and_transitive() {
    let repo = monorepo();
    insta::assert_snapshot!(answer(&repo, "dependents src/acme/core/__init__.py"), @"
    src/acme/app/main.py
    src/acme/core:core
    ");
    insta::assert_snapshot!(answer(&repo, "dependees --transitive src/acme/core/__init__.py"), @"
    src/acme/app/main.py
    src/acme/app:app
    src/acme/app:bin
    src/acme/core:core
    src/acme/core:dist
    ");
}
