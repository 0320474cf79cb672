//! Finds the mistakes for which a reStructuredText description is not shown: an index gives up at
//! the first warning of docutils.
//!
//! This is not a parser of the format: it knows the mistakes that people make. Source:
//! <https://docutils.sourceforge.io/docs/ref/rst/restructuredtext.html>.

use std::collections::BTreeSet;

/// A mistake, with its line counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RstMistake {
    pub(crate) line: usize,
    pub(crate) problem: String,
}

/// Directives of docutils that an index shows.
const DIRECTIVES: &[&str] = &[
    "admonition",
    "attention",
    "caution",
    "class",
    "code",
    "code-block",
    "compound",
    "container",
    "contents",
    "csv-table",
    "danger",
    "date",
    "default-role",
    "epigraph",
    "error",
    "figure",
    "footer",
    "header",
    "highlights",
    "hint",
    "image",
    "important",
    "line-block",
    "list-table",
    "math",
    "meta",
    "note",
    "parsed-literal",
    "pull-quote",
    "replace",
    "restructuredtext-test-directive",
    "role",
    "rst-class",
    "rubric",
    "section-numbering",
    "sectnum",
    "sidebar",
    "sourcecode",
    "table",
    "target-notes",
    "tip",
    "title",
    "topic",
    "unicode",
    "warning",
];

/// Roles of docutils that an index shows.
const ROLES: &[&str] = &[
    "abbreviation",
    "ab",
    "acronym",
    "ac",
    "anonymous-reference",
    "citation-reference",
    "code",
    "emphasis",
    "footnote-reference",
    "literal",
    "math",
    "named-reference",
    "pep-reference",
    "pep",
    "rfc-reference",
    "rfc",
    "strong",
    "sub",
    "subscript",
    "substitution-reference",
    "sup",
    "superscript",
    "target",
    "title-reference",
    "title",
    "t",
    "uri-reference",
    "uri",
    "url",
];

const ADORNMENTS: &str = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

/// The first mistake of a text; `None` if none was found.
pub(crate) fn first_mistake(text: &str) -> Option<RstMistake> {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let mut mistakes = Vec::new();
    titles(&lines, &mut mistakes);
    let mut blocks = Blocks {
        lines: &lines,
        mistakes: &mut mistakes,
        references: Vec::new(),
        targets: BTreeSet::new(),
    };
    blocks.walk();
    blocks.judge_references();
    mistakes.sort_by_key(|mistake| mistake.line);
    mistakes.into_iter().next()
}

fn is_adornment(line: &str) -> bool {
    let mut chars = line.chars();
    match chars.next() {
        Some(first) if ADORNMENTS.contains(first) => chars.all(|c| c == first),
        _ => false,
    }
}

/// The columns that a text takes: letters of East Asia take two.
fn width(text: &str) -> usize {
    let wide = |c: char| matches!(c as u32, 0x1100..=0x115f | 0x2e80..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff | 0xfe30..=0xfe6f | 0xff00..=0xff60 | 0xffe0..=0xffe6 | 0x1f300..=0x1f64f | 0x1f900..=0x1f9ff);
    text.chars().map(|c| if wide(c) { 2 } else { 1 }).sum()
}

/// Titles with lines that are too short, or levels that come out of nowhere.
fn titles(lines: &[&str], mistakes: &mut Vec<RstMistake>) {
    let mut styles: Vec<(char, bool)> = Vec::new();
    let mut level = 0;
    let mut at = 0;
    while at < lines.len() {
        let line = lines[at];
        let before_is_blank = at == 0 || lines[at - 1].is_empty();
        let next = lines.get(at + 1).copied().unwrap_or_default();
        let is_text = !line.is_empty() && !line.starts_with([' ', '\t']);
        let (title_at, style, used) = if before_is_blank && is_adornment(line) && line.len() >= 2 {
            // An overline has its title and its twin below.
            let under = lines.get(at + 2).copied().unwrap_or_default();
            if next.is_empty() {
                at += 1;
                continue;
            }
            if under != line {
                if line.len() >= 4 && is_adornment(under) && under.starts_with(&line[..1]) {
                    mistakes.push(mistake(
                        at,
                        "the lines above and below a title are not the same",
                    ));
                }
                at += 1;
                continue;
            }
            (at + 1, (line.chars().next().unwrap_or('='), true), 3)
        } else if before_is_blank
            && is_text
            && next.len() >= 2
            && is_adornment(next)
            && !is_adornment(line)
        {
            (at, (next.chars().next().unwrap_or('='), false), 2)
        } else {
            at += 1;
            continue;
        };
        let adornment = lines[title_at + 1];
        if width(lines[title_at].trim()) > width(adornment) {
            if adornment.len() < 4 {
                at += 1;
                continue;
            }
            mistakes.push(mistake(title_at, "the line below the title is too short"));
        }
        match styles.iter().position(|known| *known == style) {
            Some(known) => level = known + 1,
            None if level == styles.len() => {
                styles.push(style);
                level = styles.len();
            }
            None => mistakes.push(mistake(
                title_at,
                "the level of this title is not consistent with those before",
            )),
        }
        at += used;
    }
}

