//! Calls the hooks of a build backend in an isolated environment.

use std::env;

use camino::{Utf8Path, Utf8PathBuf};
use serde::Deserialize;
use serde_json::{Value, json};

use super::environments::BuildEnvironment;
use super::error::BuildProblem;
use super::project::BuildSystem;
use super::server::Server;

const RUNNER: &str = include_str!("runner.py");
/// The number of lines of a failed hook's output in an error.
const TAIL: usize = 20;

/// The result that a backend is called for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Goal {
    /// The folder of the metadata of the wheel.
    Metadata,
    Wheel,
    /// The wheel of an editable install (PEP 660).
    Editable,
    Sdist,
}

/// Whether the result is made at once when the backend is asked for its requirements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HookScope {
    /// If no more is required.
    WithGoal,
    /// Never: only the requirements are wanted.
    RequiresAlone,
}

/// What the caller of a build says to the backend.
#[derive(Debug, Clone, Default)]
pub struct HookOptions {
    /// `config_settings` of the hooks that make a wheel (PEP 517).
    pub wheel_settings: Value,
    /// `config_settings` of the hooks that make a source distribution.
    pub sdist_settings: Value,
    /// Variables, with their values.
    pub variables: Vec<(String, String)>,
    /// Further folders that the backend may import from.
    pub import_path: Vec<Utf8PathBuf>,
}

/// A backend that can be called.
pub(crate) struct Backend<'a> {
    pub(crate) options: &'a HookOptions,
    pub(crate) system: &'a BuildSystem,
    pub(crate) environment: &'a BuildEnvironment,
    /// The project's folder.
    pub(crate) source: &'a Utf8Path,
    /// The folder for requests and answers.
    pub(crate) scratch: &'a Utf8Path,
    /// The folder in which the output is kept after a failure.
    pub(crate) kept_log: &'a Utf8Path,
}

/// The call of a hook.
struct Call {
    hook: &'static str,
    arguments: Value,
}

#[derive(Deserialize)]
struct Answer {
    value: Option<Value>,
    #[serde(default)]
    missing: bool,
}

