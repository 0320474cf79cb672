//! `import`: takes the pins of other tools' locks.

use insta::assert_snapshot;
use testkit::{LoopbackIndex, Package};

use crate::{locked, refused, repo};

fn index() -> LoopbackIndex {
    LoopbackIndex::start([
        Package::new("app", "1.0").requires("lib"),
        Package::new("app", "2.0").requires("lib"),
        Package::new("lib", "1.0"),
        Package::new("lib", "2.0"),
    ])
}

#[track_caller]
fn check(lock: &str) {
    let index = index();
    let repo = repo()
        .index(&index)
        .requirements("app\n")
        .file("other.lock", lock);
    let output = repo.xtask(&["import", "other.lock"]);
    assert_eq!(output.status, 0, "{output}");
    assert_eq!(locked(&repo, "python-default"), "app==1.0\nlib==1.0");
}

#[test]
fn every_format() {
    check(
        "version = 1\nrequires-python = \">=3\"\n[[package]]\nname = \"app\"\nversion = \"1.0\"\n[[package]]\nname = \"lib\"\nversion = \"1.0\"\n",
    );
    check(
        "[[package]]\nname = \"app\"\nversion = \"1.0\"\n[[package]]\nname = \"lib\"\nversion = \"1.0\"\n[metadata]\nlock-version = \"2.1\"\ncontent-hash = \"0\"\n",
    );
    check(
        "[metadata]\nlock_version = \"4.5.0\"\n[[package]]\nname = \"app\"\nversion = \"1.0\"\n[[package]]\nname = \"lib\"\nversion = \"1.0\"\n",
    );
    check(
        "lock-version = \"1.0\"\ncreated-by = \"x\"\n[[packages]]\nname = \"app\"\nversion = \"1.0\"\n[[packages]]\nname = \"lib\"\nversion = \"1.0\"\n",
    );
    check(
        "// Pants\n{\"locked_resolves\": [{\"locked_requirements\": [{\"project_name\": \"App\", \"version\": \"1.0\"}, {\"project_name\": \"lib\", \"version\": \"1.0\"}]}]}\n",
    );
}

#[test]
fn pins_that_do_not_satisfy_are_named() {
    let index = index();
    let repo = repo()
        .index(&index)
        .requirements("app>=2\n")
        .file("pylock.toml", "lock-version = \"1.0\"\n[[packages]]\nname = \"app\"\nversion = \"1.0\"\n[[packages]]\nname = \"lib\"\nversion = \"1.0\"\n[[packages]]\nname = \"unused\"\nversion = \"3.0\"\n");
    assert_snapshot!(repo.xtask(&["import", "pylock.toml"]), @"
    exit status 0
    ----- stderr
    python-default: 2 packages, 1 at the versions of pylock.toml
      ~ app 1.0 -> 2.0 (major)
      - unused 3.0
    ");
}

#[test]
fn a_repository_that_declares_nothing() {
    let index = index();
    let lock =
        "version = 1\nrequires-python = \">=3\"\n[[package]]\nname = \"app\"\nversion = \"1.0\"\n";
    let repo = repo().index(&index).file("uv.lock", lock);
    assert_snapshot!(refused(&repo, &["import", "uv.lock"]), @r#"
    error: nothing is required in `python-default`, so there is no use for the versions of another lock
     |
    hint: declare first what is required: write `python_requirements(name="reqs", source="requirements.txt")` into a file BUILD
    "#);
    let repo = repo.file("pyproject.toml", "[project]\nname = 'x'\n");
    assert_snapshot!(refused(&repo, &["import", "uv.lock"]), @r#"
    error: nothing is required in `python-default`, so there is no use for the versions of another lock
     |
    hint: declare first what is required: write `python_requirements(name="reqs", source="pyproject.toml")` into a file BUILD
    "#);
    let repo = repo.requirements("");
    assert_snapshot!(refused(&repo, &["import", "uv.lock"]), @r#"
    error: cannot lock `python-default`: nothing is required in it, though there is a `python_requirements` target
     --> BUILD:1:1
      |
    1 | python_requirements(name="reqs")
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
    hint: name a requirement where it reads them, or remove the target
    "#);
}

#[test]
fn what_is_no_lock_is_refused() {
    let index = index();
    let repo = repo()
        .index(&index)
        .requirements("app\n")
        .file("some.txt", "app==1.0\n")
        .file("uv.lock", "version = 1\nrequires-python = \">=3\"\n[[package]]\nname = \"app\"\nversion = \"one\"\n");
    assert_snapshot!(refused(&repo, &["import", "some.txt"]), @"
    error: cannot read the lock: this is not a lock of this tool: it is none of pex, Pants, uv, Poetry, PDM or PEP 751 either
     --> some.txt:1:1
      |
    1 | app==1.0
      | ^
    ");
    assert_snapshot!(refused(&repo, &["import", "uv.lock"]), @r#"
    error: cannot read the lock: `version`: expected version to start with a number, but no leading ASCII digits were found
     --> uv.lock:5:11
      |
    5 | version = "one"
      |           ^
    "#);
    assert_snapshot!(refused(&repo, &["import", "no-such.lock"]), @"
    error: cannot read no-such.lock
     |
     = No such file or directory (os error 2)
    ");
}
