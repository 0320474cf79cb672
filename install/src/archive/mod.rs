//! Wheels read as if their maker meant harm: what does not agree with itself is refused before a
//! byte of it is written.

mod contents;
mod entry_points;
mod error;
mod path;
mod record;

pub(crate) use contents::{Contents, DATA_FOLDERS, Script, is_environment_script};
pub(crate) use entry_points::scripts;
pub use error::{WheelError, WheelProblem};
pub use path::PathProblem;
pub(crate) use path::{FoldedPath, check_path};
pub(crate) use record::{Record, push_line, sha256};
