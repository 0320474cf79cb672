//! A tool that has only a mode in which it changes files is tried on a copy of them.

use camino::{Utf8Path, Utf8PathBuf};
use checks::{CallMode, CheckTool, Verdict};

use super::contents::FileContents;
use super::partition::FilePartition;
use super::process::{ToolAnswer, ToolProgram};
use super::program::ToolBox;
use super::seen::configuration_files;
use crate::error::GoalError;

/// Runs the tool on a copy, and finds what it would change.
pub(super) fn run(
    tool_box: &ToolBox<'_>,
    (tool, partition): (&CheckTool, &FilePartition),
    program: &ToolProgram,
) -> Result<ToolAnswer, GoalError> {
    let Some(call) = tool_box.call((tool, CallMode::Write), program, partition)? else {
        return Ok(ToolAnswer::default());
    };
    let copy = tempfile::tempdir_in(&call.cache)
        .map_err(|error| GoalError::file("make a folder in", &call.cache, &error))?;
    let folder = Utf8PathBuf::try_from(copy.path().to_owned())
        .map_err(|error| GoalError::failure(error.to_string()))?;
    let root = tool_box.session.root();
    let configuration = configuration_files(tool, root, &partition.files);
    let seen = partition.files.iter().chain(&call.sees);
    copy_files(root, &folder, seen.chain(&configuration))?;
    let mut before = FileContents::read(&folder, &partition.files)?;
    let mut answer = call.run(&folder, &partition.files)?;
    let changed = before.take_changed();
    if answer.verdict == Verdict::Clean && !changed.is_empty() {
        answer.verdict = Verdict::Findings;
        answer.code = Some(1);
        answer.stdout = changed
            .iter()
            .map(|file| format!("would change {file}\n"))
            .collect();
        answer.stderr.clear();
    }
    Ok(answer)
}

/// Copies files of one folder to another; those that are not there are left out.
pub(super) fn copy_files<'f>(
    from: &Utf8Path,
    to: &Utf8Path,
    paths: impl Iterator<Item = &'f String>,
) -> Result<(), GoalError> {
    for path in paths {
        let place = to.join(path);
        let folder = place.parent().unwrap_or(to);
        let made = fs_err::create_dir_all(folder);
        let copied = made.and_then(|()| fs_err::copy(from.join(path), &place));
        match copied {
            Ok(_) => {}
            // It was deleted meanwhile, or is one of several that may configure the tool.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(GoalError::file("copy", Utf8Path::new(path), &error)),
        }
    }
    Ok(())
}
