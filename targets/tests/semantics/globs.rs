//! Patterns in `sources`, as Pants 2.17.1 reads them: 200 lists of patterns over ten trees.

use crate::options;
use targets::query::Specs;
use targets::{GraphOptions, TargetGraph, imports::ImportCache};

/// What Pants answered. `tests/cases/README.md` has the format.
const ANSWERS: &str = include_str!("../../../tests/cases/globs/answers.txt");

#[test]
fn patterns_match_what_they_match_in_pants() {
    let mut checked = 0;
    let mut wrong = Vec::new();
    for tree in ANSWERS.split("tree ").skip(1) {
        let (place, lines) = tree.split_once('\n').unwrap();
        let dir = if place == "root" { "" } else { "d/" };
        let lines: Vec<&str> = lines.lines().map(|line| &line[2..]).collect();
        let is_question = |line: &&&str| line.starts_with("sources ") || line.starts_with("  ");
        let files = lines.iter().filter(|line| !is_question(line));
        let questions: Vec<_> = lines.iter().filter(is_question).collect();
        let questions = questions.chunks(2);
        let declared = questions.clone().enumerate().map(|(at, question)| {
            let patterns = question[0].trim_start_matches("sources ");
            format!("files(name='c{at}', sources={patterns})\n")
        });
        let mut contents: std::collections::BTreeMap<String, Vec<u8>> = files
            .map(|file| (format!("{dir}{file}"), Vec::new()))
            .collect();
        let build: String = declared.collect();
        contents.insert(format!("{dir}BUILD"), build.into_bytes());
        let repository = crate::load(contents, GraphOptions { ..options() }).unwrap();
        let cache = ImportCache::default();
        let graph = TargetGraph::build(&repository, &cache).unwrap();
        for (at, question) in questions.enumerate() {
            let address = format!("{}:c{at}", if dir.is_empty() { "//" } else { "d" });
            let id = Specs::parse([&*address], "").select(&graph).unwrap()[0];
            let mut found: Vec<String> = graph
                .generated(id)
                .filter_map(|id| graph.target(id).source.clone())
                .map(|path| path.trim_start_matches(dir).to_owned())
                .filter(|path| dir == "d/" || path != "BUILD")
                .collect();
            found.sort();
            let expected: Vec<String> = serde_json::from_str(question[1].trim()).unwrap();
            checked += 1;
            if found != expected {
                wrong.push(format!(
                    "{place}: {}\n  Pants {expected:?}\n  here  {found:?}",
                    question[0]
                ));
            }
        }
    }
    assert_eq!(checked, 200);
    assert!(
        wrong.is_empty(),
        "{} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
