//! The repository's own code in an environment: source roots, and the distributions and plug-ins
//! with their entry points, as `importlib.metadata` finds them.

use camino::Utf8PathBuf;
use install::environment::EditableProject;
use targets::Repository;

use super::editable::{metadata, no_version};
use super::plugins;
use super::required::DistributionRequirements;
use super::source_roots::ImportRoots;
use crate::error::GoalError;
use crate::packaging::{self, DeclaredDistribution};
use crate::session::Session;

/// The repository's own code.
#[derive(Debug, Clone, Default)]
pub(super) struct FirstPartyCode {
    /// Distributions and plug-ins.
    pub projects: Vec<EditableProject>,
    /// Absolute folders from which imports start.
    pub source_roots: Vec<Utf8PathBuf>,
    /// Absolute folders with stubs only.
    pub stub_roots: Vec<Utf8PathBuf>,
    /// Why it is not known what the distributions require.
    pub mistake: Option<GoalError>,
}

impl FirstPartyCode {
    /// Collects what the repository declares, and the plug-ins in `plugins`.
    pub(super) fn read(
        session: &Session,
        repository: &Repository,
        resolve: &str,
    ) -> Result<Self, GoalError> {
        let mut first_party = Self::default();
        let roots = ImportRoots::of(repository);
        let absolute = |root: &String| match root.as_str() {
            "" => session.root().to_owned(),
            root => session.root().join(root),
        };
        first_party.source_roots = roots.modules.iter().map(absolute).collect();
        first_party.stub_roots = roots.stubs.iter().map(absolute).collect();
        let declared = packaging::declared_distributions(session, repository)?;
        first_party.projects = declared.iter().map(editable).collect();
        if !declared.is_empty() {
            match DistributionRequirements::read(session, repository) {
                Ok(required) => {
                    for (project, declared) in first_party.projects.iter_mut().zip(&declared) {
                        add_requirements(project, required.of(&declared.address, resolve));
                    }
                }
                Err(mistake) => first_party.mistake = Some(mistake),
            }
        }
        for plugin in plugins::detect(session.root())? {
            first_party.source_roots.extend(plugin.source_roots);
            if let Some(project) = plugin.project
                && !first_party
                    .projects
                    .iter()
                    .any(|known| known.name == project.name)
            {
                first_party.projects.push(project);
            }
        }
        first_party.source_roots.sort();
        first_party.source_roots.dedup();
        Ok(first_party)
    }
}

fn editable(declared: &DeclaredDistribution) -> EditableProject {
    let version = declared.version.clone().unwrap_or_else(no_version);
    EditableProject {
        metadata: metadata(&declared.spelled, &version, declared.summary.as_deref()),
        entry_points: declared.entry_points.clone(),
        folder: declared.folder.clone(),
        name: declared.name.clone(),
        version,
    }
}

fn add_requirements(project: &mut EditableProject, requires_dist: &[String]) {
    for requirement in requires_dist {
        project.metadata += &format!("Requires-Dist: {requirement}\n");
    }
}
