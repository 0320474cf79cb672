//! Packages that are built from sources: from folders of one git repository, of one archive, and of
//! this repository. Each is built by itself, whatever else is built from the same commit or
//! archive.

use camino::Utf8Path;
use testkit::{LoopbackIndex, Package, Repo};

use crate::fixtures::environments::{repo, said};
use crate::{done, lock};

/// Projects and their folders. The names of two folders differ in one character.
const PROJECTS: [(&str, &str); 4] = [
    ("one", "one"),
    ("two", "two"),
    ("three", "in/three"),
    ("four", "in_three"),
];

fn project(name: &str) -> Package {
    Package::new(name, "1.0").needs_build()
}

fn write_projects(folder: &Utf8Path) {
    for (name, place) in PROJECTS {
        project(name).write_source(&folder.join(place));
    }
}

/// A git repository beside `repo` with all projects, with the branch `main` and the tag `v1`.
fn source_repository(repo: &Repo) -> String {
    let folder = repo.home().join("all");
    write_projects(&folder);
    let git = |arguments: &[&str]| {
        let output = repo.run(
            "git".into(),
            &[&["-C", folder.as_str()], arguments].concat(),
        );
        assert_eq!(output.status, 0, "{output}");
    };
    git(&["init", "--quiet", "--initial-branch=main"]);
    git(&["add", "--all"]);
    git(&["commit", "--quiet", "--message=first"]);
    git(&["tag", "v1"]);
    format!("git+file://{folder}")
}

/// Locks and exports, with the cache of the lock and with an empty one. All projects must be
/// installed.
#[track_caller]
fn check(repo: Repo, resolve: &str, names: &[&str]) {
    lock(&repo);
    let export = ["export", "--resolve", resolve];
    let code =
        format!("import importlib.metadata as m; print(*(m.version(name) for name in {names:?}))");
    let run = ["run", "--resolve", resolve, "--", "-c", &code];
    let expect = format!("{}\n", vec!["1.0"; names.len()].join(" "));
    done(&repo, &export);
    assert_eq!(done(&repo, &run).stdout, expect);
    fs_err::remove_dir_all(repo.root().join("dist")).unwrap();
    let repo = repo.env("XTASK_CACHE_DIR", "../other-cache");
    done(&repo, &export);
    assert_eq!(done(&repo, &run).stdout, expect);
}

fn requirements(place: impl Fn(&str, &str) -> String) -> String {
    let lines = PROJECTS.map(|(name, folder)| format!("{}\n", place(name, folder)));
    lines.concat()
}

const NAMES: [&str; 4] = ["one", "two", "three", "four"];

#[test]
fn folders_of_a_repository_at_one_commit() {
    let Some(repo) = repo() else { return };
    let index = LoopbackIndex::start([]);
    let repo = repo.index(&index);
    let url = source_repository(&repo);
    // The branch and the tag are at the same commit.
    let lines = requirements(|name, folder| {
        let revision = if name == "two" { "v1" } else { "main" };
        format!("{name} @ {url}@{revision}#subdirectory={folder}")
    });
    check(repo.requirements(&lines), "python-default", &NAMES);
}

#[test]
fn folders_of_an_archive() {
    let Some(repo) = repo() else { return };
    let folder = repo.home().join("all");
    write_projects(&folder);
    let mut all = Package::new("all", "1.0").sdist();
    for (_, place) in PROJECTS {
        for entry in fs_err::read_dir(folder.join(place)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_file() {
                let content = fs_err::read(&path).unwrap();
                all = all.member(&format!("{place}/{name}"), &content);
            }
        }
    }
    let index = LoopbackIndex::start([all]);
    let url = index.file_url("all-1.0.tar.gz");
    let lines = requirements(|name, folder| format!("{name} @ {url}#subdirectory={folder}"));
    let repo = repo.index(&index).requirements(&lines);
    check(repo, "python-default", &NAMES);
}

#[test]
fn folders_of_this_repository() {
    let Some(repo) = repo() else { return };
    write_projects(&repo.root().join("vendor"));
    let lines = requirements(|_, folder| format!("./vendor/{folder}"));
    let index = LoopbackIndex::start([]);
    let repo = repo.index(&index).requirements(&lines);
    check(repo, "python-default", &NAMES);
}

#[test]
fn folders_of_one_commit_in_two_resolves() {
    let Some(repo) = repo() else { return };
    let index = LoopbackIndex::start([]);
    let url = source_repository(&repo);
    let settings = repo.read("Cargo.toml").replace(
        "python-default = \"python.lock\"",
        "python-default = \"python.lock\"\nother = \"other.lock\"",
    );
    let repo = repo
        .index(&index)
        .file("Cargo.toml", &settings)
        .requirements(&format!("one @ {url}@main#subdirectory=one\n"))
        .file(
            "other/BUILD",
            &format!(
                "python_requirement(\n    name='two',\n    resolve='other',\n    \
                 requirements=['two @ {url}@main#subdirectory=two'],\n)\n"
            ),
        );
    lock(&repo);
    check(repo, "other", &["two"]);
}

#[test]
fn a_folder_that_changed_is_built_again() {
    let Some(repo) = repo() else { return };
    let index = LoopbackIndex::start([]);
    let repo = repo.index(&index).requirements("./libs/one\n");
    let text = |value: &str| format!("value = '{value}'\n");
    let write = |value: &str| {
        let package = project("one").member("one/__init__.py", text(value).as_bytes());
        package.write_source(&repo.root().join("libs/one"));
    };
    let run = ["run", "--", "-c", "import one; print(one.value)"];
    write("first");
    lock(&repo);
    insta::assert_snapshot!(said(&done(&repo, &["export"])), @"
    python-default: 1 of 1 packages come from folders and repositories and are built: one 1.0
    python-default: made dist/export/python/virtualenvs/python-default/[PYTHON] (1 package, CPython [PYTHON])
    ");
    assert_eq!(done(&repo, &run).stdout, "first\n");
    write("second one");
    assert_eq!(done(&repo, &run).stdout, "second one\n");
    insta::assert_snapshot!(done(&repo, &run).stderr, @"");
}

#[test]
fn what_is_built_is_said_before() {
    let Some(repo) = repo() else { return };
    let index = LoopbackIndex::start([
        Package::new("a", "1.0").requires("b").requires("c"),
        Package::new("b", "1.0").sdist(),
        Package::new("c", "1.0").sdist().build_fails(),
    ]);
    let build = "[workspace.metadata.xtask.build]\ndependency_metadata = [{ name = 'c' }]\n";
    let settings = repo.read("Cargo.toml") + build;
    let repo = repo.index(&index).requirements("a\n");
    let repo = repo.file("Cargo.toml", &settings);
    lock(&repo);
    let output = repo.xtask(&["export"]);
    assert_eq!(output.status, 1, "{output}");
    let said = said(&output);
    let lines: Vec<&str> = said.lines().take(2).collect();
    insta::assert_snapshot!(lines.join("\n"), @"
    python-default: 2 of 3 packages have no wheel for CPython [PYTHON] here and are built from source: b 1.0, c 1.0
    error: cannot build c-1.0.tar.gz
    ");
    assert!(
        output
            .stderr
            .contains("it is there for requirement `a` > a 1.0 > c > c 1.0"),
        "{output}"
    );
}
