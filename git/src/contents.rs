//! What files and folders are in a revision, without a checkout: many files with one start of git.

use camino::{Utf8Path, Utf8PathBuf};

use crate::{Git, GitError};

/// A file or folder in a folder of a revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevisionEntry {
    /// Its name in the folder.
    pub name: String,
    /// Whether it has entries itself.
    pub is_folder: bool,
}

impl Git {
    /// A file as a revision has it, its path relative to the root; `None` where it has no such
    /// file.
    ///
    /// # Errors
    /// git is not there, or the file is not text.
    pub fn file(&self, revision: &str, path: &Utf8Path) -> Result<Option<String>, GitError> {
        self.blob(&self.object(revision, path))
    }

    /// The text that a name of a blob stands for; `None` where there is none.
    pub(crate) fn blob(&self, object: &str) -> Result<Option<String>, GitError> {
        let utf8 = |bytes| {
            String::from_utf8(bytes)
                .map_err(|_| GitError::NotUtf8(format!("cat-file blob {object}")))
        };
        self.alone(object)?.map(utf8).transpose()
    }

    /// Files as a revision has them, their paths relative to the root; `None` for each that it does
    /// not have. Symbolic links are followed inside the revision.
    ///
    /// # Errors
    /// git is not there.
    pub fn files(
        &self,
        revision: &str,
        paths: &[Utf8PathBuf],
    ) -> Result<Vec<Option<Vec<u8>>>, GitError> {
        // What is asked for ends at a line end, so that such a name cannot be asked for with others.
        let is_asked = |path: &&Utf8PathBuf| !path.as_str().contains('\n');
        let line = |path| format!("{}\n", self.object(revision, path));
        let asked: String = paths
            .iter()
            .filter(is_asked)
            .map(|path| line(path))
            .collect();
        let output = self.feed(
            &["cat-file", "--batch", "--follow-symlinks"],
            asked.as_bytes(),
        )?;
        let mut rest = output.as_slice();
        let contents = |path| match is_asked(&path) {
            true => Ok(next_blob(&mut rest)),
            false => self.alone(&self.object(revision, path)),
        };
        paths.iter().map(contents).collect()
    }

