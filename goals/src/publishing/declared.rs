//! What BUILD files say about publishing: `repositories` and `skip_twine` of distributions.

use std::collections::{BTreeMap, BTreeSet};

use buildfile::Data;
use model::{PackageName, Place};
use targets::{TargetGraph, TargetId};

use super::destination::{IndexName, index_of_settings};
use crate::error::GoalError;
use crate::graph::{BuildFiles, specs};
use crate::session::Session;

/// What each distribution of the repository says, by its name.
#[derive(Debug, Default)]
pub(super) struct DeclaredPublishing(BTreeMap<PackageName, Declaration>);

#[derive(Debug)]
struct Declaration {
    repositories: Vec<String>,
    is_skipped: bool,
    place: Place,
}

/// The distributions that specs select; `None` where there are none, so that all are.
///
/// # Errors
/// Where a spec names nothing.
pub(super) fn selected(
    session: &Session,
    texts: &[String],
) -> Result<Option<BTreeSet<PackageName>>, GoalError> {
    if texts.is_empty() {
        return Ok(None);
    }
    let workspace = BuildFiles::load(session)?;
    let graph = workspace.graph()?;
    let selected = specs(session, texts)?.select(&graph)?;
    let names = selected.into_iter().filter_map(|id| name_of(&graph, id));
    Ok(Some(names.collect()))
}

/// The name of the distribution that a target declares.
fn name_of(graph: &TargetGraph<'_>, id: TargetId) -> Option<PackageName> {
    match graph.field(id, "provides")? {
        Data::Object(artifact) => artifact.get("name")?.as_str()?.parse().ok(),
        _ => None,
    }
}

impl DeclaredPublishing {
    /// Reads the BUILD files.
    pub(super) fn read(session: &Session) -> Result<Self, GoalError> {
        let workspace = BuildFiles::load(session)?;
        let graph = workspace.graph()?;
        let mut declared = BTreeMap::new();
        for id in graph.distributions() {
            let Some(name) = name_of(&graph, id) else {
                continue;
            };
            let repositories = graph.field(id, "repositories").map(Data::strings);
            let repositories = repositories.unwrap_or_default().into_iter();
            let is_skipped = graph.field(id, "skip_twine").and_then(Data::as_bool);
            let place = graph.declaration(id).map_or_else(
                || Place::file(""),
                |declaration| declaration.call.field_place("repositories"),
            );
            let declaration = Declaration {
                repositories: repositories.map(str::to_owned).collect(),
                is_skipped: is_skipped == Some(true),
                place,
            };
            declared.insert(name, declaration);
        }
        Ok(Self(declared))
    }

    /// Whether a distribution is not published.
    pub(super) fn is_skipped(&self, name: &PackageName) -> bool {
        self.0.get(name).is_some_and(|declared| declared.is_skipped)
    }

    /// The indexes of a distribution: those of its target, else that of the settings.
    ///
    /// # Errors
    /// Where neither names one.
    pub(super) fn indexes(
        &self,
        session: &Session,
        name: &PackageName,
    ) -> Result<Vec<IndexName>, GoalError> {
        match self.0.get(name) {
            Some(declared) if !declared.repositories.is_empty() => Ok(declared.names()),
            _ => index_of_settings(session).map(|name| vec![name]),
        }
    }

    /// The indexes of all distributions that are published.
    ///
    /// # Errors
    /// Where one has none.
    pub(super) fn all_indexes(&self, session: &Session) -> Result<Vec<IndexName>, GoalError> {
        let mut all = Vec::new();
        for (name, declared) in &self.0 {
            if !declared.is_skipped {
                all.extend(self.indexes(session, name)?);
            }
        }
        if self.0.is_empty() {
            all.push(index_of_settings(session)?);
        }
        all.sort();
        all.dedup();
        Ok(all)
    }
}

impl Declaration {
    /// Pants writes the name of an index as `@NAME`.
    fn names(&self) -> Vec<IndexName> {
        let names = self.repositories.iter();
        names
            .map(|name| IndexName {
                text: name.strip_prefix('@').unwrap_or(name).to_owned(),
                place: Some(self.place.clone()),
            })
            .collect()
    }
}
