//! The package index as the resolver's provider.

use std::cell::RefCell;
use std::sync::Arc;

use index::{Index, ListedRelease, Listing, RequiresPython};
use jiff::Timestamp;
use model::{
    DistFile, FileDigest, FileKind, IndexRole, Metadata, PackageName, PackageSource, Place,
    RequirementSource, Sha256, Version, VersionRange, VersionSpecifiers,
};
use resolve::{CandidateFiles, DirectRelease, Provider, ReleaseMetadata};
use rustc_hash::FxHashMap;

use super::ahead::{Lookahead, file_policy};
use super::existing::PreferredVersions;
use super::inputs::ResolveDeclaration;
use super::requirers;
use crate::error::GoalError;
use crate::supply::{Builds, DirectPackage, Sdist, candidate};
use workspace::files::sha256_of;

/// One resolve's view of the package index.
pub struct IndexProvider<'a> {
    index: &'a Index,
    builds: &'a Builds<'a>,
    declared: &'a ResolveDeclaration,
    preferred: PreferredVersions,
    known: RefCell<Known>,
}

/// Answers in the resolver's words, each made once.
#[derive(Default)]
struct Known {
    /// What releases and direct references require, for messages.
    metadata: FxHashMap<(PackageName, Version), Arc<Metadata>>,
    of_index: FxHashMap<(PackageName, Version), Arc<Metadata>>,
    versions: FxHashMap<PackageName, Option<Arc<[Version]>>>,
    releases: FxHashMap<(PackageName, Version), Arc<CandidateFiles>>,
    direct: FxHashMap<RequirementSource, Arc<DirectRelease>>,
}

/// Why the index could not be asked, and for what.
#[derive(Debug, thiserror::Error)]
#[error("{error:?}")]
pub struct ProviderError {
    error: Box<GoalError>,
    /// Where what leads to it is required.
    place: Option<Place>,
    /// Who requires what it is about, from a requirement on; empty where that is one itself.
    requirers: Vec<String>,
}

impl ProviderError {
    /// The error as the user reads it, at the requirement that led to it.
    pub fn into_command_error(self) -> GoalError {
        let error = match self.place {
            Some(place) if !self.error.has_place() => self.error.at(place),
            _ => *self.error,
        };
        self.requirers.into_iter().fold(error, GoalError::because)
    }
}

impl<'a> IndexProvider<'a> {
    /// The view of `index` that what a resolve declares allows.
    pub fn new(index: &'a Index, builds: &'a Builds<'a>, declared: &'a ResolveDeclaration) -> Self {
        Self {
            index,
            builds,
            declared,
            preferred: PreferredVersions::new(),
            known: RefCell::default(),
        }
    }

    /// The same, with the versions that will most likely be kept.
    pub fn preferring(mut self, preferred: PreferredVersions) -> Self {
        self.preferred = preferred;
        self
    }

