//! Why a run stops, and what the user can do.

use camino::Utf8PathBuf;
use git::GitError;
use release::journal::Journal;
use release::version::ReleaseVersion;
use thiserror::Error;

use crate::error::GoalError;

/// Why a run stops.
#[derive(Debug, Error)]
pub enum RunError {
    /// Another run is not finished.
    #[error("the release of {version} is under way: {done} of {total} steps are done")]
    UnderWay {
        /// Its version.
        version: ReleaseVersion,
        /// How many steps are done.
        done: usize,
        /// How many there are.
        total: usize,
    },
    /// Another run is working in this repository.
    #[error("another release works in this repository: {holder}")]
    Busy {
        /// What the other run wrote about itself.
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
        /// The number of the step, from 1.
        number: usize,
        /// What the step is for.
        title: String,
        /// Why.
        reason: StepError,
    },
    /// The run was told to stop after this step.
    #[error("stopped")]
    Stopped,
    /// An abort would throw away what the user did.
    #[error("these files were edited after the release wrote them:\n{}", listed(.0))]
    Edited(Vec<Utf8PathBuf>),
    /// Another commit is checked out than the one that the release is made of.
    #[error(transparent)]
    Moved(MovedHead),
    /// The run can no longer be aborted.
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
    /// git failed.
    #[error(transparent)]
    Git(#[from] GitError),
    /// A file cannot be read or written.
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
            Self::Edited(_) => Some(
                "keep your edits elsewhere, `git restore` the files (remove those that git does not know), then `--abort` again".to_owned(),
            ),
            Self::Moved(moved)
            | Self::Step {
                reason: StepError::HeadMoved(moved),
                ..
            } => Some(moved.hint()),
            Self::Step {
                reason: StepError::Foreign(_),
                ..
            } => Some(
                "`--abort` takes the release back and keeps these: commit them and release again; or move them away, then `--resume`".to_owned(),
            ),
            Self::Step {
                reason: StepError::Edited(_),
                ..
            } => Some("make them as they were, then `--resume`; `cargo xtask package --all-platforms` builds the same wheels from the same commit".to_owned()),
            Self::Step {
                reason: StepError::RemoteMovedOn { .. },
                ..
            } => Some("`--abort` takes the release back; then get what is new there with `git pull`, and release again".to_owned()),
            Self::Step {
                reason: StepError::NotPackaged(_),
                ..
            } => Some("the wheels are those of the release's commit, whatever the work tree has since: `--abort` takes the release back, then mend, commit and release again; `--resume` builds the same commit once more".to_owned()),
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

/// What is checked out where it is not what the release left there.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("HEAD is {}{found}, which is not the commit that the release {expected}", at(.branch.as_ref()))]
pub struct MovedHead {
    /// The commit that is checked out.
    pub found: String,
    /// The branch that is checked out.
    pub branch: Option<String>,
    /// What should be.
    pub expected: ExpectedHead,
}

/// What a release left checked out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectedHead {
    /// The commit.
    pub commit: String,
    /// The branch.
    pub branch: Option<String>,
    /// Whether the release made the commit.
    pub is_own: bool,
}

impl std::fmt::Display for ExpectedHead {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let did = match self.is_own {
            true => "made",
            false => "began from",
        };
        write!(
            formatter,
            "{did} ({}{})",
            at(self.branch.as_ref()),
            self.commit
        )
    }
}

fn at(branch: Option<&String>) -> String {
    branch.map_or_else(String::new, |branch| format!("`{branch}` at "))
}

impl MovedHead {
    /// How to have again what the release left, and lose nothing.
    fn hint(&self) -> String {
        match &self.expected.branch {
            Some(branch) if self.branch.as_ref() != Some(branch) => {
                format!("`git switch {branch}`, then the same command again")
            }
            _ => format!(
                "`git branch kept` keeps what was committed since; then `git reset --keep {}`, and the same command again",
                self.expected.commit
            ),
        }
    }
}

/// Why a step failed.
#[derive(Debug, Error)]
pub enum StepError {
    /// A file has neither the planned nor the old contents.
    #[error("{0} was changed since the plan was made")]
    Changed(Utf8PathBuf),
    /// Changes in the work tree that would be in the wheels or the commit, and are not the release's.
    #[error("there are changes that are not the release's:\n{}", listed(.0))]
    Foreign(Vec<Utf8PathBuf>),
    /// Files of the release that are not as it wrote them.
    #[error("these files were edited after the release wrote them:\n{}", listed(.0))]
    Edited(Vec<Utf8PathBuf>),
    /// Others pushed to the branch since the release began.
    #[error("`{remote}` has commits that the release was not made on: {message}")]
    RemoteMovedOn {
        /// The remote.
        remote: String,
        /// What git said.
        message: String,
    },
    /// A file to be written is outside of the repository.
    #[error("{0} is a link out of the repository")]
    Outside(Utf8PathBuf),
    /// Another commit was made.
    #[error(transparent)]
    HeadMoved(MovedHead),
    /// A branch or tag of the release exists already.
    #[error("`{name}` names {found} already")]
    Taken {
        /// The branch or tag.
        name: String,
        /// The commit that it names.
        found: String,
    },
    /// The release's commit cannot be packaged.
    #[error("{}", .0.message())]
    NotPackaged(GoalError),
    /// Another goal failed.
    #[error("{}", .0.message())]
    Goal(GoalError),
    /// A hook failed. Its output is on the terminal.
    #[error("`{command}` ended with {status}")]
    Command {
        /// The command.
        command: String,
        /// Its exit status.
        status: String,
    },
    /// git failed.
    #[error(transparent)]
    Git(#[from] GitError),
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] std::io::Error),
    /// The journal cannot be read or written.
    #[error(transparent)]
    Run(Box<RunError>),
}

fn listed(paths: &[Utf8PathBuf]) -> String {
    let lines: Vec<String> = paths.iter().map(|path| format!("  {path}")).collect();
    lines.join("\n")
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
