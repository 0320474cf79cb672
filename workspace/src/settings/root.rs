//! Finding the repository's root.

use camino::{Utf8Path, Utf8PathBuf};

use super::document::{SettingsDocument, read_if_there};
use super::error::{SettingsError, SettingsProblem};

/// The nearest folder, from `start` upwards, with settings in it.
///
/// Settings are a `pants.toml`, a `Cargo.toml` that has `[workspace.metadata.xtask]`, or a
/// `pyproject.toml` that has `[tool.xtask]`. Where there are none, the projects of a repository say
/// what its root is.
///
/// # Errors
/// Where there is none, or a `Cargo.toml` on the way is not TOML.
pub fn find_root(start: &Utf8Path) -> Result<Utf8PathBuf, SettingsError> {
    for folder in start.ancestors() {
        if has_settings(folder)? {
            return Ok(folder.to_owned());
        }
    }
    let of_projects = root_of_projects(start)?;
    of_projects.ok_or_else(|| SettingsError::whole(start, SettingsProblem::NoRoot))
}

/// The root of a repository without settings: that of the uv workspace, else the top of the repository
/// of git if it has projects or requirements, else the nearest folder that has.
fn root_of_projects(start: &Utf8Path) -> Result<Option<Utf8PathBuf>, SettingsError> {
    let top = start
        .ancestors()
        .find(|folder| folder.join(".git").exists());
    let inner = |folder: &&Utf8Path| top.is_none_or(|top| folder.starts_with(top));
    for folder in start.ancestors().take_while(inner) {
        let text = read_if_there(&folder.join("pyproject.toml"))?.unwrap_or_default();
        if is_uv_root(&text) {
            return Ok(Some(folder.to_owned()));
        }
    }
    let mut inside = start.ancestors().take_while(inner);
    let nearest = inside.find(|folder| holds_projects(folder, 0));
    Ok(match top {
        Some(top) => {
            let found = nearest.is_some() || holds_projects(top, DEPTH);
            found.then(|| top.to_owned())
        }
        None => nearest
            .or_else(|| holds_projects(start, DEPTH).then_some(start))
            .map(Utf8Path::to_owned),
    })
}

/// How many folders deep projects are looked for.
const DEPTH: usize = 3;

/// Whether a folder has a project or requirements, or one of those below it.
fn holds_projects(folder: &Utf8Path, depth: usize) -> bool {
    let has = |name: &str| folder.join(name).is_file();
    if ["pyproject.toml", "requirements.txt", "requirements.in"]
        .into_iter()
        .any(has)
    {
        return true;
    }
    let below = folder.read_dir_utf8().into_iter().flatten().flatten();
    depth > 0
        && below
            .filter(|entry| !entry.file_name().starts_with('.'))
            .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
            .any(|entry| holds_projects(entry.path(), depth - 1))
}

fn is_uv_root(text: &str) -> bool {
    let document = toml_edit::Document::parse(text).ok();
    let uv = document
        .as_ref()
        .and_then(|document| document.get("tool")?.get("uv"));
    uv.is_some_and(|uv| uv.get("workspace").is_some())
}

fn has_settings(folder: &Utf8Path) -> Result<bool, SettingsError> {
    if folder.join("pants.toml").is_file() {
        return Ok(true);
    }
    for name in ["Cargo.toml", "pyproject.toml"] {
        // Only who writes our table is told that a file of others is no TOML.
        let text = read_if_there(&folder.join(name))?;
        let Some(text) = text.filter(|text| text.contains("xtask")) else {
            continue;
        };
        if SettingsDocument::parse(folder.join(name), text)?
            .our_table()
            .is_some()
        {
            return Ok(true);
        }
    }
    Ok(false)
}
