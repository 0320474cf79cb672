//! `export`: a lock in another format.

use camino::Utf8PathBuf;
use clap::{Args, ValueEnum};

use crate::commands::Outcome;
use crate::error::CommandError;
use crate::files;
use crate::locking::LockPath;
use crate::session::Session;

/// What can be said to `export`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The resolve; without it the default one
    #[arg(long, value_name = "NAME")]
    resolve: Option<String>,

    /// The format to print the lock in
    #[arg(long, value_enum)]
    format: Format,

    /// Where to; `-` is stdout
    #[arg(long, value_name = "FILE", default_value = "-")]
    output: Utf8PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// requirements.txt with markers and hashes, for pip `--require-hashes` and uv
    Requirements,
}

/// Prints a lock.
pub(crate) fn run(session: &Session, arguments: &Arguments) -> Result<Outcome, CommandError> {
    let resolve = arguments
        .resolve
        .as_deref()
        .unwrap_or(&session.settings.python.default_resolve);
    let path = LockPath::of(session, resolve)?;
    let Some(text) = path.read()? else {
        return Err(CommandError::failure(format!(
            "cannot export `{resolve}`: there is no lock at {}",
            path.relative
        ))
        .hint(format!(
            "run `cargo xtask generate-lockfiles --resolve {resolve}`"
        )));
    };
    let lock = lockfile::read(&text, &path.relative)?;
    let exported = match arguments.format {
        Format::Requirements => lockfile::export::requirements(&lock),
    };
    if arguments.output == "-" {
        session.print(exported);
        return Ok(Outcome::Done);
    }
    files::replace(
        &session.working_folder()?.join(&arguments.output),
        &exported,
    )
    .map_err(|error| CommandError::file("write", &arguments.output, &error))?;
    Ok(Outcome::Done)
}
