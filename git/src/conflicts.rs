//! What git could not merge, as its index has it.

use camino::{Utf8Path, Utf8PathBuf};

use crate::{Git, GitError};

/// The sides of a file that git could not merge, whatever stands in the work tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnmergedFile {
    /// Ours; during a rebase the side of the branch that is rebased onto.
    pub ours: String,
    /// Theirs.
    pub theirs: String,
}

/// Files in the git directory that are there while something is merged, picked or applied.
const UNDER_WAY: &[&str] = &[
    "AUTO_MERGE",
    "CHERRY_PICK_HEAD",
    "MERGE_HEAD",
    "REVERT_HEAD",
    "SQUASH_MSG",
    "rebase-apply",
    "rebase-merge",
];

impl Git {
    /// The sides of a file that git has not merged; `None` where it has, where a side has no such
    /// file, or outside of a repository. While nothing is merged no process is started.
    ///
    /// # Errors
    /// git is not there, or a side is not text.
    pub fn unmerged(&self, path: &Utf8Path) -> Result<Option<UnmergedFile>, GitError> {
        let under_way = git_directory(self.root())
            .is_some_and(|folder| UNDER_WAY.iter().any(|name| folder.join(name).exists()));
        if !under_way {
            return Ok(None);
        }
        let side = |stage: u8| -> Result<Option<String>, GitError> {
            self.blob(&format!(":{stage}:./{path}"))
        };
        Ok(match (side(2)?, side(3)?) {
            (Some(ours), Some(theirs)) => Some(UnmergedFile { ours, theirs }),
            _ => None,
        })
    }

    /// How many characters a conflict marker in a file has (`conflict-marker-size`).
    ///
    /// # Errors
    /// git is not there.
    pub fn marker_size(&self, path: &Utf8Path) -> Result<usize, GitError> {
        const USUAL: usize = 7;
        let arguments = [
            "check-attr",
            "-z",
            "conflict-marker-size",
            "--",
            path.as_str(),
        ];
        let answer = self.maybe(&arguments)?.unwrap_or_default();
        let size = answer.split('\0').nth(2).and_then(|size| size.parse().ok());
        Ok(size.filter(|&size| size > 0).unwrap_or(USUAL))
    }
}

/// The git directory of the work tree that contains a folder, without asking git.
fn git_directory(folder: &Utf8Path) -> Option<Utf8PathBuf> {
    let dot_git = folder
        .ancestors()
        .map(|above| above.join(".git"))
        .find(|path| path.exists())?;
    if dot_git.is_dir() {
        return Some(dot_git);
    }
    let text = fs_err::read_to_string(&dot_git).ok()?;
    let target = text.trim().strip_prefix("gitdir: ")?;
    Some(dot_git.parent()?.join(target))
}
