//! `lock diff`: what changed between two states of the locks, and which input is the cause.

use camino::Utf8Path;
use clap::{Args, ValueEnum};
use git::Git;
use lockfile::diff::nothing;
use lockfile::{Lock, LockDiff, LockFormat, diff};

use crate::outcome::CommandOutcome;
use crate::terminal;
use goals::error::GoalError;
use goals::locking::{LockPath, lock_paths};
use goals::session::Session;

/// The arguments of `lock diff`.
#[derive(Debug, Args)]
pub(crate) struct LockDiffArguments {
    /// The old state: a git revision or a lockfile [default: `HEAD`]
    #[arg(value_name = "FROM")]
    from: Option<String>,

    /// The new state: a git revision or a lockfile [default: the working tree]
    #[arg(value_name = "TO")]
    to: Option<String>,

    /// Only this resolve; may be repeated
    #[arg(long = "resolve", value_name = "NAME")]
    resolves: Vec<String>,

    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For a terminal
    Text,
    /// For a pull request
    Markdown,
    /// For programs
    Json,
}

/// A state of the locks.
enum State {
    /// The files of the working tree.
    WorkingTree,
    /// The files of a commit.
    Revision(String),
    /// One lockfile, at any path.
    File(Box<Lock>),
}

/// Prints the differences.
pub(crate) fn run(
    session: &Session,
    arguments: &LockDiffArguments,
) -> Result<CommandOutcome, GoalError> {
    let from = State::of(session, arguments.from.as_deref().unwrap_or("HEAD"))?;
    let to = match &arguments.to {
        Some(to) => State::of(session, to)?,
        None => State::WorkingTree,
    };
    let diffs = diffs(session, arguments, &from, &to)?;
    terminal::print(match arguments.format {
        Format::Text => lockfile::diff::text(&diffs),
        Format::Markdown => lockfile::diff::markdown(&diffs),
        Format::Json => lockfile::diff::json(&diffs),
    });
    Ok(CommandOutcome::Done)
}

fn diffs(
    session: &Session,
    arguments: &LockDiffArguments,
    from: &State,
    to: &State,
) -> Result<Vec<LockDiff>, GoalError> {
    // A lockfile belongs to the resolve that it names, unless the user says otherwise.
    let mut resolves = arguments.resolves.clone();
    let known = |name: &String| session.settings.python.resolves.contains_key(name);
    if let (State::File(lock), _) | (_, State::File(lock)) = (from, to)
        && resolves.is_empty()
    {
        if let (State::File(old), State::File(new)) = (from, to) {
            return Ok(vec![diff(old, new)]);
        }
        let named = Some(lock.resolve.clone()).filter(known);
        let default = || session.settings.python.default_resolve.clone();
        resolves.push(named.unwrap_or_else(default));
    }
    let mut diffs = Vec::new();
    for (resolve, path) in lock_paths(session, &resolves)? {
        let new = to.lock(session, &path, None)?;
        let old = from.lock(session, &path, new.as_ref())?;
        match (old, new) {
            (Some(old), Some(new)) => diffs.push(diff(&old, &new)),
            (None, Some(new)) => diffs.push(diff(&nothing(&new), &new)),
            (Some(old), None) => diffs.push(diff(&old, &nothing(&old))),
            (None, None) => session.warn(format_args!("neither state has a lock of `{resolve}`")),
        }
    }
    Ok(diffs)
}

impl State {
    fn of(session: &Session, named: &str) -> Result<Self, GoalError> {
        let path = session.working_folder()?.join(named);
        if path.is_file() {
            let text = fs_err::read_to_string(&path)
                .map_err(|error| GoalError::file("read", Utf8Path::new(named), &error))?;
            let lock = lockfile::read(&text, Utf8Path::new(named))?;
            return Ok(Self::File(Box::new(lock)));
        }
        match Git::at(session.root()).commit(named)? {
            Some(_) => Ok(Self::Revision(named.to_owned())),
            None => Err(GoalError::failure(format!(
                "`{named}` is neither a lockfile nor a revision of this git repository"
            ))
            .hint("name the path of a lockfile, or a revision such as `HEAD~1`")),
        }
    }

    /// The lock of a resolve in this state. Of another tool's lock only the pins are used: it
    /// becomes a lock that differs from `like` in versions only.
    fn lock(
        &self,
        session: &Session,
        path: &LockPath,
        like: Option<&Lock>,
    ) -> Result<Option<Lock>, GoalError> {
        let text = match self {
            Self::File(lock) => return Ok(Some((**lock).clone())),
            Self::WorkingTree => path.read()?,
            Self::Revision(revision) => Git::at(session.root()).file(revision, &path.relative)?,
        };
        let Some(text) = text.filter(|text| !text.trim().is_empty()) else {
            return Ok(None);
        };
        let place = match self {
            Self::Revision(revision) => format!("{revision}:{}", path.relative).into(),
            _ => path.relative.clone(),
        };
        let foreign = !matches!(LockFormat::of(&text), LockFormat::Own | LockFormat::Unknown);
        match like {
            Some(like) if foreign => {
                let pins = lockfile::import::pins(&text, &place)?;
                Ok(Some(lockfile::import::as_lock(&pins, like)))
            }
            _ => Ok(Some(lockfile::read(&text, &place)?)),
        }
    }
}
