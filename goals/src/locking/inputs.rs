//! The inputs of a lock: the requirements of a resolve with their places, and its settings.

use std::borrow::Cow;
use std::fmt;

use camino::Utf8Path;
use model::{
    FileDigest, HashedProject, LockInputs, NameError, Override, PackageName, PackageSet, Place,
    PrereleasePolicy, ProjectReference, Requirement, RequirementSource,
};
use rustc_hash::FxHashMap;
use targets::requirements::{
    IndexOption, RequirementGroup, RequirementLine, RequirementsFile, RequirementsReader,
    read_requirements_txt,
};
use targets::{IgnoredKey, Repository, ResolveRequirements};

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
    /// The declarations of requirements of the resolve: their types, and where they stand.
    pub declarations: Vec<(String, Place)>,
    /// Options in requirement files that have no effect.
    pub ignored: Vec<IgnoredOption>,
    /// A requirement that is not declared: the user asks what it would change.
    pub asked: Option<Requirement>,
    /// The extras and dependency groups of the files that it reads, and what each includes of the others.
    pub groups: Vec<(RequirementGroup, Vec<RequirementGroup>)>,
    /// The requirements with the groups that have them; none for what is required without any.
    pub grouped: Vec<(Requirement, Vec<RequirementGroup>)>,
    /// The place of each requirement and constraint.
    places: Vec<(Requirement, Place)>,
    /// `--hash` options of projects of an index: only these files may be used.
    hashes: FxHashMap<PackageName, Vec<FileDigest>>,
}

/// An option in a requirement file, or a key of a project, that has no effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IgnoredOption {
    /// The option, as pip calls it, or the key.
    name: String,
    /// Where it stands.
    pub place: Place,
    /// Why it has no effect, or what to do in its place.
    why: Cow<'static, str>,
}

