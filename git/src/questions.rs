//! Questions about a repository that are asked in more than one place.

use std::collections::BTreeSet;
use std::ops::Range;

use camino::{Utf8Path, Utf8PathBuf};

use crate::{Git, GitError};

/// How files differ from those of a commit; paths are relative to the root.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TreeDifference {
    /// Added or with other contents.
    pub edited: BTreeSet<Utf8PathBuf>,
    /// No longer there.
    pub deleted: BTreeSet<Utf8PathBuf>,
}

/// What the next commit changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StagedFiles {
    /// Files that it has, with other contents than the last commit or as new ones.
    pub staged: BTreeSet<Utf8PathBuf>,
    /// Files of the work tree that differ from what it has of them.
    pub unstaged: BTreeSet<Utf8PathBuf>,
}

impl TreeDifference {
    /// Every file that differs.
    pub fn into_paths(self) -> BTreeSet<Utf8PathBuf> {
        self.edited.into_iter().chain(self.deleted).collect()
    }
}

impl Git {
    /// The commit that a revision names; `None` where it names none.
    ///
    /// # Errors
    /// git is not there.
    pub fn commit(&self, revision: &str) -> Result<Option<String>, GitError> {
        let name = format!("{revision}^{{commit}}");
        self.maybe(&[
            "rev-parse",
            "--verify",
            "--quiet",
            "--end-of-options",
            &name,
        ])
    }

    /// The names of the remotes.
    ///
    /// # Errors
    /// Not a repository.
    pub fn remotes(&self) -> Result<Vec<String>, GitError> {
        Ok(self.text(&["remote"])?.lines().map(str::to_owned).collect())
    }

    /// The remote of this name or, where there is none, the only one.
    ///
    /// # Errors
    /// Not a repository.
    pub fn remote_or_only(&self, name: &str) -> Result<Option<String>, GitError> {
        let mut remotes = self.remotes()?;
        match remotes.iter().position(|known| known == name) {
            Some(at) => Ok(Some(remotes.swap_remove(at))),
            None if remotes.len() == 1 => Ok(remotes.pop()),
            None => Ok(None),
        }
    }

    /// The folders of submodules that are checked out, relative to the root.
    ///
    /// # Errors
    /// Not a repository.
    pub fn submodules(&self) -> Result<Vec<Utf8PathBuf>, GitError> {
        if !self.root().join(".gitmodules").is_file() {
            return Ok(Vec::new());
        }
        let listed = self.text(&["ls-files", "--stage", "-z"])?;
        let links = listed.split('\0').filter_map(|line| {
            let (head, path) = line.split_once('\t')?;
            head.starts_with("160000 ").then_some(path)
        });
        let is_there = |path: &&str| self.root().join(path).join(".git").exists();
        Ok(links.filter(is_there).map(Utf8PathBuf::from).collect())
    }

    /// Whether the history ends early, as in a clone with `--depth`.
    ///
    /// # Errors
    /// Not a repository.
    pub fn is_shallow(&self) -> Result<bool, GitError> {
        Ok(self.text(&["rev-parse", "--is-shallow-repository"])? == "true")
    }

    /// A setting of the repository itself; `None` where it is not set.
    ///
    /// # Errors
    /// git is not there.
    pub fn setting(&self, name: &str) -> Result<Option<String>, GitError> {
        self.maybe(&["config", "--local", "--get", name])
    }

    /// How the files below the root differ from a commit. Files that git does not know are not
    /// among them.
    ///
    /// # Errors
    /// No such commit.
    pub fn difference(&self, commit: &str) -> Result<TreeDifference, GitError> {
        let options = ["--relative", "--name-status", "--no-renames", "-z"];
        let arguments = [&["diff"][..], &options, &[commit, "--"]].concat();
        let listed = self.text(&arguments)?;
        let mut words = listed.split_terminator('\0');
        let mut difference = TreeDifference::default();
        while let (Some(status), Some(path)) = (words.next(), words.next()) {
            match status {
                "D" => difference.deleted.insert(path.into()),
                _ => difference.edited.insert(path.into()),
            };
        }
        Ok(difference)
    }

