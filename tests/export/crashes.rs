//! Killed and concurrent runs: after the next run, the environment is right.

use std::thread;
use std::time::{Duration, Instant};

use testkit::{Fault, LoopbackIndex, Package, Repo, When};

use crate::fixtures::environments::repo;
use crate::{done, lock};

/// Packages with many files, in two versions.
fn index() -> LoopbackIndex {
    let mut packages = Vec::new();
    for number in 0..8 {
        for version in ["1.0", "2.0"] {
            let mut package = Package::new(&format!("p{number}"), version);
            for file in 0..40 {
                let path = format!("p{number}/m{file}.py");
                package = package.member(&path, format!("VERSION = '{version}'\n").as_bytes());
            }
            packages.push(package);
        }
    }
    LoopbackIndex::start(packages)
}

fn requirements(bound: &str) -> String {
    (0..8).map(|number| format!("p{number}{bound}\n")).collect()
}

/// The environment must be exactly what the lock says.
#[track_caller]
fn assert_right(repo: &Repo, version: &str, when: &str) {
    let check = repo.xtask(&["check-export", "--resolve", "python-default"]);
    assert_eq!(check.status, 0, "{when}: {check}");
    let code = "import p0.m0, p7.m39; print(p0.m0.VERSION, p7.m39.VERSION)";
    let output = done(repo, &["run", "--", "-c", code]);
    assert_eq!(output.stdout, format!("{version} {version}\n"), "{when}");
}

#[test]
fn fifty_kills_end_in_a_right_environment() {
    let Some(repo) = repo() else { return };
    let index = index();
    let repo = repo.index(&index).requirements(&requirements(">=2"));
    lock(&repo);
    let new = repo.read("python.lock");
    let repo = repo.requirements(&requirements("<2"));
    lock(&repo);
    let old = repo.read("python.lock");

    let start = Instant::now();
    done(&repo, &["export"]);
    let whole = start.elapsed();
    for round in 0..50_u32 {
        let (text, version) = if round % 2 == 0 {
            (&new, "2.0")
        } else {
            (&old, "1.0")
        };
        repo.write("python.lock", text);
        if round % 10 == 0 {
            fs_err::remove_dir_all(repo.cache()).unwrap();
        }
        if round % 10 == 5 {
            fs_err::remove_dir_all(repo.root().join("dist")).unwrap();
        }
        let running = repo.start(&["export"]);
        thread::sleep(whole * (round * 7 % 50) / 60 + Duration::from_millis(2));
        running.kill();
        done(&repo, &["export"]);
        assert_right(&repo, version, &format!("after kill {round}"));
    }
    let folder = repo
        .root()
        .join("dist/export/python/virtualenvs/python-default");
    let litter = folder
        .read_dir_utf8()
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().file_name().starts_with(".tmp-"))
        .count();
    assert_eq!(litter, 0, "killed runs leave nothing behind the next one");
}

#[test]
fn an_interruption_says_what_holds() {
    let Some(repo) = repo() else { return };
    let index = LoopbackIndex::start([Package::new("p0", "1.0").member("p0/m0.py", b"")]);
    let repo = repo.index(&index).requirements("p0\n");
    lock(&repo);
    index.inject("/files/", Fault::Stall, When::Always);
    fs_err::remove_dir_all(repo.cache()).unwrap();
    index.clear_log();
    let running = repo.start(&["export"]);
    while index.log().is_empty() {
        thread::sleep(Duration::from_millis(10));
    }
    let output = running.interrupt();
    insta::assert_snapshot!(output, @"
    exit status 130
    ----- stderr
    error: interrupted
     |
    hint: an environment that was there is as it was, or is repaired when this is run again
    ");
    index.heal();
    done(&repo, &["export"]);
}

#[test]
fn two_exports_at_once() {
    let Some(repo) = repo() else { return };
    let index = index();
    let repo = repo.index(&index).requirements(&requirements(""));
    lock(&repo);
    for round in 0..5 {
        fs_err::remove_dir_all(repo.cache()).unwrap();
        let runs = [
            repo.start(&["export"]),
            repo.start(&["export"]),
            repo.start(&["export"]),
        ];
        for run in runs {
            let output = run.wait();
            assert_eq!(output.status, 0, "{output}");
        }
        assert_right(&repo, "2.0", &format!("round {round}"));
        fs_err::remove_dir_all(repo.root().join("dist")).unwrap();
    }
}
