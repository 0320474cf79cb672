//! A target that is missing, and how a BUILD file has it.

use std::collections::BTreeSet;

use model::RepoPath;
use targets::Glob;
use targets::kinds::TargetType;

/// A target that could be added; targets are sorted by address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct PutativeTarget {
    /// The folder of its BUILD file.
    pub(super) folder: String,
    /// Its name.
    pub(super) name: String,
    /// Its type, or what is called in place of it.
    pub(super) kind: String,
    /// The names of the files for which it is missing.
    pub(super) files: Vec<String>,
    /// The patterns of the files that it would own.
    pub(super) sources: Vec<String>,
    /// Its arguments beside the name.
    pub(super) fields: Vec<(&'static str, FieldText)>,
    /// Lines above it.
    pub(super) comments: Vec<String>,
}

/// A value of a field.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum FieldText {
    /// A text.
    One(String),
    /// A list of texts.
    Many(Vec<String>),
}

impl PutativeTarget {
    /// A target of a type that Pants ships, with the name of its folder.
    pub(super) fn new(kind: &str, folder: &str) -> Self {
        let known = TargetType::find(kind);
        let sources = known.map(TargetType::default_sources).unwrap_or_default();
        Self {
            folder: folder.to_owned(),
            name: RepoPath::new(folder).file_name().to_owned(),
            kind: kind.to_owned(),
            files: Vec::new(),
            sources: sources.into_iter().map(str::to_owned).collect(),
            fields: Vec::new(),
            comments: Vec::new(),
        }
    }

    /// The same with another name.
    pub(super) fn named(self, name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..self
        }
    }

    /// The same for these files.
    pub(super) fn of_files(self, files: Vec<String>) -> Self {
        Self { files, ..self }
    }

    /// The same with a field that names a file.
    pub(super) fn with(mut self, field: &'static str, file: &str) -> Self {
        if field == "source" {
            self.sources = vec![file.to_owned()];
        }
        self.fields.push((field, FieldText::One(file.to_owned())));
        self
    }

    /// Its address.
    pub(super) fn address(&self) -> String {
        match self.folder.as_str() {
            "" => format!("//:{}", self.name),
            folder => format!("{folder}:{}", self.name),
        }
    }

    /// Whether it would own a file of its folder.
    pub(super) fn would_own(&self, file: &str) -> bool {
        let matches = |pattern: &str| Glob::new(pattern).is_match(file);
        let excluded = |pattern: &String| pattern.strip_prefix('!').is_some_and(matches);
        let wanted = |pattern: &String| !pattern.starts_with('!') && matches(pattern);
        self.sources.iter().any(wanted) && !self.sources.iter().any(excluded)
    }

    /// The same with only the files for which it is missing, since other targets own some that it would.
    pub(super) fn restricted(mut self, owners: &BTreeSet<String>) -> Self {
        self.comments.push(format!(
            "# NOTE: Sources restricted from the default for {} due to conflict with",
            self.kind
        ));
        let owners = owners.iter().map(|owner| format!("#   - {owner}"));
        self.comments.extend(owners);
        self.fields
            .push(("sources", FieldText::Many(self.files.clone())));
        self.sources.clone_from(&self.files);
        self
    }

    /// Its text in a BUILD file, without a line end.
    pub(super) fn text(&self, indent: &str) -> String {
        let mut lines = self.comments.clone();
        let is_named = self.name != RepoPath::new(&self.folder).file_name();
        let name = is_named.then(|| ("name", FieldText::One(self.name.clone())));
        let fields: Vec<_> = name.iter().chain(&self.fields).collect();
        if fields.is_empty() {
            lines.push(format!("{}()", self.kind));
            return lines.join("\n");
        }
        lines.push(format!("{}(", self.kind));
        for (field, value) in fields {
            match value {
                FieldText::One(text) => lines.push(format!("{indent}{field}={},", quoted(text))),
                FieldText::Many(texts) => {
                    lines.push(format!("{indent}{field}=["));
                    let texts = texts.iter().map(|text| quoted(text));
                    lines.extend(texts.map(|text| format!("{indent}{indent}{text},")));
                    lines.push(format!("{indent}],"));
                }
            }
        }
        lines.push(")".to_owned());
        lines.join("\n")
    }
}

/// A text as Python reads it.
fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{}\"", escaped.replace('\n', "\\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_with_the_name_of_its_folder_has_no_name() {
        let target = PutativeTarget::new("python_sources", "src/lib");
        assert_eq!(target.text("    "), "python_sources()");
        assert_eq!(
            target.named("tests").text("  "),
            "python_sources(\n  name=\"tests\",\n)"
        );
    }

    #[test]
    fn sources_are_those_that_no_other_target_owns() {
        let target = PutativeTarget::new("python_sources", "b").of_files(vec!["y\".py".to_owned()]);
        assert!(target.would_own("x.py") && !target.would_own("test_x.py"));
        let target = target.restricted(&BTreeSet::from(["b:b".to_owned()]));
        assert_eq!(
            target.text("    "),
            "# NOTE: Sources restricted from the default for python_sources due to conflict with\n\
             #   - b:b\npython_sources(\n    sources=[\n        \"y\\\".py\",\n    ],\n)"
        );
    }
}
