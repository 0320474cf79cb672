//! `clean`: what it removes, and what it cannot remove.

use insta::assert_snapshot;

use crate::fixtures::environments::{exported, index, repo, said};
use crate::{done, lock};

/// The output of a command without sizes, which differ between file systems.
fn without_sizes(text: &str) -> String {
    let words = text.split_inclusive([' ', '\n']).map(|word| {
        let bare = word.trim_end();
        let is_number = bare.chars().all(|c| c.is_ascii_digit() || c == '.') && !bare.is_empty();
        let is_unit = ["GiB", "MiB", "KiB", "bytes"]
            .iter()
            .any(|unit| bare.trim_end_matches([',', ';']) == *unit);
        match (is_number, is_unit) {
            (true, _) => word.replace(bare, "N"),
            (_, true) => word.replace(bare, "UNITS"),
            _ => word.to_owned(),
        }
    });
    // The number of a format is no matter here.
    let text: String = words.collect();
    match text.split_once("checked-") {
        Some((before, after)) => {
            let after = after.trim_start_matches(|c: char| c.is_ascii_digit());
            format!("{before}checked-N{after}")
        }
        None => text,
    }
}

#[test]
fn clean_says_what_it_removes_and_leaves_the_rest() {
    let Some((_index, repo)) = exported() else {
        return;
    };
    repo.write("dist/other.whl", "not ours");
    fs_err::write(repo.cache().join("cargo-xtask/theirs"), "not ours").unwrap();
    fs_err::write(repo.cache().join("cargo-xtask/imports.bin"), "").unwrap();
    let before = repo.snapshot();
    assert_snapshot!(without_sizes(&said(&done(&repo, &["clean", "--all", "--dry-run"]))), @"
      [CACHE]/cargo-xtask/checked-N (what was found out about locks)
      [CACHE]/cargo-xtask/files-1 (downloaded files)
      [CACHE]/cargo-xtask/imports.bin (imports of sources)
      [CACHE]/cargo-xtask/interpreters (what interpreters are)
      [CACHE]/cargo-xtask/listings-1 (answers of package indexes)
      [CACHE]/cargo-xtask/metadata-1 (metadata of releases)
      [CACHE]/cargo-xtask/partial-1 (downloads that were interrupted)
      [CACHE]/cargo-xtask/wheels-2 (unpacked wheels)
      dist/export/python/virtualenvs/python-default/[PYTHON] (an environment)
    would remove N files and free N UNITS
    ");
    assert!(before == repo.snapshot());
    done(&repo, &["clean", "--all"]);
    assert!(!repo.root().join("dist/export").exists());
    assert_eq!(repo.read("dist/other.whl"), "not ours");
    let left: Vec<String> = repo
        .cache()
        .join("cargo-xtask")
        .read_dir_utf8()
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_owned())
        .collect();
    assert_eq!(
        sorted(left),
        [".cargo-xtask-cache", "CACHEDIR.TAG", "theirs"]
    );
    assert_snapshot!(said(&done(&repo, &["clean", "--all"])), @"there is nothing to remove");
    done(&repo, &["export"]);
    assert_eq!(
        done(&repo, &["run", "--", "app"]).stdout,
        "app with lib 2.0\n"
    );
}

#[test]
fn environments_that_nobody_uses_are_removed() {
    let Some((_index, repo)) = exported() else {
        return;
    };
    let folder = repo
        .root()
        .join("dist/export/python/virtualenvs/python-default");
    let names = || -> Vec<String> {
        let entries = folder.read_dir_utf8().into_iter().flatten();
        let names = entries.map(|entry| entry.unwrap().file_name().to_owned());
        sorted(names.filter(|name| !name.starts_with('.')).collect())
    };
    let [used] = &names()[..] else {
        panic!("{:?}", names());
    };
    // One of a Python that the settings do not admit any more, and a folder that is no environment.
    for other in ["3.1.4", "theirs"] {
        fs_err::create_dir(folder.join(other)).unwrap();
    }
    fs_err::copy(
        folder.join(used).join(install::STATE_FILE),
        folder.join("3.1.4").join(install::STATE_FILE),
    )
    .unwrap();
    let said = said(&done(&repo, &["clean"]));
    let line = "python-default/3.1.4 (an environment of a Python that its resolve does not admit)";
    assert!(said.replace("[PYTHON]", "3.1.4").contains(line), "{said}");
    assert_eq!(names(), [used.as_str(), "theirs"]);
}

fn sorted(mut names: Vec<String>) -> Vec<String> {
    names.sort();
    names
}

#[test]
fn a_folder_of_the_user_that_was_named_as_cache_keeps_what_it_has() {
    let Some(repo) = repo() else { return };
    let index = index();
    let repo = repo
        .index(&index)
        .requirements("app\n")
        .file("mine/git/HEAD", "mine")
        .file("mine/files-1/thesis", "mine")
        .file("mine/.tmp-notes/x", "mine")
        .env("XTASK_CACHE_DIR", "mine");
    let before = repo.snapshot();
    lock(&repo);
    done(&repo, &["export"]);
    done(&repo, &["run", "--", "app"]);
    assert!(repo.root().join("mine/cargo-xtask/CACHEDIR.TAG").exists());
    done(&repo, &["clean", "--all"]);
    fs_err::remove_file(repo.root().join("python.lock")).unwrap();
    assert!(
        before == repo.snapshot(),
        "nothing else is left, and nothing is gone"
    );
}

#[test]
fn what_cannot_be_removed_is_named_with_the_command_that_does() {
    let Some((_index, repo)) = exported() else {
        return;
    };
    let script = "held=$(echo dist/export/python/virtualenvs/python-default/3*)/held && mkdir $held && \
                  mount -t tmpfs none $held && $0 clean --environments";
    let Some(output) = repo.in_own_mounts(script) else {
        return;
    };
    assert_eq!(output.status, 1, "{output}");
    assert_snapshot!(without_sizes(&said(&output)), @"
      dist/export/python/virtualenvs/python-default/[PYTHON] (an environment)
    error: N files or folders could not be removed
     |
     = dist/export/python/virtualenvs/python-default/[PYTHON]/held: resource busy (it is root's)
    hint: remove them yourself: `sudo rm -r [REPO]/dist/export/python/virtualenvs/python-default/[PYTHON]/held`
    ");
}
