//! `linked-packages`: the first-party folders to mount or link.

use crate::fixtures::graph::{answer, monorepo};

#[test]
fn folders_of_all_that_a_binary_needs() {
    let repo = monorepo();
    insta::assert_snapshot!(answer(&repo, "linked-packages src/acme/app:bin"), @"
    src/acme/app
    src/acme/core
    ");
}
