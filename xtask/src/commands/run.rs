//! `run`: runs Python or a console script in the environment of a resolve.

use clap::Args;
use install::environment::Environment;
use install::python::PythonRequest;

use crate::arguments::{IndexArguments, python_request};
use crate::outcome::CommandOutcome;
use goals::environments::{ExportOptions, Exporter};
use goals::error::GoalError;
use goals::session::Session;

/// The arguments of `run`.
#[derive(Debug, Args)]
pub(crate) struct RunArguments {
    /// The resolve; without it the default one
    #[arg(long, value_name = "NAME")]
    resolve: Option<String>,

    /// The Python of the environment: a version such as `3.12`, or a path
    #[arg(long, value_name = "PYTHON", value_parser = python_request)]
    python: Option<PythonRequest>,

    #[command(flatten)]
    index: IndexArguments,

    /// A console script and its arguments, or arguments of Python
    #[arg(last = true, value_name = "ARGS")]
    arguments: Vec<String>,
}

/// Runs it in place of this process. If the lock has changed, the environment is updated first.
pub(crate) fn run(
    session: &Session,
    arguments: &RunArguments,
) -> Result<CommandOutcome, GoalError> {
    let options = ExportOptions {
        python: arguments.python.clone(),
        index: arguments.index.choice(),
        ..ExportOptions::default()
    };
    let resolve = session.resolve(arguments.resolve.as_deref());
    let environment = Exporter::new(session, options)?.ensure(resolve)?;
    let (program, rest) = program(&environment, &arguments.arguments);
    let path = session.environment.get("PATH").map_or("", String::as_str);
    let mut command = crate::processes::Replacement::new(&program);
    command.arguments(rest);
    command.variable("VIRTUAL_ENV", environment.root().as_str());
    command.variable("PATH", &format!("{}:{path}", environment.scripts()));
    command.without("PYTHONHOME");
    Err(command.replace_this_process())
}

/// The console script that the first argument names, or Python.
fn program<'a>(environment: &Environment, arguments: &'a [String]) -> (String, &'a [String]) {
    if let Some((first, rest)) = arguments.split_first()
        && !first.contains('/')
        && !first.starts_with('-')
    {
        let script = environment.scripts().join(first);
        if script.is_file() {
            return (script.into_string(), rest);
        }
    }
    (environment.python().into_string(), arguments)
}
