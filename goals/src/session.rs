//! What a goal runs in: an open repository, and a reporter.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use camino::Utf8Path;
use transport::RequestObserver;
use workspace::{OpenError, Workspace};

/// Is told what happens while a goal runs. A goal itself prints nothing.
pub trait Reporter: fmt::Debug + Send + Sync {
    /// Something for the user.
    fn note(&self, message: &str);

    /// What came of what the user asked for, which is printed however little is to be printed.
    fn result(&self, message: &str);

    /// Something for users who want to know more.
    fn detail(&self, message: &str);

    /// Whether there are such users.
    fn wants_details(&self) -> bool;

    /// Something that is probably wrong.
    fn warning(&self, message: &str);

    /// An observer of downloads.
    fn progress(&self) -> Arc<dyn Progress>;
}

/// An observer of downloads, until they are finished.
pub trait Progress: RequestObserver {
    /// Shows what happens now.
    fn show(&self, what: &str);

    /// All downloads are finished.
    fn finish(&self);
}

/// An open repository, and a reporter.
#[derive(Debug)]
pub struct Session {
    workspace: Workspace,
    reporter: Arc<dyn Reporter>,
}

impl Session {
    /// Runs goals in `workspace`, and tells `reporter` what happens.
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

    /// The same session with another value of an environment variable.
    #[must_use]
    pub fn with_variable(mut self, name: &str, value: &str) -> Self {
        let environment = &mut self.workspace.environment;
        environment.insert(name.to_owned(), value.to_owned());
        self
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
        self.reporter.progress()
    }

    /// Reports the settings in `pants.toml` that are not used.
    pub fn list_ignored_settings(&self) {
        for ignored in &self.settings.ignored {
            let text = format!(
                "pants.toml:{}: `[{}] {}` is not used",
                ignored.line, ignored.section, ignored.key
            );
            // A setting that would change a lock must not be ignored silently.
            if ignored.section == "python" && ignored.key.starts_with("resolves_to_") {
                self.warn(text);
            } else {
                self.detail(text);
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
