//! `__dependencies_rules__` and `__dependents_rules__`: which targets may depend on which.
//!
//! The rules that hold for a target are those of its BUILD file's folder. The first rule set
//! with a fitting selector applies, and in it the first fitting rule.

mod selector;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use super::target::{TargetId, TargetMap};
use super::targets::Targets;
use crate::error::Error;
use crate::repository::{Rules, RulesId};
use buildfile::Data;
use model::Place;
use selector::{Selector, own_folder};

/// What a rule says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleAction {
    /// The dependency is allowed.
    Allow,
    /// The dependency is allowed, with a warning.
    Warn,
    /// The dependency is forbidden.
    Deny,
}

/// A dependency that rules warn of or forbid.
#[derive(Clone, Debug)]
pub struct Violation {
    /// The target that depends.
    pub from: TargetId,
    /// The target that it depends on.
    pub to: TargetId,
    /// What the rule says.
    pub action: RuleAction,
    /// The BUILD files and rules that decide, for a message.
    pub rule: String,
}

/// Compiled rules, by the position of their declaration; `None` for those that hold nowhere.
#[derive(Debug)]
pub(crate) struct Visibility(Vec<Option<CompiledRules>>);

#[derive(Debug)]
struct CompiledRules {
    sets: Vec<RuleSet>,
    /// Which set a target has, by the set's position.
    fitting: FittingPositions,
}

#[derive(Debug)]
struct RuleSet {
    file: Arc<str>,
    selectors: Vec<Selector>,
    rules: Vec<(RuleAction, Selector, String)>,
    /// Which rule a target has, by the rule's position. Only where that is the same whoever is at the other end.
    fitting: Option<FittingPositions>,
}

/// What fits each target, by position: the same few rules are asked about a target once for each of its dependents.
#[derive(Debug, Default)]
struct FittingPositions(OnceLock<TargetMap<AtomicUsize>>);

impl FittingPositions {
    /// Nothing was looked for.
    const UNKNOWN: usize = usize::MAX;
    /// Nothing fits.
    const NONE: usize = usize::MAX - 1;

    /// The position of what fits a target, found by `find` the first time.
    fn of(
        &self,
        targets: &Targets<'_>,
        id: TargetId,
        find: impl FnOnce() -> Option<usize>,
    ) -> Option<usize> {
        let unknown = || targets.arena().map(|_| AtomicUsize::new(Self::UNKNOWN));
        let known = &self.0.get_or_init(unknown)[id];
        let position = match known.load(Ordering::Relaxed) {
            Self::UNKNOWN => {
                let found = find().unwrap_or(Self::NONE);
                known.store(found, Ordering::Relaxed);
                found
            }
            known => known,
        };
        (position != Self::NONE).then_some(position)
    }
}

impl Visibility {
    /// Compiles all rules of the repository; `None` if there are none.
    pub(crate) fn build(targets: &Targets<'_>) -> Result<Option<Self>, Error> {
        let repository = targets.repository();
        let all = repository.rules();
        let mut compiled: Vec<Option<CompiledRules>> = all.iter().map(|_| None).collect();
        let in_force = repository
            .build_dirs()
            .iter()
            .flat_map(|dir| [dir.dependencies_rules, dir.dependents_rules])
            .flatten();
        let mut any = false;
        for id in in_force {
            any = true;
            if compiled[id.index()].is_none() {
                compiled[id.index()] = Some(CompiledRules {
                    sets: compile(all, id)?,
                    fitting: FittingPositions::default(),
                });
            }
        }
        Ok(any.then_some(Self(compiled)))
    }

    /// What the rules say about a dependency; `None` if nothing against it.
    pub(crate) fn check(
        &self,
        targets: &Targets<'_>,
        from: TargetId,
        to: TargetId,
    ) -> Result<Option<Violation>, Error> {
        let outgoing = targets
            .build_dir_of(from)
            .and_then(|dir| dir.dependencies_rules);
        let incoming = targets
            .build_dir_of(to)
            .and_then(|dir| dir.dependents_rules);
        let describe = |found: Option<(&RuleSet, &str)>, id: TargetId| match found {
            Some((set, rule)) => format!("{}[{rule}]", set.file),
            None => targets.get(id).dir.to_string(),
        };
        let out = self.decide(targets, outgoing, (from, to))?;
        let into = self.decide(targets, incoming, (to, from))?;
        let action_of = |found: &Option<(RuleAction, &RuleSet, &str)>| {
            found
                .as_ref()
                .map_or(RuleAction::Allow, |(action, ..)| *action)
        };
        let action = match (action_of(&into), action_of(&out)) {
            (RuleAction::Deny, _) => RuleAction::Deny,
            (action, RuleAction::Allow) | (_, action) => action,
        };
        if action == RuleAction::Allow {
            return Ok(None);
        }
        Ok(Some(Violation {
            from,
            to,
            action,
            rule: format!(
                "{} -> {}",
                describe(out.map(|(_, set, rule)| (set, rule)), from),
                describe(into.map(|(_, set, rule)| (set, rule)), to)
            ),
        }))
    }

