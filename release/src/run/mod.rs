//! The run of a plan: step by step, journaled, resumable, and undone by an abort.

mod abort;
mod journal;
mod steps;

use camino::{Utf8Path, Utf8PathBuf};
use thiserror::Error;

pub use journal::{Delivered, Journal, JournalFolder, Origin};

use crate::plan::{Plan, Step};
use crate::tree::NewsChange;
use crate::version::ReleaseVersion;
use changelog::Fragment;
use git::{Git, GitError};

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
    /// A command failed; what it wrote is on the terminal.
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

/// Writes a changelog without a release around it: the news file is replaced and staged, and the
/// fragments of `consumed` are removed with git.
///
/// # Errors
/// The news file has changed since it was read; git refuses.
pub fn write_news(
    root: &Utf8Path,
    change: &NewsChange,
    consumed: &[Fragment],
) -> Result<(), StepError> {
    let git = Git::at(root);
    let old = change.old.as_deref().map(String::from_utf8_lossy);
    steps::write(&git, &change.path, old.as_deref(), change.new.as_bytes())?;
    let paths: Vec<Utf8PathBuf> = consumed
        .iter()
        .map(|fragment| fragment.path.clone())
        .collect();
    match paths.is_empty() {
        true => Ok(()),
        false => steps::remove(&git, &paths),
    }
}

/// Who watches a run: the terminal, or a test that kills it.
pub trait Watch {
    /// A step begins; `number` is from 1.
    fn step(&mut self, number: usize, total: usize, step: &Step);

    /// Whether the run ends here, as if it were killed at this moment.
    fn dies(&mut self, _moment: Moment) -> bool {
        false
    }
}

/// A moment at which a run can be killed. The number is that of the step, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// The journal says that the step begins; nothing is done.
    Begun(usize),
    /// The step is done; the journal does not say so.
    Done(usize),
    /// The journal says so.
    Journaled(usize),
}

/// Runs plans in one repository.
pub struct Runner<'a> {
    pub(super) git: Git,
    pub(super) root: &'a Utf8Path,
    /// The program and first arguments that run our own commands.
    pub(super) own: &'a [String],
    pub(super) folder: JournalFolder,
    watch: &'a mut dyn Watch,
}

impl<'a> Runner<'a> {
    /// A runner for the repository at `root`; `own` is the program that runs `package` and the
    /// like, with its first arguments.
    ///
    /// # Errors
    /// Not a git repository.
    pub fn new(
        root: &'a Utf8Path,
        own: &'a [String],
        watch: &'a mut dyn Watch,
    ) -> Result<Self, RunError> {
        let git = Git::at(root);
        Ok(Self {
            folder: JournalFolder::of(&git)?,
            git,
            root,
            own,
            watch,
        })
    }

    /// Begins a plan and runs it to its end.
    ///
    /// # Errors
    /// Another run is under way, or a step fails: then `resume` or `abort`.
    pub fn start(&mut self, plan: Plan) -> Result<Journal, RunError> {
        if let Some(journal) = self.folder.read()? {
            return Err(journal.under_way());
        }
        // What a killed run may have left without a journal.
        self.folder.remove()?;
        let mut journal = Journal {
            plan,
            origin: Origin {
                commit: self.git.text(&["rev-parse", "HEAD"])?,
                branch: self
                    .git
                    .maybe(&["symbolic-ref", "--quiet", "--short", "HEAD"])?,
            },
            done: 0,
            begun: false,
            delivered: Vec::new(),
            new_folder: None,
        };
        self.folder.write(&journal)?;
        self.go_on(&mut journal)?;
        Ok(journal)
    }

    /// Goes on where a run stopped.
    ///
    /// # Errors
    /// Nothing is under way, or a step fails.
    pub fn resume(&mut self, asked: &ReleaseVersion) -> Result<Journal, RunError> {
        let mut journal = self.under_way(asked)?;
        self.go_on(&mut journal)?;
        Ok(journal)
    }

    /// Takes everything back that a run did.
    ///
    /// # Errors
    /// Nothing is under way; something was pushed or published; other commits were made since.
    pub fn abort(&mut self, asked: &ReleaseVersion) -> Result<Journal, RunError> {
        let journal = self.under_way(asked)?;
        abort::abort(self, &journal)?;
        Ok(journal)
    }

    fn under_way(&self, asked: &ReleaseVersion) -> Result<Journal, RunError> {
        let journal = self.folder.read()?.ok_or(RunError::NothingUnderWay)?;
        match journal.plan.version == *asked {
            true => Ok(journal),
            false => Err(RunError::OtherVersion {
                under_way: journal.plan.version,
                asked: asked.clone(),
            }),
        }
    }

    fn go_on(&mut self, journal: &mut Journal) -> Result<(), RunError> {
        let total = journal.plan.steps.len();
        while journal.done < total {
            let at = journal.done;
            let step = journal.plan.steps[at].clone();
            self.watch.step(at + 1, total, &step);
            journal.begun = true;
            self.folder.write(journal)?;
            self.survive(Moment::Begun(at))?;
            steps::run(self, journal, &step).map_err(|reason| RunError::Step {
                number: at + 1,
                title: step.title(),
                reason,
            })?;
            self.survive(Moment::Done(at))?;
            journal.done += 1;
            journal.begun = false;
            self.folder.write(journal)?;
            self.survive(Moment::Journaled(at))?;
        }
        self.folder.remove()
    }

    fn survive(&mut self, moment: Moment) -> Result<(), RunError> {
        match self.watch.dies(moment) {
            true => Err(RunError::Stopped),
            false => Ok(()),
        }
    }
}

impl Journal {
    /// The error that says how far the run has come.
    pub fn under_way(&self) -> RunError {
        RunError::UnderWay {
            version: self.plan.version.clone(),
            done: self.done,
            total: self.plan.steps.len(),
        }
    }
}
