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
