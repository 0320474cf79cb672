//! What a tool found, read from the lines that it printed.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

/// Something that a tool found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Finding {
    /// The file, as the tool names it.
    pub path: String,
    /// The line, from 1; none for the whole file.
    pub line: Option<u32>,
    /// The column, from 1; none for the whole line.
    pub column: Option<u32>,
    /// The name of the rule, where the line has it.
    pub code: Option<String>,
    /// How bad it is.
    pub severity: FindingLevel,
    /// What was found.
    pub message: String,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum FindingLevel {
    /// It explains another one.
    Note,
    /// It may be a mistake.
    Warning,
    /// It is a mistake.
    #[default]
    Error,
}

impl FindingLevel {
    /// Its name, which JSON, SARIF and GitHub share.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    /// The severity that a tool's word stands for.
    fn of_word(word: &str) -> Self {
        match word.to_lowercase().as_str() {
            "note" | "info" | "information" | "hint" | "style" | "low" => Self::Note,
            "warning" | "warn" | "convention" | "refactor" | "medium" => Self::Warning,
            _ => Self::Error,
        }
    }
}

/// How a line with a finding looks: text with `{path}`, `{line}`, `{column}`, `{end}`, `{code}`,
/// `{severity}` and `{message}`.
///
/// ```
/// let template: checks::FindingTemplate = "{path}:{line}: {message} ({code})".parse().unwrap();
/// let finding = template.read("a.py:3: two (or more) (X1)").unwrap();
/// assert_eq!((finding.line, finding.message.as_str()), (Some(3), "two (or more)"));
/// assert_eq!(template.read("Found 1 error."), None);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct FindingTemplate(Vec<Part>);

/// A template that names a field that there is not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{{{field}}}` is none of `{{path}}`, `{{line}}`, `{{column}}`, `{{end}}`, `{{code}}`, `{{severity}}`, `{{message}}`"
)]
pub struct FindingTemplateError {
    /// What stands in braces.
    pub field: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Field(Field),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Path,
    Line,
    Column,
    End,
    Code,
    Severity,
    Message,
}

impl FromStr for FindingTemplate {
    type Err = FindingTemplateError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            let (name, after) = after.split_once('}').unwrap_or((after, ""));
            let field = Field::named(name).ok_or_else(|| FindingTemplateError {
                field: name.to_owned(),
            })?;
            parts.push(Part::Field(field));
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Self(parts))
    }
}

impl TryFrom<String> for FindingTemplate {
    type Error = FindingTemplateError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl FindingTemplate {
    /// The finding of a line; `None` where it looks otherwise.
    #[must_use]
    pub fn read(&self, line: &str) -> Option<Finding> {
        let mut finding = Finding::default();
        read_parts(&self.0, line, &mut finding).then_some(finding)
    }
}

impl fmt::Display for FindingLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Field {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "path" => Self::Path,
            "line" => Self::Line,
            "column" => Self::Column,
            "end" => Self::End,
            "code" => Self::Code,
            "severity" => Self::Severity,
            "message" => Self::Message,
            _ => return None,
        })
    }

    fn takes(self, text: &str) -> bool {
        match self {
            Self::Path => !text.is_empty(),
            Self::Line | Self::Column => {
                !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
            }
            Self::End | Self::Code => {
                !text.is_empty()
                    && !text.contains(|one: char| one.is_whitespace() || "()[]".contains(one))
            }
            Self::Severity => !text.is_empty() && text.chars().all(char::is_alphabetic),
            Self::Message => true,
        }
    }

    fn put(self, text: &str, into: &mut Finding) {
        let number = || text.parse().ok();
        match self {
            Self::Path => text.clone_into(&mut into.path),
            Self::Line => into.line = number().filter(|line| *line > 0),
            Self::Column => into.column = number(),
            Self::End => {}
            Self::Code => into.code = Some(text.to_owned()),
            Self::Severity => into.severity = FindingLevel::of_word(text),
            Self::Message => text.trim().clone_into(&mut into.message),
        }
    }
}

