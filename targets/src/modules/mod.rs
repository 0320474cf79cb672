//! Which modules a third-party requirement provides.

mod stdlib;
mod table;

pub use stdlib::is_stdlib;
pub use table::{Provides, default_modules};
