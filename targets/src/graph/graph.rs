//! The target graph: every target, its direct dependencies, and what they add up to.
//!
//! Dependencies are computed on demand and in parallel, so that a question about one
//! distribution parses only the sources that it reaches. What a target depends on is found first,
//! in one way for every question; visibility rules judge it afterwards.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, OnceLock};

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::entry_points::EntryPointDeclaration;
use super::expand::expand;
use super::explicit::ExplicitDependencies;
use super::inference::{DirectDependencies, Inference, Subject, direct_dependencies};
use super::module_map::modules_of;
use super::requirements::ResolveRequirements;
use super::roots::module_of;
use super::target::{Target, TargetId, TargetMap, TargetSet};
use super::targets::Targets;
use super::visibility::{RuleAction, Violation, Visibility};
use crate::error::{Error, GraphWarning};
use crate::imports::ImportCache;
use crate::kinds::Role;
use crate::repository::{BuildDir, Declaration, Repository};
use crate::requirements::RequirementLine;
use crate::tree::join;
use buildfile::Data;
use model::Place;

/// What is computed once for a target, when it is first asked for.
type Cell<T> = OnceLock<Result<T, Error>>;

/// The targets of a repository and their dependencies.
#[derive(Debug)]
pub struct TargetGraph<'r> {
    targets: Targets<'r>,
    visibility: Option<Visibility>,
    inference: Inference<'r>,
    explicit: TargetMap<Cell<ExplicitDependencies>>,
    direct: TargetMap<Cell<DirectDependencies>>,
    /// Direct dependencies whose files a target sees, generators replaced by what they generate.
    seen: TargetMap<Cell<Vec<TargetId>>>,
    judged: TargetMap<Cell<Vec<Violation>>>,
    /// What each distribution reaches on a platform, itself included.
    closures: Mutex<FxHashMap<String, Arc<DistributionClosures>>>,
}

/// The distributions with the targets that each reaches, itself included.
pub(crate) type DistributionClosures = Vec<(TargetId, TargetSet)>;

impl<'r> TargetGraph<'r> {
    /// Runs all declarations; sources are read when their dependencies are asked for.
    ///
    /// # Errors
    /// A declaration that makes no sense, or a requirement file that cannot be read.
    pub fn build(repository: &'r Repository, imports: &'r ImportCache) -> Result<Self, Error> {
        let targets = expand(repository)?;
        let arena = targets.arena();
        Ok(Self {
            visibility: Visibility::build(&targets)?,
            inference: Inference::new(&targets, imports),
            explicit: arena.map(|_| OnceLock::new()),
            direct: arena.map(|_| OnceLock::new()),
            seen: arena.map(|_| OnceLock::new()),
            judged: arena.map(|_| OnceLock::new()),
            closures: Mutex::default(),
            targets,
        })
    }

