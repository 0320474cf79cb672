//! Replaces files as a whole, so that a reader, a crash or a full disk sees the old or the new
//! content. Also computes their hashes.
//!
//! The goals and the edge write their files with this. The rooms below have caches of their own,
//! which must not wait for the disk: `index` checks a checksum when it reads, `install` checks
//! hashes, so both use a temporary file and do not sync it.

use std::io::Write;

use camino::{Utf8Path, Utf8PathBuf};
use model::Sha256;

/// The contents of a file of a repository. A pipe or a device is refused: reading it could wait for ever.
///
/// # Errors
/// Where it is not there, or cannot be read.
pub fn read(path: &Utf8Path) -> std::io::Result<Vec<u8>> {
    let found = fs_err::metadata(path)?;
    if !found.is_file() && !found.is_dir() {
        let reason = "it is a pipe, a socket or a device";
        return Err(std::io::Error::new(
            std::io::ErrorKind::InvalidInput,
            reason,
        ));
    }
    fs_err::read(path)
}

/// The same, as text.
///
/// # Errors
/// Also where it is not UTF-8.
pub fn read_to_string(path: &Utf8Path) -> std::io::Result<String> {
    String::from_utf8(read(path)?)
        .map_err(|error| std::io::Error::new(std::io::ErrorKind::InvalidData, error.utf8_error()))
}

/// Replaces the file at `path`; after an error it is unchanged. Missing folders are made. If the
/// path is a symbolic link, the file that it points to is replaced. Permissions are kept. What is no
/// file, as `/dev/null` or a pipe, is written into.
///
/// The new content is first written to a file beside it, always under the same name, so that the
/// next run reuses what a killed run left.
pub fn replace(path: &Utf8Path, contents: &(impl AsRef<[u8]> + ?Sized)) -> std::io::Result<()> {
    let target = behind_links(path);
    if fs_err::metadata(&target).is_ok_and(|found| !found.is_file() && !found.is_dir()) {
        return fs_err::write(&target, contents);
    }
    let folder = match target.parent() {
        Some(folder) if !folder.as_str().is_empty() => folder.to_owned(),
        _ => Utf8PathBuf::from("."),
    };
    fs_err::create_dir_all(&folder)?;
    let beside = unfinished(&target);
    let file = crate::pending::open_alone(beside.as_std_path())?;
    let written =
        write(&file, contents.as_ref(), &target).and_then(|()| fs_err::rename(&beside, &target));
    if written.is_err() {
        let _ = fs_err::remove_file(&beside);
    }
    written
}

