//! Which distributions are asked for, and what the target graph says of them.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8Path;
use model::InterpreterConstraints;
use rayon::prelude::*;
use targets::data::{Data, Object};
use targets::imports::{ImportCache, Strength, Strings};
use targets::kinds::Role;
use targets::modules::default_modules;
use targets::query::{Dependents, Filter, Specs};
use targets::{Graph, TargetId};

use crate::error::CommandError;
use crate::graph::{Workspace, changed_files};
use crate::packaging::artifact::{Mistake, artifact, entry_points};
use crate::packaging::ownership::{Ownership, place, role, spec_error, texts};
use crate::packaging::{Distribution, Files, Formats, OwnBackend, OwnedFile};
use crate::session::Session;

/// What `package` is told to build.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Choice<'a> {
    pub(crate) specs: &'a [String],
    pub(crate) tags: &'a [String],
    pub(crate) changed_since: Option<&'a str>,
    /// Whether verification needs to know what is imported.
    pub(crate) imports: Imports,
}

/// Whether imports are collected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Imports {
    Collected,
    Skipped,
}

/// Distributions of a repository, some of them asked for.
#[derive(Debug, Default)]
pub(crate) struct Selected {
    /// Those asked for and those that they require.
    pub(crate) all: Vec<Distribution>,
    /// Positions in `all` of those asked for.
    pub(crate) asked: Vec<usize>,
    /// Binaries that were asked for, which are not built yet.
    pub(crate) binaries: Vec<Binary>,
}

/// A `pex_binary` or `scie_binary`.
#[derive(Debug)]
pub(crate) struct Binary {
    pub(crate) kind: String,
    pub(crate) address: String,
    /// Whether it was named, not only matched by a pattern.
    pub(crate) named: bool,
}

impl Selected {
    /// Those asked for.
    pub(crate) fn distributions(&self) -> impl Iterator<Item = &Distribution> {
        self.asked.iter().map(|at| &self.all[*at])
    }
}

/// Reads the repository and finds what is asked for.
pub(crate) fn select(session: &Session, choice: Choice<'_>) -> Result<Selected, CommandError> {
    let workspace = Workspace::load_for_no_platform(session)?;
    let graph = workspace.graph()?;
    let selected = Selection::new(session, &graph, workspace.imports()).select(choice);
    workspace.finish(session, &graph);
    selected
}

pub(super) struct Selection<'g> {
    session: &'g Session,
    graph: &'g Graph<'g>,
    imports: &'g ImportCache,
    ownership: Ownership<'g>,
}

impl<'g> Selection<'g> {
    pub(super) fn new(
        session: &'g Session,
        graph: &'g Graph<'g>,
        imports: &'g ImportCache,
    ) -> Self {
        Self {
            session,
            graph,
            imports,
            ownership: Ownership::new(graph),
        }
    }

    pub(super) fn select(&self, choice: Choice<'_>) -> Result<Selected, CommandError> {
        let chosen = self.chosen(choice)?;
        let is = |id: &TargetId, wanted: Role| role(self.graph, *id) == Some(wanted);
        let asked: Vec<TargetId> = chosen
            .iter()
            .copied()
            .filter(|id| is(id, Role::Distribution))
            .collect();
        let binaries: Vec<Binary> = chosen
            .iter()
            .filter(|id| is(id, Role::Binary))
            .map(|id| self.binary(*id, choice.specs))
            .collect();
        if asked.is_empty() && binaries.is_empty() && choice.changed_since.is_none() {
            return Err(self.nothing_to_build(choice));
        }
        let mut distributions = self.with_required(&asked)?;
        if choice.imports == Imports::Collected {
            distributions
                .par_iter_mut()
                .try_for_each(|(id, distribution)| self.collect_imports(*id, distribution))?;
        }
        let position = |id: &TargetId| distributions.keys().position(|it| it == id);
        Ok(Selected {
            asked: asked.iter().filter_map(position).collect(),
            all: distributions.into_values().collect(),
            binaries,
        })
    }

