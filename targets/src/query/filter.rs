//! Conditions on targets: tags and types, each wanted or unwanted.

use regex::Regex;

use crate::graph::{TargetGraph, TargetId};

/// Conditions that must all hold.
#[derive(Clone, Debug, Default)]
pub struct TargetFilter {
    tags: Vec<Condition>,
    kinds: Vec<Condition>,
    addresses: Vec<(Vec<Regex>, Wanted)>,
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
            addresses: Vec::new(),
        }
    }

    /// Adds the values of `--filter-address-regex`.
    ///
    /// # Errors
    /// What is wrong with one.
    pub fn with_addresses(mut self, texts: &[String]) -> Result<Self, String> {
        for condition in texts.iter().map(|text| Condition::parse(text)) {
            let regexes = condition.names.iter().map(|text| Regex::new(text));
            let regexes = regexes.collect::<Result<Vec<_>, _>>();
            let regexes = regexes.map_err(|error| error.to_string())?;
            self.addresses.push((regexes, condition.wanted));
        }
        Ok(self)
    }

    /// The types that the conditions name.
    pub fn kinds(&self) -> impl Iterator<Item = &str> {
        let names = self.kinds.iter().flat_map(|condition| &condition.names);
        names.map(String::as_str)
    }

    /// Whether a target fulfils all conditions.
    #[must_use]
    pub fn accepts(&self, graph: &TargetGraph<'_>, id: TargetId) -> bool {
        let address = &*graph.target(id).address;
        let of_address = |(regexes, wanted): &(Vec<Regex>, Wanted)| {
            let any = regexes.iter().any(|regex| regex.is_match(address));
            any == (*wanted == Wanted::Any)
        };
        self.addresses.iter().all(of_address)
            && self
                .kinds
                .iter()
                .all(|condition| condition.holds(std::iter::once(&*graph.target(id).kind)))
            && self
                .tags
                .iter()
                .all(|condition| condition.holds(graph.tags(id).into_iter()))
    }
}
