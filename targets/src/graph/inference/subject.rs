//! A target whose dependencies are inferred, and what was found so far.

use std::sync::OnceLock;

use crate::error::GraphWarning;
use crate::graph::definitions::DefinitionMap;
use crate::graph::explicit::ExplicitDependencies;
use crate::graph::module_map::{Locality, ModuleMap, Owners};
use crate::graph::target::{Target, TargetId};
use crate::graph::targets::Targets;
use crate::imports::ImportCache;
use crate::kinds::Role;
use crate::options::Infer;

/// The dependencies of a target, and warnings about them. Visibility rules are applied afterwards.
#[derive(Debug, Default)]
pub(crate) struct DirectDependencies {
    /// The dependencies; sorted by position, each once, when the target is done.
    pub(crate) targets: Vec<TargetId>,
    /// Warnings.
    pub(crate) warnings: Vec<GraphWarning>,
}

/// What inference may ask, and keeps from one target to the next.
#[derive(Debug)]
pub(crate) struct Inference<'r> {
    imports: &'r ImportCache,
    modules: OnceLock<ModuleMap>,
    definitions: OnceLock<DefinitionMap>,
    distributions: OnceLock<Box<[TargetId]>>,
    /// Owners of the `__init__` files of each folder that count, by its position in the tree.
    init_owners: Vec<OnceLock<Box<[TargetId]>>>,
}

impl<'r> Inference<'r> {
    /// Nothing was asked yet.
    pub(crate) fn new(targets: &Targets<'r>, imports: &'r ImportCache) -> Self {
        let dirs = targets.repository().tree().dirs();
        Self {
            imports,
            modules: OnceLock::new(),
            definitions: OnceLock::new(),
            distributions: OnceLock::new(),
            init_owners: dirs.iter().map(|_| OnceLock::new()).collect(),
        }
    }
}

/// One target whose dependencies are being inferred.
pub(crate) struct Subject<'g> {
    pub(super) id: TargetId,
    pub(super) targets: &'g Targets<'g>,
    pub(super) explicit: &'g ExplicitDependencies,
    inference: &'g Inference<'g>,
    pub(super) found: DirectDependencies,
}

impl<'g> Subject<'g> {
    /// Nothing was found yet.
    pub(crate) fn new(
        inference: &'g Inference<'g>,
        targets: &'g Targets<'g>,
        id: TargetId,
        explicit: &'g ExplicitDependencies,
    ) -> Self {
        Self {
            id,
            targets,
            explicit,
            inference,
            found: DirectDependencies::default(),
        }
    }

    /// The target.
    pub(super) fn target(&self) -> &'g Target {
        self.targets.get(self.id)
    }

    /// What is inferred.
    pub(super) fn infer(&self) -> &'g Infer {
        &self.targets.repository().options().infer
    }

    /// The cache of parsed imports.
    pub(super) fn imports(&self) -> &'g ImportCache {
        self.inference.imports
    }

    /// The module mapping.
    pub(super) fn modules(&self) -> &'g ModuleMap {
        self.inference
            .modules
            .get_or_init(|| ModuleMap::build(self.targets))
    }

    /// The owners of definitions.
    pub(super) fn definitions(&self) -> &'g DefinitionMap {
        self.inference
            .definitions
            .get_or_init(|| DefinitionMap::build(self.targets))
    }

    /// Owners of the `__init__` files of a folder, found by `find` the first time.
    pub(super) fn init_owners(
        &self,
        at: usize,
        find: impl FnOnce() -> Vec<TargetId>,
    ) -> &'g [TargetId] {
        self.inference.init_owners[at].get_or_init(|| find().into())
    }

    /// Who provides a module to the target, seen from a folder.
    pub(super) fn owners(&self, module: &str, dir: &str) -> Owners {
        let locality = Locality::of(self.targets, dir);
        self.modules()
            .owners(module, self.target().resolve, locality)
    }

    /// Adds the owners of a module, unless it is not clear which are meant.
    pub(super) fn add_owners(&mut self, module: &str, dir: &str) {
        match self.owners(module, dir) {
            Owners::Clear(owners) => self.found.targets.extend(owners),
            Owners::Ambiguous(owners) => {
                if let Preference::One(owner) = self.preference(&owners) {
                    self.found.targets.push(owner);
                }
            }
        }
    }

    /// Whether the explicit dependencies decide between owners.
    pub(super) fn preference(&self, owners: &[TargetId]) -> Preference {
        preference(self.targets, self.explicit, owners)
    }

    /// All distributions.
    pub(super) fn distributions(&self) -> &'g [TargetId] {
        self.inference.distributions.get_or_init(|| {
            let is_one = |id: &TargetId| self.targets.get(*id).role() == Role::Distribution;
            self.targets.all().filter(is_one).collect()
        })
    }
}

/// Whether explicit dependencies decide between owners.
pub(super) fn preference(
    targets: &Targets<'_>,
    explicit: &ExplicitDependencies,
    owners: &[TargetId],
) -> Preference {
    let named = |list: &[TargetId], id: TargetId| {
        let generator = targets.get(id).generator;
        list.contains(&id) || generator.is_some_and(|generator| list.contains(&generator))
    };
    let remaining: Vec<TargetId> = owners
        .iter()
        .copied()
        .filter(|id| !named(&explicit.ignores, *id))
        .collect();
    match remaining.as_slice() {
        [one] => Preference::One(*one),
        _ if owners.iter().any(|id| named(&explicit.includes, *id)) => Preference::Explicit,
        _ => Preference::None,
    }
}

/// Whether explicit dependencies decide an ambiguity.
pub(super) enum Preference {
    /// One owner remains.
    One(TargetId),
    /// One is a dependency anyway.
    Explicit,
    /// They do not.
    None,
}
