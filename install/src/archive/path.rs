//! Names of archive members that stay below the folder to which they are unpacked.

use std::fmt;

/// Why a name cannot be unpacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PathProblem {
    /// It is empty.
    #[error("it is empty")]
    Empty,
    /// It starts at the root of the file system.
    #[error("it is absolute")]
    Absolute,
    /// It starts with a drive letter.
    #[error("it names a drive")]
    Drive,
    /// It has a component `..`.
    #[error("it leaves the folder by `..`")]
    Escape,
    /// It has an empty component or one that is `.`.
    #[error("it has an empty component or `.`")]
    Component,
    /// It has a backslash, which separates folders on Windows.
    #[error("it has a backslash, which separates folders on Windows")]
    Backslash,
    /// It has a NUL byte or another control character.
    #[error("it has a control character")]
    Control,
}

/// Checks the name of a file: relative, of plain components between `/`.
pub(crate) fn check_path(name: &str) -> Result<(), PathProblem> {
    if name.is_empty() {
        return Err(PathProblem::Empty);
    }
    if name.chars().any(char::is_control) {
        return Err(PathProblem::Control);
    }
    if name.contains('\\') {
        return Err(PathProblem::Backslash);
    }
    if name.starts_with('/') {
        return Err(PathProblem::Absolute);
    }
    if name.as_bytes().get(1) == Some(&b':') && name.as_bytes()[0].is_ascii_alphabetic() {
        return Err(PathProblem::Drive);
    }
    name.split('/').try_for_each(|component| match component {
        ".." => Err(PathProblem::Escape),
        "" | "." => Err(PathProblem::Component),
        _ => Ok(()),
    })
}

/// A path as a file system without case sees it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct FoldedPath(String);

impl FoldedPath {
    pub(crate) fn of(path: &str) -> Self {
        if path.is_ascii() {
            return Self(path.to_ascii_lowercase());
        }
        Self(path.to_lowercase())
    }
}

impl fmt::Display for FoldedPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, expect: Result<(), PathProblem>) {
        assert_eq!(check_path(name), expect);
    }

    #[test]
    fn plain_names_pass() {
        check("a.py", Ok(()));
        check("a/b-1.0.dist-info/RECORD", Ok(()));
        check("a/..b/ü c.py", Ok(()));
    }

    #[test]
    fn others_do_not() {
        check("", Err(PathProblem::Empty));
        check("/etc/x", Err(PathProblem::Absolute));
        check("C:x", Err(PathProblem::Drive));
        check("a/../../x", Err(PathProblem::Escape));
        check("a//b", Err(PathProblem::Component));
        check("a\\b", Err(PathProblem::Backslash));
        check("a\0b", Err(PathProblem::Control));
    }
}
