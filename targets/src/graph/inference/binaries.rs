//! Dependencies of a binary or distribution on the code that it starts.

use super::subject::Subject;
use crate::error::Error;
use buildfile::Data;

/// Adds the code that a binary starts.
pub(super) fn of_binary(subject: &mut Subject<'_>) -> Result<(), Error> {
    let (targets, id) = (subject.targets, subject.id);
    for field in ["entry_point", "executable", "handler"] {
        let Some(text) = targets.field(id, field).and_then(Data::as_str) else {
            continue;
        };
        let module = match text.split_once(':') {
            Some((module, _)) => module,
            None => text,
        };
        let is_file = module.ends_with(".py") || field == "executable";
        let module = if is_file {
            targets.module_of_file(id, field, module)?
        } else {
            module.to_owned()
        };
        subject.add_owners(&module, &targets.get(id).dir);
    }
    Ok(())
}

/// Adds the code and the binaries that the entry points of a distribution name.
pub(super) fn of_distribution(subject: &mut Subject<'_>) -> Result<(), Error> {
    let (targets, id) = (subject.targets, subject.id);
    for entry in targets.entry_points(id) {
        match entry.target {
            Some(address) => {
                let binary = targets.entry_point_target(id, address)?;
                subject.found.targets.push(binary);
            }
            None => {
                subject.add_owners(entry.module(), &targets.get(id).dir);
            }
        }
    }
    Ok(())
}
