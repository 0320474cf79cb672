//! Brings the packages of a lock into the store: downloads, unpacks, builds.

use std::cmp::Reverse;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use camino::Utf8Path;
use index::Index;
use install::build::{BuildExecutor, BuiltWheel, Environments, ProjectSource, SourceIdentity};
use install::environment::StoredWheel;
use install::python::Interpreter;
use install::{SelectedFile, SelectedPackage, Store, UnpackedWheel};
use model::{
    DistFile, Lock, LockedPackage, PackageName, PackageSource, Sha256, Version, WheelFilename,
};
use serde_json::json;

use super::error::of_wheel;
use crate::error::GoalError;
use crate::locking::{self, IndexChoice, ResolveDeclaration};
use crate::session::Session;
use crate::supply::{self, BuildActions, Sources, Workshop};
use workspace::files::sha256_of;

/// Brings the packages of one resolve into the store.
pub(super) struct Supply<'a> {
    session: &'a Session,
    store: &'a Store,
    python: &'a Interpreter,
    resolve: &'a str,
    options: &'a IndexChoice,
    lock: &'a Lock,
    index: OnceLock<Arc<Index>>,
    environments: Arc<Environments>,
    actions: Box<dyn BuildExecutor + 'a>,
}

/// Which resolve, and where its packages come from.
pub(super) struct SupplyScope<'a> {
    pub(super) resolve: &'a str,
    pub(super) options: &'a IndexChoice,
    pub(super) lock: &'a Lock,
}

impl<'a> Supply<'a> {
    pub(super) fn new(
        session: &'a Session,
        store: &'a Store,
        python: &'a Interpreter,
        scope: SupplyScope<'a>,
    ) -> Self {
        Self {
            session,
            store,
            python,
            resolve: scope.resolve,
            options: scope.options,
            lock: scope.lock,
            index: OnceLock::new(),
            environments: Arc::default(),
            actions: Box::new(BuildActions::new(session)),
        }
    }

