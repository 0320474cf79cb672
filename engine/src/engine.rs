//! Runs actions: from the cache where a result is, in sandboxes where none is.

use std::collections::HashMap;
use std::os::unix::fs::MetadataExt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use remote::messages::ActionResult;
use remote::{CacheLookup, Digest, LookUp, LookUpAnswer};

use crate::action::{Action, CacheUse, ResultReach, Streams};
use crate::error::{ActionError, EngineError, StoreError};
use crate::events::{RunEvent, RunObserver, RunReport};
use crate::history::{RunEnd, RunHistory};
use crate::local_run::LocalRunner;
use crate::options::{EngineOptions, FORMAT, SandboxKeeping};
use crate::outcome::{Outcome, Provenance};
use crate::process::adopt_orphans;
use crate::queue::ActionQueue;
use crate::results::{outcome_of, result_message};
use crate::sandbox::{SandboxPool, SandboxSlot};
use crate::sharing::{LocalTurns, RunLookUps, Sharing};
use crate::store::{BlobStore, CacheContents, CleaningReport, ResultCache};
use crate::supervisor::{Supervisor, listen};
use crate::trace::{RecordedAction, RunStats, TraceRecorder, TracedAction};

/// Runs actions. Many runs may use one cache at one time.
#[derive(Debug)]
pub struct Engine {
    options: EngineOptions,
    folder: Utf8PathBuf,
    store: BlobStore,
    /// None where the cache is not, or cannot be, used.
    results: Option<ResultCache>,
    pool: SandboxPool,
    history: RunHistory,
    recorder: TraceRecorder,
    sharing: Option<Sharing>,
    /// What the first run tells.
    warnings: Mutex<Vec<String>>,
    /// Whether the user heard that results are not kept.
    said_full: AtomicBool,
    /// Stands in for a cache that cannot be used.
    _temporary: Option<tempfile::TempDir>,
}

impl Engine {
    /// An engine. A cache that cannot be used costs a warning in the first run, and what it would have saved.
    ///
    /// # Errors
    /// Where there is no folder for sandboxes.
    pub fn open(options: EngineOptions) -> Result<Self, EngineError> {
        let (folder, temporary, warning) = match usable(&options.cache) {
            Ok(folder) => (folder, None, None),
            Err(reason) => {
                let (temporary, folder) = temporary_folder()?;
                let cache = &options.cache;
                let warning =
                    format!("results are not kept: cannot use the cache {cache}: {reason}");
                (folder, Some(temporary), Some(warning))
            }
        };
        let store = BlobStore::open(folder.join("blobs"))?;
        let results = match temporary {
            None if options.local_cache => Some(ResultCache::open(folder.join("results"))?),
            _ => None,
        };
        let history = RunHistory::new(folder.join("history"), store.clone());
        let sandboxes = options.sandboxes.clone();
        let pool = SandboxPool::open(&sandboxes.unwrap_or_else(|| folder.join("sandboxes")))?;
        let mut warnings: Vec<_> = warning.into_iter().collect();
        let sharing = open_sharing(&options, &store).unwrap_or_else(|warning| {
            warnings.push(warning);
            None
        });
        Ok(Self {
            options,
            folder,
            store,
            results,
            pool,
            history,
            recorder: TraceRecorder::new(),
            sharing,
            warnings: Mutex::new(warnings),
            said_full: AtomicBool::new(false),
            _temporary: temporary,
        })
    }

    /// Where it keeps what it knows; [`crate::FileIndex::open`] is told.
    #[must_use]
    pub fn cache_folder(&self) -> &Utf8Path {
        &self.folder
    }

