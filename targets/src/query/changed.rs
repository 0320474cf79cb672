//! Finds the targets that changed files concern: by what is in the tree now, and by what the
//! repository was like before.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use model::PackageName;

use super::Reach;
use crate::error::Error;
use crate::graph::{TargetGraph, TargetId};
use crate::kinds::Role;
use buildfile::Data;

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

/// What the repository was like before the change.
#[derive(Debug)]
pub struct Earlier<'g> {
    /// Its target graph.
    pub graph: &'g TargetGraph<'g>,
    /// The projects that reach a package with another pin, by the path of their lockfile. A lockfile
    /// that is not among them concerns all that it locks.
    pub moved_pins: BTreeMap<String, BTreeSet<PackageName>>,
}

/// The targets that a change concerns.
#[derive(Default)]
struct ChangedTargets {
    /// Those whose dependents are concerned too.
    changed: BTreeSet<TargetId>,
    /// Those whose dependents are not: only single lines of their files changed.
    shown: BTreeSet<TargetId>,
    /// Targets of before that are no more.
    gone: Vec<TargetId>,
}

impl ChangedFiles {
    /// Whether anything differs that has to be compared with what was before: BUILD files and what
    /// they read, files with requirements, lockfiles, and files that are no more.
    #[must_use]
    pub fn need_earlier(&self, graph: &TargetGraph<'_>) -> bool {
        let compared = |path: &String| {
            is_build_input(graph, path)
                || graph.owners_of_file(path).into_iter().any(|id| {
                    matches!(
                        graph.target(id).role(),
                        Role::RequirementsFile | Role::Lockfile
                    )
                })
        };
        !self.deleted.is_empty() || self.edited.iter().any(compared)
    }

    /// The targets that the change touches: owners of edited files and binaries that start them, all
    /// targets of an edited BUILD file, generators of deleted files.
    ///
    /// With what was `earlier`, an edited BUILD file concerns only the targets with other fields, an
    /// edited file of requirements those of other lines, a lockfile what reaches a moved pin, and
    /// what is no more its dependents as they were.
    ///
    /// # Errors
    /// A dependency that leads nowhere, a violated visibility rule.
    pub fn targets(
        &self,
        graph: &TargetGraph<'_>,
        earlier: Option<&Earlier<'_>>,
        dependents: Dependents,
    ) -> Result<Vec<TargetId>, Error> {
        let found = self.touched(graph, earlier);
        found.with_dependents(graph, earlier, dependents)
    }

    /// Why the targets that the change touches count as changed, and those whose dependencies are no more.
    #[must_use]
    pub fn causes(
        &self,
        graph: &TargetGraph<'_>,
        earlier: Option<&Earlier<'_>>,
    ) -> BTreeMap<TargetId, String> {
        let found = self.touched(graph, earlier);
        let mut causes = BTreeMap::new();
        if let Some(earlier) = earlier {
            for gone in &found.gone {
                let Ok(were) = super::dependents(earlier.graph, &[*gone], Reach::Direct) else {
                    continue;
                };
                let text = format!("`{}` is no more", earlier.graph.target(*gone).address);
                let is = |id: TargetId| graph.targets().at(&earlier.graph.target(id).address);
                let here = were.into_iter().filter_map(is);
                causes.extend(here.map(|id| (id, text.clone())));
            }
        }
        for id in found.changed.iter().chain(&found.shown) {
            causes.insert(*id, self.cause(graph, earlier, *id));
        }
        causes
    }

    /// Why a target counts as changed.
    fn cause(
        &self,
        graph: &TargetGraph<'_>,
        earlier: Option<&Earlier<'_>>,
        id: TargetId,
    ) -> String {
        let owns = |path: &&String| graph.targets_of_file(path).contains(&id);
        if let Some(path) = self.edited.iter().find(owns) {
            return format!("`{path}` was edited");
        }
        if let Some(path) = self.deleted.iter().find(owns) {
            return format!("`{path}` was deleted");
        }
        let moves = |(path, projects): &(&String, &BTreeSet<PackageName>)| {
            requiring(graph, path, projects).any(|other| other == id)
        };
        let pins = earlier.into_iter().flat_map(|earlier| &earlier.moved_pins);
        let mut pins = pins.filter(|(path, _)| self.edited.contains(path));
        match pins.find(moves) {
            Some((path, _)) => format!("what it requires is pinned otherwise in `{path}`"),
            None => "it is declared otherwise".to_owned(),
        }
    }

    /// What the change touches.
    fn touched(&self, graph: &TargetGraph<'_>, earlier: Option<&Earlier<'_>>) -> ChangedTargets {
        let mut found = ChangedTargets::default();
        for path in &self.edited {
            self.edited_file(graph, earlier, (path, &mut found));
        }
        for path in &self.deleted {
            found.changed.extend(graph.targets_of_file(path));
            found.changed.extend(graph.generators_of(path));
            if let Some(earlier) = earlier {
                found.gone.extend(earlier.graph.owners_of_file(path));
            }
        }
        if let Some(earlier) = earlier.filter(|earlier| self.touches_build(graph, earlier.graph)) {
            found.compare(graph, earlier.graph);
        }
        found
    }

