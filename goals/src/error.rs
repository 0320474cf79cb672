//! The error of a goal: what was attempted, where, why it failed, and what to do, as fields that
//! the edge renders.
//!
//! Every room has errors of its own; here they become one type, which keeps them as its source.

use std::error::Error;
use std::sync::Arc;

use camino::Utf8Path;
use git::GitError;
use model::Place;

use workspace::OpenError;
use workspace::settings::{SettingsError, SettingsProblem};

use crate::codes::ErrorCode;

/// Why a goal was not reached.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct GoalError {
    kind: ErrorKind,
    code: Option<ErrorCode>,
    message: String,
    place: Option<Place>,
    reasons: Vec<String>,
    hints: Vec<String>,
    others: Vec<Self>,
    source: Option<Arc<dyn Error + Send + Sync>>,
}

/// Whose mistake an error is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The goal could not be reached.
    Failure,
    /// The request makes no sense.
    Misuse,
}

/// Two errors are equal if the user reads the same.
impl PartialEq for GoalError {
    fn eq(&self, other: &Self) -> bool {
        let Self {
            kind,
            code: _,
            message,
            place,
            reasons,
            hints,
            others,
            source: _,
        } = self;
        (kind, message, place) == (&other.kind, &other.message, &other.place)
            && (reasons, hints, others) == (&other.reasons, &other.hints, &other.others)
    }
}

impl GoalError {
    /// A failure: exit code 1.
    pub fn failure(message: impl Into<String>) -> Self {
        Self {
            kind: ErrorKind::Failure,
            code: None,
            message: message.into(),
            place: None,
            reasons: Vec::new(),
            hints: Vec::new(),
            others: Vec::new(),
            source: None,
        }
    }

    /// A misuse of the command line: exit code 2.
    pub fn misuse(message: impl Into<String>) -> Self {
        Self {
            kind: ErrorKind::Misuse,
            ..Self::failure(message)
        }
    }

    /// The same error, with a place.
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// The same error, with its source.
    pub fn caused_by(mut self, source: impl Error + Send + Sync + 'static) -> Self {
        self.source = Some(Arc::new(source));
        self
    }

    /// The same error, with others that happened at the same time.
    pub fn beside(mut self, others: impl IntoIterator<Item = Self>) -> Self {
        self.others.extend(others);
        self
    }

    /// The same error, with the code of its kind.
    pub fn code(mut self, code: ErrorCode) -> Self {
        self.code.get_or_insert(code);
        self
    }

    /// The code of its kind, which `explain` explains.
    pub fn has_code(&self) -> Option<ErrorCode> {
        self.code
    }

    /// Whose mistake it is.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The place.
    pub fn place(&self) -> Option<&Place> {
        self.place.as_ref()
    }

    /// The reasons.
    pub fn reasons(&self) -> &[String] {
        &self.reasons
    }

    /// The errors that happened at the same time.
    pub fn others(&self) -> &[Self] {
        &self.others
    }

    /// What went wrong, in one sentence.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What the user can do.
    pub fn hints(&self) -> &[String] {
        &self.hints
    }

    /// Whether the error has a place.
    pub fn has_place(&self) -> bool {
        self.place.is_some()
    }

    /// The same error, with one more reason.
    pub fn because(mut self, reason: impl Into<String>) -> Self {
        self.reasons.push(reason.into());
        self
    }

    /// The same error, with what the user can do.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// The same error, with all of these hints.
    pub(crate) fn hints_of(mut self, hints: impl IntoIterator<Item = String>) -> Self {
        self.hints.extend(hints);
        self
    }

    /// The error of a full disk, or that of a file.
    pub fn file(action: &str, path: &Utf8Path, error: &std::io::Error) -> Self {
        let failure = Self::failure(format!("cannot {action} {path}"))
            .code(ErrorCode::File)
            .because(io_text(error));
        match error.kind() {
            std::io::ErrorKind::StorageFull => failure.hint("free some space and run it again"),
            std::io::ErrorKind::PermissionDenied => {
                failure.hint("check the permissions of the file and its folder")
            }
            _ => failure,
        }
    }

    /// The error without colours and place: message, reasons, hints.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        let message = std::iter::once(&self.message);
        let all = message.chain(&self.reasons).chain(&self.hints);
        all.flat_map(|text| text.lines())
    }
}

fn io_text(error: &std::io::Error) -> String {
    // The message has the name of the file already, so only the words of the operating system are
    // used.
    let text = error.to_string();
    match text.rsplit_once(": ") {
        Some((_, cause)) => cause.to_owned(),
        None => text,
    }
}

impl From<GitError> for GoalError {
    fn from(error: GitError) -> Self {
        let command_error = match &error {
            GitError::Failed { command, message } => {
                let error =
                    Self::failure(format!("`git {command}` failed")).because(message.as_str());
                match message.contains("not a git repository") {
                    true => error
                        .hint("this needs a git repository: `git init`, or name one with `-C DIR`"),
                    false => error,
                }
            }
            GitError::NotRun(reason) => Self::failure("cannot run git")
                .because(reason.to_string())
                .hint("install git"),
            GitError::NotUtf8(_) => Self::failure(error.to_string()),
        };
        command_error.code(ErrorCode::Git).caused_by(error)
    }
}

