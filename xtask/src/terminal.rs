//! Prints messages to stderr and output to stdout.

use std::fmt::Display;
use std::io::Write;
use std::sync::Arc;

use goals::session::{Progress, Reporter};

use crate::progress::ProgressLine;
use crate::style::{ERROR, WARNING};

/// The exit status of a program that a closed pipe ends.
const CLOSED_PIPE: i32 = 141;

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
pub(crate) fn print(output: impl Display) {
    let mut stdout = anstream::stdout().lock();
    let printed = write!(stdout, "{output}").and_then(|()| stdout.flush());
    let Err(error) = printed else { return };
    if error.kind() == std::io::ErrorKind::BrokenPipe {
        // Who reads, as `head` does, has enough. Other programs end by a signal then.
        std::process::exit(CLOSED_PIPE);
    }
    say(format_args!(
        "{ERROR}error{ERROR:#}: cannot print the result: {error}"
    ));
    std::process::exit(1);
}