    /// What looks ahead of the resolver.
    pub fn ahead(&self) -> Lookahead<'_> {
        Lookahead {
            index: self.index,
            builds: self.builds,
            preferred: &self.preferred,
        }
    }

    /// Forgets answers that came from the cache without a request, so that the index is asked when
    /// they are needed again. Gives whether there were any.
    pub fn ask_again(&self) -> bool {
        let found = self.index.forget_recalled();
        if found {
            let mut known = self.known.borrow_mut();
            known.versions.clear();
            known.releases.clear();
            known.of_index.clear();
        }
        found
    }

    /// The highest version for which `is_meant` holds that an index has after the one that the
    /// package comes from.
    pub fn elsewhere(
        &self,
        name: &PackageName,
        is_meant: impl Fn(&Version) -> bool,
    ) -> Option<(IndexRole, Version)> {
        let listings = self.index.listings_elsewhere(name).ok()?;
        let found = listings.iter().filter_map(|listing| {
            let mut versions = listing.versions().map(|listed| listed.version().clone());
            Some((listing.role(), versions.find(&is_meant)?))
        });
        found.max_by(|a, b| a.1.cmp(&b.1))
    }

    /// The files of a release that may be used: the policy and `--hash` options leave some out.
    pub fn files(
        &self,
        name: &PackageName,
        version: &Version,
    ) -> Result<Vec<(FileKind, DistFile)>, ProviderError> {
        let hashes = self.declared.hashes(name);
        let release = self.listed(name, version)?;
        let files = release.iter().flat_map(|release| &release.files);
        Ok(files
            .filter(|file| hashes.is_empty() || is_one_of(file.file.sha256, hashes))
            .map(|file| (file.kind.clone(), file.file.clone()))
            .collect())
    }

    fn listed(
        &self,
        name: &PackageName,
        version: &Version,
    ) -> Result<Option<Arc<ListedRelease>>, ProviderError> {
        let Some(listing) = self.listing(name)? else {
            return Ok(None);
        };
        let release = listing.release(version);
        release.map_err(|error| self.error(name, error))
    }

    /// The cut-off, where there is one, with the versions of a project that it hides, highest first.
    pub fn hidden(&self, name: &PackageName) -> Option<(Timestamp, Vec<Version>)> {
        let listing = self.listing(name).ok()??;
        let (cutoff, versions) = listing.hidden()?;
        Some((cutoff, versions.cloned().collect()))
    }

    /// The file with its digest, for an index that lists it without one: it is downloaded.
    pub fn with_hash(
        &self,
        name: &PackageName,
        version: &Version,
        file: DistFile,
    ) -> Result<DistFile, GoalError> {
        let path = self.index.download(name, version, &file)?;
        let sha256 = sha256_of(&path).map_err(|error| GoalError::file("read", &path, &error))?;
        Ok(DistFile {
            sha256: Some(sha256),
            ..file
        })
    }

    /// What a direct reference gave in this run.
    pub fn fetched(&self, source: &PackageSource) -> Option<DirectPackage> {
        self.builds.fetched(source)
    }

    fn listing(&self, name: &PackageName) -> Result<Option<Arc<Listing>>, ProviderError> {
        match self.index.listing(name) {
            Ok(listing) => Ok(Some(listing)),
            Err(index::IndexError::NoSuchPackage { .. }) => Ok(None),
            Err(error) => Err(self.error(name, error)),
        }
    }

    /// An error about a project, with the chain that leads to it.
    fn error(&self, name: &PackageName, error: impl Into<GoalError>) -> ProviderError {
        let known = self.known.borrow();
        let chain = requirers::chain(self.declared, &known.metadata, name);
        ProviderError {
            error: Box::new(error.into()),
            place: chain.place,
            requirers: chain.requirers,
        }
    }

    /// An error about a direct reference, at the requirement that names it.
    fn error_at(
        &self,
        name: &PackageName,
        source: &RequirementSource,
        error: impl Into<GoalError>,
    ) -> ProviderError {
        let error = self.error(name, error);
        match self.declared.place_of_source(source) {
            Some(place) => ProviderError {
                place: Some(place.clone()),
                requirers: Vec::new(),
                ..error
            },
            None => error,
        }
    }

    /// The metadata of a release of the index, or those of settings.
    fn ask_metadata(
        &self,
        name: &PackageName,
        version: &Version,
    ) -> Result<ReleaseMetadata, ProviderError> {
        if let Some(metadata) = self.declared.inputs.metadata_of(name, version) {
            return Ok(self.told(Arc::new(metadata)));
        }
        match self
            .index
            .metadata(name, version, file_policy(&self.declared.inputs, name))
        {
            Ok(metadata) => Ok(self.told(metadata)),
            Err(error @ index::IndexError::Metadata { .. }) => {
                Ok(ReleaseMetadata::Unavailable(error.to_string()))
            }
            Err(index::IndexError::NeedsBuild {
                file, path, sha256, ..
            }) => {
                let sdist = Sdist {
                    name,
                    version,
                    file: &file,
                    path: &path,
                    sha256,
                };
                let built = self.builds.metadata(&sdist);
                let built = built.map_err(|error| self.error(name, error))?;
                Ok(self.told(built))
            }
            Err(error) => Err(self.error(name, error)),
        }
    }

    /// Remembers what a release requires, for messages.
    fn told(&self, metadata: Arc<Metadata>) -> ReleaseMetadata {
        let key = (metadata.name.clone(), metadata.version.clone());
        let mut known = self.known.borrow_mut();
        known.metadata.insert(key, Arc::clone(&metadata));
        ReleaseMetadata::Available(metadata)
    }
}

/// Whether a file has one of the digests that `--hash` options name.
fn is_one_of(sha256: Option<Sha256>, hashes: &[FileDigest]) -> bool {
    let mut named = hashes.iter().filter_map(FileDigest::sha256);
    named.any(|named| sha256 == Some(named))
}

