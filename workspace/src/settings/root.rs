//! Finding the repository's root.

use std::io::ErrorKind;

use camino::{Utf8Path, Utf8PathBuf};

use super::error::{SettingsError, SettingsProblem};
use super::reader::SettingsDocument;

/// The nearest folder, from `start` upwards, with settings in it.
///
/// Settings are a `pants.toml`, or a `Cargo.toml` that has `[workspace.metadata.xtask]`.
///
/// # Errors
/// Where there is none, or a `Cargo.toml` on the way is not TOML.
pub fn find_root(start: &Utf8Path) -> Result<Utf8PathBuf, SettingsError> {
    for folder in start.ancestors() {
        if has_settings(folder)? {
            return Ok(folder.to_owned());
        }
    }
    Err(SettingsError::whole(start, SettingsProblem::NoRoot))
}

fn has_settings(folder: &Utf8Path) -> Result<bool, SettingsError> {
    if folder.join("pants.toml").is_file() {
        return Ok(true);
    }
    let Some(text) = read_if_there(&folder.join("Cargo.toml"))? else {
        return Ok(false);
    };
    let document = SettingsDocument::parse(folder.join("Cargo.toml"), text)?;
    Ok(document.our_table().is_some())
}

/// The text of a file, or `None` where there is no such file.
pub(super) fn read_if_there(path: &Utf8Path) -> Result<Option<String>, SettingsError> {
    match fs_err::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(SettingsError::whole(
            path,
            SettingsProblem::Unreadable(error),
        )),
    }
}
