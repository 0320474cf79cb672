//! How words stand out on a terminal. Where what is printed goes elsewhere, the edge strips it.

use anstyle::{AnsiColor, Style};

/// The word before a warning.
pub const WARNING: Style = AnsiColor::Yellow.on_default().bold();
/// The word before a hint.
pub const HINT: Style = AnsiColor::Cyan.on_default().bold();
/// What the lines below are about.
pub const SUBJECT: Style = Style::new().bold();
/// What is well, or new.
pub const GOOD: Style = AnsiColor::Green.on_default();
/// What became another.
pub const CHANGED: Style = AnsiColor::Yellow.on_default();
/// What is amiss, or gone.
pub const BAD: Style = AnsiColor::Red.on_default();
