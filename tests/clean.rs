//! `clean`: what it removes, and what it cannot remove.

use insta::assert_snapshot;

use crate::fixtures::environments::{exported, index, repo, said};
use crate::{done, lock};

/// The output of a command without sizes, which differ between file systems.
fn without_sizes(text: &str) -> String {
    let words = text.split_inclusive([' ', '\n']).map(|word| {
        let bare = word.trim_end();
        let is_number = bare.chars().all(|c| c.is_ascii_digit() || c == '.') && !bare.is_empty();
        let unit = bare.trim_end_matches([',', ';', ')']);
        let is_unit = ["GiB", "MiB", "KiB", "bytes"].contains(&unit);
        match (is_number, is_unit) {
            (true, _) => word.replace(bare, "N"),
            (_, true) => word.replace(unit, "UNITS"),
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
      [CACHE]/cargo-xtask/checked-N (what was found out about locks, N UNITS)
      [CACHE]/cargo-xtask/files-1 (downloaded files, N UNITS)
      [CACHE]/cargo-xtask/imports.bin (imports of sources, N UNITS)
      [CACHE]/cargo-xtask/interpreters (what interpreters are, N UNITS)
      [CACHE]/cargo-xtask/listings-1 (answers of package indexes, N UNITS)
      [CACHE]/cargo-xtask/metadata-1 (metadata of releases, N UNITS)
      [CACHE]/cargo-xtask/partial-1 (downloads that were interrupted, N UNITS)
      [CACHE]/cargo-xtask/wheels-2 (unpacked wheels, N UNITS)
      dist/export/python/virtualenvs/python-default/[PYTHON] (an environment, N UNITS)
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
    let line = "python-default/3.1.4 (an environment of a Python that its resolve does not admit, ";
    assert!(said.replace("[PYTHON]", "3.1.4").contains(line), "{said}");
    assert_eq!(names(), [used.as_str(), "theirs"]);
}

#[test]
fn what_the_cache_has_and_nobody_uses_is_pruned() {
    let Some((_index, repo)) = exported() else {
        return;
    };
    let cache = repo.cache().join("cargo-xtask");
    fs_err::create_dir_all(cache.join("wheels-1/ab/cd")).unwrap();
    fs_err::write(cache.join("wheels-1/ab/cd/old"), "old").unwrap();
    fs_err::write(cache.join("theirs"), "not ours").unwrap();
    assert_snapshot!(without_sizes(&said(&done(&repo, &["clean", "--prune", "--dry-run"]))), @"
      [CACHE]/cargo-xtask/wheels-1 (of an older version of this tool, N UNITS)
    would remove N files and free N UNITS
    ");
    // Nothing was used for a long time but what the environment has.
    let long_ago = "find \"$1\" -type f -exec touch -d 2001-01-01 {} + && find \"$1\" -type d -exec touch -d 2001-01-01 {} +";
    let aged = |folder: &str| {
        let folder = cache.join(folder);
        let output = repo.run("sh".into(), &["-c", long_ago, "sh", folder.as_str()]);
        assert_eq!(output.status, 0, "{output}");
    };
    for folder in ["files-1", "metadata-1", "listings-1"] {
        aged(folder);
    }
    let unused = cache.join("wheels-2/ee/eeee");
    fs_err::create_dir_all(unused.join("files")).unwrap();
    fs_err::write(unused.join("files/x.py"), "x").unwrap();
    fs_err::write(unused.join("manifest"), "x").unwrap();
    aged("wheels-2/ee");
    let manifests = "find \"$1\" -name manifest -exec touch -d 2001-01-01 {} +";
    let wheels = cache.join("wheels-2");
    let output = repo.run("sh".into(), &["-c", manifests, "sh", wheels.as_str()]);
    assert_eq!(output.status, 0, "{output}");
    assert_snapshot!(without_sizes(&said(&done(&repo, &["clean", "--prune", "7"]))), @"
      [CACHE]/cargo-xtask/files-1 (2 of N downloaded files, N UNITS)
      [CACHE]/cargo-xtask/listings-1 (3 of N answers of package indexes, N UNITS)
      [CACHE]/cargo-xtask/metadata-1 (3 of N metadata of releases, N UNITS)
      [CACHE]/cargo-xtask/wheels-1 (of an older version of this tool, N UNITS)
      [CACHE]/cargo-xtask/wheels-2 (1 of N unpacked wheels, N UNITS)
    removed N files and freed N UNITS
    ");
    assert!(!unused.exists() && !cache.join("wheels-1").exists());
    assert!(cache.join("theirs").exists());
    assert_snapshot!(said(&done(&repo, &["clean", "--prune"])), @"there is nothing to remove");
    assert_eq!(done(&repo, &["check-export"]).stderr, "");
    fs_err::remove_dir_all(repo.root().join("dist")).unwrap();
    done(&repo, &["export", "--offline"]);
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
      dist/export/python/virtualenvs/python-default/[PYTHON] (an environment, N UNITS)
    error: N files or folders could not be removed
     |
     = dist/export/python/virtualenvs/python-default/[PYTHON]/held: resource busy (it is root's)
    hint: remove them yourself: `sudo rm -r [REPO]/dist/export/python/virtualenvs/python-default/[PYTHON]/held`
    ");
}
