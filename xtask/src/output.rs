//! Targets on stdout: one address per line, JSON, a graph for Graphviz, or a picture.

use std::fmt::Write as _;

use clap::ValueEnum;
use targets::{TargetGraph, TargetId};

use goals::error::GoalError;
use goals::graph::FoldedGraph;

use crate::picture;

/// How targets are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TargetFormat {
    /// One address per line
    Text,
    /// For scripts
    Json,
    /// For Graphviz
    Dot,
    /// A picture, folded by folder, cycles in red
    Svg,
    /// The picture in a page
    Html,
}

/// The edges of a graph for Graphviz.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edges {
    /// The edges between the printed targets.
    Between,
    /// No edges.
    None,
}

/// Prints targets, sorted by address.
pub(crate) fn print_targets(
    graph: &TargetGraph<'_>,
    ids: &[TargetId],
    (format, edges): (TargetFormat, Edges),
) -> Result<(), GoalError> {
    let mut sorted: Vec<(&str, TargetId)> = ids
        .iter()
        .map(|id| (&*graph.target(*id).address, *id))
        .collect();
    sorted.sort_unstable();
    sorted.dedup();
    let mut text = String::new();
    match format {
        TargetFormat::Text => {
            for (address, _) in &sorted {
                text.push_str(address);
                text.push('\n');
            }
        }
        TargetFormat::Json => {
            let addresses: Vec<&str> = sorted.iter().map(|(address, _)| *address).collect();
            return crate::json::print(&addresses);
        }
        TargetFormat::Dot => text = dot(graph, &sorted, edges)?,
        TargetFormat::Svg => text = picture::svg(&FoldedGraph::of(graph, ids)?),
        TargetFormat::Html => text = picture::html(&FoldedGraph::of(graph, ids)?, "Targets"),
    }
    crate::terminal::print(text);
    Ok(())
}

fn dot(
    graph: &TargetGraph<'_>,
    sorted: &[(&str, TargetId)],
    edges: Edges,
) -> Result<String, GoalError> {
    let mut text = String::from("digraph targets {\n");
    for (address, id) in sorted {
        let _infallible = writeln!(text, "  {};", quoted(address));
        if edges == Edges::None {
            continue;
        }
        let mut others: Vec<&str> = graph
            .dependencies(*id)?
            .into_iter()
            .map(|other| &*graph.target(other).address)
            .filter(|other| {
                sorted
                    .binary_search_by(|(address, _)| address.cmp(other))
                    .is_ok()
            })
            .collect();
        others.sort_unstable();
        for other in others {
            let _infallible = writeln!(text, "  {} -> {};", quoted(address), quoted(other));
        }
    }
    text.push_str("}\n");
    Ok(text)
}

fn quoted(address: &str) -> String {
    format!("\"{}\"", address.replace('\\', "\\\\").replace('"', "\\\""))
}
