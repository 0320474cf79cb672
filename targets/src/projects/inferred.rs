//! What is inferred of a repository: settings and BUILD files as text.

use std::sync::Arc;

use model::PackageName;

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
        let own = self.locked.iter().find(|(have, _)| have == folder);
        own.is_some_and(|(_, own)| own != resolve)
    }

    /// Whether there is a project in this folder.
    #[must_use]
    pub fn has_project(&self, folder: &str) -> bool {
        let folders = &self.projects;
        folders
            .binary_search_by(|have| (**have).cmp(folder))
            .is_ok()
    }
}
