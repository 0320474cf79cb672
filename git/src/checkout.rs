//! A clean checkout of a commit, beside the work tree of the user.
//!
//! What is built from a commit must not depend on what else lies in the user's work tree: edits,
//! ignored files, a sparse checkout, line ends that a setting converts. A linked work tree of git
//! has the files of the commit and nothing else, and commands in it answer as in the user's.

use camino::{Utf8Path, Utf8PathBuf};

use crate::{Git, GitError};

/// Settings under which files are checked out: they are as the commit has them.
const AS_COMMITTED: &[(&str, &str)] = &[
    ("core.attributesFile", "/dev/null"),
    ("core.autocrlf", "false"),
    ("core.eol", "lf"),
    ("core.hooksPath", "/dev/null"),
    ("core.sparseCheckout", "false"),
    ("core.symlinks", "true"),
];

/// A commit's files in a folder of their own, which is removed when this is dropped.
#[derive(Debug)]
pub struct CleanCheckout {
    git: Git,
    folder: Utf8PathBuf,
    root: Utf8PathBuf,
    /// Those of submodules, which lie within.
    within: Vec<CleanCheckout>,
}

impl Git {
    /// Checks a commit out into a folder that is empty or does not exist. What an earlier run left
    /// of such a checkout there is removed before.
    ///
    /// Submodules are checked out too, where the user's work tree has them with that commit.
    ///
    /// # Errors
    /// No such commit; the folder cannot be written; the disk is full.
    pub fn check_out(&self, commit: &str, folder: &Utf8Path) -> Result<CleanCheckout, GitError> {
        remove(self, folder);
        let mut arguments: Vec<String> = Vec::new();
        for (name, value) in AS_COMMITTED {
            arguments.extend(["-c".to_owned(), format!("{name}={value}")]);
        }
        let command = ["worktree", "add", "--quiet", "--force", "--detach"];
        arguments.extend(command.map(str::to_owned));
        arguments.extend([folder.to_string(), commit.to_owned()]);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        // From here on, what is there of it is removed, also where a step fails.
        let mut checkout = CleanCheckout {
            git: self.clone(),
            folder: folder.to_owned(),
            root: folder.join(self.text(&["rev-parse", "--show-prefix"])?),
            within: Vec::new(),
        };
        self.text(&arguments)?;
        let top = self.text(&["rev-parse", "--show-toplevel"])?;
        for (path, commit) in submodules(&Git::at(folder))? {
            let submodule = Git::at(Utf8Path::new(&top).join(&path));
            let is_there = submodule.root().join(".git").exists();
            if is_there && submodule.commit(&commit)?.is_some() {
                let within = submodule.check_out(&commit, &folder.join(&path))?;
                checkout.within.push(within);
            }
        }
        Ok(checkout)
    }
}

impl CleanCheckout {
    /// The folder that stands for the one which `Git` was made for: the root of the repository, or
    /// a folder below it.
    pub fn root(&self) -> &Utf8Path {
        &self.root
    }
}

impl Drop for CleanCheckout {
    fn drop(&mut self) {
        self.within.clear();
        remove(&self.git, &self.folder);
    }
}

/// Removes a checkout, and what git knows of it. What cannot be removed now is removed by the next
/// checkout in the same folder.
fn remove(git: &Git, folder: &Utf8Path) {
    let _unknown = git.maybe(&["worktree", "remove", "--force", "--force", folder.as_str()]);
    if folder.exists() {
        let _kept = fs_err::remove_dir_all(folder);
    }
}

/// The submodules of a checkout: their paths and commits.
fn submodules(git: &Git) -> Result<Vec<(Utf8PathBuf, String)>, GitError> {
    let listed = git.text(&["ls-files", "--stage", "-z"])?;
    let entry = |line: &str| {
        let (meta, path) = line.strip_prefix("160000 ")?.split_once('\t')?;
        Some((Utf8PathBuf::from(path), meta.split(' ').next()?.to_owned()))
    };
    Ok(listed.split('\0').filter_map(entry).collect())
}