    /// The targets that are asked for.
    fn chosen(&self, choice: Choice<'_>) -> Result<Vec<TargetId>, CommandError> {
        let from = self.session.working_folder()?;
        let from = from
            .strip_prefix(self.session.root())
            .map_or("", |it| it.as_str());
        let specs = Specs::parse(choice.specs.iter().map(String::as_str), from);
        let mut chosen = if specs.is_empty() {
            self.ownership.distributions().to_vec()
        } else {
            specs
                .select(self.graph)
                .map_err(|error| spec_error(&error))?
        };
        if let Some(revision) = choice.changed_since {
            let changed = changed_files(self.session, revision)?
                .targets(self.graph, Dependents::Transitive)?;
            let changed: BTreeSet<TargetId> = changed.into_iter().collect();
            chosen.retain(|id| changed.contains(id));
        }
        let filter = Filter::new(choice.tags, &[]);
        chosen.retain(|id| filter.accepts(self.graph, *id));
        Ok(chosen)
    }

    fn binary(&self, id: TargetId, specs: &[String]) -> Binary {
        let target = self.graph.target(id);
        let address = target.address.to_string();
        Binary {
            kind: target.kind.to_string(),
            named: specs
                .iter()
                .any(|spec| spec.trim_start_matches("//") == address.trim_start_matches("//")),
            address,
        }
    }

    fn nothing_to_build(&self, choice: Choice<'_>) -> CommandError {
        if self.ownership.distributions().is_empty() {
            return CommandError::failure("there is nothing to build: no BUILD file declares a `python_distribution`")
                .hint("declare one: `python_distribution(name=\"dist\", dependencies=[…], provides=python_artifact(name=\"…\"))`");
        }
        let what = if choice.tags.is_empty() {
            ""
        } else {
            " with these tags"
        };
        CommandError::failure(format!(
            "there is no `python_distribution`{what} among {}",
            choice.specs.join(" ")
        ))
        .hint("`cargo xtask package` alone builds every distribution")
    }

    /// The distributions and, from them on, those that they require.
    fn with_required(
        &self,
        asked: &[TargetId],
    ) -> Result<BTreeMap<TargetId, Distribution>, CommandError> {
        let mut known = BTreeMap::new();
        let mut wave: Vec<TargetId> = asked.to_vec();
        while !wave.is_empty() {
            self.ownership.prefetch(&wave);
            let described: Vec<_> = wave
                .par_iter()
                .map(|id| (*id, self.describe(*id)))
                .collect();
            wave.clear();
            for (id, described) in described {
                let (distribution, others) = described?;
                known.insert(id, distribution);
                wave.extend(others);
            }
            wave.retain(|id| !known.contains_key(id));
            wave.sort_unstable();
            wave.dedup();
        }
        Ok(known)
    }

    /// A distribution as data, and the others that it requires.
    fn describe(&self, id: TargetId) -> Result<(Distribution, BTreeSet<TargetId>), CommandError> {
        let target = self.graph.target(id);
        let owned = self.ownership.owned(id)?;
        let at = |field| place(self.graph, id, field);
        let mistaken = |field| move |mistake: Mistake| mistake.error(&target.address).at(at(field));
        let provides = self.provides(id)?;
        let (artifact, long_description) = artifact(provides).map_err(mistaken("provides"))?;
        let points = entry_points(self.graph.field(id, "entry_points"), provides, |address| {
            self.entry_point(id, address)
        });
        let text = |field: &str| {
            self.graph
                .field(id, field)
                .and_then(Data::as_str)
                .map(str::to_owned)
        };
        let switch = |field: &str| {
            self.graph
                .field(id, field)
                .and_then(Data::as_bool)
                .unwrap_or(true)
        };
        let formats = Formats {
            wheel: switch("wheel"),
            sdist: switch("sdist"),
        };
        if !formats.wheel && !formats.sdist {
            return Err(CommandError::failure(format!(
                "{} is built as nothing: both `wheel` and `sdist` are `False`",
                target.address
            ))
            .at(at("wheel"))
            .hint("leave one of them out"));
        }
        let own_backend = if switch("generate_setup") {
            None
        } else {
            Some(self.own_backend(id)?)
        };
        let others = owned
            .others
            .iter()
            .map(|other| self.graph.target(*other).address.to_string());
        let distribution = Distribution {
            address: target.address.to_string(),
            folder: target.dir.to_string(),
            place: at("provides"),
            artifact,
            long_description,
            long_description_path: text("long_description_path"),
            entry_points: points.map_err(mistaken("entry_points"))?,
            formats,
            output_path: text("output_path").unwrap_or_default(),
            python_tag: self.python_tag(id),
            interpreter_constraints: self.interpreter_constraints(id, &owned.common)?,
            resolve: owned
                .common
                .iter()
                .find_map(|it| self.graph.resolve_name(*it))
                .map(str::to_owned),
            requirements: self.requirements(id, &owned.common)?,
            first_party: others.collect(),
            files: self.files(&owned.common, &owned.platforms),
            own_backend,
            imports: Vec::new(),
            provided: BTreeSet::new(),
        };
        Ok((distribution, owned.others))
    }