    /// The wheels of `selected`, which are all in the store; otherwise all errors, sorted by name.
    pub(super) fn wheels(
        &self,
        selected: &[SelectedPackage<'_>],
    ) -> Result<Vec<StoredWheel>, Vec<GoalError>> {
        let mut missing: Vec<&SelectedPackage<'_>> =
            selected.iter().filter(|one| !self.is_here(one)).collect();
        if !missing.is_empty() {
            // Builds take longest and come first, then the largest files, so that nobody waits for
            // them at the end.
            missing.sort_by_key(|one| {
                (
                    is_wheel(one),
                    Reverse(file_of(one).and_then(|file| file.size)),
                )
            });
            self.announce(selected, &missing);
            self.bring(&missing)?;
        }
        selected
            .iter()
            .map(|one| match self.known(one) {
                Some(wheel) => Ok(wheel),
                // It has no hash in the lock, or is built from a folder, whose state has no hash.
                None => {
                    let wheel = self.one(one).map_err(|error| vec![error])?;
                    Ok(self.wanted(one, *wheel.sha256()))
                }
            })
            .collect()
    }

    /// Says which packages are to be built, before that begins: it may take long.
    fn announce(&self, selected: &[SelectedPackage<'_>], missing: &[&SelectedPackage<'_>]) {
        let (resolve, python) = (self.resolve, self.python);
        let all = selected.len();
        let named = |is_meant: fn(&SelectedFile<'_>) -> bool| {
            let built = missing.iter().filter(|one| is_meant(&one.file));
            let mut names: Vec<String> = built
                .map(|one| format!("{} {}", one.package.name, one.package.version))
                .collect();
            names.sort();
            names
        };
        let without_wheel = named(|file| matches!(file, SelectedFile::Sdist(_)));
        if !without_wheel.is_empty() {
            self.session.say(format_args!(
                "{resolve}: {} of {all} packages have no wheel for {} {} here and are built from \
                 source: {}",
                without_wheel.len(),
                python.implementation(),
                python.version(),
                listed(&without_wheel)
            ));
        }
        let of_sources = named(|file| matches!(file, SelectedFile::Source));
        if !of_sources.is_empty() {
            self.session.say(format_args!(
                "{resolve}: {} of {all} packages come from folders and repositories and are built: {}",
                of_sources.len(),
                listed(&of_sources)
            ));
        }
    }

    /// The wheel of a package, found by its hash, if that is known without a download.
    pub(super) fn known(&self, selected: &SelectedPackage<'_>) -> Option<StoredWheel> {
        let package = selected.package;
        let identity = match &selected.file {
            SelectedFile::Wheel(file, _) => return Some(self.wanted(selected, file.sha256?)),
            SelectedFile::Sdist(file) => supply::locked_identity(package, Some(file))?,
            SelectedFile::Source => supply::locked_identity(package, None)?,
        };
        let cache = self.session.cache().ok()?;
        let built = self.workshop(&cache).built(&identity, &package.name)?;
        Some(self.wanted(selected, *built.wheel.sha256()))
    }

    /// The wheel of a package, which has this hash.
    fn wanted(&self, selected: &SelectedPackage<'_>, sha256: Sha256) -> StoredWheel {
        StoredWheel {
            name: selected.package.name.clone(),
            version: selected.package.version.clone(),
            sha256,
            requested: selected.requested,
            direct_url: direct_url(selected, self.session.root(), sha256),
            built_from: built_from(selected),
            seed: false,
        }
    }

    fn workshop<'w>(&'w self, cache: &'w Utf8Path) -> Workshop<'w> {
        Workshop {
            cache,
            store: self.store,
            python: self.python,
            environments: &self.environments,
            actions: &*self.actions,
            options: None,
            extra: &self.session.settings.build.extra_dependencies,
        }
    }

    fn is_here(&self, selected: &SelectedPackage<'_>) -> bool {
        self.known(selected)
            .is_some_and(|wheel| self.store.has(&wheel.sha256))
    }

    /// Downloads, unpacks and builds at the same time. Gives all errors, sorted by name.
    ///
    /// Wheels are unpacked in the order in which they arrive. Builds mostly wait for files and for
    /// Python, so they have their own threads and do not hold up the others.
    fn bring<'s>(&self, missing: &[&'s SelectedPackage<'s>]) -> Result<(), Vec<GoalError>> {
        let index = self.index().map_err(|error| vec![error])?;
        let builders = rayon::ThreadPoolBuilder::new().build();
        let builders = builders.map_err(|error| vec![GoalError::failure(error.to_string())])?;
        let (wheels, built): (Vec<&SelectedPackage<'_>>, Vec<&SelectedPackage<'_>>) = missing
            .iter()
            .partition(|one| of_index(one).is_some() && is_wheel(one));
        if let (false, Ok(usual)) = (built.is_empty(), "setuptools".parse()) {
            // Most builds require it.
            index.prefetch_listing(&usual);
        }
        for (name, version, file) in built.iter().filter_map(|one| of_index(one)) {
            index.prefetch_download(name, version, file);
        }
        let errors = Mutex::new(Vec::new());
        let bring = &|one: &'s SelectedPackage<'s>| {
            if let Err(error) = self.one(one) {
                let mut errors = errors.lock().unwrap_or_else(PoisonError::into_inner);
                errors.push((one.package.name.as_str(), error));
            }
        };
        builders.in_place_scope(|building| {
            for one in built {
                building.spawn(move |_| bring(one));
            }
            rayon::in_place_scope(|unpacking| {
                // A package with an error fails again with the same error when it is asked for.
                for (at, _) in index.downloads(wheels.iter().filter_map(|one| of_index(one))) {
                    let wheel = wheels[at];
                    unpacking.spawn(move |_| bring(wheel));
                }
            });
        });
        let mut errors = errors.into_inner().unwrap_or_else(PoisonError::into_inner);
        errors.sort_by_key(|(name, _)| *name);
        match errors.is_empty() {
            true => Ok(()),
            false => Err(errors.into_iter().map(|(_, error)| error).collect()),
        }
    }

