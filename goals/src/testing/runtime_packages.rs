//! Packages that tests want built into their folder: their `runtime_package_dependencies`. They are what `package`
//! makes of the same targets, at the same names, without `dist/`.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use engine::{InputFile, InputTree, TreeNode};
use targets::imports::ImportCache;
use targets::kinds::Role;
use targets::{TargetGraph, TargetId};

use super::inputs::{TestInputs, of_tree};
use super::plan::TestBatch;
use crate::actions::ActionRunner;
use crate::error::GoalError;
use crate::locking::IndexChoice;
use crate::packaging::{
    BuildOptions, Checks, Choice, Formats, ImportCollection, JobChoice, Packager, PlatformChoice,
    SelectedDistributions, jobs, select_of,
};
use crate::session::Session;

/// The field that names them.
const FIELD: &str = "runtime_package_dependencies";

/// Targets that `package` builds in Pants and not here.
const UNBUILT: &[&str] = &[
    "archive",
    "docker_image",
    "go_binary",
    "helm_chart",
    "deploy_jar",
    "jvm_war",
    "node_package",
    "pyoxidizer_binary",
    "makeself_archive",
    "debian_package",
    "rpm_debian_package",
    "nfpm_deb_package",
    "nfpm_rpm_package",
    "cc_binary",
];

/// Builds packages for tests.
pub(super) struct RuntimePackages<'a> {
    pub(super) session: &'a Session,
    pub(super) graph: &'a TargetGraph<'a>,
    pub(super) imports: &'a ImportCache,
    pub(super) actions: &'a ActionRunner<'a>,
    pub(super) index: &'a IndexChoice,
}

impl RuntimePackages<'_> {
    /// Adds to what batches see the packages that they want.
    ///
    /// # Errors
    /// One that cannot be built.
    pub(super) fn add(
        &self,
        batches: &[TestBatch],
        inputs: &mut [TestInputs],
    ) -> Result<(), GoalError> {
        let mut wanted = Vec::new();
        for batch in batches {
            let mut of_batch = BTreeSet::new();
            for test in &batch.tests {
                of_batch.extend(self.wanted(*test)?);
            }
            wanted.push(of_batch);
        }
        let all: BTreeSet<TargetId> = wanted.iter().flatten().copied().collect();
        if all.is_empty() {
            return Ok(());
        }
        let built = self.built(&all)?;
        for (ids, inputs) in wanted.iter().zip(inputs) {
            for tree in ids.iter().filter_map(|id| built.get(id)) {
                let merged = inputs.tree.merge(tree);
                inputs.tree = merged.map_err(|error| of_tree(&error))?;
            }
        }
        Ok(())
    }

    /// The distributions that a test wants.
    fn wanted(&self, test: TargetId) -> Result<Vec<TargetId>, GoalError> {
        let mut wanted = Vec::new();
        for id in self.graph.named_in(test, FIELD)? {
            let target = self.graph.target(id);
            let of_test = &self.graph.target(test).address;
            match target.role() {
                Role::Distribution => wanted.push(id),
                Role::Binary | Role::Binaries | Role::Function => {
                    return Err(self.unbuilt(test, id));
                }
                _ if UNBUILT.contains(&&*target.kind) => return Err(self.unbuilt(test, id)),
                _ => self.session.warn(format_args!(
                    "{of_test} names {} in `{FIELD}`, which is no package: tests see what `dependencies` names",
                    target.address
                )),
            }
        }
        Ok(wanted)
    }

    fn unbuilt(&self, test: TargetId, id: TargetId) -> GoalError {
        let (test_target, target) = (self.graph.target(test), self.graph.target(id));
        let message = format!(
            "cannot run {}: {}, which it wants built, is a `{}`, and those are not built yet",
            test_target.address, target.address, target.kind
        );
        GoalError::failure(message)
            .at(self.graph.place(test, FIELD))
            .hint("a `python_distribution` is built; `-` in front of the test's address leaves it out, or `skip_tests=True`")
    }

    /// The files of each distribution, as `package` names them.
    fn built(&self, ids: &BTreeSet<TargetId>) -> Result<BTreeMap<TargetId, InputTree>, GoalError> {
        let address = |id: &TargetId| self.graph.target(*id).address.to_string();
        let specs: Vec<String> = ids
            .iter()
            .map(|id| format!("//{}", address(id).trim_start_matches("//")))
            .collect();
        let choice = Choice {
            specs: &specs,
            tags: &[],
            changed_since: None,
            imports: ImportCollection::Skipped,
        };
        let selected = select_of(self.session, (self.graph, self.imports), choice)?;
        let by_address = self.archives(&selected)?;
        let of_id = |id: &TargetId| Some((*id, by_address.get(&address(id))?.clone()));
        Ok(ids.iter().filter_map(of_id).collect())
    }

    /// Builds all archives of distributions; by address.
    fn archives(
        &self,
        selected: &SelectedDistributions,
    ) -> Result<BTreeMap<String, InputTree>, GoalError> {
        let folder = tempfile::tempdir();
        let folder = folder.map_err(|error| {
            GoalError::failure("cannot make a temporary folder").because(error.to_string())
        })?;
        let out_dir = Utf8PathBuf::from_path_buf(folder.path().to_owned());
        let out_dir = out_dir.map_err(|path| {
            GoalError::failure(format!("{} is not UTF-8", path.display()))
                .hint("set TMPDIR to another folder")
        })?;
        let options = BuildOptions {
            out_dir: out_dir.clone(),
            checks: Checks::default(),
            index: self.index.clone(),
        };
        let packager = Packager::new(self.session, &selected.all, options)?;
        let packager = packager.with_actions(self.actions);
        let choice = JobChoice {
            platforms: PlatformChoice::Host,
            formats: Formats {
                wheel: true,
                sdist: true,
            },
        };
        let jobs = jobs(self.session, &choice, selected)?;
        let mut trees: BTreeMap<String, InputTree> = BTreeMap::new();
        for built in packager.build(&jobs) {
            let built = built?;
            let address = built.distribution.address.clone();
            let path = built.keep()?;
            let path = Utf8Path::from_path(&path).unwrap_or(Utf8Path::new(""));
            let node = self.stored(path)?;
            let name = path.strip_prefix(&out_dir).unwrap_or(path).as_str();
            let tree = trees.remove(&address).unwrap_or_default();
            let tree = tree.with(name, node).map_err(|error| of_tree(&error))?;
            trees.insert(address, tree);
        }
        Ok(trees)
    }

    /// A file that the store has from now on.
    fn stored(&self, path: &Utf8Path) -> Result<TreeNode, GoalError> {
        let digest = self.actions.engine().store().put_file(path);
        let digest = digest.map_err(|error| {
            GoalError::failure("cannot keep a package for tests").because(error.to_string())
        })?;
        Ok(TreeNode::File(InputFile::stored(digest)))
    }
}
