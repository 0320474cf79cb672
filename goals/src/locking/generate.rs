//! Locks the resolves of a repository. Fresh locks are kept; the others are made at the same time.

use std::mem::ManuallyDrop;

use model::{ForkStrategy, PackageName, Place};
use resolve::ResolveWarning;

use crate::error::GoalError;
use crate::locking;
use crate::locking::existing::{Existing, LockPath, lock_paths};
use crate::locking::fresh::Freshness;
use crate::locking::inputs::{IgnoredOption, ResolveDeclaration};
use crate::locking::package_indexes::{IndexChoice, PackageIndexes};
use crate::locking::provider::IndexProvider;
use crate::locking::summary::{Status, Summary};
use crate::locking::upgrade::Upgrade;
use crate::locking::yanked::{self, YankedPackage};
use crate::session::Session;
use crate::timings::UnitKind;

/// Which locks are generated, and how.
#[derive(Debug)]
pub struct LockRequest {
    /// Only these resolves; all if empty.
    pub resolves: Vec<String>,
    /// Which pins are not kept.
    pub upgrade: Upgrade,
    /// Whether locks are written.
    pub write: WriteLocks,
    /// Which index is asked.
    pub index: IndexChoice,
    /// Whether every package must have a wheel, whatever the settings say.
    pub require_wheels: bool,
    /// When a project gets several versions, if the settings are not to say.
    pub fork_strategy: Option<ForkStrategy>,
}

/// Whether locks are written, or only compared with what they should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteLocks {
    /// They are written.
    Yes,
    /// They are only compared.
    No,
}

/// The result for one resolve.
#[derive(Debug)]
pub struct LockGeneration {
    /// What changed, and why.
    pub summary: Summary,
    /// What is probably wrong with the requirements.
    pub warnings: Vec<ResolveWarning>,
    /// The lock to write, where it differs from the one that is there.
    text: Option<String>,
    /// The packages to upgrade that the lock does not have, each with the most similar one that it
    /// has.
    not_upgraded: Vec<(PackageName, Option<String>)>,
    /// What the requirement files say without effect.
    ignored: Vec<IgnoredOption>,
    /// What was locked though an index withdrew it.
    yanked: Vec<YankedPackage>,
}

/// The results for the resolves that were asked for.
#[derive(Debug)]
pub struct LockReport {
    /// Those that could be locked.
    pub locked: Vec<LockGeneration>,
    /// The error of the last one that could not, with the others as errors that happened at the same
    /// time.
    pub failed: Option<GoalError>,
}

impl LockGeneration {
    /// The result where nothing was resolved.
    fn unresolved(summary: Summary) -> Self {
        Self {
            summary,
            warnings: Vec::new(),
            text: None,
            not_upgraded: Vec::new(),
            ignored: Vec::new(),
            yanked: Vec::new(),
        }
    }
}

/// Locks the requested resolves at the same time. Each lock stands for itself: where one fails, the
/// others are written.
///
/// # Errors
/// Where none can be locked, whatever it requires.
pub fn generate(session: &Session, request: &LockRequest) -> Result<LockReport, GoalError> {
    let paths = lock_paths(session, &request.resolves)?;
    let repository = workspace::load(session.root(), session.target_options())?;
    targets::check_resolves(&repository)?;
    for warning in repository.warnings() {
        session.warn(crate::error::warning_text(warning));
    }
    let progress = session.progress();
    let choice = request.index.clone().refreshing(request.upgrade.set());
    let indexes = PackageIndexes::new(session, choice)?
        .beside(&repository)
        .watched_by(progress.clone());
    // The process ends after this, so freeing thousands of listings would only take time.
    let indexes = ManuallyDrop::new(indexes);
    let generator = Generator {
        session,
        request,
        repository: &repository,
        indexes: &indexes,
    };
    let locked = generator.side_by_side(&paths);
    progress.finish();
    session.detail(indexes.statistics());
    let written = locked.into_iter().zip(&paths).map(|(one, (_, path))| {
        let one = one?;
        if request.write == WriteLocks::Yes {
            write(session, &one, path)?;
        }
        Ok(one)
    });
    let report = LockReport::of(written);
    warn_of_options(session, &report.locked);
    for one in &report.locked {
        for yanked in &one.yanked {
            session.warn(format_args!("{}: {yanked}", one.summary.resolve));
        }
    }
    if report.failed.is_none() {
        for name in request.upgrade.packages() {
            warn_of_upgrade(session, name, &report.locked);
        }
    }
    Ok(report)
}