    fn provides(&self, id: TargetId) -> Result<&Object, CommandError> {
        match self.graph.field(id, "provides") {
            Some(Data::Object(object)) => Ok(object),
            _ => Err(CommandError::failure(format!(
                "{} has no `provides`",
                self.graph.target(id).address
            ))
            .at(place(self.graph, id, "provides"))
            .hint("`provides=python_artifact(name=\"…\", version=\"…\")`")),
        }
    }

    /// `module:attribute` of the binary that an entry point names by address.
    fn entry_point(&self, id: TargetId, address: &str) -> Result<String, Mistake> {
        let found = Specs::parse([address], &self.graph.target(id).dir).select(self.graph);
        let found = found
            .map_err(|error| Mistake::with_hint(error.to_string(), error.candidates.first()))?;
        let binary = found
            .into_iter()
            .find(|it| role(self.graph, *it) == Some(Role::Binary));
        let point =
            binary.and_then(|it| Some((it, self.graph.field(it, "entry_point")?.as_str()?)));
        let Some((binary, point)) = point else {
            return Err(Mistake::new(format!(
                "the entry point `{address}` names no binary with an `entry_point`"
            )));
        };
        let (module, attribute) = match point.split_once(':') {
            Some((module, attribute)) => (module, Some(attribute)),
            None => (point, None),
        };
        let module = match module.strip_suffix(".py") {
            Some(_) => {
                let path = self.graph.path_in_folder(binary, module);
                self.graph
                    .stripped(&path)
                    .trim_end_matches(".py")
                    .replace('/', ".")
            }
            None => module.to_owned(),
        };
        Ok(attribute.map_or(module.clone(), |attribute| format!("{module}:{attribute}")))
    }

    /// `wheel_config_settings={"--global-option": ["--python-tag", "py37.py38"]}`
    fn python_tag(&self, id: TargetId) -> Option<String> {
        let options = self
            .graph
            .field(id, "wheel_config_settings")?
            .get("--global-option")?
            .strings();
        let at = options
            .iter()
            .position(|option| *option == "--python-tag")?;
        options.get(at + 1).map(|tag| (*tag).to_owned())
    }

    fn interpreter_constraints(
        &self,
        id: TargetId,
        owned: &[TargetId],
    ) -> Result<Option<InterpreterConstraints>, CommandError> {
        let own = std::iter::once(&id)
            .chain(owned)
            .map(|it| (*it, texts(self.graph, *it, "interpreter_constraints")));
        if let Some((target, own)) = own.into_iter().find(|(_, texts)| !texts.is_empty()) {
            let parsed = InterpreterConstraints::parse(&own);
            return parsed.map(Some).map_err(|error| {
                CommandError::failure(error.to_string()).at(place(
                    self.graph,
                    target,
                    "interpreter_constraints",
                ))
            });
        }
        let resolve = owned
            .iter()
            .find_map(|it| self.graph.resolve_name(*it))
            .unwrap_or_default();
        Ok(self
            .session
            .settings
            .interpreter_constraints(resolve)
            .ok()
            .cloned())
    }

    /// What a backend of its own works on: everything of the repository that the distribution reaches.
    fn own_backend(&self, id: TargetId) -> Result<OwnBackend, CommandError> {
        let closure = self.graph.transitive_dependencies(&[id])?;
        let inside = self.graph.path_in_folder(id, "pyproject.toml");
        let inside = self.graph.stripped(&inside);
        let folder = inside.rsplit_once('/').map_or("", |(folder, _)| folder);
        match self.files(&closure, &BTreeMap::new()) {
            Files::Any(sources) => Ok(OwnBackend {
                folder: folder.to_owned(),
                sources,
            }),
            Files::ByPlatform(_) => Err(CommandError::failure("its files depend on the platform")),
        }
    }

