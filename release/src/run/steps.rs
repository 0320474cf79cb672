//! What each step does. Each may find that a run killed within it has done it already.

use camino::{Utf8Path, Utf8PathBuf};

use super::journal::{Delivered, Journal, replace};
use super::{Runner, StepError};
use crate::plan::{STAGING, Step};
use git::Git;

/// Does one step.
pub(super) fn run(
    runner: &Runner<'_>,
    journal: &mut Journal,
    step: &Step,
) -> Result<(), StepError> {
    match step {
        Step::SwitchBranch { branch } => switch_branch(runner, journal, branch),
        Step::Hook {
            command,
            output,
            staged,
            ..
        } => {
            hook(runner, command, output.as_deref())?;
            match staged {
                true => git(runner, &["add", "--all"]),
                false => Ok(()),
            }
        }
        Step::Write { path, old, new } => write(&runner.git, path, old.as_deref(), new.as_bytes()),
        Step::RemoveFragments { paths } => remove(&runner.git, paths),
        Step::Own { args } => own(runner, args),
        Step::Deliver { out_dir } => deliver(runner, journal, out_dir),
        Step::Commit { message } => commit(runner, journal, message),
        Step::Tag { name, message } => tag(runner, name, message.as_deref()),
        Step::Push { remote, refs } => {
            let mut args = vec!["push", "--quiet", "--atomic", remote.as_str()];
            args.extend(refs.iter().map(String::as_str));
            git(runner, &args)
        }
        Step::Publish { index } => publish(runner, journal, index.as_deref()),
    }
}

fn git(runner: &Runner<'_>, args: &[&str]) -> Result<(), StepError> {
    runner.git.text(args)?;
    Ok(())
}

fn switch_branch(runner: &Runner<'_>, journal: &Journal, branch: &str) -> Result<(), StepError> {
    let current = runner
        .git
        .maybe(&["symbolic-ref", "--quiet", "--short", "HEAD"])?;
    if current.as_deref() == Some(branch) {
        return Ok(());
    }
    let name = format!("refs/heads/{branch}");
    match runner
        .git
        .maybe(&["rev-parse", "--quiet", "--verify", &name])?
    {
        None => git(runner, &["switch", "--quiet", "--create", branch]),
        Some(commit) if commit == journal.origin.commit => {
            git(runner, &["switch", "--quiet", branch])
        }
        Some(found) => Err(StepError::Taken {
            name: branch.to_owned(),
            found,
        }),
    }
}

fn hook(runner: &Runner<'_>, command: &str, output: Option<&Utf8Path>) -> Result<(), StepError> {
    let shell = duct::cmd!("sh", "-c", command).dir(runner.root).unchecked();
    let result = match output {
        Some(_) => shell.stdout_capture().run()?,
        None => shell.stdout_to_stderr().run()?,
    };
    if !result.status.success() {
        return Err(StepError::Command {
            command: command.to_owned(),
            status: result.status.to_string(),
        });
    }
    match output {
        Some(path) => Ok(replace(&runner.root.join(path), &result.stdout)?),
        None => Ok(()),
    }
}

/// Replaces a file that is as `old` says, or already as `new` says, and stages it.
pub(super) fn write(
    git: &Git,
    path: &Utf8Path,
    old: Option<&str>,
    new: &[u8],
) -> Result<(), StepError> {
    let file = git.root().join(path);
    let found = match fs_err::read(&file) {
        Ok(bytes) => Some(bytes),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(error.into()),
    };
    let found = found.as_deref();
    if found != Some(new) {
        if found.map(String::from_utf8_lossy).as_deref() != old {
            return Err(StepError::Changed(path.to_owned()));
        }
        replace(&file.canonicalize_utf8().unwrap_or(file), new)?;
    }
    git.text(&["add", "--", path.as_str()])?;
    Ok(())
}

/// Removes files, those that git does not know too.
pub(super) fn remove(git: &Git, paths: &[Utf8PathBuf]) -> Result<(), StepError> {
    let mut args = vec!["rm", "--quiet", "--force", "--ignore-unmatch", "--"];
    args.extend(paths.iter().map(|path| path.as_str()));
    git.text(&args)?;
    for path in paths.iter().map(|path| git.root().join(path)) {
        if path.exists() {
            fs_err::remove_file(path)?;
        }
    }
    Ok(())
}

