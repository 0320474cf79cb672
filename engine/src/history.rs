//! Why an action runs: what differs from the last run of what has its description.
//!
//! Each run of an action leaves a note of what its key was made of. The folders of the inputs of all actions that ran
//! are one blob, since there may be thousands of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use camino::Utf8PathBuf;
use prost::Message;
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use remote::Digest;
use remote::messages::Directory;
use serde::{Deserialize, Serialize};

use crate::action::Action;
use crate::checked_file::{read_sealed, replace, seal};
use crate::store::{BlobStore, UNFINISHED};

/// How many differing inputs are named.
const NAMED: usize = 5;

/// Why no cache has the result of an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CacheMiss {
    /// Nothing of its description ran before, as far as is known.
    FirstRun,
    /// It ran before as it is now, and did not end well.
    Failed,
    /// It ran before as it is now; its result is gone.
    ResultGone,
    /// This differs from the last run.
    Differs(Vec<KeyDifference>),
}

/// What differs between two runs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyDifference {
    /// The arguments, or the folder that it starts in.
    Arguments,
    /// A variable, by its name.
    Variable(String),
    /// What it writes, how long it may take, or its platform.
    Declaration,
    /// An interpreter, environment or other thing of this machine, by its name.
    Location(String),
    /// An input, by its path: it is new, gone or other.
    Input(String),
    /// Inputs that cannot be told any more, or more than are named.
    FurtherInputs,
}

impl fmt::Display for CacheMiss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FirstRun => f.write_str("it did not run before"),
            Self::Failed => f.write_str("it failed the last time"),
            Self::ResultGone => f.write_str("its result is no longer in the cache"),
            Self::Differs(differences) => {
                let texts: Vec<_> = differences.iter().map(ToString::to_string).collect();
                let verb = if texts.len() == 1 {
                    "differs"
                } else {
                    "differ"
                };
                write!(f, "{} {verb} from the last run", texts.join(", "))
            }
        }
    }
}

impl fmt::Display for KeyDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Arguments => f.write_str("the command line"),
            Self::Variable(name) => write!(f, "the variable `{name}`"),
            Self::Declaration => f.write_str("what it may write or take"),
            Self::Location(name) => write!(f, "what `{name}` is"),
            Self::Input(path) => write!(f, "`{path}`"),
            Self::FurtherInputs => f.write_str("further inputs"),
        }
    }
}

/// What the key of a run was made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct RunNote {
    key: String,
    arguments: (Vec<String>, String),
    environment: BTreeMap<String, String>,
    declaration: (Vec<String>, Option<u64>, BTreeMap<String, String>),
    locations: BTreeMap<String, String>,
    inputs: ([u8; 32], u64),
    /// The blob with the folders of its inputs, among others; none where that could not be kept.
    folders: Option<([u8; 32], u64)>,
    ended_well: bool,
}

/// Folders of inputs: the hash of each, its size, and its message.
type InputFolders = Vec<([u8; 32], u64, Vec<u8>)>;

impl RunNote {
    fn of(action: &Action, key: &Digest) -> Self {
        let environment = action.environment.iter();
        let locations = action.locations.iter();
        let outputs = action.outputs.iter().map(|output| output.path.clone());
        let timeout = action
            .timeout
            .and_then(|time| time.as_millis().try_into().ok());
        let arguments = action.arguments.iter().map(ToString::to_string).collect();
        let inputs = action.inputs.digest();
        Self {
            key: key.hex(),
            arguments: (arguments, action.working_directory.clone()),
            environment: environment
                .map(|(name, value)| (name.clone(), value.to_string()))
                .collect(),
            declaration: (outputs.collect(), timeout, action.platform.clone()),
            locations: locations
                .map(|(name, location)| (name.clone(), location.identity.clone()))
                .collect(),
            inputs: (*inputs.hash(), inputs.size()),
            folders: None,
            ended_well: false,
        }
    }
}

/// Begins each file. Another one stands for another format.
const MAGIC: &[u8] = b"xtask run notes 2\n";

/// How many notes a file has: those of the last runs.
const MOST: usize = 1_000;

/// A note, and when it was written, in seconds since 1970.
type DatedNote = (u64, RunNote);

/// The notes of one file, by the SHA-256 of the descriptions.
type NoteFile = BTreeMap<[u8; 32], DatedNote>;

