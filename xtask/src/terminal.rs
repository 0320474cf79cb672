//! Prints messages to stderr and output to stdout.

use std::fmt::Display;
use std::sync::Arc;

use goals::session::{Progress, Reporter};

use crate::progress::ProgressLine;
use crate::style::WARNING;

/// The terminal as the reporter of goals.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terminal {
    /// Whether to print more.
    pub(crate) verbose: bool,
}

impl Reporter for Terminal {
    fn note(&self, message: &str) {
        say(message);
    }

    fn detail(&self, message: &str) {
        if self.verbose {
            say(message);
        }
    }

    fn warning(&self, message: &str) {
        say(format_args!("{WARNING}warning{WARNING:#}: {message}"));
    }

    fn progress(&self) -> Arc<dyn Progress> {
        Arc::new(ProgressLine::new(self.verbose))
    }
}

/// Prints a message.
#[allow(clippy::print_stderr, reason = "messages go to stderr")]
pub(crate) fn say(message: impl Display) {
    anstream::eprintln!("{message}");
}

/// Prints output, which scripts read.
#[allow(clippy::print_stdout, reason = "this is where output is printed")]
pub(crate) fn print(output: impl Display) {
    anstream::print!("{output}");
}
