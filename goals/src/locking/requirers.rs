//! Who requires a project: a chain from a requirement of the resolve through what releases say that
//! the resolver asked about, for messages about something that went wrong on the way.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use model::{Metadata, PackageName, Place, Requirement, Version};
use rustc_hash::FxHashMap;

use super::inputs::ResolveDeclaration;

/// A chain to a project.
#[derive(Debug, Default)]
pub(super) struct RequirementChain {
    /// Where the requirement stands that it begins with.
    pub(super) place: Option<Place>,
    /// One sentence for each link; none where the project itself is required there.
    pub(super) requirers: Vec<String>,
}

/// A link: what requires the project, and the project before it.
struct Link<'a> {
    before: Option<&'a PackageName>,
    text: String,
    place: Option<&'a Place>,
}

/// The shortest chain to `name`; an empty one where none is known.
pub(super) fn chain(
    declared: &ResolveDeclaration,
    metadata: &FxHashMap<(PackageName, Version), Arc<Metadata>>,
    name: &PackageName,
) -> RequirementChain {
    let mut of: BTreeMap<&PackageName, Vec<&Metadata>> = BTreeMap::new();
    for one in metadata.values() {
        of.entry(&one.name).or_default().push(one);
    }
    for releases in of.values_mut() {
        releases.sort_by(|a, b| b.version.cmp(&a.version));
    }
    let mut links: BTreeMap<&PackageName, Link<'_>> = BTreeMap::new();
    let mut open = VecDeque::new();
    for requirement in &declared.inputs.requirements {
        let place = declared.place(requirement);
        links.entry(&requirement.name).or_insert_with(|| {
            open.push_back(&requirement.name);
            let text = match place {
                Some(place) => format!("{}:{} requires {requirement}", place.path, place.line),
                None => format!("{requirement} is required"),
            };
            Link {
                before: None,
                text,
                place,
            }
        });
    }
    // Requirements of extras come last: nobody may ask for them.
    let mut of_extras = VecDeque::new();
    while let Some(at) = open.pop_front().or_else(|| of_extras.pop_front()) {
        for release in of.get(at).into_iter().flatten() {
            for requirement in &release.requires_dist {
                links.entry(&requirement.name).or_insert_with(|| {
                    match requirement.marker.has_extra() {
                        true => of_extras.push_back(&requirement.name),
                        false => open.push_back(&requirement.name),
                    }
                    Link {
                        before: Some(at),
                        text: sentence(release, requirement),
                        place: None,
                    }
                });
            }
        }
    }
    to(&links, name)
}

fn sentence(release: &Metadata, requirement: &Requirement) -> String {
    format!(
        "{} {} requires {requirement}",
        release.name, release.version
    )
}

fn to(links: &BTreeMap<&PackageName, Link<'_>>, name: &PackageName) -> RequirementChain {
    let mut chain = RequirementChain::default();
    let mut at = Some(name);
    while let Some(link) = at.and_then(|at| links.get(at)) {
        chain.requirers.push(link.text.clone());
        chain.place = link.place.cloned();
        at = link.before;
    }
    chain.requirers.reverse();
    if chain.requirers.len() == 1 {
        chain.requirers.clear();
    }
    chain
}
