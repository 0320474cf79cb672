//! The digests of files that did not change: a stat a file instead of reading it.
//!
//! As git's index: an entry holds as long as size, times, inode and device are what they were. A file that was
//! touched just before it was hashed can change once more within one tick of the clock, so it gets no entry and
//! is hashed again.

use std::io::{Error, ErrorKind, Read};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use camino::{Utf8Path, Utf8PathBuf};
use rayon::iter::{IntoParallelIterator, IntoParallelRefIterator, ParallelIterator};
use remote::{Digest, DigestHasher};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::checked_file::{read_sealed, replace, seal};
use crate::error::TreeError;
use crate::options::FORMAT;
use crate::tree::{InputFile, InputOrigin, InputTree, TreeNode};

/// The coarsest clock of a file system that is used: FAT's.
const TICK: Duration = Duration::from_secs(2);

/// Begins the file. Another one stands for another format.
const MAGIC: &[u8] = b"xtask file index 1\n";

/// The digests of the files below a root, kept between runs.
#[derive(Debug)]
pub struct FileIndex {
    root: Utf8PathBuf,
    file: Utf8PathBuf,
    /// Read when the first file is asked for.
    entries: OnceLock<FxHashMap<String, IndexEntry>>,
    /// What was hashed since it was opened.
    hashed: Mutex<FxHashMap<String, IndexEntry>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct IndexEntry {
    stamp: InputStamp,
    hash: [u8; 32],
}

/// What of a file's metadata changes when its content does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct InputStamp {
    pub(crate) size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
    inode: u64,
    device: u64,
    mode: u32,
}

impl InputStamp {
    pub(crate) fn of(metadata: &std::fs::Metadata) -> Self {
        Self {
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
            inode: metadata.ino(),
            device: metadata.dev(),
            mode: metadata.mode(),
        }
    }

    /// Whether it was taken within `tick` before `moment`, from the beginning of 1970, or later. Nothing is before no moment.
    pub(crate) fn within(&self, tick: Duration, moment: Option<Duration>) -> bool {
        let Some(moment) = moment else { return false };
        let limit = moment.saturating_sub(tick);
        self.changed
            >= (
                limit.as_secs().cast_signed(),
                i64::from(limit.subsec_nanos()),
            )
    }

    /// Whether no change after `now` can have these times.
    pub(crate) fn settled(&self, now: SystemTime) -> bool {
        let limit = now.checked_sub(TICK).unwrap_or(UNIX_EPOCH);
        let limit = limit.duration_since(UNIX_EPOCH).unwrap_or_default();
        let limit = (
            limit.as_secs().cast_signed(),
            i64::from(limit.subsec_nanos()),
        );
        self.modified < limit && self.changed < limit
    }
}

impl FileIndex {
    /// The index of the files below `root`, in a cache of [`crate::EngineOptions`].
    #[must_use]
    pub fn in_cache(cache: &Utf8Path, root: Utf8PathBuf) -> Self {
        Self::open(&cache.join(FORMAT), root)
    }

    /// The index of the files below `root`, kept below `cache`. One that cannot be read is empty.
    #[must_use]
    pub fn open(cache: &Utf8Path, root: Utf8PathBuf) -> Self {
        let name = Digest::of(root.as_str().as_bytes()).hex();
        let file = cache.join("indexes").join(&name[..16]);
        Self {
            entries: OnceLock::new(),
            root,
            file,
            hashed: Mutex::default(),
        }
    }

    /// The digest of a file's bytes, now.
    ///
    /// # Errors
    /// Where it cannot be read, or is no file.
    pub fn digest_of(&self, path: &str) -> std::io::Result<Digest> {
        let full = self.root.join(path);
        let metadata = full.as_std_path().metadata()?;
        match metadata.is_file() {
            true => self.digest(path, &full, &metadata),
            false => Err(Error::other("it is no file")),
        }
    }

    /// The root of its paths.
    #[must_use]
    pub fn root(&self) -> &Utf8Path {
        &self.root
    }

    /// The tree of these paths from the root, as they are now. A path that is a folder stands for itself without
    /// what is in it. A link to a file stands for the file, as in Pants: what it leads to may be no input
    /// itself. One that leads nowhere stays a link.
    ///
    /// # Errors
    /// Where one of them cannot be read, or leads out of the root.
    pub fn tree(&self, paths: &[String]) -> Result<InputTree, TreeError> {
        let nodes = self.nodes(paths)?;
        InputTree::of_nodes(paths.iter().cloned().zip(nodes))
    }

    /// What is at these paths from the root, now.
    ///
    /// # Errors
    /// Where one of them cannot be read, or is neither file, link nor folder.
    pub fn nodes(&self, paths: &[String]) -> Result<Vec<TreeNode>, TreeError> {
        let node = |path: &String| {
            self.node(path)?.ok_or_else(|| TreeError::Read {
                path: path.clone(),
                reason: ErrorKind::NotFound.to_string(),
            })
        };
        paths.par_iter().map(node).collect()
    }

