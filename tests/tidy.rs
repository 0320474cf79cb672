//! The rules of ARCHITECTURE.md, checked against the repository itself.
//!
//! A rule that fails names each place. Where a place is right and the rule is not, change
//! ARCHITECTURE.md, or the lists here, in the same commit.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use toml_edit::{DocumentMut, Item, TableLike};

/// More crates than this in Cargo.lock need a reason: a fresh clone builds them all.
const MAX_LOCKED_CRATES: usize = 330;

/// Lines of a file without its tests and comments. A reason to look, not a number to satisfy.
const MAX_LINES: usize = 650;

/// Files that are longer, each with its reason.
const LONGER: &[(&str, &str)] = &[];

/// What reaches out of a program: files, network, clock, environment, processes.
const IO: &[&str] = &[
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "std::time::SystemTime",
    "SystemTime::",
    "Instant::",
    "current_dir",
    "fs_err",
    "reqwest",
    "tokio",
    "duct",
    "xshell",
    "tempfile",
    "Timestamp::now",
    "Zoned::now",
    ".read_dir",
    ".is_file()",
    ".is_dir()",
    ".exists()",
    ".canonicalize",
];

/// Crates that only rooms with IO may depend on.
const IO_CRATES: &[&str] = &[
    "duct", "fs-err", "ignore", "reqwest", "rustls", "tempfile", "tokio", "xshell",
];

/// Hosts that code may name, each with its reason.
const HOSTS: &[(&str, &str)] = &[
    (
        "git-lfs.github.com",
        "the first line of every Git LFS pointer",
    ),
    (
        "cyclonedx.org",
        "the name of a schema in a bill of materials",
    ),
    ("packaging.python.org", "the specifications, in hints"),
    ("github.com", "what OWNER/NAME stands for; no test asks it"),
    (
        "docs.backend.ai",
        "metadata of published wheels, which ours must equal",
    ),
];

/// Top-level names that RFC 2606 keeps free.
const FREE_NAMES: &[&str] = &[".example", ".invalid", ".test"];

/// What only `xtask` does.
const EDGE: &[&str] = &[
    "println!",
    "eprintln!",
    "print!(",
    "eprint!(",
    "process::exit",
    "env::args",
    "clap::",
    "std::io::stdout",
    "std::io::stderr",
    "anstream",
    "indicatif",
];

/// One workspace member as ARCHITECTURE.md describes it.
struct Room {
    name: String,
    /// `pure` with the paths that are not, below `src/`; `None` for IO.
    impure: Option<Vec<String>>,
    /// `None` for everything.
    knows: Option<BTreeSet<String>>,
}

/// One source file of a member.
struct Source {
    /// From the workspace's root.
    path: Utf8PathBuf,
    text: String,
}

#[test]
fn each_member_has_a_heading_and_nothing_else_has() {
    let described: BTreeSet<_> = rooms().into_iter().map(|room| room.name).collect();
    assert_eq!(described, members());
}

#[test]
fn what_is_pure_reaches_nothing() {
    let mut places = Vec::new();
    for room in rooms() {
        let Some(impure) = &room.impure else { continue };
        for source in sources(&room.name) {
            let within = source.path.strip_prefix(&room.name).unwrap();
            let Ok(within) = within.strip_prefix("src") else {
                continue;
            };
            if !impure
                .iter()
                .any(|path| within.starts_with(path.trim_end_matches('/')))
            {
                places.extend(source.places(IO));
            }
        }
        if impure.is_empty() {
            let depended = dependencies(&room.name, "dependencies");
            places.extend(
                depended
                    .into_iter()
                    .filter(|d| IO_CRATES.contains(&d.as_str())),
            );
        }
    }
    none(
        &places,
        "pure code must not reach out; move it, or change the room's \"Purity:\" line",
    );
}

#[test]
fn what_is_listed_as_impure_exists() {
    for room in rooms() {
        for path in room.impure.unwrap_or_default() {
            let path = root().join(&room.name).join("src").join(path);
            assert!(path.exists(), "ARCHITECTURE.md names {path}");
        }
    }
}

#[test]
fn rooms_know_whom_they_say() {
    for room in rooms() {
        let Some(knows) = room.knows else { continue };
        let depended: BTreeSet<_> = dependencies(&room.name, "dependencies")
            .intersection(&members())
            .cloned()
            .collect();
        assert_eq!(
            depended, knows,
            "{}'s \"Knows:\" line and its Cargo.toml",
            room.name
        );
        let in_tests: BTreeSet<_> = dependencies(&room.name, "dev-dependencies")
            .intersection(&members())
            .cloned()
            .collect();
        let allowed: BTreeSet<_> = knows
            .into_iter()
            .chain(["testkit".to_owned(), room.name.clone()])
            .collect();
        assert!(
            in_tests.is_subset(&allowed),
            "{}'s tests know {in_tests:?}",
            room.name
        );
    }
}

