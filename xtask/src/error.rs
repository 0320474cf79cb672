//! Errors as the user reads them: what was attempted, where, why it failed, and what to do.

use std::process::ExitCode;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use goals::error::{ErrorKind, GoalError};
use model::Place;

/// The error that ends a run. It keeps the error of the goal as its source.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(crate) struct CommandError(#[from] GoalError);

/// Prints an error after which the run continues.
pub(crate) fn print(error: &GoalError) {
    CommandError::from(error.clone()).print();
}

/// Prints what the parser of the command line says: help, or what it refuses.
pub(crate) fn print_refused(refused: &clap::Error) -> ExitCode {
    let text = refused.render().ansi().to_string();
    match refused.use_stderr() {
        true => crate::terminal::say(text.trim_end()),
        false => crate::terminal::print(crate::called::named(&text)),
    }
    u8::try_from(refused.exit_code()).map_or(ExitCode::from(2), ExitCode::from)
}

impl CommandError {
    /// Prints the error, after those that happened at the same time.
    pub(crate) fn print(&self) {
        for other in self.0.others() {
            print(other);
        }
        crate::terminal::say(self.render(&Renderer::styled()));
    }

    /// The exit code for the error.
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self.0.kind() {
            ErrorKind::Failure => ExitCode::from(1),
            ErrorKind::Misuse => ExitCode::from(2),
        }
    }

    fn render(&self, renderer: &Renderer) -> String {
        let title = Level::ERROR.primary_title(self.0.message());
        let mut group = Group::with_title(match self.0.has_code() {
            Some(code) => title.id(code.id()),
            None => title,
        });
        if let Some(place) = self.0.place() {
            group = at_place(place, group);
        }
        for reason in self.0.reasons() {
            group = group.element(Level::NOTE.no_name().message(reason.as_str()));
        }
        let mut report = vec![group];
        for hint in self.0.hints() {
            let title = Level::HELP.with_name("hint").secondary_title(hint.as_str());
            report.push(Group::with_title(title));
        }
        renderer.render(&report).trim_end().to_owned()
    }
}

/// The place with its source line, and a mark below the part that is wrong.
fn at_place<'a>(place: &'a Place, group: Group<'a>) -> Group<'a> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn check(error: GoalError) -> String {
        CommandError::from(error).render(&Renderer::plain())
    }

    #[test]
    fn an_error_has_place_reason_and_hint() {
        let error = GoalError::failure("cannot read the requirement `foo >= !`")
            .at(Place {
                line: 3,
                column: 8,
                width: 1,
                source_line: "foo >= !".into(),
                ..Place::file("requirements.txt")
            })
            .because("`!` is no version")
            .hint("write `foo>=1.0`");
        insta::assert_snapshot!(check(error), @"
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
        let error = GoalError::failure("cannot read it").at(Place::file("pants.toml"));
        insta::assert_snapshot!(check(error), @"
        error: cannot read it
        --> pants.toml
        ");
    }
}
