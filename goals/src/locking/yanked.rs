//! What is locked though an index withdrew it (PEP 592): a requirement by `==` admits it, of the
//! user or of a release, or the lock had it before.

use std::fmt;
use std::sync::Arc;

use lockfile::Lock;
use model::{LockInputs, LockedPackage, Operator, PackageName, Requirement, Version};

use super::inputs::ResolveDeclaration;

/// A package that was withdrawn.
#[derive(Debug)]
pub(super) struct YankedPackage {
    name: PackageName,
    version: Version,
    /// Why, maybe without words.
    reason: String,
    cause: YankedCause,
}

/// Why it is locked all the same.
#[derive(Debug)]
enum YankedCause {
    /// A requirement or constraint in this file, on this line, names exactly this version.
    Named(Arc<str>, usize),
    /// An override does.
    Overridden,
    /// A release does.
    Required(PackageName, Version),
    /// The lock had it.
    Kept,
}

/// The packages of `lock` that were withdrawn.
pub(super) fn packages(lock: &Lock, declared: &ResolveDeclaration) -> Vec<YankedPackage> {
    let yanked = lock.packages.iter().filter_map(|package| {
        let cause = cause(package, lock, declared);
        let mut files = package.sdist.iter().chain(&package.wheels);
        // A release of which some files are left is chosen for these.
        if matches!(cause, YankedCause::Kept) && files.any(|file| file.yanked.is_none()) {
            return None;
        }
        Some(YankedPackage {
            name: package.name.clone(),
            version: package.version.clone(),
            reason: lockfile::yanked(package)?.to_owned(),
            cause,
        })
    });
    yanked.collect()
}

fn cause(package: &LockedPackage, lock: &Lock, declared: &ResolveDeclaration) -> YankedCause {
    let inputs = &declared.inputs;
    let mut named = inputs.requirements.iter().chain(&inputs.constraints);
    if let Some(requirement) = named.find(|one| names_exactly(one, package))
        && let Some(place) = declared.place(requirement)
    {
        return YankedCause::Named(Arc::clone(&place.path), place.line);
    }
    let mut overrides = inputs.overrides.iter().map(|one| &one.requirement);
    if overrides.any(|one| names_exactly(one, package)) {
        return YankedCause::Overridden;
    }
    let names_it = |requirer: &&LockedPackage| {
        let mut dependencies = requirer.dependencies.iter();
        dependencies.any(|one| names_exactly(one, package))
            && !requirer.marker.is_disjoint(&package.marker)
    };
    match lock.packages.iter().find(names_it) {
        Some(requirer) => YankedCause::Required(requirer.name.clone(), requirer.version.clone()),
        None => YankedCause::Kept,
    }
}

/// Whether a requirement, constraint or override names exactly this version.
pub(super) fn is_named(package: &LockedPackage, inputs: &LockInputs) -> bool {
    let overrides = inputs.overrides.iter().map(|one| &one.requirement);
    let named = inputs.requirements.iter().chain(&inputs.constraints);
    let mut named = named.chain(overrides);
    named.any(|one| names_exactly(one, package))
}

fn names_exactly(requirement: &Requirement, package: &LockedPackage) -> bool {
    let specifiers = requirement.specifiers().into_iter();
    let mut exact = specifiers
        .flat_map(|all| all.iter())
        .filter(|one| matches!(one.operator(), Operator::Equal | Operator::ExactEqual));
    requirement.name == package.name && exact.any(|one| one.contains(&package.version))
}

impl fmt::Display for YankedPackage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            version,
            reason,
            cause,
        } = self;
        write!(f, "{name} {version} was yanked")?;
        if !reason.is_empty() {
            write!(f, ": {reason}")?;
        }
        match cause {
            YankedCause::Named(path, line) => {
                write!(f, " ({path}:{line} names exactly this version)")
            }
            YankedCause::Required(name, version) => {
                write!(f, " ({name} {version} requires exactly this version)")
            }
            YankedCause::Overridden => f.write_str(" (an override names exactly this version)"),
            YankedCause::Kept => write!(
                f,
                " (the lock had it: `--upgrade-package {name}` chooses another)"
            ),
        }
    }
}
