//! Our graph held against what Pants computed: small repositories, which are in `tests/cases`, and a
//! large one, where it is at hand.

#![allow(clippy::unwrap_used, reason = "a mistake in a fixture fails its test")]
#![allow(clippy::print_stdout, reason = "what was compared is worth seeing")]

mod cases;
mod large;
mod others;
mod settings;

/// A path of a case, which is UTF-8.
fn utf8(path: &std::path::Path) -> &camino::Utf8Path {
    camino::Utf8Path::from_path(path).unwrap()
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
