//! Dependencies of a test on code that is found by the entry points of distributions: extensions of
//! stevedore, and those that the test names.

use super::subject::{Preference, Subject, preference};
use crate::error::Error;
use crate::graph::entry_points::EntryPointDeclaration;
use crate::graph::module_map::{Locality, Owners};
use crate::graph::target::TargetId;
use crate::graph::targets::Targets;
use crate::kinds::Role;
use buildfile::Data;

/// The field of a test that asks distributions for entry points.
const FIELD: &str = "entry_point_dependencies";

/// Adds the code behind the entry points in the namespaces that a test names, and behind those that
/// its `entry_point_dependencies` ask of distributions.
pub(super) fn add(subject: &mut Subject<'_>) -> Result<(), Error> {
    let (targets, id) = (subject.targets, subject.id);
    for (distribution, entry) in named_entry_points(targets, id)? {
        add_entry(subject, distribution, &entry)?;
    }
    let namespaces = targets.texts(id, "stevedore_namespaces");
    if namespaces.is_empty() {
        return Ok(());
    }
    for distribution in subject.distributions() {
        let entries = targets.entry_points(*distribution);
        if !entries.iter().any(|entry| extends(entry, &namespaces)) {
            continue;
        }
        for entry in entries {
            // Binaries count whatever their group is, as in Pants.
            if entry.target.is_some() || namespaces.contains(&entry.group) {
                add_entry(subject, *distribution, &entry)?;
            }
        }
    }
    Ok(())
}

/// The entry points that a test asks for: by its `entry_point_dependencies`, and by the namespaces of stevedore that it
/// names. Each with its distribution, which is one of `distributions`.
pub(crate) fn wanted_entry_points<'t>(
    targets: &'t Targets<'_>,
    id: TargetId,
    distributions: &[TargetId],
) -> Result<Vec<(TargetId, EntryPointDeclaration<'t>)>, Error> {
    let mut wanted = named_entry_points(targets, id)?;
    let namespaces = targets.texts(id, "stevedore_namespaces");
    if namespaces.is_empty() {
        return Ok(wanted);
    }
    for distribution in distributions {
        let entries = targets.entry_points(*distribution).into_iter();
        let extensions = entries.filter(|entry| extends(entry, &namespaces));
        wanted.extend(extensions.map(|entry| (*distribution, entry)));
    }
    Ok(wanted)
}

/// Whether an entry point is an extension in one of these namespaces.
fn extends(entry: &EntryPointDeclaration<'_>, namespaces: &[&str]) -> bool {
    entry.is_extension && namespaces.contains(&entry.group)
}

/// The entry points that the field `entry_point_dependencies` asks for.
fn named_entry_points<'t>(
    targets: &'t Targets<'_>,
    id: TargetId,
) -> Result<Vec<(TargetId, EntryPointDeclaration<'t>)>, Error> {
    let named = targets.field(id, FIELD);
    let mut found = Vec::new();
    for (address, wanted) in named.and_then(Data::as_dict).into_iter().flatten() {
        let Some(address) = address.as_str() else {
            continue;
        };
        let distribution = targets.named(id, FIELD, address)?;
        if targets.get(distribution).role() != Role::Distribution {
            continue;
        }
        let wanted = wanted.strings();
        let is_wanted = |entry: &EntryPointDeclaration<'_>| {
            wanted.iter().any(|text| match text.split_once('/') {
                Some((group, name)) => group == entry.group && name == entry.name,
                None => *text == "*" || *text == entry.group,
            })
        };
        let entries = targets.entry_points(distribution).into_iter();
        found.extend(entries.filter(is_wanted).map(|entry| (distribution, entry)));
    }
    Ok(found)
}

/// Adds what an entry point of a distribution names.
fn add_entry(
    subject: &mut Subject<'_>,
    distribution: TargetId,
    entry: &EntryPointDeclaration<'_>,
) -> Result<(), Error> {
    let targets = subject.targets;
    if let Some(address) = entry.target {
        let binary = targets.entry_point_target(distribution, address)?;
        subject.found.targets.push(binary);
        return Ok(());
    }
    // The code may belong to any resolve, as that of a distribution may.
    let owners = subject
        .modules()
        .owners(entry.module(), None, Locality::Anywhere);
    match owners {
        Owners::Clear(owners) => subject.found.targets.extend(owners),
        Owners::Ambiguous(owners) => {
            let explicit = targets.explicit(distribution)?;
            if let Preference::One(owner) = preference(targets, &explicit, &owners) {
                subject.found.targets.push(owner);
            }
        }
    }
    Ok(())
}
