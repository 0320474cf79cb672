//! Conditions on targets: tags and types, each wanted or unwanted.

use regex::Regex;

use crate::graph::{TargetGraph, TargetId};

/// Conditions that must all hold.
#[derive(Clone, Debug, Default)]
pub struct TargetFilter {
    tags: Vec<Condition>,
    kinds: Vec<Condition>,
    addresses: Vec<Patterns>,
    tag_patterns: Vec<Patterns>,
}

/// Any of these regular expressions, or none of them.
#[derive(Clone, Debug)]
struct Patterns {
    regexes: Vec<Regex>,
    wanted: Wanted,
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

impl Patterns {
    /// Reads `a,b` or `-a,b`, several times.
    fn parse_all(texts: &[String]) -> Result<Vec<Self>, String> {
        let parse = |text: &String| {
            let condition = Condition::parse(text);
            let regexes = condition.names.iter().map(|text| Regex::new(text));
            let regexes = regexes.collect::<Result<Vec<_>, _>>();
            Ok(Self {
                regexes: regexes.map_err(|error| error.to_string())?,
                wanted: condition.wanted,
            })
        };
        texts.iter().map(parse).collect()
    }

    fn holds<'n>(&self, mut have: impl Iterator<Item = &'n str>) -> bool {
        let any = have.any(|have| self.regexes.iter().any(|regex| regex.is_match(have)));
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
            ..Self::default()
        }
    }

    /// Adds the values of `--filter-address-regex`.
    ///
    /// # Errors
    /// What is wrong with one.
    pub fn with_addresses(mut self, texts: &[String]) -> Result<Self, String> {
        self.addresses = Patterns::parse_all(texts)?;
        Ok(self)
    }

    /// Adds the values of `--filter-tag-regex`.
    ///
    /// # Errors
    /// What is wrong with one.
    pub fn with_tag_patterns(mut self, texts: &[String]) -> Result<Self, String> {
        self.tag_patterns = Patterns::parse_all(texts)?;
        Ok(self)
    }

    /// The types that the conditions name.
    pub fn kinds(&self) -> impl Iterator<Item = &str> {
        let names = self.kinds.iter().flat_map(|condition| &condition.names);
        names.map(String::as_str)
    }

    /// Whether a target is left that a generator stands for which fulfils all conditions: it need not be of a type
    /// that is wanted, as the generator is.
    #[must_use]
    pub fn leaves(&self, graph: &TargetGraph<'_>, id: TargetId) -> bool {
        let unwanted = self.kinds.iter().filter(|one| one.wanted == Wanted::None);
        let of_generated = Self {
            kinds: unwanted.cloned().collect(),
            ..self.clone()
        };
        of_generated.accepts(graph, id)
    }

    /// Whether a target fulfils all conditions.
    #[must_use]
    pub fn accepts(&self, graph: &TargetGraph<'_>, id: TargetId) -> bool {
        let target = graph.target(id);
        let (address, kind) = (&*target.address, &*target.kind);
        let of_address = |one: &Patterns| one.holds(std::iter::once(address));
        let of_kind = |one: &Condition| one.holds(std::iter::once(kind));
        let of_tags = |one: &Condition| one.holds(graph.tags(id).into_iter());
        let of_tag_patterns = |one: &Patterns| one.holds(graph.tags(id).into_iter());
        self.addresses.iter().all(of_address)
            && self.kinds.iter().all(of_kind)
            && self.tags.iter().all(of_tags)
            && self.tag_patterns.iter().all(of_tag_patterns)
    }
}
