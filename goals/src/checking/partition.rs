//! Which files each process of a tool is given.

use std::collections::{BTreeMap, BTreeSet};

use buildfile::Data;
use checks::{CheckTool, Partitioning, ToolKind};
use model::InterpreterConstraints;
use targets::query::Specs;
use targets::{Glob, TargetGraph, TargetId};

use super::request::CheckRequest;
use crate::error::GoalError;
use crate::graph::{NoSpecs, edited_files, interpreter_constraints, specs};
use crate::session::Session;

/// The files of one process of a tool.
#[derive(Debug, Clone)]
pub(super) struct FilePartition {
    /// What Pants calls it, such as `['CPython==3.11.*']`; none for all files.
    pub(super) title: Option<String>,
    /// The interpreters that its code is for, where that parts files.
    pub(super) constraints: Option<InterpreterConstraints>,
    /// The resolve that its code uses, where that parts files.
    pub(super) resolve: Option<String>,
    /// The files, relative to the root, sorted.
    pub(super) files: Vec<String>,
    /// Their targets.
    pub(super) targets: Vec<TargetId>,
}

/// What is selected.
#[derive(Debug)]
pub(super) struct SelectedFiles {
    targets: BTreeSet<TargetId>,
    /// The files that were edited, where only these are selected.
    edited: Option<BTreeSet<String>>,
    specs: Specs,
    is_empty: bool,
}

/// What files of one process have in common.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
struct PartitionKey {
    resolve: Option<String>,
    constraints: Vec<String>,
}

/// The files of a partition that is being made, with their targets.
type PartitionFiles = BTreeMap<String, Option<TargetId>>;

impl SelectedFiles {
    /// The files of a selection.
    pub(super) fn of(
        session: &Session,
        graph: &TargetGraph<'_>,
        request: &CheckRequest,
    ) -> Result<Self, GoalError> {
        let selection = &request.selection;
        let specs = specs(session, &selection.specs)?;
        if let Some(only) = &request.only {
            return Ok(Self::of_files(graph, only, specs));
        }
        let selected = selection.of(session, graph, NoSpecs::Nothing)?;
        let mut targets: BTreeSet<TargetId> = selected.iter().copied().collect();
        if selection.changed.is_none() {
            let generated = selection.generated(graph, &selected)?.into_iter();
            let excluded = specs.excluded(graph);
            targets.extend(generated.filter(|id| excluded.binary_search(id).is_err()));
        }
        let edited = match &selection.changed {
            Some(since) => Some(edited_files(session, &since.revision)?),
            None => None,
        };
        Ok(Self {
            targets,
            edited,
            is_empty: selection.specs.is_empty() && selection.changed.is_none(),
            specs,
        })
    }

    /// Says that there is nothing for the tools, where a target, a file or nothing was named.
    pub(super) fn say_if_nothing(&self, session: &Session, request: &CheckRequest, nothing: bool) {
        let goal = request.goal.name();
        if self.is_empty {
            session.warn(format_args!(
                "no targets are named, so that `{goal}` does nothing: `::` names all, `dir::` those in `dir` and below"
            ));
        } else if nothing
            && request.only.is_none()
            && request.selection.changed.is_none()
            && !self.specs.are_wide()
        {
            session.warn(format_args!(
                "no file that is named belongs to a target that a tool of `{goal}` is for"
            ));
        }
    }

    /// The partitions of a tool, sorted; none where it has no file.
    pub(super) fn partitions(
        &self,
        session: &Session,
        graph: &TargetGraph<'_>,
        tool: &CheckTool,
    ) -> Result<Vec<FilePartition>, GoalError> {
        let mut by_key: BTreeMap<PartitionKey, PartitionFiles> = BTreeMap::new();
        let unowned = self.files_of(graph, tool);
        by_key
            .entry(PartitionKey::default())
            .or_default()
            .extend(unowned);
        for id in &self.targets {
            let target = graph.target(*id);
            let is_meant = tool.targets.iter().any(|kind| **kind == *target.kind);
            if !is_meant || is_skipped(graph, *id, tool) {
                continue;
            }
            let key = PartitionKey::of(session, graph, (*id, tool.partition))?;
            let files = target.files().map(|file| (file.to_string(), Some(*id)));
            by_key.entry(key).or_default().extend(files);
        }
        by_key.retain(|_, files| !files.is_empty());
        let resolves: BTreeSet<&Option<String>> = by_key.keys().map(|key| &key.resolve).collect();
        let shows_resolve = resolves.len() > 1;
        let partitions = by_key.into_iter();
        let made = partitions.map(|(key, files)| key.partition(files, tool));
        let mut made = made.collect::<Result<Vec<FilePartition>, GoalError>>()?;
        for partition in &mut made {
            if shows_resolve
                && let (Some(title), Some(resolve)) = (&mut partition.title, &partition.resolve)
            {
                *title = format!("{resolve}, {title}");
            }
        }
        Ok(made)
    }
}

