//! Arguments that several commands share, and the requests that they become.

use std::sync::Arc;

use camino::Utf8PathBuf;
use clap::builder::ValueParser;
use clap::{Arg, ArgMatches, Args, FromArgMatches, ValueEnum};
use goals::error::CommandError;
use goals::graph::{ChangedSince, TargetSelection};
use goals::locking::IndexChoice;
use goals::session::Session;
use install::python::PythonRequest;
use targets::query::Dependents;
use transport::NetworkAccess;
use workspace::Workspace;
use workspace::settings::{Cutoff, FlagKey, SettingFlag};

use crate::terminal::Terminal;

/// Options of every command.
#[derive(Debug, Args)]
pub(crate) struct GlobalArguments {
    /// The repository; without it the nearest folder upwards with settings
    #[arg(short = 'C', long = "root", value_name = "DIR", global = true)]
    root: Option<Utf8PathBuf>,

    /// Say more: settings that are not used, what is fetched
    #[arg(short, long, global = true)]
    verbose: bool,

    #[command(flatten)]
    settings: SettingArguments,
}

impl GlobalArguments {
    /// Opens the repository that is meant.
    pub(crate) fn open(self) -> Result<Session, CommandError> {
        let terminal = Terminal {
            verbose: self.verbose,
        };
        let workspace = Workspace::open(self.root.as_deref(), self.settings.0)?;
        let session = Session::new(workspace, Arc::new(terminal));
        session.list_ignored_settings();
        Ok(session)
    }
}

/// What the command line says of indexes; the same for each command that may ask one.
#[derive(Debug, Default, Args)]
pub(crate) struct IndexArguments {
    /// Use this package index in place of those that settings name
    #[arg(long, value_name = "URL")]
    index_url: Option<String>,

    /// Make no request: use what the cache holds
    #[arg(long)]
    offline: bool,

    /// See no file that was uploaded after this day or moment
    #[arg(long, value_name = "DATE")]
    exclude_newer: Option<Cutoff>,
}

impl IndexArguments {
    /// Whether requests are made.
    pub(crate) fn access(&self) -> NetworkAccess {
        match self.offline {
            true => NetworkAccess::Offline,
            false => NetworkAccess::Online,
        }
    }

    /// What was typed, as goals take it.
    pub(crate) fn choice(&self) -> IndexChoice {
        IndexChoice {
            index_url: self.index_url.clone(),
            access: self.access(),
            exclude_newer: self.exclude_newer,
        }
    }
}

/// What can be said about which targets are meant.
#[derive(Debug, Args)]
pub(crate) struct SelectionArguments {
    /// Targets: `::` for all, `dir::`, `dir:`, `dir:name`, a file or a glob; `-` before excludes
    #[arg(value_name = "SPEC")]
    specs: Vec<String>,

    /// Leave these out, like a spec with `-` before it
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

    /// Only what changed since this commit
    #[arg(long, value_name = "REF")]
    changed_since: Option<String>,

    /// Whether what depends on changed targets counts as well
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
    /// What was typed, as goals take it.
    pub(crate) fn selection(&self) -> TargetSelection {
        let mut specs = self.specs.clone();
        specs.extend(self.exclude.iter().map(|spec| format!("-{spec}")));
        let dependents = match self.changed_dependents {
            ChangedDependents::None => Dependents::None,
            ChangedDependents::Direct => Dependents::Direct,
            ChangedDependents::Transitive => Dependents::Transitive,
        };
        let changed = self.changed_since.clone();
        TargetSelection {
            specs,
            tags: self.tags.clone(),
            kinds: self.kinds.clone(),
            changed: changed.map(|revision| ChangedSince {
                revision,
                dependents,
            }),
        }
    }
}

/// Reads what stands after `--python`.
pub(crate) fn python_request(text: &str) -> Result<PythonRequest, String> {
    text.parse()
        .map_err(|error: model::InterpreterConstraintsError| error.to_string())
}

/// Settings for one run, such as `--python-infer-assets`: the table of settings declares them.
#[derive(Debug, Default)]
pub(crate) struct SettingArguments(Vec<SettingFlag>);

impl Args for SettingArguments {
    fn augment_args(command: clap::Command) -> clap::Command {
        command.args(FlagKey::all().iter().map(|key| {
            let flag = Arg::new(key.name())
                .long(key.name())
                .value_name("VALUE")
                .value_parser(ValueParser::string())
                .global(true)
                .hide(true);
            match key.is_switch() {
                true => flag
                    .num_args(0..=1)
                    .require_equals(true)
                    .default_missing_value("true"),
                false => flag,
            }
        }))
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for SettingArguments {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let given = FlagKey::all().iter().filter_map(|key| {
            let value: &String = matches.get_one(key.name())?;
            Some(SettingFlag::new(key, value))
        });
        Ok(Self(given.collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
