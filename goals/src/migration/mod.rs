//! Moving from Pants: what of a repository's settings, workflows, scripts and documents works as it is,
//! what differs, and what has no counterpart; locks beside those of Pants, and the way back.

mod command_lines;
mod judgement;
mod settings_lines;
mod trial_locks;
mod unbuilt;

use camino::{Utf8Path, Utf8PathBuf};
pub use command_lines::{CommandLine, command_lines};
pub use judgement::{JudgedCommand, MigrationLine, MigrationVerdict};
pub use trial_locks::{TrialLocks, undo, write_trial};

use unbuilt::PackagedTargets;

use crate::error::GoalError;
use crate::session::Session;

/// Judges the settings and command lines of a repository, in the order of files and lines. `judge` is
/// given the words behind `pants`.
///
/// # Errors
/// A file that cannot be read.
pub fn judged_lines(
    session: &Session,
    judge: &dyn Fn(&[String]) -> JudgedCommand,
) -> Result<Vec<MigrationLine>, GoalError> {
    let mut lines = settings_lines::judged(session)?;
    let packaged = PackagedTargets::of(session);
    for path in script_files(session.root()) {
        let absolute = session.root().join(&path);
        // What is no text has no commands for people.
        let Ok(text) = fs_err::read_to_string(&absolute) else {
            continue;
        };
        lines.extend(command_lines(&text).into_iter().map(|found| {
            let judged = judge(&found.words);
            let of_packages = match judged.0 {
                MigrationVerdict::Works => packaged.judge(&found.words),
                _ => None,
            };
            let (verdict, reason) = of_packages.unwrap_or(judged);
            MigrationLine {
                file: path.to_string(),
                line: found.line,
                text: found.text,
                verdict,
                reason,
            }
        }));
    }
    Ok(lines)
}

/// Folders in which no script of the repository lies.
const NOT_SEARCHED: &[&str] = &["dist", "node_modules", "target", "venv", "__pycache__"];
/// Hidden files and folders that have command lines.
const HIDDEN: &[&str] = &[
    ".circleci",
    ".github",
    ".gitlab",
    ".gitlab-ci.yml",
    ".pre-commit-config.yaml",
    ".devcontainer",
    ".travis.yml",
];

/// The workflows, scripts and documents of a repository, relative to its root, sorted.
fn script_files(root: &Utf8Path) -> Vec<Utf8PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![Utf8PathBuf::new()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = root.join(&folder).read_dir_utf8() else {
            continue;
        };
        for entry in entries.flatten() {
            let name = entry.file_name();
            if name.starts_with('.') && !HIDDEN.contains(&name) {
                continue;
            }
            let path = folder.join(name);
            match entry.file_type() {
                Ok(kind) if kind.is_dir() && !NOT_SEARCHED.contains(&name) => folders.push(path),
                Ok(kind) if kind.is_file() && has_commands(&path) => found.push(path),
                _ => {}
            }
        }
    }
    found.sort();
    found
}

/// Whether a file by its name may have command lines.
fn has_commands(path: &Utf8Path) -> bool {
    let name = path.file_name().unwrap_or_default();
    let of_name = [
        "Makefile",
        "justfile",
        "Justfile",
        "Jenkinsfile",
        "package.json",
    ];
    match path.extension() {
        Some("sh" | "bash" | "zsh" | "md" | "rst" | "yml" | "yaml" | "mk") => true,
        _ => of_name.contains(&name) || name.starts_with("Dockerfile"),
    }
}
