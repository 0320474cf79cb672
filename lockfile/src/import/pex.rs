//! Reads the locks of pex, with or without the comments that Pants writes above them.
//!
//! Source: pex's `locked_resolve.py` and `lockfile/json_codec.py`.

use model::{IndexRole, Marker, PackageName, PackageSource, Url, Version};
use serde::Deserialize;

use super::toml::is_commit;
use crate::error::{LockReadErrorKind, ReadFault};
use crate::pins::Pin;

#[derive(Deserialize)]
struct PexLock {
    locked_resolves: Vec<LockedResolve>,
}

#[derive(Deserialize)]
struct LockedResolve {
    locked_requirements: Vec<LockedRequirement>,
    marker: Option<Marker>,
}

#[derive(Deserialize)]
struct LockedRequirement {
    project_name: PackageName,
    version: Version,
    #[serde(default)]
    artifacts: Vec<Artifact>,
}

#[derive(Deserialize)]
struct Artifact {
    #[serde(default)]
    url: String,
}

pub(super) fn pins(text: &str) -> Result<Vec<Pin>, ReadFault> {
    let start = json_start(text);
    let lock: PexLock = serde_json::from_str(&text[start..]).map_err(|error| {
        let at = start + offset(&text[start..], error.line(), error.column());
        let reason = error.to_string();
        let reason = reason.rsplit_once(" at line ").map_or(&*reason, |(r, _)| r);
        ReadFault::new(at..at, LockReadErrorKind::Syntax(reason.to_owned()))
    })?;
    let mut pins = Vec::new();
    for resolve in lock.locked_resolves {
        let marker = resolve.marker.unwrap_or(Marker::TRUE);
        pins.extend(resolve.locked_requirements.into_iter().map(|locked| Pin {
            source: source(&locked.artifacts),
            name: locked.project_name,
            version: locked.version,
            marker: marker.clone(),
        }));
    }
    Ok(pins)
}

/// The offset below the leading `//` lines.
fn json_start(text: &str) -> usize {
    let comment = |line: &&str| line.trim_start().starts_with("//") || line.trim().is_empty();
    text.split_inclusive('\n')
        .take_while(comment)
        .map(str::len)
        .sum()
}

fn offset(text: &str, line: usize, column: usize) -> usize {
    let lines = text.split_inclusive('\n').take(line.saturating_sub(1));
    lines.map(str::len).sum::<usize>() + column.saturating_sub(1)
}

fn source(artifacts: &[Artifact]) -> PackageSource {
    let git = artifacts.iter().find_map(|artifact| {
        let url = artifact.url.strip_prefix("git+")?;
        let (url, _) = url.split_once('#').unwrap_or((url, ""));
        let (url, commit) = url.rsplit_once('@')?;
        let url: Url = url.parse().ok()?;
        is_commit(commit).then(|| PackageSource::Git {
            url,
            commit: commit.to_owned(),
            revision: None,
            subdirectory: None,
        })
    });
    git.unwrap_or(PackageSource::Index(IndexRole::Primary))
}
