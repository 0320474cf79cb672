//! `vendor`: a folder of files from which locking works alone.

use insta::assert_snapshot;
use testkit::{Fault, Index, Package, Repo, When};

use crate::{lock, locked, refused, repo};

fn index() -> Index {
    Index::start([
        Package::new("app", "1.0")
            .requires("lib")
            .requires("only-windows; sys_platform == 'win32'"),
        Package::new("lib", "1.0")
            .wheel("cp312-cp312-manylinux2014_x86_64")
            .wheel("cp312-cp312-macosx_11_0_arm64")
            .sdist(),
        Package::new("only-windows", "3.0"),
    ])
}

fn locked_repo(index: &Index) -> Repo {
    let repo = repo().index(index).requirements("app\n");
    lock(&repo);
    repo
}

fn names(repo: &Repo, folder: &str) -> String {
    let entries = fs_err::read_dir(repo.root().join(folder)).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names.join("\n")
}

#[test]
fn every_file_or_those_of_some_platforms() {
    let index = index();
    let repo = locked_repo(&index);
    assert_snapshot!(repo.xtask(&["vendor", "--output", "all"]), @"
    exit status 0
    ----- stderr
    python-default: 5 files in all, 5 of them new
    ");
    assert_snapshot!(names(&repo, "all"), @"
    app-1.0-py3-none-any.whl
    lib-1.0-cp312-cp312-macosx_11_0_arm64.whl
    lib-1.0-cp312-cp312-manylinux2014_x86_64.whl
    lib-1.0.tar.gz
    only_windows-3.0-py3-none-any.whl
    ");
    repo.xtask(&["vendor", "--output", "linux", "--platform", "linux_x86_64"]);
    assert_snapshot!(names(&repo, "linux"), @"
    app-1.0-py3-none-any.whl
    lib-1.0-cp312-cp312-manylinux2014_x86_64.whl
    lib-1.0.tar.gz
    ");
}

#[test]
fn a_run_that_was_cut_short_goes_on() {
    let index = index();
    let repo = locked_repo(&index);
    index.inject("/files/lib-1.0.tar.gz", Fault::Status(404), When::Always);
    let repo = repo.env("XTASK_CACHE_DIR", "../other-cache");
    let output = repo.xtask(&["vendor", "--output", "all"]);
    assert_eq!(output.status, 1, "{output}");
    index.heal();
    let output = repo.xtask(&["vendor", "--output", "all"]);
    assert_eq!(output.status, 0, "{output}");
    let good = fs_err::read(repo.root().join("all/lib-1.0.tar.gz")).unwrap();
    repo.write("all/lib-1.0.tar.gz", "half");
    assert_snapshot!(repo.xtask(&["vendor", "--output", "all"]), @"
    exit status 0
    ----- stderr
    python-default: 5 files in all, 1 of them new
    ");
    assert!(fs_err::read(repo.root().join("all/lib-1.0.tar.gz")).unwrap() == good);
}

#[test]
fn the_folder_alone_serves_for_locking() {
    let index = index();
    let repo = locked_repo(&index);
    let before = locked(&repo, "python-default");
    assert_eq!(repo.xtask(&["vendor", "--output", "all"]).status, 0);
    index.inject("/", Fault::Status(500), When::Always);
    fs_err::remove_file(repo.root().join("python.lock")).unwrap();
    let settings = repo.read("Cargo.toml");
    repo.write(
        "Cargo.toml",
        &format!(
            "{settings}[workspace.metadata.xtask.python-repos]\nindexes = []\nfind_links = ['all']\n"
        ),
    );
    let repo = repo.env("XTASK_CACHE_DIR", "../other-cache");
    lock(&repo);
    assert_eq!(locked(&repo, "python-default"), before);
}

#[test]
fn a_file_that_became_another_is_refused() {
    let index = index();
    let repo = locked_repo(&index).env("XTASK_CACHE_DIR", "../other-cache");
    index.add(&Package::new("only-windows", "3.0").member("only_windows/more.py", b"more"));
    let message = refused(&repo, &["vendor", "--output", "../all"]);
    assert!(
        message.contains("only_windows-3.0-py3-none-any.whl"),
        "{message}"
    );
}
