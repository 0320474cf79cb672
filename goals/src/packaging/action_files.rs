//! Files of the repository as inputs of actions.

use std::path::Path;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use engine::{Digest, FileIndex, InputFile, InputOrigin, TreeNode};

/// Files by their paths: those of the repository as its index has them, others read. Links are followed.
///
/// # Errors
/// Where one cannot be read.
pub(super) fn input_files(
    files: &FileIndex,
    paths: &[Utf8PathBuf],
) -> std::io::Result<Vec<InputFile>> {
    let relative = |path: &Utf8Path| {
        path.strip_prefix(files.root())
            .ok()
            .map(ToString::to_string)
    };
    let known: Vec<_> = paths.iter().filter_map(|path| relative(path)).collect();
    let mut nodes = files
        .nodes(&known)
        .map_err(std::io::Error::other)?
        .into_iter();
    let found = paths.iter().map(|path| {
        let node = relative(path).and_then(|_| nodes.next());
        match node {
            Some(TreeNode::File(file)) => Ok(file),
            _ => read_file(path),
        }
    });
    found.collect()
}

fn read_file(path: &Utf8Path) -> std::io::Result<InputFile> {
    let target = fs_err::canonicalize(path)?;
    let executable = is_executable(&target)?;
    Ok(InputFile {
        executable,
        origin: InputOrigin::Disk(Arc::from(target.as_path())),
        digest: Digest::of(&fs_err::read(&target)?),
    })
}

#[cfg(unix)]
fn is_executable(path: &Path) -> std::io::Result<bool> {
    use std::os::unix::fs::PermissionsExt;
    Ok(fs_err::metadata(path)?.permissions().mode() & 0o100 != 0)
}

#[cfg(not(unix))]
fn is_executable(_: &Path) -> std::io::Result<bool> {
    Ok(false)
}
