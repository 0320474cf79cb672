//! `clean`: removes caches and environments, and prints how much space that frees.

use std::fmt;
use std::time::Duration;

use clap::Args;
use install::sweep::{self, Leftover, Size};

use crate::outcome::CommandOutcome;
use goals::environments::folders::{self, OwnedFolder};
use goals::environments::{pruning, relative};
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

    /// Remove from the cache what older versions of this tool left, and what was not used for so many
    /// days; without a number, 30
    #[arg(long, value_name = "DAYS", num_args = 0..=1, default_missing_value = "30", conflicts_with_all = ["cache", "all"])]
    prune: Option<u32>,

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
    let unused = match arguments.prune {
        Some(days) => pruning::unused(session, DAY * days)?,
        None => Vec::new(),
    };
    if owned.is_empty() && unused.is_empty() {
        session.say("there is nothing to remove");
        return Ok(CommandOutcome::Done);
    }
    let mut paths: Vec<_> = owned.iter().map(|one| one.path.clone()).collect();
    for OwnedFolder { path, what } in &owned {
        let size = Bytes(sweep::size(std::slice::from_ref(path)).freed);
        session.say(format_args!(
            "  {} ({what}, {size})",
            relative(session, path)
        ));
    }
    for one in unused {
        let size = Bytes(sweep::size(&one.entries).freed);
        let folder = relative(session, &one.folder);
        session.say(match one.entries == [one.folder.clone()] {
            true => format!("  {folder} ({}, {size})", one.what),
            false => format!(
                "  {folder} ({} of {} {}, {size})",
                one.entries.len(),
                one.all,
                one.what
            ),
        });
        paths.extend(one.entries);
    }
    let Size { files, freed } = sweep::size(&paths);
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

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

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
