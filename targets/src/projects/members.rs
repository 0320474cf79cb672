//! Which files are projects that count: members of workspaces, and what is not data of tests.

use super::layout::SAMPLES;
use super::manifest::{ProjectManifest, RequirementScope, WorkspaceMembers};
use crate::files::RepositoryFiles;
use crate::globs::Glob;
use crate::tree::join;
use model::RepoPath;

/// The locks of tools that belong to one project.
const LOCKS: &[&str] = &["uv.lock", "poetry.lock", "pdm.lock", "pylock.toml"];

/// Which of the files that are projects count: not data of tests, nor what a workspace leaves out.
pub(super) fn wanted(all: &[ProjectManifest], files: &dyn RepositoryFiles) -> Vec<bool> {
    let members: Vec<Option<WorkspaceMembers>> =
        all.iter().map(ProjectManifest::workspace).collect();
    let is_member = |folder: &str| members.iter().flatten().any(|group| group.has(folder));
    let of_workspace: Vec<&ProjectManifest> = all
        .iter()
        .zip(&members)
        .filter_map(|(project, group)| group.as_ref().map(|_| project))
        .collect();
    let mut wanted: Vec<bool> = Vec::with_capacity(all.len());
    for (at, project) in all.iter().enumerate() {
        let above = all[..at].iter().zip(&wanted);
        let mut above = above.filter(|(above, wanted)| {
            **wanted && RepoPath::new(&project.folder).starts_with(&above.folder)
        });
        let folder = &project.folder;
        let is_own = members[at].is_some() || is_member(folder);
        let is_left_out = of_workspace
            .iter()
            .any(|root| RepoPath::new(folder).starts_with(&root.folder) && root.folder != *folder);
        let is_sample = match above.next_back() {
            Some((above, _)) => has_sample_folder(folder, &above.folder),
            None => has_sample_folder(folder, "") && !has_lock(project, files),
        };
        wanted.push(is_own || !is_left_out && !is_sample);
    }
    // What is required by its path counts wherever it lies.
    let mut waiting: Vec<usize> = (0..all.len()).filter(|at| wanted[*at]).collect();
    while let Some(at) = waiting.pop() {
        for path in all[at].paths(RequirementScope::Whole) {
            let found = all.iter().position(|project| project.folder == path);
            if let Some(found) = found.filter(|found| !wanted[*found]) {
                wanted[found] = true;
                waiting.push(found);
            }
        }
    }
    wanted
}

fn has_sample_folder(folder: &str, above: &str) -> bool {
    let within = RepoPath::new(folder).strip_prefix(above).unwrap_or(folder);
    within.split('/').any(|part| SAMPLES.contains(&part))
}

/// Whether a tool has locked a project by itself.
pub(super) fn has_lock(project: &ProjectManifest, files: &dyn RepositoryFiles) -> bool {
    let mut locks = LOCKS.iter();
    locks.any(|name| files.is_there(&join(&project.folder, name)))
}

impl WorkspaceMembers {
    /// Whether a folder is a member.
    pub(super) fn has(&self, folder: &str) -> bool {
        let any = |globs: &[String]| globs.iter().any(|glob| Glob::new(glob).is_match(folder));
        any(&self.members) && !any(&self.exclude)
    }
}
