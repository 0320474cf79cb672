//! What the graph must mean, one small repository per rule.

#![allow(clippy::unwrap_used, reason = "a mistake in a fixture fails its test")]

mod addresses;
mod dependencies;
mod distributions;
mod fields;
mod generated;
mod globs;
mod inference;
mod patterns;
mod targets_and_fields;
mod visibility;

use std::collections::BTreeMap;

use targets::imports::ImportCache;
use targets::query::{self, Reach, Specs};
use targets::{Error, GraphOptions, MemoryFiles, Repository, Resolves, TargetGraph, TargetId};

/// Options with the resolves `python-default` and `other`, and source roots `src`, `tests`, `/`.
fn options() -> GraphOptions {
    GraphOptions {
        pants_version: "2.17.1".to_owned(),
        backend_packages: vec!["pants.backend.python".to_owned()],
        root_patterns: vec!["/src".to_owned(), "/tests".to_owned(), "/".to_owned()],
        enable_resolves: Resolves::Enabled,
        platform: "linux_x86_64".to_owned(),
        resolves: BTreeMap::from([
            ("python-default".to_owned(), "default.lock".to_owned()),
            ("other".to_owned(), "other.lock".to_owned()),
        ]),
        ..GraphOptions::default()
    }
}

/// The files given as `== path` headings with contents below.
fn in_memory(files: &str) -> BTreeMap<String, Vec<u8>> {
    let files = files.split("== ").skip(1).map(|part| {
        let (path, text) = part.split_once('\n').unwrap_or((part, ""));
        (path.trim().to_owned(), text.as_bytes().to_vec())
    });
    files.collect()
}

fn load(files: BTreeMap<String, Vec<u8>>, options: GraphOptions) -> Result<Repository, Error> {
    Repository::load(Box::new(MemoryFiles::new(files)), options)
}

/// Asks something of the graph of a throw-away repository; errors become text with their line
/// and hint.
fn ask_with(
    files: &str,
    options: GraphOptions,
    question: impl FnOnce(&TargetGraph<'_>) -> Result<Vec<String>, Error>,
) -> String {
    let cache = ImportCache::default();
    let answer = || {
        let repository = load(in_memory(files), options)?;
        let graph = TargetGraph::build(&repository, &cache)?;
        let mut lines = question(&graph)?;
        for warning in graph.warnings() {
            let place = warning
                .place
                .map(|place| format!("{place}: "))
                .unwrap_or_default();
            lines.push(format!("warning: {place}{}", warning.message));
        }
        Ok(lines.join("\n"))
    };
    answer().unwrap_or_else(|error| describe(&error))
}

fn describe(error: &Error) -> String {
    let line = error
        .place()
        .map(|place| format!("\n{}", place.source_line));
    let hint = error.hint().map(|hint| format!("\nhint: {hint}"));
    format!(
        "{error}{}{}",
        line.unwrap_or_default(),
        hint.unwrap_or_default()
    )
}

/// Every target but those of the settings.
fn list(files: &str) -> String {
    ask_with(files, options(), |graph| {
        let mut lines: Vec<String> = graph
            .all()
            .filter(|id| graph.declaration(*id).is_some())
            .map(|id| format!("{} {}", graph.target(id).address, graph.target(id).kind))
            .collect();
        lines.sort();
        Ok(lines)
    })
}

/// The edges of targets that are no generators.
fn edges(files: &str) -> String {
    edges_with(files, options())
}

fn edges_with(files: &str, options: GraphOptions) -> String {
    ask_with(files, options, |graph| {
        let mut lines = Vec::new();
        for id in graph
            .all()
            .filter(|id| graph.generated(*id).next().is_none())
        {
            for other in graph.dependencies(id)? {
                lines.push(format!(
                    "{} -> {}",
                    graph.target(id).address,
                    graph.target(other).address
                ));
            }
        }
        lines.sort();
        Ok(lines)
    })
}

/// The answer to a query in words, as on the command line.
fn run(files: &str, words: &str) -> String {
    ask_with(files, options(), |graph| {
        let words: Vec<&str> = words.split(' ').collect();
        let reach = match words.contains(&"--transitive") {
            true => Reach::Transitive,
            false => Reach::Direct,
        };
        let specs = words[1..]
            .iter()
            .filter(|word| !word.starts_with("--"))
            .copied();
        let selected = match Specs::parse(specs, "").select(graph) {
            Ok(selected) => selected,
            Err(error) => return Ok(vec![format!("{error} {:?}", error.candidates)]),
        };
        let found = match words[0] {
            "list" => selected,
            "dependencies" => query::dependencies(graph, &selected, reach)?,
            "dependents" => query::dependents(graph, &selected, reach)?,
            other => panic!("unknown query {other}"),
        };
        Ok(addresses(graph, &found))
    })
}

fn addresses(graph: &TargetGraph<'_>, ids: &[TargetId]) -> Vec<String> {
    let mut lines: Vec<String> = ids
        .iter()
        .map(|id| graph.target(*id).address.to_string())
        .collect();
    lines.sort();
    lines
}
