//! `backport`: applies commits to another branch, whose folders may have other names.

use ::git::Git;
use ::release::backport::{Backport, FolderMapping, FolderMappingError};
use clap::Args;

use crate::outcome::CommandOutcome;
use crate::terminal;
use goals::error::GoalError;
use goals::releasing;
use goals::releasing::backport::{
    BackportReport, PickOutcome, PickedCommit, abort, backport, go_on, references, skip, survey,
};
use goals::session::Session;

/// The arguments of `backport`.
#[derive(Debug, Args)]
pub(crate) struct BackportArguments {
    /// The commits and ranges (`A..B`), in the order in which they are applied
    #[arg(value_name = "COMMIT", required_unless_present_any = ["go_on", "skip", "abort"])]
    commits: Vec<String>,

    /// The branch that they are applied to
    #[arg(long, value_name = "BRANCH", required_unless_present_any = ["go_on", "skip", "abort"])]
    onto: Option<String>,

    /// The remote that has the branch, where several have one of this name
    #[arg(long, value_name = "NAME")]
    remote: Option<String>,

    /// A folder with another name on that branch; may be repeated
    #[arg(long = "directory", value_name = "OLD=NEW", value_parser = folder)]
    directories: Vec<FolderMapping>,

    /// The repository of references such as `#12` in messages, as `OWNER/NAME`
    /// [default: that of the remote]
    #[arg(long, value_name = "OWNER/NAME")]
    repository: Option<String>,

    /// Leave references such as `#12` in messages unchanged
    #[arg(long, conflicts_with = "repository")]
    keep_references: bool,

    /// Print which commits would be applied and which the branch has already, and do nothing
    #[arg(long)]
    dry_run: bool,

    /// Go on after a conflict, whose files were edited and staged
    #[arg(long = "continue", conflicts_with_all = ["commits", "onto", "dry_run", "skip", "abort"])]
    go_on: bool,

    /// Leave out the commit that conflicts, and go on
    #[arg(long, conflicts_with_all = ["commits", "onto", "dry_run", "abort"])]
    skip: bool,

    /// Take the backport back: the branch and what was checked out are as before
    #[arg(long, conflicts_with_all = ["commits", "onto", "dry_run"])]
    abort: bool,
}

fn folder(text: &str) -> Result<FolderMapping, String> {
    text.parse()
        .map_err(|error: FolderMappingError| error.to_string())
}

/// Applies the commits one after the other. Stops at the first conflict, which is left to git's
/// tools.
pub(crate) fn run(
    session: &Session,
    arguments: &BackportArguments,
) -> Result<CommandOutcome, GoalError> {
    let root = session.root();
    if arguments.abort {
        let onto = abort(root)?;
        session.say(format_args!("took back the backport to {onto}"));
        return Ok(CommandOutcome::Done);
    }
    if arguments.go_on || arguments.skip {
        let report = match arguments.skip {
            true => skip(root)?,
            false => go_on(root)?,
        };
        return told(session, report);
    }
    let mut job = Backport {
        commits: arguments.commits.clone(),
        onto: arguments.onto.clone().unwrap_or_default(),
        remote: arguments.remote.clone(),
        folders: arguments.directories.clone(),
        references: None,
    };
    if !arguments.keep_references {
        let named = releasing::settings(session).remote;
        let repository = arguments.repository.clone();
        job.references = references(&Git::at(root), &job, &named, repository);
    }
    if arguments.dry_run {
        for (commit, same) in survey(root, &job)? {
            let subject = Git::at(root).text(&["log", "-1", "--format=%s", &commit])?;
            terminal::print(match same {
                Some(same) => format!("present {commit} {subject} ({same})\n"),
                None => format!("apply   {commit} {subject}\n"),
            });
        }
        return Ok(CommandOutcome::Done);
    }
    told(session, backport(root, &job)?)
}

/// Says what became of each commit.
fn told(session: &Session, report: BackportReport) -> Result<CommandOutcome, GoalError> {
    let (BackportReport::Done { onto, picked } | BackportReport::Conflict { onto, picked, .. }) =
        &report;
    for PickedCommit { commit, outcome } in picked {
        session.say(match outcome {
            PickOutcome::Applied(made) => format!("applied {commit} as {made}"),
            PickOutcome::Empty => format!("{commit} changes nothing in {onto}"),
            PickOutcome::Present(same) if same == commit => {
                format!("{commit} is in {onto} already")
            }
            PickOutcome::Present(same) => format!("{commit} is in {onto} already, as {same}"),
            PickOutcome::Skipped => format!("left out {commit}"),
        });
    }
    let BackportReport::Conflict {
        commit,
        files,
        left,
        ..
    } = &report
    else {
        return Ok(CommandOutcome::Done);
    };
    let error = GoalError::failure(format!("{commit} conflicts with {onto}"));
    let error = files.iter().fold(error, |error, file| {
        error.because(format!("{file} has conflicts"))
    });
    let error = match left.len() {
        0 => error,
        1 => error.because("1 commit is left"),
        count => error.because(format!("{count} commits are left")),
    };
    Err(error
        .hint("edit the files and `git add` them, then `cargo xtask backport --continue`")
        .hint("`--skip` leaves this commit out, `--abort` takes everything back"))
}
