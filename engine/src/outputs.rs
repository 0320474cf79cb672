//! What an action wrote: found in its sandbox, kept in the store.

use std::io::Read;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};

use crate::action::{Action, OutputPath};
use crate::error::{ActionError, TreeError};
use crate::outcome::KeptOutput;
use crate::process::ProcessEnd;
use crate::store::BlobStore;
use crate::tree::{InputFile, InputTree, TreeNode};

/// Output up to this size is part of the result.
const INLINE: u64 = 64 << 10;

/// Finds an action's outputs.
pub(crate) struct OutputCollector<'a> {
    /// Where its outputs are kept.
    pub(crate) store: &'a BlobStore,
    /// The root of the sandbox, without links.
    pub(crate) root: &'a Utf8Path,
}

impl OutputCollector<'_> {
    /// The outputs of an action, from its working directory.
    ///
    /// # Errors
    /// Where one is missing though the action ended well, leads out of the sandbox, is neither file, folder nor link,
    /// or cannot be kept.
    pub(crate) fn collect(
        &self,
        action: &Action,
        end: ProcessEnd,
    ) -> Result<InputTree, ActionError> {
        let working = self.root.join(&action.working_directory);
        let mut nodes = Vec::new();
        for output in &action.outputs {
            let full = working.join(&output.path);
            let is_there = self.add(&output.path, &full, &mut nodes)?;
            if !is_there && end.success() && !output.optional {
                return Err(ActionError::NoOutput {
                    path: output.path.clone(),
                });
            }
        }
        Ok(InputTree::of_nodes(nodes)?)
    }

    /// Adds what is at a path, if anything is.
    fn add(
        &self,
        path: &str,
        full: &Utf8Path,
        nodes: &mut Vec<(String, TreeNode)>,
    ) -> Result<bool, ActionError> {
        let Ok(metadata) = full.as_std_path().symlink_metadata() else {
            return Ok(false);
        };
        self.stays_inside(path, full)?;
        let kind = metadata.file_type();
        let special = |kind| ActionError::SpecialFile {
            path: path.to_owned(),
            kind,
        };
        if kind.is_dir() {
            self.add_folder(path, full, nodes)?;
        } else if kind.is_symlink() {
            nodes.push((path.to_owned(), TreeNode::Symlink(self.link(path, full)?)));
        } else if kind.is_file() {
            let digest = self
                .store
                .put_file(full)
                .map_err(|error| unkept(path, &error))?;
            let mut file = InputFile::stored(digest);
            file.executable = metadata.permissions().mode() & 0o100 != 0;
            nodes.push((path.to_owned(), TreeNode::File(file)));
        } else if kind.is_fifo() {
            return Err(special("a pipe"));
        } else if kind.is_socket() {
            return Err(special("a socket"));
        } else {
            return Err(special("a device"));
        }
        Ok(true)
    }

    fn add_folder(
        &self,
        path: &str,
        full: &Utf8Path,
        nodes: &mut Vec<(String, TreeNode)>,
    ) -> Result<(), ActionError> {
        nodes.push((path.to_owned(), TreeNode::EmptyFolder));
        let entries = full.read_dir_utf8().map_err(|error| unkept(path, &error))?;
        for entry in entries {
            let entry = entry.map_err(|error| unkept(path, &error))?;
            let inner = format!("{path}/{}", entry.file_name());
            self.add(&inner, entry.path(), nodes)?;
        }
        Ok(())
    }

    /// A folder on the way may have become a link.
    fn stays_inside(&self, path: &str, full: &Utf8Path) -> Result<(), ActionError> {
        let folder = full.parent().unwrap_or(full);
        let real = folder
            .canonicalize_utf8()
            .map_err(|error| unkept(path, &error))?;
        if real.starts_with(self.root) {
            return Ok(());
        }
        Err(ActionError::LinkOut {
            path: path.to_owned(),
            target: real.into_string(),
        })
    }

    /// The target of a link that leads to somewhere within the sandbox.
    fn link(&self, path: &str, full: &Utf8Path) -> Result<String, ActionError> {
        let target = full
            .read_link_utf8()
            .map_err(|error| unkept(path, &error))?;
        let folder = full.parent().unwrap_or(full);
        if target.is_relative() && resolved(folder, &target).starts_with(self.root) {
            return Ok(target.into_string());
        }
        Err(ActionError::LinkOut {
            path: path.to_owned(),
            target: target.into_string(),
        })
    }
}

/// Where a relative target leads from a folder, by its text.
fn resolved(folder: &Utf8Path, target: &Utf8Path) -> Utf8PathBuf {
    let mut place = folder.to_owned();
    for part in target.components() {
        match part {
            Utf8Component::ParentDir => {
                place.pop();
            }
            Utf8Component::Normal(name) => place.push(name),
            _ => {}
        }
    }
    place
}

/// What a program wrote to a stream: in the memory if it is little, else in the store. Where it wrote too much, the
/// beginning.
///
/// # Errors
/// Where it cannot be read or kept.
pub(crate) fn keep_stream(
    file: &Utf8Path,
    end: ProcessEnd,
    store: &BlobStore,
) -> Result<KeptOutput, ActionError> {
    let name = file.file_name().unwrap_or_default();
    let size = fs_err::metadata(file)
        .map_err(|error| unkept(name, &error))?
        .len();
    if size == 0 {
        return Ok(KeptOutput::of(b""));
    }
    if size <= INLINE || end == ProcessEnd::OutputLimit {
        let mut bytes = Vec::new();
        let read =
            fs_err::File::open(file).and_then(|file| file.take(INLINE).read_to_end(&mut bytes));
        read.map_err(|error| unkept(name, &error))?;
        return Ok(KeptOutput::of(&bytes));
    }
    let digest = store.put_file(file).map_err(|error| unkept(name, &error))?;
    Ok(KeptOutput::stored(store, digest))
}

fn unkept(path: &str, error: &dyn std::fmt::Display) -> ActionError {
    ActionError::Output {
        path: path.to_owned(),
        reason: error.to_string(),
    }
}

/// The folders that outputs of an action are written into, from the root of its inputs.
///
/// # Errors
/// Where one of them leads out of it.
pub(crate) fn output_folders(action: &Action) -> Result<Vec<String>, TreeError> {
    let within = |path: &str| InputTree::default().prefix(path).map(drop);
    within(&action.working_directory)?;
    let mut folders = vec![action.working_directory.clone()];
    for OutputPath { path, .. } in &action.outputs {
        within(path)?;
        let full = Utf8Path::new(&action.working_directory).join(path);
        folders.extend(full.parent().map(|folder| folder.as_str().to_owned()));
    }
    Ok(folders)
}
