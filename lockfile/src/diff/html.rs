//! A diff as a page: a table for each resolve, alarms first, a mark for what is added, removed, changed.

use std::fmt::Write as _;

use super::change::ChangeKind;
use super::lock_diff::{LockDiff, PackageChange};
use super::render::summary;

const STYLE: &str = "body{font-family:sans-serif;margin:1rem;color:#1b1f24;background:#fff}table{border-collapse:collapse}\
td,th{padding:.25rem .8rem;text-align:left;border-bottom:1px solid #d0d7de}.added{border-left:4px solid #1a7f37}\
.removed{border-left:4px solid #b00020}.changed{border-left:4px solid #9a6700}.alarm td{background:#fff1f0}";

/// A page of its own, for a report or an attachment.
#[must_use]
pub fn html(diffs: &[LockDiff]) -> String {
    let mut body = String::new();
    for diff in diffs.iter().filter(|diff| !diff.is_empty()) {
        let _infallible = writeln!(
            body,
            "<h2>{}</h2>\n<p>{}</p>",
            escaped(&diff.resolve),
            escaped(&summary(diff))
        );
        let inputs = diff.inputs.iter();
        let inputs: String = inputs
            .map(|input| format!("<li>{}</li>\n", escaped(&input.to_string())))
            .collect();
        if !inputs.is_empty() {
            let _infallible = writeln!(body, "<ul>\n{inputs}</ul>");
        }
        if diff.packages.is_empty() {
            continue;
        }
        body.push_str("<table><tr><th>package</th><th>change</th><th>because</th></tr>\n");
        let (alarms, others): (Vec<_>, Vec<_>) = diff
            .packages
            .iter()
            .partition(|package| package.change.is_alarm());
        alarms
            .iter()
            .chain(&others)
            .for_each(|package| row(&mut body, package));
        body.push_str("</table>\n");
    }
    if body.is_empty() {
        body.push_str("<p>The locks do not differ.</p>\n");
    }
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>What changed in locks</title>\n<style>{STYLE}</style></head>\n<body><h1>What changed in locks</h1>\n{body}</body></html>\n"
    )
}

fn row(body: &mut String, package: &PackageChange) {
    let what = match package.change {
        ChangeKind::Added { .. } => "added",
        ChangeKind::Removed { .. } => "removed",
        _ => "changed",
    };
    let alarm = match package.change.is_alarm() {
        true => " class=\"alarm\"",
        false => "",
    };
    let _infallible = writeln!(
        body,
        "<tr{alarm}><td class=\"{what}\">{}</td><td>{what}: {}</td><td>{}</td></tr>",
        escaped(&package.name.to_string()),
        escaped(&package.change.to_string()),
        escaped(&package.because())
    );
}

/// A text as HTML and SVG have it.
#[must_use]
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
