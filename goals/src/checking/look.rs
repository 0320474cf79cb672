//! A look of a tool at files as an action: run in place, known by what the tool sees, so that what was clean is
//! not looked at again.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};
use checks::{CheckTool, Verdict, batches};
use engine::{Action, InputTree, Location, Outcome, ProcessEnd, ResultReach, Template, Workplace};
use model::{RepoPath, Sha256};
use targets::{SourceTree, TargetGraph};

use super::clean_files::{self, CleanFiles, FileMarks};
use super::partition::FilePartition;
use super::process::{ToolAnswer, ToolCall};
use super::seen::{SeenFiles, SeenTree};
use crate::actions::ActionRunner;
use crate::error::GoalError;

/// The variable that tells looks at the same files apart where other modules are first-party: tools that sort
/// imports ask the disk for these.
const MODULES: &str = "XTASK_FIRST_PARTY";

/// Makes the actions of looks.
pub(super) struct LookPlanner<'a> {
    runner: &'a ActionRunner<'a>,
    seen: SeenFiles<'a>,
    graph: &'a TargetGraph<'a>,
}

/// What is planned for one look.
pub(super) struct PlannedLook {
    /// The files that its actions are given.
    pub(super) files: Vec<String>,
    /// What is kept where nothing is found.
    pub(super) note: Option<CleanNote>,
}

/// What is kept where nothing is found.
pub(super) struct CleanNote {
    known: CleanFiles,
    marks: FileMarks,
}

impl<'a> LookPlanner<'a> {
    /// Looks at the files of a runner, of which those of the graph's repository are visible.
    pub(super) fn new(runner: &'a ActionRunner<'a>, graph: &'a TargetGraph<'a>) -> Self {
        let seen = SeenFiles::new(runner.files());
        Self {
            runner,
            seen,
            graph,
        }
    }

    /// Adds the actions of a call: for all files, or for those that are not known to be clean.
    pub(super) fn plan(
        &mut self,
        (call, partition): (&ToolCall<'_>, &FilePartition),
        actions: &mut Vec<Action>,
    ) -> Result<PlannedLook, GoalError> {
        let seen = self.seen.of(call.tool, (&partition.files, &call.sees))?;
        let root = self.runner.files().root();
        let builder = ActionBuilder {
            call,
            root,
            title: partition.title.as_deref().unwrap_or_default(),
            first_party: first_party(root, &call.source_roots),
            reach: self.reach(call.tool, &seen),
        };
        let note = call.tool.by_file.then(|| {
            let context = builder.action(&seen.tree(&[])?, &[]).digest();
            let tool = (call.tool.name.as_str(), context);
            Ok::<_, GoalError>(CleanNote {
                known: CleanFiles::open(&call.cache, tool, self.runner.cache_use()),
                marks: clean_files::marks(&seen.given, self.graph.repository().tree()),
            })
        });
        let note = note.transpose()?;
        let doubtful = note
            .as_ref()
            .map(|note| note.known.doubtful(&seen.given, &note.marks));
        let given = doubtful.as_ref().unwrap_or(&seen.given);
        let files: Vec<String> = given.iter().map(|(path, _)| path.clone()).collect();
        let inputs = seen.tree(given)?;
        let mut batches = batches(&files);
        if let (Some(list), 2..) = (call.argument_file(&files)?, batches.len()) {
            batches = vec![vec![list]];
        }
        actions.extend(batches.iter().map(|batch| builder.action(&inputs, batch)));
        let note = note.filter(|_| !files.is_empty());
        Ok(PlannedLook { files, note })
    }

    /// How far an answer goes: a tool that follows imports may find modules that no target has, and that others
    /// do not have.
    fn reach(&self, tool: &CheckTool, seen: &SeenTree) -> ResultReach {
        if tool.by_file || !self.runner.engine().is_shared() {
            return ResultReach::Team;
        }
        let root = self.runner.files().root();
        let is_alone = |folder: &&str| {
            let entries = root.join(folder).read_dir_utf8();
            let mut entries = entries.into_iter().flatten().flatten();
            entries.any(|entry| {
                let name = entry.file_name();
                let is_module = name.ends_with(".py") || name.ends_with(".pyi");
                let path = RepoPath::new(folder).join(name);
                is_module && self.graph.owners_of_file(&path).is_empty()
            })
        };
        match seen.folders().iter().any(is_alone) {
            true => ResultReach::Machine,
            false => ResultReach::Team,
        }
    }
}

impl CleanNote {
    /// Keeps that nothing was found.
    pub(super) fn keep(self, tree: &SourceTree) {
        self.known.keep(self.marks, tree);
    }
}

/// Makes the actions of a call.
struct ActionBuilder<'a> {
    call: &'a ToolCall<'a>,
    root: &'a Utf8Path,
    title: &'a str,
    first_party: String,
    reach: ResultReach,
}

impl ActionBuilder<'_> {
    fn action(&self, inputs: &InputTree, files: &[String]) -> Action {
        let call = self.call;
        let program = Template::location("program");
        let arguments = call.arguments.iter().chain(files);
        let arguments = arguments.map(|text| call.template(text));
        let mut action = Action::new(
            format!("{} {}", call.tool.label(), self.title),
            std::iter::once(program).chain(arguments),
        );
        action.workplace = Workplace::Tree(self.root.to_owned());
        action.reach = self.reach;
        action.inputs = inputs.clone();
        for (name, value) in &call.variables {
            action
                .environment
                .insert(name.clone(), call.template(value));
        }
        for (name, value) in &call.passed {
            action
                .passed
                .insert(name.clone(), Template::from(value.as_str()));
        }
        for (name, location) in &call.locations {
            action
                .locations
                .insert((*name).to_owned(), location.clone());
        }
        action.variable(MODULES, self.first_party.as_str())
    }
}

/// A location that is the same for every machine.
pub(super) fn anywhere(name: &str, path: impl Into<Utf8PathBuf>) -> Location {
    Location::new(name, path)
}

/// What an outcome means.
pub(super) fn answer(tool: &CheckTool, outcome: &Outcome) -> Result<ToolAnswer, GoalError> {
    let lost = |error: std::io::Error| {
        GoalError::failure(format!("what {} printed is lost", tool.label()))
            .because(error.to_string())
    };
    let (stdout, stderr) = (
        outcome.stdout.text().map_err(lost)?,
        outcome.stderr.text().map_err(lost)?,
    );
    let code = match outcome.end {
        ProcessEnd::Exit(code) => Some(code),
        _ => None,
    };
    Ok(ToolAnswer {
        verdict: Verdict::of_check(tool, code, (&stdout, &stderr)),
        code,
        stdout,
        stderr,
    })
}

/// A hash of the names of first-party modules: those at the root and at source roots.
fn first_party(root: &Utf8Path, source_roots: &[String]) -> String {
    let folders: BTreeSet<&str> = source_roots
        .iter()
        .map(String::as_str)
        .chain([""])
        .collect();
    let mut names: Vec<String> = Vec::new();
    for folder in folders {
        let entries = root
            .join(folder)
            .read_dir_utf8()
            .into_iter()
            .flatten()
            .flatten();
        let modules = entries.filter(|entry| {
            let name = entry.file_name();
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            !name.starts_with('.') && (is_folder || name.ends_with(".py"))
        });
        names.extend(modules.map(|entry| format!("{folder}/{}", entry.file_name())));
    }
    names.sort();
    Sha256::of(names.join("\n").as_bytes()).to_string()[..16].to_owned()
}
