//! Source distributions that must be built to be locked: what their builds lack, and metadata in
//! place of theirs.

use insta::assert_snapshot;
use testkit::{LoopbackIndex, Package, Repo};

use crate::{done, lock, locked, refused, repo};

/// `app` requires `mid`, which requires `old`, whose build imports a module that it does not name.
fn index() -> LoopbackIndex {
    LoopbackIndex::start([
        Package::new("app", "1.0").requires("mid"),
        Package::new("mid", "2.0").requires("old>=1 ; python_version >= '3'"),
        Package::new("old", "1.0")
            .requires("dep")
            .sdist()
            .build_imports("tool_kit"),
        Package::new("tool-kit", "3.0"),
        Package::new("tool-kit", "4.0"),
        Package::new("dep", "1.0"),
        Package::new("other", "1.0"),
    ])
}

fn with_settings(repo: Repo, build: &str) -> Repo {
    let settings = format!(
        "[workspace.metadata.xtask.python]\ninterpreter_constraints = ['CPython==3.12.*']\n\
         [workspace.metadata.xtask.build]\n{build}\n"
    );
    repo.file("Cargo.toml", &settings)
}

/// The message without what Python says, which differs from version to version.
fn without_traceback(message: &str) -> String {
    let lines = message.lines().filter(|line| {
        !line.contains("    Traceback") && !line.contains("  File ") && !line.contains("  ~")
    });
    let kept = lines.filter(|line| line.starts_with(['e', 'h', ' ']) && !line.contains("^^^^^^^^"));
    let lines: Vec<&str> = kept.collect();
    lines.join("\n")
}

#[test]
fn what_a_build_lacks_and_who_requires_it() {
    let index = index();
    let repo = repo().index(&index).requirements("# what we need\napp\n");
    let message = refused(&repo, &["generate-lockfiles"]);
    for line in [
        "error: cannot build old-1.0.tar.gz\n --> requirements.txt:2:1",
        "ModuleNotFoundError: No module named 'tool_kit'",
        "  = requirements.txt:2 requires app\n  = app 1.0 requires mid\n  = mid 2.0 requires old>=1",
        "hint: its build lacks the module `tool_kit`: `extra_dependencies = { old = [\"tool_kit\"] }` in `[build]` adds what provides it",
        "hint: `dependency_metadata = [{ name = \"old\", requires_dist = [] }]` in `[build]` says what it requires, so that it need not be built to be locked",
    ] {
        assert!(message.contains(line), "{line}\n{message}");
    }
    assert!(!without_traceback(&message).is_empty());
}