    /// The targets.
    pub(crate) fn targets(&self) -> &Targets<'r> {
        &self.targets
    }

    /// The repository.
    #[must_use]
    pub fn repository(&self) -> &'r Repository {
        self.targets.repository()
    }

    /// Files and folders with a name like that at the end of a path that is not there.
    pub(crate) fn near_paths(&self, path: &str) -> Vec<String> {
        self.targets.near_paths(path)
    }

    /// A target.
    #[must_use]
    pub fn target(&self, id: TargetId) -> &Target {
        self.targets.get(id)
    }

    /// All targets.
    pub fn all(&self) -> impl Iterator<Item = TargetId> + use<> {
        self.targets.all()
    }

    /// All targets that are as asked.
    #[must_use]
    pub fn those(&self, mut is_asked: impl FnMut(TargetId) -> bool) -> TargetSet {
        let mut found = self.targets.arena().empty_set();
        for id in self.all().filter(|id| is_asked(*id)) {
            found.insert(id);
        }
        found
    }

    /// One value for each target.
    pub fn map<T>(&self, value: impl FnMut(TargetId) -> T) -> TargetMap<T> {
        self.targets.arena().map(value)
    }

    /// The value of a field of a target: its own, else that of its declaration. A generated
    /// target has its own fields and those that its generator shares.
    #[must_use]
    pub fn field(&self, id: TargetId, name: &str) -> Option<&Data> {
        self.targets.field(id, name)
    }

    /// The tags of a target.
    #[must_use]
    pub fn tags(&self, id: TargetId) -> Vec<&str> {
        self.targets.texts(id, "tags")
    }

    /// The name of a target's resolve.
    #[must_use]
    pub fn resolve_name(&self, id: TargetId) -> Option<&str> {
        self.targets.resolve_name(id)
    }

    /// Everything that the targets ask of a resolve.
    ///
    /// # Errors
    /// The resolve is unknown.
    pub fn requirements(&self, resolve: &str) -> Result<ResolveRequirements, Error> {
        self.targets.requirements(resolve)
    }

    /// The requirements of a `python_requirement`; none for other targets.
    #[must_use]
    pub fn required_by(&self, id: TargetId) -> &[Arc<RequirementLine>] {
        self.targets.required_by(id)
    }

    /// The modules that a `python_requirement` provides.
    #[must_use]
    pub fn provided_modules(&self, id: TargetId) -> Vec<Cow<'static, str>> {
        let modules = modules_of(&self.targets, id).into_iter();
        modules.map(|(module, _)| module).collect()
    }

    /// What a generator generates; nothing for other targets.
    pub fn generated(&self, id: TargetId) -> impl Iterator<Item = TargetId> + use<> {
        self.target(id).generated.ids()
    }

    /// The declaration that a target comes from.
    #[must_use]
    pub fn declaration(&self, id: TargetId) -> Option<&'r Declaration> {
        self.targets.declaration(id)
    }

    /// The BUILD files of a folder.
    #[must_use]
    pub fn build_dir(&self, path: &str) -> Option<&'r BuildDir> {
        self.repository().build_dir(path)
    }

    /// Where a field of a target stands.
    #[must_use]
    pub fn place(&self, id: TargetId, field: &str) -> Place {
        self.targets.place(id, field)
    }

    /// The targets that own a file.
    #[must_use]
    pub fn owners_of_file(&self, path: &str) -> Vec<TargetId> {
        self.targets.owners_of_file(path)
    }

    /// The targets that a file is named for: those that own it, and the binaries that start it.
    #[must_use]
    pub fn targets_of_file(&self, path: &str) -> Vec<TargetId> {
        let mut targets = self.targets.owners_of_file(path);
        targets.extend(self.targets.binaries_of_file(path));
        targets
    }

    /// The generators that would own a file, if it existed.
    #[must_use]
    pub fn generators_of(&self, path: &str) -> Vec<TargetId> {
        self.targets.generators_of(path)
    }

    /// The entry points of a distribution, in order of declaration.
    #[must_use]
    pub fn entry_points(&self, id: TargetId) -> Vec<EntryPointDeclaration<'_>> {
        self.targets.entry_points(id)
    }

    /// The source roots in use.
    #[must_use]
    pub fn source_roots(&self) -> Vec<&str> {
        self.targets.roots().all().into_iter().collect()
    }

    /// A path as imports and wheels see it: from its source root on.
    #[must_use]
    pub fn stripped<'p>(&self, path: &'p str) -> &'p str {
        self.targets.roots().strip(path)
    }

    /// The file that is generated of a target which owns none, relative to the root.
    #[must_use]
    pub fn generated_file(&self, id: TargetId) -> Option<&str> {
        self.targets.generated_file(id)
    }

    /// The module that a Python file is.
    #[must_use]
    pub fn module_of(&self, path: &str) -> String {
        module_of(self.stripped(path))
    }

    /// The BUILD files that declare a target's folder.
    pub fn build_files(&self, id: TargetId) -> impl Iterator<Item = &'r Arc<str>> {
        let dir = self.targets.build_dir_of(id);
        dir.into_iter().flat_map(|dir| dir.files.iter())
    }

    /// A path in a target's folder.
    #[must_use]
    pub fn path_in_folder(&self, id: TargetId, name: &str) -> String {
        join(&self.target(id).dir, name)
    }

    /// The warnings so far, sorted by place, each once.
    #[must_use]
    pub fn warnings(&self) -> Vec<GraphWarning> {
        let mut warnings = self.repository().warnings().to_vec();
        warnings.extend_from_slice(&self.targets.warnings);
        let found = self.direct.iter().filter_map(|(_, cell)| cell.get());
        for found in found.flatten() {
            warnings.extend_from_slice(&found.warnings);
        }
        let judged = self.judged.iter().filter_map(|(_, cell)| cell.get());
        for violation in judged.flatten().flatten() {
            if violation.action == RuleAction::Warn {
                warnings.push(GraphWarning::new(self.describe(violation), None));
            }
        }
        warnings.sort_by(|a, b| (&a.place, &a.message).cmp(&(&b.place, &b.message)));
        warnings.dedup();
        warnings
    }

    /// The direct dependencies of a target as they are declared or inferred: generators stand
    /// for what they generate. Sorted by position, each once.
    ///
    /// # Errors
    /// A dependency that leads nowhere, a violated visibility rule.
    pub fn direct(&self, id: TargetId) -> Result<&[TargetId], Error> {
        self.refuse_denied(self.judged(id)?)?;
        Ok(&self.found(id)?.targets)
    }

    /// The direct dependencies of a target, with generators replaced by what they generate.
    ///
    /// # Errors
    /// See [`TargetGraph::direct`].
    pub fn dependencies(&self, id: TargetId) -> Result<Vec<TargetId>, Error> {
        let direct = self.direct(id)?.iter();
        let mut all: Vec<TargetId> = direct.flat_map(|id| self.targets.expanded(*id)).collect();
        all.sort_unstable();
        all.dedup();
        Ok(all)
    }

    /// Everything that the targets depend on, directly or not, without what `!!` excludes.
    ///
    /// # Errors
    /// See [`TargetGraph::direct`].
    pub fn transitive_dependencies(&self, roots: &[TargetId]) -> Result<Vec<TargetId>, Error> {
        self.closure_on(roots, &self.repository().options().platform)
    }

    /// The targets that a field of addresses names.
    ///
    /// # Errors
    /// An address that leads nowhere.
    pub fn named_in(&self, id: TargetId, field: &str) -> Result<Vec<TargetId>, Error> {
        let texts = self.targets.texts(id, field).into_iter();
        texts
            .map(|text| self.targets.named(id, field, text))
            .collect()
    }

    /// The targets that depend on each target. A reference to a generator counts for the generator,
    /// not for what it generates.
    ///
    /// # Errors
    /// See [`TargetGraph::direct`].
    pub fn dependents(&self) -> Result<TargetMap<Vec<TargetId>>, Error> {
        let all: Vec<TargetId> = self.all().collect();
        self.prefetch(&all);
        let mut dependents = self.targets.arena().map(|_| Vec::new());
        for id in all {
            for other in self.direct(id)? {
                dependents[*other].push(id);
            }
        }
        Ok(dependents)
    }

    /// Every dependency that visibility rules warn of or forbid.
    ///
    /// # Errors
    /// A dependency that leads nowhere, or rules that say nothing about one.
    pub fn violations(&self) -> Result<Vec<Violation>, Error> {
        if self.visibility.is_none() {
            return Ok(Vec::new());
        }
        let all: Vec<TargetId> = self.all().collect();
        self.prefetch(&all);
        let mut violations = Vec::new();
        for id in all {
            violations.extend_from_slice(self.judged(id)?);
        }
        Ok(violations)
    }

    /// A violation as text for the user.
    #[must_use]
    pub fn describe(&self, violation: &Violation) -> String {
        let kind = |id: TargetId| match self.declaration(id) {
            Some(declaration) => &declaration.kind,
            None => &self.target(id).kind,
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

    /// The explicit dependencies of a target. Those of a generator go to what it generates.
    pub(crate) fn explicit(&self, id: TargetId) -> Result<&ExplicitDependencies, Error> {
        let like = self.targets.explicit_like(id);
        outcome(self.explicit[like].get_or_init(|| self.targets.explicit(like)))
    }

    /// Everything that the targets need on a platform, without what `!!` excludes.
    pub(crate) fn closure_on(
        &self,
        roots: &[TargetId],
        platform: &str,
    ) -> Result<Vec<TargetId>, Error> {
        let mut seen = self.targets.arena().empty_set();
        let mut found = Vec::new();
        let mut wave: Vec<TargetId> = roots.to_vec();
        let mut excluded = self.targets.arena().empty_set();
        while !wave.is_empty() {
            self.prefetch(&wave);
            let mut next = Vec::new();
            for id in wave {
                for other in &self.own_explicit(id)?.transitive_ignores {
                    for one in self.targets.expanded(*other) {
                        excluded.insert(one);
                    }
                }
                for other in self.direct_on(id, platform)?.iter() {
                    next.extend(self.targets.expanded(*other).filter(|id| seen.insert(*id)));
                }
            }
            found.extend(&next);
            wave = next;
        }
        found.retain(|id| !excluded.contains(*id));
        found.sort_unstable();
        Ok(found)
    }

    /// The direct dependencies whose files a target sees.
    pub(super) fn seen_directly(&self, id: TargetId) -> Result<&[TargetId], Error> {
        let made = self.seen[id].get_or_init(|| {
            let used = self.only_used(id)?;
            let direct = self.direct(id)?.iter();
            let seen = direct.filter(|other| !used.contains(other));
            Ok(seen.flat_map(|id| self.targets.expanded(*id)).collect())
        });
        outcome(made).map(Vec::as_slice)
    }

    /// What a target names in fields other than `dependencies`, and not in that.
    fn only_used(&self, id: TargetId) -> Result<Vec<TargetId>, Error> {
        let mut used = self.targets.special(id)?;
        if !used.is_empty() {
            let explicit = self.own_explicit(id)?;
            used.retain(|other| !explicit.includes.contains(other));
        }
        Ok(used)
    }

    /// What every distribution reaches on a platform.
    pub(crate) fn closures(&self, platform: &str) -> Result<Arc<DistributionClosures>, Error> {
        let kept = self.closures.lock().ok();
        let kept = kept.and_then(|closures| closures.get(platform).cloned());
        if let Some(kept) = kept {
            return Ok(kept);
        }
        let mut closures = DistributionClosures::new();
        for id in self.distributions() {
            let mut reached = self.targets.arena().empty_set();
            for other in self.closure_on(&[id], platform)? {
                reached.insert(other);
            }
            reached.insert(id);
            closures.push((id, reached));
        }
        let closures = Arc::new(closures);
        if let Ok(mut cache) = self.closures.lock() {
            cache.insert(platform.to_owned(), Arc::clone(&closures));
        }
        Ok(closures)
    }

    /// All distributions, by address.
    #[must_use]
    pub fn distributions(&self) -> Vec<TargetId> {
        let mut found: Vec<TargetId> = self.all().filter(|id| self.is_distribution(*id)).collect();
        found.sort_by_key(|id| &self.target(*id).address);
        found
    }

    /// Whether the target is a distribution.
    #[must_use]
    pub fn is_distribution(&self, id: TargetId) -> bool {
        self.target(id).role() == Role::Distribution
    }

    /// What `dependencies` of the target itself names: nothing for a generator.
    pub(crate) fn own_explicit(
        &self,
        id: TargetId,
    ) -> Result<Cow<'_, ExplicitDependencies>, Error> {
        let target = self.target(id);
        let moved = target.generator.is_none()
            && target
                .known
                .is_some_and(|known| known.moves("dependencies"));
        match moved {
            true => Ok(Cow::Owned(ExplicitDependencies::default())),
            false => self.explicit(id).map(Cow::Borrowed),
        }
    }

    /// The direct dependencies of a target on a platform.
    fn direct_on(&self, id: TargetId, platform: &str) -> Result<Cow<'_, [TargetId]>, Error> {
        let own = &self.repository().options().platform;
        if self.target(id).role() != Role::PlatformResources || platform == own {
            return self.direct(id).map(Cow::Borrowed);
        }
        let found = self.find_on(id, platform)?;
        self.refuse_denied(&self.judge(id, &found.targets)?)?;
        Ok(Cow::Owned(found.targets))
    }

    /// Computes and judges the direct dependencies of many targets in parallel.
    pub(super) fn prefetch(&self, ids: &[TargetId]) {
        if ids.len() < 4 {
            return;
        }
        ids.par_iter().with_min_len(4).for_each(|id| {
            let _kept = self.judged(*id);
        });
    }

    /// The direct dependencies of a target, before anybody judges them.
    fn found(&self, id: TargetId) -> Result<&DirectDependencies, Error> {
        let platform = &self.repository().options().platform;
        outcome(self.direct[id].get_or_init(|| self.find_on(id, platform)))
    }

    fn find_on(&self, id: TargetId, platform: &str) -> Result<DirectDependencies, Error> {
        if self.target(id).is_generator() {
            return Ok(DirectDependencies {
                targets: self.generated(id).collect(),
                warnings: Vec::new(),
            });
        }
        let explicit = self.explicit(id)?;
        let subject = Subject::new(&self.inference, &self.targets, id, explicit);
        direct_dependencies(subject, platform)
    }

    /// The visibility rules that the direct dependencies of a target violate.
    fn judged(&self, id: TargetId) -> Result<&[Violation], Error> {
        let judge = || self.judge(id, &self.found(id)?.targets);
        outcome(self.judged[id].get_or_init(judge)).map(Vec::as_slice)
    }

    fn judge(&self, id: TargetId, dependencies: &[TargetId]) -> Result<Vec<Violation>, Error> {
        let mut violations = Vec::new();
        let Some(visibility) = &self.visibility else {
            return Ok(violations);
        };
        if self.target(id).is_generator() {
            return Ok(violations);
        }
        for other in dependencies {
            violations.extend(visibility.check(&self.targets, id, *other)?);
        }
        Ok(violations)
    }

    fn refuse_denied(&self, violations: &[Violation]) -> Result<(), Error> {
        let denied = violations
            .iter()
            .filter(|violation| violation.action == RuleAction::Deny);
        let denied: Vec<String> = denied.map(|violation| self.describe(violation)).collect();
        match denied.is_empty() {
            true => Ok(()),
            false => Err(Error::Visibility(denied)),
        }
    }
}

/// What is in a cell.
fn outcome<T>(cell: &Result<T, Error>) -> Result<&T, Error> {
    cell.as_ref().map_err(Error::clone)
}