impl fmt::Display for IgnoredOption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, place, why } = self;
        write!(
            f,
            "{}:{}: `{name}` has no effect: {why}",
            place.path, place.line
        )
    }
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
        let all = requirements_of(session, repository, resolve)?;
        let mut places = Vec::new();
        let mut hashes = FxHashMap::<PackageName, Vec<FileDigest>>::default();
        let mut unasked = Vec::new();
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
            let asked = Requirement {
                marker: requirement.marker.with_extras(&[]),
                ..requirement.clone()
            };
            if asked.marker.is_false() && !requirement.marker.is_false() {
                unasked.push(IgnoredOption {
                    name: requirement.to_string(),
                    place: place.clone(),
                    why: Cow::Borrowed("only what a package requires can hold for an extra"),
                });
            }
            let requirement = asked;
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
        let of_lines = all.requirements.iter().map(|one| one.line.groups.clone());
        let grouped = requirements.iter().cloned().zip(of_lines).collect();
        let constraints = all
            .constraints
            .iter()
            .map(&mut named)
            .collect::<Result<Vec<_>, _>>()?;
        let replaced = all.overrides.iter().map(|line| {
            let requirement = named(line)?;
            Ok(Override {
                name: requirement.name.clone(),
                requirement,
            })
        });
        let replaced = replaced.collect::<Result<Vec<_>, GoalError>>()?;
        let overrides = settings.overrides(resolve).iter().cloned();
        let overrides = overrides.chain(replaced).collect();
        let mut inputs = LockInputs {
            requirements,
            constraints,
            interpreter_constraints: settings.interpreter_constraints(resolve)?.clone(),
            platforms: settings.platforms(resolve).to_vec(),
            overrides,
            excludes: settings.excludes(resolve).to_vec(),
            no_binary: settings.no_binary(resolve),
            only_binary: settings.only_binary(resolve),
            prereleases: settings.prereleases(resolve),
            require_wheels: settings.python.require_wheels,
            fork_strategy: settings.python.fork_strategy,
            metadata: settings.build.dependency_metadata.clone(),
            hashed: hashes
                .iter()
                .map(|(name, hashes)| HashedProject::new(name.clone(), hashes))
                .collect(),
        };
        let mut ignored = of_projects(session);
        ignored.extend(unasked);
        for (name, value, place) in &all.options {
            ignored.extend(why_ignored(name).map(|why| IgnoredOption {
                name: name.clone(),
                place: place.clone(),
                why: Cow::Borrowed(why),
            }));
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
            declarations: all.declarations,
            ignored,
            asked: None,
            groups: all.groups,
            grouped,
            places,
            hashes,
        })
    }

    /// Sees that the resolve requires something, where a declaration says that it does: a lock of
    /// nothing would pass for one of everything.
    ///
    /// # Errors
    /// Where it requires nothing.
    pub fn check_required(&self) -> Result<(), GoalError> {
        let Some((kind, place)) = self.declarations.first() else {
            return Ok(());
        };
        if !self.inputs.requirements.is_empty() {
            return Ok(());
        }
        let resolve = &self.resolve;
        Err(GoalError::failure(format!(
            "cannot lock `{resolve}`: nothing is required in it, though there is a `{kind}` target"
        ))
        .at(place.clone())
        .hint("name a requirement where it reads them, or remove the target"))
    }

    /// Fails where the lock would replace a file that it is made of.
    pub fn check_lockfile(&self, lockfile: &Utf8Path) -> Result<(), GoalError> {
        let Some((_, place)) = self.places.iter().find(|(_, at)| *at.path == *lockfile) else {
            return Ok(());
        };
        let resolve = &self.resolve;
        Err(GoalError::failure(format!(
            "cannot lock `{resolve}`: its lock would replace {lockfile}, which has its requirements"
        ))
        .at(place.clone())
        .hint(format!(
            "name another file for it in `[python.resolves]`, such as {resolve}.lock"
        )))
    }

    /// The files in which the requirements and constraints stand.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.places.iter().map(|(_, place)| &*place.path)
    }

    /// The inputs in a lock. They have no places.
    pub fn of_lock(resolve: &str, inputs: LockInputs) -> Self {
        Self {
            resolve: resolve.to_owned(),
            inputs,
            indexes: Vec::new(),
            declarations: Vec::new(),
            ignored: Vec::new(),
            asked: None,
            groups: Vec::new(),
            grouped: Vec::new(),
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
    pub fn place(&self, requirement: &Requirement) -> Option<&Place> {
        self.places
            .iter()
            .find(|(known, _)| known == requirement)
            .map(|(_, place)| place)
    }

    /// The place of the first requirement on a project.
    pub fn place_of(&self, name: &PackageName) -> Option<&Place> {
        self.places
            .iter()
            .find(|(known, _)| known.name == *name)
            .map(|(_, place)| place)
    }

    /// The place of the first requirement or constraint that names a place of a project.
    pub fn place_of_source(&self, source: &RequirementSource) -> Option<&Place> {
        let mut places = self.places.iter();
        let found = places.find(|(known, _)| known.source == *source);
        found.map(|(_, place)| place)
    }

    /// The `--hash` options of a project; if there are none, every file may be used.
    pub fn hashes(&self, name: &PackageName) -> &[FileDigest] {
        self.hashes.get(name).map_or(&[], Vec::as_slice)
    }
}

/// What the projects of a repository without BUILD files say of their locks without effect.
fn of_projects(session: &Session) -> Vec<IgnoredOption> {
    let inferred = session.settings.inferred.iter();
    let keys = inferred.flat_map(|inferred| &inferred.ignored);
    let option = |key: &IgnoredKey| IgnoredOption {
        name: key.name.clone(),
        place: key.place.clone(),
        why: Cow::Owned(key.why.clone()),
    };
    keys.map(option).collect()
}

/// Why an option of pip has no effect on a lock; `None` for those that have one.
fn why_ignored(option: &str) -> Option<&'static str> {
    match option {
        "--config-settings" | "-C" | "--global-option" | "--install-option" => {
            Some("builds are given no options")
        }
        "--prefer-binary" => Some("`--only-binary` leaves source distributions out"),
        "--trusted-host" => {
            Some("a repository cannot say so, only pip's configuration on this machine")
        }
        "--use-feature" => Some("this is not pip"),
        name if name.starts_with("${") => Some("no variable of this name is set"),
        _ => None,
    }
}

/// `--no-binary`, `--only-binary` and `--pre` in requirement files.
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

/// What BUILD files declare for a resolve, with the constraints file of the settings, whose options count as
/// those of requirement files do.
pub(super) fn requirements_of(
    session: &Session,
    repository: &Repository,
    resolve: &str,
) -> Result<ResolveRequirements, GoalError> {
    let mut all = targets::resolve_requirements(repository, resolve)?;
    if let Some(file) = constraints_file(session, repository, resolve)? {
        let requirements = file.requirements.iter();
        all.constraints
            .extend(requirements.map(|line| (**line).clone()));
        all.constraints.extend(file.constraints);
        all.options.extend(file.options);
        all.indexes.extend(file.indexes);
    }
    Ok(all)
}

/// The file with constraints that the settings name.
fn constraints_file(
    session: &Session,
    repository: &Repository,
    resolve: &str,
) -> Result<Option<RequirementsFile>, GoalError> {
    let Some(path) = session.settings.constraints_file(resolve) else {
        return Ok(None);
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
    Ok(Some(file))
}