fn mistake(at: usize, problem: impl Into<String>) -> RstMistake {
    RstMistake {
        line: at + 1,
        problem: problem.into(),
    }
}

/// Walks the blocks between blank lines.
struct Blocks<'a> {
    lines: &'a [&'a str],
    mistakes: &'a mut Vec<RstMistake>,
    /// Names that are referred to, with their lines.
    references: Vec<(usize, String)>,
    targets: BTreeSet<String>,
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

impl Blocks<'_> {
    fn walk(&mut self) {
        let mut at = 0;
        while at < self.lines.len() {
            let line = self.lines[at];
            if line.is_empty() {
                at += 1;
                continue;
            }
            if let Some(rest) = line.trim_start().strip_prefix("..")
                && (rest.is_empty() || rest.starts_with(' '))
            {
                at = self.explicit(at, rest.trim_start());
                continue;
            }
            at = self.paragraph(at);
        }
    }

    /// An explicit block: a directive, a target, a substitution, a footnote or a comment. Gives the
    /// line after it.
    fn explicit(&mut self, at: usize, rest: &str) -> usize {
        let own = indent(self.lines[at]);
        let end = self.indented_end(at + 1, own);
        if let Some(name) = rest.strip_prefix('_') {
            let name = name.trim_start_matches('`');
            let name = name.split(['`', ':']).next().unwrap_or_default();
            self.targets.insert(normal(name));
            return end;
        }
        if let Some(substitution) = rest.strip_prefix('|') {
            let (name, definition) = substitution.split_once('|').unwrap_or((substitution, ""));
            self.targets.insert(format!("|{}|", normal(name)));
            self.directive(at, definition.trim());
            return end;
        }
        if let Some(note) = rest.strip_prefix('[') {
            let name = note.split(']').next().unwrap_or_default();
            self.targets.insert(format!("[{}]", name.to_lowercase()));
            return end;
        }
        if !self.directive(at, rest) {
            return end;
        }
        // Its content may be literal.
        let name = rest.split("::").next().unwrap_or_default().trim();
        let literal = [
            "code",
            "code-block",
            "sourcecode",
            "math",
            "parsed-literal",
            "csv-table",
            "image",
            "figure",
            "list-table",
            "table",
            "class",
            "role",
            "contents",
        ];
        match literal.contains(&name) {
            true => end,
            false => at + 1,
        }
    }

    /// Judges `name:: arguments`. Whether it is a directive.
    fn directive(&mut self, at: usize, text: &str) -> bool {
        let Some((name, _)) = text.split_once("::") else {
            return false;
        };
        let name = name.trim_end();
        let is_name = !name.is_empty()
            && name
                .chars()
                .all(|c| c.is_alphanumeric() || "-_.:+".contains(c));
        if !is_name {
            return false;
        }
        let lower = name.to_lowercase();
        match lower.as_str() {
            "raw" | "include" => self
                .mistakes
                .push(mistake(at, format!("the directive `{name}` is disabled"))),
            _ if !DIRECTIVES.contains(&lower.as_str()) => {
                self.mistakes
                    .push(mistake(at, format!("the directive `{name}` is not known")));
            }
            _ => {}
        }
        true
    }

    /// The first line from `at` on that is neither blank nor further indented than `own`.
    fn indented_end(&self, at: usize, own: usize) -> usize {
        let rest = self.lines.iter().skip(at);
        let inside = rest.take_while(|line| line.is_empty() || indent(line) > own);
        at + inside.count()
    }

    /// A paragraph, list item or table. Gives the line after it.
    fn paragraph(&mut self, at: usize) -> usize {
        let lines = self.lines;
        let own = indent(lines[at]);
        if is_table(lines[at].trim()) {
            let rest = lines.iter().skip(at);
            let count = rest.take_while(|line| !line.is_empty()).count();
            return at + count;
        }
        let is_quoted = |line: &str| line.trim_start().starts_with(">>>");
        if is_quoted(lines[at]) {
            let rest = lines.iter().skip(at);
            return at + rest.take_while(|line| !line.is_empty()).count();
        }
        let mut end = at + 1;
        while end < lines.len() && !lines[end].is_empty() {
            end += 1;
        }
        let item = item_width(lines[at].trim_start());
        for next in at + 1..end {
            let deeper = indent(lines[next]);
            if let Some(item) = item {
                let starts_item = item_width(lines[next].trim_start()).is_some();
                if deeper <= own && !starts_item && next > at && deeper < own + item {
                    self.mistakes
                        .push(mistake(next, "a list ends without a blank line"));
                    break;
                }
                if starts_item && deeper == own {
                    return self.spanned(at, next);
                }
                continue;
            }
            let is_adorned = is_adornment(lines[next]) || is_adornment(lines[next - 1].trim());
            if deeper > own
                && next >= at + 2
                && !is_adorned
                && !is_definition(&lines[at..next], own)
            {
                self.mistakes
                    .push(mistake(next, "the indentation is not expected here"));
                break;
            }
            if deeper < own {
                self.mistakes
                    .push(mistake(next, "a block quote ends without a blank line"));
                break;
            }
        }
        self.spanned(at, end)
    }

    /// Judges the text of a block, and skips the literal block that it announces.
    fn spanned(&mut self, at: usize, end: usize) -> usize {
        let text = self.lines[at..end].join("\n");
        if !self.lines[at..end]
            .iter()
            .any(|line| is_adornment(line.trim()))
        {
            self.inline(at, &text);
        }
        let last = self.lines[end - 1];
        if !last.ends_with("::") || is_adornment(last.trim()) {
            return end;
        }
        let own = indent(self.lines[end - 1]).min(indent(self.lines[at]));
        let next = self
            .lines
            .iter()
            .skip(end)
            .position(|line| !line.is_empty());
        let Some(next) = next.map(|next| end + next) else {
            self.mistakes
                .push(mistake(end - 1, "a literal block is expected after `::`"));
            return end;
        };
        let first = self.lines[next];
        let is_quoted = first.chars().next().is_some_and(|c| ADORNMENTS.contains(c));
        if indent(first) <= own && !is_quoted {
            self.mistakes
                .push(mistake(next, "a literal block is expected after `::`"));
            return next;
        }
        match indent(first) > own {
            true => self.indented_end(next, own),
            false => {
                next + self
                    .lines
                    .iter()
                    .skip(next)
                    .take_while(|line| !line.is_empty())
                    .count()
            }
        }
    }

    /// Judges inline markup: what begins must end.
    fn inline(&mut self, at: usize, text: &str) {
        let chars: Vec<char> = text.chars().collect();
        let mut position = 0;
        let mut line = at;
        while position < chars.len() {
            match chars[position] {
                '\n' => line += 1,
                '\\' => position += 1,
                '`' | '*' | '|' => {
                    let (used, problem) = self.span(&chars, position, line);
                    if let Some(problem) = problem {
                        self.mistakes.push(mistake(line, problem));
                        return;
                    }
                    line += chars[position..position + used]
                        .iter()
                        .filter(|c| **c == '\n')
                        .count();
                    position += used;
                    continue;
                }
                '_' if ends_word(&chars, position) => self.refer(&chars, position, line),
                _ => {}
            }
            position += 1;
        }
    }

    /// The length of the markup at `start`, and what is wrong with it.
    fn span(&mut self, chars: &[char], start: usize, line: usize) -> (usize, Option<String>) {
        let rest: String = chars[start..].iter().collect();
        let (mark, name) = [
            ("``", "literal"),
            ("**", "strong"),
            ("`", "interpreted text"),
            ("*", "emphasis"),
            ("|", "substitution reference"),
        ]
        .into_iter()
        .find(|(mark, _)| rest.starts_with(mark))
        .unwrap_or(("`", "interpreted text"));
        let length = mark.len();
        let before = start.checked_sub(1).map(|at| chars[at]);
        let after = chars.get(start + length).copied();
        let opens = before.is_none_or(|c| {
            c.is_whitespace()
                || "'\"([{<-/:".contains(c)
                || "\u{2018}\u{201c}\u{ab}\u{2013}\u{2014}".contains(c)
        });
        let quoted = matches!(
            (before, after),
            (Some('\''), Some('\''))
                | (Some('"'), Some('"'))
                | (Some('('), Some(')'))
                | (Some('['), Some(']'))
                | (Some('{'), Some('}'))
                | (Some('<'), Some('>'))
        );
        if !opens || quoted || after.is_none_or(char::is_whitespace) {
            return (length, None);
        }
        let mark: Vec<char> = mark.chars().collect();
        let mut at = start + length + 1;
        while at + length <= chars.len() {
            if chars[at - 1] == '\\' && name != "literal" {
                at += 1;
                continue;
            }
            let follows = chars.get(at + length).copied();
            let closes = chars[at..at + length] == mark[..]
                && !chars[at - 1].is_whitespace()
                && follows.is_none_or(|c| {
                    c.is_whitespace()
                        || "'\")]}>-/:.,;!?_\\\u{2019}\u{201d}\u{bb}\u{2013}\u{2014}".contains(c)
                });
            if closes {
                let inside: String = chars[start + length..at].iter().collect();
                self.named(&inside, name, (line, &chars[at + length..]));
                return (at + length - start, self.role(chars, start, at + length));
            }
            at += 1;
        }
        (
            length,
            Some(format!(
                "{name} begins with `{}` and does not end",
                mark.iter().collect::<String>()
            )),
        )
    }

    /// Notes what markup refers to.
    fn named(&mut self, inside: &str, name: &str, (line, rest): (usize, &[char])) {
        match name {
            "substitution reference" => self
                .references
                .push((line, format!("|{}|", normal(inside)))),
            "interpreted text" if rest.first() == Some(&'_') && rest.get(1) != Some(&'_') => {
                match inside.rsplit_once('<') {
                    Some((label, target)) if inside.ends_with('>') => {
                        self.targets.insert(normal(label));
                        if let Some(target) = target.strip_suffix("_>") {
                            self.references.push((line, normal(target)));
                        }
                    }
                    _ => self.references.push((line, normal(inside))),
                }
            }
            _ => {}
        }
    }

    /// Judges the role before or after interpreted text.
    fn role(&self, chars: &[char], start: usize, end: usize) -> Option<String> {
        if chars[start] != '`' || chars.get(start + 1) == Some(&'`') {
            return None;
        }
        let is_name = |c: &char| c.is_alphanumeric() || "-_.+:".contains(*c);
        let before: String = {
            let name: Vec<char> = chars[..start]
                .iter()
                .rev()
                .take_while(|c| is_name(c))
                .copied()
                .collect();
            name.into_iter().rev().collect()
        };
        let after: String = chars[end..].iter().take_while(|c| is_name(c)).collect();
        let role = [before, after].into_iter().find_map(|text| {
            let name = text.strip_prefix(':')?.strip_suffix(':')?;
            (!name.is_empty()).then(|| name.to_owned())
        })?;
        let is_known = ROLES.contains(&role.to_lowercase().as_str())
            || self
                .lines
                .iter()
                .any(|line| line.trim_start().starts_with(&format!(".. role:: {role}")));
        (!is_known).then(|| format!("the role `{role}` is not known"))
    }

    /// Notes a reference of one word: `name_`.
    fn refer(&mut self, chars: &[char], position: usize, line: usize) {
        let is_name = |c: &&char| c.is_alphanumeric() || "-.+".contains(**c);
        let name: Vec<char> = chars[..position]
            .iter()
            .rev()
            .take_while(is_name)
            .copied()
            .collect();
        let start = position - name.len();
        let opens = start.checked_sub(1).map(|at| chars[at]);
        let opens = opens.is_none_or(|c| c.is_whitespace() || "'\"([{<-/:".contains(c));
        let name: String = name.into_iter().rev().collect();
        if opens && name.chars().next().is_some_and(char::is_alphanumeric) {
            self.references.push((line, normal(&name)));
        }
    }

    fn judge_references(&mut self) {
        // A title is a target too.
        for pair in self.lines.windows(2) {
            if pair[1].len() >= 2 && is_adornment(pair[1]) {
                self.targets.insert(normal(pair[0]));
            }
        }
        for (line, name) in &self.references {
            if !self.targets.contains(name) && !self.targets.contains(&format!("[{name}]")) {
                let what = match name.starts_with('|') {
                    true => "the substitution",
                    false => "the target",
                };
                self.mistakes.push(mistake(
                    *line,
                    format!("{what} `{}` is not defined", name.trim_matches('|')),
                ));
            }
        }
    }
}

