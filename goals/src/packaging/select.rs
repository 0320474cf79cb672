//! Selects distributions, and describes them from the target graph.

use std::collections::{BTreeMap, BTreeSet};

use model::RequiresDist;
use rayon::prelude::*;
use targets::imports::ImportCache;
use targets::kinds::Role;
use targets::query::{Dependents, TargetFilter};
use targets::{TargetGraph, TargetId};

use crate::codes::ErrorCode;
use crate::error::GoalError;
use crate::graph::{BuildFiles, ChangedSince, specs};
use crate::packaging::PackagedDistribution;
use crate::packaging::describe::Describer;
use crate::packaging::metadata::{Versions, required};
use crate::session::Session;

/// What `package` is to build.
#[derive(Debug, Clone, Copy)]
pub struct Choice<'a> {
    /// The targets, as specs.
    pub specs: &'a [String],
    /// Only targets with these tags.
    pub tags: &'a [String],
    /// Only what changed since this commit.
    pub changed_since: Option<&'a str>,
    /// Whether verification needs the imports.
    pub imports: ImportCollection,
}

impl Choice<'_> {
    /// Whether everything that there is is meant, which may be nothing, as in Pants: `::` alone, or with
    /// specs that leave something out.
    fn is_all(&self) -> bool {
        let mut named = self.specs.iter().filter(|spec| !spec.starts_with('-'));
        self.tags.is_empty()
            && named.next().is_some_and(|spec| spec == "::")
            && named.next().is_none()
    }
}

/// Whether imports are collected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportCollection {
    /// They are collected.
    Collected,
    /// They are not collected.
    Skipped,
}

/// Selected distributions of a repository, and others that they require.
#[derive(Debug, Default)]
pub struct SelectedDistributions {
    /// The selected distributions and those that they require.
    pub all: Vec<PackagedDistribution>,
    /// The positions in `all` of the selected ones.
    pub asked: Vec<usize>,
    /// Selected binaries. They cannot be built yet.
    pub binaries: Vec<Binary>,
    /// Something must be selected that can be built: not everything was asked for.
    pub needs_any: bool,
}

/// A `pex_binary` or `scie_binary`.
#[derive(Debug)]
pub struct Binary {
    pub kind: String,
    pub address: String,
    /// Whether it was named, not only matched by a pattern.
    pub named: bool,
}

impl SelectedDistributions {
    /// The selected distributions.
    pub fn distributions(&self) -> impl Iterator<Item = &PackagedDistribution> {
        self.asked.iter().map(|at| &self.all[*at])
    }
}

/// Reads the repository and selects distributions.
pub fn select(session: &Session, choice: Choice<'_>) -> Result<SelectedDistributions, GoalError> {
    let workspace = BuildFiles::load(session)?;
    let graph = workspace.graph()?;
    let selected = Selection::new(session, &graph, workspace.imports()).select(choice);
    workspace.finish(session, &graph);
    selected
}

/// Selects distributions of a graph that another goal loaded.
pub fn select_of(
    session: &Session,
    (graph, imports): (&TargetGraph<'_>, &ImportCache),
    choice: Choice<'_>,
) -> Result<SelectedDistributions, GoalError> {
    Selection::new(session, graph, imports).select(choice)
}

/// The requirements of a distribution: its address, its resolve, the lines of `Requires-Dist`.
pub(crate) type Requirements = (String, Option<String>, Vec<RequiresDist>);

/// The requirements of every distribution of the repository.
pub fn requirements_of_all(session: &Session) -> Result<Vec<Requirements>, GoalError> {
    let workspace = BuildFiles::load(session)?;
    let graph = workspace.graph()?;
    let selection = Selection::new(session, &graph, workspace.imports());
    let all = selection.with_required(&graph.distributions())?;
    workspace.keep(session);
    let all: Vec<PackagedDistribution> = all.into_values().collect();
    let versions = Versions::read(session, &all)?;
    all.iter()
        .map(|distribution| {
            Ok((
                distribution.address.clone(),
                distribution.resolve.clone(),
                required(session, distribution, &versions)?,
            ))
        })
        .collect()
}

pub(super) struct Selection<'g> {
    session: &'g Session,
    graph: &'g TargetGraph<'g>,
    describer: Describer<'g>,
}

