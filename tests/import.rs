//! `import`: takes the pins of other tools' locks.

use insta::assert_snapshot;
use testkit::{LoopbackIndex, Package};

use crate::{done, locked, refused, repo};

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
        "{\"_meta\": {\"hash\": {}}, \"default\": {\"app\": {\"version\": \"==1.0\", \"hashes\": []}, \"own\": {\"path\": \".\"}}, \"develop\": {\"lib\": {\"version\": \"==1.0\", \"markers\": \"python_version >= '3'\"}}}",
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
fn markers_of_others_say_no_more_than_the_lock_needs() {
    let index = index();
    let repo = repo().index(&index).requirements("app\n").file(
        "poetry.lock",
        "[[package]]\nname = \"app\"\nversion = \"1.0\"\nmarkers = \"python_version >= '3.8'\"\n\
         [[package]]\nname = \"lib\"\nversion = \"1.0\"\nmarkers = \"python_version >= '3.8'\"\n\
         [metadata]\nlock-version = \"2.1\"\ncontent-hash = \"0\"\n",
    );
    done(&repo, &["import", "poetry.lock"]);
    let imported = repo.read("python.lock");
    assert!(!imported.contains("marker ="), "{imported}");
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
        .file("some.txt", "app>=1.0\n")
        .file("uv.lock", "version = 1\nrequires-python = \">=3\"\n[[package]]\nname = \"app\"\nversion = \"one\"\n");
    assert_snapshot!(refused(&repo, &["import", "some.txt"]), @"
    error: cannot read the lock: this is not a lock of this tool: it is none of pex, Pants, uv, Poetry, PDM, Pipenv or PEP 751 either, nor does it pin requirements
     --> some.txt:1:1
      |
    1 | app>=1.0
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

/// An index with three versions of `numpy`, each for other Pythons, and a newer one.
fn forked_index() -> LoopbackIndex {
    LoopbackIndex::start([
        Package::new("numpy", "1.24.4").requires_python(">=3.8"),
        Package::new("numpy", "2.0.2").requires_python(">=3.9"),
        Package::new("numpy", "2.2.6").requires_python(">=3.10"),
        Package::new("numpy", "2.3.5").requires_python(">=3.11"),
        Package::new("numpy", "9.0").requires_python(">=3.8"),
        Package::new("app", "1.0").requires("numpy>=1.20"),
        Package::new("win", "1.0"),
        Package::new("win", "2.0"),
        Package::new("win", "3.0"),
    ])
}

/// The versions and markers of a lock made with the pins of another one.
#[track_caller]
fn imported(name: &str, lock: &str) -> String {
    let index = forked_index();
    let settings = "[workspace.metadata.xtask.python]\n\
                    interpreter_constraints = ['CPython>=3.9,<3.13']\n";
    let repo = repo()
        .index(&index)
        .requirements("app\nwin\n")
        .file("Cargo.toml", settings)
        .file(name, lock);
    let output = repo.xtask(&["import", name]);
    assert_eq!(output.status, 0, "{output}");
    let text = repo.read("python.lock");
    let packages = text.split("[[packages]]").skip(1);
    let about = packages.map(|package| {
        let lines = package.lines().filter(|line| {
            ["name", "version", "marker"]
                .iter()
                .any(|key| line.starts_with(&format!("{key} = ")))
        });
        let values = lines.filter_map(|line| line.split_once(" = "));
        let values: Vec<&str> = values.map(|(_, value)| value.trim_matches('"')).collect();
        values.join(" ")
    });
    let lines: Vec<String> = about.collect();
    // What was imported stays.
    let check = repo.xtask(&["generate-lockfiles", "--check"]);
    assert_eq!(check.status, 0, "{check}");
    lines.join("\n")
}

#[test]
fn every_fork_keeps_its_pin() {
    let uv = r#"version = 1
revision = 3
requires-python = ">=3.9, <3.13"
resolution-markers = [
    "python_full_version >= '3.11'",
    "python_full_version == '3.10.*'",
    "python_full_version < '3.10'",
]

[[package]]
name = "app"
version = "1.0"
source = { registry = "https://index.example/simple/" }

[[package]]
name = "numpy"
version = "2.0.2"
source = { registry = "https://index.example/simple/" }
resolution-markers = ["python_full_version < '3.10'"]

[[package]]
name = "numpy"
version = "2.2.6"
source = { registry = "https://index.example/simple/" }
resolution-markers = ["python_full_version == '3.10.*'"]

[[package]]
name = "numpy"
version = "2.3.5"
source = { registry = "https://index.example/simple/" }
resolution-markers = ["python_full_version >= '3.11'"]

[[package]]
name = "win"
version = "1.0"
source = { registry = "https://index.example/simple/" }
"#;
    assert_snapshot!(imported("uv.lock", uv), @"
    app 1.0
    numpy 2.0.2 python_full_version < '3.10'
    numpy 2.2.6 python_full_version == '3.10.*'
    numpy 2.3.5 python_full_version >= '3.11'
    win 1.0
    ");
    let poetry = r#"[[package]]
name = "app"
version = "1.0"

[[package]]
name = "numpy"
version = "1.24.4"
markers = "python_version == \"3.9\""

[[package]]
name = "numpy"
version = "2.2.6"
markers = {main = "python_version == \"3.10\"", dev = "python_version >= \"3.10\" and python_version < \"3.11\""}

[[package]]
name = "numpy"
version = "2.3.5"
markers = "python_version >= \"3.11\""

[[package]]
name = "win"
version = "1.0"
markers = "sys_platform == \"win32\""

[[package]]
name = "win"
version = "2.0"
markers = "sys_platform != \"win32\""

[metadata]
lock-version = "2.1"
content-hash = "0"
"#;
    assert_snapshot!(imported("poetry.lock", poetry), @"
    app 1.0
    numpy 1.24.4 python_full_version == '3.9.*'
    numpy 2.2.6 python_full_version == '3.10.*'
    numpy 2.3.5 python_full_version >= '3.11'
    win 1.0
    ");
    let old_poetry = r#"[[package]]
name = "app"
version = "1.0"
python-versions = ">=3.8"

[package.dependencies]
numpy = [
    {version = ">=1.24,<2", markers = "python_version < \"3.10\""},
    {version = ">=2.2", markers = "python_version >= \"3.10\""},
]

[[package]]
name = "numpy"
version = "1.24.4"
python-versions = ">=3.8"

[[package]]
name = "numpy"
version = "2.2.6"
python-versions = ">=3.10"

[[package]]
name = "win"
version = "2.0"
python-versions = "*"

[metadata]
lock-version = "2.0"
content-hash = "0"
"#;
    assert_snapshot!(imported("poetry.lock", old_poetry), @"
    app 1.0
    numpy 1.24.4 python_full_version < '3.10'
    numpy 2.2.6 python_full_version >= '3.10'
    win 2.0
    ");
    let pdm = r#"[metadata]
lock_version = "4.5.0"

[[package]]
name = "app"
version = "1.0"

[[package]]
name = "numpy"
version = "1.24.4"
marker = "python_version < \"3.11\""

[[package]]
name = "numpy"
version = "2.3.5"
marker = "python_version >= \"3.11\""

[[package]]
name = "win"
version = "1.0"
"#;
    assert_snapshot!(imported("pdm.lock", pdm), @"
    app 1.0
    numpy 1.24.4 python_full_version < '3.11'
    numpy 2.3.5 python_full_version >= '3.11'
    win 1.0
    ");
    let pylock = r#"lock-version = "1.0"
created-by = "x"

[[packages]]
name = "app"
version = "1.0"

[[packages]]
name = "numpy"
version = "2.0.2"
marker = "python_version < '3.11' and sys_platform == 'linux'"

[[packages]]
name = "numpy"
version = "2.0.2"
marker = "python_version < '3.10' and sys_platform != 'linux'"

[[packages]]
name = "numpy"
version = "2.2.6"
marker = "python_version == '3.10' and sys_platform != 'linux'"

[[packages]]
name = "numpy"
version = "2.3.5"
marker = "python_version >= '3.11'"

[[packages]]
name = "win"
version = "1.0"
"#;
    assert_snapshot!(imported("pylock.toml", pylock), @"
    app 1.0
    numpy 2.0.2 python_full_version < '3.10' or (python_full_version == '3.10.*' and sys_platform == 'linux')
    numpy 2.2.6 python_full_version == '3.10.*' and sys_platform != 'linux'
    numpy 2.3.5 python_full_version >= '3.11'
    win 1.0
    ");
}
