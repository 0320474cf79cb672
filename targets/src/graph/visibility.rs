//! `__dependencies_rules__` and `__dependents_rules__`: who may depend on whom.
//!
//! The rules that hold for a target are those of its BUILD file's folder. The first rule set
//! with a fitting selector applies, and in it the first fitting rule.

use std::sync::Arc;

use regex::Regex;
use rustc_hash::FxHashMap;

use super::Graph;
use super::target::TargetId;
use crate::repository::{Error, Rules};
use buildfile::Data;
use model::Place;

/// What a rule says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Fine.
    Allow,
    /// Fine, with a warning.
    Warn,
    /// Not allowed.
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
    pub action: Action,
    /// The BUILD files and rules that decide, for a message.
    pub rule: String,
}

/// Compiled rules by the identity of their declaration.
#[derive(Debug, Default)]
pub(crate) struct Visibility {
    compiled: FxHashMap<usize, Vec<RuleSet>>,
}

#[derive(Debug)]
struct RuleSet {
    file: Arc<str>,
    selectors: Vec<Selector>,
    rules: Vec<(Action, Selector, String)>,
}

/// A pattern for targets: type, path, name and tags, each optional.
#[derive(Debug, Default)]
struct Selector {
    kind: Option<Regex>,
    path: Option<PathPattern>,
    name: Option<Regex>,
    tags: Vec<Regex>,
}

#[derive(Debug)]
struct PathPattern {
    anchor: Anchor,
    regex: Regex,
}

/// What a path pattern counts from.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Anchor {
    /// `//…` or `/…`: a path from the root.
    Root,
    /// `.` or `../…`: the folder of the target that the rules hold for, so many levels up.
    Own(usize),
    /// Anywhere in the path.
    Floating,
}

impl Visibility {
    /// Compiles all rules of the repository; `None` if there are none.
    pub(crate) fn build(graph: &Graph<'_>) -> Result<Option<Self>, Error> {
        let mut visibility = Self::default();
        for dir in graph.repository.build_dirs() {
            for rules in [&dir.dependencies_rules, &dir.dependents_rules]
                .into_iter()
                .flatten()
            {
                visibility.compile(rules)?;
            }
        }
        Ok((!visibility.compiled.is_empty()).then_some(visibility))
    }

    fn compile(&mut self, rules: &Arc<Rules>) -> Result<(), Error> {
        let key = Arc::as_ptr(rules).addr();
        if self.compiled.contains_key(&key) {
            return Ok(());
        }
        let mut sets = Vec::new();
        let mut next = Some(rules);
        while let Some(rules) = next {
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
            next = rules.extends.as_ref();
        }
        self.compiled.insert(key, sets);
        Ok(())
    }