#[test]
fn only_the_edge_prints_exits_and_reads_flags() {
    let rooms = rooms();
    let inner = rooms
        .iter()
        .filter(|room| !["xtask", "testkit"].contains(&room.name.as_str()));
    let places: Vec<_> = inner
        .flat_map(|room| sources(&room.name))
        .filter(|source| {
            source
                .path
                .components()
                .nth(1)
                .is_some_and(|c| c.as_str() == "src")
        })
        .flat_map(|source| source.places(EDGE))
        .collect();
    none(&places, "only xtask prints, exits and reads flags");
}

#[test]
fn every_file_says_what_it_is() {
    let places: Vec<_> = all_sources()
        .into_iter()
        .filter(|source| !source.text.starts_with("//! "))
        .map(|source| source.path.into_string())
        .collect();
    none(
        &places,
        "every file opens with `//!`: what it is and why it is here",
    );
}

#[test]
fn no_file_is_two_ideas() {
    let mut places = Vec::new();
    for source in all_sources() {
        let lines = source.code().count();
        let listed = LONGER.iter().any(|(path, _)| source.path == *path);
        if lines > MAX_LINES && !listed && !source.is_test() {
            places.push(format!("{}: {lines} lines", source.path));
        }
    }
    none(
        &places,
        "past 650 lines, is it two ideas? If not, list it here with its reason",
    );
    for (path, _) in LONGER {
        let text = read(path);
        assert!(
            text.lines().count() > MAX_LINES,
            "{path} is shorter now: take it off the list"
        );
    }
}

#[test]
fn no_code_names_a_host_that_exists() {
    let places: Vec<_> = all_sources()
        .iter()
        .flat_map(|source| {
            let lines = source.text.lines().enumerate();
            lines
                .filter(|(_, line)| !is_comment(line) && names_a_host(line))
                .map(|(number, line)| format!("{}:{}: {}", source.path, number + 1, line.trim()))
        })
        .collect();
    none(
        &places,
        "use 127.0.0.1, or a name such as index.example, which cannot exist",
    );
}

#[test]
fn the_dependencies_stay_few() {
    let lock: DocumentMut = read("Cargo.lock").parse().unwrap();
    let count = lock["package"].as_array_of_tables().unwrap().len();
    assert!(
        count <= MAX_LOCKED_CRATES,
        "{count} crates in Cargo.lock, and {MAX_LOCKED_CRATES} is the ceiling: raise it with a reason"
    );
}

#[test]
fn every_dependency_is_in_the_workspaces_table() {
    let places: Vec<_> = members()
        .into_iter()
        .flat_map(|member| {
            let manifest = manifest(&member);
            let own: Vec<_> = ["dependencies", "dev-dependencies"]
                .into_iter()
                .flat_map(|table| table_entries(manifest.get(table)))
                .filter(|(_, item)| !from_workspace(item))
                .map(|(name, _)| format!("{member}: {name}"))
                .collect();
            own
        })
        .collect();
    none(
        &places,
        "versions stand in the root's [workspace.dependencies]",
    );
}

#[test]
fn the_rules_find_what_they_look_for() {
    let source = |text: &str| Source {
        path: "model/src/name.rs".into(),
        text: text.to_owned(),
    };
    let code = source("let x = fs_err::read(p);\n// fs_err\n#[cfg(test)]\nuse fs_err;");
    assert_eq!(code.places(IO).len(), 1);
    assert_eq!(
        source("let x = my_reqwest; path.exists()").places(IO).len(),
        1
    );
    assert_eq!(source("let x = my_reqwest;").places(IO).len(), 0);
    assert_eq!(
        source("println!(\"x\"); eprintln!(\"x\");")
            .places(EDGE)
            .len(),
        1
    );
    // In two parts, so that this file does not break the rule.
    let url = |host: &str| format!("let url = \"https:{}//{host}/simple/\";", "");
    for host in [
        "index.example",
        "127.0.0.1:80",
        "me:secret@index.example",
        "{host}",
    ] {
        assert!(!names_a_host(&url(host)), "{host}");
    }
    for host in ["real.org", "real.org:443", "index.example@real.org"] {
        assert!(names_a_host(&url(host)), "{host}");
    }
}