/// Removes what a run that was killed while it replaced the file at `path` left beside it.
pub fn remove_unfinished(path: &Utf8Path) -> std::io::Result<()> {
    match fs_err::remove_file(unfinished(&behind_links(path))) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The file that a path leads to, which need not be there yet.
fn behind_links(path: &Utf8Path) -> Utf8PathBuf {
    // As many links as Linux follows; a circle of them is replaced by the file.
    let mut there = path.to_owned();
    for _ in 0..40 {
        if let Ok(whole) = there.canonicalize_utf8() {
            return whole;
        }
        let Ok(next) = there.read_link_utf8() else {
            return there;
        };
        there = there.parent().unwrap_or(Utf8Path::new("")).join(next);
    }
    path.to_owned()
}

/// Where the new content of a file is until it is whole.
fn unfinished(target: &Utf8Path) -> Utf8PathBuf {
    let name = target.file_name().unwrap_or_default();
    target.with_file_name(format!(".{name}.xtask-new"))
}

fn write(mut file: &fs_err::File, contents: &[u8], target: &Utf8Path) -> std::io::Result<()> {
    file.write_all(contents)?;
    match fs_err::metadata(target) {
        Ok(metadata) => file.set_permissions(metadata.permissions())?,
        Err(_) => readable_by_all(file)?,
    }
    file.sync_all()
}

/// The hash of a file.
pub fn sha256_of(path: &Utf8Path) -> std::io::Result<Sha256> {
    Sha256::of_reader(fs_err::File::open(path)?)
}

/// A name for the state of a project's folder: of the sizes and times of its files. What builds leave
/// in it, and what is hidden, does not count.
pub fn folder_state(folder: &Utf8Path) -> Sha256 {
    let mut found = String::new();
    add_state(folder, folder, &mut found);
    Sha256::of(found.as_bytes())
}

fn add_state(root: &Utf8Path, folder: &Utf8Path, found: &mut String) {
    let mut entries: Vec<_> = folder
        .read_dir_utf8()
        .into_iter()
        .flatten()
        .flatten()
        .collect();
    entries.sort_by(|a, b| a.file_name().cmp(b.file_name()));
    for entry in entries {
        let name = entry.file_name();
        // Below the top, these may be packages.
        let is_left_by_builds = (folder == root && matches!(name, "build" | "dist"))
            || matches!(name, "__pycache__" | "node_modules")
            || name.ends_with(".egg-info")
            || name.ends_with(".pyc");
        if name.starts_with('.') || is_left_by_builds {
            continue;
        }
        let path = entry.path();
        match entry.metadata() {
            Ok(about) if about.is_dir() => add_state(root, path, found),
            Ok(about) => {
                let within = path.strip_prefix(root).unwrap_or(path);
                let time = about.modified().ok();
                found.push_str(&format!("{within}\0{}\0{time:?}\0", about.len()));
            }
            Err(_) => {}
        }
    }
}

/// Sets the permissions, which a killed run with another umask may have left different.
#[cfg(unix)]
fn readable_by_all(file: &fs_err::File) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable_by_all(_: &fs_err::File) -> std::io::Result<()> {
    Ok(())
}

/// Makes `link` a symbolic link to `target`, in place of a link or file that is there.
#[cfg(unix)]
pub fn replace_with_link(link: &Utf8Path, target: &Utf8Path) -> std::io::Result<()> {
    let folder = link.parent().unwrap_or(Utf8Path::new("."));
    fs_err::create_dir_all(folder)?;
    let temporary = tempfile::Builder::new()
        .prefix(".xtask-")
        .tempdir_in(folder)?;
    let beside = temporary.path().join("link");
    fs_err::os::unix::fs::symlink(target, &beside)?;
    fs_err::rename(&beside, link)
}

/// Making links needs a privilege on this system.
#[cfg(not(unix))]
pub fn replace_with_link(_: &Utf8Path, _: &Utf8Path) -> std::io::Result<()> {
    Err(std::io::ErrorKind::Unsupported.into())
}

/// Lets everyone run the file.
#[cfg(unix)]
pub fn make_executable(path: &Utf8Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs_err::set_permissions(path, std::fs::Permissions::from_mode(0o755))
}

/// There are no file modes on this system.
#[cfg(not(unix))]
pub fn make_executable(_: &Utf8Path) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_is_not_replaced() {
        use std::os::unix::fs::FileTypeExt as _;
        let folder = tempfile::tempdir().unwrap();
        let socket = Utf8Path::from_path(folder.path()).unwrap().join("socket");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        // Nothing can be written into a socket by its path.
        assert!(replace(&socket, "text").is_err());
        assert!(fs_err::metadata(&socket).unwrap().file_type().is_socket());
    }

    #[test]
    fn what_changes_the_state_of_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let folder = Utf8Path::from_path(folder.path()).unwrap();
        let state = |path: &str, text: &str| {
            replace(&folder.join(path), text).unwrap();
            folder_state(folder)
        };
        let first = state("pyproject.toml", "a");
        assert_eq!(folder_state(folder), first);
        for left in [
            "build/lib/a.py",
            "dist/a.whl",
            "a.egg-info/PKG-INFO",
            ".git/HEAD",
            "src/__pycache__/a.pyc",
        ] {
            assert_eq!(state(left, "x"), first, "{left}");
        }
        let mut before = first;
        for source in ["src/a.py", "src/build/b.py", "src/dist/c.py", "data.txt"] {
            let now = state(source, "x");
            assert_ne!(now, before, "{source}");
            before = now;
        }
        assert_ne!(state("data.txt", "longer"), before);
    }

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
            // What the links lead to need not be there.
            fs_err::os::unix::fs::symlink("later/file", folder.join("first")).unwrap();
            fs_err::os::unix::fs::symlink("first", folder.join("second")).unwrap();
            replace(&folder.join("second"), "made").unwrap();
            assert!(folder.join("second").is_symlink() && folder.join("first").is_symlink());
            let text = fs_err::read_to_string(folder.join("later/file")).unwrap();
            assert_eq!(text, "made");
            fs_err::os::unix::fs::symlink("circle", folder.join("circle")).unwrap();
            replace(&folder.join("circle"), "round").unwrap();
            assert!(!folder.join("circle").is_symlink());
        }
        fs_err::write(folder.join("sub/.file.xtask-new"), "left by a kill").unwrap();
        replace(&folder.join("sub/file"), "newer").unwrap();
        let text = fs_err::read_to_string(folder.join("sub/file")).unwrap();
        assert_eq!(text, "newer");
        let left: Vec<_> = fs_err::read_dir(folder.join("sub")).unwrap().collect();
        assert_eq!(left.len(), 1);
    }
}
