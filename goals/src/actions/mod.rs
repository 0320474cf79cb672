//! The engine of a run: made of settings and flags once, for whatever goal runs actions.
//!
//! ```no_run
//! # fn test(session: &goals::session::Session, actions: &[engine::Action]) -> Result<(), goals::error::GoalError> {
//! use goals::actions::{ActionOptions, ActionRunner};
//!
//! let runner = ActionRunner::new(session, &ActionOptions::default())?;
//! let inputs = runner.files().tree(&["src/a.py".to_owned()]);
//! let report = runner.run(actions, &engine::Silence);
//! for outcome in &report.outcomes {
//!     // …
//! }
//! runner.finish()
//! # }
//! ```

mod kept_file;
mod own_work;
mod shared_cache;
mod summary;
mod tidying;

use std::sync::Arc;

use camino::Utf8PathBuf;
use engine::{
    Action, CacheContents, CacheUse, Engine, FileIndex, RunEvent, RunObserver, RunReport,
    SandboxKeeping, Silence,
};

use crate::error::GoalError;
use crate::session::Session;
use crate::timings::TimedUnit;

pub use kept_file::{KeptFile, OUTPUT};
pub use own_work::{OwnWork, WorkWorth};
pub use shared_cache::ask_shared_cache;
pub use summary::stats_lines;

/// What the cache of actions holds; nothing if there is none. Or why it cannot be used.
///
/// # Errors
/// Where there is no cache folder.
pub fn cache_contents(
    session: &Session,
) -> Result<Option<Result<CacheContents, String>>, GoalError> {
    let folder = session.action_cache()?;
    if !folder.exists() {
        return Ok(None);
    }
    Ok(Some(
        Engine::check(&folder).map(|()| Engine::contents(&folder)),
    ))
}

/// What the flags of a run say of its actions.
#[derive(Debug, Clone, Default)]
pub struct ActionOptions {
    /// How many programs run at one time, in place of the settings.
    pub jobs: Option<usize>,
    /// What the caches are asked, unless the settings say that there is none.
    pub cache: CacheUse,
    /// Which sandboxes are left, in place of the settings.
    pub keep: Option<SandboxKeeping>,
    /// Whether it is said why an action is not in the cache.
    pub explain: bool,
    /// Whether statistics are printed at the end.
    pub stats: bool,
    /// Where a trace is written at the end.
    pub trace: Option<Utf8PathBuf>,
}

impl ActionOptions {
    /// Lets every action run, also those that a cache has. Results are kept as before.
    pub fn force(&mut self) {
        if self.cache == CacheUse::ReadWrite {
            self.cache = CacheUse::Write;
        }
    }
}

/// Runs the actions of goals.
pub struct ActionRunner<'a> {
    session: &'a Session,
    engine: Engine,
    files: Arc<FileIndex>,
    cache: CacheUse,
    explain: bool,
    stats: bool,
    trace: Option<Utf8PathBuf>,
}

impl<'a> ActionRunner<'a> {
    /// The engine of a run.
    ///
    /// # Errors
    /// Where there is no folder for sandboxes.
    pub fn new(session: &'a Session, options: &ActionOptions) -> Result<Self, GoalError> {
        let folder = session.action_cache()?;
        let mut engine = session.settings.engine_options(folder);
        if let Some(jobs) = options.jobs {
            engine.jobs = jobs;
        }
        if engine.cache_use != CacheUse::None {
            engine.cache_use = options.cache;
        }
        let cache = match engine.local_cache {
            true => engine.cache_use,
            false => CacheUse::None,
        };
        engine.keep = options.keep.unwrap_or(engine.keep);
        engine.explain = session.reporter().wants_details() || options.explain;
        let engine = Engine::open(engine).map_err(|error| {
            GoalError::failure("cannot make a folder for sandboxes")
                .because(error.to_string())
                .hint("set XTASK_CACHE_DIR to a folder that can be written")
        })?;
        let trace = options.trace.as_ref();
        let trace = trace.map(|path| Ok::<_, GoalError>(session.working_folder()?.join(path)));
        Ok(Self {
            files: session.file_index()?,
            session,
            engine,
            cache,
            explain: options.explain,
            stats: options.stats,
            trace: trace.transpose()?,
        })
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// What the cache of this machine is asked.
    pub fn cache_use(&self) -> CacheUse {
        self.cache
    }

    /// The files of the repository, each hashed once.
    pub fn files(&self) -> &FileIndex {
        &self.files
    }

    /// Runs actions. The user is told of warnings, of sandboxes that were left and of an interruption; the rest is
    /// the observer's, which hears these too.
    pub fn run(&self, actions: &[Action], observer: &dyn RunObserver) -> RunReport {
        let teller = RunTeller {
            session: self.session,
            actions,
            explain: self.explain,
            observer,
        };
        self.engine.run(actions, &teller)
    }

    /// The run is over: keeps what is known of files, tells what was asked for, and keeps the cache within its limit.
    ///
    /// # Errors
    /// Where the trace cannot be written.
    pub fn finish(&self) -> Result<(), GoalError> {
        let teller = RunTeller {
            session: self.session,
            actions: &[],
            explain: self.explain,
            observer: &Silence,
        };
        self.engine.finish(&teller);
        if let Some(timings) = self.session.timings() {
            timings.add(self.engine.recorded().into_iter().map(TimedUnit::from));
        }
        // Files are hashed again by the next run.
        let _ = self.files.save();
        if self.stats {
            for line in stats_lines(&self.engine.stats()) {
                self.session.say(line);
            }
        }
        if let Some(path) = &self.trace {
            workspace::files::replace(path, &self.engine.trace())
                .map_err(|error| GoalError::file("write the trace", path, &error))?;
        }
        tidying::tidy(self.session, &self.engine);
        Ok(())
    }
}

/// How many programs are named at one time.
const NAMED: usize = 3;

/// Tells the user of a run what no goal tells.
struct RunTeller<'a> {
    session: &'a Session,
    actions: &'a [Action],
    explain: bool,
    observer: &'a dyn RunObserver,
}

impl RunObserver for RunTeller<'_> {
    fn event(&self, event: &RunEvent<'_>) {
        match event {
            RunEvent::Warning(text) => self.session.warn(text),
            RunEvent::SandboxLeft { index, folder } => {
                let action = &self.actions[*index].description;
                self.session
                    .say(format_args!("left the sandbox of {action}: {folder}"));
            }
            RunEvent::Interrupted { running: [], .. } => self.session.say("interrupted"),
            RunEvent::Interrupted { running, grace } => {
                let (named, more) = running.split_at(running.len().min(NAMED));
                let more = match more.len() {
                    0 => String::new(),
                    count => format!(" and {count} more"),
                };
                self.session.say(format_args!(
                    "interrupted: waiting at most {} seconds for the end of {}{more}, which Ctrl+C ends now",
                    grace.as_secs(),
                    named.join(", "),
                ));
            }
            RunEvent::NotCached { index, miss } => {
                let action = &self.actions[*index].description;
                let text = format!("running {action}: {miss}");
                match self.explain {
                    true => self.session.say(text),
                    false => self.session.detail(text),
                }
            }
            RunEvent::Started { .. } | RunEvent::Finished { .. } => {}
        }
        self.observer.event(event);
    }
}
