//! The repository's own code in an environment: source roots, and the distributions and plug-ins
//! with their entry points, as `importlib.metadata` finds them.

use std::collections::BTreeSet;

use camino::Utf8PathBuf;
use install::environment::EditableProject;
use model::{Lock, LockedPackage, PackageName, Requirement, nearest};
use targets::Repository;

use super::editable::{metadata, no_version, with_version};
use super::plugins;
use super::required::DistributionRequirements;
use super::source_roots::ImportRoots;
use crate::error::GoalError;
use crate::packaging::{self, BackendVersions, DeclaredDistribution, UnversionedProject};
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
    /// What plug-ins require of others than the distributions of the repository.
    pub requirements: Vec<PluginRequirement>,
    /// The files that say what plug-ins are, relative to the root.
    pub files: Vec<String>,
    /// The projects whose versions only their build backends can tell.
    finding: BTreeSet<PackageName>,
    /// Why it is not known what the distributions require.
    pub mistake: Option<String>,
}

/// What a plug-in requires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PluginRequirement {
    /// Its folder, relative to the root.
    folder: String,
    requirement: Requirement,
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
        let finding = declared.iter().filter(|one| one.finds_version);
        first_party.finding = finding.map(|one| one.name.clone()).collect();
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
            first_party.files.extend(plugin.files);
            let of_plugin = |requirement| PluginRequirement {
                folder: plugin.folder.clone(),
                requirement,
            };
            let required = plugin.requirements.into_iter().map(of_plugin);
            first_party.requirements.extend(required);
            if let Some(project) = plugin.project
                && !first_party
                    .projects
                    .iter()
                    .any(|known| known.name == project.name)
            {
                if plugin.finds_version {
                    first_party.finding.insert(project.name.clone());
                }
                first_party.projects.push(project);
            }
        }
        first_party.source_roots.sort();
        first_party.source_roots.dedup();
        let own = first_party.projects.iter().map(|project| &project.name);
        let own: BTreeSet<&PackageName> = own.collect();
        first_party
            .requirements
            .retain(|one| !own.contains(&one.requirement.name));
        Ok(first_party)
    }

    /// Keeps only these distributions and plug-ins; their sources can be imported all the same.
    ///
    /// # Errors
    /// There is none with a name.
    pub(super) fn keep(&mut self, chosen: &[PackageName]) -> Result<(), GoalError> {
        let names = self.projects.iter().map(|project| project.name.clone());
        let names: Vec<PackageName> = names.collect();
        if let Some(name) = chosen.iter().find(|name| !names.contains(name)) {
            let error = GoalError::misuse(format!("the repository has no distribution `{name}`"));
            let all = names.iter().map(PackageName::as_str);
            return Err(match nearest(name.as_str(), all) {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error.hint("`[export] editables` and `--editable` name distributions of `python_distribution` targets, and plug-ins"),
            });
        }
        self.projects
            .retain(|project| chosen.contains(&project.name));
        Ok(())
    }

    /// Gives the projects the versions that only their build backends can tell; says why where they tell none.
    pub(super) fn find_versions(&mut self, backends: &BackendVersions<'_>) {
        let is_asked = |project: &&EditableProject| self.finding.contains(&project.name);
        let asked = self.projects.iter().filter(is_asked);
        let asked = asked.map(|project| UnversionedProject {
            name: &project.name,
            folder: &project.folder,
        });
        let mut found = backends.ask(&asked.collect::<Vec<_>>()).into_iter();
        let projects = std::mem::take(&mut self.projects).into_iter();
        let with_found = projects.map(|project| {
            match self
                .finding
                .contains(&project.name)
                .then(|| found.next())
                .flatten()
            {
                None => project,
                Some(Ok(version)) => with_version(project, version),
                Some(Err(error)) => {
                    backends.session.warn(unknown(&project, &error));
                    project
                }
            }
        });
        self.projects = with_found.collect();
    }

    /// What plug-ins require that a lock does not have.
    pub(super) fn not_in(&self, lock: &Lock) -> Vec<Requirement> {
        let is_locked = |one: &&Requirement| {
            let mut packages = lock
                .packages
                .iter()
                .filter(|package| package.name == one.name);
            let fits = |package: &LockedPackage| {
                let version = one
                    .specifiers()
                    .is_none_or(|all| all.contains(&package.version));
                version
                    && one
                        .extras
                        .iter()
                        .all(|extra| package.extras.contains(extra))
            };
            packages.any(fits)
        };
        let all = self.requirements.iter().map(|one| &one.requirement);
        all.filter(|one| !is_locked(one)).cloned().collect()
    }

    /// Which plug-ins have these requirements, in words.
    pub(super) fn who_requires(&self, requirements: &[Requirement]) -> Vec<String> {
        let all = self.requirements.iter();
        all.filter(|one| requirements.contains(&one.requirement))
            .map(|one| format!("{} requires {}", one.folder, one.requirement))
            .collect()
    }
}

/// Why the version of a project is not in its metadata.
fn unknown(project: &EditableProject, error: &GoalError) -> String {
    let why = error.reasons().last().map_or_else(String::new, |why| {
        let last = why.lines().rfind(|line| !line.trim().is_empty());
        format!(": {}", last.unwrap_or_default().trim())
    });
    let EditableProject { name, version, .. } = project;
    format!(
        "{name} is installed as version {version}, since its build backend tells none: {error}{why}"
    )
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
