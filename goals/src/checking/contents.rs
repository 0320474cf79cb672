//! The contents of files before tools run, to see what they change and to take it back.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::io::Read;
use std::time::SystemTime;

use camino::{Utf8Path, Utf8PathBuf};
use rayon::prelude::*;
use workspace::files;

use crate::error::GoalError;

/// Files as they were.
#[derive(Debug, Clone)]
pub(super) struct FileContents {
    root: Utf8PathBuf,
    files: BTreeMap<String, FileState>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct FileState {
    stamp: (u64, Option<SystemTime>),
    bytes: Vec<u8>,
}

impl FileContents {
    /// Reads files. One that is gone is left out.
    pub(super) fn read<'f>(
        root: &Utf8Path,
        paths: impl IntoIterator<Item = &'f String>,
    ) -> Result<Self, GoalError> {
        let mut paths: Vec<&String> = paths.into_iter().collect();
        paths.sort_unstable();
        paths.dedup();
        let read = paths.into_par_iter().filter_map(|path| {
            let file = root.join(path);
            match FileState::read(&file) {
                Ok(state) => Some(Ok((path.clone(), state))),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
                Err(error) => Some(Err(GoalError::file("read", Utf8Path::new(path), &error))),
            }
        });
        Ok(Self {
            root: root.to_owned(),
            files: read.collect::<Result<_, _>>()?,
        })
    }

    /// The files that are otherwise now.
    pub(super) fn changed(&self) -> Vec<String> {
        let changed = self.changes().into_iter();
        changed.map(|(path, _)| path).collect()
    }

    /// The files that are otherwise now, and become what is compared with next.
    pub(super) fn take_changed(&mut self) -> Vec<String> {
        let changes = self.changes();
        let paths = changes.iter().map(|(path, _)| path.clone()).collect();
        self.files.extend(changes);
        paths
    }

    fn changes(&self) -> Vec<(String, FileState)> {
        let now = |(path, before): (&String, &FileState)| {
            let file = self.root.join(path);
            let stamp = stamp(&fs_err::metadata(&file).ok()?);
            let now = (stamp != before.stamp).then(|| FileState::read(&file).ok())??;
            (now.bytes != before.bytes).then(|| (path.clone(), now))
        };
        self.files.par_iter().filter_map(now).collect()
    }

    /// Gives all files the contents that they have here.
    pub(super) fn restore(&self) -> Result<(), GoalError> {
        for (path, before) in &self.files {
            let file = self.root.join(path);
            let now = fs_err::read(&file).ok();
            if now.as_ref() != Some(&before.bytes) {
                // In place, so that the file keeps its mode.
                let written = match now {
                    Some(_) => fs_err::write(&file, &before.bytes),
                    None => files::replace(&file, &before.bytes),
                };
                written.map_err(|error| GoalError::file("restore", Utf8Path::new(path), &error))?;
            }
        }
        Ok(())
    }
}

impl FileState {
    fn read(file: &Utf8Path) -> std::io::Result<Self> {
        let mut open = fs_err::File::open(file)?;
        let metadata = open.metadata()?;
        let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or_default() + 1);
        open.read_to_end(&mut bytes)?;
        Ok(Self {
            stamp: stamp(&metadata),
            bytes,
        })
    }
}

/// Size and time of the last change: a file with the same is the same.
fn stamp(metadata: &Metadata) -> (u64, Option<SystemTime>) {
    (metadata.len(), metadata.modified().ok())
}
