//! Archives that are built as actions: what did not change is taken from the cache.

use std::io::Write;

use camino::Utf8Path;
use engine::{Action, FileIndex};
use rayon::prelude::*;
use wheel::MemberDigest;

use super::{BuiltArchive, Job, Packager, packaging_error};
use crate::actions::{ActionRunner, KeptFile, OUTPUT, OwnWork, WorkWorth};
use crate::error::GoalError;
use crate::packaging::archive::Archive;
use crate::packaging::archive_action;
use crate::packaging::judged::refuse_other_platform;
use crate::packaging::source_file::PackagingError;

/// What an archive follows from.
struct PreparedArchive {
    action: Action,
    /// The archive with its members, where no backend decides about them.
    contents: Option<(Archive, Vec<MemberDigest>)>,
}

impl<'a> Packager<'a> {
    /// The same packager, which takes from a cache what it has.
    #[must_use]
    pub fn with_actions(mut self, actions: &'a ActionRunner<'a>) -> Self {
        self.actions = Some(actions);
        self
    }

    pub(super) fn build_as_actions<'j>(
        &self,
        actions: &ActionRunner<'_>,
        jobs: &[Job<'j>],
    ) -> Vec<Result<BuiltArchive<'j>, GoalError>> {
        let prepared: Vec<_> = jobs
            .par_iter()
            .map(|job| self.prepare(actions.files(), job))
            .collect();
        let work = jobs.iter().zip(&prepared).filter_map(|(job, prepared)| {
            let prepared = prepared.as_ref().ok()?;
            Some(OwnWork {
                action: prepared.action.clone(),
                work: Box::new(|folder| self.write_below(folder, job, prepared)),
            })
        });
        let work: Vec<_> = work.collect();
        let mut outcomes = actions.run_own(&work).into_iter();
        let outcomes = prepared.iter().map(|prepared| match prepared {
            Ok(_) => outcomes.next(),
            Err(_) => None,
        });
        let outcomes: Vec<_> = outcomes.collect();
        let built = jobs.par_iter().zip(outcomes).map(|(job, outcome)| {
            // What cannot be prepared says why when it is built.
            let Some(outcome) = outcome else {
                return self.build_one(job);
            };
            match KeptFile::of(&outcome?, actions.engine().store()) {
                Some(kept) => self.build_kept(job, &kept),
                None => self.build_one(job),
            }
        });
        built.collect()
    }

    /// What an archive follows from.
    fn prepare(&self, files: &FileIndex, job: &Job<'_>) -> Result<PreparedArchive, GoalError> {
        let distribution = job.distribution();
        let own = match (job, &distribution.own_backend) {
            (Job::OwnWheel(_, own, _), _) => Some((*own, "wheel")),
            (Job::Sdist(_), Some(own)) => Some((own, "sdist")),
            (Job::Wheel(..) | Job::Sdist(_), _) => None,
        };
        if let Some((own, format)) = own {
            let action = self.backends().action(distribution, own, (format, files))?;
            let action = action.variable("ARCHIVE_TIME", self.time.unix().to_string());
            let contents = None;
            return Ok(PreparedArchive { action, contents });
        }
        let archive = self.archive(job)?;
        let failed = |error: wheel::ArchiveError| packaging_error(&error.into(), distribution);
        let name = archive.file_name().map_err(failed)?;
        let made = archive_action::of_archive(&archive, &name, self.time, files);
        let (mut action, members) = made.map_err(failed)?;
        action.description = format!("package {}: {name}", distribution.address);
        let contents = Some((archive, members));
        Ok(PreparedArchive { action, contents })
    }

    /// Writes an archive for an action, into the folder of its output.
    fn write_below(
        &self,
        folder: &Utf8Path,
        job: &Job<'_>,
        prepared: &PreparedArchive,
    ) -> Result<WorkWorth, GoalError> {
        let built;
        let (archive, members) = match &prepared.contents {
            Some((archive, members)) => (archive, Some(members)),
            None => {
                built = self.archive(job)?;
                (&built, None)
            }
        };
        let failed = |error: PackagingError| packaging_error(&error, job.distribution());
        let name = archive.file_name().map_err(|error| failed(error.into()))?;
        let folder = folder.join(OUTPUT);
        let file =
            fs_err::create_dir_all(&folder).and_then(|()| fs_err::File::create(folder.join(name)));
        let file = file.map_err(|error| failed(error.into()))?;
        let mut out = std::io::BufWriter::with_capacity(1 << 18, file.file());
        let written = archive
            .write(&mut out, self.time)
            .map_err(|error| failed(error.into()))?;
        out.flush().map_err(|error| failed(error.into()))?;
        // A file that changed meanwhile is in the archive as it is now, which the key does not say.
        let as_keyed = members.is_none_or(|members| *members == written);
        match as_keyed && !archive.came_of_more() {
            true => Ok(WorkWorth::Kept),
            false => Ok(WorkWorth::Once),
        }
    }

    /// Gives an archive that an action wrote its file.
    fn build_kept<'j>(
        &self,
        job: &Job<'j>,
        kept: &KeptFile<'_>,
    ) -> Result<BuiltArchive<'j>, GoalError> {
        if let Job::OwnWheel(distribution, _, platforms) = job {
            refuse_other_platform(distribution, &kept.name, platforms)?;
        }
        self.finish(job, &kept.name, |out| Ok(kept.copy_to(out)?))
    }
}
