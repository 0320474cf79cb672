//! Describes a distribution of the target graph as data for packaging.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use buildfile::Data;
use camino::{Utf8Component, Utf8Path};
use model::{DependencySpecifier, InterpreterConstraints, Platform, RepoPath, RequiresDist};
use targets::imports::{ImportCache, Strength, Strings};
use targets::kinds::Role;
use targets::modules::default_modules;
use targets::{DistributionContents, DistributionFile, TargetGraph, TargetId, UnmatchedGlobs};
use wheel::EntryPoints;

use crate::error::GoalError;
use crate::packaging::artifact::{FieldMistake, artifact, license_files};
use crate::packaging::{Formats, OwnBackend, OwnedFile, PackagedDistribution, PackagedFiles};
use crate::session::Session;
use model::Place;

/// Describes the distributions of one repository.
pub(super) struct Describer<'g> {
    pub(super) session: &'g Session,
    pub(super) graph: &'g TargetGraph<'g>,
    pub(super) imports: &'g ImportCache,
}

impl Describer<'_> {
    /// A distribution, and the others that it requires.
    pub(super) fn describe(
        &self,
        id: TargetId,
    ) -> Result<(PackagedDistribution, Vec<TargetId>), GoalError> {
        let target = self.graph.target(id);
        // This is without any platform. What platforms add comes next.
        let common = self.graph.distribution(id, "")?;
        let OnPlatforms {
            files,
            first_party,
            unmatched,
        } = self.on_platforms(id, &common)?;
        let (artifact, long_description) =
            artifact(&common.provides).map_err(|mistake| self.mistaken(id, "provides", mistake))?;
        let license_files = license_files(&common.provides);
        let text = |field: &str| self.graph.field(id, field).and_then(Data::as_str);
        let switch = |field: &str| {
            let value = self.graph.field(id, field).and_then(Data::as_bool);
            value.unwrap_or(true)
        };
        let own_backend = if switch("generate_setup") {
            None
        } else {
            Some(self.own_backend(id)?)
        };
        let others = first_party.iter().map(|id| &self.graph.target(*id).address);
        let distribution = PackagedDistribution {
            address: target.address.to_string(),
            folder: target.dir.to_string(),
            place: self.place(id, "provides"),
            artifact,
            long_description,
            license_files: license_files.map_err(|error| self.mistaken(id, "provides", error))?,
            long_description_path: text("long_description_path").map(str::to_owned),
            entry_points: self.entry_points(id)?,
            entry_points_place: match self.graph.field(id, "entry_points") {
                Some(_) => self.place(id, "entry_points"),
                None => self.place(id, "provides"),
            },
            formats: Formats {
                wheel: switch("wheel"),
                sdist: switch("sdist"),
            },
            output_path: self.output_path(id)?,
            python_tag: self.python_tag(id),
            interpreter_constraints: self.interpreter_constraints(&common)?,
            requirements: common
                .requirements
                .iter()
                .map(|specifier| required(specifier, &target.address))
                .collect::<Result<_, _>>()?,
            first_party: others.map(ToString::to_string).collect(),
            resolve: common.resolve,
            files,
            unmatched,
            own_backend,
            imports: Vec::new(),
            provided: BTreeSet::new(),
        };
        Ok((distribution, first_party))
    }

    /// Adds what the distribution's code imports, and the modules that its requirements provide.
    pub(super) fn collect_imports(
        &self,
        id: TargetId,
        distribution: &mut PackagedDistribution,
    ) -> Result<(), GoalError> {
        let root = self.session.root();
        for file in distribution.files.of_all_platforms() {
            if !file.member.ends_with(".py") {
                continue;
            }
            let path = Utf8Path::new(&file.path);
            let source = fs_err::read(root.join(path));
            let source = source.map_err(|error| GoalError::file("read", path, &error))?;
            let folder = RepoPath::new(&file.member).folder();
            let package = folder.replace('/', ".");
            let imports = self.imports.imports(&source, Strings::Skip).imports;
            let strong = imports
                .iter()
                .filter(|import| import.strength == Strength::Strong);
            distribution.imports.extend(strong.filter_map(|import| {
                Some(wheel::MemberImport {
                    member: file.member.clone(),
                    line: import.line,
                    module: import.absolute(&package)?.into_owned(),
                })
            }));
        }
        for requirement in self.graph.transitive_dependencies(&[id])? {
            if self.graph.target(requirement).role() == Role::Requirement {
                let modules = self.graph.provided_modules(requirement).into_iter();
                distribution.provided.extend(modules.map(Cow::into_owned));
            }
        }
        Ok(())
    }

    /// The files of the distribution, and the others that it requires, on any platform.
    fn on_platforms(
        &self,
        id: TargetId,
        common: &DistributionContents,
    ) -> Result<OnPlatforms, GoalError> {
        let mut first_party: BTreeSet<TargetId> = common.first_party.iter().copied().collect();
        let mut unmatched = common.unmatched.clone();
        let mut platforms = BTreeMap::new();
        for name in &common.platforms {
            let platform: Platform = name.parse().map_err(|error: model::PlatformError| {
                GoalError::failure(error.to_string()).at(self.place(id, "dependencies"))
            })?;
            let there = self.graph.distribution(id, name)?;
            first_party.extend(&there.first_party);
            unmatched.extend(there.unmatched);
            platforms.insert(platform, there.files);
        }
        unmatched.sort_by(|a, b| a.place.cmp(&b.place));
        unmatched.dedup();
        // The resources of another distribution make no difference here.
        let files = if platforms.values().all(|files| *files == common.files) {
            PackagedFiles::Any(self.with_inits(&common.files))
        } else {
            let shipped = platforms.iter();
            let shipped = shipped.map(|(platform, files)| (*platform, self.with_inits(files)));
            PackagedFiles::ByPlatform(shipped.collect())
        };
        Ok(OnPlatforms {
            files,
            first_party: first_party.into_iter().collect(),
            unmatched,
        })
    }

    fn with_inits(&self, files: &[DistributionFile]) -> Vec<OwnedFile> {
        self.shipped(files.iter().map(|file| &*file.path))
    }

    /// The files with the `__init__.py` files above them: without those, even if they are empty,
    /// the files could not be imported.
    fn shipped<'p>(&self, paths: impl Iterator<Item = &'p str>) -> Vec<OwnedFile> {
        let mut files = BTreeSet::new();
        for path in paths {
            files.insert(path.to_owned());
            files.extend(self.init_files_above(path));
        }
        let file = |path: String| OwnedFile {
            member: self.graph.stripped(&path).to_owned(),
            path,
        };
        files.into_iter().map(file).collect()
    }

    /// The `__init__.py` of every folder from a file's own up to its source root.
    fn init_files_above(&self, path: &str) -> Vec<String> {
        let root = path.len() - self.graph.stripped(path).len();
        let tree = self.graph.repository().tree();
        path[root..]
            .match_indices('/')
            .map(|(at, _)| &path[..root + at])
            .flat_map(|folder| {
                ["__init__.py", "__init__.pyi"].map(|name| format!("{folder}/{name}"))
            })
            .filter(|init| tree.has_file(init))
            .collect()
    }

    fn entry_points(&self, id: TargetId) -> Result<EntryPoints, GoalError> {
        let mut points = EntryPoints::default();
        for (group, name, value) in self.graph.resolved_entry_points(id)? {
            points.insert(&group, &name, &value).map_err(|error| {
                self.mistaken(id, "entry_points", FieldMistake::new(error.to_string()))
            })?;
        }
        Ok(points)
    }

    /// The folder of its archives below the output folder.
    fn output_path(&self, id: TargetId) -> Result<String, GoalError> {
        let field = self.graph.field(id, "output_path").and_then(Data::as_str);
        let path = field.unwrap_or_default();
        let stays = |part| matches!(part, Utf8Component::Normal(_) | Utf8Component::CurDir);
        match Utf8Path::new(path).components().all(stays) {
            true => Ok(path.to_owned()),
            false => Err(GoalError::failure(format!(
                "`output_path` of {} leads out of the output folder: `{path}`",
                self.graph.target(id).address
            ))
            .at(self.place(id, "output_path"))
            .hint("write a path relative to it; `--out-dir` says where that is")),
        }
    }

    /// `wheel_config_settings={"--global-option": ["--python-tag", "py37.py38"]}`
    fn python_tag(&self, id: TargetId) -> Option<String> {
        let settings = self.graph.field(id, "wheel_config_settings")?;
        let options = settings.get("--global-option")?.strings();
        let at = options
            .iter()
            .position(|option| *option == "--python-tag")?;
        options.get(at + 1).map(|tag| (*tag).to_owned())
    }

    /// The constraints of the distribution, or of its first source with its own, or of the resolve.
    fn interpreter_constraints(
        &self,
        distribution: &DistributionContents,
    ) -> Result<Option<InterpreterConstraints>, GoalError> {
        let owners = distribution
            .files
            .iter()
            .flat_map(|file| self.graph.owners_of_file(&file.path));
        for id in std::iter::once(distribution.target).chain(owners) {
            let own = texts(self.graph, id, "interpreter_constraints");
            if !own.is_empty() {
                let parsed = InterpreterConstraints::parse(&own);
                return parsed.map(Some).map_err(|error| {
                    let place = self.place(id, "interpreter_constraints");
                    GoalError::failure(error.to_string()).at(place)
                });
            }
        }
        let resolve = distribution.resolve.as_deref().unwrap_or_default();
        Ok(self
            .session
            .settings
            .interpreter_constraints(resolve)
            .ok()
            .cloned())
    }

    /// The inputs of a build backend: all files of the repository that the distribution reaches.
    fn own_backend(&self, id: TargetId) -> Result<OwnBackend, GoalError> {
        let closure = self.graph.transitive_dependencies(&[id])?;
        let sources = closure
            .iter()
            .filter_map(|id| self.graph.target(*id).source.as_deref());
        let inside = self.graph.path_in_folder(id, "pyproject.toml");
        let folder = RepoPath::new(self.graph.stripped(&inside)).folder();
        Ok(OwnBackend {
            folder: folder.to_owned(),
            sources: self.shipped(sources),
        })
    }

    fn mistaken(&self, id: TargetId, field: &str, mistake: FieldMistake) -> GoalError {
        mistake
            .error(&self.graph.target(id).address)
            .at(self.place(id, field))
    }

    /// The place of a field of a target.
    fn place(&self, id: TargetId, field: &str) -> Place {
        match self.graph.declaration(id) {
            Some(declaration) => declaration.call.field_place(field),
            None => Place::file(""),
        }
    }
}

/// The distribution on all platforms together.
struct OnPlatforms {
    files: PackagedFiles,
    first_party: Vec<TargetId>,
    unmatched: Vec<UnmatchedGlobs>,
}

/// A requirement as core metadata has it.
fn required(
    specifier: &DependencySpecifier,
    distribution: &str,
) -> Result<RequiresDist, GoalError> {
    specifier.requires_dist().cloned().ok_or_else(|| {
        GoalError::failure(format!(
            "{distribution} requires `{}`, which only this machine has",
            specifier.spelling()
        ))
        .at(specifier.place().clone())
        .hint("who installs the distribution needs a version or a URL")
    })
}

/// The modules of a project in the table of well-known projects.
pub(super) fn modules_of(project: &str) -> Vec<String> {
    let (modules, _) = default_modules(project);
    modules
        .into_iter()
        .map(|module| module.into_owned())
        .collect()
}

fn texts<'a>(graph: &'a TargetGraph<'_>, id: TargetId, field: &str) -> Vec<&'a str> {
    graph
        .field(id, field)
        .map(Data::strings)
        .unwrap_or_default()
}
