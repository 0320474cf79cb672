//! Which modules a third-party requirement provides.

mod stdlib;
mod table;
mod wheel;

pub use stdlib::is_stdlib;
pub use table::{Provides, default_modules};
pub use wheel::modules_of_wheel;
