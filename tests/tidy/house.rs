//! Reads the repository as the rules see it: its rooms, their manifests, their source files.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use toml_edit::{DocumentMut, Item, TableLike};

/// One workspace member as ARCHITECTURE.md describes it.
pub(crate) struct Room {
    pub(crate) name: String,
    /// Whether the room touches nothing outside of the program.
    pub(crate) pure: bool,
    /// The members that it may depend on; `None` for everything.
    pub(crate) knows: Option<BTreeSet<String>>,
    /// Why it is smaller or larger than rooms are, if it is.
    pub(crate) size_reason: Option<String>,
}

/// One source file of a member.
pub(crate) struct Source {
    /// From the workspace's root.
    pub(crate) path: Utf8PathBuf,
    pub(crate) text: String,
}

impl Source {
    /// Lines of code, with their numbers from 1: no comments, no blank lines, no unit tests.
    pub(crate) fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text
            .lines()
            .enumerate()
            .take_while(|(_, line)| *line != "#[cfg(test)]")
            .filter(|(_, line)| !line.trim().is_empty() && !is_comment(line))
            .map(|(number, line)| (number + 1, line))
    }

    /// How many lines the file has, its unit tests aside.
    pub(crate) fn lines(&self) -> usize {
        self.text
            .lines()
            .take_while(|line| *line != "#[cfg(test)]")
            .count()
    }

    /// Whether the file holds tests, fixtures or benchmarks only.
    pub(crate) fn is_test(&self) -> bool {
        let name = self.path.file_stem().unwrap_or_default();
        let folders = ["tests", "benches", "examples"];
        name == "tests"
            || name.ends_with("_tests")
            || name == "fixtures"
            || name == "testing"
            || self
                .path
                .components()
                .any(|part| folders.contains(&part.as_str()))
    }

    /// Where code has one of these texts.
    pub(crate) fn places(&self, texts: &[&str]) -> Vec<String> {
        if self.is_test() {
            return Vec::new();
        }
        self.code()
            .filter(|(_, line)| texts.iter().any(|text| has_word(line, text)))
            .map(|(number, line)| format!("{}:{number}: {}", self.path, line.trim()))
            .collect()
    }

    /// The file as a tree of Rust's syntax.
    pub(crate) fn syntax(&self) -> syn::File {
        syn::parse_file(&self.text).unwrap_or_else(|error| panic!("{}: {error}", self.path))
    }
}

/// Whether a line has a text that is neither the end of a longer word nor the start of a literal.
fn has_word(line: &str, text: &str) -> bool {
    let free = |c: char| !(c.is_alphanumeric() || c == '_' || c == '"');
    line.match_indices(text).any(|(start, _)| {
        text.starts_with('.') || line[..start].chars().next_back().is_none_or(free)
    })
}

pub(crate) fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with("//")
}

/// The rooms that ARCHITECTURE.md describes: each a heading that ends with a slash.
pub(crate) fn rooms() -> Vec<Room> {
    let text = read("ARCHITECTURE.md");
    let sections = text.split("\n## ").skip(1);
    sections
        .filter_map(|section| {
            let name = section.lines().next()?.strip_suffix('/')?.to_owned();
            let said = |start: &str| section.lines().find_map(|line| line.strip_prefix(start));
            let line = |start: &str| {
                said(start)
                    .unwrap_or_else(|| panic!("{name} has no \"{start}\" line"))
                    .trim()
            };
            let knows = line("Knows:");
            Some(Room {
                pure: line("Purity:").starts_with("pure"),
                knows: (knows != "everything.").then(|| quoted(knows).into_iter().collect()),
                size_reason: said("Size:").map(str::to_owned),
                name,
            })
        })
        .collect()
}

/// The texts between backquotes.
fn quoted(line: &str) -> Vec<String> {
    line.split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

/// The members of the workspace.
pub(crate) fn members() -> BTreeSet<String> {
    let manifest: DocumentMut = read("Cargo.toml").parse().unwrap();
    let members = manifest["workspace"]["members"].as_array().unwrap();
    members
        .iter()
        .map(|member| member.as_str().unwrap().to_owned())
        .collect()
}

/// The crates that a table of a member's manifest names.
pub(crate) fn dependencies(member: &str, table: &str) -> BTreeSet<String> {
    entries(member, table).into_keys().collect()
}

/// The entries of a table of a member's manifest.
pub(crate) fn entries(member: &str, table: &str) -> BTreeMap<String, Item> {
    let manifest: DocumentMut = read(&format!("{member}/Cargo.toml")).parse().unwrap();
    let entries = manifest
        .get(table)
        .and_then(Item::as_table_like)
        .into_iter()
        .flat_map(TableLike::iter);
    entries
        .map(|(name, item)| (name.to_owned(), item.clone()))
        .collect()
}

/// Every source file of a member, tests included.
pub(crate) fn sources(member: &str) -> Vec<Source> {
    let mut sources = Vec::new();
    collect(Utf8Path::new(member), &mut sources);
    sources.sort_by(|one, other| one.path.cmp(&other.path));
    sources
}

/// The files that a member is built of: below `src/`, without tests.
pub(crate) fn built(member: &str) -> Vec<Source> {
    let below = Utf8Path::new(member).join("src");
    let mut sources = sources(member);
    sources.retain(|source| source.path.starts_with(&below) && !source.is_test());
    sources
}

/// Every source file of every member, and the end-to-end tests.
pub(crate) fn all_sources() -> Vec<Source> {
    members()
        .iter()
        .map(String::as_str)
        .chain(["tests"])
        .flat_map(sources)
        .collect()
}

fn collect(folder: &Utf8Path, sources: &mut Vec<Source>) {
    for entry in root().join(folder).read_dir_utf8().unwrap() {
        let name = entry.unwrap().file_name().to_owned();
        let path = folder.join(name);
        if root().join(&path).is_dir() {
            collect(&path, sources);
        } else if path.extension() == Some("rs") {
            let text = read(path.as_str());
            sources.push(Source { path, text });
        }
    }
}

pub(crate) fn read(path: &str) -> String {
    fs_err::read_to_string(root().join(path)).unwrap()
}

/// Whether the repository has a file or folder.
pub(crate) fn exists(path: &str) -> bool {
    root().join(path).exists()
}

/// The workspace.
fn root() -> &'static Utf8Path {
    Utf8Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}
