//! Arguments that several commands share, and the requests that they become.

use std::num::NonZeroUsize;
use std::sync::Arc;

use camino::Utf8PathBuf;
use clap::builder::ValueParser;
use clap::{Arg, ArgAction, ArgMatches, Args, FromArgMatches, ValueEnum};
use engine::{CacheUse, SandboxKeeping};
use goals::actions::ActionOptions;
use goals::error::GoalError;
use goals::graph::{ChangedSince, TargetSelection};
use goals::locking::IndexChoice;
use goals::session::Session;
use install::python::PythonRequest;
use model::PackageSet;
use targets::query::Dependents;
use transport::NetworkAccess;
use workspace::Workspace;
use workspace::settings::{Cutoff, FlagKey, SettingFlag};

use crate::terminal::Terminal;

/// Options of every command.
#[derive(Debug, Args)]
pub(crate) struct GlobalArguments {
    /// The root of the repository [default: the nearest folder with settings, here or above]
    #[arg(short = 'C', long = "root", value_name = "DIR", global = true)]
    root: Option<Utf8PathBuf>,

    /// Print more: ignored settings, what is downloaded
    #[arg(short, long, global = true)]
    verbose: bool,

    #[command(flatten)]
    settings: SettingArguments,
}

impl GlobalArguments {
    /// Adds settings that a command has of its own.
    pub(crate) fn add(&mut self, settings: &[SettingFlag]) {
        self.settings.0.extend_from_slice(settings);
    }

    /// Opens the repository.
    pub(crate) fn open(self) -> Result<Session, GoalError> {
        let terminal = Terminal::new(self.verbose);
        let workspace = Workspace::open(self.root.as_deref(), self.settings.0)?;
        let session = Session::new(workspace, Arc::new(terminal));
        session.list_ignored_settings();
        Ok(session)
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
    #[arg(
        long,
        value_enum,
        value_name = "HOW",
        default_value_t = ChangedDependents::None,
        alias = "changed-dependees"
    )]
    changed_dependents: ChangedDependents,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ChangedDependents {
    None,
    Direct,
    Transitive,
}

impl SelectionArguments {
    /// The options as goals take them.
    pub(crate) fn selection(&self) -> TargetSelection {
        let mut specs = self.specs.clone();
        specs.extend(self.exclude.iter().map(|spec| format!("-{spec}")));
        let dependents = match self.changed_dependents {
            ChangedDependents::None => Dependents::None,
            ChangedDependents::Direct => Dependents::Direct,
            ChangedDependents::Transitive => Dependents::Transitive,
        };
        // A commit alone stands for what it changed.
        let in_commits = |commits: &String| match commits.contains("..") {
            true => commits.clone(),
            false => format!("{commits}^..{commits}"),
        };
        let diffspec = self.changed_diffspec.as_ref().map(in_commits);
        let changed = self.changed_since.clone().or(diffspec);
        TargetSelection {
            specs,
            spec_files: self.spec_files.clone(),
            tags: self.tags.clone(),
            kinds: self.kinds.clone(),
            addresses: self.addresses.clone(),
            tag_patterns: self.tag_patterns.clone(),
            changed: changed.map(|revision| ChangedSince {
                revision,
                dependents,
            }),
        }
    }
}

/// Reads the value of `--python`.
pub(crate) fn python_request(text: &str) -> Result<PythonRequest, String> {
    text.parse()
        .map_err(|error: model::InterpreterConstraintsError| error.to_string())
}

/// Settings for one run, such as `--python-infer-assets`. They are declared by the table of
/// settings.
#[derive(Debug, Default)]
pub(crate) struct SettingArguments(Vec<SettingFlag>);

impl Args for SettingArguments {
    fn augment_args(command: clap::Command) -> clap::Command {
        let keys = FlagKey::of_sections_with_flags().iter();
        let command = command.args(keys.clone().map(|key| {
            let flag = flag(key, key.name(), key.name());
            flag.global(true).hide(true)
        }));
        let switches = keys.filter(|key| key.is_switch());
        command.args(switches.map(|key| {
            let switch = Arg::new(key.negation()).long(key.negation());
            let switch = switch.action(ArgAction::SetTrue);
            switch.global(true).hide(true)
        }))
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for SettingArguments {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut given = Vec::new();
        for key in FlagKey::of_sections_with_flags() {
            let values = matches.get_many::<String>(key.name()).into_iter().flatten();
            given.extend(values.map(|value| SettingFlag::new(key, value)));
            if key.is_switch() && matches.get_flag(key.negation()) {
                given.push(SettingFlag::new(key, "false"));
            }
        }
        Ok(Self(given))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// The flag of a key, with a name for the parser and one for the user.
fn flag(key: &FlagKey, id: &'static str, name: &'static str) -> Arg {
    let flag = Arg::new(id)
        .long(name)
        .value_name("VALUE")
        .value_parser(ValueParser::string())
        .action(ArgAction::Append);
    match key.is_switch() {
        true => flag
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true"),
        false => flag,
    }
}

/// The settings of the command's own section, without the section in their names: `test --force`.
#[derive(Debug, Default)]
pub(crate) struct TestSettingArguments(pub(crate) Vec<SettingFlag>);

/// The section of `test`.
const TEST: &str = "test";

impl Args for TestSettingArguments {
    fn augment_args(command: clap::Command) -> clap::Command {
        let keys = FlagKey::of_sections_with_flags().iter();
        command.args(
            keys.filter(|key| key.section() == TEST)
                .map(|key| flag(key, key.own_id(), key.short_name()).hide(true)),
        )
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for TestSettingArguments {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let keys = FlagKey::of_sections_with_flags().iter();
        let given = keys.filter(|key| key.section() == TEST).flat_map(|key| {
            let values = matches
                .get_many::<String>(key.own_id())
                .into_iter()
                .flatten();
            values
                .map(|value| SettingFlag::new(key, value))
                .collect::<Vec<_>>()
        });
        Ok(Self(given.collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
