//! The indexes that projects name in the tables of uv, Poetry and PDM.

use toml_edit::{Item, TableLike, Value};

use super::found::Projects;
use super::groups::ProjectGroup;
use super::inferred::IgnoredKey;
use super::manifest::{ProjectManifest, ProjectTool, RequirementScope};
use super::settings_text::SettingsText;

/// What stands in settings for the index of this machine's pip.
const PIP: &str = "<pip>";

/// An index that a project names.
#[derive(Clone, Debug, PartialEq, Eq)]
struct NamedIndex {
    name: String,
    url: String,
    rank: IndexRank,
}

/// When an index is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum IndexRank {
    /// Before the default one.
    First,
    /// In place of the default one.
    Default,
    /// After it.
    Supplemental,
    /// Only for the packages that name it.
    Explicit,
    /// A folder or page with files, which is no index.
    Flat,
}

/// Sets the indexes, the most important first, and those of single packages. What has no effect of what
/// projects say of them comes back.
pub(super) fn add(
    settings: &mut SettingsText,
    projects: &Projects,
    groups: &[ProjectGroup],
) -> Vec<IgnoredKey> {
    let mut ignored = Vec::new();
    // What a root says counts for all, and first.
    let is_root = |project: &ProjectManifest| groups.iter().any(|g| g.folder == project.folder);
    let (roots, others): (Vec<&ProjectManifest>, Vec<&ProjectManifest>) =
        projects.all.iter().partition(|project| is_root(project));
    let mut all: Vec<NamedIndex> = Vec::new();
    let mut packages: Vec<(String, String)> = Vec::new();
    let mut further_links: Vec<String> = Vec::new();
    for project in roots.into_iter().chain(others) {
        for index in named(project) {
            if !all.iter().any(|have| have.url == index.url) {
                all.push(index);
            }
        }
        for (package, names) in pinned(project) {
            let index = |name: &String| {
                let mut known = named(project).into_iter().chain(all.clone());
                known.find(|index| index.name == *name)
            };
            let why = match names.as_slice() {
                [name] => match index(name) {
                    Some(index) => {
                        packages.push((package, index.url));
                        continue;
                    }
                    None => format!("there is no index `{name}`"),
                },
                names => format!(
                    "a package comes from one index in all environments, and this names `{}`",
                    names.join("`, `")
                ),
            };
            ignored.push(of_package(project, &package, why));
        }
        let links = project.texts(&["tool", "uv", "find-links"]).into_iter();
        further_links.extend(links.map(str::to_owned));
    }
    let is_default = |index: &NamedIndex| index.rank == IndexRank::Default;
    let mut urls: Vec<String> = of(&all, IndexRank::First);
    match all.iter().any(is_default) {
        true => urls.extend(of(&all, IndexRank::Default)),
        false => urls.push(PIP.to_owned()),
    }
    urls.extend(of(&all, IndexRank::Supplemental));
    if urls != [PIP] {
        settings.list("python-repos", "indexes", urls);
    }
    further_links.extend(of(&all, IndexRank::Flat));
    if !further_links.is_empty() {
        settings.list("python-repos", "find_links", further_links);
    }
    for (package, url) in packages {
        settings.entry(("index", "packages"), &package, url.into());
    }
    ignored
}

/// What a project says of a package without effect.
fn of_package(project: &ProjectManifest, package: &str, why: String) -> IgnoredKey {
    let keys: &[&str] = match project.tool {
        ProjectTool::Poetry => &["tool", "poetry", "dependencies", package],
        _ => &["tool", "uv", "sources", package],
    };
    IgnoredKey {
        name: keys.join("."),
        place: project.place(keys),
        why,
    }
}

fn of(all: &[NamedIndex], rank: IndexRank) -> Vec<String> {
    let of_rank = all.iter().filter(|index| index.rank == rank);
    of_rank.map(|index| index.url.clone()).collect()
}

/// The indexes that a project names.
fn named(project: &ProjectManifest) -> Vec<NamedIndex> {
    let mut found = Vec::new();
    let mut add = |table: &dyn TableLike, rank: IndexRank| {
        let text = |key: &str| table.get(key).and_then(Item::as_str);
        if let Some(url) = text("url") {
            found.push(NamedIndex {
                name: text("name").unwrap_or_default().to_owned(),
                url: url.to_owned(),
                rank,
            });
        }
    };
    for table in project.tables(&["tool", "uv", "index"]) {
        let is = |key: &str| table.get(key).and_then(Item::as_bool) == Some(true);
        let is_flat = table.get("format").and_then(Item::as_str) == Some("flat");
        add(
            table,
            match (is("explicit"), is("default")) {
                (true, _) => IndexRank::Explicit,
                (false, _) if is_flat => IndexRank::Flat,
                (false, true) => IndexRank::Default,
                (false, false) => IndexRank::First,
            },
        );
    }
    for table in project.tables(&["tool", "poetry", "source"]) {
        let priority = table.get("priority").and_then(Item::as_str);
        add(
            table,
            match priority {
                Some("explicit") => IndexRank::Explicit,
                Some("supplemental" | "secondary") => IndexRank::Supplemental,
                _ => IndexRank::Default,
            },
        );
    }
    for table in project.tables(&["tool", "pdm", "source"]) {
        let name = table.get("name").and_then(Item::as_str);
        add(
            table,
            match name {
                Some("pypi") => IndexRank::Default,
                _ => IndexRank::Supplemental,
            },
        );
    }
    let plain = |key: &str, rank: IndexRank| {
        let urls = project.texts(&["tool", "uv", key]).into_iter();
        urls.map(move |url| NamedIndex {
            name: String::new(),
            url: url.to_owned(),
            rank,
        })
        .collect::<Vec<_>>()
    };
    found.extend(plain("index-url", IndexRank::Default));
    found.extend(plain("extra-index-url", IndexRank::First));
    found
}

/// The packages that name an index, with those that they name in any environment.
fn pinned(project: &ProjectManifest) -> Vec<(String, Vec<String>)> {
    let key = match project.tool {
        ProjectTool::Poetry => "source",
        _ => "index",
    };
    let mut found = Vec::new();
    for (package, item) in project.requirement_tables(RequirementScope::Whole) {
        let of_table = |table: &dyn TableLike| Some(table.get(key)?.as_str()?.to_owned());
        let several = item.as_array().into_iter().flatten();
        let several = several.filter_map(Value::as_inline_table);
        let mut names: Vec<String> = several.filter_map(|table| of_table(table)).collect();
        names.extend(item.as_table_like().and_then(of_table));
        names.sort_unstable();
        names.dedup();
        if !names.is_empty() {
            found.push((package.to_owned(), names));
        }
    }
    found
}
