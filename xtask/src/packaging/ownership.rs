//! Which distribution owns what, as Pants decides it: a target belongs to the nearest distribution
//! at or above its folder that depends on it.
//!
//! Platform resources are looked at apart: the graph is built for no platform, and what a
//! `platform_resources` target picks for one is added to the closures that reach it. So one graph
//! serves every platform.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use model::Platform;
use rayon::prelude::*;
use targets::data::Data;
use targets::kinds::{Content, Role};
use targets::query::{SpecError, Specs};
use targets::{Graph, TargetId};

use crate::error::{CommandError, Place};

/// Targets by who owns them; closures are computed when they are asked for.
pub(crate) struct Ownership<'g> {
    graph: &'g Graph<'g>,
    /// Sorted by folder, then name.
    distributions: Vec<TargetId>,
    closures: Vec<OnceLock<Result<Closure, CommandError>>>,
}

/// What a distribution reaches.
#[derive(Debug, Clone, Default)]
struct Closure {
    /// On every platform, the distribution itself included.
    common: BTreeSet<TargetId>,
    /// Only through platform resources, by platform.
    platforms: BTreeMap<Platform, BTreeSet<TargetId>>,
    /// The platforms that every `platform_resources` target has an entry for.
    complete: BTreeSet<Platform>,
}

/// What a distribution owns, and whose the rest is.
#[derive(Debug, Default)]
pub(crate) struct Owned {
    /// Code and resources, and the distribution itself.
    pub(crate) common: Vec<TargetId>,
    /// Resources of one platform; empty where there are none.
    pub(crate) platforms: BTreeMap<Platform, Vec<TargetId>>,
    /// The other distributions that own something it reaches.
    pub(crate) others: BTreeSet<TargetId>,
}

impl<'g> Ownership<'g> {
    pub(crate) fn new(graph: &'g Graph<'g>) -> Self {
        let is_distribution = |id: &TargetId| role(graph, *id) == Some(Role::Distribution);
        let mut distributions: Vec<TargetId> = graph.all().filter(is_distribution).collect();
        distributions.sort_by_key(|id| (&graph.target(*id).dir, &graph.target(*id).address));
        Self {
            graph,
            closures: distributions.iter().map(|_| OnceLock::new()).collect(),
            distributions,
        }
    }

    /// Every distribution, sorted by folder.
    pub(crate) fn distributions(&self) -> &[TargetId] {
        &self.distributions
    }

    /// What a distribution owns.
    pub(crate) fn owned(&self, distribution: TargetId) -> Result<Owned, CommandError> {
        let closure = self.closure(distribution)?;
        let mut owned = Owned::default();
        for id in &closure.common {
            match self.owner(*id, distribution)? {
                None => {}
                Some(owner) if owner == distribution => owned.common.push(*id),
                Some(other) => {
                    owned.others.insert(other);
                }
            }
        }
        let mut any = false;
        for (platform, ids) in &closure.platforms {
            let mut own = Vec::new();
            for id in ids {
                match self.owner(*id, distribution)? {
                    Some(owner) if owner == distribution => own.push(*id),
                    Some(other) => {
                        owned.others.insert(other);
                    }
                    None => {}
                }
            }
            any |= !own.is_empty();
            if closure.complete.contains(platform) {
                owned.platforms.insert(*platform, own);
            }
        }
        if !any {
            // Another distribution ships what the platform resources pick.
            owned.platforms.clear();
        }
        Ok(owned)
    }

    /// The distribution that owns a target; `None` for what is never owned, such as requirements.
    fn owner(&self, id: TargetId, wanted_by: TargetId) -> Result<Option<TargetId>, CommandError> {
        if !is_ownable(self.graph, id) {
            return Ok(None);
        }
        let dir = &*self.graph.target(id).dir;
        let mut above: Vec<TargetId> = self.distributions.clone();
        above.retain(|it| contains(&self.graph.target(*it).dir, dir));
        above.sort_by_key(|it| std::cmp::Reverse(self.graph.target(*it).dir.len()));
        let mut owners: Vec<TargetId> = Vec::new();
        for distribution in above {
            let nearest = owners.first().map(|it| &self.graph.target(*it).dir);
            if nearest.is_some_and(|nearest| *nearest != self.graph.target(distribution).dir) {
                break;
            }
            if self.closure(distribution)?.reaches(id) {
                owners.push(distribution);
            }
        }
        match owners.as_slice() {
            [owner] => Ok(Some(*owner)),
            [] => Err(self.no_owner(id, wanted_by)),
            _ => Err(self.several_owners(id, &owners)),
        }
    }

    fn closure(&self, distribution: TargetId) -> Result<&Closure, CommandError> {
        let at = self
            .distributions
            .iter()
            .position(|it| *it == distribution)
            .unwrap_or_default();
        let computed = self.closures[at].get_or_init(|| self.compute(distribution));
        computed.as_ref().map_err(Clone::clone)
    }

    /// Computes the closures of distributions side by side.
    pub(crate) fn prefetch(&self, distributions: &[TargetId]) {
        distributions.par_iter().for_each(|id| {
            let _ = self.closure(*id);
        });
    }

