//! Which program `run` starts, and in which environment.

use camino::Utf8Path;
use install::environment::Environment;
use install::python::PythonRequest;

use super::folders;
use crate::error::GoalError;
use crate::session::Session;

/// The resolve that a run is for, and the Python of its environment where one is named.
#[derive(Debug, Clone)]
pub struct LockSet {
    /// The resolve.
    pub resolve: String,
    /// Its Python.
    pub python: Option<PythonRequest>,
}

impl LockSet {
    /// What is named. What Pants of older versions had as the name of an environment, and scripts
    /// have in `LOCKSET`, is understood too.
    pub fn of(session: &Session, named: Option<&str>, python: Option<PythonRequest>) -> Self {
        let named = session.resolve(named);
        let known = |name: &str| session.settings.python.resolves.contains_key(name);
        let set = |resolve: &str, python| Self {
            resolve: resolve.to_owned(),
            python,
        };
        if known(named) {
            return set(named, python);
        }
        let name = named.strip_prefix("tools/").unwrap_or(named);
        match name.split_once('/') {
            Some((resolve, version)) if known(resolve) => {
                let requested = version.parse().ok();
                let exported = folders::environments(session)
                    .iter()
                    .any(|owned| owned.path.ends_with(format!("{resolve}/{version}")));
                // Where there is no such environment, the one that fits is meant.
                set(resolve, python.or(requested.filter(|_| exported)))
            }
            _ if known(name) => set(name, python),
            _ => set(named, python),
        }
    }
}

/// Where a program is looked for.
pub struct ProgramSearch<'a> {
    /// The environment.
    pub environment: &'a Environment,
    /// The variable `PATH`.
    pub path: &'a str,
    /// The folder to which names of files are relative.
    pub here: &'a Utf8Path,
}

impl ProgramSearch<'_> {
    /// The program that the first argument names, with the arguments for it: a script of the
    /// environment, a file for Python, or a program on `PATH`; Python itself where the first argument
    /// is an option.
    pub fn program<'b>(
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
