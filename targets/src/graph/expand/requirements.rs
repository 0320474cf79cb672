//! Targets of third-party requirements: declared one by one, read from a file, or Pants' own.

use std::sync::Arc;

use super::builder::{TargetBuilder, TargetParts};
use super::overrides::{Overridden, OverrideKeys, Overrides, ProjectModules, is_same_project};
use super::parametrize::ParameterChoice;
use super::site::DeclarationSite;
use crate::error::Error;
use crate::graph::requirements::ResolveRequirement;
use crate::graph::target::ResolveId;
use crate::kinds::RequirementsFormat;
use crate::projects::InferredRepository;
use crate::repository::Repository;
use crate::requirements::{
    Depth, Editable, PdmTables, ProjectTable, PyprojectTables, RequirementLine, RequirementsError,
    RequirementsFile, RequirementsReader, is_uv_root, read_pipfile_lock, read_pyproject,
    read_requirements_txt, reason,
};
use crate::tree::join;
use buildfile::Data;
use model::{Place, ProjectReference, RepoPath, RequirementSource};

/// Adds the targets of a `python_requirement`.
pub(super) fn declared<'r>(
    builder: &mut TargetBuilder<'r>,
    site: &DeclarationSite<'r>,
) -> Result<(), Error> {
    for choice in builder.choices(site)? {
        let value = choice.get("requirements");
        let Some(value) = value.or(site.declaration.get("requirements")) else {
            return Err(Error::Invalid {
                message: "`python_requirement` needs `requirements`".to_owned(),
                place: site.declaration.call.place(),
                hint: Some("for example `requirements=[\"attrs>=23\"]`".to_owned()),
            });
        };
        let lines = lines_of_field(site, value)?;
        let parts = TargetParts::of_declaration(site, choice);
        require(builder, site, parts, lines)?;
    }
    Ok(())
}

