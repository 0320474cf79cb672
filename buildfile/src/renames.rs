//! Calls and keyword arguments of a BUILD file get new names; all else stays as it is written.

use std::ops::Range;

use ruff_python_ast::visitor::{Visitor, walk_expr};
use ruff_python_ast::{Expr, ExprCall};
use ruff_text_size::{Ranged, TextRange};

use crate::source::BuildFile;

/// New names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Renames<'r> {
    /// What is called, and its new name.
    pub calls: Vec<(&'r str, &'r str)>,
    /// What is called, by its new name, a keyword, and the new name of that.
    pub keywords: Vec<(&'r str, &'r str, &'r str)>,
}

impl BuildFile {
    /// The text with new names of calls; the same if none has one.
    ///
    /// ```
    /// let file = buildfile::BuildFile::parse("BUILD", "old( a = 1 ) # old".to_owned()).unwrap();
    /// let renames = buildfile::Renames {
    ///     calls: vec![("old", "new")],
    ///     keywords: vec![("new", "a", "b")],
    /// };
    /// assert_eq!(file.with_new_calls(&renames), "new( a = 1 ) # old");
    /// assert_eq!(file.with_new_keywords(&renames), "old( b = 1 ) # old");
    /// ```
    #[must_use]
    pub fn with_new_calls(&self, renames: &Renames<'_>) -> String {
        self.replaced(|call, name| {
            let new = new_call(renames, name);
            vec![(call.func.range(), new)]
        })
    }

    /// The text with new names of keyword arguments; the same if none has one.
    #[must_use]
    pub fn with_new_keywords(&self, renames: &Renames<'_>) -> String {
        self.replaced(|call, name| {
            let called = new_call(renames, name).unwrap_or(name);
            let named = |keyword: &str| {
                let mut all = renames.keywords.iter();
                let found = all.find(|(call, old, _)| *call == called && *old == keyword);
                found.map(|(_, _, new)| *new)
            };
            let keywords = call.arguments.keywords.iter();
            let keywords = keywords.filter_map(|keyword| keyword.arg.as_ref());
            keywords
                .map(|keyword| (keyword.range(), named(keyword.as_str())))
                .collect()
        })
    }

    fn replaced<'r>(
        &self,
        new_names: impl Fn(&ExprCall, &str) -> Vec<(TextRange, Option<&'r str>)>,
    ) -> String {
        let mut calls = Calls(Vec::new());
        for statement in self.body() {
            calls.visit_stmt(statement);
        }
        let edits = calls.0.into_iter().flat_map(|call| match &*call.func {
            Expr::Name(name) => new_names(call, name.id.as_str()),
            _ => Vec::new(),
        });
        let edits = edits.filter_map(|(range, new)| Some((Range::<usize>::from(range), new?)));
        let mut edits: Vec<(Range<usize>, &str)> = edits.collect();
        edits.sort_by_key(|(range, _)| std::cmp::Reverse(range.start));
        let mut text = self.text().to_owned();
        for (range, new) in edits {
            text.replace_range(range, new);
        }
        text
    }
}

fn new_call<'r>(renames: &Renames<'r>, name: &str) -> Option<&'r str> {
    let mut calls = renames.calls.iter();
    calls.find(|(old, _)| *old == name).map(|(_, new)| *new)
}

/// All calls of a file.
struct Calls<'a>(Vec<&'a ExprCall>);

impl<'a> Visitor<'a> for Calls<'a> {
    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Call(call) = expr {
            self.0.push(call);
        }
        walk_expr(self, expr);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_in_calls_and_loops_are_renamed() {
        let text =
            "for x in [1]:\n    old(a=old(a=x), **rest)\r\nnew(a=2, b='a')\n# old()\nx.old()\n";
        let renames = Renames {
            calls: vec![("old", "renamed")],
            keywords: vec![("renamed", "a", "alpha")],
        };
        let file = BuildFile::parse("BUILD", text.to_owned()).unwrap();
        assert_eq!(
            file.with_new_calls(&renames),
            "for x in [1]:\n    renamed(a=renamed(a=x), **rest)\r\nnew(a=2, b='a')\n# old()\nx.old()\n"
        );
        assert_eq!(
            file.with_new_keywords(&renames),
            "for x in [1]:\n    old(alpha=old(alpha=x), **rest)\r\nnew(a=2, b='a')\n# old()\nx.old()\n"
        );
    }
}