fn write(session: &Session, one: &LockGeneration, path: &LockPath) -> Result<(), GoalError> {
    let Some(text) = &one.text else {
        return Ok(());
    };
    path.write(text)?;
    if let Some(removed) = path.remove_description()? {
        session.say(format_args!(
            "{removed} was removed: it described the lock that Pants had made"
        ));
    }
    Ok(())
}

impl LockReport {
    fn of(results: impl Iterator<Item = Result<LockGeneration, GoalError>>) -> Self {
        let mut locked = Vec::new();
        let mut errors = Vec::new();
        for result in results {
            match result {
                Ok(one) => locked.push(one),
                Err(error) => errors.push(error),
            }
        }
        let failed = errors.pop().map(|last| last.beside(errors));
        Self { locked, failed }
    }
}

/// Names the options of requirement files that have no effect, each once.
fn warn_of_options(session: &Session, locked: &[LockGeneration]) {
    let mut named: Vec<&Place> = Vec::new();
    for option in locked.iter().flat_map(|one| &one.ignored) {
        if !named.contains(&&option.place) {
            session.warn(option);
            named.push(&option.place);
        }
    }
}

/// Says that an upgrade of `name` does nothing, where no lock has it.
fn warn_of_upgrade(session: &Session, name: &PackageName, locked: &[LockGeneration]) {
    let missing = |one: &LockGeneration| {
        let mut missing = one.not_upgraded.iter();
        missing.find(|(other, _)| other == name).cloned()
    };
    let missing: Option<Vec<_>> = locked.iter().map(missing).collect();
    let Some(missing) = missing else {
        return;
    };
    let nearest = missing.into_iter().find_map(|(_, nearest)| nearest);
    let meant = nearest.map(|nearest| format!("; did you mean {nearest}?"));
    session.warn(format_args!(
        "`--upgrade-package {name}` does nothing: no lock has {name}{}",
        meant.unwrap_or_default()
    ));
}

/// The locks that are not what their inputs ask for. Nothing is written.
///
/// # Errors
/// Where that cannot be found out.
pub fn stale_locks(session: &Session) -> Result<Vec<Summary>, GoalError> {
    let request = LockRequest {
        resolves: Vec::new(),
        upgrade: Upgrade::default(),
        write: WriteLocks::No,
        index: IndexChoice::default(),
        require_wheels: false,
        fork_strategy: None,
    };
    let report = generate(session, &request)?;
    if let Some(error) = report.failed {
        return Err(error);
    }
    let locked = report.locked.into_iter();
    Ok(locked
        .map(|one| one.summary)
        .filter(|summary| summary.status == Status::Stale)
        .collect())
}

type Paths = Vec<(String, LockPath)>;

struct Generator<'a> {
    session: &'a Session,
    request: &'a LockRequest,
    repository: &'a targets::Repository,
    indexes: &'a PackageIndexes<'a>,
}