/// Names are compared without regard to case and spaces.
fn normal(name: &str) -> String {
    let words: Vec<String> = name.split_whitespace().map(str::to_lowercase).collect();
    words.join(" ")
}

/// Whether an underscore ends a word.
fn ends_word(chars: &[char], position: usize) -> bool {
    let before = position.checked_sub(1).map(|at| chars[at]);
    let after = chars.get(position + 1);
    before.is_some_and(|c| c.is_alphanumeric())
        && after.is_none_or(|c| c.is_whitespace() || "'\")]}>-/:.,;!?\\".contains(*c))
}

/// The width of the mark of a list item.
fn item_width(line: &str) -> Option<usize> {
    let mark = line.split(' ').next().unwrap_or_default();
    let rest = &line[mark.len()..];
    if rest.is_empty() {
        return None;
    }
    let bullet = matches!(mark, "*" | "-" | "+" | "\u{2022}");
    let number = mark
        .strip_suffix(['.', ')'])
        .map(|text| text.trim_start_matches('('));
    let counts = number.is_some_and(|text| {
        text == "#"
            || (!text.is_empty() && text.len() <= 4 && text.bytes().all(|b| b.is_ascii_digit()))
    });
    (bullet || counts).then(|| mark.chars().count() + rest.len() - rest.trim_start().len())
}

