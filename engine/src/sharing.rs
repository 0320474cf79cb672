//! A team's cache, and a server's workers, beside this machine.
//!
//! Look-ups begin with the run and go on beside it. A worker whose action is still looked up waits for a moment,
//! of which a run has few, and then runs it: whichever comes first is taken. So a cache that is slow, or has
//! nothing, costs a run next to nothing.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use camino::Utf8PathBuf;
use prost::Message;
use remote::messages::ActionResult;
use remote::{
    Blob, BlobSource, CacheContentBehavior, CacheLookup, CacheObserver, Digest, LocalBlobs, LookUp,
    LookUpAnswer, RemoteAction, RemoteError, RemoteOptions, RemoteRun, SharedCache,
};

use crate::action::{Action, Streams};
use crate::outcome::{KeptOutput, Outcome, Provenance};
use crate::process::ProcessEnd;
use crate::results::{is_whole, outcome_of};
use crate::store::BlobStore;
use crate::tree::{InputOrigin, InputTree, TreeNode};

/// How long a worker may wait in vain for look-ups of a run, where the cache gives signs of life.
const LIVELY_WAIT: Duration = Duration::from_secs(1);

/// The exit code of a worker that lacks the program of an action. This machine may have it.
const NO_PROGRAM: i32 = 127;

/// How often is looked for signs of life.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// The shared cache of an engine.
#[derive(Debug)]
pub(crate) struct Sharing {
    cache: SharedCache,
    store: BlobStore,
    warnings: Arc<WarningQueue>,
    options: RemoteOptions,
    opened: Instant,
    finished: AtomicBool,
}

/// What the user should know, until a run tells it.
#[derive(Debug, Default)]
struct WarningQueue(Mutex<Vec<String>>);

impl CacheObserver for WarningQueue {
    fn warning(&self, message: &str) {
        let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        queue.push(message.to_owned());
    }
}

impl LocalBlobs for BlobStore {
    fn contains(&self, digest: &Digest) -> bool {
        Self::contains(self, digest)
    }

    fn source(&self, digest: &Digest) -> Option<BlobSource> {
        Self::contains(self, digest).then(|| BlobSource::File(self.path(digest)))
    }

    fn unfinished(&self) -> Utf8PathBuf {
        self.temporary().to_owned()
    }

    fn keep(&self, digest: &Digest, file: Utf8PathBuf) -> Result<(), String> {
        self.adopt(digest, &file).map_err(|error| error.to_string())
    }
}

impl Sharing {
    /// The cache that the options name.
    ///
    /// # Errors
    /// Where the options do not go together, or one of them cannot be used.
    pub(crate) fn open(options: RemoteOptions, store: &BlobStore) -> Result<Self, RemoteError> {
        let warnings = Arc::new(WarningQueue::default());
        let cache = SharedCache::open(&options, Arc::new(store.clone()), warnings.clone())?;
        Ok(Self {
            cache,
            store: store.clone(),
            warnings,
            options,
            opened: Instant::now(),
            finished: AtomicBool::new(false),
        })
    }

    /// The cache itself.
    pub(crate) fn cache(&self) -> &SharedCache {
        &self.cache
    }

    /// What the user should know by now, once.
    pub(crate) fn take_warnings(&self) -> Vec<String> {
        let mut queue = self
            .warnings
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut queue)
    }

    /// Waits for what is still being sent, once.
    pub(crate) fn finish(&self) {
        if !self.finished.swap(true, Ordering::Relaxed) {
            self.cache.finish(self.opened.elapsed());
        }
    }

    /// How many actions a server runs at one time; none if it runs none.
    pub(crate) fn remote_jobs(&self) -> usize {
        match self.cache.executes() {
            true => self.options.parallelism,
            false => 0,
        }
    }

    /// The outcome that a result of another machine is, if it is one of this action.
    pub(crate) fn outcome(
        &self,
        action: &Action,
        (key, result): (Digest, &ActionResult),
    ) -> Option<Outcome> {
        let is_here = self.options.content == CacheContentBehavior::Fetch;
        if !is_here && !self.cache.fetch(key, result) {
            return None;
        }
        let outcome = outcome_of(key, result, (&self.store, Provenance::RemoteCache))?;
        is_whole(action, &outcome).then_some(outcome)
    }

    /// Shares the result of an action that ran here and ended well.
    pub(crate) fn share(&self, action: &Action, (key, result): (Digest, &ActionResult)) {
        if self.cache.shares() {
            let messages = messages_of(action);
            self.cache.share(key, result.clone(), messages.into());
        }
    }

    /// The outcome of an action that a server's workers run, if they can and do before it is time to stop.
    pub(crate) fn execute(
        &self,
        action: &Action,
        (key, lookup): (Digest, CacheLookup),
        stop: &(dyn Fn() -> bool + Sync),
    ) -> Option<(Outcome, Option<ActionResult>)> {
        // Who has the terminal is here.
        if !self.cache.executes() || action.streams != Streams::Keep {
            return None;
        }
        let form = action.on_workers.as_ref().map(|form| form.form(action));
        let form = form.unwrap_or_else(|| action.runs_elsewhere().then(|| action.clone()))?;
        match self.cache.execute(self.remote_action(form, lookup)?, stop) {
            RemoteRun::Failed => None,
            RemoteRun::TimedOut => Some((timed_out(key), None)),
            RemoteRun::Ended { result, .. } => {
                let outcome = outcome_of(key, &result, (&self.store, Provenance::RemoteExecution))?;
                if outcome.end == ProcessEnd::Exit(NO_PROGRAM) {
                    return None;
                }
                if outcome.end.success() {
                    if !is_whole(action, &outcome) {
                        return None;
                    }
                    // The server knows it by what the worker was told.
                    self.share(action, (key, &result));
                }
                Some((outcome, Some(*result)))
            }
        }
    }

    /// An action as a server is told it: with the properties that the settings name.
    fn remote_action(&self, mut action: Action, lookup: CacheLookup) -> Option<RemoteAction> {
        let properties = self.options.platform_properties.iter();
        let properties = properties.filter_map(|property| property.split_once('='));
        action
            .platform
            .extend(properties.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let [message, command] = messages_of(&action);
        let digest = message.digest;
        let mut blobs = BTreeMap::from([message, command].map(|blob| (blob.digest, blob)));
        for (digest, bytes) in action.inputs.directories() {
            let source = BlobSource::Bytes(bytes);
            blobs.insert(digest, Blob { digest, source });
        }
        for blob in self.files_of(&action.inputs)? {
            blobs.insert(blob.digest, blob);
        }
        Some(RemoteAction {
            digest,
            blobs: blobs.into_values().collect(),
            lookup,
        })
    }

    fn files_of(&self, inputs: &InputTree) -> Option<Vec<Blob>> {
        let mut blobs = Vec::new();
        for (_, node) in inputs.nodes() {
            let TreeNode::File(file) = node else {
                continue;
            };
            let source = match &file.origin {
                InputOrigin::Literal(bytes) => BlobSource::Bytes(bytes.to_vec()),
                InputOrigin::Store => LocalBlobs::source(&self.store, &file.digest)?,
                InputOrigin::Disk(path) => {
                    BlobSource::File(Utf8PathBuf::from_path_buf(path.to_path_buf()).ok()?)
                }
            };
            let digest = file.digest;
            blobs.push(Blob { digest, source });
        }
        Some(blobs)
    }
}

