//! Locks as a provider for the resolver: only the packages in them exist.

use std::collections::BTreeMap;
use std::sync::Arc;

use lockfile::Lock;
use model::{
    DistFile, ExtraName, FileKind, LockedPackage, Marker, Metadata, PackageName, PackageSource,
    Requirement, RequirementSource, ResolutionNode, SdistFilename, Version, VersionRange,
};
use resolve::{CandidateFile, CandidateFiles, DirectRelease, Provider, ReleaseMetadata};
use rustc_hash::FxHashMap;

/// The packages of several locks of one universe.
pub(super) struct LockProvider<'a> {
    locks: Vec<&'a Lock>,
    packages: FxHashMap<&'a PackageName, BTreeMap<&'a Version, Vec<&'a LockedPackage>>>,
}

/// Something that is in none of the locks.
#[derive(Debug, thiserror::Error)]
#[error("the locks do not hold {0}")]
pub(super) struct NotLocked(String);

impl<'a> LockProvider<'a> {
    /// The packages of `locks`.
    pub(super) fn new(locks: &[&'a Lock]) -> Self {
        let mut packages = FxHashMap::<_, BTreeMap<_, Vec<_>>>::default();
        for package in locks.iter().flat_map(|lock| &lock.packages) {
            let versions = packages.entry(&package.name).or_default();
            versions.entry(&package.version).or_default().push(package);
        }
        Self {
            locks: locks.to_vec(),
            packages,
        }
    }

    /// The package of a node with its files. `None` if no lock has all of them, since a lock only
    /// keeps the files for the Pythons that it needs the package on.
    pub(super) fn package(&self, node: ResolutionNode) -> Option<LockedPackage> {
        let inputs = &self.locks.first()?.inputs;
        let pythons = |marker: &Marker| inputs.pythons(marker);
        let wanted = pythons(&node.marker);
        let records = self.records(&node.name, &node.version).iter();
        let mut records = records
            .filter(|record| record.source == node.source && pythons(&record.marker) == wanted);
        let record = records.next()?;
        // An index that got a new file between the two locks must be asked.
        let files = |package: &LockedPackage| (package.sdist.clone(), package.wheels.clone());
        if records.any(|other| files(other) != files(record)) {
            return None;
        }
        Some(LockedPackage {
            name: node.name,
            version: node.version,
            source: node.source,
            marker: node.marker,
            requires_python: record.requires_python.clone(),
            extras: node.extras,
            dependencies: node.dependencies,
            sdist: record.sdist.clone(),
            wheels: record.wheels.clone(),
        })
    }

    /// Whether a lock was made with a requirement on this extra. If the lock then has nothing of
    /// it, the project does not have the extra.
    pub(super) fn was_asked_for(&self, name: &PackageName, extra: &ExtraName) -> bool {
        let asks = |requirement: &Requirement| {
            requirement.name == *name && requirement.extras.contains(extra)
        };
        self.locks.iter().any(|lock| {
            let dependencies = lock
                .packages
                .iter()
                .flat_map(|package| &package.dependencies);
            lock.inputs
                .requirements
                .iter()
                .chain(dependencies)
                .any(asks)
        })
    }

    fn records(&self, name: &PackageName, version: &Version) -> &[&'a LockedPackage] {
        let versions = self.packages.get(name);
        versions
            .and_then(|versions| versions.get(version))
            .map_or(&[], Vec::as_slice)
    }

    fn known(
        &self,
        name: &PackageName,
        version: &Version,
    ) -> Result<&[&'a LockedPackage], NotLocked> {
        match self.records(name, version) {
            [] => Err(NotLocked(format!("{name} {version}"))),
            some => Ok(some),
        }
    }
}

impl Provider for LockProvider<'_> {
    type Error = NotLocked;

    fn versions(&self, name: &PackageName) -> Result<Option<Arc<[Version]>>, NotLocked> {
        let versions = self.packages.get(name);
        Ok(versions.map(|versions| versions.keys().map(|version| (*version).clone()).collect()))
    }