    /// Direct requirements of what is owned, without those that the distribution excludes with `!!`.
    fn requirements(&self, id: TargetId, owned: &[TargetId]) -> Result<Vec<String>, CommandError> {
        let closure: BTreeSet<TargetId> = self
            .graph
            .transitive_dependencies(&[id])?
            .into_iter()
            .collect();
        let mut requirements = BTreeSet::new();
        for it in owned {
            for dependency in self.graph.dependencies(*it)? {
                if closure.contains(&dependency)
                    && role(self.graph, dependency) == Some(Role::Requirement)
                {
                    requirements.extend(
                        texts(self.graph, dependency, "requirements")
                            .into_iter()
                            .map(str::to_owned),
                    );
                }
            }
        }
        Ok(requirements.into_iter().collect())
    }

    fn files(
        &self,
        common: &[TargetId],
        platforms: &BTreeMap<model::Platform, Vec<TargetId>>,
    ) -> Files {
        let file = |path: String| OwnedFile {
            member: self.graph.stripped(&path).to_owned(),
            path,
        };
        let files = |ids: &[TargetId]| -> BTreeSet<OwnedFile> {
            let sources = ids
                .iter()
                .filter_map(|id| self.graph.target(*id).source.as_deref());
            let with_inits = sources.flat_map(|path| {
                std::iter::once(path.to_owned()).chain(self.init_files_above(path))
            });
            with_inits.map(file).collect()
        };
        let common = files(common);
        if platforms.is_empty() {
            return Files::Any(common.into_iter().collect());
        }
        let of = |ids: &Vec<TargetId>| common.union(&files(ids)).cloned().collect();
        Files::ByPlatform(
            platforms
                .iter()
                .map(|(platform, ids)| (*platform, of(ids)))
                .collect(),
        )
    }
}

impl Selection<'_> {
    /// Notes what the distribution's code imports, and the modules that its requirements provide.
    fn collect_imports(
        &self,
        id: TargetId,
        distribution: &mut Distribution,
    ) -> Result<(), CommandError> {
        let root = self.session.root();
        for file in distribution.files.of_all_platforms() {
            if !file.member.ends_with(".py") {
                continue;
            }
            let path = Utf8Path::new(&file.path);
            let source = fs_err::read(root.join(path));
            let source = source.map_err(|error| CommandError::file("read", path, &error))?;
            let package = file
                .member
                .rsplit_once('/')
                .map_or("", |(folder, _)| folder)
                .replace('/', ".");
            let imports = self.imports.imports(&source, Strings::Skip).imports;
            let strong = imports
                .iter()
                .filter(|import| import.strength == Strength::Strong);
            distribution.imports.extend(strong.filter_map(|import| {
                Some(wheel::Import {
                    member: file.member.clone(),
                    line: import.line,
                    module: import.absolute(&package)?.into_owned(),
                })
            }));
        }
        for requirement in self.graph.transitive_dependencies(&[id])? {
            if role(self.graph, requirement) == Some(Role::Requirement) {
                distribution.provided.extend(self.provided(requirement));
            }
        }
        Ok(())
    }

    /// The modules that a requirement provides.
    fn provided(&self, requirement: TargetId) -> Vec<String> {
        let named =
            ["modules", "type_stub_modules"].map(|field| texts(self.graph, requirement, field));
        let named: Vec<String> = named.into_iter().flatten().map(str::to_owned).collect();
        if !named.is_empty() {
            return named;
        }
        let requirements = texts(self.graph, requirement, "requirements").into_iter();
        let projects = requirements.filter_map(|text| model::Requirement::parse_lenient(text).ok());
        projects
            .flat_map(|project| modules_of(project.name.as_str()))
            .collect()
    }

    /// The `__init__.py` of every folder from a file's own up to its source root: without them, even
    /// empty ones, what is shipped could not be imported.
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
}

/// The modules of a project by the table of well-known ones.
pub(crate) fn modules_of(project: &str) -> Vec<String> {
    let (modules, _) = default_modules(project);
    modules
        .into_iter()
        .map(|module| module.into_owned())
        .collect()
}
