//! What changed settings can have moved by themselves.
//!
//! Other interpreters, platforms and kinds of files move a version that they cannot use, or that the old ones could not,
//! and what is required in one of the two universes only; a rule about pre-releases a pre-release; rules about forks what
//! has several versions; overrides, exclusions and metadata what they name. Where metadata is read otherwise, the same
//! version may require something else.

use std::collections::{BTreeMap, BTreeSet};

use model::{Lock, LockInputs, LockedPackage, Marker, PackageName, Requirement, specifiers_range};

use crate::complete::lacks_files;

/// The projects that the changed settings can have moved.
pub(super) fn moved_by_settings<'a>(from: &'a Lock, to: &'a Lock) -> BTreeSet<&'a PackageName> {
    let LockInputs {
        requirements: _,
        constraints: _,
        overrides,
        excludes,
        interpreter_constraints,
        platforms,
        no_binary,
        only_binary,
        prereleases,
        require_wheels,
        fork_strategy,
        metadata,
        hashed: _,
    } = &from.inputs;
    let now = &to.inputs;
    let mut moved: BTreeSet<&PackageName> = BTreeSet::new();
    let universe =
        *interpreter_constraints != now.interpreter_constraints || *platforms != now.platforms;
    let kinds = *no_binary != now.no_binary
        || *only_binary != now.only_binary
        || *require_wheels != now.require_wheels;
    let locks = [(from, to), (to, from)];
    let packages = || locks.into_iter().flat_map(|(lock, _)| &lock.packages);
    if universe {
        moved.extend(locks.into_iter().flat_map(|(lock, other)| {
            let required = lock
                .inputs
                .requirements
                .iter()
                .chain(&lock.inputs.constraints);
            let (here, there) = (lock.inputs.universe(), other.inputs.universe());
            let only_here = required.filter(move |one| {
                one.marker.is_disjoint(&there) && !one.marker.is_disjoint(&here)
            });
            only_here.map(|one| &one.name)
        }));
    }
    if universe || kinds {
        moved.extend(
            locks
                .into_iter()
                .flat_map(|(lock, other)| unfit(lock, &other.inputs)),
        );
    }
    if *prereleases != now.prereleases {
        let candidates = packages().filter(|package| package.version.any_prerelease());
        moved.extend(candidates.map(|package| &package.name));
    }
    if *fork_strategy != now.fork_strategy {
        moved.extend(locks.into_iter().flat_map(|(lock, _)| forked(lock)));
    }
    moved.extend(in_one_only(excludes, &now.excludes));
    let overridden = in_one_only(overrides, &now.overrides);
    moved.extend(overridden.flat_map(|one| [&one.name, &one.requirement.name]));
    moved.extend(in_one_only(metadata, &now.metadata).map(|one| &one.name));
    let reads_otherwise =
        *overrides != now.overrides || *excludes != now.excludes || *metadata != now.metadata;
    if universe || kinds || reads_otherwise {
        moved.extend(required_otherwise(from, to));
    }
    moved
}

fn in_one_only<'a, T: PartialEq>(from: &'a [T], to: &'a [T]) -> impl Iterator<Item = &'a T> {
    let gone = from.iter().filter(|value| !to.contains(value));
    gone.chain(to.iter().filter(|value| !from.contains(value)))
}

/// The projects of a lock whose version does not do for other inputs: it is not for all of their interpreters, or has no
/// file that they admit somewhere.
fn unfit<'a>(lock: &'a Lock, inputs: &LockInputs) -> Vec<&'a PackageName> {
    let pythons = inputs.interpreter_constraints.range();
    let is_unfit = |package: &&LockedPackage| {
        let admitted = package.requires_python.as_ref().map(specifiers_range);
        admitted.is_some_and(|admitted| !pythons.subset_of(&admitted)) || {
            let mut usable = (*package).clone();
            usable
                .wheels
                .retain(|_| inputs.allows_wheels(&package.name));
            usable.sdist = usable.sdist.filter(|_| inputs.allows_sdists(&package.name));
            lacks_files(&usable, inputs)
        }
    };
    let unfit = lock.packages.iter().filter(is_unfit);
    unfit.map(|package| &package.name).collect()
}

/// The projects with several versions.
fn forked(lock: &Lock) -> impl Iterator<Item = &PackageName> {
    lock.packages
        .iter()
        .map(|package| &package.name)
        .filter(|name| {
            let named = lock.packages.iter().filter(|other| other.name == **name);
            named.count() > 1
        })
}

/// The projects of which the same version of another one requires something else, or nothing.
fn required_otherwise<'a>(from: &'a Lock, to: &'a Lock) -> Vec<&'a PackageName> {
    let key = |package: &'a LockedPackage| (&package.name, &package.version);
    let before: BTreeMap<_, &LockedPackage> = from
        .packages
        .iter()
        .map(|package| (key(package), package))
        .collect();
    let same = to
        .packages
        .iter()
        .filter_map(|package| Some((*before.get(&key(package))?, package)));
    // Further extras are asked for by a requirement.
    let same = same.filter(|(before, now)| before.extras == now.extras);
    let required = |package: &'a LockedPackage| {
        let requirements = package.dependencies.iter();
        let texts = requirements.map(|one| {
            (
                Requirement {
                    marker: Marker::TRUE,
                    ..one.clone()
                }
                .to_string(),
                &one.name,
            )
        });
        texts.collect::<BTreeSet<_>>()
    };
    let differences = same.flat_map(|(before, now)| {
        let (before, now) = (required(before), required(now));
        before
            .symmetric_difference(&now)
            .map(|(_, name)| *name)
            .collect::<Vec<_>>()
    });
    differences.collect()
}

