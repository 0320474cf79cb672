//! `vendor`: makes a folder of files that locking can use without an index.

use insta::assert_snapshot;
use testkit::{Fault, LoopbackIndex, Package, Repo, When};

use crate::{lock, locked, refused, repo};

fn index() -> LoopbackIndex {
    LoopbackIndex::start([
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

fn locked_repo(index: &LoopbackIndex) -> Repo {
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
    let repo = without_index(repo, &index);
    fs_err::remove_file(repo.root().join("python.lock")).unwrap();
    lock(&repo);
    assert_eq!(locked(&repo, "python-default"), before);
}

/// The repository on a machine that has the folder `all`, but no index and an empty cache.
fn without_index(repo: Repo, index: &LoopbackIndex) -> Repo {
    index.inject("/", Fault::Status(500), When::Always);
    let settings = repo.read("Cargo.toml");
    let own = "[workspace.metadata.xtask.python-repos]\nindexes = []\nfind_links = ['all']\n";
    repo.write("Cargo.toml", &format!("{settings}{own}"));
    repo.env("XTASK_CACHE_DIR", "../other-cache")
}

#[test]
fn what_builds_require_is_there_as_well() {
    let Some(repo) = crate::fixtures::environments::repo() else {
        return;
    };
    let index = LoopbackIndex::start([
        Package::new("app", "1.0").requires("built"),
        Package::new("built", "1.0")
            .sdist()
            .needs_build()
            .build_requires("tool"),
        Package::new("has-wheels", "1.0")
            .wheel("py3-none-any")
            .sdist()
            .build_requires("unused"),
        Package::new("tool", "1.0"),
        Package::new("tool", "2.0").requires("tool-part"),
        Package::new("tool-part", "1.0")
            .wheel("py3-none-manylinux2014_x86_64")
            .wheel("py3-none-win_amd64")
            .wheel("py3-none-any"),
        Package::new("unused", "1.0"),
    ]);
    let repo = repo.index(&index).requirements("app\nhas-wheels\n");
    lock(&repo);
    let before = locked(&repo, "python-default");
    assert_snapshot!(repo.xtask(&["vendor", "--output", "windows", "--platform", "windows_x86_64"]), @"
    exit status 0
    ----- stderr
    python-default: 7 files in windows, 7 of them new
      for builds of built: tool 2.0, tool-part 1.0
    ");
    assert_snapshot!(names(&repo, "windows"), @"
    app-1.0-py3-none-any.whl
    built-1.0.tar.gz
    has_wheels-1.0-py3-none-any.whl
    has_wheels-1.0.tar.gz
    tool-2.0-py3-none-any.whl
    tool_part-1.0-py3-none-any.whl
    tool_part-1.0-py3-none-win_amd64.whl
    ");
    assert_snapshot!(repo.xtask(&["vendor", "--output", "all"]), @"
    exit status 0
    ----- stderr
    python-default: 8 files in all, 8 of them new
      for builds of built: tool 2.0, tool-part 1.0
    ");

    let repo = without_index(repo, &index);
    assert_snapshot!(lock(&repo), @"
    exit status 0
    ----- stderr
    python-default (python.lock): 3 packages, up to date
    ");
    let export = repo.xtask(&["export"]);
    assert_eq!(export.status, 0, "{export}");
    let run = repo.xtask(&["run", "--", "-c", "import app, built, has_wheels"]);
    assert_eq!(run.status, 0, "{run}");
    fs_err::remove_file(repo.root().join("python.lock")).unwrap();
    lock(&repo);
    assert_eq!(locked(&repo, "python-default"), before);
}

#[test]
fn what_a_url_names_is_taken_from_the_folder_where_the_url_is_out_of_reach() {
    let Some(repo) = crate::fixtures::environments::repo() else {
        return;
    };
    let index = index();
    let url = index.file_url("lib-1.0.tar.gz");
    let repo = repo
        .index(&index)
        .requirements(&format!("app\nlib @ {url}\n"));
    lock(&repo);
    assert_eq!(repo.xtask(&["vendor", "--output", "all"]).status, 0);
    assert_snapshot!(names(&repo, "all"), @"
    app-1.0-py3-none-any.whl
    lib-1.0.tar.gz
    only_windows-3.0-py3-none-any.whl
    ");
    let repo = without_index(repo, &index);
    let export = repo.xtask(&["export"]);
    assert_eq!(export.status, 0, "{export}");
    let run = repo.xtask(&["run", "--", "-c", "import app, lib"]);
    assert_eq!(run.status, 0, "{run}");
}

#[test]
fn what_builds_require_cannot_be_had_or_asked_for() {
    let Some(repo) = crate::fixtures::environments::repo() else {
        return;
    };
    // The package and the module that its backend imports have different names.
    let built = Package::new("built", "1.0")
        .sdist()
        .build_requires("tool.kit");
    let index = LoopbackIndex::start([built]);
    let repo = repo.index(&index).requirements("built\n");
    lock(&repo);
    assert_snapshot!(repo.xtask(&["vendor", "--output", "all"]), @"
    exit status 1
    ----- stderr
    warning: built 1.0 may require more to be built than was found: cannot build built-1.0.tar.gz: what its build requires (`tool-kit`) cannot be had: tool-kit is required; tool-kit is on no index
    error: cannot lock `builds of built`: no versions satisfy all requirements
     |
     = tool-kit is required
     = tool-kit is on no index
    hint: check that `tool-kit` is on one of the indexes of `[python-repos]`
    ");
    index.add(&Package::new("tool.kit", "1.0"));
    let repo = repo.env("XTASK_CACHE_DIR", "../other-cache");
    let output = repo.xtask(&["vendor", "--output", "all"]);
    assert_eq!(output.status, 0, "{output}");
    assert!(
        output
            .stderr
            .starts_with("warning: built 1.0 may require more to be built than was found"),
        "{output}"
    );
    assert_snapshot!(names(&repo, "all"), @"
    built-1.0.tar.gz
    tool_kit-1.0-py3-none-any.whl
    ");
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
