//! What each step does. A step may find that a killed run has already done it.

use camino::{Utf8Path, Utf8PathBuf};
use changelog::{Fragment, NewsChange};
use git::{Git, GitError};
use release::journal::{DeliveredFile, FileState, Journal};
use release::plan::ReleaseStep;

use super::changes::{self, known_as, target};
use super::context::{ReleaseGoals, RunContext};
use super::error::{ExpectedHead, MovedHead, StepError};
use super::remote_refs;
use crate::releasing::forge::{ForgeRelease, PullRequest};
use workspace::files;

/// Does one step.
pub(super) fn run(
    context: &RunContext<'_>,
    goals: &mut dyn ReleaseGoals,
    journal: &mut Journal,
    step: &ReleaseStep,
) -> Result<(), StepError> {
    match step {
        ReleaseStep::SwitchBranch { branch } => switch_branch(context, journal, branch),
        ReleaseStep::Hook {
            command,
            output,
            staged,
            ..
        } => {
            changes::noting(context, journal, || {
                hook(context, command, output.as_deref())
            })??;
            match staged {
                true => changes::stage_written(context, journal),
                false => Ok(()),
            }
        }
        ReleaseStep::Write { path, old, new } => {
            write(&context.git, path, old.as_deref(), new.as_bytes())
        }
        ReleaseStep::RemoveFragments { paths } => remove(&context.git, paths),
        ReleaseStep::CheckLocks => goals.check_locks().map_err(StepError::Goal),
        ReleaseStep::Package => package(context, goals, journal),
        ReleaseStep::Deliver { out_dir } => deliver(context, journal, out_dir),
        ReleaseStep::Commit { message } => commit(context, journal, message),
        ReleaseStep::Tag { name, message } => tag(context, journal, name, message.as_deref()),
        ReleaseStep::Push {
            remote,
            refs,
            replaces,
        } => {
            let pushed = PushedRefs {
                remote,
                refs,
                replaces: replaces.as_deref(),
            };
            push(context, journal, &pushed)
        }
        ReleaseStep::ForgeRelease { remote, tag, notes } => {
            let version = &journal.plan.version;
            let files = delivered(context, journal)?;
            let release = ForgeRelease {
                tag: tag.clone(),
                title: version.to_string(),
                notes: notes.clone(),
                prerelease: version.is_prerelease(),
                files: files.iter().map(|file| context.root.join(file)).collect(),
            };
            goals
                .forge_release(remote, &release)
                .map_err(StepError::Goal)
        }
        ReleaseStep::PullRequest {
            remote,
            head,
            base,
            title,
            body,
        } => {
            let pull = PullRequest {
                head: head.clone(),
                base: base.clone(),
                title: title.clone(),
                body: body.clone(),
            };
            goals.pull_request(remote, &pull).map_err(StepError::Goal)
        }
        ReleaseStep::Publish { index } => {
            let files = delivered(context, journal)?;
            goals
                .publish(index.as_deref(), &files)
                .map_err(StepError::Goal)
        }
    }
}

fn git(context: &RunContext<'_>, args: &[&str]) -> Result<(), StepError> {
    context.git.text(args)?;
    Ok(())
}

/// What is pushed, and where to.
struct PushedRefs<'a> {
    remote: &'a str,
    refs: &'a [String],
    replaces: Option<&'a str>,
}

