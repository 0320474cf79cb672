//! A bill of materials inside the wheel (PEP 770): a CycloneDX document of the
//! locked closure, made of plain data, without anything that changes from one
//! run to the next (no serial number, no time).
//!
//! Format: <https://cyclonedx.org/docs/1.6/json/>; place: <https://peps.python.org/pep-0770/>.

use std::collections::BTreeMap;

use model::{PackageName, Sha256, Version};
use serde::Serialize;

/// One distribution of the closure.
#[derive(Clone, Debug)]
pub struct Component {
    /// Its name.
    pub name: PackageName,
    /// The version that is locked.
    pub version: Version,
    /// Digests of its files in the lock, in the order given.
    pub sha256: Vec<Sha256>,
    /// What it requires directly, by name and version.
    pub requires: Vec<(PackageName, Version)>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Bom {
    bom_format: &'static str,
    spec_version: &'static str,
    version: u32,
    metadata: BomMetadata,
    components: Vec<BomComponent>,
    dependencies: Vec<BomDependency>,
}

#[derive(Serialize)]
struct BomMetadata {
    component: BomComponent,
}

#[derive(Serialize)]
struct BomComponent {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(rename = "bom-ref")]
    bom_ref: String,
    name: String,
    version: String,
    purl: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hashes: Vec<BomHash>,
}

#[derive(Serialize)]
struct BomHash {
    alg: &'static str,
    content: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BomDependency {
    #[serde(rename = "ref")]
    bom_ref: String,
    depends_on: Vec<String>,
}

/// The CycloneDX 1.6 document, as JSON, of a distribution and its locked closure.
///
/// `subject` is the distribution being built; the order of `closure` and of what
/// each requires does not matter.
pub fn cyclonedx(subject: &Component, closure: &[Component]) -> String {
    let sorted: BTreeMap<String, &Component> = closure
        .iter()
        .map(|component| (purl(&component.name, &component.version), component))
        .collect();
    let all = std::iter::once(subject).chain(sorted.values().copied());
    let bom = Bom {
        bom_format: "CycloneDX",
        spec_version: "1.6",
        version: 1,
        metadata: BomMetadata {
            component: bom_component(subject),
        },
        components: sorted
            .values()
            .map(|component| bom_component(component))
            .collect(),
        dependencies: all.map(bom_dependency).collect(),
    };
    // Strings and lists cannot fail to serialise.
    let mut text = serde_json::to_string_pretty(&bom).unwrap_or_default();
    text.push('\n');
    text
}

/// The package URL (<https://github.com/package-url/purl-spec>); `+` and `!` of versions are escaped.
fn purl(name: &PackageName, version: &Version) -> String {
    let version = version.to_string().replace('+', "%2B").replace('!', "%21");
    format!("pkg:pypi/{name}@{version}")
}

fn bom_component(component: &Component) -> BomComponent {
    let purl = purl(&component.name, &component.version);
    let hash = |sha256: &Sha256| BomHash {
        alg: "SHA-256",
        content: sha256.to_string(),
    };
    BomComponent {
        kind: "library",
        bom_ref: purl.clone(),
        name: component.name.to_string(),
        version: component.version.to_string(),
        purl,
        hashes: component.sha256.iter().map(hash).collect(),
    }
}

fn bom_dependency(component: &Component) -> BomDependency {
    let mut depends_on: Vec<String> = component
        .requires
        .iter()
        .map(|(name, version)| purl(name, version))
        .collect();
    depends_on.sort();
    depends_on.dedup();
    BomDependency {
        bom_ref: purl(&component.name, &component.version),
        depends_on,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn component(name: &str, requires: &[&str]) -> Component {
        let version: Version = "1.0+cpu".parse().unwrap();
        let requires = requires
            .iter()
            .map(|r| (r.parse().unwrap(), version.clone()))
            .collect();
        Component {
            name: name.parse().unwrap(),
            version,
            sha256: Vec::new(),
            requires,
        }
    }

    #[test]
    fn the_order_of_the_closure_does_not_matter() {
        let subject = component("app", &["b", "a"]);
        let (a, b) = (component("a", &[]), component("b", &["a"]));
        let text = cyclonedx(&subject, &[b.clone(), a.clone()]);
        assert_eq!(text, cyclonedx(&subject, &[a, b]));
        insta::assert_snapshot!(text, @r#"
        {
          "bomFormat": "CycloneDX",
          "specVersion": "1.6",
          "version": 1,
          "metadata": {
            "component": {
              "type": "library",
              "bom-ref": "pkg:pypi/app@1.0%2Bcpu",
              "name": "app",
              "version": "1.0+cpu",
              "purl": "pkg:pypi/app@1.0%2Bcpu"
            }
          },
          "components": [
            {
              "type": "library",
              "bom-ref": "pkg:pypi/a@1.0%2Bcpu",
              "name": "a",
              "version": "1.0+cpu",
              "purl": "pkg:pypi/a@1.0%2Bcpu"
            },
            {
              "type": "library",
              "bom-ref": "pkg:pypi/b@1.0%2Bcpu",
              "name": "b",
              "version": "1.0+cpu",
              "purl": "pkg:pypi/b@1.0%2Bcpu"
            }
          ],
          "dependencies": [
            {
              "ref": "pkg:pypi/app@1.0%2Bcpu",
              "dependsOn": [
                "pkg:pypi/a@1.0%2Bcpu",
                "pkg:pypi/b@1.0%2Bcpu"
              ]
            },
            {
              "ref": "pkg:pypi/a@1.0%2Bcpu",
              "dependsOn": []
            },
            {
              "ref": "pkg:pypi/b@1.0%2Bcpu",
              "dependsOn": [
                "pkg:pypi/a@1.0%2Bcpu"
              ]
            }
          ]
        }
        "#);
    }
}
