//! Bills of materials: of a lock, or of one distribution with what it requires from its lock.
//!
//! Source: <https://cyclonedx.org/docs/1.6/json/> and, for the names of packages,
//! <https://github.com/package-url/purl-spec>. No time and no serial number are written: the same
//! lock gives the same bill.

use std::collections::{BTreeMap, BTreeSet};

use model::{Lock, LockedPackage, PackageName, PackageSource, Requirement, Version};
use serde_json::{Value, json};

use super::artifact::{Urls, files};
use crate::graph::graph;

/// A distribution of the repository. The lock does not contain it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstPartyComponent {
    /// Its name.
    pub name: PackageName,
    /// Its version.
    pub version: Version,
    /// What it requires from the lock and from the repository.
    pub requires: Vec<Requirement>,
}

/// A lock as CycloneDX 1.6 in JSON: a component for each package, and which package requires which.
/// A file is listed if it has a URL.
#[must_use]
pub fn cyclonedx(lock: &Lock, urls: Urls<'_>) -> String {
    let graph = graph(lock);
    let references = |edges: &[crate::Edge<'_>]| -> Vec<String> {
        let packages = edges.iter().flat_map(|edge| &edge.to);
        packages.map(|&at| purl(graph.package(at))).collect()
    };
    let root = depends(&lock.resolve, references(graph.roots()));
    let packages = lock.packages.iter().enumerate();
    let dependencies =
        packages.map(|(at, package)| depends(&purl(package), references(graph.dependencies(at))));
    let bill = document(
        &json!({"type": "application", "bom-ref": lock.resolve, "name": lock.resolve}),
        lock.packages
            .iter()
            .map(|package| component(package, urls))
            .collect(),
        std::iter::once(root).chain(dependencies).collect(),
    );
    format!("{bill:#}\n")
}

/// One distribution as CycloneDX 1.6 in JSON, to be shipped with it (PEP 770). It has everything
/// that the distribution requires, directly or not, in the lock and among `others` of the
/// repository. Files are listed by name, since their URLs are not known. The text is one line,
/// since programs read it and every wheel contains it.
#[must_use]
pub fn cyclonedx_of(
    subject: &FirstPartyComponent,
    others: &[FirstPartyComponent],
    lock: &Lock,
) -> String {
    let mut locked: BTreeMap<&PackageName, Vec<usize>> = BTreeMap::new();
    for (at, package) in lock.packages.iter().enumerate() {
        locked.entry(&package.name).or_default().push(at);
    }
    let closure = Closure {
        subject,
        others,
        lock,
        locked,
    };
    let mut nodes = BTreeSet::new();
    let mut open = closure.required(Node::Subject);
    while let Some(node) = open.pop() {
        if nodes.insert(node) {
            open.extend(closure.required(node));
        }
    }
    let mut nodes: Vec<Node> = nodes.into_iter().collect();
    nodes.sort_by_key(|node| closure.purl(*node));
    let all = std::iter::once(Node::Subject).chain(nodes.iter().copied());
    let dependencies = all.map(|node| {
        let required = closure.required(node).into_iter();
        depends(
            &closure.purl(node),
            required.map(|at| closure.purl(at)).collect(),
        )
    });
    let bill = document(
        &first_party(subject),
        nodes.iter().map(|node| closure.component(*node)).collect(),
        dependencies.collect(),
    );
    format!("{bill}\n")
}

/// The distribution and everything that it requires, directly or not.
struct Closure<'a> {
    subject: &'a FirstPartyComponent,
    others: &'a [FirstPartyComponent],
    lock: &'a Lock,
    /// The positions in the lock of each project.
    locked: BTreeMap<&'a PackageName, Vec<usize>>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Node {
    Subject,
    /// A distribution of the repository, by its position among the others.
    Own(usize),
    /// A locked package, by its position in the lock.
    Locked(usize),
}

impl Closure<'_> {
    /// What a node requires. Requirements on the distribution itself are left out.
    fn required(&self, node: Node) -> Vec<Node> {
        let requirements = match node {
            Node::Subject => &self.subject.requires,
            Node::Own(at) => &self.others[at].requires,
            Node::Locked(at) => &self.lock.packages[at].dependencies,
        };
        let names = requirements.iter().map(|requirement| &requirement.name);
        let other = names.filter(|name| **name != self.subject.name);
        other.flat_map(|name| self.named(name)).collect()
    }

    /// The distribution of the repository with this name; otherwise the locked versions.
    fn named(&self, name: &PackageName) -> Vec<Node> {
        match self.others.iter().position(|other| other.name == *name) {
            Some(at) => vec![Node::Own(at)],
            None => {
                let locked = self.locked.get(name).into_iter().flatten();
                locked.map(|&at| Node::Locked(at)).collect()
            }
        }
    }

    fn component(&self, node: Node) -> Value {
        match node {
            Node::Subject => first_party(self.subject),
            Node::Own(at) => first_party(&self.others[at]),
            Node::Locked(at) => component(&self.lock.packages[at], &|_, file| {
                Some(file.filename.clone())
            }),
        }
    }

    fn purl(&self, node: Node) -> String {
        match node {
            Node::Subject => purl_of(&self.subject.name, &self.subject.version),
            Node::Own(at) => purl_of(&self.others[at].name, &self.others[at].version),
            Node::Locked(at) => purl(&self.lock.packages[at]),
        }
    }
}

