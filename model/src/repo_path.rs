//! Paths of files and folders of the repository.
//!
//! Such paths are kept as text: in BUILD files, in messages, in keys of maps. This type is a view
//! of that text, with the questions that are easy to answer wrongly at the root, whose path is
//! empty, and between `a` and `ab`.

use std::iter;

/// A path relative to the root, `/` between its parts; the root itself is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepoPath<'a>(&'a str);

impl<'a> RepoPath<'a> {
    /// The path that `path` spells.
    pub fn new(path: &'a str) -> Self {
        Self(path)
    }

    /// The text.
    pub fn as_str(self) -> &'a str {
        self.0
    }

    /// The folder that contains it, and its name in that folder.
    pub fn split(self) -> (&'a str, &'a str) {
        self.0.rsplit_once('/').unwrap_or(("", self.0))
    }

    /// The folder that contains it; for the root, the root itself.
    pub fn folder(self) -> &'a str {
        self.split().0
    }

    /// Its name in its folder; empty for the root.
    pub fn file_name(self) -> &'a str {
        self.split().1
    }

    /// The folder that contains it; `None` for the root.
    pub fn parent(self) -> Option<Self> {
        (!self.0.is_empty()).then(|| Self(self.folder()))
    }

    /// The folders that contain it, the innermost first and the root last.
    pub fn folders(self) -> impl Iterator<Item = &'a str> {
        iter::successors(self.parent(), |path| path.parent()).map(Self::as_str)
    }

    /// The path of the entry `name` in this folder.
    pub fn join(self, name: &str) -> String {
        match self.0 {
            "" => name.to_owned(),
            folder => format!("{folder}/{name}"),
        }
    }

    /// Where `path` leads from this folder on, with `.` and `..` followed; `None` if it leads out of the
    /// repository, or does not start in this folder.
    pub fn follow(self, path: &str) -> Option<String> {
        let mut parts: Vec<&str> = self.0.split('/').filter(|part| !part.is_empty()).collect();
        for part in path.split('/') {
            match part {
                "" | "." => {}
                ".." => {
                    parts.pop()?;
                }
                other => parts.push(other),
            }
        }
        (!path.starts_with('/')).then(|| parts.join("/"))
    }

    /// Whether the path is `folder` itself or lies below it.
    pub fn starts_with(self, folder: &str) -> bool {
        self.strip_prefix(folder).is_some()
    }

    /// The path relative to `folder`; `None` if it is neither `folder` itself nor below it.
    pub fn strip_prefix(self, folder: &str) -> Option<&'a str> {
        if folder.is_empty() {
            return Some(self.0);
        }
        let rest = self.0.strip_prefix(folder)?;
        match rest {
            "" => Some(rest),
            rest => rest.strip_prefix('/'),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_and_names() {
        let path = RepoPath::new("src/acme/core.py");
        assert_eq!(path.split(), ("src/acme", "core.py"));
        assert_eq!(path.folders().collect::<Vec<_>>(), ["src/acme", "src", ""]);
        assert_eq!(RepoPath::new("BUILD").split(), ("", "BUILD"));
        assert_eq!(RepoPath::new("").parent(), None);
        assert_eq!(RepoPath::new("").folders().count(), 0);
    }

    #[test]
    fn joins_at_the_root_and_below() {
        assert_eq!(RepoPath::new("").join("BUILD"), "BUILD");
        assert_eq!(RepoPath::new("src").join("BUILD"), "src/BUILD");
    }

    #[test]
    fn follows_relative_paths() {
        let check = |folder, path, expect: Option<&str>| {
            assert_eq!(
                RepoPath::new(folder).follow(path).as_deref(),
                expect,
                "{path}"
            );
        };
        check("apps/a", "../../libs/./b/", Some("libs/b"));
        check("", "libs", Some("libs"));
        check("a", "..", Some(""));
        check("a", "../..", None);
        check("a", "/b", None);
    }

    #[test]
    fn prefixes_end_where_a_part_does() {
        let check = |path, folder, expect| {
            assert_eq!(RepoPath::new(path).strip_prefix(folder), expect, "{path}");
        };
        check("src/a/b", "src/a", Some("b"));
        check("src/ab", "src/a", None);
        check("src/a", "src/a", Some(""));
        check("src/a", "", Some("src/a"));
        check("src", "src/a", None);
    }
}
