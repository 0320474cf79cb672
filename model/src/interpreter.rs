//! Interpreter constraints as Pants has them, such as `CPython==3.12.*`. An interpreter must
//! satisfy at least one of several.

use std::fmt;
use std::ops::Bound;
use std::ops::Range;
use std::str::FromStr;

use pep440_rs::{Version, VersionSpecifier, VersionSpecifiers};
use pep508_rs::MarkerValueString;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::filename::WheelFilename;
use crate::marker::Marker;
use crate::version::{VersionRange, specifiers_range};

/// The newest minor version of CPython 3 that is out and that packages are made for: nothing is
/// refused because it has no file for a later one.
pub const NEWEST_PYTHON_MINOR: u32 = 14;
/// The newest minor version of Python 3 that there is a PyPy of.
const NEWEST_PYPY_MINOR: u32 = 11;

/// The Pythons that a resolve is for: those that satisfy at least one constraint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InterpreterConstraints(
    // Invariant: not empty.
    Vec<Constraint>,
);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Constraint {
    implementation: Option<Implementation>,
    specifiers: VersionSpecifiers,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Implementation {
    CPython,
    PyPy,
}

/// A text that is no interpreter constraint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{constraint}` is not an interpreter constraint such as `CPython==3.12.*`: {reason}")]
pub struct InterpreterConstraintsError {
    /// The constraint as it was given.
    pub constraint: String,
    /// What is wrong with it.
    pub reason: String,
}

impl InterpreterConstraints {
    /// Reads constraints, of which an interpreter must satisfy at least one.
    ///
    /// # Errors
    /// Where one cannot be read, there is none, or no Python satisfies any.
    pub fn parse<S: AsRef<str>>(constraints: &[S]) -> Result<Self, InterpreterConstraintsError> {
        if constraints.is_empty() {
            return Err(InterpreterConstraintsError {
                constraint: String::new(),
                reason: "there is none".to_owned(),
            });
        }
        // Pants shows several constraints as one text, with ` OR ` between them.
        let parsed = constraints
            .iter()
            .flat_map(|constraint| constraint.as_ref().split(" OR "))
            .map(Constraint::from_str)
            .collect::<Result<Vec<_>, _>>()
            .map(Self)?;
        if parsed.range().is_empty() {
            let all: Vec<&str> = constraints.iter().map(AsRef::as_ref).collect();
            return Err(InterpreterConstraintsError {
                constraint: all.join("`, `"),
                reason: "no Python satisfies it".to_owned(),
            });
        }
        Ok(parsed)
    }

    /// `CPython>=3.8`: the constraints of code that declares none.
    #[must_use]
    pub fn any_recent() -> Self {
        let from = Version::new([3, 8]);
        Self(vec![Constraint {
            implementation: Some(Implementation::CPython),
            specifiers: VersionSpecifier::greater_than_equal_version(from).into(),
        }])
    }

    /// The constraints as text, each as it reads in settings.
    pub fn iter(&self) -> impl Iterator<Item = String> + '_ {
        self.0.iter().map(ToString::to_string)
    }

    /// The environments whose Python satisfies at least one constraint.
    #[must_use]
    pub fn marker(&self) -> Marker {
        self.0
            .iter()
            .map(|constraint| {
                let python = Marker::python_range(&constraint.range());
                match constraint.implementation {
                    None => python,
                    Some(implementation) => python.and(&implementation.marker()),
                }
            })
            .fold(Marker::FALSE, |all, one| all.or(&one))
    }

    /// The environments whose Python version satisfies at least one constraint, whatever the
    /// implementation.
    #[must_use]
    pub fn python_marker(&self) -> Marker {
        Marker::python_range(&self.range())
    }

    /// The environments whose Python is released, by its minor version.
    #[must_use]
    pub fn released() -> Marker {
        Marker::python_range(&Self::released_range())
    }

    fn released_range() -> VersionRange {
        let next = Version::new([3, u64::from(NEWEST_PYTHON_MINOR) + 1]);
        VersionRange::strictly_lower_than(next)
    }

    /// The released minor versions of Python 3 that satisfy a constraint, with the environments of
    /// each. PyPy counts where a constraint names it.
    pub(crate) fn released_minors(&self) -> Vec<(Implementation, u32, Range<Version>)> {
        let range = |implementation: Implementation| {
            let named = self.0.iter().filter(|one| match one.implementation {
                None => implementation == Implementation::CPython,
                Some(named) => named == implementation,
            });
            named
                .map(Constraint::range)
                .fold(VersionRange::empty(), |all, one| all.union(&one))
        };
        let mut found = Vec::new();
        for (implementation, newest) in [
            (Implementation::CPython, NEWEST_PYTHON_MINOR),
            (Implementation::PyPy, NEWEST_PYPY_MINOR),
        ] {
            let range = range(implementation);
            for minor in 0..=newest {
                let version = |minor: u32| Version::new([3, u64::from(minor)]);
                let of_minor = version(minor)..version(minor + 1);
                if !VersionRange::from_range_bounds(of_minor.clone()).is_disjoint(&range) {
                    found.push((implementation, minor, of_minor));
                }
            }
        }
        found
    }

    /// The Python versions that satisfy a constraint.
    #[must_use]
    pub fn range(&self) -> VersionRange {
        self.0
            .iter()
            .map(Constraint::range)
            .fold(VersionRange::empty(), |all, one| all.union(&one))
    }

    /// Whether a Python of this version satisfies a constraint.
    #[must_use]
    pub fn contains(&self, version: &Version) -> bool {
        self.range().contains(&version.only_release())
    }

    /// Whether the constraints admit CPython only.
    #[must_use]
    pub fn only_cpython(&self) -> bool {
        self.0
            .iter()
            .all(|constraint| constraint.implementation == Some(Implementation::CPython))
    }

    /// Whether an interpreter that satisfies the constraints, with a version in `pythons`, can use
    /// the wheel. Which wheels a Python can use that is not released, nobody knows: all may be.
    #[must_use]
    pub fn admit_wheel(&self, wheel: &WheelFilename, pythons: &VersionRange) -> bool {
        let is_unreleased = !pythons.is_empty() && pythons.is_disjoint(&Self::released_range());
        (is_unreleased || wheel.fits_pythons(pythons))
            && !(self.only_cpython() && wheel.is_for_pypy())
    }

    /// The constraints as `Requires-Python`: one range that spans them, as in `>=3.12,<3.13`.
    ///
    /// Source: <https://packaging.python.org/en/latest/specifications/core-metadata/#requires-python>.
    #[must_use]
    pub fn requires_python(&self) -> String {
        let range = self.range();
        let Some((low, high)) = range.bounding_range() else {
            return String::new();
        };
        let low = match low {
            Bound::Included(v) => format!(">={v}"),
            Bound::Excluded(v) => format!(">{v}"),
            Bound::Unbounded => String::new(),
        };
        let high = match high {
            Bound::Included(v) => format!("<={v}"),
            Bound::Excluded(v) => format!("<{v}"),
            Bound::Unbounded => String::new(),
        };
        let comma = if low.is_empty() || high.is_empty() {
            ""
        } else {
            ","
        };
        format!("{low}{comma}{high}")
    }
}

