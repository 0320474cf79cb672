//! entry_points.txt: groups of entry points, each with a name and an object.
//!
//! Format: <https://packaging.python.org/en/latest/specifications/entry-points/>.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use serde::{Deserialize, Serialize};

/// Groups and their entry points, sorted by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntryPoints(BTreeMap<String, BTreeMap<String, EntryPoint>>);

/// The object that an entry point stands for: `module[:attribute][ [extras]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryPoint {
    /// The module to import.
    pub module: String,
    /// The attribute of the module, dotted; `None` for the module itself.
    pub attribute: Option<String>,
    /// Extras that it needs.
    pub extras: Vec<String>,
}

/// A console or GUI script that an installer makes from an entry point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Script {
    /// The file name.
    pub name: String,
    /// The module to import.
    pub module: String,
    /// The function to call, dotted.
    pub function: String,
}

/// An entry point that is not valid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the entry point `{name} = {value}` of `{group}`: {problem}")]
pub struct EntryPointError {
    /// Its group.
    pub group: String,
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// What is wrong with it.
    pub problem: &'static str,
}

impl EntryPoints {
    /// Adds an entry point; one of the same group and name is replaced.
    pub fn insert(&mut self, group: &str, name: &str, value: &str) -> Result<(), EntryPointError> {
        let error = |problem| EntryPointError {
            group: group.to_owned(),
            name: name.to_owned(),
            value: value.to_owned(),
            problem,
        };
        if !is_group(group) {
            return Err(error("the group must be dotted words"));
        }
        if name.is_empty()
            || name != name.trim()
            || name.starts_with('[')
            || name.contains(['=', '\n', '\r'])
        {
            return Err(error(
                "the name must be one line without `=`, not start with `[` nor have spaces at its ends",
            ));
        }
        let point = EntryPoint::parse(value).map_err(error)?;
        self.0
            .entry(group.to_owned())
            .or_default()
            .insert(name.to_owned(), point);
        Ok(())
    }

    /// Whether there are no entry points.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Group, name and object of each, sorted.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str, &EntryPoint)> {
        self.0.iter().flat_map(|(group, points)| {
            points
                .iter()
                .map(move |(name, point)| (group.as_str(), name.as_str(), point))
        })
    }

    /// The text of entry_points.txt.
    pub fn render(&self) -> String {
        let groups = self.0.iter().map(|(group, points)| {
            let mut out = format!("[{group}]\n");
            for (name, point) in points {
                let _ = writeln!(out, "{name} = {point}");
            }
            out
        });
        groups.collect::<Vec<_>>().join("\n")
    }

    /// Reads entry_points.txt, which has the syntax of Python's `configparser` with `=` only.
    pub fn parse(text: &str) -> Result<EntryPoints, EntryPointError> {
        let mut points = EntryPoints::default();
        let mut group = String::new();
        for line in text.lines().map(str::trim) {
            if line.is_empty() || line.starts_with(['#', ';']) {
                continue;
            }
            if let Some(name) = group_of(line) {
                group = name.to_owned();
                continue;
            }
            let (name, value) = line.split_once('=').unwrap_or((line, ""));
            points.insert(&group, name.trim(), value.trim())?;
        }
        Ok(points)
    }
}

/// Reads the scripts in the text of entry_points.txt. Other groups are read by programs at run
/// time, so a mistake in them does not keep a wheel from being installed.
pub fn scripts(text: &str) -> Result<Vec<Script>, EntryPointError> {
    let points = EntryPoints::parse(&groups_of_scripts(text))?;
    let scripts = points.iter().map(|(group, name, point)| {
        script(name, point).map_err(|problem| EntryPointError {
            group: group.to_owned(),
            name: name.to_owned(),
            value: point.to_string(),
            problem,
        })
    });
    scripts.collect()
}

