//! The hook of git that looks at what is staged before it is committed.

use camino::{Utf8Path, Utf8PathBuf};
use git::Git;
use workspace::files;

use crate::error::GoalError;
use crate::launcher::{Launcher, quoted, try_script};
use crate::session::Session;

/// The name of the hook.
const HOOK: &str = "pre-commit";

/// The line by which a hook is known as ours.
const MARK: &str = "# Installed by `cargo xtask install-hooks`, and removed by its `--uninstall`.";

/// The hook of a repository.
#[derive(Debug)]
pub struct GitHooks {
    path: Utf8PathBuf,
    text: String,
    root: Utf8PathBuf,
}

/// What is where the hook belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HookState {
    /// Nothing.
    Missing,
    /// Our hook, as it would be installed now.
    Installed,
    /// Our hook, of another version or for another folder.
    Old,
    /// A hook of somebody else.
    Foreign,
}

impl GitHooks {
    /// The hook of a session's repository.
    ///
    /// # Errors
    /// Outside of a git repository, or where hooks are shared with other repositories.
    pub fn of(session: &Session) -> Result<Self, GoalError> {
        let git = Git::at(session.root());
        let prefix = git.text(&["rev-parse", "--show-prefix"])?;
        let folder = git.hooks_folder()?;
        let shared = git.maybe(&["config", "--global", "--get", "core.hooksPath"])?;
        if shared.is_some_and(|_| git.setting("core.hooksPath").is_ok_and(|own| own.is_none())) {
            return Err(GoalError::failure(format!(
                "hooks of all repositories are in {folder}, as `core.hooksPath` says"
            ))
            .hint("`git config --local core.hooksPath .git/hooks` gives this one its own, or call `cargo xtask lint --staged` from yours"));
        }
        Ok(Self {
            path: folder.join(HOOK),
            text: text(
                prefix.trim_end_matches('/'),
                &Launcher::of_this_run(session.root()),
            ),
            root: session.root().to_owned(),
        })
    }

    /// Where the hook is.
    #[must_use]
    pub fn path(&self) -> &Utf8Path {
        &self.path
    }

    /// What is there.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn state(&self) -> Result<HookState, GoalError> {
        match fs_err::read(&self.path) {
            Ok(bytes) if bytes == self.text.as_bytes() => Ok(HookState::Installed),
            Ok(bytes) if String::from_utf8_lossy(&bytes).contains(MARK) => Ok(HookState::Old),
            Ok(_) => Ok(HookState::Foreign),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(HookState::Missing),
            Err(error) => Err(GoalError::file("read", &self.path, &error)),
        }
    }

    /// Why our hook could not look at anything: this tool does not start from it. `None` if it does, or if there is
    /// no hook of ours.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn unusable(&self) -> Result<Option<String>, GoalError> {
        if !matches!(self.state()?, HookState::Installed | HookState::Old) {
            return Ok(None);
        }
        let text = fs_err::read_to_string(&self.path);
        let text = text.map_err(|error| GoalError::file("read", &self.path, &error))?;
        Ok(try_script(&text, &self.root).err())
    }

    /// Installs it. A hook of somebody else is left as it is.
    ///
    /// # Errors
    /// There is such a hook, or the file cannot be written.
    pub fn install(&self) -> Result<(), GoalError> {
        if self.state()? == HookState::Foreign {
            return Err(GoalError::failure(format!(
                "there is a hook already, which is left as it is: {}",
                self.path
            ))
            .hint("add this line to it: cargo xtask lint --staged || exit $?"));
        }
        let written = files::replace(&self.path, &self.text);
        let written = written.and_then(|()| files::make_executable(&self.path));
        written.map_err(|error| GoalError::file("write", &self.path, &error))
    }

    /// Removes it; whether it was there. A hook of somebody else is left as it is.
    ///
    /// # Errors
    /// It cannot be removed.
    pub fn uninstall(&self) -> Result<bool, GoalError> {
        match self.state()? {
            HookState::Missing | HookState::Foreign => Ok(false),
            HookState::Installed | HookState::Old => {
                let removed = fs_err::remove_file(&self.path);
                removed.map_err(|error| GoalError::file("remove", &self.path, &error))?;
                Ok(true)
            }
        }
    }
}

/// The hook. git runs it in the top folder.
fn text(prefix: &str, launcher: &Launcher) -> String {
    let root = match prefix {
        "" => String::new(),
        prefix => format!("-C {} ", quoted(prefix)),
    };
    let function = launcher.function_here();
    format!("#!/bin/sh\n{MARK}\n{function}xtask {root}lint --staged\n")
}
