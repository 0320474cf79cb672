//! `count-loc`: how many lines of which language files have.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8Path;
use model::RepoPath;
use targets::TargetGraph;

use super::selection::{NoSpecs, TargetSelection, specs};
use crate::error::GoalError;
use crate::session::Session;

/// What is counted of one language.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LineCounts {
    /// Files.
    pub files: usize,
    /// Lines without text.
    pub blanks: usize,
    /// Lines with nothing but a comment, or of a documentation string.
    pub comments: usize,
    /// All other lines.
    pub code: usize,
}

/// A language: its name, how its files end or are called, how a comment begins.
type Language = (&'static str, &'static [&'static str], &'static str);

const LANGUAGES: &[Language] = &[
    ("BUILD", &["BUILD"], "#"),
    ("C", &[".c", ".h"], "//"),
    ("CSS", &[".css"], "/*"),
    ("Dockerfile", &["Dockerfile"], "#"),
    ("Go", &[".go"], "//"),
    ("GraphQL", &[".graphql"], "#"),
    ("HTML", &[".html"], "<!--"),
    ("JSON", &[".json"], ""),
    ("Java", &[".java"], "//"),
    ("JavaScript", &[".js", ".mjs", ".cjs"], "//"),
    ("Jinja", &[".j2", ".jinja2"], "{#"),
    ("Kotlin", &[".kt"], "//"),
    ("Markdown", &[".md"], ""),
    ("Plain Text", &[".txt"], ""),
    ("Protocol Buffers", &[".proto"], "//"),
    ("Python", &[".py", ".pyi"], "#"),
    ("Rust", &[".rs"], "//"),
    ("SQL", &[".sql"], "--"),
    ("Scala", &[".scala"], "//"),
    ("Shell", &[".sh", ".bash"], "#"),
    ("TOML", &[".toml"], "#"),
    ("TypeScript", &[".ts", ".tsx"], "//"),
    ("XML", &[".xml"], "<!--"),
    ("YAML", &[".yaml", ".yml"], "#"),
    ("reStructuredText", &[".rst"], ".. "),
];

/// The counts of the files that a selection names, by language.
///
/// # Errors
/// Where the selection names nothing that there is, or a file cannot be read.
pub fn lines_of_code(
    session: &Session,
    graph: &TargetGraph<'_>,
    selection: &TargetSelection,
) -> Result<BTreeMap<&'static str, LineCounts>, GoalError> {
    let named = selection.of(session, graph, NoSpecs::Refused)?;
    let of_targets = named.iter().flat_map(|id| graph.target(*id).files());
    let mut files: BTreeSet<String> = of_targets.map(ToString::to_string).collect();
    if selection.changed.is_none() {
        let typed = specs(session, &selection.specs)?;
        let all = graph.repository().tree().files();
        files.extend(all.filter(|file| typed.match_file(file)));
    }
    let mut counts: BTreeMap<&'static str, LineCounts> = BTreeMap::new();
    for path in files {
        let Some((name, _, comment)) = language(RepoPath::new(&path).file_name()) else {
            continue;
        };
        let bytes = fs_err::read(session.root().join(&path))
            .map_err(|error| GoalError::file("read", Utf8Path::new(&path), &error))?;
        let counted = counts.entry(name).or_default();
        counted.files += 1;
        counted.add(&String::from_utf8_lossy(&bytes), comment);
    }
    Ok(counts)
}

fn language(name: &str) -> Option<&'static Language> {
    let is_named = |end: &&str| match end.starts_with('.') {
        true => name.ends_with(*end),
        false => name == *end || name.starts_with(&format!("{end}.")),
    };
    LANGUAGES
        .iter()
        .find(|(_, ends, _)| ends.iter().any(is_named))
}

impl LineCounts {
    /// All lines.
    #[must_use]
    pub fn lines(&self) -> usize {
        self.blanks + self.comments + self.code
    }

    /// Adds the lines of a text, in which comments begin so.
    fn add(&mut self, text: &str, comment: &str) {
        let mut within: Option<&str> = None;
        for line in text.lines().map(str::trim) {
            let opened = ["\"\"\"", "'''"]
                .into_iter()
                .find(|quotes| line.starts_with(quotes));
            match (within, opened) {
                _ if line.is_empty() => self.blanks += 1,
                (Some(quotes), _) => {
                    self.comments += 1;
                    within = within.filter(|_| !line.contains(quotes));
                }
                (None, Some(quotes)) if comment == "#" => {
                    self.comments += 1;
                    within = (!line[quotes.len()..].contains(quotes)).then_some(quotes);
                }
                _ if !comment.is_empty() && line.starts_with(comment) => self.comments += 1,
                _ => self.code += 1,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_code_comments_or_blank() {
        let mut counts = LineCounts::default();
        counts.add(
            "# a\n\nx = 1  # b\n'''c\n\nd'''\n\"\"\"e\"\"\"\ny = '''f\n",
            "#",
        );
        assert_eq!((counts.code, counts.comments, counts.blanks), (2, 4, 2));
        assert_eq!(counts.lines(), 8);
    }

    #[test]
    fn languages_by_name() {
        let name = |file: &str| language(file).map(|(name, ..)| *name);
        assert_eq!(name("a.pyi"), Some("Python"));
        assert_eq!(name("Dockerfile.dev"), Some("Dockerfile"));
        assert_eq!(name("BUILD"), Some("BUILD"));
        assert_eq!(name("a.bin"), None);
    }
}
