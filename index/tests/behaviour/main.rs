//! The behaviour of the room with an index on 127.0.0.1 that can misbehave.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod cache;
mod downloads;
mod errors;
mod git;
mod listings;
mod metadata;

use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use index::{Index, IndexError, IndexOptions, Listing, Locations};
use model::{PackageName, Version};
use transport::HttpLimits;

/// A temporary cache, and the options to use it.
pub(crate) struct World {
    folder: tempfile::TempDir,
}

impl World {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn folder(&self) -> &Utf8Path {
        Utf8Path::from_path(self.folder.path()).unwrap()
    }

    pub(crate) fn cache(&self) -> Utf8PathBuf {
        self.folder().join("cache")
    }

    /// Options for these indexes, with short pauses between retries.
    pub(crate) fn options(&self, indexes: &[&testkit::LoopbackIndex]) -> IndexOptions {
        let mut options = IndexOptions::new(self.cache());
        options.locations = Some(Locations {
            indexes: indexes.iter().map(|i| i.url().parse().unwrap()).collect(),
            find_links: Vec::new(),
            assigned: 0,
        });
        options.http.limits = HttpLimits {
            back_off: Duration::from_millis(1),
            read_timeout: Duration::from_millis(500),
            ..HttpLimits::default()
        };
        options
    }

    /// A new run against these indexes.
    pub(crate) fn run(&self, indexes: &[&testkit::LoopbackIndex]) -> Index {
        Index::new(self.options(indexes))
    }
}

pub(crate) fn name(text: &str) -> PackageName {
    text.parse().unwrap()
}

pub(crate) fn version(text: &str) -> Version {
    text.parse().unwrap()
}

/// The versions, highest first, in one line.
pub(crate) fn versions(listing: &Listing) -> String {
    let versions: Vec<String> = listing
        .versions()
        .map(|version| version.version().to_string())
        .collect();
    versions.join(" ")
}

/// The error as the user sees it, without what differs from run to run.
pub(crate) fn shown<T>(outcome: Result<T, IndexError>, world: &World) -> String {
    let Err(error) = outcome else {
        panic!("there should be an error");
    };
    let mut text = error.to_string();
    if let Some(hint) = error.hint() {
        text = format!("{text}\nhint: {hint}");
    }
    let text = text.replace(world.folder().as_str(), "$");
    without_ports(&text)
}

fn without_ports(text: &str) -> String {
    let mut parts = text.split("127.0.0.1:");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out += "127.0.0.1:PORT";
        out += part.trim_start_matches(|c: char| c.is_ascii_digit());
    }
    out
}