#[test]
fn what_builds_require_in_addition() {
    let index = index();
    let repo = repo().index(&index).requirements("app\n");
    // However the names are spelt.
    let repo = with_settings(repo, "extra_dependencies = { OLD = ['Tool_Kit<4'] }");
    lock(&repo);
    assert_snapshot!(locked(&repo, "python-default"), @"
    app==1.0
    dep==1.0
    mid==2.0
    old==1.0
    ");
    assert_eq!(index.requests("tool_kit-4.0"), 0);
    // What a build requires does not change what is locked.
    let repo = with_settings(repo, "extra_dependencies = { old = ['tool-kit'] }");
    let output = done(&repo, &["generate-lockfiles", "--check"]);
    assert!(output.stderr.contains("up to date"), "{output}");
    let repo = with_settings(repo, "extra_dependencies = { old = ['tool-kit>'] }");
    assert_snapshot!(refused(&repo, &["generate-lockfiles"]), @"
    error: `[build] extra_dependencies`: `tool-kit>` is not a requirement (PEP 508): Unexpected end of version specifier, expected version
     --> Cargo.toml:4:31
      |
    4 | extra_dependencies = { old = ['tool-kit>'] }
      |                               ^^^^^^^^^^^
    ");
}

#[test]
fn metadata_in_place_of_those_of_a_release() {
    let index = index();
    let repo = repo().index(&index).requirements("app\n");
    let repo = with_settings(
        repo,
        "dependency_metadata = [{ name = 'old', version = '1.0', requires_dist = ['other', \
         \"dep ; extra == 'x'\"], requires_python = '>=3.8', provides_extra = ['x'] }]",
    );
    lock(&repo);
    assert_snapshot!(locked(&repo, "python-default"), @"
    app==1.0
    mid==2.0
    old==1.0
    other==1.0
    ");
    assert_eq!(index.requests("old-1.0.tar.gz"), 0, "it is not built");
    for check in [&["generate-lockfiles", "--check"][..], &["lock", "check"]] {
        done(&repo, check);
    }
    let text = repo.read("python.lock");
    assert!(text.contains("metadata = ["), "{text}");
    lock(&repo);
    done(&repo, &["generate-lockfiles", "--upgrade"]);
    assert_eq!(repo.read("python.lock"), text);

    let repo = with_settings(repo, "dependency_metadata = [{ name = 'old' }]");
    assert_snapshot!(repo.xtask(&["generate-lockfiles", "--check"]), @"
    exit status 1
    ----- stderr
    python-default (python.lock): 4 packages, stale
      `metadata` was `old==1.0[x] requires dep ; extra == 'x', other, Python >=3.8` and is now `old requires nothing`
    hint: run `cargo xtask generate-lockfiles --resolve python-default`
    ");
    lock(&repo);
    assert_snapshot!(locked(&repo, "python-default"), @"
    app==1.0
    mid==2.0
    old==1.0
    ");
    // Metadata of another version are not those of this one.
    let repo = with_settings(
        repo,
        "dependency_metadata = [{ name = 'old', version = '2.0' }]",
    );
    assert!(refused(&repo, &["generate-lockfiles"]).contains("cannot build old-1.0.tar.gz"));
    let repo = with_settings(repo, "dependency_metadata = [{ nme = 'old' }]");
    assert_snapshot!(refused(&repo, &["generate-lockfiles"]), @"
    error: `[build] dependency_metadata`: `nme` is no key here; did you mean `name`?
     --> Cargo.toml:4:32
      |
    4 | dependency_metadata = [{ nme = 'old' }]
      |                                ^^^^^
    ");
}

#[test]
fn wheels_for_one_platform_are_not_wheels_for_all() {
    let index = LoopbackIndex::start([
        Package::new("a", "1.0").wheel("cp312-cp312-win_amd64"),
        Package::new("b", "1.0")
            .wheel("cp312-cp312-win_amd64")
            .sdist(),
        Package::new("c", "1.0"),
    ]);
    for line in ["a\n", "b\n"] {
        let repo = repo().index(&index).requirements(line);
        let message = refused(&repo, &["generate-lockfiles", "--require-wheels"]);
        assert!(message.contains("no file for"), "{message}");
    }
    let repo = repo().index(&index).requirements("c\n");
    done(&repo, &["generate-lockfiles", "--require-wheels"]);
}

#[test]
fn metadata_in_place_of_those_of_a_direct_reference() {
    let index = index();
    let archive = format!("old @ {}\n", index.file_url("old-1.0.tar.gz"));
    let folder = |repo: Repo| {
        let line = format!("old @ file://{}/old ; python_version >= '3'\n", repo.root());
        repo.requirements(&line)
            .file("old/pyproject.toml", "[build-system]\nrequires = []\n")
            .file("old/setup.py", "raise SystemExit('it was built')\n")
    };
    let set =
        "dependency_metadata = [{ name = 'old', version = '1.0', requires_dist = ['other'] }]";
    for repo in [
        repo().index(&index).requirements(&archive),
        folder(repo().index(&index)),
    ] {
        let repo = with_settings(repo, set);
        lock(&repo);
        assert_eq!(locked(&repo, "python-default").lines().count(), 2);
        for check in [&["generate-lockfiles", "--check"][..], &["lock", "check"]] {
            done(&repo, check);
        }
    }
    // A folder tells no version, so they must.
    let repo = folder(repo().index(&index));
    let repo = with_settings(repo, "dependency_metadata = [{ name = 'old' }]");
    assert!(refused(&repo, &["generate-lockfiles"]).contains("cannot build"));
}
