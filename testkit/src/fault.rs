//! How the loopback index misbehaves, and when.

use std::time::Duration;

/// What goes wrong with one answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// This status, with a short text.
    Status(u16),
    /// 429 with `Retry-After`, in seconds.
    TooManyRequests(u64),
    /// Half of the body, then the connection ends.
    Truncated,
    /// 200, the right type, and bytes that mean nothing.
    Garbage,
    /// Nothing for ten minutes, or until the index stops.
    Stall,
    /// The right answer, this much later.
    Delay(Duration),
    /// The connection is reset before the request is read.
    Reset,
}

/// Which of the requests that match a path a fault strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Each one.
    Always,
    /// This many, from the first.
    First(usize),
    /// Every n-th, from the n-th.
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

    /// Whether the fault strikes a request for `path`; counts the request if the rule is for it.
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
