//! A cache and a repository in a folder of their own, and actions of the shell.

use camino::{Utf8Path, Utf8PathBuf};
use engine::{
    Action, Engine, EngineOptions, FileIndex, InputTree, Outcome, Provenance, RunReport, Silence,
};

/// A repository with a cache beside it.
pub(crate) struct Scene {
    _folder: tempfile::TempDir,
    /// Where both are.
    pub(crate) root: Utf8PathBuf,
}

impl Scene {
    /// An empty one.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(folder.path()).unwrap();
        let root = root.canonicalize_utf8().unwrap();
        fs_err::create_dir(root.join("repository")).unwrap();
        Self {
            _folder: folder,
            root,
        }
    }

    /// The cache.
    pub(crate) fn cache(&self) -> Utf8PathBuf {
        self.root.join("cache")
    }

    /// The options of its engine: two programs at one time.
    pub(crate) fn options(&self) -> EngineOptions {
        EngineOptions {
            jobs: 2,
            ..EngineOptions::new(self.cache())
        }
    }

    /// An engine.
    pub(crate) fn engine(&self) -> Engine {
        Engine::open(self.options()).unwrap()
    }

    /// Writes a file of the repository.
    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.root.join("repository").join(path);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, text).unwrap();
    }

    /// What a file of the repository has.
    pub(crate) fn read(&self, path: &str) -> String {
        fs_err::read_to_string(self.root.join("repository").join(path)).unwrap()
    }

    /// Files of the repository as inputs.
    pub(crate) fn inputs(&self, paths: &[&str]) -> InputTree {
        let index = FileIndex::open(&self.cache(), self.root.join("repository"));
        let paths: Vec<_> = paths.iter().map(|path| (*path).to_owned()).collect();
        index.tree(&paths).unwrap()
    }

    /// Runs one action in an engine of its own.
    pub(crate) fn run(&self, action: &Action) -> Outcome {
        one(self.engine().run(std::slice::from_ref(action), &Silence))
    }

    /// Why an action has no result.
    pub(crate) fn error(&self, action: &Action) -> String {
        let report = self.engine().run(std::slice::from_ref(action), &Silence);
        let error = report.outcomes.into_iter().next().unwrap().unwrap_err();
        error.to_string().replace(self.root.as_str(), "[root]")
    }

    /// The files and folders below a folder, from there.
    pub(crate) fn listing(&self, folder: &Utf8Path) -> Vec<String> {
        let mut found = Vec::new();
        list(folder, folder, &mut found);
        found.sort();
        found
    }
}

/// The outcome of the only action.
pub(crate) fn one(report: RunReport) -> Outcome {
    report.outcomes.into_iter().next().unwrap().unwrap()
}

/// A script of the shell.
pub(crate) fn shell(script: &str) -> Action {
    Action::new("script", ["/bin/sh", "-c", script])
}

/// Whether the program ran here.
pub(crate) fn ran(outcome: &Outcome) -> bool {
    outcome.provenance == Provenance::LocalRun
}

/// Whether a process runs, which a zombie does not.
pub(crate) fn runs(pid: &str) -> bool {
    let stat = fs_err::read_to_string(format!("/proc/{pid}/stat"));
    stat.is_ok_and(|stat| !stat.contains(") Z "))
}

fn list(root: &Utf8Path, folder: &Utf8Path, found: &mut Vec<String>) {
    let Ok(entries) = folder.read_dir_utf8() else {
        return;
    };
    for entry in entries {
        let path = entry.unwrap().into_path();
        found.push(path.strip_prefix(root).unwrap().to_string());
        if path.is_dir() && !path.is_symlink() {
            list(root, &path, found);
        }
    }
}
