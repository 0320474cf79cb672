//! Arguments that several commands share, and the requests that they become.

use std::num::NonZeroUsize;
use std::sync::Arc;

use anstream::ColorChoice;
use camino::Utf8PathBuf;
use clap::{ArgAction, Args, ValueEnum};
use engine::{CacheUse, SandboxKeeping};
use goals::actions::ActionOptions;
use goals::error::GoalError;
use goals::graph::{ChangedCommits, TargetSelection, specs_of_files};
use goals::locking::IndexChoice;
use goals::session::Session;
use install::python::PythonRequest;
use model::PackageSet;
use targets::query::Dependents;
use transport::NetworkAccess;
use workspace::Workspace;
use workspace::settings::{Cutoff, MessageLevel, SettingFlag};

use crate::progress::ProgressDisplay;
use crate::terminal::Terminal;

/// Options of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct GlobalArguments {
    /// The root of the repository [default: the nearest folder with settings, here or above]
    #[arg(short = 'C', long = "root", value_name = "DIR", global = true)]
    root: Option<Utf8PathBuf>,

    /// Print more: ignored settings, what is downloaded; `-vv` also when
    #[arg(short, long, global = true, action = ArgAction::Count)]
    verbose: u8,

    /// Print warnings and errors alone; `-qq` errors alone
    #[arg(short, long, global = true, action = ArgAction::Count)]
    quiet: u8,

    /// How much is printed: `error`, `warn`, `info`, `debug`, `trace` [default: the setting]
    #[arg(short, long, value_name = "LEVEL", global = true)]
    level: Option<MessageLevel>,

    /// Whether there are colours [default: on terminals]
    #[arg(long, value_enum, value_name = "WHEN", global = true)]
    color: Option<Colors>,

    /// Settings for this run, which the parser does not see.
    #[arg(skip)]
    settings: Vec<SettingFlag>,

    /// Options of Pants that have no meaning here.
    #[arg(skip)]
    unused: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Colors {
    Auto,
    Always,
    Never,
}

impl GlobalArguments {
    /// Adds what was typed besides the arguments of the command.
    pub(crate) fn add(&mut self, settings: &[SettingFlag], unused: &[String]) {
        self.settings.extend_from_slice(settings);
        self.unused.extend_from_slice(unused);
        self.choose_colors(None);
    }

    /// Adds settings that a command has of its own.
    pub(crate) fn set(&mut self, settings: &[SettingFlag]) {
        self.settings.extend_from_slice(settings);
    }

    /// The folder that `-C` names, or the current one.
    pub(crate) fn folder(&self) -> Result<camino::Utf8PathBuf, GoalError> {
        Ok(Workspace::folder(self.root.as_deref())?)
    }

    /// Opens the repository.
    pub(crate) fn open(self) -> Result<Session, GoalError> {
        let workspace = Workspace::open(self.root.as_deref(), self.settings.clone())?;
        let settings = &workspace.settings.global;
        self.choose_colors(settings.colors);
        let display = match settings.dynamic_ui {
            true => ProgressDisplay::Shown,
            false => ProgressDisplay::Hidden,
        };
        let terminal = Terminal::new(self.level(settings.level), display);
        let session = Session::new(workspace, Arc::new(terminal));
        session.list_ignored_settings();
        for option in &self.unused {
            session.detail(format_args!("`{option}` is not used"));
        }
        Ok(session)
    }

    /// How much is printed.
    fn level(&self, of_settings: MessageLevel) -> MessageLevel {
        let counted = match (self.quiet, self.verbose) {
            (0, 0) => None,
            (0, 1) => Some(MessageLevel::Debug),
            (0, _) => Some(MessageLevel::Trace),
            (1, _) => Some(MessageLevel::Warn),
            (_, _) => Some(MessageLevel::Error),
        };
        self.level.or(counted).unwrap_or(of_settings)
    }

    /// Chooses colours, as an option or a setting says.
    fn choose_colors(&self, setting: Option<bool>) {
        let is_typed = |flag: &&SettingFlag| flag.name() == ("GLOBAL", "colors");
        let typed = self.settings.iter().rev().find(is_typed);
        let typed = typed.map(|flag| !flag.value().eq_ignore_ascii_case("false"));
        let choice = match (self.color, typed.or(setting)) {
            (Some(Colors::Always), _) | (None, Some(true)) => ColorChoice::Always,
            (Some(Colors::Never), _) | (None, Some(false)) => ColorChoice::Never,
            (Some(Colors::Auto), _) | (None, None) => ColorChoice::Auto,
        };
        choice.write_global();
    }
}

/// Options of every command that may use an index.
#[derive(Debug, Default, Args)]
pub(crate) struct IndexArguments {
    /// Use this package index instead of those in the settings
    #[arg(long, value_name = "URL")]
    index_url: Option<String>,

    /// Make no requests: use only what is in the cache
    #[arg(long)]
    offline: bool,

    /// Ignore files that were uploaded after this day or time
    #[arg(long, value_name = "DATE")]
    exclude_newer: Option<Cutoff>,

    /// Ask the index again what versions and files there are, or only those of NAME, however fresh
    /// the cache is; may be repeated
    #[arg(
        long,
        alias = "refresh-package",
        value_name = "NAME",
        num_args = 0..=1,
        default_missing_value = ":all:"
    )]
    refresh: Vec<PackageSet>,
}

impl IndexArguments {
    /// Whether requests are made.
    pub(crate) fn access(&self) -> NetworkAccess {
        match self.offline {
            true => NetworkAccess::Offline,
            false => NetworkAccess::Online,
        }
    }