/// Pushes the release. Of a branch, the release's commit is pushed: what the user has committed on
/// top of it since stays here.
fn push(
    context: &RunContext<'_>,
    journal: &Journal,
    pushed: &PushedRefs<'_>,
) -> Result<(), StepError> {
    let PushedRefs {
        remote,
        refs,
        replaces,
    } = *pushed;
    let refspec = |name: &String| match name.split('/').nth(1) {
        Some("tags") => name.clone(),
        Some("heads") => format!("{}:{name}", released(journal)),
        // What was proposed before is on a side branch of this commit.
        _ => format!("+{}:{name}", released(journal)),
    };
    let refspecs: Vec<String> = refs.iter().map(refspec).collect();
    let lease = replaces.zip(refs.first());
    let lease = lease.map(|(old, name)| format!("--force-with-lease={name}:{old}"));
    let mut arguments = vec!["push", "--quiet", "--atomic"];
    arguments.extend(lease.as_deref());
    arguments.push(remote);
    arguments.extend(refspecs.iter().map(String::as_str));
    match context.git.text(&arguments) {
        Ok(_) => Ok(()),
        Err(GitError::Failed { message, .. })
            if replaces.is_none() && moved_on(context, journal, remote, refs)? =>
        {
            Err(StepError::RemoteMovedOn {
                remote: remote.to_owned(),
                message,
            })
        }
        Err(error) => Err(error.into()),
    }
}

/// Whether a branch of the remote has commits that the release was not made on.
fn moved_on(
    context: &RunContext<'_>,
    journal: &Journal,
    remote: &str,
    refs: &[String],
) -> Result<bool, GitError> {
    let branches = refs.iter().filter(|name| name.starts_with("refs/heads/"));
    let Ok(tips) = remote_refs::tips(&context.git, remote, branches) else {
        return Ok(false); // the remote does not answer: the push's own error says why
    };
    for tip in tips {
        let ancestor = [
            "merge-base",
            "--is-ancestor",
            &tip.commit,
            released(journal),
        ];
        if context.git.maybe(&ancestor)?.is_none() {
            return Ok(true);
        }
    }
    Ok(false)
}

fn switch_branch(
    context: &RunContext<'_>,
    journal: &Journal,
    branch: &str,
) -> Result<(), StepError> {
    let current = context
        .git
        .maybe(&["symbolic-ref", "--quiet", "--short", "HEAD"])?;
    if current.as_deref() == Some(branch) {
        return Ok(());
    }
    let name = format!("refs/heads/{branch}");
    match context
        .git
        .maybe(&["rev-parse", "--quiet", "--verify", &name])?
    {
        None => git(context, &["switch", "--quiet", "--create", branch]),
        Some(commit) if commit == journal.origin.commit => {
            git(context, &["switch", "--quiet", branch])
        }
        Some(found) => Err(StepError::Taken {
            name: branch.to_owned(),
            found,
        }),
    }
}

fn hook(
    context: &RunContext<'_>,
    command: &str,
    output: Option<&Utf8Path>,
) -> Result<(), StepError> {
    let shell = duct::cmd!("sh", "-c", command)
        .dir(context.root)
        .unchecked();
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
        Some(path) => Ok(files::replace(&context.root.join(path), &result.stdout)?),
        None => Ok(()),
    }
}

/// Replaces a file with the content `old` by `new`, unless that was done already, and stages it.
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
    let target = target(git, path)?;
    if found != Some(new) {
        if found.map(String::from_utf8_lossy).as_deref() != old {
            return Err(StepError::Changed(path.to_owned()));
        }
        files::replace(&git.root().join(&target), new)?;
    }
    let known = known_as(git, path)?;
    git.text(&["add", "--", known.as_str(), target.as_str()])?;
    Ok(())
}

/// Removes files, including those that git does not know.
pub(super) fn remove(git: &Git, paths: &[Utf8PathBuf]) -> Result<(), StepError> {
    let known = paths.iter().map(|path| known_as(git, path));
    let known = known.collect::<Result<Vec<Utf8PathBuf>, StepError>>()?;
    let mut args = vec!["rm", "--quiet", "--force", "--ignore-unmatch", "--"];
    args.extend(known.iter().map(|path| path.as_str()));
    git.text(&args)?;
    for path in known.iter().map(|path| git.root().join(path)) {
        if path.exists() {
            fs_err::remove_file(path)?;
        }
    }
    Ok(())
}

