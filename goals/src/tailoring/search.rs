//! The folders that `tailor` looks at, and the files of theirs that no target owns.

use std::collections::{BTreeMap, BTreeSet};

use model::RepoPath;
use targets::{Glob, TargetGraph};

use crate::error::GoalError;
use crate::graph::{NoSpecs, TargetSelection, edited_files, specs};
use crate::session::Session;

/// What is looked at.
#[derive(Debug)]
pub(super) struct SearchedFiles {
    /// Folder to the names of its files that no target owns.
    unowned: BTreeMap<String, Vec<String>>,
    /// Folder to the names of all its files.
    all: BTreeMap<String, Vec<String>>,
    /// Whether nothing was named.
    pub(super) is_without_specs: bool,
}

impl SearchedFiles {
    /// The folders of the files that a selection names.
    pub(super) fn of(
        session: &Session,
        graph: &TargetGraph<'_>,
        selection: &TargetSelection,
    ) -> Result<Self, GoalError> {
        let selection = with_folders_of_build_files(session, graph, selection)?;
        let tree = graph.repository().tree();
        let mut folders: BTreeSet<String> = BTreeSet::new();
        let typed = specs(session, &selection.specs)?;
        match &selection.changed {
            Some(since) => {
                let edited = edited_files(session, &since.revision)?;
                let edited = edited.iter().filter(|path| tree.has_file(path));
                let edited = edited.filter(|path| typed.is_empty() || typed.match_file(path));
                folders.extend(edited.map(|path| RepoPath::new(path).folder().to_owned()));
            }
            None => {
                let named = selection.of(session, graph, NoSpecs::Nothing)?;
                let files = named.iter().flat_map(|id| graph.target(*id).files());
                folders.extend(files.map(|file| RepoPath::new(file).folder().to_owned()));
                let files = tree.files().filter(|file| typed.match_file(file));
                folders.extend(files.map(|file| RepoPath::new(&file).folder().to_owned()));
            }
        }
        let mut searched = Self {
            unowned: BTreeMap::new(),
            all: BTreeMap::new(),
            is_without_specs: selection.specs.is_empty() && selection.changed.is_none(),
        };
        for folder in folders {
            let files = tree.dir(&folder).into_iter().flat_map(|dir| &dir.files);
            let all: Vec<String> = files.map(|name| name.to_string()).collect();
            let mut unowned = all.clone();
            unowned.retain(|name| {
                let path = RepoPath::new(&folder).join(name);
                graph.owners_of_file(&path).is_empty()
            });
            searched.unowned.insert(folder.clone(), unowned);
            searched.all.insert(folder, all);
        }
        Ok(searched)
    }

    /// Each folder with the names of its files that no target owns and that match a pattern.
    pub(super) fn unowned<'s>(
        &'s self,
        patterns: &[impl AsRef<str>],
    ) -> impl Iterator<Item = (&'s str, Vec<String>)> {
        matching(&self.unowned, patterns)
    }

    /// Each folder with the names of its files that match a pattern.
    pub(super) fn files<'s>(
        &'s self,
        patterns: &[impl AsRef<str>],
    ) -> impl Iterator<Item = (&'s str, Vec<String>)> {
        matching(&self.all, patterns)
    }
}

fn matching<'s>(
    folders: &'s BTreeMap<String, Vec<String>>,
    patterns: &[impl AsRef<str>],
) -> impl Iterator<Item = (&'s str, Vec<String>)> {
    let globs = patterns.iter().map(|pattern| Glob::new(pattern.as_ref()));
    let globs: Vec<Glob> = globs.collect();
    folders.iter().filter_map(move |(folder, names)| {
        let found = names
            .iter()
            .filter(|name| globs.iter().any(|glob| glob.is_match(name)));
        let found: Vec<String> = found.cloned().collect();
        (!found.is_empty()).then_some((folder.as_str(), found))
    })
}

/// A selection in which the name of a BUILD file that is not there means its folder: it may be missing.
fn with_folders_of_build_files(
    session: &Session,
    graph: &TargetGraph<'_>,
    selection: &TargetSelection,
) -> Result<TargetSelection, GoalError> {
    let patterns = &session.settings.global.build_patterns;
    let globs: Vec<Glob> = patterns.iter().map(|glob| Glob::new(glob)).collect();
    let from = session.folder_in_repository()?;
    let tree = graph.repository().tree();
    let spec = |spec: &String| {
        let (folder, name) = RepoPath::new(spec).split();
        let path = RepoPath::new(&from).join(spec);
        let is_build_file = globs.iter().any(|glob| glob.is_match(name));
        match is_build_file && !tree.has_file(&path) && tree.dir(&path).is_none() {
            true => format!("{folder}:"),
            false => spec.clone(),
        }
    };
    Ok(TargetSelection {
        specs: selection.specs.iter().map(spec).collect(),
        ..selection.clone()
    })
}
