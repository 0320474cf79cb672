//! Which projects are locked together: those of a uv workspace; one that has a lock of its own, with
//! what it requires by path; and all others.

use std::collections::BTreeSet;

use super::conflicts::{self, ConflictItem};
use super::found::{ProjectId, Projects};
use super::manifest::{ProjectManifest, RequirementScope};
use super::members::has_lock;
use crate::files::RepositoryFiles;
use crate::requirements::RequirementsError;
use crate::tree::join;
use model::PackageName;

/// Projects that are locked together: a resolve.
#[derive(Debug)]
pub(super) struct ProjectGroup {
    /// The name of the resolve.
    pub(super) resolve: String,
    /// The folder of its lock.
    pub(super) folder: String,
    /// The projects whose lock it is.
    pub(super) own: Vec<ProjectId>,
    /// Those and what they require by path.
    pub(super) all: BTreeSet<ProjectId>,
    /// Those of them whose lock is another.
    foreign: BTreeSet<ProjectId>,
    /// The resolves that it becomes: itself, and one for each set of what `conflicts` keeps from it.
    pub(super) resolves: Vec<GroupResolve>,
}

/// A resolve of a group.
#[derive(Debug)]
pub(super) struct GroupResolve {
    /// Its name.
    pub(super) name: String,
    /// The path of its lock.
    pub(super) lock: String,
    /// What it does not have.
    pub(super) excluded: Vec<ConflictItem>,
}

/// All groups, the default one first.
#[derive(Debug)]
pub(super) struct ProjectGroups {
    pub(super) groups: Vec<ProjectGroup>,
}

impl ProjectGroups {
    /// Finds the groups.
    ///
    /// # Errors
    /// What uv's `conflicts` names is not there.
    pub(super) fn of(
        projects: &Projects,
        files: &dyn RepositoryFiles,
    ) -> Result<Self, RequirementsError> {
        let mut owned: Vec<(String, Vec<ProjectId>)> = Vec::new();
        let mut taken: BTreeSet<ProjectId> = BTreeSet::new();
        for (at, project) in projects.all.iter().enumerate() {
            let Some(workspace) = project.workspace() else {
                continue;
            };
            let members = projects.all.iter().enumerate();
            let members = members.filter(|(_, member)| workspace.has(&member.folder));
            let mut own: BTreeSet<ProjectId> = members.map(|(id, _)| ProjectId(id)).collect();
            own.insert(ProjectId(at));
            own.retain(|id| taken.insert(*id));
            owned.push((project.folder.clone(), own.into_iter().collect()));
        }
        for (at, project) in projects.all.iter().enumerate() {
            let id = ProjectId(at);
            if !taken.contains(&id) && has_lock(project, files) {
                taken.insert(id);
                owned.push((project.folder.clone(), vec![id]));
            }
        }
        let mut groups: Vec<ProjectGroup> = Vec::new();
        for (folder, own) in owned {
            groups.push(ProjectGroup::new(projects, (folder, own), &taken));
        }
        let reached = |id: &ProjectId| groups.iter().any(|group| group.all.contains(id));
        let rest: Vec<ProjectId> = (0..projects.all.len())
            .map(ProjectId)
            .filter(|id| !reached(id))
            .collect();
        if !rest.is_empty() {
            match groups.iter_mut().find(|group| group.folder.is_empty()) {
                Some(group) => {
                    let own = [&group.own[..], &rest].concat();
                    *group = ProjectGroup::new(projects, (String::new(), own), &taken);
                }
                None => groups.push(ProjectGroup::new(projects, (String::new(), rest), &taken)),
            }
        }
        groups.sort_by(|a, b| a.folder.cmp(&b.folder));
        let mut groups = Self { groups };
        let mut used = groups.name_each(projects);
        for group in &mut groups.groups {
            group.part(projects, &mut used)?;
        }
        Ok(groups)
    }

    /// Names the resolves: `python-default` at the root, else by the project. The names come back.
    fn name_each(&mut self, projects: &Projects) -> BTreeSet<String> {
        let mut used: BTreeSet<String> = BTreeSet::new();
        for group in &mut self.groups {
            let root = projects.at(&group.folder);
            let name = root.and_then(|id| projects.get(id).name.as_ref());
            let name = name.map(PackageName::to_string);
            let by_path = group.folder.replace('/', "-");
            let mut resolve = match group.folder.as_str() {
                "" => "python-default".to_owned(),
                _ => name.unwrap_or_else(|| by_path.clone()),
            };
            if !used.insert(resolve.clone()) {
                resolve = by_path;
                used.insert(resolve.clone());
            }
            group.resolve = resolve;
        }
        used
    }

    /// Whether a project belongs to a workspace of uv.
    pub(super) fn is_of_workspace(&self, projects: &Projects, id: ProjectId) -> bool {
        let mut of = self.groups.iter().filter(|group| group.own.contains(&id));
        of.any(|group| {
            let root = projects.at(&group.folder);
            root.is_some_and(|root| projects.get(root).workspace().is_some())
        })
    }

