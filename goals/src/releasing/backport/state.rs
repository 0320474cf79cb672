//! What a backport has done so far: a file in the git directory, replaced after every commit.

use camino::Utf8PathBuf;
use git::{Git, GitError};
use release::backport::Backport;
use serde::{Deserialize, Serialize};
use workspace::files;

use super::branch::Branch;
use super::error::BackportError;

/// A commit, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PickedCommit {
    /// The commit.
    pub commit: String,
    /// What became of it.
    pub outcome: PickOutcome,
}

/// What became of a commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum PickOutcome {
    /// It is this commit on the branch.
    Applied(String),
    /// It changes nothing there.
    Empty,
    /// The branch had it already, as this commit.
    Present(String),
    /// The user left it out.
    Skipped,
}

impl PickedCommit {
    /// The commit that was made of it.
    pub(super) fn made(&self) -> Option<&str> {
        match &self.outcome {
            PickOutcome::Applied(made) => Some(made),
            _ => None,
        }
    }
}

/// The state of a backport.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct BackportState {
    job: Backport,
    /// The branch by its name here.
    pub(super) onto: String,
    /// Whether it was made for the backport.
    pub(super) made_branch: bool,
    /// The commit that it was at.
    pub(super) before: String,
    /// What was checked out.
    pub(super) origin: String,
    pub(super) origin_branch: Option<String>,
    pub(super) commits: Vec<String>,
    pub(super) picked: Vec<PickedCommit>,
    /// The commit that the branch was at before the present one.
    pub(super) tip: String,
    /// Whether the present commit conflicts.
    pub(super) stopped: bool,
}

impl BackportState {
    pub(super) fn new(
        git: &Git,
        job: &Backport,
        branch: &Branch,
        commits: Vec<String>,
    ) -> Result<Self, GitError> {
        Ok(Self {
            job: job.clone(),
            onto: branch.name.clone(),
            made_branch: branch.upstream.is_some(),
            before: branch.tip.clone(),
            origin: git.text(&["rev-parse", "HEAD"])?,
            origin_branch: git.maybe(&["symbolic-ref", "--quiet", "--short", "HEAD"])?,
            commits,
            picked: Vec::new(),
            tip: branch.tip.clone(),
            stopped: false,
        })
    }

    /// The job, with the branch by its name here.
    pub(super) fn job(&self) -> Backport {
        Backport {
            onto: self.onto.clone(),
            ..self.job.clone()
        }
    }

    /// The commit that is next.
    pub(super) fn current(&self) -> Option<&str> {
        self.commits.get(self.picked.len()).map(String::as_str)
    }

    pub(super) fn note(&mut self, outcome: PickOutcome) {
        if let Some(commit) = self.current().map(str::to_owned) {
            self.picked.push(PickedCommit { commit, outcome });
        }
    }

    pub(super) fn move_on(&mut self, git: &Git) -> Result<(), GitError> {
        self.tip = git.text(&["rev-parse", "HEAD"])?;
        self.stopped = false;
        Ok(())
    }
}

/// The file that the state is kept in.
pub(super) struct StateFile(Utf8PathBuf);

impl StateFile {
    pub(super) fn of(git: &Git) -> Result<Self, GitError> {
        let folder = git.text(&["rev-parse", "--absolute-git-dir"])?;
        Ok(Self(Utf8PathBuf::from(folder).join("xtask-backport")))
    }

    pub(super) fn read(&self) -> Result<Option<BackportState>, BackportError> {
        match fs_err::read(&self.0) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map(Some)
                .map_err(|error| self.wrong(&error)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn write(&self, state: &BackportState) -> Result<(), BackportError> {
        let bytes = serde_json::to_vec_pretty(state).map_err(|error| self.wrong(&error))?;
        Ok(files::replace(&self.0, &bytes)?)
    }

    pub(super) fn remove(&self) -> std::io::Result<()> {
        fs_err::remove_file(&self.0)
    }

    fn wrong(&self, error: &serde_json::Error) -> BackportError {
        BackportError::State {
            path: self.0.clone(),
            message: error.to_string(),
        }
    }
}
