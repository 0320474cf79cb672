//! Keeps the cache of actions within its limit: once a day, since all of its files are looked at.

use std::time::{Duration, SystemTime};

use camino::Utf8Path;
use engine::Engine;

use crate::session::Session;

/// How often it is looked at.
const EVERY: Duration = Duration::from_secs(24 * 60 * 60);

/// Removes what was used longest ago, if the cache is larger than the settings allow.
pub(super) fn tidy(session: &Session, engine: &Engine) {
    let stamp = engine.cache_folder().join("tidied");
    if is_recent(&stamp) || fs_err::write(&stamp, "").is_err() {
        return;
    }
    let limit = session.settings.global.local_store_files_max_size_bytes;
    let report = engine.tidy(limit);
    if report.removed.files > 0 {
        session.detail(format_args!(
            "removed {} files of the cache that were used longest ago",
            report.removed.files
        ));
    }
}

fn is_recent(stamp: &Utf8Path) -> bool {
    let written = fs_err::metadata(stamp).and_then(|metadata| metadata.modified());
    written.is_ok_and(|written| {
        let age = SystemTime::now().duration_since(written);
        age.is_ok_and(|age| age < EVERY)
    })
}