    fn alone(&self, object: &str) -> Result<Option<Vec<u8>>, GitError> {
        match self.bytes(&["cat-file", "blob", object]) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(GitError::Failed { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What is in a folder, relative to the root, as a revision has it; nothing where it has no such
    /// folder. Symbolic links to it are followed inside the revision.
    ///
    /// # Errors
    /// git is not there.
    pub fn entries(
        &self,
        revision: &str,
        folder: &Utf8Path,
    ) -> Result<Vec<RevisionEntry>, GitError> {
        let folder = folder.as_str().trim_end_matches('/');
        let asked = format!("{}\n", self.object(revision, folder.into()));
        let checked = self.feed(
            &["cat-file", "--batch-check", "--follow-symlinks"],
            asked.as_bytes(),
        )?;
        let checked = String::from_utf8_lossy(&checked);
        let mut words = checked.split(' ');
        let (Some(tree), Some("tree")) = (words.next(), words.next()) else {
            return Ok(Vec::new());
        };
        let entry = |line: &str| {
            let (meta, name) = line.split_once('\t')?;
            Some(RevisionEntry {
                name: name.to_owned(),
                is_folder: meta.contains(" tree "),
            })
        };
        let lines = self.text(&["ls-tree", "--full-tree", "-z", tree])?;
        Ok(lines.split('\0').filter_map(entry).collect())
    }

    /// git's name of a file or folder of a revision, whose path is relative to the root.
    fn object(&self, revision: &str, path: &Utf8Path) -> String {
        match self.is_bare() {
            true => format!("{revision}:{path}"),
            false => format!("{revision}:./{path}"),
        }
    }
}

/// The contents of the blob that output of `git cat-file --batch` begins with, which is then cut off;
/// `None` for what is not there, and for what is no blob.
fn next_blob(output: &mut &[u8]) -> Option<Vec<u8>> {
    let end = output.iter().position(|byte| *byte == b'\n')?;
    let head = String::from_utf8_lossy(&output[..end]);
    *output = &output[end + 1..];
    let mut words = head.rsplit(' ');
    // What is missing has no size; of a link that leads nowhere, its name follows.
    let size: usize = words.next()?.parse().ok()?;
    let is_blob = words.next() == Some("blob");
    let contents = output.get(..size)?.to_vec();
    *output = output.get(size + 1..)?;
    is_blob.then_some(contents)
}

#[cfg(test)]
mod tests {
    use fs_err as fs;

    use super::*;

    fn repository() -> (tempfile::TempDir, Git) {
        let folder = tempfile::tempdir().unwrap();
        let git = Git::at(Utf8Path::from_path(folder.path()).unwrap());
        git.text(&["init", "--quiet"]).unwrap();
        for (path, contents) in [("a", "one\n"), ("sub/a", "two\n"), ("sub/news/b c", "")] {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, contents).unwrap();
        }
        for (link, target) in [
            ("to", "a"),
            ("out", "../../x"),
            ("gone", "x"),
            ("folder", "news"),
        ] {
            fs_err::os::unix::fs::symlink(target, folder.path().join("sub").join(link)).unwrap();
        }
        fs::write(folder.path().join("sub/x\ny"), "three\n").unwrap();
        git.text(&["add", "--all"]).unwrap();
        let who = ["-c", "user.name=A", "-c", "user.email=a@example.org"];
        git.text(&[&who[..], &["commit", "--quiet", "--message=x"]].concat())
            .unwrap();
        (folder, git)
    }

    fn files(git: &Git, paths: &[&str]) -> Vec<Option<String>> {
        let paths: Vec<Utf8PathBuf> = paths.iter().map(Utf8PathBuf::from).collect();
        let files = git.files("HEAD", &paths).unwrap().into_iter();
        files
            .map(|file| file.map(|bytes| String::from_utf8(bytes).unwrap()))
            .collect()
    }

    #[test]
    fn each_file_is_answered_in_its_place() {
        let (_folder, git) = repository();
        let found = files(
            &git,
            &["nothing", "a", "sub", "sub/news/b c", "sub/x\ny", "a"],
        );
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            found,
            [
                None,
                some("one\n"),
                None,
                some(""),
                some("three\n"),
                some("one\n")
            ]
        );
    }

    #[test]
    fn links_are_followed_inside_the_revision() {
        let (_folder, git) = repository();
        let found = files(
            &git,
            &[
                "sub/to",
                "sub/out",
                "sub/gone",
                "sub/folder/b c",
                "a/b",
                "a",
            ],
        );
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            found,
            [some("two\n"), None, None, some(""), None, some("one\n")]
        );
    }

    #[test]
    fn paths_are_relative_to_the_root_and_not_to_the_work_tree() {
        let (folder, git) = repository();
        let root = Utf8Path::from_path(folder.path()).unwrap();
        let below = Git::at(root.join("sub"));
        assert_eq!(files(&below, &["a"]), [Some("two\n".to_owned())]);
        let names = |git: &Git, folder: &str| -> Vec<(String, bool)> {
            let entries = git.entries("HEAD", folder.into()).unwrap().into_iter();
            entries.map(|entry| (entry.name, entry.is_folder)).collect()
        };
        assert_eq!(names(&below, "news"), [("b c".to_owned(), false)]);
        assert_eq!(names(&below, "folder/"), names(&below, "news"));
        assert_eq!(names(&git, "news"), []);
        assert_eq!(
            names(&git, ""),
            [("a".to_owned(), false), ("sub".to_owned(), true)]
        );
        let bare = Git::bare(root.join(".git"));
        assert_eq!(names(&bare, "sub/news"), names(&git, "sub/news"));
        assert_eq!(files(&bare, &["sub/a"]), [Some("two\n".to_owned())]);
    }
}
