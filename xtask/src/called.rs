//! The name by which the user called this program: `cargo xtask`, or that of the file.
//!
//! Messages and hints are written with `cargo xtask`, and printed with the name that works here.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::path::Path;
use std::sync::OnceLock;

/// The name in messages.
const WRITTEN: &str = "cargo xtask";
/// The file that cargo finds as its subcommand.
const OF_CARGO: &str = "cargo-xtask";

static CALLED: OnceLock<String> = OnceLock::new();

/// Keeps the name that the first argument of the process gives.
pub(crate) fn keep(program: &OsStr) {
    let stem = Path::new(program).file_stem().and_then(OsStr::to_str);
    let _first_counts = CALLED.set(match stem {
        None | Some("" | OF_CARGO) if has_cargo() => WRITTEN.to_owned(),
        None | Some("") => OF_CARGO.to_owned(),
        Some(stem) => stem.to_owned(),
    });
}

/// The name.
pub(crate) fn name() -> &'static str {
    CALLED.get().map_or(WRITTEN, String::as_str)
}

/// A message with the name that works here.
pub(crate) fn named(message: &str) -> Cow<'_, str> {
    match name() {
        WRITTEN => Cow::Borrowed(message),
        name => Cow::Owned(message.replace(WRITTEN, name)),
    }
}

fn has_cargo() -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join("cargo").is_file())
}
