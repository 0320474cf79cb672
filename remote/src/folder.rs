//! A cache without a server: a folder that several users or machines see.
//!
//! `blobs/AB/HASH` has a blob, `actions/AB/HASH` the result of an action below a line with the
//! SHA-256 of its message, and `format` says which layout this is. Files come by renaming, so nobody
//! sees half of one, and are checked when they are read: on a share much can happen. Who else may
//! read and write is what the folder itself says, whatever the umask of the one who writes.

use std::io::{self, ErrorKind, Write as _};
use std::sync::atomic::{AtomicU64, Ordering};

use camino::{Utf8Path, Utf8PathBuf};
use prost::Message as _;

use crate::action_cache;
use crate::blob::{Blob, BlobSource, BlobTransfer, Download, checked, in_file};
use crate::digest::Digest;
use crate::error::{RemoteCall, RemoteCallError, RemoteProblem};
use crate::messages::ActionResult;

/// The layout; another one is left alone.
const FORMAT: &str = "1\n";

/// A folder with blobs and results.
pub(crate) struct SharedFolder {
    path: Utf8PathBuf,
    /// The number of files that were read and written.
    pub(crate) moved: AtomicU64,
}

impl SharedFolder {
    /// Nothing is read or made yet.
    pub(crate) fn new(path: Utf8PathBuf) -> Self {
        Self {
            path,
            moved: AtomicU64::new(0),
        }
    }

    fn blob(&self, digest: Digest) -> Utf8PathBuf {
        self.file("blobs", digest)
    }

    fn file(&self, kind: &str, digest: Digest) -> Utf8PathBuf {
        let hex = digest.hex();
        self.path.join(kind).join(&hex[..2]).join(hex)
    }

    fn error(&self, call: RemoteCall, problem: RemoteProblem) -> RemoteCallError {
        RemoteCallError {
            call,
            server: format!("file://{}", self.path),
            problem,
            attempts: 1,
        }
    }

    /// Which of these are missing. What cannot be read is.
    pub(crate) fn missing(&self, digests: &[Digest]) -> Vec<Digest> {
        let there = |digest: &Digest| {
            let metadata = fs_err::metadata(self.blob(*digest));
            metadata.is_ok_and(|metadata| metadata.len() == digest.size())
        };
        digests
            .iter()
            .copied()
            .filter(|digest| !there(digest))
            .collect()
    }

    /// A blob.
    ///
    /// # Errors
    /// Where it is not there, or its file has other bytes.
    pub(crate) fn read(&self, digest: Digest) -> Result<Vec<u8>, RemoteCallError> {
        let path = self.blob(digest);
        let error = |problem| self.error(RemoteCall::Read(digest), problem);
        self.check_format().map_err(error)?;
        self.moved.fetch_add(1, Ordering::Relaxed);
        let bytes = match fs_err::read(&path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == ErrorKind::NotFound => {
                return Err(error(RemoteProblem::Forgotten(digest)));
            }
            Err(e) => return Err(error(in_file(&path, &e))),
        };
        checked(digest, bytes).map_err(|problem| {
            // The next one who has it stores it anew.
            let _ = fs_err::remove_file(&path);
            error(problem)
        })
    }

    /// Reads a blob into a file.
    ///
    /// # Errors
    /// Where it is not there, its file has other bytes, or ours cannot be written.
    pub(crate) fn download(&self, download: &Download) -> Result<(), RemoteCallError> {
        let bytes = self.read(download.digest)?;
        let path = &download.path;
        fs_err::write(path, bytes)
            .map_err(|e| self.error(RemoteCall::Read(download.digest), in_file(path, &e)))
    }

    /// Stores what is missing.
    ///
    /// # Errors
    /// Where the folder cannot be written to, or a file here not be read.
    pub(crate) fn upload(&self, blobs: &[Blob]) -> Result<BlobTransfer, RemoteCallError> {
        let digests: Vec<_> = blobs.iter().map(|blob| blob.digest).collect();
        let missing = self.missing(&digests);
        let lacking = blobs.iter().filter(|blob| missing.contains(&blob.digest));
        for blob in lacking {
            let error = |problem| self.error(RemoteCall::Write(blob.digest), problem);
            let bytes = match &blob.source {
                BlobSource::Bytes(bytes) => bytes.clone(),
                BlobSource::File(_) => blob.bytes().map_err(error)?,
            };
            self.write(&self.blob(blob.digest), &bytes).map_err(error)?;
        }
        Ok(BlobTransfer::of(missing))
    }

