//! What BUILD files declare of distributions, without the target graph: their names, versions and
//! entry points, for environments in which they are importable from their sources.

use buildfile::Data;
use camino::Utf8PathBuf;
use model::{PackageName, Version};
use targets::{BuildDir, Declaration, Repository};

use super::artifact::{FieldMistake, artifact, entry_points};
use super::project;
use super::{DeclaredProject, ProjectVersion};
use crate::error::GoalError;
use crate::session::Session;

/// The type of targets that are distributions.
const KIND: &str = "python_distribution";

/// A distribution as it is declared.
#[derive(Debug, Clone)]
pub struct DeclaredDistribution {
    /// The address of its target.
    pub address: String,
    /// The project.
    pub name: PackageName,
    /// The project as it is written.
    pub spelled: String,
    /// The version that is declared, or that of the repository.
    pub version: Option<Version>,
    /// Whether only its build backend can tell the version.
    pub finds_version: bool,
    /// One line about it.
    pub summary: Option<String>,
    /// The text of `entry_points.txt`; empty where there are none.
    pub entry_points: String,
    /// The folder of its BUILD file, absolute.
    pub folder: Utf8PathBuf,
}

/// The distributions that the repository declares with `provides`.
///
/// # Errors
/// Where a declaration has a mistake.
pub fn declared_distributions(
    session: &Session,
    repository: &Repository,
) -> Result<Vec<DeclaredDistribution>, GoalError> {
    let reader = DeclarationReader {
        session,
        repository,
        version: version_of_repository(session),
    };
    let declarations = repository.declarations();
    declarations
        .filter(|(_, declaration)| &*declaration.kind == KIND)
        .filter_map(|(folder, declaration)| reader.read(folder, declaration).transpose())
        .collect()
}

/// The version in the version file, where there is one.
fn version_of_repository(session: &Session) -> Option<Version> {
    let file = &session.settings.package.version_file;
    let text = fs_err::read_to_string(session.root().join(file)).ok()?;
    wheel::rules::version_from_file(file.as_str(), &text).ok()
}

/// Reads declarations of one repository.
struct DeclarationReader<'a> {
    session: &'a Session,
    repository: &'a Repository,
    /// Of distributions that name none.
    version: Option<Version>,
}

impl DeclarationReader<'_> {
    fn read(
        &self,
        folder: &BuildDir,
        declaration: &Declaration,
    ) -> Result<Option<DeclaredDistribution>, GoalError> {
        let mistake = |message: String| GoalError::failure(message).at(declaration.call.place());
        let Some(Data::Object(provides)) = declaration.get("provides") else {
            return Ok(None);
        };
        let fields = &self.session.settings.package.provides_fields;
        let provided = artifact(provides, fields).map_err(|error| mistake(error.message))?;
        let artifact = provided.artifact;
        if artifact.name.is_empty() {
            // Only its own build backend knows it.
            return Ok(None);
        }
        let by_address = |address: &str| {
            self.entry_point(folder, address).ok_or_else(|| {
                FieldMistake::new(format!(
                    "the entry point `{address}` names no target with an `entry_point`"
                ))
            })
        };
        let entry_points = entry_points(declaration.get("entry_points"), provides, by_address)
            .map_err(|error| mistake(error.message))?;
        let name = artifact
            .name
            .parse()
            .map_err(|error: model::NameError| mistake(error.to_string()))?;
        let own = self.version_of_project(folder);
        let finds_version = artifact.version.is_none() && own == ProjectVersion::OfBackend;
        let version = match (&artifact.version, &own) {
            (Some(text), _) | (None, ProjectVersion::Written(text)) => Some(
                text.parse()
                    .map_err(|_| mistake(format!("`{text}` is not a version")))?,
            ),
            (None, _) => self.version.clone(),
        };
        Ok(Some(DeclaredDistribution {
            address: format!("{}:{}", folder.path, declaration.name),
            name,
            spelled: artifact.name,
            version,
            finds_version,
            summary: artifact.description,
            entry_points: match entry_points.is_empty() {
                true => String::new(),
                false => entry_points.render(),
            },
            folder: self.session.root().join(&*folder.path),
        }))
    }

    /// The version that the project in a folder says of itself, where there is one.
    fn version_of_project(&self, folder: &BuildDir) -> ProjectVersion {
        let folder = self.session.root().join(&*folder.path);
        let read = |path: &str| fs_err::read_to_string(folder.join(path)).ok();
        let is_project = read("pyproject.toml").is_some_and(|text| project::is_project(&text));
        match is_project || read("setup.cfg").is_some_and(|text| project::is_setup_cfg(&text)) {
            true => DeclaredProject::read(&read).version,
            false => ProjectVersion::Nowhere,
        }
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
