//! What a command runs in: the repository with its settings, the cache, and where messages go.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use etcetera::BaseStrategy;

use crate::error::CommandError;
use crate::graph::InferArguments;
use crate::settings::{self, Settings};
use crate::style::WARNING;

/// Names the folder of the cache.
const CACHE_VARIABLE: &str = "XTASK_CACHE_DIR";

/// Options of every command.
#[derive(Debug, Args)]
pub struct Global {
    /// The repository; without it the nearest folder upwards with settings
    #[arg(short = 'C', long = "root", value_name = "DIR", global = true)]
    pub root: Option<Utf8PathBuf>,

    /// Say more: settings that are not used, what is fetched
    #[arg(short, long, global = true)]
    pub verbose: bool,

    /// `--python-infer-…`
    #[command(flatten)]
    pub infer: InferArguments,
}

/// What a command runs in.
#[derive(Debug)]
pub struct Session {
    /// The repository's settings.
    pub settings: Settings,
    /// Whether to say more.
    pub verbose: bool,
    /// The environment, as far as it is UTF-8.
    pub environment: BTreeMap<String, String>,
    /// `--python-infer-…`
    pub infer: InferArguments,
}

impl Session {
    /// Finds the repository and reads its settings.
    pub fn start(global: Global) -> Result<Self, CommandError> {
        let environment: BTreeMap<String, String> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let root = root(global.root.as_deref())?;
        let settings = Settings::load(&root, environment.clone())?;
        let session = Self {
            settings,
            verbose: global.verbose,
            environment,
            infer: global.infer,
        };
        session.list_ignored_settings();
        Ok(session)
    }

    /// The same session in another tree, such as that of an earlier commit.
    pub fn at(&self, root: &Utf8Path) -> Result<Self, CommandError> {
        Ok(Self {
            settings: Settings::load(root, self.environment.clone())?,
            verbose: false,
            environment: self.environment.clone(),
            infer: self.infer.clone(),
        })
    }

    /// The repository's root.
    pub fn root(&self) -> &Utf8Path {
        &self.settings.root
    }

    /// The resolve that was named, else the default one.
    pub fn resolve<'a>(&'a self, named: Option<&'a str>) -> &'a str {
        named.unwrap_or(&self.settings.python.default_resolve)
    }

    /// The folder of the cache: `$XTASK_CACHE_DIR`, else where caches belong on this system.
    pub fn cache(&self) -> Result<Utf8PathBuf, CommandError> {
        if let Some(folder) = self.environment.get(CACHE_VARIABLE) {
            return Ok(self.root().join(folder));
        }
        etcetera::choose_base_strategy()
            .ok()
            .and_then(|strategy| Utf8PathBuf::from_path_buf(strategy.cache_dir()).ok())
            .map(|folder| folder.join("cargo-xtask"))
            .ok_or_else(|| {
                CommandError::failure(
                    "cannot tell where the cache belongs: there is no home folder",
                )
                .hint(format!("set {CACHE_VARIABLE} to a folder"))
            })
    }

    /// The folder that the user is in: paths on the command line count from it.
    pub fn working_folder(&self) -> Result<Utf8PathBuf, CommandError> {
        working_folder()
    }

    /// The folder that the user is in, relative to the root; the root's own, `""`, if outside.
    pub fn folder_in_repository(&self) -> Result<String, CommandError> {
        let here = self.working_folder()?;
        let here = here.canonicalize_utf8().unwrap_or(here);
        Ok(here
            .strip_prefix(self.root())
            .map(ToString::to_string)
            .unwrap_or_default())
    }

    /// A message for the user.
    #[allow(clippy::print_stderr, reason = "messages go to stderr")]
    pub fn say(&self, message: impl std::fmt::Display) {
        anstream::eprintln!("{message}");
    }

    /// Something that is probably wrong.
    pub fn warn(&self, message: impl std::fmt::Display) {
        self.say(format_args!("{WARNING}warning{WARNING:#}: {message}"));
    }

    /// Machine-readable output.
    #[allow(clippy::print_stdout, reason = "this is where output is printed")]
    pub fn print(&self, output: impl std::fmt::Display) {
        anstream::print!("{output}");
    }

    fn list_ignored_settings(&self) {
        for ignored in &self.settings.ignored {
            let text = format!(
                "pants.toml:{}: `[{}] {}` is not used",
                ignored.line, ignored.section, ignored.key
            );
            // What would make another lock is not passed over in silence.
            if ignored.section == "python" && ignored.key.starts_with("resolves_to_") {
                self.warn(text);
            } else if self.verbose {
                self.say(text);
            }
        }
    }
}

/// The folder that was named, or the nearest one upwards with settings.
fn root(named: Option<&Utf8Path>) -> Result<Utf8PathBuf, CommandError> {
    let here = working_folder()?;
    match named {
        None => Ok(settings::find_root(&here)?),
        Some(named) => {
            let folder = here.join(named);
            folder.canonicalize_utf8().map_err(|error| {
                CommandError::file("open", named, &error)
                    .hint("`-C DIR` names the repository's root")
            })
        }
    }
}

fn working_folder() -> Result<Utf8PathBuf, CommandError> {
    let here = std::env::current_dir().map_err(|error| {
        CommandError::failure(format!("cannot tell the current folder: {error}"))
    })?;
    Utf8PathBuf::from_path_buf(here)
        .map_err(|path| CommandError::failure(format!("{} is not UTF-8", path.display())))
}
