//! What two locks of one resolve differ in, as a reviewer wants to know it: which packages came,
//! went and moved, how far, and which changed input is to blame.

mod cause;
mod change;
mod lock_diff;
mod render;

pub use cause::Cause;
pub use change::{ChangeKind, Level};
pub use lock_diff::{LockDiff, PackageChange, diff, nothing};
pub use render::{json, markdown, text};
