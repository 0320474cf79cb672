//! What follows from projects: each test gives files and shows the settings and the targets.

use std::collections::BTreeMap;

use super::InferredRepository;
use crate::files::MemoryFiles;

fn infer(files: &[(&str, &str)]) -> Option<InferredRepository> {
    let contents = files.iter().map(|(path, text)| {
        let text = text.as_bytes().to_vec();
        ((*path).to_owned(), text)
    });
    let files = MemoryFiles::new(contents.collect::<BTreeMap<_, _>>());
    InferredRepository::of(&files).unwrap()
}

/// The settings and the BUILD files.
fn check(files: &[(&str, &str)]) -> String {
    let found = infer(files).unwrap();
    let of_ours = found.settings.replace("[tool.xtask.", "[");
    let build_files = found.build_files.iter().map(|file| {
        let Some(folder) = Some(&file.folder).filter(|folder| !folder.is_empty()) else {
            return format!("# /\n{}", file.text);
        };
        format!("# {folder}\n{}", file.text)
    });
    let build_files: Vec<String> = build_files.collect();
    format!("{of_ours}\n{}", build_files.join("\n"))
}

#[test]
fn a_uv_workspace() {
    let text = check(&[
        (
            "pyproject.toml",
            "[project]\nname = 'top'\nrequires-python = '>=3.10'\ndependencies = ['acme-core']\n\
             [dependency-groups]\ndev = ['pytest>=8', 'ruff']\n\
             [tool.uv.workspace]\nmembers = ['libs/*']\nexclude = ['libs/old']\n\
             [tool.uv]\nenvironments = [\"sys_platform == 'linux'\"]\n\
             [tool.uv.sources]\nacme-core = { workspace = true }\ntorch = { index = 'cpu' }\n\
             [[tool.uv.index]]\nname = 'cpu'\nurl = 'https://index.example/cpu'\nexplicit = true\n\
             [[tool.uv.index]]\nname = 'own'\nurl = 'https://index.example/own'\n",
        ),
        (
            "libs/core/pyproject.toml",
            "[project]\nname = 'acme-core'\nversion = '1.2'\nrequires-python = '>=3.11,<4'\n\
             dependencies = ['attrs']\n[project.scripts]\nacme = 'acme.core:main'\n\
             [build-system]\nrequires = ['hatchling']\nbuild-backend = 'hatchling.build'\n",
        ),
        ("libs/core/README.md", ""),
        ("libs/core/src/acme/core/__init__.py", ""),
        ("libs/core/src/acme/core/py.typed", ""),
        ("libs/core/tests/conftest.py", ""),
        ("libs/core/tests/test_core.py", ""),
        ("libs/old/pyproject.toml", "[project]\nname = 'old'\n"),
        ("examples/x/pyproject.toml", "[project]\nname = 'x'\n"),
    ]);
    insta::assert_snapshot!(text, @r#"
    [GLOBAL]
    build_patterns = []

    [checks]
    tools = ["ruff-check", "ruff-format"]

    [index]

    [index.packages]
    torch = "https://index.example/cpu"

    [pytest]
    install_from_resolve = "python-default"

    [python]
    default_resolve = "python-default"

    [python.resolves]
    python-default = "python.lock"

    [python.resolves_to_interpreter_constraints]
    python-default = ["CPython>=3.10,>=3.11,<4"]

    [python.resolves_to_platforms]
    python-default = ["linux_arm64", "linux_x86_64"]

    [python.resolves_to_excludes]
    python-default = ["acme-core"]

    [python-infer]
    ambiguity_resolution = "by_project"
    unowned_dependency_behavior = "ignore"

    [python-repos]
    indexes = ["https://index.example/own", "<pip>"]

    [ruff]
    install_from_resolve = "python-default"

    [source]
    root_patterns = ["/", "/libs/core", "/libs/core/src", "/libs/core/tests"]

    # /
    uv_requirements(name="reqs")

    # libs/core
    uv_requirements(name="reqs")
    resources(name="files", sources=["*", "src/acme/core/*", "!*.py", "!*.pyi", "!**/*.py", "!**/*.pyi"])
    python_distribution(name="dist", dependencies=[":files", "//libs/core/src/acme/core"], provides=python_artifact(name="acme-core", version="1.2"), generate_setup=False, entry_points={"console_scripts": {"acme": "acme.core:main"}})

    # libs/core/src/acme/core
    python_sources()

    # libs/core/tests
    python_tests(name="tests")
    python_test_utils(name="test_utils")
    "#);
}

#[test]
fn projects_with_locks_of_their_own() {
    let text = check(&[
        (
            "apps/web/pyproject.toml",
            "[tool.poetry]\nname = 'web'\nversion = '1'\n[tool.poetry.dependencies]\n\
             python = '^3.10'\nlib = { path = '../../libs/lib', develop = true }\ndjango = '^5'\n\
             [build-system]\nrequires = ['poetry-core']\nbuild-backend = 'poetry.core.masonry.api'\n",
        ),
        ("apps/web/poetry.lock", ""),
        ("apps/web/web/__init__.py", ""),
        (
            "apps/job/pyproject.toml",
            "[tool.poetry]\nname = 'job'\n[tool.poetry.dependencies]\n\
             python = '>=3.9 <3.13 || ^3.13'\nlib = { path = '../../libs/lib' }\n",
        ),
        ("apps/job/poetry.lock", ""),
        ("apps/job/job.py", ""),
        (
            "libs/lib/pyproject.toml",
            "[tool.poetry]\nname = 'lib'\n[tool.poetry.dependencies]\npython = '>=3.9'\nattrs = '*'\n",
        ),
        ("libs/lib/lib/__init__.py", ""),
        ("libs/lib/tests/test_lib.py", ""),
    ]);
    insta::assert_snapshot!(text, @r#"
    [GLOBAL]
    build_patterns = []

    [python]
    default_resolve = "job"

    [python.resolves]
    job = "apps/job/python.lock"
    web = "apps/web/python.lock"

    [python.resolves_to_interpreter_constraints]
    job = ["CPython>=3.13,<4.0.0,>=3.9", "CPython>=3.9,<3.13"]
    web = ["CPython>=3.10,<4.0.0,>=3.9"]

    [python.resolves_to_excludes]
    web = ["web"]

    [python-infer]
    ambiguity_resolution = "by_project"
    unowned_dependency_behavior = "ignore"

    [source]
    root_patterns = ["/apps/job", "/apps/web", "/libs/lib", "/libs/lib/tests"]

    # apps/job
    python_sources()
    poetry_requirements(name="reqs")

    # apps/web
    poetry_requirements(name="reqs", resolve="web")
    resources(name="files", sources=["*", "!*.py", "!*.pyi", "!**/*.py", "!**/*.pyi"])
    python_distribution(name="dist", dependencies=[":files", "//apps/web/web"], provides=python_artifact(name="web", version="1"), generate_setup=False)

    # apps/web/web
    python_sources(resolve="web")

    # libs/lib
    poetry_requirements(name="reqs", resolve=parametrize("job", "web"))

    # libs/lib/lib
    python_sources(resolve=parametrize("job", "web"))

    # libs/lib/tests
    python_tests(name="tests")
    "#);
}

#[test]
fn projects_of_pdm_and_of_no_tool() {
    let text = check(&[
        (
            "pyproject.toml",
            "[project]\nname = 'app'\nrequires-python = '>=3.12'\ndependencies = ['requests']\n\
             [tool.pdm.dev-dependencies]\ntest = ['pytest', '-e file:///${PROJECT_ROOT}/tests/lib#egg=lib']\n\
             [[tool.pdm.source]]\nname = 'pypi'\nurl = 'https://index.example/simple'\n[tool.mypy]\n",
        ),
        (
            "tests/lib/pyproject.toml",
            "[project]\nname = 'lib'\ndynamic = ['dependencies']\n[tool.setuptools.dynamic]\ndependencies = { file = ['requirements.txt'] }\n",
        ),
        ("tests/lib/lib.py", ""),
        ("tests/data/pyproject.toml", "[project]\nname = 'data'\n"),
        ("app.py", ""),
    ]);
    insta::assert_snapshot!(text, @r#"
    [GLOBAL]
    build_patterns = []

    [checks]
    tools = ["mypy"]

    [pytest]
    install_from_resolve = "python-default"

    [python]
    default_resolve = "python-default"

    [python.resolves]
    python-default = "python.lock"

    [python.resolves_to_interpreter_constraints]
    python-default = ["CPython>=3.12"]

    [python-infer]
    ambiguity_resolution = "by_project"
    unowned_dependency_behavior = "ignore"

    [python-repos]
    indexes = ["https://index.example/simple"]

    [source]
    root_patterns = ["/", "/tests/lib"]

    # /
    python_sources(name="root")
    python_requirements(name="reqs", source="pyproject.toml")

    # tests/lib
    python_sources()
    python_requirements(name="reqs-1", source="requirements.txt")
    "#);
}

#[test]
fn requirement_files_alone() {
    let text = check(&[
        ("requirements.in", "a\n"),
        ("requirements.txt", "a==1\n"),
        ("requirements-dev.txt", "pytest\n"),
        (".python-version", "3.12.4\n"),
        ("src/app/__init__.py", ""),
        ("tests/test_app.py", ""),
    ]);
    insta::assert_snapshot!(text, @r#"
    [GLOBAL]
    build_patterns = []

    [python]
    interpreter_constraints = ["CPython==3.12.*"]

    [python-infer]
    ambiguity_resolution = "by_project"
    unowned_dependency_behavior = "ignore"

    [source]
    root_patterns = ["/", "/src", "/tests"]

    # /
    python_requirements(name="reqs", source="requirements.in")
    python_requirements(name="requirements-dev", source="requirements-dev.txt")

    # src/app
    python_sources()

    # tests
    python_tests(name="tests")
    "#);
}

#[test]
fn nothing_follows_where_build_files_are() {
    let project = ("pyproject.toml", "[project]\nname = 'a'\n");
    assert!(infer(&[project, ("a/BUILD", "")]).is_none());
    assert!(infer(&[project, ("a/BUILD.pants", "")]).is_none());
    assert!(infer(&[project, ("a/BUILD.md", "")]).is_some());
    assert!(infer(&[("pyproject.toml", "[tool.black]\n")]).is_none());
    assert!(infer(&[("a.py", "")]).is_none());
}

#[test]
fn a_file_that_is_no_toml() {
    let files = MemoryFiles::new(BTreeMap::from([(
        "pyproject.toml".to_owned(),
        b"[project\nname = 'a'\n".to_vec(),
    )]));
    let error = InferredRepository::of(&files).unwrap_err();
    insta::assert_snapshot!(error, @"pyproject.toml:1:9: not valid TOML: unclosed table, expected `]`");
}

/// The resolves with what they leave out, and what has no effect, of one `pyproject.toml` and others.
fn check_uv(files: &[(&str, &str)]) -> String {
    let contents = files.iter().map(|(path, text)| {
        let text = text.as_bytes().to_vec();
        ((*path).to_owned(), text)
    });
    let files = MemoryFiles::new(contents.collect::<BTreeMap<_, _>>());
    let found = match InferredRepository::of(&files) {
        Ok(found) => found.unwrap(),
        Err(error) => {
            let hint = error.hint.as_ref().map(|hint| format!(" ({hint})"));
            return format!("{error}{}", hint.unwrap_or_default());
        }
    };
    let excluded = found.excluded.iter();
    let excluded =
        excluded.map(|one| format!("{} without {:?} of {}", one.resolve, one.group, one.source));
    let ignored = found.ignored.iter();
    let ignored = ignored.map(|one| format!("{}: {}: {}", one.place, one.name, one.why));
    let sections = found.settings.split("\n\n");
    let of_lock = [
        "resolves",
        "[tool.xtask.export",
        "[tool.xtask.index",
        "repos]",
    ];
    let settings = sections.filter(|text| of_lock.iter().any(|name| text.contains(name)));
    let settings = settings.map(|text| text.trim().replace("[tool.xtask.", "["));
    let lines = settings.chain(excluded).chain(ignored);
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn conflicts_become_resolves() {
    let text = check_uv(&[
        (
            "pyproject.toml",
            "[project]\nname = 'top'\nrequires-python = '>=3.12'\n\
             [project.optional-dependencies]\ncpu = ['torch==1']\ncuda = ['torch==2']\nxpu = ['torch==3']\n\
             [dependency-groups]\ndev = ['pytest']\ndocs = ['sphinx']\n\
             [tool.uv]\ndefault-groups = ['docs']\nno-build = true\n\
             conflicts = [\n  [{ extra = 'cpu' }, { extra = 'cuda' }, { extra = 'xpu' }],\n  [{ group = 'dev' }, { group = 'docs' }],\n  \
             [{ package = 'lib' , group = 'old' }, { extra = 'cuda' }]\n]\n\
             [tool.uv.workspace]\nmembers = ['lib']\n",
        ),
        (
            "lib/pyproject.toml",
            "[project]\nname = 'lib'\n[dependency-groups]\nold = ['numpy<2']\n",
        ),
    ]);
    insta::assert_snapshot!(text, @r#"
    [export]
    [export.default_groups]
    python-default = ["docs"]
    cuda = []
    xpu = ["docs"]
    [python.resolves]
    python-default = "python.lock"
    cuda = "python-cuda.lock"
    xpu = "python-xpu.lock"
    [python.resolves_to_interpreter_constraints]
    python-default = ["CPython>=3.12"]
    cuda = ["CPython>=3.12"]
    xpu = ["CPython>=3.12"]
    [python.resolves_to_only_binary]
    python-default = [":all:"]
    cuda = [":all:"]
    xpu = [":all:"]
    python-default without Extra("cuda") of pyproject.toml
    python-default without Group("dev") of pyproject.toml
    python-default without Extra("xpu") of pyproject.toml
    cuda without Group("docs") of pyproject.toml
    cuda without Extra("cpu") of pyproject.toml
    cuda without Group("old") of lib/pyproject.toml
    cuda without Extra("xpu") of pyproject.toml
    xpu without Extra("cpu") of pyproject.toml
    xpu without Extra("cuda") of pyproject.toml
    xpu without Group("dev") of pyproject.toml
    "#);
}

#[test]
fn a_workspace_below_the_root_with_members_that_conflict() {
    let text = check_uv(&[
        (
            "py/pyproject.toml",
            "[tool.uv]\nconflicts = [[{ package = 'a' }, { package = 'b' }]]\n[tool.uv.workspace]\nmembers = ['*']\n",
        ),
        (
            "py/a/pyproject.toml",
            "[project]\nname = 'a'\ndependencies = ['x<2']\n",
        ),
        (
            "py/b/pyproject.toml",
            "[project]\nname = 'b'\ndependencies = ['x>=2']\n",
        ),
    ]);
    insta::assert_snapshot!(text, @r#"
    [python.resolves]
    py = "py/python.lock"
    py-b = "py/python-py-b.lock"
    "#);
}

#[test]
fn what_conflicts_names_must_be_there() {
    let check = |item: &str| {
        let text = format!(
            "[project]\nname = 'top'\n[project.optional-dependencies]\ncpu = []\n[dependency-groups]\ndev = []\n\
             [tool.uv]\nconflicts = [[{{ extra = 'cpu' }}, {item}]]\n"
        );
        check_uv(&[("pyproject.toml", &text)])
    };
    insta::assert_snapshot!(check("{ extra = 'gpu' }"), @"pyproject.toml:8:34: `tool.uv.conflicts` names the extra `gpu`, which `top` does not have (did you mean `cpu`?)");
    insta::assert_snapshot!(check("{ group = 'dve' }"), @"pyproject.toml:8:34: `tool.uv.conflicts` names the dependency group `dve`, which `top` does not have (did you mean `dev`?)");
    insta::assert_snapshot!(check("{ package = 'tpo', extra = 'cpu' }"), @"pyproject.toml:8:34: `tool.uv.conflicts` names `tpo`, which is no project of the workspace (did you mean `top`?)");
    insta::assert_snapshot!(check("{ package = 'top', exta = 'cpu' }, { exta = 'cpu' }"), @"pyproject.toml:8:69: an item of `tool.uv.conflicts` names an `extra`, a `group` or a `package`");
    let text = "[project]\nname = 'top'\n[dependency-groups]\ndev = []\n[tool.uv]\ndefault-groups = ['dve']\n";
    insta::assert_snapshot!(check_uv(&[("pyproject.toml", text)]), @"pyproject.toml:6:18: `tool.uv.default-groups` names `dve`, which is no dependency group of the project (did you mean `dev`?)");
}

#[test]
fn keys_of_uv_without_effect_are_named() {
    let text = check_uv(&[
        (
            "pyproject.toml",
            "[project]\nname = 'top'\nrequires-python = '>=3.12'\ndependencies = ['torch', 'own']\n\
             [tool.uv]\nresolution = 'lowest'\nno-sources = false\nno-biuld = true\nkeyring-provider = 'subprocess'\n\
             build-constraint-dependencies = ['setuptools<70']\nindex-strategy = 'unsafe-best-match'\nentirely-new = 1\n\
             environments = [\"sys_platform == 'linux' and python_version >= '3.13'\"]\n\
             required-environments = [\"sys_platform == 'darwin' and platform_machine == 'arm64'\"]\n\
             no-binary-package = ['a']\n\
             [tool.uv.sources]\ntorch = [{ index = 'cpu', marker = \"sys_platform == 'darwin'\" }, { index = 'cuda', marker = \"sys_platform == 'linux'\" }]\nown = { index = 'nosuch' }\n\
             [[tool.uv.index]]\nname = 'cpu'\nurl = 'https://index.example/cpu'\nexplicit = true\n\
             [[tool.uv.index]]\nname = 'flat'\nurl = 'https://index.example/flat'\nformat = 'flat'\n",
        ),
        ("uv.toml", "no-build = true\n"),
    ]);
    insta::assert_snapshot!(text, @r#"
    [python.resolves]
    python-default = "python.lock"
    [python.resolves_to_interpreter_constraints]
    python-default = ["CPython>=3.12"]
    [python.resolves_to_platforms]
    python-default = ["linux_arm64", "linux_x86_64"]
    [python.resolves_to_no_binary]
    python-default = ["a"]
    [python-repos]
    find_links = ["https://index.example/flat"]
    pyproject.toml:6:14: tool.uv.resolution: the newest versions are locked; bounds in requirements choose others
    pyproject.toml:8:12: tool.uv.no-biuld: there is no such key, did you mean `no-build`?
    pyproject.toml:10:33: tool.uv.build-constraint-dependencies: `extra-build-dependencies` adds bounds to what a build requires
    pyproject.toml:11:18: tool.uv.index-strategy: a package comes from the first index that has it; `[index] first_index_exceptions` names those that do not
    pyproject.toml:12:16: tool.uv.entirely-new: this key is not known
    pyproject.toml:13:16: tool.uv.environments: the lock is for all of linux_arm64, linux_x86_64; `requires-python` says for which Pythons
    pyproject.toml:14:25: tool.uv.required-environments: `environments` does not name macos_arm64
    uv.toml: uv.toml: only `[tool.uv]` of `pyproject.toml` is read
    pyproject.toml:17:9: tool.uv.sources.torch: a package comes from one index in all environments, and this names `cpu`, `cuda`
    pyproject.toml:18:7: tool.uv.sources.own: there is no index `nosuch`
    "#);
}

#[test]
fn environments_that_are_whole_platforms_have_an_effect() {
    let check = |environments: &str| {
        let text = format!(
            "[project]\nname = 'top'\nrequires-python = '>=3.12'\n[tool.uv]\nenvironments = [{environments}]\n\
             required-environments = [\"sys_platform == 'linux' and platform_machine == 'x86_64'\"]\n"
        );
        let text = check_uv(&[("pyproject.toml", &text)]);
        let of_resolve = text
            .lines()
            .filter(|line| line.contains("default = [") || line.contains("tool.uv"));
        of_resolve.skip(1).collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!(check("\"sys_platform == 'linux' and implementation_name == 'cpython'\""), @r#"python-default = ["linux_arm64", "linux_x86_64"]"#);
    insta::assert_snapshot!(check("\"sys_platform == 'linux' and python_version >= '3.12'\""), @r#"python-default = ["linux_arm64", "linux_x86_64"]"#);
    insta::assert_snapshot!(check("\"sys_platform == 'emscripten'\""), @"
    pyproject.toml:5:16: tool.uv.environments: it means none of the platforms that a lock is for: linux_arm64, linux_x86_64, macos_arm64, macos_x86_64, windows_x86_64
    pyproject.toml:6:25: tool.uv.required-environments: a platform that no version of a package serves is left out; `environments`, or `resolves_to_platforms` with linux_x86_64, makes that an error
    ");
    insta::assert_snapshot!(check(""), @"pyproject.toml:6:25: tool.uv.required-environments: a platform that no version of a package serves is left out; `environments`, or `resolves_to_platforms` with linux_x86_64, makes that an error");
}

/// The line of the settings that begins with a key, of a root project with this text.
fn setting(key: &str, files: &[(&str, &str)]) -> String {
    let text = check(files);
    let line = text.lines().find(|line| line.starts_with(key));
    line.unwrap_or_default().to_owned()
}

#[test]
fn ruff_does_not_format_what_black_formats() {
    let tools = |text: &str| {
        setting(
            "tools",
            &[("pyproject.toml", &format!("[project]\nname = 'a'\n{text}"))],
        )
    };
    assert_eq!(
        tools("[tool.ruff]\n"),
        "tools = [\"ruff-check\", \"ruff-format\"]"
    );
    assert_eq!(
        tools("[tool.ruff]\n[tool.black]\n"),
        "tools = [\"ruff-check\", \"black\"]"
    );
    let both = "tools = [\"ruff-check\", \"ruff-format\", \"black\"]";
    assert_eq!(tools("[tool.ruff.format]\n[tool.black]\n"), both);
    let required = "[tool.ruff]\n[dependency-groups]\ndev = ['black']\n";
    assert_eq!(tools(required), "tools = [\"ruff-check\", \"black\"]");
}

/// opentelemetry-python has modules that are called `test_attributes`, in folders without `__init__.py`.
#[test]
fn modules_below_a_root_of_packages_may_be_called_like_tests() {
    let roots = |files: &[&str]| {
        let files = files.iter().map(|path| (*path, ""));
        let project = ("pyproject.toml", "[project]\nname = 'a'\n");
        setting("root_patterns", &files.chain([project]).collect::<Vec<_>>())
    };
    assert_eq!(
        roots(&["src/a/b/test_attributes.py", "src/a/b/c.py"]),
        "root_patterns = [\"/\", \"/src\"]"
    );
    let of_tests = "root_patterns = [\"/\", \"/src\", \"/src/a/tests\"]";
    assert_eq!(
        roots(&[
            "src/a/__init__.py",
            "src/a/tests/test_a.py",
            "src/a/tests/helper.py"
        ]),
        of_tests
    );
    assert_eq!(
        roots(&["a/__init__.py", "unit/test_a.py"]),
        "root_patterns = [\"/\", \"/unit\"]"
    );
}
