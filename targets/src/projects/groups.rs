//! Which projects are locked together: those of a uv workspace; one that has a lock of its own, with
//! what it requires by path; and all others.

use std::collections::BTreeSet;

use super::found::{ProjectId, Projects};
use super::manifest::{ProjectManifest, RequirementScope};
use super::members::has_lock;
use crate::files::RepositoryFiles;
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
}

/// All groups, the default one first.
#[derive(Debug)]
pub(super) struct ProjectGroups {
    pub(super) groups: Vec<ProjectGroup>,
}

impl ProjectGroups {
    pub(super) fn of(projects: &Projects, files: &dyn RepositoryFiles) -> Self {
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
        groups.name_each(projects);
        groups
    }

    /// Names the resolves: `python-default` at the root, else by the project.
    fn name_each(&mut self, projects: &Projects) {
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
            let own = group.own.iter().map(|id| projects.get(*id).folder.clone());
            let resolve = group.resolve.clone();
            own.map(|folder| (folder, resolve.clone()))
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
}
