//! What metadata says of the Pythons that a distribution is for: `Requires-Python` and classifiers.

use std::fmt::Write as _;
use std::ops::Bound;

use model::{InterpreterConstraints, NEWEST_PYTHON_MINOR, Version};

/// How `Requires-Python` is derived from the interpreter constraints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RequiresPythonRule {
    /// As they are written: `==3.11.*`.
    #[default]
    AsWritten,
    /// Whole minor versions: `==3.12.6` gives `>=3.12,<3.13`.
    MinorRange,
}

/// `Programming Language :: Python :: 3.X` for each minor version that the constraints admit.
pub(crate) fn python_classifiers(constraints: &InterpreterConstraints) -> Vec<String> {
    let minors = minors(constraints)
        .into_iter()
        .filter(|minor| *minor <= NEWEST_PYTHON_MINOR);
    minors
        .map(|minor| format!("Programming Language :: Python :: 3.{minor}"))
        .collect()
}

/// A minor version that only constraints without an upper bound admit.
const BEYOND: u32 = 99;

/// The minor versions of Python 3 that the constraints admit a release of.
fn minors(constraints: &InterpreterConstraints) -> Vec<u32> {
    let range = constraints.range();
    let admitted = |minor: &u32| {
        let releases = InterpreterConstraints::parse(&[format!("==3.{minor}.*")]);
        releases.is_ok_and(|releases| !releases.range().intersection(&range).is_empty())
    };
    (0..=BEYOND).filter(admitted).collect()
}

impl RequiresPythonRule {
    /// `Requires-Python`; `None` if the constraints admit no Python 3, or every one.
    pub(crate) fn of(self, constraints: &InterpreterConstraints) -> Option<String> {
        let text = match self {
            RequiresPythonRule::AsWritten => as_written(constraints),
            RequiresPythonRule::MinorRange => minor_range(constraints),
        };
        Some(text).filter(|text| !text.is_empty())
    }
}

/// A single constraint as it is written. Of several, the range that spans them without what lies
/// between them, since `Requires-Python` has no "or".
fn as_written(constraints: &InterpreterConstraints) -> String {
    let written: Vec<String> = constraints.iter().collect();
    match written.as_slice() {
        [one] => one
            .trim_start_matches(|c: char| c.is_ascii_alphabetic())
            .replace(' ', ""),
        _ => {
            let span = Some(constraints.requires_python()).filter(|span| !span.is_empty());
            span.into_iter()
                .chain(between(constraints))
                .collect::<Vec<_>>()
                .join(",")
        }
    }
}

/// The Pythons between those that the constraints admit, as `!=3.10.*` and `!=3.11.0`. Which patch
/// releases a minor version will have, nobody knows, so those after an upper bound are not named.
fn between(constraints: &InterpreterConstraints) -> Vec<String> {
    let range = constraints.range();
    let parts: Vec<_> = range.iter().collect();
    let gaps = parts.iter().zip(parts.iter().skip(1));
    gaps.flat_map(|((_, end), (start, _))| {
        // Both are of what is admitted: the gap begins where the first ends.
        let begin = match end {
            Bound::Included(version) => next(numbers(version)),
            Bound::Excluded(version) => numbers(version),
            Bound::Unbounded => [0; 3],
        };
        let end = match start {
            Bound::Included(version) => numbers(version),
            Bound::Excluded(version) => next(numbers(version)),
            Bound::Unbounded => [0; 3],
        };
        excluded(begin, end)
    })
    .collect()
}

/// The major, minor and patch version of a Python.
fn numbers(version: &Version) -> [u64; 3] {
    let release = version.release();
    [0, 1, 2].map(|at| release.get(at).copied().unwrap_or(0))
}

fn next([major, minor, patch]: [u64; 3]) -> [u64; 3] {
    [major, minor, patch + 1]
}

/// The Pythons from `begin` on, below `end`.
fn excluded(begin: [u64; 3], end: [u64; 3]) -> Vec<String> {
    // Python 2 ended with 2.7, and what comes after Python 3 is not known.
    let minors = (begin[0]..=end[0]).flat_map(|major| {
        let first = match major == begin[0] {
            true => begin[1] + u64::from(begin[2] > 0),
            false => 0,
        };
        let last = match major == end[0] {
            true => end[1],
            false if major == 2 => 8,
            false => first,
        };
        (first..last).map(move |minor| format!("!={major}.{minor}.*"))
    });
    let first = match begin[..2] == end[..2] {
        true => begin[2],
        false => 0,
    };
    let patches = (first..end[2]).map(|patch| format!("!={}.{}.{patch}", end[0], end[1]));
    minors.chain(patches).collect()
}