    /// The result of an action, if there is one.
    ///
    /// # Errors
    /// Where its file cannot be read. One that is damaged counts as none, and is removed.
    pub(crate) fn action_result(
        &self,
        action: Digest,
    ) -> Result<Option<ActionResult>, RemoteCallError> {
        let path = self.file("actions", action);
        let error = |problem| self.error(RemoteCall::GetActionResult(action), problem);
        self.check_format().map_err(error)?;
        self.moved.fetch_add(1, Ordering::Relaxed);
        let bytes = match fs_err::read(&path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(error(in_file(&path, &e))),
        };
        let result = parse(&bytes);
        if result.is_none() {
            let _ = fs_err::remove_file(&path);
        }
        Ok(result)
    }

    /// Stores the result of an action.
    ///
    /// # Errors
    /// Where the folder cannot be written to.
    pub(crate) fn update_action_result(
        &self,
        action: Digest,
        result: &ActionResult,
    ) -> Result<(), RemoteCallError> {
        let bytes = with_digest(result);
        self.write(&self.file("actions", action), &bytes)
            .map_err(|problem| self.error(RemoteCall::UpdateActionResult(action), problem))
    }

    /// Refuses a folder with another layout.
    fn check_format(&self) -> Result<(), RemoteProblem> {
        let path = self.path.join("format");
        match fs_err::read_to_string(&path) {
            Ok(text) if text == FORMAT => Ok(()),
            Ok(text) => Err(RemoteProblem::Unsupported(format!(
                "{path} says that its layout is `{}`, and this program knows `{}`",
                text.trim(),
                FORMAT.trim()
            ))),
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(()),
            Err(e) => Err(in_file(&path, &e)),
        }
    }

    fn write(&self, path: &Utf8Path, bytes: &[u8]) -> Result<(), RemoteProblem> {
        self.check_format()?;
        let mark = self.path.join("format");
        if !mark.exists() {
            self.write_file(&mark, FORMAT.as_bytes())?;
        }
        self.write_file(path, bytes)
    }

    fn write_file(&self, path: &Utf8Path, bytes: &[u8]) -> Result<(), RemoteProblem> {
        let wrong = |e: io::Error| match e.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
                RemoteProblem::Exhausted(e.to_string())
            }
            _ => in_file(path, &e),
        };
        let folder = path.parent().unwrap_or(&self.path);
        self.make_folder(folder).map_err(wrong)?;
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(wrong)?;
        file.write_all(bytes).map_err(wrong)?;
        open_to_others(file.path(), &self.path, FileMode::File).map_err(wrong)?;
        file.persist(path).map_err(|e| wrong(e.error))?;
        self.moved.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// Makes a folder below ours, as open as ours is.
    fn make_folder(&self, folder: &Utf8Path) -> io::Result<()> {
        if folder.is_dir() {
            return Ok(());
        }
        if folder == self.path || !folder.starts_with(&self.path) {
            return fs_err::create_dir_all(folder);
        }
        if let Some(parent) = folder.parent() {
            self.make_folder(parent)?;
        }
        match fs_err::create_dir(folder) {
            Ok(()) => open_to_others(folder.as_std_path(), &self.path, FileMode::Folder),
            Err(e) if e.kind() == ErrorKind::AlreadyExists => Ok(()),
            Err(e) => Err(e),
        }
    }
}

#[derive(Clone, Copy)]
enum FileMode {
    File,
    Folder,
}

/// Gives a file or folder the rights that `root` gives to group and others.
#[cfg(unix)]
fn open_to_others(path: &std::path::Path, root: &Utf8Path, mode: FileMode) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;

    let of_root = fs_err::metadata(root)?.permissions().mode();
    let mode = match mode {
        FileMode::File => of_root & 0o666,
        FileMode::Folder => of_root & 0o2777,
    };
    fs_err::set_permissions(path, std::fs::Permissions::from_mode(mode | 0o600))
}

#[cfg(not(unix))]
fn open_to_others(_: &std::path::Path, _: &Utf8Path, _: FileMode) -> io::Result<()> {
    Ok(())
}

/// A result below a line with its digest.
pub(crate) fn with_digest(result: &ActionResult) -> Vec<u8> {
    let (digest, message) = Digest::of_message(result);
    [format!("{digest}\n").as_bytes(), &message].concat()
}

/// A result below the line with its digest; `None` if the two do not fit.
pub(crate) fn parse(bytes: &[u8]) -> Option<ActionResult> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let digest: Digest = std::str::from_utf8(&bytes[..end]).ok()?.parse().ok()?;
    let message = checked(digest, bytes[end + 1..].to_vec()).ok()?;
    let result = ActionResult::decode(message.as_slice()).ok()?;
    action_cache::check(&result).ok()?;
    Some(result)
}
