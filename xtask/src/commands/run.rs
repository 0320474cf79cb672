//! `run`: runs Python, a console script or any program in the environment of a resolve.

use camino::Utf8PathBuf;
use clap::Args;
use install::python::PythonRequest;
use model::Requirement;

use crate::arguments::{IndexArguments, python_request};
use crate::outcome::CommandOutcome;
use crate::processes::Replacement;
use goals::environments::{
    ExportOptions, Exporter, LockSet, ProgramSearch, RunnableTarget, ScriptMetadata, StaleLocks,
    TargetProgram, VariablesFile,
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

    /// A further requirement, such as `ipython` or `rich>=13`, for this run alone: the lock stays as
    /// it is; may be repeated
    #[arg(long = "with", value_name = "REQUIREMENT")]
    further: Vec<Requirement>,

    /// Set the variables that this file has as lines `NAME=VALUE`; may be repeated
    #[arg(long = "env-file", value_name = "FILE")]
    variables: Vec<Utf8PathBuf>,

    /// Fail if the lock is not what its requirements ask for
    #[arg(long)]
    locked: bool,

    #[command(flatten)]
    index: IndexArguments,

    /// The target to run in place of a program, in the root: a Python source, a `pex_binary` or a
    /// `run_shell_command`
    #[arg(value_name = "SPEC")]
    target: Option<String>,

    /// A program and its arguments, or arguments of Python; those of the target where one is named
    #[arg(last = true, value_name = "ARGS")]
    arguments: Vec<String>,
}

/// Runs it in place of this process. If the lock has changed, the environment is updated first.
pub(crate) fn run(
    session: &Session,
    arguments: &RunArguments,
) -> Result<CommandOutcome, GoalError> {
    let here = session.working_folder()?;
    let mut variables = Vec::new();
    for file in &arguments.variables {
        variables.extend(VariablesFile::read(&here.join(file))?.variables);
    }
    let Some(spec) = &arguments.target else {
        let start = Start {
            arguments: arguments.arguments.clone(),
            folder: here,
            variables,
        };
        return start.in_environment(session, arguments, None);
    };
    let target = RunnableTarget::of(session, spec).map_err(|error| {
        match spec.contains([':', '/', '.']) {
            true => error,
            false => error.hint(format!(
                "`cargo xtask run -- {spec}` runs a program of the environment"
            )),
        }
    })?;
    variables.extend(target.variables);
    let mut start = Start {
        arguments: Vec::new(),
        folder: session.root().to_owned(),
        variables,
    };
    let resolve = match target.program {
        TargetProgram::Shell { command, folder } => {
            start.arguments = vec!["-c".to_owned(), command, target.address];
            start.arguments.extend_from_slice(&arguments.arguments);
            start.folder = folder;
            return start.in_shell(session);
        }
        TargetProgram::Environment {
            resolve,
            arguments: own,
        } => {
            start.arguments = own;
            resolve
        }
    };
    start.arguments.extend_from_slice(&arguments.arguments);
    start.in_environment(session, arguments, resolve.as_deref())
}

/// What is started.
struct Start {
    /// The program with its arguments, or arguments of Python.
    arguments: Vec<String>,
    /// Where it runs.
    folder: Utf8PathBuf,
    /// What is added to its variables.
    variables: Vec<(String, String)>,
}

impl Start {
    fn in_environment(
        self,
        session: &Session,
        arguments: &RunArguments,
        of_target: Option<&str>,
    ) -> Result<CommandOutcome, GoalError> {
        let named = arguments.resolve.as_deref().or(of_target);
        let LockSet { resolve, python } = LockSet::of(session, named, arguments.python.clone());
        let options = ExportOptions {
            python,
            index: arguments.index.choice(),
            stale: match arguments.locked {
                true => StaleLocks::Refused,
                false => StaleLocks::Warned,
            },
            ..ExportOptions::default()
        };
        let exporter = Exporter::new(session, options)?;
        let environment = match self.script()? {
            Some(script) => exporter.of_script(&script, &arguments.further)?,
            None => exporter.with_further(&resolve, &arguments.further)?,
        };
        let path = session.environment.get("PATH").map_or("", String::as_str);
        let search = ProgramSearch {
            environment: &environment,
            path,
            here: &self.folder,
        };
        let (program, rest) = search.program(&self.arguments, &resolve)?;
        let mut command = self.command(session, &program);
        command.arguments(rest);
        command.variable("VIRTUAL_ENV", environment.root().as_str());
        command.variable("PATH", &format!("{}:{path}", environment.scripts()));
        command.without("PYTHONHOME");
        Err(command.replace_this_process())
    }

    /// What the script that is started says that it needs, where it says so.
    fn script(&self) -> Result<Option<ScriptMetadata>, GoalError> {
        match self.arguments.first() {
            Some(first) if first.ends_with(".py") => ScriptMetadata::read(&self.folder.join(first)),
            _ => Ok(None),
        }
    }

    fn in_shell(self, session: &Session) -> Result<CommandOutcome, GoalError> {
        if !self.folder.is_dir() {
            let (folder, address) = (&self.folder, &self.arguments[2]);
            return Err(GoalError::failure(format!(
                "cannot run `{address}`: there is no folder {folder}"
            ))
            .hint("its `workdir` names it; `cargo xtask package` makes `dist`"));
        }
        let mut command = self.command(session, "bash");
        command.arguments(&self.arguments);
        Err(command.replace_this_process())
    }

    fn command(&self, session: &Session, program: &str) -> Replacement {
        let mut command = Replacement::new(program);
        command.folder(&self.folder);
        for (name, value) in &self.variables {
            // What the shell has set already counts more.
            if !session.environment.contains_key(name) {
                command.variable(name, value);
            }
        }
        command
    }
}
