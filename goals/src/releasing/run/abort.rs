//! Takes a run back: the repository becomes what it was before.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};
use git::GitError;
use release::journal::{DeliveredFile, FileState, Journal};
use release::plan::ReleaseStep;
use release::version::ReleaseVersion;

use super::changes::{self, FileUndo};
use super::context::{RunContext, folder_of_root};
use super::error::{RunError, StepError};
use super::ignored;
use super::remote_refs;
use super::steps::{own_commit, released};
use workspace::files;

/// What an abort did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AbortReport {
    /// The version whose release was taken back.
    pub version: ReleaseVersion,
    /// Files that differ from the commit and are not the release's.
    pub kept: Vec<Utf8PathBuf>,
    /// Files that are not the release's and changed while its hooks ran: git has no earlier state of
    /// them.
    pub disturbed: Vec<Utf8PathBuf>,
}

/// Undoes the steps of a run, as long as nothing has left this machine. What the run did not do
/// stays: other files, tags and branches.
pub(super) fn abort(context: &RunContext<'_>, journal: &Journal) -> Result<AbortReport, RunError> {
    let steps = changes::touched(journal);
    for step in steps {
        refuse_when_out(context, journal, step)?;
    }
    let commit = own_commit(context, journal).map_err(told)?;
    let undo = FileUndo::of(context, journal, commit.as_deref()).map_err(told)?;
    let mut edited = undo.edited;
    edited.extend(edited_wheels(context, journal)?);
    if !edited.is_empty() {
        return Err(RunError::Edited(edited));
    }
    let commit = commit.as_deref().unwrap_or(released(journal));
    for step in steps.iter().rev() {
        if let ReleaseStep::Tag { name, .. } = step {
            remove_tag(context, name, commit)?;
        }
    }
    take_back_files(context, journal)?;
    remove_half_written(context, steps)?;
    restore_tree(context, journal, &undo.restored)?;
    for step in steps {
        if let ReleaseStep::SwitchBranch { branch } = step {
            leave_branch(context, journal, branch)?;
        }
    }
    let mut kept = undo.kept;
    kept.retain(|path| !journal.delivered.iter().any(|file| file.path == *path));
    kept.extend(ignored::take_back(context.root, journal)?);
    context.folder.remove()?;
    Ok(AbortReport {
        version: journal.plan.version.clone(),
        kept,
        disturbed: journal.disturbed.iter().cloned().collect(),
    })
}

/// The error of a step as that of a run, before or after its steps.
pub(super) fn told(error: StepError) -> RunError {
    match error {
        StepError::Git(error) => RunError::Git(error),
        StepError::File(error) => RunError::File(error),
        StepError::HeadMoved(moved) => RunError::Moved(moved),
        other => RunError::TooLate(other.to_string()),
    }
}

fn remove_tag(context: &RunContext<'_>, name: &str, commit: &str) -> Result<(), GitError> {
    let full = format!("refs/tags/{name}");
    if context.git.commit(&full)?.as_deref() == Some(commit) {
        context.git.text(&["tag", "--delete", name])?;
    }
    Ok(())
}

/// The wheels in the output folder that are neither ours nor what was there before.
fn edited_wheels(
    context: &RunContext<'_>,
    journal: &Journal,
) -> Result<Vec<Utf8PathBuf>, RunError> {
    let mut edited = Vec::new();
    for file in &journal.delivered {
        let name = file.path.file_name().unwrap_or_default();
        let moved = !context.folder.staging().join(name).exists();
        let found = changes::state(&context.root.join(&file.path))?;
        let known = [FileState::Absent, FileState::File(file.sha256)];
        if moved && !known.contains(&found) && !put_back(context, file, &found)? {
            edited.push(file.path.clone());
        }
    }
    Ok(edited)
}

