//! Metadata within a script: which Python and packages it needs.
//!
//! Source: <https://packaging.python.org/en/latest/specifications/inline-script-metadata/> (PEP 723).

use camino::Utf8Path;
use model::{InterpreterConstraints, Place, Requirement};
use toml_edit::{DocumentMut, Item};

use crate::error::GoalError;

/// What a script says that it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptMetadata {
    /// The Pythons that it runs with.
    pub interpreter_constraints: InterpreterConstraints,
    /// The packages that it imports.
    pub requirements: Vec<Requirement>,
}

const START: &str = "# /// script";
const END: &str = "# ///";

impl ScriptMetadata {
    /// Reads the block of a script; `None` where it has none.
    ///
    /// # Errors
    /// Where there are two blocks, or the block is not what the specification says.
    pub fn read(file: &Utf8Path) -> Result<Option<Self>, GoalError> {
        let text = match fs_err::read_to_string(file) {
            Ok(text) => text,
            // Python says what is wrong with a file that it cannot read.
            Err(_) => return Ok(None),
        };
        Self::parse(&text, file)
    }

    fn parse(text: &str, file: &Utf8Path) -> Result<Option<Self>, GoalError> {
        let lines: Vec<&str> = text.lines().collect();
        let failure = |line: usize, why: String| {
            GoalError::failure("cannot read what the script needs")
                .at(Place {
                    line,
                    ..Place::file(file.as_str())
                })
                .because(why)
        };
        let starts = (0..lines.len()).filter(|&at| lines[at] == START);
        let blocks: Vec<(usize, Vec<&str>)> = starts
            .filter_map(|at| Some((at, block(&lines[at + 1..])?)))
            .collect();
        let (start, content) = match &blocks[..] {
            [] => return Ok(None),
            [one] => one,
            [_, second, ..] => {
                let why = "a script has one block `# /// script`, and this is another";
                return Err(failure(second.0 + 1, why.to_owned()));
            }
        };
        let document: DocumentMut = content.join("\n").parse().map_err(|error| {
            let error: toml_edit::TomlError = error;
            let before = error.span().map_or(0, |span| span.start);
            let line = content.join("\n")[..before].matches('\n').count();
            failure(start + 2 + line, error.message().to_owned())
        })?;
        let in_line = |text: &str| {
            let at = content.iter().position(|line| line.contains(text));
            start + 2 + at.unwrap_or(0)
        };
        let mut requirements = Vec::new();
        for item in document
            .get("dependencies")
            .and_then(Item::as_array)
            .into_iter()
            .flatten()
        {
            let text = item.as_str().unwrap_or_default();
            let requirement = text.parse();
            requirements.push(requirement.map_err(|error: model::RequirementError| {
                failure(in_line(text), error.to_string())
            })?);
        }
        let python = document.get("requires-python").and_then(Item::as_str);
        let interpreter_constraints = match python {
            Some(range) => InterpreterConstraints::parse(&[range])
                .map_err(|error| failure(in_line(range), error.to_string()))?,
            None => InterpreterConstraints::any_recent(),
        };
        Ok(Some(Self {
            interpreter_constraints,
            requirements,
        }))
    }
}

/// The lines up to the last end mark of the comment, without what makes them a comment; `None`
/// where it has no end.
fn block<'t>(lines: &[&'t str]) -> Option<Vec<&'t str>> {
    let is_comment = |line: &&&str| **line == "#" || line.starts_with("# ");
    let comment = lines.iter().take_while(is_comment).count();
    let end = lines[..comment].iter().rposition(|line| *line == END)?;
    let content = |line: &&'t str| line.strip_prefix("# ").unwrap_or("");
    Some(lines[..end].iter().map(content).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn read(text: &str) -> String {
        match ScriptMetadata::parse(text, "s.py".into()) {
            Ok(None) => "none".to_owned(),
            Ok(Some(found)) => {
                let names: Vec<String> =
                    found.requirements.iter().map(ToString::to_string).collect();
                let pythons: Vec<String> = found.interpreter_constraints.iter().collect();
                format!("{} on {}", names.join(", "), pythons.join(" or "))
            }
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn blocks() {
        let one = "#!/usr/bin/env python\n# /// script\n# requires-python = \">=3.11\"\n# dependencies = [\n#   \"lib<3\",\n# ]\n#\n# [tool.x]\n# ///\nimport lib\n";
        insta::assert_snapshot!(read(one), @"lib<3 on >=3.11");
        insta::assert_snapshot!(read("# /// script\n# ///\n"), @" on CPython>=3.8");
        insta::assert_snapshot!(read("# /// script\n# dependencies = []\nimport lib\n"), @"none");
        insta::assert_snapshot!(read("# /// other\n# dependencies = []\n# ///\n"), @"none");
        // Everything up to the last end mark of a comment belongs to it.
        insta::assert_snapshot!(read("# /// script\n# a = '''\n# ///\n# '''\n# dependencies = ['lib']\n# ///\n"), @"lib on CPython>=3.8");
    }

    #[test]
    fn mistakes() {
        let place = |text: &str| {
            let error = ScriptMetadata::parse(text, "s.py".into()).unwrap_err();
            let line = error.place().map_or(0, |place| place.line);
            format!("{line}: {}", error.reasons().join(", "))
        };
        insta::assert_snapshot!(place("# /// script\n# ///\n\n# /// script\n# ///\n"), @"4: a script has one block `# /// script`, and this is another");
        insta::assert_snapshot!(place("\n# /// script\n# dependencies = [\n# ///\n"), @"3: unclosed array, expected `]`");
        insta::assert_snapshot!(place("# /// script\n# dependencies = ['lib<']\n# ///\n"), @"2: `lib<` is not a requirement (PEP 508): Unexpected end of version specifier, expected version");
        insta::assert_snapshot!(place("# /// script\n# requires-python = 'new'\n# ///\n"), @"2: `new` is not an interpreter constraint such as `CPython==3.12.*`: `new` is neither CPython nor PyPy");
    }
}
