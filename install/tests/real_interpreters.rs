//! What the room says of the interpreters on this machine, held against what Python says.
//!
//! Skips, visibly, where there is no Python.

#![allow(clippy::print_stdout)] // a skip must be seen

use camino::{Utf8Path, Utf8PathBuf};
use install::python::{CompatibleTags, Interpreter, Interpreters, PythonLocations, SearchPath};

fn interpreters(cache: &Utf8Path) -> Vec<Interpreter> {
    let places = PythonLocations::of_this_machine(Utf8Path::new("/nowhere"));
    let interpreters = Interpreters::new(cache);
    let found: Vec<Interpreter> = SearchPath::default()
        .candidates(&places)
        .filter_map(|candidate| interpreters.ask(&candidate.executable).ok())
        .collect();
    if found.is_empty() {
        println!("SKIPPED: there is no Python on this machine");
    }
    found
}

fn run(python: &Interpreter, code: &str) -> Option<String> {
    duct::cmd(python.executable().as_str(), ["-I", "-c", code])
        .stderr_null()
        .read()
        .ok()
}

#[test]
fn tags_are_those_of_packaging() {
    let temp = tempfile::tempdir().unwrap();
    let cache = Utf8PathBuf::from_path_buf(temp.path().to_owned()).unwrap();
    for python in interpreters(&cache) {
        let code = "from pip._vendor.packaging.tags import sys_tags; print(*sys_tags())";
        let Some(expect) = run(&python, code) else {
            println!("SKIPPED: {} has no pip", python.executable());
            continue;
        };
        let tags = CompatibleTags::of(&python);
        // `cp312-none-any` is known to newer releases of packaging only.
        let newer = |tag: &str| tag.starts_with("cp") && tag.ends_with("-none-any");
        let mut ours: Vec<String> = tags.tags().iter().map(ToString::to_string).collect();
        ours.retain(|tag| !newer(tag));
        let mut expect: Vec<&str> = expect.split_whitespace().collect();
        let mut seen = std::collections::HashSet::new();
        expect.retain(|tag| !newer(tag) && seen.insert(*tag));
        let differs = ours.iter().zip(&expect).find(|(a, b)| a != b);
        assert_eq!(
            (differs, ours.len()),
            (None, expect.len()),
            "{}",
            python.executable()
        );
    }
}

#[test]
fn markers_are_those_of_packaging() {
    let temp = tempfile::tempdir().unwrap();
    let cache = Utf8PathBuf::from_path_buf(temp.path().to_owned()).unwrap();
    for python in interpreters(&cache) {
        let code = "import json; from pip._vendor.packaging.markers import default_environment; \
                    print(json.dumps(default_environment()))";
        let Some(expect) = run(&python, code) else {
            println!("SKIPPED: {} has no pip", python.executable());
            continue;
        };
        let mut expect: serde_json::Value = serde_json::from_str(&expect).unwrap();
        expect.as_object_mut().unwrap().remove("extra");
        let ours = serde_json::to_value(python.marker_environment()).unwrap();
        assert_eq!(ours, expect, "{}", python.executable());
    }
}
