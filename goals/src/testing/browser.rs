//! Opens a page of a report in the browser of who asked for it.

use camino::Utf8Path;

use crate::error::GoalError;
use crate::session::Session;

/// Programs that open a page: of Linux, of macOS, and Python's own.
const OPENERS: &[&[&str]] = &[
    &["xdg-open"],
    &["open"],
    &["python3", "-m", "webbrowser", "-t"],
];

/// Opens a page, relative to the root.
///
/// # Errors
/// Nothing here opens it.
pub fn open_page(session: &Session, page: &Utf8Path) -> Result<(), GoalError> {
    let path = session.root().join(page);
    let variables = session.environment.get("PATH");
    let folders: Vec<&str> = variables.map_or("", String::as_str).split(':').collect();
    let is_there = |program: &str| {
        let mut places = folders
            .iter()
            .map(|folder| Utf8Path::new(folder).join(program));
        places.any(|place| place.is_file())
    };
    for opener in OPENERS.iter().filter(|opener| is_there(opener[0])) {
        let arguments = opener[1..].iter().copied().chain([path.as_str()]);
        let arguments: Vec<&str> = arguments.collect();
        let opened = duct::cmd(opener[0], arguments)
            .stdin_null()
            .stdout_null()
            .stderr_null()
            .run();
        if opened.is_ok() {
            return Ok(());
        }
    }
    Err(
        GoalError::failure(format!("cannot open {page} in a browser"))
            .hint("neither `xdg-open`, `open` nor `python3 -m webbrowser` opens it here"),
    )
}
