//! Dependencies of definitions of which Python modules are generated: the files that they include, and
//! the libraries that the modules import.

use super::subject::{Preference, Subject};
use crate::error::{Error, GraphWarning};
use crate::graph::definitions::Definition;

/// Adds what a file of definitions includes, and what its modules need.
pub(super) fn add(subject: &mut Subject<'_>, definition: Definition) -> Result<(), Error> {
    let (targets, id) = (subject.targets, subject.id);
    let Some(path) = &subject.target().source else {
        return Ok(());
    };
    // A file that is not there was warned of.
    let text = targets.repository().read(path).unwrap_or_default();
    for included in definition.included(&text) {
        match subject.definitions().owners(included) {
            [one] => subject.found.targets.push(*one),
            owners => {
                if let Preference::One(owner) = subject.preference(owners) {
                    subject.found.targets.push(owner);
                }
            }
        }
    }
    for (module, project) in definition.libraries(targets, id) {
        let resolve = targets.python_resolve(id);
        match subject
            .modules()
            .requirements_of(module, resolve)
            .as_slice()
        {
            [one] => subject.found.targets.push(*one),
            [] => {
                let message = format!(
                    "the modules that are generated of `{path}` import `{module}`, which no requirement provides"
                );
                let place = targets.place(id, "source");
                subject.found.warnings.push(
                    GraphWarning::new(message, Some(place))
                        .hint(format!("require `{project}` in the same resolve")),
                );
            }
            _ => {}
        }
    }
    Ok(())
}
