//! Dependencies on files that a comment in a source names: `# pants: infer-dep(data/*.json)`.

use super::subject::Subject;
use crate::error::{Error, GraphWarning};
use crate::globs::Glob;
use crate::tree::join;
use model::{Place, RepoPath};

/// Adds the owners of the files that a comment in the source at `path` names: from its folder, or from
/// the root where it begins with a slash.
///
/// # Errors
/// It names what lies outside the repository.
pub(super) fn add(
    subject: &mut Subject<'_>,
    path: &str,
    (named, place): (&str, &dyn Fn() -> Place),
) -> Result<(), Error> {
    let folder = match named.starts_with('/') {
        true => "",
        false => RepoPath::new(path).folder(),
    };
    let Some(pattern) = below(folder, named) else {
        return Err(Error::Invalid {
            message: format!("`# pants: infer-dep({named})` names what is not in the repository"),
            place: place(),
            hint: Some(
                "a path counts from the folder of the source, or with `/` in front from the root"
                    .to_owned(),
            ),
        });
    };
    let glob = Glob::new(&pattern);
    let inside = glob.literal_folders();
    let tree = subject.targets.repository().tree();
    let files = tree.below(&inside).flat_map(|dir| {
        let files = dir.files.iter().map(|file| join(&dir.path, file));
        files.filter(|file| file != path && glob.is_match(file))
    });
    let files: Vec<String> = files.collect();
    let owners = files.iter();
    let owners = owners.flat_map(|file| subject.targets.owners_of_file(file));
    let owners: Vec<_> = owners.collect();
    if owners.is_empty() {
        let (what, hint) = match files.first() {
            None => (
                "there is no such file".to_owned(),
                "mend the path, or remove the comment",
            ),
            Some(file) => (
                format!("no target has `{file}`"),
                "add it to the sources of a target, such as a `resource`",
            ),
        };
        let message = format!("`# pants: infer-dep({named})` adds nothing: {what}");
        let warning = GraphWarning::new(message, Some(place())).hint(hint);
        subject.found.warnings.push(warning);
    }
    subject.found.targets.extend(owners);
    Ok(())
}

/// A pattern that counts from a folder, from the root on; `None` where it leads out.
fn below(folder: &str, named: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in named.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}