impl Generator<'_> {
    fn side_by_side(&self, paths: &Paths) -> Vec<Result<LockGeneration, GoalError>> {
        if let [(resolve, path)] = &paths[..] {
            return vec![self.lock(resolve, path)];
        }
        std::thread::scope(|scope| {
            let threads: Vec<_> = paths
                .iter()
                .map(|(resolve, path)| scope.spawn(move || self.lock(resolve, path)))
                .collect();
            threads
                .into_iter()
                .map(|thread| match thread.join() {
                    Ok(result) => result,
                    Err(panic) => std::panic::resume_unwind(panic),
                })
                .collect()
        })
    }

    fn lock(&self, resolve: &str, path: &LockPath) -> Result<LockGeneration, GoalError> {
        let name = format_args!("lock {resolve}");
        self.session
            .timed(UnitKind::Lock, name, || self.lock_untimed(resolve, path))
    }

    fn lock_untimed(&self, resolve: &str, path: &LockPath) -> Result<LockGeneration, GoalError> {
        let mut declared =
            ResolveDeclaration::collect(self.session, self.repository, resolve, |source| {
                self.indexes.name_of(source, resolve)
            })?;
        declared.check_required()?;
        declared.check_lockfile(&path.relative)?;
        declared.inputs.require_wheels |= self.request.require_wheels;
        if let Some(strategy) = self.request.fork_strategy {
            declared.inputs.fork_strategy = strategy;
        }
        let before = path.read()?;
        let keeps_all = self.request.upgrade.is_none();
        let freshness = Freshness::of(self.indexes, path, before.as_deref(), &declared)?;
        let stale = match freshness {
            Freshness::Fresh(packages) if keeps_all && self.request.index.refresh.is_empty() => {
                let summary = self.summary(resolve, path, Some(packages), Status::Unchanged);
                return Ok(LockGeneration::unresolved(summary));
            }
            Freshness::Fresh(_) => None,
            Freshness::Stale(stale) => Some(stale),
        };
        let only_compares = self.request.write == WriteLocks::No && keeps_all;
        if let Some(stale) = stale.filter(|_| only_compares) {
            let mut summary = self.summary(resolve, path, stale.packages, Status::Stale);
            summary.reasons = stale.reasons;
            return Ok(LockGeneration::unresolved(summary));
        }
        self.resolve(&declared, path, before.as_deref())
    }

    fn resolve(
        &self,
        declared: &ResolveDeclaration,
        path: &LockPath,
        before: Option<&str>,
    ) -> Result<LockGeneration, GoalError> {
        let existing = Existing::parse(before, path)?.within(&declared.inputs.universe());
        let changed = match existing.lock() {
            Some(lock) => lockfile::changed_projects(&lock.inputs, &declared.inputs),
            None => Vec::new(),
        };
        let index = self.indexes.index(declared)?;
        let builds = self.indexes.builds(
            &index,
            &declared.inputs.interpreter_constraints,
            existing.sources(&self.request.upgrade),
        );
        let provider = IndexProvider::new(&index, &builds, declared)
            .preferring(existing.preferred(&self.request.upgrade));
        let pins = existing.pins(changed, &self.request.upgrade);
        let (lock, warnings) = locking::lock(declared, pins, &self.request.upgrade, &provider)?;
        let text = path.text_of(&lock)?;
        let is_new = before != Some(text.as_str());
        let status = match (is_new, self.request.write) {
            (false, _) => Status::Unchanged,
            (true, WriteLocks::No) => Status::Stale,
            (true, WriteLocks::Yes) => Status::Written,
        };
        let packages = Some(lock.packages.len());
        let mut summary = self.summary(&declared.resolve, path, packages, status);
        summary.changes = lockfile::diff(&existing.as_lock(&lock), &lock).packages;
        let moved = |name: &PackageName| summary.changes.iter().any(|one| one.name == *name);
        let builds = lockfile::source_builds(&lock).into_iter();
        let builds = builds.filter(|build| moved(&build.name));
        summary.builds = builds.map(|build| build.to_string()).collect();
        Ok(LockGeneration {
            summary,
            warnings,
            text: is_new.then_some(text),
            not_upgraded: self.not_upgraded(&lock),
            ignored: declared.ignored.clone(),
            yanked: yanked::packages(&lock, declared),
        })
    }

    /// The packages to upgrade that a lock does not have, each with the most similar one of it.
    fn not_upgraded(&self, lock: &lockfile::Lock) -> Vec<(PackageName, Option<String>)> {
        let locked = || lock.packages.iter().map(|package| package.name.as_str());
        let named = self.request.upgrade.packages();
        let missing = named.filter(|name| locked().all(|locked| locked != name.as_str()));
        missing
            .map(|name| {
                let nearest = model::nearest(name.as_str(), locked());
                (name.clone(), nearest.map(str::to_owned))
            })
            .collect()
    }

    fn summary(
        &self,
        resolve: &str,
        path: &LockPath,
        packages: Option<usize>,
        status: Status,
    ) -> Summary {
        Summary {
            resolve: resolve.to_owned(),
            lockfile: path.relative.to_string(),
            packages,
            status,
            changes: Vec::new(),
            reasons: Vec::new(),
            builds: Vec::new(),
        }
    }
}
