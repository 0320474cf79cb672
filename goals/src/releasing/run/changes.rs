//! Which files differ from the commit that a run began from, and which of them the run changed.
//!
//! What the plan writes is known beforehand. What a hook writes is seen by looking at the work tree
//! before and after it, and noted in the journal. Everything else is the user's: it is neither
//! committed nor packaged nor taken back. Files that git ignores are in `ignored`.

use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::time::SystemTime;

use camino::{Utf8Path, Utf8PathBuf};
use git::{Git, GitError};
use model::Sha256;
use release::journal::{FileState, Journal};
use release::plan::ReleaseStep;

use super::context::{RunContext, folder_of_root};
use super::error::StepError;
use super::ignored::IgnoredFiles;
use crate::releasing::links::{LastLink, followed};

/// Runs a hook and notes in the journal what it makes of files.
///
/// A file that was there before and is not the release's stays the user's, whatever the hook does
/// with it. After a kill within the hook, its next run counts from where the first began.
pub(super) fn noting<T>(
    context: &RunContext<'_>,
    journal: &mut Journal,
    hook: impl FnOnce() -> T,
) -> Result<T, StepError> {
    let before = survey(context, journal)?;
    let ignored = IgnoredFiles::of(context)?;
    if journal.foreign.is_none() {
        let own = own_paths(context, journal);
        let differing = before.keys().filter(|path| !own.contains(*path));
        let mut foreign = ignored.foreign(journal);
        foreign.files.extend(differing.cloned());
        journal.foreign = Some(foreign);
        context.folder.write(journal)?;
    }
    let result = hook();
    let after = survey(context, journal)?;
    let foreign = journal.foreign.take().unwrap_or_default();
    for path in before.keys().chain(after.keys()) {
        if before.get(path) == after.get(path) {
            continue;
        }
        if foreign.files.contains(path) {
            journal.disturbed.insert(path.clone());
        } else {
            let state = state(&context.root.join(path))?;
            journal.written.insert(path.clone(), state);
        }
    }
    ignored.note(&IgnoredFiles::of(context)?, &foreign, journal);
    context.folder.write(journal)?;
    Ok(result)
}

/// Stages what hooks have changed.
pub(super) fn stage_written(context: &RunContext<'_>, journal: &Journal) -> Result<(), StepError> {
    let mut edited = Vec::new();
    let mut paths = Vec::new();
    for (path, written) in &journal.written {
        if state(&context.root.join(path))? != *written {
            edited.push(path.clone());
        }
        paths.extend_from_slice(path.as_str().as_bytes());
        paths.push(0);
    }
    if !edited.is_empty() {
        return Err(StepError::Edited(edited));
    }
    let command = ["update-index", "--add", "--remove", "--replace"];
    let arguments = [&command[..], &["-z", "--stdin"]].concat();
    context.git.feed(&arguments, &paths)?;
    Ok(())
}

/// The tree of the index, where it holds no change but the release's.
pub(super) fn tree_to_commit(
    context: &RunContext<'_>,
    journal: &Journal,
) -> Result<String, StepError> {
    let own = own_paths(context, journal);
    let prefix = folder_of_root(&context.git)?;
    let listed = context.git.text(&[
        "diff",
        "--cached",
        "--name-only",
        "--no-renames",
        "-z",
        &journal.origin.commit,
    ])?;
    let is_own = |path: &Utf8PathBuf| {
        path.strip_prefix(&prefix)
            .is_ok_and(|path| own.contains(path))
    };
    let foreign: Vec<Utf8PathBuf> = git::paths(&listed).filter(|path| !is_own(path)).collect();
    match foreign.is_empty() {
        true => Ok(context.git.text(&["write-tree"])?),
        false => Err(StepError::Foreign(foreign)),
    }
}

/// What an abort does with each file that differs from the commit that the run began from.
#[derive(Debug, Default)]
pub(super) struct FileUndo {
    /// As the release wrote them: they become what they were.
    pub(super) restored: Vec<Utf8PathBuf>,
    /// Not the release's: they stay.
    pub(super) kept: Vec<Utf8PathBuf>,
    /// Written by the release and edited since.
    pub(super) edited: Vec<Utf8PathBuf>,
}

impl FileUndo {
    /// `commit` is the release's own, where there is one: what it holds can be had again.
    pub(super) fn of(
        context: &RunContext<'_>,
        journal: &Journal,
        commit: Option<&str>,
    ) -> Result<Self, StepError> {
        let mut undo = Self::default();
        let done = own_paths_of(context, journal, &journal.plan.steps[..journal.done]);
        let committed = match commit {
            Some(commit) => as_committed(context, journal, commit)?,
            None => BTreeSet::new(),
        };
        for path in differing(&context.git, journal)? {
            let state = state(&context.root.join(&path))?;
            let list = if committed.contains(&path) || wrote(context, journal, &path, &state) {
                &mut undo.restored
            } else if done.contains(&path) {
                &mut undo.edited
            } else {
                &mut undo.kept
            };
            list.push(path);
        }
        Ok(undo)
    }
}