#[cfg(test)]
mod tests {
    use model::{ForkStrategy, InterpreterConstraints, PackageSet, Platform, PrereleasePolicy};

    use super::*;
    use crate::diff::{Cause, diff};
    use crate::fixtures::small;

    /// The projects whose other version changed inputs explain, between two locks of `a` and `other`.
    #[track_caller]
    fn check(from: &[&str], to: &[&str], edit: impl Fn(&mut LockInputs), expect: &[&str]) {
        let requirements = ["a", "other", "w ; sys_platform == 'win32'"];
        let (from, mut to) = (small(&requirements, from), small(&requirements, to));
        edit(&mut to.inputs);
        let excused = diff(&from, &to).packages.into_iter().filter(|package| {
            let of_inputs = matches!(package.cause, Cause::Input { .. } | Cause::Settings(_));
            of_inputs && package.change.to_string().contains("->")
        });
        let names: Vec<String> = excused.map(|package| package.name.to_string()).collect();
        assert_eq!(names, expect);
    }

    fn only(name: &str) -> PackageSet {
        PackageSet::Names([name.parse().unwrap()].into())
    }

    type Edit = Box<dyn Fn(&mut LockInputs)>;

    fn edits() -> Vec<Edit> {
        vec![
            Box::new(|i| i.platforms = vec![Platform::LinuxX86_64]),
            Box::new(|i| i.require_wheels = true),
            Box::new(|i| i.fork_strategy = ForkStrategy::Fewest),
            Box::new(|i| i.no_binary = only("other")),
            Box::new(|i| i.only_binary = only("other")),
            Box::new(|i| i.only_binary = PackageSet::All),
            Box::new(|i| i.metadata = vec![metadata("other", &[])]),
            Box::new(|i| i.excludes = vec!["gone".parse().unwrap()]),
            Box::new(|i| i.prereleases = PrereleasePolicy::Allow),
            Box::new(|i| {
                i.interpreter_constraints =
                    InterpreterConstraints::parse(&["CPython>=3.11,<3.14"]).unwrap();
            }),
        ]
    }

    fn metadata(name: &str, requirements: &[&str]) -> model::MetadataOverride {
        let requirements = requirements.iter().map(|one| one.parse().unwrap());
        model::MetadataOverride {
            name: name.parse().unwrap(),
            version: None,
            requires_dist: requirements.collect(),
            requires_python: None,
            provides_extra: Vec::new(),
        }
    }

    #[test]
    fn no_setting_excuses_an_upgrade_of_something_else() {
        for edit in edits() {
            check(
                &["a 1 : b", "b 1", "other 1"],
                &["a 1 : b", "b 2", "other 1"],
                edit,
                &[],
            );
        }
    }

    /// Files that settings leave out are no other files, and those that somebody exchanged are.
    #[test]
    fn files_that_settings_leave_out() {
        let with = |files: &str| {
            let mut lock = small(&["a"], &["a 1"]);
            let file = |name: &str, hash: u8| model::DistFile {
                filename: name.to_owned(),
                sha256: Some(model::Sha256::of(&[hash])),
                ..lock.packages[0].wheels[0].clone()
            };
            let (kinds, hash) = (files.trim_end_matches('!'), u8::from(files.ends_with('!')));
            let sdist = kinds.contains('s').then(|| file("a-1.tar.gz", hash));
            let names = [
                ('l', "a-1-cp312-cp312-manylinux_2_17_x86_64.whl"),
                ('w', "a-1-cp312-cp312-win_amd64.whl"),
            ];
            let names = names.iter().filter(|(kind, _)| kinds.contains(*kind));
            let wheels = names.map(|(_, name)| file(name, hash)).collect();
            lock.packages[0].sdist = sdist;
            lock.packages[0].wheels = wheels;
            lock
        };
        let alarms = |from: &str, to: &str, edit: &dyn Fn(&mut LockInputs)| {
            let (from, mut to) = (with(from), with(to));
            edit(&mut to.inputs);
            let back = diff(&to, &from).packages.len();
            let there = diff(&from, &to).packages.len();
            assert_eq!(there, back);
            there
        };
        let on_linux = |i: &mut LockInputs| i.platforms = vec![Platform::LinuxX86_64];
        let wheels = |i: &mut LockInputs| i.only_binary = PackageSet::All;
        let sources = |i: &mut LockInputs| i.no_binary = only("a");
        assert_eq!(alarms("slw", "sl", &on_linux), 0);
        assert_eq!(alarms("slw", "lw", &wheels), 0);
        assert_eq!(alarms("slw", "lw", &|i| i.require_wheels = true), 0);
        assert_eq!(alarms("slw", "s", &sources), 0);
        assert_eq!(alarms("slw", "l", &on_linux), 1);
        assert_eq!(alarms("slw", "sl!", &on_linux), 1);
        assert_eq!(alarms("slw", "sw", &|_| ()), 1);
    }

    #[test]
    fn what_settings_move_and_what_follows() {
        // Version 1 has a wheel alone.
        check(
            &["a 1 : b", "b 1", "other 1"],
            &["a 1 : b", "b 2 : other>1", "other 2"],
            |i| i.no_binary = only("b"),
            &["b", "other"],
        );
        // What held it down is needed on Windows alone.
        check(
            &[
                "a 1 : b",
                "b 1",
                "other 1",
                "w 1 ; sys_platform == 'win32' : b<2",
            ],
            &["a 1 : b", "b 2", "other 1"],
            |i| i.platforms = vec![Platform::LinuxX86_64],
            &["b"],
        );
        // The same version requires something else.
        check(
            &["a 1 : b", "b 1", "other 1"],
            &["a 1 : b>1", "b 2", "other 2"],
            |i| i.metadata = vec![metadata("a", &["b>1"])],
            &["b"],
        );
    }
}
