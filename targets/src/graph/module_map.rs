//! Which targets provide a module: first-party sources and third-party requirements.

use std::borrow::Cow;

use rustc_hash::FxHashMap;

use super::definitions::Definition;
use super::roots::module_of;
use super::target::{ResolveId, TargetId};
use super::targets::Targets;
use crate::kinds::Role;
use crate::modules::{Provides, default_modules};
use crate::options::Ambiguity;
use model::PackageName;

/// One target that provides a module.
#[derive(Clone, Copy, Debug)]
struct Provider {
    target: TargetId,
    resolve: Option<ResolveId>,
    provides: Provides,
}

/// Modules and their providers.
#[derive(Debug, Default)]
pub(crate) struct ModuleMap {
    resolves: Vec<ResolveId>,
    first_party: FxHashMap<Box<str>, Vec<Provider>>,
    third_party: FxHashMap<Box<str>, Vec<Provider>>,
}

/// The targets that provide a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Owners {
    /// At most one implementation and one stub; none at all if empty.
    Clear(Vec<TargetId>),
    /// More than one of a kind.
    Ambiguous(Vec<TargetId>),
}

impl ModuleMap {
    pub(crate) fn build(targets: &Targets<'_>) -> Self {
        let mut map = Self {
            resolves: targets.resolves().collect(),
            ..Self::default()
        };
        for id in targets.all() {
            let target = targets.get(id);
            if let (Some(path), true) = (&target.source, target.is_python()) {
                let provides = match path.ends_with(".pyi") {
                    true => Provides::Stub,
                    false => Provides::Implementation,
                };
                let module = module_of(targets.roots().strip(path)).into_boxed_str();
                map.first_party.entry(module).or_default().push(Provider {
                    target: id,
                    resolve: target.resolve,
                    provides,
                });
            } else if let Some(definition) = Definition::of(target) {
                for module in definition.modules(targets, id) {
                    let module = module.into_boxed_str();
                    map.first_party.entry(module).or_default().push(Provider {
                        target: id,
                        resolve: targets.python_resolve(id),
                        provides: Provides::Implementation,
                    });
                }
            } else if let Some(path) = targets
                .generated_file(id)
                .filter(|path| path.ends_with(".py"))
            {
                let module = module_of(targets.roots().strip(path)).into_boxed_str();
                map.first_party.entry(module).or_default().push(Provider {
                    target: id,
                    resolve: targets.python_resolve(id),
                    provides: Provides::Implementation,
                });
            } else if target.role() == Role::Requirement {
                for (module, provides) in modules_of(targets, id) {
                    let module = module.into_owned().into_boxed_str();
                    let providers = map.third_party.entry(module).or_default();
                    providers.push(Provider {
                        target: id,
                        resolve: target.resolve,
                        provides,
                    });
                }
            }
        }
        map
    }

    /// The providers of a module for a consumer of the given resolve; `None` means any resolve.
    pub(crate) fn owners(
        &self,
        module: &str,
        resolve: Option<ResolveId>,
        locality: Locality<'_>,
    ) -> Owners {
        let mut closest = [Closest::new(), Closest::new()];
        match resolve {
            Some(resolve) => self.collect(module, resolve, &mut closest),
            None => {
                for resolve in &self.resolves {
                    self.collect(module, *resolve, &mut closest);
                }
            }
        }
        if let Locality::Root { targets, root } = locality {
            for closest in &mut closest {
                closest.prefer_near(targets, root);
                closest.join_same_project(targets);
            }
        }
        let ambiguous = closest.iter().any(|closest| closest.targets.len() > 1);
        let [implementations, stubs] = closest;
        let mut targets = implementations.targets;
        targets.extend(stubs.targets);
        if ambiguous {
            Owners::Ambiguous(targets)
        } else {
            Owners::Clear(targets)
        }
    }

    /// The requirements of a resolve that implement a module.
    pub(crate) fn requirements_of(
        &self,
        module: &str,
        resolve: Option<ResolveId>,
    ) -> Vec<TargetId> {
        let mut name = module;
        loop {
            let providers = self.third_party.get(name).into_iter().flatten();
            let found = providers.filter(|provider| {
                provider.resolve == resolve && provider.provides == Provides::Implementation
            });
            let found: Vec<TargetId> = found.map(|provider| provider.target).collect();
            match name.rsplit_once('.') {
                Some((parent, _)) if found.is_empty() => name = parent,
                _ => return found,
            }
        }
    }

