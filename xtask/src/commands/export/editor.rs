//! `export --editor`: the settings of an editor for the environments.

use camino::Utf8Path;
use install::editor::{Editor, EditorContext, MergeProblem, SettingsFile};
use install::environment::Environment;
use model::Place;
use similar::TextDiff;

use crate::outcome::CommandOutcome;
use crate::terminal;
use goals::environments::{Exporter, RepositoryTools};
use goals::error::GoalError;
use goals::session::Session;
use workspace::files;

/// Which settings are meant.
pub(super) struct EditorRequest<'a> {
    pub(super) editor: Editor,
    /// The resolve whose environment the editor uses.
    pub(super) resolve: &'a str,
    pub(super) write: Write,
}

/// What is done with the settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Write {
    /// The whole files are printed.
    Print,
    /// The changes are printed, and nothing else is done.
    Show,
    /// The files are written.
    Merge,
}

/// Prints the settings files of the editor, or writes them.
pub(super) fn run(
    session: &Session,
    exporter: &Exporter<'_>,
    request: &EditorRequest<'_>,
) -> Result<CommandOutcome, GoalError> {
    let &EditorRequest {
        editor,
        resolve,
        write,
    } = request;
    let environment = match write {
        Write::Show => exporter.environment(resolve)?,
        Write::Print | Write::Merge => exporter.ensure(resolve)?,
    };
    if write != Write::Show {
        for name in &session.settings.export.bin {
            exporter.program(name)?;
        }
    }
    let workspace = workspace(session, exporter, (resolve, &environment))?;
    let read = |path: &str| text_of(&session.root().join(path));
    let settings = editor.files(&workspace, read).map_err(|error| {
        GoalError::failure(error.to_string())
            .at(Place::file(error.path.as_str()))
            .hint("nothing was changed: mend the file, or move it away")
            .caused_by(error)
    })?;
    for file in settings {
        match write {
            Write::Print => terminal::print(format_args!("# {}\n{}", file.path, file.text)),
            Write::Show => show(session, &file),
            Write::Merge => merge(session, &file)?,
        }
        for kept in &file.kept {
            session.warn(format_args!(
                "{} has `{}` = {}, which stays; ours would be {}: remove it from the file to have ours",
                file.path, kept.key, kept.there, kept.ours
            ));
        }
    }
    if editor == Editor::PyCharm && write == Write::Merge {
        session.say(format_args!(
            "in PyCharm, add the interpreter {} once, under the name `Python {} ({resolve})`",
            workspace.python, workspace.python_version
        ));
    }
    Ok(CommandOutcome::Done)
}

/// The text of a settings file. One that cannot be read is an error, since it would be replaced.
fn text_of(path: &Utf8Path) -> Result<Option<String>, MergeProblem> {
    match fs_err::read(path) {
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => Ok(Some(text)),
            Err(error) => Err(MergeProblem::Unreadable(encoding(error.as_bytes()))),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !path.is_symlink() => {
            Ok(None)
        }
        Err(error) => Err(MergeProblem::Unreadable(format!(
            "it cannot be read: {}",
            error.kind()
        ))),
    }
}

fn encoding(bytes: &[u8]) -> String {
    if matches!(bytes, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]) {
        return "it is UTF-16, and settings are UTF-8".to_owned();
    }
    let valid = std::str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len);
    let line = 1 + bytes[..valid].iter().filter(|byte| **byte == b'\n').count();
    format!("line {line} is not UTF-8")
}

fn show(session: &Session, file: &SettingsFile) {
    let there = fs_err::read_to_string(session.root().join(&file.path)).unwrap_or_default();
    if there == file.text {
        return session.say(format_args!("{} is up to date", file.path));
    }
    let diff = TextDiff::from_lines(&there, &file.text);
    let mut unified = diff.unified_diff();
    terminal::print(unified.header(&file.path, &file.path));
}

fn merge(session: &Session, file: &SettingsFile) -> Result<(), GoalError> {
    let path = session.root().join(&file.path);
    if fs_err::read_to_string(&path).is_ok_and(|there| there == file.text) {
        session.say(format_args!("{} is up to date", file.path));
        return Ok(());
    }
    files::replace(&path, &file.text).map_err(|error| GoalError::file("write", &path, &error))?;
    session.say(format_args!("wrote {}", file.path));
    Ok(())
}

fn workspace(
    session: &Session,
    exporter: &Exporter<'_>,
    (resolve, environment): (&str, &Environment),
) -> Result<EditorContext, GoalError> {
    let version = environment.root().file_name().unwrap_or_default();
    let version: Vec<&str> = version.split('.').take(2).collect();
    let tools = RepositoryTools::of(session);
    Ok(EditorContext {
        root: session.root().to_owned(),
        name: resolve.to_owned(),
        python_version: version.join("."),
        python: environment.python(),
        source_roots: exporter.relative_source_roots(resolve)?,
        formatter: tools.first(&[
            ("black", &[".lint.black"]),
            ("ruff", &[".lint.ruff.format", ".lint.ruff"]),
        ]),
        type_checker: tools.first(&[("mypy", &[".typecheck.mypy"])]),
        linter: tools.first(&[("ruff", &[".lint.ruff.check", ".lint.ruff"])]),
    })
}
