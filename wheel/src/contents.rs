//! Judges where the files of a wheel are: what installs without an error and helps nobody.
//!
//! The findings are those of check-wheel-contents
//! (<https://github.com/jwodder/check-wheel-contents>), whose codes they name.

use std::collections::{BTreeMap, BTreeSet};

use crate::finding::WheelFinding;
use crate::read_member::ReadMember;

/// Names that many projects have for something that is not to be installed.
const COMMON_NAMES: &[&str] = &[
    ".eggs", ".nox", ".tox", ".venv", "app", "build", "cli", "data", "dist", "doc", "docs",
    "example", "examples", "lib", "scripts", "src", "test", "tests", "venv",
];

/// The findings about the places of members.
pub(crate) fn judge(members: &BTreeMap<String, ReadMember>) -> Vec<WheelFinding> {
    let mut findings = Vec::new();
    let mut note = |code: &'static str, problem: String| {
        findings.push(WheelFinding::Contents { code, problem });
    };
    let library: Vec<&str> = members.keys().filter_map(|name| in_library(name)).collect();
    for name in members.keys().filter(|name| name.ends_with(".pyc")) {
        note(
            "W001",
            format!("`{name}` is bytecode, which installers make"),
        );
    }
    for names in duplicates(members) {
        let names = names.join("`, `");
        note("W002", format!("`{names}` have the same bytes"));
    }
    for name in &library {
        let is_top = !name.contains('/');
        if is_top && *name == "__init__.py" {
            note(
                "W006",
                "`__init__.py` is at the top, in no package".to_owned(),
            );
        }
        if is_top && !is_ignored_at_top(name) && module_stem(name).is_none() {
            note(
                "W003",
                format!("`{name}` is installed beside the modules of all projects"),
            );
        }
        if module_stem(name).is_some() && !is_importable(name) {
            note(
                "W004",
                format!(
                    "`{name}` is a module that cannot be imported: not all of its path are identifiers"
                ),
            );
        }
    }
    let tops: BTreeSet<&str> = library
        .iter()
        .map(|name| name.split_once('/').map_or(*name, |(top, _)| top))
        .collect();
    for name in tops.iter().filter(|name| COMMON_NAMES.contains(name)) {
        note(
            "W005",
            format!("`{name}` is a name at the top that other projects use too"),
        );
    }
    if library.is_empty() {
        let is_empty = members.keys().all(|name| is_dist_info(name));
        match is_empty {
            true => note("W008", "the wheel has no file but its metadata".to_owned()),
            false => note(
                "W007",
                "the wheel has no module and no data of one".to_owned(),
            ),
        }
    }
    let own: Vec<&str> = tops
        .iter()
        .copied()
        .filter(|name| !name.starts_with('_') && !is_ignored_at_top(name))
        .collect();
    if own.len() > 1 {
        note(
            "W009",
            format!("there is more than one name at the top: {}", own.join(", ")),
        );
    }
    for top in tops.iter().filter(|top| !top.ends_with("-stubs")) {
        let mut inside = library.iter().filter(|name| {
            let rest = name.strip_prefix(top);
            rest.is_some_and(|rest| rest.starts_with('/'))
        });
        let is_folder = inside.clone().next().is_some();
        if is_folder && !inside.any(|name| module_stem(name).is_some()) {
            note("W010", format!("`{top}` at the top has no module"));
        }
    }
    findings
}

/// The path below `site-packages`; `None` for what is installed elsewhere.
fn in_library(name: &str) -> Option<&str> {
    if is_dist_info(name) {
        return None;
    }
    match name.split_once(".data/") {
        Some((top, rest)) if !top.contains('/') => rest
            .strip_prefix("purelib/")
            .or_else(|| rest.strip_prefix("platlib/")),
        _ => Some(name),
    }
}

fn is_dist_info(name: &str) -> bool {
    let top = name.split_once('/').map(|(top, _)| top);
    top.is_some_and(|top| top.ends_with(".dist-info"))
}

fn is_ignored_at_top(name: &str) -> bool {
    name.ends_with(".pth") && !name.contains('/')
}

/// The name of a module without its ending; `None` if a file is no module.
fn module_stem(name: &str) -> Option<&str> {
    let file = name.rsplit('/').next().unwrap_or(name);
    if let Some(stem) = file.strip_suffix(".py") {
        return Some(stem);
    }
    let is_extension = file.ends_with(".so") || file.ends_with(".pyd");
    let (stem, rest) = file.split_once('.')?;
    let is_tagged = matches!(rest, "so" | "pyd" | "abi3.so")
        || rest.starts_with("cpython-")
        || rest.starts_with("cp3")
        || rest.starts_with("pypy");
    (is_extension && is_tagged).then_some(stem)
}

fn is_importable(name: &str) -> bool {
    let (folders, _) = name.rsplit_once('/').unwrap_or(("", name));
    let folders = folders.split('/').filter(|folder| !folder.is_empty());
    let mut parts = folders.chain(module_stem(name));
    parts.all(|part| {
        let part = part.strip_suffix("-stubs").unwrap_or(part);
        let mut chars = part.chars();
        let starts = chars.next().is_some_and(|c| c.is_alphabetic() || c == '_');
        starts && chars.all(|c| c.is_alphanumeric() || c == '_') && !KEYWORDS.contains(&part)
    })
}

/// The keywords of Python, none of which can name a module in an import.
const KEYWORDS: &[&str] = &[
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue",
    "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import",
    "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while",
    "with", "yield",
];

/// Groups of members with the same bytes. Files of a byte or none, as many `__init__.py` are, do
/// not count.
fn duplicates(members: &BTreeMap<String, ReadMember>) -> Vec<Vec<&str>> {
    let mut by_hash: BTreeMap<[u8; 32], Vec<&str>> = BTreeMap::new();
    for (name, member) in members {
        if member.size > 1 && !name.ends_with(".dist-info/RECORD") {
            by_hash.entry(member.sha256).or_default().push(name);
        }
    }
    by_hash
        .into_values()
        .filter(|names| names.len() > 1)
        .collect()
}
