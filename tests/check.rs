//! `check`: type checkers, by resolve and interpreter.

use testkit::{LoopbackIndex, Output, Repo};

use crate::fixtures::tools::{self, index};
use crate::lint::look;

/// A repository that mypy checks.
fn repo(index: &LoopbackIndex) -> Option<Repo> {
    let repo = tools::repo(index)?;
    let chosen = "[workspace.metadata.xtask.checks]\ntools = [\"mypy\"]\n";
    repo.write("Cargo.toml", &(repo.read("Cargo.toml") + chosen));
    Some(repo)
}

#[test]
fn a_goal_without_a_tool_is_refused() {
    let index = index();
    let Some(repo) = tools::repo(&index) else {
        return;
    };
    insta::assert_snapshot!(look(&repo, &["check", "::"]), @"
    error: there is nothing to `check` with: the settings choose no type checker
     |
    hint: `backend_packages` in `[GLOBAL]` chooses as for Pants, or `tools` in `[checks]` by name
    exit 1
    ");
    repo.write(
        "Cargo.toml",
        &repo.read("Cargo.toml").replace("pants.backend", "none"),
    );
    insta::assert_snapshot!(look(&repo, &["lint", "::"]), @"

    exit 0
    ");
}

#[test]
fn check_prints_what_a_checker_finds() {
    let index = index();
    let Some(repo) = repo(&index) else { return };
    insta::assert_snapshot!(look(&repo, &["check", "::"]), @"
    ✓ mypy succeeded.
    exit 0
    ");
    repo.write("p/bad.py", "x = 1  # WRONG\n");
    insta::assert_snapshot!(look(&repo, &["check", "::"]), @"
    Partition: ['CPython==[PYTHON]*']
    p/bad.py:1: error: this is wrong  [wrong]
    checked 2 files

    ✕ mypy failed.
    exit 1
    ");
    repo.write(
        "p/BUILD",
        "python_sources(overrides={'bad.py': {'skip_mypy': True}})\n",
    );
    insta::assert_snapshot!(look(&repo, &["check", "::"]), @"
    ✓ mypy succeeded.
    exit 0
    ");
    insta::assert_snapshot!(look(&repo, &["check", "p/bad.py"]), @"
    warning: no file that is named belongs to a target that a tool of `check` is for
    exit 0
    ");
}

#[test]
fn a_stub_stands_for_its_module() {
    let index = index();
    let Some(repo) = repo(&index) else { return };
    repo.write("p/bad.py", "x = 1  # WRONG\n");
    repo.write("p/bad.pyi", "x: int\n");
    insta::assert_snapshot!(look(&repo, &["check", "::"]), @"
    ✓ mypy succeeded.
    exit 0
    ");
}

#[test]
fn code_is_parted_by_resolve_and_sees_what_it_requires() {
    let index = index();
    let Some(repo) = repo(&index) else { return };
    let settings = repo.read("Cargo.toml").replace(
        "python-default = \"python.lock\"\n",
        "python-default = \"python.lock\"\nother = \"other.lock\"\n",
    );
    repo.write("Cargo.toml", &settings);
    repo.write(
        "BUILD",
        "python_requirement(name='lib', requirements=['lib'], resolve='other')\n",
    );
    repo.write("src/q/BUILD", "python_sources(resolve='other')\n");
    repo.write("src/q/user.py", "import lib\n");
    crate::lock(&repo);
    insta::assert_snapshot!(look(&repo, &["check", "::"]), @"
    ✓ mypy succeeded.
    exit 0
    ");
    insta::assert_snapshot!(look(&repo, &["--mypy-args=--show", "check", "::"]), @"
    Partition: other, ['CPython==[PYTHON]*']
    MYPYPATH src 1 versions 1 files
    checked 1 files
    Partition: python-default, ['CPython==[PYTHON]*']
    MYPYPATH . 1 versions 2 files
    checked 2 files

    ✕ mypy failed.
    exit 1
    ");
    let shown = look(
        &repo,
        &["--mypy-args=--python-version=3.1 --show", "check", "src::"],
    );
    insta::assert_snapshot!(shown, @"
    Partition: ['CPython==[PYTHON]*']
    MYPYPATH src 1 versions 1 files
    checked 1 files

    ✕ mypy failed.
    exit 1
    ");
}

#[test]
fn two_runs_do_not_use_one_cache_at_the_same_time() {
    let index = index();
    let Some(repo) = repo(&index) else { return };
    let running = [repo.start(&["check", "::"]), repo.start(&["check", "::"])];
    let ended: Vec<Output> = running.into_iter().map(testkit::Running::wait).collect();
    for output in &ended {
        assert_eq!(output.status, 0, "{output}");
    }
}

#[test]
fn a_cache_that_is_damaged_is_made_anew() {
    let index = index();
    let Some(repo) = repo(&index) else { return };
    repo.write("p/bad.py", "x = 1  # WRONG\n");
    look(&repo, &["check", "::"]);
    let mut folders = vec![repo.cache().join("cargo-xtask/tools-1")];
    let mut caches = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in folder.read_dir_utf8().unwrap().flatten() {
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.into_path());
            }
        }
        if folder.as_str().contains("/mypy/") {
            caches.push(folder);
        }
    }
    for folder in &caches {
        fs_err::write(folder.join("damaged"), "").unwrap();
    }
    assert!(!caches.is_empty());
    insta::assert_snapshot!(look(&repo, &["check", "::"]), @"
    warning: mypy broke, and is run again with an empty cache
    Partition: ['CPython==[PYTHON]*']
    p/bad.py:1: error: this is wrong  [wrong]
    checked 2 files

    ✕ mypy failed.
    exit 1
    ");
}

#[test]
fn a_daemon_is_asked_on_request() {
    let index = index();
    let Some(repo) = repo(&index) else { return };
    repo.write("p/bad.py", "x = 1  # WRONG\n");
    insta::assert_snapshot!(look(&repo, &["check", "--daemon", "::"]), @"
    Partition: ['CPython==[PYTHON]*']
    the daemon is asked
    p/bad.py:1: error: this is wrong  [wrong]
    checked 2 files

    ✕ mypy failed.
    exit 1
    ");
}

#[test]
fn more_files_than_a_command_line_holds_are_one_process() {
    let index = index();
    let Some(repo) = repo(&index) else { return };
    for number in 0..9_000 {
        let name = format!("many/a_folder_with_a_long_name/a_module_with_a_long_name_{number}.py");
        repo.write(&name, "");
    }
    repo.write("many/a_folder_with_a_long_name/BUILD", "python_sources()\n");
    let said = look(&repo, &["--mypy-args=--show", "check", "many::"]);
    assert!(said.contains("checked 9000 files"), "{said}");
}

/// The line of `--stats` that says what ran.
fn ran(repo: &Repo, arguments: &[&str]) -> String {
    let output = repo.xtask(arguments);
    let lines = output.stderr.lines();
    let line = lines
        .filter(|line| line.starts_with("actions:"))
        .collect::<Vec<_>>();
    format!("{} exit {}", line.join(" "), output.status)
}

#[test]
fn what_was_clean_is_not_checked_again_until_something_it_reaches_changes() {
    let index = index();
    let Some(repo) = repo(&index) else { return };
    repo.write("p/bad.py", "from p.good import x\n");
    repo.write("mypy.ini", "[mypy]\nplugins = tools/plugin.py\n");
    repo.write("tools/plugin.py", "");
    let check = |more: &[&str]| ran(&repo, &[&["check", "--stats", "p/bad.py"], more].concat());
    insta::assert_snapshot!(check(&[]), @"actions: 1 run here exit 0");
    insta::assert_snapshot!(check(&[]), @"actions: 1 from the cache of this machine exit 0");
    insta::assert_snapshot!(check(&["--force"]), @"actions: 1 run here exit 0");
    for (path, text) in [
        ("p/good.py", "x = \"b\"\n"),
        (
            "mypy.ini",
            "[mypy]\nplugins = tools/plugin.py\nstrict = True\n",
        ),
        ("tools/plugin.py", "# other\n"),
    ] {
        repo.write(path, text);
        assert_eq!(check(&[]), "actions: 1 run here exit 0", "{path}");
    }
    repo.write("p/unrelated.py", "");
    insta::assert_snapshot!(check(&[]), @"actions: 1 from the cache of this machine exit 0");
    repo.write("p/bad.py", "x = 1  # WRONG\n");
    insta::assert_snapshot!(check(&[]), @"actions: 1 run here, 1 failed exit 1");
    insta::assert_snapshot!(check(&[]), @"actions: 1 run here, 1 failed exit 1");
}

#[test]
fn what_was_clean_elsewhere_is_not_checked_here() {
    let index = index();
    let team = tempfile::tempdir().unwrap();
    let machine = || {
        let repo = repo(&index)?
            .env("PANTS_REMOTE_PROVIDER", "experimental-file")
            .env(
                "PANTS_REMOTE_STORE_ADDRESS",
                &format!("file://{}", team.path().display()),
            )
            .env("PANTS_REMOTE_CACHE_READ", "true")
            .env("PANTS_REMOTE_CACHE_WRITE", "true")
            .env("PANTS_SESSION_END_TASKS_TIMEOUT", "30");
        Some(repo)
    };
    let (Some(one), Some(other)) = (machine(), machine()) else {
        return;
    };
    let check = |repo: &Repo| ran(repo, &["check", "--stats", "::"]);
    insta::assert_snapshot!(check(&one), @"actions: 1 run here exit 0");
    insta::assert_snapshot!(check(&other), @"actions: 1 from the shared cache exit 0");
    // A module that no target has may be all that makes it clean.
    for repo in [&one, &other] {
        repo.write("q/BUILD", "python_sources(sources=['ours.py'])\n");
        repo.write("q/ours.py", "from q.stray import x\n");
    }
    one.write("q/stray.py", "");
    insta::assert_snapshot!(check(&one), @"actions: 1 run here exit 0");
    insta::assert_snapshot!(check(&other), @"actions: 1 run here exit 0");
}

#[test]
fn lint_looks_at_the_same_files_once() {
    let index = index();
    let Some(repo) = repo(&index) else { return };
    let lint = |more: &[&str]| ran(&repo, &[&["lint", "--stats", "p/good.py"], more].concat());
    insta::assert_snapshot!(lint(&[]), @"actions: 2 run here exit 0");
    insta::assert_snapshot!(lint(&[]), @"actions: 2 from the cache of this machine exit 0");
    repo.write("pyproject.toml", "[tool.black]\nline-length = 30\n");
    insta::assert_snapshot!(lint(&[]), @"actions: 1 run here, 1 from the cache of this machine exit 0");
    insta::assert_snapshot!(lint(&["--no-cache"]), @"actions: 2 run here exit 0");
}
