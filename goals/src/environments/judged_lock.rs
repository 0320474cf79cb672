//! Whether the lock that an environment is made of is what its requirements ask for.

use lockfile::LockFormat;

use crate::error::GoalError;
use crate::locking::{Freshness, LockPath, PackageIndexes, ResolveDeclaration};
use crate::session::Session;

/// What happens where a lock is not what its requirements ask for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum StaleLocks {
    /// It is used, with a warning.
    #[default]
    Warned,
    /// It is refused.
    Refused,
}

/// A lock compared with what its requirements ask for.
#[derive(Debug, Default)]
pub(super) struct JudgedLock {
    /// Why it is not that; none if it is.
    pub(super) stale: Option<Vec<String>>,
    /// Whether another tool wrote it.
    foreign: bool,
    /// The files in which its requirements stand.
    pub(super) files: Vec<String>,
}

impl JudgedLock {
    /// Compares the lock of `resolve` with what the repository declares.
    ///
    /// # Errors
    /// Where there is no such resolve, or the lock's file cannot be read.
    pub(super) fn of(
        indexes: &PackageIndexes<'_>,
        repository: Result<&targets::Repository, GoalError>,
        resolve: &str,
    ) -> Result<Self, GoalError> {
        let session = indexes.session();
        let path = LockPath::of(session, resolve)?;
        let text = path.read()?;
        let own = |text: &String| LockFormat::of(text) == LockFormat::Own;
        let foreign = text.as_ref().is_some_and(|text| !own(text));
        let found = repository.and_then(|repository| {
            let name_of = |source: &_| indexes.name_of(source, resolve);
            let declared = ResolveDeclaration::collect(session, repository, resolve, name_of)?;
            let freshness = Freshness::of(indexes, &path, text.as_deref(), &declared)?;
            Ok((freshness, declared.files().map(str::to_owned).collect()))
        });
        Ok(match found {
            Ok((Freshness::Stale(stale), files)) => Self {
                stale: Some(stale.reasons),
                foreign,
                files,
            },
            Ok((Freshness::Fresh(_), files)) => Self {
                files,
                ..Self::default()
            },
            // Mistakes of requirements are those of `generate-lockfiles`, which says them.
            Err(_) => Self::default(),
        })
    }

    /// Says that the lock is not what its requirements ask for, if it is not.
    ///
    /// # Errors
    /// Where that is refused.
    pub(super) fn tell(
        &self,
        session: &Session,
        resolve: &str,
        policy: StaleLocks,
    ) -> Result<(), GoalError> {
        let Some(reasons) = &self.stale else {
            return Ok(());
        };
        let hint = format!("run `cargo xtask generate-lockfiles --resolve {resolve}`");
        let what = match self.foreign {
            true => format!("the lock of `{resolve}` is not one of this tool"),
            false => format!("the lock of `{resolve}` is not what its requirements ask for"),
        };
        match policy {
            StaleLocks::Warned if self.foreign => session.warn(format_args!(
                "{what}, and is installed as it is; {hint}, which keeps its versions"
            )),
            StaleLocks::Warned => {
                session.warn(format_args!("{what}: {}; {hint}", shortened(reasons)));
            }
            StaleLocks::Refused => {
                let path = LockPath::of(session, resolve)?;
                let error = GoalError::failure(what);
                let error = error.at(model::Place::file(path.relative.as_str()));
                let error = reasons.iter().cloned().fold(error, GoalError::because);
                return Err(error.hint(hint));
            }
        }
        Ok(())
    }
}

/// The largest number of reasons in a warning.
const MOST_REASONS: usize = 3;

fn shortened(reasons: &[String]) -> String {
    let shown = &reasons[..reasons.len().min(MOST_REASONS)];
    match reasons.len() - shown.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