    /// What the rules say about a dependency; `None` if nothing against it.
    pub(crate) fn check(
        &self,
        graph: &Graph<'_>,
        from: TargetId,
        to: TargetId,
    ) -> Result<Option<Violation>, Error> {
        let rules = |id: TargetId| graph.build_dir(&graph.target(id).dir);
        let outgoing = rules(from).and_then(|dir| dir.dependencies_rules.as_ref());
        let incoming = rules(to).and_then(|dir| dir.dependents_rules.as_ref());
        let describe = |found: Option<(&RuleSet, &str)>, id: TargetId| match found {
            Some((set, rule)) => format!("{}[{rule}]", set.file),
            None => graph.target(id).dir.to_string(),
        };
        let out = self.decide(graph, outgoing, (from, to))?;
        let into = self.decide(graph, incoming, (to, from))?;
        let action_of = |found: &Option<(Action, &RuleSet, &str)>| {
            found.as_ref().map_or(Action::Allow, |(action, ..)| *action)
        };
        let action = match (action_of(&into), action_of(&out)) {
            (Action::Deny, _) => Action::Deny,
            (action, Action::Allow) | (_, action) => action,
        };
        if action == Action::Allow {
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
        graph: &Graph<'_>,
        rules: Option<&Arc<Rules>>,
        (own, other): (TargetId, TargetId),
    ) -> Result<Option<(Action, &RuleSet, &str)>, Error> {
        let Some(rules) = rules else {
            return Ok(None);
        };
        let sets = self.compiled.get(&Arc::as_ptr(rules).addr());
        let base = own_folder(graph, own);
        let fitting = sets.into_iter().flatten().find(|set| {
            set.selectors
                .iter()
                .any(|it| it.is_match(graph, own, &base))
        });
        let found = fitting.and_then(|set| {
            let rule = set
                .rules
                .iter()
                .find(|(_, it, _)| it.is_match(graph, other, &base))?;
            Some((rule.0, set, rule.2.as_str()))
        });
        match found {
            Some(found) => Ok(Some(found)),
            None => Err(Error::Invalid {
                message: format!(
                    "no visibility rule fits `{}` together with `{}`",
                    graph.target(own).address,
                    graph.target(other).address
                ),
                place: Place::file(Arc::clone(&rules.file)),
                hint: Some(
                    "end the rules with a rule for everything else, such as `\"!*\"`".to_owned(),
                ),
            }),
        }
    }
}

/// The folder that `.` means for the target: of its file, else of its BUILD file.
fn own_folder(graph: &Graph<'_>, id: TargetId) -> String {
    let target = graph.target(id);
    match file_of(graph, id) {
        Some(path) => path.rsplit_once('/').map_or("", |(dir, _)| dir).to_owned(),
        None => target.dir.to_string(),
    }
}

/// The file of a target that is named after one.
fn file_of<'g>(graph: &'g Graph<'_>, id: TargetId) -> Option<&'g str> {
    let target = graph.target(id);
    target.generator?;
    target.source.as_deref()
}

/// The path that patterns are matched against.
fn path_of(graph: &Graph<'_>, id: TargetId) -> String {
    let target = graph.target(id);
    match file_of(graph, id) {
        Some(path) => path.to_owned(),
        None if target.generator.is_some() => target
            .address
            .replace(':', "/")
            .trim_start_matches('/')
            .to_owned(),
        None => target.dir.to_string(),
    }
}

impl RuleSet {
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
                Some('!') => (Action::Deny, &text[1..]),
                Some('?') => (Action::Warn, &text[1..]),
                _ => (Action::Allow, text.as_str()),
            };
            parsed.push((action, Selector::parse(pattern, &rules.dir)?, text.clone()));
        }
        Ok(Self {
            file: Arc::clone(&rules.file),
            selectors,
            rules: parsed,
        })
    }
}

/// Every text of nested lists; dictionaries become the long form of a selector.
fn flatten(data: &Data) -> Vec<String> {
    match data {
        Data::Str(text) => text.lines().map(|line| line.trim().to_owned()).collect(),
        Data::TargetType(name) => vec![format!("<{name}>")],
        Data::List(items) => items.iter().flat_map(flatten).collect(),
        Data::Dict(_) => vec![long_form(data)],
        other => vec![other.to_string()],
    }
}

