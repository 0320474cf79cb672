//! The half of this room that touches files: sources that are files, and
//! archives that appear under their final name whole or not at all.

use std::fs::Metadata;
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

/// A file that was written whole and does not have its name yet: [`Pending::keep`] gives it that;
/// dropped, it is gone.
///
/// It stands beside its place under a name that is fixed, so that what a kill leaves there is used up
/// by the next run; another run that writes the same file is waited for.
#[derive(Debug)]
pub struct Pending {
    path: PathBuf,
    beside: PathBuf,
    // Holds the lock that keeps other runs off.
    file: fs_err::File,
}

impl Pending {
    /// Writes the file that is going to be at `path`, which `write` can read back through its writer.
    ///
    /// # Errors
    /// Where it cannot be written, or `write` fails; then nothing of it is left.
    pub fn write<T>(
        path: &Path,
        write: impl FnOnce(&mut BufWriter<&std::fs::File>) -> Result<T, Error>,
    ) -> Result<(Self, T), Error> {
        let folder = path.parent().unwrap_or(Path::new("."));
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let beside = folder.join(format!(".{name}.partial"));
        let opened = fs_err::create_dir_all(folder).and_then(|()| open_alone(&beside));
        let pending = Self {
            file: opened.map_err(|source| persist_error(path, source))?,
            path: path.to_owned(),
            beside,
        };
        let mut out = BufWriter::with_capacity(1 << 18, pending.file.file());
        let written = write(&mut out).and_then(|result| {
            out.flush()?;
            make_readable(pending.file.file())?;
            Ok(result)
        });
        drop(out);
        match written {
            Ok(result) => Ok((pending, result)),
            Err(Error::Write(source)) => Err(persist_error(path, source)),
            Err(error) => Err(error),
        }
    }

    /// Where it is going to be.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where it is meanwhile.
    #[must_use]
    pub fn beside(&self) -> &Path {
        &self.beside
    }

    /// Gives it its name, and the permissions `rw-r--r--`, in place of what had that name.
    ///
    /// # Errors
    /// Where the file system refuses.
    pub fn keep(self) -> Result<(), Error> {
        fs_err::rename(&self.beside, &self.path).map_err(|source| persist_error(&self.path, source))
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        // Once it is kept, the name is another run's.
        if is_at(&self.file, &self.beside).unwrap_or(false) {
            let _ = fs_err::remove_file(&self.beside);
        }
    }
}

fn persist_error(path: &Path, source: io::Error) -> Error {
    Error::Persist {
        path: path.display().to_string(),
        source,
    }
}

/// Holds off other runs that write into a folder, which is made; the guard ends it.
///
/// Whoever keeps more than one [`Pending`] at a time needs it: two such runs would wait for each
/// other for ever.
///
/// # Errors
/// Where the folder cannot be made or opened.
pub fn alone_in(folder: &Path) -> Result<fs_err::File, Error> {
    let file = fs_err::create_dir_all(folder).and_then(|()| {
        // A folder cannot be locked everywhere.
        let file = match cfg!(unix) {
            true => fs_err::File::open(folder)?,
            false => fs_err::File::create(folder.join(".lock"))?,
        };
        file.lock()?;
        Ok(file)
    });
    file.map_err(|source| persist_error(folder, source))
}

/// Opens a file, empty, that no other run writes: one that does is waited for.
///
/// # Errors
/// Where it cannot be opened or locked.
pub fn open_alone(path: &Path) -> io::Result<fs_err::File> {
    loop {
        let file = fs_err::OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)?;
        file.lock()?;
        // The run that was waited for has renamed or removed the file.
        if is_at(&file, path)? {
            file.set_len(0)?;
            return Ok(file);
        }
    }
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
fn is_at(file: &fs_err::File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let opened = file.metadata()?;
    let there = path.metadata();
    Ok(there.is_ok_and(|there| (there.dev(), there.ino()) == (opened.dev(), opened.ino())))
}

#[cfg(not(unix))]
fn is_at(_: &fs_err::File, path: &Path) -> io::Result<bool> {
    Ok(path.exists())
}

