//! A release's notes go into the news file.

use camino::Utf8Path;

use super::error::ChangelogError;
use super::python;
use super::render::ReleaseNotes;
use super::settings::{ChangelogSettings, FileLayout};
use super::towncrier_version::TowncrierVersion;

/// The news file with the release's notes in it, put after the start string or at the top.
///
/// `old` is the file's present content, if there is such a file. What comes out is the whole new
/// content. Line ends of the old file become `\n`.
///
/// # Errors
/// The file is not UTF-8, or has a release with this very title.
pub fn prepend(
    settings: &ChangelogSettings,
    path: &Utf8Path,
    old: Option<&[u8]>,
    notes: &ReleaseNotes,
) -> Result<String, ChangelogError> {
    let old = match (settings.layout, old) {
        (FileLayout::PerRelease, _) | (_, None) => String::new(),
        (FileLayout::Single, Some(bytes)) => std::str::from_utf8(bytes)
            .map(
                |text| match settings.towncrier < TowncrierVersion::of(21, 3) {
                    true => text.to_owned(),
                    false => python::read_text(text.as_bytes()),
                },
            )
            .map_err(|_| ChangelogError::NotUtf8 {
                path: path.to_owned(),
            })?,
    };
    let (header, raw) = match old.split_once(&settings.start_string) {
        Some((head, body)) => {
            let header = format!("{}\n\n{}\n", python::rstrip(head), settings.start_string);
            (header, body)
        }
        None => (String::new(), old.as_str()),
    };
    let body = python::lstrip(raw);
    if !notes.title.is_empty() && body.contains(&notes.title) {
        return Err(ChangelogError::AlreadyThere {
            path: path.to_owned(),
            title: notes.title.clone(),
        });
    }
    if settings.towncrier < TowncrierVersion::of(23, 10) {
        let gap = match settings.towncrier < TowncrierVersion::of(22, 12) {
            true => !raw.is_empty(),
            false => !body.is_empty(),
        };
        let gap = if gap { "\n\n" } else { "" };
        return Ok(format!("{header}{}{gap}{body}", notes.text));
    }
    Ok(match body.is_empty() {
        true => format!("{header}{}\n", python::rstrip(&notes.text)),
        false => format!("{header}{}{body}", notes.text),
    })
}
