//! `lint`: which tools run on which files, what is printed, exit codes, bad input.

use testkit::{LoopbackIndex, Repo};

use crate::fixtures::tools::{index, repo};

/// What a command prints, and its exit code.
pub(crate) fn answer(repo: &Repo, arguments: &[&str]) -> String {
    let output = repo.xtask(arguments);
    assert_eq!(output.stdout, "", "the tools' words go to stderr");
    let said = crate::fixtures::environments::said(&output);
    format!("{}\nexit {}", said.trim(), output.status)
}

/// The same for what must not change a file.
pub(crate) fn look(repo: &Repo, arguments: &[&str]) -> String {
    let before = repo.snapshot();
    let answer = answer(repo, arguments);
    assert!(before == repo.snapshot(), "a file was touched");
    answer
}

#[test]
fn lint_says_what_each_tool_finds_and_changes_nothing() {
    let index = index();
    let Some(repo) = repo(&index) else { return };
    insta::assert_snapshot!(look(&repo, &["lint", "::"]), @"
    would reformat p/bad.py
    Partition: ['CPython==[PYTHON]*']
    p/bad.py:1:1: F401 'os' imported but unused

    ✕ black failed.
    ✕ flake8 failed.

    (One or more formatters failed. Run `cargo xtask fmt` to fix.)
    exit 1
    ");
    insta::assert_snapshot!(look(&repo, &["lint", "p/good.py"]), @"
    ✓ black succeeded.
    ✓ flake8 succeeded.
    exit 0
    ");
    insta::assert_snapshot!(look(&repo, &["lint", "--only=flake8", "::"]), @"
    Partition: ['CPython==[PYTHON]*']
    p/bad.py:1:1: F401 'os' imported but unused

    ✕ flake8 failed.
    exit 1
    ");
    insta::assert_snapshot!(look(&repo, &["--lint-only=['black']", "lint", "p/good.py"]), @"
    ✓ black succeeded.
    exit 0
    ");
    insta::assert_snapshot!(look(&repo, &["lint", "--skip-formatters", "::", "-p/bad.py"]), @"
    ✓ flake8 succeeded.
    exit 0
    ");
    insta::assert_snapshot!(look(&repo, &["--black-skip", "--flake8-skip", "lint", "::"]), @"

    exit 0
    ");
    let quiet = look(&repo, &["--level=error", "lint", "::"]);
    assert!(
        quiet.contains("F401") && quiet.contains("✕ flake8 failed."),
        "{quiet}"
    );
}

#[test]
fn what_is_not_for_a_tool_is_not_given_to_it() {
    let index = index();
    let Some(repo) = repo(&index) else { return };
    repo.write(
        "p/BUILD",
        "python_sources(skip_flake8=True, overrides={'bad.py': {'skip_black': True}})\n",
    );
    repo.write("p/unowned.txt", "x\n");
    repo.write("q/unowned.py", "x = 'a'\n");
    insta::assert_snapshot!(look(&repo, &["lint", "::"]), @"
    ✓ black succeeded.
    exit 0
    ");
    insta::assert_snapshot!(look(&repo, &["lint", "q::"]), @"

    exit 0
    ");
    insta::assert_snapshot!(look(&repo, &["lint", "p/unowned.txt"]), @"
    warning: no file that is named belongs to a target that a tool of `lint` is for
    exit 0
    ");
    insta::assert_snapshot!(look(&repo, &["lint"]), @"
    warning: no targets are named, so that `lint` does nothing: `::` names all, `dir::` those in `dir` and below
    exit 0
    ");
    insta::assert_snapshot!(look(&repo, &["lint", "p/none.py"]), @"
    error: `p/none.py` names no target: there is no file or folder `p/none.py`
    exit 1
    ");
}

#[test]
fn a_filter_holds_for_what_a_generator_stands_for() {
    let index = index();
    let Some(repo) = repo(&index) else { return };
    let build = "python_sources(overrides={'bad.py': {'tags': ['slow']}})\n";
    repo.write("p/BUILD", build);
    let clean = "✓ flake8 succeeded.\nexit 0";
    for filter in [
        "--tag=-slow",
        "--filter-address-regex=-bad",
        "--filter-tag-regex=-^sl",
    ] {
        for spec in ["::", "p:", "p:p"] {
            let answer = look(&repo, &[filter, "lint", "--only=flake8", spec]);
            assert_eq!(answer, clean, "{filter} {spec}");
        }
    }
    let answer = look(
        &repo,
        &[
            "lint",
            "--only=flake8",
            "--filter-target-type=python_sources",
            "::",
        ],
    );
    assert!(answer.contains("✕ flake8 failed."), "{answer}");
}

#[test]
fn misuse_has_its_own_exit_code() {
    let index = index();
    let Some(repo) = repo(&index) else { return };
    insta::assert_snapshot!(look(&repo, &["lint", "--only=flake", "::"]), @"
    error: `lint` has no tool `flake`
     |
    hint: did you mean `flake8`?
    exit 2
    ");
    insta::assert_snapshot!(look(&repo, &["--flake8-args=--nosuch", "--black-args=--nosuch", "lint", "::"]), @"
    no such option: --nosuch
    Partition: ['CPython==[PYTHON]*']
    unrecognized arguments: --nosuch

    ✕ black failed.
    ✕ flake8 failed.
    exit 2
    ");
    insta::assert_snapshot!(look(&repo, &["--black-config=nosuch.toml", "lint", "::"]), @"
    Partition: ['CPython==[PYTHON]*']
    p/bad.py:1:1: F401 'os' imported but unused
    error: there is no file `nosuch.toml`, which `[black] config` names
    exit 2
    ");
    insta::assert_snapshot!(look(&repo, &["--black-args=\"x", "lint", "::"]), @r#"
    error: `[black] args`: `"x` has a quote that does not end
     --> the command line:1:14
      |
    1 | --black-args="x
      |              ^^
    exit 2
    "#);
    insta::assert_snapshot!(look(&repo, &["check", "::"]), @"
    error: there is nothing to `check` with: the settings choose no type checker
     |
    hint: `backend_packages` in `[GLOBAL]` chooses as for Pants, or `tools` in `[checks]` by name
    exit 1
    ");
}

#[test]
fn what_a_tool_that_succeeds_warns_of_is_told_each_time() {
    let index = index();
    let Some(repo) = repo(&index) else { return };
    let chosen = "[workspace.metadata.xtask.checks]\ntools = [\"ruff-check\"]\n";
    repo.write("Cargo.toml", &(repo.read("Cargo.toml") + chosen));
    repo.write("p/good.py", "x = \"a\"  # warn\n");
    let first = look(&repo, &["lint", "--only=ruff-check", "::"]);
    insta::assert_snapshot!(first, @"
    p/good.py:1:1: W1 this is warned of

    ✓ ruff check succeeded.
    exit 0
    ");
    assert_eq!(look(&repo, &["lint", "--only=ruff-check", "::"]), first);
    let output = repo.xtask(&["lint", "--only=ruff-check", "--output-format=json", "::"]);
    assert!(output.stdout.contains("this is warned of"), "{output}");
    let version = ["lint", "--only=flake8", "p/good.py", "--", "--version"];
    insta::assert_snapshot!(look(&repo, &version), @"
    Partition: ['CPython==[PYTHON]*']
    flake8 7.1.1 of the tests

    ✓ flake8 succeeded.
    exit 0
    ");
}

#[test]
fn a_backend_that_brings_no_tool_is_named() {
    let index = index();
    let Some(repo) = repo(&index) else { return };
    let settings = repo.read("Cargo.toml");
    repo.write("Cargo.toml", &settings.replace("lint.black", "lint.blak"));
    insta::assert_snapshot!(look(&repo, &["lint", "p/good.py"]), @"
    warning: `lint` has no tool for `pants.backend.python.lint.blak` of `backend_packages` (did you mean `pants.backend.python.lint.black`?)

    ✓ flake8 succeeded.
    exit 0
    ");
    repo.write(
        "Cargo.toml",
        &settings.replace("lint.black", "lint.pydocstyle"),
    );
    insta::assert_snapshot!(look(&repo, &["lint", "p/good.py"]), @"
    warning: `lint` has no tool for `pants.backend.python.lint.pydocstyle` of `backend_packages` (`[checks.own.NAME]` adds a tool)

    ✓ flake8 succeeded.
    exit 0
    ");
}

#[test]
fn what_a_plug_in_of_the_repository_finds_follows_its_code() {
    let index = index();
    let Some(repo) = repo(&index) else { return };
    let plugins = "[workspace.metadata.xtask.flake8]\nsource_plugins = [\"plugins\"]\n";
    let settings = repo.read("Cargo.toml").replace("/src", "/plugins");
    repo.write("Cargo.toml", &(settings + plugins));
    repo.write("plugins/BUILD", "python_sources()\n");
    repo.write("plugins/team_plugin.py", "from word import WORD\n");
    repo.write("plugins/word.py", "WORD = \"nowhere\"\n");
    insta::assert_snapshot!(look(&repo, &["lint", "--only=flake8", "p::"]), @"
    ✓ flake8 succeeded.
    exit 0
    ");
    repo.write("plugins/word.py", "WORD = \"x =\"\n");
    insta::assert_snapshot!(look(&repo, &["lint", "--only=flake8", "p::"]), @"
    Partition: ['CPython==[PYTHON]*']
    p/bad.py:1:1: F401 'os' imported but unused
    p/good.py:1:1: F401 'os' imported but unused

    ✕ flake8 failed.
    exit 1
    ");
}

#[test]
fn a_tool_that_breaks_says_so_in_its_own_words() {
    let index = index();
    let Some(repo) = repo(&index) else { return };
    repo.write("p/bad.py", "CRASH = 1\n");
    let crashed = look(&repo, &["lint", "--only=flake8", "::"]);
    assert!(crashed.contains("RuntimeError: crashed"), "{crashed}");
    assert!(
        crashed.ends_with("flake8 broke: its exit code is 1\n\n✕ flake8 failed.\nexit 3"),
        "{crashed}"
    );
    repo.write("p/bad.py", "KILL = 1\n");
    insta::assert_snapshot!(look(&repo, &["lint", "--only=flake8", "::"]), @"
    Partition: ['CPython==[PYTHON]*']

    flake8 was ended by a signal

    ✕ flake8 failed.
    exit 3
    ");
}

#[test]
fn a_linter_that_writes_is_undone() {
    let index = index();
    let Some(repo) = repo(&index) else { return };
    repo.write("p/bad.py", "REWRITE = 1\n");
    insta::assert_snapshot!(look(&repo, &["lint", "::"]), @"
    error: a tool changed p/bad.py, which `lint` must not; the files are as they were before
     |
    hint: remove what makes it write from its arguments or its configuration, or use `cargo xtask fix`
    exit 1
    ");
}

#[test]
fn a_tool_that_is_not_where_the_settings_say() {
    let index = index();
    let Some(repo) = repo(&index) else { return };
    let settings = repo.read("Cargo.toml");
    repo.write("requirements.txt", "black\n");
    repo.write("BUILD", "python_requirements(name='reqs')\n");
    crate::lock(&repo);
    let with = |more: &str| repo.write("Cargo.toml", &format!("{settings}{more}"));
    with("[workspace.metadata.xtask.flake8]\ninstall_from_resolve = \"python-default\"\n");
    insta::assert_snapshot!(look(&repo, &["lint", "--only=flake8", "::"]), @"
    error: the resolve `python-default`, which `[flake8] install_from_resolve` names, has no program `flake8`
     |
    hint: add `flake8` to its requirements, then `cargo xtask generate-lockfiles --resolve python-default`
    exit 1
    ");
    with(
        "[workspace.metadata.xtask.flake8]\ninstall_from_resolve = \"python-default\"\nrequirements = [\"flake8\"]\n",
    );
    insta::assert_snapshot!(look(&repo, &["lint", "--only=flake8", "::"]), @"
    error: `[flake8] requirements` names flake8, which the resolve `python-default` does not have
     |
    hint: add it to the requirements of `python-default`, then `cargo xtask generate-lockfiles --resolve python-default`
    exit 1
    ");
    insta::assert_snapshot!(look(&repo, &["--flake8-install-from-resolve=tools", "lint", "::"]), @"
    would reformat p/bad.py
    error: there is no resolve `tools`, which `[flake8] install_from_resolve` names
     |
    hint: there are `python-default`
    exit 1
    ");
    with("[workspace.metadata.xtask.checks]\ntools = [\"blak\"]\n");
    insta::assert_snapshot!(look(&repo, &["lint", "::"]), @"
    error: there is no tool `blak`
    --> Cargo.toml
     |
    hint: did you mean `black`?
    exit 1
    ");
    with("[workspace.metadata.xtask.checks]\nsearch_path = [\"none\"]\n");
    insta::assert_snapshot!(look(&repo, &["lint", "--only=flake8", "::"]), @"
    error: there is no program `flake8` in the folders of `[checks] search_path`
    --> Cargo.toml
     |
    hint: install flake8, or name the resolve that has it: `install_from_resolve` in `[flake8]`
    exit 1
    ");
    with("[workspace.metadata.xtask.black]\ninstall_from_resolve = \"python-default\"\n");
    insta::assert_snapshot!(look(&repo, &["lint", "--only=black", "p/good.py"]), @"
    ✓ black succeeded.
    exit 0
    ");
}

#[test]
fn a_configuration_with_an_error_is_told() {
    let index = index();
    let Some(repo) = repo(&index) else { return };
    repo.write("p/bad.py", "");
    repo.write(".flake8", "[flake8]\nextend-ignore = BROKEN\n");
    let said = look(&repo, &["lint", "--only=flake8", "::"]);
    let end = "does not match\nflake8 broke: its exit code is 1\n\n✕ flake8 failed.\nexit 3";
    assert!(said.ends_with(end), "{said}");
    // A tool that goes on all the same says it each time.
    repo.write("pyproject.toml", "[tool.black]\nnosuch = 1\n");
    let told = look(&repo, &["lint", "--only=black", "::"]);
    insta::assert_snapshot!(told, @"
    warning: black: Invalid config keys detected: 'nosuch' (in pyproject.toml)

    ✓ black succeeded.
    exit 0
    ");
    assert_eq!(look(&repo, &["lint", "--only=black", "::"]), told);
    insta::assert_snapshot!(answer(&repo, &["fmt", "::"]), @"
    warning: black: Invalid config keys detected: 'nosuch' (in pyproject.toml)

    ✓ black made no changes.
    exit 0
    ");
}

#[test]
fn a_file_that_is_deleted_between_listing_and_running_is_no_finding() {
    let index = index();
    let Some(repo) = repo(&index) else { return };
    repo.write("p/a.py", "DELETE = 1\n");
    insta::assert_snapshot!(answer(&repo, &["lint", "--only=flake8", "::"]), @"
    ✓ flake8 succeeded.
    exit 0
    ");
    assert!(!repo.root().join("p/bad.py").exists());
    repo.write("p/bad.py", "x = 'a'\n");
    insta::assert_snapshot!(answer(&repo, &["fmt", "::"]), @"
    ✓ black made no changes.
    exit 0
    ");
    assert!(!repo.root().join("p/bad.py").exists());
}

#[test]
fn a_tool_is_given_again_only_files_that_may_have_findings() {
    let index = index();
    let Some(repo) = repo(&index) else { return };
    repo.write("p/bad.py", "");
    let log = repo.cache().join("given");
    let row = format!(
        "[workspace.metadata.xtask.checks.own.mine]\nkind = \"linter\"\nrequirements = [\"black==24.10.0\"]\n\
         program = \"black\"\ntargets = [\"python_source\"]\nby_file = true\ncheck = [\"--check\", \"--log={log}\"]\n\
         config_files = [\"pyproject.toml\"]\n"
    );
    repo.write("Cargo.toml", &(repo.read("Cargo.toml") + &row));
    let given = |more: &[&str]| {
        look(&repo, &[&["lint", "--only=mine", "::"], more].concat());
        let given = fs_err::read_to_string(&log).unwrap_or_default();
        fs_err::write(&log, "").unwrap();
        given.trim().to_owned()
    };
    assert_eq!(given(&[]), "p/bad.py p/good.py");
    assert_eq!(given(&[]), "");
    repo.write("p/good.py", "x = 1\n");
    assert_eq!(given(&[]), "p/good.py");
    // What has findings is given again, and nothing else.
    repo.write("p/bad.py", "x = 'a'\n");
    for _ in 0..2 {
        assert_eq!(given(&[]), "p/bad.py");
    }
    assert_eq!(given(&["--force"]), "p/bad.py p/good.py");
    assert_eq!(given(&["--no-cache"]), "p/bad.py p/good.py");
    repo.write("p/bad.py", "");
    assert_eq!(given(&[]), "");
    // Another name in the folder, and another configuration, may matter for all.
    repo.write("p/__init__.py", "");
    assert_eq!(given(&[]), "p/__init__.py p/bad.py p/good.py");
    repo.write("pyproject.toml", "[tool.black]\nskip = ['p/good.py']\n");
    assert_eq!(given(&[]), "p/__init__.py p/bad.py p/good.py");
    assert_eq!(given(&[]), "");
    repo.write("p/good.py", "x = 4\n");
    assert_eq!(given(&[]), "p/good.py");
    for path in clean_files(&repo) {
        fs_err::write(path, "{\"p/good.py\":").unwrap();
    }
    repo.write("p/good.py", "x = 3\n");
    assert_eq!(given(&[]), "p/__init__.py p/bad.py p/good.py");
}

/// The files in which it is kept what was clean.
fn clean_files(repo: &Repo) -> Vec<camino::Utf8PathBuf> {
    let (mut folders, mut found) = (vec![repo.cache().to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in folder.read_dir_utf8().unwrap().flatten() {
            match entry.file_type().unwrap().is_dir() {
                true => folders.push(entry.into_path()),
                false if entry.file_name().starts_with("clean-") => found.push(entry.into_path()),
                false => {}
            }
        }
    }
    assert!(!found.is_empty());
    found
}

#[test]
fn odd_names_and_many_files() {
    let index = index();
    let Some(repo) = repo(&index) else { return };
    repo.write("p/-bad name.py", "import os\n");
    repo.write("p/two\nlines.py", "import os\n");
    insta::assert_snapshot!(look(&repo, &["lint", "--only=flake8", "::"]), @"
    Partition: ['CPython==[PYTHON]*']
    p/-bad name.py:1:1: F401 'os' imported but unused
    p/bad.py:1:1: F401 'os' imported but unused
    p/two
    lines.py:1:1: F401 'os' imported but unused

    ✕ flake8 failed.
    exit 1
    ");
    for number in 0..30_000 {
        repo.write(
            &format!("many/a_folder_with_a_long_name/a_module_with_a_long_name_{number}.py"),
            "",
        );
    }
    repo.write("many/a_folder_with_a_long_name/BUILD", "python_sources()\n");
    insta::assert_snapshot!(look(&repo, &["--flake8-args=--count", "lint", "--only=flake8", "many::"]), @"
    Partition: ['CPython==[PYTHON]*']
    7095
    7095
    7095
    7180
    1535

    ✕ flake8 failed.
    exit 1
    ");
}

#[test]
fn files_that_no_target_owns_may_be_a_tool_s() {
    let index = index();
    let Some(repo) = repo(&index) else { return };
    let chosen = "[workspace.metadata.xtask.checks]\ntools = [\"yamllint\"]\n";
    repo.write("Cargo.toml", &(repo.read("Cargo.toml") + chosen));
    repo.write("p/a.yml", "");
    repo.write("q/b.yaml", "");
    let lint = |specs: &[&str]| look(&repo, &[&["lint", "--only=yamllint"], specs].concat());
    insta::assert_snapshot!(lint(&["::"]), @"
    p/a.yml q/b.yaml

    ✕ yamllint failed.
    exit 1
    ");
    insta::assert_snapshot!(lint(&["p::"]), @"
    p/a.yml

    ✕ yamllint failed.
    exit 1
    ");
    insta::assert_snapshot!(lint(&["q/b.yaml"]), @"
    q/b.yaml

    ✕ yamllint failed.
    exit 1
    ");
    crate::git(&repo, &["init", "--quiet"]);
    crate::commit(&repo, "first");
    repo.write("q/b.yaml", "a: 1\n");
    insta::assert_snapshot!(lint(&["--changed-since=HEAD"]), @"
    q/b.yaml

    ✕ yamllint failed.
    exit 1
    ");
}

/// A repository that has projects in place of BUILD files and of settings, but for where Python is.
fn of_projects(index: &LoopbackIndex, projects: &[(&str, &str)]) -> Option<Repo> {
    let repo = repo(index)?;
    let settings = repo.read("Cargo.toml");
    let value = |key: &str| {
        let (_, rest) = settings.split_once(&format!("{key} = [\"")).unwrap();
        rest.split('"').next().unwrap().to_owned()
    };
    let python = value("interpreter_constraints").replace("CPython", "");
    let own = format!(
        "[tool.xtask.python-bootstrap]\nsearch_path = [\"{}\"]\n",
        value("search_path")
    );
    fs_err::remove_file(repo.root().join("Cargo.toml")).unwrap();
    fs_err::remove_dir_all(repo.root().join("p")).unwrap();
    repo.write("pyproject.toml", &own);
    for (path, text) in projects {
        let own = if *path == "pyproject.toml" { &*own } else { "" };
        repo.write(path, &(text.replace("PYTHON", &python) + own));
    }
    Some(repo)
}

#[test]
fn a_uv_workspace_is_linted_with_the_tools_of_its_lock() {
    let index = index();
    let projects = [
        (
            "pyproject.toml",
            "[project]\nname = \"top\"\nversion = \"1\"\nrequires-python = \"PYTHON\"\n\
             [dependency-groups]\ndev = [\"black\", \"flake8\"]\n\
             [tool.uv.workspace]\nmembers = [\"libs/*\"]\n",
        ),
        (
            "libs/core/pyproject.toml",
            "[project]\nname = \"core\"\nversion = \"1\"\n",
        ),
        ("libs/core/src/core/good.py", "x = \"a\"\n"),
        ("libs/core/src/core/bad.py", "import os\nx = 'a'\n"),
        ("libs/core/tests/test_core.py", "import core\n"),
    ];
    let Some(repo) = of_projects(&index, &projects) else {
        return;
    };
    insta::assert_snapshot!(look(&repo, &["lint", "::"]), @"
    error: cannot export `python-default`: there is no lock
    --> python.lock
     |
    hint: run `cargo xtask generate-lockfiles --resolve python-default`
    exit 1
    ");
    crate::lock(&repo);
    insta::assert_snapshot!(look(&repo, &["lint", "::"]), @"
    would reformat libs/core/src/core/bad.py
    Partition: ['CPython==[PYTHON]*']
    libs/core/src/core/bad.py:1:1: F401 'os' imported but unused

    ✕ black failed.
    ✕ flake8 failed.

    (One or more formatters failed. Run `cargo xtask fmt` to fix.)
    exit 1
    ");
    insta::assert_snapshot!(look(&repo, &["lint", "libs/core/tests::"]), @"
    ✓ black succeeded.
    ✓ flake8 succeeded.
    exit 0
    ");
    insta::assert_snapshot!(answer(&repo, &["fmt", "::"]), @"
    black changed:
      libs/core/src/core/bad.py

    + black made changes.
    exit 0
    ");
    assert_eq!(
        repo.read("libs/core/src/core/bad.py"),
        "import os\nx = \"a\"\n"
    );
    insta::assert_snapshot!(look(&repo, &["lint", "--only=black", "::"]), @"
    ✓ black succeeded.
    exit 0
    ");
    insta::assert_snapshot!(look(&repo, &["check", "::"]), @"
    error: there is nothing to `check` with: the settings choose no type checker
     |
    hint: `backend_packages` in `[GLOBAL]` chooses as for Pants, or `tools` in `[checks]` by name
    exit 1
    ");
}

#[test]
fn projects_of_poetry_are_linted_with_the_tools_of_their_locks() {
    let index = index();
    let poetry = |name: &str, group: &str| {
        format!(
            "[tool.poetry]\nname = \"{name}\"\nversion = \"1\"\n[tool.poetry.dependencies]\npython = \"PYTHON\"\n\
             [tool.poetry.group.dev.dependencies]\n{group}\n"
        )
    };
    let (web, job) = (
        poetry("web", "flake8 = \"*\""),
        poetry("job", "mypy = \"*\""),
    );
    let projects = [
        ("apps/web/pyproject.toml", &*web),
        ("apps/web/poetry.lock", ""),
        ("apps/web/web/bad.py", "import os\n"),
        ("apps/job/pyproject.toml", &*job),
        ("apps/job/poetry.lock", ""),
        ("apps/job/job.py", "import os  # WRONG\n"),
    ];
    let Some(repo) = of_projects(&index, &projects) else {
        return;
    };
    crate::lock(&repo);
    insta::assert_snapshot!(look(&repo, &["lint", "::"]), @"
    Partition: ['CPython==[PYTHON]*']
    apps/job/job.py:1:1: F401 'os' imported but unused
    apps/web/web/bad.py:1:1: F401 'os' imported but unused

    ✕ flake8 failed.
    exit 1
    ");
    insta::assert_snapshot!(look(&repo, &["check", "::"]), @"
    Partition: job, ['CPython==[PYTHON]*']
    apps/job/job.py:1: error: this is wrong  [wrong]
    checked 1 files

    ✕ mypy failed.
    exit 1
    ");
}
