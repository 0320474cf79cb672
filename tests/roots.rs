//! `roots`: the source roots.

use crate::fixtures::graph::{answer, monorepo};

#[test]
fn roots_that_have_sources() {
    let repo = monorepo();
    insta::assert_snapshot!(answer(&repo, "roots"), @"src");
}
