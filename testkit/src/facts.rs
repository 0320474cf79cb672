//! Data for tests: small repositories in `tests/cases`, which every clone has, and data outside of
//! this repository, which is large or was written by others.
//!
//! What is outside may be missing. The caller's test is then skipped, and says so.

use camino::{Utf8Path, Utf8PathBuf};

use crate::skip;

/// The path of a folder of small repositories in `tests/cases`.
#[must_use]
pub fn cases(path: &str) -> Utf8PathBuf {
    workspace().join("tests/cases").join(path)
}

/// A folder or file of the shared data: in `XTASK_SHARED` if that is set, otherwise in `../shared`
/// beside the workspace.
///
/// `None` where it is missing: the caller's test is then reported as skipped.
#[must_use]
pub fn shared(path: &str) -> Option<Utf8PathBuf> {
    let folder = std::env::var("XTASK_SHARED")
        .map_or_else(|_| workspace().join("../shared"), Utf8PathBuf::from);
    let facts = folder.join(path);
    if !facts.exists() {
        skip(&format!(
            "needs the shared folder's {path}, and {facts} does not exist"
        ));
        return None;
    }
    Some(facts)
}

/// A public repository that tests may have a clone of.
#[derive(Debug, Clone, Copy)]
pub struct PublicRepository {
    /// Its owner and name.
    pub name: &'static str,
    /// The environment variable that names the clone, bare or not.
    pub variable: &'static str,
}

impl PublicRepository {
    /// lablup/backend.ai.
    pub const BACKEND_AI: Self = Self {
        name: "lablup/backend.ai",
        variable: "XTASK_BACKEND_AI",
    };

    /// StackStorm/st2.
    pub const ST2: Self = Self {
        name: "StackStorm/st2",
        variable: "XTASK_ST2",
    };

    /// Writes its files at a tag into a folder, without those that `left_out` matches.
    ///
    /// `None` without a clone: the caller's test is then reported as skipped.
    ///
    /// # Panics
    /// If the clone has no such tag, or the folder cannot be written.
    #[must_use]
    pub fn unpack(self, tag: &str, left_out: &[&str], folder: &Utf8Path) -> Option<()> {
        let Self { name, variable } = self;
        let Ok(clone) = std::env::var(variable) else {
            skip(&format!(
                "needs a clone of {name}, and {variable} names none"
            ));
            return None;
        };
        let excluded = left_out.iter().map(|path| format!(":!{path}"));
        let archive = ["-C", &clone, "archive", tag, "--", "."].map(str::to_owned);
        let archive = duct::cmd("git", archive.into_iter().chain(excluded));
        let unpack = archive.pipe(duct::cmd("tar", ["-x", "-C", folder.as_str()]));
        unpack
            .run()
            .unwrap_or_else(|error| panic!("{tag} of {clone}: {error}"));
        Some(())
    }
}

fn workspace() -> Utf8PathBuf {
    Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
