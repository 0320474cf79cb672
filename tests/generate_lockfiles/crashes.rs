//! Killed and concurrent runs: the lock is the old one or the new one, and the cache stays valid.

use std::thread;
use std::time::Duration;

use testkit::{Fault, LoopbackIndex, Package, When};

use crate::{lock, locked, repo};

/// A chain of packages, each of which requires the next. There are two versions of each.
fn chain(length: usize) -> Vec<Package> {
    let mut packages = Vec::new();
    for number in 0..length {
        for version in ["1.0", "2.0"] {
            let package = Package::new(&format!("p{number}"), version);
            packages.push(if number + 1 < length {
                package.requires(&format!("p{}>=1", number + 1))
            } else {
                package
            });
        }
    }
    packages
}

#[test]
fn fifty_kills_leave_the_old_lock_or_the_new_one() {
    let index = LoopbackIndex::start(chain(12));
    let repo = repo().index(&index).requirements("p0<2\n");
    lock(&repo);
    let old = repo.read("python.lock");
    let repo = repo.requirements("p0\n");
    index.inject("/", Fault::Delay(Duration::from_millis(3)), When::Always);

    // The time of an undisturbed run, so that kills are spread over it.
    let start = std::time::Instant::now();
    let output = repo.xtask(&["generate-lockfiles", "--upgrade"]);
    assert_eq!(output.status, 0, "{output}");
    let whole = start.elapsed();
    let new = repo.read("python.lock");
    assert_ne!(old, new);

    for round in 0..50_u32 {
        repo.write("python.lock", &old);
        if round % 5 == 0 {
            fs_err::remove_dir_all(repo.cache()).unwrap();
        }
        let running = repo.start(&["generate-lockfiles", "--upgrade"]);
        thread::sleep(whole * (round * 7 % 50) / 45);
        running.kill();
        let text = repo.read("python.lock");
        assert!(
            text == old || text == new,
            "half a lock after kill {round}:\n{text}"
        );
        let output = repo.xtask(&["generate-lockfiles", "--upgrade"]);
        assert_eq!(output.status, 0, "after kill {round}: {output}");
        assert_eq!(repo.read("python.lock"), new, "after kill {round}");
    }
    let files = repo.snapshot();
    let names: Vec<_> = files
        .iter()
        .filter_map(|(path, _)| path.file_name())
        .collect();
    assert_eq!(
        names,
        ["BUILD", "Cargo.toml", "python.lock", "requirements.txt"]
    );
}

#[test]
fn two_runs_at_once_on_one_cache_both_succeed() {
    let index = LoopbackIndex::start(chain(12));
    index.inject("/", Fault::Delay(Duration::from_millis(2)), When::Always);
    for _ in 0..5 {
        let repo = repo().index(&index).requirements("p0\n").file(
            "Cargo.toml",
            "[workspace.metadata.xtask.python]\ninterpreter_constraints = ['CPython==3.12.*']\n\
             resolves = { python-default = 'python.lock', tool = 'tool.lock' }\n",
        );
        repo.write(
            "tool/BUILD",
            "python_requirement(name='x', requirements=['p3<2'], resolve='tool')\n",
        );
        let runs = [
            repo.start(&["generate-lockfiles", "--resolve", "python-default"]),
            repo.start(&["generate-lockfiles", "--resolve", "tool"]),
            repo.start(&["generate-lockfiles"]),
        ];
        for run in runs {
            let output = run.wait();
            assert_eq!(output.status, 0, "{output}");
        }
        assert!(locked(&repo, "python-default").starts_with("p0==2.0"));
        assert!(locked(&repo, "tool").contains("p3==1.0"));
    }
}

#[test]
fn a_cache_that_was_cut_short_is_made_anew() {
    let index = LoopbackIndex::start(chain(4));
    let repo = repo().index(&index).requirements("p0\n");
    lock(&repo);
    let lock_text = repo.read("python.lock");
    for path in files_below(&repo.cache()) {
        let length = fs_err::metadata(&path).unwrap().len();
        let file = fs_err::OpenOptions::new().write(true).open(&path).unwrap();
        file.set_len(length / 2).unwrap();
    }
    fs_err::remove_file(repo.root().join("python.lock")).unwrap();
    lock(&repo);
    assert_eq!(repo.read("python.lock"), lock_text);
}

#[test]
fn a_cache_full_of_nonsense_is_made_anew() {
    let index = LoopbackIndex::start(chain(4));
    let repo = repo().index(&index).requirements("p0\n");
    lock(&repo);
    let lock_text = repo.read("python.lock");
    for path in files_below(&repo.cache()) {
        let length = fs_err::read(&path).unwrap().len();
        fs_err::write(&path, "nonsense ".repeat(length / 9 + 1)).unwrap();
    }
    fs_err::remove_file(repo.root().join("python.lock")).unwrap();
    lock(&repo);
    assert_eq!(repo.read("python.lock"), lock_text);
}

fn files_below(folder: &camino::Utf8Path) -> Vec<camino::Utf8PathBuf> {
    let mut files = Vec::new();
    for entry in folder.read_dir_utf8().unwrap() {
        let path = entry.unwrap().into_path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else {
            files.push(path);
        }
    }
    files
}
