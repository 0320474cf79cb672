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
            SettingTree::Text(text) => match parse(text, &self.span).map(|node| node.tree) {
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
            SettingTree::Text(text) => match parse(text, &self.span).map(|node| node.tree) {
                Some(SettingTree::Table(entries)) => Ok(entries),
                _ => Err(self.wrong_type(expected)),
            },
            _ => Err(self.wrong_type(expected)),
        }
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
