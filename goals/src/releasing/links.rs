//! Where a path of the repository leads: git knows a file by the path without links, and nothing beyond one.

use std::collections::VecDeque;

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};

/// As many links as systems follow.
const MOST: usize = 40;

/// What the last part of a path stands for, if it is a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LastLink {
    /// What it leads to.
    Followed,
    /// Itself.
    Kept,
}

/// The path that a path leads to, relative to the root, whether or not there is something. `None` where it leads out of
/// the root, or in a circle.
pub(super) fn followed(root: &Utf8Path, path: &Utf8Path, last: LastLink) -> Option<Utf8PathBuf> {
    let root = root.canonicalize_utf8().ok()?;
    let mut waiting: VecDeque<String> = parts(path);
    let mut here = root.clone();
    let mut links = 0;
    while let Some(part) = waiting.pop_front() {
        match part.as_str() {
            "/" => here = Utf8PathBuf::from("/"),
            ".." => drop(here.pop()),
            name => here.push(name),
        }
        let is_kept = waiting.is_empty() && last == LastLink::Kept;
        let Some(target) = fs_err::read_link(&here).ok().filter(|_| !is_kept) else {
            continue;
        };
        links += 1;
        if links > MOST {
            return None;
        }
        here.pop();
        let target = Utf8PathBuf::from_path_buf(target).ok()?;
        parts(&target)
            .into_iter()
            .rev()
            .for_each(|part| waiting.push_front(part));
    }
    here.strip_prefix(&root).ok().map(Utf8Path::to_owned)
}

fn parts(path: &Utf8Path) -> VecDeque<String> {
    let parts = path
        .components()
        .filter(|part| *part != Utf8Component::CurDir);
    parts.map(|part| part.as_str().to_owned()).collect()
}

#[cfg(all(test, unix))]
mod tests {
    use fs_err::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_of_folders_and_files() {
        let folder = tempfile::tempdir().unwrap();
        let outside = Utf8Path::from_path(folder.path()).unwrap();
        let root = outside.join("root");
        fs_err::create_dir_all(root.join("real/deep")).unwrap();
        symlink("real/deep", root.join("link")).unwrap();
        symlink("../VERSION", root.join("real/deep/up")).unwrap();
        symlink("nowhere/x", root.join("dangling")).unwrap();
        symlink("../../..", root.join("real/deep/out")).unwrap();
        symlink("circle", root.join("circle")).unwrap();
        let check = |path: &str, last, expected: Option<&str>| {
            let found = followed(&root, Utf8Path::new(path), last);
            assert_eq!(found.as_deref(), expected.map(Utf8Path::new), "{path}");
        };
        check("link/a.md", LastLink::Kept, Some("real/deep/a.md"));
        check("link", LastLink::Kept, Some("link"));
        check("link/up", LastLink::Kept, Some("real/deep/up"));
        check("link/up", LastLink::Followed, Some("real/VERSION"));
        check("dangling/y", LastLink::Kept, Some("nowhere/x/y"));
        check("link/out/etc", LastLink::Kept, None);
        check("circle/x", LastLink::Followed, None);
    }
}