impl Source {
    /// Lines of code, with their numbers from 1: no comments, no blank lines, no unit tests.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text
            .lines()
            .enumerate()
            .take_while(|(_, line)| *line != "#[cfg(test)]")
            .filter(|(_, line)| !line.trim().is_empty() && !is_comment(line))
            .map(|(number, line)| (number + 1, line))
    }

    fn is_test(&self) -> bool {
        let name = self.path.file_stem().unwrap_or_default();
        name == "tests"
            || name.ends_with("_tests")
            || name == "fixtures"
            || self
                .path
                .components()
                .any(|part| ["tests", "benches"].contains(&part.as_str()))
    }

    /// Where code has one of these texts.
    fn places(&self, texts: &[&str]) -> Vec<String> {
        if self.is_test() {
            return Vec::new();
        }
        self.code()
            .filter(|(_, line)| texts.iter().any(|text| has_word(line, text)))
            .map(|(number, line)| format!("{}:{number}: {}", self.path, line.trim()))
            .collect()
    }
}

/// Whether a line has a text that is neither the end of a longer word nor the start of a literal.
fn has_word(line: &str, text: &str) -> bool {
    let free = |c: char| !(c.is_alphanumeric() || c == '_' || c == '"');
    line.match_indices(text).any(|(start, _)| {
        text.starts_with('.') || line[..start].chars().next_back().is_none_or(free)
    })
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with("//")
}

fn names_a_host(line: &str) -> bool {
    ["http://", "https://", "ssh://"].iter().any(|scheme| {
        line.split(scheme).skip(1).any(|rest| {
            let authority = rest
                .split(|c: char| !(c.is_ascii_alphanumeric() || ".-:@%_$".contains(c)))
                .next()
                .unwrap_or_default();
            let host = authority.rsplit('@').next().unwrap_or_default();
            let host = host.split(':').next().unwrap_or_default();
            host.contains('.')
                && host != "127.0.0.1"
                && !FREE_NAMES.iter().any(|name| host.ends_with(name))
                && !HOSTS.iter().any(|(known, _)| host == *known)
        })
    })
}

fn rooms() -> Vec<Room> {
    let text = read("ARCHITECTURE.md");
    let sections = text.split("\n## ").skip(1);
    sections
        .filter_map(|section| {
            let name = section.lines().next()?.strip_suffix('/')?.to_owned();
            let line = |start: &str| {
                let line = section.lines().find_map(|line| line.strip_prefix(start));
                line.unwrap_or_else(|| panic!("{name} has no \"{start}\" line"))
                    .trim()
            };
            let purity = line("Purity:");
            let knows = line("Knows:");
            Some(Room {
                impure: purity.starts_with("pure").then(|| quoted(purity)),
                knows: (knows != "everything.").then(|| quoted(knows).into_iter().collect()),
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

fn members() -> BTreeSet<String> {
    let manifest: DocumentMut = read("Cargo.toml").parse().unwrap();
    let members = manifest["workspace"]["members"].as_array().unwrap();
    members
        .iter()
        .map(|member| member.as_str().unwrap().to_owned())
        .collect()
}

fn manifest(member: &str) -> DocumentMut {
    read(&format!("{member}/Cargo.toml")).parse().unwrap()
}

fn dependencies(member: &str, table: &str) -> BTreeSet<String> {
    table_entries(manifest(member).get(table))
        .into_keys()
        .collect()
}

fn table_entries(table: Option<&Item>) -> BTreeMap<String, Item> {
    let entries = table
        .and_then(Item::as_table_like)
        .into_iter()
        .flat_map(TableLike::iter);
    entries
        .map(|(name, item)| (name.to_owned(), item.clone()))
        .collect()
}

fn from_workspace(dependency: &Item) -> bool {
    dependency.get("workspace").and_then(Item::as_bool) == Some(true)
}

/// Every source file of a member.
fn sources(member: &str) -> Vec<Source> {
    let mut sources = Vec::new();
    collect(Utf8Path::new(member), &mut sources);
    sources
}

fn all_sources() -> Vec<Source> {
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

fn none(places: &[String], rule: &str) {
    assert!(places.is_empty(), "{rule}:\n{}", places.join("\n"));
}

fn read(path: &str) -> String {
    fs_err::read_to_string(root().join(path)).unwrap()
}

/// The workspace.
pub(crate) fn root() -> &'static Utf8Path {
    Utf8Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}
