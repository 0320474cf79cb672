//! The pyproject.toml of a source distribution: everything is spelled out, so
//! that a build from it needs no knowledge of the repository that it came from.
//!
//! Format: <https://packaging.python.org/en/latest/specifications/pyproject-toml/> and
//! <https://setuptools.pypa.io/en/latest/userguide/pyproject_config.html>.

use std::collections::BTreeMap;

use model::RequiresDist;
use serde::Serialize;

use crate::entry_points::EntryPoints;
use crate::metadata::{CoreMetadata, License};

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Document<'a> {
    build_system: BuildSystem,
    project: Project<'a>,
    tool: Tool<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct BuildSystem {
    requires: Vec<&'static str>,
    build_backend: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Project<'a> {
    name: &'a str,
    version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    readme: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    requires_python: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    license: Option<ProjectLicense<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    authors: Vec<Person<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    maintainers: Vec<Person<'a>>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    keywords: &'a [String],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    classifiers: &'a [String],
    dependencies: &'a [RequiresDist],
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    urls: BTreeMap<&'a str, &'a str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    optional_dependencies: BTreeMap<&'a str, &'a [RequiresDist]>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    scripts: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    gui_scripts: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    entry_points: BTreeMap<String, BTreeMap<String, String>>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum ProjectLicense<'a> {
    Expression(&'a str),
    Text { text: &'a str },
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Text<'a> {
    text: &'a str,
    content_type: &'a str,
}

#[derive(Serialize)]
struct Person<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
}

#[derive(Serialize)]
struct Tool<'a> {
    setuptools: Setuptools<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Setuptools<'a> {
    packages: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    py_modules: Vec<&'a str>,
    include_package_data: bool,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    package_data: BTreeMap<String, Vec<&'a str>>,
}

/// The text of pyproject.toml. `packages` maps each folder that is a package to its files,
/// relative to it; the top is "".
pub(crate) fn pyproject(
    metadata: &CoreMetadata,
    entry_points: &EntryPoints,
    packages: &BTreeMap<String, Vec<String>>,
) -> String {
    let requires = match metadata.license {
        License::Expression(_) => "setuptools>=77",
        _ => "setuptools>=61",
    };
    let document = Document {
        build_system: BuildSystem {
            requires: vec![requires],
            build_backend: "setuptools.build_meta",
        },
        project: project(metadata, entry_points),
        tool: Tool {
            setuptools: setuptools(packages),
        },
    };
    // Strings, lists and tables with string keys cannot fail to serialise.
    toml_edit::ser::to_string_pretty(&document).unwrap_or_default()
}

fn project<'a>(metadata: &'a CoreMetadata, entry_points: &EntryPoints) -> Project<'a> {
    let mut groups: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for (group, name, point) in entry_points.iter() {
        groups
            .entry(group.to_owned())
            .or_default()
            .insert(name.to_owned(), point.to_string());
    }
    let mut urls: BTreeMap<&str, &str> = metadata
        .project_urls
        .iter()
        .map(|(label, url)| (label.as_str(), url.as_str()))
        .collect();
    if let Some(url) = &metadata.home_page {
        urls.entry("Homepage").or_insert(url);
    }
    Project {
        name: &metadata.name,
        version: metadata.version.to_string(),
        description: metadata.summary.as_deref(),
        readme: metadata.description.as_ref().map(|d| Text {
            text: &d.body,
            content_type: &d.content_type,
        }),
        requires_python: metadata.requires_python.as_deref(),
        license: match &metadata.license {
            License::None => None,
            License::Expression(expression) => Some(ProjectLicense::Expression(expression)),
            License::Text(text) => Some(ProjectLicense::Text { text }),
        },
        authors: person(metadata.author.as_deref(), metadata.author_email.as_deref()),
        maintainers: person(
            metadata.maintainer.as_deref(),
            metadata.maintainer_email.as_deref(),
        ),
        keywords: &metadata.keywords,
        classifiers: &metadata.classifiers,
        dependencies: &metadata.requires_dist,
        urls,
        optional_dependencies: metadata
            .extras
            .iter()
            .map(|(extra, list)| (extra.as_str(), list.as_slice()))
            .collect(),
        scripts: groups.remove("console_scripts").unwrap_or_default(),
        gui_scripts: groups.remove("gui_scripts").unwrap_or_default(),
        entry_points: groups,
    }
}

fn person<'a>(name: Option<&'a str>, email: Option<&'a str>) -> Vec<Person<'a>> {
    if name.is_none() && email.is_none() {
        Vec::new()
    } else {
        vec![Person { name, email }]
    }
}

fn setuptools(packages: &BTreeMap<String, Vec<String>>) -> Setuptools<'_> {
    let top = packages.get("").map(Vec::as_slice).unwrap_or_default();
    let below = packages.iter().filter(|(folder, _)| !folder.is_empty());
    Setuptools {
        packages: below
            .clone()
            .map(|(folder, _)| folder.replace('/', "."))
            .collect(),
        py_modules: top
            .iter()
            .filter_map(|name| name.strip_suffix(".py"))
            .collect(),
        include_package_data: false,
        package_data: below
            .map(|(folder, names)| (folder.replace('/', "."), data_files(names)))
            .filter(|(_, names)| !names.is_empty())
            .collect(),
    }
}

fn data_files(names: &[String]) -> Vec<&str> {
    let mut data: Vec<&str> = names
        .iter()
        .map(String::as_str)
        .filter(|name| !name.ends_with(".py"))
        .collect();
    data.sort_unstable();
    data
}
