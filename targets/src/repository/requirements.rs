//! The third-party requirements that the repository declares, by resolve.

use std::sync::Arc;

use super::{BuildDir, Declaration, Error, Repository};
use crate::address;
use crate::kinds::Role;
use crate::options::Resolves;
use crate::requirements::{
    Depth, Editable, Entry, IndexOption, Reader, RequirementsError, RequirementsFile,
    read_pyproject, read_requirements_txt, reason, wanted,
};
use buildfile::Data;
use model::Place;

/// What a resolve is asked for.
#[derive(Clone, Debug, Default)]
pub struct ResolveRequirements {
    /// Requirements in order of BUILD file and line.
    pub requirements: Vec<DeclaredRequirement>,
    /// Constraints from `-c` lines.
    pub constraints: Vec<Entry>,
    /// Options about indexes in requirement files.
    pub indexes: Vec<IndexOption>,
    /// Other options in requirement files: name, value, place.
    pub options: Vec<(String, String, Place)>,
}

/// One requirement and the target that declares it.
#[derive(Clone, Debug)]
pub struct DeclaredRequirement {
    /// The line.
    pub entry: Entry,
    /// Address of the target; of the generator for lines without a project name.
    pub target: Arc<str>,
}

impl Repository {
    /// Everything that the BUILD files ask of a resolve.
    ///
    /// # Errors
    /// The resolve is unknown, or a declaration or requirement file is invalid.
    pub fn requirements(&self, resolve: &str) -> Result<ResolveRequirements, Error> {
        self.known_resolve(resolve, || None)?;
        let mut all = ResolveRequirements::default();
        for (dir, declaration) in self.declarations() {
            match declaration.known.map(|known| known.role) {
                Some(Role::Requirement) => self.inline(dir, declaration, resolve, &mut all)?,
                Some(Role::Requirements) => self.of_file(dir, declaration, resolve, &mut all)?,
                Some(Role::PantsRequirements) => {
                    self.pants(dir, declaration, resolve, &mut all)?;
                }
                _ => {}
            }
        }
        Ok(all)
    }

    /// Every resolve that some target asks for something, besides those of the settings.
    ///
    /// # Errors
    /// A target names a resolve that the settings do not.
    pub fn check_resolves(&self) -> Result<(), Error> {
        for (_, declaration) in self.declarations() {
            if declaration
                .known
                .is_some_and(|known| known.accepts("resolve"))
            {
                self.resolves_of(declaration)?;
            }
        }
        Ok(())
    }

    /// Fails if the settings do not name the resolve.
    fn known_resolve(
        &self,
        name: &str,
        place: impl FnOnce() -> Option<Place>,
    ) -> Result<(), Error> {
        if self.options.enable_resolves == Resolves::Disabled
            || self.options.resolves.contains_key(name)
        {
            return Ok(());
        }
        Err(Error::UnknownResolve {
            name: name.to_owned(),
            place: place(),
            known: self.options.resolves.keys().cloned().collect(),
        })
    }

