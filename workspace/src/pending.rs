//! Files that are written completely under another name, and get their own name once they are
//! checked.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// A file could not be written or put in its place.
#[derive(Debug, thiserror::Error)]
#[error("cannot write `{}`", path.display())]
pub struct PersistError {
    /// The file.
    pub path: PathBuf,
    /// Why not.
    pub source: io::Error,
}

/// A complete file that does not have its name yet. [`Pending::keep`] gives it the name; if it is
/// dropped instead, it is deleted.
///
/// It is beside its final path, always under the same name, so that the next run reuses what a
/// killed run left. It waits for another run that writes the same file.
#[derive(Debug)]
pub struct Pending {
    path: PathBuf,
    beside: PathBuf,
    // Holds the lock that makes other runs wait.
    file: fs_err::File,
}

impl Pending {
    /// Writes the file for `path`. `write` can also read what it has written.
    ///
    /// # Errors
    /// Where it cannot be written, or `write` fails. Nothing of the file is then left.
    pub fn write<T, E: From<PersistError>>(
        path: &Path,
        write: impl FnOnce(&mut BufWriter<&std::fs::File>) -> Result<T, E>,
    ) -> Result<(Self, T), E> {
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
        let result = write(&mut out)?;
        let flushed = out.flush().and_then(|()| make_readable(out.get_ref()));
        flushed.map_err(|source| persist_error(path, source))?;
        drop(out);
        Ok((pending, result))
    }

    /// The final path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The present path.
    #[must_use]
    pub fn beside(&self) -> &Path {
        &self.beside
    }

    /// Gives the file its final name, replacing a file of that name, and the permissions
    /// `rw-r--r--`.
    ///
    /// # Errors
    /// Where the file system refuses.
    pub fn keep(self) -> Result<(), PersistError> {
        fs_err::rename(&self.beside, &self.path).map_err(|source| persist_error(&self.path, source))
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        // After it was kept, the present path may belong to another run.
        if is_at(&self.file, &self.beside).unwrap_or(false) {
            let _ = fs_err::remove_file(&self.beside);
        }
    }
}

fn persist_error(path: &Path, source: io::Error) -> PersistError {
    PersistError {
        path: path.to_owned(),
        source,
    }
}

/// Makes the folder, and makes other runs that write to it wait until the guard is dropped.
///
/// This is necessary to hold more than one [`Pending`] at a time: otherwise two such runs could
/// wait for each other forever.
///
/// # Errors
/// Where the folder cannot be made or opened.
pub fn alone_in(folder: &Path) -> Result<fs_err::File, PersistError> {
    let file = fs_err::create_dir_all(folder).and_then(|()| {
        // Not every system can lock a folder.
        let file = match cfg!(unix) {
            true => fs_err::File::open(folder)?,
            false => fs_err::File::create(folder.join(".lock"))?,
        };
        file.lock()?;
        Ok(file)
    });
    file.map_err(|source| persist_error(folder, source))
}

/// Opens an empty file for writing. Waits for another run that writes it.
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
        // The other run has renamed or removed the file in the meantime.
        if is_at(&file, path)? {
            file.set_len(0)?;
            return Ok(file);
        }
    }
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
    use std::error::Error;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// A canonical folder.
    fn folder() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        (folder, root)
    }

    fn write(
        path: &Path,
        text: impl FnOnce(&mut BufWriter<&std::fs::File>) -> io::Result<()>,
    ) -> Result<(), Box<dyn Error>> {
        let (pending, ()) = Pending::write(path, |out| text(out).map_err(Box::<dyn Error>::from))?;
        Ok(pending.keep()?)
    }

    #[test]
    fn a_file_that_is_not_kept_is_gone() {
        let (_folder, root) = folder();
        let path = root.join("x.whl");
        fs_err::write(&path, "before").unwrap();
        let (pending, ()) = Pending::write(&path, |out| {
            out.write_all(b"new").map_err(Box::<dyn Error>::from)
        })
        .unwrap();
        assert_eq!(fs_err::read_to_string(pending.beside()).unwrap(), "new");
        drop(pending);
        assert_eq!(fs_err::read_to_string(&path).unwrap(), "before");
        assert!(!root.join(".x.whl.partial").exists());
    }

    #[test]
    fn a_file_is_there_whole() {
        let (_folder, root) = folder();
        let path = root.join("dist/x.whl");
        write(&path, |out| out.write_all(b"whole")).unwrap();
        assert_eq!(fs_err::read_to_string(&path).unwrap(), "whole");
        assert_eq!(
            fs_err::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o644
        );
    }

    #[test]
    fn what_a_killed_run_left_is_used_up() {
        let (_folder, root) = folder();
        let path = root.join("x.whl");
        fs_err::write(root.join(".x.whl.partial"), "longer than what comes now").unwrap();
        write(&path, |out| out.write_all(b"whole")).unwrap();
        assert_eq!(fs_err::read_to_string(&path).unwrap(), "whole");
        assert!(!root.join(".x.whl.partial").exists());
    }

    #[test]
    fn runs_that_write_the_same_file_wait_for_each_other() {
        let (_folder, root) = folder();
        let path = root.join("x.whl");
        std::thread::scope(|scope| {
            for text in [b"aaaa", b"bbbb"] {
                let path = &path;
                scope.spawn(move || {
                    write(path, |out| {
                        out.write_all(&text[..2])?;
                        out.flush()?;
                        std::thread::sleep(std::time::Duration::from_millis(20));
                        out.write_all(&text[2..])
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
        let (_folder, root) = folder();
        let path = root.join("dist/x.whl");
        let result = write(&path, |out| {
            out.write_all(b"half")?;
            Err(io::ErrorKind::StorageFull.into())
        });
        assert_eq!(result.unwrap_err().to_string(), "no storage space");
        assert_eq!(fs_err::read_dir(root.join("dist")).unwrap().count(), 0);
    }
}
