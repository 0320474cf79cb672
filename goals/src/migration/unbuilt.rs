//! What `pants package` builds and nothing here does: binaries, images, archives.

use std::collections::BTreeSet;

use buildfile::Data;
use targets::Declaration;

use super::judgement::{JudgedCommand, MigrationVerdict};
use crate::session::Session;

/// Types of targets that Pants packages, and nothing here.
const UNBUILT: &[&str] = &[
    "archive",
    "deploy_jar",
    "docker_image",
    "go_binary",
    "helm_chart",
    "pex_binaries",
    "pex_binary",
    "pyoxidizer_binary",
    "python_aws_lambda_function",
    "python_aws_lambda_layer",
    "python_google_cloud_function",
    "scie_binary",
];

/// The type of what is built.
const BUILT: &str = "python_distribution";

/// What Pants packages of a repository.
#[derive(Debug, Default)]
pub(super) struct PackagedTargets(Vec<PackagedTarget>);

#[derive(Debug)]
struct PackagedTarget {
    kind: String,
    folder: String,
    name: String,
    tags: Vec<String>,
}

impl PackagedTargets {
    /// Those that BUILD files declare; none where they cannot be read.
    pub(super) fn of(session: &Session) -> Self {
        let Ok(repository) = workspace::load(session.root(), session.target_options()) else {
            return Self::default();
        };
        let declared = repository.declarations();
        let packaged = declared.filter(|(_, declaration)| {
            *declaration.kind == *BUILT || UNBUILT.contains(&&*declaration.kind)
        });
        Self(
            packaged
                .map(|(dir, declaration)| PackagedTarget::of(&dir.path, declaration))
                .collect(),
        )
    }

    /// What is said of a command line that packages what nothing here builds; `words` are those behind `pants`.
    pub(super) fn judge(&self, words: &[String]) -> Option<JudgedCommand> {
        let at = words.iter().position(|word| word == "package")?;
        let specs: Vec<&str> = words[at + 1..].iter().map(String::as_str).collect();
        let (tags, specs): (Vec<&str>, Vec<&str>) = (
            words
                .iter()
                .filter_map(|word| word.strip_prefix("--tag="))
                .collect(),
            specs
                .into_iter()
                .filter(|word| !word.starts_with('-'))
                .collect(),
        );
        let is_selected = |target: &&PackagedTarget| {
            specs.iter().any(|spec| target.is_named_by(spec))
                && tags.iter().all(|tag| target.has(tag))
        };
        let selected = self.0.iter().filter(is_selected);
        let (built, unbuilt): (Vec<_>, Vec<_>) = selected.partition(|target| target.kind == BUILT);
        if unbuilt.is_empty() {
            return None;
        }
        let verdict = match built.is_empty() {
            true => MigrationVerdict::Missing,
            false => MigrationVerdict::Differs,
        };
        let kinds: BTreeSet<&str> = unbuilt.iter().map(|target| &*target.kind).collect();
        let kinds: Vec<String> = kinds.iter().map(|kind| format!("`{kind}`")).collect();
        let (count, kinds) = (unbuilt.len(), kinds.join(", "));
        let reason = format!("targets that are not built here: {kinds} ({count})");
        Some((verdict, Some(reason)))
    }
}

impl PackagedTarget {
    fn of(folder: &str, declaration: &Declaration) -> Self {
        let tags = declaration
            .get("tags")
            .map(Data::strings)
            .unwrap_or_default();
        Self {
            kind: declaration.kind.to_string(),
            folder: folder.to_owned(),
            name: declaration.name.to_string(),
            tags: tags.into_iter().map(str::to_owned).collect(),
        }
    }

    /// Whether it has one of the tags of an option, or none of those with `-`.
    fn has(&self, option: &str) -> bool {
        let is_tag = |tag: &str| self.tags.iter().any(|own| own == tag);
        match option.strip_prefix('-') {
            Some(tags) => !tags.split(',').any(is_tag),
            None => option.trim_start_matches('+').split(',').any(is_tag),
        }
    }

    /// Whether a spec names it, alone or with others.
    fn is_named_by(&self, spec: &str) -> bool {
        let spec = spec.trim_start_matches("//");
        match (spec.strip_suffix("::"), spec.split_once(':')) {
            (Some(folder), _) => {
                let below = self.folder.strip_prefix(folder.trim_end_matches('/'));
                below.is_some_and(|rest| {
                    folder.is_empty() || rest.is_empty() || rest.starts_with('/')
                })
            }
            (None, Some((folder, name))) => {
                folder == self.folder && (name.is_empty() || name == self.name)
            }
            (None, None) => spec == self.folder,
        }
    }
}
