//! Files that a batch sees at paths that the repository does not have: those of `relocated_files`, what is generated of
//! targets, and the metadata by which tests find the entry points that they ask for.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use buildfile::Data;
use targets::{TargetGraph, TargetId, TargetSet};

use super::plan::TestBatch;
use crate::error::GoalError;
use crate::packaging::generated_files;
use crate::session::Session;

/// The type of targets whose files are elsewhere.
const RELOCATED: &str = "relocated_files";

/// Files at paths that the repository does not have.
#[derive(Debug, Default)]
pub(super) struct MadeFiles {
    /// Where a file is in the sandbox, and where in the repository.
    pub(super) moved: BTreeMap<String, String>,
    /// What is written, by path.
    pub(super) written: BTreeMap<String, String>,
}

/// The targets whose files are at paths that the repository does not have.
#[derive(Debug)]
pub(super) struct MadeFileTargets {
    relocated: TargetSet,
    generated: TargetSet,
}

impl MadeFileTargets {
    /// Those of a graph.
    pub(super) fn of(graph: &TargetGraph<'_>) -> Self {
        Self {
            relocated: graph.those(|id| &*graph.target(id).kind == RELOCATED),
            generated: graph.those(|id| graph.generated_file(id).is_some()),
        }
    }

    /// The files of a batch.
    ///
    /// # Errors
    /// An address that leads nowhere, a file that is not below the folder that it is moved from.
    pub(super) fn files(
        &self,
        session: &Session,
        graph: &TargetGraph<'_>,
        batch: &TestBatch,
    ) -> Result<MadeFiles, GoalError> {
        let mut made = MadeFiles::default();
        let generated = batch.closure.also_in(&self.generated);
        for (path, content) in generated_files(session, graph, generated)? {
            let text = String::from_utf8_lossy(&content).into_owned();
            made.written.insert(path, text);
        }
        for id in batch.closure.also_in(&self.relocated) {
            made.relocate(graph, id)?;
        }
        made.add_entry_points(graph, &batch.tests)?;
        Ok(made)
    }
}

impl MadeFiles {
    fn relocate(&mut self, graph: &TargetGraph<'_>, id: TargetId) -> Result<(), GoalError> {
        let folder = |field| {
            let text = graph.field(id, field).and_then(Data::as_str);
            text.unwrap_or_default().trim_matches('/').to_owned()
        };
        let (from, to) = (folder("src"), folder("dest"));
        for named in graph.named_in(id, "files_targets")? {
            let generated: Vec<TargetId> = graph.generated(named).collect();
            for target in std::iter::once(named).chain(generated) {
                for path in graph.target(target).files() {
                    let below = match from.as_str() {
                        "" => Some(&**path),
                        from => path
                            .strip_prefix(from)
                            .and_then(|rest| rest.strip_prefix('/')),
                    };
                    let below = below.ok_or_else(|| {
                        GoalError::failure(format!(
                            "{} cannot move {path}, which is not below its `src`",
                            graph.target(id).address
                        ))
                        .at(graph.place(id, "src"))
                    })?;
                    let target = match to.as_str() {
                        "" => below.to_owned(),
                        to => format!("{to}/{below}"),
                    };
                    self.moved.insert(target, path.to_string());
                }
            }
        }
        Ok(())
    }

    /// Writes the metadata of distributions that have the entry points which tests ask for, into their source roots.
    fn add_entry_points(
        &mut self,
        graph: &TargetGraph<'_>,
        tests: &[TargetId],
    ) -> Result<(), GoalError> {
        let mut groups: BTreeMap<TargetId, BTreeMap<String, BTreeMap<String, String>>> =
            BTreeMap::new();
        for test in tests {
            for (distribution, (group, name, value)) in graph.entry_points_for(*test)? {
                let of_distribution = groups.entry(distribution).or_default();
                let of_group = of_distribution.entry(group).or_default();
                of_group.insert(name, value);
            }
        }
        for (distribution, groups) in groups {
            let name = name_of(graph, distribution);
            let folder = format!(
                "{}{}.egg-info",
                root_of(graph, distribution),
                name.replace('-', "_")
            );
            let mut text = String::new();
            for (group, entries) in groups {
                let _infallible = writeln!(text, "[{group}]");
                for (name, value) in entries {
                    let _infallible = writeln!(text, "{name} = {value}");
                }
                text.push('\n');
            }
            self.written
                .insert(format!("{folder}/entry_points.txt"), text);
            let metadata = format!("Metadata-Version: 2.1\nName: {name}\nVersion: 0\n");
            self.written.insert(format!("{folder}/PKG-INFO"), metadata);
        }
        Ok(())
    }
}

/// The name of a distribution.
fn name_of(graph: &TargetGraph<'_>, distribution: TargetId) -> String {
    let provided = match graph.field(distribution, "provides") {
        Some(Data::Object(artifact)) => artifact.get("name").and_then(Data::as_str),
        _ => None,
    };
    let address = &graph.target(distribution).address;
    let own = || address.rsplit([':', '/']).next().unwrap_or_default();
    provided.unwrap_or_else(own).to_owned()
}

/// The source root of a distribution's folder, with a slash behind it, or nothing for that of the repository.
fn root_of(graph: &TargetGraph<'_>, distribution: TargetId) -> String {
    let folder = &graph.target(distribution).dir;
    let inside = format!("{folder}/x");
    let stripped = graph.stripped(&inside);
    let root = inside[..inside.len() - stripped.len()].trim_matches('/');
    match root {
        "" => String::new(),
        root => format!("{root}/"),
    }
}
