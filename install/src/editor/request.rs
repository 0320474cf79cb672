//! The request to this folder's code, which is an editor and its settings, and the result.

use std::fmt;
use std::str::FromStr;

use camino::{Utf8Path, Utf8PathBuf};

use super::jsonc::JsoncError;
use super::kept::KeptSetting;

/// An editor that settings can be written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Editor {
    /// Visual Studio Code and its kin.
    VsCode,
    /// Vim with coc.nvim.
    Vim,
    /// Vim with ALE.
    Ale,
    /// Neovim.
    Neovim,
    /// Zed.
    Zed,
    /// PyCharm.
    PyCharm,
}

/// A text is not the name of an editor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no editor that is known here: use `vscode`, `vim` (coc.nvim), `ale`, `neovim`, `zed` or `pycharm`"
)]
pub struct EditorError(pub String);

/// The facts for an editor's settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditorContext {
    /// The repository's root.
    pub root: Utf8PathBuf,
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

impl EditorContext {
    /// A path as it is seen from the root, if it is below it.
    pub(super) fn relative<'p>(&self, path: &'p Utf8Path) -> &'p str {
        path.strip_prefix(&self.root).unwrap_or(path).as_str()
    }

    /// A path below the root as Visual Studio Code writes it.
    pub(super) fn in_workspace(&self, path: &Utf8Path) -> String {
        match path.strip_prefix(&self.root) {
            Ok(relative) => format!("${{workspaceFolder}}/{relative}"),
            Err(_) => path.to_string(),
        }
    }
}

/// A tool in an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tool {
    /// `black`, `ruff`, `mypy`.
    pub name: String,
    /// Its console script.
    pub script: Utf8PathBuf,
    /// The interpreter of its environment, if it is in one.
    pub python: Option<Utf8PathBuf>,
    /// `ruff-lsp` of its environment, which old versions of ruff need in editors.
    pub server: Option<Utf8PathBuf>,
}

/// A settings file with its new text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsFile {
    /// Relative to the repository's root.
    pub path: String,
    /// The whole text.
    pub text: String,
    /// What the user has set otherwise, and what therefore stays.
    pub kept: Vec<KeptSetting>,
}

/// An existing file into which settings cannot be merged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot merge into {path}: {reason}")]
pub struct MergeError {
    /// Relative to the repository's root.
    pub path: String,
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
    #[error("it has no `<{0}>` element")]
    NoElement(&'static str),
    /// It cannot be read, for one because it is not UTF-8.
    #[error("{0}")]
    Unreadable(String),
}

/// Gives the text of a file, or nothing where there is none.
pub(super) type Read<'a> = &'a dyn Fn(&str) -> Result<Option<String>, MergeProblem>;

/// Reads a file that settings are merged into; an absent one is empty.
pub(super) fn text_of(path: &str, read: Read<'_>) -> Result<String, MergeError> {
    let error = |reason| MergeError {
        path: path.to_owned(),
        reason,
    };
    Ok(read(path).map_err(error)?.unwrap_or_default())
}

impl FromStr for Editor {
    type Err = EditorError;

    fn from_str(name: &str) -> Result<Self, EditorError> {
        match name {
            "vscode" | "code" => Ok(Self::VsCode),
            "vim" | "coc" => Ok(Self::Vim),
            "ale" => Ok(Self::Ale),
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
            Self::Ale => "ale",
            Self::Neovim => "neovim",
            Self::Zed => "zed",
            Self::PyCharm => "pycharm",
        })
    }
}
