//! Takes a run back: the repository becomes what it was before.

use camino::{Utf8Path, Utf8PathBuf};
use release::journal::Journal;
use release::plan::ReleaseStep;

use super::context::RunContext;
use super::error::{RunError, StepError};
use super::journal::{half_written, replace};
use super::steps::own_commit;

/// Undoes the steps of a run, if nothing has left this machine.
pub(super) fn abort(context: &RunContext<'_>, journal: &Journal) -> Result<(), RunError> {
    let touched = journal.done + usize::from(journal.begun);
    let steps = &journal.plan.steps[..touched];
    for step in steps {
        refuse_when_out(context, journal, step)?;
    }
    own_commit(context, journal).map_err(|error| match error {
        StepError::Git(error) => RunError::Git(error),
        other => RunError::TooLate(other.to_string()),
    })?;
    for step in steps.iter().rev() {
        if let ReleaseStep::Tag { name, .. } = step {
            context.git.maybe(&["tag", "--delete", name])?;
        }
    }
    take_back_files(context, journal)?;
    remove_half_written(context, steps)?;
    restore_tree(context, journal, steps)?;
    context.folder.remove()
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
        ReleaseStep::Push { remote, refs } => {
            let mut args = vec!["ls-remote", remote.as_str()];
            args.extend(refs.iter().map(String::as_str));
            let listed = context.git.text(&args).map_err(|error| {
                RunError::TooLate(format!(
                    "`{remote}` cannot be asked whether the push arrived: {error}"
                ))
            })?;
            let arrived = |line: &str| {
                let name = line.split_once('\t').map_or("", |(_, name)| name);
                if !refs.iter().any(|pushed| pushed == name) {
                    return false; // another name that ends like ours
                }
                let is_tag = name.starts_with("refs/tags/");
                is_tag || !line.starts_with(&journal.origin.commit) && own_commit_is(context, line)
            };
            match listed.lines().any(arrived) {
                true => Err(RunError::TooLate(format!(
                    "the release was pushed to `{remote}`"
                ))),
                false => Ok(()),
            }
        }
        _ => Ok(()),
    }
}

fn own_commit_is(context: &RunContext<'_>, line: &str) -> bool {
    let head = context.git.text(&["rev-parse", "HEAD"]);
    head.is_ok_and(|head| line.starts_with(&head))
}

/// Removes the delivered files, and restores those that they replaced.
fn take_back_files(context: &RunContext<'_>, journal: &Journal) -> Result<(), RunError> {
    for file in &journal.delivered {
        let path = context.root.join(&file.path);
        remove_if_there(&half_written(&path))?;
        let aside = context
            .folder
            .replaced()
            .join(file.path.file_name().unwrap_or_default());
        if aside.exists() {
            replace(&path, &fs_err::read(aside)?)?;
        } else if !file.replaces {
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
        // If the file is a link, its target was written.
        let path = context.root.join(path);
        let path = path.canonicalize_utf8().unwrap_or(path);
        remove_if_there(&half_written(&path))?;
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

fn restore_tree(
    context: &RunContext<'_>,
    journal: &Journal,
    steps: &[ReleaseStep],
) -> Result<(), RunError> {
    let git = &context.git;
    git.text(&["reset", "--quiet", "--hard", &journal.origin.commit])?;
    for path in left_over(context, steps)? {
        fs_err::remove_file(context.root.join(&path))?;
        let folder = path
            .ancestors()
            .skip(1)
            .filter(|folder| !folder.as_str().is_empty());
        for folder in folder {
            // Only empty folders are removed. The first one that is not empty ends this.
            if fs_err::remove_dir(context.root.join(folder)).is_err() {
                break;
            }
        }
    }
    for step in steps {
        if let ReleaseStep::SwitchBranch { branch } = step {
            let back = journal
                .origin
                .branch
                .as_deref()
                .unwrap_or(&journal.origin.commit);
            let detach = journal.origin.branch.is_none();
            match detach {
                true => git.text(&["switch", "--quiet", "--detach", back])?,
                false => git.text(&["switch", "--quiet", back])?,
            };
            git.maybe(&["branch", "--quiet", "--delete", "--force", branch])?;
        }
    }
    Ok(())
}

/// New files that git does not know. The tree was clean when the run began, so they came since. If
/// a hook ran, which may write anything, these are all of them; otherwise only the planned files.
fn left_over(
    context: &RunContext<'_>,
    steps: &[ReleaseStep],
) -> Result<Vec<Utf8PathBuf>, RunError> {
    let listed = context
        .git
        .text(&["ls-files", "--others", "--exclude-standard", "-z"])?;
    let untracked = git::paths(&listed);
    let hooks = steps
        .iter()
        .any(|step| matches!(step, ReleaseStep::Hook { .. }));
    let planned = |path: &Utf8PathBuf| {
        steps
            .iter()
            .any(|step| matches!(step, ReleaseStep::Write { path: written, .. } if written == path))
    };
    Ok(untracked.filter(|path| hooks || planned(path)).collect())
}
