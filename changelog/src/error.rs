//! What can be wrong with a changelog's settings, template and fragments.

use camino::{Utf8Path, Utf8PathBuf};
use thiserror::Error;

use super::python::FormatError;

/// Why no changelog could be made.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ChangelogError {
    /// The settings' file is not TOML.
    #[error("{file}:{line}:{column}: not TOML: {message}")]
    Toml {
        /// The file, relative to the root.
        file: Utf8PathBuf,
        /// From 1.
        line: usize,
        /// From 1, in characters.
        column: usize,
        /// The parser's words.
        message: String,
    },
    /// A setting has a value of the wrong kind.
    #[error("{file}:{line}: [tool.towncrier] `{key}` must be {expected}")]
    Setting {
        /// The file, relative to the root.
        file: Utf8PathBuf,
        /// From 1.
        line: usize,
        /// The setting.
        key: String,
        /// What may stand there.
        expected: String,
    },
    /// A template named by package and resource that is not one of towncrier's own.
    #[error(
        "{file}: towncrier has no template `{template}`, and templates of other Python packages cannot be read"
    )]
    UnknownTemplate {
        /// The settings' file, relative to the root.
        file: Utf8PathBuf,
        /// The setting's value.
        template: String,
    },
    /// The template's file is not there.
    #[error("{file}: the template `{template}` does not exist")]
    MissingTemplate {
        /// The settings' file, relative to the root.
        file: Utf8PathBuf,
        /// The setting's value.
        template: Utf8PathBuf,
    },
    /// A format string cannot be filled in.
    #[error("{file}: [tool.towncrier] `{key}` is `{pattern}`: {source}")]
    Format {
        /// The settings' file, relative to the root.
        file: Utf8PathBuf,
        /// The setting.
        key: &'static str,
        /// Its value.
        pattern: String,
        /// What is wrong with it.
        source: FormatError,
    },
    /// A file among the fragments whose name says neither issue nor type.
    #[error(
        "{path}: not the name of a news fragment; expected ISSUE.TYPE or ISSUE.TYPE.md with TYPE one of {types}"
    )]
    FragmentName {
        /// The file, relative to the root.
        path: Utf8PathBuf,
        /// The known types, with commas.
        types: String,
    },
    /// A fragment that is no file: its text would be missing in the notes.
    #[error("{path}: a folder or a link to nothing, and not a file with news")]
    NoFile {
        /// The fragment.
        path: Utf8PathBuf,
    },
    /// An issue that the settings' pattern does not admit.
    #[error("{path}: issue `{issue}` does not match the pattern `{pattern}`")]
    IssueName {
        /// The fragment.
        path: Utf8PathBuf,
        /// The part of its name.
        issue: String,
        /// `issue_pattern`.
        pattern: String,
    },
    /// `issue_pattern` is not a regular expression.
    #[error("{file}: [tool.towncrier] `issue_pattern`: {message}")]
    IssuePattern {
        /// The settings' file, relative to the root.
        file: Utf8PathBuf,
        /// The parser's words.
        message: String,
    },
    /// Two fragments with the same issue, type and counter.
    #[error(
        "{second}: says the same issue and type as {first}; put a counter behind the type, as in 12.fix.1.md"
    )]
    Duplicate {
        /// The fragment that came first.
        first: Utf8PathBuf,
        /// The other.
        second: Utf8PathBuf,
    },
    /// The template cannot be parsed or fails.
    #[error("{template}:{line}: {message}")]
    Template {
        /// The template, relative to the root, or its name.
        template: String,
        /// From 1.
        line: usize,
        /// The engine's words.
        message: String,
    },
    /// The news file has this release's title already.
    #[error("{path}: already has the release `{title}`")]
    AlreadyThere {
        /// The news file.
        path: Utf8PathBuf,
        /// The heading found.
        title: String,
    },
    /// The news file is not UTF-8.
    #[error("{path}: not UTF-8")]
    NotUtf8 {
        /// The news file.
        path: Utf8PathBuf,
    },
    /// No such release in the changelog.
    #[error("{path}: no heading names version {version}")]
    NoSuchRelease {
        /// The news file.
        path: Utf8PathBuf,
        /// The version asked for.
        version: String,
    },
}

impl ChangelogError {
    /// The file that is wrong, relative to the root, with line and column from 1; 0 for all of it.
    pub fn place(&self) -> (&Utf8Path, usize, usize) {
        match self {
            Self::Toml {
                file, line, column, ..
            } => (file, *line, *column),
            Self::Setting { file, line, .. } => (file, *line, 0),
            Self::UnknownTemplate { file, .. }
            | Self::MissingTemplate { file, .. }
            | Self::Format { file, .. }
            | Self::IssuePattern { file, .. } => (file, 0, 0),
            Self::Template { template, line, .. } => (Utf8Path::new(template), *line, 0),
            Self::Duplicate { second, .. } => (second, 0, 0),
            Self::FragmentName { path, .. }
            | Self::NoFile { path }
            | Self::IssueName { path, .. }
            | Self::AlreadyThere { path, .. }
            | Self::NotUtf8 { path }
            | Self::NoSuchRelease { path, .. } => (path, 0, 0),
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Setting { .. } | Self::Format { .. } => {
                "towncrier's documentation lists the settings and their fields".to_owned()
            }
            Self::UnknownTemplate { .. } => {
                "put the template into the repository and name its path".to_owned()
            }
            Self::MissingTemplate { template, .. } => {
                format!("create {template}, or leave out `template`")
            }
            Self::FragmentName { path, .. } => {
                let name = path.file_name().unwrap_or_default();
                format!(
                    "rename it, or add `ignore = [\"{name}\"]` to [tool.towncrier] if it is no fragment"
                )
            }
            Self::NoFile { .. } => "remove it, or write the news into it".to_owned(),
            Self::IssueName { .. } => {
                "rename it; `+NAME` is for a change without an issue".to_owned()
            }
            Self::Duplicate { .. } => "`git mv` gives it another name".to_owned(),
            Self::AlreadyThere { .. } => {
                "remove that release's notes first to make them again".to_owned()
            }
            Self::NoSuchRelease { .. } => {
                "versions are compared as they are written: `24.09.0` is not `24.9.0`".to_owned()
            }
            Self::Toml { .. }
            | Self::IssuePattern { .. }
            | Self::Template { .. }
            | Self::NotUtf8 { .. } => return None,
        };
        Some(hint)
    }
}
