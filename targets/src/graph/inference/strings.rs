//! Dependencies on what texts in a source name: modules, resources and files.

use model::RepoPath;

use super::subject::Subject;
use crate::graph::target::TargetId;
use crate::imports::Imports;
use crate::kinds::Content;
use crate::options::Switch;
use crate::tree::join;

/// Adds what the texts of a source name.
pub(super) fn add(subject: &mut Subject<'_>, path: &str, imports: &Imports) {
    let infer = subject.infer();
    let dir = RepoPath::new(path).folder();
    for (text, _) in &imports.strings {
        let dots = text.matches('.').count();
        if infer.string_imports == Switch::On
            && dots >= infer.string_imports_min_dots
            && is_module(text)
        {
            subject.add_owners(text, dir);
        }
        let name = text.rsplit('/').next();
        if infer.assets == Switch::On
            && text.matches('/').count() >= infer.assets_min_slashes
            && name.is_some_and(|name| name.contains('.'))
        {
            let asset = asset(subject, dir, text);
            subject.found.targets.extend(asset);
        }
    }
}

/// The resource beside a source, or the file from the root, that a text names.
fn asset(subject: &Subject<'_>, dir: &str, text: &str) -> Option<TargetId> {
    let of = |path: &str, content: Content| {
        let mut owners = subject.targets.owners_of_file(path);
        owners.retain(|id| subject.targets.get(*id).is_file_of(content));
        owners
    };
    let mut found = of(&join(dir, text), Content::Resource);
    found.extend(of(text, Content::File));
    match found.as_slice() {
        [one] => Some(*one),
        _ => None,
    }
}

/// Whether a text looks like a module, as Pants has it: packages in lower case, then a name.
fn is_module(text: &str) -> bool {
    let (packages, name) = match text.rsplit_once('.') {
        Some((packages, name)) => (Some(packages), name),
        None => (None, text),
    };
    let is_lower = |c: char| c.is_ascii_lowercase() || c == '_';
    // What begins with a dot has an empty package, which is none.
    packages
        .into_iter()
        .flat_map(|packages| packages.split('.'))
        .all(|package| {
            package.starts_with(is_lower)
                && package.chars().all(|c| is_lower(c) || c.is_ascii_digit())
        })
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_alphanumeric() || c == '_')
}