/// The specifiers, without the minor versions between others that the constraints do not admit.
fn with_gaps(specifiers: String, constraints: &InterpreterConstraints) -> String {
    let admitted = minors(constraints);
    let span = admitted.first().copied().zip(admitted.last().copied());
    let Some((first, last)) = span.filter(|_| !specifiers.is_empty()) else {
        return specifiers;
    };
    let gaps = (first..last).filter(|minor| !admitted.contains(minor));
    gaps.fold(specifiers, |mut all, minor| {
        let _ = write!(all, ",!=3.{minor}.*");
        all
    })
}

fn minor_range(constraints: &InterpreterConstraints) -> String {
    let minors = minors(constraints);
    let (Some(first), Some(last)) = (minors.first(), minors.last()) else {
        return String::new();
    };
    let mut out = format!(">=3.{first}");
    if *last < BEYOND {
        let _ = write!(out, ",<3.{}", last + 1);
    }
    with_gaps(out, constraints)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_python(text: &[&str], as_written: &str, minor_range: &str, classifiers: &str) {
        let constraints = InterpreterConstraints::parse(text).unwrap();
        assert_eq!(
            RequiresPythonRule::AsWritten.of(&constraints).as_deref(),
            Some(as_written)
        );
        assert_eq!(
            RequiresPythonRule::MinorRange.of(&constraints).as_deref(),
            Some(minor_range)
        );
        let short = |c: &String| c.rsplit(' ').next().unwrap().to_owned();
        let got: Vec<_> = python_classifiers(&constraints).iter().map(short).collect();
        assert_eq!(got.join(" "), classifiers);
    }

    #[test]
    fn interpreter_constraints() {
        check_python(&["CPython==3.12.6"], "==3.12.6", ">=3.12,<3.13", "3.12");
        check_python(&["CPython==3.11.*"], "==3.11.*", ">=3.11,<3.12", "3.11");
        check_python(
            &[">=3.9,<3.12"],
            ">=3.9,<3.12",
            ">=3.9,<3.12",
            "3.9 3.10 3.11",
        );
        check_python(&["CPython>=3.13"], ">=3.13", ">=3.13", "3.13 3.14");
        check_python(
            &["==3.9.*", "==3.10.*"],
            ">=3.9,<3.11",
            ">=3.9,<3.11",
            "3.9 3.10",
        );
        for several in [&[">=3.8,<3.10", ">=3.11"][..], &[">=3.8,<3.10 OR >=3.11"]] {
            check_python(
                several,
                ">=3.8,!=3.10.*",
                ">=3.8,!=3.10.*",
                "3.8 3.9 3.11 3.12 3.13 3.14",
            );
        }
        check_python(
            &["==3.9.*", "==3.12.*"],
            ">=3.9,<3.13,!=3.10.*,!=3.11.*",
            ">=3.9,<3.13,!=3.10.*,!=3.11.*",
            "3.9 3.12",
        );
    }

    #[test]
    fn what_lies_between_several_constraints() {
        let check = |text: &[&str], expect: &str| {
            let constraints = InterpreterConstraints::parse(text).unwrap();
            assert_eq!(as_written(&constraints), expect, "{text:?}");
        };
        check(
            &[">=2.7,<3", ">=3.4"],
            ">=2.7,!=3.0.*,!=3.1.*,!=3.2.*,!=3.3.*",
        );
        check(&["==2.7.*", ">=3.2"], ">=2.7,!=3.0.*,!=3.1.*");
        check(&[">=2.5,<2.6", ">=3.1"], ">=2.5,!=2.6.*,!=2.7.*,!=3.0.*");
        check(&["<3.10", ">=3.10.2"], "!=3.10.0,!=3.10.1");
        check(&[">=3.9.3,<3.10", ">3.11.0"], ">=3.9.3,!=3.10.*,!=3.11.0");
        check(&[">=3.9,<3.11.2", ">=3.11.4"], ">=3.9,!=3.11.2,!=3.11.3");
        check(&[">=3.9,<=3.11.2", ">=3.13"], ">=3.9,!=3.12.*");
        check(&["==3.9.1", "==3.9.4"], ">=3.9.1,<=3.9.4,!=3.9.2,!=3.9.3");
        check(&["==3.9.*", "==3.10.*"], ">=3.9,<3.11");
    }
}
