//! The target graph: every target, its direct dependencies, and what they add up to.
//!
//! Dependencies are computed on demand and in parallel, so that a question about one
//! distribution parses only the sources that it reaches.

mod distribution;
mod entry_points;
mod expand;
mod explicit;
mod infer;
mod lookup;
mod overrides;
mod owners;
mod parametrize;
mod roots;
mod sources;
mod target;
mod visibility;

use std::borrow::Cow;
use std::sync::{Arc, Mutex, OnceLock};

use rayon::prelude::*;
use rustc_hash::FxHashMap;

pub use distribution::{Distribution, OwnedFile, Shipped};
pub use entry_points::EntryPoint;
pub use expand::Unmatched;
pub(crate) use owners::project_name;
pub use target::{Target, TargetId};
pub use visibility::{Action, Violation};

use crate::imports::ImportCache;
use crate::kinds::Role;
use crate::options::Switch;
use crate::repository::{BuildDir, Declaration, Error, Repository, Warning, join};
use buildfile::Data;
use expand::{Targets, is_shared, own_value};
use explicit::Explicit;
use owners::ModuleMap;
use roots::SourceRoots;
use target::{Origin, ids};
use visibility::Visibility;

/// The targets of a repository and their dependencies.
#[derive(Debug)]
pub struct Graph<'r> {
    repository: &'r Repository,
    cache: &'r ImportCache,
    targets: Targets,
    roots: SourceRoots,
    /// Files and owners, sorted.
    by_file: Vec<(Arc<str>, TargetId)>,
    modules: OnceLock<ModuleMap>,
    visibility: Option<Visibility>,
    direct: Vec<OnceLock<Result<Box<[TargetId]>, Error>>>,
    init_owners: Vec<OnceLock<Box<[TargetId]>>>,
    explicit: Mutex<FxHashMap<explicit::Key, Arc<Explicit>>>,
    closures: Mutex<FxHashMap<String, Arc<distribution::Closures>>>,
    warnings: Mutex<Vec<Warning>>,
}

impl<'r> Graph<'r> {
    /// Runs all declarations; sources are read when their dependencies are asked for.
    ///
    /// # Errors
    /// A declaration that makes no sense, or a requirement file that cannot be read.
    pub fn build(repository: &'r Repository, cache: &'r ImportCache) -> Result<Self, Error> {
        let targets = expand::expand(repository)?;
        let roots = SourceRoots::new(repository.tree(), repository.options());
        let mut by_file: Vec<(Arc<str>, TargetId)> = targets
            .all
            .iter()
            .enumerate()
            .filter_map(|(at, target)| {
                let id = TargetId(u32::try_from(at).unwrap_or(u32::MAX));
                Some((Arc::clone(target.source.as_ref()?), id))
            })
            .collect();
        by_file.sort_unstable();
        let mut graph = Self {
            repository,
            cache,
            direct: (0..targets.all.len()).map(|_| OnceLock::new()).collect(),
            init_owners: repository
                .tree()
                .dirs()
                .iter()
                .map(|_| OnceLock::new())
                .collect(),
            targets,
            roots,
            by_file,
            modules: OnceLock::new(),
            visibility: None,
            explicit: Mutex::default(),
            closures: Mutex::default(),
            warnings: Mutex::default(),
        };
        graph.visibility = Visibility::build(&graph)?;
        Ok(graph)
    }

