//! Writes a plan as text: a diff of every file that changes, and every command that will run.

use std::fmt::Write;

use similar::TextDiff;

use super::steps::{Effect, Plan};

/// The plan for review.
pub fn show(plan: &Plan) -> String {
    let mut out = format!("Release {}\n", plan.version);
    for (at, step) in plan.steps.iter().enumerate() {
        let _ = writeln!(out, "\n{}. {}", at + 1, step.title());
        match step.effect() {
            Effect::Command(command) => {
                let _ = writeln!(out, "   $ {command}");
            }
            Effect::Request(request) => {
                let _ = writeln!(out, "   {request}");
            }
            Effect::Change { path, old, new } => out.push_str(&diff(path.as_str(), old, new)),
        }
    }
    for note in &plan.notes {
        let _ = write!(out, "\nnote: {note}");
    }
    if !plan.notes.is_empty() {
        out.push('\n');
    }
    out
}

fn diff(path: &str, old: Option<&str>, new: &str) -> String {
    let before = match old {
        Some(_) => format!("a/{path}"),
        None => "/dev/null".to_owned(),
    };
    let diff = TextDiff::from_lines(old.unwrap_or(""), new);
    let mut unified = diff.unified_diff();
    let unified = unified
        .context_radius(2)
        .header(&before, &format!("b/{path}"));
    unified.to_string()
}
