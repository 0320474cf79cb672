//! Tools that a test needs and a machine may not have.
//!
//! Without them, the test returns early and says so on the terminal, although the test runner
//! captures output. `.ci/run` reads these lines.

use std::io::Write;

use camino::Utf8PathBuf;

/// The program `name` in the virtual environment that `XTASK_PEERS` names.
///
/// `None` if it is missing: the caller's test is then reported as skipped.
#[must_use]
pub fn peer(name: &str) -> Option<Utf8PathBuf> {
    let Ok(folder) = std::env::var("XTASK_PEERS") else {
        skip(&format!(
            "needs {name}, and XTASK_PEERS names no virtual environment"
        ));
        return None;
    };
    let program = Utf8PathBuf::from(folder).join("bin").join(name);
    if !program.exists() {
        skip(&format!("needs {name}, and {program} does not exist"));
        return None;
    }
    Some(program)
}

/// Reports that the running test is skipped.
pub fn skip(reason: &str) {
    let thread = std::thread::current();
    let line = format!("skipped {}: {reason}\n", thread.name().unwrap_or("a test"));
    let _ = std::io::stderr().write_all(line.as_bytes());
}

/// The Python 3 of this machine.
///
/// `None` if it is missing: the caller's test is then reported as skipped.
#[must_use]
pub fn python() -> Option<&'static str> {
    let version = duct::cmd!("python3", "--version")
        .stdout_null()
        .stderr_null();
    if version.run().is_err() {
        skip("needs python3, and there is none");
        return None;
    }
    Some("python3")
}
