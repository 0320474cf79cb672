//! The projects of a repository, and which of them has a folder.

use std::sync::Arc;

use super::manifest::ProjectManifest;
use super::members;
use crate::files::RepositoryFiles;
use crate::requirements::RequirementsError;
use crate::tree::join;
use model::RepoPath;

/// A project by its position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ProjectId(pub(super) usize);

/// The projects of a repository, sorted by folder.
#[derive(Debug)]
pub(super) struct Projects {
    pub(super) all: Vec<ProjectManifest>,
}

impl Projects {
    /// Finds those that count.
    pub(super) fn find(files: &dyn RepositoryFiles) -> Result<Self, RequirementsError> {
        let mut folders: Vec<&str> = Vec::new();
        for dir in files.tree().dirs() {
            let has = dir.files.iter().any(|file| **file == *"pyproject.toml");
            // Braces are those of templates.
            if has && !dir.path.contains('{') {
                folders.push(&dir.path);
            }
        }
        let mut all = Vec::new();
        for folder in folders {
            let path = join(folder, "pyproject.toml");
            match read(files, &path) {
                Ok(project) if project.is_project() => all.push(project),
                Ok(_) => {}
                // What is below others may be there to be wrong.
                Err(error) if all.is_empty() || folder.is_empty() => return Err(error),
                Err(_) => {}
            }
        }
        let wanted = members::wanted(&all, files);
        let mut wanted = wanted.into_iter();
        all.retain(|_| wanted.next() == Some(true));
        Ok(Self { all })
    }

    /// Each by its position.
    pub(super) fn ids(&self) -> impl Iterator<Item = ProjectId> + use<> {
        (0..self.all.len()).map(ProjectId)
    }

    /// The project that has a folder: the innermost one.
    pub(super) fn owner(&self, folder: &str) -> Option<ProjectId> {
        let owns = |project: &ProjectManifest| RepoPath::new(folder).starts_with(&project.folder);
        let all = self.all.iter().enumerate();
        let owners = all.filter(|(_, project)| owns(project));
        let innermost = owners.max_by_key(|(_, project)| project.folder.len());
        innermost.map(|(id, _)| ProjectId(id))
    }

    /// The project of this very folder.
    pub(super) fn at(&self, folder: &str) -> Option<ProjectId> {
        let found = self
            .all
            .binary_search_by(|project| (*project.folder).cmp(folder));
        found.ok().map(ProjectId)
    }

    /// The project at a position.
    pub(super) fn get(&self, id: ProjectId) -> &ProjectManifest {
        &self.all[id.0]
    }
}

fn read(files: &dyn RepositoryFiles, path: &str) -> Result<ProjectManifest, RequirementsError> {
    let wrong =
        |reason: String| RequirementsError::new(reason, model::Place::file(Arc::<str>::from(path)));
    let bytes = files.read(path);
    let bytes = bytes.map_err(|error| wrong(format!("cannot read the project: {error}")))?;
    let text = String::from_utf8(bytes).map_err(|_| wrong("this file is not UTF-8".to_owned()))?;
    ProjectManifest::parse(path, text)
}
