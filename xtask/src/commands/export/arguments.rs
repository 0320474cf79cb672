//! What can be said to `export`.

use camino::Utf8PathBuf;
use clap::{Args, ValueEnum};
use install::editor::Editor;
use install::environment::LinkMode;
use install::python::PythonRequest;
use model::{ExtraName, PackageName, Platform};

use crate::arguments::{IndexArguments, python_request};
use goals::environments::GroupSelection;

/// What can be said to `export`.
#[derive(Debug, Args)]
pub(crate) struct ExportArguments {
    /// The resolve; without it the default one; may be repeated for environments
    #[arg(long = "resolve", value_name = "NAME")]
    pub(super) resolves: Vec<String>,

    /// Every resolve that has a lock
    #[arg(long, conflicts_with_all = ["resolves", "format"])]
    pub(super) all: bool,

    /// The Python of the environments: a version such as `3.12`, or a path
    #[arg(long, value_name = "PYTHON", conflicts_with = "format", value_parser = python_request)]
    pub(super) python: Option<PythonRequest>,

    /// Link this console script into `dist/export/bin`; may be repeated
    #[arg(long = "bin", value_name = "NAME", conflicts_with = "format")]
    pub(super) bins: Vec<String>,

    /// Compile all modules now instead of at their first import
    #[arg(long, conflicts_with = "format")]
    pub(super) compile: bool,

    /// How files come from the cache: as hard links, or as copies, which have the time at which they
    /// are installed
    #[arg(long, value_name = "MODE", conflicts_with = "format", value_parser = link_mode)]
    pub(super) link_mode: Option<LinkMode>,

    /// Add pip, and setuptools and wheel before Python 3.12, to the environments; what has them keeps them
    #[arg(long, conflicts_with = "format")]
    pub(super) seed: bool,

    /// Let the environments be moved: their scripts look for Python beside themselves
    #[arg(long, conflicts_with = "format")]
    pub(super) relocatable: bool,

    #[command(flatten)]
    pub(super) groups: GroupArguments,

    /// Of the distributions of the repository, install only this one; may be repeated
    #[arg(long = "editable", value_name = "NAME", conflicts_with = "format")]
    pub(super) editables: Vec<PackageName>,

    /// Install no distribution of the repository; their sources can be imported all the same
    #[arg(long, conflicts_with_all = ["format", "editables"])]
    pub(super) no_editable: bool,

    /// Remove packages that were installed by other means
    #[arg(long, conflicts_with = "format")]
    pub(super) exact: bool,

    /// Make the environments anew
    #[arg(long, conflicts_with = "format")]
    pub(super) reinstall: bool,

    /// Fail if a lock is not what its requirements ask for
    #[arg(long)]
    pub(super) locked: bool,

    /// Write a page with what took how long, and the same as JSON, to `dist/timings`
    #[arg(long)]
    pub(crate) timings: bool,

    /// Write the script `py` to the root and, if the resolve has it, its main console script
    #[arg(long, conflicts_with = "format")]
    pub(super) scripts: bool,

    /// Print the settings of this editor for the environments: vscode, vim (coc.nvim), ale, neovim,
    /// zed, pycharm
    #[arg(long, value_name = "EDITOR", conflicts_with = "format", value_parser = editor)]
    pub(super) editor: Option<Editor>,

    /// Merge the settings into the editor's files instead; what is set in them otherwise is kept,
    /// and said
    #[arg(long, requires = "editor")]
    pub(super) write: bool,

    /// Print what `--write` would change, and change nothing
    #[arg(long, requires = "editor")]
    pub(super) dry_run: bool,

    /// Print the lock in this format instead
    #[arg(long, value_enum)]
    pub(super) format: Option<LockExportFormat>,

    /// Where to print the lock; `-` is stdout
    #[arg(long, value_name = "FILE", default_value = "-", requires = "format")]
    pub(super) output: Utf8PathBuf,

    /// Print only the part for this platform
    #[arg(long, value_name = "PLATFORM", requires = "format")]
    pub(super) platform: Option<Platform>,

    #[command(flatten)]
    pub(super) index: IndexArguments,
}

/// Which extras and dependency groups of the requirements are meant; without these arguments all, of groups
/// those that the settings name.
#[derive(Debug, Args)]
pub(super) struct GroupArguments {
    /// Of the extras of the requirements, only this one; may be repeated
    #[arg(long = "extra", value_name = "NAME")]
    extras: Vec<ExtraName>,

    /// All extras but this one; may be repeated
    #[arg(long = "no-extra", value_name = "NAME")]
    no_extras: Vec<ExtraName>,

    /// Of the dependency groups, only this one; may be repeated
    #[arg(long = "group", value_name = "NAME")]
    groups: Vec<ExtraName>,

    /// All dependency groups, also where `default-groups` or `[export] default_groups` names some
    #[arg(long, conflicts_with = "groups")]
    all_groups: bool,

    /// All dependency groups but this one; may be repeated
    #[arg(long = "no-group", value_name = "NAME")]
    no_groups: Vec<ExtraName>,

    /// All dependency groups but `dev`, if there is one
    #[arg(long)]
    no_dev: bool,

    /// Nothing but this dependency group; may be repeated
    #[arg(long = "only-group", value_name = "NAME")]
    only_groups: Vec<ExtraName>,
}

impl GroupArguments {
    pub(super) fn selection(&self) -> GroupSelection {
        GroupSelection {
            extras: self.extras.clone(),
            no_extras: self.no_extras.clone(),
            groups: self.groups.clone(),
            no_groups: self.no_groups.clone(),
            only_groups: self.only_groups.clone(),
            no_dev: self.no_dev,
            all_groups: self.all_groups,
        }
    }
}

/// The format in which a lock is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum LockExportFormat {
    /// requirements.txt with markers and hashes, for pip `--require-hashes` and uv
    Requirements,
    /// pylock.toml (PEP 751), with the URLs that files have on the index now
    Pylock,
    /// The JSON that pex and Pants read, with the URLs that files have on the index now
    Pex,
    /// A bill of materials: CycloneDX 1.6 as JSON
    Cyclonedx,
}

fn link_mode(text: &str) -> Result<LinkMode, String> {
    text.parse()
        .map_err(|error: install::environment::LinkModeError| error.to_string())
}

fn editor(text: &str) -> Result<Editor, String> {
    text.parse()
        .map_err(|error: install::editor::EditorError| error.to_string())
}
