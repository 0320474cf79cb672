//! Adds news fragments.

use camino::{Utf8Path, Utf8PathBuf};
use changelog::FileTree;
use workspace::files;

use super::{WorkTree, changelog_settings};
use crate::error::GoalError;
use crate::session::Session;

/// Adds a news fragment of this name and section with this text, and gives its path relative to the
/// root. The ending is that of the news file, and a counter comes behind the type where the name is
/// taken.
///
/// # Errors
/// The name has no type, or a section is not known.
pub fn create_fragment(
    session: &Session,
    (name, section): (&str, &str),
    text: &str,
) -> Result<Utf8PathBuf, GoalError> {
    let settings = &changelog_settings(session)?;
    let sections = settings.sections.iter();
    let known: Vec<&str> = sections.clone().map(|(name, _)| name.as_str()).collect();
    let folder = sections.clone().find(|(known, _)| known == section);
    let folder = folder.or_else(|| sections.clone().next().filter(|_| section.is_empty()));
    let (_, folder) = folder.ok_or_else(|| {
        GoalError::misuse(format!("there is no section `{section}`"))
            .hint(format!("sections are {}", known.join(", ")))
    })?;
    let folder = settings.section_folder(folder);
    let ending = Utf8Path::new(&settings.filename)
        .extension()
        .unwrap_or("rst");
    let name = name.strip_suffix(&format!(".{ending}")).unwrap_or(name);
    let types: Vec<&str> = settings
        .types
        .iter()
        .map(|kind| kind.directory.as_str())
        .collect();
    let kind = name.rsplit('.').find(|part| types.contains(part));
    if kind.is_none() || name.contains('/') || name.starts_with('.') {
        return Err(
            GoalError::misuse(format!("`{name}` is not ISSUE.TYPE")).hint(format!(
                "types are {}; as in `123.{}`",
                types.join(", "),
                types[0]
            )),
        );
    }
    // Without an issue the name only has to be one of its own.
    let name = match name.strip_prefix(&format!("{}.", settings.orphan_prefix)) {
        Some(rest) => {
            let own = &model::Sha256::of(text.as_bytes()).to_string()[..8];
            format!("{}{own}.{rest}", settings.orphan_prefix)
        }
        None => name.to_owned(),
    };
    let entries = WorkTree::new(session.root()).list(&folder);
    let entries = entries.map_err(|error| GoalError::file("read", &folder, &error))?;
    let is_taken = |stem: &String| entries.iter().any(|entry| is_named(&entry.name, stem));
    let name = names(&name).find(|name| !is_taken(name)).unwrap_or(name);
    let path = folder.join(format!("{name}.{ending}"));
    let file = session.root().join(&path);
    let made = fs_err::create_dir_all(session.root().join(&folder))
        .and_then(|()| files::replace(&file, &format!("{}\n", text.trim_end())));
    made.map_err(|error| GoalError::file("write", &path, &error))?;
    Ok(path)
}

/// A fragment's name, and those that it may have instead: with the counters that follow.
fn names(name: &str) -> impl Iterator<Item = String> + use<> {
    let counted = name.rsplit_once('.').and_then(|(stem, counter)| {
        let counter: u32 = counter.parse().ok()?;
        stem.contains('.').then_some((stem, counter))
    });
    let (stem, last) = counted.unwrap_or((name, 0));
    let stem = stem.to_owned();
    let others = (last + 1..).map(move |counter| format!("{stem}.{counter}"));
    std::iter::once(name.to_owned()).chain(others)
}

/// Whether a file has this name, with any ending: towncrier does not mind the ending.
fn is_named(file: &str, stem: &str) -> bool {
    match file.strip_prefix(stem) {
        Some("") => true,
        Some(rest) => rest
            .strip_prefix('.')
            .is_some_and(|ending| !ending.contains('.') && ending.parse::<u32>().is_err()),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_a_fragment_may_have() {
        let first = |name: &str| names(name).take(3).collect::<Vec<_>>().join(" ");
        assert_eq!(first("12.feature"), "12.feature 12.feature.1 12.feature.2");
        assert_eq!(
            first("12.feature.3"),
            "12.feature.3 12.feature.4 12.feature.5"
        );
        assert!(is_named("12.feature.md", "12.feature"));
        assert!(is_named("12.feature", "12.feature"));
        assert!(!is_named("12.feature.1.md", "12.feature"));
        assert!(!is_named("12.feature.1", "12.feature"));
        assert!(!is_named("12.features.md", "12.feature"));
    }
}