#[cfg(unix)]
fn make_readable(file: &std::fs::File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn make_readable(_: &std::fs::File) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    /// A canonical folder with `src/x.sh` (mode 0700) in it.
    fn tree() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        fs_err::create_dir_all(root.join("src")).unwrap();
        fs_err::write(root.join("src/x.sh"), "#!/bin/sh\n").unwrap();
        fs_err::set_permissions(root.join("src/x.sh"), Permissions::from_mode(0o700)).unwrap();
        (folder, root)
    }

    fn member(root: &Path, relative: &str) -> Result<Member, String> {
        let path = MemberPath::parse("x").unwrap();
        let shown = |e: Error| e.to_string().replace(root.to_str().unwrap(), "ROOT");
        file_member(root, Path::new(relative), path).map_err(shown)
    }

    #[test]
    fn of_the_permissions_the_executable_bit_alone_is_kept() {
        let (_folder, root) = tree();
        assert_eq!(member(&root, "src/x.sh").unwrap().mode, Mode::Executable);
        fs_err::set_permissions(root.join("src/x.sh"), Permissions::from_mode(0o666)).unwrap();
        assert_eq!(member(&root, "src/x.sh").unwrap().mode, Mode::Regular);
    }

    #[test]
    fn links_are_followed_inside_the_tree_only() {
        let (_folder, root) = tree();
        symlink("x.sh", root.join("src/inside")).unwrap();
        symlink("/etc/passwd", root.join("src/outside")).unwrap();
        assert_eq!(member(&root, "src/inside").unwrap().mode, Mode::Executable);
        insta::assert_snapshot!(member(&root, "src/outside").unwrap_err(), @"`ROOT/src/outside` is a symbolic link to `/etc/passwd`, which is outside `ROOT`");
    }

    #[test]
    fn what_is_no_file() {
        let (_folder, root) = tree();
        insta::assert_snapshot!(member(&root, "src").unwrap_err(), @"cannot read `ROOT/src` for the member `x`");
        insta::assert_snapshot!(member(&root, "src/missing").unwrap_err(), @"cannot read `ROOT/src/missing` for the member `x`");
    }

    fn write(
        path: &Path,
        text: impl FnOnce(&mut BufWriter<&std::fs::File>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        Pending::write(path, text)?.0.keep()
    }

    #[test]
    fn a_file_that_is_not_kept_is_gone() {
        let (_folder, root) = tree();
        let path = root.join("x.whl");
        fs_err::write(&path, "before").unwrap();
        let (pending, ()) = Pending::write(&path, |out| Ok(out.write_all(b"new")?)).unwrap();
        assert_eq!(fs_err::read_to_string(pending.beside()).unwrap(), "new");
        drop(pending);
        assert_eq!(fs_err::read_to_string(&path).unwrap(), "before");
        assert!(!root.join(".x.whl.partial").exists());
    }

    #[test]
    fn a_file_is_there_whole() {
        let (_folder, root) = tree();
        let path = root.join("dist/x.whl");
        write(&path, |out| Ok(out.write_all(b"whole")?)).unwrap();
        assert_eq!(fs_err::read_to_string(&path).unwrap(), "whole");
        assert_eq!(
            fs_err::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o644
        );
    }

    #[test]
    fn what_a_killed_run_left_is_used_up() {
        let (_folder, root) = tree();
        let path = root.join("x.whl");
        fs_err::write(root.join(".x.whl.partial"), "longer than what comes now").unwrap();
        write(&path, |out| Ok(out.write_all(b"whole")?)).unwrap();
        assert_eq!(fs_err::read_to_string(&path).unwrap(), "whole");
        assert!(!root.join(".x.whl.partial").exists());
    }

    #[test]
    fn runs_that_write_the_same_file_wait_for_each_other() {
        let (_folder, root) = tree();
        let path = root.join("x.whl");
        std::thread::scope(|scope| {
            for text in [b"aaaa", b"bbbb"] {
                let path = &path;
                scope.spawn(move || {
                    write(path, |out| {
                        out.write_all(&text[..2])?;
                        out.flush()?;
                        std::thread::sleep(std::time::Duration::from_millis(20));
                        Ok(out.write_all(&text[2..])?)
                    })
                    .unwrap();
                });
            }
        });
        let text = fs_err::read_to_string(&path).unwrap();
        assert!(text == "aaaa" || text == "bbbb", "{text}");
    }

    #[test]
    fn a_file_is_not_there_at_all_if_writing_it_fails() {
        let (_folder, root) = tree();
        let path = root.join("dist/x.whl");
        let full = || io::Error::new(io::ErrorKind::StorageFull, "no space left on device");
        let result: Result<(), Error> = write(&path, |out| {
            out.write_all(b"half")?;
            Err(full().into())
        });
        let message = result.unwrap_err().to_string();
        assert_eq!(message, format!("cannot write `{}`", path.display()));
        assert_eq!(fs_err::read_dir(root.join("dist")).unwrap().count(), 0);
    }
}