    /// The repository.
    #[must_use]
    pub fn repository(&self) -> &'r Repository {
        self.repository
    }

    /// A target.
    #[must_use]
    pub fn target(&self, id: TargetId) -> &Target {
        &self.targets.all[id.index()]
    }

    /// All targets.
    pub fn all(&self) -> impl Iterator<Item = TargetId> + use<> {
        ids(&(0..u32::try_from(self.targets.all.len()).unwrap_or(u32::MAX)))
    }

    /// The value of a field of a target: its own, else that of its declaration. A generated
    /// target has its own fields and those that its generator shares.
    #[must_use]
    pub fn field(&self, id: TargetId, name: &str) -> Option<&Data> {
        let target = self.target(id);
        if let Some(value) = own_value(target.own.as_ref(), name) {
            return Some(value).filter(|value| !matches!(value, Data::None));
        }
        let declaration = self.declaration(id)?;
        if target.generator.is_some() && !is_shared(declaration.known, name) {
            return None;
        }
        declaration
            .get(name)
            .filter(|value| !matches!(value, Data::Parametrize(_)))
    }

    /// The tags of a target.
    #[must_use]
    pub fn tags(&self, id: TargetId) -> Vec<&str> {
        self.field(id, "tags")
            .map(Data::strings)
            .unwrap_or_default()
    }

    /// The name of a target's resolve.
    #[must_use]
    pub fn resolve_name(&self, id: TargetId) -> Option<&str> {
        let resolve = self.target(id).resolve?;
        self.targets
            .resolves
            .get(usize::from(resolve.0))
            .map(String::as_str)
    }

    /// What a generator generates; nothing for other targets.
    pub fn generated(&self, id: TargetId) -> impl Iterator<Item = TargetId> + use<> {
        ids(&self.target(id).generated)
    }

    /// The declaration that a target comes from.
    #[must_use]
    pub fn declaration(&self, id: TargetId) -> Option<&'r Declaration> {
        match self.target(id).origin {
            Origin::Declared { dir, at } => {
                let dir = self.repository.build_dirs().get(dir as usize)?;
                dir.declarations.get(at as usize)
            }
            Origin::Settings => None,
        }
    }

    /// The BUILD files of a folder.
    #[must_use]
    pub fn build_dir(&self, path: &str) -> Option<&'r BuildDir> {
        let dirs = self.repository.build_dirs();
        let at = dirs.binary_search_by(|dir| (*dir.path).cmp(path)).ok()?;
        dirs.get(at)
    }

    /// The targets that own a file.
    #[must_use]
    pub fn owners_of_file(&self, path: &str) -> Vec<TargetId> {
        let start = self.by_file.partition_point(|(file, _)| **file < *path);
        let owners = self.by_file[start..]
            .iter()
            .take_while(|(file, _)| **file == *path);
        owners.map(|(_, id)| *id).collect()
    }

    /// The generators that would own a file, if it existed.
    #[must_use]
    pub fn generators_of(&self, path: &str) -> Vec<TargetId> {
        let would_own = |id: &TargetId| {
            let target = self.target(*id);
            let Some(Role::Files { default, .. }) = target.known.map(|known| known.role) else {
                return false;
            };
            let within = match path.strip_prefix(&*target.dir) {
                Some(rest) if target.dir.is_empty() => rest,
                Some(rest) => match rest.strip_prefix('/') {
                    Some(rest) => rest,
                    None => return false,
                },
                None => return false,
            };
            let patterns = match self.field(*id, "sources") {
                Some(value) => sources::Patterns::of_field(value),
                None => sources::Patterns::of(default.iter().copied()),
            };
            patterns.would_match(within)
        };
        self.all().filter(would_own).collect()
    }

    /// The source roots in use.
    #[must_use]
    pub fn source_roots(&self) -> Vec<&str> {
        self.roots.all().into_iter().collect()
    }

    /// A path as imports and wheels see it: from its source root on.
    #[must_use]
    pub fn stripped<'p>(&self, path: &'p str) -> &'p str {
        self.roots.strip(path)
    }

    /// Warnings so far, sorted by place, each once.
    #[must_use]
    pub fn warnings(&self) -> Vec<Warning> {
        let mut warnings = self.repository.warnings().to_vec();
        warnings.extend(self.targets.warnings.iter().cloned());
        if let Ok(own) = self.warnings.lock() {
            warnings.extend(own.iter().cloned());
        }
        warnings.sort_by(|a, b| (&a.place, &a.message).cmp(&(&b.place, &b.message)));
        warnings.dedup();
        warnings
    }

    fn warn(&self, warning: Warning) {
        if let Ok(mut warnings) = self.warnings.lock() {
            warnings.push(warning);
        }
    }

    fn modules(&self) -> &ModuleMap {
        self.modules
            .get_or_init(|| ModuleMap::build(self, &self.roots))
    }

    /// The direct dependencies of a target as they are declared or inferred: generators stand
    /// for what they generate. Sorted by position, each once.
    ///
    /// # Errors
    /// A dependency that leads nowhere, a violated visibility rule.
    pub fn direct(&self, id: TargetId) -> Result<&[TargetId], Error> {
        match self.direct[id.index()].get_or_init(|| self.compute(id).map(Into::into)) {
            Ok(dependencies) => Ok(dependencies),
            Err(error) => Err(error.clone()),
        }
    }

    /// The direct dependencies of a `platform_resources` target on some platform.
    fn on_platform(&self, id: TargetId, platform: &str) -> Result<Vec<TargetId>, Error> {
        let explicit = self.explicit(id)?;
        let mut found = explicit.includes.clone();
        found.extend(self.platform(id, platform)?);
        found.retain(|other| !explicit.ignores.contains(other));
        Ok(found)
    }

    /// Computes the direct dependencies of many targets in parallel.
    fn prefetch(&self, ids: &[TargetId]) {
        if ids.len() < 4 {
            return;
        }
        ids.par_iter().with_min_len(4).for_each(|id| {
            self.direct[id.index()].get_or_init(|| self.compute(*id).map(Into::into));
        });
    }

    fn compute(&self, id: TargetId) -> Result<Vec<TargetId>, Error> {
        let target = self.target(id);
        if target.is_generator() {
            return Ok(self.generated(id).collect());
        }
        let explicit = self.explicit(id)?;
        let mut found = explicit.includes.clone();
        found.extend(self.special(id)?);
        if &*target.kind == "platform_resources" {
            found.extend(self.platform(id, &self.repository.options().platform)?);
        }
        if self.is_python(id) {
            self.infer_source(id, &explicit, &mut found)?;
        } else if self.repository.options().infer.entry_points == Switch::On {
            self.infer_entry_points(id, &explicit, &mut found)?;
        }
        self.requirement_files(id, &mut found);
        found.sort_unstable();
        found.dedup();
        found.retain(|other| !explicit.ignores.contains(other));
        if let Some(visibility) = &self.visibility {
            self.enforce(visibility, id, &found)?;
        }
        Ok(found)
    }

    /// A generated requirement depends on its file and on the lockfile of its resolve.
    fn requirement_files(&self, id: TargetId, into: &mut Vec<TargetId>) {
        let target = self.target(id);
        let Some(generator) = target
            .generator
            .filter(|_| &*target.kind == "python_requirement")
        else {
            return;
        };
        let first = TargetId(self.target(generator).generated.start);
        if &*self.target(first).kind != "_generator_sources_helper" {
            return;
        }
        into.push(first);
        let lockfile = self.resolve_name(id).and_then(|resolve| {
            let path = self.repository.options().resolves.get(resolve)?;
            let (dir, file) = path.rsplit_once('/').unwrap_or(("", path));
            let address = crate::address::of_file(dir, &format!("_{resolve}_lockfile"), file);
            self.targets.by_address.get(address.as_str()).copied()
        });
        into.extend(lockfile);
    }

    fn enforce(
        &self,
        visibility: &Visibility,
        id: TargetId,
        dependencies: &[TargetId],
    ) -> Result<(), Error> {
        let mut denied = Vec::new();
        for other in dependencies {
            let Some(violation) = visibility.check(self, id, *other)? else {
                continue;
            };
            let text = self.describe(&violation);
            match violation.action {
                Action::Deny => denied.push(text),
                _ => self.warn(Warning::new(text, None)),
            }
        }
        if denied.is_empty() {
            return Ok(());
        }
        Err(Error::Visibility(denied))
    }

    /// A violation in words.
    #[must_use]
    pub fn describe(&self, violation: &Violation) -> String {
        let kind = |id: TargetId| {
            let declared = self.declaration(id).map(|it| Arc::clone(&it.kind));
            declared.unwrap_or_else(|| Arc::clone(&self.target(id).kind))
        };
        format!(
            "`{}` ({}) must not depend on `{}` ({}): {}",
            self.target(violation.from).address,
            kind(violation.from),
            self.target(violation.to).address,
            kind(violation.to),
            violation.rule
        )
    }

    /// What a reference to a target stands for: what a generator generates, else itself.
    pub(crate) fn expanded(&self, id: TargetId) -> impl Iterator<Item = TargetId> + use<> {
        let range = self.target(id).generated.clone();
        let own = range.is_empty().then_some(id);
        ids(&range).chain(own)
    }

    /// The direct dependencies of a target, with generators replaced by what they generate.
    ///
    /// # Errors
    /// See [`Graph::direct`].
    pub fn dependencies(&self, id: TargetId) -> Result<Vec<TargetId>, Error> {
        let direct = self.direct(id)?;
        let mut all: Vec<TargetId> = direct.iter().flat_map(|it| self.expanded(*it)).collect();
        all.sort_unstable();
        all.dedup();
        Ok(all)
    }

    /// Everything that the targets need, without what `!!` excludes.
    ///
    /// # Errors
    /// See [`Graph::direct`].
    pub fn transitive_dependencies(&self, roots: &[TargetId]) -> Result<Vec<TargetId>, Error> {
        self.closure_on(roots, &self.repository.options().platform)
    }

    /// Everything that the targets need on a platform, without what `!!` excludes.
    fn closure_on(&self, roots: &[TargetId], platform: &str) -> Result<Vec<TargetId>, Error> {
        let mut seen = vec![false; self.targets.all.len()];
        let mut found = Vec::new();
        let mut wave: Vec<TargetId> = roots.to_vec();
        let mut excludes = Vec::new();
        while !wave.is_empty() {
            self.prefetch(&wave);
            let mut next = Vec::new();
            for id in wave {
                excludes.extend(self.explicit(id)?.transitive_ignores.iter().copied());
                let direct = match &*self.target(id).kind {
                    "platform_resources" => Cow::Owned(self.on_platform(id, platform)?),
                    _ => Cow::Borrowed(self.direct(id)?),
                };
                for other in direct.iter().flat_map(|it| self.expanded(*it)) {
                    if !std::mem::replace(&mut seen[other.index()], true) {
                        next.push(other);
                    }
                }
            }
            found.extend(&next);
            wave = next;
        }
        let mut excluded = vec![false; self.targets.all.len()];
        for id in excludes.into_iter().flat_map(|id| self.expanded(id)) {
            excluded[id.index()] = true;
        }
        found.retain(|id: &TargetId| !excluded[id.index()]);
        found.sort_unstable();
        Ok(found)
    }

    /// Who depends on each target, by position; references to generators count for the
    /// generator, not for what it generates.
    ///
    /// # Errors
    /// See [`Graph::direct`].
    pub fn dependents(&self) -> Result<Vec<Vec<TargetId>>, Error> {
        let all: Vec<TargetId> = self.all().collect();
        self.prefetch(&all);
        let mut dependents = vec![Vec::new(); all.len()];
        for id in all {
            for other in self.direct(id)? {
                dependents[other.index()].push(id);
            }
        }
        Ok(dependents)
    }

    /// Every dependency that visibility rules warn of or forbid.
    ///
    /// # Errors
    /// A dependency that leads nowhere, or rules that say nothing about one.
    pub fn violations(&self) -> Result<Vec<Violation>, Error> {
        let mut found = Vec::new();
        let Some(visibility) = &self.visibility else {
            return Ok(found);
        };
        for id in self.all() {
            // The refusal itself is what is looked for here.
            let computed = match self.direct(id) {
                Ok(direct) => direct.to_vec(),
                Err(Error::Visibility(_)) => self.unchecked(id)?,
                Err(error) => return Err(error),
            };
            if self.target(id).is_generator() {
                continue;
            }
            for other in computed {
                found.extend(visibility.check(self, id, other)?);
            }
        }
        Ok(found)
    }

    /// Direct dependencies without regard to visibility.
    fn unchecked(&self, id: TargetId) -> Result<Vec<TargetId>, Error> {
        let explicit = self.explicit(id)?;
        let mut found = explicit.includes.clone();
        found.extend(self.special(id)?);
        if self.is_python(id) {
            self.infer_source(id, &explicit, &mut found)?;
        } else {
            self.infer_entry_points(id, &explicit, &mut found)?;
        }
        found.sort_unstable();
        found.dedup();
        found.retain(|other| !explicit.ignores.contains(other));
        Ok(found)
    }

    /// The BUILD files that declare a target's folder.
    pub fn build_files(&self, id: TargetId) -> impl Iterator<Item = &'r Arc<str>> {
        let dir = self.build_dir(&self.target(id).dir);
        dir.into_iter().flat_map(|dir| dir.files.iter())
    }

    /// A path in a target's folder.
    #[must_use]
    pub fn path_in_folder(&self, id: TargetId, name: &str) -> String {
        join(&self.target(id).dir, name)
    }
}
