//! A process of a tool, started once or as often as command lines are long.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use checks::{CallMode, CheckTool, ToolKind, Verdict, batches};
use workspace::pending::alone_in;

use crate::error::GoalError;

/// A program of a tool.
#[derive(Debug, Clone)]
pub(super) struct ToolProgram {
    /// The program.
    pub(super) program: Utf8PathBuf,
    /// What it is, so that another version gets another cache.
    pub(super) identity: String,
}

/// How a tool is called.
#[derive(Debug)]
pub(super) struct ToolCall<'a> {
    pub(super) tool: &'a CheckTool,
    pub(super) mode: CallMode,
    pub(super) program: &'a ToolProgram,
    /// The folder of its own cache.
    pub(super) cache: Utf8PathBuf,
    /// The arguments before the files.
    pub(super) arguments: Vec<String>,
    /// All variables that it sees.
    pub(super) variables: BTreeMap<String, String>,
}

/// What a tool answered.
#[derive(Debug, Clone, Default)]
pub(super) struct ToolAnswer {
    /// The worst of its processes.
    pub(super) verdict: Verdict,
    /// The exit code of the last process that did not succeed; none where a signal ended it.
    pub(super) code: Option<i32>,
    /// What it printed.
    pub(super) stdout: String,
    /// What it printed as errors.
    pub(super) stderr: String,
}

impl ToolCall<'_> {
    /// Waits for another run that uses the same cache, where the tool cannot share it.
    pub(super) fn alone(&self) -> Result<Option<fs_err::File>, GoalError> {
        if self.tool.kind != ToolKind::Checker {
            return Ok(None);
        }
        let locked = alone_in(self.cache.as_std_path());
        locked
            .map(Some)
            .map_err(|error| GoalError::failure(error.to_string()))
    }

    /// Runs it on files, which are relative to `folder`.
    pub(super) fn run(&self, folder: &Utf8Path, files: &[String]) -> Result<ToolAnswer, GoalError> {
        let mut answer = ToolAnswer {
            code: Some(0),
            ..ToolAnswer::default()
        };
        let mut batches = batches(files);
        if let (Some(prefix), 2..) = (&self.tool.argument_file, batches.len()) {
            let list = self.cache.join("files.txt");
            workspace::files::replace(&list, &files.join("\n"))
                .map_err(|error| GoalError::file("write", &list, &error))?;
            batches = vec![vec![format!("{prefix}{list}")]];
        }
        for batch in batches {
            let one = self.run_once(folder, &batch)?;
            answer.add(one);
        }
        Ok(answer)
    }

    fn run_once(&self, folder: &Utf8Path, files: &[String]) -> Result<ToolAnswer, GoalError> {
        let program = &self.program.program;
        let arguments = self.arguments.iter().chain(files);
        let output = duct::cmd(program.as_std_path(), arguments)
            .dir(folder.as_std_path())
            .full_env(&self.variables)
            .stdin_null()
            .stdout_capture()
            .stderr_capture()
            .unchecked()
            .run();
        let output = output.map_err(|error| {
            GoalError::failure(format!("cannot start {}", self.tool.label()))
                .because(format!("{program}: {error}"))
        })?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
        let code = output.status.code();
        let printed = (stdout.as_str(), stderr.as_str());
        let verdict = match self.mode {
            CallMode::Check | CallMode::CheckFix => Verdict::of_check(self.tool, code, printed),
            CallMode::Write => Verdict::of_write(self.tool, code, printed),
        };
        Ok(ToolAnswer {
            verdict,
            code,
            stdout,
            stderr,
        })
    }
}

impl ToolAnswer {
    fn add(&mut self, other: Self) {
        if other.verdict != Verdict::Clean {
            self.code = other.code;
        }
        self.verdict = self.verdict.max(other.verdict);
        self.stdout.push_str(&other.stdout);
        self.stderr.push_str(&other.stderr);
    }

    /// All that it printed, in whole lines.
    pub(super) fn printed(&self) -> String {
        let mut text = String::new();
        for part in [&self.stdout, &self.stderr] {
            text.push_str(part);
            if !part.is_empty() && !part.ends_with('\n') {
                text.push('\n');
            }
        }
        text
    }
}
