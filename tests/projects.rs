//! Repositories without BUILD files: their projects say what there is.

use insta::assert_snapshot;
use testkit::{LoopbackIndex, Package, Repo};

use crate::{done, locked, refused, repo};

pub(crate) fn index() -> LoopbackIndex {
    LoopbackIndex::start([
        Package::new("attrs", "23.1"),
        Package::new("attrs", "24.1"),
        Package::new("click", "8.0"),
        Package::new("click", "8.1"),
        Package::new("colour", "1.0"),
        Package::new("tool", "1.0").requires("click"),
    ])
}

/// A repository that has no settings of ours.
pub(crate) fn bare(index: &LoopbackIndex) -> Repo {
    let repo = repo().index(index);
    fs_err::remove_file(repo.root().join("Cargo.toml")).unwrap();
    repo
}

/// A uv workspace of a root and two members.
pub(crate) fn uv_workspace(index: &LoopbackIndex) -> Repo {
    bare(index)
        .file(
            "pyproject.toml",
            "[project]\nname = \"top\"\nversion = \"1\"\nrequires-python = \">=3.12,<3.13\"\ndependencies = [\"acme-core\"]\n\
             [dependency-groups]\ndev = [{ include-group = \"test\" }, \"tool\"]\ntest = [\"click\"]\n\
             [tool.uv]\nconstraint-dependencies = [\"click<8.1\"]\n\
             [tool.uv.workspace]\nmembers = [\"libs/*\"]\nexclude = [\"libs/old\"]\n\
             [tool.uv.sources]\nacme-core = { workspace = true }\n",
        )
        .file(
            "libs/core/pyproject.toml",
            "[project]\nname = \"acme-core\"\nversion = \"1\"\ndependencies = [\"attrs>=23\"]\n\
             [project.optional-dependencies]\ncolour = [\"colour ; sys_platform == 'win32'\"]\n",
        )
        .file("libs/core/src/acme_core/__init__.py", "import attrs\nNAME = 'core'\n")
        .file("libs/core/tests/test_core.py", "import acme_core\n")
        .file(
            "libs/web/pyproject.toml",
            "[project]\nname = \"acme-web\"\nversion = \"1\"\ndependencies = [\"acme-core[colour]\", \"attrs<24\"]\n\
             [tool.uv.sources]\nacme-core = { workspace = true }\n",
        )
        .file("libs/web/acme_web/__init__.py", "")
        .file("libs/web/acme_web/app.py", "import acme_core, attrs\nprint(acme_core.NAME)\n")
        .file("libs/old/pyproject.toml", "[project]\nname = \"old\"\ndependencies = [\"nosuch\"]\n")
}

