//! Replaces files as a whole or not at all.

use std::fs::TryLockError;
use std::io::{self, Write};

use camino::Utf8Path;
use model::Sha256;
use wheel::FileMode;

/// The start of the names of temporary files and folders, by which `clean` finds them.
pub(crate) const TEMPORARY: &str = ".tmp-";

/// Writes `file` through a temporary file beside it. A missing folder is made.
pub(crate) fn write_atomically(file: &Utf8Path, bytes: &[u8]) -> io::Result<()> {
    let folder = file.parent().unwrap_or(Utf8Path::new("."));
    fs_err::create_dir_all(folder)?;
    let mut temporary = tempfile::Builder::new()
        .prefix(TEMPORARY)
        .tempfile_in(folder)?;
    temporary.write_all(bytes)?;
    set_mode(temporary.path(), 0o644)?;
    temporary.persist(file).map_err(|error| {
        io::Error::new(
            error.error.kind(),
            format!("cannot replace `{file}`: {}", error.error),
        )
    })?;
    Ok(())
}

/// The hash of the file at `path`, which is read piece by piece.
pub(crate) fn sha256(path: &Utf8Path) -> io::Result<Sha256> {
    Sha256::of_reader(fs_err::File::open(path)?)
}

/// Makes `file` executable for everyone.
#[cfg(test)]
pub(crate) fn make_executable(file: &Utf8Path) -> io::Result<()> {
    set_mode(file.as_std_path(), 0o755)
}

#[cfg(unix)]
fn set_mode(file: &std::path::Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs_err::set_permissions(file, std::fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn set_mode(_: &std::path::Path, _: u32) -> io::Result<()> {
    Ok(())
}

/// Waits until no other run holds `file`, and holds it until the guard is dropped.
pub(crate) fn lock(file: &Utf8Path) -> io::Result<std::fs::File> {
    let file = lockable(file)?;
    file.lock()?;
    Ok(file)
}

/// Waits until no other run holds `file` alone, and holds it with others until the guard is dropped.
pub(crate) fn lock_shared(file: &Utf8Path) -> io::Result<std::fs::File> {
    let file = lockable(file)?;
    file.lock_shared()?;
    Ok(file)
}

/// Holds `file` until the guard is dropped; `None` where another run holds it.
pub(crate) fn try_lock(file: &Utf8Path) -> io::Result<Option<std::fs::File>> {
    let file = lockable(file)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

fn lockable(file: &Utf8Path) -> io::Result<std::fs::File> {
    if let Some(folder) = file.parent() {
        fs_err::create_dir_all(folder)?;
    }
    let file = fs_err::OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(file)?;
    Ok(file.into_file())
}

/// A folder in `parent` that is removed with its guard. Its name begins with [`TEMPORARY`] and
/// `purpose`.
pub(crate) fn temporary_folder(parent: &Utf8Path, purpose: &str) -> io::Result<tempfile::TempDir> {
    fs_err::create_dir_all(parent)?;
    tempfile::Builder::new()
        .prefix(&format!("{TEMPORARY}{purpose}"))
        .tempdir_in(parent)
}

/// Removes such folders of killed runs. No run with this purpose may be active.
pub(crate) fn remove_temporary_folders(parent: &Utf8Path, purpose: &str) -> io::Result<()> {
    let prefix = format!("{TEMPORARY}{purpose}");
    let Ok(entries) = parent.read_dir_utf8() else {
        return Ok(());
    };
    for entry in entries {
        let entry = entry?;
        if entry.file_name().starts_with(&prefix) {
            fs_err::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

/// The path as text.
pub(crate) fn utf8(path: &std::path::Path) -> io::Result<&Utf8Path> {
    Utf8Path::from_path(path)
        .ok_or_else(|| io::Error::other(format!("the path {} is not UTF-8", path.display())))
}

/// Makes a symbolic link at `link`.
#[cfg(unix)]
pub(crate) fn symlink(target: &Utf8Path, link: &Utf8Path) -> io::Result<()> {
    fs_err::os::unix::fs::symlink(target, link)
}

/// Symbolic links need a privilege on Windows, so nothing depends on them there.
#[cfg(not(unix))]
pub(crate) fn symlink(_: &Utf8Path, _: &Utf8Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Whether someone may run a file.
#[cfg(unix)]
pub(crate) fn mode_of(file: &std::fs::Metadata) -> FileMode {
    use std::os::unix::fs::PermissionsExt;
    FileMode::of_unix(file.permissions().mode())
}

/// There are no file modes on this system.
#[cfg(not(unix))]
pub(crate) fn mode_of(_: &std::fs::Metadata) -> FileMode {
    FileMode::Regular
}

/// Makes a new file executable, as far as the umask allows.
#[cfg(unix)]
pub(crate) fn open_with_mode(options: &mut fs_err::OpenOptions, mode: FileMode) {
    use fs_err::os::unix::fs::OpenOptionsExt;
    options.mode(match mode {
        FileMode::Executable => 0o777,
        FileMode::Regular => 0o666,
    });
}

/// There are no file modes on this system.
#[cfg(not(unix))]
pub(crate) fn open_with_mode(_: &mut fs_err::OpenOptions, _: FileMode) {}