/// Whether an abort that was killed has put back already what a wheel had replaced.
fn put_back(
    context: &RunContext<'_>,
    file: &DeliveredFile,
    found: &FileState,
) -> Result<bool, RunError> {
    let name = file.path.file_name().unwrap_or_default();
    let aside = context.folder.replaced().join(name);
    Ok(changes::state(&aside)? == *found)
}

/// Whether a step has had an effect that cannot be taken back.
fn refuse_when_out(
    context: &RunContext<'_>,
    journal: &Journal,
    step: &ReleaseStep,
) -> Result<(), RunError> {
    match step {
        ReleaseStep::Publish { .. } => Err(RunError::TooLate(
            "files may have been published".to_owned(),
        )),
        ReleaseStep::ForgeRelease { .. } | ReleaseStep::PullRequest { .. } => Err(
            RunError::TooLate("the forge may have it already".to_owned()),
        ),
        ReleaseStep::Push { remote, refs, .. } => match arrived(context, journal, remote, refs) {
            Ok(false) => Ok(()),
            Ok(true) => Err(RunError::TooLate(format!(
                "the release was pushed to `{remote}`"
            ))),
            Err(error) => Err(RunError::TooLate(format!(
                "`{remote}` cannot be asked whether the push arrived: {error}"
            ))),
        },
        _ => Ok(()),
    }
}

/// Whether the remote has the release, whatever else it has: by its commit, since others may have tags and branches of
/// the same names there.
fn arrived(
    context: &RunContext<'_>,
    journal: &Journal,
    remote: &str,
    refs: &[String],
) -> Result<bool, GitError> {
    let git = &context.git;
    let commit = released(journal);
    for tip in remote_refs::tips(git, remote, refs)? {
        let is_tag = tip.name.starts_with("refs/tags/");
        let is_released = tip.commit == commit;
        if is_released && (is_tag || commit != journal.origin.commit) {
            return Ok(true);
        }
        if is_tag || is_released || commit == journal.origin.commit {
            continue;
        }
        if git.commit(&tip.commit)?.is_none() {
            remote_refs::fetch(git, &tip)?;
        }
        let contains = ["merge-base", "--is-ancestor", commit, &tip.commit];
        if git.maybe(&contains)?.is_some() {
            return Ok(true); // somebody has gone on from it
        }
    }
    Ok(false)
}

/// Removes the delivered files, and restores those that they replaced.
fn take_back_files(context: &RunContext<'_>, journal: &Journal) -> Result<(), RunError> {
    for file in &journal.delivered {
        let path = context.root.join(&file.path);
        files::remove_unfinished(&path)?;
        let aside = context
            .folder
            .replaced()
            .join(file.path.file_name().unwrap_or_default());
        if aside.exists() {
            files::replace(&path, &fs_err::read(aside)?)?;
        } else if !file.replaces && changes::state(&path)? == FileState::File(file.sha256) {
            remove_if_there(&path)?;
        }
    }
    if let Some(folder) = &journal.new_folder {
        remove_empty(context.root, folder)?;
    }
    Ok(())
}

/// Removes the temporary file of a step that was killed.
fn remove_half_written(context: &RunContext<'_>, steps: &[ReleaseStep]) -> Result<(), RunError> {
    let written = steps.iter().filter_map(|step| match step {
        ReleaseStep::Write { path, .. } => Some(path),
        ReleaseStep::Hook { output, .. } => output.as_ref(),
        _ => None,
    });
    for path in written {
        files::remove_unfinished(&context.root.join(path))?;
    }
    Ok(())
}

fn remove_if_there(path: &Utf8Path) -> Result<(), RunError> {
    if path.exists() {
        fs_err::remove_file(path)?;
    }
    Ok(())
}

/// Removes a folder and the folders in it, if there is no file in them.
fn remove_empty(root: &Utf8Path, folder: &Utf8Path) -> Result<(), RunError> {
    let path = root.join(folder);
    if !path.is_dir() {
        return Ok(());
    }
    for entry in path.read_dir_utf8()? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            remove_empty(root, &folder.join(entry.file_name()))?;
        }
    }
    if path.read_dir_utf8()?.next().is_none() {
        fs_err::remove_dir(path)?;
    }
    Ok(())
}