    /// Notes the providers of one resolve: of the nearest ancestor for requirements, of the
    /// module or its direct parent for sources.
    fn collect(&self, module: &str, resolve: ResolveId, closest: &mut [Closest; 2]) {
        let of = |map: &FxHashMap<Box<str>, Vec<Provider>>, name: &str| -> Vec<Provider> {
            let providers = map.get(name).into_iter().flatten();
            providers
                .filter(|provider| provider.resolve == Some(resolve))
                .copied()
                .collect()
        };
        let mut name = module;
        let mut ancestry = 0;
        loop {
            let found = of(&self.third_party, name);
            if !found.is_empty() {
                note(closest, ancestry, &found);
                break;
            }
            let Some((parent, _)) = name.rsplit_once('.') else {
                break;
            };
            name = parent;
            ancestry += 1;
        }
        let found = of(&self.first_party, module);
        if !found.is_empty() {
            note(closest, 0, &found);
        } else if let Some((parent, _)) = module.rsplit_once('.') {
            note(closest, 1, &of(&self.first_party, parent));
        }
    }
}

/// Where an ambiguity may be decided by nearness.
pub(crate) enum Locality<'g> {
    /// It may not.
    Anywhere,
    /// Prefer what is near this source root.
    Root {
        /// Where targets lie.
        targets: &'g Targets<'g>,
        /// The source root.
        root: &'g str,
    },
}

impl<'g> Locality<'g> {
    pub(crate) fn of(targets: &'g Targets<'g>, dir: &str) -> Self {
        match (
            targets.repository().options().infer.ambiguity,
            targets.roots().of(dir),
        ) {
            (Ambiguity::BySourceRoot | Ambiguity::ByProject, Some(root)) => {
                Self::Root { targets, root }
            }
            _ => Self::Anywhere,
        }
    }
}

/// The providers of one kind whose module is nearest to the imported one.
struct Closest {
    ancestry: usize,
    targets: Vec<TargetId>,
}

impl Closest {
    fn new() -> Self {
        Self {
            ancestry: usize::MAX,
            targets: Vec::new(),
        }
    }

    fn prefer_near(&mut self, targets: &Targets<'_>, root: &str) {
        if self.targets.len() < 2 {
            return;
        }
        let nearness = |id: &TargetId| common_length(root, &targets.get(*id).dir);
        let best = self.targets.iter().map(nearness).max().unwrap_or(0);
        self.targets.retain(|id| nearness(id) == best);
    }
}

impl Closest {
    /// Takes one of the requirements of a project.
    fn join_same_project(&mut self, targets: &Targets<'_>) {
        if targets.repository().options().infer.ambiguity != Ambiguity::ByProject {
            return;
        }
        let mut seen: Vec<Vec<PackageName>> = Vec::new();
        self.targets.retain(|id| {
            let lines = targets.required_by(*id).iter();
            let names = lines.filter_map(|line| line.specifier.requirement());
            let mut names: Vec<PackageName> = names.map(|asked| asked.name.clone()).collect();
            names.sort();
            names.dedup();
            let is_new = names.is_empty() || !seen.contains(&names);
            seen.push(names);
            is_new
        });
    }
}

fn note(closest: &mut [Closest; 2], ancestry: usize, providers: &[Provider]) {
    for provider in providers {
        let closest = &mut closest[usize::from(provider.provides == Provides::Stub)];
        if ancestry < closest.ancestry {
            closest.ancestry = ancestry;
            closest.targets.clear();
        }
        if ancestry == closest.ancestry {
            closest.targets.push(provider.target);
        }
    }
}

/// Length of the path that two folders have in common.
fn common_length(a: &str, b: &str) -> usize {
    let common = a.split('/').zip(b.split('/')).take_while(|(a, b)| a == b);
    common.map(|(part, _)| part.len() + 1).sum()
}

/// The modules that a requirement provides: those that its fields name, else those that its
/// projects are known for.
pub(crate) fn modules_of(
    targets: &Targets<'_>,
    id: TargetId,
) -> Vec<(Cow<'static, str>, Provides)> {
    let explicit = [
        ("modules", Provides::Implementation),
        ("type_stub_modules", Provides::Stub),
    ];
    let explicit = explicit.into_iter().map(|(field, provides)| {
        let modules = targets.texts(id, field).into_iter();
        modules
            .map(|module| (Cow::Owned(module.to_owned()), provides))
            .collect()
    });
    let named: Option<Vec<_>> = explicit
        .into_iter()
        .find(|modules: &Vec<_>| !modules.is_empty());
    let mut modules = named.unwrap_or_else(|| {
        let projects = targets.required_by(id).iter();
        let projects = projects.filter_map(|line| line.specifier.name_spelling());
        projects
            .flat_map(|project| {
                let (modules, provides) = default_modules(project);
                modules.into_iter().map(move |module| (module, provides))
            })
            .collect()
    });
    // Several lines of one project provide what one of them does.
    modules.sort_unstable();
    modules.dedup();
    modules
}
