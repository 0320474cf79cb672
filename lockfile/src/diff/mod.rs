//! The difference of two locks of one resolve for a reviewer: which packages came, went and
//! changed, how much, and which changed input is the cause.

mod cause;
mod change;
mod html;
mod lock_diff;
mod moved;
mod render;

pub use cause::Cause;
pub use change::{ChangeKind, Level};
pub use html::{escaped, html};
pub use lock_diff::{LockDiff, PackageChange, diff, nothing};
pub use render::{markdown, text};
