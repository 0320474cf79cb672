//! Files with environment variables, as `.env`: lines `NAME=VALUE`.

use camino::Utf8Path;

use crate::error::GoalError;
use model::Place;

/// The variables of a file, in its order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VariablesFile {
    /// Names and values.
    pub variables: Vec<(String, String)>,
}

impl VariablesFile {
    /// Reads a file.
    pub fn read(path: &Utf8Path) -> Result<Self, GoalError> {
        let text = fs_err::read_to_string(path)
            .map_err(|error| GoalError::file("read the variables of", path, &error))?;
        Self::parse(&text).map_err(|(offset, reason)| {
            GoalError::failure(reason).at(Place::at(path.as_str(), &text, offset))
        })
    }

    /// Reads the lines. A value may stand in quotes: in single ones as it is, in double ones with
    /// escapes. A comment starts with `#`. The error has the offset of its line.
    fn parse(text: &str) -> Result<Self, (usize, String)> {
        let mut variables = Vec::new();
        let mut next = 0;
        for line in text.split_inclusive('\n') {
            let at = next;
            next += line.len();
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let line = line.strip_prefix("export ").unwrap_or(line).trim_start();
            let mistake = |reason: &str| (at, reason.to_owned());
            let (name, value) = line
                .split_once('=')
                .ok_or_else(|| mistake("a line `NAME=VALUE` was expected"))?;
            let name = name.trim_end();
            let is_name = !name.is_empty()
                && !name.starts_with(|c: char| c.is_ascii_digit())
                && name
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'));
            if !is_name {
                return Err(mistake(&format!("`{name}` is not the name of a variable")));
            }
            let value = value_of(value.trim()).map_err(mistake)?;
            variables.push((name.to_owned(), value));
        }
        Ok(Self { variables })
    }
}

fn value_of(text: &str) -> Result<String, &'static str> {
    const OPEN: &str = "a quote is not closed";
    if let Some(rest) = text.strip_prefix('\'') {
        return rest
            .split_once('\'')
            .map(|(value, _)| value.to_owned())
            .ok_or(OPEN);
    }
    let Some(rest) = text.strip_prefix('"') else {
        let end = text.find(" #").unwrap_or(text.len());
        return Ok(text[..end].trim_end().to_owned());
    };
    let mut value = String::new();
    let mut chars = rest.chars();
    loop {
        match chars.next().ok_or(OPEN)? {
            '"' => return Ok(value),
            '\\' => match chars.next().ok_or(OPEN)? {
                'n' => value.push('\n'),
                'r' => value.push('\r'),
                't' => value.push('\t'),
                c @ ('"' | '\\' | '$') => value.push(c),
                c => value.extend(['\\', c]),
            },
            c => value.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_file() {
        let text =
            "# comment\n\nA=1\nexport B = two words # why\nC='$x # y'\nD=\"a\\n\\\"b\\\"\"\nE=\n";
        let read = VariablesFile::parse(text).unwrap().variables;
        let read: Vec<(&str, &str)> = read.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(
            read,
            [
                ("A", "1"),
                ("B", "two words"),
                ("C", "$x # y"),
                ("D", "a\n\"b\""),
                ("E", "")
            ]
        );
        let error = |text| VariablesFile::parse(text).unwrap_err();
        assert_eq!(error("A=1\nnothing\n").0, 4);
        assert_eq!(error("A=\"open\n").1, "a quote is not closed");
        assert_eq!(error("1A=x\n").1, "`1A` is not the name of a variable");
    }
}