/// Adds a generator, a target for its file, and one for each project that the file names.
pub(super) fn of_file<'r>(
    builder: &mut TargetBuilder<'r>,
    site: &DeclarationSite<'r>,
    (default, format): (&str, RequirementsFormat),
) -> Result<(), Error> {
    let within = site.declaration.text("source").unwrap_or(default);
    let path = join(&site.dir.path, within);
    let file = Arc::new(read(builder, site, (&path, format))?);
    let names = file.requirements.iter();
    let names: Vec<&str> = names
        .filter_map(|line| line.specifier.name_spelling())
        .collect();
    let about = Overridden {
        kind: "python_requirement",
        options: builder.options(),
        keys: OverrideKeys::Projects,
        names: &names,
    };
    let overrides = Overrides::of(site, &about)?;
    let modules = ProjectModules::of(site, "module_mapping");
    let stubs = ProjectModules::of(site, "type_stubs_module_mapping");
    for choice in builder.generator_choices(site)? {
        let resolve = builder.resolve_of(site, &choice)?;
        let file = match is_locked_elsewhere(builder, site, resolve) {
            true => Arc::new(file.published()),
            false => Arc::clone(&file),
        };
        let name = builder.targets.name_of_resolve(resolve);
        let file = match (&builder.options().inferred, name) {
            (Some(inferred), Some(name)) => inferred.part_of(name, (&path, &file)),
            _ => Arc::clone(&file),
        };
        let projects = Projects::of(&file);
        builder.targets.requirement_files.push((resolve, file));
        builder.generator(site, &choice, |builder, generator| {
            let base = site.address_of_file(within);
            let kind = "_generator_sources_helper";
            let mut helper = TargetParts::of_kind(builder.options(), (base, kind), choice.clone());
            helper.source = Some(Arc::from(path.as_str()));
            helper.generator = Some(generator);
            builder.push(site, helper)?;
            for (name, lines) in &projects.named {
                for mut choice in overrides.apply(site, &choice, name, OverrideKeys::Projects)? {
                    // An override may require something else.
                    let lines = match choice.get("requirements") {
                        Some(value) => lines_of_field(site, value)?,
                        None => lines.clone(),
                    };
                    choice.set_default("requirements", spellings(&lines));
                    for (field, modules) in [("modules", &modules), ("type_stub_modules", &stubs)] {
                        if let Some(modules) = modules.get(name) {
                            choice.set_default(field, modules.clone());
                        }
                    }
                    let parts = TargetParts::of_kind(
                        builder.options(),
                        (site.address_of_part(name), "python_requirement"),
                        choice,
                    );
                    let generator = Some(generator);
                    require(builder, site, TargetParts { generator, ..parts }, lines)?;
                }
            }
            for line in &projects.without_target {
                let choices = match line.specifier.name_spelling() {
                    Some(name) => overrides.apply(site, &choice, name, OverrideKeys::Projects)?,
                    None => vec![choice.clone()],
                };
                request(builder, site, line, &choices)?;
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// Whether the requirements of an inferred project are in a lock that is not its own.
fn is_locked_elsewhere(
    builder: &TargetBuilder<'_>,
    site: &DeclarationSite<'_>,
    resolve: ResolveId,
) -> bool {
    let inferred = builder.repository().options().inferred.as_ref();
    let name = builder.targets.name_of_resolve(resolve);
    let (Some(inferred), Some(name)) = (inferred, name) else {
        return false;
    };
    inferred.is_locked_elsewhere(&site.dir.path, name)
}

/// Adds a generator, and a target for each of Pants' packages.
pub(super) fn of_pants<'r>(
    builder: &mut TargetBuilder<'r>,
    site: &DeclarationSite<'r>,
) -> Result<(), Error> {
    let version = &builder.options().pants_version;
    if version.is_empty() {
        return Err(Error::Invalid {
            message: "`pants_requirements` needs to know Pants' version".to_owned(),
            place: site.declaration.call.place(),
            hint: Some("set `pants_version` under `[GLOBAL]`".to_owned()),
        });
    }
    let mut packages = vec![("pantsbuild.pants", "pants")];
    if site.declaration.get("testutil").and_then(Data::as_bool) != Some(false) {
        packages.push(("pantsbuild.pants.testutil", "pants.testutil"));
    }
    for choice in builder.generator_choices(site)? {
        builder.generator(site, &choice, |builder, generator| {
            for (name, module) in &packages {
                let text = format!("{name}=={version}");
                let line = Arc::new(line(&text, site.declaration.call.place())?);
                let mut choice = choice.clone();
                let module = Data::List([Data::Str(Arc::from(*module))].into());
                choice.set_default("requirements", spellings(&[Arc::clone(&line)]));
                choice.set_default("modules", module);
                let base = site.address_of_part(name);
                let mut parts =
                    TargetParts::of_kind(builder.options(), (base, "python_requirement"), choice);
                parts.generator = Some(generator);
                require(builder, site, parts, vec![line])?;
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// The lines of a file, by what becomes of them.
struct Projects {
    /// Those of which targets are made, by the name of the target: however a project is spelt,
    /// it has one, called by its first spelling.
    named: Vec<(String, Vec<Arc<RequirementLine>>)>,
    /// Pants makes no targets of lines without a name, of development installs, nor of included
    /// files.
    without_target: Vec<Arc<RequirementLine>>,
}

impl Projects {
    fn of(file: &RequirementsFile) -> Self {
        let mut projects = Self {
            named: Vec::new(),
            without_target: Vec::new(),
        };
        for line in &file.requirements {
            let plain = line.depth == Depth::Own && line.editable == Editable::No;
            match line.specifier.name_spelling().filter(|_| plain) {
                Some(name) => {
                    let part = target_part(name);
                    let mut named = projects.named.iter_mut();
                    let same = named.find(|(have, _)| is_same_project(have, name));
                    match same {
                        Some((_, lines)) => lines.push(Arc::clone(line)),
                        None => projects.named.push((part, vec![Arc::clone(line)])),
                    }
                }
                None => projects.without_target.push(Arc::clone(line)),
            }
        }
        projects
    }
}

/// Adds a `python_requirement`, for its resolve too.
fn require<'r>(
    builder: &mut TargetBuilder<'r>,
    site: &DeclarationSite<'r>,
    parts: TargetParts,
    lines: Vec<Arc<RequirementLine>>,
) -> Result<(), Error> {
    let pushed = match parts.generator {
        Some(_) => builder.push_generated(site, parts)?,
        None => Some(builder.push(site, parts)?),
    };
    let Some(id) = pushed else {
        return Ok(());
    };
    let target = builder.targets.get(id);
    if let Some(resolve) = target.resolve {
        let address = Arc::clone(&target.address);
        let requested = lines.iter().map(|line| {
            let requirement = ResolveRequirement {
                line: Arc::clone(line),
                target: Arc::clone(&address),
            };
            (resolve, requirement)
        });
        builder.targets.requested.extend(requested);
    }
    builder.targets.required.insert(id, lines);
    Ok(())
}

/// Asks for a line of which no target is made, in the resolves of these choices.
fn request<'r>(
    builder: &mut TargetBuilder<'r>,
    site: &DeclarationSite<'r>,
    line: &Arc<RequirementLine>,
    choices: &[ParameterChoice],
) -> Result<(), Error> {
    for choice in choices {
        let requirement = ResolveRequirement {
            line: Arc::clone(line),
            target: Arc::from(site.address()),
        };
        let resolve = builder.resolve_of(site, choice)?;
        builder.targets.requested.push((resolve, requirement));
    }
    Ok(())
}

/// Reads the file that a target of requirements names.
fn read(
    builder: &TargetBuilder<'_>,
    site: &DeclarationSite<'_>,
    (path, format): (&str, RequirementsFormat),
) -> Result<RequirementsFile, Error> {
    let repository = builder.repository();
    let text = repository.read(path).map_err(|error| Error::Invalid {
        message: format!(
            "cannot read the requirements of `{}`: {}",
            site.address(),
            reason(&error)
        ),
        place: site.place("source"),
        hint: Some(match error.kind() {
            std::io::ErrorKind::InvalidData => format!("save `{path}` as UTF-8"),
            _ => format!("create `{path}`, or name another file as `source`"),
        }),
    })?;
    let read = |path: &str| repository.read(path);
    let reader = RequirementsReader {
        read: &read,
        env: &repository.options().env,
    };
    let is_project = RepoPath::new(path).file_name() == "pyproject.toml";
    let file = match format {
        RequirementsFormat::Pipenv => read_pipfile_lock(path, &text),
        RequirementsFormat::Standard if !is_project => read_requirements_txt(path, &text, &reader),
        format => {
            let project =
                match format != RequirementsFormat::Standard && is_read_by_other(builder, path) {
                    true => ProjectTable::Skipped,
                    false => ProjectTable::Read,
                };
            read_pyproject_file(
                repository,
                (path, &text),
                PyprojectTables::of(format, project),
            )
        }
    };
    let mut file = file.map_err(Error::Requirements)?;
    if let Some(inferred) = &repository.options().inferred {
        file.requirements
            .retain(|line| !is_first_party(inferred, line));
    }
    Ok(file)
}

/// Reads a `pyproject.toml` with the root of its workspace.
fn read_pyproject_file(
    repository: &Repository,
    (path, text): (&str, &str),
    tables: PyprojectTables<'_>,
) -> Result<RequirementsFile, RequirementsError> {
    let format = tables.format;
    let pdm = match repository.options().inferred {
        Some(_) => PdmTables::Read,
        None => tables.pdm,
    };
    let above = RepoPath::new(RepoPath::new(path).folder()).folders();
    let above = above.map(|folder| join(folder, "pyproject.toml"));
    let mut above = above.filter(|_| format == RequirementsFormat::Uv);
    let root = above.find_map(|path| {
        let text = repository.read(&path).ok()?;
        is_uv_root(&text).then_some((path, text))
    });
    let uv_root = root
        .as_ref()
        .map(|(path, text)| (path.as_str(), text.as_str()));
    let tables = PyprojectTables {
        pdm,
        uv_root,
        ..tables
    };
    read_pyproject((path, text), &tables)
}

/// Whether a line requires a project of the repository, which no index is asked for.
fn is_first_party(inferred: &InferredRepository, line: &RequirementLine) -> bool {
    match line.specifier.project() {
        ProjectReference::Named(requirement) => inferred.has_distribution(&requirement.name),
        ProjectReference::Unnamed {
            source: RequirementSource::Path { path, .. },
            ..
        } => inferred.has_project(path.as_str()),
        ProjectReference::Unnamed { .. } => false,
    }
}

/// Whether a `python_requirements` target reads a file, so that no other adds the same again.
fn is_read_by_other(builder: &TargetBuilder<'_>, path: &str) -> bool {
    let mut declarations = builder.repository().declarations();
    declarations.any(|(dir, declaration)| {
        &*declaration.kind == "python_requirements"
            && declaration
                .text("source")
                .is_some_and(|source| join(&dir.path, source) == path)
    })
}

/// The requirements in the field of a BUILD file.
fn lines_of_field(
    site: &DeclarationSite<'_>,
    value: &Data,
) -> Result<Vec<Arc<RequirementLine>>, Error> {
    let texts = value.strings().into_iter();
    texts
        .map(|text| {
            let place = site.declaration.call.text_place("requirements", text);
            line(text, place).map(Arc::new)
        })
        .collect()
}

/// A requirement that stands at `place`.
fn line(text: &str, place: Place) -> Result<RequirementLine, Error> {
    RequirementLine::plain(text, place.clone()).map_err(|error| {
        let before = &text[..error.offset.min(text.len())];
        let place = place.further(before.chars().count());
        Error::Requirements(RequirementsError::new(error.reason, place))
    })
}

/// The field `requirements` of a target.
fn spellings(lines: &[Arc<RequirementLine>]) -> Data {
    let texts = lines.iter().map(|line| line.specifier.spelling());
    Data::List(texts.map(|text| Data::Str(Arc::clone(text))).collect())
}

/// The last part of the address of a generated requirement: case and dots stay, runs of other
/// characters become `-`.
fn target_part(name: &str) -> String {
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
