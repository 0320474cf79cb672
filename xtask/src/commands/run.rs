//! `run`: runs Python, a console script or any program in the environment of a resolve.

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use install::environment::Environment;
use install::python::PythonRequest;

use crate::arguments::{IndexArguments, python_request};
use crate::outcome::CommandOutcome;
use goals::environments::{ExportOptions, Exporter, StaleLocks, VariablesFile};
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
    let (resolve, python) = lock_set(session, arguments);
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

/// The resolve that is named, and the Python of its environment. What Pants of older versions had as
/// the name of an environment, and scripts have in `LOCKSET`, is understood too.
fn lock_set(session: &Session, arguments: &RunArguments) -> (String, Option<PythonRequest>) {
    let python = arguments.python.clone();
    let named = session.resolve(arguments.resolve.as_deref());
    let known = |name: &str| session.settings.python.resolves.contains_key(name);
    if known(named) {
        return (named.to_owned(), python);
    }
    let name = named.strip_prefix("tools/").unwrap_or(named);
    match name.split_once('/') {
        Some((resolve, version)) if known(resolve) => {
            let requested = version.parse().ok();
            let exported = goals::environments::folders::environments(session)
                .iter()
                .any(|owned| owned.path.ends_with(format!("{resolve}/{version}")));
            // Where there is no such environment, the one that fits is meant.
            (
                resolve.to_owned(),
                python.or(requested.filter(|_| exported)),
            )
        }
        _ if known(name) => (name.to_owned(), python),
        _ => (named.to_owned(), python),
    }
}

/// Where a program is looked for.
struct ProgramSearch<'a> {
    environment: &'a Environment,
    /// The variable `PATH`.
    path: &'a str,
    here: &'a Utf8Path,
}

impl ProgramSearch<'_> {
    /// The program that the first argument names, with the arguments for it: a script of the
    /// environment, a file for Python, or a program on `PATH`; Python itself where the first argument
    /// is an option.
    fn program<'b>(
        &self,
        arguments: &'b [String],
        resolve: &str,
    ) -> Result<(String, &'b [String]), GoalError> {
        let python = || (self.environment.python().into_string(), arguments);
        let Some((first, rest)) = arguments.split_first() else {
            return Ok(python());
        };
        if first.starts_with('-') {
            return Ok(python());
        }
        let file = self.here.join(first);
        if first.contains('/') {
            let for_python =
                file.is_dir() || matches!(file.extension(), Some("py" | "pyz" | "pyw"));
            return Ok(match !for_python && is_executable(&file) {
                true => (file.into_string(), rest),
                false => python(),
            });
        }
        let script = self.environment.scripts().join(first);
        if is_executable(&script) {
            return Ok((script.into_string(), rest));
        }
        if file.exists() {
            return Ok(python());
        }
        let mut folders = self.path.split(':').filter(|folder| !folder.is_empty());
        match folders.find_map(|folder| {
            let program = self.here.join(folder).join(first);
            is_executable(&program).then_some(program)
        }) {
            Some(program) => Ok((program.into_string(), rest)),
            None => Err(self.no_program(first, resolve)),
        }
    }

    fn no_program(&self, name: &str, resolve: &str) -> GoalError {
        let scripts: Vec<String> = self
            .environment
            .scripts()
            .read_dir_utf8()
            .into_iter()
            .flatten()
            .filter_map(|entry| Some(entry.ok()?.file_name().to_owned()))
            .collect();
        let error = GoalError::failure(format!(
            "there is no program `{name}` in the environment of `{resolve}`, nor on PATH"
        ));
        match model::nearest(name, scripts.iter().map(String::as_str)) {
            Some(nearest) => error.hint(format!("did you mean `{nearest}`?")),
            None => error.hint(format!(
                "add its package to the requirements of `{resolve}`, or name a resolve that has it: `--resolve NAME`"
            )),
        }
    }
}

/// Whether a file can be run.
#[cfg(unix)]
fn is_executable(file: &Utf8Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata()
        .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

/// There are no file modes on this system.
#[cfg(not(unix))]
fn is_executable(file: &Utf8Path) -> bool {
    file.is_file()
}