    /// The options as goals take them.
    pub(crate) fn choice(&self) -> IndexChoice {
        IndexChoice {
            index_url: self.index_url.clone(),
            access: self.access(),
            exclude_newer: self.exclude_newer,
            refresh: self.refresh.iter().cloned().collect(),
        }
    }
}

/// Options of every command that runs actions.
#[derive(Debug, Default, Args)]
pub(crate) struct ActionArguments {
    /// Run so many programs at one time [default: as many as there are cores]
    #[arg(long, value_name = "N", alias = "process-execution-local-parallelism")]
    jobs: Option<NonZeroUsize>,

    /// Neither use nor keep results of earlier runs
    #[arg(long, alias = "no-local-cache")]
    no_cache: bool,

    /// Leave sandboxes to look at: of actions that fail, or always
    #[arg(
        long,
        value_enum,
        value_name = "WHEN",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "always"
    )]
    keep_sandboxes: Option<KeepSandboxes>,

    /// Print what ran, what came from where, the time and the bytes that it saved, and the critical path
    #[arg(long)]
    stats: bool,

    /// Write a page with what took how long, and the same as JSON, to `dist/timings`
    #[arg(long)]
    pub(crate) timings: bool,

    /// Write a trace of the run, which Perfetto and about:tracing read
    #[arg(long, value_name = "FILE")]
    trace: Option<Utf8PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
enum KeepSandboxes {
    Always,
    OnFailure,
    Never,
}

impl ActionArguments {
    /// The options as goals take them.
    pub(crate) fn options(&self) -> ActionOptions {
        ActionOptions {
            jobs: self.jobs.map(NonZeroUsize::get),
            cache: match self.no_cache {
                true => CacheUse::None,
                false => CacheUse::ReadWrite,
            },
            keep: self.keep_sandboxes.map(|keep| match keep {
                KeepSandboxes::Always => SandboxKeeping::Always,
                KeepSandboxes::OnFailure => SandboxKeeping::OnFailure,
                KeepSandboxes::Never => SandboxKeeping::Never,
            }),
            explain: false,
            stats: self.stats,
            trace: self.trace.clone(),
        }
    }
}

/// Options that select targets.
#[derive(Debug, Args)]
pub(crate) struct SelectionArguments {
    /// Targets: `::` for all, `dir::`, `dir:`, `dir:name`, a file or a glob; a `-` in front
    /// excludes
    #[arg(value_name = "SPEC")]
    specs: Vec<String>,

    /// Leave these out, like a spec with `-` in front
    #[arg(long, value_name = "SPEC")]
    exclude: Vec<String>,

    /// Only targets with one of these tags, `-a,b` for none of them; may be repeated
    #[arg(long = "tag", value_name = "TAGS", allow_hyphen_values = true)]
    tags: Vec<String>,

    /// Only targets of one of these types, `-a,b` for none of them; may be repeated
    #[arg(
        long = "filter-target-type",
        alias = "target-type",
        value_name = "TYPES",
        allow_hyphen_values = true
    )]
    kinds: Vec<String>,

    /// Only targets whose address a regular expression matches, `-a,b` for none of them; may be
    /// repeated
    #[arg(
        long = "filter-address-regex",
        value_name = "REGEX",
        allow_hyphen_values = true
    )]
    addresses: Vec<String>,

    /// Only targets with a tag that a regular expression matches, `-a,b` for none of them; may be
    /// repeated
    #[arg(
        long = "filter-tag-regex",
        value_name = "REGEX",
        allow_hyphen_values = true
    )]
    tag_patterns: Vec<String>,

    /// Read specs from this file too, one a line; may be repeated
    #[arg(long = "spec-files", alias = "spec-file", value_name = "FILE")]
    spec_files: Vec<Utf8PathBuf>,

    /// Only targets that changed since this commit
    #[arg(long, value_name = "REF")]
    changed_since: Option<String>,

    /// Only targets that changed in this commit, or between two, as in `main..topic`
    #[arg(long, value_name = "COMMITS", conflicts_with = "changed_since")]
    changed_diffspec: Option<String>,

    /// Whether targets that depend on changed ones are selected too
    #[arg(long, value_enum, value_name = "HOW", alias = "changed-dependees")]
    changed_dependents: Option<ChangedDependents>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ChangedDependents {
    None,
    Direct,
    Transitive,
}

impl SelectionArguments {
    /// The options as goals take them, with what the settings say of them.
    pub(crate) fn selection(&self, session: &Session) -> Result<TargetSelection, GoalError> {
        let mut specs = self.specs.clone();
        specs.extend(specs_of_files(session, &self.spec_files)?);
        specs.extend(self.exclude.iter().map(|spec| format!("-{spec}")));
        let changed = ChangedCommits {
            since: self.changed_since.clone(),
            diffspec: self.changed_diffspec.clone(),
            dependents: self.changed_dependents.map(|dependents| match dependents {
                ChangedDependents::None => Dependents::None,
                ChangedDependents::Direct => Dependents::Direct,
                ChangedDependents::Transitive => Dependents::Transitive,
            }),
        };
        let changed = changed.with(&session.settings);
        if self.changed_dependents.is_some() && changed.is_none() {
            session.warn("`--changed-dependents` does nothing without `--changed-since`, which says since when");
        }
        let selection = TargetSelection {
            specs,
            tags: self.tags.clone(),
            kinds: self.kinds.clone(),
            addresses: self.addresses.clone(),
            tag_patterns: self.tag_patterns.clone(),
            changed,
        };
        Ok(selection.with(&session.settings))
    }
}

/// Reads the value of `--python`.
pub(crate) fn python_request(text: &str) -> Result<PythonRequest, String> {
    text.parse()
        .map_err(|error: model::InterpreterConstraintsError| error.to_string())
}
