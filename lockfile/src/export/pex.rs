//! A lock in pex's JSON, which `pex3` and Pants read.
//!
//! Source: pex's `resolve/lockfile/json_codec.py`.

use model::{
    DistFile, Lock, LockInputs, LockedPackage, Marker, PackageSet, PackageSource, Platform,
    PrereleasePolicy,
};
use serde::Serialize;

use super::artifact::{ExportError, Urls, files};

const FORMAT: &str = "a lock of pex";
/// The oldest version of pex that reads every key that is written here.
const PEX_VERSION: &str = "2.10.0";

#[derive(Serialize)]
struct PexLock {
    allow_builds: bool,
    allow_prereleases: bool,
    allow_wheels: bool,
    build_isolation: bool,
    constraints: Vec<String>,
    excluded: Vec<String>,
    locked_resolves: Vec<LockedResolve>,
    only_builds: Vec<String>,
    only_wheels: Vec<String>,
    overridden: Vec<String>,
    path_mappings: std::collections::BTreeMap<String, String>,
    pex_version: &'static str,
    prefer_older_binary: bool,
    requirements: Vec<String>,
    requires_python: Vec<String>,
    resolver_version: &'static str,
    style: &'static str,
    target_systems: Vec<&'static str>,
    transitive: bool,
    use_pep517: Option<bool>,
}

#[derive(Serialize)]
struct LockedResolve {
    locked_requirements: Vec<LockedRequirement>,
    marker: Option<String>,
    platform_tag: Option<[String; 3]>,
}

#[derive(Serialize)]
struct LockedRequirement {
    artifacts: Vec<Artifact>,
    project_name: String,
    requires_dists: Vec<String>,
    requires_python: Option<String>,
    version: String,
}

#[derive(Serialize)]
struct Artifact {
    algorithm: &'static str,
    hash: String,
    url: String,
}

/// The lock as the JSON that `pex3 lock` writes, with one resolve for each fork.
///
/// # Errors
/// Where a file has no URL or no hash, or a package is a git repository or a folder: pex records a
/// hash of these that only pex can compute.
pub fn pex(lock: &Lock, urls: Urls<'_>) -> Result<String, ExportError> {
    let LockInputs {
        requirements,
        constraints,
        overrides,
        excludes,
        interpreter_constraints,
        platforms,
        no_binary,
        only_binary,
        prereleases,
        // pex has no such setting, and the files that the setting excludes are not in the lock.
        require_wheels: _,
        fork_strategy: _,
        metadata: _,
        hashed: _,
    } = &lock.inputs;
    let strings = |all: &[model::Requirement]| all.iter().map(ToString::to_string).collect();
    let named = |set: &PackageSet| match set {
        PackageSet::All => Vec::new(),
        PackageSet::Names(names) => names.iter().map(ToString::to_string).collect(),
    };
    let mut systems: Vec<&str> = platforms.iter().copied().map(system).collect();
    systems.sort_unstable();
    systems.dedup();
    let pex = PexLock {
        allow_builds: *only_binary != PackageSet::All,
        allow_prereleases: *prereleases == PrereleasePolicy::Allow,
        allow_wheels: *no_binary != PackageSet::All,
        build_isolation: true,
        constraints: strings(constraints),
        excluded: excludes.iter().map(ToString::to_string).collect(),
        locked_resolves: resolves(lock, urls)?,
        only_builds: named(no_binary),
        only_wheels: named(only_binary),
        overridden: overrides.iter().map(ToString::to_string).collect(),
        path_mappings: std::collections::BTreeMap::new(),
        pex_version: PEX_VERSION,
        prefer_older_binary: false,
        requirements: strings(requirements),
        requires_python: interpreter_constraints.iter().collect(),
        resolver_version: "pip-2020-resolver",
        style: "universal",
        target_systems: systems,
        transitive: true,
        use_pep517: None,
    };
    // These values can always be written as JSON.
    let mut out = serde_json::to_string_pretty(&pex).unwrap_or_default();
    out.push('\n');
    Ok(out)
}

fn resolves(lock: &Lock, urls: Urls<'_>) -> Result<Vec<LockedResolve>, ExportError> {
    let resolve = |marker: Option<&Marker>| {
        let packages = lock.packages.iter();
        let packages =
            packages.filter(|p| marker.is_none_or(|marker| !p.marker.is_disjoint(marker)));
        Ok(LockedResolve {
            locked_requirements: packages
                .map(|package| locked(package, urls))
                .collect::<Result<_, _>>()?,
            marker: marker.map(ToString::to_string),
            platform_tag: None,
        })
    };
    if lock.forks.is_empty() {
        return Ok(vec![resolve(None)?]);
    }
    lock.forks.iter().map(|fork| resolve(Some(fork))).collect()
}