    /// The lines of a file that are new since a commit, as ranges of numbers from 1.
    ///
    /// # Errors
    /// No such commit.
    pub fn added_lines(
        &self,
        commit: &str,
        path: &Utf8Path,
    ) -> Result<Vec<Range<usize>>, GitError> {
        let options = ["--literal-pathspecs", "diff", "--unified=0", "--no-color"];
        let more = ["--no-ext-diff", "--no-textconv", "--relative", commit, "--"];
        let arguments = [&options[..], &more, &[path.as_str()]].concat();
        let patch = self.bytes(&arguments)?;
        let patch = String::from_utf8_lossy(&patch);
        Ok(patch.lines().filter_map(added_by_hunk).collect())
    }

    /// The files below the root that the next commit changes, and those that differ from what it will
    /// have of them.
    ///
    /// # Errors
    /// Not a repository.
    pub fn staged(&self) -> Result<StagedFiles, GitError> {
        let options = ["--relative", "--name-only", "--no-renames", "-z"];
        let listed = |more: &[&str]| self.text(&[&["diff"][..], &options, more].concat());
        let staged = listed(&["--cached", "--diff-filter=d"])?;
        let unstaged = listed(&["--"])?;
        Ok(StagedFiles {
            staged: paths(&staged).collect(),
            unstaged: paths(&unstaged).collect(),
        })
    }

    /// Writes what the next commit will have of the files below the root to a folder, and gives the folder
    /// in it that stands for the root.
    ///
    /// # Errors
    /// Not a repository; the folder cannot be written.
    pub fn write_index(&self, folder: &Utf8Path) -> Result<Utf8PathBuf, GitError> {
        let prefix = format!("--prefix={folder}/");
        self.text(&["checkout-index", "--all", "--force", "--quiet", &prefix])?;
        Ok(folder.join(self.text(&["rev-parse", "--show-prefix"])?))
    }

    /// The folder of hooks: that of `core.hooksPath`, or of the repository itself.
    ///
    /// # Errors
    /// Not a repository.
    pub fn hooks_folder(&self) -> Result<Utf8PathBuf, GitError> {
        let folder = self.text(&["rev-parse", "--git-path", "hooks"])?;
        Ok(self.root().join(folder))
    }

    /// The files below the root that git neither knows nor ignores.
    ///
    /// # Errors
    /// Not a repository.
    pub fn untracked(&self) -> Result<BTreeSet<Utf8PathBuf>, GitError> {
        let listed = self.text(&["ls-files", "--others", "--exclude-standard", "-z"])?;
        Ok(paths(&listed).collect())
    }

    /// The time of the last commit that touched something in a folder, in seconds since 1970.
    pub fn last_change(&self, folder: &str) -> Option<i64> {
        let folder = if folder.is_empty() { "." } else { folder };
        self.text(&["log", "-1", "--format=%ct", "--", folder])
            .ok()?
            .parse()
            .ok()
    }
}

/// The new lines of a hunk by its header, `@@ -1,2 +3,4 @@`.
fn added_by_hunk(line: &str) -> Option<Range<usize>> {
    let (_, added) = line.strip_prefix("@@ -")?.split_once(" +")?;
    let (numbers, _) = added.split_once(" @@")?;
    let (start, count) = numbers.split_once(',').unwrap_or((numbers, "1"));
    let (start, count): (usize, usize) = (start.parse().ok()?, count.parse().ok()?);
    (count > 0).then(|| start..start + count)
}

/// The paths in output that ends each with NUL (`-z`).
pub fn paths(output: &str) -> impl Iterator<Item = Utf8PathBuf> {
    output
        .split('\0')
        .filter(|path| !path.is_empty())
        .map(Utf8PathBuf::from)
}

/// The merge of our file, the base and their file, line by line, with conflict markers of so many
/// characters.
///
/// # Errors
/// git is not there.
pub fn merge_files(files: [&Utf8Path; 3], marker_size: usize) -> Result<String, GitError> {
    let size = format!("--marker-size={marker_size}");
    let labels = [size.as_str(), "-L", "ours", "-L", "base", "-L", "theirs"];
    let files = files.map(Utf8Path::as_str);
    let arguments = [&["merge-file", "-p"][..], &labels, &files].concat();
    // The exit status is the number of conflicts.
    let output = Git::nowhere().output(&arguments)?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
