//! A look of a tool at files as an action: run in place, known by what the tool sees, so that what was clean is
//! not looked at again.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};
use checks::{CheckTool, Verdict, batches};
use engine::{Action, Location, Outcome, ProcessEnd, Template, Workplace};
use model::{RepoPath, Sha256};

use super::partition::FilePartition;
use super::process::{ToolAnswer, ToolCall};
use crate::actions::ActionRunner;
use crate::error::GoalError;

/// The variable that tells looks at the same files apart where other modules are first-party: tools that sort
/// imports ask the disk for these.
const MODULES: &str = "XTASK_FIRST_PARTY";

/// The largest number of files that configuration may name.
const MOST_NAMED: usize = 100;

/// The actions of a call, one for each command line.
pub(super) fn actions(
    call: &ToolCall<'_>,
    runner: &ActionRunner<'_>,
    partition: &FilePartition,
) -> Result<Vec<Action>, GoalError> {
    let root = runner.files().root();
    let seen = seen(call.tool, root, partition, &call.sees);
    let inputs = runner.files().tree(&seen);
    let inputs = inputs.map_err(|error| {
        GoalError::failure(format!("cannot read what {} looks at", call.tool.label()))
            .because(error.to_string())
    })?;
    let mut files = batches(&partition.files);
    if let (Some(list), 2..) = (call.argument_file(&partition.files)?, files.len()) {
        files = vec![vec![list]];
    }
    let title = partition.title.as_deref().unwrap_or_default();
    let action = |batch: Vec<String>| {
        let program = Template::location("program");
        let arguments = call
            .arguments
            .iter()
            .chain(&batch)
            .map(|text| call.template(text));
        let mut action = Action::new(
            format!("{} {title}", call.tool.label()),
            std::iter::once(program).chain(arguments),
        );
        action.workplace = Workplace::Tree(root.to_owned());
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
        action.variable(MODULES, first_party(root, &call.source_roots))
    };
    Ok(files.into_iter().map(action).collect())
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

/// All files that a tool sees: those that it looks at, those that these reach, what configures it in their
/// folders and above, and what that names.
fn seen(
    tool: &CheckTool,
    root: &Utf8Path,
    partition: &FilePartition,
    more: &[String],
) -> Vec<String> {
    let mut seen: BTreeSet<String> = partition.files.iter().chain(more).cloned().collect();
    seen.extend(configuration_files(tool, root, &partition.files));
    seen.retain(|path| root.join(path).symlink_metadata().is_ok());
    seen.into_iter().collect()
}

/// What configures a tool in the folders of files and above, and what that names.
pub(super) fn configuration_files(
    tool: &CheckTool,
    root: &Utf8Path,
    files: &[String],
) -> BTreeSet<String> {
    let mut folders: BTreeSet<&str> = BTreeSet::from([""]);
    for file in files {
        for folder in RepoPath::new(file).folders() {
            if !folders.insert(folder) {
                break;
            }
        }
    }
    let names = tool.config_names();
    let mut found = BTreeSet::new();
    for folder in folders {
        for name in &names {
            let path = RepoPath::new(folder).join(name);
            if let Ok(text) = fs_err::read_to_string(root.join(&path)) {
                found.extend(named_files(root, &text));
                found.insert(path);
            }
        }
    }
    found
}

/// The files of the repository that a configuration file names: plug-ins, and what it extends.
fn named_files(root: &Utf8Path, text: &str) -> Vec<String> {
    let ends = |character: char| character.is_whitespace() || "\"\',=[]{}()".contains(character);
    let words = text.split(ends);
    let words = words.filter(|word| {
        [".py", ".toml", ".ini", ".cfg", ".txt"]
            .iter()
            .any(|end| word.ends_with(end))
    });
    let words = words.map(|word| word.trim_start_matches("./"));
    let words = words.filter(|word| !word.starts_with(['/', '.']) && root.join(word).is_file());
    words.take(MOST_NAMED).map(str::to_owned).collect()
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
