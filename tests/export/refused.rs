//! The messages of `export` when it refuses. Nothing unfinished is left.

use insta::assert_snapshot;
use testkit::{Fault, LoopbackIndex, Package, Repo, When};

use crate::fixtures::environments::{exported, index, repo, said};
use crate::lock;

/// Runs `export`, which must fail and leave no environment.
#[track_caller]
fn refused(repo: &Repo, arguments: &[&str]) -> String {
    let output = repo.xtask(arguments);
    assert_eq!(output.status, 1, "{output}");
    let folder = repo
        .root()
        .join("dist/export/python/virtualenvs/python-default");
    let left: Vec<String> = folder
        .read_dir_utf8()
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().file_name().to_owned())
        .filter(|name| !name.ends_with(".lock") && name != ".run.note")
        .collect();
    assert!(
        left.is_empty() || left == ["theirs"] || left[0].starts_with("3."),
        "{left:?}"
    );
    said(&output)
}

#[test]
fn no_python_fits() {
    let Some(repo) = repo() else { return };
    let index = index();
    let repo = repo.index(&index).requirements("app\n");
    lock(&repo);
    let text = repo.read("python.lock");
    let constraint = text
        .split('"')
        .find(|part| part.starts_with("CPython=="))
        .unwrap();
    let minor: u32 = constraint["CPython==3.".len()..]
        .trim_end_matches(".*")
        .parse()
        .unwrap();
    let range = format!(">=3.{minor},<3.{}", minor + 1);
    let text = text.replace(constraint, "CPython==3.99.*");
    repo.write("python.lock", &text.replace(&range, ">=3.99,<3.100"));
    let said = refused(&repo, &["export"]);
    let python = said
        .split(" is at ")
        .nth(1)
        .unwrap()
        .split(' ')
        .next()
        .unwrap();
    assert_snapshot!(said.replace(python, "[EXECUTABLE]"), @"
    error: cannot export `python-default`: no Python for `CPython==[PYTHON]*` was found
     |
     = CPython [PYTHON] is at [EXECUTABLE] (search_path)
     = a Python >=3.99,<3.100 would fit
    hint: install one, as with `pyenv install`, or say where it is: `search_path` in `[python-bootstrap]`, or `--python PATH`
    ");
}

#[test]
fn another_python_is_asked_for() {
    let Some(repo) = repo() else { return };
    let index = index();
    let repo = repo.index(&index).requirements("app\n");
    lock(&repo);
    assert_snapshot!(refused(&repo, &["export", "--python", "/nowhere/python3"])
        .lines().filter(|line| !line.contains("would fit") && !line.starts_with("error")).collect::<Vec<_>>().join("\n"), @"
     |
     = /nowhere/python3 (as asked for): it cannot be run: No such file or directory (os error 2)
    hint: install one, as with `pyenv install`, or say where it is: `search_path` in `[python-bootstrap]`, or `--python PATH`
    ");
}

#[test]
fn a_wheel_with_another_hash() {
    let Some(repo) = repo() else { return };
    let index = index();
    let repo = repo.index(&index).requirements("lib<2\n");
    lock(&repo);
    let index = LoopbackIndex::start([Package::new("lib", "1.0").member("lib/evil.py", b"")]);
    let repo = repo.index(&index);
    fs_err::remove_dir_all(repo.cache()).unwrap();
    assert_snapshot!(refused(&repo, &["export"]), @"
    error: `lib-1.0-py3-none-any.whl` from http://127.0.0.1:[PORT]/files/lib-1.0-py3-none-any.whl has the wrong hash: expected sha256 [HASH], got [HASH]
     |
    hint: someone replaced the file, or the connection is tampered with: find out which before you lock again
    ");
}

#[test]
fn an_index_that_is_away() {
    let Some(repo) = repo() else { return };
    let index = index();
    let repo = repo.index(&index).requirements("lib<2\n");
    lock(&repo);
    index.inject("lib-1.0", Fault::Status(404), When::Always);
    assert_snapshot!(refused(&repo, &["export"]), @"error: cannot download `lib-1.0-py3-none-any.whl` from http://127.0.0.1:[PORT]/files/lib-1.0-py3-none-any.whl: the server answers 404");
    assert_snapshot!(refused(&repo, &["export", "--offline"]), @"
    error: cannot download `lib-1.0-py3-none-any.whl`: it is not in the cache, and the run is offline
     |
    hint: run once without `--offline`
    ");
}

#[test]
fn many_packages_that_cannot_be_had_take_few_lines() {
    let Some(repo) = repo() else { return };
    let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let index = LoopbackIndex::start(names.map(|name| Package::new(name, "1.0")));
    let repo = repo.index(&index).requirements(&names.join("\n"));
    lock(&repo);
    assert_snapshot!(refused(&repo, &["export", "--offline"]), @"
    error: cannot download `b-1.0-py3-none-any.whl`: it is not in the cache, and the run is offline
     |
    hint: run once without `--offline`
    error: cannot download `c-1.0-py3-none-any.whl`: it is not in the cache, and the run is offline
     |
    hint: run once without `--offline`
    error: cannot download `d-1.0-py3-none-any.whl`: it is not in the cache, and the run is offline
     |
    hint: run once without `--offline`
    error: cannot download `e-1.0-py3-none-any.whl`: it is not in the cache, and the run is offline
     |
    hint: run once without `--offline`
    error: cannot download `a-1.0-py3-none-any.whl`: it is not in the cache, and the run is offline
     |
     = 3 more packages cannot be had
    hint: run once without `--offline`
    ");
}

#[test]
fn a_file_where_environments_are_made() {
    let Some(repo) = repo() else { return };
    let index = index();
    let repo = repo.index(&index).requirements("lib<2\n");
    lock(&repo);
    repo.write("dist/export/python/virtualenvs/python-default", "mine");
    let output = repo.xtask(&["export"]);
    assert_eq!(output.status, 1);
    assert_snapshot!(said(&output), @"
    error: cannot make the environment of `python-default`: failed to create directory `[REPO]/dist/export/python/virtualenvs/python-default`: File exists (os error 17)
     |
    hint: a file, or a link that leads nowhere, stands where a folder is needed: move it away
    ");
}

#[test]
fn a_folder_that_is_not_ours() {
    let Some(repo) = repo() else { return };
    let index = index();
    let repo = repo.index(&index).requirements("lib<2\n");
    lock(&repo);
    assert_eq!(repo.xtask(&["export"]).status, 0);
    let folder = repo
        .root()
        .join("dist/export/python/virtualenvs/python-default");
    let environment = folder
        .read_dir_utf8()
        .unwrap()
        .map(|entry| entry.unwrap().into_path())
        .find(|path| path.is_dir())
        .unwrap();
    fs_err::remove_dir_all(&environment).unwrap();
    fs_err::create_dir_all(&environment).unwrap();
    fs_err::write(environment.join("thesis.txt"), "mine").unwrap();
    assert_snapshot!(refused(&repo, &["export"]), @"
    error: cannot make the environment of `python-default`: [REPO]/dist/export/python/virtualenvs/python-default/[PYTHON] is not an environment of ours: it holds other files
     |
    hint: move it away, or remove it: `rm -r [REPO]/dist/export/python/virtualenvs/python-default/[PYTHON]`
    ");
    assert_eq!(
        fs_err::read_to_string(environment.join("thesis.txt")).unwrap(),
        "mine"
    );
}

#[test]
fn a_lock_for_other_platforms() {
    let Some(repo) = repo() else { return };
    let index = index();
    let other = if cfg!(target_os = "macos") {
        "linux_x86_64"
    } else {
        "macos_arm64"
    };
    let settings = repo.read("Cargo.toml").replace(
        "[workspace.metadata.xtask.source]",
        &format!("[workspace.metadata.xtask.python.resolves_to_platforms]\npython-default = [\"{other}\"]\n[workspace.metadata.xtask.source]"),
    );
    let repo = repo
        .index(&index)
        .file("Cargo.toml", &settings)
        .requirements("lib<2\n");
    lock(&repo);
    let said = refused(&repo, &["export"]);
    let (os, machine) = (std::env::consts::OS, std::env::consts::ARCH);
    let this = format!(
        "{os}_{}",
        if machine == "aarch64" {
            "arm64"
        } else {
            machine
        }
    );
    assert_snapshot!(said.replace(&this, "[THIS]").replace(other, "[OTHER]"), @"
    error: cannot export `python-default`: the lock is for [OTHER], and this machine is [THIS]
     |
    hint: add `[THIS]` to the platforms of `python-default` and run `cargo xtask generate-lockfiles --resolve python-default`
    ");
}

#[test]
fn a_full_disk_leaves_nothing() {
    let Some(repo) = repo() else { return };
    let noise: Vec<u8> = (0..3_000_000_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    let index = LoopbackIndex::start([Package::new("large", "1.0").member("large.bin", &noise)]);
    let repo = repo.index(&index).requirements("large\n");
    lock(&repo);
    let script = format!(
        "mkdir -p dist && mount -t tmpfs -o size=1m none dist && XTASK_CACHE_DIR={0} $0 export; echo $?; find dist -name '.tmp-*'",
        repo.cache().join("own")
    );
    let Some(output) = repo.in_own_mounts(&script) else {
        return;
    };
    assert_eq!(output.stdout, "1\n", "{output}");
    assert!(output.stderr.contains("No space left"), "{output}");
}

#[test]
fn a_cache_that_cannot_be_written() {
    let Some((_index, repo)) = exported() else {
        return;
    };
    let script = format!(
        "rm -rf dist {0}/cargo-xtask/wheels-2 && mount --bind {0} {0} && \
         mount -o remount,ro,bind {0} && $0 export --offline",
        repo.cache()
    );
    let Some(output) = repo.in_own_mounts(&script) else {
        return;
    };
    assert_eq!(output.status, 1, "{output}");
    assert_snapshot!(said(&output), @"
    error: cannot use lib-2.0-py3-none-any.whl: failed to create directory `[CACHE]/cargo-xtask/wheels-2`: Read-only file system (os error 30)
     |
    hint: set XTASK_CACHE_DIR to a folder that can be written, or see what `cargo xtask doctor` says
    error: cannot use app-1.0-py3-none-any.whl: failed to create directory `[CACHE]/cargo-xtask/wheels-2`: Read-only file system (os error 30)
     |
    hint: set XTASK_CACHE_DIR to a folder that can be written, or see what `cargo xtask doctor` says
    ");
}
