//! git, as a process: the one place that starts it.
//!
//! Whoever asks git something reads its output, and that must not depend on who asks. So every
//! command runs in an environment that names no other repository, with the settings that change
//! what is printed set to git's own defaults ([`isolation`]). [`questions`] has what is asked in
//! more than one place.
//!
//! The index clones repositories with it, which is why it stands below the index and not in the
//! workspace.

mod isolation;
mod questions;

use std::process::Output;

use camino::{Utf8Path, Utf8PathBuf};
use duct::Expression;
use thiserror::Error;

pub use isolation::{CLEARED_VARIABLES, PINNED_SETTINGS};
pub use questions::{TreeDifference, merge_files, paths};

/// Where git commands run.
#[derive(Debug, Clone)]
pub struct Git {
    at: Location,
}

#[derive(Debug, Clone)]
enum Location {
    /// A folder in a work tree, or a git directory, which is the current folder of commands.
    Folder(Utf8PathBuf),
    /// A git directory, by option.
    Bare(Utf8PathBuf),
    /// No repository: the question is about a URL, or about files.
    Nowhere,
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
    /// The repository of the work tree that `folder` is in.
    pub fn at(folder: impl Into<Utf8PathBuf>) -> Self {
        Self {
            at: Location::Folder(folder.into()),
        }
    }

    /// The repository whose git directory is `directory`.
    pub fn bare(directory: impl Into<Utf8PathBuf>) -> Self {
        Self {
            at: Location::Bare(directory.into()),
        }
    }

    /// No repository, for commands that name what they are about.
    pub fn nowhere() -> Self {
        Self {
            at: Location::Nowhere,
        }
    }

    /// The folder that paths on the command line are relative to.
    pub fn root(&self) -> &Utf8Path {
        match &self.at {
            Location::Folder(folder) | Location::Bare(folder) => folder,
            Location::Nowhere => Utf8Path::new("."),
        }
    }

    /// Runs git; its output without the final line end.
    ///
    /// # Errors
    /// git fails or is not there.
    pub fn text(&self, arguments: &[&str]) -> Result<String, GitError> {
        let bytes = self.bytes(arguments)?;
        let text = String::from_utf8(bytes).map_err(|_| GitError::NotUtf8(arguments.join(" ")))?;
        Ok(text.strip_suffix('\n').unwrap_or(&text).to_owned())
    }

    /// Runs git; its output as it is.
    ///
    /// # Errors
    /// git fails or is not there.
    pub fn bytes(&self, arguments: &[&str]) -> Result<Vec<u8>, GitError> {
        judged(arguments, self.output(arguments)?)
    }

    /// Runs git with `input` on its standard input.
    ///
    /// # Errors
    /// git fails or is not there.
    pub fn feed(&self, arguments: &[&str], input: &[u8]) -> Result<Vec<u8>, GitError> {
        let expression = self.expression(arguments).stdin_bytes(input);
        judged(arguments, finished(&expression)?)
    }

    /// Runs git; `None` when it fails, which then is an answer.
    ///
    /// # Errors
    /// git is not there.
    pub fn maybe(&self, arguments: &[&str]) -> Result<Option<String>, GitError> {
        match self.text(arguments) {
            Ok(text) => Ok(Some(text)),
            Err(GitError::Failed { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Runs git; its output and how it ended.
    pub(crate) fn output(&self, arguments: &[&str]) -> Result<Output, GitError> {
        finished(&self.expression(arguments).stdin_null())
    }

    fn expression(&self, arguments: &[&str]) -> Expression {
        let mut all = isolation::arguments(arguments);
        if let Location::Bare(directory) = &self.at {
            all.splice(0..0, ["--git-dir".to_owned(), directory.to_string()]);
        }
        let git = isolation::isolated(duct::cmd("git", all));
        match &self.at {
            Location::Folder(folder) => git.dir(folder),
            Location::Bare(_) | Location::Nowhere => git,
        }
    }
}

fn finished(expression: &Expression) -> Result<Output, GitError> {
    expression
        .stdout_capture()
        .stderr_capture()
        .unchecked()
        .run()
        .map_err(|error| GitError::NotRun(error.to_string()))
}

fn judged(arguments: &[&str], output: Output) -> Result<Vec<u8>, GitError> {
    match output.status.success() {
        true => Ok(output.stdout),
        false => Err(GitError::Failed {
            command: arguments.join(" "),
            message: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        }),
    }
}
