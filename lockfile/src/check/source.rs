//! Does a lock say what the source of a package says of itself now? Asked of projects in the
//! repository, which change while nobody names another version of them.

use std::collections::BTreeMap;

use model::{
    ExtraName, LockInputs, LockedPackage, Marker, Metadata, PackageName, Requirement,
    RequirementSource,
};

use super::staleness::Staleness;

/// Everything in which the metadata of a package's source is not what the lock says of it.
#[must_use]
pub fn check_source(
    inputs: &LockInputs,
    package: &LockedPackage,
    metadata: &Metadata,
) -> Vec<Staleness> {
    let identity = || (package.name.clone(), package.version.clone());
    if metadata.version != package.version {
        return vec![Staleness::OtherVersion {
            package: identity(),
            now: metadata.version.clone(),
        }];
    }
    let universe = inputs.universe();
    let mut found = Vec::new();
    let asked = package.extras.iter().map(std::slice::from_ref);
    for extras in std::iter::once(&[][..]).chain(asked) {
        let requires = requires(inputs, &metadata.requires_dist, extras);
        let now = in_universe(requires, &universe);
        let locked = with_extras(&package.dependencies, extras);
        let locked = in_universe(locked, &universe);
        for (place, marker) in &now {
            if locked
                .get(place)
                .is_none_or(|before| !before.is_same_set(marker))
            {
                found.push(Staleness::RequirementAppeared {
                    package: identity(),
                    requirement: place.requirement(marker.simplify_within(&universe)),
                });
            }
        }
        for (place, marker) in locked.iter().filter(|(place, _)| !now.contains_key(place)) {
            found.push(Staleness::RequirementVanished {
                package: identity(),
                requirement: place.requirement(marker.simplify_within(&universe)),
            });
        }
    }
    let mut unique = Vec::new();
    for one in found {
        if !unique.contains(&one) {
            unique.push(one);
        }
    }
    unique
}

/// A requirement, its marker aside.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Unmarked(PackageName, Vec<ExtraName>, RequirementSource);

impl Unmarked {
    fn requirement(&self, marker: Marker) -> Requirement {
        Requirement {
            name: self.0.clone(),
            extras: self.1.clone(),
            source: self.2.clone(),
            marker,
        }
    }
}

/// What a package requires with these extras, as the overrides have it: those of its own
/// requirements, and then those that the extras add, as the resolver asks for them.
fn requires(
    inputs: &LockInputs,
    requires_dist: &[Requirement],
    extras: &[ExtraName],
) -> Vec<Requirement> {
    let mut all = inputs.overridden(with_extras(requires_dist, &[]));
    if !extras.is_empty() {
        let of_extras = requires_dist.iter().filter(|it| it.marker.has_extra());
        let of_extras: Vec<Requirement> = of_extras.cloned().collect();
        all.extend(inputs.overridden(with_extras(&of_extras, extras)));
    }
    all
}

fn with_extras(requirements: &[Requirement], extras: &[ExtraName]) -> Vec<Requirement> {
    let decided = requirements.iter().map(|requirement| Requirement {
        marker: requirement.marker.with_extras(extras),
        ..requirement.clone()
    });
    decided.filter(|it| !it.marker.is_false()).collect()
}

/// Where in the universe each is required.
fn in_universe(requirements: Vec<Requirement>, universe: &Marker) -> BTreeMap<Unmarked, Marker> {
    let mut all = BTreeMap::<Unmarked, Marker>::new();
    for requirement in requirements {
        let marker = requirement.marker.and(universe);
        if marker.is_false() {
            continue;
        }
        let Requirement {
            name,
            extras,
            source,
            marker: _,
        } = requirement;
        let known = all
            .entry(Unmarked(name, extras, source))
            .or_insert(Marker::FALSE);
        *known = known.or(&marker);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::small;

    /// What metadata says to a lock of `a[x] 1` that requires `b`, and with the extra `c`.
    #[track_caller]
    fn check(metadata: &str) -> String {
        let lock = small(
            &["a[x]"],
            &[
                "a[x] 1 : b>=1 ; sys_platform == 'linux' & c ; extra == 'x'",
                "b 1",
                "c 1",
            ],
        );
        let text = format!("Metadata-Version: 2.1\nName: a\n{metadata}\nProvides-Extra: x\n");
        let metadata = Metadata::parse(&text).unwrap();
        let package = lock
            .packages
            .iter()
            .find(|it| it.name.as_str() == "a")
            .unwrap();
        let found = check_source(&lock.inputs, package, &metadata);
        let found: Vec<String> = found.iter().map(ToString::to_string).collect();
        found.join("\n")
    }

    const B: &str = "Requires-Dist: b>=1 ; sys_platform == 'linux'";
    const C: &str = "Requires-Dist: c ; extra == 'x'";

    #[test]
    fn what_the_lock_says() {
        assert_eq!(check(&format!("Version: 1\n{B}\n{C}")), "");
        let other = "Requires-Dist: d ; extra == 'y'\nRequires-Dist: e ; python_version < '3'";
        assert_eq!(check(&format!("Version: 1.0\n{C}\n{B}\n{other}")), "");
    }

    #[test]
    fn what_it_does_not() {
        insta::assert_snapshot!(check("Version: 2"), @"a 1 has the version 2 now");
        insta::assert_snapshot!(check(&format!("Version: 1\n{B}\n{C}\nRequires-Dist: d[z]")), @"a 1 requires `d[z]` now");
        insta::assert_snapshot!(check(&format!("Version: 1\nRequires-Dist: b>=1\n{C}")), @"a 1 requires `b>=1` now");
        insta::assert_snapshot!(check(&format!("Version: 1\n{B}")), @"a 1 no longer requires `c`");
        insta::assert_snapshot!(check(&format!("Version: 1\n{C}\n{}", B.replace(">=1", ">=2"))), @"
        a 1 requires `b>=2 ; sys_platform == 'linux'` now
        a 1 no longer requires `b>=1 ; sys_platform == 'linux'`
        ");
    }
}
