//! The files that a batch sees: those of all targets that it reaches, and what configures pytest.

use std::collections::{BTreeMap, BTreeSet};

use engine::{FileIndex, InputFile, InputTree, TreeError, TreeNode};
use pytest::{
    CONFIGURATION_FILES, CoverageFileFormat, configures_pytest, coverage_configuration,
    names_coverage,
};
use targets::TargetGraph;
use targets::kinds::Role;

use super::made_files::{self, MadeFiles};
use super::plan::TestBatch;
use crate::error::GoalError;
use crate::session::Session;

/// The folder whose files become the run's: Pants' `extra-output`.
pub(super) const EXTRA_OUTPUT: &str = "extra-output";

/// What a batch sees beside its environment.
#[derive(Debug, Clone, Default)]
pub(super) struct TestInputs {
    /// Its files, at the paths that they have in the repository.
    pub(super) tree: InputTree,
    /// The source roots of its files, relative to the root.
    pub(super) roots: Vec<String>,
    /// What coverage measures.
    pub(super) coverage: Option<MeasuredSources>,
}

/// What coverage measures, and the name of its configuration.
#[derive(Debug, Clone)]
pub(super) struct MeasuredSources {
    pub(super) configuration: String,
    pub(super) sources: Vec<String>,
}

/// What each batch sees, in their order.
pub(super) fn inputs(
    session: &Session,
    graph: &TargetGraph<'_>,
    (index, batches): (&FileIndex, &[TestBatch]),
) -> Result<Vec<TestInputs>, GoalError> {
    let settings = &session.settings;
    let named = settings.pytest.config.iter();
    for path in named.chain(&settings.coverage_py.config) {
        if !session.root().join(path).is_file() {
            let message = format!("there is no file {path}, which the settings name");
            return Err(GoalError::failure(message)
                .hint("`config` in `[pytest]` and `[coverage-py]` names a file from the root"));
        }
    }
    let coverage = match settings.test.measures_coverage() {
        true => Some(coverage_file(session)?),
        false => None,
    };
    let made = batches
        .iter()
        .map(|batch| made_files::made_files(session, graph, batch));
    let made: Vec<MadeFiles> = made.collect::<Result<_, _>>()?;
    let mut configurations = BTreeMap::new();
    let paths: Vec<BTreeSet<String>> = batches
        .iter()
        .map(|batch| files(session, graph, (batch, &mut configurations)))
        .collect();
    let moved = made.iter().flat_map(|made| made.moved.values());
    let all: BTreeSet<&String> = paths.iter().flatten().chain(moved).collect();
    let all: Vec<String> = all.into_iter().cloned().collect();
    let nodes = index.nodes(&all).map_err(|error| of_tree(&error))?;
    let nodes: BTreeMap<&String, TreeNode> = all.iter().zip(nodes).collect();
    let each = paths.iter().zip(&made).map(|(paths, files)| {
        let nodes_of = paths.iter().map(|path| (path.clone(), nodes[path].clone()));
        let mut made = vec![(EXTRA_OUTPUT.to_owned(), TreeNode::EmptyFolder)];
        let moved = files.moved.iter();
        made.extend(moved.map(|(to, from)| (to.clone(), nodes[from].clone())));
        let written = files.written.iter();
        made.extend(written.map(|(path, text)| {
            let file = InputFile::literal(text.as_str());
            (path.clone(), TreeNode::File(file))
        }));
        let sources = paths.iter().chain(files.written.keys());
        let roots = roots(graph, sources.filter(|path| path.ends_with(".py")));
        let measured = coverage.as_ref().map(|(name, text)| {
            made.push((
                name.clone(),
                TreeNode::File(InputFile::literal(text.as_str())),
            ));
            MeasuredSources {
                configuration: name.clone(),
                sources: measured(session, &roots),
            }
        });
        let nodes = nodes_of.filter(|(path, _)| made.iter().all(|(other, _)| other != path));
        Ok(TestInputs {
            tree: InputTree::of_nodes(nodes.chain(made.iter().cloned()))
                .map_err(|error| of_tree(&error))?,
            coverage: measured,
            roots,
        })
    });
    each.collect()
}

/// The error of inputs that cannot be read.
pub(super) fn of_tree(error: &TreeError) -> GoalError {
    GoalError::failure(error.to_string())
}

fn measured(session: &Session, roots: &[String]) -> Vec<String> {
    let filter = &session.settings.coverage_py.filter;
    match filter.is_empty() {
        true => roots.to_vec(),
        false => filter.clone(),
    }
}

/// The paths of a batch's files.
fn files(
    session: &Session,
    graph: &TargetGraph<'_>,
    (batch, configurations): (&TestBatch, &mut BTreeMap<String, bool>),
) -> BTreeSet<String> {
    let mut paths = BTreeSet::new();
    for id in &batch.closure {
        let target = graph.target(*id);
        if matches!(target.role(), Role::File { .. } | Role::Sources { .. }) {
            paths.extend(target.files().map(ToString::to_string));
        }
    }
    let settings = &session.settings.pytest;
    paths.extend(settings.config.iter().map(ToString::to_string));
    if settings.config.is_some() || !settings.config_discovery {
        return paths;
    }
    let folders: BTreeSet<&str> = batch
        .files
        .iter()
        .flat_map(|file| folders_of(file))
        .collect();
    for folder in folders {
        for (name, _) in CONFIGURATION_FILES {
            let path = match folder {
                "" => (*name).to_owned(),
                folder => format!("{folder}/{name}"),
            };
            let configures = *configurations.entry(path.clone()).or_insert_with(|| {
                let content = fs_err::read(session.root().join(&path));
                content.is_ok_and(|content| configures_pytest(name, &content))
            });
            if configures {
                paths.insert(path);
            }
        }
    }
    paths
}

/// The folders above a file, the root too.
fn folders_of(file: &str) -> impl Iterator<Item = &str> {
    fn above<'p>(path: &&'p str) -> Option<&'p str> {
        (!path.is_empty()).then(|| path_folder(path))
    }
    std::iter::successors(Some(path_folder(file)), above)
}

fn path_folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The source roots of files, sorted; `.` for the root.
fn roots<'p>(graph: &TargetGraph<'_>, paths: impl Iterator<Item = &'p String>) -> Vec<String> {
    let root = |path: &'p String| {
        let stripped = graph.stripped(path);
        match path[..path.len() - stripped.len()].trim_end_matches('/') {
            "" => ".".to_owned(),
            root => root.to_owned(),
        }
    };
    let roots: BTreeSet<String> = paths.map(root).collect();
    roots.into_iter().collect()
}

/// The configuration of coverage: its name in a sandbox, and its text.
pub(super) fn coverage_file(session: &Session) -> Result<(String, String), GoalError> {
    let settings = &session.settings.coverage_py;
    let read = |path: &str| fs_err::read_to_string(session.root().join(path)).ok();
    let found = match &settings.config {
        Some(path) => read(path.as_str()).map(|text| (path.to_string(), text)),
        None if !settings.config_discovery => None,
        None => [".coveragerc", "setup.cfg", "tox.ini", "pyproject.toml"]
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), read(name)?)))
            .find(|(name, text)| names_coverage(name, text)),
    };
    let (path, text) = found.unwrap_or_else(|| (".coveragerc".to_owned(), String::new()));
    let format = CoverageFileFormat::of(&path);
    let text = coverage_configuration(format, &text).map_err(|reason| {
        GoalError::failure("the configuration of coverage cannot be read")
            .at(model::Place::file(path.as_str()))
            .because(reason)
    })?;
    Ok((format.file_name().to_owned(), text))
}
