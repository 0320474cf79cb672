//! What the actions of a run did, for `--stats`.

use std::time::Duration;

use engine::{RunStats, SharedCacheStatistics};

/// What the actions of a run did, in lines.
pub fn stats_lines(stats: &RunStats) -> Vec<String> {
    let counts = [
        (stats.ran, "run here"),
        (stats.local_cache, "from the cache of this machine"),
        (stats.remote_cache, "from the shared cache"),
        (stats.remote_execution, "run elsewhere"),
        (stats.failed, "failed"),
    ];
    let counts = counts.iter().filter(|(count, _)| *count > 0);
    let counts: Vec<_> = counts
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    let mut lines = vec![match counts.is_empty() {
        true => "actions: none".to_owned(),
        false => format!("actions: {}", counts.join(", ")),
    }];
    lines.push(format!(
        "time: {}, and {} saved, with {} of outputs that were there",
        seconds(stats.wall),
        seconds(stats.saved),
        mebibytes(stats.saved_bytes)
    ));
    lines.extend(stats.shared.as_ref().map(shared_line));
    let path: Vec<_> = stats
        .critical_path
        .iter()
        .map(|(name, time)| format!("{name} ({})", seconds(*time)))
        .collect();
    if !path.is_empty() {
        lines.push(format!(
            "critical path: {}: {}",
            seconds(stats.critical_time()),
            path.join(", then ")
        ));
    }
    lines
}

/// What was had of the shared cache.
fn shared_line(shared: &SharedCacheStatistics) -> String {
    let mut parts = vec![
        format!("{} found", shared.hits),
        format!("{} not found", shared.misses),
    ];
    let some = [
        (shared.failures, "look-ups failed"),
        (shared.shared, "stored"),
        (shared.executed, "run by the server"),
    ];
    let some = some.iter().filter(|(count, _)| *count > 0);
    parts.extend(some.map(|(count, what)| format!("{count} {what}")));
    format!(
        "shared cache: {}; {} fetched, {} sent, {} calls",
        parts.join(", "),
        mebibytes(shared.fetched.bytes),
        mebibytes(shared.sent.bytes),
        shared.calls
    )
}

fn mebibytes(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20))
}

fn seconds(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_done_is_counted() {
        let stats = RunStats {
            ran: 2,
            local_cache: 1,
            failed: 1,
            wall: Duration::from_millis(1500),
            saved: Duration::from_secs(4),
            saved_bytes: 5 << 19,
            critical_path: vec![
                ("a".to_owned(), Duration::from_millis(1200)),
                ("b".to_owned(), Duration::from_millis(200)),
            ],
            shared: Some(SharedCacheStatistics {
                hits: 3,
                misses: 2,
                failures: 1,
                fetched: engine::BlobTransfer {
                    blobs: 2,
                    bytes: 3 << 19,
                },
                calls: 9,
                ..SharedCacheStatistics::default()
            }),
            ..RunStats::default()
        };
        insta::assert_snapshot!(stats_lines(&stats).join("\n"), @"
        actions: 2 run here, 1 from the cache of this machine, 1 failed
        time: 1.50 s, and 4.00 s saved, with 2.5 MiB of outputs that were there
        shared cache: 3 found, 2 not found, 1 look-ups failed; 1.5 MiB fetched, 0.0 MiB sent, 9 calls
        critical path: 1.40 s: a (1.20 s), then b (0.20 s)
        ");
        assert_eq!(stats_lines(&RunStats::default())[0], "actions: none");
    }
}
