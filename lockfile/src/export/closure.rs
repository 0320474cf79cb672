//! The part of a lock that some of its requirements need.

use std::collections::BTreeMap;

use model::{ExtraName, Lock, Marker, Requirement};

/// The packages that `requirements` of the lock need, each in the environments in which they do.
#[must_use]
pub fn for_requirements(lock: &Lock, requirements: &[Requirement]) -> Lock {
    let mut needs = Needs {
        lock,
        of: vec![Need::default(); lock.packages.len()],
        pending: Vec::new(),
    };
    for requirement in requirements {
        needs.add(requirement, &requirement.marker);
    }
    while let Some(at) = needs.pending.pop() {
        needs.follow(at);
    }
    let universe = lock.inputs.output_universe();
    let mut needed = needs.of.into_iter();
    let mut lock = lock.clone();
    lock.packages.retain_mut(|package| {
        let need = needed.next().unwrap_or_default();
        let marker = need.marker.and(&package.marker);
        if marker.is_disjoint(&universe) {
            return false;
        }
        // What is needed wherever it was needed before is written as it was.
        if !package.marker.and(&universe).is_subset(&marker) {
            package.marker = marker.simplify_within(&universe);
        }
        package
            .extras
            .retain(|extra| need.extras.contains_key(extra));
        true
    });
    let names: Vec<_> = lock.packages.iter().map(|one| one.name.clone()).collect();
    for package in &mut lock.packages {
        let (dependencies, extras) = (&mut package.dependencies, &package.extras);
        dependencies
            .retain(|one| names.contains(&one.name) && !one.marker.with_extras(extras).is_false());
    }
    lock
}

/// Where a package is needed.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Need {
    /// The environments.
    marker: Marker,
    /// Those in which each of its extras is.
    extras: BTreeMap<ExtraName, Marker>,
}

impl Default for Need {
    fn default() -> Self {
        Self {
            marker: Marker::FALSE,
            extras: BTreeMap::new(),
        }
    }
}

struct Needs<'l> {
    lock: &'l Lock,
    /// Of each package of the lock.
    of: Vec<Need>,
    /// Packages whose need grew.
    pending: Vec<usize>,
}

impl Needs<'_> {
    /// Needs what a requirement asks for, in these environments.
    fn add(&mut self, requirement: &Requirement, marker: &Marker) {
        for (at, package) in self.lock.packages.iter().enumerate() {
            if package.name != requirement.name {
                continue;
            }
            let marker = marker.and(&package.marker);
            let need = &mut self.of[at];
            let mut grew = grow(&mut need.marker, &marker);
            for extra in &requirement.extras {
                let of_extra = need.extras.entry(extra.clone()).or_insert(Marker::FALSE);
                grew |= grow(of_extra, &marker);
            }
            if grew {
                self.pending.push(at);
            }
        }
    }

    /// Needs what a package requires, where it is needed itself.
    fn follow(&mut self, at: usize) {
        let lock = self.lock;
        let need = self.of[at].clone();
        for dependency in &lock.packages[at].dependencies {
            let plain = dependency.marker.with_extras(&[]).and(&need.marker);
            let of_extras = need.extras.iter().map(|(extra, marker)| {
                let of_extra = dependency.marker.with_extras(std::slice::from_ref(extra));
                of_extra.and(marker)
            });
            let marker = of_extras.fold(plain, |all, one| all.or(&one));
            if !marker.is_false() {
                self.add(dependency, &marker);
            }
        }
    }
}

/// Adds environments to a set, and says whether it had not all of them.
fn grow(set: &mut Marker, more: &Marker) -> bool {
    let grows = !more.is_subset(set);
    if grows {
        *set = set.or(more);
    }
    grows
}
