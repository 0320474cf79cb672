//! The requirements of a PEP 517 build: resolved by this tool's resolver for the interpreter of the
//! build, and downloaded.

use std::error::Error;
use std::sync::Arc;

use index::{FilePolicy, Index, ListedFile};
use install::build::{BuildRequirements, BuildWheel, ProvidedWheels};
use install::python::{CompatibleTags, Interpreter};
use model::{
    FileKind, InterpreterConstraints, LockInputs, PackageName, PackageSet, PackageSource,
    Requirement, RequirementSource, Version, VersionRange,
};
use resolve::{
    CandidateFile, CandidateFiles, DirectRelease, Problem, Provider, ReleaseMetadata, ResolveError,
};

/// A package index for the requirements of builds. It gives wheels only, so that no build waits for
/// another.
pub struct BuildIndex<'a> {
    /// The index with the wheels.
    pub index: &'a Index,
}

impl BuildRequirements for BuildIndex<'_> {
    fn provide(&self, requirements: &[Requirement], python: &Interpreter) -> ProvidedWheels {
        let version = python.version();
        let constraint = format!("{}=={version}", python.implementation());
        let problem = Problem {
            inputs: LockInputs {
                requirements: requirements.to_vec(),
                interpreter_constraints: InterpreterConstraints::parse(&[constraint])?,
                only_binary: PackageSet::All,
                ..LockInputs::default()
            },
            ..Problem::default()
        };
        let tags = CompatibleTags::of(python);
        let provider = Wheels {
            index: self.index,
            tags: &tags,
        };
        let mut outcome = resolve::resolve(&problem, &provider);
        if matches!(outcome, Err(ResolveError::Conflict(_))) && self.index.forget_recalled() {
            outcome = resolve::resolve(&problem, &provider);
        }
        let resolved = outcome.map_err(|error| match error {
            ResolveError::Provider(error) => {
                Box::<dyn Error + Send + Sync>::from(error.to_string())
            }
            ResolveError::Conflict(conflict) => conflict
                .explain(&problem)
                .premises
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join("; ")
                .into(),
        })?;
        let environment = python.marker_environment();
        resolved
            .resolution
            .nodes
            .iter()
            .filter(|node| node.marker.evaluate(environment, &[]))
            .map(|node| provider.wheel(&node.name, &node.version))
            .collect()
    }
}

/// The wheels that one interpreter can use.
struct Wheels<'a> {
    index: &'a Index,
    tags: &'a CompatibleTags,
}

impl Wheels<'_> {
    fn release_of(
        &self,
        name: &PackageName,
        version: &Version,
    ) -> Result<Option<Arc<index::ListedRelease>>, index::IndexError> {
        self.index.listing(name)?.release(version)
    }

    /// Downloads the best wheel of a release.
    fn wheel(
        &self,
        name: &PackageName,
        version: &Version,
    ) -> Result<BuildWheel, Box<dyn Error + Send + Sync>> {
        let release = self.release_of(name, version)?;
        let files = release.iter().flat_map(|release| &release.files);
        let (_, filename, file) = files
            .filter_map(|file| match &file.kind {
                FileKind::Wheel(wheel) => Some((self.tags.rank(wheel)?, wheel, &file.file)),
                FileKind::Sdist(_) => None,
            })
            .min_by_key(|(rank, ..)| *rank)
            .ok_or_else(|| format!("{name} {version} has no wheel for this Python"))?;
        Ok(BuildWheel {
            path: self.index.download(name, version, file)?,
            filename: filename.clone(),
            sha256: file.sha256,
        })
    }
}

/// What choosing a version needs to know of a file.
pub fn candidate(file: ListedFile<'_>) -> CandidateFile<'_> {
    CandidateFile {
        wheel: file.wheel,
        requires_python: file.requires_python,
        yanked: file.yanked,
    }
}

impl Provider for Wheels<'_> {
    type Error = index::IndexError;

    fn versions(&self, name: &PackageName) -> Result<Option<Arc<[Version]>>, index::IndexError> {
        match self.index.listing(name) {
            Ok(listing) => Ok(Some(
                listing
                    .versions()
                    .rev()
                    .map(|listed| listed.version().clone())
                    .collect(),
            )),
            Err(index::IndexError::NoSuchPackage { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn release(
        &self,
        name: &PackageName,
        version: &Version,
    ) -> Result<Arc<CandidateFiles>, index::IndexError> {
        let release = self.release_of(name, version)?;
        let files = release.iter().flat_map(|release| &release.files);
        let usable = files.filter(|file| match &file.kind {
            FileKind::Wheel(wheel) => self.tags.rank(wheel).is_some(),
            FileKind::Sdist(_) => true,
        });
        let mut candidates: CandidateFiles = usable.map(|file| candidate(file.listed())).collect();
        candidates.for_one_machine = true;
        Ok(Arc::new(candidates))
    }

    fn metadata(
        &self,
        name: &PackageName,
        version: &Version,
    ) -> Result<ReleaseMetadata, index::IndexError> {
        match self.index.metadata(name, version, FilePolicy::OnlyBinary) {
            Ok(metadata) => Ok(ReleaseMetadata::Available(metadata)),
            Err(error @ index::IndexError::Metadata { .. }) => {
                Ok(ReleaseMetadata::Unavailable(error.to_string()))
            }
            Err(error) => Err(error),
        }
    }

    fn direct(
        &self,
        name: &PackageName,
        source: &RequirementSource,
    ) -> Result<Arc<DirectRelease>, index::IndexError> {
        let error = transport::TransportError::Setting {
            setting: format!("a requirement of a build, {name}"),
            value: source.to_string(),
            reason: "a build must not require a direct reference".to_owned(),
        };
        Err(error.into())
    }

    fn source(&self, name: &PackageName) -> Result<PackageSource, index::IndexError> {
        Ok(PackageSource::Index(self.index.listing(name)?.role()))
    }

    fn will_ask(&self, name: &PackageName, _range: &VersionRange) {
        self.index.prefetch_listing(name);
    }
}