impl Backend<'_> {
    /// What a build asks for in order to reach the goal; nothing where the backend has no hook for
    /// that. Where it goes ahead, [`Backend::reach`] has the goal at once.
    pub(crate) fn requires(
        &self,
        goal: Goal,
        scope: HookScope,
    ) -> Result<Vec<String>, BuildProblem> {
        let hook = match goal {
            Goal::Metadata | Goal::Wheel => "get_requires_for_build_wheel",
            Goal::Editable => "get_requires_for_build_editable",
            Goal::Sdist => "get_requires_for_build_sdist",
        };
        let requires = Call {
            hook,
            arguments: json!([self.settings_of_requires(goal)]),
        };
        match scope {
            HookScope::WithGoal => self.run(&[requires, self.call(goal)?])?,
            HookScope::RequiresAlone => self.run(&[requires])?,
        }
        match self.answer(hook)? {
            None => Ok(Vec::new()),
            Some(value) => {
                serde_json::from_value(value.clone()).map_err(|_| self.wrong(hook, &value))
            }
        }
    }

    /// METADATA; `None` where the backend has no hook for it.
    pub(crate) fn metadata(&self) -> Result<Option<Utf8PathBuf>, BuildProblem> {
        match self.reach(Goal::Metadata) {
            Ok(folder) => Ok(Some(folder.join("METADATA"))),
            Err(BuildProblem::NoHook { .. }) => Ok(None),
            Err(problem) => Err(problem),
        }
    }

    /// The file or folder that the backend makes.
    pub(crate) fn reach(&self, goal: Goal) -> Result<Utf8PathBuf, BuildProblem> {
        let call = self.call(goal)?;
        let hook = call.hook;
        if !self.file(hook, ANSWER).exists() {
            self.run(&[call])?;
        }
        match self.answer(hook)? {
            Some(value) => self.inside(&self.folder(goal), hook, &value),
            None => Err(BuildProblem::NoHook {
                hook,
                backend: self.system.backend.clone(),
            }),
        }
    }

    fn call(&self, goal: Goal) -> Result<Call, BuildProblem> {
        let folder = self.folder(goal);
        fs_err::create_dir_all(&folder)?;
        let settings = self.settings(goal);
        let (hook, arguments) = match goal {
            Goal::Metadata => (
                "prepare_metadata_for_build_wheel",
                json!([folder, settings]),
            ),
            Goal::Wheel => ("build_wheel", json!([folder, settings, null])),
            Goal::Editable => ("build_editable", json!([folder, settings, null])),
            Goal::Sdist => ("build_sdist", json!([folder, settings])),
        };
        Ok(Call { hook, arguments })
    }

    fn settings(&self, goal: Goal) -> &Value {
        match goal {
            Goal::Metadata | Goal::Wheel | Goal::Editable => &self.options.wheel_settings,
            Goal::Sdist => &self.options.sdist_settings,
        }
    }

    /// Without options for the command that builds: setuptools hands `--global-option` to every
    /// command, and the one that is asked here does not know them.
    fn settings_of_requires(&self, goal: Goal) -> Value {
        let mut settings = self.settings(goal).clone();
        if let Some(settings) = settings.as_object_mut() {
            settings.remove("--global-option");
        }
        match settings.as_object().is_some_and(serde_json::Map::is_empty) {
            true => Value::Null,
            false => settings,
        }
    }

    fn folder(&self, goal: Goal) -> Utf8PathBuf {
        self.scratch.join(match goal {
            Goal::Metadata => "metadata",
            Goal::Wheel | Goal::Editable | Goal::Sdist => "built",
        })
    }

    fn file(&self, hook: &str, name: &str) -> Utf8PathBuf {
        self.scratch.join(format!("{hook}-{name}"))
    }

    /// The file or folder in `folder` whose name the hook returned.
    fn inside(
        &self,
        folder: &Utf8Path,
        hook: &'static str,
        value: &Value,
    ) -> Result<Utf8PathBuf, BuildProblem> {
        value
            .as_str()
            .filter(|name| !name.contains('/') && !matches!(*name, "" | "." | ".."))
            .map(|name| folder.join(name))
            .filter(|path| path.exists())
            .ok_or_else(|| self.wrong(hook, value))
    }

    fn wrong(&self, hook: &'static str, value: &Value) -> BuildProblem {
        BuildProblem::Answer {
            hook,
            backend: self.system.backend.clone(),
            found: value.to_string(),
        }
    }

    /// Makes the calls in order, until one returns something.
    fn run(&self, calls: &[Call]) -> Result<(), BuildProblem> {
        // On other systems, a process cannot safely be forked after it has imported some modules.
        let forks = cfg!(target_os = "linux");
        for calls in calls.chunks(if forks { calls.len() } else { 1 }) {
            let output = match calls {
                [first, ..] => self.file(first.hook, "output"),
                [] => continue,
            };
            // A backend in the source itself is only imported for this source.
            let is_shared = forks
                && self.system.backend_path.is_empty()
                && self.options.variables.is_empty()
                && self.options.import_path.is_empty();
            if !(is_shared && self.run_in_server(calls, &output)?) {
                self.run_in_one_process(calls, &output)?;
            }
            if !self.goes_on(calls, &output)? {
                break;
            }
        }
        Ok(())
    }

    /// Whether calls that were made leave it to the next one, each having returned nothing.
    fn goes_on(&self, calls: &[Call], output: &Utf8Path) -> Result<bool, BuildProblem> {
        for call in calls {
            if !self.file(call.hook, ANSWER).exists() {
                return Err(self.failure(call.hook, output)?);
            }
            let value = self.answer(call.hook)?;
            if value.is_some_and(|value| !matches!(&value, Value::Array(all) if all.is_empty())) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The request for `runner.py`.
    fn request(&self, calls: &[Call]) -> Value {
        let calls: Vec<Value> = calls
            .iter()
            .map(|call| {
                let answer = self.file(call.hook, ANSWER);
                json!({"hook": call.hook, "arguments": call.arguments, "answer": answer})
            })
            .collect();
        json!({
            "backend": self.system.backend,
            "backend_path": self.system.backend_path,
            "import_path": self.options.import_path,
            "calls": calls,
        })
    }

    /// Whether a server made the calls.
    fn run_in_server(&self, calls: &[Call], output: &Utf8Path) -> Result<bool, BuildProblem> {
        let server = self.environment.server.get_or_init(|| {
            let runner = self.environment.environment.root().join("runner.py");
            fs_err::write(&runner, RUNNER).ok()?;
            Server::start(&self.python([runner.as_str()])).ok()
        });
        let Some(server) = server else {
            return Ok(false);
        };
        let lock = self.scratch.join("lock");
        let mut request = self.request(calls);
        request["source"] = json!(self.source);
        request["output"] = json!(output);
        request["lock"] = json!(lock);
        fs_err::write(output, "")?;
        Ok(server.serve(&request, &lock).is_ok())
    }

    fn run_in_one_process(&self, calls: &[Call], output: &Utf8Path) -> Result<(), BuildProblem> {
        let runner = self.scratch.join("runner.py");
        let request = self.scratch.join("request.json");
        fs_err::write(&runner, RUNNER)?;
        fs_err::write(&request, self.request(calls).to_string())?;
        self.python([runner.as_str(), request.as_str()])
            .dir(self.source)
            .stdin_null()
            .stderr_to_stdout()
            .stdout_path(output)
            .unchecked()
            .run()?;
        Ok(())
    }

    /// Python, isolated to the environment.
    fn python<const N: usize>(&self, arguments: [&str; N]) -> duct::Expression {
        let python = self.environment.environment.python();
        let arguments = ["-I", "-u"].into_iter().chain(arguments);
        self.clean(duct::cmd(python.as_str(), arguments))
    }

    /// The result of a hook; `None` if the backend does not have the hook.
    fn answer(&self, hook: &'static str) -> Result<Option<Value>, BuildProblem> {
        let bytes = fs_err::read(self.file(hook, ANSWER))?;
        let answer: Answer =
            serde_json::from_slice(&bytes).map_err(|_| self.wrong(hook, &Value::Null))?;
        Ok(if answer.missing {
            None
        } else {
            Some(answer.value.unwrap_or_default())
        })
    }

    /// No variable of this process changes what Python imports. The scripts of the environment come
    /// first in `PATH`. Archives that the build makes have a fixed time.
    fn clean(&self, expression: duct::Expression) -> duct::Expression {
        let names = env::vars_os().filter_map(|(name, _)| name.into_string().ok());
        let mut expression = names
            .filter(|name| name.starts_with("PYTHON"))
            .fold(expression, |expression, name| expression.env_remove(name));
        let path = env::var("PATH").unwrap_or_default();
        expression = expression
            .env(
                "PATH",
                format!("{}:{path}", self.environment.environment.scripts()),
            )
            .env("VIRTUAL_ENV", self.environment.environment.root());
        if env::var_os("SOURCE_DATE_EPOCH").is_none() {
            expression = expression.env("SOURCE_DATE_EPOCH", EPOCH);
        }
        let variables = self.options.variables.iter();
        variables.fold(expression, |expression, (name, value)| {
            expression.env(name, value)
        })
    }

    fn failure(&self, hook: &'static str, log: &Utf8Path) -> Result<BuildProblem, BuildProblem> {
        let output = fs_err::read(log)?;
        crate::files::write_atomically(self.kept_log, &output)?;
        let text = String::from_utf8_lossy(&output);
        let lines: Vec<&str> = text
            .lines()
            .filter(|line| !line.trim().is_empty())
            .collect();
        let tail = &lines[lines.len().saturating_sub(TAIL)..];
        Ok(BuildProblem::Hook {
            hook,
            backend: self.system.backend.clone(),
            tail: tail.iter().map(|line| (*line).to_owned()).collect(),
            log: self.kept_log.to_owned(),
        })
    }
}

const ANSWER: &str = "answer.json";

/// The first day that a zip archive can store in any time zone: 1980-01-02.
const EPOCH: &str = "315619200";
