//! Replacing files as a whole: a reader, a crash or a full disk sees the old text or the new one.
//! And their digests.

use std::io::Write;

use camino::{Utf8Path, Utf8PathBuf};
use model::Sha256;

/// Replaces the file at `path`, or leaves it as it was. Folders are made; a symbolic link keeps
/// pointing at the file that it points at; permissions stay.
pub(crate) fn replace(path: &Utf8Path, text: &str) -> std::io::Result<()> {
    let target = path.canonicalize_utf8().unwrap_or_else(|_| path.to_owned());
    let folder = match target.parent() {
        Some(folder) if !folder.as_str().is_empty() => folder.to_owned(),
        _ => Utf8PathBuf::from("."),
    };
    fs_err::create_dir_all(&folder)?;
    let permissions = fs_err::metadata(&target).ok().map(|m| m.permissions());
    let mut file = tempfile::Builder::new()
        .prefix(".xtask-")
        .tempfile_in(&folder)?;
    file.write_all(text.as_bytes())?;
    match permissions {
        Some(permissions) => file.as_file().set_permissions(permissions)?,
        None => readable_by_all(file.as_file())?,
    }
    file.as_file().sync_all()?;
    file.persist(&target).map_err(|error| error.error)?;
    Ok(())
}

/// The digest of a file.
pub(crate) fn sha256_of(path: &Utf8Path) -> std::io::Result<Sha256> {
    use sha2::Digest;
    Ok(Sha256(sha2::Sha256::digest(fs_err::read(path)?).into()))
}

/// A temporary file is its owner's alone; a file of the repository is not.
#[cfg(unix)]
fn readable_by_all(file: &std::fs::File) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable_by_all(_: &std::fs::File) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_the_file_behind_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let folder = Utf8Path::from_path(folder.path()).unwrap();
        replace(&folder.join("sub/file"), "old").unwrap();
        #[cfg(unix)]
        {
            fs_err::os::unix::fs::symlink(folder.join("sub/file"), folder.join("link")).unwrap();
            replace(&folder.join("link"), "new").unwrap();
            assert!(folder.join("link").is_symlink());
            let text = fs_err::read_to_string(folder.join("sub/file")).unwrap();
            assert_eq!(text, "new");
        }
        let left: Vec<_> = fs_err::read_dir(folder.join("sub")).unwrap().collect();
        assert_eq!(left.len(), 1);
    }
}
