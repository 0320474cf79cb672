//! Python literals within TOML strings, such as `"{'python-kernel': ['==3.10.*']}"`.
//!
//! Pants reads any list or dictionary option from such a string, and files of its users hold them.
//! Source: <https://www.pantsbuild.org/stable/docs/using-pants/key-concepts/options>.

use std::ops::Range;

use buildfile::Data;

use super::tree::{Entry, SettingMistake, SettingNode, SettingTree};

impl SettingNode {
    /// The items of a list, which may be written as a Python literal.
    pub fn list(&self, expected: &'static str) -> Result<Vec<Self>, SettingMistake> {
        match &self.tree {
            SettingTree::List(items) => Ok(items.clone()),
            SettingTree::Text(text) => match self.parsed(text) {
                Some(SettingTree::List(items)) => Ok(items),
                _ => Err(self.wrong_type(expected)),
            },
            _ => Err(self.wrong_type(expected)),
        }
    }

    /// The entries of a table, which may be written as a Python literal.
    pub fn table(&self, expected: &'static str) -> Result<Vec<Entry>, SettingMistake> {
        match &self.tree {
            SettingTree::Table(entries) => Ok(entries.clone()),
            SettingTree::Text(text) => match self.parsed(text) {
                Some(SettingTree::Table(entries)) => Ok(entries),
                _ => Err(self.wrong_type(expected)),
            },
            _ => Err(self.wrong_type(expected)),
        }
    }
}

impl SettingNode {
    /// The value as JSON, each part of it at the place of this node.
    pub(super) fn of_json(&self, value: &serde_json::Value) -> Self {
        let tree = match value {
            serde_json::Value::Null => SettingTree::Table(Vec::new()),
            serde_json::Value::Bool(value) => SettingTree::Bool(*value),
            serde_json::Value::Number(number) => match number.as_i64() {
                Some(number) => SettingTree::Integer(number),
                None => SettingTree::Text(number.to_string()),
            },
            serde_json::Value::String(text) => SettingTree::Text(text.clone()),
            serde_json::Value::Array(items) => {
                SettingTree::List(items.iter().map(|item| self.of_json(item)).collect())
            }
            serde_json::Value::Object(entries) => {
                let entry = |(name, value): (&String, &serde_json::Value)| Entry {
                    name: name.clone(),
                    name_span: self.span.clone(),
                    node: self.of_json(value),
                };
                SettingTree::Table(entries.iter().map(entry).collect())
            }
        };
        let span = self.span.clone();
        Self { tree, span }
    }

    /// A list or table that is written as a Python literal or as JSON.
    fn parsed(&self, text: &str) -> Option<SettingTree> {
        if let Some(node) = parse(text, &self.span) {
            return Some(node.tree);
        }
        let value: serde_json::Value = serde_json::from_str(text).ok()?;
        Some(self.of_json(&value).tree)
    }

    /// The changes of a list or table, as in `+['a'],-['b']`: whether something is added, and what.
    /// None if the text is none.
    pub(super) fn changes(&self) -> Option<Vec<(bool, Self)>> {
        let SettingTree::Text(text) = &self.tree else {
            return None;
        };
        let mut rest = text.trim();
        let mut changes = Vec::new();
        while !rest.is_empty() {
            let is_added = match rest.as_bytes() {
                [b'+', b'[' | b'(' | b'{', ..] => true,
                [b'-', b'[' | b'(', ..] => false,
                _ => return None,
            };
            let ends = rest.match_indices([']', ')', '}']);
            let (end, tree) = ends
                .filter(|(at, _)| {
                    let behind = rest[at + 1..].trim_start();
                    behind.is_empty() || behind.starts_with(',')
                })
                .find_map(|(at, _)| Some((at + 1, self.parsed(&rest[1..=at])?)))?;
            let span = self.span.clone();
            changes.push((is_added, Self { tree, span }));
            rest = rest[end..]
                .trim_start()
                .trim_start_matches(',')
                .trim_start();
        }
        (!changes.is_empty()).then_some(changes)
    }
}

/// The value of a literal, each of its parts placed at `span`; `None` if `text` is no literal of
/// what settings hold.
fn parse(text: &str, span: &Range<usize>) -> Option<SettingNode> {
    node(&buildfile::literal(text)?, span)
}

fn node(data: &Data, span: &Range<usize>) -> Option<SettingNode> {
    let tree = match data {
        Data::Str(text) => SettingTree::Text(text.to_string()),
        Data::Bool(value) => SettingTree::Bool(*value),
        Data::Int(value) => SettingTree::Integer(*value),
        Data::List(items) => {
            let nodes = items.iter().map(|item| node(item, span));
            SettingTree::List(nodes.collect::<Option<_>>()?)
        }
        Data::Dict(pairs) => {
            let entry = |(key, value): &(Data, Data)| {
                Some(Entry {
                    name: key.as_str()?.to_owned(),
                    name_span: span.clone(),
                    node: node(value, span)?,
                })
            };
            SettingTree::Table(pairs.iter().map(entry).collect::<Option<_>>()?)
        }
        _ => return None,
    };
    let span = span.clone();
    Some(SettingNode { tree, span })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: &str) {
        let shown = parse(text, &(0..0)).map_or("no literal".to_owned(), |node| show(&node));
        assert_eq!(shown, expect);
    }

    fn show(node: &SettingNode) -> String {
        match &node.tree {
            SettingTree::Text(text) => format!("{text:?}"),
            SettingTree::Bool(value) => value.to_string(),
            SettingTree::Integer(value) => value.to_string(),
            SettingTree::List(items) => {
                format!("[{}]", items.iter().map(show).collect::<Vec<_>>().join(" "))
            }
            SettingTree::Table(entries) => {
                let pairs: Vec<_> = entries
                    .iter()
                    .map(|e| format!("{}={}", e.name, show(&e.node)))
                    .collect();
                format!("{{{}}}", pairs.join(" "))
            }
        }
    }

    #[test]
    fn dictionaries_of_lists() {
        check(
            "{'python-kernel': ['==3.10.*'], \"a\": (1, -2,), }",
            r#"{python-kernel=["==3.10.*"] a=[1 -2]}"#,
        );
    }

    #[test]
    fn escapes_and_words() {
        check(
            r"['it\'s', True, False, 'a\d']",
            r#"["it's" true false "a\\d"]"#,
        );
        check("['a' 'b']", r#"["ab"]"#);
    }

    #[test]
    fn what_is_no_literal() {
        for text in ["", "[", "[a]", "{'a'}", "['a'] x", "'open"] {
            check(text, "no literal");
        }
    }
}
