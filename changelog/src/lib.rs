//! Changelogs from news fragments: the same bytes as towncrier, from the same settings.
//!
//! Pure: the settings, the template, the fragments and the old file come in as text, the new file
//! goes out as text.
//!
//! The behaviour to match is that of towncrier 26.9.0 (documentation at
//! <https://towncrier.readthedocs.io/>); the fixtures in `release/tests/towncrier` run it beside
//! this code.

mod check;
mod entries;
mod error;
mod extract;
mod fragment;
mod jinja;
mod newsfile;
mod python;
mod render;
mod settings;
mod template;
mod wrap;

pub use check::{BranchCheck, check_branch};
pub use error::ChangelogError;
pub use extract::{extract, headings};
pub use fragment::{FoundFile, Fragment, fragments};
pub use newsfile::prepend;
pub use python::FormatError;
pub use render::{Rendered, render};
pub use settings::{
    Bullets, ChangelogSettings, Content, FileLayout, FragmentType, SettingsFiles, TemplateSource,
    Title,
};
pub use template::Builtin;

/// The release that a changelog announces.
#[derive(Debug, Clone, Copy)]
pub struct Release<'a> {
    /// As it is written, such as `24.09.0`.
    pub version: &'a str,
    /// As it is printed, usually `YYYY-MM-DD`.
    pub date: &'a str,
}
