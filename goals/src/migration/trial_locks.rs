//! Locks beside those of Pants, at paths of their own, so that nobody else notices a trial.
//!
//! `xtask.toml` names the paths. It counts more than `pants.toml`, and Pants does not read it.

use std::fmt::Write as _;

use camino::{Utf8Path, Utf8PathBuf};
use workspace::files;
use workspace::settings::OWN_FILE;

use crate::error::GoalError;
use crate::session::Session;

/// The first line of a settings file that was written for a trial.
const MARK: &str = "# Written by `cargo xtask migrate --write`; `cargo xtask migrate --undo` removes it, and the locks that it names.";
/// How the names of such locks end.
const END: &str = ".xtask.lock";

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrialLocks {
    /// The settings file, then the locks, relative to the root.
    pub written: Vec<Utf8PathBuf>,
}

/// Copies the lock of each resolve beside it, and names the copies in a settings file. They are locks of
/// Pants still, which can be installed, and whose pins are kept when they are made anew.
///
/// # Errors
/// A settings file of ours that somebody wrote by hand; a file that cannot be written.
pub fn write_trial(session: &Session) -> Result<TrialLocks, GoalError> {
    let root = session.root();
    let path = root.join(OWN_FILE);
    if read(&path)?.is_some_and(|text| !text.starts_with(MARK)) {
        return Err(GoalError::failure(format!(
            "{OWN_FILE} is there and was not written by `migrate`"
        ))
        .hint("name paths for locks in its `[python.resolves]` yourself"));
    }
    let mut text = format!("{MARK}\n[python.resolves]\n");
    let mut copies = Vec::new();
    for (resolve, lockfile) in &session.settings.python.resolves {
        let own = match lockfile.as_str().ends_with(END) {
            true => lockfile.to_path_buf(),
            false => own_path(lockfile),
        };
        let key = toml_edit::Key::new(resolve);
        let value = toml_edit::Value::from(own.as_str());
        let _infallible = writeln!(text, "{key} = {value}");
        copies.push((lockfile.to_path_buf(), own));
    }
    let mut written = vec![Utf8PathBuf::from(OWN_FILE)];
    for (theirs, own) in copies {
        // A second run keeps what the first made.
        if theirs == own || root.join(&own).exists() {
            continue;
        }
        for end in ["", METADATA] {
            let (from, to) = (format!("{theirs}{end}"), format!("{own}{end}"));
            if let Some(content) = read(&root.join(&from))? {
                files::replace(&root.join(&to), &content)
                    .map_err(|error| GoalError::file("write", to.as_str().as_ref(), &error))?;
                written.push(to.into());
            }
        }
    }
    files::replace(&path, &text)
        .map_err(|error| GoalError::file("write", OWN_FILE.as_ref(), &error))?;
    Ok(TrialLocks { written })
}

/// The end of the file beside a lock of Pants in which uv's form is described.
const METADATA: &str = ".metadata";

/// Removes what a trial wrote. Gives what was removed, relative to the root.
///
/// # Errors
/// Where nothing was written for a trial; a file that cannot be removed.
pub fn undo(session: &Session) -> Result<Vec<Utf8PathBuf>, GoalError> {
    let root = session.root();
    let text = read(&root.join(OWN_FILE))?;
    if !text.is_some_and(|text| text.starts_with(MARK)) {
        return Err(GoalError::failure("there is nothing to undo")
            .because(format!("no {OWN_FILE} of `migrate` is here")));
    }
    let locks = session.settings.python.resolves.values();
    let locks = locks.filter(|path| path.as_str().ends_with(END));
    let locks = locks.flat_map(|path| [path.to_path_buf(), format!("{path}{METADATA}").into()]);
    let mut removed = Vec::new();
    // The settings file goes last: what it names can be found until then.
    for path in locks.chain([Utf8PathBuf::from(OWN_FILE)]) {
        match fs_err::remove_file(root.join(&path)) {
            Ok(()) => removed.push(path),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(GoalError::file("remove", &path, &error)),
        }
    }
    Ok(removed)
}

/// `tools/python.lock` as `tools/python.xtask.lock`.
fn own_path(lockfile: &Utf8Path) -> Utf8PathBuf {
    let text = lockfile.as_str();
    format!("{}{END}", text.strip_suffix(".lock").unwrap_or(text)).into()
}

fn read(path: &Utf8Path) -> Result<Option<String>, GoalError> {
    match fs_err::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(GoalError::file("read", path, &error)),
    }
}