/// Any recent Python.
impl Default for InterpreterConstraints {
    fn default() -> Self {
        Self::any_recent()
    }
}

impl Constraint {
    /// The range of final releases: markers and `Requires-Python` do not name pre-releases of
    /// Python.
    fn range(&self) -> VersionRange {
        specifiers_range(&self.specifiers)
            .iter()
            .map(|(low, high)| (release_bound(low), release_bound(high)))
            .collect()
    }
}

fn release_bound(bound: Bound<&Version>) -> Bound<Version> {
    match bound {
        Bound::Included(v) => Bound::Included(v.only_release()),
        // `==3.12.1` ends below the first post-release of 3.12.1, which no Python has.
        Bound::Excluded(v) if v.is_post() => Bound::Included(v.only_release()),
        Bound::Excluded(v) => Bound::Excluded(v.only_release()),
        Bound::Unbounded => Bound::Unbounded,
    }
}

impl Implementation {
    pub(crate) fn marker(self) -> Marker {
        let name = Marker::string_equals(MarkerValueString::ImplementationName, self.name());
        let python = MarkerValueString::PlatformPythonImplementation;
        name.and(&Marker::string_equals(python, self.python_implementation()))
    }

    /// The `implementation_name` of its environments.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::CPython => "cpython",
            Self::PyPy => "pypy",
        }
    }

    /// The `platform_python_implementation` of its environments.
    pub(crate) fn python_implementation(self) -> &'static str {
        match self {
            Self::CPython => "CPython",
            Self::PyPy => "PyPy",
        }
    }
}