    /// The folders of projects with the resolves whose locks are theirs, sorted.
    pub(super) fn locked(&self, projects: &Projects) -> Vec<(String, String)> {
        let of_group = |group: &ProjectGroup| {
            let own = group.own.iter().map(|id| &projects.get(*id).folder);
            let resolves = &group.resolves;
            own.flat_map(|folder| {
                let named = resolves.iter().map(|resolve| resolve.name.clone());
                named.map(|name| (folder.clone(), name))
            })
            .collect::<Vec<_>>()
        };
        let mut locked: Vec<_> = self.groups.iter().flat_map(of_group).collect();
        locked.sort();
        locked
    }

    /// The resolves of a project, its own first.
    pub(super) fn resolves_of(&self, id: ProjectId) -> Vec<&str> {
        let of = self.groups.iter().filter(|group| group.all.contains(&id));
        let mut of: Vec<&ProjectGroup> = of.collect();
        of.sort_by_key(|group| !group.own.contains(&id));
        of.into_iter().map(|group| group.resolve.as_str()).collect()
    }

    /// The resolves with requirements of a project, its own first.
    pub(super) fn resolves_of_requirements(&self, id: ProjectId) -> Vec<&str> {
        let whole = ConflictItem {
            project: id,
            part: None,
        };
        let names = self.resolves_of(id).into_iter();
        let groups = names.filter_map(|name| self.groups.iter().find(|one| one.resolve == name));
        let resolves = groups.flat_map(|group| &group.resolves);
        let having = resolves.filter(|resolve| !resolve.excluded.contains(&whole));
        having.map(|resolve| resolve.name.as_str()).collect()
    }
}

impl ProjectGroup {
    /// The group of these projects in a folder, where `owned` have a lock, whichever it is.
    fn new(
        projects: &Projects,
        (folder, own): (String, Vec<ProjectId>),
        owned: &BTreeSet<ProjectId>,
    ) -> Self {
        let mut group = Self {
            resolve: String::new(),
            folder,
            all: own.iter().copied().collect(),
            foreign: BTreeSet::new(),
            resolves: Vec::new(),
            own,
        };
        let mut waiting = group.own.clone();
        while let Some(id) = waiting.pop() {
            if owned.contains(&id) && !group.own.contains(&id) {
                group.foreign.insert(id);
            }
            let project = projects.get(id);
            let scope = group.scope(id);
            let by_path = project.paths(scope).into_iter();
            let by_path = by_path.filter_map(|path| projects.at(&path));
            // Of several projects of one name, only a path says which is meant.
            let others = projects.all.iter().enumerate();
            let by_name = others.filter(|(_, other)| {
                let same = |one: &&ProjectManifest| one.name == other.name;
                let name = other.name.as_ref();
                name.is_some_and(|name| project.requires(name.as_str(), scope))
                    && projects.all.iter().filter(same).count() == 1
            });
            let by_name = by_name.map(|(found, _)| ProjectId(found));
            let found: Vec<ProjectId> = by_path.chain(by_name).collect();
            let new = found.into_iter().filter(|found| group.all.insert(*found));
            waiting.extend(new);
        }
        group
    }

    /// What counts of a project's requirements: those of a project with another lock are there for
    /// what uses it.
    pub(super) fn scope(&self, id: ProjectId) -> RequirementScope {
        match self.foreign.contains(&id) {
            true => RequirementScope::Published,
            false => RequirementScope::Whole,
        }
    }

    /// Whether it requires a project of an index.
    pub(super) fn requires(&self, projects: &Projects, name: &str) -> bool {
        let mut all = self.all.iter();
        all.any(|id| projects.get(*id).requires(name, self.scope(*id)))
    }

    /// Parts it into resolves of what can be together.
    fn part(
        &mut self,
        projects: &Projects,
        used: &mut BTreeSet<String>,
    ) -> Result<(), RequirementsError> {
        let parts = conflicts::parted(projects, &self.own)?;
        let without = |at: usize| {
            let part = parts.get(at).map_or(&[][..], Vec::as_slice);
            let mut excluded: Vec<ConflictItem> = Vec::new();
            for item in parts.iter().flatten() {
                if !part.contains(item) && !excluded.contains(item) {
                    excluded.push(item.clone());
                }
            }
            excluded
        };
        self.resolves.push(GroupResolve {
            name: self.resolve.clone(),
            lock: join(&self.folder, "python.lock"),
            excluded: without(0),
        });
        for (at, items) in parts.iter().enumerate().skip(1) {
            let item = items.first().map(|item| item.name(projects));
            let item = item.unwrap_or_default();
            let mut name = match self.folder.is_empty() {
                true => item.clone(),
                false => format!("{}-{item}", self.resolve),
            };
            while !used.insert(name.clone()) {
                name = format!("{}-{name}", self.resolve);
            }
            self.resolves.push(GroupResolve {
                lock: join(&self.folder, &format!("python-{name}.lock")),
                name,
                excluded: without(at),
            });
        }
        Ok(())
    }
}
