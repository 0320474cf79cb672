//! Runs git. Nothing else starts it.
//!
//! What git prints must not depend on who runs this tool. Every command therefore runs in an
//! environment that names no other repository, and with git's own defaults for every setting that
//! changes its output ([`isolation`]). [`questions`] has the questions that several callers ask.
//!
//! This room is below `index`, which clones repositories with it, and therefore not part of
//! `workspace`.

mod checkout;
mod conflicts;
mod contents;
mod isolation;
mod questions;

use std::process::Output;

use camino::{Utf8Path, Utf8PathBuf};
use duct::Expression;
use thiserror::Error;

pub use checkout::CleanCheckout;
pub use conflicts::UnmergedFile;
pub use contents::RevisionEntry;
pub use isolation::{CLEARED_VARIABLES, PINNED_SETTINGS};
pub use questions::{StagedFiles, TreeDifference, merge_files, paths};

/// The repository that git commands are for.
#[derive(Debug, Clone)]
pub struct Git {
    at: Location,
    /// Variables that commands see beside those of this process.
    variables: Vec<(&'static str, String)>,
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
    /// git failed.
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
    /// The output of git is not UTF-8.
    #[error("`git {0}` wrote text that is not UTF-8")]
    NotUtf8(String),
}

impl Git {
    /// The repository whose work tree contains `folder`.
    pub fn at(folder: impl Into<Utf8PathBuf>) -> Self {
        Self::of(Location::Folder(folder.into()))
    }

    /// The repository whose git directory is `directory`.
    pub fn bare(directory: impl Into<Utf8PathBuf>) -> Self {
        Self::of(Location::Bare(directory.into()))
    }

    /// No repository, for commands that do not need one.
    pub fn nowhere() -> Self {
        Self::of(Location::Nowhere)
    }

    fn of(at: Location) -> Self {
        Self {
            at,
            variables: Vec::new(),
        }
    }

    /// The same repository with another index, which need not exist: the user's is left alone.
    #[must_use]
    pub fn with_index(mut self, file: &Utf8Path) -> Self {
        self.variables.push(("GIT_INDEX_FILE", file.to_string()));
        self
    }

    /// The same repository, where new objects go to a folder that exists, and nothing else sees
    /// them.
    ///
    /// # Errors
    /// Not a repository.
    pub fn with_objects(mut self, folder: &Utf8Path) -> Result<Self, GitError> {
        let objects = self.text(&[
            "rev-parse",
            "--path-format=absolute",
            "--git-path",
            "objects",
        ])?;
        self.variables
            .push(("GIT_OBJECT_DIRECTORY", folder.to_string()));
        self.variables
            .push(("GIT_ALTERNATE_OBJECT_DIRECTORIES", objects));
        Ok(self)
    }

    pub(crate) fn is_bare(&self) -> bool {
        matches!(self.at, Location::Bare(_))
    }

    /// The folder that paths on the command line are relative to.
    pub fn root(&self) -> &Utf8Path {
        match &self.at {
            Location::Folder(folder) | Location::Bare(folder) => folder,
            Location::Nowhere => Utf8Path::new("."),
        }
    }

    /// Runs git and gives its output without the final line end.
    ///
    /// # Errors
    /// git fails or is not there.
    pub fn text(&self, arguments: &[&str]) -> Result<String, GitError> {
        let bytes = self.bytes(arguments)?;
        let text = String::from_utf8(bytes).map_err(|_| GitError::NotUtf8(arguments.join(" ")))?;
        Ok(text.strip_suffix('\n').unwrap_or(&text).to_owned())
    }

    /// Runs git and gives its output unchanged.
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

    /// Runs git; `None` if it fails, where that is an answer too.
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

    /// Runs git and gives its output and its exit status.
    pub(crate) fn output(&self, arguments: &[&str]) -> Result<Output, GitError> {
        finished(&self.expression(arguments).stdin_null())
    }

    fn expression(&self, arguments: &[&str]) -> Expression {
        let mut all = isolation::arguments(arguments);
        if let Location::Bare(directory) = &self.at {
            all.splice(0..0, ["--git-dir".to_owned(), directory.to_string()]);
        }
        let runs_hooks = isolation::runs_hooks(arguments);
        let git = isolation::isolated(duct::cmd("git", all), runs_hooks, &self.variables);
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
