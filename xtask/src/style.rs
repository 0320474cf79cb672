//! How words stand out on a terminal. Where what is printed goes elsewhere, the edge strips it.

use anstyle::{AnsiColor, Style};

/// The word before a warning.
pub(crate) const WARNING: Style = AnsiColor::Yellow.on_default().bold();
/// The word before a hint.
pub(crate) const HINT: Style = AnsiColor::Cyan.on_default().bold();
/// What the lines below are about.
pub(crate) const SUBJECT: Style = Style::new().bold();
/// What is well, or new.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
/// What became another.
pub(crate) const CHANGED: Style = AnsiColor::Yellow.on_default();
/// What is amiss, or gone.
pub(crate) const BAD: Style = AnsiColor::Red.on_default();