impl FromStr for Constraint {
    type Err = InterpreterConstraintsError;

    fn from_str(constraint: &str) -> Result<Self, InterpreterConstraintsError> {
        let error = |reason: String| InterpreterConstraintsError {
            constraint: constraint.to_owned(),
            reason,
        };
        let text = constraint.trim();
        let at = text
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(text.len());
        let (name, specifiers) = text.split_at(at);
        let implementation = match name.to_ascii_lowercase().as_str() {
            "" | "python" => None,
            "cpython" => Some(Implementation::CPython),
            "pypy" => Some(Implementation::PyPy),
            _ => return Err(error(format!("`{name}` is neither CPython nor PyPy"))),
        };
        let specifiers = if specifiers.trim().is_empty() {
            VersionSpecifiers::empty()
        } else {
            specifiers
                .parse()
                .map_err(|e: pep440_rs::VersionSpecifiersParseError| error(e.to_string()))?
        };
        Ok(Self {
            implementation,
            specifiers,
        })
    }
}

impl fmt::Display for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.implementation {
            None => "",
            Some(Implementation::CPython) => "CPython",
            Some(Implementation::PyPy) => "PyPy",
        };
        let specifiers: Vec<String> = self.specifiers.iter().map(ToString::to_string).collect();
        write!(f, "{name}{}", specifiers.join(","))
    }
}

impl Serialize for InterpreterConstraints {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for InterpreterConstraints {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let constraints = Vec::<String>::deserialize(deserializer)?;
        Self::parse(&constraints).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(constraints: &[&str], requires_python: &str, marker: &str) {
        let parsed = InterpreterConstraints::parse(constraints).unwrap();
        assert_eq!(parsed.requires_python(), requires_python);
        assert_eq!(parsed.python_marker().to_string(), marker);
    }

    #[test]
    fn ranges_and_markers() {
        check(
            &["CPython==3.12.*"],
            ">=3.12,<3.13",
            "python_full_version == '3.12.*'",
        );
        check(&["CPython>=3.8"], ">=3.8", "python_full_version >= '3.8'");
        check(
            &["==3.12.6"],
            ">=3.12.6,<=3.12.6",
            "python_full_version == '3.12.6'",
        );
        check(
            &["CPython==3.9.*", "CPython==3.10.*"],
            ">=3.9,<3.11",
            "python_full_version >= '3.9' and python_full_version < '3.11'",
        );
        check(
            &[">=3.7,<3.11"],
            ">=3.7,<3.11",
            "python_full_version >= '3.7' and python_full_version < '3.11'",
        );
    }

    #[test]
    fn refusals() {
        let error = |c: &str| InterpreterConstraints::parse(&[c]).unwrap_err().to_string();
        insta::assert_snapshot!(error("Jython>=2"), @"`Jython>=2` is not an interpreter constraint such as `CPython==3.12.*`: `Jython` is neither CPython nor PyPy");
        insta::assert_snapshot!(error("==3.9.*,==3.11.*"), @"`==3.9.*,==3.11.*` is not an interpreter constraint such as `CPython==3.12.*`: no Python satisfies it");
        insta::assert_snapshot!(error("CPython=3"), @r#"
        `CPython=3` is not an interpreter constraint such as `CPython==3.12.*`: Failed to parse version: no such comparison operator "=", must be one of ~= == != <= >= < > ===:
        =3
        ^^
        "#);
    }
}
