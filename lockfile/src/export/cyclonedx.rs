//! A lock as a bill of materials.
//!
//! Source: <https://cyclonedx.org/docs/1.6/json/> and, for the names of packages,
//! <https://github.com/package-url/purl-spec>. No time and no serial number are written: the same
//! lock gives the same bill.

use model::{Lock, LockedPackage, PackageSource};
use serde_json::{Value, json};

use super::{Urls, files};
use crate::graph::graph;

/// CycloneDX 1.6 as JSON: a component for each package, and which requires which. A file is
/// listed where it has a URL.
#[must_use]
pub fn cyclonedx(lock: &Lock, urls: Urls<'_>) -> String {
    let graph = graph(lock);
    let references = |edges: &[crate::Edge<'_>]| -> Vec<String> {
        let packages = edges.iter().flat_map(|edge| &edge.to);
        let mut all: Vec<String> = packages.map(|&at| purl(graph.package(at))).collect();
        all.sort();
        all.dedup();
        all
    };
    let root = json!({"ref": lock.resolve, "dependsOn": references(graph.roots())});
    let packages = lock.packages.iter().enumerate();
    let dependencies = packages.map(|(at, package)| {
        json!({"ref": purl(package), "dependsOn": references(graph.dependencies(at))})
    });
    let bill = json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {"type": "application", "bom-ref": lock.resolve, "name": lock.resolve},
        },
        "components": lock.packages.iter().map(|it| component(it, urls)).collect::<Vec<_>>(),
        "dependencies": std::iter::once(root).chain(dependencies).collect::<Vec<_>>(),
    });
    format!("{bill:#}\n")
}

fn component(package: &LockedPackage, urls: Urls<'_>) -> Value {
    let purl = purl(package);
    let files: Vec<Value> = files(package)
        .filter_map(|file| {
            let url = match &package.source {
                PackageSource::Url { url, .. } => url.to_string(),
                _ => urls(package, file)?,
            };
            let hash = file.sha256.map(|hash| hash.to_string());
            let hashes = hash.map(|hash| json!({"alg": "SHA-256", "content": hash}));
            let hashes: Vec<Value> = hashes.into_iter().collect();
            Some(json!({"type": "distribution", "url": url, "comment": file.filename, "hashes": hashes}))
        })
        .collect();
    let mut component = json!({
        "type": "library",
        "bom-ref": purl,
        "name": package.name,
        "version": package.version.to_string(),
        "purl": purl,
    });
    if !files.is_empty() {
        component["externalReferences"] = files.into();
    }
    if !package.marker.is_true() {
        let marker = package.marker.to_string();
        component["properties"] = json!([{"name": "xtask:marker", "value": marker}]);
    }
    component
}

/// `pkg:pypi/NAME@VERSION`, with where the package comes from if from no index.
fn purl(package: &LockedPackage) -> String {
    let version = escaped(&package.version.to_string());
    let qualifier = match &package.source {
        PackageSource::Url { url, .. } => format!("?download_url={}", escaped(url.as_str())),
        PackageSource::Git { url, commit, .. } => {
            format!("?vcs_url={}", escaped(&format!("git+{url}@{commit}")))
        }
        PackageSource::Index(_) | PackageSource::Path { .. } => String::new(),
    };
    format!("pkg:pypi/{}@{version}{qualifier}", package.name)
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b':' | b'/' => {
                out.push(byte.into());
            }
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::small;

    #[test]
    fn components_and_dependencies() {
        let lock = small(
            &["a"],
            &["a 1 : b>1 & c", "b 2+cpu", "c 3 ; os_name == 'nt'"],
        );
        let url = |package: &LockedPackage, file: &model::DistFile| {
            (package.name.as_str() != "c")
                .then(|| format!("https://files.example/{}", file.filename))
        };
        insta::assert_snapshot!(cyclonedx(&lock, &url), @r#"
        {
          "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
          "bomFormat": "CycloneDX",
          "components": [
            {
              "bom-ref": "pkg:pypi/a@1",
              "externalReferences": [
                {
                  "comment": "a-1-py3-none-any.whl",
                  "hashes": [
                    {
                      "alg": "SHA-256",
                      "content": "0000000000000000000000000000000000000000000000000000000000002637"
                    }
                  ],
                  "type": "distribution",
                  "url": "https://files.example/a-1-py3-none-any.whl"
                }
              ],
              "name": "a",
              "purl": "pkg:pypi/a@1",
              "type": "library",
              "version": "1"
            },
            {
              "bom-ref": "pkg:pypi/b@2%2Bcpu",
              "externalReferences": [
                {
                  "comment": "b-2+cpu-py3-none-any.whl",
                  "hashes": [
                    {
                      "alg": "SHA-256",
                      "content": "000000000000000000000000000000000000000000000000000000021c5c3074"
                    }
                  ],
                  "type": "distribution",
                  "url": "https://files.example/b-2+cpu-py3-none-any.whl"
                }
              ],
              "name": "b",
              "purl": "pkg:pypi/b@2%2Bcpu",
              "type": "library",
              "version": "2+cpu"
            },
            {
              "bom-ref": "pkg:pypi/c@3",
              "name": "c",
              "properties": [
                {
                  "name": "xtask:marker",
                  "value": "os_name == 'nt'"
                }
              ],
              "purl": "pkg:pypi/c@3",
              "type": "library",
              "version": "3"
            }
          ],
          "dependencies": [
            {
              "dependsOn": [
                "pkg:pypi/a@1"
              ],
              "ref": "r"
            },
            {
              "dependsOn": [
                "pkg:pypi/b@2%2Bcpu",
                "pkg:pypi/c@3"
              ],
              "ref": "pkg:pypi/a@1"
            },
            {
              "dependsOn": [],
              "ref": "pkg:pypi/b@2%2Bcpu"
            },
            {
              "dependsOn": [],
              "ref": "pkg:pypi/c@3"
            }
          ],
          "metadata": {
            "component": {
              "bom-ref": "r",
              "name": "r",
              "type": "application"
            }
          },
          "specVersion": "1.6",
          "version": 1
        }
        "#);
    }
}