    /// The resolves of a declaration: one, or one for each choice of `parametrize`.
    pub(crate) fn resolves_of<'d>(
        &'d self,
        declaration: &'d Declaration,
    ) -> Result<Vec<&'d str>, Error> {
        if self.options.enable_resolves == Resolves::Disabled {
            return Ok(vec![&self.options.default_resolve]);
        }
        let names = match declaration.get("resolve") {
            None => vec![&*self.options.default_resolve],
            Some(value) => resolve_names(value),
        };
        for name in &names {
            self.known_resolve(name, || Some(declaration.call.text_place("resolve", name)))?;
        }
        Ok(names)
    }

    fn inline(
        &self,
        dir: &BuildDir,
        declaration: &Declaration,
        resolve: &str,
        all: &mut ResolveRequirements,
    ) -> Result<(), Error> {
        if !self.resolves_of(declaration)?.contains(&resolve) {
            return Ok(());
        }
        let target: Arc<str> = Arc::from(address::declared(&dir.path, &declaration.name));
        for entry in inline_entries(declaration)? {
            all.requirements.push(DeclaredRequirement {
                entry,
                target: Arc::clone(&target),
            });
        }
        Ok(())
    }

    fn of_file(
        &self,
        dir: &BuildDir,
        declaration: &Declaration,
        resolve: &str,
        all: &mut ResolveRequirements,
    ) -> Result<(), Error> {
        let own = self.resolves_of(declaration)?.contains(&resolve);
        if !own && declaration.get("overrides").is_none() {
            return Ok(());
        }
        let file = self.requirements_file(dir, declaration)?;
        let generator = address::declared(&dir.path, &declaration.name);
        for entry in file.requirements {
            let part = entry.written_name().map(target_part);
            let overridden = part
                .as_deref()
                .and_then(|name| override_of(declaration, name, "resolve"));
            let wanted = overridden.map_or(own, |value| resolve_names(value).contains(&resolve));
            if wanted {
                let target = match part {
                    Some(part) => address::generated(&dir.path, &declaration.name, &part),
                    None => generator.clone(),
                };
                all.requirements.push(DeclaredRequirement {
                    entry,
                    target: Arc::from(target),
                });
            }
        }
        if own {
            all.constraints.extend(file.constraints);
            all.indexes.extend(file.indexes);
            all.options.extend(file.options);
        }
        Ok(())
    }

    /// Reads the file that a `python_requirements` target names.
    pub(crate) fn requirements_file(
        &self,
        dir: &BuildDir,
        declaration: &Declaration,
    ) -> Result<RequirementsFile, Error> {
        if matches!(
            &*declaration.kind,
            "poetry_requirements" | "pipenv_requirements"
        ) {
            return Err(Error::Invalid {
                message: format!("`{}` is not supported yet", declaration.kind),
                place: declaration.call.place(),
                hint: Some(
                    "use `python_requirements` with a requirements.txt or a PEP 621 pyproject.toml"
                        .to_owned(),
                ),
            });
        }
        let path = self.source_path(dir, declaration);
        let text = self.read(&path).map_err(|error| Error::Invalid {
            message: format!(
                "cannot read the requirements of `{}`: {}",
                address::declared(&dir.path, &declaration.name),
                reason(&error)
            ),
            place: declaration.call.field_place("source"),
            hint: Some(format!("create `{path}`, or name another file as `source`")),
        })?;
        let read = |path: &str| self.read(path);
        let reader = Reader {
            read: &read,
            env: &self.options.env,
        };
        let file = if path.ends_with("pyproject.toml") {
            read_pyproject(&path, &text)
        } else {
            read_requirements_txt(&path, &text, &reader)
        };
        file.map_err(Error::Requirements)
    }

    /// Path of the file that a `python_requirements` target reads.
    pub(crate) fn source_path(&self, dir: &BuildDir, declaration: &Declaration) -> String {
        let default = match &*declaration.kind {
            "poetry_requirements" => "pyproject.toml",
            "pipenv_requirements" => "Pipfile.lock",
            _ => "requirements.txt",
        };
        let source = declaration.text("source").unwrap_or(default);
        super::tree::join(&dir.path, source)
    }

    fn pants(
        &self,
        dir: &BuildDir,
        declaration: &Declaration,
        resolve: &str,
        all: &mut ResolveRequirements,
    ) -> Result<(), Error> {
        if !self.resolves_of(declaration)?.contains(&resolve) {
            return Ok(());
        }
        for (name, _, text) in self.pants_packages(declaration)? {
            let place = declaration.call.place();
            all.requirements.push(DeclaredRequirement {
                entry: entry(&text, &place)?,
                target: Arc::from(address::generated(&dir.path, &declaration.name, name)),
            });
        }
        Ok(())
    }

    /// What a `pants_requirements` target stands for: name, module, requirement.
    pub(crate) fn pants_packages(
        &self,
        declaration: &Declaration,
    ) -> Result<Vec<(&'static str, &'static str, String)>, Error> {
        let version = &self.options.pants_version;
        if version.is_empty() {
            return Err(Error::Invalid {
                message: "`pants_requirements` needs to know Pants' version".to_owned(),
                place: declaration.call.place(),
                hint: Some("set `pants_version` under `[GLOBAL]`".to_owned()),
            });
        }
        let pin = |name: &str| format!("{name}=={version}");
        let mut packages = vec![("pantsbuild.pants", "pants", pin("pantsbuild.pants"))];
        if declaration.get("testutil").and_then(Data::as_bool) != Some(false) {
            let name = "pantsbuild.pants.testutil";
            packages.push((name, "pants.testutil", pin(name)));
        }
        Ok(packages)
    }
}

/// The names in a `resolve` field.
pub(crate) fn resolve_names(value: &Data) -> Vec<&str> {
    match value {
        Data::Parametrize(choices) => choices
            .positional
            .iter()
            .chain(choices.named.iter().map(|(_, value)| value))
            .filter_map(Data::as_str)
            .collect(),
        other => other.strings(),
    }
}

/// The last part of the address of a generated requirement: case and dots stay, runs of other
/// characters become `-`.
pub(crate) fn target_part(name: &str) -> String {
    let mut part = String::with_capacity(name.len());
    for c in name.chars() {
        if c.is_ascii_alphanumeric() || c == '.' {
            part.push(c);
        } else if !part.ends_with('-') {
            part.push('-');
        }
    }
    part
}

/// The value that `overrides` gives to a field of the generated target called `name`.
pub(crate) fn override_of<'d>(
    declaration: &'d Declaration,
    name: &str,
    field: &str,
) -> Option<&'d Data> {
    let matches = |key: &str| model_name(key) == model_name(name);
    declaration
        .get("overrides")?
        .as_dict()?
        .iter()
        .filter(|(keys, _)| keys.strings().iter().any(|key| matches(key)))
        .find_map(|(_, fields)| fields.get(field))
}

/// A project name in the form in which names are compared.
pub(crate) fn model_name(name: &str) -> Option<model::PackageName> {
    name.parse().ok()
}

/// The `requirements` of a `python_requirement` target.
pub(crate) fn inline_entries(declaration: &Declaration) -> Result<Vec<Entry>, Error> {
    let Some(value) = declaration.get("requirements") else {
        return Err(Error::Invalid {
            message: "`python_requirement` needs `requirements`".to_owned(),
            place: declaration.call.place(),
            hint: Some("for example `requirements=[\"attrs>=23\"]`".to_owned()),
        });
    };
    value
        .strings()
        .into_iter()
        .map(|text| {
            let place = declaration.call.text_place("requirements", text);
            entry(text, &place)
        })
        .collect()
}

/// A requirement that stands at `place`.
fn entry(text: &str, place: &Place) -> Result<Entry, Error> {
    let trimmed = text.trim();
    let wanted = wanted(trimmed).map_err(|(offset, message)| {
        let place = place
            .clone()
            .further(text[..offset.min(text.len())].chars().count());
        Error::Requirements(RequirementsError {
            message,
            place,
            hint: None,
        })
    })?;
    Ok(Entry {
        text: Arc::from(trimmed),
        place: place.clone(),
        wanted,
        hashes: Vec::new(),
        editable: Editable::No,
        depth: Depth::Own,
    })
}
