//! Keys of projects that are like one that says what is required, and are none: what was meant by them
//! would be missing in the lock without a word.

use toml_edit::{Item, TableLike, Value};

use super::inferred::IgnoredKey;
use super::manifest::ProjectManifest;
use model::nearest;

/// `[project]` (PEP 621, PEP 639, PEP 794).
const PROJECT: &[&str] = &[
    "authors",
    "classifiers",
    "dependencies",
    "description",
    "dynamic",
    "entry-points",
    "gui-scripts",
    "import-names",
    "import-namespaces",
    "keywords",
    "license",
    "license-files",
    "maintainers",
    "name",
    "optional-dependencies",
    "readme",
    "requires-python",
    "scripts",
    "urls",
    "version",
];

/// A source of `[tool.uv.sources]`.
const UV_SOURCE: &[&str] = &[
    "branch",
    "editable",
    "extra",
    "git",
    "group",
    "index",
    "lfs",
    "marker",
    "package",
    "path",
    "rev",
    "subdirectory",
    "tag",
    "url",
    "workspace",
];

/// `[tool.poetry]`.
const POETRY: &[&str] = &[
    "authors",
    "build",
    "build-constraints",
    "classifiers",
    "dependencies",
    "description",
    "dev-dependencies",
    "documentation",
    "exclude",
    "extras",
    "group",
    "homepage",
    "include",
    "keywords",
    "license",
    "maintainers",
    "name",
    "package-mode",
    "packages",
    "plugins",
    "readme",
    "repository",
    "requires-plugins",
    "requires-poetry",
    "scripts",
    "source",
    "urls",
    "version",
];

/// A dependency of Poetry that is a table.
const POETRY_DEPENDENCY: &[&str] = &[
    "allow-prereleases",
    "branch",
    "develop",
    "extras",
    "file",
    "git",
    "markers",
    "optional",
    "path",
    "platform",
    "python",
    "rev",
    "source",
    "subdirectory",
    "tag",
    "url",
    "version",
];

/// The keys of a project that are like a known one.
pub(super) fn keys(project: &ProjectManifest) -> Vec<IgnoredKey> {
    let mut found = Vec::new();
    let mut look = |keys: &[&str], item: &Item, known: &[&'static str]| {
        if let Some(table) = item.as_table_like() {
            let names = table.iter();
            add(project, keys, (names, known), &mut found);
        }
        let tables = item.as_array().into_iter().flatten();
        for table in tables.filter_map(Value::as_inline_table) {
            add(project, keys, (TableLike::iter(table), known), &mut found);
        }
    };
    for (keys, known) in [
        (&["project"][..], PROJECT),
        (&["tool", "poetry"][..], POETRY),
    ] {
        if let Some(item) = project.item(keys) {
            look(keys, item, known);
        }
    }
    for (keys, known) in [
        (&["tool", "uv", "sources"], UV_SOURCE),
        (&["tool", "poetry", "dependencies"], POETRY_DEPENDENCY),
    ] {
        let entries = project.table(keys).into_iter().flat_map(TableLike::iter);
        for (name, item) in entries {
            look(&[keys, &[name][..]].concat(), item, known);
        }
    }
    found
}

type Named<'a> = (toml_edit::Iter<'a>, &'a [&'static str]);

fn add(
    project: &ProjectManifest,
    keys: &[&str],
    (names, known): Named<'_>,
    found: &mut Vec<IgnoredKey>,
) {
    for (name, item) in names.filter(|(name, _)| !known.contains(name)) {
        if let Some(near) = nearest(name, known.iter().copied()) {
            found.push(IgnoredKey {
                name: [keys, &[name]].concat().join("."),
                place: project.place_of(item.span()),
                why: format!("there is no such key, did you mean `{near}`?"),
            });
        }
    }
}
