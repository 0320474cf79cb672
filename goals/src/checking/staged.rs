//! What is staged is looked at as the next commit will have it: in place where the work tree has the
//! same, else in a folder that is written from git's index.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};
use checks::ToolTable;
use git::{Git, StagedFiles};
use targets::Glob;
use workspace::pending::alone_in;

use super::in_place;
use super::program::cache_folder;
use super::report::CheckReport;
use super::request::{CheckGoal, CheckRequest};
use crate::error::GoalError;
use crate::session::Session;

/// The variable with which git tells a hook which index is committed.
const INDEX: &str = "GIT_INDEX_FILE";

/// Files that say what is a target, and what runs.
const SETTINGS: &[&str] = &["pants.toml", "Cargo.toml"];

/// Looks at the files that are staged.
///
/// # Errors
/// Where the goal changes files, and as for any other look.
pub(super) fn run(session: &Session, request: &CheckRequest) -> Result<CheckReport, GoalError> {
    if matches!(request.goal, CheckGoal::Fmt | CheckGoal::Fix) {
        let goal = request.goal.name();
        return Err(GoalError::misuse(format!(
            "`{goal}` changes files, which would then differ from what is staged"
        ))
        .hint(format!(
            "`cargo xtask {goal} --changed-since=HEAD`, then `git add`"
        )));
    }
    let git = git(session)?;
    let files = git.staged()?;
    let staged = files.staged.iter().map(ToString::to_string);
    let request = CheckRequest {
        only: Some(staged.collect()),
        ..request.clone()
    };
    if files.staged.is_empty() {
        return Ok(CheckReport::new(request.goal));
    }
    if is_in_work_tree(session, &files, request.goal) {
        return in_place::run(session, &request);
    }
    let folder = cache_folder(session)?.join("staged");
    let _guard =
        alone_in(folder.as_std_path()).map_err(|error| GoalError::failure(error.to_string()))?;
    let tree = folder.join("tree");
    remove(&tree)?;
    let root = git.write_index(&tree)?;
    let report = in_place::run(&session.at(&root)?, &request);
    remove(&tree)?;
    report
}

/// The repository with the index that is committed.
fn git(session: &Session) -> Result<Git, GoalError> {
    let git = Git::at(session.root());
    Ok(match session.environment.get(INDEX) {
        Some(index) => git.with_index(&session.working_folder()?.join(index)),
        None => git,
    })
}

/// Whether tools see in the work tree what they would see in the commit.
fn is_in_work_tree(session: &Session, files: &StagedFiles, goal: CheckGoal) -> bool {
    let table = ToolTable::with(&session.settings.checks.own);
    let configuration: BTreeSet<String> = table
        .iter()
        .flat_map(checks::CheckTool::config_names)
        .chain(SETTINGS.iter().map(|name| (*name).to_owned()))
        .collect();
    let patterns = session.settings.global.build_patterns.iter();
    let patterns: Vec<Glob> = patterns.map(|pattern| Glob::new(pattern)).collect();
    let matters = |path: &Utf8PathBuf| {
        let name = path.file_name().unwrap_or_default();
        // A type checker reads more files than it is given.
        goal == CheckGoal::Check
            || files.staged.contains(path)
            || configuration.contains(name)
            || patterns.iter().any(|pattern| pattern.is_match(name))
    };
    !files.unstaged.iter().any(matters)
}

fn remove(folder: &Utf8Path) -> Result<(), GoalError> {
    match fs_err::remove_dir_all(folder) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(GoalError::file("remove", folder, &error)),
    }
}
