//! The files that a batch sees: those of all targets that it reaches, and what configures pytest.

use std::collections::{BTreeMap, BTreeSet};

use engine::{FileIndex, InputFile, InputTree, SharedTrees, TreeError, TreeNode};
use fixedbitset::FixedBitSet;
use pytest::{
    CONFIGURATION_FILES, CoverageFileFormat, configures_pytest, coverage_configuration,
    names_coverage,
};
use rustc_hash::FxHashMap;
use targets::kinds::Role;
use targets::{TargetGraph, TargetMap, TargetSet};

use super::made_files::{MadeFileTargets, MadeFiles};
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
    let makers = MadeFileTargets::of(graph);
    let made = batches.iter().map(|batch| {
        let mut made = makers.files(session, graph, batch)?;
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
        for (path, _) in &nodes {
            let hidden = files.trees.position(path).into_iter();
            hidden.for_each(|at| seen.set(at, false));
        }
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

/// The files of all batches: each is looked at once, and trees of them share what they have in common. Sets of them
/// have their positions in these trees.
struct BatchFiles {
    trees: SharedTrees,
    nodes: FxHashMap<String, TreeNode>,
    /// Targets that have files.
    with_files: TargetSet,
    by_target: TargetMap<TargetFiles>,
    /// The `__init__.py` files of each folder that has files of Python, and of those above it.
    inits: Vec<Vec<usize>>,
    /// The source roots, sorted, each with its files of Python.
    roots: Vec<(String, FixedBitSet)>,
}

/// What a target has.
#[derive(Debug, Default)]
struct TargetFiles {
    /// Its own files.
    own: Vec<usize>,
    /// The folders of those of Python, by their positions among all such folders.
    folders: Vec<usize>,
}

impl BatchFiles {
    /// The files of batches, and further ones.
    fn new<'p>(
        graph: &TargetGraph<'_>,
        index: &FileIndex,
        (batches, further): (&[TestBatch], impl Iterator<Item = &'p String>),
    ) -> Result<Self, GoalError> {
        let mut with_files = TargetSet::default();
        batches.iter().for_each(|one| with_files.add(&one.closure));
        with_files.take_out(&graph.those(|id| {
            let role = graph.target(id).role();
            !matches!(role, Role::File { .. } | Role::Sources { .. })
        }));
        let of_targets = || with_files.iter().flat_map(|id| graph.target(id).files());
        let mut folders: FxHashMap<&str, usize> = FxHashMap::default();
        let mut inits: Vec<Vec<String>> = Vec::new();
        for path in of_targets().filter(|path| path.ends_with(".py")) {
            folders.entry(path_folder(path)).or_insert_with(|| {
                inits.push(init_files(graph, path));
                inits.len() - 1
            });
        }
        let mut paths: Vec<String> = of_targets().map(ToString::to_string).collect();
        paths.extend(further.cloned().chain(inits.iter().flatten().cloned()));
        paths.sort_unstable();
        paths.dedup();
        let nodes = index.nodes(&paths).map_err(|error| of_tree(&error))?;
        let nodes: Vec<(String, TreeNode)> = paths.into_iter().zip(nodes).collect();
        let trees = SharedTrees::new(nodes.clone()).map_err(|error| of_tree(&error))?;
        let positions = |paths: &Vec<String>| {
            let paths = paths.iter();
            paths.filter_map(|path| trees.position(path)).collect()
        };
        let inits = inits.iter().map(positions).collect();
        let by_target = graph.map(|id| {
            if !with_files.contains(id) {
                return TargetFiles::default();
            }
            let files = || graph.target(id).files();
            let folders = files().filter_map(|path| folders.get(path_folder(path)).copied());
            TargetFiles {
                own: files().filter_map(|path| trees.position(path)).collect(),
                folders: folders.collect(),
            }
        });
        let mut roots: BTreeMap<String, FixedBitSet> = BTreeMap::new();
        for (path, _) in nodes.iter().filter(|(path, _)| path.ends_with(".py")) {
            let files = roots.entry(root(graph, path));
            let files = files.or_insert_with(|| FixedBitSet::with_capacity(nodes.len()));
            trees.position(path).iter().for_each(|at| files.insert(*at));
        }
        Ok(Self {
            nodes: nodes.into_iter().collect(),
            with_files,
            by_target,
            inits,
            roots: roots.into_iter().collect(),
            trees,
        })
    }

    /// A batch's files and some more.
    fn of<'p>(&self, batch: &TestBatch, more: impl Iterator<Item = &'p String>) -> FixedBitSet {
        let mut seen = FixedBitSet::with_capacity(self.nodes.len());
        let mut folders = FixedBitSet::with_capacity(self.inits.len());
        for id in batch.closure.also_in(&self.with_files) {
            let files = &self.by_target[id];
            files.own.iter().for_each(|at| seen.insert(*at));
            files.folders.iter().for_each(|at| folders.insert(*at));
        }
        for folder in folders.ones() {
            self.inits[folder].iter().for_each(|at| seen.insert(*at));
        }
        let more = more.filter_map(|path| self.trees.position(path));
        more.for_each(|at| seen.insert(at));
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
    fn roots(&self, seen: &FixedBitSet, more: impl Iterator<Item = String>) -> Vec<String> {
        let roots = self.roots.iter();
        let roots = roots.filter(|(_, files)| !files.is_disjoint(seen));
        let roots = roots.map(|(root, _)| root.clone());
        let roots: BTreeSet<String> = roots.chain(more).collect();
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
    let (path, text) =
        own_coverage_file(session).unwrap_or_else(|| (".coveragerc".to_owned(), String::new()));
    let format = CoverageFileFormat::of(&path);
    let text = coverage_configuration(format, &text).map_err(|reason| {
        GoalError::failure("the configuration of coverage cannot be read")
            .at(model::Place::file(path.as_str()))
            .because(reason)
    })?;
    Ok((format.file_name().to_owned(), text))
}

/// The path and the text of the repository's configuration of coverage, if it has one.
pub(super) fn own_coverage_file(session: &Session) -> Option<(String, String)> {
    let settings = &session.settings.coverage_py;
    let read = |path: &str| fs_err::read_to_string(session.root().join(path)).ok();
    match &settings.config {
        Some(path) => read(path.as_str()).map(|text| (path.to_string(), text)),
        None if !settings.config_discovery => None,
        None => [".coveragerc", "setup.cfg", "tox.ini", "pyproject.toml"]
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), read(name)?)))
            .find(|(name, text)| names_coverage(name, text)),
    }
}