fn own(runner: &Runner<'_>, args: &[String]) -> Result<(), StepError> {
    let staging = runner.folder.staging();
    if args.iter().any(|arg| arg == STAGING) && staging.exists() {
        // Half of an earlier try.
        fs_err::remove_dir_all(&staging)?;
    }
    let filled = args.iter().map(|arg| match arg.as_str() {
        STAGING => staging.to_string(),
        _ => arg.clone(),
    });
    let words: Vec<String> = runner.own.iter().cloned().chain(filled).collect();
    let (program, rest) = words
        .split_first()
        .ok_or_else(|| std::io::Error::other("no program"))?;
    let ended = duct::cmd(program, rest)
        .dir(runner.root)
        .stdout_to_stderr()
        .unchecked()
        .run()?;
    match ended.status.success() {
        true => Ok(()),
        false => Err(StepError::Command {
            command: format!("cargo xtask {}", args.join(" ")),
            status: ended.status.to_string(),
        }),
    }
}

/// Puts the wheels into the output folder. What stood there under the same name is kept aside
/// until the run is over. The journal says beforehand which files that are.
fn deliver(
    runner: &Runner<'_>,
    journal: &mut Journal,
    out_dir: &Utf8Path,
) -> Result<(), StepError> {
    let staging = runner.folder.staging();
    if journal.delivered.is_empty() && staging.exists() {
        for entry in staging.read_dir_utf8()? {
            let path = out_dir.join(entry?.file_name());
            journal.delivered.push(Delivered {
                replaces: runner.root.join(&path).exists(),
                path,
            });
        }
        journal.delivered.sort_by(|a, b| a.path.cmp(&b.path));
        let folders: Vec<&Utf8Path> = out_dir
            .ancestors()
            .filter(|folder| !folder.as_str().is_empty())
            .collect();
        let new = folders
            .into_iter()
            .rev()
            .find(|folder| !runner.root.join(folder).exists());
        journal.new_folder = new.map(Utf8Path::to_owned);
        runner.folder.write(journal)?;
    }
    fs_err::create_dir_all(runner.root.join(out_dir))?;
    for file in &journal.delivered {
        let name = file.path.file_name().unwrap_or_default();
        let (from, to) = (staging.join(name), runner.root.join(&file.path));
        if !from.exists() {
            continue; // moved before the run was killed
        }
        let aside = runner.folder.replaced().join(name);
        if file.replaces && !aside.exists() {
            replace(&aside, &fs_err::read(&to)?)?;
        }
        replace(&to, &fs_err::read(&from)?)?;
        fs_err::remove_file(from)?;
    }
    Ok(())
}

fn commit(runner: &Runner<'_>, journal: &Journal, message: &str) -> Result<(), StepError> {
    if own_commit(runner, journal)?.is_some() {
        return Ok(());
    }
    match runner.git.maybe(&["diff", "--cached", "--quiet"])? {
        // Nothing differs: everything was as the release wants it.
        Some(_) => Ok(()),
        None => git(runner, &["commit", "--quiet", "--message", message]),
    }
}

/// The commit that the run made; `None` while HEAD is where the run began.
pub(super) fn own_commit(
    runner: &Runner<'_>,
    journal: &Journal,
) -> Result<Option<String>, StepError> {
    let head = runner.git.text(&["rev-parse", "HEAD"])?;
    if head == journal.origin.commit {
        return Ok(None);
    }
    let parent = runner
        .git
        .maybe(&["rev-parse", "--quiet", "--verify", "HEAD^"])?;
    // The first line only: a commit-msg hook may add to the rest.
    let subject = runner.git.text(&["log", "-1", "--format=%s"])?;
    let planned =
        journal.plan.steps.iter().any(
            |step| matches!(step, Step::Commit { message } if message.lines().next() == Some(subject.as_str())),
        );
    match planned && parent.as_ref() == Some(&journal.origin.commit) {
        true => Ok(Some(head)),
        false => Err(StepError::HeadMoved {
            found: head,
            expected: journal.origin.commit.clone(),
        }),
    }
}

fn tag(runner: &Runner<'_>, name: &str, message: Option<&str>) -> Result<(), StepError> {
    let full = format!("refs/tags/{name}^{{commit}}");
    let head = runner.git.text(&["rev-parse", "HEAD"])?;
    match runner
        .git
        .maybe(&["rev-parse", "--quiet", "--verify", &full])?
    {
        Some(commit) if commit == head => Ok(()),
        Some(found) => Err(StepError::Taken {
            name: name.to_owned(),
            found,
        }),
        None => match message {
            Some(message) => git(runner, &["tag", "--annotate", "--message", message, name]),
            None => git(runner, &["-c", "tag.gpgSign=false", "tag", name]),
        },
    }
}

fn publish(runner: &Runner<'_>, journal: &Journal, index: Option<&str>) -> Result<(), StepError> {
    let mut args = vec!["publish".to_owned()];
    args.extend(
        index
            .into_iter()
            .flat_map(|index| ["--index".to_owned(), index.to_owned()]),
    );
    args.extend(journal.delivered.iter().map(|file| file.path.to_string()));
    own(runner, &args)
}