impl From<OpenError> for GoalError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Settings(error) => error.into(),
            OpenError::NoFolder { folder, source } => {
                let hint = "`-C DIR` names the repository's root";
                Self::file("open", &folder, &source).hint(hint)
            }
            other => Self::failure(other.to_string())
                .hints_of(other.hint())
                .caused_by(other),
        }
    }
}

/// The code of what is wrong with settings.
fn code_of_settings(problem: &SettingsProblem) -> ErrorCode {
    match problem {
        SettingsProblem::NoRoot | SettingsProblem::NotARoot => ErrorCode::NoRepository,
        SettingsProblem::Unreadable(_) | SettingsProblem::Syntax(_) => ErrorCode::SettingsFile,
        SettingsProblem::UnknownSection { .. }
        | SettingsProblem::NotASection { .. }
        | SettingsProblem::UnknownKey { .. } => ErrorCode::UnknownSetting,
        SettingsProblem::UnknownPlaceholder { .. } | SettingsProblem::UnsetVariable { .. } => {
            ErrorCode::Placeholder
        }
        SettingsProblem::UnknownResolve { .. } => ErrorCode::UnknownResolve,
        _ => ErrorCode::SettingValue,
    }
}

impl From<SettingsError> for GoalError {
    fn from(error: SettingsError) -> Self {
        let message = error.problem.to_string();
        let command_error = match error.is_of_flag() {
            true => Self::misuse(message),
            false => Self::failure(message),
        };
        command_error
            .code(code_of_settings(&error.problem))
            .at(error.place.clone())
            .hints_of(error.problem.hint())
            .caused_by(error)
    }
}

impl From<targets::Error> for GoalError {
    fn from(error: targets::Error) -> Self {
        let place = error.place().cloned();
        let mut text = error.to_string();
        if let Some(place) = error.place() {
            // The place is printed separately.
            let prefix = format!("{place}: ");
            text = text.strip_prefix(&prefix).unwrap_or(&text).to_owned();
        }
        let mut command_error = Self::failure(text).code(ErrorCode::BuildFile);
        command_error.place = place;
        command_error.hints_of(error.hint()).caused_by(error)
    }
}

impl From<targets::query::SpecError> for GoalError {
    fn from(error: targets::query::SpecError) -> Self {
        let hint = match error.candidates.as_slice() {
            [] => None,
            [one] => Some(format!("did you mean `{one}`?")),
            several => Some(format!("there are `{}`", several.join("`, `"))),
        };
        Self::failure(error.to_string())
            .code(ErrorCode::UnknownTarget)
            .hints_of(hint)
            .caused_by(error)
    }
}

/// A warning of the target graph as one line.
pub fn warning_text(warning: &targets::GraphWarning) -> String {
    let place = warning.place.as_ref().map(|place| format!("{place}: "));
    let hint = warning.hint.as_ref().map(|hint| format!(" ({hint})"));
    format!(
        "{}{}{}",
        place.unwrap_or_default(),
        warning.message,
        hint.unwrap_or_default()
    )
}

impl From<lockfile::LockReadError> for GoalError {
    fn from(error: lockfile::LockReadError) -> Self {
        let hint = match error.kind {
            lockfile::LockReadErrorKind::Newer { .. } => {
                Some("update this tool: `cargo install --path xtask`".to_owned())
            }
            _ => None,
        };
        Self::failure(format!("cannot read the lock: {}", error.kind))
            .code(ErrorCode::LockFile)
            .at(error.place.clone())
            .hints_of(hint)
            .caused_by(error)
    }
}

impl From<lockfile::export::ExportError> for GoalError {
    fn from(error: lockfile::export::ExportError) -> Self {
        Self::failure(error.to_string()).caused_by(error)
    }
}

impl From<index::IndexError> for GoalError {
    fn from(error: index::IndexError) -> Self {
        let hint = error.hint();
        Self::failure(error.to_string())
            .code(code_of_index(&error))
            .hints_of(hint)
            .caused_by(error)
    }
}

/// The code of what an index, or the cache of its files, did not give.
fn code_of_index(error: &index::IndexError) -> ErrorCode {
    use index::IndexError;
    match error {
        IndexError::Transport(_) | IndexError::TooManyIndexes | IndexError::NoIndex => {
            ErrorCode::IndexAnswer
        }
        IndexError::NoSuchPackage { .. }
        | IndexError::OwnDistribution { .. }
        | IndexError::NoSuchVersion { .. }
        | IndexError::NoSuchFile { .. }
        | IndexError::NoUsableFile { .. } => ErrorCode::NotOnIndex,
        IndexError::Hash { .. } | IndexError::Metadata { .. } | IndexError::Damaged { .. } => {
            ErrorCode::IndexFile
        }
        IndexError::NeedsBuild { .. } => ErrorCode::Build,
        IndexError::File { .. } => ErrorCode::File,
        IndexError::Git { .. } => ErrorCode::Git,
    }
}

impl From<install::build::BuildError> for GoalError {
    fn from(error: install::build::BuildError) -> Self {
        Self::failure(format!("cannot build {}", error.source_name))
            .code(ErrorCode::Build)
            .because(error.problem.to_string())
            .caused_by(error)
    }
}
