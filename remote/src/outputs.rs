//! The blobs that a result consists of: its outputs, what it printed, and what is in its folders.

use prost::Message as _;

use crate::digest::{Digest, DigestError};
use crate::messages::{ActionResult, Directory, Tree};

/// The digests that a result names itself: its files, the descriptions of its folders, and what it
/// printed where that is not part of the result.
///
/// # Errors
/// Where one is no digest.
pub(crate) fn named_blobs(result: &ActionResult) -> Result<Vec<Digest>, DigestError> {
    let mut blobs = Vec::new();
    for file in &result.output_files {
        blobs.push(Digest::from_message(file.digest.as_ref())?);
    }
    blobs.extend(folder_blobs(result)?);
    for (raw, digest) in [
        (&result.stdout_raw, &result.stdout_digest),
        (&result.stderr_raw, &result.stderr_digest),
    ] {
        if raw.is_empty() && digest.is_some() {
            blobs.push(Digest::from_message(digest.as_ref())?);
        }
    }
    Ok(blobs)
}

/// The digests of the descriptions of a result's folders.
///
/// # Errors
/// Where one is no digest.
pub(crate) fn folder_blobs(result: &ActionResult) -> Result<Vec<Digest>, DigestError> {
    let folders = result.output_directories.iter();
    folders
        .map(|folder| Digest::from_message(folder.tree_digest.as_ref()))
        .collect()
}

/// The digests of the files that the description of a folder names.
///
/// # Errors
/// Where it is no description, or one is no digest.
pub(crate) fn files_of_tree(bytes: &[u8]) -> Result<Vec<Digest>, String> {
    let tree = Tree::decode(bytes).map_err(|e| format!("the description of a folder: {e}"))?;
    let mut blobs = Vec::new();
    for folder in tree.root.iter().chain(&tree.children) {
        blobs.extend(files_of(folder).map_err(|e| e.to_string())?);
    }
    Ok(blobs)
}

fn files_of(folder: &Directory) -> Result<Vec<Digest>, DigestError> {
    let files = folder.files.iter();
    files
        .map(|file| Digest::from_message(file.digest.as_ref()))
        .collect()
}
