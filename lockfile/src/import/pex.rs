//! Reads the locks of pex, with or without the comments that Pants writes above them.
//!
//! Source: pex's `locked_resolve.py` and `lockfile/json_codec.py`.

use model::{
    DistFile, IndexRole, LockedPackage, Marker, PackageName, PackageSource, Requirement,
    RequirementSource, Url, Version, VersionSpecifiers,
};
use serde::Deserialize;

use super::contents::{ForeignContents, constraints, foreign};
use super::json;
use super::toml::is_commit;
use crate::error::{LockReadErrorKind, ReadFault};
use crate::pins::Pin;

#[derive(Deserialize)]
struct PexLock {
    locked_resolves: Vec<LockedResolve>,
    #[serde(default)]
    requirements: Vec<String>,
    #[serde(default)]
    requires_python: Vec<String>,
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
    #[serde(default)]
    requires_dists: Vec<String>,
    #[serde(default)]
    requires_python: Option<VersionSpecifiers>,
}

#[derive(Deserialize)]
struct Artifact {
    #[serde(default)]
    url: String,
    #[serde(default)]
    algorithm: String,
    #[serde(default)]
    hash: String,
}

/// The JSON below the comments.
fn parse(text: &str) -> Result<PexLock, ReadFault> {
    json::parse(text, json_start(text))
}

pub(super) fn pins(text: &str) -> Result<Vec<Pin>, ReadFault> {
    let lock = parse(text)?;
    let mut pins = Vec::new();
    for resolve in lock.locked_resolves {
        let marker = resolve.marker.unwrap_or(Marker::TRUE);
        pins.extend(resolve.locked_requirements.into_iter().map(|locked| Pin {
            source: source(&locked.artifacts),
            name: locked.project_name,
            version: locked.version,
            marker: marker.clone(),
            requires: Vec::new(),
        }));
    }
    Ok(pins)
}

/// The lock as a whole.
pub(super) fn contents(text: &str) -> Result<ForeignContents, ReadFault> {
    let lock = parse(text)?;
    let [locked] = <[_; 1]>::try_from(lock.locked_resolves)
        .map_err(|_| foreign("it has a resolve for each platform, not one for all"))?;
    let requirements = requirements(&lock.requirements)?;
    let packages = locked.locked_requirements.into_iter().map(package);
    let mut packages: Vec<LockedPackage> = packages.collect::<Result<_, _>>()?;
    let required = packages.iter().flat_map(|package| &package.dependencies);
    let direct: Vec<(PackageName, PackageSource)> = requirements
        .iter()
        .chain(required)
        .filter_map(direct)
        .collect();
    for (name, source) in direct {
        for package in packages.iter_mut().filter(|package| package.name == name) {
            package.source = source.clone();
        }
    }
    Ok(ForeignContents {
        requirements,
        interpreter_constraints: constraints(&lock.requires_python)?,
        packages,
    })
}

fn requirements(texts: &[String]) -> Result<Vec<Requirement>, ReadFault> {
    let read = |text: &String| {
        text.parse().map_err(|error| {
            let reason = format!("the requirement `{text}`: {error}");
            ReadFault::new(0..0, LockReadErrorKind::Syntax(reason))
        })
    };
    texts.iter().map(read).collect()
}

/// The archive that a requirement names as the source of a package.
fn direct(requirement: &Requirement) -> Option<(PackageName, PackageSource)> {
    match &requirement.source {
        RequirementSource::Url {
            url, subdirectory, ..
        } => {
            let (url, subdirectory) = (url.clone(), subdirectory.clone());
            let source = PackageSource::Url { url, subdirectory };
            Some((requirement.name.clone(), source))
        }
        _ => None,
    }
}

fn package(one: LockedRequirement) -> Result<LockedPackage, ReadFault> {
    let is_wheel = |file: &DistFile| file.filename.ends_with(".whl");
    let files = one.artifacts.iter().filter_map(dist_file);
    let (mut wheels, sdists): (Vec<_>, Vec<_>) = files.partition(is_wheel);
    wheels.sort_by(|a, b| a.filename.cmp(&b.filename));
    Ok(LockedPackage {
        source: source_of(&one.artifacts),
        dependencies: requirements(&one.requires_dists)?,
        name: one.project_name,
        version: one.version,
        marker: Marker::TRUE,
        requires_python: one.requires_python,
        extras: Vec::new(),
        sdist: sdists.into_iter().next(),
        wheels,
    })
}

/// Files in folders are those of `find_links`; pex writes a variable before such a path.
fn source_of(artifacts: &[Artifact]) -> PackageSource {
    let is_local = |one: &Artifact| one.url.starts_with(['$', '/']) || one.url.starts_with("file:");
    match source(artifacts) {
        PackageSource::Index(_) if !artifacts.is_empty() && artifacts.iter().all(is_local) => {
            PackageSource::Index(IndexRole::FindLinks)
        }
        source => source,
    }
}

fn dist_file(artifact: &Artifact) -> Option<DistFile> {
    match artifact.algorithm == "sha256" && !artifact.url.starts_with("git+") {
        true => super::contents::dist_file(&artifact.url, &artifact.hash),
        false => None,
    }
}

/// The offset below the leading `//` lines.
fn json_start(text: &str) -> usize {
    let comment = |line: &&str| line.trim_start().starts_with("//") || line.trim().is_empty();
    text.split_inclusive('\n')
        .take_while(comment)
        .map(str::len)
        .sum()
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
