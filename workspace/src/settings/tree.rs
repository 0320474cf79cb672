//! A TOML value with its placeholders filled in, each part with its place in the file.

use std::collections::BTreeMap;
use std::ops::Range;

use camino::Utf8Path;
use toml_edit::{Item, TableLike, Value};

/// How deep placeholders may stand for texts with placeholders.
const MOST_NESTED: usize = 20;

/// A value and where it stands, in bytes of its file.
#[derive(Debug, Clone)]
pub struct SettingNode {
    pub tree: SettingTree,
    pub span: Range<usize>,
}

/// The kinds of values that settings have. Dates are texts.
#[derive(Debug, Clone)]
pub enum SettingTree {
    Text(String),
    Bool(bool),
    Integer(i64),
    List(Vec<SettingNode>),
    Table(Vec<Entry>),
}

/// One key of a table.
#[derive(Debug, Clone)]
pub struct Entry {
    pub name: String,
    pub name_span: Range<usize>,
    pub node: SettingNode,
}

/// A mistake within one value; the reader adds the file and the key.
#[derive(Debug)]
pub struct SettingMistake {
    pub span: Range<usize>,
    pub kind: SettingMistakeKind,
}

/// See [`SettingsProblem`](super::error::SettingsProblem) for what the user reads.
#[derive(Debug)]
pub enum SettingMistakeKind {
    WrongType {
        expected: &'static str,
        found: &'static str,
    },
    BadValue(String),
    UnknownPlaceholder(String),
    UnsetVariable(String),
}

/// What `%(name)s` stands for.
#[derive(Debug, Clone, Default)]
pub struct Placeholders {
    /// `buildroot`, `homedir` and the like.
    pub values: BTreeMap<String, String>,
    /// The environment, for `%(env.NAME)s`.
    pub environment: BTreeMap<String, String>,
}

impl SettingNode {
    /// Converts what `toml_edit` read, and fills in placeholders.
    pub fn new(item: &Item, placeholders: &Placeholders) -> Result<Self, SettingMistake> {
        let span = item.span().unwrap_or_default();
        let tree = match item {
            Item::None => SettingTree::Table(Vec::new()),
            Item::Value(value) => return Self::from_value(value, placeholders),
            Item::Table(table) => SettingTree::Table(entries(table, placeholders)?),
            Item::ArrayOfTables(tables) => SettingTree::List(
                tables
                    .iter()
                    .map(|table| {
                        Ok(Self {
                            tree: SettingTree::Table(entries(table, placeholders)?),
                            span: table.span().unwrap_or_default(),
                        })
                    })
                    .collect::<Result<_, _>>()?,
            ),
        };
        Ok(Self { tree, span })
    }

    fn from_value(value: &Value, placeholders: &Placeholders) -> Result<Self, SettingMistake> {
        let span = value.span().unwrap_or_default();
        let tree = match value {
            Value::String(text) => SettingTree::Text(placeholders.fill(text.value(), &span)?),
            Value::Integer(number) => SettingTree::Integer(*number.value()),
            Value::Float(number) => SettingTree::Text(number.value().to_string()),
            Value::Boolean(value) => SettingTree::Bool(*value.value()),
            Value::Datetime(date) => SettingTree::Text(date.value().to_string()),
            Value::Array(array) => SettingTree::List(
                array
                    .iter()
                    .map(|value| Self::from_value(value, placeholders))
                    .collect::<Result<_, _>>()?,
            ),
            Value::InlineTable(table) => SettingTree::Table(entries(table, placeholders)?),
        };
        Ok(Self { tree, span })
    }

    /// The same as a value of TOML, with placeholders filled in.
    pub fn value(&self) -> Value {
        match &self.tree {
            SettingTree::Text(text) => text.as_str().into(),
            SettingTree::Bool(value) => (*value).into(),
            SettingTree::Integer(number) => (*number).into(),
            SettingTree::List(items) => Value::Array(items.iter().map(Self::value).collect()),
            SettingTree::Table(entries) => {
                let entries = entries.iter();
                let entries = entries.map(|entry| (entry.name.as_str(), entry.node.value()));
                Value::InlineTable(entries.collect())
            }
        }
    }