/// Branch and index are those of the commit that the run began from again, and so are these files.
fn restore_tree(
    context: &RunContext<'_>,
    journal: &Journal,
    paths: &[Utf8PathBuf],
) -> Result<(), RunError> {
    let git = &context.git;
    let staged = staged_by_user(context, journal, paths)?;
    git.text(&["reset", "--quiet", &journal.origin.commit])?;
    git.feed(&["update-index", "-z", "--index-info"], staged.as_bytes())?;
    let tracked = git.text(&["ls-files", "-z"])?;
    let tracked: BTreeSet<Utf8PathBuf> = git::paths(&tracked).collect();
    let (known, new): (Vec<_>, Vec<_>) = paths.iter().partition(|path| tracked.contains(*path));
    for path in new {
        remove_with_folders(context.root, path)?;
    }
    let list: String = known.iter().map(|path| format!("{path}\0")).collect();
    let arguments = ["checkout-index", "--force", "-u", "-z", "--stdin"];
    git.feed(&arguments, list.as_bytes())?;
    Ok(())
}

/// What the index has of files that are not the release's, as `git update-index --index-info` takes it: what was
/// staged and edited since is nowhere else.
fn staged_by_user(
    context: &RunContext<'_>,
    journal: &Journal,
    own: &[Utf8PathBuf],
) -> Result<String, RunError> {
    let prefix = folder_of_root(&context.git)?;
    let own: BTreeSet<Utf8PathBuf> = own
        .iter()
        .map(|path| Utf8Path::new(&prefix).join(path))
        .collect();
    let command = [
        "diff",
        "--cached",
        "--raw",
        "--no-abbrev",
        "--no-renames",
        "-z",
    ];
    let listed = context
        .git
        .text(&[&command[..], &[released(journal)]].concat())?;
    let mut parts = listed.split('\0');
    let mut entries = String::new();
    // `:OLD_MODE MODE OLD_HASH HASH STATUS`, then the path.
    while let (Some(meta), Some(path)) = (parts.next(), parts.next()) {
        let words: Vec<&str> = meta.split(' ').collect();
        if let [_, mode, _, hash, _] = words[..]
            && !own.contains(Utf8Path::new(path))
        {
            entries.push_str(&format!("{mode} {hash}\t{path}\0"));
        }
    }
    Ok(entries)
}

/// Removes a file and the folders that are empty without it.
fn remove_with_folders(root: &Utf8Path, path: &Utf8Path) -> Result<(), RunError> {
    let file = root.join(path);
    if fs_err::symlink_metadata(&file).is_ok_and(|metadata| !metadata.is_dir()) {
        fs_err::remove_file(file)?;
    }
    let folders = path.ancestors().skip(1);
    for folder in folders.filter(|folder| !folder.as_str().is_empty()) {
        // The first that is not empty ends it.
        if fs_err::remove_dir(root.join(folder)).is_err() {
            break;
        }
    }
    Ok(())
}

/// Checks out what was checked out, and removes the release's branch. A branch of that name that
/// has other commits is not the release's.
fn leave_branch(context: &RunContext<'_>, journal: &Journal, branch: &str) -> Result<(), RunError> {
    let git = &context.git;
    match &journal.origin.branch {
        Some(branch) => git.text(&["switch", "--quiet", branch])?,
        None => git.text(&["switch", "--quiet", "--detach", &journal.origin.commit])?,
    };
    let tip = git.commit(&format!("refs/heads/{branch}"))?;
    let ours = [Some(&journal.origin.commit), journal.commit.as_ref()];
    if tip.is_some() && ours.contains(&tip.as_ref()) {
        git.text(&["branch", "--quiet", "--delete", "--force", branch])?;
    }
    Ok(())
}
