//! Checks whether a lock is what its inputs ask for, complete, free of yanked files, and what the
//! indexes say.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use git::Git;
use index::{Index, IndexError, ListedRelease};
use lockfile::diff::Cause;
use lockfile::{Lock, LockFormat, Staleness};
use model::{
    DistFile, IndexRole, LockInputs, LockedPackage, PackageName, PackageSource, VersionSpecifiers,
};
use transport::NetworkAccess;
use workspace::settings::{OWN_FILE, RepositoryFile};

use super::ahead::file_policy;
use super::existing::LockPath;
use super::fresh::staleness;
use super::inputs::ResolveDeclaration;
use super::package_indexes::PackageIndexes;
use crate::error::GoalError;
use crate::session::Session;

/// Checks locks of one repository.
pub struct LockChecker<'a> {
    /// The repository, opened.
    pub session: &'a Session,
    /// What it declares.
    pub repository: &'a targets::Repository,
    /// The indexes that locks are compared with.
    pub indexes: PackageIndexes<'a>,
    /// Whether they are asked.
    pub access: NetworkAccess,
    /// The git revision since which nothing may have changed that no changed input leads to.
    pub budget: Option<&'a str>,
}

impl LockChecker<'_> {
    /// Everything that is wrong with the lock of a resolve; nothing for a sound one.
    ///
    /// # Errors
    /// Where the lock cannot be read, or what it is compared with is not to be had.
    pub fn problems(&self, resolve: &str, path: &LockPath) -> Result<Vec<String>, GoalError> {
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
        let mut problems = staleness(&lock, &self.indexes, &declared)?;
        let files = lockfile::check_files(&lock);
        problems.extend(files.iter().map(ToString::to_string));
        if self.access == NetworkAccess::Online {
            problems.extend(self.against_indexes(&declared, &lock)?);
        }
        problems.extend(self.over_budget(path, &lock)?);
        Ok(problems)
    }

    /// In what the lock is not what the indexes say, which may have changed since it was made.
    fn against_indexes(
        &self,
        declared: &ResolveDeclaration,
        lock: &Lock,
    ) -> Result<Vec<String>, GoalError> {
        let index = self.indexes.index(declared)?;
        let of_index = |package: &&LockedPackage| matches!(package.source, PackageSource::Index(_));
        let packages: Vec<&LockedPackage> = lock.packages.iter().filter(of_index).collect();
        for package in &packages {
            let policy = file_policy(&lock.inputs, &package.name);
            index.prefetch_metadata(&package.name, &package.version, policy);
        }
        let mut problems = Vec::new();
        for package in &lock.packages {
            problems.extend(archive_differs(&index, package));
        }
        for package in packages {
            let comparison = Comparison {
                index: &index,
                inputs: &lock.inputs,
                package,
            };
            problems.extend(comparison.problems()?);
        }
        Ok(problems)
    }

    fn over_budget(&self, path: &LockPath, lock: &Lock) -> Result<Vec<String>, GoalError> {
        let Some(revision) = self.budget else {
            return Ok(Vec::new());
        };
        let git = Git::at(self.session.root());
        if git.commit(revision)?.is_none() {
            return Err(GoalError::failure(format!(
                "`--budget {revision}`: this git repository has no such revision"
            )));
        }
        let before = self.path_at(&git, revision, path, lock)?;
        let Some(before) = self.lock_at(&git, revision, &before, lock)? else {
            return Ok(Vec::new());
        };
        let diff = lockfile::diff::diff(&before, lock);
        let moved = diff.packages.iter().filter(|package| {
            let of_inputs = matches!(package.cause, Cause::Input { .. } | Cause::Settings(_));
            package.change.is_alarm() || !of_inputs
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

impl LockChecker<'_> {
    /// Where the lock of a resolve was at a revision, by the settings of that time: the lock may
    /// have been renamed since, or the resolve.
    fn path_at(
        &self,
        git: &Git,
        revision: &str,
        path: &LockPath,
        lock: &Lock,
    ) -> Result<Utf8PathBuf, GoalError> {
        let now = &self.session.settings.python.resolves;
        let Some(then) = self.resolves_at(git, revision)? else {
            return Ok(path.relative.clone());
        };
        let resolve = now.iter().find(|(_, file)| ***file == path.relative);
        let known = resolve.and_then(|(name, _)| then.get(name));
        if let Some(file) = known.or_else(|| then.values().find(|file| ***file == path.relative)) {
            return Ok(file.to_path_buf());
        }
        // A resolve that is gone became one that is new: of several, the one whose lock has the most of this one's.
        let gone = then.iter().filter(|(name, _)| !now.contains_key(*name));
        let mut likest: Option<(usize, &Utf8Path)> = None;
        for (_, file) in gone {
            let Some(before) = self.lock_at(git, revision, file, lock)? else {
                continue;
            };
            let shared = shared(&before, lock);
            if 2 * shared < before.packages.len() {
                continue;
            }
            if likest.is_none_or(|(most, _)| shared > most) {
                likest = Some((shared, file));
            }
        }
        Ok(likest.map_or_else(|| path.relative.clone(), |(_, file)| file.to_owned()))
    }

    /// The lock of a file at a revision; `None` where there was none.
    fn lock_at(
        &self,
        git: &Git,
        revision: &str,
        file: &Utf8Path,
        now: &Lock,
    ) -> Result<Option<Lock>, GoalError> {
        let Some(text) = git.file(revision, file)? else {
            return Ok(None);
        };
        let place = format!("{revision}:{file}");
        Ok(Some(match LockFormat::of(&text) {
            LockFormat::Own | LockFormat::Unknown => lockfile::read(&text, place.as_str().into())?,
            _ => {
                let pins = lockfile::import::pins(&text, place.as_str().into())?;
                lockfile::import::as_lock(&pins, now)
            }
        }))
    }

    /// The resolves of a revision and their lockfiles; `None` where its settings cannot be read.
    fn resolves_at(
        &self,
        git: &Git,
        revision: &str,
    ) -> Result<Option<BTreeMap<String, RepositoryFile>>, GoalError> {
        let unwritten = |error: std::io::Error| {
            GoalError::failure(format!("cannot write a temporary file: {error}"))
        };
        let folder = tempfile::tempdir().map_err(unwritten)?;
        let Some(root) = Utf8Path::from_path(folder.path()) else {
            return Ok(None);
        };
        for name in ["pants.toml", "Cargo.toml", "pyproject.toml", OWN_FILE] {
            if let Some(text) = git.file(revision, Utf8Path::new(name))? {
                fs_err::write(root.join(name), text).map_err(unwritten)?;
            }
        }
        let resolves = self.session.at(root).ok();
        Ok(resolves.map(|then| then.settings.python.resolves.clone()))
    }
}

/// How many projects two locks share.
fn shared(one: &Lock, other: &Lock) -> usize {
    let names: BTreeSet<&PackageName> = one.packages.iter().map(|package| &package.name).collect();
    let others: BTreeSet<&PackageName> =
        other.packages.iter().map(|package| &package.name).collect();
    names.intersection(&others).count()
}

/// Whether the archive at a URL is not the one that was locked.
fn archive_differs(index: &Index, package: &LockedPackage) -> Option<String> {
    let LockedPackage { name, version, .. } = package;
    let file = package.sdist.iter().chain(&package.wheels).next();
    let (PackageSource::Url { url, .. }, Some(file)) = (&package.source, file) else {
        return None;
    };
    match (file.sha256, index.direct_archive(url, None)) {
        (Some(locked), Ok(found)) if locked != found.sha256 => Some(format!(
            "{name} {version}: the sha256 of {} is {locked} in the lock and {} at its URL",
            file.filename, found.sha256
        )),
        (_, Ok(_)) => None,
        (_, Err(error)) => Some(format!("{name} {version}: {error}")),
    }
}

/// A locked package, and the index that it comes from.
struct Comparison<'a> {
    index: &'a Index,
    inputs: &'a LockInputs,
    package: &'a LockedPackage,
}

impl Comparison<'_> {
    fn problems(&self) -> Result<Vec<String>, GoalError> {
        let LockedPackage { name, version, .. } = self.package;
        let listing = match self.index.listing(name) {
            Ok(listing) => listing,
            Err(IndexError::NoSuchPackage { .. }) => return Ok(vec![self.is_gone()]),
            Err(error) => return Err(error.into()),
        };
        let Some(release) = listing.release(version)? else {
            return Ok(vec![self.is_gone()]);
        };
        let mut problems = Vec::new();
        problems.extend(self.moved(listing.role()));
        problems.extend(self.yanked_since(&release));
        for file in self.files() {
            problems.extend(self.differs(file, &release));
        }
        problems.extend(self.metadata_differ()?);
        Ok(problems)
    }

    fn files(&self) -> impl Iterator<Item = &DistFile> {
        self.package.sdist.iter().chain(&self.package.wheels)
    }

    fn is_gone(&self) -> String {
        let LockedPackage { name, version, .. } = self.package;
        format!("{name} {version} is no longer on the index")
    }

    /// Whether the package comes from another index now.
    fn moved(&self, role: IndexRole) -> Option<String> {
        let LockedPackage { name, version, .. } = self.package;
        let text = |role: IndexRole| match role {
            IndexRole::Primary => "the first index".to_owned(),
            IndexRole::Further(nth) => format!("index {nth}"),
            IndexRole::FindLinks => "`find_links`".to_owned(),
        };
        match self.package.source {
            PackageSource::Index(locked) if locked != role => Some(format!(
                "{name} {version} is locked from {}, and comes from {}",
                text(locked),
                text(role)
            )),
            _ => None,
        }
    }

    /// Whether an index yanked the release, and the lock does not say so.
    fn yanked_since(&self, release: &ListedRelease) -> Option<String> {
        let LockedPackage { name, version, .. } = self.package;
        if self.files().any(|file| file.yanked.is_some()) {
            return None;
        }
        match release.yanked.as_deref()? {
            "" => Some(format!("{name} {version} was yanked since")),
            reason => Some(format!("{name} {version} was yanked since: {reason}")),
        }
    }

    /// In what a file is not the one that the index lists.
    fn differs(&self, file: &DistFile, release: &ListedRelease) -> Option<String> {
        let LockedPackage { name, version, .. } = self.package;
        let filename = &file.filename;
        let mut listed = release.files.iter().map(|listed| &listed.file);
        let Some(listed) = listed.find(|listed| listed.filename == *filename) else {
            return Some(format!(
                "{name} {version}: the index lists no file {filename}"
            ));
        };
        let differing = |what: &str, locked: Option<String>, listed: Option<String>| {
            let (locked, listed) = (locked?, listed?);
            (locked != listed).then(|| {
                format!(
                    "{name} {version}: the {what} of {filename} is {locked} in the lock and \
                     {listed} on the index"
                )
            })
        };
        let python = |file: &DistFile| file.requires_python.as_ref().map(ToString::to_string);
        differing(
            "sha256",
            file.sha256.map(|hash| hash.to_string()),
            listed.sha256.map(|hash| hash.to_string()),
        )
        .or_else(|| {
            let size = |file: &DistFile| file.size.map(|size| size.to_string());
            differing("size", size(file), size(listed))
        })
        .or_else(|| {
            let time = |file: &DistFile| file.upload_time.map(|time| time.to_string());
            differing("upload time", time(file), time(listed))
        })
        .or_else(|| differing("Requires-Python", python(file), python(listed)))
        .or_else(|| {
            let alone =
                listed.yanked.is_some() && file.yanked.is_none() && release.yanked.is_none();
            alone.then(|| {
                format!("{name} {version}: {filename} was yanked since, and others were not")
            })
        })
    }

    /// In what the lock does not say what the metadata of the release does. What only a build could
    /// tell is not compared.
    fn metadata_differ(&self) -> Result<Vec<String>, GoalError> {
        let LockedPackage { name, version, .. } = self.package;
        let policy = file_policy(self.inputs, name);
        let told = self.inputs.metadata_of(name, version);
        let found = match told {
            Some(metadata) => Ok(Arc::new(metadata)),
            None => self.index.metadata(name, version, policy),
        };
        let metadata = match found {
            Ok(metadata) => metadata,
            Err(IndexError::NeedsBuild { sha256, .. }) => match self.index.built_metadata(sha256) {
                Some(metadata) => metadata,
                None => return Ok(Vec::new()),
            },
            Err(IndexError::Metadata { .. } | IndexError::NoUsableFile { .. }) => {
                return Ok(Vec::new());
            }
            Err(error) => return Err(error.into()),
        };
        let differs = lockfile::check_source(self.inputs, self.package, &metadata);
        let mut problems: Vec<String> = differs
            .iter()
            .map(|differs| match differs {
                Staleness::RequirementAppeared { requirement, .. } => {
                    format!("{name} {version} requires `{requirement}`, and the lock does not")
                }
                Staleness::RequirementVanished { requirement, .. } => {
                    format!("{name} {version} does not require `{requirement}`, and the lock does")
                }
                other => other.to_string(),
            })
            .collect();
        let python = |python: &Option<VersionSpecifiers>| {
            let python = python.as_ref().filter(|python| !python.is_empty());
            python.map(ToString::to_string).unwrap_or_default()
        };
        let (locked, told) = (
            python(&self.package.requires_python),
            python(&metadata.requires_python),
        );
        if locked != told {
            problems.push(format!(
                "{name} {version} requires Python `{told}`, and `{locked}` in the lock"
            ));
        }
        Ok(problems)
    }
}
