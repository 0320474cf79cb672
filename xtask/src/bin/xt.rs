//! `xt`, the name that is quick to type and that no cargo alias hides: becomes the `cargo-xtask` that is
//! installed beside it, under its own name.

#![allow(clippy::print_stderr, reason = "messages go to stderr")]

use std::path::PathBuf;
use std::process::{Command, ExitCode};

#[allow(
    clippy::disallowed_methods,
    reason = "no crate lets one program become another"
)]
fn main() -> ExitCode {
    let program = match program() {
        Ok(program) => program,
        Err(error) => return failed(&error),
    };
    let mut command = Command::new(&program);
    command.args(std::env::args_os().skip(1));
    become_it(command, &program)
}

/// The real program, beside the file that this one is.
fn program() -> std::io::Result<PathBuf> {
    let this = std::env::current_exe()?.canonicalize()?;
    let name = format!("cargo-xtask{}", std::env::consts::EXE_SUFFIX);
    Ok(this.with_file_name(name))
}

#[cfg(unix)]
fn become_it(mut command: Command, program: &std::path::Path) -> ExitCode {
    use std::os::unix::process::CommandExt;

    let called = std::env::args_os().next().unwrap_or_else(|| "xt".into());
    let error = command.arg0(called).exec();
    failed(&format_args!("{}: {error}", program.display()))
}

#[cfg(not(unix))]
fn become_it(mut command: Command, program: &std::path::Path) -> ExitCode {
    match command.status() {
        Ok(status) => {
            let code = status.code().and_then(|code| u8::try_from(code).ok());
            code.map_or(ExitCode::FAILURE, ExitCode::from)
        }
        Err(error) => failed(&format_args!("{}: {error}", program.display())),
    }
}

fn failed(error: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("error: cannot start the program that `xt` stands for: {error}");
    eprintln!("hint: install it again, `xt` and `cargo-xtask` in the same folder");
    ExitCode::FAILURE
}
