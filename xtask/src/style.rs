//! The styles of words on a terminal. If the output is no terminal, they are removed before
//! printing.

use anstyle::{AnsiColor, Style};

/// The word before an error.
pub(crate) const ERROR: Style = AnsiColor::BrightRed.on_default().bold();
/// The word before a warning.
pub(crate) const WARNING: Style = AnsiColor::Yellow.on_default().bold();
/// The word before a hint.
pub(crate) const HINT: Style = AnsiColor::Cyan.on_default().bold();
/// The subject of the lines below.
pub(crate) const SUBJECT: Style = Style::new().bold();
/// Something that is right or new.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
/// Something that changed.
pub(crate) const CHANGED: Style = AnsiColor::Yellow.on_default();
/// Something that is wrong or was removed.
pub(crate) const BAD: Style = AnsiColor::Red.on_default();
