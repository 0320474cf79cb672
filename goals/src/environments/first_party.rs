//! The repository's own code in an environment: source roots, and the distributions and plug-ins
//! with their entry points, as `importlib.metadata` finds them.

use buildfile::Data;
use camino::Utf8PathBuf;
use install::environment::EditableProject;
use model::Version;
use targets::{BuildDir, Declaration, Repository};

use super::editable::{metadata, no_version};
use super::plugins;
use super::required::DistributionRequirements;
use crate::error::GoalError;
use crate::packaging;
use crate::session::Session;

/// The repository's own code.
#[derive(Debug, Clone, Default)]
pub(super) struct FirstPartyCode {
    /// Distributions and plug-ins.
    pub projects: Vec<EditableProject>,
    /// Absolute folders from which imports start.
    pub source_roots: Vec<Utf8PathBuf>,
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
        for root in repository.source_roots() {
            let root = match root.as_str() {
                "" => session.root().to_owned(),
                root => session.root().join(root),
            };
            first_party.source_roots.push(root);
        }
        let projects = ProjectReader {
            session,
            repository,
            version: version_of_repository(session),
        };
        let mut addresses = Vec::new();
        for (folder, declaration) in repository.declarations() {
            if &*declaration.kind == "python_distribution"
                && let Some(project) = projects.read(folder, declaration)?
            {
                first_party.projects.push(project);
                addresses.push(format!("{}:{}", folder.path, declaration.name));
            }
        }
        if !addresses.is_empty() {
            match DistributionRequirements::read(session, repository) {
                Ok(required) => {
                    for (project, address) in first_party.projects.iter_mut().zip(&addresses) {
                        add_requirements(project, required.of(address, resolve));
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

/// The version in the version file, where there is one.
fn version_of_repository(session: &Session) -> Option<Version> {
    let file = &session.settings.package.version_file;
    let text = fs_err::read_to_string(session.root().join(file)).ok()?;
    wheel::rules::version_from_file(file.as_str(), &text).ok()
}

/// Reads what the repository declares of its distributions.
struct ProjectReader<'a> {
    session: &'a Session,
    repository: &'a Repository,
    /// Of distributions that name none.
    version: Option<Version>,
}

impl ProjectReader<'_> {
    /// A `python_distribution` with a `provides` field.
    fn read(
        &self,
        folder: &BuildDir,
        declaration: &Declaration,
    ) -> Result<Option<EditableProject>, GoalError> {
        let mistake = |message: String| GoalError::failure(message).at(declaration.call.place());
        let Some(Data::Object(provides)) = declaration.get("provides") else {
            return Ok(None);
        };
        let (artifact, _) =
            packaging::artifact(provides).map_err(|error| mistake(error.message))?;
        let by_address = |address: &str| {
            self.entry_point(folder, address).ok_or_else(|| {
                packaging::FieldMistake::new(format!(
                    "the entry point `{address}` names no target with an `entry_point`"
                ))
            })
        };
        let entry_points =
            packaging::entry_points(declaration.get("entry_points"), provides, by_address)
                .map_err(|error| mistake(error.message))?;
        let name = artifact
            .name
            .parse()
            .map_err(|error: model::NameError| mistake(error.to_string()))?;
        let version = match &artifact.version {
            Some(text) => text
                .parse()
                .map_err(|_| mistake(format!("`{text}` is not a version")))?,
            None => self.version.clone().unwrap_or_else(no_version),
        };
        Ok(Some(EditableProject {
            metadata: metadata(&artifact.name, &version, artifact.description.as_deref()),
            entry_points: if entry_points.is_empty() {
                String::new()
            } else {
                entry_points.render()
            },
            folder: self.session.root().join(&*folder.path),
            name,
            version,
        }))
    }

    /// The `module:function` of the target at `address`.
    fn entry_point(&self, folder: &BuildDir, address: &str) -> Option<String> {
        let (path, name) = address.rsplit_once(':')?;
        let path = match path.trim_start_matches("//") {
            "" if !address.starts_with("//") => &*folder.path,
            path => path,
        };
        let mut declarations = self.repository.declarations();
        let (_, found) =
            declarations.find(|(dir, one)| &*dir.path == path && &*one.name == name)?;
        found.text("entry_point").map(str::to_owned)
    }
}

fn add_requirements(project: &mut EditableProject, requires_dist: &[String]) {
    for requirement in requires_dist {
        project.metadata += &format!("Requires-Dist: {requirement}\n");
    }
}
