//! Changelogs from news fragments: the same bytes as towncrier, from the same settings.
//!
//! Pure: the settings, the template, the fragments and the old news file are read from a
//! [`FileTree`] that is handed over; the new file goes out as text.
//!
//! The behaviour to match is that of the towncrier that the repository pins, else of 26.9.0
//! (documentation at <https://towncrier.readthedocs.io/>); the fixtures in `tests/towncrier` run it
//! beside this code.

mod check;
mod entries;
mod error;
mod extract;
mod filters;
mod fragment;
mod growing;
mod heading;
mod jinja;
#[cfg(test)]
mod jinja_tests;
mod json;
mod macros;
mod marking;
mod newsfile;
mod python;
mod render;
mod settings;
mod source;
mod tags;
mod template;
mod towncrier_version;
mod tree;
mod values;
mod wrap;

pub use check::{BranchCheck, check_branch};
pub use error::ChangelogError;
pub use extract::{extract, headings, without};
pub use fragment::{Fragment, FragmentFile, fragments};
pub use heading::ReleaseHeading;
pub use newsfile::prepend;
pub use python::FormatError;
pub use render::{ReleaseNotes, render};
pub use settings::{
    Bullets, ChangelogSettings, EntryContent, FileLayout, FragmentType, SettingsFiles,
    TemplateSource, Title,
};
pub use source::{ChangelogSource, ChangelogSourceError, NewsChange};
pub use template::Builtin;
pub use towncrier_version::TowncrierVersion;
pub use tree::{EntryKind, FileTree, FolderEntry};
