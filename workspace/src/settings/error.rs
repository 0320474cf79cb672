//! Errors of settings, each with its file, line and column.

use std::fmt;
use std::ops::Range;

use camino::{Utf8Path, Utf8PathBuf};
use model::Place;

use super::flag::COMMAND_LINE;

/// Why settings cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{problem}")]
pub struct SettingsError {
    /// The place; a whole file or folder if the error has no line.
    pub place: Place,
    /// Why.
    pub problem: SettingsProblem,
}

/// A key of a section, such as `[python] resolves`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingKey {
    /// `python`
    pub section: String,
    /// `resolves`
    pub name: String,
}

/// What is wrong.
#[derive(Debug, thiserror::Error)]
pub enum SettingsProblem {
    /// There is no `pants.toml`, and no table of this tool in a `Cargo.toml`, here or in a folder
    /// above.
    #[error("there are no settings here or in any folder above")]
    NoRoot,
    /// The folder that `-C` names has no settings.
    #[error("there are no settings in this folder")]
    NotARoot,
    /// A file exists but cannot be read.
    #[error("cannot read the settings: {0}")]
    Unreadable(std::io::Error),
    /// A file that is named is not there.
    #[error("there is no such file of settings")]
    NoFile,
    /// A file is not valid TOML.
    #[error("not valid TOML: {0}")]
    Syntax(String),
    /// A section that does not exist.
    #[error("`[{section}]` is not a section of settings")]
    UnknownSection {
        /// The section, without brackets.
        section: String,
        /// The name that was probably meant.
        nearest: Option<&'static str>,
    },
    /// The name of a section is used as a key.
    #[error("`{section}` must be a section, `[{section}]`, but is of type {found}")]
    NotASection {
        /// The section, without brackets.
        section: String,
        /// The value that is there.
        found: &'static str,
    },
    /// A key that its section does not have.
    #[error("`{}` is not a setting of `[{}]`", key.name, key.section)]
    UnknownKey {
        /// The key.
        key: SettingKey,
        /// The name that was probably meant.
        nearest: Option<&'static str>,
        /// The keys of the section.
        known: &'static [&'static str],
    },
    /// A value of another type.
    #[error("{key} must be {expected}, not {found}")]
    WrongType {
        /// The key.
        key: SettingKey,
        /// What it must be.
        expected: &'static str,
        /// The value that is there.
        found: &'static str,
    },
    /// A value of the right type that is not valid.
    #[error("{key}: {reason}")]
    BadValue {
        /// The key.
        key: SettingKey,
        /// Why it is not valid.
        reason: String,
    },
    /// `%(NAME)s` with an unknown name.
    #[error("{key}: `%({name})s` stands for nothing")]
    UnknownPlaceholder {
        /// The key.
        key: SettingKey,
        /// The name.
        name: String,
    },
    /// `%(env.NAME)s` with a variable that is not set.
    #[error("{key}: the environment variable `{name}` is not set")]
    UnsetVariable {
        /// The key.
        key: SettingKey,
        /// The name.
        name: String,
    },
    /// A resolve that `[python] resolves` does not have.
    #[error("{key}: there is no resolve `{resolve}`")]
    UnknownResolve {
        /// The key.
        key: SettingKey,
        /// The resolve.
        resolve: String,
        /// The name that was probably meant.
        nearest: Option<String>,
        /// The resolves that exist.
        known: Vec<String>,
    },
    /// Two resolves have the same lockfile.
    #[error("the resolves `{first}` and `{second}` have the same lockfile, {lockfile}")]
    SharedLockfile {
        /// One of the two.
        first: String,
        /// The other.
        second: String,
        /// The file.
        lockfile: Utf8PathBuf,
    },
    /// What a repository's projects say cannot be meant.
    #[error("{message}")]
    Project {
        /// What is wrong.
        message: String,
        /// What the user can do about it.
        hint: Option<String>,
    },
    /// No setting says which Pythons a resolve is for.
    #[error("no interpreter constraints for the resolve `{resolve}`")]
    NoInterpreterConstraints {
        /// The resolve.
        resolve: String,
    },
}

impl SettingsProblem {
    /// What the user can do about it, if that is known.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoRoot | Self::NotARoot => Some(
                "what is needed stands in `pyproject.toml`, `pants.toml`, or `Cargo.toml` under \
                 `[workspace.metadata.xtask]`; `-C DIR` names another repository"
                    .to_owned(),
            ),
            Self::NoFile => {
                Some("`--pants-config-files` or `PANTS_CONFIG_FILES` names it".to_owned())
            }
            Self::UnknownSection { nearest, .. } => nearest.map(did_you_mean),
            Self::UnknownKey { nearest, known, .. } => Some(match nearest {
                Some(nearest) => did_you_mean(nearest),
                None => format!("known are {}", listed(known)),
            }),
            Self::UnknownPlaceholder { .. } => Some(
                "known are `%(buildroot)s`, `%(homedir)s`, `%(user)s`, `%(pants_workdir)s`, \
                 `%(pants_distdir)s`, `%(env.NAME)s` and the keys of `[DEFAULT]`"
                    .to_owned(),
            ),
            Self::UnknownResolve { nearest, known, .. } => Some(match nearest {
                Some(nearest) => did_you_mean(nearest),
                None => format!("`[python] resolves` has {}", listed(known)),
            }),
            Self::Project { hint, .. } => hint.clone(),
            Self::SharedLockfile { .. } => Some("give each resolve a file of its own".to_owned()),
            Self::NoInterpreterConstraints { .. } => Some(
                "set `interpreter_constraints = [\"CPython==3.12.*\"]` in `[python]`, or \
                 `requires-python` in `[project]`; `cargo xtask init` names this machine's Python"
                    .to_owned(),
            ),
            _ => None,
        }
    }
}

impl SettingsError {
    /// Whether the error is in a flag, not in a file.
    pub fn is_of_flag(&self) -> bool {
        &*self.place.path == COMMAND_LINE
    }

    /// An error about a whole file or folder.
    pub fn whole(path: &Utf8Path, problem: SettingsProblem) -> Self {
        Self {
            place: Place::file(path.as_str()),
            problem,
        }
    }

    /// An error at the bytes `span` of `text`, which is the content of the file `path`.
    pub fn at(path: &Utf8Path, text: &str, span: Range<usize>, problem: SettingsProblem) -> Self {
        Self {
            place: Place::span(path.as_str(), text, span),
            problem,
        }
    }
}

impl fmt::Display for SettingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`[{}] {}`", self.section, self.name)
    }
}

fn did_you_mean(name: impl fmt::Display) -> String {
    format!("did you mean `{name}`?")
}

fn listed<S: AsRef<str>>(names: &[S]) -> String {
    let quoted: Vec<_> = names.iter().map(|n| format!("`{}`", n.as_ref())).collect();
    quoted.join(", ")
}