    fn compute(&self, distribution: TargetId) -> Result<Closure, CommandError> {
        let mut closure = Closure {
            common: self
                .graph
                .transitive_dependencies(&[distribution])?
                .into_iter()
                .collect(),
            ..Closure::default()
        };
        closure.common.insert(distribution);
        let pickers = closure
            .common
            .iter()
            .filter(|id| role(self.graph, **id) == Some(Role::PlatformResources));
        let pickers: Vec<TargetId> = pickers.copied().collect();
        if pickers.is_empty() {
            return Ok(closure);
        }
        closure.complete.extend(Platform::ALL);
        for platform in Platform::ALL {
            let mut picked = Vec::new();
            for picker in &pickers {
                match self.picked(*picker, platform)? {
                    Some(ids) => picked.extend(ids),
                    None => {
                        closure.complete.remove(&platform);
                    }
                }
            }
            let mut reached: BTreeSet<TargetId> = self
                .graph
                .transitive_dependencies(&picked)?
                .into_iter()
                .collect();
            reached.extend(picked);
            reached.retain(|id| !closure.common.contains(id));
            closure.platforms.insert(platform, reached);
        }
        Ok(closure)
    }

    /// What a `platform_resources` target picks for a platform; `None` where it has no entry.
    fn picked(
        &self,
        picker: TargetId,
        platform: Platform,
    ) -> Result<Option<Vec<TargetId>>, CommandError> {
        let map = self.graph.field(picker, "dependency_map");
        let Some(value) = map.and_then(|map| map.get(platform.as_str())) else {
            return Ok(None);
        };
        let mut picked = Vec::new();
        for text in value.strings() {
            let found = Specs::parse([text], &self.graph.target(picker).dir).select(self.graph);
            let place = place(self.graph, picker, "dependency_map");
            picked.extend(found.map_err(|error| spec_error(&error).at(place))?);
        }
        let generated = picked
            .iter()
            .flat_map(|id| self.graph.generated(*id))
            .collect::<Vec<_>>();
        picked.extend(generated);
        Ok(Some(picked))
    }

    fn no_owner(&self, id: TargetId, wanted_by: TargetId) -> CommandError {
        let (target, by) = (self.graph.target(id), self.graph.target(wanted_by));
        CommandError::failure(format!(
            "no distribution ships {}, which {} needs",
            target.address, by.address
        ))
        .at(place(self.graph, wanted_by, "dependencies"))
        .because("an owner is a `python_distribution` at or above its folder that depends on it")
        .hint(format!(
            "add {} to the `dependencies` of a distribution at or above `{}`",
            target.address,
            if target.dir.is_empty() {
                "//"
            } else {
                &target.dir
            }
        ))
    }

    fn several_owners(&self, id: TargetId, owners: &[TargetId]) -> CommandError {
        let target = self.graph.target(id);
        let names: Vec<&str> = owners
            .iter()
            .map(|it| &*self.graph.target(*it).address)
            .collect();
        CommandError::failure(format!(
            "{} belongs to more than one distribution",
            target.address
        ))
        .at(place(self.graph, owners[0], "dependencies"))
        .because(format!(
            "{} are equally near to it and depend on it",
            names.join(" and ")
        ))
        .hint("let only one of them depend on it, or move it below the one that is to ship it")
    }
}

impl Closure {
    fn reaches(&self, id: TargetId) -> bool {
        self.common.contains(&id) || self.platforms.values().any(|ids| ids.contains(&id))
    }
}

/// Whether one folder is the other or above it; the root is "".
fn contains(folder: &str, other: &str) -> bool {
    match other.strip_prefix(folder) {
        Some(rest) => folder.is_empty() || rest.is_empty() || rest.starts_with('/'),
        None => false,
    }
}

fn is_ownable(graph: &Graph<'_>, id: TargetId) -> bool {
    match role(graph, id) {
        Some(Role::Distribution) => true,
        Some(Role::File { content, .. }) => ships(content),
        _ => false,
    }
}

fn ships(content: Content) -> bool {
    match content {
        Content::Python | Content::Test | Content::TestUtil | Content::Resource => true,
        Content::File | Content::Shell => false,
    }
}

pub(crate) fn role(graph: &Graph<'_>, id: TargetId) -> Option<Role> {
    graph.target(id).known.map(|known| known.role)
}

/// Where a field of a target stands.
pub(crate) fn place(graph: &Graph<'_>, id: TargetId, field: &str) -> Place {
    match graph.declaration(id) {
        Some(declaration) => Place::from(&declaration.call.field_place(field)),
        None => Place::default(),
    }
}

/// The texts of a field.
pub(crate) fn texts<'a>(graph: &'a Graph<'_>, id: TargetId, field: &str) -> Vec<&'a str> {
    graph
        .field(id, field)
        .map(Data::strings)
        .unwrap_or_default()
}

/// A spec that names nothing.
pub(crate) fn spec_error(error: &SpecError) -> CommandError {
    let command_error = CommandError::failure(error.to_string());
    match error.candidates.first() {
        Some(candidate) => command_error.hint(format!("did you mean `{candidate}`?")),
        None => command_error,
    }
}
