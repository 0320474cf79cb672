//! A process of a tool, started once or as often as command lines are long.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use checks::{CallMode, CheckTool, ToolKind, Verdict, batches};
use engine::{Location, Template};
use model::Sha256;

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
    /// Variables that matter for what it finds.
    pub(super) variables: BTreeMap<String, String>,
    /// Variables that it sees as the caller has them.
    pub(super) passed: BTreeMap<String, String>,
    /// Paths of this machine, by the names in braces that stand for them.
    pub(super) locations: Vec<(&'static str, Location)>,
    /// The folders at which imports of the repository start.
    pub(super) source_roots: Vec<String>,
    /// Files that it sees beside those that it is given.
    pub(super) sees: Vec<String>,
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
    /// Whether no other run may use its cache at the same time.
    pub(super) fn needs_cache_alone(&self) -> bool {
        self.tool.kind == ToolKind::Checker
    }

    /// Runs it on files, which are relative to `folder`.
    pub(super) fn run(&self, folder: &Utf8Path, files: &[String]) -> Result<ToolAnswer, GoalError> {
        let mut answer = ToolAnswer {
            code: Some(0),
            ..ToolAnswer::default()
        };
        for batch in batches(files) {
            let one = self.run_once(folder, &batch)?;
            answer.add(one);
        }
        Ok(answer)
    }

    /// Runs it once on all files, whose names are in a file where a command line does not hold them.
    pub(super) fn run_as_one(
        &self,
        folder: &Utf8Path,
        files: &[String],
    ) -> Result<ToolAnswer, GoalError> {
        let mut batches = batches(files);
        if let (2.., Some(list)) = (batches.len(), self.argument_file(files)?) {
            batches = vec![vec![self.placed(&list)]];
        }
        self.run_once(folder, &batches.concat())
    }

    /// Whether there is nothing in its cache.
    pub(super) fn has_empty_cache(&self) -> bool {
        let entries = self.cache.read_dir_utf8();
        entries.is_ok_and(|mut entries| entries.next().is_none())
    }

    /// Empties its cache.
    pub(super) fn empty_cache(&self) -> Result<(), GoalError> {
        let emptied = fs_err::read_dir(&self.cache).and_then(|entries| {
            for entry in entries {
                let entry = entry?;
                match entry.file_type()?.is_dir() {
                    true => fs_err::remove_dir_all(entry.path())?,
                    false => fs_err::remove_file(entry.path())?,
                }
            }
            Ok(())
        });
        emptied.map_err(|error| GoalError::file("empty", &self.cache, &error))
    }

    /// Lets it have a folder of its cache for itself.
    pub(super) fn use_cache(&mut self, name: &str) -> Result<(), GoalError> {
        let cache = self.cache.join(name);
        fs_err::create_dir_all(&cache).map_err(|error| GoalError::file("make", &cache, &error))?;
        for (location, place) in &mut self.locations {
            if *location == "cache" {
                *place = Location::new("cache", &*cache);
            }
        }
        self.cache = cache;
        Ok(())
    }

    /// The argument for a file with arguments, which is written, if the tool takes one.
    pub(super) fn argument_file(&self, files: &[String]) -> Result<Option<String>, GoalError> {
        let Some(prefix) = &self.tool.argument_file else {
            return Ok(None);
        };
        let text = files.join("\n");
        let list = self.cache.join(format!(
            "files-{}.txt",
            &Sha256::of(text.as_bytes()).to_string()[..16]
        ));
        workspace::files::replace(&list, &text)
            .map_err(|error| GoalError::file("write", &list, &error))?;
        let name = list.file_name().unwrap_or_default();
        Ok(Some(format!("{prefix}{{cache}}/{name}")))
    }

    /// A text with the paths of this machine in it.
    fn placed(&self, text: &str) -> String {
        let places = self.locations.iter();
        places.fold(text.to_owned(), |text, (name, location)| {
            text.replace(&format!("{{{name}}}"), location.path.as_str())
        })
    }

    /// A text in which the paths of this machine have names.
    pub(super) fn template(&self, text: &str) -> Template {
        let mut template = Template::default();
        let mut rest = text;
        while let Some((start, name)) = self.first_name(rest) {
            if start > 0 {
                template = template.then(&rest[..start]);
            }
            template = template.then_location(name);
            rest = &rest[start + name.len() + 2..];
        }
        match rest.is_empty() && !text.is_empty() {
            true => template,
            false => template.then(rest),
        }
    }

    /// The first name in braces of a text, and where it begins.
    fn first_name(&self, text: &str) -> Option<(usize, &'static str)> {
        let names = self.locations.iter().map(|(name, _)| *name);
        let found = names.filter_map(|name| Some((text.find(&format!("{{{name}}}"))?, name)));
        found.min()
    }

    fn run_once(&self, folder: &Utf8Path, files: &[String]) -> Result<ToolAnswer, GoalError> {
        let program = &self.program.program;
        let own = self.arguments.iter().map(|text| self.placed(text));
        let arguments = own.chain(files.iter().cloned());
        let variables = self.variables.iter().chain(&self.passed);
        let variables = variables.map(|(name, value)| (name.clone(), self.placed(value)));
        let output = duct::cmd(program.as_std_path(), arguments)
            .dir(folder.as_std_path())
            .full_env(variables)
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
    pub(super) fn add(&mut self, other: Self) {
        if other.verdict != Verdict::Clean {
            self.code = other.code;
        }
        self.verdict = self.verdict.max(other.verdict);
        self.stdout.push_str(&other.stdout);
        self.stderr.push_str(&other.stderr);
    }

    /// What a tool that goes on all the same says of what configures it.
    pub(super) fn complaints(&self, tool: &CheckTool) -> Vec<&str> {
        let names = tool.config_names();
        let is_about = |line: &&str| names.iter().any(|name| line.contains(name.as_str()));
        self.stderr
            .lines()
            .filter(is_about)
            .map(str::trim)
            .collect()
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
