//! What a goal runs in: an opened repository, and someone who hears what happens.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use camino::Utf8Path;
use transport::RequestObserver;
use workspace::{OpenError, Workspace};

/// Who hears what happens while a goal runs. A goal prints nothing itself.
pub trait Reporter: fmt::Debug + Send + Sync {
    /// Something that the user is told.
    fn note(&self, message: &str);

    /// Something that is told to those who want to hear more.
    fn detail(&self, message: &str);

    /// Something that is probably wrong.
    fn warning(&self, message: &str);

    /// Someone who follows what is fetched.
    fn progress(&self) -> Arc<dyn Progress>;
}

/// Someone who follows what is fetched, until it is all there.
pub trait Progress: RequestObserver {
    /// All is there.
    fn finish(&self);
}

/// What a goal runs in: a repository, and its reporter.
#[derive(Debug)]
pub struct Session {
    workspace: Workspace,
    reporter: Arc<dyn Reporter>,
}

impl Session {
    /// Goals run in `workspace`, and `reporter` hears of them.
    pub fn new(workspace: Workspace, reporter: Arc<dyn Reporter>) -> Self {
        Self {
            workspace,
            reporter,
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
        })
    }

    /// A message for the user.
    pub fn say(&self, message: impl fmt::Display) {
        self.reporter.note(&message.to_string());
    }

    /// A message for a user who wants to hear more.
    pub fn detail(&self, message: impl fmt::Display) {
        self.reporter.detail(&message.to_string());
    }

    /// Something that is probably wrong.
    pub fn warn(&self, message: impl fmt::Display) {
        self.reporter.warning(&message.to_string());
    }

    /// Someone who follows what is fetched.
    pub fn progress(&self) -> Arc<dyn Progress> {
        self.reporter.progress()
    }

    /// Tells of what stands in `pants.toml` and is not used.
    pub fn list_ignored_settings(&self) {
        for ignored in &self.settings.ignored {
            let text = format!(
                "pants.toml:{}: `[{}] {}` is not used",
                ignored.line, ignored.section, ignored.key
            );
            // What would make another lock is not passed over in silence.
            if ignored.section == "python" && ignored.key.starts_with("resolves_to_") {
                self.warn(text);
            } else {
                self.detail(text);
            }
        }
    }
}

/// A goal asks its session what it would ask the repository.
impl Deref for Session {
    type Target = Workspace;

    fn deref(&self) -> &Workspace {
        &self.workspace
    }
}
