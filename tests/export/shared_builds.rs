//! Source distributions are built once for a team: what one machine built, no other builds.

use insta::assert_snapshot;
use testkit::{LoopbackIndex, Repo};

use crate::done;
use crate::fixtures::environments::{index, repo};

/// A machine of a team whose cache is a folder.
fn of_team(index: &LoopbackIndex, address: &str) -> Option<Repo> {
    let repo = repo()?.index(index).requirements("built\n");
    let repo = repo.env("PANTS_REMOTE_CACHE_READ", "true");
    let repo = repo.env("PANTS_REMOTE_CACHE_WRITE", "true");
    let repo = repo.env("PANTS_REMOTE_PROVIDER", "file");
    // The machine may have much to do.
    let repo = repo.env("PANTS_REMOTE_CACHE_PATIENCE_MILLIS", "20000");
    Some(repo.env("PANTS_REMOTE_STORE_ADDRESS", address))
}

/// What was built by a command.
fn builds(repo: &Repo, arguments: &[&str]) -> String {
    let output = done(repo, &[arguments, &["-v"]].concat());
    let lines = output.stderr.lines();
    let lines = lines.filter(|line| line.starts_with("running build "));
    lines.collect::<Vec<_>>().join("\n")
}

const EXPORT: [&str; 1] = ["export"];

/// The files of the package in the environment, with what they have.
fn installed(repo: &Repo) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let environments = repo
        .root()
        .join("dist/export/python/virtualenvs/python-default");
    for python in environments.read_dir_utf8().unwrap() {
        let packages = python.unwrap().into_path().join("lib");
        if !packages.is_dir() {
            continue;
        }
        for version in packages.read_dir_utf8().unwrap() {
            let packages = version.unwrap().into_path().join("site-packages");
            for folder in ["built", "built-1.0.dist-info"] {
                for entry in packages.join(folder).read_dir_utf8().unwrap() {
                    let path = entry.unwrap().into_path();
                    if path.is_file() {
                        let name = format!("{folder}/{}", path.file_name().unwrap());
                        found.push((name, fs_err::read(&path).unwrap()));
                    }
                }
            }
        }
    }
    found.sort();
    assert!(found.len() > 3, "{found:?}");
    found
}

#[test]
fn what_one_machine_built_no_other_builds() {
    let index = index();
    let folder = tempfile::tempdir().unwrap();
    let address = format!("file://{}", folder.path().display());
    let Some(alone) = repo() else { return };
    let alone = alone.index(&index).requirements("built\n");
    done(&alone, &["generate-lockfiles"]);
    done(&alone, &EXPORT);
    let right = installed(&alone);
    let Some(first) = of_team(&index, &address) else {
        return;
    };
    assert_snapshot!(builds(&first, &["generate-lockfiles"]), @"running build built-1.0.tar.gz: metadata: it did not run before");
    assert_snapshot!(builds(&first, &EXPORT), @"running build built-1.0.tar.gz: wheel: it did not run before");
    assert_eq!(installed(&first), right);
    let Some(second) = of_team(&index, &address) else {
        return;
    };
    assert_snapshot!(builds(&second, &["generate-lockfiles"]), @"");
    assert_eq!(second.read("python.lock"), alone.read("python.lock"));
    assert_snapshot!(builds(&second, &EXPORT), @"");
    assert_eq!(installed(&second), right);
}

/// Whatever is left of what was kept, it is built again where that is not right.
#[test]
fn a_cache_that_is_damaged_costs_a_build() {
    let index = index();
    let Some(repo) = repo() else { return };
    let repo = repo.index(&index).requirements("built\n");
    done(&repo, &["generate-lockfiles"]);
    done(&repo, &EXPORT);
    let right = installed(&repo);
    let cache = repo.cache().join("cargo-xtask");
    let forget = || {
        for folder in ["builds-1", "wheels-1"] {
            let _ = fs_err::remove_dir_all(cache.join(folder));
        }
        fs_err::remove_dir_all(repo.root().join("dist")).unwrap();
    };
    forget();
    assert_snapshot!(builds(&repo, &EXPORT), @"");
    assert_eq!(installed(&repo), right);
    forget();
    let blobs = cache.join("actions/v1/blobs");
    for blobs in blobs.read_dir_utf8().unwrap() {
        for blob in blobs.unwrap().path().read_dir_utf8().unwrap() {
            let path = blob.unwrap().into_path();
            fs_err::remove_file(&path).unwrap();
            fs_err::write(&path, "damaged").unwrap();
        }
    }
    assert_snapshot!(builds(&repo, &EXPORT), @"running build built-1.0.tar.gz: wheel: its result is no longer in the cache");
    assert_eq!(installed(&repo), right);
}
