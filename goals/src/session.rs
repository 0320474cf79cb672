//! What a goal runs in: an open repository, and a reporter.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use camino::{Utf8Path, Utf8PathBuf};
use engine::FileIndex;
use workspace::settings::{UnusedMistake, UnusedSetting};
use workspace::{OpenError, Workspace};

pub use crate::reporter::{Progress, Reporter};
use crate::timings::{TimedProgress, TimedUnit, Timings, UnitKind};

/// An open repository, and a reporter.
#[derive(Debug)]
pub struct Session {
    workspace: Workspace,
    reporter: Arc<dyn Reporter>,
    timings: Option<Arc<Timings>>,
    files: OnceLock<Arc<FileIndex>>,
}

impl Session {
    /// Runs goals in `workspace`, and tells `reporter` what happens.
    pub fn new(workspace: Workspace, reporter: Arc<dyn Reporter>) -> Self {
        Self {
            workspace,
            reporter,
            timings: None,
            files: OnceLock::new(),
        }
    }

    /// The same session in another tree, such as that of an earlier commit.
    ///
    /// # Errors
    /// Where its settings cannot be used.
    pub fn at(&self, root: &Utf8Path) -> Result<Self, OpenError> {
        Ok(Self {
            workspace: self.workspace.at(root)?,
            reporter: Arc::clone(&self.reporter),
            timings: self.timings.clone(),
            files: OnceLock::new(),
        })
    }

    /// The same session with another value of an environment variable.
    #[must_use]
    pub fn with_variable(mut self, name: &str, value: &str) -> Self {
        self.workspace.set_variable(name, value);
        self
    }

    /// The same session, in which it is recorded what takes time.
    #[must_use]
    pub fn with_timings(mut self) -> Self {
        self.timings = Some(Arc::new(Timings::begin()));
        self
    }

    /// The folder of the engine in the cache.
    ///
    /// # Errors
    /// Where there is no cache folder.
    pub fn action_cache(&self) -> Result<Utf8PathBuf, OpenError> {
        Ok(self.cache()?.join("actions"))
    }

    /// What earlier runs know of the hashes of its files.
    ///
    /// # Errors
    /// Where there is no cache folder.
    pub fn file_index(&self) -> Result<Arc<FileIndex>, OpenError> {
        if let Some(files) = self.files.get() {
            return Ok(Arc::clone(files));
        }
        let folder = self.action_cache()?;
        let open = || Arc::new(FileIndex::in_cache(&folder, self.root().to_owned()));
        Ok(Arc::clone(self.files.get_or_init(open)))
    }

    /// What took time, where that is recorded.
    pub fn timings(&self) -> Option<&Timings> {
        self.timings.as_deref()
    }

    /// Does something, and records how long it took where that is recorded.
    pub fn timed<T>(&self, kind: UnitKind, name: impl fmt::Display, work: impl FnOnce() -> T) -> T {
        let Some(timings) = &self.timings else {
            return work();
        };
        let start = Instant::now();
        let done = work();
        timings.add([TimedUnit {
            name: name.to_string(),
            kind,
            start,
            elapsed: start.elapsed(),
        }]);
        done
    }

    /// A message for the user.
    pub fn say(&self, message: impl fmt::Display) {
        self.reporter.note(&message.to_string());
    }

    /// What came of what the user asked for, printed at any level of messages.
    pub fn tell_result(&self, message: impl fmt::Display) {
        self.reporter.result(&message.to_string());
    }

    /// A message for users who want to know more.
    pub fn detail(&self, message: impl fmt::Display) {
        self.reporter.detail(&message.to_string());
    }

    /// Something that is probably wrong.
    pub fn warn(&self, message: impl fmt::Display) {
        self.reporter.warning(&message.to_string());
    }

    /// What is told what happens.
    pub fn reporter(&self) -> Arc<dyn Reporter> {
        Arc::clone(&self.reporter)
    }

    /// An observer of downloads.
    pub fn progress(&self) -> Arc<dyn Progress> {
        let shown = self.reporter.progress();
        match &self.timings {
            Some(timings) => Arc::new(TimedProgress::new(shown, Arc::clone(timings))),
            None => shown,
        }
    }

    /// Reports the settings in `pants.toml` that are not used.
    pub fn list_ignored_settings(&self) {
        for ignored in &self.settings.ignored {
            let UnusedSetting {
                file,
                line,
                section,
                key,
                mistake,
            } = ignored;
            let place = format!("{file}:{line}");
            match mistake {
                Some(UnusedMistake::Section(near)) => self.warn(format_args!(
                    "{place}: nothing has a section `[{section}]`; did you mean `[{near}]`?"
                )),
                Some(UnusedMistake::Key(Some(near))) => self.warn(format_args!(
                    "{place}: `[{section}]` has no key `{key}`; did you mean `{near}`?"
                )),
                Some(UnusedMistake::Key(None)) => {
                    self.warn(format_args!("{place}: `[{section}]` has no key `{key}`"));
                }
                Some(UnusedMistake::Outside) => self.warn(format_args!(
                    "{place}: `{key}` stands in no section, and is not used"
                )),
                // A setting that would change a lock must not be ignored silently.
                None if section == "python" && key.starts_with("resolves_to_") => {
                    self.warn(format_args!("{place}: `[{section}] {key}` is not used"));
                }
                None => self.detail(format_args!("{place}: `[{section}] {key}` is not used")),
            }
        }
    }
}

/// Gives goals direct access to the repository of their session.
impl Deref for Session {
    type Target = Workspace;

    fn deref(&self) -> &Workspace {
        &self.workspace
    }
}