impl Provider for IndexProvider<'_> {
    type Error = ProviderError;

    fn versions(&self, name: &PackageName) -> Result<Option<Arc<[Version]>>, ProviderError> {
        if let Some(known) = self.known.borrow().versions.get(name) {
            return Ok(known.clone());
        }
        let versions = self.listing(name)?.map(|listing| {
            let ascending = listing.versions().rev();
            ascending.map(|listed| listed.version().clone()).collect()
        });
        let mut known = self.known.borrow_mut();
        known.versions.insert(name.clone(), versions.clone());
        Ok(versions)
    }

    fn release(
        &self,
        name: &PackageName,
        version: &Version,
    ) -> Result<Arc<CandidateFiles>, ProviderError> {
        let key = (name.clone(), version.clone());
        if let Some(known) = self.known.borrow().releases.get(&key) {
            return Ok(Arc::clone(known));
        }
        let hashes = self.declared.hashes(name);
        let mut release = CandidateFiles::default();
        let mut is_empty = true;
        let listing = self.listing(name)?;
        if let Some(listed) = listing.as_ref().and_then(|listing| listing.find(version)) {
            let read = listed.each_file(|file| {
                if hashes.is_empty() || is_one_of(file.sha256, hashes) {
                    is_empty = false;
                    release.add(candidate(file));
                }
            });
            read.map_err(|error| self.error(name, error))?;
        }
        release.left_out_by_hash = !hashes.is_empty() && is_empty;
        let release = Arc::new(release);
        let mut known = self.known.borrow_mut();
        known.releases.insert(key, Arc::clone(&release));
        Ok(release)
    }

    fn requires_python(
        &self,
        name: &PackageName,
        version: &Version,
    ) -> Result<Option<VersionSpecifiers>, ProviderError> {
        if !self.declared.hashes(name).is_empty() {
            return Ok(None);
        }
        let listing = self.listing(name)?;
        let listed = listing.as_ref().and_then(|listing| listing.find(version));
        let listed = listed.filter(|listed| !listed.is_yanked());
        Ok(match listed.map(|listed| listed.requires_python()) {
            Some(RequiresPython::Same(python)) => python.cloned(),
            _ => None,
        })
    }

    fn metadata(
        &self,
        name: &PackageName,
        version: &Version,
    ) -> Result<ReleaseMetadata, ProviderError> {
        let key = (name.clone(), version.clone());
        if let Some(known) = self.known.borrow().of_index.get(&key) {
            return Ok(ReleaseMetadata::Available(Arc::clone(known)));
        }
        let answer = self.ask_metadata(name, version)?;
        if let ReleaseMetadata::Available(metadata) = &answer {
            let mut known = self.known.borrow_mut();
            known.of_index.insert(key, Arc::clone(metadata));
        }
        Ok(answer)
    }

    fn direct(
        &self,
        name: &PackageName,
        source: &RequirementSource,
    ) -> Result<Arc<DirectRelease>, ProviderError> {
        if let Some(known) = self.known.borrow().direct.get(source) {
            return Ok(Arc::clone(known));
        }
        let direct = self
            .builds
            .direct(source, Some(name))
            .map_err(|error| self.error_at(name, source, error))?;
        if direct.metadata.name != *name {
            let error = GoalError::failure(format!(
                "the requirement asks for {name}, but {} is {}",
                source.to_string().trim_start_matches(" @ "),
                direct.metadata.name
            ));
            return Err(self.error_at(name, source, error));
        }
        let of_name = direct.wheel.as_ref().map(|wheel| &wheel.version);
        if let Some(version) = of_name.filter(|version| **version != direct.version) {
            let error = GoalError::failure(format!(
                "the wheel is {name} {version} by its name, and {name} {} by its metadata",
                direct.version
            ))
            .hint("build the wheel again, or give it back the name that it had");
            return Err(self.error_at(name, source, error));
        }
        self.told(Arc::clone(&direct.metadata));
        let mut known = self.known.borrow_mut();
        known.direct.insert(source.clone(), Arc::clone(&direct));
        Ok(direct)
    }

    fn source(&self, name: &PackageName) -> Result<PackageSource, ProviderError> {
        let role = self.listing(name)?.map(|listing| listing.role());
        Ok(PackageSource::Index(role.unwrap_or_default()))
    }

    fn will_ask(&self, name: &PackageName, _range: &VersionRange) {
        self.index.prefetch_listing(name);
    }
}
