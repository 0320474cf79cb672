//! Reads the pins of a `Pipfile.lock`: what Pipenv locks of an index. A repository or a folder has no
//! version there, and is locked anew.

use std::collections::BTreeMap;

use model::{IndexRole, Marker, PackageName, PackageSource};
use serde::Deserialize;

use super::json;
use crate::error::ReadFault;
use crate::pins::Pin;

#[derive(Deserialize)]
struct PipenvLock {
    #[serde(default)]
    default: BTreeMap<PackageName, Locked>,
    #[serde(default)]
    develop: BTreeMap<PackageName, Locked>,
}

#[derive(Deserialize)]
struct Locked {
    version: Option<String>,
    markers: Option<Marker>,
}

/// Where both groups have a project, the first counts.
pub(super) fn pins(text: &str) -> Result<Vec<Pin>, ReadFault> {
    let lock: PipenvLock = json::parse(text, 0)?;
    let mut all = lock.develop;
    all.extend(lock.default);
    let pins = all.into_iter().filter_map(|(name, locked)| {
        let version = locked.version?;
        Some(Pin {
            name,
            version: version.trim_start_matches('=').parse().ok()?,
            source: PackageSource::Index(IndexRole::Primary),
            marker: locked.markers.unwrap_or(Marker::TRUE),
            requires: Vec::new(),
        })
    });
    Ok(pins.collect())
}
