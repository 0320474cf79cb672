//! From the files of a repository to what is inferred of it.

use std::sync::Arc;

use super::declare::{self, ProjectOfGroups};
use super::found::Projects;
use super::groups::{GroupResolve, ProjectGroups};
use super::inferred::{ExcludedGroup, InferredBuildFile, InferredRepository};
use super::{requirement_files, settings};
use crate::files::RepositoryFiles;
use crate::requirements::RequirementsError;
use crate::tree::{Dir, join};

impl InferredRepository {
    /// Reads the projects; `None` where there are none, or where a BUILD file says what there is.
    ///
    /// # Errors
    /// A `pyproject.toml` that cannot be read, or is no TOML.
    pub fn of(files: &dyn RepositoryFiles) -> Result<Option<Self>, RequirementsError> {
        if files.tree().dirs().iter().any(has_build_file) {
            return Ok(None);
        }
        let projects = Projects::find(files)?;
        if projects.all.is_empty() {
            return Ok(requirement_files::infer(files));
        }
        let groups = ProjectGroups::of(&projects, files)?;
        let mut build_files = Vec::new();
        for id in projects.ids() {
            let declared = ProjectOfGroups {
                projects: &projects,
                groups: &groups,
                id,
            };
            declare::add(&declared, files, &mut build_files);
        }
        build_files.sort_by(|a: &InferredBuildFile, b| a.folder.cmp(&b.folder));
        let folders = projects.all.iter().map(|project| project.folder.clone());
        let (settings, ignored) = settings::text(&projects, &groups, files)?;
        Ok(Some(Self {
            settings,
            ignored,
            excluded: excluded(&projects, &groups),
            projects: folders.collect(),
            names: projects
                .all
                .iter()
                .filter_map(|project| project.name.clone())
                .collect(),
            locked: groups.locked(&projects),
            build_files,
        }))
    }
}

/// What the resolves leave out of the files of projects, since it conflicts with what they have.
fn excluded(projects: &Projects, groups: &ProjectGroups) -> Vec<ExcludedGroup> {
    let resolves = groups.groups.iter().flat_map(|group| &group.resolves);
    let of = |resolve: &GroupResolve| {
        let items = resolve.excluded.iter();
        let found = items.filter_map(|item| {
            let folder = &projects.get(item.project).folder;
            Some(ExcludedGroup {
                resolve: resolve.name.clone(),
                source: Arc::from(join(folder, "pyproject.toml")),
                group: item.part.clone()?,
            })
        });
        found.collect::<Vec<_>>()
    };
    resolves.flat_map(of).collect()
}

/// Whether Pants would read a BUILD file in a folder. Those of Bazel have another ending.
fn has_build_file(dir: &Dir) -> bool {
    let is_build = |name: &Arc<str>| match name.strip_prefix("BUILD") {
        Some("") => true,
        Some(rest) => rest.starts_with('.') && ![".bazel", ".md", ".rst", ".txt"].contains(&rest),
        None => false,
    };
    dir.files.iter().any(is_build)
}
