//! A settings file: its TOML, and its text, so that places in it can be shown.

use std::io::ErrorKind;
use std::ops::Range;

use camino::{Utf8Path, Utf8PathBuf};
use model::Place;
use toml_edit::TableLike;

use super::error::{SettingsError, SettingsProblem};
use super::flag::{COMMAND_LINE, SettingFlag};

/// The settings file that has nothing but our sections, and counts more than the others.
pub const OWN_FILE: &str = "xtask.toml";

/// A TOML file with its text, so that places in it can be shown.
pub(super) struct SettingsDocument {
    pub(super) path: Utf8PathBuf,
    text: String,
    pub(super) toml: toml_edit::Document<String>,
}

impl SettingsDocument {
    pub(super) fn parse(path: Utf8PathBuf, text: String) -> Result<Self, SettingsError> {
        match toml_edit::Document::parse(text.clone()) {
            Ok(toml) => Ok(Self { path, text, toml }),
            Err(error) => {
                let problem = SettingsProblem::Syntax(error.message().to_owned());
                Err(match error.span() {
                    Some(span) => SettingsError::at(&path, &text, span, problem),
                    None => SettingsError::whole(&path, problem),
                })
            }
        }
    }

    /// What was typed, so that an error can show it; nothing in it is TOML.
    pub(super) fn of_flag(flag: &SettingFlag) -> Result<Self, SettingsError> {
        let mut document = Self::parse(COMMAND_LINE.into(), String::new())?;
        document.text.clone_from(&flag.text);
        Ok(document)
    }

    /// A variable, so that an error can show it; nothing in it is TOML.
    pub(super) fn of_variable(text: &str) -> Result<Self, SettingsError> {
        let mut document = Self::parse("the environment".into(), String::new())?;
        text.clone_into(&mut document.text);
        Ok(document)
    }

    /// `[workspace.metadata.xtask]` of a `Cargo.toml`, `[tool.xtask]` of a `pyproject.toml`; the whole file
    /// where it is ours alone.
    pub(super) fn our_table(&self) -> Option<&dyn TableLike> {
        let keys: &[&str] = match self.path.file_name() {
            Some(OWN_FILE) => return Some(self.toml.as_table()),
            Some("pyproject.toml") => &["tool", "xtask"],
            _ => &["workspace", "metadata", "xtask"],
        };
        keys.iter()
            .try_fold(self.toml.as_item(), |item, name| item.get(name))?
            .as_table_like()
    }

    pub(super) fn error(&self, span: Range<usize>, problem: SettingsProblem) -> SettingsError {
        SettingsError::at(&self.path, &self.text, span, problem)
    }

    /// Whether a word is somewhere in the text.
    pub(super) fn mentions(&self, word: &str) -> bool {
        self.text.contains(word)
    }

    pub(super) fn line(&self, span: Range<usize>) -> usize {
        Place::span(self.path.as_str(), &self.text, span).line
    }
}

/// The text of a file, or `None` where there is no such file.
pub(super) fn read_if_there(path: &Utf8Path) -> Result<Option<String>, SettingsError> {
    match crate::files::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(SettingsError::whole(
            path,
            SettingsProblem::Unreadable(error),
        )),
    }
}