    fn one(&self, selected: &SelectedPackage<'_>) -> Result<UnpackedWheel, GoalError> {
        let package = selected.package;
        let sdist = match &selected.file {
            SelectedFile::Wheel(file, filename) => return self.unpacked(package, file, filename),
            SelectedFile::Sdist(file) => Some(*file),
            SelectedFile::Source => None,
        };
        self.built(package, &self.sources()?.locked(package, sdist)?)
    }

    fn sources(&self) -> Result<Sources<'_>, GoalError> {
        Ok(Sources::new(self.session.root(), self.index()?))
    }

    fn unpacked(
        &self,
        package: &LockedPackage,
        file: &DistFile,
        filename: &WheelFilename,
    ) -> Result<UnpackedWheel, GoalError> {
        if let Some(wheel) = file.sha256.and_then(|sha256| self.store.get(&sha256)) {
            return Ok(wheel);
        }
        let path = self.sources()?.file(package, file)?;
        self.store
            .unpack(&path, filename, file.sha256.as_ref())
            .map_err(of_wheel)
    }

    fn built(
        &self,
        package: &LockedPackage,
        source: &ProjectSource,
    ) -> Result<UnpackedWheel, GoalError> {
        // A path to a wheel needs no build.
        if let SourceIdentity::Archive { sha256, .. } = &source.identity
            && let Ok(filename) = source.path.file_name().unwrap_or_default().parse()
        {
            let wheel = self.store.unpack(&source.path, &filename, Some(sha256));
            return wheel.map_err(of_wheel);
        }
        let index = self.index()?;
        let cache = self.session.cache()?;
        let built = self
            .workshop(&cache)
            .build(index, Some(&package.name), |builder| builder.wheel(source));
        let BuiltWheel { wheel, .. } = built.map_err(|error| self.with_chain(error, package))?;
        if *wheel.name() != package.name || *wheel.version() != package.version {
            return Err(GoalError::failure(format!(
                "the lock names {} {}, and its source builds {} {}",
                package.name,
                package.version,
                wheel.name(),
                wheel.version()
            ))
            .hint(format!(
                "lock it again: `cargo xtask generate-lockfiles --resolve {}`",
                self.resolve
            )));
        }
        Ok(wheel)
    }

    /// An error about a package, with the chain of requirements that leads to it.
    fn with_chain(&self, error: GoalError, package: &LockedPackage) -> GoalError {
        let found = lockfile::why(self.lock, package.name.as_str(), 1);
        let of_version = found
            .iter()
            .find(|why| why.package.version == package.version);
        match of_version.and_then(|why| why.chains.first()) {
            Some(chain) => error.because(format!("it is there for {chain}")),
            None => error,
        }
    }

    fn index(&self) -> Result<&Arc<Index>, GoalError> {
        if let Some(index) = self.index.get() {
            return Ok(index);
        }
        let indexes = locking::PackageIndexes::new(self.session, self.options.clone())?
            .watched_by(self.session.progress());
        if self.session.settings.lockfile(self.resolve).is_none() {
            // The lock of a tool is no resolve of the repository.
            let index = indexes.plain_index()?;
            return Ok(self.index.get_or_init(|| index));
        }
        let repository = workspace::load(self.session.root(), self.session.target_options())?;
        let declared =
            ResolveDeclaration::collect(self.session, &repository, self.resolve, |source| {
                indexes.name_of(source, self.resolve)
            })?;
        let index = indexes.index(&declared)?;
        Ok(self.index.get_or_init(|| index))
    }
}

/// What the wheel of a package is built of, where it is built, and that never changes.
fn built_from(selected: &SelectedPackage<'_>) -> Option<String> {
    let sdist = match &selected.file {
        SelectedFile::Wheel(..) => return None,
        SelectedFile::Sdist(file) => Some(*file),
        SelectedFile::Source => None,
    };
    supply::locked_identity(selected.package, sdist)?.key()
}