fn long_form(data: &Data) -> String {
    let text = |key: &str| match data.get(key) {
        Some(Data::Str(text) | Data::TargetType(text)) => Some(text.to_string()),
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

impl Selector {
    fn parse(text: &str, dir: &str) -> Result<Self, String> {
        let mut selector = Self::default();
        let first = text.chars().next();
        if first.is_some_and(|c| c.is_alphanumeric() || "_.:/*".contains(c)) {
            let (path, name) = text.split_once(':').unwrap_or((text, ""));
            selector.set_path(path, dir)?;
            selector.set_name(name)?;
            return Ok(selector);
        }
        let mut rest = text;
        while let Some(open) = rest.chars().next() {
            let close = match open {
                '<' => '>',
                '[' => ']',
                '(' => ')',
                _ => return Err(format!("not a target selector: `{text}`")),
            };
            let end = rest
                .find(close)
                .ok_or_else(|| format!("`{open}` without `{close}`: `{text}`"))?;
            let inside = &rest[1..end];
            match open {
                '<' => selector.kind = Some(glob(inside)?),
                '[' => {
                    let (path, name) = inside.split_once(':').unwrap_or((inside, ""));
                    selector.set_path(path, dir)?;
                    selector.set_name(name)?;
                }
                _ => {
                    for tag in inside
                        .split(',')
                        .map(str::trim)
                        .filter(|tag| !tag.is_empty())
                    {
                        selector.tags.push(glob(tag)?);
                    }
                }
            }
            rest = &rest[end + 1..];
        }
        Ok(selector)
    }

    fn set_name(&mut self, name: &str) -> Result<(), String> {
        if !name.is_empty() {
            self.name = Some(glob(name)?);
        }
        Ok(())
    }

    fn set_path(&mut self, path: &str, dir: &str) -> Result<(), String> {
        if path.is_empty() {
            return Ok(());
        }
        let relative = path.starts_with('.')
            && matches!(
                path.trim_start_matches('.').chars().next(),
                None | Some('/')
            );
        let (anchor, pattern) = if let Some(rest) = path.strip_prefix("//") {
            (Anchor::Root, normalise(rest))
        } else if let Some(rest) = path.strip_prefix('/') {
            (Anchor::Root, normalise(&format!("{dir}/{rest}")))
        } else if relative {
            let normal = normalise(path);
            let levels = normal.split('/').filter(|part| *part == "..").count();
            let rest = normal
                .trim_start_matches("../")
                .trim_start_matches("..")
                .to_owned();
            let rest = if rest == "." { String::new() } else { rest };
            (Anchor::Own(levels), rest)
        } else {
            (Anchor::Floating, normalise(path))
        };
        let body = translate(&pattern);
        let regex = match anchor {
            Anchor::Floating if pattern.starts_with(|c: char| c.is_alphanumeric()) => {
                format!(r"(?:/?\b{body})$")
            }
            Anchor::Floating => format!("(?:{body})$"),
            _ => format!("^(?:{body})$"),
        };
        self.path = Some(PathPattern {
            anchor,
            regex: Regex::new(&regex).map_err(|error| error.to_string())?,
        });
        Ok(())
    }

    fn is_match(&self, graph: &Graph<'_>, id: TargetId, base: &str) -> bool {
        if self.kind.is_none() && self.path.is_none() && self.name.is_none() && self.tags.is_empty()
        {
            return false;
        }
        // A generated target counts as its generator.
        let (kind, name, tags) = match graph.declaration(id) {
            Some(it) => (&*it.kind, &*it.name, it.get("tags")),
            None => {
                let target = graph.target(graph.target(id).generator.unwrap_or(id));
                let name = target.address.rsplit(':').next().unwrap_or_default();
                (&*target.kind, name, None)
            }
        };
        if self.kind.as_ref().is_some_and(|it| !it.is_match(kind))
            || self.name.as_ref().is_some_and(|it| !it.is_match(name))
            || self
                .path
                .as_ref()
                .is_some_and(|it| !it.is_match(&path_of(graph, id), base))
        {
            return false;
        }
        let own = tags.map(Data::strings).unwrap_or_default();
        self.tags
            .iter()
            .all(|tag| own.iter().any(|have| tag.is_match(have)))
    }
}

impl PathPattern {
    fn is_match(&self, path: &str, base: &str) -> bool {
        let Anchor::Own(levels) = self.anchor else {
            return self.regex.is_match(path);
        };
        let mut from = base;
        for _ in 0..levels {
            from = from.rsplit_once('/').map_or("", |(parent, _)| parent);
        }
        let below = match path.strip_prefix(from) {
            Some("") => Some(""),
            Some(rest) if from.is_empty() => Some(rest),
            Some(rest) => rest.strip_prefix('/'),
            None => None,
        };
        below.is_some_and(|below| self.regex.is_match(below))
    }
}

fn normalise(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    parts.join("/")
}

/// A glob as a regular expression: `*` within a folder, `**` across, slashes beside it optional.
fn translate(pattern: &str) -> String {
    regex::escape(pattern)
        .replace(r"\*", "*")
        .replace("/**", "(/.<>)?")
        .replace("**/", r"/?\b")
        .replace("**", ".<>")
        .replace('*', "[^/]<>")
        .replace("<>", "*")
}

fn glob(pattern: &str) -> Result<Regex, String> {
    Regex::new(&format!("^(?:{})$", translate(pattern))).map_err(|error| error.to_string())
}
