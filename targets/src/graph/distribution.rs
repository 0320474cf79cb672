//! What each distribution ships and requires.
//!
//! A target belongs to the nearest distribution at or above its folder that depends on it. A
//! distribution requires what its own code imports, and every distribution that owns something
//! that it reaches.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use super::definitions::Definition;
use super::entry_points::EntryPointDeclaration;
use super::graph::{DistributionClosures, TargetGraph};
use super::inference::wanted_entry_points;
use super::target::TargetId;
use super::targets::UnmatchedGlobs;
use crate::error::Error;
use crate::kinds::{Content, Role};
use crate::options::SetupGeneration;
use buildfile::{Data, Object};
use model::{DependencySpecifier, Place, RepoPath};

/// A distribution, with what the graph says about it.
#[derive(Clone, Debug)]
pub struct DistributionContents {
    /// The `python_distribution` target.
    pub target: TargetId,
    /// What `provides` says.
    pub provides: Arc<Object>,
    /// The files that it ships, sorted by path.
    pub files: Vec<DistributionFile>,
    /// Resources that no package contains, and `files`: a build sees them, but nothing could find
    /// them where they would be installed.
    pub loose_files: Vec<DistributionFile>,
    /// Requirements of its own code on other projects, each spelling once.
    pub requirements: Vec<DependencySpecifier>,
    /// The distributions that own something that it reaches.
    pub first_party: Vec<TargetId>,
    /// The platforms that it has resources for; none if it is the same on all.
    pub platforms: Vec<Arc<str>>,
    /// The resolve of its code.
    pub resolve: Option<String>,
    /// Patterns of its resources that match no file.
    pub unmatched: Vec<UnmatchedGlobs>,
}

/// The group, name and value of an entry point.
type ResolvedEntryPoint = (String, String, String);

/// A file that a distribution ships.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DistributionFile {
    /// Relative to the repository root.
    pub path: Arc<str>,
    /// Relative to its source root: where it is installed.
    pub member: String,
    /// What it is.
    pub content: FileContent,
}

/// What a shipped file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileContent {
    /// Python code.
    Python,
    /// A resource.
    Resource,
}