fn document(subject: &Value, components: Vec<Value>, dependencies: Vec<Value>) -> Value {
    json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": subject},
        "components": components,
        "dependencies": dependencies,
    })
}

fn depends(reference: &str, mut on: Vec<String>) -> Value {
    on.sort();
    on.dedup();
    json!({"ref": reference, "dependsOn": on})
}

fn first_party(distribution: &FirstPartyComponent) -> Value {
    let purl = purl_of(&distribution.name, &distribution.version);
    json!({
        "type": "library",
        "bom-ref": purl,
        "name": distribution.name,
        "version": distribution.version.to_string(),
        "purl": purl,
    })
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
            let mut reference = json!({"type": "distribution", "url": url, "hashes": hashes});
            if url != file.filename {
                reference["comment"] = json!(file.filename);
            }
            Some(reference)
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

/// `pkg:pypi/NAME@VERSION`; for a package that is not from an index, with its source.
fn purl(package: &LockedPackage) -> String {
    let qualifier = match &package.source {
        PackageSource::Url { url, .. } => format!("?download_url={}", escaped(url.as_str())),
        PackageSource::Git { url, commit, .. } => {
            format!("?vcs_url={}", escaped(&format!("git+{url}@{commit}")))
        }
        PackageSource::Index(_) | PackageSource::Path { .. } => String::new(),
    };
    format!("{}{qualifier}", purl_of(&package.name, &package.version))
}

fn purl_of(name: &PackageName, version: &Version) -> String {
    format!("pkg:pypi/{name}@{}", escaped(&version.to_string()))
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

    #[test]
    fn of_a_distribution_what_it_reaches() {
        let lock = small(
            &["a", "d"],
            &["a 1 : b>1 & c", "b 2+cpu", "c 3 ; os_name == 'nt'", "d 4"],
        );
        let own = |name: &str, requires: &[&str]| FirstPartyComponent {
            name: name.parse().unwrap(),
            version: "24.9".parse().unwrap(),
            requires: requires.iter().map(|name| name.parse().unwrap()).collect(),
        };
        let others = [own("lib", &["a", "app==24.9"]), own("unused", &["d"])];
        let bill = cyclonedx_of(&own("app", &["lib==24.9", "b"]), &others, &lock);
        let bill: Value = serde_json::from_str(&bill).unwrap();
        let references = bill["dependencies"].as_array().unwrap();
        let lines = references.iter().map(|line| format!("{line}\n"));
        insta::assert_snapshot!(lines.collect::<String>(), @r#"
        {"dependsOn":["pkg:pypi/b@2%2Bcpu","pkg:pypi/lib@24.9"],"ref":"pkg:pypi/app@24.9"}
        {"dependsOn":["pkg:pypi/b@2%2Bcpu","pkg:pypi/c@3"],"ref":"pkg:pypi/a@1"}
        {"dependsOn":[],"ref":"pkg:pypi/b@2%2Bcpu"}
        {"dependsOn":[],"ref":"pkg:pypi/c@3"}
        {"dependsOn":["pkg:pypi/a@1"],"ref":"pkg:pypi/lib@24.9"}
        "#);
        insta::assert_snapshot!(bill["metadata"]["component"], @r#"{"bom-ref":"pkg:pypi/app@24.9","name":"app","purl":"pkg:pypi/app@24.9","type":"library","version":"24.9"}"#);
        insta::assert_snapshot!(format!("{:#}", bill["components"][1]), @r#"
        {
          "bom-ref": "pkg:pypi/b@2%2Bcpu",
          "externalReferences": [
            {
              "hashes": [
                {
                  "alg": "SHA-256",
                  "content": "000000000000000000000000000000000000000000000000000000021c5c3074"
                }
              ],
              "type": "distribution",
              "url": "b-2+cpu-py3-none-any.whl"
            }
          ],
          "name": "b",
          "purl": "pkg:pypi/b@2%2Bcpu",
          "type": "library",
          "version": "2+cpu"
        }
        "#);
        assert_eq!(bill["components"].as_array().unwrap().len(), 4);
    }
}
