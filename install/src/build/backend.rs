//! Calls the hooks of a build backend in an environment of its own.

use std::env;

use camino::{Utf8Path, Utf8PathBuf};
use serde::Deserialize;
use serde_json::{Value, json};

use super::error::BuildProblem;
use super::project::BuildSystem;
use crate::environment::Environment;

const RUNNER: &str = include_str!("runner.py");
/// The lines of a failed hook's output that an error carries.
const TAIL: usize = 20;

/// What a backend can build.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Archive {
    Wheel,
    Sdist,
}

/// A backend that can be called.
pub(crate) struct Backend<'a> {
    pub(crate) system: &'a BuildSystem,
    pub(crate) environment: &'a Environment,
    /// The project's folder.
    pub(crate) source: &'a Utf8Path,
    /// A folder for requests and answers.
    pub(crate) scratch: &'a Utf8Path,
    /// Where the output is kept after a failure.
    pub(crate) kept_log: &'a Utf8Path,
}

#[derive(Deserialize)]
struct Answer {
    value: Option<Value>,
    #[serde(default)]
    missing: bool,
}

impl Backend<'_> {
    /// What a build of this archive asks for; nothing where the backend has no hook for that.
    pub(crate) fn requires(&self, archive: Archive) -> Result<Vec<String>, BuildProblem> {
        let hook = match archive {
            Archive::Wheel => "get_requires_for_build_wheel",
            Archive::Sdist => "get_requires_for_build_sdist",
        };
        match self.call(hook, json!([null]))? {
            None => Ok(Vec::new()),
            Some(value) => {
                serde_json::from_value(value.clone()).map_err(|_| self.wrong(hook, &value))
            }
        }
    }

    /// The text of METADATA; `None` where the backend has no hook for it.
    pub(crate) fn metadata(&self) -> Result<Option<String>, BuildProblem> {
        let hook = "prepare_metadata_for_build_wheel";
        let folder = self.scratch.join("metadata");
        fs_err::create_dir_all(&folder)?;
        let Some(value) = self.call(hook, json!([folder, null]))? else {
            return Ok(None);
        };
        let file = self.inside(&folder, hook, &value)?.join("METADATA");
        Ok(Some(fs_err::read_to_string(file)?))
    }

    /// Builds the archive into `folder`.
    pub(crate) fn build(
        &self,
        archive: Archive,
        folder: &Utf8Path,
    ) -> Result<Utf8PathBuf, BuildProblem> {
        let (hook, arguments) = match archive {
            Archive::Wheel => ("build_wheel", json!([folder, null, null])),
            Archive::Sdist => ("build_sdist", json!([folder, null])),
        };
        fs_err::create_dir_all(folder)?;
        match self.call(hook, arguments)? {
            Some(value) => self.inside(folder, hook, &value),
            None => Err(BuildProblem::NoHook {
                hook,
                backend: self.system.backend.clone(),
            }),
        }
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

    /// Calls a hook; `None` where the backend has no such hook.
    fn call(&self, hook: &'static str, arguments: Value) -> Result<Option<Value>, BuildProblem> {
        let file = |name: &str| self.scratch.join(format!("{hook}-{name}"));
        let (runner, request, answer) =
            (file("runner.py"), file("request.json"), file("answer.json"));
        fs_err::write(&runner, RUNNER)?;
        let call = json!({
            "backend": self.system.backend,
            "backend_path": self.system.backend_path,
            "hook": hook,
            "arguments": arguments,
            "answer": answer,
        });
        fs_err::write(&request, call.to_string())?;
        let python = self.environment.python();
        let expression = duct::cmd(
            python.as_str(),
            ["-I", "-u", runner.as_str(), request.as_str()],
        )
        .dir(self.source)
        .stdin_null()
        .stderr_to_stdout()
        .stdout_path(file("output"))
        .unchecked();
        let output = self.clean(expression).run()?;
        if !output.status.success() {
            return Err(self.failure(hook, &file("output"))?);
        }
        let answer: Answer = serde_json::from_slice(&fs_err::read(answer)?)
            .map_err(|_| self.wrong(hook, &Value::Null))?;
        Ok(if answer.missing {
            None
        } else {
            Some(answer.value.unwrap_or_default())
        })
    }

    /// No variable of this process changes what Python imports; the environment's scripts come
    /// first; archives that the build makes have a fixed time.
    fn clean(&self, expression: duct::Expression) -> duct::Expression {
        let names = env::vars_os().filter_map(|(name, _)| name.into_string().ok());
        let mut expression = names
            .filter(|name| name.starts_with("PYTHON"))
            .fold(expression, |expression, name| expression.env_remove(name));
        let path = env::var("PATH").unwrap_or_default();
        expression = expression
            .env("PATH", format!("{}:{path}", self.environment.scripts()))
            .env("VIRTUAL_ENV", self.environment.root());
        if env::var_os("SOURCE_DATE_EPOCH").is_none() {
            expression = expression.env("SOURCE_DATE_EPOCH", EPOCH);
        }
        expression
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

/// The first second that a zip archive can hold: 1980-01-02.
const EPOCH: &str = "315619200";
