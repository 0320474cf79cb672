//! Asks an interpreter once what it is, and remembers the answer while its file stays the same.

use std::io;
use std::time::{Duration, UNIX_EPOCH};

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::interpreter::{Interpreter, InterpreterFacts, InterpreterFactsError};
use crate::files;

const SCRIPT: &str = include_str!("facts.py");
/// An interpreter answers in milliseconds; one that waits for something is none.
const PATIENCE: Duration = Duration::from_secs(30);

/// The interpreters that were asked, remembered in a cache folder.
#[derive(Debug, Clone)]
pub struct Interpreters {
    folder: Utf8PathBuf,
}

/// An executable that did not answer as an interpreter does.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// It cannot be run.
    #[error("it cannot be run: {0}")]
    Run(io::Error),
    /// It ended with an error.
    #[error("it ended with exit status {status}: {stderr}")]
    Failed {
        /// The exit status.
        status: i32,
        /// The last line that it printed to standard error.
        stderr: String,
    },
    /// It has not answered within 30 seconds.
    #[error("it has not answered within 30 seconds")]
    TimeOut,
    /// It answered something else.
    #[error(transparent)]
    InterpreterFacts(#[from] InterpreterFactsError),
}

/// What stands in the cache: the answer, and what the executable looked like then.
#[derive(Serialize, Deserialize)]
struct Remembered {
    executable: Utf8PathBuf,
    stamp: Stamp,
    facts: InterpreterFacts,
}

/// Changes when the executable, or what it links to, is replaced.
#[derive(PartialEq, Eq, Serialize, Deserialize)]
struct Stamp {
    target: Utf8PathBuf,
    modified_nanos: u128,
    size: u64,
}

impl Interpreters {
    /// Remembers in `cache`/interpreters.
    #[must_use]
    pub fn new(cache: &Utf8Path) -> Self {
        Self {
            folder: cache.join("interpreters"),
        }
    }

    /// What `executable` is.
    ///
    /// A cache that cannot be read or written costs time, never the answer.
    ///
    /// # Errors
    /// Where it cannot be run or does not answer as an interpreter does.
    pub fn ask(&self, executable: &Utf8Path) -> Result<Interpreter, AskError> {
        let stamp = Stamp::of(executable).map_err(AskError::Run)?;
        let file = self.file_for(executable);
        if let Some(facts) = remembered(&file, executable, &stamp)
            && let Ok(interpreter) = Interpreter::new(facts)
        {
            return Ok(interpreter);
        }
        let interpreter = Interpreter::from_facts(&run(executable)?)?;
        let remembered = Remembered {
            executable: executable.to_owned(),
            stamp,
            facts: interpreter.facts().clone(),
        };
        if let Ok(json) = serde_json::to_vec(&remembered) {
            let _ = files::write_atomically(&file, &json);
        }
        Ok(interpreter)
    }

    /// A new script asks new questions: its text is part of the name.
    fn file_for(&self, executable: &Utf8Path) -> Utf8PathBuf {
        let digest = Sha256::new()
            .chain_update(SCRIPT)
            .chain_update(executable.as_str())
            .finalize();
        let name = hex::encode(&digest[..16]);
        self.folder.join(format!("{name}.json"))
    }
}

impl Stamp {
    fn of(executable: &Utf8Path) -> io::Result<Self> {
        let target = executable.canonicalize_utf8()?;
        let metadata = fs_err::metadata(&target)?;
        let modified = metadata.modified()?.duration_since(UNIX_EPOCH);
        Ok(Self {
            modified_nanos: modified.map_or(0, |since| since.as_nanos()),
            size: metadata.len(),
            target,
        })
    }
}

fn remembered(file: &Utf8Path, executable: &Utf8Path, stamp: &Stamp) -> Option<InterpreterFacts> {
    let remembered: Remembered = serde_json::from_slice(&fs_err::read(file).ok()?).ok()?;
    let same = remembered.executable == executable && remembered.stamp == *stamp;
    same.then_some(remembered.facts)
}

fn run(executable: &Utf8Path) -> Result<String, AskError> {
    let handle = duct::cmd(executable.as_str(), ["-I", "-B", "-c", SCRIPT])
        .stdin_null()
        .stdout_capture()
        .stderr_capture()
        .unchecked()
        .start()
        .map_err(AskError::Run)?;
    let Some(output) = handle.wait_timeout(PATIENCE).map_err(AskError::Run)? else {
        let _ = handle.kill();
        return Err(AskError::TimeOut);
    };
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        return Err(AskError::Failed {
            status: output.status.code().unwrap_or(-1),
            stderr: stderr.lines().last().unwrap_or_default().to_owned(),
        });
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(folder: &Utf8Path, name: &str, text: &str) -> Utf8PathBuf {
        let path = folder.join(name);
        fs_err::write(&path, text).unwrap();
        files::make_executable(&path).unwrap();
        path
    }

    #[test]
    fn is_asked_once_until_its_file_changes() {
        let temp = tempfile::tempdir().unwrap();
        let folder = Utf8Path::from_path(temp.path()).unwrap();
        let facts =
            serde_json::to_string(super::super::interpreter::tests::invented(|_| ()).facts())
                .unwrap();
        let text = format!("#!/bin/sh\necho asked >> {folder}/count\ncat << END\n{facts}\nEND\n");
        let executable = script(folder, "python", &text);
        let interpreters = Interpreters::new(&folder.join("cache"));
        let count = || {
            fs_err::read_to_string(folder.join("count"))
                .unwrap()
                .lines()
                .count()
        };
        interpreters.ask(&executable).unwrap();
        interpreters.ask(&executable).unwrap();
        assert_eq!(count(), 1);
        script(folder, "python", &format!("{text}\n"));
        interpreters.ask(&executable).unwrap();
        assert_eq!(count(), 2);
    }

    #[test]
    fn what_is_no_interpreter_says_why() {
        let temp = tempfile::tempdir().unwrap();
        let folder = Utf8Path::from_path(temp.path()).unwrap();
        let executable = script(
            folder,
            "python",
            "#!/bin/sh\necho 'no such version' >&2; exit 127\n",
        );
        let error = Interpreters::new(folder).ask(&executable).unwrap_err();
        insta::assert_snapshot!(error, @"it ended with exit status 127: no such version");
    }
}
