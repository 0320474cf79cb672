//! Compiles the modules of an environment ahead.

use camino::Utf8Path;

use super::error::EnvironmentError;
use super::layout::Layout;
use crate::python::Interpreter;

/// Compiles the modules of the environment that is at `place` and belongs to `layout.root`, which
/// their byte code names.
pub(crate) fn compile(
    place: &Utf8Path,
    layout: &Layout,
    python: &Interpreter,
) -> Result<(), EnvironmentError> {
    let folder = place.join(layout.purelib());
    let output = duct::cmd(
        python.executable().as_str(),
        [
            "-I",
            "-m",
            "compileall",
            "-q",
            "-j",
            "0",
            "-s",
            place.as_str(),
            "-p",
            layout.root.as_str(),
            folder.as_str(),
        ],
    )
    .stdin_null()
    .stdout_capture()
    .stderr_capture()
    .unchecked()
    .run()?;
    // Some packages have templates that are not valid modules. compileall reports them and
    // continues.
    match output.status.code() {
        Some(0 | 1) => Ok(()),
        _ => Err(EnvironmentError::Compile {
            folder: layout.root.clone(),
            reason: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        }),
    }
}