/// Whether the lines before are terms, each with one line: a definition list.
fn is_definition(lines: &[&str], own: usize) -> bool {
    let deeper = |line: &&str| indent(line) > own;
    let before = lines.iter().rev();
    // The line before is a definition, or a term with nothing or a definition before it.
    before.clone().next().is_some_and(deeper) || before.clone().nth(1).is_none_or(deeper)
}

fn is_table(line: &str) -> bool {
    let is_grid =
        line.len() > 2 && line.starts_with("+-") && line.chars().all(|c| "+-=".contains(c));
    let is_simple =
        line.starts_with("==") && line.contains(' ') && line.chars().all(|c| "= ".contains(c));
    is_grid || is_simple || line.starts_with("| ") && line.ends_with('|')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> String {
        first_mistake(text).map_or_else(String::new, |found| {
            format!("{}: {}", found.line, found.problem)
        })
    }

    #[test]
    fn texts_that_are_shown() {
        for text in [
            "Title\n=====\n\nText with **strong**, *emphasis*, ``literal *x``, `name`_ and other_.\n\n.. _name: https://a.example\n.. _other: https://b.example\n",
            "=====\nTitle\n=====\n\nSub\n---\n\nAgain\n-----\n\nNext\n=====\n",
            "* one\n* two\n  goes on\n\n1. a\n2. b\n",
            "Code::\n\n    x = [*a]\n    *b\n\nEnd.\n",
            ".. code-block:: python\n\n   def f(*args, **kwargs): ...\n\n.. note:: Something.\n",
            "term\n    definition\nterm two\n    another\n",
            "`a <https://a.example>`_ and `b <https://b.example>`__, 2 * 3 * 4, __init__ and a*b.\n",
            ".. |badge| image:: https://a.example/b.svg\n   :alt: x\n\n|badge|\n",
            ">>> f(*a)\n1\n",
            "+---+---+\n| a | * |\n+---+---+\n",
            "==== ====\na    b\n==== ====\n1    2\n==== ====\n",
            "See :code:`x` and `y`:math:.\n",
            "A note [1]_.\n\n.. [1] Text.\n",
            "",
        ] {
            assert_eq!(check(text), "", "{text}");
        }
    }

    #[test]
    fn mistakes() {
        assert_eq!(
            check("A title\n====\n"),
            "1: the line below the title is too short"
        );
        assert_eq!(
            check("A\n=====\n\nB\n-----\n\nC\n~~~~~\n\nD\n=====\n\nE\n^^^^^\n"),
            "13: the level of this title is not consistent with those before"
        );
        assert_eq!(
            check("x\n\n.. automodule:: a\n"),
            "3: the directive `automodule` is not known"
        );
        assert_eq!(
            check(".. raw:: html\n\n   <p>\n"),
            "1: the directive `raw` is disabled"
        );
        assert_eq!(check("See :func:`x`.\n"), "1: the role `func` is not known");
        assert_eq!(
            check("a **b\n"),
            "1: strong begins with `**` and does not end"
        );
        assert_eq!(
            check("a\nb ``c\n"),
            "2: literal begins with ```` and does not end"
        );
        assert_eq!(
            check("a `b\n"),
            "1: interpreted text begins with ``` and does not end"
        );
        assert_eq!(check("* a\nb\n"), "2: a list ends without a blank line");
        assert_eq!(
            check("a\nb\n    c\n"),
            "3: the indentation is not expected here"
        );
        assert_eq!(
            check("    a\nb\n"),
            "2: a block quote ends without a blank line"
        );
        assert_eq!(
            check("Code::\n\nnot code\n"),
            "3: a literal block is expected after `::`"
        );
        assert_eq!(
            check("see missing_\n"),
            "1: the target `missing` is not defined"
        );
        assert_eq!(
            check("|missing|\n"),
            "1: the substitution `missing` is not defined"
        );
    }
}
