//! What a run has done so far, as data.
//!
//! The journal contains the whole plan, so that a resumed run does what was reviewed, even if the
//! repository has changed since.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;
use jiff::Timestamp;
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
    /// What a hook found there when it began; `None` while no hook runs.
    #[serde(default)]
    pub foreign: Option<ForeignFiles>,
    /// What hooks made of files that git ignores, as they left them.
    #[serde(default)]
    pub ignored: BTreeMap<Utf8PathBuf, IgnoredState>,
    /// Folders that hooks made.
    #[serde(default)]
    pub made_folders: BTreeSet<Utf8PathBuf>,
    /// Folders in which there was nothing when the run began: git does not know them.
    #[serde(default)]
    pub empty_folders: BTreeSet<Utf8PathBuf>,
    /// What changed while hooks ran and is not the release's: it cannot be had again.
    #[serde(default)]
    pub disturbed: BTreeSet<Utf8PathBuf>,
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
            ignored: BTreeMap::new(),
            made_folders: BTreeSet::new(),
            empty_folders: BTreeSet::new(),
            disturbed: BTreeSet::new(),
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

/// What is there and not the release's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignFiles {
    /// Files that differ from the commit, or that git ignores.
    pub files: BTreeSet<Utf8PathBuf>,
    /// All folders.
    pub folders: BTreeSet<Utf8PathBuf>,
}

/// Since when a file is as it is, as git keeps it in its index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IgnoredState {
    /// In bytes.
    pub size: u64,
    /// When it was last written.
    pub modified: Timestamp,
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
