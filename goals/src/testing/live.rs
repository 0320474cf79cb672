//! The line that says what runs now, where someone looks.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::session::{Progress, Session};

/// How many modules are named at one time.
const NAMED: usize = 3;

/// What runs now, and how much has.
pub(super) struct LiveLine {
    line: Arc<dyn Progress>,
    all: usize,
    state: Mutex<LiveState>,
}

#[derive(Default)]
struct LiveState {
    /// What runs, by its place.
    running: BTreeMap<usize, String>,
    done: usize,
    failed: usize,
}

impl LiveLine {
    /// A line for so many modules.
    pub(super) fn new(session: &Session, all: usize) -> Self {
        Self {
            line: session.progress(),
            all,
            state: Mutex::default(),
        }
    }

    /// A module is being run.
    pub(super) fn started(&self, index: usize, title: &str) {
        self.change(|state| {
            state.running.insert(index, title.to_owned());
        });
    }

    /// A module has come to its end.
    pub(super) fn ended(&self, index: usize, succeeded: bool) {
        self.change(|state| {
            state.running.remove(&index);
            state.done += 1;
            state.failed += usize::from(!succeeded);
        });
    }

    fn change(&self, change: impl FnOnce(&mut LiveState)) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut state);
        self.line.show(&state.text(self.all));
    }
}

impl LiveState {
    fn text(&self, all: usize) -> String {
        let mut text = format!("{} of {all} done", self.done);
        if self.failed > 0 {
            text += &format!(", {} failed", self.failed);
        }
        let named: Vec<&str> = self.running.values().map(String::as_str).collect();
        let (named, more) = named.split_at(named.len().min(NAMED));
        if !named.is_empty() {
            text += &format!(", running {}", named.join(", "));
        }
        if !more.is_empty() {
            text += &format!(" and {} more", more.len());
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_is_named_and_the_rest_counted() {
        let mut state = LiveState::default();
        insta::assert_snapshot!(state.text(9), @"0 of 9 done");
        for (index, title) in ["a", "b", "c", "d", "e"].iter().enumerate() {
            state.running.insert(index, (*title).to_owned());
        }
        state.done = 2;
        state.failed = 1;
        insta::assert_snapshot!(state.text(9), @"2 of 9 done, 1 failed, running a, b, c and 2 more");
    }
}
