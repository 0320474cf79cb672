//! `clean`: removes caches and environments, and prints how much space that frees.

use std::fmt;

use clap::Args;
use install::sweep::{self, Leftover, Size};

use crate::outcome::CommandOutcome;
use goals::environments::folders::{self, OwnedFolder};
use goals::environments::relative;
use goals::error::GoalError;
use goals::session::Session;

/// The arguments of `clean`. Without options, only files of interrupted runs are removed.
#[derive(Debug, Args)]
pub(crate) struct CleanArguments {
    /// Remove the cache, which is downloaded or built again when needed
    #[arg(long)]
    cache: bool,

    /// Remove the exported environments
    #[arg(long)]
    environments: bool,

    /// Remove both
    #[arg(long)]
    all: bool,

    /// Remove nothing, and print what would be removed
    #[arg(long)]
    dry_run: bool,
}

/// Removes what was asked for.
pub(crate) fn run(
    session: &Session,
    arguments: &CleanArguments,
) -> Result<CommandOutcome, GoalError> {
    let mut owned = folders::leftovers(session)?;
    if arguments.cache || arguments.all {
        owned.extend(folders::in_cache(session)?);
    }
    if arguments.environments || arguments.all {
        owned.extend(folders::environments(session));
    }
    owned.sort_by(|a, b| a.path.cmp(&b.path));
    owned.dedup_by(|a, b| a.path.starts_with(&b.path));
    if owned.is_empty() {
        session.say("there is nothing to remove");
        return Ok(CommandOutcome::Done);
    }
    let paths: Vec<_> = owned.iter().map(|one| one.path.clone()).collect();
    let Size { files, freed } = sweep::size(&paths);
    for OwnedFolder { path, what } in &owned {
        session.say(format_args!("  {} ({what})", relative(session, path)));
    }
    if arguments.dry_run {
        session.say(format_args!(
            "would remove {files} files and free {}",
            Bytes(freed)
        ));
        return Ok(CommandOutcome::Done);
    }
    let mut left = Vec::new();
    for path in &paths {
        let leftovers =
            sweep::remove(path).map_err(|error| GoalError::file("remove", path, &error))?;
        left.extend(leftovers);
    }
    folders::tidy_up(session);
    if left.is_empty() {
        session.say(format_args!(
            "removed {files} files and freed {}",
            Bytes(freed)
        ));
        return Ok(CommandOutcome::Done);
    }
    Err(stayed(session, &left))
}

/// The largest number of paths in an error.
const SHOWN: usize = 5;

fn stayed(session: &Session, left: &[Leftover]) -> GoalError {
    let error = GoalError::failure(format!(
        "{} files or folders could not be removed",
        left.len()
    ));
    let error = left.iter().take(SHOWN).fold(error, |error, one| {
        let whose = match one.owner {
            Some(0) => " (it is root's)".to_owned(),
            Some(owner) => format!(" (it belongs to user {owner})"),
            None => String::new(),
        };
        error.because(format!(
            "{}: {}{whose}",
            relative(session, &one.path),
            one.reason
        ))
    });
    let paths: Vec<&str> = left.iter().map(|one| one.path.as_str()).collect();
    error.hint(format!(
        "remove them yourself: `sudo rm -r {}`",
        paths.join(" ")
    ))
}

/// A number of bytes for people.
pub(crate) struct Bytes(pub(crate) u64);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [("GiB", 30), ("MiB", 20), ("KiB", 10)];
        for (unit, shift) in units {
            let whole = self.0 >> shift;
            if whole > 0 {
                let tenth = ((self.0 - (whole << shift)) * 10) >> shift;
                return write!(f, "{whole}.{tenth} {unit}");
            }
        }
        write!(f, "{} bytes", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_for_people() {
        let text = |bytes| Bytes(bytes).to_string();
        assert_eq!(text(12), "12 bytes");
        assert_eq!(text(1536), "1.5 KiB");
        assert_eq!(text(3 << 30), "3.0 GiB");
    }
}
