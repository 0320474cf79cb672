//! Each link of the manual leads to a page, and to a heading in it; each page is in the table of contents.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8Path;

use super::pages::Page;
use super::root;

#[test]
fn links_lead_somewhere() {
    let pages = Page::all(&root());
    let headings: BTreeMap<&str, BTreeSet<String>> = pages
        .iter()
        .map(|page| (page.path.as_str(), anchors(&page.text)))
        .collect();
    let mut broken = Vec::new();
    let mut looked_at = 0;
    for page in &pages {
        for link in links(&page.text) {
            if link.contains("://") {
                continue;
            }
            looked_at += 1;
            let (path, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = match path {
                "" => page.path.clone(),
                path => normal(Utf8Path::new(&page.path).with_file_name(path).as_str()),
            };
            let known = headings.get(target.as_str());
            let is_there = match (known, anchor) {
                (Some(_), "") => true,
                (Some(known), anchor) => known.contains(anchor),
                (None, _) => root().join(&target).is_file(),
            };
            if !is_there {
                broken.push(format!("{}: {link}", page.path));
            }
        }
    }
    assert!(looked_at > 30, "only {looked_at} links were found");
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn each_page_is_in_the_table_of_contents() {
    let pages = Page::all(&root());
    let summary = pages.iter().find(|page| page.path.ends_with("SUMMARY.md"));
    let listed: BTreeSet<String> = links(&summary.unwrap().text)
        .into_iter()
        .map(|link| format!("docs/src/{link}"))
        .collect();
    let there: BTreeSet<String> = pages
        .iter()
        .map(|page| page.path.clone())
        .filter(|path| !path.ends_with("SUMMARY.md"))
        .collect();
    assert_eq!(listed, there);
}

/// What `](…)` names.
fn links(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut in_code = false;
    for line in text.lines() {
        in_code ^= line.starts_with("```");
        if in_code {
            continue;
        }
        let parts = line.split("](").skip(1);
        found.extend(parts.filter_map(|part| Some(part.split_once(')')?.0.to_owned())));
    }
    found
}

/// The anchors of headings, as mdbook makes them.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let anchors = headings.map(|line| {
        let title = line.trim_start_matches('#').trim().to_lowercase();
        let kept = title
            .chars()
            .filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    });
    anchors.collect()
}

fn normal(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            ".." => {
                parts.pop();
            }
            "." => {}
            part => parts.push(part),
        }
    }
    parts.join("/")
}
