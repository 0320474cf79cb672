//! The state file of an environment: what was last installed into it, and whether that was
//! completed.

use std::collections::BTreeMap;
use std::io;

use camino::Utf8Path;
use model::PackageName;
use serde::{Deserialize, Serialize};

use super::wanted::EnvironmentIdentity;
use crate::files;
use crate::protected::STATE_FILE;

/// Newer versions may write another format, which is then not recognised as a state.
const FORMAT: u32 = 1;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct State {
    format: u32,
    pub(crate) phase: Phase,
    pub(crate) identity: EnvironmentIdentity,
    /// When the files of each package were copied, in seconds since the start of 1970; only of copies.
    #[serde(default)]
    pub(crate) copied: BTreeMap<PackageName, u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Phase {
    /// The environment has what `identity` stands for.
    Complete,
    /// A run has begun to change it and has not finished.
    Changing,
}

/// The kind of a folder.
#[derive(Debug)]
pub(crate) enum FolderKind {
    /// There is nothing, or an empty folder.
    Nothing,
    /// An environment of this tool.
    Ours(Box<State>),
    /// Something else, with what is known about it.
    Other(&'static str),
}

impl State {
    pub(crate) fn new(phase: Phase, identity: EnvironmentIdentity) -> Self {
        Self {
            format: FORMAT,
            phase,
            identity,
            copied: BTreeMap::new(),
        }
    }

    pub(crate) fn json(&self) -> io::Result<Vec<u8>> {
        serde_json::to_vec(self).map_err(io::Error::other)
    }

    pub(crate) fn write(&self, root: &Utf8Path) -> io::Result<()> {
        files::write_atomically(&root.join(STATE_FILE), &self.json()?)
    }
}

impl FolderKind {
    pub(crate) fn at(root: &Utf8Path) -> io::Result<Self> {
        let file = root.join(STATE_FILE);
        match fs_err::read(&file) {
            Ok(bytes) => Ok(match serde_json::from_slice::<State>(&bytes) {
                Ok(state) if state.format == FORMAT => Self::Ours(Box::new(state)),
                _ => Self::Other("its state was written by another version of this tool"),
            }),
            Err(_) if !root.exists() => Ok(Self::Nothing),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let is_empty = fs_err::read_dir(root)?.next().is_none();
                Ok(match (is_empty, root.join("pyvenv.cfg").exists()) {
                    (true, _) => Self::Nothing,
                    (false, true) => {
                        Self::Other("it is a virtual environment that another tool made")
                    }
                    (false, false) => Self::Other("it holds other files"),
                })
            }
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
                Ok(Self::Other("it is a file"))
            }
            Err(error) => Err(error),
        }
    }
}
