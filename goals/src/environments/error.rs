//! Errors of environments, as text for the user.

use install::environment::EnvironmentError;
use install::python::NoInterpreter;
use install::{SelectError, UnpackProblem, WheelError};

use crate::codes::ErrorCode;
use crate::error::GoalError;

/// A wheel was refused.
pub(super) fn of_wheel(error: WheelError) -> GoalError {
    let command_error = GoalError::failure(error.to_string()).code(ErrorCode::Environment);
    let command_error = match &error.problem {
        UnpackProblem::Hash { .. } => command_error.hint(
            "the file is not the one that was locked: do not use it, and ask who runs the index",
        ),
        UnpackProblem::Io(error) if error.kind() == std::io::ErrorKind::StorageFull => {
            command_error.hint("free some space, or set XTASK_CACHE_DIR to a folder that has some, and run it again")
        }
        UnpackProblem::Io(_) => command_error.hint(
            "set XTASK_CACHE_DIR to a folder that can be written, or see what `cargo xtask doctor` says",
        ),
        _ => command_error
            .hint("nothing of it was installed; tell its maintainers, or lock another version"),
    };
    command_error.caused_by(error)
}

/// An environment cannot be made or changed.
pub(super) fn of_environment(error: EnvironmentError, resolve: &str) -> GoalError {
    let command_error = GoalError::failure(format!(
        "cannot make the environment of `{resolve}`: {error}"
    ))
    .code(ErrorCode::Environment);
    let command_error = match &error {
        EnvironmentError::NotOurs { folder, .. } => {
            command_error.hint(format!("move it away, or remove it: `rm -r {folder}`"))
        }
        EnvironmentError::FileAndFolder { .. } => {
            command_error.hint("leave one of the two packages out, or lock another version of it")
        }
        EnvironmentError::Io(error) if error.kind() == std::io::ErrorKind::StorageFull => {
            command_error
                .hint("free some space, for one with `cargo xtask clean --cache`, and run it again")
        }
        EnvironmentError::Io(error)
            if matches!(
                error.kind(),
                std::io::ErrorKind::AlreadyExists | std::io::ErrorKind::NotADirectory
            ) =>
        {
            command_error.hint("a file, or a link that leads nowhere, stands where a folder is needed: move it away")
        }
        EnvironmentError::Io(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            command_error.hint("see whose the folder is: `cargo xtask doctor`")
        }
        _ => command_error,
    };
    command_error.caused_by(error)
}

/// This machine cannot use a lock.
pub(super) fn of_selection(error: SelectError, resolve: &str) -> GoalError {
    let command_error = GoalError::failure(format!("cannot export `{resolve}`: {error}"))
        .code(ErrorCode::Environment);
    let command_error = match &error {
        SelectError::Platform { machine, .. } => command_error.hint(format!(
            "add `{machine}` to the platforms of `{resolve}` and run `cargo xtask generate-lockfiles --resolve {resolve}`"
        )),
        SelectError::NoFile { name, .. } => command_error.hint(format!(
            "use another Python with `--python`, or lock another version: `cargo xtask generate-lockfiles --resolve {resolve} --upgrade-package {name}`"
        )),
    };
    command_error.caused_by(error)
}

/// No interpreter is suitable.
pub(super) fn of_interpreter(no: NoInterpreter, resolve: &str) -> GoalError {
    let text = no.to_string();
    let mut lines = text.lines();
    let headline = lines.next().unwrap_or_default();
    let command_error = lines.fold(
        GoalError::failure(format!("cannot export `{resolve}`: {headline}")),
        |error, line| error.because(line.trim()),
    );
    let command_error = command_error.hint(
        "install one, as with `pyenv install`, or say where it is: `search_path` in `[python-bootstrap]`, or `--python PATH`",
    );
    command_error.code(ErrorCode::Interpreter).caused_by(no)
}
