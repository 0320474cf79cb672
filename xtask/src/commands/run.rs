//! `run`: runs Python, a console script or any program in the environment of a resolve.

use camino::Utf8PathBuf;
use clap::Args;
use install::python::PythonRequest;

use crate::arguments::{IndexArguments, python_request};
use crate::outcome::CommandOutcome;
use goals::environments::{
    ExportOptions, Exporter, LockSet, ProgramSearch, StaleLocks, VariablesFile,
};
use goals::error::GoalError;
use goals::session::Session;

/// The arguments of `run`.
#[derive(Debug, Args)]
pub(crate) struct RunArguments {
    /// The resolve; without it the default one. As in the variable LOCKSET, `RESOLVE/VERSION` names
    /// its Python too, and `tools/RESOLVE` is `RESOLVE`
    #[arg(long, value_name = "NAME")]
    resolve: Option<String>,

    /// The Python of the environment: a version such as `3.12`, or a path
    #[arg(long, value_name = "PYTHON", value_parser = python_request)]
    python: Option<PythonRequest>,

    /// Set the variables that this file has as lines `NAME=VALUE`; may be repeated
    #[arg(long = "env-file", value_name = "FILE")]
    variables: Vec<Utf8PathBuf>,

    /// Fail if the lock is not what its requirements ask for
    #[arg(long)]
    locked: bool,

    #[command(flatten)]
    index: IndexArguments,

    /// A program and its arguments, or arguments of Python
    #[arg(last = true, value_name = "ARGS")]
    arguments: Vec<String>,
}

/// Runs it in place of this process. If the lock has changed, the environment is updated first.
pub(crate) fn run(
    session: &Session,
    arguments: &RunArguments,
) -> Result<CommandOutcome, GoalError> {
    let LockSet { resolve, python } = LockSet::of(
        session,
        arguments.resolve.as_deref(),
        arguments.python.clone(),
    );
    let options = ExportOptions {
        python,
        index: arguments.index.choice(),
        stale: match arguments.locked {
            true => StaleLocks::Refused,
            false => StaleLocks::Warned,
        },
        ..ExportOptions::default()
    };
    let here = session.working_folder()?;
    let mut variables = Vec::new();
    for file in &arguments.variables {
        variables.extend(VariablesFile::read(&here.join(file))?.variables);
    }
    let environment = Exporter::new(session, options)?.ensure(&resolve)?;
    let path = session.environment.get("PATH").map_or("", String::as_str);
    let search = ProgramSearch {
        environment: &environment,
        path,
        here: &here,
    };
    let (program, rest) = search.program(&arguments.arguments, &resolve)?;
    let mut command = crate::processes::Replacement::new(&program);
    command.arguments(rest);
    for (name, value) in &variables {
        // What the shell has set already counts more.
        if !session.environment.contains_key(name) {
            command.variable(name, value);
        }
    }
    command.variable("VIRTUAL_ENV", environment.root().as_str());
    command.variable("PATH", &format!("{}:{path}", environment.scripts()));
    command.without("PYTHONHOME");
    Err(command.replace_this_process())
}
