//! `export --format requirements`: the file for pip and uv.

use insta::assert_snapshot;
use testkit::{LoopbackIndex, Package, peer};

use crate::{lock, refused, repo};

fn index() -> LoopbackIndex {
    LoopbackIndex::start([
        Package::new("app", "1.0")
            .requires("lib>=1")
            .requires("only-windows; sys_platform == 'win32'")
            .requires("native[fast]"),
        Package::new("lib", "1.2").sdist(),
        Package::new("only-windows", "3.0"),
        Package::new("native", "2.0")
            .extra("fast", "lib")
            .wheel("cp312-cp312-manylinux2014_x86_64")
            .wheel("cp312-cp312-manylinux2014_aarch64")
            .wheel("cp312-cp312-macosx_11_0_arm64")
            .sdist(),
    ])
}

#[test]
fn every_package_has_its_marker_and_hashes() {
    let index = index();
    let repo = repo().index(&index).requirements("app\n");
    lock(&repo);
    let output = repo.xtask(&[
        "export",
        "--resolve",
        "python-default",
        "--format",
        "requirements",
    ]);
    assert_snapshot!(output.stdout, @r"
    # Written by `cargo xtask export --resolve=python-default --format=requirements`; not to be edited by hand.
    app==1.0 \
        --hash=sha256:[HASH]
    lib==1.2 \
        --hash=sha256:[HASH]
    native==2.0 \
        --hash=sha256:[HASH] \
        --hash=sha256:[HASH] \
        --hash=sha256:[HASH] \
        --hash=sha256:[HASH]
    only-windows==3.0 ; sys_platform == 'win32' \
        --hash=sha256:[HASH]
    ");
}

#[test]
fn a_file_is_written_where_the_user_is() {
    let index = index();
    let repo = repo().index(&index).requirements("lib\n");
    lock(&repo);
    let to_stdout = repo.xtask(&["export", "--format", "requirements"]).stdout;
    let to_file = repo.xtask(&["export", "--format", "requirements", "--output", "out.txt"]);
    assert_eq!(to_file.status, 0, "{to_file}");
    assert_eq!(repo.shown(&repo.read("out.txt")), to_stdout);
}

#[test]
fn without_a_lock() {
    let repo = repo().requirements("lib\n");
    assert_snapshot!(refused(&repo, &["export", "--format", "requirements"]), @"
    error: there is no lock of `python-default` at python.lock
     |
    hint: run `cargo xtask generate-lockfiles --resolve python-default`
    ");
}

#[test]
fn an_unknown_resolve() {
    let repo = repo().requirements("lib\n");
    let arguments = [
        "export",
        "--resolve",
        "python-defautl",
        "--format",
        "requirements",
    ];
    assert_snapshot!(refused(&repo, &arguments), @"
    error: there is no resolve `python-defautl`
     |
    hint: did you mean `--resolve python-default`?
    ");
}

#[test]
fn pip_installs_what_is_exported_with_hashes_required() {
    let Some(pip) = peer("pip") else { return };
    let index = index();
    let repo = repo()
        .index(&index)
        .requirements("lib\nonly-windows; sys_platform == 'win32'\n");
    lock(&repo);
    repo.xtask(&[
        "export",
        "--format",
        "requirements",
        "--output",
        "locked.txt",
    ]);
    let arguments = [
        "install",
        "--require-hashes",
        "--no-cache-dir",
        "--target",
        "here",
        "-r",
        "locked.txt",
    ];
    let output = repo.run(&pip, &arguments);
    assert_eq!(output.status, 0, "{output}");
    assert!(repo.root().join("here/lib/__init__.py").exists());
    assert!(!repo.root().join("here/only_windows").exists());

    repo.write("locked.txt", &change_hashes(&repo.read("locked.txt")));
    let output = repo.run(&pip, &arguments);
    assert_ne!(output.status, 0, "pip took a wrong hash");
}

#[test]
fn uv_installs_what_is_exported_with_hashes_required() {
    let Some(uv) = peer("uv") else { return };
    let index = index();
    let repo = repo()
        .index(&index)
        .requirements("lib\nonly-windows; sys_platform == 'win32'\n");
    lock(&repo);
    repo.xtask(&[
        "export",
        "--format",
        "requirements",
        "--output",
        "locked.txt",
    ]);
    let url = index.url();
    let arguments = [
        "pip",
        "install",
        "--require-hashes",
        "--no-cache",
        "--default-index",
        &url,
        "--target",
        "here",
        "-r",
        "locked.txt",
    ];
    let output = repo.run(&uv, &arguments);
    assert_eq!(output.status, 0, "{output}");
    assert!(repo.root().join("here/lib/__init__.py").exists());

    repo.write("locked.txt", &change_hashes(&repo.read("locked.txt")));
    let output = repo.run(&uv, &[&arguments[..], &["--reinstall"]].concat());
    assert_ne!(output.status, 0, "uv took a wrong hash");
}

/// Replaces hashes by others of the same length.
fn change_hashes(text: &str) -> String {
    let mut parts = text.split("sha256:");
    let mut changed = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (_, rest) = part.split_at(64);
        changed += &format!("sha256:{}{rest}", "0".repeat(64));
    }
    changed
}
