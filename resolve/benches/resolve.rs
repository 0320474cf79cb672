//! How long the resolver alone takes: a synthetic index, no files, no network.
//!
//! `cargo bench -p resolve` prints, for 150 and for 600 packages and for one and several parts of
//! the universe, the median of some runs, first without a lock, then with the result as the lock.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    dead_code,
    reason = "a benchmark panics where it cannot go on, prints, and uses a part of the fixtures"
)]

#[path = "../tests/it/fixture.rs"]
mod fixture;
#[path = "../tests/it/judge.rs"]
mod judge;

use std::fmt::Write;
use std::time::{Duration, Instant};

use fixture::{Fixture, fixture};

const RUNS: usize = 15;

fn main() {
    for (packages, parts) in [(150, 1), (150, 4), (600, 1), (600, 4)] {
        let fixture = fixture(&index(packages, parts));
        let resolved = fixture.resolve().unwrap();
        let locked = fixture.locked(&resolved.resolution);
        println!(
            "{packages} packages, {} nodes, {} parts: {:?}, locked {:?}",
            resolved.resolution.nodes.len(),
            resolved.resolution.forks.len().max(1),
            median(&fixture),
            median(&locked),
        );
    }
}

fn median(fixture: &Fixture) -> Duration {
    let mut times: Vec<Duration> = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            fixture.resolve().unwrap();
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[RUNS / 2]
}

/// An index in which each package has 40 versions, each version about six requirements on
/// packages further on, one in five of them with a marker, one in ten with an extra.
fn index(packages: usize, parts: usize) -> String {
    let mut random = 1_u64;
    let mut next = move |below: usize| {
        // An LCG is random enough for a shape.
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from(random >> 33).unwrap() % below
    };
    let markers = [
        "sys_platform == 'win32'",
        "python_version < '3.11'",
        "platform_machine != 'aarch64'",
        "implementation_name == 'cpython' and sys_platform != 'darwin'",
        "python_version >= '3.12' and sys_platform == 'linux'",
    ];
    let mut text = "python CPython>=3.10\n".to_owned();
    for root in 0..packages / 5 {
        writeln!(text, "> p{root}>=10").unwrap();
    }
    for part in 1..parts {
        let low = 9 + part;
        writeln!(text, "> q{part}>=20 ; python_version >= '3.{low}'").unwrap();
        writeln!(text, "> q{part}<20 ; python_version < '3.{low}'").unwrap();
    }
    for part in 1..parts {
        writeln!(text, "q{part} 10 -> p1 \n q{part} 20 -> p2").unwrap();
    }
    for package in 0..packages {
        for version in 1..=40_usize {
            write!(
                text,
                "p{package} {version} {{python >=3.8}} {{wheel py3-none-any}} {{sdist}} "
            )
            .unwrap();
            text.push_str("-> ");
            for at in 0..if package + 1 == packages { 0 } else { 6 } {
                let span = (packages - package - 1).min(40);
                let other = package + 1 + next(span);
                let low = version.saturating_sub(3 + next(10));
                let extra = if next(10) == 0 { "[x]" } else { "" };
                let bar = if at > 0 { " | " } else { "" };
                write!(text, "{bar}p{other}{extra}>={low}").unwrap();
                if next(5) == 0 {
                    write!(text, " ; {}", markers[next(markers.len())]).unwrap();
                } else if next(10) == 0 {
                    text.push_str(" ; extra == 'x'");
                }
            }
            text.push('\n');
        }
    }
    text
}
