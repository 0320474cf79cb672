//! Prints messages to stderr and output to stdout.

use std::fmt::Display;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use goals::session::{Progress, Reporter};

use crate::progress::ProgressLine;
use crate::style::{ERROR, WARNING};

/// The exit status of a program that a closed pipe ends.
const CLOSED_PIPE: i32 = 141;

/// The terminal as the reporter of goals.
#[derive(Debug, Default)]
pub(crate) struct Terminal {
    /// Whether to print more.
    verbose: bool,
    /// The line about what is happening, which all share that do something at the same time.
    line: Mutex<Weak<ProgressLine>>,
}

impl Terminal {
    /// The terminal, on which more or less is printed.
    pub(crate) fn new(verbose: bool) -> Self {
        Self {
            verbose,
            line: Mutex::default(),
        }
    }

    /// Prints a message above the line about what is happening.
    fn say(&self, message: impl Display) {
        let line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        match line.upgrade() {
            Some(line) => line.say(&message.to_string()),
            None => say(message),
        }
    }
}

impl Reporter for Terminal {
    fn note(&self, message: &str) {
        self.say(message);
    }

    fn detail(&self, message: &str) {
        if self.verbose {
            self.say(message);
        }
    }

    fn wants_details(&self) -> bool {
        self.verbose
    }

    fn warning(&self, message: &str) {
        self.say(format_args!("{WARNING}warning{WARNING:#}: {message}"));
    }

    fn progress(&self) -> Arc<dyn Progress> {
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(shared) = line.upgrade() {
            return shared;
        }
        let new = Arc::new(ProgressLine::new(self.verbose));
        *line = Arc::downgrade(&new);
        new
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
