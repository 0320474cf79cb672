//! Adds news fragments.

use camino::{Utf8Path, Utf8PathBuf};
use workspace::files;

use super::changelog;
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
    let source = changelog(session)?;
    let settings = &source.settings;
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
    let paths = std::iter::once(folder.join(format!("{name}.{ending}")))
        .chain((1..).map(|at: u32| folder.join(format!("{name}.{at}.{ending}"))));
    let free = |path: &Utf8PathBuf| !session.root().join(path).exists();
    let Some(path) = paths.into_iter().find(free) else {
        return Err(GoalError::failure("there is no free name"));
    };
    let file = session.root().join(&path);
    let made = fs_err::create_dir_all(session.root().join(&folder))
        .and_then(|()| files::replace(&file, &format!("{}\n", text.trim_end())));
    made.map_err(|error| GoalError::file("write", &path, &error))?;
    Ok(path)
}
