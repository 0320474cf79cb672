//! The metadata of the repository's projects where no BUILD file says what tests see: as where a project is installed, its
//! code finds its own version and entry points (`importlib.metadata`).

use std::collections::BTreeMap;

use model::RepoPath;
use targets::TargetGraph;

use super::plan::TestBatch;
use crate::error::GoalError;
use crate::packaging::{DeclaredDistribution, declared_distributions, tagged_release};
use crate::session::Session;

/// The version of a project that tells none.
const NO_VERSION: &str = "0";

/// The files of each project's metadata, by its folder.
#[derive(Debug, Default)]
pub(super) struct ProjectMetadata(BTreeMap<String, MetadataFolder>);

#[derive(Debug)]
struct MetadataFolder {
    /// The name of the folder, below a source root.
    name: String,
    files: Vec<(&'static str, String)>,
}

impl ProjectMetadata {
    /// Where targets follow from projects. Elsewhere BUILD files say what tests see, as with Pants.
    ///
    /// # Errors
    /// A declaration has a mistake.
    pub(super) fn of(session: &Session, graph: &TargetGraph<'_>) -> Result<Self, GoalError> {
        let repository = graph.repository();
        if repository.options().inferred.is_none() {
            return Ok(Self::default());
        }
        let declared = declared_distributions(session, repository)?;
        // That of the next release: with every commit's own version, all tests would run again.
        let found = declared.iter().any(|one| one.finds_version);
        let tagged = found.then(|| tagged_release(session)).flatten();
        let of = |one: &DeclaredDistribution| {
            let version = match one.finds_version {
                true => tagged.clone(),
                false => one.version.as_ref().map(ToString::to_string),
            };
            let folder = one.folder.strip_prefix(session.root()).ok()?;
            let metadata = MetadataFolder::of(one, version.as_deref().unwrap_or(NO_VERSION));
            Some((folder.to_string(), metadata))
        };
        Ok(Self(declared.iter().filter_map(of).collect()))
    }

    /// The files of those projects of which a batch sees code, by their paths: in the source root of that code.
    pub(super) fn files(
        &self,
        graph: &TargetGraph<'_>,
        batch: &TestBatch,
    ) -> BTreeMap<String, String> {
        if self.0.is_empty() {
            return BTreeMap::new();
        }
        let mut roots: BTreeMap<&str, (&str, &MetadataFolder)> = BTreeMap::new();
        let targets = batch.closure.iter().map(|id| graph.target(id));
        for path in targets.filter_map(|target| target.source.as_deref()) {
            let mut above = RepoPath::new(path).folders();
            let project = above.find_map(|folder| self.0.get_key_value(folder));
            let Some((folder, metadata)) = project else {
                continue;
            };
            let root = &path[..path.len() - graph.stripped(path).len()];
            let (known, _) = roots.entry(folder).or_insert((root, metadata));
            *known = root.min(known);
        }
        let files = roots.values().flat_map(|(root, metadata)| {
            let path = move |name| format!("{root}{}/{name}", metadata.name);
            let files = metadata.files.iter();
            files.map(move |(name, text)| (path(*name), text.clone()))
        });
        files.collect()
    }
}

impl MetadataFolder {
    fn of(project: &DeclaredDistribution, version: &str) -> Self {
        let name = &project.spelled;
        let metadata = format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n");
        Self {
            name: format!("{}.egg-info", name.replace('-', "_")),
            files: vec![
                ("PKG-INFO", metadata),
                ("entry_points.txt", project.entry_points.clone()),
            ],
        }
    }
}
