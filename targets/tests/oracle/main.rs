//! Our graph held against what Pants computed, where the recorded answers are at hand: the
//! folder that `XTASK_SHARED` names, else `../shared` beside the workspace.
//!
//! `XTASK_BACKEND_AI` names a checkout of lablup/backend.ai at 23.09.0 for the large comparison.

#![allow(clippy::unwrap_used, reason = "a mistake in a fixture fails its test")]
#![allow(
    clippy::print_stdout,
    reason = "what was compared, and what was skipped, is worth seeing"
)]

mod cases;
mod large;
mod others;
mod settings;

use std::path::PathBuf;

/// The folder with recorded answers, or a visible note that the test is skipped.
fn oracle(test: &str) -> Option<PathBuf> {
    let shared = std::env::var_os("XTASK_SHARED").map(PathBuf::from);
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    let oracle = shared.unwrap_or(beside).join("oracle");
    if oracle.is_dir() {
        return Some(oracle);
    }
    println!(
        "SKIPPED {test}: no recorded answers at {}",
        oracle.display()
    );
    None
}

/// Lines that only one of two lists has, `-` before what is missing and `+` before what is new.
fn difference(expected: &[String], actual: &[String]) -> Vec<String> {
    let sorted = |lines: &[String]| {
        lines
            .iter()
            .cloned()
            .collect::<std::collections::BTreeSet<_>>()
    };
    let (expected, actual) = (sorted(expected), sorted(actual));
    let missing = expected.difference(&actual).map(|line| format!("- {line}"));
    let new = actual.difference(&expected).map(|line| format!("+ {line}"));
    missing.chain(new).collect()
}