/// The last runs of actions, by their descriptions. A file has those whose names begin alike, and is written at the
/// end of a run: what a run that is killed did is not known to later ones.
#[derive(Debug)]
pub(crate) struct RunHistory {
    folder: Utf8PathBuf,
    store: BlobStore,
    noted: Mutex<NoteFile>,
    /// The folders of the inputs of what was noted.
    folders: Mutex<NotedFolders>,
    /// Files that were read.
    read: Mutex<BTreeMap<u8, Arc<NoteFile>>>,
}

impl RunHistory {
    /// The notes in a folder.
    pub(crate) fn new(folder: Utf8PathBuf, store: BlobStore) -> Self {
        Self {
            folder,
            store,
            noted: Mutex::default(),
            folders: Mutex::default(),
            read: Mutex::default(),
        }
    }

    /// Notes a run.
    pub(crate) fn note(&self, action: &Action, key: &Digest, end: RunEnd) {
        let note = RunNote {
            ended_well: end == RunEnd::Well,
            ..RunNote::of(action, key)
        };
        lock(&self.folders).add(action);
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.unwrap_or_default().as_secs();
        lock(&self.noted).insert(name(action), (now, note));
    }

    /// Writes what was noted. What cannot be written is not known to later runs.
    pub(crate) fn save(&self) {
        let noted = std::mem::take(&mut *lock(&self.noted));
        if noted.is_empty() {
            return;
        }
        let folders = std::mem::take(&mut *lock(&self.folders)).messages;
        // What cannot be kept cannot be compared.
        let folders = postcard::to_stdvec(&folders).ok();
        let folders = folders.and_then(|bytes| self.store.put(&bytes).ok());
        let folders = folders.map(|digest| (*digest.hash(), digest.size()));
        let mut files: BTreeMap<u8, Vec<_>> = BTreeMap::new();
        for (name, (when, note)) in noted {
            let note = (when, RunNote { folders, ..note });
            files.entry(name[0]).or_default().push((name, note));
        }
        lock(&self.read).clear();
        files.into_par_iter().for_each(|(first, new)| {
            let mut notes = self.read(first);
            notes.extend(new);
            forget_oldest(&mut notes);
            if let Ok(body) = postcard::to_stdvec(&notes) {
                let unfinished = self.folder.join(UNFINISHED);
                let _ = replace(&self.file(first), &unfinished, &seal(MAGIC, &body));
            }
        });
    }

    fn file(&self, first: u8) -> Utf8PathBuf {
        self.folder.join("notes").join(format!("{first:02x}"))
    }

    fn read(&self, first: u8) -> NoteFile {
        let body = read_sealed(MAGIC, &self.file(first));
        body.and_then(|body| postcard::from_bytes(&body).ok())
            .unwrap_or_default()
    }

    /// The note of the last run of what is called like an action.
    fn last(&self, action: &Action) -> Option<RunNote> {
        let name = name(action);
        let mut read = lock(&self.read);
        let file = read.entry(name[0]);
        let file = file.or_insert_with(|| Arc::new(self.read(name[0])));
        Some(file.get(&name)?.1.clone())
    }

    /// The folders of inputs that were kept with a note, and others.
    fn folders_of(&self, note: &RunNote) -> BTreeMap<Digest, Vec<u8>> {
        let blob = note.folders.map(|(hash, size)| Digest::new(hash, size));
        let bytes = blob.and_then(|blob| self.store.read(&blob).ok());
        let folders = bytes.and_then(|bytes| postcard::from_bytes::<InputFolders>(&bytes).ok());
        let folders = folders.unwrap_or_default().into_iter();
        folders
            .map(|(hash, size, message)| (Digest::new(hash, size), message))
            .collect()
    }