    /// Whether a team shares results.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.sharing.is_some()
    }

    /// How many programs run at one time.
    #[must_use]
    pub fn jobs(&self) -> usize {
        self.options.jobs.max(1)
    }

    /// Where outputs are.
    #[must_use]
    pub fn store(&self) -> &BlobStore {
        &self.store
    }

    /// What all runs so far did.
    #[must_use]
    pub fn stats(&self) -> RunStats {
        let sharing = self.sharing.as_ref();
        RunStats {
            shared: sharing.map(|sharing| sharing.cache().statistics()),
            ..self.recorder.stats()
        }
    }

    /// Waits, after the last run, for what is still being sent to the team's cache, as long as that is worth it.
    pub fn finish(&self, observer: &dyn RunObserver) {
        if let Some(sharing) = &self.sharing {
            sharing.finish();
        }
        self.tell(observer);
    }

    /// Tells what the user should know by now.
    fn tell(&self, observer: &dyn RunObserver) {
        let mut warnings = self.warnings.lock().unwrap_or_else(PoisonError::into_inner);
        let mut warnings = std::mem::take(&mut *warnings);
        warnings.extend(self.sharing.iter().flat_map(Sharing::take_warnings));
        for warning in warnings {
            observer.event(&RunEvent::Warning(&warning));
        }
    }

    /// All runs so far in the format that Perfetto and about:tracing read.
    #[must_use]
    pub fn trace(&self) -> String {
        self.recorder.json()
    }

    /// The actions of all runs so far, in the order of their ends.
    #[must_use]
    pub fn recorded(&self) -> Vec<RecordedAction> {
        self.recorder.actions()
    }

    /// Runs actions, as many at one time as the options say. The same action twice runs once.
    pub fn run(&self, actions: &[Action], observer: &dyn RunObserver) -> RunReport {
        adopt_orphans();
        let start = Instant::now();
        self.tell(observer);
        let supervisor = Arc::new(Supervisor::new(self.options.grace));
        let heeds = |action: &Action| {
            let spawner = action.spawner.as_ref();
            spawner.is_none_or(|spawner| spawner.heeds_signals())
        };
        if actions.iter().any(heeds) {
            listen(&supervisor);
        }
        let run = EngineRun::new(self, actions, (&supervisor, observer));
        std::thread::scope(|scope| {
            let said = |running: &[String], grace| {
                observer.event(&RunEvent::Interrupted { running, grace });
            };
            let watch = supervisor.clone();
            scope.spawn(move || watch.keep_watch(&said));
            let _over = FinishGuard(&supervisor);
            run.work();
        });
        self.results.iter().for_each(ResultCache::pack);
        self.history.save();
        self.pool.sweep();
        self.pool.shrink(self.options.jobs);
        self.tell(observer);
        self.recorder.finish(start);
        RunReport {
            interrupted: supervisor.is_interrupted(),
            outcomes: run.into_outcomes(),
        }
    }

    /// Removes what was used longest ago, until its cache holds at most `limit` bytes.
    pub fn tidy(&self, limit: u64) -> CleaningReport {
        Self::clean(&self.options.cache, limit)
    }

    /// Whether the cache in `folder` can be used: it is this user's, and can be written.
    ///
    /// # Errors
    /// Where it cannot: why.
    pub fn check(cache: &Utf8Path) -> Result<(), String> {
        usable(cache).map(drop)
    }

    /// What the cache in `folder` holds.
    #[must_use]
    pub fn contents(cache: &Utf8Path) -> CacheContents {
        let parts = parts(cache);
        CacheContents::of(&parts.each_ref().map(|part| part.as_path()))
    }

    /// Removes what was used longest ago, until the cache in `folder` holds at most `limit` bytes, and what is of
    /// other formats.
    #[must_use]
    pub fn clean(cache: &Utf8Path, limit: u64) -> CleaningReport {
        let others = fs_err::read_dir(cache)
            .into_iter()
            .flatten()
            .filter_map(Result::ok);
        for other in others.filter(|entry| entry.file_name() != FORMAT) {
            // What cannot be removed is left for the next time.
            let _ = crate::sandbox::remove_everything(&other.path());
        }
        if let Ok(pool) = SandboxPool::open(&cache.join(FORMAT).join("sandboxes")) {
            pool.shrink(0);
        }
        let parts = parts(cache);
        let report = CleaningReport::clean(&parts.each_ref().map(|part| part.as_path()), limit);
        if report.removed.files > 0 {
            ResultCache::unpack(&parts[1]);
        }
        report
    }
}

/// The cache of the team, if the options have one; or why it cannot be used.
fn open_sharing(options: &EngineOptions, store: &BlobStore) -> Result<Option<Sharing>, String> {
    if !options.remote.is_used() {
        return Ok(None);
    }
    let opened = Sharing::open(options.remote.clone(), store);
    opened.map(Some).map_err(|error| {
        let hint = error.hint().map(|hint| format!(" ({hint})"));
        format!(
            "the shared cache is not used: {error}{}",
            hint.unwrap_or_default()
        )
    })
}

fn parts(cache: &Utf8Path) -> [Utf8PathBuf; 3] {
    ["blobs", "results", "history"].map(|part| cache.join(FORMAT).join(part))
}

