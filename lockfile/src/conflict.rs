//! A lock in which git left conflict markers. Both sides are read, so that no pin is lost.
//!
//! Lines outside of the conflicts are git's merge of the two sides, so one side may contain a line
//! of the other. The pins are preferences only, so this does no harm.

use camino::Utf8Path;
use model::{Lock, Marker, PackageSource};

use crate::conflict_markers::{as_conflict, first_marker, sides};
use crate::error::LockReadError;
use crate::pins::{Pin, pins, sorted};
use crate::read::read;

/// The two sides of a lock with conflict markers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConflictedLock {
    /// The side above `=======`. The lines in an error are counted in the text of that side.
    pub ours: Result<Lock, LockReadError>,
    /// The side below `=======`.
    pub theirs: Result<Lock, LockReadError>,
    pins: Vec<Pin>,
}

impl ConflictedLock {
    /// The pins of both sides, sorted by name and, for one name, the highest version first. From a
    /// side that cannot be read as a lock, the pins that can be recognised.
    #[must_use]
    pub fn pins(&self) -> &[Pin] {
        &self.pins
    }
}

/// Two texts as git leaves them when it cannot merge them: as a whole, with markers of so many
/// characters around them.
#[must_use]
pub fn write_conflicted(ours: &str, theirs: &str, marker_size: usize) -> String {
    as_conflict(ours, theirs, marker_size)
}

/// Reads both sides; `None` where the text has no conflict markers. `path` is for messages.
#[must_use]
pub fn read_conflicted(text: &str, path: &Utf8Path) -> Option<ConflictedLock> {
    first_marker(text)?;
    let (ours, theirs) = sides(text);
    let mut all = Vec::new();
    let mut side = |text: &str| {
        let lock = read(text, path);
        all.extend(lock.as_ref().map_or_else(|_| salvage(text), pins));
        lock
    };
    let (ours, theirs) = (side(&ours), side(&theirs));
    let mut pins = sorted(all);
    pins.sort_by(|a, b| (&a.name, &b.version).cmp(&(&b.name, &a.version)));
    Some(ConflictedLock { ours, theirs, pins })
}

/// Recognises each `name` with its `version` on the next line.
fn salvage(text: &str) -> Vec<Pin> {
    let value = |line: &str, key: &str| {
        let rest = line.strip_prefix(key)?.strip_prefix(" = \"")?;
        rest.strip_suffix('"').map(str::to_owned)
    };
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines
        .windows(2)
        .filter_map(|pair| {
            Some(Pin {
                name: value(pair[0], "name")?.parse().ok()?,
                version: value(pair[1], "version")?.parse().ok()?,
                source: PackageSource::Index(model::IndexRole::Primary),
                marker: Marker::TRUE,
                requires: Vec::new(),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::FULL;

    #[track_caller]
    fn check(ours: &str, theirs: &str, expect: &str) {
        let old = "version = \"3.10.10\"\n";
        let conflict =
            format!("<<<<<<< HEAD\n{ours}\n||||||| base\n{old}=======\n{theirs}\n>>>>>>> other\n");
        let text = FULL.replacen(old, &conflict, 1);
        let conflicted = read_conflicted(&text, "python.lock".into()).unwrap();
        let pins = conflicted.pins().iter();
        let pins: Vec<String> = pins
            .filter(|pin| pin.name.as_str() == "aiohttp")
            .map(|pin| pin.version.to_string())
            .collect();
        let read = [&conflicted.ours, &conflicted.theirs].map(|side| side.is_ok());
        assert_eq!(format!("{} {read:?}", pins.join(" ")), expect);
    }

    #[test]
    fn both_sides_count() {
        check(
            "version = \"3.11\"",
            "version = \"3.9\"",
            "3.11 3.9 [true, true]",
        );
    }

    #[test]
    fn pins_of_a_broken_side_are_salvaged() {
        check(
            "version = \"3.11\"\nnonsense",
            "version = \"3.9\"",
            "3.11 3.9 [false, true]",
        );
    }

    #[test]
    fn a_text_without_conflict_markers_is_not_read_as_conflicted() {
        assert_eq!(read_conflicted(FULL, "python.lock".into()), None);
    }
}
