//! Watches looks: reads files before the first tool starts, so that what a tool changes can be taken back, and
//! keeps other runs from a cache that a tool cannot share.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, OnceLock, PoisonError};

use camino::Utf8PathBuf;
use engine::{RunEvent, RunObserver};
use workspace::pending::alone_in;

use super::contents::FileContents;
use super::process::ToolCall;
use super::program::ToolBox;
use super::request::CheckGoal;
use crate::error::GoalError;

/// An observer of looks.
pub(super) struct LookWatcher<'a> {
    tool_box: &'a ToolBox<'a>,
    files: BTreeSet<String>,
    before: OnceLock<Result<FileContents, GoalError>>,
    /// The folder that each action has alone.
    alone: BTreeMap<usize, Utf8PathBuf>,
    held: Mutex<BTreeMap<usize, fs_err::File>>,
}

impl<'a> LookWatcher<'a> {
    /// Watches nothing yet.
    pub(super) fn new(tool_box: &'a ToolBox<'a>) -> Self {
        Self {
            tool_box,
            files: BTreeSet::new(),
            before: OnceLock::new(),
            alone: BTreeMap::new(),
            held: Mutex::default(),
        }
    }

    /// Watches files that a tool is given; not those of type checkers, which have no mode that writes.
    pub(super) fn watch(&mut self, files: &[String]) {
        if self.tool_box.request.goal == CheckGoal::Lint {
            self.files.extend(files.iter().cloned());
        }
    }

    /// Lets an action have the cache of a call alone, where the tool cannot share it.
    pub(super) fn lock(&mut self, index: usize, call: &ToolCall<'_>) {
        if call.needs_cache_alone() {
            self.alone.insert(index, call.cache.clone());
        }
    }

    /// Takes back what tools changed though they were only to look.
    pub(super) fn refuse_changes(self) -> Result<(), GoalError> {
        let Some(before) = self.before.into_inner() else {
            return Ok(());
        };
        let before = before?;
        let changed = before.changed();
        let Some(first) = changed.first() else {
            return Ok(());
        };
        before.restore()?;
        let more = match changed.len() - 1 {
            0 => String::new(),
            more => format!(" and {more} more files"),
        };
        let goal = self.tool_box.request.goal.name();
        Err(GoalError::failure(format!(
            "a tool changed {first}{more}, which `{goal}` must not; the files are as they were before"
        ))
        .hint("remove what makes it write from its arguments or its configuration, or use `cargo xtask fix`"))
    }
}

impl RunObserver for LookWatcher<'_> {
    fn event(&self, event: &RunEvent<'_>) {
        let held = || self.held.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            RunEvent::Started { index, .. } => {
                let root = self.tool_box.session.root();
                let files = || FileContents::read(root, &self.files);
                self.before.get_or_init(files);
                let folder = self.alone.get(index);
                // Without the lock, the tool runs all the same.
                let lock = folder.and_then(|folder| alone_in(folder.as_std_path()).ok());
                held().extend(lock.map(|lock| (*index, lock)));
            }
            RunEvent::Finished { index, .. } => drop(held().remove(index)),
            _ => {}
        }
    }
}
