//! Conditions on targets: tags and types, each wanted or unwanted.

use crate::graph::{TargetGraph, TargetId};

/// Conditions that must all hold.
#[derive(Clone, Debug, Default)]
pub struct TargetFilter {
    tags: Vec<Condition>,
    kinds: Vec<Condition>,
}

/// Any of these names, or none of them.
#[derive(Clone, Debug)]
struct Condition {
    names: Vec<String>,
    wanted: Wanted,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Wanted {
    Any,
    None,
}

impl Condition {
    /// Reads `a,b` or `-a,b`.
    fn parse(text: &str) -> Self {
        let (names, wanted) = match text.strip_prefix('-') {
            Some(names) => (names, Wanted::None),
            None => (text.strip_prefix('+').unwrap_or(text), Wanted::Any),
        };
        Self {
            names: names
                .split(',')
                .map(|name| name.trim().to_owned())
                .collect(),
            wanted,
        }
    }

    fn holds<'n>(&self, mut have: impl Iterator<Item = &'n str>) -> bool {
        let any = have.any(|have| self.names.iter().any(|name| name == have));
        any == (self.wanted == Wanted::Any)
    }
}

impl TargetFilter {
    /// Reads the values of `--tag` and `--filter-target-type`.
    #[must_use]
    pub fn new(tags: &[String], kinds: &[String]) -> Self {
        let parse = |texts: &[String]| texts.iter().map(|text| Condition::parse(text)).collect();
        Self {
            tags: parse(tags),
            kinds: parse(kinds),
        }
    }

    /// Whether a target fulfils all conditions.
    #[must_use]
    pub fn accepts(&self, graph: &TargetGraph<'_>, id: TargetId) -> bool {
        self.kinds
            .iter()
            .all(|condition| condition.holds(std::iter::once(&*graph.target(id).kind)))
            && self
                .tags
                .iter()
                .all(|condition| condition.holds(graph.tags(id).into_iter()))
    }
}
