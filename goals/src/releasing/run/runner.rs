//! The run itself: one step after the other, with a journal of how far it has come.

use camino::Utf8Path;
use git::Git;
use release::journal::{Journal, StartingPoint};
use release::plan::{Plan, ReleaseStep};
use release::version::ReleaseVersion;

use super::abort::AbortReport;
use super::context::{ReleaseGoals, RunContext};
use super::error::RunError;
use super::ignored::IgnoredFiles;
use super::journal::JournalFolder;
use super::{abort, steps};

/// Observes a run: the terminal, or a test that kills it.
pub trait Watch {
    /// A step begins; `number` is from 1.
    fn step(&mut self, number: usize, total: usize, step: &ReleaseStep);

    /// Whether the run ends here, as if it were killed now.
    fn dies(&mut self, _moment: Moment) -> bool {
        false
    }
}

/// A moment at which a run can be killed. The number is that of the step, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// The journal says that the step begins. Nothing was done yet.
    Begun(usize),
    /// The step is done. The journal does not say so yet.
    Done(usize),
    /// The journal says that the step is done.
    Journaled(usize),
}

/// Runs plans in one repository.
pub struct Runner<'a> {
    context: RunContext<'a>,
    goals: &'a mut dyn ReleaseGoals,
    watch: &'a mut dyn Watch,
}

impl<'a> Runner<'a> {
    /// A runner for the repository at `root`.
    ///
    /// # Errors
    /// Not a git repository.
    pub fn new(
        root: &'a Utf8Path,
        goals: &'a mut dyn ReleaseGoals,
        watch: &'a mut dyn Watch,
    ) -> Result<Self, RunError> {
        let git = Git::at(root);
        let folder = JournalFolder::of(&git)?;
        Ok(Self {
            context: RunContext { git, root, folder },
            goals,
            watch,
        })
    }

    /// Begins a plan and runs it to its end.
    ///
    /// # Errors
    /// Another run is under way, or a step fails: then `resume` or `abort`.
    pub fn start(&mut self, plan: Plan) -> Result<Journal, RunError> {
        let _alone = self.context.folder.lock()?;
        if let Some(journal) = self.context.folder.read()? {
            return Err(RunError::under_way(&journal));
        }
        // Files that a killed run may have left without a journal.
        self.context.folder.remove()?;
        let origin = StartingPoint {
            commit: self.context.git.text(&["rev-parse", "HEAD"])?,
            branch: self
                .context
                .git
                .maybe(&["symbolic-ref", "--quiet", "--short", "HEAD"])?,
        };
        let mut journal = Journal::new(plan, origin);
        journal.empty_folders = IgnoredFiles::of(&self.context)?.into_empty_folders();
        self.context.folder.write(&journal)?;
        self.go_on(&mut journal)?;
        Ok(journal)
    }

    /// Continues a run that stopped.
    ///
    /// # Errors
    /// Where there is no unfinished run, or a step fails.
    pub fn resume(&mut self, asked: &ReleaseVersion) -> Result<Journal, RunError> {
        let _alone = self.context.folder.lock()?;
        let mut journal = self.under_way(asked)?;
        self.refuse_another_head(&journal)?;
        self.go_on(&mut journal)?;
        Ok(journal)
    }

    /// Until the release's commit is made, its steps are for the commit that it began from. What is
    /// committed on top of its own stays aside.
    fn refuse_another_head(&self, journal: &Journal) -> Result<(), RunError> {
        let waiting = &journal.plan.steps[journal.done..];
        let commits = |step: &ReleaseStep| matches!(step, ReleaseStep::Commit { .. });
        if !waiting.iter().any(commits) {
            return Ok(());
        }
        steps::own_commit(&self.context, journal).map_err(abort::told)?;
        Ok(())
    }

    /// Takes back everything that a run did.
    ///
    /// # Errors
    /// Nothing is under way; something was pushed or published; other commits were made since; a
    /// file of the release was edited since.
    pub fn abort(&mut self, asked: &ReleaseVersion) -> Result<AbortReport, RunError> {
        let _alone = self.context.folder.lock()?;
        let journal = self.under_way(asked)?;
        abort::abort(&self.context, &journal)
    }

    fn under_way(&self, asked: &ReleaseVersion) -> Result<Journal, RunError> {
        let journal = self
            .context
            .folder
            .read()?
            .ok_or(RunError::NothingUnderWay)?;
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
            self.context.folder.write(journal)?;
            self.survive(Moment::Begun(at))?;
            steps::run(&self.context, self.goals, journal, &step).map_err(|reason| {
                RunError::Step {
                    number: at + 1,
                    title: step.title(),
                    reason,
                }
            })?;
            self.survive(Moment::Done(at))?;
            journal.done += 1;
            journal.begun = false;
            self.context.folder.write(journal)?;
            self.survive(Moment::Journaled(at))?;
        }
        self.context.folder.remove()
    }

    fn survive(&mut self, moment: Moment) -> Result<(), RunError> {
        match self.watch.dies(moment) {
            true => Err(RunError::Stopped),
            false => Ok(()),
        }
    }
}
