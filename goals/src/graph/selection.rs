//! Which targets a command is about: specs, tags, types, changes since a commit.

use camino::Utf8PathBuf;
use clap::{Args, ValueEnum};
use git::Git;
use targets::query::{Changed, Dependents, Filter, Specs};
use targets::{Graph, TargetId};

use crate::error::CommandError;
use crate::session::Session;

/// What can be said about which targets are meant.
#[derive(Debug, Args)]
pub struct Selection {
    /// Targets: `::` for all, `dir::`, `dir:`, `dir:name`, a file or a glob; `-` before excludes
    #[arg(value_name = "SPEC")]
    specs: Vec<String>,

    /// Leave these out, like a spec with `-` before it
    #[arg(long, value_name = "SPEC")]
    exclude: Vec<String>,

    /// Only targets with one of these tags, `-a,b` for none of them; may be repeated
    #[arg(long = "tag", value_name = "TAGS", allow_hyphen_values = true)]
    tags: Vec<String>,

    /// Only targets of one of these types, `-a,b` for none of them; may be repeated
    #[arg(
        long = "filter-target-type",
        alias = "target-type",
        value_name = "TYPES",
        allow_hyphen_values = true
    )]
    kinds: Vec<String>,

    /// Only what changed since this commit
    #[arg(long, value_name = "REF")]
    changed_since: Option<String>,

    /// Whether what depends on changed targets counts as well
    #[arg(
        long,
        value_enum,
        value_name = "HOW",
        default_value_t = ChangedDependents::None,
        alias = "changed-dependees"
    )]
    changed_dependents: ChangedDependents,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ChangedDependents {
    None,
    Direct,
    Transitive,
}

/// What a command is about if nothing is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsaid {
    /// Everything.
    All,
    /// That is a mistake.
    Refused,
}

impl Selection {
    /// The targets that are meant.
    pub fn of(
        &self,
        session: &Session,
        graph: &Graph<'_>,
        unsaid: Unsaid,
    ) -> Result<Vec<TargetId>, CommandError> {
        let mut selected = match (&self.changed_since, self.specs(session)?) {
            (Some(since), specs) => {
                let changed = self.changed(session, graph, since)?;
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
            (None, specs) if specs.is_empty() && unsaid == Unsaid::All => graph.all().collect(),
            (None, specs) if specs.is_empty() => {
                return Err(CommandError::misuse("no targets are named")
                    .hint("`::` names all, `dir::` those in `dir` and below"));
            }
            (None, specs) => specs.select(graph)?,
        };
        let filter = Filter::new(&self.tags, &self.kinds);
        selected.retain(|id| filter.accepts(graph, *id));
        if selected.is_empty() && self.changed_since.is_none() {
            session.warn("no target is named by this, or none is left by the filters");
        }
        Ok(selected)
    }

    fn specs(&self, session: &Session) -> Result<Specs, CommandError> {
        let excluded: Vec<String> = self.exclude.iter().map(|spec| format!("-{spec}")).collect();
        let all = self.specs.iter().chain(&excluded).map(String::as_str);
        Ok(Specs::parse(all, &session.folder_in_repository()?))
    }

    fn changed(
        &self,
        session: &Session,
        graph: &Graph<'_>,
        since: &str,
    ) -> Result<Vec<TargetId>, CommandError> {
        let dependents = match self.changed_dependents {
            ChangedDependents::None => Dependents::None,
            ChangedDependents::Direct => Dependents::Direct,
            ChangedDependents::Transitive => Dependents::Transitive,
        };
        Ok(changed_files(session, since)?.targets(graph, dependents)?)
    }
}

/// What differs from the point where the work left `since`, untracked files included.
pub fn changed_files(session: &Session, since: &str) -> Result<Changed, CommandError> {
    let git = Git::at(session.root());
    if git.commit(since)?.is_none() {
        return Err(
            CommandError::failure(format!("there is no commit `{since}`")).hint(
                "`--changed-since` takes a branch, tag or commit, such as `main` or `HEAD~3`",
            ),
        );
    }
    let base = git.text(&["merge-base", since, "HEAD"])?;
    let difference = git.difference(&base)?;
    let edited = difference.edited.into_iter().chain(git.untracked()?);
    Ok(Changed {
        edited: edited.map(Utf8PathBuf::into_string).collect(),
        deleted: difference
            .deleted
            .into_iter()
            .map(Utf8PathBuf::into_string)
            .collect(),
    })
}