    /// What is at those of these paths from the root at which there is something, now.
    ///
    /// # Errors
    /// Where one of them cannot be read, or is neither file, link nor folder.
    pub fn present(&self, paths: Vec<String>) -> Result<Vec<(String, TreeNode)>, TreeError> {
        let node = |path: String| Ok(self.node(&path)?.map(|node| (path, node)));
        let nodes = paths
            .into_par_iter()
            .map(node)
            .filter_map(Result::transpose);
        nodes.collect()
    }

    /// What is at a path; nothing where nothing is.
    fn node(&self, path: &str) -> Result<Option<TreeNode>, TreeError> {
        match self.found(path) {
            Ok(node) => Ok(Some(node)),
            Err(error)
                if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) =>
            {
                Ok(None)
            }
            Err(error) => Err(TreeError::Read {
                path: path.to_owned(),
                reason: match error.kind() {
                    ErrorKind::Other => error.to_string(),
                    kind => kind.to_string(),
                },
            }),
        }
    }

    fn found(&self, path: &str) -> std::io::Result<TreeNode> {
        let full = self.root.join(path);
        let itself = full.as_std_path().symlink_metadata()?;
        let (full, metadata) = match itself.is_symlink() {
            true => match (full.canonicalize_utf8(), full.as_std_path().metadata()) {
                (Ok(real), Ok(metadata)) => (real, metadata),
                _ => (full, itself),
            },
            false => (full, itself),
        };
        if metadata.is_dir() {
            return Ok(TreeNode::EmptyFolder);
        }
        if metadata.is_symlink() {
            let target = full.as_std_path().read_link()?;
            let target = target.into_os_string().into_string();
            return target
                .map(TreeNode::Symlink)
                .map_err(|_| Error::other("its target is not UTF-8"));
        }
        if !metadata.is_file() {
            return Err(Error::other("it is no file, folder or link"));
        }
        Ok(TreeNode::File(InputFile {
            digest: self.digest(path, &full, &metadata)?,
            executable: metadata.permissions().mode() & 0o100 != 0,
            origin: InputOrigin::Disk(Arc::from(full.as_std_path())),
        }))
    }

    fn digest(
        &self,
        path: &str,
        full: &Utf8Path,
        metadata: &std::fs::Metadata,
    ) -> std::io::Result<Digest> {
        let stamp = InputStamp::of(metadata);
        if let Some(entry) = self.entries().get(path).filter(|one| one.stamp == stamp) {
            return Ok(Digest::new(entry.hash, stamp.size));
        }
        if let Some(entry) = self.hashed().get(path).filter(|one| one.stamp == stamp) {
            return Ok(Digest::new(entry.hash, stamp.size));
        }
        let now = SystemTime::now();
        let digest = hash_file(full.as_std_path())?;
        let after = InputStamp::of(&full.as_std_path().metadata()?);
        if after == stamp && digest.size() == stamp.size && stamp.settled(now) {
            let hash = *digest.hash();
            let entry = IndexEntry { stamp, hash };
            self.hashed().insert(path.to_owned(), entry);
        }
        Ok(digest)
    }

    fn entries(&self) -> &FxHashMap<String, IndexEntry> {
        self.entries
            .get_or_init(|| read(&self.file).unwrap_or_default())
    }

    fn hashed(&self) -> MutexGuard<'_, FxHashMap<String, IndexEntry>> {
        self.hashed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps what was hashed for the next run. Replaces the file as a whole, and only if something was.
    ///
    /// # Errors
    /// Where the cache cannot be written.
    pub fn save(&self) -> std::io::Result<()> {
        let hashed = self.hashed();
        let (Some(folder), false) = (self.file.parent(), hashed.is_empty()) else {
            return Ok(());
        };
        let older = self.entries().iter();
        let older = older.filter(|(path, _)| !hashed.contains_key(*path));
        let mut entries: Vec<(&String, &IndexEntry)> = older.chain(&*hashed).collect();
        entries.sort_unstable_by_key(|(path, _)| *path);
        let body = postcard::to_stdvec(&entries).map_err(std::io::Error::other)?;
        replace(&self.file, folder, &seal(MAGIC, &body))
    }
}

/// What a file has, unless it is of another format or damaged.
fn read(file: &Utf8Path) -> Option<FxHashMap<String, IndexEntry>> {
    let bytes = read_sealed(MAGIC, file)?;
    let entries: Vec<(String, IndexEntry)> = postcard::from_bytes(&bytes).ok()?;
    Some(entries.into_iter().collect())
}

