//! A folded target graph as a picture: boxes in columns, arrows to the right, cycles in red.

use std::fmt::Write as _;

use goals::graph::FoldedGraph;
use lockfile::diff::escaped;

/// The size of a box, and the room between boxes.
const BOX: (usize, usize) = (220, 40);
const GAP: (usize, usize) = (90, 18);
const MARGIN: usize = 20;

/// The colours of a cycle, and of what is in none.
const IN_CYCLE: &str = "#b00020";
const PLAIN: &str = "#44546a";

/// Where the boxes stand.
struct Layout {
    /// The left upper corner of each box.
    corners: Vec<(usize, usize)>,
    width: usize,
    height: usize,
}

impl Layout {
    fn of(graph: &FoldedGraph) -> Self {
        let layers = graph.layers();
        let columns = layers.iter().max().map_or(0, |last| last + 1);
        let mut order: Vec<Vec<usize>> = vec![Vec::new(); columns];
        for (node, layer) in layers.iter().enumerate() {
            order[*layer].push(node);
        }
        let mut rows = vec![0_usize; layers.len()];
        for nodes in &order {
            nodes
                .iter()
                .enumerate()
                .for_each(|(row, node)| rows[*node] = row);
        }
        // Boxes move towards the middle of what points at them, column by column.
        for _ in 0..4 {
            for nodes in &mut order {
                nodes.sort_by_key(|node| middle(graph, &rows, *node));
                nodes
                    .iter()
                    .enumerate()
                    .for_each(|(row, node)| rows[*node] = row);
            }
        }
        let tallest = order.iter().map(Vec::len).max().unwrap_or(0);
        let corner = |node: usize| {
            let x = MARGIN + layers[node] * (BOX.0 + GAP.0);
            let y = MARGIN + rows[node] * (BOX.1 + GAP.1);
            (x, y)
        };
        Self {
            corners: (0..layers.len()).map(corner).collect(),
            width: 2 * MARGIN + columns * (BOX.0 + GAP.0),
            height: 2 * MARGIN + tallest * (BOX.1 + GAP.1),
        }
    }
}

/// A thousandth of a row: the middle of the boxes that a box has arrows from and to.
fn middle(graph: &FoldedGraph, rows: &[usize], node: usize) -> usize {
    let others = graph.edges.keys().filter_map(|(from, to)| match node {
        _ if *from == node => Some(rows[*to]),
        _ if *to == node => Some(rows[*from]),
        _ => None,
    });
    let others: Vec<usize> = others.collect();
    match others.len() {
        0 => rows[node] * 1000,
        count => others.iter().sum::<usize>() * 1000 / count,
    }
}

/// The picture as an SVG file.
pub(crate) fn svg(graph: &FoldedGraph) -> String {
    let layout = Layout::of(graph);
    let (width, height) = (layout.width, layout.height);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"12\">\n"
    );
    for (id, color) in [("plain", PLAIN), ("cycle", IN_CYCLE)] {
        let _infallible = writeln!(
            text,
            "<marker id=\"{id}\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0 L8 4 L0 8 z\" fill=\"{color}\"/></marker>"
        );
    }
    for ((from, to), count) in &graph.edges {
        let (start, end) = (layout.corners[*from], layout.corners[*to]);
        let (x1, y1) = (start.0 + BOX.0, start.1 + BOX.1 / 2);
        let (x2, y2) = (end.0, end.1 + BOX.1 / 2);
        let cycle = graph.folders[*from].cycle;
        let is_of_cycle = cycle.is_some() && cycle == graph.folders[*to].cycle;
        let (id, color) = match is_of_cycle {
            true => ("cycle", IN_CYCLE),
            false => ("plain", PLAIN),
        };
        let bend = GAP.0 * 2 / 3;
        let _infallible = writeln!(
            text,
            "<path class=\"edge from{from} to{to}\" d=\"M{x1} {y1} C{} {y1} {} {y2} {x2} {y2}\" fill=\"none\" stroke=\"{color}\" marker-end=\"url(#{id})\"><title>{} → {}: {count}</title></path>",
            x1 + bend,
            x2.saturating_sub(bend),
            escaped(&graph.folders[*from].name),
            escaped(&graph.folders[*to].name),
        );
    }
    for (node, folder) in graph.folders.iter().enumerate() {
        let (x, y) = layout.corners[node];
        let color = folder.cycle.map_or(PLAIN, |_| IN_CYCLE);
        let name = escaped(&folder.name);
        let targets = match folder.targets {
            1 => "1 target".to_owned(),
            count => format!("{count} targets"),
        };
        let _infallible = writeln!(
            text,
            "<g class=\"node\" data-node=\"{node}\"><title>{name}</title><rect x=\"{x}\" y=\"{y}\" width=\"{}\" height=\"{}\" rx=\"5\" fill=\"#f7f8fa\" stroke=\"{color}\"/><text x=\"{}\" y=\"{}\" fill=\"#1b1f24\">{}</text><text x=\"{}\" y=\"{}\" fill=\"#57606a\" font-size=\"10\">{targets}</text></g>",
            BOX.0,
            BOX.1,
            x + 8,
            y + 17,
            escaped(&shortened(&folder.name)),
            x + 8,
            y + 32,
        );
    }
    text.push_str("</svg>\n");
    text
}

/// The picture in a page, where a click on a box shows its arrows alone.
pub(crate) fn html(graph: &FoldedGraph, title: &str) -> String {
    let mut rows = String::new();
    for ((from, to), count) in &graph.edges {
        let _infallible = writeln!(
            rows,
            "<tr><td>{}</td><td>{}</td><td>{count}</td></tr>",
            escaped(&graph.folders[*from].name),
            escaped(&graph.folders[*to].name)
        );
    }
    let cycles = graph.folders.iter().filter_map(|folder| folder.cycle).max();
    let cycles = match cycles.map_or(0, |last| last + 1) {
        0 => "No cycles between folders.".to_owned(),
        1 => "One cycle between folders, in red.".to_owned(),
        count => format!("{count} cycles between folders, in red."),
    };
    let title = escaped(title);
    let svg = svg(graph);
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title>\n<style>body{{font-family:sans-serif;margin:1rem;color:#1b1f24;background:#fff}}.picture{{overflow:auto;border:1px solid #d0d7de}}.faded{{opacity:.08}}td,th{{padding:.1rem .8rem .1rem 0;text-align:left}}.node{{cursor:pointer}}</style></head>\n<body><h1>{title}</h1><p>{cycles} A click on a folder shows its arrows alone, another one all.</p>\n<div class=\"picture\">{svg}</div>\n<h2>Dependencies</h2>\n<table><tr><th>from</th><th>to</th><th>how many</th></tr>\n{rows}</table>\n<script>{SCRIPT}</script></body></html>\n"
    )
}

const SCRIPT: &str = "let chosen=null;document.querySelectorAll('.node').forEach(node=>node.addEventListener('click',()=>{const at=node.dataset.node;chosen=chosen===at?null:at;document.querySelectorAll('.edge').forEach(edge=>edge.classList.toggle('faded',chosen!==null&&!edge.classList.contains('from'+at)&&!edge.classList.contains('to'+at)))}));";

/// A name that fits its box: its end says more than its start.
fn shortened(name: &str) -> String {
    const FIT: usize = 30;
    let count = name.chars().count();
    match count > FIT {
        true => format!(
            "…{}",
            name.chars().skip(count - FIT + 1).collect::<String>()
        ),
        false => name.to_owned(),
    }
}
