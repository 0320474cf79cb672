//! One tool as data: a row of the table.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IntoDeserializer;

use crate::finding::{Finding, FindingTemplate};

/// What a tool is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ToolKind {
    /// Finds mistakes: `lint`. One with `write` is a fixer too, on a line of its own.
    Linter,
    /// Changes the layout of files: `fmt`, `fix`, and `lint` to see what it would change.
    Formatter,
    /// Changes more than the layout: `fix`, and `lint` to see what it would change.
    Fixer,
    /// Checks types: `check`.
    Checker,
}

/// Which files one process is given.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Partitioning {
    /// All.
    #[default]
    All,
    /// Those with the same interpreter constraints; the tool runs on such an interpreter.
    InterpreterConstraints,
    /// Those of the same resolve with the same interpreter constraints. The tool sees what they
    /// depend on, of the repository and of the lock.
    Resolve,
}

/// A tool.
///
/// In arguments and variables, `{cores}` is replaced by the number of processes that a tool may start,
/// `{cache}` by the folder of its own cache, `{config}` by its configuration file. Where files are parted
/// by resolve, `{python_executable}` is the Python with what they require, `{site_packages}` where that is,
/// `{python_version}` the lowest version that they are for, `{source_roots}` the folders at which their
/// imports start; an argument with `{source_root}` is repeated for each of these. Files follow at the end.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckTool {
    /// The name of the row.
    #[serde(skip)]
    pub name: String,
    /// What it is for.
    pub kind: ToolKind,
    /// The name in summaries, where that is not its own.
    #[serde(default)]
    pub label: Option<String>,
    /// The name for `--only`, where several rows are one tool for the user.
    #[serde(default)]
    pub id: Option<String>,
    /// The section of its settings, where that is not its name for `--only`.
    #[serde(default)]
    pub section: Option<String>,
    /// The backends of Pants that bring it.
    #[serde(default)]
    pub backends: Vec<String>,
    /// What is locked where no resolve has it.
    #[serde(default)]
    pub requirements: Vec<String>,
    /// Its console script or program, where that is not its section.
    #[serde(default)]
    pub program: Option<String>,
    /// The types of the targets whose files it is given.
    #[serde(default)]
    pub targets: Vec<String>,
    /// Patterns of files that it is given, whether targets own them or not.
    #[serde(default)]
    pub globs: Vec<String>,
    /// Whether it is given BUILD files.
    #[serde(default)]
    pub build_files: bool,
    /// Which files one process is given.
    #[serde(default)]
    pub partition: Partitioning,
    /// Whether what it finds in a file depends on no other file's contents, nor on which others it is given: it is
    /// given only those in which it may find something that it did not find before. Not so black and isort, which
    /// take their configuration from where the files that they are given have a folder in common.
    #[serde(default)]
    pub by_file: bool,
    /// The fields of targets that keep it from their files.
    #[serde(default)]
    pub skip: Vec<String>,
    /// The arguments with which it looks and changes nothing. A formatter or fixer without them is
    /// tried on a copy.
    #[serde(default)]
    pub check: Option<Vec<String>>,
    /// The arguments with which a linter says what it would fix, if `lint` asks for that too.
    #[serde(default)]
    pub check_fix: Option<Vec<String>>,
    /// The arguments with which it changes files.
    #[serde(default)]
    pub write: Option<Vec<String>>,
    /// How often it is called until it changes nothing more.
    #[serde(default = "once")]
    pub passes: u32,
    /// The argument that names its configuration file.
    #[serde(default)]
    pub config: Option<String>,
    /// The arguments that keep it from looking for one.
    #[serde(default)]
    pub isolated: Vec<String>,
    /// The files at the root that configure it: `NAME`, or `NAME#TEXT` of those that count only with
    /// this text.
    #[serde(default)]
    pub config_files: Vec<String>,
    /// Arguments that are added unless its configuration or other arguments have the word.
    #[serde(default)]
    pub unless_configured: BTreeMap<String, String>,
    /// The prefix of an argument that names a file with more arguments, one each line: for more files
    /// than a command line holds.
    #[serde(default)]
    pub argument_file: Option<String>,
    /// The arguments with which it prints a line for each finding, where others read these.
    #[serde(default)]
    pub plain: Vec<String>,
    /// How lines begin that go on with the one before.
    #[serde(default)]
    pub continues: Vec<String>,
    /// How such lines look. Of several templates, the first that fits is taken.
    #[serde(default)]
    pub lines: Vec<FindingTemplate>,
    /// The number of the first column in its lines.
    #[serde(default = "first")]
    pub first_column: u32,
    /// The program that stays and answers quicker the next time, and its arguments before those of `check`:
    /// `{daemon}` is a name for its state.
    #[serde(default)]
    pub daemon: Vec<String>,
    /// Variables of its process.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// Exit codes that mean findings.
    #[serde(default = "one")]
    pub findings: Vec<i32>,
    /// Exit codes that mean that it was called wrongly.
    #[serde(default = "two")]
    pub misuse: Vec<i32>,
    /// Words in its output that mean that it broke, whatever its exit code.
    #[serde(default)]
    pub broken: Vec<String>,
    /// Exit codes that mean, where it may write, that it changed files.
    #[serde(default)]
    pub changed: Vec<i32>,
}

impl CheckTool {
    /// Reads a row.
    ///
    /// # Errors
    /// What is wrong with it, in words: a key or value that is none, or what it lacks.
    pub fn read(row: toml_edit::Value) -> Result<Self, String> {
        let tool = Self::deserialize(row.into_deserializer());
        let tool = tool.map_err(|error| shortened(error.message()))?;
        match tool.lacks() {
            Some(lack) => Err(lack.to_owned()),
            None => Ok(tool),
        }
    }