#[test]
fn a_uv_workspace_is_locked_listed_and_run() {
    let index = index();
    let repo = uv_workspace(&index);
    assert_snapshot!(done(&repo, &["generate-lockfiles"]), @"
    exit status 0
    ----- stderr
    python-default (python.lock): 4 packages, written
      + attrs 23.1  (the requirement `attrs<24` is new)
      + click 8.0  (the requirement `click` is new)
      + colour 1.0 where sys_platform == 'win32'  (the requirement `colour ; sys_platform == 'win32'` is new)
      + tool 1.0  (the requirement `tool` is new)
    ");
    assert_snapshot!(locked(&repo, "python-default"), @"
    attrs==23.1
    click==8.0
    colour==1.0 ; sys_platform == 'win32'
    tool==1.0
    ");
    assert_snapshot!(done(&repo, &["list", "::"]), @"
    exit status 0
    ----- stdout
    //:_python-default_lockfile
    //:reqs
    //:reqs#click
    //:reqs#tool
    //pyproject.toml:reqs
    //python.lock:_python-default_lockfile
    libs/core/pyproject.toml:reqs
    libs/core/src/acme_core/__init__.py
    libs/core/src/acme_core:acme_core
    libs/core/tests/test_core.py
    libs/core/tests:tests
    libs/core:reqs
    libs/core:reqs#attrs
    libs/core:reqs#colour
    libs/web/acme_web/__init__.py
    libs/web/acme_web/app.py
    libs/web/acme_web:acme_web
    libs/web/pyproject.toml:reqs
    libs/web:reqs
    libs/web:reqs#attrs
    ");
    assert_snapshot!(done(&repo, &["dependencies", "libs/web/acme_web/app.py"]), @"
    exit status 0
    ----- stdout
    libs/core/src/acme_core/__init__.py
    libs/web:reqs#attrs
    ");
    assert_snapshot!(done(&repo, &["dependents", "libs/core/src/acme_core/__init__.py"]), @"
    exit status 0
    ----- stdout
    libs/core/src/acme_core:acme_core
    libs/core/tests/test_core.py
    libs/web/acme_web/app.py
    ");
    assert_snapshot!(done(&repo, &["peek", "libs/core/tests:tests"]).stdout, @r#"
    [
      {
        "address": "libs/core/tests:tests",
        "batch_compatibility_tag": null,
        "dependencies": [
          "libs/core/tests/test_core.py"
        ],
        "dependencies_raw": null,
        "description": null,
        "entry_point_dependencies": null,
        "environment": null,
        "extra_env_vars": null,
        "interpreter_constraints": null,
        "overrides": null,
        "resolve": null,
        "run_goal_use_sandbox": null,
        "runtime_package_dependencies": null,
        "sources": [
          "libs/core/tests/test_core.py"
        ],
        "sources_raw": null,
        "stevedore_namespaces": null,
        "tags": null,
        "target_type": "python_tests",
        "timeout": null,
        "xdist_concurrency": null
      }
    ]
    "#);
    assert_snapshot!(done(&repo, &["generate-lockfiles", "--check"]), @"
    exit status 0
    ----- stderr
    python-default (python.lock): 4 packages, up to date
    ");
}

#[test]
fn from_a_folder_of_a_member_the_workspace_is_meant() {
    let index = index();
    let repo = uv_workspace(&index);
    let folder = repo.root().join("libs/web/acme_web");
    let output = repo.xtask_in(&folder, &["resolves"]);
    assert_snapshot!(output, @"
    exit status 0
    ----- stdout
    python-default
    ");
}

/// Two applications with locks of their own that share a library.
fn poetry_repository(index: &LoopbackIndex) -> Repo {
    let app = |name: &str, attrs: &str| {
        format!(
            "[tool.poetry]\nname = \"{name}\"\nversion = \"1\"\n[tool.poetry.dependencies]\npython = \"~3.12\"\n\
             lib = {{ path = \"../../libs/lib\", develop = true }}\nattrs = \"{attrs}\"\n\
             [tool.poetry.group.dev.dependencies]\ncolour = {{ version = \"^1\", markers = \"os_name == 'posix'\" }}\n"
        )
    };
    bare(index)
        .file("apps/new/pyproject.toml", &app("new", "^24"))
        .file("apps/new/poetry.lock", "")
        .file("apps/new/new.py", "import lib, attrs\n")
        .file("apps/old/pyproject.toml", &app("old", "^23.0"))
        .file("apps/old/poetry.lock", "")
        .file("apps/old/old/__init__.py", "import lib, attrs\n")
        .file(
            "libs/lib/pyproject.toml",
            "[tool.poetry]\nname = \"lib\"\nversion = \"1\"\n[tool.poetry.dependencies]\npython = \">=3.11 <4\"\nclick = \"*\"\n",
        )
        .file("libs/lib/lib/__init__.py", "import click\n")
        .file("libs/lib/tests/test_lib.py", "import lib\n")
        .file(".git/HEAD", "ref: refs/heads/main\n")
}

#[test]
fn projects_of_poetry_have_a_resolve_each() {
    let index = index();
    let repo = poetry_repository(&index);
    assert_snapshot!(done(&repo, &["generate-lockfiles"]), @"
    exit status 0
    ----- stderr
    new (apps/new/python.lock): 3 packages, written
      + attrs 24.1  (the requirement `attrs>=24,<25.0.0` is new)
      + click 8.1  (the requirement `click` is new)
      + colour 1.0 where os_name == 'posix'  (the requirement `colour>=1,<2.0.0 ; os_name == 'posix'` is new)
    old (apps/old/python.lock): 3 packages, written
      + attrs 23.1  (the requirement `attrs>=23.0,<24.0.0` is new)
      + click 8.1  (the requirement `click` is new)
      + colour 1.0 where os_name == 'posix'  (the requirement `colour>=1,<2.0.0 ; os_name == 'posix'` is new)
    ");
    assert_snapshot!(locked(&repo, "new"), @"
    attrs==24.1
    click==8.1
    colour==1.0 ; os_name == 'posix'
    ");
    assert_snapshot!(locked(&repo, "old"), @"
    attrs==23.1
    click==8.1
    colour==1.0 ; os_name == 'posix'
    ");
    assert_snapshot!(done(&repo, &["dependencies", "apps/old/old/__init__.py", "apps/new/new.py"]), @"
    exit status 0
    ----- stdout
    apps/new:reqs#attrs
    apps/old:reqs#attrs
    libs/lib/lib/__init__.py@resolve=new
    libs/lib/lib/__init__.py@resolve=old
    ");
    assert_snapshot!(done(&repo, &["list", "libs::"]), @"
    exit status 0
    ----- stdout
    libs/lib/lib/__init__.py@resolve=new
    libs/lib/lib/__init__.py@resolve=old
    libs/lib/lib@resolve=new
    libs/lib/lib@resolve=old
    libs/lib/pyproject.toml:reqs@resolve=new
    libs/lib/pyproject.toml:reqs@resolve=old
    libs/lib/tests/test_lib.py
    libs/lib/tests:tests
    libs/lib:reqs#click@resolve=new
    libs/lib:reqs#click@resolve=old
    libs/lib:reqs@resolve=new
    libs/lib:reqs@resolve=old
    ");
}

#[test]
fn groups_of_a_project_that_is_required_by_its_path_are_in_its_own_lock() {
    let index = index();
    let poetry = |name: &str, tables: &str| {
        format!(
            "[tool.poetry]\nname = \"{name}\"\nversion = \"1\"\n[tool.poetry.dependencies]\npython = \"~3.12\"\n{tables}"
        )
    };
    let app = "lib = { path = \"../lib\", develop = true }\nattrs = \"^24\"\n";
    let lib = "click = \"*\"\n[tool.poetry.group.dev.dependencies]\nattrs = \"^23.0\"\ntools = { path = \"../tools\" }\n";
    let repo = bare(&index)
        .file("app/pyproject.toml", &poetry("app", app))
        .file("app/poetry.lock", "")
        .file("app/app.py", "import attrs, lib\n")
        .file("lib/pyproject.toml", &poetry("lib", lib))
        .file("lib/poetry.lock", "")
        .file("lib/lib/__init__.py", "import click\n")
        .file("lib/tests/test_lib.py", "import attrs, lib, tools\n")
        .file("tools/pyproject.toml", &poetry("tools", "colour = \"*\"\n"))
        .file("tools/tools.py", "import colour\n");
    done(&repo, &["generate-lockfiles"]);
    assert_snapshot!(locked(&repo, "app"), @"
    attrs==24.1
    click==8.1
    ");
    assert_snapshot!(locked(&repo, "lib"), @"
    attrs==23.1
    click==8.1
    colour==1.0
    ");
    assert_snapshot!(done(&repo, &["dependencies", "lib/tests/test_lib.py"]), @"
    exit status 0
    ----- stdout
    lib/lib/__init__.py@resolve=lib
    lib:reqs#attrs@resolve=lib
    tools/tools.py
    ");
}

#[test]
fn settings_of_ours_stand_in_pyproject_toml() {
    let index = index();
    let repo = bare(&index).file(
        "pyproject.toml",
        "[project]\nname = \"a\"\ndependencies = [\"attrs\"]\n\
         [tool.xtask.python]\ninterpreter_constraints = [\"CPython==3.12.*\"]\nresolves = { main = \"main.lock\" }\ndefault_resolve = \"main\"\n",
    );
    assert_snapshot!(done(&repo, &["generate-lockfiles", "--resolve", "main"]), @"
    exit status 0
    ----- stderr
    main (main.lock): 1 packages, written
      + attrs 24.1  (the requirement `attrs` is new)
    ");
    repo.write(
        "pyproject.toml",
        "[project]\nname = \"a\"\n[tool.xtask.pyton]\nx = 1\n",
    );
    assert_snapshot!(refused(&repo, &["list", "::"]), @"
    error: `[pyton]` is not a section of settings
     --> pyproject.toml:3:13
      |
    3 | [tool.xtask.pyton]
      |             ^^^^^
      |
    hint: did you mean `python`?
    ");
}

#[test]
fn a_package_comes_from_the_index_that_it_names() {
    let public = LoopbackIndex::start([Package::new("attrs", "24.1"), Package::new("own", "9.9")]);
    let private = LoopbackIndex::start([Package::new("own", "1.0"), Package::new("attrs", "99")]);
    let repo = bare(&public).file(
        "pyproject.toml",
        &format!(
            "[project]\nname = \"a\"\nrequires-python = \"==3.12.*\"\ndependencies = [\"attrs\", \"own\"]\n\
             [tool.uv.sources]\nown = {{ index = \"private\" }}\n\
             [[tool.uv.index]]\nname = \"private\"\nurl = \"{}\"\nexplicit = true\n",
            private.url()
        ),
    );
    done(&repo, &["generate-lockfiles"]);
    assert_snapshot!(locked(&repo, "python-default"), @"
    attrs==24.1
    own==1.0
    ");
    assert_eq!(private.requests("/attrs/"), 0);
}

#[test]
fn requirement_files_alone_are_enough() {
    let index = index();
    let repo = bare(&index)
        .file("requirements.in", "tool\n")
        .file("requirements.txt", "click==8.0\ntool==1.0\n")
        .file("app.py", "import tool\n");
    assert_snapshot!(refused(&repo, &["generate-lockfiles"]), @r#"
    error: no interpreter constraints for the resolve `python-default`
    --> [REPO]
     |
    hint: set `interpreter_constraints = ["CPython==3.12.*"]` in `[python]`, or `requires-python` in `[project]`; `cargo xtask init` names this machine's Python
    "#);
    repo.write(".python-version", "3.12\n");
    assert_snapshot!(done(&repo, &["generate-lockfiles"]), @"
    exit status 0
    ----- stderr
    python-default (python.lock): 2 packages, written
      + click 8.1  (the requirement `tool` is new, through tool)
      + tool 1.0  (the requirement `tool` is new)
    ");
    assert_snapshot!(done(&repo, &["import", "requirements.txt"]), @"
    exit status 0
    ----- stderr
    python-default: 2 packages, 2 at the versions of requirements.txt
    ");
}

#[test]
fn locks_of_others_are_imported_without_build_files() {
    let index = index();
    let repo = uv_workspace(&index);
    repo.write(
        "uv.lock",
        "version = 1\nrequires-python = \">=3.12\"\n[[package]]\nname = \"attrs\"\nversion = \"23.1\"\n[[package]]\nname = \"click\"\nversion = \"8.0\"\n[[package]]\nname = \"acme-core\"\nversion = \"1\"\nsource = { editable = \"libs/core\" }\n",
    );
    assert_snapshot!(done(&repo, &["import", "uv.lock"]), @"
    exit status 0
    ----- stderr
    python-default: 4 packages, 2 at the versions of uv.lock
      + colour 1.0 where sys_platform == 'win32'
      + tool 1.0
    ");
}

#[test]
fn where_there_is_a_build_file_nothing_follows_from_projects() {
    let index = index();
    let repo = repo()
        .index(&index)
        .file(
            "pyproject.toml",
            "[project]\nname = \"a\"\ndependencies = [\"attrs\"]\n",
        )
        .file("a.py", "");
    assert_snapshot!(done(&repo, &["list", "::"]), @"
    exit status 0
    ----- stdout
    //:_python-default_lockfile
    //:reqs
    //:reqs#attrs
    //:root
    //a.py:root
    //pyproject.toml:reqs
    ");
    repo.write("BUILD", "");
    assert_snapshot!(done(&repo, &["list", "::"]), @"
    exit status 0
    ----- stdout
    //:_python-default_lockfile
    ");
}

#[test]
fn a_project_that_cannot_be_read_is_named() {
    let index = index();
    let repo = bare(&index).file("pyproject.toml", "[project]\nname = \"a\n");
    assert_snapshot!(refused(&repo, &["list", "::"]), @r#"
    error: not valid TOML: invalid basic string, expected `"`
     --> pyproject.toml:2:10
      |
    2 | name = "a
      |          ^
    "#);
    repo.write(
        "pyproject.toml",
        "[project]\nname = \"a\"\n[tool.uv]\nenvironments = [\"linux\"]\n",
    );
    assert_snapshot!(refused(&repo, &["list", "::"]), @r#"
    error: `linux` in `tool.uv.environments`: `linux` is not an environment marker (PEP 508): Expected a quoted string or a valid marker name, found `linux`
     --> pyproject.toml:4:16
      |
    4 | environments = ["linux"]
      |                ^^^^^^^^^
    "#);
    repo.write(
        "pyproject.toml",
        "[project]\nname = \"a\"\nrequires-python = \"3\"\n",
    );
    assert_snapshot!(refused(&repo, &["list", "::"]), @r#"
    error: `3` cannot say which Pythons the project is for: Failed to parse version: Unexpected end of version specifier, expected operator
     --> pyproject.toml:3:19
      |
    3 | requires-python = "3"
      |                   ^^^
    "#);
}

#[test]
fn projects_without_a_common_python_are_named() {
    let index = index();
    let repo = uv_workspace(&index);
    let project = "[project]\nname = \"acme-web\"\nrequires-python = \">=3.13\"\n";
    repo.write("libs/web/pyproject.toml", project);
    assert_snapshot!(refused(&repo, &["list", "::"]), @r#"
    error: no Python suits all projects of the resolve `python-default`: pyproject.toml is for >=3.12,<3.13, libs/web/pyproject.toml is for >=3.13
     --> pyproject.toml:4:19
      |
    4 | requires-python = ">=3.12,<3.13"
      |                   ^^^^^^^^^^^^^^
      |
    hint: change `requires-python`, or take one of them out of the workspace
    "#);
}

#[test]
fn where_no_version_is_for_a_python_the_project_that_says_so_is_named() {
    let index = LoopbackIndex::start([Package::new("new", "1.0").requires_python(">=3.13")]);
    let project =
        "[project]\nname = \"acme\"\nrequires-python = \">=3.11\"\ndependencies = [\"new\"]\n";
    let repo = bare(&index).file("app/pyproject.toml", project);
    assert_snapshot!(refused(&repo, &["generate-lockfiles"]), @r#"
    error: cannot lock `python-default`: no versions satisfy all requirements where python_full_version < '3.13'
     --> app/pyproject.toml:4:18
      |
    4 | dependencies = ["new"]
      |                  ^^^^^
      |
      = app/pyproject.toml:4 requires new
      = new cannot be used: it requires Python >=3.13
    hint: new is for Python >=3.13: raise the lower bound of the interpreter constraints: `requires-python` in app/pyproject.toml, or Poetry's `python`
    "#);
}

#[test]
fn a_setting_says_that_nothing_follows_from_projects() {
    let repo = bare(&index())
        .file(
            "pyproject.toml",
            "[project]\nname = \"acme\"\nversion = \"1\"\n",
        )
        .file("acme.py", "");
    let listed = |flag: &str| repo.xtask(&["list", flag, "::"]);
    assert!(listed("--infer-projects").stdout.contains("acme.py"));
    assert!(!listed("--no-infer-projects").stdout.contains("acme.py"));
    assert!(!listed("--infer-projects=False").stdout.contains("acme.py"));
    repo.write("xtask.toml", "[GLOBAL]\ninfer_projects = false\n");
    assert!(!listed("--no-pantsd").stdout.contains("acme.py"));
}

/// A repository of one project, with extras that conflict and groups of which one is installed by itself.
fn with_conflicts(index: &LoopbackIndex) -> Repo {
    bare(index).file(
        "pyproject.toml",
        "[project]\nname = \"app\"\nrequires-python = \">=3.9\"\ndependencies = [\"colour\"]\n\
         [project.optional-dependencies]\nold = [\"attrs<24\"]\nnew = [\"attrs>=24\"]\n\
         [dependency-groups]\ndev = [\"tool\"]\ndocs = [\"click<8.1\"]\n\
         [tool.uv]\nresolution = \"lowest\"\ndefault-groups = [\"docs\"]\n\
         conflicts = [[{ extra = \"old\" }, { extra = \"new\" }]]\n",
    )
}

#[test]
fn what_conflicts_is_locked_apart() {
    let index = index();
    let repo = with_conflicts(&index);
    assert_snapshot!(done(&repo, &["generate-lockfiles"]), @"
    exit status 0
    ----- stderr
    warning: pyproject.toml:12: `tool.uv.resolution` has no effect: the newest versions are locked; bounds in requirements choose others
    new (python-new.lock): 4 packages, written
      + attrs 24.1  (the requirement `attrs>=24` is new)
      + click 8.0  (the requirement `click<8.1` is new)
      + colour 1.0  (the requirement `colour` is new)
      + tool 1.0  (the requirement `tool` is new)
    python-default (python.lock): 4 packages, written
      + attrs 23.1  (the requirement `attrs<24` is new)
      + click 8.0  (the requirement `click<8.1` is new)
      + colour 1.0  (the requirement `colour` is new)
      + tool 1.0  (the requirement `tool` is new)
    ");
    assert_snapshot!(locked(&repo, "python-default"), @"
    attrs==23.1
    click==8.0
    colour==1.0
    ");
    assert!(
        repo.read("python-new.lock")
            .contains("attrs-24.1-py3-none-any.whl")
    );
    assert_snapshot!(done(&repo, &["list", "::"]), @"
    exit status 0
    ----- stdout
    //:_new_lockfile
    //:_python-default_lockfile
    //:reqs#attrs@resolve=new
    //:reqs#attrs@resolve=python-default
    //:reqs#click@resolve=new
    //:reqs#click@resolve=python-default
    //:reqs#colour@resolve=new
    //:reqs#colour@resolve=python-default
    //:reqs#tool@resolve=new
    //:reqs#tool@resolve=python-default
    //:reqs@resolve=new
    //:reqs@resolve=python-default
    //pyproject.toml:reqs@resolve=new
    //pyproject.toml:reqs@resolve=python-default
    //python-new.lock:_new_lockfile
    //python.lock:_python-default_lockfile
    ");
    // The next run changes nothing.
    assert_snapshot!(done(&repo, &["lock", "check"]), @"
    exit status 0
    ----- stderr
    new (python-new.lock): sound
    python-default (python.lock): sound
    ");
}

#[test]
fn groups_that_are_installed_by_themselves() {
    let index = index();
    let repo = with_conflicts(&index);
    done(&repo, &["generate-lockfiles"]);
    let with = |arguments: &[&str]| {
        let format = ["export", "--format", "requirements"];
        let output = done(&repo, &[&format, arguments].concat());
        let lines = output.stdout.lines().filter(|line| line.contains("=="));
        let names = lines.filter_map(|line| line.split("==").next());
        names.collect::<Vec<_>>().join(" ")
    };
    assert_snapshot!(with(&[]), @"attrs click colour");
    assert_snapshot!(with(&["--all-groups"]), @"attrs click colour tool");
    assert_snapshot!(with(&["--group", "dev"]), @"attrs click colour tool");
    assert_snapshot!(with(&["--no-group", "docs"]), @"attrs colour");
    assert_snapshot!(with(&["--resolve", "new"]), @"attrs click colour");
    let arguments = [
        "--format",
        "requirements",
        "--resolve",
        "new",
        "--extra",
        "old",
    ];
    let output = repo.xtask(&[&["export"], &arguments[..]].concat());
    assert_eq!(output.status, 2, "{output}");
    assert_snapshot!(output.stderr, @"
    error: the requirements of `new` have no extra `old`
    --> pyproject.toml
     |
    hint: there is `new`
    ");
}

#[test]
fn uv_forbids_source_distributions() {
    let index = LoopbackIndex::start([
        Package::new("built", "1.0"),
        Package::new("built", "2.0").sdist(),
    ]);
    let repo = bare(&index).file(
        "pyproject.toml",
        "[project]\nname = \"app\"\nrequires-python = \">=3.9\"\ndependencies = [\"built\"]\n[tool.uv]\nno-build = true\n",
    );
    done(&repo, &["generate-lockfiles"]);
    assert_snapshot!(locked(&repo, "python-default"), @"built==1.0");
}

#[test]
fn misspelt_keys_of_projects_are_named() {
    let index = LoopbackIndex::start([Package::new("a", "1.0")]);
    let project = "[project]\nname = \"app\"\nrequires-python = \"==3.12.*\"\n";
    let told = |text: &str| {
        let repo = bare(&index).file("pyproject.toml", &format!("{project}{text}"));
        done(&repo, &["generate-lockfiles"]).stderr
    };
    assert_snapshot!(told("dependancies = [\"a\"]\n"), @"
    warning: pyproject.toml:4: `project.dependancies` has no effect: there is no such key, did you mean `dependencies`?
    python-default (python.lock): 0 packages, written, no package changed
    ");
    assert_snapshot!(told("dependencies = [\"a\"]\n[tool.uv.sources]\na = { indx = \"x\" }\n"), @"
    warning: pyproject.toml:6: `tool.uv.sources.a.indx` has no effect: there is no such key, did you mean `index`?
    python-default (python.lock): 1 packages, written
      + a 1.0  (the requirement `a` is new)
    ");
    assert_snapshot!(told("dependencies = [\"a\"]\n[tool.poetry.dependencies]\na = { sorce = \"x\", version = \"1.*\" }\n"), @"
    warning: pyproject.toml:6: `tool.poetry.dependencies.a.sorce` has no effect: there is no such key, did you mean `source`?
    python-default (python.lock): 1 packages, written
      + a 1.0  (the requirement `a` is new)
    ");
}

#[test]
fn what_pdm_overrides_and_excludes() {
    let index = LoopbackIndex::start([
        Package::new("a", "1.0"),
        Package::new("a", "2.0"),
        Package::new("a", "3.0a1"),
        Package::new("b", "1.0").requires("a>=2").requires("c"),
        Package::new("c", "1.0"),
        Package::new("d", "1.0rc1"),
        Package::new("d", "0.9"),
    ]);
    let repo = bare(&index).file(
        "pyproject.toml",
        "[project]\nname = \"app\"\nrequires-python = \"==3.12.*\"\ndependencies = [\"a>=2\", \"b\", \"d\"]\n\
         [tool.pdm.resolution]\nexcludes = [\"c\"]\nallow-prereleases = true\n\
         [tool.pdm.resolution.overrides]\na = \"1.0\"\n",
    );
    assert_snapshot!(done(&repo, &["generate-lockfiles"]), @"
    exit status 0
    ----- stderr
    python-default (python.lock): 3 packages, written
      + a 1.0  (the requirement `a==1.0` is new)
      + b 1.0  (the requirement `b` is new)
      + d 1.0rc1  (the requirement `d` is new)
    ");
}
