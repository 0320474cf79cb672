//! Targets that `run` starts: Python sources, binaries, and shell commands.

use buildfile::Data;
use camino::Utf8PathBuf;
use targets::{TargetGraph, TargetId};

use crate::error::GoalError;
use crate::graph::{BuildFiles, NoSpecs, TargetSelection};
use crate::session::Session;

/// A target that can be started.
#[derive(Debug)]
pub struct RunnableTarget {
    /// Its address.
    pub address: String,
    /// What is started.
    pub program: TargetProgram,
    /// Variables that it asks for.
    pub variables: Vec<(String, String)>,
}

/// What a target starts.
#[derive(Debug)]
pub enum TargetProgram {
    /// A console script, or Python where the first argument is an option.
    Environment {
        /// The resolve; the default one where none is named.
        resolve: Option<String>,
        /// The first arguments.
        arguments: Vec<String>,
    },
    /// A command for the shell, and the folder in which it runs.
    Shell {
        /// The command.
        command: String,
        /// The folder.
        folder: Utf8PathBuf,
    },
}

impl RunnableTarget {
    /// The one target that a spec names and that can be started.
    ///
    /// # Errors
    /// Where the spec names none or several, or where it is not said what to start.
    pub fn of(session: &Session, spec: &str) -> Result<Self, GoalError> {
        let files = BuildFiles::load(session)?;
        let graph = files.graph()?;
        let selection = TargetSelection {
            specs: vec![spec.to_owned()],
            ..TargetSelection::default()
        };
        let named = selection.of(session, &graph, NoSpecs::Refused)?;
        let id = one(&graph, &named, spec)?;
        let runnable = Self::of_target(session, &graph, id);
        files.keep(session);
        runnable
    }

    fn of_target(
        session: &Session,
        graph: &TargetGraph<'_>,
        id: TargetId,
    ) -> Result<Self, GoalError> {
        let target = graph.target(id);
        let resolve = graph.resolve_name(id).map(str::to_owned);
        let program = match (&*target.kind, &target.source) {
            ("run_shell_command", _) => shell(session, graph, id)?,
            ("pex_binary", _) => binary(graph, id, resolve),
            (_, Some(source)) => TargetProgram::Environment {
                resolve,
                arguments: vec!["-m".to_owned(), graph.module_of(source)],
            },
            (kind, None) => {
                return Err(refused(graph, id, format!("a `{kind}` has no file")));
            }
        };
        Ok(Self {
            address: target.address.to_string(),
            program,
            variables: variables(graph.field(id, "env")),
        })
    }
}

/// The types that can be started.
const KINDS: &[&str] = &["python_source", "pex_binary", "run_shell_command"];

/// Of a source and the binary that starts it, the binary is meant.
fn one(graph: &TargetGraph<'_>, named: &[TargetId], spec: &str) -> Result<TargetId, GoalError> {
    let kind_of = |id: &TargetId| &*graph.target(*id).kind;
    let runnable = named.iter().filter(|id| KINDS.contains(&kind_of(id)));
    let runnable: Vec<TargetId> = runnable.copied().collect();
    let mut binaries = runnable.iter().filter(|id| kind_of(id) == "pex_binary");
    match (&runnable[..], binaries.next(), binaries.next()) {
        ([one], _, _) => Ok(*one),
        ([], _, _) => {
            let kinds: Vec<&str> = named.iter().map(kind_of).collect();
            let error = GoalError::misuse(format!("`{spec}` names nothing that can be run"));
            let error = match kinds.first() {
                Some(kind) => error.because(format!("it is a `{kind}`")),
                None => error,
            };
            Err(error.hint(format!(
                "name a `{}`; `cargo xtask run -- PROGRAM` starts any program",
                KINDS.join("`, a `")
            )))
        }
        (_, Some(binary), None) => Ok(*binary),
        (several, _, _) => {
            let error =
                GoalError::misuse(format!("`{spec}` names several targets, and one is run"));
            let addresses = several
                .iter()
                .map(|id| graph.target(*id).address.to_string());
            Err(addresses.fold(error, GoalError::because))
        }
    }
}

fn refused(graph: &TargetGraph<'_>, id: TargetId, why: String) -> GoalError {
    let address = &graph.target(id).address;
    GoalError::failure(format!("cannot run `{address}`: {why}")).at(graph.place(id, "name"))
}

/// The entry point or console script of a `pex_binary`, and the arguments that it has.
fn binary(graph: &TargetGraph<'_>, id: TargetId, resolve: Option<String>) -> TargetProgram {
    let text = |field| graph.field(id, field).and_then(Data::as_str);
    let items = graph.field(id, "args").and_then(Data::as_list);
    let own = items.into_iter().flatten().filter_map(Data::as_str);
    let own = own.map(str::to_owned);
    if let Some(script) = text("script") {
        let arguments = std::iter::once(script.to_owned()).chain(own).collect();
        return TargetProgram::Environment { resolve, arguments };
    }
    let mut arguments = Vec::new();
    if let Some(entry_point) = text("entry_point") {
        let (module, function) = match entry_point.split_once(':') {
            Some((module, function)) => (module, Some(function)),
            None => (entry_point, None),
        };
        let module = match module.ends_with(".py") {
            true => graph.module_of(&graph.path_in_folder(id, module)),
            false => module.to_owned(),
        };
        arguments = match function {
            Some(function) => vec!["-c".to_owned(), call(&module, function)],
            None => vec!["-m".to_owned(), module],
        };
    }
    arguments.extend(own);
    TargetProgram::Environment { resolve, arguments }
}

/// Code that calls a function as a console script does.
fn call(module: &str, function: &str) -> String {
    let name = function.split('.').next().unwrap_or(function);
    format!("import sys; from {module} import {name}; sys.exit({function}())")
}

/// The command of a `run_shell_command`, which runs in the work tree.
fn shell(
    session: &Session,
    graph: &TargetGraph<'_>,
    id: TargetId,
) -> Result<TargetProgram, GoalError> {
    let text = |field| graph.field(id, field).and_then(Data::as_str);
    let Some(command) = text("command") else {
        return Err(refused(graph, id, "it has no `command`".to_owned()));
    };
    if command.contains("{chroot}") || command.contains("CHROOT") {
        let why = "its command asks for a folder with what it depends on, which is not made here";
        return Err(refused(graph, id, why.to_owned()));
    }
    // Source: `parse_relative_directory` of Pants: a slash in front or nothing counts from the root.
    let folder = match text("workdir").unwrap_or(".") {
        "." => graph.target(id).dir.to_string(),
        folder => match (folder.strip_prefix("./"), folder.strip_prefix('/')) {
            (Some(below), _) => graph.path_in_folder(id, below),
            (None, Some(from_root)) => from_root.to_owned(),
            (None, None) => folder.to_owned(),
        },
    };
    Ok(TargetProgram::Shell {
        command: command.to_owned(),
        folder: session.root().join(folder),
    })
}

fn variables(field: Option<&Data>) -> Vec<(String, String)> {
    let pairs = field.and_then(Data::as_dict).into_iter().flatten();
    pairs
        .filter_map(|(name, value)| Some((name.as_str()?.to_owned(), value.as_str()?.to_owned())))
        .collect()
}
