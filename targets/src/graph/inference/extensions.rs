//! Dependencies of a test on extensions, which stevedore finds by the entry points of
//! distributions.

use super::subject::{Preference, Subject, preference};
use crate::error::Error;
use crate::graph::module_map::{Locality, Owners};

/// Adds the code behind the entry points in the namespaces that a test names.
pub(super) fn add(subject: &mut Subject<'_>) -> Result<(), Error> {
    let targets = subject.targets;
    let namespaces = targets.texts(subject.id, "stevedore_namespaces");
    if namespaces.is_empty() {
        return Ok(());
    }
    for distribution in subject.distributions() {
        let entries = targets.entry_points(*distribution);
        let mut groups = entries.iter();
        if !groups.any(|entry| entry.is_extension && namespaces.contains(&entry.group)) {
            continue;
        }
        for entry in entries {
            if let Some(address) = entry.target {
                let binary = targets.entry_point_target(*distribution, address)?;
                subject.found.targets.push(binary);
            } else if namespaces.contains(&entry.group) {
                // The code may belong to any resolve, as that of a distribution may.
                let owners = subject
                    .modules()
                    .owners(entry.module(), None, Locality::Anywhere);
                match owners {
                    Owners::Clear(owners) => subject.found.targets.extend(owners),
                    Owners::Ambiguous(owners) => {
                        let explicit = targets.explicit(*distribution)?;
                        if let Preference::One(owner) = preference(targets, &explicit, &owners) {
                            subject.found.targets.push(owner);
                        }
                    }
                }
            }
        }
    }
    Ok(())
}