impl Drop for Sharing {
    fn drop(&mut self) {
        self.finish();
    }
}

/// An action and its command, as messages.
fn messages_of(action: &Action) -> [Blob; 2] {
    let command = Blob::of(action.command_message().encode_to_vec());
    let message = Blob::of(action.action_message(command.digest).encode_to_vec());
    [message, command]
}

fn timed_out(action: Digest) -> Outcome {
    Outcome {
        action,
        end: ProcessEnd::TimeLimit,
        stdout: KeptOutput::of(b""),
        stderr: KeptOutput::of(b""),
        outputs: InputTree::default(),
        elapsed: Duration::ZERO,
        provenance: Provenance::RemoteExecution,
    }
}

/// The look-ups of one run.
pub(crate) struct RunLookUps<'a> {
    sharing: Option<&'a Sharing>,
    begun: Vec<OnceLock<LookUp>>,
    start: Instant,
}

impl<'a> RunLookUps<'a> {
    /// None has begun, of so many actions.
    pub(crate) fn new(sharing: Option<&'a Sharing>, actions: usize) -> Self {
        Self {
            sharing: sharing.filter(|sharing| sharing.cache.looks_up()),
            begun: std::iter::repeat_with(OnceLock::new)
                .take(actions)
                .collect(),
            start: Instant::now(),
        }
    }

    /// Whether anything is looked up.
    pub(crate) fn are_made(&self) -> bool {
        self.sharing.is_some()
    }

    /// The look-up of an action by its place and key, which begins now if it has not.
    pub(crate) fn get(&self, index: usize, key: Digest) -> Option<&LookUp> {
        let sharing = self.sharing?;
        let begun = self.begun.get(index)?;
        Some(begun.get_or_init(|| sharing.cache.look_up(key)))
    }

    /// The look-up of an action, if it goes on.
    pub(crate) fn pending(&self, index: usize, key: Digest) -> Option<&LookUp> {
        let look_up = self.get(index, key)?;
        (look_up.peek() == LookUpAnswer::Pending).then_some(look_up)
    }

    /// The result that is found, if it is worth the wait. `waited` is how long this worker waited in vain so far:
    /// it may do so for a fiftieth of the run, and a moment for a cache that gives no sign of life.
    pub(crate) fn wait(
        &self,
        (index, key): (usize, Digest),
        waited: &mut Duration,
    ) -> Option<Box<ActionResult>> {
        let look_up = self.get(index, key)?;
        let sharing = self.sharing?;
        let patience = sharing.options.limits.look_up_patience;
        let start = Instant::now();
        let mut seen = (start, sharing.cache.signs_of_life());
        loop {
            match look_up.wait(LOOK_AGAIN) {
                LookUpAnswer::Hit(result) => return Some(result),
                LookUpAnswer::Miss => break,
                LookUpAnswer::Pending => {}
            }
            let signs = sharing.cache.signs_of_life();
            if signs != seen.1 {
                seen = (Instant::now(), signs);
            }
            let share = self.start.elapsed() / 50;
            let in_vain = *waited + start.elapsed();
            let lively = seen.0.elapsed() < patience && in_vain < LIVELY_WAIT + share;
            if !lively && in_vain >= patience + share {
                break;
            }
        }
        *waited += start.elapsed();
        None
    }
}

/// The right of so many programs to run here at one time.
pub(crate) struct LocalTurns {
    free: Mutex<usize>,
    given_back: Condvar,
}

/// One such right.
pub(crate) struct LocalTurn<'a>(&'a LocalTurns);

impl LocalTurns {
    /// So many rights.
    pub(crate) fn new(count: usize) -> Self {
        Self {
            free: Mutex::new(count),
            given_back: Condvar::new(),
        }
    }

    /// Waits for one.
    pub(crate) fn take(&self) -> LocalTurn<'_> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let free = self.given_back.wait_while(free, |free| *free == 0);
        *free.unwrap_or_else(PoisonError::into_inner) -= 1;
        LocalTurn(self)
    }
}

impl Drop for LocalTurn<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.given_back.notify_one();
    }
}