    fn release(
        &self,
        name: &PackageName,
        version: &Version,
    ) -> Result<Arc<CandidateFiles>, NotLocked> {
        let records = self.known(name, version)?.iter();
        let files = records.flat_map(|package| {
            let files = package.sdist.iter().chain(&package.wheels);
            files.filter_map(move |file| Some((kind_of(package, file)?, package, file)))
        });
        let files: Vec<_> = files.collect();
        let files = files.iter().map(|(kind, package, file)| CandidateFile {
            wheel: kind.wheel_tags(),
            requires_python: file
                .requires_python
                .as_ref()
                .or(package.requires_python.as_ref()),
            yanked: file.yanked.is_some(),
        });
        Ok(Arc::new(files.collect()))
    }

    fn metadata(
        &self,
        name: &PackageName,
        version: &Version,
    ) -> Result<ReleaseMetadata, NotLocked> {
        let records = self.known(name, version)?;
        let of_index = from(records, |source| matches!(source, PackageSource::Index(_)));
        let records = if of_index.is_empty() {
            records
        } else {
            &of_index
        };
        Ok(ReleaseMetadata::Available(Arc::new(metadata(records))))
    }

    fn direct(
        &self,
        name: &PackageName,
        source: &RequirementSource,
    ) -> Result<Arc<DirectRelease>, NotLocked> {
        let asked = Requirement {
            name: name.clone(),
            extras: Vec::new(),
            source: source.clone(),
            marker: Marker::TRUE,
        };
        let versions = self
            .packages
            .get(name)
            .into_iter()
            .flat_map(BTreeMap::values);
        let mut answers = versions
            .flatten()
            .filter(|package| lockfile::answers(package, &asked));
        let answer = answers.next().ok_or_else(|| NotLocked(asked.to_string()))?;
        // For two commits of one branch, the repository must be asked which is later.
        if answers.any(|other| other.source != answer.source) {
            return Err(NotLocked(format!("one commit of {asked}")));
        }
        Ok(Arc::new(DirectRelease {
            version: answer.version.clone(),
            source: answer.source.clone(),
            wheel: answer
                .wheels
                .iter()
                .find_map(|file| file.filename.parse().ok()),
            metadata: Arc::new(metadata(&from(
                self.known(name, &answer.version)?,
                |source| *source == answer.source,
            ))),
        }))
    }

    fn source(&self, name: &PackageName) -> Result<PackageSource, NotLocked> {
        let versions = self
            .packages
            .get(name)
            .into_iter()
            .flat_map(BTreeMap::values);
        let mut sources = versions.flatten().map(|package| &package.source);
        let of_index = sources.find(|source| matches!(source, PackageSource::Index(_)));
        of_index.cloned().ok_or_else(|| NotLocked(name.to_string()))
    }

    fn will_ask(&self, _: &PackageName, _: &VersionRange) {}
}

/// The records of packages that come from some places.
fn from<'a>(
    records: &[&'a LockedPackage],
    is_meant: impl Fn(&PackageSource) -> bool,
) -> Vec<&'a LockedPackage> {
    let records = records.iter().copied();
    records
        .filter(|package| is_meant(&package.source))
        .collect()
}

/// All records of one version joined: each has only the extras that its lock needs.
fn metadata(records: &[&LockedPackage]) -> Metadata {
    let first = records[0];
    let mut requires_dist: Vec<Requirement> = records
        .iter()
        .flat_map(|package| package.dependencies.iter().cloned())
        .collect();
    requires_dist.sort();
    requires_dist.dedup();
    let mut provides_extra: Vec<ExtraName> = records
        .iter()
        .flat_map(|package| package.extras.iter().cloned())
        .collect();
    provides_extra.sort();
    provides_extra.dedup();
    Metadata {
        name: first.name.clone(),
        version: first.version.clone(),
        requires_dist,
        requires_python: first.requires_python.clone(),
        provides_extra,
        dynamic: false,
    }
}

fn kind_of(package: &LockedPackage, file: &DistFile) -> Option<FileKind> {
    Some(match file.filename.parse() {
        Ok(wheel) => FileKind::Wheel(wheel),
        Err(_) => FileKind::Sdist(SdistFilename::parse(&file.filename, &package.name).ok()?),
    })
}
