//! The settings of a repository: `pants.toml` as it is, `[workspace.metadata.xtask]` in `Cargo.toml`, or
//! `[tool.xtask]` in `pyproject.toml`, read once into [`Settings`]. Below the last two lies what
//! follows from the projects of a repository without BUILD files.
//!
//! Both have the same sections and keys ([`keys`] lists them); where both give a key, `Cargo.toml`
//! wins, and a flag of the command line over both ([`SettingFlag`]). A key that nothing here uses is
//! kept in [`Settings::ignored`] if it stands in `pants.toml`, which Pants and its plug-ins read
//! too, and is an error in ours.

mod cutoff;
mod described;
mod description;
mod document;
mod environment;
mod error;
mod flag;
mod fromfile;
mod keys;
mod kinds;
mod level;
mod limits;
mod literal;
mod options;
mod pants_keys;
mod reader;
mod release;
mod remote;
mod root;
mod tree;

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use model::{
    InterpreterConstraints, Override, PackageName, PackageSet, Platform, PrereleasePolicy,
};
use targets::InferredRepository;

pub use cutoff::Cutoff;
pub use description::{SectionDescription, SettingDescription};
pub use document::OWN_FILE;
pub use error::{SettingsError, SettingsProblem};
pub use flag::{FlagMeaning, SettingFlag};
pub use keys::{PIP_INDEX, ToolOptions};
pub use kinds::RepositoryFile;
pub use kinds::{FirstPartyRequirements, Percentage, ToolArguments};
pub use level::MessageLevel;
pub use root::find_root;

use keys::Sections;

/// In tables whose keys are resolves: the value for resolves that the table does not name.
const DEFAULT_RESOLVE_KEY: &str = "__default__";

/// Everything that a repository configures. Sections are fields: `settings.python.resolves`.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The repository's root, absolute.
    pub root: Utf8PathBuf,
    /// The file that holds `[python]`: the place to name in a hint.
    pub file: Utf8PathBuf,
    /// What stands in `pants.toml` and is not used, in the order of the file.
    pub ignored: Vec<UnusedSetting>,
    /// Tool to resolve: each `install_from_resolve`.
    pub tools: BTreeMap<String, String>,
    /// Programs that are downloaded, by their sections.
    pub programs: BTreeMap<String, ProgramSettings>,
    /// What is said of tools, by their sections.
    pub tool_options: BTreeMap<String, ToolOptions>,
    /// What follows from the projects of a repository without BUILD files.
    pub inferred: Option<Arc<InferredRepository>>,
    sections: Sections,
}

/// The section of a tool that is a program alone, such as `[ruff]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProgramSettings {
    /// The version.
    pub version: Option<String>,
    /// For each version and platform, `VERSION|PLATFORM|SHA256|SIZE`.
    pub known_versions: Vec<String>,
    /// The URL of the archive, with `{version}` and `{platform}`.
    pub url_template: Option<String>,
    /// What `{platform}` stands for on each platform.
    pub url_platform_mapping: BTreeMap<String, String>,
}

/// A key, or a whole section, that is not used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnusedSetting {
    /// The file, as messages name it.
    pub file: Utf8PathBuf,
    /// Counted from 1.
    pub line: usize,
    /// `pytest`
    pub section: String,
    /// `execution_slot_var`
    pub key: String,
    /// What is wrong with it, where it is not one that only Pants uses.
    pub mistake: Option<UnusedMistake>,
}

/// Why a setting is none of Pants either.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnusedMistake {
    /// Neither we nor Pants have the section, and this one is similar.
    Section(&'static str),
    /// The section has no such key; the one that is similar.
    Key(Option<&'static str>),
    /// It stands in no section.
    Outside,
}

impl Settings {
    /// The Pythons of a resolve.
    ///
    /// # Errors
    /// Where the settings name none.
    pub fn interpreter_constraints(
        &self,
        resolve: &str,
    ) -> Result<&InterpreterConstraints, SettingsError> {
        of_resolve(&self.python.resolves_to_interpreter_constraints, resolve)
            .or(self.python.interpreter_constraints.as_ref())
            .ok_or_else(|| {
                let problem = SettingsProblem::NoInterpreterConstraints {
                    resolve: resolve.to_owned(),
                };
                SettingsError::whole(&self.file, problem)
            })
    }

    /// The lockfile of a resolve, relative to the root.
    pub fn lockfile(&self, resolve: &str) -> Option<&Utf8Path> {
        self.python.resolves.get(resolve).map(|file| &**file)
    }

    /// The constraints file of a resolve, relative to the root.
    pub fn constraints_file(&self, resolve: &str) -> Option<&Utf8Path> {
        of_resolve(&self.python.resolves_to_constraints_file, resolve).map(|file| &**file)
    }

    /// What stands in for the requirements of packages in a resolve.
    pub fn overrides(&self, resolve: &str) -> &[Override] {
        of_resolve(&self.python.resolves_to_overrides, resolve).map_or(&[], Vec::as_slice)
    }

    /// The projects that no package's requirement brings into a resolve.
    pub fn excludes(&self, resolve: &str) -> &[PackageName] {
        of_resolve(&self.python.resolves_to_excludes, resolve).map_or(&[], Vec::as_slice)
    }

    /// The packages that a resolve uses from source only.
    pub fn no_binary(&self, resolve: &str) -> PackageSet {
        let set = of_resolve(&self.python.resolves_to_no_binary, resolve);
        set.cloned().unwrap_or_default()
    }

    /// The packages that a resolve uses as wheels only.
    pub fn only_binary(&self, resolve: &str) -> PackageSet {
        let set = of_resolve(&self.python.resolves_to_only_binary, resolve);
        set.cloned().unwrap_or_default()
    }

    /// The platforms that a resolve must support; empty for every one.
    pub fn platforms(&self, resolve: &str) -> &[Platform] {
        of_resolve(&self.python.resolves_to_platforms, resolve).map_or(&[], Vec::as_slice)
    }

    /// When a resolve may hold a pre-release.
    pub fn prereleases(&self, resolve: &str) -> PrereleasePolicy {
        of_resolve(&self.python.resolves_to_prereleases, resolve)
            .copied()
            .unwrap_or_default()
    }
}

impl Deref for Settings {
    type Target = Sections;

    fn deref(&self) -> &Sections {
        &self.sections
    }
}

fn of_resolve<'a, T>(table: &'a BTreeMap<String, T>, resolve: &str) -> Option<&'a T> {
    table
        .get(resolve)
        .or_else(|| table.get(DEFAULT_RESOLVE_KEY))
}

#[cfg(test)]
mod tests;
