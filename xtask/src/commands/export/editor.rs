//! `export --editor`: the settings of an editor for the environments.

use install::editor::{Editor, EditorContext, SettingsFile, Tool};
use install::environment::Environment;

use crate::outcome::CommandOutcome;
use crate::terminal;
use goals::environments::{Exporter, folders};
use goals::error::GoalError;
use goals::session::Session;
use model::Place;
use workspace::files;

/// Which settings are meant.
pub(super) struct EditorRequest<'a> {
    pub(super) editor: Editor,
    /// The resolve whose environment the editor uses.
    pub(super) resolve: &'a str,
    pub(super) write: Write,
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
    let workspace = workspace(session, exporter, resolve)?;
    let read = |path: &str| fs_err::read_to_string(session.root().join(path)).ok();
    let settings = editor.files(&workspace, read).map_err(|error| {
        GoalError::failure(error.to_string())
            .at(Place::file(error.path))
            .hint("mend the file, or move it away")
    })?;
    for file in settings {
        match write {
            Write::Print => terminal::print(format_args!("# {}\n{}", file.path, file.text)),
            Write::Merge => merge(session, &file)?,
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

/// Whether files are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Write {
    Print,
    Merge,
}

fn merge(session: &Session, file: &SettingsFile) -> Result<(), GoalError> {
    let path = session.root().join(file.path);
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
    resolve: &str,
) -> Result<EditorContext, GoalError> {
    let environment = exporter.ensure(resolve)?;
    let version = environment
        .root()
        .file_name()
        .unwrap_or_default()
        .to_owned();
    let version: Vec<&str> = version.split('.').take(2).collect();
    Ok(EditorContext {
        name: resolve.to_owned(),
        python_version: version.join("."),
        python: environment.python(),
        source_roots: exporter.relative_source_roots(resolve)?,
        formatter: first_tool(session, &["black", "ruff"]),
        type_checker: first_tool(session, &["mypy"]),
        linter: first_tool(session, &["ruff"]),
    })
}

/// The first of these tools with an exported environment: of its own resolve, or of any.
fn first_tool(session: &Session, names: &[&str]) -> Option<Tool> {
    let mut environments: Vec<Environment> = folders::environments(session)
        .into_iter()
        .map(|owned| Environment::at(owned.path))
        .collect();
    for name in names {
        let own = session
            .settings
            .tools
            .get(*name)
            .map_or(*name, String::as_str);
        environments.sort_by_key(|environment| {
            let resolve = environment
                .root()
                .parent()
                .and_then(|parent| parent.file_name());
            (
                resolve != Some(own),
                std::cmp::Reverse(environment.root().to_owned()),
            )
        });
        let found = environments
            .iter()
            .find(|environment| environment.scripts().join(name).is_file());
        if let Some(environment) = found {
            return Some(Tool {
                name: (*name).to_owned(),
                script: environment.scripts().join(name),
                python: environment.python(),
            });
        }
    }
    None
}