/// The folder of this format in a cache that is this user's and can be written.
fn usable(cache: &Utf8Path) -> Result<Utf8PathBuf, String> {
    let folder = cache.join(FORMAT);
    fs_err::create_dir_all(&folder).map_err(|error| reason(&error))?;
    let owner = fs_err::metadata(&folder)
        .map_err(|error| reason(&error))?
        .uid();
    if owner != rustix::process::geteuid().as_raw() {
        return Err("it belongs to another user".to_owned());
    }
    tempfile::tempfile_in(&folder).map_err(|error| reason(&error))?;
    Ok(folder)
}

fn reason(error: &std::io::Error) -> String {
    error.kind().to_string()
}

fn temporary_folder() -> Result<(tempfile::TempDir, Utf8PathBuf), EngineError> {
    let failed = |error| EngineError::from(StoreError::file("create", "a temporary folder", error));
    let temporary = tempfile::tempdir().map_err(failed)?;
    let path = Utf8PathBuf::from_path_buf(temporary.path().to_owned());
    let path = path.map_err(|_| failed(std::io::Error::other("its path is not UTF-8")))?;
    Ok((temporary, path))
}

/// Says that a run is over, also where a worker panics.
struct FinishGuard<'a>(&'a Supervisor);

impl Drop for FinishGuard<'_> {
    fn drop(&mut self) {
        self.0.finish();
    }
}

/// What one worker has.
#[derive(Default)]
struct EngineWorker {
    slot: Option<SandboxSlot>,
    /// How long it waited for look-ups in vain.
    waited: Duration,
}

type OutcomeCell = Mutex<Option<Result<Outcome, ActionError>>>;

/// One run of an engine.
struct EngineRun<'a> {
    engine: &'a Engine,
    actions: &'a [Action],
    keys: Vec<Digest>,
    /// The places of the actions that are done, each key once.
    todo: Vec<usize>,
    outcomes: Vec<OutcomeCell>,
    look_ups: RunLookUps<'a>,
    turns: LocalTurns,
    supervisor: &'a Supervisor,
    observer: &'a dyn RunObserver,
}

impl<'a> EngineRun<'a> {
    fn new(
        engine: &'a Engine,
        actions: &'a [Action],
        (supervisor, observer): (&'a Supervisor, &'a dyn RunObserver),
    ) -> Self {
        let keys: Vec<_> = actions.par_iter().map(Action::digest).collect();
        let mut seen = HashMap::with_capacity(actions.len());
        for (index, key) in keys.iter().enumerate() {
            seen.entry((*key, alone(&actions[index], index)))
                .or_insert(index);
        }
        let mut todo: Vec<_> = seen.into_values().collect();
        todo.sort_unstable();
        let results = engine.results.iter();
        results.for_each(|results| results.expect(todo.len()));
        Self {
            engine,
            actions,
            keys,
            todo,
            outcomes: actions.iter().map(|_| Mutex::new(None)).collect(),
            look_ups: RunLookUps::new(engine.sharing.as_ref(), actions.len()),
            turns: LocalTurns::new(engine.options.jobs.max(1)),
            supervisor,
            observer,
        }
    }

    fn work(&self) {
        if self.look_ups.are_made() {
            self.begin_look_ups();
        }
        let remote_jobs = self.engine.sharing.as_ref().map(Sharing::remote_jobs);
        let jobs = self.engine.jobs().max(remote_jobs.unwrap_or_default());
        let workers = jobs.min(self.todo.len());
        let queue = &self.queue();
        std::thread::scope(|scope| {
            for lane in 0..workers {
                scope.spawn(move || self.worker(lane, queue));
            }
        });
    }

    /// The actions that are to be done. Those that run in slots of this machine are known by what they prepare there.
    fn queue(&self) -> ActionQueue {
        let results = self.engine.results.as_ref();
        let sharing = self.engine.sharing.as_ref();
        let runs_here = sharing.is_none_or(|sharing| sharing.remote_jobs() == 0);
        let affinity = |index: &usize| {
            let (action, key) = (&self.actions[*index], &self.keys[*index]);
            let spawner = action.spawner.as_ref().filter(|_| runs_here)?;
            let is_here = self.cache_use(action) == CacheUse::ReadWrite
                && results.is_some_and(|results| results.contains(key));
            if is_here { None } else { spawner.affinity() }
        };
        let affinities: Vec<_> = self.todo.par_iter().map(affinity).collect();
        ActionQueue::new(self.todo.iter().copied().zip(affinities))
    }

    /// Begins to look for what is not in the cache of this machine.
    fn begin_look_ups(&self) {
        let results = self.engine.results.as_ref();
        for index in &self.todo {
            let key = self.keys[*index];
            let is_here = results.is_some_and(|results| results.contains(&key));
            if self.looks_up(&self.actions[*index]) && !is_here {
                let _ = self.look_ups.get(*index, key);
            }
        }
    }

