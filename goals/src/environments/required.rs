//! What distributions of the repository require, for the metadata of their editable installs.
//!
//! `package` gets this from the target graph, for which every source file is read. It takes too
//! long for an environment that is up to date. The result is therefore kept until the size or time
//! of a file in the repository changes.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use camino::{Utf8Path, Utf8PathBuf};
use model::{RequiresDist, Sha256};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use targets::Repository;

use crate::error::GoalError;
use crate::packaging;
use crate::session::Session;
use workspace::files;

/// The folder of the kept results. A new format gets a new name.
const FOLDER: &str = "requires-3";

/// The requirements of each distribution, by its address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct DistributionRequirements(BTreeMap<String, OfDistribution>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct OfDistribution {
    resolve: Option<String>,
    requires_dist: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    state: String,
    /// Or the mistake of the graph, since looking for it takes as long.
    required: Result<DistributionRequirements, String>,
}

impl DistributionRequirements {
    /// Computes them from the target graph, or reads what was kept.
    ///
    /// # Errors
    /// The message, where the graph has a mistake.
    pub(super) fn read(session: &Session, repository: &Repository) -> Result<Self, String> {
        let state = state(session, repository);
        let place = place(session).map_err(|error| error.message().to_owned())?;
        if let Some(kept) = kept(&place).filter(|kept| kept.state == state) {
            return kept.required;
        }
        let required = Self::compute(session).map_err(|error| error.message().to_owned());
        let kept = Kept { state, required };
        // If it cannot be kept, the next run computes it again.
        if let Ok(text) = serde_json::to_string(&kept) {
            let _ = files::replace(&place, &text);
        }
        kept.required
    }

    fn compute(session: &Session) -> Result<Self, GoalError> {
        let all = packaging::requirements_of_all(session)?;
        let of_distribution = |(address, resolve, requires_dist): (_, _, Vec<RequiresDist>)| {
            let of_distribution = OfDistribution {
                resolve,
                requires_dist: requires_dist.iter().map(ToString::to_string).collect(),
            };
            (plain(address), of_distribution)
        };
        Ok(Self(all.into_iter().map(of_distribution).collect()))
    }

    /// The `Requires-Dist` of the distribution at `address`; empty if it belongs to another
    /// resolve, since this environment does not have the packages of that resolve.
    pub(super) fn of(&self, address: &str, resolve: &str) -> &[String] {
        match self.0.get(&plain(address.to_owned())) {
            Some(found) if found.resolve.as_deref().is_none_or(|its| its == resolve) => {
                &found.requires_dist
            }
            _ => &[],
        }
    }
}

fn plain(address: String) -> String {
    address.trim_start_matches("//").to_owned()
}

fn kept(place: &Utf8Path) -> Option<Kept> {
    serde_json::from_slice(&fs_err::read(place).ok()?).ok()
}

fn place(session: &Session) -> Result<Utf8PathBuf, GoalError> {
    let root = Sha256::of(session.root().as_str().as_bytes());
    Ok(session.cache()?.join(FOLDER).join(root.to_string()))
}

/// A name for the state of all files that the graph depends on.
fn state(session: &Session, repository: &Repository) -> String {
    let mut all = String::new();
    let settings = &session.settings;
    let _ = write!(
        all,
        "{:?}\0{:?}\0",
        repository.options(),
        settings.first_party_requirements()
    );
    let files: Vec<String> = repository
        .tree()
        .files()
        .chain([settings.package.version_file.to_string()])
        .collect();
    let times: Vec<_> = files
        .par_iter()
        .with_min_len(256)
        .map(|file| {
            let found = std::fs::metadata(session.root().join(file)).ok()?;
            Some((found.len(), found.modified().ok()))
        })
        .collect();
    for (file, times) in files.iter().zip(times) {
        let _ = write!(all, "{file}\0{times:?}\0");
    }
    Sha256::of(all.as_bytes()).to_string()
}
