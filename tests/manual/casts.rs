//! The recordings of terminals in the manual: each is of commands that the program takes, and is drawn on a page.

use serde_json::Value;

use super::pages::Page;
use super::{root, why_refused};
use crate::repo;

/// What a terminal showed, without colours.
fn shown(text: &str) -> String {
    let escapes = regex::Regex::new("\u{1b}\\[[0-9;?]*[A-Za-z]|\r").unwrap();
    escapes.replace_all(text, "").into_owned()
}

#[test]
fn recordings_are_of_commands_that_exist() {
    let folder = root().join("docs/casts");
    let mut paths: Vec<_> = folder
        .read_dir_utf8()
        .unwrap()
        .map(|entry| entry.unwrap().into_path())
        .filter(|path| path.extension() == Some("cast"))
        .collect();
    paths.sort();
    let names: Vec<&str> = paths.iter().filter_map(|path| path.file_stem()).collect();
    assert_eq!(names, ["lock", "merge", "release"]);
    let pages = Page::all(&root());
    for path in &paths {
        let text = fs_err::read_to_string(path).unwrap();
        let mut lines = text
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        let header = lines.next().unwrap();
        assert_eq!(header["version"], 2, "{path}");
        let mut before = 0.0;
        let mut all = String::new();
        for event in lines {
            let at = event[0].as_f64().unwrap();
            assert!(at >= before && event[1] == "o", "{path}: {event}");
            before = at;
            all.push_str(event[2].as_str().unwrap());
        }
        let all = shown(&all);
        let name = path.file_stem().unwrap();
        let session = fs_err::read_to_string(path.with_extension("sh")).unwrap();
        let picture = root().join(format!("docs/src/casts/{name}.svg"));
        let picture = fs_err::read_to_string(picture).unwrap();
        for loading in ["<script", "href=", "url(", "<image"] {
            assert!(!picture.contains(loading), "{name}.svg: {loading}");
        }
        let typed: Vec<&str> = session
            .lines()
            .filter(|line| line.starts_with("$ "))
            .collect();
        assert!(typed.len() >= 4, "{name}");
        let page = Page::parse(
            "session",
            &format!("```console\n{}\n```\n", typed.join("\n")),
        );
        for command in &page.commands {
            let prompt = format!("$ {}", command.text);
            assert!(
                all.contains(&prompt),
                "{name}.cast has no `{prompt}`: record it again"
            );
            for words in command.of_ours() {
                assert_eq!(why_refused(&repo(), &words), None, "{prompt}");
            }
        }
        let link = format!("casts/{name}.svg)");
        assert!(
            pages.iter().any(|page| page.text.contains(&link)),
            "no page has {link}"
        );
    }
}