    /// The text.
    pub fn text(&self, expected: &'static str) -> Result<&str, SettingMistake> {
        match &self.tree {
            SettingTree::Text(text) => Ok(text),
            _ => Err(self.wrong_type(expected)),
        }
    }

    /// That this node is not what was expected.
    pub fn wrong_type(&self, expected: &'static str) -> SettingMistake {
        let found = match &self.tree {
            SettingTree::Text(_) => "a string",
            SettingTree::Bool(_) => "a boolean",
            SettingTree::Integer(_) => "a number",
            SettingTree::List(_) => "a list",
            SettingTree::Table(_) => "a table",
        };
        self.mistake(SettingMistakeKind::WrongType { expected, found })
    }

    /// A mistake at this node.
    pub fn mistake(&self, kind: SettingMistakeKind) -> SettingMistake {
        SettingMistake {
            span: self.span.clone(),
            kind,
        }
    }
}

impl Placeholders {
    /// The placeholders of a repository at `root`.
    pub fn new(root: &Utf8Path, environment: BTreeMap<String, String>) -> Self {
        let variable = |name: &str| environment.get(name).cloned().unwrap_or_default();
        let values = [
            ("buildroot", root.to_string()),
            ("homedir", variable("HOME")),
            ("user", variable("USER")),
            ("pants_workdir", root.join(".pants.d").to_string()),
            ("pants_distdir", root.join("dist").to_string()),
        ];
        Self {
            values: values
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
            environment,
        }
    }

    /// Fills in placeholders, also those in what stands for one, as Pants does.
    fn fill(&self, text: &str, span: &Range<usize>) -> Result<String, SettingMistake> {
        let mut filled = text.to_owned();
        for _ in 0..MOST_NESTED {
            let next = self.fill_once(&filled, span)?;
            if next == filled {
                return Ok(filled);
            }
            filled = next;
        }
        Err(SettingMistake {
            span: span.clone(),
            kind: SettingMistakeKind::BadValue("its placeholders stand for each other".to_owned()),
        })
    }

    fn fill_once(&self, text: &str, span: &Range<usize>) -> Result<String, SettingMistake> {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("%(") {
            let name = after.split_once(")s");
            let is_name = |name: &str| {
                let letters = |one: char| one.is_ascii_alphanumeric() || "_.".contains(one);
                !name.is_empty() && name.chars().all(letters)
            };
            filled.push_str(before);
            match name.filter(|(name, _)| is_name(name)) {
                Some((name, after)) => {
                    filled.push_str(self.value(name, span)?);
                    rest = after;
                }
                None => {
                    filled.push_str("%(");
                    rest = after;
                }
            }
        }
        filled.push_str(rest);
        Ok(filled)
    }

    fn value(&self, name: &str, span: &Range<usize>) -> Result<&str, SettingMistake> {
        let (found, kind) = match name.strip_prefix("env.") {
            Some(variable) => (
                self.environment.get(variable),
                SettingMistakeKind::UnsetVariable(variable.to_owned()),
            ),
            None => (
                self.values.get(name),
                SettingMistakeKind::UnknownPlaceholder(name.to_owned()),
            ),
        };
        found.map(String::as_str).ok_or(SettingMistake {
            span: span.clone(),
            kind,
        })
    }
}

fn entries(
    table: &dyn TableLike,
    placeholders: &Placeholders,
) -> Result<Vec<Entry>, SettingMistake> {
    table
        .iter()
        .map(|(name, item)| {
            let node = SettingNode::new(item, placeholders)?;
            Ok(Entry {
                name: name.to_owned(),
                name_span: name_span(table, name).unwrap_or_else(|| node.span.clone()),
                node,
            })
        })
        .collect()
}

/// Where a key of a table stands.
pub(super) fn name_span(table: &dyn TableLike, name: &str) -> Option<Range<usize>> {
    table.key(name).and_then(toml_edit::Key::span)
}