/// The lines of the groups with scripts.
fn groups_of_scripts(text: &str) -> String {
    let mut in_scripts = false;
    let mut out = String::new();
    for line in text.lines() {
        if let Some(group) = group_of(line.trim()) {
            in_scripts = matches!(group, "console_scripts" | "gui_scripts");
        }
        if in_scripts {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

fn script(name: &str, point: &EntryPoint) -> Result<Script, &'static str> {
    if name.contains(['/', '\\', ':']) || matches!(name, "" | "." | "..") {
        return Err("its name would leave the folder of scripts");
    }
    if name.chars().any(char::is_control) {
        return Err("its name has a control character");
    }
    Ok(Script {
        name: name.to_owned(),
        module: point.module.clone(),
        function: point.attribute.clone().ok_or("it names no function")?,
    })
}

/// The group that a line begins, without spaces at its ends.
fn group_of(line: &str) -> Option<&str> {
    let name = line.strip_prefix('[')?.strip_suffix(']')?;
    Some(name.trim())
}

impl EntryPoint {
    fn parse(value: &str) -> Result<EntryPoint, &'static str> {
        let (object, extras) = match value.split_once('[') {
            Some((object, rest)) => {
                let list = rest
                    .trim_end()
                    .strip_suffix(']')
                    .ok_or("the list of extras is not closed")?;
                (
                    object,
                    list.split(',')
                        .map(|e| e.trim().to_owned())
                        .filter(|e| !e.is_empty())
                        .collect(),
                )
            }
            None => (value, Vec::new()),
        };
        let (module, attribute) = match object.trim().split_once(':') {
            Some((module, attribute)) => (module.trim(), Some(attribute.trim())),
            None => (object.trim(), None),
        };
        if !is_dotted(module) {
            return Err("its module must be dotted identifiers, as in `package.module:attribute`");
        }
        if !attribute.is_none_or(is_dotted) {
            return Err(
                "its attribute must be dotted identifiers, as in `package.module:attribute`",
            );
        }
        Ok(EntryPoint {
            module: module.to_owned(),
            attribute: attribute.map(str::to_owned),
            extras,
        })
    }
}

impl fmt::Display for EntryPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.module)?;
        if let Some(attribute) = &self.attribute {
            write!(f, ":{attribute}")?;
        }
        if !self.extras.is_empty() {
            write!(f, " [{}]", self.extras.join(","))?;
        }
        Ok(())
    }
}

fn is_group(text: &str) -> bool {
    !text.is_empty()
        && text.split('.').all(|word| {
            !word.is_empty()
                && word
                    .chars()
                    .all(|c| c.is_alphanumeric() || c == '_' || c == '-')
        })
}

/// Whether it is identifiers with dots between them.
fn is_dotted(text: &str) -> bool {
    text.split('.').all(|word| {
        let mut chars = word.chars();
        chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
            && chars.all(|c| c.is_alphanumeric() || c == '_')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(group: &str, name: &str, value: &str) -> String {
        let mut points = EntryPoints::default();
        match points.insert(group, name, value) {
            Ok(()) => points.render(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn groups_and_names_are_sorted() {
        let mut points = EntryPoints::default();
        points.insert("plug", "p", "mid.plug").unwrap();
        points
            .insert("console_scripts", "b.start", "mid.cli:main")
            .unwrap();
        points
            .insert("console_scripts", "a", "mid.cli:App.run [x, y]")
            .unwrap();
        insta::assert_snapshot!(points.render(), @"
        [console_scripts]
        a = mid.cli:App.run [x,y]
        b.start = mid.cli:main

        [plug]
        p = mid.plug
        ");
        assert_eq!(EntryPoints::parse(&points.render()).unwrap(), points);
    }

    fn check_scripts(text: &str) -> String {
        let shown = |script: &Script| {
            let Script {
                name,
                module,
                function,
            } = script;
            format!("{name} -> {module}:{function}")
        };
        match scripts(text) {
            Ok(scripts) => scripts.iter().map(shown).collect::<Vec<_>>().join(", "),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn scripts_of_both_groups() {
        insta::assert_snapshot!(
            check_scripts("[console_scripts]\na = m.n:f\n[other]\nx = not checked\n[gui_scripts]\n# c\nb=m:o.f [x]\n"),
            @"a -> m.n:f, b -> m:o.f"
        );
    }

    #[test]
    fn scripts_that_cannot_be_made() {
        insta::assert_snapshot!(check_scripts("[console_scripts]\n../a = m:f"), @"the entry point `../a = m:f` of `console_scripts`: its name would leave the folder of scripts");
        insta::assert_snapshot!(check_scripts("[console_scripts]\na = m:f; import os"), @"the entry point `a = m:f; import os` of `console_scripts`: its attribute must be dotted identifiers, as in `package.module:attribute`");
        insta::assert_snapshot!(check_scripts("[console_scripts]\na = m"), @"the entry point `a = m` of `console_scripts`: it names no function");
    }

    #[test]
    fn wrong_ones() {
        insta::assert_snapshot!(check("console_scripts", "a", "src/mid/cli.py:main"), @"the entry point `a = src/mid/cli.py:main` of `console_scripts`: its module must be dotted identifiers, as in `package.module:attribute`");
        insta::assert_snapshot!(check("console_scripts", "a", "m:"), @"the entry point `a = m:` of `console_scripts`: its attribute must be dotted identifiers, as in `package.module:attribute`");
        insta::assert_snapshot!(check("a b", "a", "m"), @"the entry point `a = m` of `a b`: the group must be dotted words");
        insta::assert_snapshot!(check("g", "a=b", "m"), @"the entry point `a=b = m` of `g`: the name must be one line without `=`, not start with `[` nor have spaces at its ends");
    }
}