    /// Notes what an edited file concerns.
    fn edited_file(
        &self,
        graph: &TargetGraph<'_>,
        earlier: Option<&Earlier<'_>>,
        (path, found): (&str, &mut ChangedTargets),
    ) {
        for id in graph.targets_of_file(path) {
            let pins = earlier.and_then(|earlier| earlier.moved_pins.get(path));
            match (graph.target(id).role(), pins) {
                (Role::RequirementsFile, _) if earlier.is_some() => {
                    found.shown.insert(id);
                }
                (Role::Lockfile, Some(projects)) => {
                    found.shown.insert(id);
                    found.changed.extend(requiring(graph, path, projects));
                }
                _ => {
                    found.changed.insert(id);
                }
            }
        }
        if earlier.is_none() {
            let readers: Vec<&str> = build_files_of(graph, path).collect();
            let declared = |id: &TargetId| {
                let declaration = graph.declaration(*id);
                declaration.is_some_and(|one| readers.contains(&&*one.file))
            };
            if !readers.is_empty() {
                found.changed.extend(graph.all().filter(declared));
            }
        }
    }

    /// Whether what BUILD files or files of requirements declare may differ.
    fn touches_build(&self, graph: &TargetGraph<'_>, earlier: &TargetGraph<'_>) -> bool {
        let declares = |graph: &TargetGraph<'_>, path: &str| {
            let mut owners = graph.owners_of_file(path).into_iter();
            is_build_input(graph, path)
                || owners.any(|id| graph.target(id).role() == Role::RequirementsFile)
        };
        let mut paths = self.edited.iter().chain(&self.deleted);
        paths.any(|path| declares(graph, path) || declares(earlier, path))
    }
}

impl ChangedTargets {
    /// Notes the targets that are declared otherwise than before.
    fn compare(&mut self, graph: &TargetGraph<'_>, earlier: &TargetGraph<'_>) {
        for id in graph.all() {
            let before = earlier.targets().at(&graph.target(id).address);
            let is_same = before.is_some_and(|before| fields(graph, id) == fields(earlier, before));
            if !is_same && !self.shown.contains(&id) {
                self.changed.insert(id);
            }
        }
        let is_gone = |id: &TargetId| {
            let address = &earlier.target(*id).address;
            graph.targets().at(address).is_none()
        };
        self.gone.extend(earlier.all().filter(is_gone));
    }

    /// Adds the dependents: as they are now, and of what is no more as they were.
    fn with_dependents(
        mut self,
        graph: &TargetGraph<'_>,
        earlier: Option<&Earlier<'_>>,
        dependents: Dependents,
    ) -> Result<Vec<TargetId>, Error> {
        let reach = match dependents {
            Dependents::None => {
                self.changed.extend(self.shown);
                return Ok(self.changed.into_iter().collect());
            }
            Dependents::Direct => Reach::Direct,
            Dependents::Transitive => Reach::Transitive,
        };
        let mut found = BTreeSet::new();
        // What was wrong before need not be mended for this answer.
        if let Some(earlier) = earlier
            && let Ok(were) = super::dependents(earlier.graph, &self.gone, reach)
        {
            let is = |id: TargetId| graph.targets().at(&earlier.graph.target(id).address);
            found.extend(were.into_iter().filter_map(is));
        }
        if reach == Reach::Transitive {
            self.changed.append(&mut found);
        }
        let changed: Vec<TargetId> = self.changed.iter().copied().collect();
        found.extend(super::dependents(graph, &changed, reach)?);
        found.extend(self.changed);
        found.extend(self.shown);
        Ok(found.into_iter().collect())
    }
}

/// What a target is declared to be, for comparison.
type DeclaredTarget<'g> = (
    &'g str,
    Option<&'g str>,
    BTreeMap<&'g str, &'g Data>,
    Vec<String>,
);

fn fields<'g>(graph: &'g TargetGraph<'_>, id: TargetId) -> DeclaredTarget<'g> {
    let target = graph.target(id);
    let declared = graph.declaration(id).into_iter();
    let declared = declared.flat_map(|declaration| &declaration.call.fields);
    let own = target.own.iter().flat_map(|own| own.iter());
    let names = declared
        .map(|field| &*field.name)
        .chain(own.map(|(name, _)| &**name));
    let values = names.filter_map(|name| Some((name, graph.field(id, name)?)));
    let lines = graph.required_by(id).iter();
    (
        &target.kind,
        graph.resolve_name(id),
        values.collect(),
        lines
            .map(|line| line.specifier.spelling().to_string())
            .collect(),
    )
}

/// The requirements that name one of the projects, in the resolve of a lockfile.
fn requiring<'g>(
    graph: &'g TargetGraph<'_>,
    lockfile: &'g str,
    projects: &'g BTreeSet<PackageName>,
) -> impl Iterator<Item = TargetId> {
    let resolves = &graph.repository().options().resolves;
    graph.all().filter(move |id| {
        let resolve = graph.resolve_name(*id).and_then(|name| resolves.get(name));
        let names_one = |line: &Arc<_>| {
            let line: &crate::requirements::RequirementLine = line;
            let asked = line.specifier.requirement();
            asked.is_none_or(|asked| projects.contains(&asked.name))
        };
        resolve.is_some_and(|path| path == lockfile) && graph.required_by(*id).iter().any(names_one)
    })
}

/// The BUILD files that a path is, or that read it.
fn build_files_of<'g>(graph: &'g TargetGraph<'_>, path: &'g str) -> impl Iterator<Item = &'g str> {
    let repository = graph.repository();
    let dirs = repository.build_dirs().iter();
    let own = dirs
        .flat_map(|dir| dir.files.iter())
        .filter(move |file| ***file == *path);
    own.chain(repository.readers_of(path)).map(|file| &**file)
}

/// Whether BUILD files depend on a file: it is one, they read it, or it is a prelude of them.
fn is_build_input(graph: &TargetGraph<'_>, path: &str) -> bool {
    build_files_of(graph, path).next().is_some() || graph.repository().is_prelude(path)
}
