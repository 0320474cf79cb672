//! Compares `Requires-Python` with the Pythons that a package is needed for.

use std::ops::Bound;

use model::{
    Marker, Operator, Version, VersionRange, VersionSpecifier, VersionSpecifiers, specifier_range,
};

/// Whether a package with `Requires-Python: specifiers` serves every Python of `pythons`.
///
/// Upper bounds are ignored: they are guesses about the future, and a resolver that obeys them goes
/// back to old releases that do not have such a bound yet. Single excluded versions are ignored
/// too.
pub(crate) fn serves(specifiers: &VersionSpecifiers, pythons: &VersionRange) -> bool {
    // The usual case, which comes up for every file of an index: one lower bound.
    if let ([specifier], Some((Bound::Included(lowest), _))) =
        (&specifiers[..], pythons.bounding_range())
        && *specifier.operator() == Operator::GreaterThanEqual
        && specifier.version() <= lowest
    {
        return true;
    }
    let wanted = pythons.intersection(&VersionRange::strictly_lower_than(Version::new([4])));
    specifiers.is_empty() || wanted.subset_of(&served(specifiers))
}

/// Whether a package with `Requires-Python: specifiers` serves at least one Python of `pythons`.
pub(crate) fn serves_some(specifiers: &VersionSpecifiers, pythons: &VersionRange) -> bool {
    !served(specifiers).is_disjoint(pythons)
}

/// The environments whose Python a package with `Requires-Python: specifiers` serves.
pub(crate) fn environments(specifiers: &VersionSpecifiers) -> Marker {
    Marker::python_range(&served(specifiers))
}

/// The Pythons that a package with `Requires-Python: specifiers` serves.
pub(crate) fn served(specifiers: &VersionSpecifiers) -> VersionRange {
    specifiers
        .iter()
        .filter(|specifier| is_bound(specifier))
        .map(release_range)
        .fold(VersionRange::full(), |all, one| all.intersection(&one))
}

fn is_bound(specifier: &VersionSpecifier) -> bool {
    !matches!(
        specifier.operator(),
        Operator::LessThan | Operator::LessThanEqual | Operator::NotEqual | Operator::NotEqualStar
    )
}

/// The range of final releases, since a universe has no pre-releases of Python: `>3.8.0rc1` means
/// `>=3.8.0`, and `==3.8.*` ends at 3.9.
fn release_range(specifier: &VersionSpecifier) -> VersionRange {
    let version = specifier.version();
    if version.any_prerelease() {
        return VersionRange::higher_than(version.only_release());
    }
    let release = |bound: Bound<&Version>| match bound {
        Bound::Included(version) => Bound::Included(version.only_release()),
        // `==3.8.1` ends below the first post-release of 3.8.1, which no Python has.
        Bound::Excluded(version) if version.is_post() => Bound::Included(version.only_release()),
        Bound::Excluded(version) => Bound::Excluded(version.only_release()),
        Bound::Unbounded => Bound::Unbounded,
    };
    specifier_range(specifier)
        .iter()
        .map(|(low, high)| (release(low), release(high)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::InterpreterConstraints;

    #[track_caller]
    fn check(requires_python: &str, constraint: &str, expect: bool) {
        let pythons = InterpreterConstraints::parse(&[constraint])
            .unwrap()
            .range();
        assert_eq!(serves(&requires_python.parse().unwrap(), &pythons), expect);
    }

    #[test]
    fn the_lower_bound_must_cover() {
        check(">=3.8", ">=3.12", true);
        check(">=3.12", ">=3.8", false);
        check(">=3.12.2", "==3.12.*", false);
        check(">=3.8,<3.12", "==3.12.*", true);
        check("~=3.8", ">=3.12", true);
        check("==3.8.*", ">=3.8", false);
        check("==3.8.*", "==3.8.*", true);
        check(">=3.8,!=3.9.7", ">=3.8", true);
        check("==3.12.1", "==3.12.1", true);
        check(">3.11", ">=3.12", true);
    }
}
