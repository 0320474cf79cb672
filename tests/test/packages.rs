//! What tests see beside sources: packages that are built for them, files at other places, and entry points.

use insta::assert_snapshot;

use super::{repo, shown};
use crate::lock;

/// A distribution, and a test that wants it built.
const WANTED: &[(&str, &str)] = &[
    ("VERSION", "1.2.3\n"),
    (
        "src/acme/BUILD",
        "python_sources(name='src')\n\
         python_distribution(name='dist', dependencies=[':src'], sdist=True, \
         provides=python_artifact(name='acme-tool', version='1.0'))\n",
    ),
    ("src/acme/cli.py", "def main():\n    return 'first'\n"),
    (
        "src/t/BUILD",
        "python_tests(name='tests', runtime_package_dependencies=['src/acme:dist'])\n",
    ),
    (
        "src/t/test_built.py",
        "import os, zipfile\n\ndef test_built():\n    \
         assert not os.path.exists('src/acme'), 'its sources are not those of the test'\n    \
         names = sorted(name for name in os.listdir() if name.startswith('acme'))\n    \
         assert names == ['acme_tool-1.0-py3-none-any.whl', 'acme_tool-1.0.tar.gz'], names\n    \
         assert b'first' in zipfile.ZipFile(names[0]).read('acme/cli.py'), 'it is another wheel'\n",
    ),
];

#[test]
fn packages_are_built_into_the_folder_of_tests() {
    let Some((repo, _index)) = repo(WANTED) else {
        return;
    };
    let output = repo.xtask(&["test", "src/t::"]);
    assert_snapshot!(shown(&output), @"
    Completed: Run Pytest - src/t/test_built.py:tests - succeeded.

    ✓ src/t/test_built.py:tests succeeded in [T]s
    [exit 0]
    ");
    assert!(
        !repo.root().join("dist").exists(),
        "it is not what was asked for"
    );
    let again = repo.xtask(&["test", "src/t::"]);
    assert!(again.stderr.contains("cached locally"), "{again}");
    repo.write("src/acme/cli.py", "def main():\n    return 'second'\n");
    let changed = repo.xtask(&["test", "src/t::"]);
    assert!(changed.stderr.contains("it is another wheel"), "{changed}");
}

#[test]
fn packages_that_cannot_be_built() {
    let Some((repo, _index)) = repo(WANTED) else {
        return;
    };
    repo.write(
        "src/t/BUILD",
        "python_tests(name='tests', runtime_package_dependencies=[':bin'])\n\
         pex_binary(name='bin', entry_point='acme.cli')\n",
    );
    assert_snapshot!(shown(&repo.xtask(&["test", "src/t/test_built.py"])), @"
    error: cannot run src/t/test_built.py:tests: src/t:bin, which it wants built, is a `pex_binary`, and those are not built yet
     --> src/t/BUILD:1:28
      |
    1 | python_tests(name='tests', runtime_package_dependencies=[':bin'])
      |                            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
    hint: a `python_distribution` is built; `-` in front of the test's address leaves it out, or `skip_tests=True`
    [exit 1]
    ");
    repo.write(
        "src/t/BUILD",
        "python_tests(name='tests', runtime_package_dependencies=['src/acme:src'])\n",
    );
    let output = repo.xtask(&["test", "--output=none", "src/t::"]);
    assert_eq!(output.status, 1, "{output}");
    let said = "src/t/test_built.py:tests names src/acme:src in `runtime_package_dependencies`, which is no package";
    assert!(output.stderr.contains(said), "{output}");
    repo.write(
        "src/t/BUILD",
        "python_tests(name='tests', runtime_package_dependencies=['src/acme:none'])\n",
    );
    let output = repo.xtask(&["test", "src/t::"]);
    assert!(output.stderr.contains("src/acme:none"), "{output}");
    assert!(output.stderr.contains("src/t/BUILD:1"), "{output}");
}

#[test]
fn files_are_where_relocated_files_says() {
    let Some((repo, _index)) = repo(&[
        (
            "src/t/BUILD",
            "files(name='data', sources=['data/**/*.txt'])\n\
             relocated_files(name='moved', files_targets=[':data'], src='src/t/data', dest='etc/conf')\n\
             python_tests(name='tests', dependencies=[':moved'])\n",
        ),
        ("src/t/data/sub/a.txt", "content"),
        (
            "src/t/test_moved.py",
            "import os\n\ndef test_moved():\n    assert open('etc/conf/sub/a.txt').read() == 'content'\n    \
             assert not os.path.exists('src/t/data')\n",
        ),
    ]) else {
        return;
    };
    let output = repo.xtask(&["test", "::"]);
    assert_eq!(output.status, 0, "{output}");
    repo.write("src/t/data/sub/a.txt", "other");
    assert_eq!(repo.xtask(&["test", "::"]).status, 1);
}

#[test]
fn tests_find_the_entry_points_that_they_ask_for() {
    let Some((repo, _index)) = repo(&[
        (
            "src/acme/BUILD",
            "python_sources(name='src')\n\
             python_distribution(name='dist', dependencies=[':src'], \
             provides=python_artifact(name='acme-tool', version='1.0'), \
             entry_points={'acme.plugin': {'own': 'acme.cli:main', 'more': 'acme.more:main'}, \
             'console_scripts': {'acme': 'acme.cli:main'}})\n",
        ),
        (
            "src/acme/cli.py",
            "def main():\n    return 'from the entry point'\n",
        ),
        ("src/acme/more.py", ""),
        (
            "src/t/BUILD",
            "python_tests(name='tests', entry_point_dependencies={'src/acme:dist': ['acme.plugin/own']})\n",
        ),
        (
            "src/t/test_points.py",
            "import importlib.metadata\n\ndef test_points():\n    \
             points = importlib.metadata.entry_points(group='acme.plugin')\n    \
             assert [point.name for point in points] == ['own'], points\n    \
             assert [point.load()() for point in points] == ['from the entry point']\n    \
             assert not importlib.metadata.entry_points(group='console_scripts')\n",
        ),
    ]) else {
        return;
    };
    for how in ["--test-fork=true", "--test-fork=false"] {
        let output = repo.xtask(&["test", "--force", how, "::"]);
        assert_eq!(output.status, 0, "{output}");
    }
}

#[test]
fn a_moved_pin_concerns_the_tests_that_reach_it() {
    let Some((repo, _index)) = repo(&[("src/t/BUILD", "python_tests(name='tests')\n")]) else {
        return;
    };
    let repo = repo
        .requirements("lib==1.0\n")
        .file("src/t/test_own.py", "def test_own():\n    pass\n")
        .file(
            "src/t/test_lib.py",
            "import lib\n\ndef test_lib():\n    assert lib.VERSION\n",
        );
    lock(&repo);
    let run = || repo.xtask(&["test", "--output=none", "::"]).stderr;
    run();
    let again = run();
    assert_eq!(again.matches("cached locally").count(), 2, "{again}");
    repo.write("requirements.txt", "lib==2.0\n");
    lock(&repo);
    let moved = run();
    let cached = |module: &str| {
        let line = moved
            .lines()
            .find(|line| line.contains(module) && line.starts_with('✓'));
        line.unwrap_or_else(|| panic!("{moved}"))
            .contains("cached locally")
    };
    assert!(cached("test_own.py"), "{moved}");
    assert!(!cached("test_lib.py"), "{moved}");
}
