//! Why a run stops, and what to do about it.

use camino::Utf8PathBuf;
use git::GitError;
use release::journal::Journal;
use release::version::ReleaseVersion;
use thiserror::Error;

use crate::error::CommandError;

/// Why a run stops.
#[derive(Debug, Error)]
pub enum RunError {
    /// Another run is not over.
    #[error("the release of {version} is under way: {done} of {total} steps are done")]
    UnderWay {
        /// Its version.
        version: ReleaseVersion,
        /// How many steps are done.
        done: usize,
        /// How many there are.
        total: usize,
    },
    /// Another run works in this repository at this moment.
    #[error("another release works in this repository: {holder}")]
    Busy {
        /// What it said of itself.
        holder: String,
    },
    /// There is nothing to resume or abort.
    #[error("no release is under way")]
    NothingUnderWay,
    /// `--resume` with another version.
    #[error("the release under way is that of {under_way}, not of {asked}")]
    OtherVersion {
        /// The journal's version.
        under_way: ReleaseVersion,
        /// The version on the command line.
        asked: ReleaseVersion,
    },
    /// A step failed.
    #[error("step {number} failed: {title}: {reason}")]
    Step {
        /// From 1.
        number: usize,
        /// What the step is for.
        title: String,
        /// Why.
        reason: StepError,
    },
    /// The run was told to stop after a step.
    #[error("stopped")]
    Stopped,
    /// It is too late for an abort.
    #[error("too late to abort: {0}")]
    TooLate(String),
    /// The journal cannot be read or written.
    #[error("{path}: {message}")]
    Journal {
        /// The journal.
        path: Utf8PathBuf,
        /// Why.
        message: String,
    },
    /// git.
    #[error(transparent)]
    Git(#[from] GitError),
    /// A file.
    #[error(transparent)]
    File(#[from] std::io::Error),
}

impl RunError {
    /// What to do about it, with the command to run.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::UnderWay { version, .. }
            | Self::OtherVersion {
                under_way: version, ..
            } => Some(format!(
                "`cargo xtask release {version} --resume` goes on, `--abort` takes it back"
            )),
            Self::Busy { .. } => Some("wait until it ends, or end that process".to_owned()),
            Self::Step { .. } | Self::Stopped => Some(
                "`--resume` goes on with this step, `--abort` takes everything back".to_owned(),
            ),
            Self::Journal { path, .. } => {
                Some(format!("look at the repository, then remove {path}"))
            }
            _ => None,
        }
    }
}

/// Why a step failed.
#[derive(Debug, Error)]
pub enum StepError {
    /// A file is neither as planned nor as it was.
    #[error("{0} was changed since the plan was made")]
    Changed(Utf8PathBuf),
    /// What would be written is not in the repository.
    #[error("{0} is a link out of the repository")]
    Outside(Utf8PathBuf),
    /// Something else was committed.
    #[error(
        "HEAD is {found}, which is not the commit that the release began from ({expected}) nor its own"
    )]
    HeadMoved {
        /// What is checked out.
        found: String,
        /// What was checked out when the run began.
        expected: String,
    },
    /// A name that the release needs is taken.
    #[error("`{name}` names {found} already")]
    Taken {
        /// The branch or tag.
        name: String,
        /// What it names.
        found: String,
    },
    /// Another goal failed.
    #[error("{}", .0.message())]
    Goal(CommandError),
    /// A hook failed; what it wrote is on the terminal.
    #[error("`{command}` ended with {status}")]
    Command {
        /// The command.
        command: String,
        /// Its exit status.
        status: String,
    },
    /// git.
    #[error(transparent)]
    Git(#[from] GitError),
    /// A file.
    #[error(transparent)]
    File(#[from] std::io::Error),
    /// The journal.
    #[error(transparent)]
    Run(Box<RunError>),
}

impl From<RunError> for StepError {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Git(error) => Self::Git(error),
            RunError::File(error) => Self::File(error),
            other => Self::Run(Box::new(other)),
        }
    }
}

impl RunError {
    /// The error that says how far a run has come.
    pub fn under_way(journal: &Journal) -> Self {
        Self::UnderWay {
            version: journal.plan.version.clone(),
            done: journal.done,
            total: journal.plan.steps.len(),
        }
    }
}
