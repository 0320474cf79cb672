//! `backport`: applies commits to another branch, whose folders may have other names.

use ::git::Git;
use ::release::backport::{Backport, FolderMapping, FolderMappingError, repository_of};
use clap::Args;

use crate::outcome::CommandOutcome;
use goals::error::GoalError;
use goals::releasing::backport::{BackportReport, backport};
use goals::session::Session;

/// The arguments of `backport`.
#[derive(Debug, Args)]
pub(crate) struct BackportArguments {
    /// The commits, in the order in which they are applied
    #[arg(value_name = "COMMIT", required = true)]
    commits: Vec<String>,

    /// The branch that they are applied to
    #[arg(long, value_name = "BRANCH")]
    onto: String,

    /// A folder with another name on that branch; may be repeated
    #[arg(long = "directory", value_name = "OLD=NEW", value_parser = folder)]
    directories: Vec<FolderMapping>,

    /// The repository of references such as `#12` in messages, as `OWNER/NAME`
    /// [default: that of origin]
    #[arg(long, value_name = "OWNER/NAME")]
    repository: Option<String>,

    /// Leave references such as `#12` in messages unchanged
    #[arg(long, conflicts_with = "repository")]
    keep_references: bool,
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
    let job = Backport {
        commits: arguments.commits.clone(),
        onto: arguments.onto.clone(),
        folders: arguments.directories.clone(),
        references: match arguments.keep_references {
            true => None,
            false => references(session, arguments),
        },
    };
    match backport(session.root(), &job)? {
        BackportReport::Done { applied } => {
            for (commit, made) in applied {
                match made {
                    Some(made) => session.say(format_args!("applied {commit} as {made}")),
                    None => session.say(format_args!("{commit} is in {} already", job.onto)),
                }
            }
            Ok(CommandOutcome::Done)
        }
        BackportReport::Conflict {
            commit,
            files,
            left,
        } => {
            let error = GoalError::failure(format!("{commit} conflicts with {}", job.onto));
            let error = files.iter().fold(error, |error, file| {
                error.because(format!("{file} has conflicts"))
            });
            let error = error
                .hint("edit the files, `git add` them, then `git commit`: the message is prepared");
            Err(match left.is_empty() {
                true => error,
                false => error.hint(format!(
                    "then go on: `cargo xtask backport {} --onto {}`",
                    left.join(" "),
                    job.onto
                )),
            })
        }
    }
}

/// Whose `#12` is meant, if it is not that of the repository to which the branch belongs: there,
/// `#12` alone says the same.
fn references(session: &Session, arguments: &BackportArguments) -> Option<String> {
    let git = Git::at(session.root());
    let repository_at = |remote: &str| {
        let url = git.text(&["remote", "get-url", remote]).ok()?;
        repository_of(&url)
    };
    let branch = format!("refs/heads/{}", arguments.onto);
    let upstream = git.text(&["for-each-ref", "--format=%(upstream:remotename)", &branch]);
    let remote = upstream.ok().filter(|remote| !remote.is_empty());
    let target = repository_at(remote.as_deref().unwrap_or("origin"));
    let source = arguments.repository.clone();
    let source = source.or_else(|| repository_at("origin"))?;
    (target.as_ref() != Some(&source)).then_some(source)
}
