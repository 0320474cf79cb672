//! `check`: type checkers.

use crate::fixtures::tools::{index, repo};
use crate::lint::look;

#[test]
fn a_goal_without_a_tool_is_refused() {
    let index = index();
    let Some(repo) = repo(&index) else { return };
    insta::assert_snapshot!(look(&repo, &["check", "::"]), @"
    error: there is nothing to `check` with: the settings choose no type checker
     |
    hint: `backend_packages` in `[GLOBAL]` chooses as for Pants, or `tools` in `[checks]` by name
    exit 1
    ");
}
