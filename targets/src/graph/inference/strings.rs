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

fn is_module(text: &str) -> bool {
    text.split('.').all(|part| {
        let mut characters = part.chars();
        characters
            .next()
            .is_some_and(|c| c.is_alphabetic() || c == '_')
            && characters.all(|c| c.is_alphanumeric() || c == '_')
    })
}