    fn worker(&self, lane: usize, queue: &ActionQueue) {
        let mut worker = EngineWorker::default();
        let mut taken = None;
        loop {
            taken = queue.take(taken);
            let Some(index) = taken.map(|taken| taken.index) else {
                break;
            };
            let start = Instant::now();
            let outcome = self.outcome(index, &mut worker);
            self.engine.recorder.add(&TracedAction {
                description: &self.actions[index].description,
                outcome: outcome.as_ref().ok(),
                start,
                lane,
            });
            self.engine.tell(self.observer);
            self.observer.event(&RunEvent::Finished {
                index,
                outcome: &outcome,
            });
            *lock(&self.outcomes[index]) = Some(outcome);
        }
        if let Some(slot) = worker.slot {
            slot.give_back();
        }
    }

    fn outcome(&self, index: usize, worker: &mut EngineWorker) -> Result<Outcome, ActionError> {
        if self.supervisor.is_interrupted() {
            return Err(ActionError::Interrupt);
        }
        let (action, key) = (&self.actions[index], self.keys[index]);
        let cache = self.cache_use(action);
        if cache == CacheUse::ReadWrite {
            let shared = || {
                if !self.looks_up(action) {
                    return None;
                }
                let result = self.look_ups.wait((index, key), &mut worker.waited)?;
                self.shared(index, &result)
            };
            if let Some(outcome) = self.cached(&key).or_else(shared) {
                return Ok(outcome);
            }
        }
        if let Some(outcome) = self.run_elsewhere(index, cache) {
            return Ok(outcome);
        }
        if self.supervisor.is_interrupted() {
            return Err(ActionError::Interrupt);
        }
        let _turn = self.turns.take();
        let look_up = match self.looks_up(action) {
            true => self.look_ups.pending(index, key),
            false => None,
        };
        let explains = self.engine.options.explain && self.engine.results.is_some();
        if explains && cache == CacheUse::ReadWrite {
            let miss = &self.engine.history.explain(action, &key);
            self.observer.event(&RunEvent::NotCached { index, miss });
        }
        self.run_here(index, worker, look_up)
    }

    /// Runs an action in a sandbox, unless its look-up finds a result first.
    fn run_here(
        &self,
        index: usize,
        worker: &mut EngineWorker,
        look_up: Option<&LookUp>,
    ) -> Result<Outcome, ActionError> {
        let action = &self.actions[index];
        let slot = match &mut worker.slot {
            Some(slot) => slot,
            none => none.insert(self.engine.pool.acquire()?),
        };
        let number = slot.number();
        self.observer.event(&RunEvent::Started {
            index,
            slot: number,
        });
        let runner = LocalRunner {
            store: &self.engine.store,
            supervisor: self.supervisor,
            output_limit: self.engine.options.output_limit,
            look_up,
        };
        let outcome = runner.run(action, slot);
        let ended_well = outcome.as_ref().is_ok_and(|outcome| outcome.end.success());
        if outcome.is_err() && self.supervisor.is_interrupted() {
            return Err(ActionError::Interrupt);
        }
        if !ended_well && let Some(LookUpAnswer::Hit(result)) = look_up.map(LookUp::peek) {
            // It has ended the program, and may be of no use for all that.
            let shared = self.shared(index, &result);
            return shared.map_or_else(|| self.run_here(index, worker, None), Ok);
        }
        self.leave_sandbox(index, slot, ended_well);
        if self.cache_use(action) != CacheUse::None {
            let end = if ended_well {
                RunEnd::Well
            } else {
                RunEnd::Badly
            };
            self.engine.history.note(action, &self.keys[index], end);
        }
        let outcome = outcome?;
        if self.cache_use(action) != CacheUse::None && ended_well {
            self.keep(action, &outcome);
        }
        Ok(outcome)
    }

    /// The outcome that a result of another machine is, if it is one of this action.
    fn shared(&self, index: usize, result: &ActionResult) -> Option<Outcome> {
        let (action, key) = (&self.actions[index], self.keys[index]);
        let outcome = self
            .engine
            .sharing
            .as_ref()?
            .outcome(action, (key, result))?;
        self.keep_result(key, result);
        Some(outcome)
    }

