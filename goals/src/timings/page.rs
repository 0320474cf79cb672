//! The record as a page: bars from when each unit began to when it was over, and a table with the longest first. It
//! loads nothing and runs nothing.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use lockfile::diff::escaped;

use super::unit::{TimedUnit, UnitKind};

/// So many bars can be looked at; the table has all units.
const BARS: usize = 400;
/// The width of the time line, and the height of a bar with its space.
const WIDTH: f64 = 900.0;
const HEIGHT: usize = 18;

const STYLE: &str = "body{font-family:sans-serif;margin:1rem;color:#1b1f24;background:#fff}svg{max-width:100%}\
text{font-size:12px}table{border-collapse:collapse}td,th{padding:.2rem .8rem;text-align:left;border-bottom:1px solid #d0d7de}\
td.n{text-align:right;font-variant-numeric:tabular-nums}\
.lock{fill:#0550ae}.environment{fill:#8250df}.request{fill:#bf8700}.run{fill:#1a7f37}.cached{fill:#8c959f}";

/// A page of its own.
pub(super) fn html(begun: Instant, goal: &str, (all, units): (Duration, &[TimedUnit])) -> String {
    let title = format!("cargo xtask {}: {:.2} s", escaped(goal), all.as_secs_f64());
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\
         <title>{title}</title>\n<style>{STYLE}</style></head>\n<body><h1>{title}</h1>\n{}{}{}</body></html>\n",
        sums(units),
        bars(begun, all, units),
        table(begun, units),
    )
}

/// How many units of each kind there are, and the time of them together.
fn sums(units: &[TimedUnit]) -> String {
    let mut kinds: Vec<UnitKind> = units.iter().map(|unit| unit.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let mut text = String::from("<ul>\n");
    for kind in kinds {
        let of_kind = || units.iter().filter(|unit| unit.kind == kind);
        let seconds = of_kind()
            .map(|unit| unit.elapsed)
            .sum::<Duration>()
            .as_secs_f64();
        let _infallible = writeln!(
            text,
            "<li><svg width=\"12\" height=\"12\"><rect class=\"{kind}\" width=\"12\" height=\"12\"/></svg> \
             {kind}: {}, together {seconds:.2} s</li>",
            of_kind().count()
        );
    }
    text + "</ul>\n"
}

fn bars(begun: Instant, all: Duration, units: &[TimedUnit]) -> String {
    let mut times: Vec<Duration> = units.iter().map(|unit| unit.elapsed).collect();
    times.sort_unstable_by(|one, other| other.cmp(one));
    let least = times.get(BARS).copied().unwrap_or_default();
    let shown: Vec<&TimedUnit> = units
        .iter()
        .filter(|unit| unit.elapsed >= least)
        .take(BARS)
        .collect();
    let left_out = match units.len() - shown.len() {
        0 => String::new(),
        count => format!("<p>{count} shorter ones have no bar.</p>\n"),
    };
    let scale = WIDTH / all.as_secs_f64().max(f64::EPSILON);
    let mut text = format!(
        "<svg viewBox=\"0 0 1400 {}\" role=\"img\" aria-label=\"bars\">\n",
        shown.len() * HEIGHT
    );
    for (row, unit) in shown.iter().enumerate() {
        let x = unit.after(begun).as_secs_f64() * scale;
        let width = (unit.elapsed.as_secs_f64() * scale).max(1.0);
        let y = row * HEIGHT;
        let _infallible = writeln!(
            text,
            "<rect class=\"{}\" x=\"{x:.1}\" y=\"{y}\" width=\"{width:.1}\" height=\"14\"/>\
             <text x=\"{:.1}\" y=\"{}\">{} {:.2} s</text>",
            unit.kind,
            x + width + 4.0,
            y + 12,
            escaped(&unit.name),
            unit.elapsed.as_secs_f64(),
        );
    }
    format!("{text}</svg>\n{left_out}")
}

fn table(begun: Instant, units: &[TimedUnit]) -> String {
    let mut longest: Vec<&TimedUnit> = units.iter().collect();
    longest.sort_by_key(|unit| std::cmp::Reverse(unit.elapsed));
    let mut text =
        String::from("<table><tr><th>unit</th><th>kind</th><th>from s</th><th>took s</th></tr>\n");
    for unit in longest {
        let _infallible = writeln!(
            text,
            "<tr><td>{}</td><td>{}</td><td class=\"n\">{:.2}</td><td class=\"n\">{:.2}</td></tr>",
            escaped(&unit.name),
            unit.kind,
            unit.after(begun).as_secs_f64(),
            unit.elapsed.as_secs_f64(),
        );
    }
    text + "</table>\n"
}
