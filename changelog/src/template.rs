//! The layouts that towncrier offers under a name.
//!
//! Written for this crate, to give the same bytes as towncrier's; they write every line end out
//! as `nl`, so white space between their tags never matters.

/// A layout that needs no template file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Builtin {
    /// Markdown, the default for `*.md`.
    Markdown,
    /// reStructuredText, the default otherwise.
    ReStructuredText,
    /// reStructuredText with a transition after every release.
    Rules,
    /// reStructuredText without bullets, for fragments that bring their own.
    NoBullets,
}

impl Builtin {
    /// The layout that `towncrier:RESOURCE` names; without an ending the news file's kind decides.
    pub fn named(resource: &str, markdown: bool) -> Option<Self> {
        match (resource, markdown) {
            ("default.md", _) | ("default", true) => Some(Self::Markdown),
            ("default.rst", _) | ("default", false) => Some(Self::ReStructuredText),
            ("hr-between-versions.rst", _) | ("hr-between-versions", false) => Some(Self::Rules),
            ("single-file-no-bullets.rst", _) | ("single-file-no-bullets", false) => {
                Some(Self::NoBullets)
            }
            _ => None,
        }
    }

    /// The name that towncrier's settings give it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Markdown => "towncrier:default.md",
            Self::ReStructuredText => "towncrier:default.rst",
            Self::Rules => "towncrier:hr-between-versions.rst",
            Self::NoBullets => "towncrier:single-file-no-bullets.rst",
        }
    }

    /// The Jinja source.
    pub(crate) fn source(self) -> &'static str {
        match self {
            Self::Markdown => include_str!("templates/markdown.jinja"),
            Self::ReStructuredText => include_str!("templates/rst.jinja"),
            Self::Rules => include_str!("templates/rules.jinja"),
            Self::NoBullets => include_str!("templates/no_bullets.jinja"),
        }
    }

    pub(crate) fn is_markdown(self) -> bool {
        self == Self::Markdown
    }
}
