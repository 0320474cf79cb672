//! Describes a distribution of the target graph as data for packaging.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use buildfile::{Data, Object};
use camino::{Utf8Component, Utf8Path};
use model::{
    DependencySpecifier, InterpreterConstraints, PackageName, Platform, RepoPath, RequiresDist,
    VersionFile,
};
use targets::imports::{ImportCache, Strength, Strings};
use targets::kinds::Role;
use targets::modules::default_modules;
use targets::{DistributionContents, DistributionFile, TargetGraph, TargetId, UnmatchedGlobs};
use wheel::EntryPoints;
use wheel::rules::Artifact;

use crate::error::GoalError;
use crate::packaging::artifact::{FieldMistake, ProvidedArtifact, artifact, license_files};
use crate::packaging::generated::{GeneratedFiles, generated_files};
use crate::packaging::project;
use crate::packaging::{
    DataFile, DeclaredProject, Formats, OwnBackend, OwnedFile, PackagedDistribution, PackagedFiles,
    ProjectVersion, WheelOptions,
};
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
            mut files,
            first_party,
            unmatched,
        } = self.on_platforms(id, &common)?;
        self.refuse_unreadable(id, &files)?;
        let settings = &self.session.settings.package;
        let loose_files: Vec<OwnedFile> = common.loose_files.iter().map(owned).collect();
        let mut own_backend = self.own_backend(id, &common)?;
        let declared = own_backend.as_ref().map(|own| self.declared(own));
        if let (Some(own), Some(declared)) = (&mut own_backend, &declared) {
            own.finds_version = declared.version == ProjectVersion::OfBackend;
        }
        let provided = match artifact(&common.provides, &settings.provides_fields) {
            Ok(provided) => provided,
            // A backend of the distribution's own reads other files.
            Err(_) if own_backend.is_some() && common.provides.get("ext_modules").is_none() => {
                self.name_and_version(&common.provides)
            }
            Err(mistake) => return Err(self.mistaken(id, "provides", mistake)),
        };
        let mut artifact = self.named(id, declared, provided.artifact)?;
        if let (None, Some(file)) = (&artifact.version, &provided.version_file) {
            artifact.version = Some(self.version_in(id, file)?);
        }
        artifact.license = artifact.license.or_else(|| settings.license.clone());
        let license_files = license_files(&common.provides);
        let text = |field: &str| self.graph.field(id, field).and_then(Data::as_str);
        let switch = |field: &str| {
            let value = self.graph.field(id, field).and_then(Data::as_bool);
            value.unwrap_or(true)
        };
        let others = first_party.iter().map(|id| &self.graph.target(*id).address);
        let known = files.of_all_platforms();
        let installed = InstalledFiles {
            known: known.iter().chain(&loose_files),
            scripts: &provided.scripts,
            headers: &provided.headers,
            data_files: &provided.data_files,
        };
        let data_files = installed
            .find()
            .map_err(|mistake| self.mistaken(id, "provides", mistake))?;
        files.leave_out(&provided.excluded_data);
        let distribution = PackagedDistribution {
            address: target.address.to_string(),
            folder: target.dir.to_string(),
            place: self.place(id, "provides"),
            artifact,
            data_files,
            namespace_packages: provided.namespace_packages,
            long_description: provided.long_description,
            extension_modules: provided.extension_modules,
            license_files: license_files.map_err(|error| self.mistaken(id, "provides", error))?,
            long_description_path: text("long_description_path")
                .map(str::to_owned)
                .or(provided.long_description_path),
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
            wheel_options: match own_backend {
                Some(_) => WheelOptions::default(),
                None => self.wheel_options(id)?,
            },
            interpreter_constraints: self.interpreter_constraints(&common)?,
            requirements: common
                .requirements
                .iter()
                .map(|specifier| required(specifier, &target.address))
                .collect::<Result<_, _>>()?,
            first_party: others.map(ToString::to_string).collect(),
            resolve: common.resolve,
            files,
            loose_files,
            generated: self.generated(id)?,
            unmatched,
            own_backend,
            imports: Vec::new(),
            syntax_errors: Vec::new(),
            provided: BTreeSet::new(),
        };
        Ok((distribution, first_party))
    }

    /// The files that are generated of what the distribution reaches.
    fn generated(&self, id: TargetId) -> Result<GeneratedFiles, GoalError> {
        let graph = self.graph;
        // Most repositories have none.
        if !graph.all().any(|id| graph.generated_file(id).is_some()) {
            return Ok(GeneratedFiles::new());
        }
        generated_files(self.session, graph, graph.transitive_dependencies(&[id])?)
    }

    /// No pattern matches a name that is not UTF-8, so its file would be missing without a word.
    fn refuse_unreadable(&self, id: TargetId, files: &PackagedFiles) -> Result<(), GoalError> {
        let target = self.graph.target(id);
        let tree = self.graph.repository().tree();
        let all = files.of_all_platforms();
        let folders = all.iter().map(|file| RepoPath::new(&file.path).folder());
        let folders: BTreeSet<&str> = folders.chain([&*target.dir]).collect();
        for folder in folders {
            let names = tree.dir(folder).map(|dir| dir.unreadable.as_slice());
            if let Some(name) = names.unwrap_or_default().first() {
                return Err(GoalError::failure(format!(
                    "cannot build {}: the name of `{}` is not UTF-8, so that no pattern matches it",
                    target.address,
                    RepoPath::new(folder).join(name)
                ))
                .at(self.place(id, "provides"))
                .hint("rename the file, or remove it"));
            }
        }
        Ok(())
    }

    /// The name and the version in `provides`, whatever else is there.
    fn name_and_version(&self, provides: &Object) -> ProvidedArtifact {
        let text = |key: &str| provides.get(key).and_then(Data::as_str).map(str::to_owned);
        ProvidedArtifact {
            artifact: Artifact {
                name: text("name").unwrap_or_default(),
                version: text("version"),
                ..Artifact::default()
            },
            ..ProvidedArtifact::default()
        }
    }

    /// The artifact with a name and a version: those of the project's own files where `provides`
    /// has none.
    fn named(
        &self,
        id: TargetId,
        declared: Option<DeclaredProject>,
        mut artifact: Artifact,
    ) -> Result<Artifact, GoalError> {
        let has_project = declared.is_some();
        if let Some(declared) = declared {
            if let Some(conflict) = declared.conflict(&artifact) {
                self.session.warn(format_args!(
                    "{}: {}: {conflict}: what is built has the project's; leave it out of `provides`",
                    self.place(id, "provides"),
                    self.graph.target(id).address
                ));
            }
            if artifact.name.is_empty() {
                artifact.name = declared.name.unwrap_or_default();
            }
            if let (None, ProjectVersion::Written(version)) = (&artifact.version, declared.version)
            {
                artifact.version = Some(version);
            }
        }
        match (artifact.name.is_empty(), has_project) {
            (false, _) => Ok(artifact),
            (true, false) => {
                let mistake = FieldMistake::new("`provides` gives no `name`");
                Err(self.mistaken(id, "provides", mistake))
            }
            (true, true) => Err(self
                .mistaken(
                    id,
                    "provides",
                    FieldMistake::new("neither `provides` nor its project gives a `name`"),
                )
                .hint("add `name` to `[project]` in its pyproject.toml, or to `provides`")),
        }
    }

    /// The version in a file: what it assigns to `__version__`, or its whole text.
    fn version_in(&self, id: TargetId, file: &str) -> Result<String, GoalError> {
        let path = self.graph.path_in_folder(id, file);
        let text = fs_err::read_to_string(self.session.root().join(&path)).map_err(|error| {
            GoalError::file("read the version file", Utf8Path::new(&path), &error)
                .at(self.place(id, "provides"))
        })?;
        Ok(VersionFile::parse(&text).version().to_owned())
    }

    /// The name and the version that the project's own files declare.
    fn declared(&self, own: &OwnBackend) -> DeclaredProject {
        let member = |name: &str| {
            let member = RepoPath::new(&own.folder).join(name);
            let file = own.sources.iter().find(|file| file.member == member)?;
            fs_err::read_to_string(self.session.root().join(&file.path)).ok()
        };
        DeclaredProject::read(&member)
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
            let source = match distribution.generated.get(&file.path) {
                Some(content) => Ok(content.to_vec()),
                None => fs_err::read(root.join(path)),
            };
            let source = source.map_err(|error| GoalError::file("read", path, &error))?;
            let folder = RepoPath::new(&file.member).folder();
            let package = folder.replace('/', ".");
            let found = self.imports.imports(&source, Strings::Skip);
            distribution
                .syntax_errors
                .extend(found.syntax_error.as_ref().map(|(at, problem)| {
                    let before = source.iter().take(*at as usize);
                    let line = 1 + before.filter(|byte| **byte == b'\n').count();
                    (file.member.clone(), line, problem.clone())
                }));
            let strong = found
                .imports
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
        let mut seen = BTreeSet::new();
        for (group, name, value) in self.graph.resolved_entry_points(id)? {
            let mistaken =
                |message: String| self.mistaken(id, "entry_points", FieldMistake::new(message));
            if !seen.insert((group.clone(), name.clone())) {
                return Err(mistaken(format!(
                    "the entry point `{name}` of `{group}` is declared twice"
                )));
            }
            points
                .insert(&group, &name, &value)
                .map_err(|error| mistaken(error.to_string()))?;
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

    /// The inputs of the distribution's build backend, if it needs one: where its set-up is its
    /// own, or where what it ships has a project file at its top.
    fn own_backend(
        &self,
        id: TargetId,
        contents: &DistributionContents,
    ) -> Result<Option<OwnBackend>, GoalError> {
        let generates = self.graph.generates_setup(id);
        if !generates {
            let closure = self.graph.transitive_dependencies(&[id])?;
            let sources = closure.iter().filter_map(|id| {
                let own = self.graph.target(*id).source.as_deref();
                own.or_else(|| self.graph.generated_file(*id))
            });
            let mut paths: BTreeSet<String> = sources.map(str::to_owned).collect();
            let inits: Vec<String> = paths
                .iter()
                .flat_map(|path| self.init_files_above(path))
                .collect();
            paths.extend(inits);
            paths.extend(self.beside_project(&self.graph.target(id).dir));
            let roots = paths.iter().map(|path| {
                let root = &path[..path.len() - self.graph.stripped(path).len()];
                root.trim_end_matches('/').to_owned()
            });
            let roots: BTreeSet<String> = roots.collect();
            let unstripped = |path: String| OwnedFile {
                member: path.clone(),
                path,
            };
            let own = OwnBackend {
                folder: self.graph.target(id).dir.to_string(),
                source_roots: roots.into_iter().collect(),
                adds_setup_py: false,
                sources: paths.into_iter().map(unstripped).collect(),
                ..self.backend_options(id)
            };
            self.refuse_mypyc(id, Some(&own))?;
            return Ok(Some(own));
        }
        let mut sources = self.with_inits(&contents.files);
        sources.extend(contents.loose_files.iter().map(owned));
        let own = OwnBackend {
            folder: String::new(),
            source_roots: vec![String::new()],
            adds_setup_py: true,
            sources,
            ..self.backend_options(id)
        };
        let compiles = contents.provides.get("ext_modules").is_some();
        if !compiles && !self.has_project(&own) {
            self.refuse_mypyc(id, None)?;
            return Ok(None);
        }
        Ok(Some(own))
    }

    /// Where targets follow from projects: all that a project's folder has, since its backend chooses of that, and what
    /// git ignores, which hatch looks for in the folders above too.
    fn beside_project(&self, folder: &str) -> Vec<String> {
        let repository = self.graph.repository();
        if repository.options().inferred.is_none() {
            return Vec::new();
        }
        let dirs = repository.tree().below(folder);
        let files = dirs.flat_map(|dir| {
            let file = |name: &Arc<str>| RepoPath::new(&dir.path).join(name);
            dir.files.iter().map(file)
        });
        let above = Utf8Path::new(folder).ancestors();
        let ignoring = above.map(|dir| RepoPath::new(dir.as_str()).join(".gitignore"));
        let ignoring = ignoring.filter(|path| repository.tree().has_file(path));
        files.chain(ignoring).collect()
    }

    /// Whether the top of a tree has a file that says how to build it, or what is built.
    fn has_project(&self, own: &OwnBackend) -> bool {
        let top = |name: &str, says_so: fn(&str) -> bool| {
            let file = own.sources.iter().find(|file| file.member == name);
            let text = file
                .and_then(|file| fs_err::read_to_string(self.session.root().join(&file.path)).ok());
            text.is_some_and(|text| says_so(&text))
        };
        top("pyproject.toml", project::is_project) || top("setup.cfg", project::is_setup_cfg)
    }

    /// What the target says to a build backend.
    fn backend_options(&self, id: TargetId) -> OwnBackend {
        let settings = |field: &str| {
            let value = self.graph.field(id, field).and_then(Data::as_dict);
            let pairs = value.into_iter().flatten().filter_map(|(key, value)| {
                let value = match value {
                    Data::Str(text) => serde_json::Value::from(&**text),
                    other => serde_json::Value::from(other.strings()),
                };
                Some((key.as_str()?.to_owned(), value))
            });
            let map: serde_json::Map<String, serde_json::Value> = pairs.collect();
            match map.is_empty() {
                true => serde_json::Value::Null,
                false => serde_json::Value::Object(map),
            }
        };
        let variables = ["env_vars", "build_backend_env_vars"]
            .into_iter()
            .flat_map(|field| texts(self.graph, id, field));
        // A name alone passes the variable on, which happens anyway.
        let variables = variables.filter_map(|text| text.split_once('='));
        OwnBackend {
            folder: String::new(),
            sources: Vec::new(),
            adds_setup_py: false,
            source_roots: Vec::new(),
            wheel_settings: settings("wheel_config_settings"),
            sdist_settings: settings("sdist_config_settings"),
            variables: variables
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            finds_version: false,
        }
    }

    /// mypyc compiles in the build backend, which must bring it along.
    fn refuse_mypyc(&self, id: TargetId, own: Option<&OwnBackend>) -> Result<(), GoalError> {
        let uses = self.graph.field(id, "uses_mypyc").and_then(Data::as_bool);
        if uses != Some(true) {
            return Ok(());
        }
        let provides = self.graph.distribution(id, "")?.provides;
        let name = self.name_and_version(&provides).artifact.name;
        if own.is_some_and(|own| self.requires_mypy(own, &name)) {
            return Ok(());
        }
        let mistake = FieldMistake::new("`uses_mypyc` adds no mypy to the build here");
        Err(self.mistaken(id, "uses_mypyc", mistake).hint(format!(
            "set `generate_setup=False`, and name mypy in `requires` of `[build-system]` in its \
             pyproject.toml, or in the settings: `[build] extra_dependencies = {{ {name} = [\"mypy\"] }}`"
        )))
    }

    /// Whether a build requires mypy: its project says so, or the settings.
    fn requires_mypy(&self, own: &OwnBackend, name: &str) -> bool {
        let extra = &self.session.settings.build.extra_dependencies;
        let project = name.parse::<PackageName>().ok();
        let extra = project.and_then(|project| extra.get(&project));
        let mut extra = extra.into_iter().flatten();
        if extra.any(|requirement| requirement.name.as_str() == "mypy") {
            return true;
        }
        let member = RepoPath::new(&own.folder).join("pyproject.toml");
        let file = own.sources.iter().find(|file| file.member == member);
        let text =
            file.and_then(|file| fs_err::read_to_string(self.session.root().join(&file.path)).ok());
        text.is_some_and(|text| text.contains("mypy"))
    }

    pub(super) fn mistaken(&self, id: TargetId, field: &str, mistake: FieldMistake) -> GoalError {
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

/// Where the files are that `scripts`, `headers` and `data_files` name.
struct InstalledFiles<'a, I> {
    /// The files that the distribution has.
    known: I,
    scripts: &'a [String],
    headers: &'a [String],
    data_files: &'a [(String, Vec<String>)],
}

impl<'a, I: Iterator<Item = &'a OwnedFile> + Clone> InstalledFiles<'_, I> {
    fn find(self) -> Result<Vec<DataFile>, FieldMistake> {
        let mut found = Vec::new();
        for script in self.scripts {
            found.push(self.file("scripts", "scripts", script)?);
        }
        for header in self.headers {
            found.push(self.file("headers", "headers", header)?);
        }
        for (folder, files) in self.data_files {
            for file in files {
                let place = RepoPath::new("data").join(folder.trim_matches('/'));
                found.push(self.file("data_files", place.trim_end_matches('/'), file)?);
            }
        }
        Ok(found)
    }

    fn file(&self, field: &str, folder: &str, name: &str) -> Result<DataFile, FieldMistake> {
        let mut known = self.known.clone();
        let file = known.find(|file| file.member == name).ok_or_else(|| FieldMistake {
            message: format!("`{field}` names `{name}`, which is not among what it depends on"),
            hint: Some("add it to `dependencies` as `resources` or `files`; its path counts from the source root".to_owned()),
        })?;
        Ok(DataFile {
            path: file.path.clone(),
            place: format!("{folder}/{}", RepoPath::new(name).split().1),
        })
    }
}

fn owned(file: &DistributionFile) -> OwnedFile {
    OwnedFile {
        path: file.path.to_string(),
        member: file.member.clone(),
    }
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
