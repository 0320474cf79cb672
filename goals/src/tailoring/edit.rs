//! BUILD files with the targets that were missing: what was there is kept, and each file is replaced as a
//! whole.

use std::collections::BTreeMap;

use camino::Utf8Path;
use model::RepoPath;
use targets::TargetGraph;
use workspace::files;

use super::putative::PutativeTarget;
use crate::error::GoalError;
use crate::session::Session;

/// What was added, or would be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TailorReport {
    /// The BUILD files, sorted by folder.
    pub edits: Vec<BuildFileEdit>,
    /// Whether nothing was written.
    pub is_check: bool,
}

/// A BUILD file with new targets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildFileEdit {
    /// Its path, relative to the root.
    pub path: String,
    /// Whether it was not there before.
    pub is_new: bool,
    /// The types and names of its new targets.
    pub targets: Vec<(String, String)>,
}

/// Adds targets to BUILD files, unless the settings say that nothing is written.
pub(super) fn edit(
    session: &Session,
    graph: &TargetGraph<'_>,
    missing: Vec<PutativeTarget>,
) -> Result<TailorReport, GoalError> {
    let settings = &session.settings.tailor;
    let mut by_folder: BTreeMap<String, Vec<PutativeTarget>> = BTreeMap::new();
    for target in missing {
        let of_folder = by_folder.entry(target.folder.clone());
        of_folder.or_default().push(target);
    }
    let mut edits = Vec::new();
    let mut texts = Vec::new();
    for (folder, targets) in by_folder {
        let named = RepoPath::new(&folder).join(&settings.build_file_name);
        // A folder may have the name, on systems that do not tell `build` from `BUILD` above all.
        let file = match graph.repository().tree().dir(&named).is_some() {
            true => format!("{named}.pants"),
            false => named.clone(),
        };
        let existing = read_if_there(&session.root().join(&file))
            .map_err(|error| GoalError::file("read", Utf8Path::new(&file), &error))?;
        let parts = existing.as_ref().or(settings.build_file_header.as_ref());
        let stanzas = targets
            .iter()
            .map(|target| target.text(&settings.build_file_indent));
        texts.push((file, joined(parts.map(String::as_str), stanzas)));
        edits.push(BuildFileEdit {
            path: named,
            is_new: existing.is_none(),
            targets: targets
                .into_iter()
                .map(|target| (target.kind, target.name))
                .collect(),
        });
    }
    if !settings.check {
        for (file, text) in texts {
            files::replace(&session.root().join(&file), &text)
                .map_err(|error| GoalError::file("write", Utf8Path::new(&file), &error))?;
        }
    }
    Ok(TailorReport {
        edits,
        is_check: settings.check,
    })
}

/// A text with stanzas behind it, each after an empty line, with the line ends of the text.
fn joined(existing: Option<&str>, stanzas: impl Iterator<Item = String>) -> String {
    let line_end = match existing.is_some_and(|text| text.contains("\r\n")) {
        true => "\r\n",
        false => "\n",
    };
    let existing = existing.map(|text| text.trim_end().to_owned());
    let stanzas = stanzas.map(|stanza| stanza.replace('\n', line_end));
    let parts: Vec<String> = existing.into_iter().chain(stanzas).collect();
    parts.join(&line_end.repeat(2)) + line_end
}

fn read_if_there(path: &Utf8Path) -> std::io::Result<Option<String>> {
    match fs_err::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(existing: Option<&str>, expect: &str) {
        let stanzas = ["a()", "b(\n    x=1,\n)"].map(str::to_owned);
        assert_eq!(joined(existing, stanzas.into_iter()), expect);
    }

    #[test]
    fn what_is_there_is_kept() {
        check(None, "a()\n\nb(\n    x=1,\n)\n");
        check(
            Some("# mine\nc()"),
            "# mine\nc()\n\na()\n\nb(\n    x=1,\n)\n",
        );
        check(
            Some("c()\r\n\r\n"),
            "c()\r\n\r\na()\r\n\r\nb(\r\n    x=1,\r\n)\r\n",
        );
    }
}
