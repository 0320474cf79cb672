//! What a run has done so far, as data.
//!
//! The journal contains the whole plan, so that a resumed run does what was reviewed, even if the
//! repository has changed since.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;
use model::Sha256;
use serde::{Deserialize, Serialize};

use crate::plan::Plan;

/// The state of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Journal {
    /// What is to be done.
    pub plan: Plan,
    /// What was checked out when the run began.
    pub origin: StartingPoint,
    /// How many steps are done.
    pub done: usize,
    /// Whether the next step has begun.
    pub begun: bool,
    /// What hooks made of files, by their paths relative to the root.
    #[serde(default)]
    pub written: BTreeMap<Utf8PathBuf, FileState>,
    /// The files and folders that a hook found there when it began, and which are not the
    /// release's; `None` while no hook runs.
    #[serde(default)]
    pub foreign: Option<BTreeSet<Utf8PathBuf>>,
    /// The tree that is to be committed.
    #[serde(default)]
    pub staged: Option<String>,
    /// The release's own commit.
    #[serde(default)]
    pub commit: Option<String>,
    /// Files that were or will be put into the output folder.
    pub delivered: Vec<DeliveredFile>,
    /// The first folder of the output folder's path that did not exist before.
    pub new_folder: Option<Utf8PathBuf>,
}

impl Journal {
    /// The journal of a plan before its first step.
    pub fn new(plan: Plan, origin: StartingPoint) -> Self {
        Self {
            plan,
            origin,
            done: 0,
            begun: false,
            written: BTreeMap::new(),
            foreign: None,
            staged: None,
            commit: None,
            delivered: Vec::new(),
            new_folder: None,
        }
    }
}

/// What was checked out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StartingPoint {
    /// The commit.
    pub commit: String,
    /// The branch.
    pub branch: Option<String>,
}

/// What is at a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum FileState {
    /// No file.
    Absent,
    /// A symbolic link to this.
    Link(String),
    /// A file of this content.
    File(Sha256),
}

/// A file put into the output folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveredFile {
    /// Relative to the root.
    pub path: Utf8PathBuf,
    /// Its content.
    pub sha256: Sha256,
    /// Whether a file of this name was there before; it is kept until the run is over.
    pub replaces: bool,
}
