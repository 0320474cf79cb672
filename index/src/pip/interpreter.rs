//! Asks a Python on this machine what its pip has built in: names of hosts that stand nowhere else.

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};
use transport::EnvironmentVariables;

use crate::cache::{self, Cache};

const MAGIC: [u8; 4] = *b"xp\x00\x01";

/// What a pip said about itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Pip {
    /// The Python that was asked, and the time of its last change.
    python: (Utf8PathBuf, u64),
    /// The file of pip that was read, and the time of its last change.
    module: (Utf8PathBuf, u64),
    /// The folder that may have a configuration file of its own.
    pub(super) prefix: Utf8PathBuf,
    /// The listing of the index that it installs from.
    pub(super) index: String,
    /// The root of that index, and of the one for trying uploads; a pip before 18.1 does not know the latter.
    pub(super) roots: Vec<String>,
}

/// Prints the index, the file that says so, the prefix of the environment, and the roots of both indexes.
const QUESTION: &str = "import sys
from pip._internal.models import index
print(index.PyPI.simple_url)
print(index.__file__)
print(sys.prefix)
print(index.PyPI.url)
print(index.TestPyPI.url if hasattr(index, 'TestPyPI') else '')";

/// The first pip that is found, in the order in which pip itself would be started; `None` if there is none.
pub(super) fn known_pip(environment: &EnvironmentVariables, cache: &Cache) -> Option<Pip> {
    let pythons = pythons(environment);
    let stored = cache::read_sealed(&cache.pip(), MAGIC);
    let stored: Option<Pip> = stored.and_then(|s| postcard::from_bytes(s.payload()).ok());
    if let Some(pip) = stored
        && pythons.contains(&pip.python.0)
        && [&pip.python, &pip.module]
            .into_iter()
            .all(|(path, time)| changed(path) == Some(*time))
    {
        return Some(pip);
    }
    let pip = pythons.into_iter().find_map(ask)?;
    if let Ok(bytes) = postcard::to_stdvec(&pip) {
        // If this fails, the next run asks again.
        let _ = cache::write_sealed(&cache.pip(), MAGIC, &bytes);
    }
    Some(pip)
}

/// The Pythons to ask, in this order.
fn pythons(environment: &EnvironmentVariables) -> Vec<Utf8PathBuf> {
    let (folder, names): (&str, &[&str]) = if cfg!(windows) {
        ("Scripts", &["python.exe"])
    } else {
        ("bin", &["python3", "python"])
    };
    let venv = environment
        .get("VIRTUAL_ENV")
        .map(|venv| Utf8PathBuf::from(venv).join(folder));
    let path = std::env::split_paths(environment.get("PATH").unwrap_or_default())
        .filter_map(|folder| Utf8PathBuf::from_path_buf(folder).ok());
    venv.into_iter()
        .chain(path)
        .flat_map(|folder| names.iter().map(move |name| folder.join(name)))
        .filter(|python| python.is_file())
        .collect()
}

fn ask(python: Utf8PathBuf) -> Option<Pip> {
    let answer = duct::cmd!(python.as_std_path(), "-I", "-c", QUESTION)
        .stderr_null()
        .stdin_null()
        .read()
        .ok()?;
    let mut lines = answer.lines();
    let index = lines.next()?.trim().to_owned();
    let module = Utf8PathBuf::from(lines.next()?.trim());
    let prefix = lines.next()?.trim().into();
    let roots = lines.map(|line| line.trim().to_owned()).collect();
    Some(Pip {
        python: (python.clone(), changed(&python)?),
        module: (module.clone(), changed(&module)?),
        prefix,
        index,
        roots,
    })
}

/// The time of the last change of a file, in nanoseconds since 1970.
fn changed(path: &Utf8Path) -> Option<u64> {
    let time = fs_err::metadata(path).ok()?.modified().ok()?;
    let since = time.duration_since(std::time::UNIX_EPOCH).ok()?;
    u64::try_from(since.as_nanos()).ok()
}
