//! What is inferred of a repository: settings and BUILD files as text.

use std::sync::Arc;

use crate::requirements::{RequirementGroup, RequirementsFile};
use model::{PackageName, Place};

/// What follows from the projects of a repository without BUILD files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InferredRepository {
    /// Settings, as they would stand in `pyproject.toml`: below `[tool.xtask]`.
    pub settings: String,
    /// The declarations of targets.
    pub build_files: Vec<InferredBuildFile>,
    /// The folders of projects, `""` for the root, sorted: what requires one of them by its path
    /// requires code of the repository.
    pub projects: Vec<String>,
    /// Their names: no index is asked for them.
    pub names: Vec<PackageName>,
    /// The folders of projects with the resolves whose locks are theirs, sorted.
    pub locked: Vec<(String, String)>,
    /// What resolves do not have of the files that they read.
    pub excluded: Vec<ExcludedGroup>,
    /// What projects say of their lock without effect here.
    pub ignored: Vec<IgnoredKey>,
}

/// An extra or dependency group that a resolve does not have, since it conflicts with another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExcludedGroup {
    /// The resolve.
    pub resolve: String,
    /// The file that has the group.
    pub source: Arc<str>,
    /// The group.
    pub group: RequirementGroup,
}

/// A key of a `pyproject.toml` that says something of the lock and has no effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IgnoredKey {
    /// The key: `tool.uv.resolution`.
    pub name: String,
    /// Where it stands.
    pub place: Place,
    /// Why it has no effect, or what to do in its place.
    pub why: String,
}

/// The BUILD file that a folder would have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InferredBuildFile {
    /// The folder, `""` for the root.
    pub folder: Arc<str>,
    /// The file that it follows from: the `pyproject.toml` of the project, or requirements.
    pub source: Arc<str>,
    /// Its text.
    pub text: String,
}

impl InferredRepository {
    /// Whether this is the name of one of the projects.
    #[must_use]
    pub fn has_distribution(&self, name: &PackageName) -> bool {
        self.names.contains(name)
    }

    /// Whether the project of a folder has another lock than that of this resolve, which then has only
    /// what the project requires of those that use it.
    #[must_use]
    pub fn is_locked_elsewhere(&self, folder: &str, resolve: &str) -> bool {
        let mut own = self
            .locked
            .iter()
            .filter(|(have, _)| have == folder)
            .peekable();
        own.peek().is_some() && own.all(|(_, own)| own != resolve)
    }

    /// Whether there is a project in this folder.
    #[must_use]
    pub fn has_project(&self, folder: &str) -> bool {
        let folders = &self.projects;
        folders
            .binary_search_by(|have| (**have).cmp(folder))
            .is_ok()
    }

    /// What a resolve has of the file at `path`: all but the groups that conflict with others of it.
    #[must_use]
    pub fn part_of(
        &self,
        resolve: &str,
        (path, file): (&str, &Arc<RequirementsFile>),
    ) -> Arc<RequirementsFile> {
        let excluded = self.excluded.iter();
        let excluded = excluded.filter(|one| one.resolve == resolve && *one.source == *path);
        let excluded: Vec<&RequirementGroup> = excluded.map(|one| &one.group).collect();
        if excluded.is_empty() {
            return Arc::clone(file);
        }
        let mut part = RequirementsFile::clone(file);
        part.requirements.retain(|line| {
            line.groups.is_empty() || line.groups.iter().any(|group| !excluded.contains(&group))
        });
        part.groups.retain(|(group, _)| !excluded.contains(&group));
        Arc::new(part)
    }
}
