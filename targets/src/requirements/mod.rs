//! Requirement files as pip, PEP 621, PEP 735, Poetry, Pipenv and uv read them: text to entries,
//! errors with line and column.

mod groups;
mod logical;
mod pip;
mod pipenv;
mod poetry;
mod pyproject;
mod toml;
mod uv;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{DependencySpecifier, ExtraName, FileDigest, Place, SpecifierError};

pub use pip::read_requirements_txt;
pub(crate) use pip::reason;
pub use pipenv::read_pipfile_lock;
pub(crate) use poetry::alternatives as poetry_alternatives;
pub(crate) use pyproject::is_uv_root;
pub use pyproject::{PdmTables, PyprojectTables, read_pyproject};

/// Everything that a requirement file and the files it includes say.
#[derive(Clone, Debug, Default)]
pub struct RequirementsFile {
    /// Requirements, in order.
    pub requirements: Vec<Arc<RequirementLine>>,
    /// Constraints from `-c` files, in order.
    pub constraints: Vec<RequirementLine>,
    /// Requirements that replace those of packages, in order.
    pub overrides: Vec<RequirementLine>,
    /// Options about indexes, in order.
    pub indexes: Vec<IndexOption>,
    /// The extras and dependency groups that it declares, and what each includes of the others.
    pub groups: Vec<(RequirementGroup, Vec<RequirementGroup>)>,
    /// Other options with their values, also those of one requirement: `--no-binary`,
    /// `--only-binary` and `--pre` change how packages are chosen.
    pub options: Vec<(String, String, Place)>,
}

impl RequirementsFile {
    /// Declares a group, which has the requirements from this number on.
    pub(crate) fn declare(&mut self, group: RequirementGroup, first: usize) {
        for line in self.requirements.iter_mut().skip(first) {
            Arc::make_mut(line).groups.push(group.clone());
        }
        if self.groups.iter().all(|(known, _)| *known != group) {
            self.groups.push((group, Vec::new()));
        }
    }

    /// What whoever requires the project requires too: all but its dependency groups.
    pub(crate) fn published(&self) -> Self {
        let mut file = self.clone();
        let is_extra = |group: &RequirementGroup| matches!(group, RequirementGroup::Extra(_));
        file.requirements
            .retain(|line| line.groups.is_empty() || line.groups.iter().any(is_extra));
        file.groups.retain(|(group, _)| is_extra(group));
        file
    }

    /// Says that a group includes another.
    pub(crate) fn include(&mut self, group: &RequirementGroup, other: RequirementGroup) {
        let known = self.groups.iter_mut().find(|(known, _)| known == group);
        if let Some((_, includes)) = known {
            includes.push(other);
        }
    }
}

/// The part of a file that a requirement stands in, beside what the project itself requires.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RequirementGroup {
    /// An extra (PEP 621).
    Extra(ExtraName),
    /// A dependency group (PEP 735), or one of Poetry; names are normalised as those of extras are.
    Group(ExtraName),
}

/// Whether the tables `[project]` and `[dependency-groups]` of a `pyproject.toml` are read, beside
/// those of a tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProjectTable {
    /// They are.
    Read,
    /// Another target reads them.
    Skipped,
}

/// One requirement line.
#[derive(Clone, Debug)]
pub struct RequirementLine {
    /// What it asks for, without comment and options.
    pub specifier: DependencySpecifier,
    /// Its `--hash` options, such as `sha256:…`.
    pub hashes: Vec<FileDigest>,
    /// Whether `-e` stands before it.
    pub editable: Editable,
    /// Whether the line stands in the file itself or in one that it includes with `-r`.
    pub depth: Depth,
    /// The extras and dependency groups that have it; none for what the project itself requires.
    pub groups: Vec<RequirementGroup>,
}

impl RequirementLine {
    /// A line without options, which stands at `place`.
    pub(crate) fn plain(text: &str, place: Place) -> Result<Self, SpecifierError> {
        Ok(Self {
            specifier: DependencySpecifier::parse(text, place)?,
            hashes: Vec::new(),
            editable: Editable::No,
            depth: Depth::Own,
            groups: Vec::new(),
        })
    }
}

/// Where a line stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// In the file that was asked for.
    Own,
    /// In a file that it includes.
    Included,
}

/// Whether a project is to be installed in development mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Editable {
    /// `-e`.
    Yes,
    /// Not.
    No,
}

/// An option about package indexes in a requirement file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexOption {
    /// What it sets.
    pub kind: IndexOptionKind,
    /// Its value; empty for `--no-index`.
    pub value: String,
    /// Where.
    pub place: Place,
}

/// Which option about package indexes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IndexOptionKind {
    /// `-i`, `--index-url`.
    Index,
    /// `--extra-index-url`.
    ExtraIndex,
    /// `-f`, `--find-links`.
    FindLinks,
    /// `--no-index`.
    NoIndex,
}

/// Why a requirement file cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {message}")]
pub struct RequirementsError {
    /// What is wrong.
    pub message: String,
    /// Where.
    pub place: Place,
    /// What the user may do about it.
    pub hint: Option<String>,
}

impl RequirementsError {
    pub(crate) fn new(message: impl Into<String>, place: Place) -> Self {
        Self {
            message: message.into(),
            place,
            hint: None,
        }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// The files and variables that reading requirement files may use.
pub struct RequirementsReader<'r> {
    /// Reads a file by its path relative to the repository root.
    pub read: &'r dyn Fn(&str) -> std::io::Result<String>,
    /// Variables for `${NAME}`.
    pub env: &'r BTreeMap<String, String>,
}