    /// The outcome of an action that a server's workers run, if they do.
    fn run_elsewhere(&self, index: usize, cache: CacheUse) -> Option<Outcome> {
        let lookup = match cache {
            CacheUse::ReadWrite => CacheLookup::Allowed,
            CacheUse::Write | CacheUse::None => CacheLookup::Skipped,
        };
        let key = self.keys[index];
        let sharing = self.engine.sharing.as_ref()?;
        let stop = || self.supervisor.is_interrupted();
        let (outcome, result) = sharing.execute(&self.actions[index], (key, lookup), &stop)?;
        if cache != CacheUse::None
            && let Some(result) = result
        {
            self.keep_result(key, &result);
        }
        Some(outcome)
    }

    fn cache_use(&self, action: &Action) -> CacheUse {
        let all = self.engine.options.cache_use;
        if action.streams == Streams::Terminal || [all, action.cache].contains(&CacheUse::None) {
            CacheUse::None
        } else if [all, action.cache].contains(&CacheUse::Write) {
            CacheUse::Write
        } else {
            CacheUse::ReadWrite
        }
    }

    /// Whether a team's cache is asked for its result.
    fn looks_up(&self, action: &Action) -> bool {
        self.cache_use(action) == CacheUse::ReadWrite && action.reach == ResultReach::Team
    }

    fn cached(&self, key: &Digest) -> Option<Outcome> {
        let results = self.engine.results.as_ref()?;
        loop {
            let result = results.get(key)?;
            let outcome = outcome_of(*key, &result, (&self.engine.store, Provenance::LocalCache));
            if outcome.is_some() || !results.forget(key) {
                return outcome;
            }
        }
    }

    /// Keeps the outcome of an action that ran here and ended well, and shares it where it may be.
    fn keep(&self, action: &Action, outcome: &Outcome) {
        match result_message(action, outcome, &self.engine.store) {
            Ok(result) => {
                self.keep_result(outcome.action, &result);
                let sharing = self.engine.sharing.iter();
                let sharing = sharing.filter(|_| action.reach == ResultReach::Team);
                sharing.for_each(|sharing| sharing.share(action, (outcome.action, &result)));
            }
            Err(error) => self.say_full(&error),
        }
    }

    /// Keeps a result. A disk that is full costs one warning.
    fn keep_result(&self, key: Digest, result: &ActionResult) {
        let results = self.engine.results.as_ref();
        if let Some(Err(error)) = results.map(|results| results.put(&key, result)) {
            self.say_full(&error);
        }
    }

    fn say_full(&self, error: &StoreError) {
        if !self.engine.said_full.swap(true, Ordering::Relaxed) {
            let warning = format!("results are not kept: {error}");
            self.observer.event(&RunEvent::Warning(&warning));
        }
    }

    fn leave_sandbox(&self, index: usize, slot: &mut SandboxSlot, ended_well: bool) {
        let leave = match self.engine.options.keep {
            SandboxKeeping::Never => false,
            SandboxKeeping::OnFailure => !ended_well,
            SandboxKeeping::Always => true,
        };
        if !leave {
            return;
        }
        match slot.take_out() {
            Ok(folder) => {
                let folder = &folder;
                self.observer
                    .event(&RunEvent::SandboxLeft { index, folder });
            }
            Err(error) => {
                let warning = format!("the sandbox cannot be left: {error}");
                self.observer.event(&RunEvent::Warning(&warning));
            }
        }
    }

    /// The outcomes of all actions; what stands for another has its outcome.
    fn into_outcomes(self) -> Vec<Result<Outcome, ActionError>> {
        let first = self.keys.iter().enumerate().rev();
        let first: HashMap<_, _> = match self.todo.len() < self.keys.len() {
            true => first.map(|(index, key)| (*key, index)).collect(),
            false => HashMap::new(),
        };
        let mut outcomes: Vec<Result<_, _>> = Vec::with_capacity(self.keys.len());
        for (cell, key) in self.outcomes.into_iter().zip(&self.keys) {
            let outcome = cell.into_inner().unwrap_or_else(PoisonError::into_inner);
            let other = || outcomes.get(*first.get(key)?).cloned();
            outcomes.push(
                outcome
                    .or_else(other)
                    .unwrap_or(Err(ActionError::Interrupt)),
            );
        }
        outcomes
    }
}

/// Tells actions apart that have one key and may not stand for each other.
fn alone(action: &Action, index: usize) -> Option<usize> {
    let shared = action.streams == Streams::Keep && action.cache != CacheUse::None;
    (!shared).then_some(index)
}

fn lock(cell: &OutcomeCell) -> std::sync::MutexGuard<'_, Option<Result<Outcome, ActionError>>> {
    cell.lock().unwrap_or_else(PoisonError::into_inner)
}