/// What is packaged is what will be tagged: a clean checkout of the commit, whatever the work tree
/// has since.
fn package(
    context: &RunContext<'_>,
    goals: &mut dyn ReleaseGoals,
    journal: &Journal,
) -> Result<(), StepError> {
    let staging = context.folder.staging();
    if staging.exists() {
        // This is left from an earlier attempt.
        fs_err::remove_dir_all(&staging)?;
    }
    let commit = commit_to_package(context, journal)?;
    let checkout = context.git.check_out(&commit, &context.folder.tree())?;
    goals
        .package(checkout.root(), &journal.plan.version, &staging)
        .map_err(StepError::NotPackaged)
}

/// The release's commit. Where the settings leave the commit out, one that no branch holds, of what
/// is staged.
fn commit_to_package(context: &RunContext<'_>, journal: &Journal) -> Result<String, StepError> {
    let is_commit = |step: &ReleaseStep| matches!(step, ReleaseStep::Commit { .. });
    let is_write = |step: &ReleaseStep| matches!(step, ReleaseStep::Write { .. });
    let steps = &journal.plan.steps;
    if steps.iter().any(is_commit) || !steps.iter().any(is_write) {
        return Ok(released(journal).to_owned());
    }
    let tree = changes::tree_to_commit(context, journal)?;
    let command = ["commit-tree", "--no-gpg-sign", "-m", "not committed yet"];
    let arguments = [&command[..], &["-p", &journal.origin.commit, &tree]].concat();
    Ok(context.git.text(&arguments)?)
}

