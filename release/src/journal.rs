//! What a run has done so far, as data.
//!
//! The journal contains the whole plan, so that a resumed run does what was reviewed, even if the
//! repository has changed since.

use camino::Utf8PathBuf;
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

/// A file put into the output folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveredFile {
    /// Relative to the root.
    pub path: Utf8PathBuf,
    /// Whether a file of this name was there before; it is kept until the run is over.
    pub replaces: bool,
}
