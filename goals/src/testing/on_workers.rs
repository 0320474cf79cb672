//! Tests as a server's workers run them: these have a Python, and none of this machine's environments, so that its
//! packages are among the inputs.

use std::fmt::Write as _;
use std::sync::{Arc, OnceLock};

use camino::{Utf8Path, Utf8PathBuf};
use engine::{Action, Digest, InputFile, InputOrigin, InputTree, Template, TreeNode, WorkerForm};
use rayon::prelude::*;

use super::action::{ENVIRONMENT, PROCESSES, PROGRAM, ROOT};
use crate::environments::CachedEnvironment;

/// The folder of the packages among the inputs.
const PACKAGES: &str = ".test-environment/site-packages";

/// Says by its exit code that a worker lacks the Python, and runs it else.
const START: &str = "command -v \"$0\" >/dev/null 2>&1 || exit 127; exec \"$0\" \"$@\"";

/// Where workers look for programs, unless the tests say it.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// What a worker is handed instead of an environment.
#[derive(Debug)]
pub(super) struct TestOnWorkers {
    environment: Arc<CachedEnvironment>,
    packages: OnceLock<Option<PackageInputs>>,
}

/// The packages of an environment.
struct PackageInputs {
    /// `python3.12`: what its Python is called.
    python: String,
    tree: InputTree,
}

impl std::fmt::Debug for PackageInputs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.python)
    }
}

impl TestOnWorkers {
    /// The form of tests in an environment.
    pub(super) fn new(environment: Arc<CachedEnvironment>) -> Self {
        Self {
            environment,
            packages: OnceLock::new(),
        }
    }
}

impl WorkerForm for TestOnWorkers {
    fn form(&self, action: &Action) -> Option<Action> {
        let packages = self.packages.get_or_init(|| {
            let root = self.environment.environment.root();
            PackageInputs::of(root).ok()
        });
        let packages = packages.as_ref()?;
        let mut form = action.clone();
        let named = |name: &str| {
            let mut values = action.environment.values().chain(&action.arguments);
            values.any(|value| value.locations().any(|known| known == name))
        };
        // Where this machine's repository is, and how many processors it has, is nothing to a worker.
        if named(ROOT) || named(PROCESSES) {
            return None;
        }
        let program = form.arguments.iter_mut();
        let program = program.zip(&action.arguments);
        for (argument, own) in program.filter(|(_, own)| **own == Template::from(PROGRAM)) {
            let mut text =
                format!("import os, site; site.addsitedir(os.path.abspath('{PACKAGES}'))\n");
            let _ = write!(text, "{own}");
            *argument = text.into();
        }
        // Without the worker's own packages.
        let start = ["/bin/sh", "-c", START, packages.python.as_str(), "-S"];
        form.arguments.splice(0..1, start.map(Template::from));
        form.environment.remove("PWD");
        form.environment.remove("VIRTUAL_ENV");
        form.environment
            .entry("PATH".to_owned())
            .or_insert_with(|| PATH.into());
        form.locations.remove(ENVIRONMENT);
        form.locations.remove(ROOT);
        form.inputs = action.inputs.merge(&packages.tree).ok()?;
        form.passed.clear();
        form.spawner = None;
        form.on_workers = None;
        Some(form)
    }
}

impl PackageInputs {
    /// The packages of the environment in a folder.
    fn of(environment: &Utf8Path) -> std::io::Result<Self> {
        let library = environment.join("lib");
        let pythons = library.read_dir_utf8()?.filter_map(Result::ok);
        let mut names = pythons.map(|entry| entry.file_name().to_owned());
        let python = names.find(|name| name.starts_with("python"));
        let python = python.ok_or(std::io::ErrorKind::NotFound)?;
        let mut files = Vec::new();
        collect(&library.join(&python).join("site-packages"), "", &mut files)?;
        let nodes: std::io::Result<Vec<_>> = files
            .into_par_iter()
            .map(|(name, path)| {
                let path = path.canonicalize_utf8()?;
                let file = InputFile {
                    digest: Digest::of(&fs_err::read(&path)?),
                    executable: false,
                    origin: InputOrigin::Disk(Arc::from(path.as_std_path())),
                };
                Ok((name, TreeNode::File(file)))
            })
            .collect();
        let tree = InputTree::of_nodes(nodes?).and_then(|tree| tree.prefix(PACKAGES));
        let tree = tree.map_err(std::io::Error::other)?;
        Ok(Self { python, tree })
    }
}

/// The files below a folder, but for what Python compiled. `above` is the start of their names.
fn collect(
    folder: &Utf8Path,
    above: &str,
    files: &mut Vec<(String, Utf8PathBuf)>,
) -> std::io::Result<()> {
    for entry in folder.read_dir_utf8()? {
        let path = entry?.into_path();
        let name = path.file_name().unwrap_or_default();
        if path.is_dir() && name != "__pycache__" {
            collect(&path, &format!("{above}{name}/"), files)?;
        } else if path.is_file() {
            files.push((format!("{above}{name}"), path));
        }
    }
    Ok(())
}
