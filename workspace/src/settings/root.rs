//! Finding the repository's root.

use camino::{Utf8Path, Utf8PathBuf};

use super::document::{SettingsDocument, read_if_there};
use super::error::{SettingsError, SettingsProblem};

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
