//! `export --format` for other tools: pylock.toml, pex's JSON, a bill of materials.

use insta::assert_snapshot;
use testkit::{Index, Package, Repo, peer};

use crate::{lock, refused, repo};

fn index() -> Index {
    Index::start([
        Package::new("app", "1.0")
            .requires("lib>=1")
            .requires("only-windows; sys_platform == 'win32'"),
        Package::new("lib", "1.2").sdist().wheel("py3-none-any"),
        Package::new("only-windows", "3.0"),
    ])
}

fn locked(index: &Index) -> Repo {
    let repo = repo().index(index).requirements("app\n");
    lock(&repo);
    repo
}

fn export(repo: &Repo, format: &str, output: &str) {
    let output = repo.xtask(&["export", "--format", format, "--output", output]);
    assert_eq!(output.status, 0, "{output}");
}

#[test]
fn every_format() {
    let index = index();
    let repo = locked(&index);
    for format in ["pylock", "pex", "cyclonedx"] {
        let output = repo.xtask(&["export", "--format", format, "--platform", "linux_x86_64"]);
        assert_snapshot!(format, output);
    }
}

#[test]
fn a_file_that_the_index_no_longer_has() {
    let index = index();
    let repo = locked(&index).env("XTASK_CACHE_DIR", "other-cache");
    index.remove("lib");
    assert_snapshot!(refused(&repo, &["export", "--format", "pylock"]), @"");
}

/// Installs into `here` what the file says, then makes every hash wrong, which must be refused.
fn check_install(repo: &Repo, file: &str, install: impl Fn() -> testkit::Output) {
    let output = install();
    assert_eq!(output.status, 0, "{output}");
    assert!(repo.root().join("here/lib/__init__.py").exists());
    assert!(!repo.root().join("here/only_windows").exists());
    fs_err::remove_dir_all(repo.root().join("here")).unwrap();
    let text = repo.read(file);
    let wrong = "0".repeat(64);
    let changed = text.split('"').map(|part| {
        if part.len() == 64 {
            wrong.as_str()
        } else {
            part
        }
    });
    repo.write(file, &changed.collect::<Vec<_>>().join("\""));
    assert_ne!(install().status, 0, "a wrong hash was taken");
}

#[test]
fn pip_installs_from_pylock() {
    let Some(pip) = peer("pip") else { return };
    let index = index();
    let repo = locked(&index);
    export(&repo, "pylock", "pylock.toml");
    let arguments = [
        "install",
        "--no-cache-dir",
        "--target",
        "here",
        "--python-version",
        "3.12",
    ];
    let rest = ["--only-binary=:all:", "-r", "pylock.toml"];
    let arguments = [&arguments[..], &rest].concat();
    check_install(&repo, "pylock.toml", || repo.run(&pip, &arguments));
}

#[test]
fn uv_installs_from_pylock() {
    let Some(uv) = peer("uv") else { return };
    let index = index();
    let repo = locked(&index);
    export(&repo, "pylock", "pylock.toml");
    let arguments = [
        "pip",
        "install",
        "--no-cache",
        "--target",
        "here",
        "--python-version",
        "3.12",
    ];
    let arguments = [&arguments[..], &["-r", "pylock.toml"]].concat();
    check_install(&repo, "pylock.toml", || repo.run(&uv, &arguments));
}

#[test]
fn pex_makes_an_environment() {
    let Some(pex3) = peer("pex3") else { return };
    let Some(python) = peer("python3.12") else {
        return;
    };
    let index = index();
    let repo = locked(&index);
    export(&repo, "pex", "pex.json");
    let create = || {
        let arguments = ["venv", "create", "--lock", "pex.json", "--dest-dir", "here"];
        let rest = ["--layout", "flat", "--python", python.as_str()];
        repo.run(&pex3, &[&arguments[..], &rest].concat())
    };
    check_install(&repo, "pex.json", create);
}