impl TargetGraph<'_> {
    /// What a distribution ships and requires on a platform, such as `linux_x86_64`.
    ///
    /// # Errors
    /// Code without an owner or with more than one, `install_requires` in `provides`, neither
    /// wheel nor sdist wanted, or a dependency that leads nowhere.
    pub fn distribution(
        &self,
        id: TargetId,
        platform: &str,
    ) -> Result<DistributionContents, Error> {
        let provides = self.provides(id)?;
        let closures = self.closures(platform)?;
        let mut files = BTreeSet::new();
        let mut requirements: Vec<DependencySpecifier> = Vec::new();
        let mut first_party = BTreeSet::new();
        let mut platforms = BTreeSet::new();
        let mut resolve = None;
        let mut unmatched = BTreeMap::new();
        let mut loose_files = BTreeSet::new();
        let generates_setup = self.generates_setup(id);
        let excluded: Vec<TargetId> = self
            .own_explicit(id)?
            .transitive_ignores
            .iter()
            .flat_map(|id| self.targets().expanded(*id))
            .collect();
        for reached in reached_by(&closures, id) {
            if self.target(reached).role() == Role::PlatformResources {
                platforms.extend(self.mapped_platforms(reached));
            }
            if let Some((generator, patterns)) = self.unmatched(reached)
                && self
                    .owner(reached, &closures, id)
                    .is_ok_and(|owner| owner == id)
            {
                unmatched.insert(generator, patterns.clone());
            }
            self.refuse_generated(id, reached)?;
            let Some(content) = self.shipped(reached) else {
                if !self.is_distribution(reached) {
                    loose_files.extend(self.own_file(reached, FileContent::Resource));
                    continue;
                }
                // A distribution owns itself.
                if reached == id {
                    self.collect_requirements(id, &excluded, &mut requirements)?;
                } else {
                    first_party.insert(reached);
                }
                continue;
            };
            let owner = match self.owner(reached, &closures, id) {
                // A set-up of the distribution's own decides itself what is shipped.
                Err(_) if !generates_setup => id,
                owner => owner?,
            };
            if owner != id {
                first_party.insert(owner);
                continue;
            }
            files.extend(self.own_file(reached, content));
            if content == FileContent::Python {
                resolve = resolve.or_else(|| self.resolve_name(reached).map(str::to_owned));
            }
            self.collect_requirements(reached, &excluded, &mut requirements)?;
        }
        let packages = self.packages(&files);
        let (files, loose): (Vec<DistributionFile>, Vec<DistributionFile>) = files
            .into_iter()
            .partition(|file| !generates_setup || file.is_in(&packages));
        loose_files.extend(loose);
        Ok(DistributionContents {
            target: id,
            provides,
            files,
            loose_files: loose_files.into_iter().collect(),
            requirements: match generates_setup {
                true => requirements,
                false => Vec::new(),
            },
            first_party: first_party.into_iter().collect(),
            platforms: platforms.into_iter().collect(),
            resolve,
            unmatched: unmatched.into_values().collect(),
        })
    }

    /// The folders that are packages: those with code, and those above it that have an `__init__.py`, which is shipped
    /// with the code.
    fn packages(&self, files: &BTreeSet<DistributionFile>) -> BTreeSet<String> {
        let tree = self.repository().tree();
        let mut packages = BTreeSet::new();
        for file in files.iter().filter(|file| file.member.ends_with(".py")) {
            let root = file.path.strip_suffix(file.member.as_str()).unwrap_or("");
            let folder = RepoPath::new(&file.member).folder();
            packages.insert(folder.to_owned());
            let above = folder.match_indices('/').map(|(at, _)| &folder[..at]);
            let is_package = |folder: &&str| {
                let inits = ["__init__.py", "__init__.pyi"];
                inits
                    .iter()
                    .any(|name| tree.has_file(&format!("{root}{folder}/{name}")))
            };
            packages.extend(above.filter(is_package).map(str::to_owned));
        }
        packages
    }

    /// Whether the set-up of a distribution follows from its target, not from files of its own.
    #[must_use]
    pub fn generates_setup(&self, id: TargetId) -> bool {
        let default = self.repository().options().generate_setup_default;
        let own = self.field(id, "generate_setup").and_then(Data::as_bool);
        own.unwrap_or(default == SetupGeneration::Generated)
    }

    /// The file of a target.
    fn own_file(&self, id: TargetId, content: FileContent) -> Option<DistributionFile> {
        let own = self.target(id).source.clone();
        let path = own.or_else(|| self.targets().generated_file(id).map(Arc::from))?;
        Some(DistributionFile {
            member: self.stripped(&path).to_owned(),
            path,
            content,
        })
    }

    /// The entry points of a distribution as `module:function`: those that name a binary become
    /// what the binary starts. Group, name and value.
    ///
    /// # Errors
    /// An address that leads nowhere, or to something without an entry point.
    pub fn resolved_entry_points(&self, id: TargetId) -> Result<Vec<ResolvedEntryPoint>, Error> {
        let entries = self.entry_points(id).into_iter();
        entries
            .map(|entry| self.resolved_entry_point(id, &entry))
            .collect()
    }

    /// The entry points that a test finds in its folder, as `module:function`: those that it asks for. Distribution,
    /// then group, name and value.
    ///
    /// # Errors
    /// See [`TargetGraph::resolved_entry_points`].
    pub fn entry_points_for(
        &self,
        test: TargetId,
    ) -> Result<Vec<(TargetId, ResolvedEntryPoint)>, Error> {
        let distributions = match self
            .targets()
            .texts(test, "stevedore_namespaces")
            .is_empty()
        {
            true => Vec::new(),
            false => self.distributions(),
        };
        let wanted = wanted_entry_points(self.targets(), test, &distributions)?;
        let resolved = wanted.into_iter().map(|(distribution, entry)| {
            let resolved = self.resolved_entry_point(distribution, &entry)?;
            Ok((distribution, resolved))
        });
        resolved.collect()
    }

    fn resolved_entry_point(
        &self,
        id: TargetId,
        entry: &EntryPointDeclaration<'_>,
    ) -> Result<ResolvedEntryPoint, Error> {
        let value = match entry.target {
            None => entry.value.to_owned(),
            Some(address) => {
                let binary = self.targets().entry_point_target(id, address)?;
                self.started(id, binary, address)?
            }
        };
        Ok((entry.group.to_owned(), entry.name.to_owned(), value))
    }

    /// Circles of distributions that require each other, each once.
    ///
    /// # Errors
    /// See [`TargetGraph::distribution`].
    pub fn distribution_cycles(&self, platform: &str) -> Result<Vec<Vec<TargetId>>, Error> {
        let mut required = Vec::new();
        for id in self.distributions() {
            required.push((id, self.distribution(id, platform)?.first_party));
        }
        let mut search = CycleSearch {
            required: &required,
            path: Vec::new(),
            done: BTreeSet::new(),
            cycles: Vec::new(),
        };
        for (id, _) in &required {
            search.visit(*id);
        }
        Ok(search.cycles)
    }

    /// What `provides` says, checked.
    fn provides(&self, id: TargetId) -> Result<Arc<Object>, Error> {
        let address = &self.target(id).address;
        let error = |message: String, field: &str, hint: Option<&str>| Error::Distribution {
            message,
            place: self.place(id, field),
            hint: hint.map(str::to_owned),
        };
        let Some(Data::Object(provides)) = self.field(id, "provides") else {
            let message = format!("`{address}` does not say what it provides");
            let hint = Some("add `provides=python_artifact(name=\"…\", version=\"…\")`");
            return Err(error(message, "provides", hint));
        };
        if provides.get("install_requires").is_some() {
            let message = format!(
                "`install_requires` in `provides` of `{address}`: it follows from the imports of the code"
            );
            let hint = Some(
                "remove it; requirements that imports do not show go into the `dependencies` of the code",
            );
            return Err(error(message, "provides", hint));
        }
        let off = |field| self.field(id, field).and_then(Data::as_bool) == Some(false);
        if off("wheel") && off("sdist") {
            let message = format!("`{address}` builds neither a wheel nor a source distribution");
            return Err(error(
                message,
                "wheel",
                Some("set `wheel` or `sdist` to `True`"),
            ));
        }
        Ok(Arc::clone(provides))
    }

    /// Fails for a target of which files would be generated that the distribution ships: they cannot
    /// be made yet, and a distribution without them would not work.
    fn refuse_generated(&self, id: TargetId, reached: TargetId) -> Result<(), Error> {
        let target = self.target(reached);
        if self.targets().generated_file(reached).is_some() {
            return Ok(());
        }
        let Some(what) = self.generated_code(reached) else {
            return Ok(());
        };
        Err(Error::Distribution {
            message: format!(
                "`{}` needs {what}, to be generated of `{}`, and code is not generated yet",
                self.target(id).address,
                target.address
            ),
            place: self.place(reached, "name"),
            hint: Some(
                "generate the files, keep them in the repository, and let `python_sources` or `resources` own them".to_owned(),
            ),
        })
    }

    /// What Pants would generate of a target, in words; `None` of one of which it generates nothing.
    #[must_use]
    pub fn generated_code(&self, id: TargetId) -> Option<String> {
        let target = self.target(id);
        let modules = Definition::of(target);
        let modules = modules.map(|definition| definition.modules(self.targets(), id));
        let wraps = matches!(
            &*target.kind,
            "experimental_wrap_as_python_sources"
                | "experimental_wrap_as_resources"
                | "python_format_string"
                | "vcs_version"
        );
        match &modules {
            Some(modules) if !modules.is_empty() => Some(format!("`{}`", modules.join("`, `"))),
            _ if wraps => Some("files".to_owned()),
            _ => None,
        }
    }

    /// What a target contributes to a distribution.
    fn shipped(&self, id: TargetId) -> Option<FileContent> {
        if let Some(path) = self.targets().generated_file(id) {
            return Some(match path.ends_with(".py") {
                true => FileContent::Python,
                false => FileContent::Resource,
            });
        }
        self.target(id).source.as_ref()?;
        if self.target(id).is_python() {
            return Some(FileContent::Python);
        }
        self.target(id)
            .is_file_of(Content::Resource)
            .then_some(FileContent::Resource)
    }

    /// Patterns that match no file: of the `resources` that generate a file, or of those themselves
    /// where they generate none.
    fn unmatched(&self, id: TargetId) -> Option<(TargetId, &UnmatchedGlobs)> {
        let generator = self.target(id).generator.unwrap_or(id);
        let patterns = self.targets().unmatched.get(&generator)?;
        let content = match self.target(generator).role() {
            Role::Files { content, .. } => Some(content),
            _ => None,
        };
        (content == Some(Content::Resource)).then_some((generator, patterns))
    }

    /// The distribution that owns a target which `user` reaches.
    fn owner(
        &self,
        id: TargetId,
        closures: &DistributionClosures,
        user: TargetId,
    ) -> Result<TargetId, Error> {
        let dir = &self.target(id).dir;
        let above = |other: &str| {
            other.is_empty()
                || **dir == *other
                || dir
                    .strip_prefix(other)
                    .is_some_and(|rest| rest.starts_with('/'))
        };
        let mut candidates: Vec<TargetId> = closures
            .iter()
            .filter(|(distribution, reached)| {
                reached.contains(id) && above(&self.target(*distribution).dir)
            })
            .map(|(distribution, _)| *distribution)
            .collect();
        let depth = |candidate: &TargetId| self.target(*candidate).dir.len();
        let nearest = candidates.iter().map(depth).max();
        candidates.retain(|candidate| Some(depth(candidate)) == nearest);
        match candidates.as_slice() {
            [one] => Ok(*one),
            [] => Err(Error::Distribution {
                message: format!(
                    "no distribution owns `{}`, which `{}` needs",
                    self.target(id).address,
                    self.target(user).address
                ),
                place: self.owned_place(id),
                hint: Some(format!(
                    "declare a `python_distribution` in `{dir}` or above it that depends on `{}`",
                    self.target(id).address
                )),
            }),
            several => Err(Error::Distribution {
                message: format!(
                    "more than one distribution owns `{}`: `{}`",
                    self.target(id).address,
                    self.targets().addresses(several).join("`, `")
                ),
                place: self.owned_place(id),
                hint: Some(
                    "let only one of them depend on it, or move one to another folder".to_owned(),
                ),
            }),
        }
    }

    fn owned_place(&self, id: TargetId) -> Place {
        match &self.target(id).source {
            Some(path) => Place::file(Arc::clone(path)),
            None => self.place(id, "name"),
        }
    }

    /// Adds the requirements that a target depends on, and those that requirements depend on.
    fn collect_requirements(
        &self,
        id: TargetId,
        excluded: &[TargetId],
        into: &mut Vec<DependencySpecifier>,
    ) -> Result<(), Error> {
        let mut waiting = VecDeque::from(self.dependencies(id)?);
        let mut seen = BTreeSet::new();
        while let Some(other) = waiting.pop_front() {
            if excluded.contains(&other)
                || self.target(other).role() != Role::Requirement
                || !seen.insert(other)
            {
                continue;
            }
            waiting.extend(self.dependencies(other)?);
            for line in self.required_by(other) {
                let spelling = line.specifier.spelling();
                if into.iter().all(|have| have.spelling() != spelling) {
                    into.push(line.specifier.clone());
                }
            }
        }
        Ok(())
    }

    /// The platforms that a `platform_resources` target has something for.
    fn mapped_platforms(&self, id: TargetId) -> Vec<Arc<str>> {
        let pairs = self.field(id, "dependency_map").and_then(Data::as_dict);
        let names = pairs
            .into_iter()
            .flatten()
            .filter_map(|(name, _)| match name {
                Data::Str(name) => Some(Arc::clone(name)),
                _ => None,
            });
        names.collect()
    }

    /// What a binary starts, as `module:function`.
    fn started(&self, id: TargetId, binary: TargetId, address: &str) -> Result<String, Error> {
        let entry_point = self.field(binary, "entry_point").and_then(Data::as_str);
        let Some(entry_point) = entry_point else {
            return Err(Error::Distribution {
                message: format!("`{address}` has no `entry_point` that could be started"),
                place: self.targets().text_place(id, "entry_points", address),
                hint: Some("name a `pex_binary` with an `entry_point`".to_owned()),
            });
        };
        let (module, function) = entry_point.split_once(':').unwrap_or((entry_point, ""));
        let module = if module.ends_with(".py") {
            self.targets()
                .module_of_file(binary, "entry_point", module)?
        } else {
            module.to_owned()
        };
        Ok(match function {
            "" => module,
            function => format!("{module}:{function}"),
        })
    }
}

