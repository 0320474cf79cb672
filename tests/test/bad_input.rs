//! Modules, configurations and repositories that are wrong: each gives a clear result, and no run hangs.

use insta::assert_snapshot;

use super::{index, repo, shown};
use crate::fixtures::environments;

/// The summary of a run.
fn summary(shown: &str) -> String {
    let lines = shown
        .lines()
        .filter(|line| line.starts_with(['✓', '✕', '[']));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn modules_that_are_broken() {
    let Some((repo, _index)) = repo(&[
        ("src/t/BUILD", "python_tests(name='tests', timeout=10)\n"),
        ("src/t/test_a_good.py", "def test_good():\n    pass\n"),
        ("src/t/test_b_parse.py", "def test_parse(:\n"),
        ("src/t/test_c_null.py", "def test_null():\n    pass\n\0\n"),
        (
            "src/t/test_d_binary.py",
            "import os\n\ndef test_binary():\n    os.write(1, bytes(range(256)))\n    assert False, 'binary'\n",
        ),
        (
            "src/t/test_e_never.py",
            "import signal, time\n\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True:\n    time.sleep(1)\n",
        ),
        (
            "src/t/test_g_sessions.py",
            "import subprocess\n\ndef test_sessions():\n    subprocess.Popen(['sleep', '987'], start_new_session=True)\n",
        ),
    ]) else {
        return;
    };
    let run = |how: &str| {
        let grace = "--process-execution-graceful-shutdown-timeout=1";
        let output = repo.xtask(&["--jobs=4", grace, "test", "--force", how, "::"]);
        assert!(output.stderr.contains("SyntaxError"), "{output}");
        assert!(
            output.stderr.contains("Exceeded timeout of 10.0 seconds"),
            "{output}"
        );
        let left = repo.run("sh".into(), &["-c", "pgrep -f '^sleep 987' || true"]);
        assert_eq!(left.stdout, "", "what it left runs no more");
        let shown = shown(&output);
        let summary = shown
            .lines()
            .filter(|line| line.starts_with(['✓', '✕', '[']));
        summary.collect::<Vec<_>>().join("\n")
    };
    let forked = run("--test-fork=true");
    assert_eq!(forked, run("--test-fork=false"));
    assert_snapshot!(forked, @"
    ✓ src/t/test_a_good.py:tests succeeded in [T]s
    ✓ src/t/test_g_sessions.py:tests succeeded in [T]s
    ✕ src/t/test_d_binary.py:tests failed in [T]s
    ✕ src/t/test_b_parse.py:tests failed in [T]s
    ✕ src/t/test_c_null.py:tests failed in [T]s
    ✕ src/t/test_e_never.py:tests failed in [T]s
    [exit 241]
    ");
}

#[test]
fn a_conftest_with_an_error_fails_the_modules_below_it() {
    let Some((repo, _index)) = repo(&[
        (
            "src/t/BUILD",
            "python_tests(name='tests')\npython_test_utils(name='utils')\n",
        ),
        ("src/t/conftest.py", "raise RuntimeError('no fixtures')\n"),
        ("src/t/test_a.py", "def test_a():\n    pass\n"),
        ("src/u/BUILD", "python_tests(name='tests')\n"),
        ("src/u/test_b.py", "def test_b():\n    pass\n"),
    ]) else {
        return;
    };
    let output = repo.xtask(&["test", "::"]);
    assert!(output.stderr.contains("no fixtures"), "{output}");
    assert_snapshot!(summary(&shown(&output)), @"
    ✓ src/u/test_b.py:tests succeeded in [T]s
    ✕ src/t/test_a.py:tests failed in [T]s
    [exit 2]
    ");
}

#[test]
fn nothing_to_test() {
    let Some((repo, _index)) = repo(&[
        ("src/lib/BUILD", "python_sources()\n"),
        ("src/lib/a.py", ""),
    ]) else {
        return;
    };
    assert_snapshot!(shown(&repo.xtask(&["test", "::"])), @"[exit 0]");
    assert_snapshot!(shown(&repo.xtask(&["test", "src/lib::"])), @"[exit 0]");
    assert_snapshot!(shown(&repo.xtask(&["test", "src/lib/a.py"])), @"
    warning: no tests are among these targets; `test` runs `python_test` and `python_tests` targets
    [exit 0]
    ");
    assert_snapshot!(shown(&repo.xtask(&["test", "src/lib:none"])), @"
    error: `src/lib:none` names no target: its folder declares no such target
     |
    hint: did you mean `src/lib:lib`?
    [exit 1]
    ");
    assert_snapshot!(shown(&repo.xtask(&["test", "--tag=none", "::"])), @"
    warning: no target is named by this, or none is left by the filters
    [exit 0]
    ");
}

#[test]
fn resolves_without_a_lock_or_without_pytest() {
    let Some(repo) = environments::repo() else {
        return;
    };
    let index = index();
    let settings = repo.read("Cargo.toml").replace(
        "python-default = \"python.lock\"\n",
        "python-default = \"python.lock\"\ntool = \"tool.lock\"\n\
         [workspace.metadata.xtask.pytest]\ninstall_from_resolve = \"tool\"\n",
    );
    let repo = repo
        .file("Cargo.toml", &settings)
        .index(&index)
        .file(
            "tool/BUILD",
            "python_requirement(name='x', requirements=['lib'], resolve='tool')\n",
        )
        .file("src/t/BUILD", "python_tests(name='tests')\n")
        .file("src/t/test_a.py", "def test_a():\n    pass\n");
    assert_snapshot!(shown(&repo.xtask(&["test", "::"])), @"
    error: cannot export `tool`: there is no lock
    --> tool.lock
     |
    hint: run `cargo xtask generate-lockfiles --resolve tool`
    [exit 1]
    ");
    crate::done(&repo, &["generate-lockfiles", "--resolve", "tool"]);
    assert_snapshot!(shown(&repo.xtask(&["test", "::"])), @"
    error: the resolve `tool` has no pytest
     |
    hint: `install_from_resolve` in `[pytest]` names the resolve that has it
    [exit 1]
    ");
}

#[test]
fn two_resolves_in_one_run_have_an_environment_each() {
    let Some(repo) = environments::repo() else {
        return;
    };
    let index = index();
    index.add(&environments::lib("2.0"));
    let settings = repo.read("Cargo.toml").replace(
        "python-default = \"python.lock\"\n",
        "python-default = \"python.lock\"\nother = \"other.lock\"\n",
    );
    let repo = repo
        .file("Cargo.toml", &settings)
        .index(&index)
        .file(
            "req/BUILD",
            "python_requirement(name='one', requirements=['lib==1.0'], modules=['lib'])\n\
             python_requirement(name='two', requirements=['lib==2.0'], modules=['lib'], resolve='other')\n",
        )
        .file(
            "src/t/BUILD",
            "python_tests(name='tests', overrides={'test_two.py': {'resolve': 'other'}})\n",
        )
        .file(
            "src/t/test_one.py",
            "import lib\n\ndef test_one():\n    assert lib.VERSION == '1.0'\n",
        )
        .file(
            "src/t/test_two.py",
            "import lib\n\ndef test_two():\n    assert lib.VERSION == '2.0'\n",
        );
    crate::done(&repo, &["generate-lockfiles"]);
    let output = repo.xtask(&["test", "::"]);
    assert_snapshot!(summary(&shown(&output)), @"
    ✓ src/t/test_one.py:tests succeeded in [T]s
    ✓ src/t/test_two.py:tests succeeded in [T]s
    [exit 0]
    ");
    fs_err::remove_file(repo.root().join("other.lock")).unwrap();
    let output = repo.xtask(&["test", "src/t/test_two.py"]);
    assert_eq!(output.status, 1, "{output}");
    assert!(output.stderr.contains("generate-lockfiles"), "{output}");
}

#[test]
fn variables_that_are_not_set_are_not_there() {
    let Some((repo, _index)) = repo(&[
        (
            "src/t/BUILD",
            "python_tests(name='tests', extra_env_vars=['UNSET_HERE', 'SET=', 'GLOBBED_*'])\n",
        ),
        (
            "src/t/test_a.py",
            "import os\n\ndef test_a():\n    assert 'UNSET_HERE' not in os.environ\n    \
             assert os.environ['SET'] == ''\n    assert os.environ['GLOBBED_ONE'] == '1'\n",
        ),
    ]) else {
        return;
    };
    let repo = repo.env("GLOBBED_ONE", "1");
    let output = repo.xtask(&["test", "::"]);
    assert_eq!(output.status, 0, "{output}");
}

#[test]
fn a_module_that_fills_its_disk_is_a_result() {
    let Some((repo, _index)) = repo(&[
        ("src/t/BUILD", "python_tests(name='tests')\n"),
        (
            "src/t/test_full.py",
            "import resource\n\ndef test_full():\n    \
             resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n    \
             with open('extra-output/large', 'wb') as file:\n        file.write(b'x' * 100000)\n",
        ),
    ]) else {
        return;
    };
    let output = repo.xtask(&["test", "::"]);
    assert_eq!(output.status, 1, "{output}");
    assert!(output.stderr.contains("File too large"), "{output}");
}
