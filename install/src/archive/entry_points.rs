//! The console and GUI scripts of `entry_points.txt`.
//!
//! Format: <https://packaging.python.org/en/latest/specifications/entry-points/>. Other groups are
//! the affair of those who read them at run time and are left alone.

use serde::{Deserialize, Serialize};
use wheel::{EntryPoint, EntryPoints};

/// A script that an installer makes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Script {
    /// The file name.
    pub(crate) name: String,
    /// The module to import.
    pub(crate) module: String,
    /// The function to call, dotted.
    pub(crate) function: String,
}

/// A script that cannot be made: its name, its value, and why.
pub(crate) type Refused = (String, String, &'static str);

/// The scripts of the text of `entry_points.txt`.
pub(crate) fn scripts(text: &str) -> Result<Vec<Script>, Refused> {
    let points = EntryPoints::parse(&of_scripts(text))
        .map_err(|error| (error.name, error.value, error.problem))?;
    points
        .iter()
        .map(|(_, name, point)| {
            script(name, point).map_err(|why| (name.to_owned(), point.to_string(), why))
        })
        .collect()
}

/// The lines of the groups of scripts.
fn of_scripts(text: &str) -> String {
    let mut in_scripts = false;
    let mut out = String::new();
    for line in text.lines() {
        if let Some(group) = line
            .trim()
            .strip_prefix('[')
            .and_then(|l| l.strip_suffix(']'))
        {
            in_scripts = matches!(group.trim(), "console_scripts" | "gui_scripts");
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

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> String {
        match scripts(text) {
            Ok(scripts) => scripts
                .iter()
                .map(|s| format!("{} -> {}:{}", s.name, s.module, s.function))
                .collect::<Vec<_>>()
                .join(", "),
            Err((name, value, why)) => format!("{name} = {value}: {why}"),
        }
    }

    #[test]
    fn scripts_of_both_groups() {
        insta::assert_snapshot!(
            check("[console_scripts]\na = m.n:f\n[other]\nx = not checked\n[gui_scripts]\n# c\nb=m:o.f [x]\n"),
            @"a -> m.n:f, b -> m:o.f"
        );
    }

    #[test]
    fn refused() {
        insta::assert_snapshot!(check("[console_scripts]\n../a = m:f"), @"../a = m:f: its name would leave the folder of scripts");
        insta::assert_snapshot!(check("[console_scripts]\na = m:f; import os"), @"a = m:f; import os: its attribute must be dotted identifiers, as in `package.module:attribute`");
        insta::assert_snapshot!(check("[console_scripts]\na = m"), @"a = m: it names no function");
    }
}
