//! The questions that commands ask git.

use camino::Utf8Path;

/// git gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum GitFailure {
    /// It could not be started.
    #[error("cannot run git: {0}")]
    NotRun(#[source] std::io::Error),
    /// It said no.
    #[error("`git {command}` failed")]
    Refused {
        /// The arguments.
        command: String,
        /// What git said.
        reason: String,
    },
}

/// The commit that a revision names; `None` where it names none.
pub fn commit(root: &Utf8Path, revision: &str) -> Result<Option<String>, GitFailure> {
    let name = format!("{revision}^{{commit}}");
    ask(
        root,
        &[
            "rev-parse",
            "--verify",
            "--quiet",
            "--end-of-options",
            &name,
        ],
    )
}

/// A file as a revision has it; `None` where it has no such file.
pub fn show(
    root: &Utf8Path,
    revision: &str,
    path: &Utf8Path,
) -> Result<Option<String>, GitFailure> {
    ask(
        root,
        &["show", "--end-of-options", &format!("{revision}:./{path}")],
    )
}

/// A setting of the repository; `None` where it is not set.
pub fn setting(root: &Utf8Path, name: &str) -> Result<Option<String>, GitFailure> {
    let value = ask(root, &["config", "--local", "--get", name])?;
    Ok(value.map(|value| value.trim_end_matches('\n').to_owned()))
}

/// Runs a command that must succeed.
pub fn run(root: &Utf8Path, arguments: &[&str]) -> Result<String, GitFailure> {
    let output = output(root, arguments)?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let reason = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(GitFailure::Refused {
        command: arguments.join(" "),
        reason,
    })
}

/// What a command answers; `None` where it says no.
fn ask(root: &Utf8Path, arguments: &[&str]) -> Result<Option<String>, GitFailure> {
    let output = output(root, arguments)?;
    let answer = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(output.status.success().then_some(answer))
}

fn output(root: &Utf8Path, arguments: &[&str]) -> Result<std::process::Output, GitFailure> {
    duct::cmd("git", arguments)
        .dir(root)
        .stdout_capture()
        .stderr_capture()
        .unchecked()
        .run()
        .map_err(GitFailure::NotRun)
}

/// The merge of our file, the base and their file, line by line, with conflict markers.
pub fn merge_file(files: [&Utf8Path; 3]) -> Result<String, GitFailure> {
    let labels = ["-L", "ours", "-L", "base", "-L", "theirs"];
    let files = files.map(Utf8Path::as_str);
    let arguments = [&["merge-file", "-p"][..], &labels, &files].concat();
    // The exit status is the number of conflicts.
    let output = output(Utf8Path::new("."), &arguments)?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
