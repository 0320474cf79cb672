//! Version specifiers (PEP 440) as sets of versions, the form that a resolver works on.

use pep440_rs::{Operator, Prerelease, Version, VersionSpecifier, VersionSpecifiers};
use version_ranges::Ranges;

/// A set of versions.
pub type VersionRange = Ranges<Version>;

/// The versions that every one of `specifiers` admits.
///
/// Source: <https://packaging.python.org/en/latest/specifications/version-specifiers/>. A range
/// carries no pre-release policy: `>=1` contains `2a1`.
#[must_use]
pub fn specifiers_range(specifiers: &VersionSpecifiers) -> VersionRange {
    specifiers
        .iter()
        .map(specifier_range)
        .fold(Ranges::full(), |all, one| all.intersection(&one))
}

/// The versions that `specifier` admits.
///
/// A public version in the specifier ignores the candidate's local version: `==1.0` and `<=1.0`
/// contain `1.0+cpu`, `!=1.0` does not.
#[must_use]
pub fn specifier_range(specifier: &VersionSpecifier) -> VersionRange {
    let version = specifier.version().clone();
    match specifier.operator() {
        Operator::Equal => equal(version),
        Operator::ExactEqual => Ranges::singleton(version),
        Operator::NotEqual => equal(version).complement(),
        Operator::TildeEqual => {
            let upper = match version.release() {
                [rest @ .., last, _] => Version::new(rest.iter().chain([&(last + 1)])),
                _ => return Ranges::empty(),
            };
            Ranges::from_range_bounds(
                version.clone()..upper.with_epoch(version.epoch()).with_dev(Some(0)),
            )
        }
        Operator::LessThan if version.any_prerelease() => Ranges::strictly_lower_than(version),
        // `<V` admits no pre-release of V.
        Operator::LessThan => Ranges::strictly_lower_than(version.with_min(Some(0))),
        Operator::LessThanEqual if version.is_local() => Ranges::lower_than(version),
        Operator::LessThanEqual => Ranges::strictly_lower_than(successor(&version)),
        Operator::GreaterThan if version.is_dev() || version.is_post() => {
            Ranges::higher_than(successor(&version.without_local()))
        }
        // `>V` admits neither a post-release nor a local version of V.
        Operator::GreaterThan => {
            Ranges::strictly_higher_than(version.without_local().with_max(Some(0)))
        }
        Operator::GreaterThanEqual => Ranges::higher_than(version),
        Operator::EqualStar => prefix(&version),
        Operator::NotEqualStar => prefix(&version).complement(),
    }
}

fn equal(version: Version) -> VersionRange {
    if version.is_local() {
        return Ranges::singleton(version);
    }
    let next = successor(&version);
    Ranges::from_range_bounds(version..next)
}

/// The lowest version above every local version of the public `version`.
fn successor(version: &Version) -> Version {
    let version = version.clone();
    match (version.dev(), version.post()) {
        (Some(dev), _) => version.with_dev(Some(dev + 1)),
        (None, Some(post)) => version.with_post(Some(post + 1)).with_dev(Some(0)),
        (None, None) => version.with_post(Some(0)).with_dev(Some(0)),
    }
}

fn prefix(version: &Version) -> VersionRange {
    let low = version.clone().with_dev(Some(0));
    let high = match (low.post(), low.pre()) {
        (Some(post), _) => low.clone().with_post(Some(post + 1)),
        (None, Some(pre)) => low.clone().with_pre(Some(Prerelease {
            kind: pre.kind,
            number: pre.number + 1,
        })),
        (None, None) => {
            let mut release = low.release().to_vec();
            if let Some(last) = release.last_mut() {
                *last += 1;
            }
            low.clone().with_release(release)
        }
    };
    Ranges::from_range_bounds(low..high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(specifiers: &str, version: &str, expect: bool) {
        let range = specifiers_range(&specifiers.parse().unwrap());
        assert_eq!(
            range.contains(&version.parse().unwrap()),
            expect,
            "{specifiers} {version}"
        );
    }

    #[test]
    fn a_public_version_ignores_the_local_one() {
        check("==1.0", "1.0+cpu", true);
        check("<=1.0", "1.0+cpu", true);
        check("!=1.0", "1.0+cpu", false);
        check("==1.0+cpu", "1.0", false);
        check("==1.0", "1.0.post1", false);
        check("==1.0.post1", "1.0.post1+x", true);
        check("==1.0a1", "1.0a1+x", true);
        check("==1.0.dev3", "1.0.dev3+x", true);
    }

    #[test]
    fn exclusive_bounds() {
        check(">1.0", "1.0.post1", false);
        check(">1.0", "1.0+cpu", false);
        check(">1.0", "1.0.1", true);
        check(">1.0.post1", "1.0.post1+x", false);
        check(">1.0.post1", "1.0.post2", true);
        check("<1.0", "1.0a1", false);
        check("<1.0b1", "1.0a1", true);
    }

    #[test]
    fn prefixes_and_compatible_releases() {
        check("==1.2.*", "1.2.9", true);
        check("==1.2.*", "1.2a1", true);
        check("==1.2.*", "1.3", false);
        check("!=1.2.*", "1.2.9", false);
        check("~=1.2", "1.9", true);
        check("~=1.2", "2.0", false);
        check("~=1!1.2.3", "1!1.2.9", true);
        check("~=1!1.2.3", "1.2.9", false);
    }
}
