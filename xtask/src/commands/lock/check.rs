//! `lock check`: checks whether every lock is what its inputs ask for, complete, and free of yanked
//! files.

use clap::Args;
use git::Git;
use index::Index;
use lockfile::diff::Cause;
use lockfile::{Lock, LockFormat};
use model::{LockedPackage, PackageSource};

use crate::arguments::IndexArguments;
use crate::outcome::CommandOutcome;
use crate::style::SUBJECT;
use goals::error::GoalError;
use goals::locking::{self, LockPath, PackageIndexes, ResolveDeclaration};
use goals::session::Session;
use transport::NetworkAccess;

/// The arguments of `lock check`.
#[derive(Debug, Args)]
pub(crate) struct LockCheckArguments {
    /// Check only this resolve; may be repeated
    #[arg(long = "resolve", value_name = "NAME")]
    resolves: Vec<String>,

    /// Fail if a package changed since this git revision and no changed input leads to it
    #[arg(long, value_name = "REF")]
    budget: Option<String>,

    #[command(flatten)]
    index: IndexArguments,
}

/// Checks the locks, and prints what is wrong with each.
pub(crate) fn run(
    session: &Session,
    arguments: &LockCheckArguments,
) -> Result<CommandOutcome, GoalError> {
    let paths = locking::lock_paths(session, &arguments.resolves)?;
    let repository = workspace::load(session.root(), session.target_options())?;
    targets::check_resolves(&repository)?;
    let check = Check {
        session,
        arguments,
        repository: &repository,
        indexes: PackageIndexes::new(session, arguments.index.choice())?,
    };
    let mut outcome = CommandOutcome::Done;
    for (resolve, path) in &paths {
        let problems = check.problems(resolve, path)?;
        let verdict = if problems.is_empty() { ": sound" } else { "" };
        session.say(format_args!(
            "{SUBJECT}{resolve}{SUBJECT:#} ({}){verdict}",
            path.relative
        ));
        for problem in &problems {
            session.say(format_args!("  {problem}"));
            outcome = CommandOutcome::Found;
        }
    }
    Ok(outcome)
}

struct Check<'a> {
    session: &'a Session,
    arguments: &'a LockCheckArguments,
    repository: &'a targets::Repository,
    indexes: PackageIndexes<'a>,
}

impl Check<'_> {
    fn problems(&self, resolve: &str, path: &LockPath) -> Result<Vec<String>, GoalError> {
        let one = |problem: &str| Ok(vec![problem.to_owned()]);
        let Some(text) = path.read()? else {
            return one("there is no lock");
        };
        if lockfile::read_conflicted(&text, &path.relative).is_some() {
            return one("it has an unresolved merge conflict");
        }
        if LockFormat::of(&text) != LockFormat::Own {
            return one("it is not a lock of this tool");
        }
        let lock = lockfile::read(&text, &path.relative).map_err(|error| path.unreadable(error))?;
        let declared =
            ResolveDeclaration::collect(self.session, self.repository, resolve, |source| {
                self.indexes.name_of(source, resolve)
            })?;
        let mut problems = Vec::new();
        let stale = lockfile::check(&lock, &declared.inputs);
        problems.extend(stale.iter().map(ToString::to_string));
        let files = lockfile::check_files(&lock);
        problems.extend(files.iter().map(ToString::to_string));
        if self.arguments.index.access() == NetworkAccess::Online {
            problems.extend(self.yanked_since(&declared, &lock)?);
        }
        problems.extend(self.over_budget(path, &lock)?);
        Ok(problems)
    }

    /// Releases that were yanked after the lock was made.
    fn yanked_since(
        &self,
        declared: &ResolveDeclaration,
        lock: &Lock,
    ) -> Result<Vec<String>, GoalError> {
        let index = self.indexes.index(declared)?;
        let of_index = |package: &&LockedPackage| matches!(package.source, PackageSource::Index(_));
        let packages: Vec<&LockedPackage> = lock.packages.iter().filter(of_index).collect();
        for package in &packages {
            index.prefetch_listing(&package.name);
        }
        let mut problems = Vec::new();
        for package in packages {
            problems.extend(withdrawn(&index, package)?);
        }
        Ok(problems)
    }

    fn over_budget(&self, path: &LockPath, lock: &Lock) -> Result<Vec<String>, GoalError> {
        let Some(revision) = &self.arguments.budget else {
            return Ok(Vec::new());
        };
        let git = Git::at(self.session.root());
        if git.commit(revision)?.is_none() {
            return Err(GoalError::failure(format!(
                "`--budget {revision}`: this git repository has no such revision"
            )));
        }
        let Some(text) = git.file(revision, &path.relative)? else {
            return Ok(Vec::new());
        };
        let place = format!("{revision}:{}", path.relative);
        let before = match LockFormat::of(&text) {
            LockFormat::Own | LockFormat::Unknown => lockfile::read(&text, place.as_str().into())?,
            _ => {
                let pins = lockfile::import::pins(&text, place.as_str().into())?;
                lockfile::import::as_lock(&pins, lock)
            }
        };
        let diff = lockfile::diff::diff(&before, lock);
        let moved = diff.packages.iter().filter(|package| {
            package.change.is_alarm() || matches!(package.cause, Cause::ChosenAnew { .. })
        });
        Ok(moved
            .map(|package| {
                format!(
                    "{} {}: no input that changed since {revision} leads to it",
                    package.name, package.change
                )
            })
            .collect())
    }
}

/// Whether an index yanked a release that is not yanked in the lock.
fn withdrawn(index: &Index, package: &LockedPackage) -> Result<Option<String>, GoalError> {
    let (name, version) = (&package.name, &package.version);
    let locked_as_yanked = || {
        let mut files = package.sdist.iter().chain(&package.wheels);
        files.any(|file| file.yanked.is_some())
    };
    let release = match index.listing(name) {
        Ok(listing) => listing.release(version)?,
        Err(index::IndexError::NoSuchPackage { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    Ok(match release {
        None => Some(format!("{name} {version} is no longer on the index")),
        Some(release) => match &release.yanked {
            Some(_) if locked_as_yanked() => None,
            Some(reason) if reason.is_empty() => Some(format!("{name} {version} was yanked since")),
            Some(reason) => Some(format!("{name} {version} was yanked since: {reason}")),
            None => None,
        },
    })
}