/// The files of a commit that it changed and that are still as it has them. Where it has removed one, nothing is there:
/// of a new file of that name, git does not say that it differs.
fn as_committed(
    context: &RunContext<'_>,
    journal: &Journal,
    commit: &str,
) -> Result<BTreeSet<Utf8PathBuf>, StepError> {
    let options = ["diff", "--relative", "--name-only", "--no-renames", "-z"];
    let between = [journal.origin.commit.as_str(), commit];
    let changed = |filter: &str| -> Result<BTreeSet<Utf8PathBuf>, GitError> {
        let arguments = [&options[..], &[filter], &between].concat();
        Ok(git::paths(&context.git.text(&arguments)?).collect())
    };
    let since = context.git.difference(commit)?.into_paths();
    let mut committed = changed("--diff-filter=d")?;
    for removed in changed("--diff-filter=D")? {
        if state(&context.root.join(&removed))? == FileState::Absent {
            committed.insert(removed);
        }
    }
    committed.retain(|path| !since.contains(path));
    Ok(committed)
}

/// Whether the run wrote a file as it is now.
fn wrote(
    context: &RunContext<'_>,
    journal: &Journal,
    path: &Utf8PathBuf,
    state: &FileState,
) -> bool {
    let planned = |step: &ReleaseStep| match step {
        ReleaseStep::Write {
            path: written, new, ..
        } => {
            let is_it = written == path
                || target(&context.git, written).is_ok_and(|target| target == *path);
            is_it && *state == FileState::File(Sha256::of(new.as_bytes()))
        }
        ReleaseStep::RemoveFragments { paths } => {
            let mut known = paths.iter().map(|one| known_as(&context.git, one));
            *state == FileState::Absent && known.any(|one| one.is_ok_and(|one| one == *path))
        }
        _ => false,
    };
    journal.written.get(path) == Some(state) || touched(journal).iter().any(planned)
}

/// The steps that have begun.
pub(super) fn touched(journal: &Journal) -> &[ReleaseStep] {
    &journal.plan.steps[..journal.done + usize::from(journal.begun)]
}

/// The files that the run has written or removed, or is about to.
fn own_paths(context: &RunContext<'_>, journal: &Journal) -> BTreeSet<Utf8PathBuf> {
    own_paths_of(context, journal, touched(journal))
}

fn own_paths_of(
    context: &RunContext<'_>,
    journal: &Journal,
    steps: &[ReleaseStep],
) -> BTreeSet<Utf8PathBuf> {
    let mut own: BTreeSet<Utf8PathBuf> = journal.written.keys().cloned().collect();
    for step in steps {
        match step {
            ReleaseStep::Write { path, .. } => {
                own.insert(path.clone());
                own.extend(known_as(&context.git, path));
                own.extend(target(&context.git, path));
            }
            ReleaseStep::RemoveFragments { paths } => {
                let known = paths.iter().map(|path| known_as(&context.git, path));
                own.extend(known.filter_map(Result::ok));
            }
            _ => {}
        }
    }
    own
}

/// The file that a path stands for if it is a link, relative to the root.
pub(super) fn target(git: &Git, path: &Utf8Path) -> Result<Utf8PathBuf, StepError> {
    let target = followed(git.root(), path, LastLink::Followed);
    target.ok_or_else(|| StepError::Outside(path.to_owned()))
}

/// The path by which git knows a file: that without links among its folders.
pub(super) fn known_as(git: &Git, path: &Utf8Path) -> Result<Utf8PathBuf, StepError> {
    let known = followed(git.root(), path, LastLink::Kept);
    known.ok_or_else(|| StepError::Outside(path.to_owned()))
}

/// The files that differ from the commit that the run began from, those that git does not know too.
fn differing(git: &Git, journal: &Journal) -> Result<BTreeSet<Utf8PathBuf>, GitError> {
    let mut paths = git.difference(&journal.origin.commit)?.into_paths();
    paths.extend(git.untracked()?);
    Ok(paths)
}

/// What is at each differing path, and since when.
type Survey = BTreeMap<Utf8PathBuf, (FileState, Option<SystemTime>)>;

fn survey(context: &RunContext<'_>, journal: &Journal) -> Result<Survey, StepError> {
    let mut found = Survey::new();
    for path in differing(&context.git, journal)? {
        let file = context.root.join(&path);
        let changed = fs_err::symlink_metadata(&file).and_then(|metadata| metadata.modified());
        found.insert(path, (state(&file)?, changed.ok()));
    }
    Ok(found)
}

/// What is at a path.
pub(super) fn state(path: &Utf8Path) -> std::io::Result<FileState> {
    let metadata = match fs_err::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(FileState::Absent);
        }
        Err(error) => return Err(error),
    };
    if metadata.is_symlink() {
        let target = fs_err::read_link(path)?;
        return Ok(FileState::Link(target.to_string_lossy().into_owned()));
    }
    match metadata.is_file() {
        true => Ok(FileState::File(workspace::files::sha256_of(path)?)),
        false => Ok(FileState::Absent),
    }
}
