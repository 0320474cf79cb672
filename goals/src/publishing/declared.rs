//! What BUILD files say about publishing: `repositories` and `skip_twine` of distributions.

use std::collections::BTreeMap;

use buildfile::Data;
use model::{PackageName, Place};

use super::destination::{IndexName, index_of_settings};
use crate::error::GoalError;
use crate::graph::BuildFiles;
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

impl DeclaredPublishing {
    /// Reads the BUILD files.
    pub(super) fn read(session: &Session) -> Result<Self, GoalError> {
        let workspace = BuildFiles::load(session)?;
        let graph = workspace.graph()?;
        let mut declared = BTreeMap::new();
        for id in graph.distributions() {
            let provided = match graph.field(id, "provides") {
                Some(Data::Object(artifact)) => artifact.get("name").and_then(Data::as_str),
                _ => None,
            };
            let Some(Ok(name)) = provided.map(str::parse::<PackageName>) else {
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
