//! Selects the targets of a command: by specs, tags, types, and changes since a commit.

use camino::Utf8PathBuf;
use git::Git;
use targets::query::{ChangedFiles, Dependents, Specs, TargetFilter};
use targets::{TargetGraph, TargetId};

use crate::error::GoalError;
use crate::session::Session;

/// Which targets are selected.
#[derive(Debug, Clone, Default)]
pub struct TargetSelection {
    /// `::` for all, `dir::`, `dir:`, `dir:name`, a file or a glob; a `-` in front excludes.
    pub specs: Vec<String>,
    /// Only targets with one of these tags, `-a,b` for none of them.
    pub tags: Vec<String>,
    /// Only targets of one of these types, `-a,b` for none of them.
    pub kinds: Vec<String>,
    /// Only targets that changed.
    pub changed: Option<ChangedSince>,
}

/// What changed since a commit.
#[derive(Debug, Clone)]
pub struct ChangedSince {
    /// A branch, tag or commit.
    pub revision: String,
    /// Whether targets that depend on changed ones are selected too.
    pub dependents: Dependents,
}

/// What is selected without specs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoSpecs {
    /// All targets.
    All,
    /// Nothing: it is an error.
    Refused,
}

impl TargetSelection {
    /// The selected targets.
    pub fn of(
        &self,
        session: &Session,
        graph: &TargetGraph<'_>,
        no_specs: NoSpecs,
    ) -> Result<Vec<TargetId>, GoalError> {
        let mut selected = match (&self.changed, self.specs(session)?) {
            (Some(since), specs) => {
                let files = changed_files(session, &since.revision)?;
                let changed = files.targets(graph, since.dependents)?;
                if specs.is_empty() {
                    changed
                } else {
                    let within = specs.select(graph)?;
                    changed
                        .into_iter()
                        .filter(|id| within.binary_search(id).is_ok())
                        .collect()
                }
            }
            (None, specs) if specs.is_empty() && no_specs == NoSpecs::All => graph.all().collect(),
            (None, specs) if specs.is_empty() => {
                return Err(GoalError::misuse("no targets are named")
                    .hint("`::` names all, `dir::` those in `dir` and below"));
            }
            (None, specs) => specs.select(graph)?,
        };
        let filter = TargetFilter::new(&self.tags, &self.kinds);
        selected.retain(|id| filter.accepts(graph, *id));
        if selected.is_empty() && self.changed.is_none() {
            session.warn("no target is named by this, or none is left by the filters");
        }
        Ok(selected)
    }

    fn specs(&self, session: &Session) -> Result<Specs, GoalError> {
        let specs = self.specs.iter().map(String::as_str);
        Ok(Specs::parse(specs, &session.folder_in_repository()?))
    }
}

/// The files that differ from the commit at which the work left `since`, untracked files included.
pub fn changed_files(session: &Session, since: &str) -> Result<ChangedFiles, GoalError> {
    let git = Git::at(session.root());
    if git.commit(since)?.is_none() {
        return Err(GoalError::failure(format!("there is no commit `{since}`"))
            .hint("`--changed-since` takes a branch, tag or commit, such as `main` or `HEAD~3`"));
    }
    let base = git.text(&["merge-base", since, "HEAD"])?;
    let difference = git.difference(&base)?;
    let edited = difference.edited.into_iter().chain(git.untracked()?);
    Ok(ChangedFiles {
        edited: edited.map(Utf8PathBuf::into_string).collect(),
        deleted: difference
            .deleted
            .into_iter()
            .map(Utf8PathBuf::into_string)
            .collect(),
    })
}
