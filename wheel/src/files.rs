//! The half of this room that touches files: sources that are files, and
//! archives that appear under their final name whole or not at all.

use std::fs::{Metadata, Permissions};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::Error;
use crate::member::{Member, Mode, Open, Source};
use crate::path::MemberPath;

/// A file on disk as the source of a member.
struct FileSource {
    path: PathBuf,
}

impl Open for FileSource {
    fn open(&self) -> io::Result<(Box<dyn Read + Send>, u64)> {
        let file = fs_err::File::open(&self.path)?;
        let size = file.metadata()?.len();
        Ok((Box::new(file), size))
    }

    fn origin(&self) -> String {
        self.path.display().to_string()
    }
}

/// A member whose bytes and executable bit are those of a file below `root`.
///
/// Symbolic links are followed as far as they stay below `root`, which must be
/// canonical; the file is read only when the archive is written.
pub fn file_member(root: &Path, relative: &Path, path: MemberPath) -> Result<Member, Error> {
    let full = root.join(relative);
    let read_error = |source| Error::Read {
        path: path.clone(),
        origin: full.display().to_string(),
        source,
    };
    let metadata = fs_err::symlink_metadata(&full).map_err(read_error)?;
    let target = full.canonicalize().map_err(read_error)?;
    if !target.starts_with(root) {
        return Err(Error::SymlinkOutside {
            path: full.display().to_string(),
            target: target.display().to_string(),
            root: root.display().to_string(),
        });
    }
    let metadata = if metadata.is_symlink() {
        fs_err::metadata(&target).map_err(read_error)?
    } else {
        metadata
    };
    if !metadata.is_file() {
        return Err(read_error(io::Error::other("it is not a regular file")));
    }
    Ok(Member {
        mode: mode_of(&metadata),
        source: Source::Opener(Arc::new(FileSource { path: target })),
        path,
    })
}

/// Writes a file so that it is there whole or not at all, also after an
/// interruption or with a full disk: to a temporary file beside it, then renamed.
///
/// `write` gets the temporary file; the final file has the permissions `rw-r--r--`.
pub fn write_atomically<T>(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<&std::fs::File>) -> Result<T, Error>,
) -> Result<T, Error> {
    let persist_error = |source| Error::Persist {
        path: path.display().to_string(),
        source,
    };
    let folder = path.parent().unwrap_or(Path::new("."));
    fs_err::create_dir_all(folder).map_err(persist_error)?;
    let temporary = tempfile::Builder::new()
        .prefix(".partial-")
        .tempfile_in(folder)
        .map_err(persist_error)?;
    let mut out = BufWriter::with_capacity(1 << 18, temporary.as_file());
    let result = write(&mut out)?;
    out.flush()?;
    drop(out);
    temporary
        .as_file()
        .set_permissions(readable(temporary.as_file())?)
        .map_err(persist_error)?;
    temporary
        .persist(path)
        .map_err(|e| persist_error(e.error))?;
    Ok(result)
}

#[cfg(unix)]
fn mode_of(metadata: &Metadata) -> Mode {
    use std::os::unix::fs::PermissionsExt;
    if metadata.permissions().mode() & 0o111 != 0 {
        Mode::Executable
    } else {
        Mode::Regular
    }
}

#[cfg(not(unix))]
fn mode_of(_: &Metadata) -> Mode {
    Mode::Regular
}

#[cfg(unix)]
fn readable(_: &std::fs::File) -> io::Result<Permissions> {
    use std::os::unix::fs::PermissionsExt;
    Ok(Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable(file: &std::fs::File) -> io::Result<Permissions> {
    Ok(file.metadata()?.permissions())
}