impl DistributionFile {
    /// Whether it is shipped with these packages: code always, anything else below a package.
    fn is_in(&self, packages: &BTreeSet<String>) -> bool {
        let mut above = self
            .member
            .match_indices('/')
            .map(|(at, _)| &self.member[..at]);
        self.member.ends_with(".py") || above.any(|folder| packages.contains(folder))
    }
}

/// What one distribution reaches, itself included.
fn reached_by(closures: &DistributionClosures, id: TargetId) -> impl Iterator<Item = TargetId> {
    let own = closures
        .iter()
        .find(|(distribution, _)| *distribution == id);
    own.into_iter().flat_map(|(_, reached)| reached.iter())
}

/// A depth-first search that notes each circle it runs into.
struct CycleSearch<'r> {
    required: &'r [(TargetId, Vec<TargetId>)],
    path: Vec<TargetId>,
    done: BTreeSet<TargetId>,
    cycles: Vec<Vec<TargetId>>,
}

impl CycleSearch<'_> {
    fn visit(&mut self, id: TargetId) {
        if let Some(at) = self.path.iter().position(|on_path| *on_path == id) {
            self.cycles.push(self.path[at..].to_vec());
            return;
        }
        if !self.done.insert(id) {
            return;
        }
        self.path.push(id);
        let required = self.required.iter().find(|(of, _)| *of == id);
        for other in required.into_iter().flat_map(|(_, others)| others) {
            self.visit(*other);
        }
        self.path.pop();
    }
}
