//! The folders that belong to this tool: in the cache, and below `dist/export`.

use camino::{Utf8Path, Utf8PathBuf};
use model::Version;

use workspace::{CACHE_MARK, CACHE_TAG};

use super::run_note::NOTE;
use crate::error::GoalError;
use crate::session::Session;

/// The folder of environments relative to the root, as in Pants.
pub(super) const FOLDER: &str = "dist/export/python/virtualenvs";

/// The folder of programs that were linked or put there, relative to the root, as in Pants.
pub const BIN: &str = "dist/export/bin";

/// A folder or file of this tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnedFolder {
    /// The path.
    pub path: Utf8PathBuf,
    /// What it is, as text for the user.
    pub what: &'static str,
}

/// The folders of the rooms in the cache, without the number of the format at the end of each name.
const NUMBERED: &[(&str, &str)] = &[
    ("wheels", "unpacked wheels"),
    ("builds", "built packages"),
    ("listings", "answers of package indexes"),
    ("metadata", "metadata of releases"),
    ("files", "downloaded files"),
    ("partial", "downloads that were interrupted"),
    ("archives", "archives of direct references"),
    ("git", "repositories of direct references"),
    ("checked", "what was found out about locks"),
    ("pip", "what pip is configured for"),
    (
        "environments",
        "environments of tools, type checkers and tests",
    ),
    ("linked-environments", "environments of tests"),
    ("code", "compiled modules of tests"),
    ("folders", "states of folders that packages are built of"),
    ("tools", "caches of linters, formatters and type checkers"),
    ("trials", "environments in which built wheels are tried"),
    ("requires", "what distributions require"),
    ("runs", "environments of runs with further packages"),
];

/// Those whose names have no number.
const PLAIN: &[(&str, &str)] = &[
    ("actions", "results of actions, and their sandboxes"),
    ("interpreters", "what interpreters are"),
    ("imports.bin", "imports of sources"),
];

/// The start of the names of temporary files and folders.
const TEMPORARY: &str = ".tmp-";

/// The folders and files of this tool in the cache folder; none where it has no mark of ours.
pub fn in_cache(session: &Session) -> Result<Vec<OwnedFolder>, GoalError> {
    let cache = session.cache()?;
    if !cache.join(CACHE_MARK).is_file() {
        return Ok(Vec::new());
    }
    Ok(entries(&cache)
        .into_iter()
        .filter_map(|path| {
            Some(OwnedFolder {
                what: cached(path.file_name()?)?,
                path,
            })
        })
        .collect())
}

/// What a name in the cache folder stands for; `None` if it does not belong to this tool.
fn cached(name: &str) -> Option<&'static str> {
    if name.starts_with(TEMPORARY) {
        return Some("left by an interrupted run");
    }
    let numbered = name.rsplit_once('-').and_then(|(stem, number)| {
        let is_number = !number.is_empty() && number.chars().all(|c| c.is_ascii_digit());
        is_number.then_some(stem)
    });
    let (list, name) = match numbered {
        Some(stem) => (NUMBERED, stem),
        None => (PLAIN, name),
    };
    list.iter()
        .find(|(known, _)| *known == name)
        .map(|(_, what)| *what)
}

/// The exported environments, and files that belong to them.
pub fn environments(session: &Session) -> Vec<OwnedFolder> {
    let mut owned = Vec::new();
    for resolve in entries(&session.root().join(FOLDER)) {
        for path in entries(&resolve) {
            if is_environment(&path) {
                owned.push(OwnedFolder {
                    path,
                    what: "an environment",
                });
            }
        }
    }
    owned
}

/// The files of interrupted runs beside environments and in the cache.
pub fn leftovers(session: &Session) -> Result<Vec<OwnedFolder>, GoalError> {
    let mut folders = vec![session.cache()?];
    folders.extend(in_cache(session)?.into_iter().map(|owned| owned.path));
    folders.extend(entries(&session.root().join(FOLDER)));
    let mut owned = Vec::new();
    for folder in folders {
        for path in entries(&folder) {
            if path
                .file_name()
                .is_some_and(|name| name.starts_with(TEMPORARY))
                && is_old(&path)
            {
                owned.push(OwnedFolder {
                    path,
                    what: "left by an interrupted run",
                });
            }
        }
    }
    for environment in environments(session) {
        if let Some(what) = uselessness(session, &environment.path) {
            owned.push(OwnedFolder {
                what,
                ..environment
            });
        }
    }
    Ok(owned)
}

/// Why an environment is of no use to anyone, if it is not.
fn uselessness(session: &Session, environment: &Utf8Path) -> Option<&'static str> {
    let resolve = environment.parent()?.file_name()?;
    if !session.settings.python.resolves.contains_key(resolve) {
        return Some("an environment of a resolve that is no more");
    }
    let constraints = session.settings.interpreter_constraints(resolve).ok()?;
    // A folder has the name of its Python.
    let python: Version = environment.file_name()?.parse().ok()?;
    (!constraints.contains(&python))
        .then_some("an environment of a Python that its resolve does not admit")
}

/// Removes empty folders and lock files of environments that are gone, and a cache folder that holds
/// nothing but its marks.
pub fn tidy_up(session: &Session) {
    if let Ok(cache) = session.cache() {
        let marks = [CACHE_MARK, CACHE_TAG].map(|mark| cache.join(mark));
        if entries(&cache).iter().all(|path| marks.contains(path)) {
            marks
                .iter()
                .for_each(|mark| drop(fs_err::remove_file(mark)));
            let _ = fs_err::remove_dir(&cache);
        }
    }
    let top = session.root().join(FOLDER);
    for resolve in entries(&top) {
        let rest = entries(&resolve);
        let only_locks = rest.iter().all(|path| {
            path.file_name().is_some_and(|name| {
                name == NOTE || (name.starts_with('.') && name.ends_with(".lock"))
            })
        });
        if only_locks {
            // Another run that holds the lock makes the folder again.
            rest.iter().for_each(|path| drop(fs_err::remove_file(path)));
            let _ = fs_err::remove_dir(&resolve);
        }
    }
    for link in entries(&session.root().join(BIN)) {
        if link.is_symlink() && !link.exists() {
            let _ = fs_err::remove_file(&link);
        }
    }
    for folder in [BIN, FOLDER, "dist/export/python", "dist/export"] {
        let _ = fs_err::remove_dir(session.root().join(folder));
    }
}

/// A folder of this tool has its state file. A folder that a person put there instead is not
/// touched.
fn is_environment(path: &Utf8Path) -> bool {
    path.join(install::STATE_FILE).is_file()
}

/// A recently changed folder may belong to a running process.
fn is_old(path: &Utf8Path) -> bool {
    const A_DAY: std::time::Duration = std::time::Duration::from_secs(24 * 60 * 60);
    let modified = path.symlink_metadata().and_then(|found| found.modified());
    modified.is_ok_and(|time| time.elapsed().is_ok_and(|age| age > A_DAY))
}

pub(super) fn entries(folder: &Utf8Path) -> Vec<Utf8PathBuf> {
    let mut paths: Vec<Utf8PathBuf> = folder
        .read_dir_utf8()
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.into_path()))
        .collect();
    paths.sort();
    paths
}
