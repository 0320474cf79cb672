//! Input that is refused, and what is said of a test that lacks something.

use insta::assert_snapshot;

use super::{repo, shown};

#[test]
fn a_module_that_is_missing_is_named_with_the_line_that_brings_it() {
    let Some((repo, _index)) = repo(&[
        ("src/p/BUILD", "python_sources(name='lib')\n"),
        ("src/p/hidden.py", "X = 1\n"),
        ("src/t/BUILD", "python_tests(name='tests')\n"),
        (
            "src/t/test_dynamic.py",
            "import importlib\n\ndef test_it():\n    importlib.import_module('p.hidden')\n",
        ),
        (
            "src/t/test_nothing.py",
            "def test_it():\n    __import__('of_no_one')\n",
        ),
    ]) else {
        return;
    };
    let output = repo.xtask(&["test", "--output=none", "src/t/test_dynamic.py"]);
    assert_snapshot!(shown(&output), @r#"
    Completed: Run Pytest - src/t/test_dynamic.py:tests - failed (exit code 1).
    warning: src/t/test_dynamic.py:tests does not depend on `p.hidden`, which //src/p/hidden.py:lib has: add `dependencies=["//src/p/hidden.py:lib"],` to its target in src/t/BUILD:1, or import it where inference sees it

    ✕ src/t/test_dynamic.py:tests failed in [T]s
    [exit 1]
    "#);
    let output = repo.xtask(&["test", "--output=none", "src/t/test_nothing.py"]);
    assert_snapshot!(shown(&output), @"
    warning: src/t/test_nothing.py:2:5: nothing provides `of_no_one`, imported by `src/t/test_nothing.py:tests` (add a requirement or a target that provides it, or `# pants: no-infer-dep` to the line)
    Completed: Run Pytest - src/t/test_nothing.py:tests - failed (exit code 1).
    warning: src/t/test_nothing.py:tests does not find `of_no_one`, and no target or requirement of this repository has it: add what provides it to the requirements

    ✕ src/t/test_nothing.py:tests failed in [T]s
    [exit 1]
    ");
}

#[test]
fn settings_that_make_no_sense() {
    let Some((repo, _index)) = repo(&[
        ("src/t/BUILD", "python_tests(name='tests')\n"),
        ("src/t/test_a.py", "def test_a():\n    pass\n"),
    ]) else {
        return;
    };
    assert_snapshot!(shown(&repo.xtask(&["test", "--shard=2/2", "::"])), @"
    error: `2/2` is no shard: it is `k/N` with k from 0 to N-1, such as `0/3`
    [exit 1]
    ");
    assert_snapshot!(shown(&repo.xtask(&["test", "--attempts-default=0", "::"])), @"
    error: `[test] attempts_default`: must be one or more
     --> the command line:1:20
      |
    1 | --attempts-default=0
      |                    ^
    [exit 2]
    ");
    assert_snapshot!(shown(&repo.xtask(&["test", "--test-batch-size=0", "::"])), @"
    error: `[test] batch_size`: must be one or more
     --> the command line:1:19
      |
    1 | --test-batch-size=0
      |                   ^
    [exit 2]
    ");
    assert_snapshot!(shown(&repo.xtask(&["test", "--coverage-py-fail-under=101", "::"])), @"
    error: `[coverage-py] fail_under`: must be from 0 to 100
     --> the command line:1:26
      |
    1 | --coverage-py-fail-under=101
      |                          ^^^
    [exit 2]
    ");
    assert_snapshot!(shown(&repo.xtask(&["test", "--coverage-py-config=none.ini", "::"])), @"
    error: there is no file none.ini, which the settings name
     |
    hint: `config` in `[pytest]` and `[coverage-py]` names a file from the root
    [exit 1]
    ");
    assert_snapshot!(shown(&repo.xtask(&["test", "--pytest-requirements=['lib']", "::"])), @"
    error: `requirements` in `[pytest]` has no pytest
     |
    hint: `install_from_resolve` in `[pytest]` names the resolve that has it
    [exit 1]
    ");
    assert_snapshot!(shown(&repo.xtask(&["test", "--merge", "none"])), @"
    error: cannot read the reports in none
     |
     = No such file or directory (os error 2)
    hint: `--merge` takes the folders that `test --report` wrote, one for each shard
    [exit 1]
    ");
    assert_snapshot!(shown(&repo.xtask(&["test", "--debug", "src/t::", "-src/t/test_a.py"])), @"[exit 1]");
    repo.write("src/t/BUILD", "python_tests(xdist_concurrency=-1)\n");
    assert_snapshot!(shown(&repo.xtask(&["test", "::"])), @"
    error: `xdist_concurrency` of `src/t:t` must be a number that is not below zero, not the int `-1`
     --> src/t/BUILD:1:14
      |
    1 | python_tests(xdist_concurrency=-1)
      |              ^^^^^^^^^^^^^^^^^^^^^
    [exit 1]
    ");
}

#[test]
fn plugins_that_pytest_lacks_are_named() {
    let Some((repo, _index)) = repo(&[
        (
            "src/t/BUILD",
            "python_tests(name='tests')\npython_test_utils(name='utils')\n",
        ),
        ("src/t/test_a.py", "def test_a():\n    pass\n"),
        ("src/t/test_b.py", "def test_b():\n    pass\n"),
    ]) else {
        return;
    };
    let output = repo.xtask(&["test", "--output=none", "::", "--", "--bad-option"]);
    let said: Vec<&str> = output
        .stderr
        .lines()
        .filter(|line| line.starts_with("warning"))
        .collect();
    assert_snapshot!(said.join("\n"), @"
    warning: src/t/BUILD:2:1: `sources` of `src/t:utils` matches no file: `conftest.py`, `test_*.pyi`, `*_test.pyi`, `tests.pyi` (files that `.gitignore` or `pants_ignore` names are not seen)
    warning: no plug-in of pytest has the option `--bad-option`: add the project that has it to `extra_requirements` in `[pytest]`
    ");
    repo.write(
        "src/t/conftest.py",
        "name = 'absent'\nraise ImportError(f'Error importing plugin \"{name}\": No module named \\'{name}\\'')\n",
    );
    let output = repo.xtask(&["test", "--output=none", "src/t/test_a.py"]);
    assert_snapshot!(shown(&output), @"
    Completed: Run Pytest - src/t/test_a.py:tests - failed (exit code 2).
    warning: no plug-in of pytest has the module `absent`: add the project that has it to `extra_requirements` in `[pytest]`

    ✕ src/t/test_a.py:tests failed in [T]s
    [exit 2]
    ");
    let alone = "--pytest-requirements=['pytest']";
    let output = repo.xtask(&["test", "--pytest-xdist-enabled", alone, "::"]);
    assert_snapshot!(shown(&output), @"
    error: cannot run the tests of a module in several processes, as `xdist_enabled` in `[pytest]` wants: pytest is installed without `pytest-xdist`
     |
    hint: add `pytest-xdist` to `extra_requirements` in `[pytest]`
    [exit 1]
    ");
}

#[test]
fn a_python_that_is_not_there() {
    let Some((repo, _index)) = repo(&[
        (
            "src/t/BUILD",
            "python_tests(name='tests', interpreter_constraints=['CPython==3.99.*'])\n",
        ),
        ("src/t/test_a.py", "def test_a():\n    pass\n"),
    ]) else {
        return;
    };
    let output = repo.xtask(&["test", "::"]);
    assert_eq!(output.status, 1, "{output}");
    assert!(
        output.stderr.contains("cannot run src/t/test_a.py:tests"),
        "{output}"
    );
    assert!(output.stderr.contains("hint: install one"), "{output}");
}

#[test]
fn results_are_told_where_reports_cannot_be_written() {
    let Some((repo, _index)) = repo(&[
        ("src/t/BUILD", "python_tests(name='tests')\n"),
        ("src/t/test_a.py", "def test_a():\n    pass\n"),
        ("out", "a file\n"),
    ]) else {
        return;
    };
    let output = repo.xtask(&["test", "--report", "--report-dir=out", "::"]);
    assert_snapshot!(shown(&output), @"
    Completed: Run Pytest - src/t/test_a.py:tests - succeeded.

    ✓ src/t/test_a.py:tests succeeded in [T]s
    error: cannot create the folder out
     |
     = File exists (os error 17)
    hint: `--test-report-dir` and `--coverage-py-output-dir` name other folders for reports
    [exit 1]
    ");
    repo.run("git".into(), &["init", "-q"]);
    let since = "--coverage-changed-since=none";
    assert_snapshot!(shown(&repo.xtask(&["test", since, "::"])), @"
    error: there is no commit `none`
     |
    hint: nothing is committed yet
    [exit 1]
    ");
}

#[test]
fn reports_of_shards_are_merged() {
    let Some((repo, _index)) = repo(&[
        ("src/t/BUILD", "python_tests(name='tests')\n"),
        ("src/t/test_a.py", "def test_a():\n    pass\n"),
        ("src/t/test_b.py", "def test_b():\n    pass\n"),
        ("src/t/test_c.py", "def test_c():\n    pass\n"),
    ]) else {
        return;
    };
    for shard in ["0", "1"] {
        let shard_of = format!("--shard={shard}/2");
        let folder = format!("--report-dir=out/{shard}");
        repo.xtask(&["test", "--report", &shard_of, &folder, "::"]);
    }
    let output = repo.xtask(&["test", "--report-dir=out", "--merge", "out/0", "out/1"]);
    assert_eq!(output.status, 0, "{output}");
    assert_eq!(repo.read("out/merged.xml").matches("<testcase ").count(), 3);
    let times = repo.read("out/times.json");
    assert_eq!(times.matches("src/t/test_").count(), 3, "{times}");
    repo.write("out/half/src.t.test_d.py.tests.xml", "no report");
    let half = repo.xtask(&["test", "--report-dir=out", "--merge", "out/half", "out/0"]);
    assert_snapshot!(shown(&half), @"
    error: this is no junit report
    --> out/half/src.t.test_d.py.tests.xml
     = it has no element
    hint: a shard that was ended leaves half a report: run it again
    [exit 1]
    ");
    // Balanced by these times, all shards together run each test once.
    let shards = ["0/2", "1/2"].map(|shard| {
        let shard = format!("--shard={shard}");
        let output = repo.xtask(&["test", "--times=out/times.json", &shard, "::"]);
        output.stderr.matches("✓ ").count()
    });
    assert_eq!(shards.iter().sum::<usize>(), 3);
}