impl SelectedFiles {
    /// These files, as far as specs match them.
    fn of_files(graph: &TargetGraph<'_>, files: &BTreeSet<String>, specs: Specs) -> Self {
        let is_named = |file: &&String| specs.is_empty() || specs.match_file(file);
        let files: BTreeSet<String> = files.iter().filter(is_named).cloned().collect();
        let owners = files.iter().flat_map(|file| graph.owners_of_file(file));
        Self {
            targets: owners.collect(),
            edited: Some(files),
            is_empty: false,
            specs,
        }
    }

    /// The files that a tool is given though no target need own them.
    fn files_of(&self, graph: &TargetGraph<'_>, tool: &CheckTool) -> PartitionFiles {
        let globs: Vec<Glob> = tool.globs.iter().map(|glob| Glob::new(glob)).collect();
        let is_meant = |path: &str| match &self.edited {
            Some(edited) => {
                edited.contains(path) && (self.specs.is_empty() || self.specs.match_file(path))
            }
            None => self.specs.match_file(path),
        };
        let repository = graph.repository();
        let mut files = PartitionFiles::new();
        if tool.build_files {
            let all = repository.build_dirs().iter().flat_map(|dir| &dir.files);
            files.extend(
                all.filter(|path| is_meant(path))
                    .map(|path| (path.to_string(), None)),
            );
        }
        if !globs.is_empty() {
            let all = repository.tree().files();
            let fitting =
                all.filter(|path| globs.iter().any(|glob| glob.is_match(path)) && is_meant(path));
            files.extend(fitting.map(|path| (path, None)));
        }
        files
    }
}

impl PartitionKey {
    fn of(
        session: &Session,
        graph: &TargetGraph<'_>,
        (id, partitioning): (TargetId, Partitioning),
    ) -> Result<Self, GoalError> {
        Ok(match partitioning {
            Partitioning::All => Self::default(),
            Partitioning::InterpreterConstraints | Partitioning::Resolve => {
                let constraints = interpreter_constraints(session, graph, id)?;
                let resolve = graph.resolve_name(id).map(str::to_owned);
                Self {
                    resolve: resolve.filter(|_| partitioning == Partitioning::Resolve),
                    constraints: constraints.iter().collect(),
                }
            }
        })
    }

    fn partition(
        self,
        mut files: PartitionFiles,
        tool: &CheckTool,
    ) -> Result<FilePartition, GoalError> {
        if tool.kind == ToolKind::Checker {
            // A stub stands for its module.
            let stubs: Vec<String> = files
                .keys()
                .filter_map(|file| file.strip_suffix('i').map(str::to_owned))
                .collect();
            for stubbed in stubs {
                files.remove(&stubbed);
            }
        }
        let constraints = match self.constraints.as_slice() {
            [] => None,
            texts => {
                let parsed = InterpreterConstraints::parse(texts);
                Some(parsed.map_err(|error| GoalError::failure(error.to_string()))?)
            }
        };
        let title = constraints.as_ref().map(|_| {
            let texts: Vec<String> = self.constraints.iter().map(|text| quoted(text)).collect();
            format!("[{}]", texts.join(", "))
        });
        Ok(FilePartition {
            title,
            constraints,
            resolve: self.resolve,
            targets: files.values().filter_map(|id| *id).collect(),
            files: files.into_keys().collect(),
        })
    }
}

impl FilePartition {
    /// All of these files, whoever owns them.
    pub(super) fn of_files(files: Vec<String>) -> Self {
        Self {
            title: None,
            constraints: None,
            resolve: None,
            files,
            targets: Vec::new(),
        }
    }
}

fn is_skipped(graph: &TargetGraph<'_>, id: TargetId, tool: &CheckTool) -> bool {
    let is_set = |field: &String| graph.field(id, field).and_then(Data::as_bool) == Some(true);
    tool.skip.iter().any(is_set)
}

/// A constraint as Pants shows it.
fn quoted(constraint: &str) -> String {
    match constraint.starts_with(|first: char| first.is_alphabetic()) {
        true => format!("'{constraint}'"),
        false => format!("'CPython{constraint}'"),
    }
}
