//! `export`: environments of the locks, or a lock in another format.

mod editor;
mod environments;
mod format;

use camino::Utf8PathBuf;
use clap::Args;
use install::editor::Editor;
use install::python::PythonRequest;
use model::Platform;

use crate::arguments::IndexArguments;
use crate::commands::CommandOutcome;
use format::LockExportFormat;
use goals::error::CommandError;
use goals::session::Session;

/// What can be said to `export`.
#[derive(Debug, Args)]
pub(crate) struct ExportArguments {
    /// The resolve; without it the default one; may be repeated for environments
    #[arg(long = "resolve", value_name = "NAME")]
    resolves: Vec<String>,

    /// Every resolve that has a lock
    #[arg(long, conflicts_with_all = ["resolves", "format"])]
    all: bool,

    /// The Python of the environments: a version such as `3.12`, or a path
    #[arg(long, value_name = "PYTHON", conflicts_with = "format", value_parser = python_request)]
    python: Option<PythonRequest>,

    /// Link this console script into `dist/export/bin`; may be repeated
    #[arg(long = "bin", value_name = "NAME", conflicts_with = "format")]
    bins: Vec<String>,

    /// Compile all modules now, not when they are first imported
    #[arg(long, conflicts_with = "format")]
    compile: bool,

    /// Write the scripts `py` and, where the resolve has it, its main console script to the root
    #[arg(long, conflicts_with = "format")]
    scripts: bool,

    /// Print the settings of this editor for the environments: vscode, vim, neovim, zed, pycharm
    #[arg(long, value_name = "EDITOR", conflicts_with = "format", value_parser = editor)]
    editor: Option<Editor>,

    /// Merge the settings into the editor's files instead; what is there stays
    #[arg(long, requires = "editor")]
    write: bool,

    /// Print the lock in this format instead
    #[arg(long, value_enum)]
    format: Option<LockExportFormat>,

    /// Where to print the lock; `-` is stdout
    #[arg(long, value_name = "FILE", default_value = "-", requires = "format")]
    output: Utf8PathBuf,

    /// Print only what this platform needs
    #[arg(long, value_name = "PLATFORM", requires = "format")]
    platform: Option<Platform>,

    #[command(flatten)]
    index: IndexArguments,
}

/// Makes environments, or prints a lock.
pub(crate) fn run(
    session: &Session,
    arguments: &ExportArguments,
) -> Result<CommandOutcome, CommandError> {
    match arguments.format {
        Some(format) => format::run(session, arguments, format),
        None => environments::run(session, arguments),
    }
}

/// Reads what stands after `--python`.
pub(crate) fn python_request(text: &str) -> Result<PythonRequest, String> {
    text.parse()
        .map_err(|error: model::InterpreterConstraintsError| error.to_string())
}

fn editor(text: &str) -> Result<Editor, String> {
    text.parse()
        .map_err(|error: install::editor::EditorError| error.to_string())
}
