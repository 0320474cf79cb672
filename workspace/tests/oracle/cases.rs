//! Small repositories with one question each: the same targets, edges, answers and refusals.

use std::path::Path;

use serde_json::Value;
use targets::TargetGraph;
use targets::imports::ImportCache;
use targets::query::{self, Reach, Specs};

use crate::{difference, settings, utf8};

#[test]
fn small_repositories() {
    let mut cases: Vec<_> = fs_err::read_dir(testkit::cases("graph"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    cases.sort();
    let mut failures = Vec::new();
    for case in &cases {
        let differences = compare(case);
        if !differences.is_empty() {
            let name = case.file_name().unwrap().to_string_lossy();
            failures.push(format!("{name}:\n  {}", differences.join("\n  ")));
        }
    }
    println!(
        "{} of {} cases agree",
        cases.len() - failures.len(),
        cases.len()
    );
    assert!(cases.len() > 40, "only {} cases", cases.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// What the repository of a case lists, and every edge.
struct Answer {
    targets: Vec<String>,
    edges: Result<Vec<String>, String>,
}

fn answer(root: &Path) -> Result<Answer, String> {
    let cache = ImportCache::default();
    let repository =
        workspace::load(utf8(root), settings::options(root)).map_err(|error| error.to_string())?;
    let graph = TargetGraph::build(&repository, &cache).map_err(|error| error.to_string())?;
    let targets = graph
        .all()
        .map(|id| format!("{} {}", graph.target(id).address, graph.target(id).kind))
        .collect();
    Ok(Answer {
        targets,
        edges: edges(&graph),
    })
}

/// Every edge as `from -> to`.
pub(crate) fn edges(graph: &TargetGraph<'_>) -> Result<Vec<String>, String> {
    let mut edges = Vec::new();
    for id in graph.all() {
        for other in graph.dependencies(id).map_err(|error| error.to_string())? {
            let (from, to) = (&graph.target(id).address, &graph.target(other).address);
            edges.push(format!("{from} -> {to}"));
        }
    }
    Ok(edges)
}

fn compare(case: &Path) -> Vec<String> {
    let text = fs_err::read_to_string(case.join("expect.json")).unwrap();
    let expect: Value = serde_json::from_str(&text).unwrap();
    let root = case.join("in");
    let answer = answer(&root);
    let mut differences = Vec::new();
    if expect["exit_status"] == 0 {
        match &answer {
            Ok(answer) => {
                differences.extend(difference(&pairs(&expect["targets"], " "), &answer.targets));
                differences.extend(edge_differences(&expect, answer));
            }
            Err(error) => differences.push(format!("refused: {error}")),
        }
    } else {
        differences.extend(refusal_differences(&expect, &answer));
    }
    for run in expect["runs"].as_array().into_iter().flatten() {
        differences.extend(run_differences(&root, run));
    }
    if let Some(package) = expect.get("package") {
        differences.extend(package_differences(&root, package));
    }
    differences
}

fn edge_differences(expect: &Value, answer: &Answer) -> Vec<String> {
    let edges = match &answer.edges {
        Ok(edges) => edges,
        Err(error) => return vec![format!("refused: {error}")],
    };
    let expected = pairs(&expect["edges"], " -> ");
    let differences = difference(&expected, edges);
    let Some(other) = expect.get("other_version") else {
        return differences;
    };
    // Where two versions of Pants differ, either answer will do, edge by edge.
    let may_miss = pairs(&other["edges_missing_there"], " -> ");
    let may_have = pairs(&other["edges_only_there"], " -> ");
    let excused = |line: &String| {
        may_miss.iter().any(|edge| *line == format!("- {edge}"))
            || may_have.iter().any(|edge| *line == format!("+ {edge}"))
    };
    differences
        .into_iter()
        .filter(|line| !excused(line))
        .collect()
}

fn refusal_differences(expect: &Value, answer: &Result<Answer, String>) -> Vec<String> {
    let list = expect.get("list");
    let list_works = list.is_some_and(|list| list["rc"] == 0);
    match answer {
        Err(error) if list_works => vec![format!("list refused: {error}")],
        Err(_) => Vec::new(),
        Ok(answer) => {
            let mut differences = Vec::new();
            if answer.edges.is_ok() {
                differences.push("not refused".to_owned());
            }
            if list.is_some() && !list_works {
                differences.push("list not refused".to_owned());
            }
            if let Some(list) = list.filter(|_| list_works) {
                let actual: Vec<String> = answer
                    .targets
                    .iter()
                    .map(|line| line.split(' ').next().unwrap().to_owned())
                    .collect();
                differences.extend(difference(&lines(&list["stdout"]), &actual));
            }
            differences
        }
    }
}

fn run_differences(root: &Path, run: &Value) -> Vec<String> {
    let arguments: Vec<&str> = run["args"]
        .as_array()
        .unwrap()
        .iter()
        .map(|text| text.as_str().unwrap())
        .collect();
    let result = execute(root, &arguments);
    let differences = match (&result, run["rc"] == 0) {
        (Ok(actual), true) => match arguments.contains(&"peek") {
            // The recorded answer is Pants' JSON: only the dependencies are ours to match.
            true => difference(&peeked(&run["stdout"]), actual),
            false => difference(&lines(&run["stdout"]), actual),
        },
        (Err(_), false) => Vec::new(),
        (Ok(_), false) => vec!["not refused".to_owned()],
        (Err(error), true) => vec![format!("refused: {error}")],
    };
    let shown = arguments.join(" ");
    differences
        .into_iter()
        .map(|line| format!("[{shown}] {line}"))
        .collect()
}

fn execute(root: &Path, arguments: &[&str]) -> Result<Vec<String>, String> {
    let mut options = settings::options(root);
    let mut words = Vec::new();
    let mut reach = Reach::Direct;
    for argument in arguments {
        match *argument {
            "--transitive" => reach = Reach::Transitive,
            other if other.starts_with("--") => settings::apply(other, &mut options),
            other => words.push(other),
        }
    }
    let cache = ImportCache::default();
    let repository = workspace::load(utf8(root), options).map_err(|error| error.to_string())?;
    let graph = TargetGraph::build(&repository, &cache).map_err(|error| error.to_string())?;
    let specs = Specs::parse(words[1..].iter().copied(), "");
    let selected = specs.select(&graph).map_err(|error| error.to_string())?;
    let found = match words[0] {
        "roots" => {
            let shown = |root: &str| {
                if root.is_empty() {
                    ".".into()
                } else {
                    root.to_owned()
                }
            };
            return Ok(graph.source_roots().into_iter().map(shown).collect());
        }
        "list" => Ok(selected),
        "dependencies" => query::dependencies(&graph, &selected, reach),
        "dependents" => query::dependents(&graph, &selected, reach),
        "peek" => query::dependencies(&graph, &selected, Reach::Direct),
        other => panic!("unknown command in a case: {other}"),
    };
    let found = found.map_err(|error| error.to_string())?;
    Ok(found
        .into_iter()
        .map(|id| graph.target(id).address.to_string())
        .collect())
}

/// Whether packaging is refused where Pants refuses it, and not elsewhere.
fn package_differences(root: &Path, package: &Value) -> Vec<String> {
    let result = package_all(root);
    match (result, package["rc"] == 0) {
        (Ok(()), true) | (Err(_), false) => Vec::new(),
        (Ok(()), false) => vec!["package not refused".to_owned()],
        (Err(error), true) => vec![format!("package refused: {error}")],
    }
}

fn package_all(root: &Path) -> Result<(), String> {
    let cache = ImportCache::default();
    let repository =
        workspace::load(utf8(root), settings::options(root)).map_err(|error| error.to_string())?;
    let graph = TargetGraph::build(&repository, &cache).map_err(|error| error.to_string())?;
    for id in graph.distributions() {
        graph
            .distribution(id, "linux_x86_64")
            .map_err(|error| error.to_string())?;
        graph
            .resolved_entry_points(id)
            .map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn peeked(stdout: &Value) -> Vec<String> {
    let targets: Value = serde_json::from_str(stdout.as_str().unwrap()).unwrap();
    let targets = targets.as_array().unwrap().iter();
    targets
        .flat_map(|target| target["dependencies"].as_array().unwrap())
        .map(|address| address.as_str().unwrap().to_owned())
        .collect()
}

fn lines(text: &Value) -> Vec<String> {
    text.as_str().unwrap().lines().map(str::to_owned).collect()
}

fn pairs(list: &Value, separator: &str) -> Vec<String> {
    let pair = |pair: &Value| {
        let (a, b) = (pair[0].as_str().unwrap(), pair[1].as_str().unwrap());
        format!("{a}{separator}{b}")
    };
    list.as_array().into_iter().flatten().map(pair).collect()
}