impl<'g> Selection<'g> {
    pub(super) fn new(
        session: &'g Session,
        graph: &'g TargetGraph<'g>,
        imports: &'g ImportCache,
    ) -> Self {
        Self {
            session,
            graph,
            describer: Describer {
                session,
                graph,
                imports,
            },
        }
    }

    pub(super) fn select(&self, choice: Choice<'_>) -> Result<SelectedDistributions, GoalError> {
        let chosen = self.chosen(choice)?;
        let is = |id: &TargetId, wanted: Role| self.graph.target(*id).role() == wanted;
        let asked: Vec<TargetId> = chosen
            .iter()
            .copied()
            .filter(|id| is(id, Role::Distribution))
            .collect();
        let binaries: Vec<Binary> = chosen
            .iter()
            .filter(|id| is(id, Role::Binary))
            .map(|id| self.binary(*id, choice.specs))
            .collect();
        let may_be_nothing = choice.changed_since.is_some() || choice.is_all();
        if asked.is_empty() && binaries.is_empty() && !may_be_nothing {
            return Err(self.nothing_to_build(choice));
        }
        let mut distributions = self.with_required(&asked)?;
        if choice.imports == ImportCollection::Collected {
            distributions
                .par_iter_mut()
                .try_for_each(|(id, distribution)| {
                    self.describer.collect_imports(*id, distribution)
                })?;
        }
        let position = |id: &TargetId| distributions.keys().position(|other| other == id);
        Ok(SelectedDistributions {
            asked: asked.iter().filter_map(position).collect(),
            all: distributions.into_values().collect(),
            binaries,
            needs_any: !may_be_nothing,
        })
    }

    /// The selected targets.
    fn chosen(&self, choice: Choice<'_>) -> Result<Vec<TargetId>, GoalError> {
        let specs = specs(self.session, choice.specs)?;
        let mut chosen = if specs.is_empty() {
            self.graph.distributions()
        } else {
            specs.select(self.graph)?
        };
        if let Some(revision) = choice.changed_since {
            let since = ChangedSince {
                revision: revision.to_owned(),
                dependents: Dependents::Transitive,
            };
            let changed = since.targets(self.session, self.graph)?;
            let changed: BTreeSet<TargetId> = changed.into_iter().collect();
            chosen.retain(|id| changed.contains(id));
        }
        let filter = TargetFilter::new(choice.tags, &[]);
        chosen.retain(|id| filter.accepts(self.graph, *id));
        Ok(chosen)
    }

    fn binary(&self, id: TargetId, specs: &[String]) -> Binary {
        let target = self.graph.target(id);
        let address = target.address.to_string();
        Binary {
            kind: target.kind.to_string(),
            named: specs
                .iter()
                .any(|spec| spec.trim_start_matches("//") == address.trim_start_matches("//")),
            address,
        }
    }

    fn nothing_to_build(&self, choice: Choice<'_>) -> GoalError {
        if self.graph.distributions().is_empty() {
            return GoalError::failure("there is nothing to build: no BUILD file declares a `python_distribution`")
                .code(ErrorCode::NothingToPackage)
                .hint("declare one: `python_distribution(name=\"dist\", dependencies=[…], provides=python_artifact(name=\"…\"))`");
        }
        let what = if choice.tags.is_empty() {
            ""
        } else {
            " with these tags"
        };
        let among = match choice.specs {
            [] => String::new(),
            specs => format!(" among {}", specs.join(" ")),
        };
        GoalError::failure(format!("there is no `python_distribution`{what}{among}"))
            .code(ErrorCode::NothingToPackage)
            .hint("`cargo xtask package` alone builds every distribution")
    }

    /// The distributions, and those that they require, directly or not.
    fn with_required(
        &self,
        asked: &[TargetId],
    ) -> Result<BTreeMap<TargetId, PackagedDistribution>, GoalError> {
        let mut known = BTreeMap::new();
        let mut wave: Vec<TargetId> = asked.to_vec();
        while !wave.is_empty() {
            let described: Vec<_> = wave
                .par_iter()
                .map(|id| (*id, self.describer.describe(*id)))
                .collect();
            wave.clear();
            for (id, described) in described {
                let (distribution, others) = described?;
                known.insert(id, distribution);
                wave.extend(others);
            }
            wave.retain(|id| !known.contains_key(id));
            wave.sort_unstable();
            wave.dedup();
        }
        Ok(known)
    }
}
