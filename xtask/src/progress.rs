//! A line on the terminal about progress: downloads, their size, and retries. Nothing is printed to
//! a pipe.

use std::io::IsTerminal;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use goals::session::Progress;
use indicatif::{HumanBytes, ProgressBar, ProgressDrawTarget, ProgressStyle};
use transport::{RequestKind, RequestObserver, RequestPurpose};

use workspace::settings::MessageLevel;

use crate::style::WARNING;

/// How often the line is drawn while nothing happens.
const TICK: Duration = Duration::from_millis(120);

/// Whether a line tells what is happening.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProgressDisplay {
    /// On a terminal.
    Shown,
    /// Nowhere.
    Hidden,
}

/// The line about what is happening now.
#[derive(Debug)]
pub(crate) struct ProgressLine {
    bar: ProgressBar,
    listings: AtomicU64,
    metadata: AtomicU64,
    files: AtomicU64,
    bytes: AtomicU64,
    verbose: bool,
}

impl ProgressLine {
    /// Makes the line if it is wanted and stderr is a terminal.
    pub(crate) fn new(level: MessageLevel, display: ProgressDisplay) -> Self {
        let is_wanted = display == ProgressDisplay::Shown && level >= MessageLevel::Info;
        let target = if is_wanted && std::io::stderr().is_terminal() {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(None, target);
        if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
            bar.set_style(style);
        }
        if !bar.is_hidden() {
            bar.enable_steady_tick(TICK);
        }
        Self {
            bar,
            listings: AtomicU64::new(0),
            metadata: AtomicU64::new(0),
            files: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            verbose: level >= MessageLevel::Debug,
        }
    }

    #[allow(clippy::print_stderr, reason = "messages go to stderr")]
    pub(crate) fn say(&self, message: &str) {
        let message = crate::called::named(message);
        self.bar.suspend(|| anstream::eprintln!("{message}"));
    }
}

/// The line is gone when the last one is done that shares it.
impl Drop for ProgressLine {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

impl Progress for ProgressLine {
    fn show(&self, what: &str) {
        self.bar.set_message(what.to_owned());
    }

    /// Removes the line.
    fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl RequestObserver for ProgressLine {
    fn started(&self, what: &RequestPurpose) {
        if self.verbose {
            self.say(&what.to_string());
        }
    }

    fn sent(&self, what: &RequestPurpose, bytes: u64, of: u64) {
        if self.bar.is_hidden() {
            return;
        }
        self.bar.set_message(format!(
            "uploading {}: {} of {}",
            what.subject,
            HumanBytes(bytes),
            HumanBytes(of)
        ));
    }

    fn received(&self, _what: &RequestPurpose, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    fn finished(&self, what: &RequestPurpose) {
        let counter = match what.kind {
            RequestKind::Listing => &self.listings,
            RequestKind::Download => &self.files,
            RequestKind::Metadata
            | RequestKind::Upload
            | RequestKind::Token
            | RequestKind::Forge => &self.metadata,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        let uploads = [RequestKind::Upload, RequestKind::Token, RequestKind::Forge];
        if self.bar.is_hidden() || uploads.contains(&what.kind) {
            return;
        }
        let bytes = HumanBytes(self.bytes.load(Ordering::Relaxed));
        self.bar
            .set_message(match self.files.load(Ordering::Relaxed) {
                0 => format!(
                    "resolving: {} packages, {} releases, {bytes}",
                    self.listings.load(Ordering::Relaxed),
                    self.metadata.load(Ordering::Relaxed),
                ),
                files => format!("downloading: {files} files, {bytes}"),
            });
    }

    fn retrying(&self, what: &RequestPurpose, cause: &str) {
        if self.verbose || !self.bar.is_hidden() {
            self.say(&format!(
                "{WARNING}warning{WARNING:#}: trying again to {what}: {cause}"
            ));
        }
    }

    fn warning(&self, message: &str) {
        self.say(&format!("{WARNING}warning{WARNING:#}: {message}"));
    }
}
