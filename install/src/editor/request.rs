//! The request to this folder's code, which is an editor and its settings, and the result.

use std::fmt;
use std::str::FromStr;

use camino::Utf8PathBuf;

use super::jsonc::JsoncError;

/// An editor that settings can be written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Editor {
    /// Visual Studio Code and its kin.
    VsCode,
    /// Vim with coc.nvim.
    Vim,
    /// Neovim.
    Neovim,
    /// Zed.
    Zed,
    /// PyCharm.
    PyCharm,
}

/// A text is not the name of an editor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no editor that is known here: use `vscode`, `vim`, `neovim`, `zed` or `pycharm`")]
pub struct EditorError(pub String);

/// The facts for an editor's settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditorContext {
    /// The resolve whose environment is the main one, and its Python as `3.12`.
    pub name: String,
    /// `3.12`.
    pub python_version: String,
    /// The interpreter of the main environment.
    pub python: Utf8PathBuf,
    /// Folders from which imports start, relative to the repository's root.
    pub source_roots: Vec<String>,
    /// The tool that formats code, in the environment of its own resolve.
    pub formatter: Option<Tool>,
    /// The tool that checks types.
    pub type_checker: Option<Tool>,
    /// The tool that lints, if it is ruff.
    pub linter: Option<Tool>,
}

/// A tool in an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tool {
    /// `black`, `ruff`, `mypy`.
    pub name: String,
    /// Its console script.
    pub script: Utf8PathBuf,
    /// The interpreter of its environment.
    pub python: Utf8PathBuf,
}

/// A settings file with its new text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsFile {
    /// Relative to the repository's root.
    pub path: &'static str,
    /// The whole text.
    pub text: String,
}

/// An existing file into which settings cannot be merged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot merge into {path}: {reason}")]
pub struct MergeError {
    /// Relative to the repository's root.
    pub path: &'static str,
    /// Why they cannot be merged.
    pub reason: MergeProblem,
}

/// Why settings cannot be merged into a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MergeProblem {
    /// It is no JSON with comments.
    #[error(transparent)]
    Jsonc(#[from] JsoncError),
    /// It is no project file of PyCharm.
    #[error("it has no `<project>` element")]
    NoProject,
}

impl FromStr for Editor {
    type Err = EditorError;

    fn from_str(name: &str) -> Result<Self, EditorError> {
        match name {
            "vscode" | "code" => Ok(Self::VsCode),
            "vim" => Ok(Self::Vim),
            "neovim" | "nvim" => Ok(Self::Neovim),
            "zed" => Ok(Self::Zed),
            "pycharm" => Ok(Self::PyCharm),
            _ => Err(EditorError(name.to_owned())),
        }
    }
}

impl fmt::Display for Editor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::VsCode => "vscode",
            Self::Vim => "vim",
            Self::Neovim => "neovim",
            Self::Zed => "zed",
            Self::PyCharm => "pycharm",
        })
    }
}
