//! Which targets provide a module: first-party sources and third-party requirements.

use rustc_hash::FxHashMap;

use super::Graph;
use super::roots::{SourceRoots, module_of};
use super::target::{ResolveId, TargetId};
use crate::modules::{Provides, default_modules};
use crate::options::Ambiguity;
use buildfile::Data;

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
    first_party: FxHashMap<Box<str>, Vec<Provider>>,
    third_party: FxHashMap<Box<str>, Vec<Provider>>,
    resolves: u16,
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
    pub(crate) fn build(graph: &Graph<'_>, roots: &SourceRoots) -> Self {
        let resolves = u16::try_from(graph.targets.resolves.len()).unwrap_or(u16::MAX);
        let mut map = Self {
            resolves,
            ..Self::default()
        };
        for id in graph.all() {
            let target = graph.target(id);
            if let (Some(path), true) = (&target.source, graph.is_python(id)) {
                let provides = match path.ends_with(".pyi") {
                    true => Provides::Stub,
                    false => Provides::Implementation,
                };
                let module = module_of(roots.strip(path)).into_boxed_str();
                map.first_party.entry(module).or_default().push(Provider {
                    target: id,
                    resolve: target.resolve,
                    provides,
                });
            } else if &*target.kind == "python_requirement" {
                map.add_requirement(graph, id);
            }
        }
        map
    }

    fn add_requirement(&mut self, graph: &Graph<'_>, id: TargetId) {
        let resolve = graph.target(id).resolve;
        let mut add = |module: &str, provides| {
            let providers = self.third_party.entry(Box::from(module)).or_default();
            providers.push(Provider {
                target: id,
                resolve,
                provides,
            });
        };
        let explicit = [
            ("modules", Provides::Implementation),
            ("type_stub_modules", Provides::Stub),
        ];
        for (field, provides) in explicit {
            let modules = graph
                .field(id, field)
                .map(Data::strings)
                .unwrap_or_default();
            if !modules.is_empty() {
                for module in modules {
                    add(module, provides);
                }
                return;
            }
        }
        let requirements = graph.field(id, "requirements").map(Data::strings);
        for text in requirements.into_iter().flatten() {
            let (modules, provides) = default_modules(project_name(text));
            for module in modules {
                add(&module, provides);
            }
        }
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
                for resolve in 0..self.resolves {
                    self.collect(module, ResolveId(resolve), &mut closest);
                }
            }
        }
        if let Locality::Root { graph, root } = locality {
            for closest in &mut closest {
                closest.prefer_near(graph, root);
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

    /// Notes the providers of one resolve: of the nearest ancestor for requirements, of the
    /// module or its direct parent for sources.
    fn collect(&self, module: &str, resolve: ResolveId, closest: &mut [Closest; 2]) {
        let of = |map: &FxHashMap<Box<str>, Vec<Provider>>, name: &str| -> Vec<Provider> {
            let providers = map.get(name).into_iter().flatten();
            providers
                .filter(|it| it.resolve == Some(resolve))
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
    Root { graph: &'g Graph<'g>, root: &'g str },
}

impl<'g> Locality<'g> {
    pub(crate) fn of(graph: &'g Graph<'g>, dir: &str) -> Self {
        match (
            graph.repository.options().infer.ambiguity,
            graph.roots.of(dir),
        ) {
            (Ambiguity::BySourceRoot, Some(root)) => Self::Root { graph, root },
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

    fn prefer_near(&mut self, graph: &Graph<'_>, root: &str) {
        if self.targets.len() < 2 {
            return;
        }
        let nearness = |id: &TargetId| common_length(root, &graph.target(*id).dir);
        let best = self.targets.iter().map(nearness).max().unwrap_or(0);
        self.targets.retain(|id| nearness(id) == best);
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

/// The project name at the start of a requirement.
pub(crate) fn project_name(text: &str) -> &str {
    let text = match text.split_once("#egg=") {
        Some((_, name)) => name,
        None => text,
    };
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')));
    &text[..end.unwrap_or(text.len())]
}
