//! Whether the lock that an environment is made of is what its requirements ask for.

use lockfile::LockFormat;

use super::exporter::{Exporter, StaleLocks};
use crate::error::GoalError;
use crate::locking::{self, LockPath};

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

impl Exporter<'_> {
    /// Says that the lock of `resolve` is not what its requirements ask for, if it is not.
    pub(super) fn check_lock(&self, resolve: &str) -> Result<JudgedLock, GoalError> {
        let judged = self.judge_lock(resolve)?;
        let Some(reasons) = judged.stale.clone() else {
            return Ok(judged);
        };
        let hint = format!("run `cargo xtask generate-lockfiles --resolve {resolve}`");
        let path = LockPath::of(self.session, resolve)?;
        let what = match judged.foreign {
            true => format!("the lock of `{resolve}` is not one of this tool"),
            false => format!("the lock of `{resolve}` is not what its requirements ask for"),
        };
        match self.options.stale {
            StaleLocks::Warned if judged.foreign => {
                self.session.warn(format_args!(
                    "{what}, and is installed as it is; {hint}, which keeps its versions"
                ));
                Ok(judged)
            }
            StaleLocks::Warned => {
                self.session
                    .warn(format_args!("{what}: {}; {hint}", shortened(&reasons)));
                Ok(judged)
            }
            StaleLocks::Refused => {
                let error = GoalError::failure(what);
                let error = error.at(model::Place::file(path.relative.as_str()));
                let error = reasons.into_iter().fold(error, GoalError::because);
                Err(error.hint(hint))
            }
        }
    }

    /// Why the lock of `resolve` is not what its requirements ask for; nothing if it is, or if that
    /// cannot be said.
    pub fn stale_reasons(&self, resolve: &str) -> Result<Option<Vec<String>>, GoalError> {
        Ok(self.judge_lock(resolve)?.stale)
    }

    fn judge_lock(&self, resolve: &str) -> Result<JudgedLock, GoalError> {
        let path = LockPath::of(self.session, resolve)?;
        let text = path.read()?;
        let own = |text: &String| LockFormat::of(text) == LockFormat::Own;
        let foreign = text.as_ref().is_some_and(|text| !own(text));
        let indexes = locking::PackageIndexes::new(self.session, self.options.index.clone())?;
        let found = self.repository().and_then(|repository| {
            let name_of = |source: &_| indexes.name_of(source, resolve);
            let declared =
                locking::ResolveDeclaration::collect(self.session, repository, resolve, name_of)?;
            let freshness = locking::Freshness::of(&indexes, &path, text.as_deref(), &declared)?;
            Ok((freshness, declared.files().map(str::to_owned).collect()))
        });
        Ok(match found {
            Ok((locking::Freshness::Stale(stale), files)) => JudgedLock {
                stale: Some(stale.reasons),
                foreign,
                files,
            },
            Ok((locking::Freshness::Fresh(_), files)) => JudgedLock {
                files,
                ..JudgedLock::default()
            },
            // Mistakes of requirements are those of `generate-lockfiles`, which says them.
            Err(_) => JudgedLock::default(),
        })
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
