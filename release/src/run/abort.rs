//! Taking a run back: the repository is as it was before it.

use camino::{Utf8Path, Utf8PathBuf};

use super::journal::{Journal, half_written, replace};
use super::steps::own_commit;
use super::{RunError, Runner, StepError};
use crate::plan::Step;

/// Undoes the steps of a run, as long as nothing has left this machine.
pub(super) fn abort(runner: &Runner<'_>, journal: &Journal) -> Result<(), RunError> {
    let touched = journal.done + usize::from(journal.begun);
    let steps = &journal.plan.steps[..touched];
    for step in steps {
        refuse_when_out(runner, journal, step)?;
    }
    own_commit(runner, journal).map_err(|error| match error {
        StepError::Git(error) => RunError::Git(error),
        other => RunError::TooLate(other.to_string()),
    })?;
    for step in steps.iter().rev() {
        if let Step::Tag { name, .. } = step {
            runner.git.maybe(&["tag", "--delete", name])?;
        }
    }
    take_back_files(runner, journal)?;
    remove_half_written(runner, steps)?;
    restore_tree(runner, journal, steps)?;
    runner.folder.remove()
}

/// Whether a step has had an effect that cannot be taken back.
fn refuse_when_out(runner: &Runner<'_>, journal: &Journal, step: &Step) -> Result<(), RunError> {
    match step {
        Step::Publish { .. } => Err(RunError::TooLate(
            "files may have been published".to_owned(),
        )),
        Step::Push { remote, refs } => {
            let mut args = vec!["ls-remote", remote.as_str()];
            args.extend(refs.iter().map(String::as_str));
            let listed = runner.git.text(&args).map_err(|error| {
                RunError::TooLate(format!(
                    "`{remote}` cannot be asked whether the push arrived: {error}"
                ))
            })?;
            let arrived = |line: &str| {
                let is_tag = line.contains("\trefs/tags/");
                is_tag || !line.starts_with(&journal.origin.commit) && own_commit_is(runner, line)
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

fn own_commit_is(runner: &Runner<'_>, line: &str) -> bool {
    let head = runner.git.text(&["rev-parse", "HEAD"]);
    head.is_ok_and(|head| line.starts_with(&head))
}

/// Removes what was delivered and puts back what it replaced.
fn take_back_files(runner: &Runner<'_>, journal: &Journal) -> Result<(), RunError> {
    for file in &journal.delivered {
        let path = runner.root.join(&file.path);
        remove_if_there(&half_written(&path))?;
        let aside = runner
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
        remove_empty(runner.root, folder)?;
    }
    Ok(())
}

/// Removes what a step that was killed had written beside its file.
fn remove_half_written(runner: &Runner<'_>, steps: &[Step]) -> Result<(), RunError> {
    let written = steps.iter().filter_map(|step| match step {
        Step::Write { path, .. } => Some(path),
        Step::Hook { output, .. } => output.as_ref(),
        _ => None,
    });
    for path in written {
        // A link's target is what is written.
        let path = runner.root.join(path);
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

/// Removes a folder and those in it as long as they hold no file.
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

fn restore_tree(runner: &Runner<'_>, journal: &Journal, steps: &[Step]) -> Result<(), RunError> {
    let git = &runner.git;
    git.text(&["reset", "--quiet", "--hard", &journal.origin.commit])?;
    for path in left_over(runner, steps)? {
        fs_err::remove_file(runner.root.join(&path))?;
        let folder = path
            .ancestors()
            .skip(1)
            .filter(|folder| !folder.as_str().is_empty());
        for folder in folder {
            // Only empty folders go; the first that is not empty ends it.
            if fs_err::remove_dir(runner.root.join(folder)).is_err() {
                break;
            }
        }
    }
    for step in steps {
        if let Step::SwitchBranch { branch } = step {
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

/// New files that git does not know. The tree was clean when the run began, so what is there now
/// came since: all of it when a hook ran, which may write anything; otherwise the planned files.
fn left_over(runner: &Runner<'_>, steps: &[Step]) -> Result<Vec<Utf8PathBuf>, RunError> {
    let listed = runner
        .git
        .text(&["ls-files", "--others", "--exclude-standard", "-z"])?;
    let untracked = listed
        .split('\0')
        .filter(|path| !path.is_empty())
        .map(Utf8PathBuf::from);
    let hooks = steps.iter().any(|step| matches!(step, Step::Hook { .. }));
    let planned = |path: &Utf8PathBuf| {
        steps
            .iter()
            .any(|step| matches!(step, Step::Write { path: written, .. } if written == path))
    };
    Ok(untracked.filter(|path| hooks || planned(path)).collect())
}
