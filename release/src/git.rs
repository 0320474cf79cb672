//! git, as a process.

use camino::{Utf8Path, Utf8PathBuf};
use duct::Expression;
use thiserror::Error;

/// A repository that git commands run in.
#[derive(Debug, Clone)]
pub struct Git {
    place: Place,
}

#[derive(Debug, Clone)]
enum Place {
    WorkTree(Utf8PathBuf),
    Bare(Utf8PathBuf),
}

/// A git command that failed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum GitError {
    /// git said no.
    #[error("`git {command}` failed: {message}")]
    Failed {
        /// The arguments.
        command: String,
        /// What git wrote to its standard error.
        message: String,
    },
    /// git could not be started.
    #[error("git cannot be run: {0}")]
    NotRun(String),
    /// git wrote something that is not UTF-8.
    #[error("`git {0}` wrote text that is not UTF-8")]
    NotUtf8(String),
}

impl Git {
    /// The repository of the work tree at `root`.
    pub fn at(root: impl Into<Utf8PathBuf>) -> Self {
        Self {
            place: Place::WorkTree(root.into()),
        }
    }

    /// The repository whose git directory is `directory`.
    pub fn bare(directory: impl Into<Utf8PathBuf>) -> Self {
        Self {
            place: Place::Bare(directory.into()),
        }
    }

    /// The folder that paths on the command line are relative to.
    pub fn root(&self) -> &Utf8Path {
        match &self.place {
            Place::WorkTree(root) | Place::Bare(root) => root,
        }
    }

    /// Runs git; its output without the final line end.
    ///
    /// # Errors
    /// git fails or is not there.
    pub fn text(&self, args: &[&str]) -> Result<String, GitError> {
        let bytes = self.bytes(args)?;
        let text = String::from_utf8(bytes).map_err(|_| GitError::NotUtf8(args.join(" ")))?;
        Ok(text.strip_suffix('\n').unwrap_or(&text).to_owned())
    }

    /// Runs git; its output as it is.
    ///
    /// # Errors
    /// git fails or is not there.
    pub fn bytes(&self, args: &[&str]) -> Result<Vec<u8>, GitError> {
        self.finish(args, self.expression(args))
    }

    /// Runs git with `input` on its standard input.
    ///
    /// # Errors
    /// git fails or is not there.
    pub fn feed(&self, args: &[&str], input: &[u8]) -> Result<Vec<u8>, GitError> {
        self.finish(args, self.expression(args).stdin_bytes(input))
    }

    /// Runs git; `None` when it fails, which then is an answer.
    ///
    /// # Errors
    /// git is not there.
    pub fn maybe(&self, args: &[&str]) -> Result<Option<String>, GitError> {
        match self.text(args) {
            Ok(text) => Ok(Some(text)),
            Err(GitError::Failed { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn finish(&self, args: &[&str], expression: Expression) -> Result<Vec<u8>, GitError> {
        let output = expression
            .stdout_capture()
            .stderr_capture()
            .unchecked()
            .run()
            .map_err(|error| GitError::NotRun(error.to_string()))?;
        match output.status.success() {
            true => Ok(output.stdout),
            false => Err(GitError::Failed {
                command: args.join(" "),
                message: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
            }),
        }
    }

    fn expression(&self, args: &[&str]) -> Expression {
        let mut all: Vec<&str> = Vec::new();
        if let Place::Bare(directory) = &self.place {
            all.extend(["--git-dir", directory.as_str()]);
        }
        all.extend(args);
        let mut git = duct::cmd("git", all)
            .env("LC_ALL", "C")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_OPTIONAL_LOCKS", "0");
        // Variables that a surrounding git (a hook, a rebase) sets would name its repository.
        for variable in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"] {
            git = git.env_remove(variable);
        }
        match &self.place {
            Place::WorkTree(root) => git.dir(root),
            Place::Bare(_) => git,
        }
    }
}
