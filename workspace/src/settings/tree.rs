//! A TOML value with its placeholders filled in, each part with its place in the file.

use std::collections::BTreeMap;
use std::ops::Range;

use camino::Utf8Path;
use toml_edit::{Item, TableLike, Value};

use super::literal;

/// A value and where it stands, in bytes of its file.
#[derive(Debug, Clone)]
pub struct Node {
    pub tree: Tree,
    pub span: Range<usize>,
}

/// The kinds of values that settings have. Dates are texts.
#[derive(Debug, Clone)]
pub enum Tree {
    Text(String),
    Bool(bool),
    Integer(i64),
    List(Vec<Node>),
    Table(Vec<Entry>),
}

/// One key of a table.
#[derive(Debug, Clone)]
pub struct Entry {
    pub name: String,
    pub name_span: Range<usize>,
    pub node: Node,
}

/// A mistake within one value; the reader adds the file and the key.
#[derive(Debug)]
pub struct Mistake {
    pub span: Range<usize>,
    pub kind: MistakeKind,
}

/// See [`Problem`](super::error::Problem) for what the user reads.
#[derive(Debug)]
pub enum MistakeKind {
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

impl Node {
    /// Converts what `toml_edit` read, and fills in placeholders.
    pub fn new(item: &Item, placeholders: &Placeholders) -> Result<Self, Mistake> {
        let span = item.span().unwrap_or_default();
        let tree = match item {
            Item::None => Tree::Table(Vec::new()),
            Item::Value(value) => return Self::from_value(value, placeholders),
            Item::Table(table) => Tree::Table(entries(table, placeholders)?),
            Item::ArrayOfTables(tables) => Tree::List(
                tables
                    .iter()
                    .map(|table| {
                        Ok(Self {
                            tree: Tree::Table(entries(table, placeholders)?),
                            span: table.span().unwrap_or_default(),
                        })
                    })
                    .collect::<Result<_, _>>()?,
            ),
        };
        Ok(Self { tree, span })
    }

    fn from_value(value: &Value, placeholders: &Placeholders) -> Result<Self, Mistake> {
        let span = value.span().unwrap_or_default();
        let tree = match value {
            Value::String(text) => Tree::Text(placeholders.fill(text.value(), &span)?),
            Value::Integer(number) => Tree::Integer(*number.value()),
            Value::Float(number) => Tree::Text(number.value().to_string()),
            Value::Boolean(value) => Tree::Bool(*value.value()),
            Value::Datetime(date) => Tree::Text(date.value().to_string()),
            Value::Array(array) => Tree::List(
                array
                    .iter()
                    .map(|value| Self::from_value(value, placeholders))
                    .collect::<Result<_, _>>()?,
            ),
            Value::InlineTable(table) => Tree::Table(entries(table, placeholders)?),
        };
        Ok(Self { tree, span })
    }

    /// The items of a list, which may be written as a Python literal.
    pub fn list(&self, expected: &'static str) -> Result<Vec<Self>, Mistake> {
        match &self.tree {
            Tree::List(items) => Ok(items.clone()),
            Tree::Text(text) => match literal::parse(text, &self.span).map(|node| node.tree) {
                Some(Tree::List(items)) => Ok(items),
                _ => Err(self.wrong_type(expected)),
            },
            _ => Err(self.wrong_type(expected)),
        }
    }

    /// The entries of a table, which may be written as a Python literal.
    pub fn table(&self, expected: &'static str) -> Result<Vec<Entry>, Mistake> {
        match &self.tree {
            Tree::Table(entries) => Ok(entries.clone()),
            Tree::Text(text) => match literal::parse(text, &self.span).map(|node| node.tree) {
                Some(Tree::Table(entries)) => Ok(entries),
                _ => Err(self.wrong_type(expected)),
            },
            _ => Err(self.wrong_type(expected)),
        }
    }

    /// The text.
    pub fn text(&self, expected: &'static str) -> Result<&str, Mistake> {
        match &self.tree {
            Tree::Text(text) => Ok(text),
            _ => Err(self.wrong_type(expected)),
        }
    }

    /// That this node is not what was expected.
    pub fn wrong_type(&self, expected: &'static str) -> Mistake {
        let found = match &self.tree {
            Tree::Text(_) => "a string",
            Tree::Bool(_) => "a boolean",
            Tree::Integer(_) => "a number",
            Tree::List(_) => "a list",
            Tree::Table(_) => "a table",
        };
        self.mistake(MistakeKind::WrongType { expected, found })
    }

    /// A mistake at this node.
    pub fn mistake(&self, kind: MistakeKind) -> Mistake {
        Mistake {
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

    fn fill(&self, text: &str, span: &Range<usize>) -> Result<String, Mistake> {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("%(") {
            let Some((name, after)) = after.split_once(")s") else {
                break;
            };
            filled.push_str(before);
            filled.push_str(self.value(name, span)?);
            rest = after;
        }
        filled.push_str(rest);
        Ok(filled)
    }

    fn value(&self, name: &str, span: &Range<usize>) -> Result<&str, Mistake> {
        let (found, kind) = match name.strip_prefix("env.") {
            Some(variable) => (
                self.environment.get(variable),
                MistakeKind::UnsetVariable(variable.to_owned()),
            ),
            None => (
                self.values.get(name),
                MistakeKind::UnknownPlaceholder(name.to_owned()),
            ),
        };
        found.map(String::as_str).ok_or(Mistake {
            span: span.clone(),
            kind,
        })
    }
}

fn entries(table: &dyn TableLike, placeholders: &Placeholders) -> Result<Vec<Entry>, Mistake> {
    table
        .iter()
        .map(|(name, item)| {
            let node = Node::new(item, placeholders)?;
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
