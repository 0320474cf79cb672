//! Finds the targets that changed files belong to.

use std::collections::BTreeSet;

use super::Reach;
use crate::error::Error;
use crate::graph::{TargetGraph, TargetId};

/// Files that changed, relative to the root.
#[derive(Clone, Debug, Default)]
pub struct ChangedFiles {
    /// Added or edited.
    pub edited: Vec<String>,
    /// Deleted.
    pub deleted: Vec<String>,
}

/// Whether targets that depend on changed targets are selected too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dependents {
    /// They are not.
    None,
    /// Direct dependents are.
    Direct,
    /// All dependents are, directly or not.
    Transitive,
}

impl ChangedFiles {
    /// The targets that the change touches: owners of edited files and binaries that start them, all
    /// targets of an edited BUILD file, generators of deleted files.
    ///
    /// # Errors
    /// A dependency that leads nowhere, a violated visibility rule.
    pub fn targets(
        &self,
        graph: &TargetGraph<'_>,
        dependents: Dependents,
    ) -> Result<Vec<TargetId>, Error> {
        let mut found: BTreeSet<TargetId> = BTreeSet::new();
        let build_files: BTreeSet<&str> = graph
            .repository()
            .build_dirs()
            .iter()
            .flat_map(|dir| dir.files.iter().map(|file| &**file))
            .collect();
        for path in &self.edited {
            found.extend(graph.targets_of_file(path));
            if build_files.contains(path.as_str()) {
                let declared = |id: &TargetId| {
                    graph
                        .declaration(*id)
                        .is_some_and(|declaration| *declaration.file == **path)
                };
                found.extend(graph.all().filter(declared));
            }
        }
        for path in &self.deleted {
            found.extend(graph.targets_of_file(path));
            found.extend(graph.generators_of(path));
        }
        let changed: Vec<TargetId> = found.iter().copied().collect();
        let reach = match dependents {
            Dependents::None => return Ok(changed),
            Dependents::Direct => Reach::Direct,
            Dependents::Transitive => Reach::Transitive,
        };
        found.extend(super::dependents(graph, &changed, reach)?);
        Ok(found.into_iter().collect())
    }
}
