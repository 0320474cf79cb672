//! The archives have the same bytes from another checkout, on another file system, with another
//! order of files in folders, another umask, time zone, locale and number of threads.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use sha2::{Digest, Sha256};
use testkit::{Repo, skip};

use super::{monorepo_in, package};
use crate::repo;

/// File systems that may list the files of a folder in another order. In memory it is the order of
/// creation; on disk it is mostly one by hashes.
const PLACES: [&str; 3] = ["/dev/shm", "/run/shm", "/var/tmp"];

/// The archives in a folder, with a hash of each.
pub(super) fn archives(dist: &Utf8Path) -> BTreeMap<String, String> {
    let entries = dist.read_dir_utf8().unwrap().map(|entry| entry.unwrap());
    let digest = |path: &Utf8Path| {
        let digest = Sha256::digest(fs_err::read(path).unwrap());
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    };
    entries
        .map(|entry| (entry.file_name().to_owned(), digest(entry.path())))
        .collect()
}

/// The repository of the other tests, with more files in its packages.
fn monorepo() -> Repo {
    (0..40).fold(monorepo_in(repo()), |repo, at| {
        repo.file(&format!("src/acme/app/part_{at}.py"), "import json\n")
            .file(&format!("src/acme/lib/data/{at}.json"), &format!("{at}\n"))
    })
    .file("src/acme/lib/BUILD", &super::LIB.replace(
        "python_sources()",
        "python_sources(dependencies=[\":data\"])\nresources(name=\"data\", sources=[\"data/*.json\"])",
    ))
}

/// Files below a folder, in the order in which folders list them.
fn listed(folder: &Utf8Path) -> Vec<Utf8PathBuf> {
    let mut files = Vec::new();
    let mut pending = vec![folder.to_owned()];
    while let Some(next) = pending.pop() {
        for entry in next.read_dir_utf8().unwrap() {
            let path = entry.unwrap().into_path();
            match path.is_dir() {
                true => pending.push(path),
                false => files.push(path.strip_prefix(folder).unwrap().to_owned()),
            }
        }
    }
    files
}

/// A copy whose folders list their files in another order; `None` if no file system does that.
fn copy_in_another_order(root: &Utf8Path) -> Option<(tempfile::TempDir, Utf8PathBuf)> {
    let order = listed(root);
    let own = std::env::temp_dir();
    for place in PLACES.map(Into::into).into_iter().chain([own]) {
        let Ok(folder) = tempfile::Builder::new()
            .prefix("a checkout ")
            .tempdir_in(place)
        else {
            continue;
        };
        let copy = Utf8Path::from_path(folder.path())
            .unwrap()
            .join("elsewhere");
        for creation in [order.clone(), order.iter().rev().cloned().collect()] {
            let _ = fs_err::remove_dir_all(&copy);
            for file in creation {
                let to = copy.join(&file);
                fs_err::create_dir_all(to.parent().unwrap()).unwrap();
                fs_err::copy(root.join(&file), to).unwrap();
            }
            if listed(&copy) != order {
                return Some((folder, copy));
            }
        }
    }
    None
}

#[test]
fn the_same_bytes_from_another_checkout_under_other_conditions() {
    let first = monorepo();
    let copy = copy_in_another_order(&first.root());
    let root = match &copy {
        Some((_, root)) => root.clone(),
        None => {
            skip("no file system here lists folders in another order; all else is compared");
            monorepo().root()
        }
    };
    package(&first, &["--all-platforms"]);
    let script = format!(
        "umask 077 && chmod -R go-rwx '{root}' && TZ=Asia/Seoul LC_ALL=tr_TR.UTF-8 \
         RAYON_NUM_THREADS=7 XTASK_CACHE_DIR='{root}/../cache' {} -C '{root}' package --all-platforms",
        crate::BINARY
    );
    let output = first.run(Utf8Path::new("sh"), &["-c", &script]);
    assert_eq!(output.status, 0, "{output}");
    let archives_of = |root: &Utf8Path| archives(&root.join("dist"));
    assert_eq!(archives_of(&first.root()).len(), 6);
    assert_eq!(archives_of(&first.root()), archives_of(&root));
}

/// Archives have no time of a commit: a shallow clone or an export would have another one.
#[test]
fn the_same_bytes_without_history() {
    let repo = super::monorepo_in(repo()).file(".gitignore", "shallow\nexport\ncache-*\ndist\n");
    let script = format!(
        "git init --quiet
         git -c user.name=x -c user.email=x@index.example commit --quiet --allow-empty --date 2001-02-03T04:05:06 -m first
         git add --all
         git -c user.name=x -c user.email=x@index.example commit --quiet -m second
         git clone --quiet --depth 1 \"file://$PWD\" shallow
         mkdir export
         git archive HEAD | tar x -C export
         for tree in . shallow export; do XTASK_CACHE_DIR=$PWD/cache-$(basename $tree) {} -C $tree package --all-platforms; done",
        crate::BINARY
    );
    let output = repo.run(Utf8Path::new("sh"), &["-euc", &script]);
    assert_eq!(output.status, 0, "{output}");
    let archives_of = |tree: &str| archives(&repo.root().join(tree).join("dist"));
    assert_eq!(archives_of("").len(), 6);
    assert_eq!(archives_of(""), archives_of("shallow"));
    assert_eq!(archives_of(""), archives_of("export"));
}
