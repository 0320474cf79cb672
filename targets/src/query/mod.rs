//! Questions about the graph: which targets there are, their dependencies, their dependents, and
//! why.

mod changed;
mod filter;
mod mapping;
mod paths;
mod peek;
mod specs;

pub use changed::{ChangedFiles, Dependents, Earlier};
pub use filter::TargetFilter;
pub use mapping::{
    MappingReport, MappingRow, MappingSource, MappingVerdict, WheelModules, mapping_report,
};
pub use paths::shortest_paths;
pub use peek::Peek;
pub use specs::{SpecError, Specs};

use model::RepoPath;
use std::collections::BTreeSet;

use crate::error::Error;
use crate::graph::{TargetGraph, TargetId};
use crate::kinds::Content;
use crate::tree::join;

/// How far a question reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// One step.
    Direct,
    /// All steps.
    Transitive,
}

/// What the targets depend on: without the targets themselves, unless in a circle.
///
/// # Errors
/// A dependency that leads nowhere, a violated visibility rule.
pub fn dependencies(
    graph: &TargetGraph<'_>,
    of: &[TargetId],
    reach: Reach,
) -> Result<Vec<TargetId>, Error> {
    match reach {
        Reach::Transitive => graph.transitive_dependencies(of),
        Reach::Direct => {
            let mut found = Vec::new();
            for id in of {
                found.extend(graph.dependencies(*id)?);
            }
            found.sort_unstable();
            found.dedup();
            Ok(found)
        }
    }
}

/// Who depends on the targets: without the targets themselves.
///
/// # Errors
/// A dependency that leads nowhere, a violated visibility rule.
pub fn dependents(
    graph: &TargetGraph<'_>,
    of: &[TargetId],
    reach: Reach,
) -> Result<Vec<TargetId>, Error> {
    let dependents = graph.dependents()?;
    let mut seen = graph.targets().arena().empty_set();
    let mut wave = of.to_vec();
    while !wave.is_empty() {
        let mut next = Vec::new();
        for id in &wave {
            next.extend(dependents[*id].iter().filter(|other| seen.insert(**other)));
        }
        wave = match reach {
            Reach::Direct => Vec::new(),
            Reach::Transitive => next,
        };
    }
    for id in of {
        seen.remove(*id);
    }
    Ok(seen.iter().collect())
}

/// The files that the targets consist of: their sources and the BUILD files of their folders.
///
/// # Errors
/// See [`dependencies`].
pub fn files(
    graph: &TargetGraph<'_>,
    of: &[TargetId],
    reach: Reach,
) -> Result<BTreeSet<String>, Error> {
    let mut all = of.to_vec();
    if reach == Reach::Transitive {
        all.extend(graph.transitive_dependencies(of)?);
    }
    let mut files = BTreeSet::new();
    let mut last_dir = None;
    for id in all {
        let target = graph.target(id);
        files.extend(target.files().map(ToString::to_string));
        // Targets of a folder come together.
        if last_dir != Some(&target.dir) && graph.declaration(id).is_some() {
            for file in graph.build_files(id) {
                let inputs = graph.repository().inputs_of(file);
                files.extend(inputs.map(ToString::to_string));
                files.insert(file.to_string());
            }
            last_dir = Some(&target.dir);
        }
    }
    Ok(files)
}

/// The folders of first-party code that a target needs, to mount or link for development:
/// for each the part below its source root, the topmost where one contains another.
///
/// # Errors
/// See [`dependencies`].
pub fn linked_folders(graph: &TargetGraph<'_>, of: &[TargetId]) -> Result<Vec<String>, Error> {
    let mut all = of.to_vec();
    all.extend(graph.transitive_dependencies(of)?);
    let mut folders = BTreeSet::new();
    for id in all {
        let target = graph.target(id);
        let is_loaded = target.is_python() || target.is_file_of(Content::Resource);
        if let Some(path) = target.source.as_ref().filter(|_| is_loaded) {
            let dir = RepoPath::new(path).folder();
            folders.insert(package_folder(graph, dir));
        }
    }
    let mut topmost: Vec<String> = Vec::new();
    for folder in folders {
        let covered = topmost
            .last()
            .is_some_and(|last| RepoPath::new(&folder).starts_with(last));
        if !covered {
            topmost.push(folder);
        }
    }
    Ok(topmost)
}

/// The topmost folder with an `__init__.py` on the way from the source root; the folder itself
/// if there is none, as in namespace packages.
fn package_folder(graph: &TargetGraph<'_>, dir: &str) -> String {
    let tree = graph.repository().tree();
    let has_init = |dir: &str| tree.has_file(&join(dir, "__init__.py"));
    let above = RepoPath::new(dir).folders();
    let topmost = above.filter(|folder| !folder.is_empty() && has_init(folder));
    topmost.last().unwrap_or(dir).to_owned()
}
