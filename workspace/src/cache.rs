//! The cache folder: which one it is, and the files that mark it as ours.
//!
//! `XTASK_CACHE_DIR` may name a folder that holds other things. What has no mark of ours is therefore
//! neither used nor removed: a folder below it is, which then gets the mark.

use std::io;

use camino::{Utf8Path, Utf8PathBuf};

/// The file that marks a folder as the cache of this tool: only below it is anything removed.
pub const CACHE_MARK: &str = ".cargo-xtask-cache";

/// The file that tells backup programs to leave a folder out.
///
/// Source: <https://bford.info/cachedir/>.
pub const CACHE_TAG: &str = "CACHEDIR.TAG";

const TAG_TEXT: &str = "Signature: 8a477f597d28d172789f06886806bc55\n\
    # This folder is the cache of cargo-xtask. It can be removed at any time.\n";

const MARK_TEXT: &str =
    "This folder is the cache of cargo-xtask: `cargo xtask clean --cache` removes what is in it.\n";

/// The name of a cache folder of ours: in the system's folder for caches, and in a folder that holds
/// other things.
pub(crate) const FOLDER: &str = "cargo-xtask";

/// The cache folder for the folder that was named: itself where it is new, empty or marked as ours,
/// else one in it.
pub(crate) fn below(named: &Utf8Path) -> Utf8PathBuf {
    if is_marked(named) || holds_nothing(named) {
        return marked(named.to_owned());
    }
    marked(named.join(FOLDER))
}

/// The folder with the marks of ours. Where they cannot be written, the folder cannot be used either,
/// and its first user says so.
pub(crate) fn marked(folder: Utf8PathBuf) -> Utf8PathBuf {
    if !is_marked(&folder) {
        let _ = mark(&folder);
    }
    folder
}

fn is_marked(folder: &Utf8Path) -> bool {
    folder.join(CACHE_MARK).is_file()
}

/// Whether there is nothing but what a run leaves that marks the folder at the same time.
fn holds_nothing(folder: &Utf8Path) -> bool {
    match folder.read_dir_utf8() {
        Ok(mut entries) => entries.all(|entry| {
            entry.is_ok_and(|entry| matches!(entry.file_name(), CACHE_MARK | CACHE_TAG))
        }),
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    }
}

fn mark(folder: &Utf8Path) -> io::Result<()> {
    fs_err::create_dir_all(folder)?;
    let tag = folder.join(CACHE_TAG);
    if !tag.exists() {
        fs_err::write(tag, TAG_TEXT)?;
    }
    fs_err::write(folder.join(CACHE_MARK), MARK_TEXT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_folder_that_is_ours_is_used_itself() {
        let temp = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(temp.path()).unwrap();
        let new = root.join("new/cache");
        assert_eq!(below(&new), new);
        fs_err::create_dir_all(new.join("git")).unwrap();
        assert_eq!(below(&new), new, "it is marked");
        assert!(new.join(CACHE_TAG).exists());
        let empty = root.join("empty");
        fs_err::create_dir_all(&empty).unwrap();
        assert_eq!(below(&empty), empty);
        let theirs = root.join("theirs");
        fs_err::create_dir_all(theirs.join("git")).unwrap();
        assert_eq!(below(&theirs), theirs.join(FOLDER));
        assert_eq!(below(&theirs), theirs.join(FOLDER));
        assert!(!theirs.join(CACHE_TAG).exists());
    }
}
