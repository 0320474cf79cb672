//! The inputs of a lock: the requirements of a resolve with their places, and its settings.

use model::{
    FileDigest, LockInputs, NameError, PackageName, PackageSet, PrereleasePolicy, ProjectReference,
    Requirement, RequirementSource,
};
use rustc_hash::FxHashMap;
use targets::Repository;
use targets::requirements::{
    IndexOption, RequirementLine, RequirementsReader, read_requirements_txt,
};

use crate::error::GoalError;
use crate::session::Session;

/// What a resolve declares.
#[derive(Debug)]
pub struct ResolveDeclaration {
    /// The resolve's name.
    pub resolve: String,
    /// The inputs of the lock.
    pub inputs: LockInputs,
    /// `--index-url` and related options in requirement files.
    pub indexes: Vec<IndexOption>,
    /// A requirement that is not declared: the user asks what it would change.
    pub asked: Option<Requirement>,
    /// The place of each requirement and constraint.
    places: Vec<(Requirement, model::Place)>,
    /// `--hash` options of projects of an index: only these files may be used.
    hashes: FxHashMap<PackageName, Vec<FileDigest>>,
}

impl ResolveDeclaration {
    /// Collects the declarations of `resolve`.
    ///
    /// `name_of` finds the project's name of a direct reference that does not give it.
    pub fn collect(
        session: &Session,
        repository: &Repository,
        resolve: &str,
        name_of: impl Fn(&RequirementSource) -> Result<PackageName, GoalError>,
    ) -> Result<Self, GoalError> {
        let settings = &session.settings;
        let mut all = targets::resolve_requirements(repository, resolve)?;
        all.constraints
            .extend(constraints_file(session, repository, resolve)?);
        let mut places = Vec::new();
        let mut hashes = FxHashMap::<PackageName, Vec<FileDigest>>::default();
        let mut named = |line: &RequirementLine| -> Result<Requirement, GoalError> {
            let place = line.specifier.place();
            let checked = |source: &RequirementSource| {
                let source = source.clone().with_hash_options(&line.hashes);
                source.map_err(|reason| GoalError::failure(reason).at(place.clone()))
            };
            let requirement = match line.specifier.project() {
                ProjectReference::Named(requirement) => Requirement {
                    source: checked(&requirement.source)?,
                    ..requirement.clone()
                },
                ProjectReference::Unnamed {
                    source,
                    extras,
                    marker,
                } => {
                    let source = checked(source)?;
                    Requirement {
                        name: name_of(&source).map_err(|error| error.at(place.clone()))?,
                        extras: extras.clone(),
                        source,
                        marker: marker.clone(),
                    }
                }
            };
            if requirement.specifiers().is_some() && !line.hashes.is_empty() {
                let known = hashes.entry(requirement.name.clone()).or_default();
                known.extend(line.hashes.iter().cloned());
            }
            places.push((requirement.clone(), place.clone()));
            Ok(requirement)
        };
        let requirements = all
            .requirements
            .iter()
            .map(|requirement| named(&requirement.line))
            .collect::<Result<Vec<_>, _>>()?;
        let constraints = all
            .constraints
            .iter()
            .map(&mut named)
            .collect::<Result<Vec<_>, _>>()?;
        let mut inputs = LockInputs {
            requirements,
            constraints,
            interpreter_constraints: settings.interpreter_constraints(resolve)?.clone(),
            platforms: settings.platforms(resolve).to_vec(),
            overrides: settings.overrides(resolve).to_vec(),
            excludes: settings.excludes(resolve).to_vec(),
            no_binary: settings.no_binary(resolve),
            only_binary: settings.only_binary(resolve),
            prereleases: settings.prereleases(resolve),
            require_wheels: settings.python.require_wheels,
        };
        for (name, value, place) in &all.options {
            apply_option(&mut inputs, name, value).map_err(|error| {
                GoalError::failure(format!("cannot read `{name} {value}`"))
                    .at(place.clone())
                    .because(error.to_string())
            })?;
        }
        Ok(Self {
            resolve: resolve.to_owned(),
            inputs: inputs.sorted(),
            indexes: all.indexes,
            asked: None,
            places,
            hashes,
        })
    }

    /// The inputs in a lock. They have no places.
    pub fn of_lock(resolve: &str, inputs: LockInputs) -> Self {
        Self {
            resolve: resolve.to_owned(),
            inputs,
            indexes: Vec::new(),
            asked: None,
            places: Vec::new(),
            hashes: FxHashMap::default(),
        }
    }

    /// The same with an added requirement, about which the user asks.
    pub fn asking(mut self, requirement: &Requirement) -> Self {
        self.inputs.requirements.push(requirement.clone());
        self.inputs = self.inputs.sorted();
        self.asked = Some(requirement.clone());
        self
    }

    /// The place of a requirement or a constraint.
    pub fn place(&self, requirement: &Requirement) -> Option<&model::Place> {
        self.places
            .iter()
            .find(|(known, _)| known == requirement)
            .map(|(_, place)| place)
    }

    /// The place of the first requirement on a project.
    pub fn place_of(&self, name: &PackageName) -> Option<&model::Place> {
        self.places
            .iter()
            .find(|(known, _)| known.name == *name)
            .map(|(_, place)| place)
    }

    /// The `--hash` options of a project; if there are none, every file may be used.
    pub fn hashes(&self, name: &PackageName) -> &[FileDigest] {
        self.hashes.get(name).map_or(&[], Vec::as_slice)
    }
}

/// `--no-binary`, `--only-binary` and `--pre` in requirement files. The parser accepts no other
/// options.
fn apply_option(inputs: &mut LockInputs, name: &str, value: &str) -> Result<(), NameError> {
    let add = |set: &mut PackageSet| -> Result<(), NameError> {
        *set = std::mem::take(set).union(value.parse()?);
        Ok(())
    };
    match name {
        "--no-binary" => add(&mut inputs.no_binary),
        "--only-binary" => add(&mut inputs.only_binary),
        "--pre" => {
            inputs.prereleases = PrereleasePolicy::Allow;
            Ok(())
        }
        _ => Ok(()),
    }
}

fn constraints_file(
    session: &Session,
    repository: &Repository,
    resolve: &str,
) -> Result<Vec<RequirementLine>, GoalError> {
    let Some(path) = session.settings.constraints_file(resolve) else {
        return Ok(Vec::new());
    };
    let reader = RequirementsReader {
        read: &|path| repository.read(path),
        env: &session.environment,
    };
    let text = repository
        .read(path.as_str())
        .map_err(|error| GoalError::file("read the constraints file", path, &error))?;
    let file = read_requirements_txt(path.as_str(), &text, &reader)
        .map_err(targets::Error::Requirements)?;
    let requirements = file.requirements.iter();
    let mut lines: Vec<RequirementLine> = requirements.map(|line| (**line).clone()).collect();
    lines.extend(file.constraints);
    Ok(lines)
}