/// Each field takes as little as leaves a line that the parts behind it can read.
fn read_parts(parts: &[Part], line: &str, into: &mut Finding) -> bool {
    let Some((first, rest)) = parts.split_first() else {
        return line.is_empty();
    };
    let field = match first {
        Part::Text(text) => {
            let after = line.strip_prefix(text.as_str());
            return after.is_some_and(|line| read_parts(rest, line, into));
        }
        Part::Field(field) => *field,
    };
    let next = match rest.first() {
        Some(Part::Text(text)) => text.as_str(),
        Some(Part::Field(_)) => "",
        // Nothing stands behind it: it takes all.
        None => {
            let fits = field.takes(line);
            if fits {
                field.put(line, into);
            }
            return fits;
        }
    };
    for (end, _) in line.match_indices(next) {
        let (taken, behind) = line.split_at(end);
        if field.takes(taken) && read_parts(rest, behind, into) {
            field.put(taken, into);
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ToolTable;

    /// What a tool's row reads of a line.
    fn read(tool: &str, line: &str) -> Option<String> {
        let table = ToolTable::shipped();
        let finding = table.get(tool).unwrap().finding(line)?;
        let number =
            |number: Option<u32>| number.map_or("-".to_owned(), |number| number.to_string());
        Some(format!(
            "{} {} {} {} {} | {}",
            finding.path,
            number(finding.line),
            number(finding.column),
            finding.severity,
            finding.code.as_deref().unwrap_or("-"),
            finding.message,
        ))
    }

    #[track_caller]
    fn check(tool: &str, line: &str, expect: &str) {
        assert_eq!(read(tool, line).as_deref(), Some(expect));
    }

    #[test]
    fn ruff_and_flake8() {
        check(
            "ruff-check",
            "a b.py:1:8: F401 [*] `os` imported: but unused",
            "a b.py 1 8 error F401 | [*] `os` imported: but unused",
        );
        check(
            "ruff-check",
            "p/bad.py:1:5: invalid-syntax: Expected an identifier",
            "p/bad.py 1 5 error invalid-syntax | Expected an identifier",
        );
        check(
            "ruff-format",
            "Would reformat: p/a.py",
            "p/a.py - - error - | would be changed",
        );
        check(
            "ruff-format",
            "   --> p/a.py:1:1",
            "p/a.py - - error - | would be changed",
        );
        check(
            "ruff-format",
            "error: Failed to parse p/bad.py:1:5: Expected an identifier",
            "p/bad.py 1 5 error - | Expected an identifier",
        );
        check(
            "flake8",
            "p/a.py:3:8: E231 missing whitespace after ':'",
            "p/a.py 3 8 error E231 | missing whitespace after ':'",
        );
        assert_eq!(read("ruff-check", "Found 7 errors."), None);
    }

    #[test]
    fn formatters_and_fixers() {
        check(
            "black",
            "would reformat p/a.py",
            "p/a.py - - error - | would be changed",
        );
        check(
            "black",
            "error: cannot parse: p/b.py:1:4",
            "p/b.py 1 4 error - | cannot be parsed",
        );
        check(
            "black",
            "error: cannot format p/b.py: Cannot parse: 1:4: def (",
            "p/b.py 1 4 error - | def (",
        );
        check(
            "black",
            "error: cannot format p/b.py: Cannot parse for target version Python 3.13: 1:4: def (",
            "p/b.py 1 4 error - | def (",
        );
        check(
            "black",
            "error: cannot format p/b.py: invalid or missing encoding declaration",
            "p/b.py - - error - | invalid or missing encoding declaration",
        );
        check(
            "isort",
            "ERROR: p/a.py Imports are incorrectly sorted and/or formatted.",
            "p/a.py - - error - | would be changed",
        );
        check(
            "docformatter",
            "p/a.py",
            "p/a.py - - error - | would be changed",
        );
        check(
            "autoflake",
            "--- original/p/a.py",
            "p/a.py - - error - | would be changed",
        );
        check(
            "yapf",
            "--- p/a.py\t(original)",
            "p/a.py - - error - | would be changed",
        );
        check(
            "pyupgrade",
            "would change p/a.py",
            "p/a.py - - error - | would be changed",
        );
        check(
            "shfmt",
            "--- p/s.sh.orig",
            "p/s.sh - - error - | would be changed",
        );
        check(
            "taplo",
            "ERROR taplo:format_files: the file is not properly formatted path=\"p/t.toml\"",
            "p/t.toml - - error - | would be changed",
        );
    }

    #[test]
    fn linters() {
        check(
            "pylint",
            "p/a.py:1:0: C0410 convention: Multiple imports on one line (os, sys)",
            "p/a.py 1 1 warning C0410 | Multiple imports on one line (os, sys)",
        );
        check(
            "bandit",
            "p/a.py:6:4: B101 LOW: Use of assert detected.",
            "p/a.py 6 5 note B101 | Use of assert detected.",
        );
        check(
            "shellcheck",
            "p/s.sh:2:6: note: Double quote to prevent globbing. [SC2086]",
            "p/s.sh 2 6 note SC2086 | Double quote to prevent globbing.",
        );
        check(
            "hadolint",
            "p/Dockerfile:2 DL3008 warning: Pin versions in apt get install.",
            "p/Dockerfile 2 - warning DL3008 | Pin versions in apt get install.",
        );
        check(
            "yamllint",
            "p/y.yaml:1:1: [warning] missing document start \"---\" (document-start)",
            "p/y.yaml 1 1 warning document-start | missing document start \"---\"",
        );
    }

    #[test]
    fn type_checkers() {
        check(
            "mypy",
            "p/m.py:2: error: Incompatible types [a] in (b)  [assignment]",
            "p/m.py 2 - error assignment | Incompatible types [a] in (b)",
        );
        check(
            "mypy",
            "p/m.py:3:1: note: See https://mypy.example/x#y",
            "p/m.py 3 1 note - | See https://mypy.example/x#y",
        );
        check(
            "mypy",
            "p/m.py: error: Source file found twice",
            "p/m.py - - error - | Source file found twice",
        );
        check(
            "ty",
            "p/m.py:2:10: error[invalid-assignment] Object of type `str`",
            "p/m.py 2 10 error invalid-assignment | Object of type `str`",
        );
        check(
            "pyrefly",
            "ERROR p/m.py:3:1-21: Cannot find module `nosuch` [missing-import]",
            "p/m.py 3 1 error missing-import | Cannot find module `nosuch`",
        );
        for tool in ["basedpyright", "pyright"] {
            check(
                tool,
                "  p/m.py:1:8 - warning: Import \"os\" is not accessed (reportUnusedImport)",
                "p/m.py 1 8 warning reportUnusedImport | Import \"os\" is not accessed",
            );
        }
    }

    #[test]
    fn files_that_cannot_be_parsed() {
        check(
            "hadolint",
            "p/Dockerfile:1:5 missing whitespace",
            "p/Dockerfile 1 5 error - | missing whitespace",
        );
        check(
            "taplo",
            "  ┌─ p/a.toml:2:1",
            "p/a.toml 2 1 error - | cannot be parsed",
        );
    }

    #[test]
    fn a_finding_may_go_on_for_lines() {
        let printed = "p/a.py\n  p/a.py:7:14 - error: Type \"s\" is not assignable\n  \u{a0}\u{a0}\"s\" is no \"int\"\n      so (reportX)\n1 error\n";
        let table = ToolTable::shipped();
        let pyright = table.get("pyright").unwrap();
        let lines = pyright.whole_lines(printed);
        let found: Vec<_> = lines
            .iter()
            .filter_map(|line| pyright.finding(line))
            .collect();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].code.as_deref(), Some("reportX"));
        assert_eq!(
            found[0].message,
            "Type \"s\" is not assignable \"s\" is no \"int\" so"
        );
        let flake8 = table.get("flake8").unwrap();
        assert_eq!(flake8.whole_lines(printed).len(), 5);
    }

    #[test]
    fn a_template_has_only_known_fields() {
        let error = "{path}:{row}".parse::<FindingTemplate>().unwrap_err();
        assert_eq!(error.field, "row");
    }
}
