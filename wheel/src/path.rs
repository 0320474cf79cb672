//! Names of archive members. [`check_contained`] checks that a name from elsewhere stays below the
//! folder to which it is unpacked. A [`MemberPath`], as our own archives have it, is also unpacked
//! to the same path on every platform.

use std::fmt;
use std::sync::Arc;

/// The path of a member inside an archive: relative, `/`-separated, in UTF-8.
///
/// Invariant: no empty, `.` or `..` component, no control character; and, but for archives that are
/// not unpacked on Windows, none of the characters and device names that it reserves.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemberPath(Arc<str>);

/// Why a name cannot be that of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathProblem {
    /// The name is empty.
    #[error("it is empty")]
    Empty,
    /// The name starts at the root of the file system.
    #[error("it is absolute")]
    Absolute,
    /// The name starts with a drive letter.
    #[error("it names a drive")]
    Drive,
    /// A component is `..`.
    #[error("it leaves the folder by `..`")]
    Escapes,
    /// A component is empty or `.`.
    #[error("it has an empty component or `.`")]
    EmptyComponent,
    /// A backslash, which is a separator on Windows only.
    #[error("it has a backslash, which separates folders on Windows")]
    Backslash,
    /// A control character.
    #[error("it has a control character")]
    Control,
    /// A character that no Windows file name may have.
    #[error("Windows reserves the character `{0}`")]
    ReservedCharacter(char),
    /// A component is a device on Windows, with or without an extension.
    #[error("Windows reserves the name of a device (`CON`, `NUL`, `COM1`, …)")]
    ReservedName,
    /// A component ends in a dot or a space, which Windows drops.
    #[error("a component ends in a dot or a space, which Windows drops")]
    TrailingDotOrSpace,
}

impl PathProblem {
    /// Whether it is none where no Windows unpacks the archive.
    #[must_use]
    pub fn is_of_windows(&self) -> bool {
        matches!(
            self,
            Self::ReservedCharacter(_) | Self::ReservedName | Self::TrailingDotOrSpace
        )
    }
}

impl MemberPath {
    /// Checks a name. The error says what is wrong with it, not where it came from.
    pub fn parse(name: &str) -> Result<MemberPath, PathProblem> {
        check_contained(name)?;
        if let Some(c) = name.chars().find(|c| RESERVED.contains(c)) {
            return Err(PathProblem::ReservedCharacter(c));
        }
        name.split('/').try_for_each(check_portable)?;
        Ok(MemberPath(name.into()))
    }

    /// Checks a name for an archive that is not unpacked on Windows.
    pub fn parse_contained(name: &str) -> Result<MemberPath, PathProblem> {
        check_contained(name).map(|()| MemberPath(name.into()))
    }

    /// The name as it is in the archive.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The folder the member is in; `None` at the top.
    pub fn parent(&self) -> Option<&str> {
        self.0.rsplit_once('/').map(|(folder, _)| folder)
    }

    /// The last component.
    pub fn file_name(&self) -> &str {
        self.0.rsplit_once('/').map_or(&self.0, |(_, name)| name)
    }

    /// The first component.
    pub fn top_level(&self) -> &str {
        self.0.split_once('/').map_or(&self.0, |(top, _)| top)
    }
}

/// Checks that a name stays below the folder that it is unpacked to: relative, of plain components
/// between `/`.
pub fn check_contained(name: &str) -> Result<(), PathProblem> {
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
        ".." => Err(PathProblem::Escapes),
        "" | "." => Err(PathProblem::EmptyComponent),
        _ => Ok(()),
    })
}

/// A path as a file system that ignores case sees it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FoldedPath(String);

impl FoldedPath {
    /// A path without the differences in case.
    pub fn of(path: &str) -> FoldedPath {
        // Most paths are ASCII, and that is faster.
        if path.is_ascii() {
            return FoldedPath(path.to_ascii_lowercase());
        }
        FoldedPath(path.to_lowercase())
    }

    /// The folders that contain it, the outermost first.
    pub(crate) fn folders(&self) -> impl Iterator<Item = FoldedPath> {
        let slashes = self.0.match_indices('/');
        slashes.map(|(at, _)| FoldedPath(self.0[..at].to_owned()))
    }
}

impl fmt::Display for MemberPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for MemberPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// Characters that no Windows file name may have.
const RESERVED: [char; 7] = ['<', '>', ':', '"', '|', '?', '*'];

fn check_portable(component: &str) -> Result<(), PathProblem> {
    match component {
        _ if component.ends_with(['.', ' ']) => Err(PathProblem::TrailingDotOrSpace),
        _ if is_device(component) => Err(PathProblem::ReservedName),
        _ => Ok(()),
    }
}

/// Whether Windows opens a device under this name: the part before the first
/// dot decides, in any case
/// (<https://learn.microsoft.com/windows/win32/fileio/naming-a-file>).
fn is_device(component: &str) -> bool {
    let stem = component.split('.').next().unwrap_or(component);
    let stem = stem.trim_end_matches(' ').to_ascii_uppercase();
    let numbered = |prefix: &str| {
        stem.strip_prefix(prefix)
            .is_some_and(|n| matches!(n, "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9"))
    };
    matches!(
        stem.as_str(),
        "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$"
    ) || numbered("COM")
        || numbered("LPT")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, expect: Result<(), PathProblem>) {
        assert_eq!(MemberPath::parse(name).map(|_| ()), expect, "{name:?}");
    }

    #[test]
    fn ordinary_names_are_accepted() {
        for name in [
            "a.py",
            "a/b/__init__.py",
            ".bashrc",
            "a b/c-d_e.txt",
            "é.txt",
            "a/COM10",
            "x/console.py",
        ] {
            check(name, Ok(()));
        }
    }

    #[test]
    fn names_that_escape_are_refused() {
        check("../a", Err(PathProblem::Escapes));
        check("a/../b", Err(PathProblem::Escapes));
        check("/etc/passwd", Err(PathProblem::Absolute));
        check("C:/a", Err(PathProblem::Drive));
        check("\\\\host\\a", Err(PathProblem::Backslash));
        check("a\\..\\b", Err(PathProblem::Backslash));
    }

    #[test]
    fn names_reserved_on_windows_are_refused() {
        for name in [
            "nul",
            "a/CON",
            "a/aux.py",
            "com1.tar.gz",
            "LPT9",
            "a/prn .txt",
        ] {
            check(name, Err(PathProblem::ReservedName));
        }
        check("a/b?.txt", Err(PathProblem::ReservedCharacter('?')));
        check("a/b.", Err(PathProblem::TrailingDotOrSpace));
    }

    #[test]
    fn names_from_elsewhere_need_not_be_portable() {
        for name in ["a/..b/ü c.py", "nul", "a/b?.txt", "a/b."] {
            assert_eq!(check_contained(name), Ok(()), "{name}");
        }
    }

    #[test]
    fn names_that_mean_nothing_are_refused() {
        check("", Err(PathProblem::Empty));
        check("a//b", Err(PathProblem::EmptyComponent));
        check("a/", Err(PathProblem::EmptyComponent));
        check("./a", Err(PathProblem::EmptyComponent));
        check("a\nb", Err(PathProblem::Control));
        check("a\0b", Err(PathProblem::Control));
    }
}
