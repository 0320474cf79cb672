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

/// Writes the files of lablup/backend.ai at `tag` into a folder, without those that `left_out`
/// matches. `XTASK_BACKEND_AI` names the clone that has them.
///
/// `None` without it: the caller's test is then reported as skipped.
#[must_use]
pub fn backend_ai(tag: &str, left_out: &[&str], folder: &Utf8Path) -> Option<()> {
    let Ok(clone) = std::env::var("XTASK_BACKEND_AI") else {
        skip("needs a clone of lablup/backend.ai, and XTASK_BACKEND_AI names none");
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

fn workspace() -> Utf8PathBuf {
    Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
