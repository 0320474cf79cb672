//! `filedeps`: the files of targets.

use crate::fixtures::graph::{answer, monorepo};

#[test]
fn files_of_all_that_a_distribution_needs() {
    let repo = monorepo();
    insta::assert_snapshot!(answer(&repo, "filedeps src/acme/core:dist --transitive"), @"
    BUILD
    requirements.txt
    src/acme/core/BUILD
    src/acme/core/__init__.py
    src/acme/core/d.json
    ");
}
