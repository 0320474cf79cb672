//! Files that are replaced as a whole or not at all.

use std::io::{self, Write};

use camino::Utf8Path;

/// How the names of temporary files and folders of ours begin, so that `clean` knows them.
pub(crate) const TEMPORARY: &str = ".tmp-";

/// Writes `file` by way of a temporary file beside it; its folder is made where it is missing.
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

/// Lets everyone run `file`.
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
