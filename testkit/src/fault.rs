//! The ways in which the loopback index can misbehave, and when it does.

use std::time::Duration;

/// What is wrong with one answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// An answer with this status and a short text.
    Status(u16),
    /// 429 with `Retry-After`, in seconds.
    TooManyRequests(u64),
    /// Half of the body; then the connection is closed.
    Truncated,
    /// An answer with status 200, the right type, and a body of random text.
    Garbage,
    /// No answer for ten minutes, or until the index stops.
    Stall,
    /// The right answer after this time.
    Delay(Duration),
    /// The connection is reset before the request is read.
    Reset,
}

/// Which of the requests that match a path get the fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Each of them.
    Always,
    /// The first ones, so many of them.
    First(usize),
    /// Every n-th, beginning with the n-th.
    Every(usize),
}

/// A fault for paths that contain a text.
#[derive(Debug)]
pub(crate) struct Rule {
    path: String,
    fault: Fault,
    when: When,
    seen: usize,
}

impl Rule {
    pub(crate) fn new(path: &str, fault: Fault, when: When) -> Self {
        Self {
            path: path.to_owned(),
            fault,
            when,
            seen: 0,
        }
    }

    /// The fault that a request for `path` gets, if any. Counts the request if the rule is about
    /// its path.
    pub(crate) fn strike(&mut self, path: &str) -> Option<Fault> {
        if !path.contains(&self.path) {
            return None;
        }
        self.seen += 1;
        let strikes = match self.when {
            When::Always => true,
            When::First(count) => self.seen <= count,
            When::Every(period) => self.seen.is_multiple_of(period),
        };
        strikes.then_some(self.fault)
    }
}
