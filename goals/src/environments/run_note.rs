//! What `run` may rely on: that an environment was right when it was last exported or used, as long as
//! no file that says what it should be has changed since.
//!
//! To find that out anew takes the whole target graph. The note names the lock, the settings, the
//! BUILD files and the files of requirements, each with its size and time.

use std::collections::BTreeSet;
use std::time::{Duration, UNIX_EPOCH};

use camino::{Utf8Path, Utf8PathBuf};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use workspace::files;

/// The name of the note, beside the environments of a resolve.
pub(super) const NOTE: &str = ".run.note";

/// What was noted about the environment of one resolve.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RunNote {
    /// The version of this tool.
    by: String,
    /// The name of the environment's folder: the version of its Python.
    pub(super) environment: String,
    /// Whether the lock was what its requirements ask for.
    pub(super) fresh: bool,
    files: Vec<NotedFile>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct NotedFile {
    /// Relative to the root.
    path: String,
    /// Its size, and its time since the start of 1970; none where there is no such file.
    state: Option<(u64, Duration)>,
}

impl RunNote {
    /// Notes that an environment is right while these files, relative to `root`, stay as they are.
    pub(super) fn new(
        environment: &str,
        fresh: bool,
        (root, paths): (&Utf8Path, BTreeSet<String>),
    ) -> Self {
        let files = paths.into_iter().map(|path| NotedFile {
            state: state(&root.join(&path)),
            path,
        });
        Self {
            by: env!("CARGO_PKG_VERSION").to_owned(),
            environment: environment.to_owned(),
            fresh,
            files: files.collect(),
        }
    }

    /// The note in the folder of a resolve's environments, if it holds still.
    pub(super) fn read(folder: &Utf8Path, root: &Utf8Path) -> Option<Self> {
        let bytes = fs_err::read(folder.join(NOTE)).ok()?;
        let note: Self = serde_json::from_slice(&bytes).ok()?;
        let holds = note.by == env!("CARGO_PKG_VERSION")
            && note
                .files
                .par_iter()
                .with_min_len(128)
                .all(|file| state(&root.join(&file.path)) == file.state);
        holds.then_some(note)
    }

    /// Removes the note: nobody may rely on what an environment is now.
    pub(super) fn forget(folder: &Utf8Path) {
        let _ = fs_err::remove_file(folder.join(NOTE));
    }

    /// Keeps the note. Where that fails, the next run finds all out anew.
    pub(super) fn write(&self, folder: &Utf8Path) {
        let place: Utf8PathBuf = folder.join(NOTE);
        let Ok(text) = serde_json::to_string(self) else {
            return;
        };
        // To replace a file waits for the disk.
        let is_there = fs_err::read_to_string(&place).is_ok_and(|there| there == text);
        if !is_there {
            let _ = files::replace(&place, &text);
        }
    }
}

fn state(path: &Utf8Path) -> Option<(u64, Duration)> {
    let found = std::fs::metadata(path).ok()?;
    let time = found.modified().ok()?.duration_since(UNIX_EPOCH);
    Some((found.len(), time.unwrap_or_default()))
}