    /// The same with a name.
    #[must_use]
    pub fn named(self, name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..self
        }
    }

    /// What it lacks to be run.
    pub(crate) fn lacks(&self) -> Option<&'static str> {
        let mode = match self.kind {
            ToolKind::Linter if self.check.is_none() => Some("a linter needs `check`"),
            ToolKind::Checker if self.check.is_none() => Some("a checker needs `check`"),
            ToolKind::Formatter if self.write.is_none() => Some("a formatter needs `write`"),
            ToolKind::Fixer if self.write.is_none() => Some("a fixer needs `write`"),
            _ => None,
        };
        let is_given = !self.targets.is_empty() || !self.globs.is_empty() || self.build_files;
        mode.or((!is_given)
            .then_some("it is given no files: `targets`, `globs` or `build_files` name them"))
            .or(self
                .requirements
                .is_empty()
                .then_some("`requirements` names nothing that has it"))
    }

    /// The name in summaries.
    #[must_use]
    pub fn label(&self) -> &str {
        self.label.as_deref().unwrap_or(&self.name)
    }

    /// The name for `--only`: two rows of one tool may share it.
    #[must_use]
    pub fn id(&self) -> &str {
        self.id.as_deref().unwrap_or(&self.name)
    }

    /// Whether `--only` means it by this name.
    #[must_use]
    pub fn is_named(&self, name: &str) -> bool {
        [self.id(), self.label(), &self.name].contains(&name)
    }

    /// The section of its settings.
    #[must_use]
    pub fn section(&self) -> &str {
        self.section.as_deref().unwrap_or_else(|| self.id())
    }

    /// Its console script or program.
    #[must_use]
    pub fn program(&self) -> &str {
        self.program.as_deref().unwrap_or_else(|| self.section())
    }

    /// The project that has it: that of its first requirement.
    #[must_use]
    pub fn package(&self) -> &str {
        let first = self
            .requirements
            .first()
            .map_or(self.section(), String::as_str);
        let end = first
            .find(|character: char| !character.is_alphanumeric() && !"-_.".contains(character));
        &first[..end.unwrap_or(first.len())]
    }

    /// The name in summaries of what it would fix, for a linter that fixes too.
    #[must_use]
    pub fn fixer_label(&self) -> String {
        match self.kind {
            ToolKind::Linter => format!("{} --fix", self.label()),
            _ => self.label().to_owned(),
        }
    }

    /// The names of the files at the root that configure it.
    #[must_use]
    pub fn config_names(&self) -> Vec<String> {
        let files = self.config_files.iter();
        let name = |file: &String| file.split('#').next().unwrap_or_default().to_owned();
        files.map(name).collect()
    }

    /// What it printed, each finding on one line.
    #[must_use]
    pub fn whole_lines(&self, printed: &str) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for line in printed.lines() {
            let mut starts = self.continues.iter();
            let goes_on = starts.any(|start| line.starts_with(start.as_str()));
            match lines.last_mut().filter(|_| goes_on) {
                Some(last) => {
                    last.push(' ');
                    last.push_str(line.trim());
                }
                None => lines.push(line.to_owned()),
            }
        }
        lines
    }

    /// The finding that a line of its output tells; `None` where it tells none.
    #[must_use]
    pub fn finding(&self, line: &str) -> Option<Finding> {
        let line = line.trim_end_matches('\r');
        let mut finding = self.lines.iter().find_map(|template| template.read(line))?;
        if let Some(column) = &mut finding.column {
            *column = (*column + 1).saturating_sub(self.first_column).max(1);
        }
        if finding.message.is_empty() {
            let told = match finding.line {
                Some(_) => "cannot be parsed",
                None => "would be changed",
            };
            told.clone_into(&mut finding.message);
        }
        Some(finding)
    }

    /// Whether it has a cache of its own.
    #[must_use]
    pub fn has_cache(&self) -> bool {
        let arguments = self.check.iter().flatten();
        let mut values = arguments.chain(self.environment.values());
        values.any(|value| value.contains("{cache}"))
    }

    /// Whether it changes files.
    #[must_use]
    pub fn writes(&self) -> bool {
        self.write.is_some()
    }
}

/// What formats BUILD files in `update-build-files`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BuildFileFormatter {
    /// black.
    Black,
    /// `ruff format`.
    Ruff,
    /// yapf.
    Yapf,
}

impl BuildFileFormatter {
    /// The row of the tool for BUILD files.
    #[must_use]
    pub fn row(self) -> &'static str {
        match self {
            Self::Black => "black-build-files",
            Self::Ruff => "ruff-build-files",
            Self::Yapf => "yapf-build-files",
        }
    }

    /// Its name in what is printed.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Black => "Black",
            Self::Ruff => "Ruff",
            Self::Yapf => "Yapf",
        }
    }
}

/// What is wrong with a row, with the key that is meant in place of all keys.
fn shortened(message: &str) -> String {
    let unknown = message.strip_prefix("unknown field `");
    let Some((key, known)) = unknown.and_then(|rest| rest.split_once("`, expected one of ")) else {
        return message.lines().next().unwrap_or_default().to_owned();
    };
    let known = known.split(", ").map(|key| key.trim_matches('`'));
    match model::nearest(key, known) {
        Some(near) => format!("unknown field `{key}`, did you mean `{near}`?"),
        None => format!("unknown field `{key}`"),
    }
}

fn once() -> u32 {
    1
}

fn first() -> u32 {
    1
}

fn one() -> Vec<i32> {
    vec![1]
}

fn two() -> Vec<i32> {
    vec![2]
}
