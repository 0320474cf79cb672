//! The `setup.py` of a distribution whose own project files are beside its code: with what follows
//! from its target, as Pants writes it. The backend that the project names does the rest.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use model::RequiresDist;
use serde_json::{Value, json};
use wheel::{CoreMetadata, EntryPoints, License};

use crate::packaging::package_data::{packages, place};
use crate::packaging::{OwnedFile, PackagedDistribution};

/// The text of the file.
pub(super) fn setup_py(distribution: &PackagedDistribution, metadata: &CoreMetadata) -> String {
    let files = distribution.files.of_all_platforms();
    let packages = packages(files.iter().map(|file| &file.member));
    let texts = |requirements: &[RequiresDist]| -> Vec<String> {
        requirements.iter().map(ToString::to_string).collect()
    };
    let extras: BTreeMap<&str, Vec<String>> = metadata
        .extras
        .iter()
        .map(|(extra, requirements)| (extra.as_str(), texts(requirements)))
        .collect();
    let urls: BTreeMap<&str, &str> = metadata
        .project_urls
        .iter()
        .map(|(label, url)| (label.as_str(), url.as_str()))
        .collect();
    let description = metadata.description.as_ref();
    let license = match &metadata.license {
        License::None => None,
        License::Expression(text) | License::Text(text) => Some(text),
    };
    let arguments = [
        ("name", json!(metadata.name)),
        ("version", json!(metadata.version.to_string())),
        ("description", json!(metadata.summary)),
        ("url", json!(metadata.home_page)),
        ("download_url", json!(metadata.download_url)),
        ("author", json!(metadata.author)),
        ("author_email", json!(metadata.author_email)),
        ("maintainer", json!(metadata.maintainer)),
        ("maintainer_email", json!(metadata.maintainer_email)),
        ("license", json!(license)),
        ("keywords", json!(metadata.keywords)),
        ("platforms", json!(metadata.platforms)),
        ("classifiers", json!(metadata.classifiers)),
        ("requires", json!(metadata.modules.requires)),
        ("provides", json!(metadata.modules.provides)),
        ("obsoletes", json!(metadata.modules.obsoletes)),
        ("project_urls", json!(urls)),
        ("python_requires", json!(metadata.requires_python)),
        (
            "long_description",
            json!(description.map(|text| &text.body)),
        ),
        (
            "long_description_content_type",
            json!(description.map(|text| &text.content_type)),
        ),
        ("install_requires", json!(texts(&metadata.requires_dist))),
        ("extras_require", json!(extras)),
        ("entry_points", groups(&distribution.entry_points)),
        ("packages", json!(packages)),
        ("package_data", json!(package_data(&files, &packages))),
    ];
    let mut text = "from setuptools import setup\n\nsetup(\n".to_owned();
    for (name, value) in arguments {
        let is_empty = match &value {
            Value::Null => true,
            Value::Array(items) => items.is_empty(),
            Value::Object(pairs) => pairs.is_empty(),
            _ => false,
        };
        if !is_empty {
            // Without `null` and booleans, JSON is Python too.
            let _ = writeln!(text, "    {name}={value},");
        }
    }
    if !distribution.extension_modules.is_empty() {
        let _ = writeln!(text, "    ext_modules=[");
        for (name, options) in &distribution.extension_modules {
            // setuptools takes tuples only.
            let _ = writeln!(text, "        ({}, {}),", json!(name), json!(options));
        }
        let _ = writeln!(text, "    ],");
    }
    text.push_str(")\n");
    text
}

/// Groups of entry points as setuptools' lists.
fn groups(entry_points: &EntryPoints) -> Value {
    let mut groups: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (group, name, point) in entry_points.iter() {
        let line = format!("{name} = {point}");
        groups.entry(group).or_default().push(line);
    }
    json!(groups)
}

/// Files that are no code, relative to the nearest package above them.
fn package_data(files: &[OwnedFile], packages: &BTreeSet<String>) -> BTreeMap<String, Vec<String>> {
    let mut data: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in files {
        if let Some((package, path)) = place(&file.member, packages) {
            data.entry(package).or_default().push(path.to_owned());
        }
    }
    data
}
