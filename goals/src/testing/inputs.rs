//! The files that a batch sees: those of all targets that it reaches, and what configures pytest.

use std::collections::{BTreeMap, BTreeSet};

use engine::{FileIndex, InputFile, InputTree, SharedTrees, TreeError, TreeNode};
use pytest::{
    CONFIGURATION_FILES, CoverageFileFormat, configures_pytest, coverage_configuration,
    names_coverage,
};
use rustc_hash::{FxHashMap, FxHashSet};
use targets::kinds::Role;
use targets::{TargetGraph, TargetId};

use super::made_files::{self, MadeFiles};
use super::plan::TestBatch;
use super::project_metadata::ProjectMetadata;
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
    let projects = ProjectMetadata::of(session, graph)?;
    let made = batches.iter().map(|batch| {
        let mut made = made_files::made_files(session, graph, batch)?;
        made.written.extend(projects.files(graph, batch));
        Ok(made)
    });
    let made: Vec<MadeFiles> = made.collect::<Result<_, GoalError>>()?;
    let configurations = Configurations::of(session, batches);
    let moved = made.iter().flat_map(|made| made.moved.values());
    let mut files = BatchFiles::new(graph, index, (batches, configurations.paths().chain(moved)))?;
    let each = batches.iter().zip(&made).map(|(batch, made)| {
        let mut seen = files.of(batch, configurations.of_batch(batch));
        let written = made.written.keys().filter(|path| path.ends_with(".py"));
        let roots = files.roots(&seen, written.map(|path| root(graph, path)));
        let mut nodes = vec![(EXTRA_OUTPUT.to_owned(), TreeNode::EmptyFolder)];
        for (to, from) in &made.moved {
            nodes.push((to.clone(), files.node(from)));
        }
        for (path, text) in &made.written {
            let file = InputFile::literal(text.as_str());
            nodes.push((path.clone(), TreeNode::File(file)));
        }
        let measured = coverage.as_ref().map(|(name, text)| {
            let file = InputFile::literal(text.as_str());
            nodes.push((name.clone(), TreeNode::File(file)));
            MeasuredSources {
                configuration: name.clone(),
                sources: measured(session, &roots),
            }
        });
        // What is made stands for what is there.
        let hidden: Vec<u32> = nodes
            .iter()
            .filter_map(|(path, _)| files.trees.position(path))
            .collect();
        seen.retain(|at| !hidden.contains(at));
        let mut tree = files.trees.tree(&seen);
        for (path, node) in nodes {
            tree = tree.with(&path, node).map_err(|error| of_tree(&error))?;
        }
        Ok(TestInputs {
            tree,
            coverage: measured,
            roots,
        })
    });
    each.collect()
}

/// The files of all batches: each is looked at once, and trees of them share what they have in common.
struct BatchFiles {
    trees: SharedTrees,
    nodes: FxHashMap<String, TreeNode>,
    /// The positions of a target's files.
    by_target: FxHashMap<TargetId, Vec<u32>>,
    /// The source root of a file of Python, by its position.
    roots: FxHashMap<u32, String>,
}

impl BatchFiles {
    /// The files of batches, and further ones.
    fn new<'p>(
        graph: &TargetGraph<'_>,
        index: &FileIndex,
        (batches, further): (&[TestBatch], impl Iterator<Item = &'p String>),
    ) -> Result<Self, GoalError> {
        let targets: FxHashSet<TargetId> = batches
            .iter()
            .flat_map(|batch| batch.closure.iter().copied())
            .collect();
        let has_files = |id: &TargetId| {
            let role = graph.target(*id).role();
            matches!(role, Role::File { .. } | Role::Sources { .. })
        };
        let targets: Vec<TargetId> = targets.into_iter().filter(has_files).collect();
        let of_targets = || targets.iter().flat_map(|id| graph.target(*id).files());
        let mut inits: FxHashMap<&str, Vec<String>> = FxHashMap::default();
        for path in of_targets().filter(|path| path.ends_with(".py")) {
            let folder = path_folder(path);
            inits
                .entry(folder)
                .or_insert_with(|| init_files(graph, path));
        }
        let mut paths: Vec<String> = of_targets().map(ToString::to_string).collect();
        paths.extend(further.cloned().chain(inits.values().flatten().cloned()));
        paths.sort();
        paths.dedup();
        let nodes = index.nodes(&paths).map_err(|error| of_tree(&error))?;
        let nodes: Vec<(String, TreeNode)> = paths.iter().cloned().zip(nodes).collect();
        let trees = SharedTrees::new(nodes.clone()).map_err(|error| of_tree(&error))?;
        let of_target = |id: &TargetId| {
            let files = || graph.target(*id).files();
            let above = files().filter_map(|path| inits.get(path_folder(path)));
            let above = above.flatten().filter_map(|path| trees.position(path));
            let own = files().filter_map(|path| trees.position(path));
            (*id, own.chain(above).collect())
        };
        let by_target = targets.iter().map(of_target).collect();
        let python = paths.iter().filter(|path| path.ends_with(".py"));
        let roots = python.filter_map(|path| Some((trees.position(path)?, root(graph, path))));
        let roots = roots.collect();
        Ok(Self {
            nodes: nodes.into_iter().collect(),
            by_target,
            roots,
            trees,
        })
    }