/// The digest of a file's bytes.
pub(crate) fn hash_file(path: &Path) -> std::io::Result<Digest> {
    let mut file = fs_err::File::open(path)?;
    let mut hasher = DigestHasher::default();
    let mut buffer = vec![0; 64 << 10];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(hasher.finish()),
            Ok(read) => hasher.update(&buffer[..read]),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Scene {
        _folder: tempfile::TempDir,
        root: Utf8PathBuf,
        cache: Utf8PathBuf,
    }

    fn scene() -> Scene {
        let folder = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(folder.path()).unwrap().join("root");
        let cache = root.with_file_name("cache");
        fs_err::create_dir_all(&root).unwrap();
        fs_err::write(root.join("a"), "one").unwrap();
        Scene {
            _folder: folder,
            root,
            cache,
        }
    }

    impl Scene {
        fn digest(&self) -> Digest {
            let index = FileIndex::open(&self.cache, self.root.clone());
            let node = index.nodes(&["a".to_owned()]).unwrap().remove(0);
            index.save().unwrap();
            match node {
                TreeNode::File(file) => file.digest,
                node => panic!("{node:?}"),
            }
        }

        fn entries(&self) -> usize {
            FileIndex::open(&self.cache, self.root.clone())
                .entries()
                .len()
        }

        /// Sets the time of the last change back. That of its metadata stays what it is.
        fn age(&self) {
            let old = SystemTime::now() - Duration::from_secs(60);
            let file = fs_err::File::options()
                .write(true)
                .open(self.root.join("a"));
            file.unwrap().into_parts().0.set_modified(old).unwrap();
        }
    }

    #[test]
    fn a_file_that_changes_at_once_is_hashed_again() {
        let scene = scene();
        for text in ["one", "two", "six"] {
            fs_err::write(scene.root.join("a"), text).unwrap();
            assert_eq!(scene.digest(), Digest::of(text.as_bytes()));
        }
        assert_eq!(scene.entries(), 0);
    }

    #[test]
    fn a_time_that_was_set_back_hides_no_change() {
        let scene = scene();
        scene.age();
        scene.digest();
        fs_err::write(scene.root.join("a"), "two").unwrap();
        scene.age();
        assert_eq!(scene.digest(), Digest::of(b"two"));
    }

    #[test]
    fn a_file_that_rests_is_read_once() {
        let scene = scene();
        scene.age();
        std::thread::sleep(TICK + Duration::from_millis(50));
        scene.digest();
        assert_eq!(scene.entries(), 1);
        assert_eq!(scene.digest(), Digest::of(b"one"));
        fs_err::write(scene.root.join("a"), "two").unwrap();
        assert_eq!(scene.digest(), Digest::of(b"two"));
    }

    #[test]
    fn a_damaged_index_is_an_empty_one() {
        let scene = scene();
        std::thread::sleep(TICK + Duration::from_millis(50));
        scene.digest();
        let index = FileIndex::open(&scene.cache, scene.root.clone());
        let mut bytes = fs_err::read(&index.file).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        fs_err::write(&index.file, bytes).unwrap();
        assert_eq!(scene.entries(), 0);
        assert_eq!(scene.digest(), Digest::of(b"one"));
    }

    #[test]
    fn a_link_stands_for_its_file() {
        let scene = scene();
        let link = |to: &str, name: &str| {
            std::os::unix::fs::symlink(to, scene.root.join(name)).unwrap();
        };
        link("a", "b");
        link("nowhere", "broken");
        link("loop", "loop");
        let index = FileIndex::open(&scene.cache, scene.root.clone());
        let names = ["b", "broken", "loop"].map(str::to_owned);
        let nodes = index.nodes(&names).unwrap();
        let TreeNode::File(file) = &nodes[0] else {
            panic!("{nodes:?}");
        };
        assert_eq!(file.digest, Digest::of(b"one"));
        let InputOrigin::Disk(path) = &file.origin else {
            panic!("{file:?}");
        };
        assert!(!path.is_symlink() && path.ends_with("a"), "{path:?}");
        let links = ["nowhere", "loop"].map(|target| TreeNode::Symlink(target.to_owned()));
        assert_eq!(nodes[1..], links);
        // What it leads to is looked at, not the link.
        fs_err::write(scene.root.join("a"), "other").unwrap();
        let nodes = index.nodes(&names[..1]).unwrap();
        assert!(matches!(&nodes[0], TreeNode::File(file) if file.digest == Digest::of(b"other")));
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let scene = scene();
        let index = FileIndex::open(&scene.cache, scene.root.clone());
        let paths = ["a", "absent", "a/below"].map(str::to_owned);
        let error = index.nodes(&paths[1..]).unwrap_err();
        insta::assert_snapshot!(error, @"cannot read the input `absent`: entity not found");
        let present = index.present(paths.to_vec()).unwrap();
        assert!(
            present.iter().map(|(path, _)| path).eq(["a"]),
            "{present:?}"
        );
    }
}