/// Moves the wheels to the output folder. Files with the same name are kept aside until the run is
/// finished. The journal lists them beforehand.
fn deliver(
    context: &RunContext<'_>,
    journal: &mut Journal,
    out_dir: &Utf8Path,
) -> Result<(), StepError> {
    let staging = context.folder.staging();
    if journal.delivered.is_empty() && staging.exists() {
        for entry in staging.read_dir_utf8()? {
            let entry = entry?;
            let path = out_dir.join(entry.file_name());
            let is_hooks = journal.ignored.contains_key(&path);
            journal.delivered.push(DeliveredFile {
                sha256: workspace::files::sha256_of(entry.path())?,
                replaces: !is_hooks && context.root.join(&path).exists(),
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
            .find(|folder| !context.root.join(folder).exists());
        journal.new_folder = new.map(Utf8Path::to_owned);
        context.folder.write(journal)?;
    }
    fs_err::create_dir_all(context.root.join(out_dir))?;
    for file in &journal.delivered {
        let name = file.path.file_name().unwrap_or_default();
        let (from, to) = (staging.join(name), context.root.join(&file.path));
        if !from.exists() {
            continue; // moved before the run was killed
        }
        let aside = context.folder.replaced().join(name);
        if file.replaces && !aside.exists() {
            files::replace(&aside, &fs_err::read(&to)?)?;
        }
        files::replace(&to, &fs_err::read(&from)?)?;
        fs_err::remove_file(from)?;
    }
    Ok(())
}

/// The files that were delivered, as they were.
fn delivered(context: &RunContext<'_>, journal: &Journal) -> Result<Vec<Utf8PathBuf>, StepError> {
    let mut edited = Vec::new();
    for file in &journal.delivered {
        let found = changes::state(&context.root.join(&file.path))?;
        if found != FileState::File(file.sha256) {
            edited.push(file.path.clone());
        }
    }
    match edited.is_empty() {
        true => Ok(journal
            .delivered
            .iter()
            .map(|file| file.path.clone())
            .collect()),
        false => Err(StepError::Edited(edited)),
    }
}

fn commit(context: &RunContext<'_>, journal: &mut Journal, message: &str) -> Result<(), StepError> {
    if own_commit(context, journal)?.is_none() {
        journal.staged = Some(changes::tree_to_commit(context, journal)?);
        context.folder.write(journal)?;
        if context
            .git
            .maybe(&["diff", "--cached", "--quiet"])?
            .is_some()
        {
            // Nothing differs: everything was already as the release needs it.
            return Ok(());
        }
        git(context, &["commit", "--quiet", "--message", message])?;
    }
    journal.commit = Some(context.git.text(&["rev-parse", "HEAD"])?);
    Ok(context.folder.write(journal)?)
}

/// The commit that the run made; `None` if HEAD is still where the run began.
///
/// A run that was killed before it noted the commit knows it by its parent and its tree. Its
/// subject may be another than planned: hooks of git may change it.
pub(super) fn own_commit(
    context: &RunContext<'_>,
    journal: &Journal,
) -> Result<Option<String>, StepError> {
    let head = context.git.text(&["rev-parse", "HEAD"])?;
    if head == journal.origin.commit {
        return Ok(None);
    }
    if journal.commit.as_ref() == Some(&head) {
        return Ok(Some(head));
    }
    let name = |name: &str| {
        context
            .git
            .maybe(&["rev-parse", "--quiet", "--verify", name])
    };
    let step = journal.plan.steps.get(journal.done);
    let commits = journal.begun && matches!(step, Some(ReleaseStep::Commit { .. }));
    let is_own = commits
        && name("HEAD^")?.as_ref() == Some(&journal.origin.commit)
        && name("HEAD^{tree}")? == journal.staged;
    match is_own {
        true => Ok(Some(head)),
        false => Err(StepError::HeadMoved(MovedHead {
            found: head,
            branch: context
                .git
                .maybe(&["symbolic-ref", "--quiet", "--short", "HEAD"])?,
            expected: expected_head(journal),
        })),
    }
}

/// What the run left checked out.
fn expected_head(journal: &Journal) -> ExpectedHead {
    let mut switched = changes::touched(journal)
        .iter()
        .filter_map(|step| match step {
            ReleaseStep::SwitchBranch { branch } => Some(branch),
            _ => None,
        });
    ExpectedHead {
        commit: released(journal).to_owned(),
        branch: switched
            .next_back()
            .or(journal.origin.branch.as_ref())
            .cloned(),
        is_own: journal.commit.is_some(),
    }
}

/// The commit that the release is: its own, or the one that it began from.
pub(super) fn released(journal: &Journal) -> &str {
    journal.commit.as_ref().unwrap_or(&journal.origin.commit)
}

fn tag(
    context: &RunContext<'_>,
    journal: &Journal,
    name: &str,
    message: Option<&str>,
) -> Result<(), StepError> {
    let full = format!("refs/tags/{name}^{{commit}}");
    let commit = released(journal);
    match context
        .git
        .maybe(&["rev-parse", "--quiet", "--verify", &full])?
    {
        Some(found) if found == commit => Ok(()),
        Some(found) => Err(StepError::Taken {
            name: name.to_owned(),
            found,
        }),
        None => match message {
            Some(message) => git(
                context,
                &["tag", "--annotate", "--message", message, name, commit],
            ),
            None => git(context, &["-c", "tag.gpgSign=false", "tag", name, commit]),
        },
    }
}

/// Writes a changelog outside of a release: the news file is replaced and staged, and the fragments
/// of `consumed` are removed with git.
///
/// # Errors
/// Where the news file has changed since it was read, or git refuses.
pub fn write_news(
    root: &Utf8Path,
    change: &NewsChange,
    consumed: &[Fragment],
) -> Result<(), StepError> {
    let git = Git::at(root);
    let old = change.old.as_deref().map(String::from_utf8_lossy);
    write(&git, &change.path, old.as_deref(), change.new.as_bytes())?;
    let paths: Vec<Utf8PathBuf> = consumed
        .iter()
        .map(|fragment| fragment.path.clone())
        .collect();
    match paths.is_empty() {
        true => Ok(()),
        false => remove(&git, &paths),
    }
}