/// The wheel that an environment has of a package already, where it is that of the lock: built of the
/// same source, or of a folder of this machine, whose state has no name.
pub(super) fn recorded<'r>(
    selected: &SelectedPackage<'_>,
    there: &'r [StoredWheel],
) -> Option<&'r StoredWheel> {
    let package = selected.package;
    let source = built_from(selected);
    let is_folder = matches!(package.source, PackageSource::Path { .. })
        && selected.file == SelectedFile::Source;
    there
        .iter()
        .find(|wheel| (&wheel.name, &wheel.version) == (&package.name, &package.version))
        .filter(|wheel| is_folder || (source.is_some() && wheel.built_from == source))
}

/// The first of some names, and how many there are more.
fn listed(names: &[String]) -> String {
    const MOST: usize = 12;
    match names.len().checked_sub(MOST) {
        None | Some(0) => names.join(", "),
        Some(more) => format!("{} and {more} more", names[..MOST].join(", ")),
    }
}

fn is_wheel(selected: &SelectedPackage<'_>) -> bool {
    matches!(selected.file, SelectedFile::Wheel(..))
}

/// The download from the index, if the file comes from there.
fn of_index<'s>(
    selected: &'s SelectedPackage<'_>,
) -> Option<(&'s PackageName, &'s Version, &'s DistFile)> {
    let package = selected.package;
    match package.source {
        PackageSource::Index(_) => Some((&package.name, &package.version, file_of(selected)?)),
        _ => None,
    }
}

fn file_of<'s>(selected: &'s SelectedPackage<'_>) -> Option<&'s DistFile> {
    match &selected.file {
        SelectedFile::Wheel(file, _) | SelectedFile::Sdist(file) => Some(file),
        SelectedFile::Source => None,
    }
}

/// The text of `direct_url.json` (PEP 610) of a package whose wheel has this hash.
fn direct_url(selected: &SelectedPackage<'_>, root: &Utf8Path, wheel: Sha256) -> Option<String> {
    let mut value = match &selected.package.source {
        PackageSource::Index(_) => return None,
        PackageSource::Url { url, .. } => {
            json!({"url": url, "archive_info": archive_info(file_of(selected))})
        }
        PackageSource::Git {
            url,
            commit,
            revision,
            ..
        } => {
            let mut info = json!({"vcs": "git", "commit_id": commit});
            if let Some(revision) = revision {
                info["requested_revision"] = json!(revision);
            }
            json!({"url": url, "vcs_info": info})
        }
        PackageSource::Path { path } => {
            let url = model::Url::from_file_path(root.join(path)).ok()?;
            match file_of(selected) {
                Some(file) => json!({"url": url, "archive_info": archive_info(Some(file))}),
                None if path.as_str().ends_with(".whl") => {
                    let hashes = json!({"sha256": wheel.to_string()});
                    json!({"url": url, "archive_info": {"hashes": hashes}})
                }
                None if root.join(path).is_file() => {
                    let sha256 = sha256_of(&root.join(path)).ok();
                    let hashes = sha256.map(|sha256| json!({"sha256": sha256.to_string()}));
                    json!({"url": url, "archive_info": {"hashes": hashes.unwrap_or(json!({}))}})
                }
                None => json!({"url": url, "dir_info": {}}),
            }
        }
    };
    if let Some(subdirectory) = supply::subdirectory(selected.package) {
        value["subdirectory"] = json!(subdirectory);
    }
    Some(value.to_string())
}

fn archive_info(file: Option<&DistFile>) -> serde_json::Value {
    let sha256 = file.and_then(|file| file.sha256);
    let hashes = sha256.map(|sha256| json!({"sha256": sha256.to_string()}));
    json!({"hashes": hashes.unwrap_or(json!({}))})
}
