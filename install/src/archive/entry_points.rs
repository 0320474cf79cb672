//! The console and GUI scripts of `entry_points.txt`.
//!
//! Format: <https://packaging.python.org/en/latest/specifications/entry-points/>. Other groups are
//! the affair of those who read them at run time and are left alone.

use serde::{Deserialize, Serialize};

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
    let mut scripts: Vec<Script> = Vec::new();
    let mut in_scripts = false;
    for line in text.lines().map(str::trim) {
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(group) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            in_scripts = matches!(group.trim(), "console_scripts" | "gui_scripts");
            continue;
        }
        if in_scripts {
            let (name, value) = line.split_once('=').unwrap_or((line, ""));
            let (name, value) = (name.trim(), value.trim());
            let script =
                script(name, value).map_err(|why| (name.to_owned(), value.to_owned(), why))?;
            if scripts.iter().any(|s| s.name == script.name) {
                return Err((name.to_owned(), value.to_owned(), "it is there twice"));
            }
            scripts.push(script);
        }
    }
    Ok(scripts)
}

fn script(name: &str, value: &str) -> Result<Script, &'static str> {
    if name.contains(['/', '\\', ':']) || matches!(name, "" | "." | "..") {
        return Err("its name would leave the folder of scripts");
    }
    if name.chars().any(char::is_control) {
        return Err("its name has a control character");
    }
    // Extras stand behind in brackets and mean nothing to an installer today.
    let object = value.split('[').next().unwrap_or_default().trim();
    let (module, function) = object.split_once(':').ok_or("it names no function")?;
    let (module, function) = (module.trim(), function.trim());
    if !is_dotted(module) || !is_dotted(function) {
        return Err("it is not `module:function`");
    }
    Ok(Script {
        name: name.to_owned(),
        module: module.to_owned(),
        function: function.to_owned(),
    })
}

/// Identifiers with dots between them: what is pasted into a script must be nothing else.
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
        insta::assert_snapshot!(check("[console_scripts]\na = m:f; import os"), @"a = m:f; import os: it is not `module:function`");
        insta::assert_snapshot!(check("[console_scripts]\na = m"), @"a = m: it names no function");
        insta::assert_snapshot!(check("[console_scripts]\na = m:f\na = n:f"), @"a = n:f: it is there twice");
    }
}
