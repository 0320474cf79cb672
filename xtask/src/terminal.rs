//! Prints messages to stderr and output to stdout.

use std::fmt::Display;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Instant;

use goals::session::{Progress, Reporter};
use workspace::settings::MessageLevel;

use crate::progress::{ProgressDisplay, ProgressLine};
use crate::style::{ERROR, WARNING};

/// The exit status of a program that a closed pipe ends.
const CLOSED_PIPE: i32 = 141;

/// The terminal as the reporter of goals.
#[derive(Debug)]
pub(crate) struct Terminal {
    /// How much is printed.
    level: MessageLevel,
    /// Whether a line tells what is happening.
    display: ProgressDisplay,
    /// When the run started.
    start: Instant,
    /// The line about what is happening, which all share that do something at the same time.
    line: Mutex<Weak<ProgressLine>>,
}

impl Terminal {
    /// The terminal, on which more or less is printed.
    pub(crate) fn new(level: MessageLevel, display: ProgressDisplay) -> Self {
        Self {
            level,
            display,
            start: Instant::now(),
            line: Mutex::default(),
        }
    }

    /// Prints a message above the line about what is happening.
    fn say(&self, message: impl Display) {
        let message = match self.level {
            MessageLevel::Trace => format!("{:>8.3} {message}", self.start.elapsed().as_secs_f64()),
            _ => message.to_string(),
        };
        let line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        match line.upgrade() {
            Some(line) => line.say(&message),
            None => say(message),
        }
    }
}

impl Reporter for Terminal {
    fn note(&self, message: &str) {
        if self.level >= MessageLevel::Info {
            self.say(message);
        }
    }

    fn result(&self, message: &str) {
        self.say(message);
    }

    fn detail(&self, message: &str) {
        if self.wants_details() {
            self.say(message);
        }
    }

    fn wants_details(&self) -> bool {
        self.level >= MessageLevel::Debug
    }

    fn warning(&self, message: &str) {
        if self.level < MessageLevel::Warn {
            return;
        }
        self.say(format_args!("{WARNING}warning{WARNING:#}: {message}"));
    }

    fn progress(&self) -> Arc<dyn Progress> {
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(shared) = line.upgrade() {
            return shared;
        }
        let new = Arc::new(ProgressLine::new(self.level, self.display));
        *line = Arc::downgrade(&new);
        new
    }
}

/// Prints a message.
#[allow(clippy::print_stderr, reason = "messages go to stderr")]
pub(crate) fn say(message: impl Display) {
    // At once: each piece would be written by itself.
    let line = format!("{}\n", crate::called::named(&message.to_string()));
    anstream::eprint!("{line}");
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
