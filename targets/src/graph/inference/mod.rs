//! Infers dependencies: from imports, entry points, and `__init__.py` and `conftest.py` files above
//! a source.

mod ancestors;
mod binaries;
mod definitions;
mod extensions;
mod images;
mod imports;
mod named_files;
mod strings;
mod subject;

use model::RepoPath;

use crate::error::Error;
use crate::graph::definitions::Definition;
use crate::imports::Strings;
use crate::kinds::{Content, Role};
use crate::options::{InitFiles, Switch};
pub(crate) use extensions::wanted_entry_points;
pub(crate) use subject::{DirectDependencies, Inference, Subject};

/// Everything that a target depends on: what its fields say, and what is inferred. What its
/// `dependencies` ignore is left out.
///
/// # Errors
/// A dependency that leads nowhere, a source that cannot be read.
pub(crate) fn direct_dependencies(
    mut subject: Subject<'_>,
    platform: &str,
) -> Result<DirectDependencies, Error> {
    let (targets, id, explicit) = (subject.targets, subject.id, subject.explicit);
    let target = subject.target();
    subject.found.targets.extend(&explicit.includes);
    subject.found.targets.extend(targets.special(id)?);
    if target.role() == Role::PlatformResources {
        let picked = targets.on_platform(id, platform)?;
        subject.found.targets.extend(picked);
    }
    if target.is_python() {
        of_source(&mut subject)?;
        extensions::add(&mut subject)?;
    } else if let Some(definition) = Definition::of(target) {
        definitions::add(&mut subject, definition)?;
    } else if target.is_file_of(Content::Dockerfile) {
        images::add(&mut subject);
    } else if subject.infer().entry_points == Switch::On {
        match target.role() {
            Role::Binary | Role::Function => binaries::of_binary(&mut subject)?,
            Role::Distribution => binaries::of_distribution(&mut subject)?,
            _ => {}
        }
    }
    let files = targets.requirement_files_of(id);
    subject.found.targets.extend(files);
    let mut found = subject.found;
    found.targets.sort_unstable();
    found.targets.dedup();
    found
        .targets
        .retain(|other| !explicit.ignores.contains(other));
    Ok(found)
}

/// Adds the dependencies that follow from the text and the path of a Python source.
fn of_source(subject: &mut Subject<'_>) -> Result<(), Error> {
    let Some(path) = &subject.target().source else {
        return Ok(());
    };
    let infer = subject.infer();
    let strings = match (infer.string_imports, infer.assets) {
        (Switch::Off, Switch::Off) => Strings::Skip,
        _ => Strings::Collect,
    };
    if infer.imports == Switch::On || strings == Strings::Collect {
        imports::add(subject, path, strings)?;
    }
    let dir = RepoPath::new(path).folder();
    if infer.init_files != InitFiles::Never {
        ancestors::add_init_files(subject, dir);
    }
    if infer.conftests == Switch::On {
        ancestors::add_conftests(subject, dir)?;
    }
    Ok(())
}
