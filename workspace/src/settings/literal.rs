//! Python literals within TOML strings, such as `"{'python-kernel': ['==3.10.*']}"`.
//!
//! Pants reads any list or dictionary option from such a string, and files of its users hold them.
//! Source: <https://www.pantsbuild.org/stable/docs/using-pants/key-concepts/options>.

use std::iter::Peekable;
use std::ops::Range;
use std::str::Chars;

use super::tree::{Entry, SettingNode, SettingTree};

/// The value of a literal, each of its parts placed at `span`; `None` if `text` is no literal.
pub(super) fn parse(text: &str, span: &Range<usize>) -> Option<SettingNode> {
    let mut parser = Parser {
        rest: text.chars().peekable(),
        span: span.clone(),
    };
    let node = parser.value()?;
    parser.skip_space();
    parser.rest.peek().is_none().then_some(node)
}

struct Parser<'a> {
    rest: Peekable<Chars<'a>>,
    span: Range<usize>,
}

impl Parser<'_> {
    fn value(&mut self) -> Option<SettingNode> {
        self.skip_space();
        let tree = match *self.rest.peek()? {
            '[' => SettingTree::List(self.items(']', Self::value)?),
            '(' => SettingTree::List(self.items(')', Self::value)?),
            '{' => SettingTree::Table(self.items('}', Self::entry)?),
            '\'' | '"' => SettingTree::Text(self.text()?),
            _ => self.word()?,
        };
        Some(self.node(tree))
    }

    fn entry(&mut self) -> Option<Entry> {
        self.skip_space();
        let name = self.text()?;
        self.skip_space();
        self.rest.next_if_eq(&':')?;
        Some(Entry {
            name,
            name_span: self.span.clone(),
            node: self.value()?,
        })
    }

    /// Items between brackets, separated by commas, with or without one at the end.
    fn items<T>(&mut self, close: char, one: fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        self.rest.next();
        let mut items = Vec::new();
        loop {
            self.skip_space();
            if self.rest.next_if_eq(&close).is_some() {
                return Some(items);
            }
            items.push(one(self)?);
            self.skip_space();
            if self.rest.next_if_eq(&',').is_none() {
                return self.rest.next_if_eq(&close).map(|_| items);
            }
        }
    }

    fn text(&mut self) -> Option<String> {
        let quote = self.rest.next_if(|c| matches!(c, '\'' | '"'))?;
        let mut text = String::new();
        loop {
            match self.rest.next()? {
                '\\' => match self.rest.next()? {
                    'n' => text.push('\n'),
                    't' => text.push('\t'),
                    c @ ('\\' | '\'' | '"') => text.push(c),
                    c => text.extend(['\\', c]),
                },
                c if c == quote => return Some(text),
                c => text.push(c),
            }
        }
    }

    fn word(&mut self) -> Option<SettingTree> {
        let mut word = String::new();
        while let Some(c) = self
            .rest
            .next_if(|c| c.is_ascii_alphanumeric() || "_-".contains(*c))
        {
            word.push(c);
        }
        match word.as_str() {
            "True" | "true" => Some(SettingTree::Bool(true)),
            "False" | "false" => Some(SettingTree::Bool(false)),
            number => number.parse().ok().map(SettingTree::Integer),
        }
    }

    fn skip_space(&mut self) {
        while self.rest.next_if(|c| c.is_whitespace()).is_some() {}
    }

    fn node(&self, tree: SettingTree) -> SettingNode {
        SettingNode {
            tree,
            span: self.span.clone(),
        }
    }
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
    }

    #[test]
    fn what_is_no_literal() {
        for text in ["", "[", "['a' 'b']", "[a]", "{'a'}", "['a'] x", "'open"] {
            check(text, "no literal");
        }
    }
}
