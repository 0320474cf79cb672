//! Files of the repository as members of an archive, and errors of archives on disk.

use std::fs::Metadata;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use wheel::{FileMode, Member, MemberContent, MemberFile, MemberPath};
use workspace::pending::PersistError;

/// Why an archive could not be made from files of the repository.
#[derive(Debug, thiserror::Error)]
pub(super) enum PackagingError {
    /// Its members are not valid together, or one cannot be read.
    #[error(transparent)]
    Archive(#[from] wheel::ArchiveError),
    /// A symbolic link leads out of the tree.
    #[error("`{path}` is a symbolic link to `{target}`, which is outside `{root}`")]
    SymlinkOutside {
        /// The link.
        path: String,
        /// The target of the link.
        target: String,
        /// The tree with the link.
        root: String,
    },
    /// It could not be given its final name.
    #[error(transparent)]
    Persist(#[from] PersistError),
}

impl From<io::Error> for PackagingError {
    fn from(error: io::Error) -> Self {
        Self::Archive(error.into())
    }
}

/// A file on disk as the source of a member.
struct FileSource {
    path: PathBuf,
}

impl MemberFile for FileSource {
    fn open(&self) -> io::Result<(Box<dyn Read + Send>, u64)> {
        let file = fs_err::File::open(&self.path)?;
        let size = file.metadata()?.len();
        Ok((Box::new(file), size))
    }

    fn origin(&self) -> String {
        self.path.display().to_string()
    }
}

/// Where an archive is unpacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Portability {
    /// Windows too, which reserves some names.
    Everywhere,
    /// Not on Windows.
    NotWindows,
}

/// A name of a member where archives are unpacked.
pub(super) fn member_path(
    (name, portability): (&str, Portability),
) -> Result<MemberPath, wheel::ArchiveError> {
    let parse = match portability {
        Portability::Everywhere => MemberPath::parse,
        Portability::NotWindows => MemberPath::parse_contained,
    };
    parse(name).map_err(|problem| wheel::ArchiveError::UnsafePath {
        name: name.to_owned(),
        problem,
    })
}

/// A member with a name, and the contents and executable bit of a file below `root`.
///
/// Symbolic links are followed if they stay below `root`, which must be canonical. The file is read
/// when the archive is written.
pub(super) fn file_member(
    root: &Path,
    relative: &Path,
    name: (&str, Portability),
) -> Result<Member, PackagingError> {
    let path = member_path(name)?;
    let full = root.join(relative);
    let read_error = |source| wheel::ArchiveError::Read {
        path: path.clone(),
        origin: full.display().to_string(),
        source,
    };
    let metadata = fs_err::symlink_metadata(&full).map_err(read_error)?;
    let target = full.canonicalize().map_err(read_error)?;
    if !target.starts_with(root) {
        return Err(PackagingError::SymlinkOutside {
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
        return Err(read_error(io::Error::other("it is not a regular file")).into());
    }
    Ok(Member {
        mode: mode_of(&metadata),
        source: MemberContent::Opener(Arc::new(FileSource { path: target })),
        path,
    })
}

/// Whether a member may be executed.
pub(super) fn mode_is_executable(mode: FileMode) -> bool {
    mode == FileMode::Executable
}

#[cfg(unix)]
fn mode_of(metadata: &Metadata) -> FileMode {
    use std::os::unix::fs::PermissionsExt;
    FileMode::of_unix(metadata.permissions().mode())
}

#[cfg(not(unix))]
fn mode_of(_: &Metadata) -> FileMode {
    FileMode::Regular
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
        let shown = |e: PackagingError| e.to_string().replace(root.to_str().unwrap(), "ROOT");
        file_member(root, Path::new(relative), ("x", Portability::Everywhere)).map_err(shown)
    }

    #[test]
    fn of_the_permissions_the_executable_bit_alone_is_kept() {
        let (_folder, root) = tree();
        assert_eq!(
            member(&root, "src/x.sh").unwrap().mode,
            FileMode::Executable
        );
        fs_err::set_permissions(root.join("src/x.sh"), Permissions::from_mode(0o666)).unwrap();
        assert_eq!(member(&root, "src/x.sh").unwrap().mode, FileMode::Regular);
    }

    #[test]
    fn links_are_followed_inside_the_tree_only() {
        let (_folder, root) = tree();
        symlink("x.sh", root.join("src/inside")).unwrap();
        symlink("/etc/passwd", root.join("src/outside")).unwrap();
        assert_eq!(
            member(&root, "src/inside").unwrap().mode,
            FileMode::Executable
        );
        insta::assert_snapshot!(member(&root, "src/outside").unwrap_err(), @"`ROOT/src/outside` is a symbolic link to `/etc/passwd`, which is outside `ROOT`");
    }

    #[test]
    fn what_is_no_file() {
        let (_folder, root) = tree();
        insta::assert_snapshot!(member(&root, "src").unwrap_err(), @"cannot read `ROOT/src` for the member `x`");
        insta::assert_snapshot!(member(&root, "src/missing").unwrap_err(), @"cannot read `ROOT/src/missing` for the member `x`");
    }
}