    /// The positions of a batch's files and of some more, sorted, each once.
    fn of<'p>(&self, batch: &TestBatch, more: impl Iterator<Item = &'p String>) -> Vec<u32> {
        let own = batch.closure.iter().filter_map(|id| self.by_target.get(id));
        let mut seen: Vec<u32> = own.flatten().copied().collect();
        seen.extend(more.filter_map(|path| self.trees.position(path)));
        seen.sort_unstable();
        seen.dedup();
        seen
    }

    /// What is at a path.
    fn node(&self, path: &str) -> TreeNode {
        self.nodes
            .get(path)
            .cloned()
            .unwrap_or(TreeNode::EmptyFolder)
    }

    /// The source roots of files and some more, sorted; `.` for that of the repository.
    fn roots(&self, seen: &[u32], more: impl Iterator<Item = String>) -> Vec<String> {
        let roots = seen.iter().filter_map(|at| self.roots.get(at));
        let roots: BTreeSet<&String> = roots.collect();
        let roots: BTreeSet<String> = roots.into_iter().cloned().chain(more).collect();
        roots.into_iter().collect()
    }
}

/// The `__init__.py` files in the folder of a module and above, which make packages of these, also where they are empty
/// and no target of the test has them: as in Pants' sandboxes.
fn init_files(graph: &TargetGraph<'_>, module: &str) -> Vec<String> {
    let tree = graph.repository().tree();
    let names = ["__init__.py", "__init__.pyi"];
    let of_folder = |folder: &str| {
        names.map(|name| match folder {
            "" => name.to_owned(),
            folder => format!("{folder}/{name}"),
        })
    };
    let files = folders_of(module).flat_map(of_folder);
    files.filter(|path| tree.has_file(path)).collect()
}

/// What configures pytest in the folders of tests and above.
struct Configurations {
    /// By folder; `""` is the root.
    by_folder: BTreeMap<String, Vec<String>>,
    /// The file that the settings name, in place of all others.
    named: Vec<String>,
}

impl Configurations {
    fn of(session: &Session, batches: &[TestBatch]) -> Self {
        let settings = &session.settings.pytest;
        let named: Vec<String> = settings.config.iter().map(ToString::to_string).collect();
        let mut by_folder = BTreeMap::new();
        if named.is_empty() && settings.config_discovery {
            let files = batches.iter().flat_map(|batch| &batch.files);
            for folder in files.flat_map(|file| folders_of(file)) {
                if !by_folder.contains_key(folder) {
                    by_folder.insert(folder.to_owned(), configuring(session, folder));
                }
            }
        }
        Self { by_folder, named }
    }

    fn paths(&self) -> impl Iterator<Item = &String> {
        self.by_folder.values().flatten().chain(&self.named)
    }

    /// What configures pytest for a batch.
    fn of_batch(&self, batch: &TestBatch) -> impl Iterator<Item = &String> {
        let folders = batch.files.iter().flat_map(|file| folders_of(file));
        let found = folders.filter_map(|folder| self.by_folder.get(folder));
        found.flatten().chain(&self.named)
    }
}

/// The files in a folder that configure pytest.
fn configuring(session: &Session, folder: &str) -> Vec<String> {
    let configures = |name: &str| {
        let path = match folder {
            "" => name.to_owned(),
            folder => format!("{folder}/{name}"),
        };
        let content = fs_err::read(session.root().join(&path)).ok()?;
        configures_pytest(name, &content).then_some(path)
    };
    let names = CONFIGURATION_FILES.iter();
    names.filter_map(|(name, _)| configures(name)).collect()
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

/// The source root of a file; `.` for that of the repository.
fn root(graph: &TargetGraph<'_>, path: &str) -> String {
    let stripped = graph.stripped(path);
    match path[..path.len() - stripped.len()].trim_end_matches('/') {
        "" => ".".to_owned(),
        root => root.to_owned(),
    }
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
