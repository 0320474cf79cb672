//! Errors as the user reads them: what was attempted, where, why it failed, and what to do.
//!
//! Every room has errors of its own; here they become one type, with the place that they name
//! and a hint.

use std::process::ExitCode;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use camino::Utf8Path;
use git::GitError;
use model::Place;

use crate::settings::SettingsError;

/// An error at the edge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandError {
    kind: Kind,
    message: String,
    place: Option<Place>,
    reasons: Vec<String>,
    hints: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// What was asked for could not be done.
    Failure,
    /// What was asked for makes no sense.
    Misuse,
}

impl CommandError {
    /// A failure: exit code 1.
    pub fn failure(message: impl Into<String>) -> Self {
        Self {
            kind: Kind::Failure,
            message: message.into(),
            place: None,
            reasons: Vec::new(),
            hints: Vec::new(),
        }
    }

    /// A misuse of the command line: exit code 2.
    pub fn misuse(message: impl Into<String>) -> Self {
        Self {
            kind: Kind::Misuse,
            ..Self::failure(message)
        }
    }

    /// The same error, at a place.
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// What went wrong, in one sentence.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What the user can do.
    pub fn hints(&self) -> &[String] {
        &self.hints
    }

    /// Whether the error names a place already.
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

    /// Whether the disk is full, or another file error.
    pub fn file(action: &str, path: &Utf8Path, error: &std::io::Error) -> Self {
        let failure = Self::failure(format!("cannot {action} {path}")).because(io_text(error));
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

    /// Prints the error to stderr.
    #[allow(clippy::print_stderr, reason = "this is where errors are printed")]
    pub fn print(&self) {
        anstream::eprintln!("{}", self.render(&Renderer::styled()));
    }

    /// The exit code that goes with the error.
    pub fn exit_code(&self) -> ExitCode {
        match self.kind {
            Kind::Failure => ExitCode::from(1),
            Kind::Misuse => ExitCode::from(2),
        }
    }

    fn render(&self, renderer: &Renderer) -> String {
        let title = Level::ERROR.primary_title(self.message.as_str());
        let mut group = Group::with_title(title);
        if let Some(place) = &self.place {
            group = element(place, group);
        }
        for reason in &self.reasons {
            group = group.element(Level::NOTE.no_name().message(reason.as_str()));
        }
        let mut report = vec![group];
        for hint in &self.hints {
            let title = Level::HELP.with_name("hint").secondary_title(hint.as_str());
            report.push(Group::with_title(title));
        }
        renderer.render(&report).trim_end().to_owned()
    }
}

/// The place, with its line and a mark below it where one line is meant.
fn element<'a>(place: &'a Place, group: Group<'a>) -> Group<'a> {
    let before = place.column.max(1) - 1;
    if place.line == 0 || place.source_line.is_empty() {
        let mut origin = Origin::path(&*place.path);
        if place.line > 0 {
            origin = origin.line(place.line).char_column(before + 1);
        }
        return group.element(origin);
    }
    let start = byte_offset(&place.source_line, before);
    let end = byte_offset(&place.source_line, before + place.width.max(1));
    group.element(
        Snippet::source(&*place.source_line)
            .line_start(place.line)
            .path(&*place.path)
            .annotation(AnnotationKind::Primary.span(start..end)),
    )
}

fn byte_offset(line: &str, characters: usize) -> usize {
    line.char_indices()
        .nth(characters)
        .map_or(line.len(), |(at, _)| at)
}

fn io_text(error: &std::io::Error) -> String {
    // The name of the file is in the message already; the operating system's words are enough.
    let text = error.to_string();
    match text.rsplit_once(": ") {
        Some((_, cause)) => cause.to_owned(),
        None => text,
    }
}

impl From<GitError> for CommandError {
    fn from(error: GitError) -> Self {
        match error {
            GitError::Failed { command, message } => {
                Self::failure(format!("`git {command}` failed")).because(message)
            }
            GitError::NotRun(reason) => Self::failure("cannot run git")
                .because(reason)
                .hint("install git"),
            error @ GitError::NotUtf8(_) => Self::failure(error.to_string()),
        }
    }
}

impl From<SettingsError> for CommandError {
    fn from(error: SettingsError) -> Self {
        let hint = error.problem.hint();
        let command_error = Self::failure(error.problem.to_string()).at(error.place);
        match hint {
            Some(hint) => command_error.hint(hint),
            None => command_error,
        }
    }
}

impl From<targets::Error> for CommandError {
    fn from(error: targets::Error) -> Self {
        let place = error.place().cloned();
        let mut text = error.to_string();
        if let Some(place) = error.place() {
            // The place is shown on its own.
            let prefix = format!("{place}: ");
            text = text.strip_prefix(&prefix).unwrap_or(&text).to_owned();
        }
        let mut command_error = Self::failure(text);
        command_error.place = place;
        command_error.hints.extend(error.hint());
        command_error
    }
}

impl From<targets::query::SpecError> for CommandError {
    fn from(error: targets::query::SpecError) -> Self {
        let command_error = Self::failure(error.to_string());
        match error.candidates.as_slice() {
            [] => command_error,
            [one] => command_error.hint(format!("did you mean `{one}`?")),
            several => command_error.hint(format!("there are `{}`", several.join("`, `"))),
        }
    }
}

/// A warning of the target graph as one line.
pub fn warning_text(warning: &targets::Warning) -> String {
    let place = warning.place.as_ref().map(|place| format!("{place}: "));
    let hint = warning.hint.as_ref().map(|hint| format!(" ({hint})"));
    format!(
        "{}{}{}",
        place.unwrap_or_default(),
        warning.message,
        hint.unwrap_or_default()
    )
}

impl From<lockfile::ReadError> for CommandError {
    fn from(error: lockfile::ReadError) -> Self {
        let command_error =
            Self::failure(format!("cannot read the lock: {}", error.kind)).at(error.place);
        match error.kind {
            lockfile::ReadErrorKind::Newer { .. } => {
                command_error.hint("update this tool: `cargo install --path xtask`")
            }
            _ => command_error,
        }
    }
}

impl From<lockfile::export::ExportError> for CommandError {
    fn from(error: lockfile::export::ExportError) -> Self {
        Self::failure(error.to_string())
    }
}

impl From<index::IndexError> for CommandError {
    fn from(error: index::IndexError) -> Self {
        let hint = error.hint();
        let command_error = Self::failure(error.to_string());
        match hint {
            Some(hint) => command_error.hint(hint),
            None => command_error,
        }
    }
}

impl From<install::build::BuildError> for CommandError {
    fn from(error: install::build::BuildError) -> Self {
        Self::failure(format!("cannot build {}", error.source_name))
            .because(error.problem.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(error: &CommandError) -> String {
        error.render(&Renderer::plain())
    }

    #[test]
    fn an_error_has_place_reason_and_hint() {
        let error = CommandError::failure("cannot read the requirement `foo >= !`")
            .at(Place {
                line: 3,
                column: 8,
                width: 1,
                source_line: "foo >= !".into(),
                ..Place::file("requirements.txt")
            })
            .because("`!` is no version")
            .hint("write `foo>=1.0`");
        insta::assert_snapshot!(check(&error), @"
        error: cannot read the requirement `foo >= !`
         --> requirements.txt:3:8
          |
        3 | foo >= !
          |        ^
          |
          = `!` is no version
        hint: write `foo>=1.0`
        ");
    }

    #[test]
    fn a_whole_file() {
        let error = CommandError::failure("cannot read it").at(Place::file("pants.toml"));
        insta::assert_snapshot!(check(&error), @"
        error: cannot read it
        --> pants.toml
        ");
    }
}