fn locked(package: &LockedPackage, urls: Urls<'_>) -> Result<LockedRequirement, ExportError> {
    let error = |reason: String| ExportError::new(package, FORMAT, reason);
    let artifact = |file: &DistFile| {
        let url = match &package.source {
            PackageSource::Url { url, .. } => Some(url.to_string()),
            _ => urls(package, file),
        };
        let sha256 = file
            .sha256
            .ok_or_else(|| error(format!("the hash of {} is not locked", file.filename)))?;
        Ok(Artifact {
            algorithm: "sha256",
            hash: sha256.to_string(),
            url: url.ok_or_else(|| error(format!("no index has its file {}", file.filename)))?,
        })
    };
    let artifacts = files(package)
        .map(artifact)
        .collect::<Result<Vec<_>, _>>()?;
    if artifacts.is_empty() {
        return Err(error(
            "pex needs a hash of the sources, which only pex computes".to_owned(),
        ));
    }
    let requires_python = package.requires_python.clone();
    Ok(LockedRequirement {
        artifacts,
        project_name: package.name.to_string(),
        requires_dists: package
            .dependencies
            .iter()
            .map(ToString::to_string)
            .collect(),
        requires_python: requires_python.map(|python| model::Specifiers(python).to_string()),
        version: package.version.to_string(),
    })
}

fn system(platform: Platform) -> &'static str {
    match platform {
        Platform::LinuxArm64 | Platform::LinuxX86_64 => "linux",
        Platform::MacosArm64 | Platform::MacosX86_64 => "mac",
        Platform::WindowsX86_64 => "windows",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{FULL, lock, small};

    #[test]
    fn one_resolve_a_fork() {
        let mut lock = small(
            &["a"],
            &[
                "a 1 ; sys_platform == 'win32'",
                "a 2 ; sys_platform != 'win32' : b>1",
                "b 2 ; sys_platform != 'win32'",
            ],
        );
        lock.forks = vec![
            "sys_platform != 'win32'".parse().unwrap(),
            "sys_platform == 'win32'".parse().unwrap(),
        ];
        let url = |_: &LockedPackage, file: &DistFile| {
            Some(format!("https://files.example/{}", file.filename))
        };
        insta::assert_snapshot!(pex(&lock, &url).unwrap(), @r#"
        {
          "allow_builds": true,
          "allow_prereleases": false,
          "allow_wheels": true,
          "build_isolation": true,
          "constraints": [],
          "excluded": [],
          "locked_resolves": [
            {
              "locked_requirements": [
                {
                  "artifacts": [
                    {
                      "algorithm": "sha256",
                      "hash": "0000000000000000000000000000000000000000000000000000000000002638",
                      "url": "https://files.example/a-2-py3-none-any.whl"
                    }
                  ],
                  "project_name": "a",
                  "requires_dists": [
                    "b>1"
                  ],
                  "requires_python": null,
                  "version": "2"
                },
                {
                  "artifacts": [
                    {
                      "algorithm": "sha256",
                      "hash": "0000000000000000000000000000000000000000000000000000000000002657",
                      "url": "https://files.example/b-2-py3-none-any.whl"
                    }
                  ],
                  "project_name": "b",
                  "requires_dists": [],
                  "requires_python": null,
                  "version": "2"
                }
              ],
              "marker": "sys_platform != 'win32'",
              "platform_tag": null
            },
            {
              "locked_requirements": [
                {
                  "artifacts": [
                    {
                      "algorithm": "sha256",
                      "hash": "0000000000000000000000000000000000000000000000000000000000002637",
                      "url": "https://files.example/a-1-py3-none-any.whl"
                    }
                  ],
                  "project_name": "a",
                  "requires_dists": [],
                  "requires_python": null,
                  "version": "1"
                }
              ],
              "marker": "sys_platform == 'win32'",
              "platform_tag": null
            }
          ],
          "only_builds": [],
          "only_wheels": [],
          "overridden": [],
          "path_mappings": {},
          "pex_version": "2.10.0",
          "prefer_older_binary": false,
          "requirements": [
            "a"
          ],
          "requires_python": [
            "CPython==3.12.*"
          ],
          "resolver_version": "pip-2020-resolver",
          "style": "universal",
          "target_systems": [],
          "transitive": true,
          "use_pep517": null
        }
        "#);
    }

    #[test]
    fn what_the_format_cannot_say() {
        let url = |_: &LockedPackage, file: &DistFile| {
            Some(format!("https://files.example/{}", file.filename))
        };
        let full = FULL.replace("py3-none-any.whl\" },", "py3-none-any.whl\", hashes = { sha256 = \"6631dd7c9f0822cc61c88586ca76d5b5ada26538097d0f1df510b082bad3411a\" } },");
        let error = pex(&lock(&full), &url).unwrap_err();
        insta::assert_snapshot!(error, @"local 0.1 cannot be exported as a lock of pex: pex needs a hash of the sources, which only pex computes");
    }
}