    /// Why no cache has the result of an action.
    pub(crate) fn explain(&self, action: &Action, key: &Digest) -> CacheMiss {
        let Some(old) = self.last(action) else {
            return CacheMiss::FirstRun;
        };
        let new = RunNote::of(action, key);
        if old.key == new.key {
            return match old.ended_well {
                true => CacheMiss::ResultGone,
                false => CacheMiss::Failed,
            };
        }
        let mut differences = Vec::new();
        if old.arguments != new.arguments {
            differences.push(KeyDifference::Arguments);
        }
        let variables = differing(&old.environment, &new.environment);
        differences.extend(variables.map(KeyDifference::Variable));
        if old.declaration != new.declaration {
            differences.push(KeyDifference::Declaration);
        }
        let locations = differing(&old.locations, &new.locations);
        differences.extend(locations.map(KeyDifference::Location));
        let comparison = TreeComparison {
            old: self.folders_of(&old),
            new: action.inputs.directories(),
        };
        let old = Digest::new(old.inputs.0, old.inputs.1);
        let mut paths = Vec::new();
        comparison.compare((old, action.inputs.digest()), "", &mut paths);
        let further = paths.len() > NAMED || paths.iter().any(String::is_empty);
        paths.retain(|path| !path.is_empty());
        differences.extend(paths.into_iter().take(NAMED).map(KeyDifference::Input));
        if further {
            differences.push(KeyDifference::FurtherInputs);
        }
        CacheMiss::Differs(differences)
    }
}

/// The folders of the inputs of what was noted, each once.
#[derive(Debug, Default)]
struct NotedFolders {
    known: BTreeSet<Digest>,
    messages: InputFolders,
}

impl NotedFolders {
    fn add(&mut self, action: &Action) {
        let unknown = action.inputs.unknown_directories(&mut self.known);
        let unknown = unknown.into_iter();
        self.messages
            .extend(unknown.map(|(digest, message)| (*digest.hash(), digest.size(), message)));
    }
}

fn name(action: &Action) -> [u8; 32] {
    *Digest::of(action.description.as_bytes()).hash()
}

fn forget_oldest(notes: &mut NoteFile) {
    let mut times: Vec<_> = notes.values().map(|(when, _)| *when).collect();
    if times.len() > MOST {
        times.sort_unstable_by(|one, other| other.cmp(one));
        let limit = times[MOST - 1];
        notes.retain(|_, (when, _)| *when >= limit);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RunEnd {
    Well,
    Badly,
}

fn differing(
    old: &BTreeMap<String, String>,
    new: &BTreeMap<String, String>,
) -> impl Iterator<Item = String> {
    let names: BTreeSet<_> = old.keys().chain(new.keys()).collect();
    let other = names
        .into_iter()
        .filter(|name| old.get(*name) != new.get(*name));
    other.cloned().collect::<Vec<_>>().into_iter()
}

/// The folders of two trees.
struct TreeComparison {
    old: BTreeMap<Digest, Vec<u8>>,
    new: BTreeMap<Digest, Vec<u8>>,
}

impl TreeComparison {
    /// Adds the paths at which two folders differ; an empty one for what is not known any more.
    fn compare(&self, (old, new): (Digest, Digest), above: &str, paths: &mut Vec<String>) {
        if old == new || paths.len() > NAMED {
            return;
        }
        let folder = |folders: &BTreeMap<Digest, Vec<u8>>, digest| {
            let message = folders.get(digest)?;
            Directory::decode(message.as_slice()).ok()
        };
        let (old, new) = (folder(&self.old, &old), folder(&self.new, &new));
        let (Some(old), Some(new)) = (old, new) else {
            paths.push(String::new());
            return;
        };
        let (old, new) = (nodes_of(&old), nodes_of(&new));
        let names: BTreeSet<_> = old.keys().chain(new.keys()).collect();
        for name in names {
            let path = format!("{above}{name}");
            match (old.get(name), new.get(name)) {
                (Some(one), Some(other)) if one == other => {}
                (Some(FolderNode::Folder(old)), Some(FolderNode::Folder(new))) => {
                    self.compare((*old, *new), &format!("{path}/"), paths);
                }
                _ => paths.push(path),
            }
        }
    }
}

/// What a name in a folder stands for.
#[derive(PartialEq, Eq)]
enum FolderNode {
    Folder(Digest),
    Other(Vec<u8>),
}

fn nodes_of(folder: &Directory) -> BTreeMap<String, FolderNode> {
    let other = |bytes| FolderNode::Other(bytes);
    let files = folder.files.iter();
    let files = files.map(|file| (file.name.clone(), other(file.encode_to_vec())));
    let links = folder.symlinks.iter();
    let links = links.map(|link| (link.name.clone(), other(link.encode_to_vec())));
    let folders = folder.directories.iter().map(|inner| {
        let digest = Digest::from_message(inner.digest.as_ref());
        let node = digest.map_or_else(|_| other(inner.encode_to_vec()), FolderNode::Folder);
        (inner.name.clone(), node)
    });
    files.chain(links).chain(folders).collect()
}
