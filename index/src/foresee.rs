//! Looks ahead: fetches what a resolution will most likely ask for before it asks.
//!
//! A resolver learns that it needs a package only after it has read what requires the package, so a
//! run with an empty cache would wait for one answer after the other. This module follows the same
//! graph without waiting for the resolver: for each requirement, the highest version that it
//! admits, and then what that version requires. A wrong guess costs a request that nobody waits
//! for.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use model::{
    ExtraName, Marker, Metadata, MetadataOverride, PackageName, Requirement, Version, VersionRange,
    specifiers_range,
};
use rustc_hash::{FxHashMap, FxHashSet};
use transport::Flight;

use crate::choose::FilePolicy;
use crate::core::Core;
use crate::error::IndexError;
use crate::listing::{ListedVersion, Listing, RequiresPython};

/// The largest number of guesses for one package. A resolver that needs more versions asks for
/// them.
const MOST_GUESSES: usize = 3;

/// The start of a resolution.
pub struct Forecast {
    /// The direct requirements.
    pub requirements: Vec<Requirement>,
    /// The environments of the resolution. Requirements outside of them are not followed.
    pub within: Marker,
    /// Versions that are chosen if they satisfy the requirements, such as those of an existing
    /// lock.
    pub preferred: BTreeMap<PackageName, Version>,
    /// Which files of a package may be used.
    pub policy: Box<dyn Fn(&PackageName) -> FilePolicy + Send + Sync>,
    /// Metadata that count in place of those of releases.
    pub told: Vec<MetadataOverride>,
    /// Is told about each [`IndexError::NeedsBuild`] on the way, so that the build can begin early.
    /// It must not wait, since it runs on a thread that serves requests.
    pub unbuilt: Box<dyn Fn(&IndexError) + Send + Sync>,
}

/// A look ahead under way.
pub(crate) struct Walk {
    core: Arc<Core>,
    forecast: Forecast,
    pythons: VersionRange,
    seen: Mutex<FxHashMap<PackageName, FxHashSet<Guess>>>,
}

type Guess = (Version, Vec<ExtraName>);

impl Walk {
    pub(crate) fn new(core: Arc<Core>, forecast: Forecast) -> Arc<Self> {
        Arc::new(Self {
            core,
            pythons: forecast.within.python_versions(),
            forecast,
            seen: Mutex::default(),
        })
    }

    /// Follows the direct requirements, each in its own task.
    pub(crate) fn start(self: &Arc<Self>) {
        for requirement in &self.forecast.requirements {
            self.spawn(requirement.clone());
        }
    }

    fn spawn(self: &Arc<Self>, requirement: Requirement) {
        let walk = self.clone();
        // The type of a task that starts others of its kind would contain itself without the box.
        let task: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(async move {
            // The resolver gets the error when it asks for the same thing.
            let _ = walk.follow(requirement).await;
        });
        tokio::spawn(task);
    }

    async fn follow(self: Arc<Self>, requirement: Requirement) -> Result<(), IndexError> {
        let Some(specifiers) = requirement.specifiers() else {
            return Ok(());
        };
        let range = specifiers_range(specifiers);
        let name = &requirement.name;
        let listing = self.core.listing(name).await?;
        let Some(version) = self.guess(&listing, &range) else {
            return Ok(());
        };
        if !self.is_new(name, (version.clone(), requirement.extras.clone())) {
            return Ok(());
        }
        let metadata = self.metadata(name, &version).await;
        let metadata = metadata.inspect_err(|error| {
            if matches!(error, IndexError::NeedsBuild { .. }) {
                (self.forecast.unbuilt)(error);
            }
        })?;
        for further in &metadata.requires_dist {
            let marker = further.marker.with_extras(&requirement.extras);
            if !marker.is_disjoint(&self.forecast.within) {
                self.spawn(further.clone());
            }
        }
        Ok(())
    }

    fn guess(&self, listing: &Listing, range: &VersionRange) -> Option<Version> {
        let preferred = self.forecast.preferred.get(listing.name());
        if let Some(version) = preferred
            && range.contains(version)
            && listing.find(version).is_some()
        {
            return Some(version.clone());
        }
        let policy = (self.forecast.policy)(listing.name());
        listing
            .versions()
            .filter(|listed| range.contains(listed.version()))
            .find(|listed| self.is_likely(listed, policy))
            .map(|listed| listed.version().clone())
    }

    fn is_likely(&self, listed: &ListedVersion<'_>, policy: FilePolicy) -> bool {
        let usable = match policy {
            FilePolicy::Any => true,
            FilePolicy::NoBinary => listed.has_sdist(),
            FilePolicy::OnlyBinary => listed.has_wheel(),
        };
        let runs = match listed.requires_python() {
            RequiresPython::Same(Some(python)) => self.pythons.subset_of(&specifiers_range(python)),
            RequiresPython::Same(None) | RequiresPython::Differ => true,
        };
        usable && runs && !listed.is_yanked() && !listed.version().any_prerelease()
    }

    fn is_new(&self, name: &PackageName, guess: Guess) -> bool {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let guesses = seen.entry(name.clone()).or_default();
        let versions: FxHashSet<&Version> = guesses.iter().map(|(version, _)| version).collect();
        let known = versions.contains(&guess.0);
        (known || versions.len() < MOST_GUESSES) && guesses.insert(guess)
    }

    async fn metadata(
        &self,
        name: &PackageName,
        version: &Version,
    ) -> Result<Arc<Metadata>, IndexError> {
        if let Some(metadata) = MetadataOverride::find(&self.forecast.told, name, version) {
            return Ok(Arc::new(metadata));
        }
        let policy = (self.forecast.policy)(name);
        match self
            .core
            .metadata
            .ask((name.clone(), version.clone(), policy))
        {
            Flight::Joined(answer) => answer.wait().await.clone(),
            Flight::Led(claim) => {
                let metadata = self.core.fetch_metadata(name, version, policy).await;
                claim.settle(metadata.clone());
                metadata
            }
        }
    }
}