    /// The first fitting rule of the rules that hold for `own`, about `other`.
    fn decide(
        &self,
        targets: &Targets<'_>,
        rules: Option<RulesId>,
        (own, other): (TargetId, TargetId),
    ) -> Result<Option<(RuleAction, &RuleSet, &str)>, Error> {
        let Some(rules) = rules else {
            return Ok(None);
        };
        let compiled = self.0[rules.index()].as_ref();
        let set = compiled.and_then(|compiled| compiled.set_of(targets, own));
        match set.and_then(|set| set.decide(targets, own, other)) {
            Some(found) => Ok(Some(found)),
            None => Err(Error::Invalid {
                message: format!(
                    "no visibility rule fits `{}` together with `{}`",
                    targets.get(own).address,
                    targets.get(other).address
                ),
                place: Place::file(Arc::clone(
                    &targets.repository().rules()[rules.index()].file,
                )),
                hint: Some(
                    "end the rules with a rule for everything else, such as `\"!*\"`".to_owned(),
                ),
            }),
        }
    }
}

/// Compiles rules with those that they extend.
fn compile(all: &[Rules], id: RulesId) -> Result<Vec<RuleSet>, Error> {
    let mut sets = Vec::new();
    let mut next = Some(id);
    while let Some(id) = next {
        let rules = &all[id.index()];
        for set in &rules.sets {
            sets.push(RuleSet::parse(set, rules).map_err(|message| Error::Invalid {
                message,
                place: Place::file(Arc::clone(&rules.file)),
                hint: Some(
                    "a rule set is `(targets, rule, rule, …)`, for example `(python_sources, \"//src/**\", \"!*\")`"
                        .to_owned(),
                ),
            })?);
        }
        next = rules.extends;
    }
    Ok(sets)
}

impl CompiledRules {
    /// The first rule set that holds for a target.
    fn set_of(&self, targets: &Targets<'_>, own: TargetId) -> Option<&RuleSet> {
        let find = || {
            let base = own_folder(targets, own);
            let holds = |selector: &Selector| selector.is_match(targets, own, &base);
            let mut sets = self.sets.iter();
            sets.position(|set| set.selectors.iter().any(holds))
        };
        let at = self.fitting.of(targets, own, find)?;
        self.sets.get(at)
    }
}

impl RuleSet {
    /// The first rule that fits `other`, where the set holds for `own`.
    fn decide(
        &self,
        targets: &Targets<'_>,
        own: TargetId,
        other: TargetId,
    ) -> Option<(RuleAction, &Self, &str)> {
        let find = || {
            let base = own_folder(targets, own);
            let mut rules = self.rules.iter();
            rules.position(|(_, selector, _)| selector.is_match(targets, other, &base))
        };
        let at = match &self.fitting {
            Some(fitting) => fitting.of(targets, other, find),
            None => find(),
        };
        let (action, _, text) = self.rules.get(at?)?;
        Some((*action, self, text))
    }

    fn parse(data: &Data, rules: &Rules) -> Result<Self, String> {
        let items = data
            .as_list()
            .filter(|items| items.len() >= 2)
            .ok_or_else(|| format!("not a visibility rule set: {data}"))?;
        let mut selectors = Vec::new();
        for text in flatten(&items[0]) {
            selectors.push(Selector::parse(&text, &rules.dir)?);
        }
        let mut parsed = Vec::new();
        for text in items[1..].iter().flat_map(flatten) {
            if text.is_empty() || text.starts_with('#') {
                continue;
            }
            let (action, pattern) = match text.chars().next() {
                Some('!') => (RuleAction::Deny, &text[1..]),
                Some('?') => (RuleAction::Warn, &text[1..]),
                _ => (RuleAction::Allow, text.as_str()),
            };
            parsed.push((action, Selector::parse(pattern, &rules.dir)?, text.clone()));
        }
        let is_relative = parsed.iter().any(|(_, rule, _)| rule.is_relative());
        Ok(Self {
            file: Arc::clone(&rules.file),
            selectors,
            rules: parsed,
            fitting: (!is_relative).then(FittingPositions::default),
        })
    }
}

/// Every text of nested lists; dictionaries become the long form of a selector.
fn flatten(data: &Data) -> Vec<String> {
    match data {
        Data::Str(text) => text.lines().map(|line| line.trim().to_owned()).collect(),
        Data::Symbol(name) => vec![format!("<{name}>")],
        Data::List(items) => items.iter().flat_map(flatten).collect(),
        Data::Dict(_) => vec![long_form(data)],
        other => vec![other.to_string()],
    }
}

fn long_form(data: &Data) -> String {
    let text = |key: &str| match data.get(key) {
        Some(Data::Str(text) | Data::Symbol(text)) => Some(text.to_string()),
        _ => None,
    };
    let mut form = match text("action").as_deref() {
        Some("deny") => "!".to_owned(),
        Some("warn") => "?".to_owned(),
        _ => String::new(),
    };
    if let Some(kind) = text("type") {
        form.push_str(&format!("<{kind}>"));
    }
    if data.get("path").is_some() || data.get("name").is_some() {
        let name = text("name")
            .map(|name| format!(":{name}"))
            .unwrap_or_default();
        form.push_str(&format!("[{}{name}]", text("path").unwrap_or_default()));
    }
    if let Some(tags) = data.get("tags") {
        form.push_str(&format!("({})", tags.strings().join(", ")));
    }
    form
}
