//! What is said while tests run and of why they run: the line on a terminal, `--explain`, `--watch`.

use std::time::{Duration, Instant};

use camino::Utf8Path;
use insta::assert_snapshot;

use super::{repo, shown};

const TWO: &[(&str, &str)] = &[
    ("src/lib/BUILD", "python_sources()\n"),
    ("src/lib/a.py", "from lib.b import B\nA = B\n"),
    ("src/lib/b.py", "B = 1\n"),
    (
        "src/t/BUILD",
        "python_tests(name='tests', extra_env_vars=['RAN'])\n",
    ),
    (
        "src/t/test_a.py",
        "import os\nfrom lib.a import A\n\ndef test_a():\n    \
         open(os.environ['RAN'], 'a').write('a')\n    assert A == 1, f'A is {A}'\n",
    ),
    (
        "src/t/test_c.py",
        "import os\n\ndef test_c():\n    open(os.environ['RAN'], 'a').write('c')\n",
    ),
];

#[test]
fn why_tests_are_selected_and_run_is_said() {
    let Some((repo, _index)) = repo(TWO) else {
        return;
    };
    let repo = repo.env("RAN", "/dev/null");
    crate::git(&repo, &["init", "-q", "-b", "main"]);
    crate::git(&repo, &["add", "-A"]);
    crate::git(&repo, &["commit", "-qm", "first"]);
    let first = repo.xtask(&["test", "--explain", "--output=none", "src/t/test_a.py"]);
    assert_snapshot!(shown(&first), @"
    running test src/t/test_a.py:tests: it did not run before
    Completed: Run Pytest - src/t/test_a.py:tests - succeeded.

    ✓ src/t/test_a.py:tests succeeded in [T]s
    [exit 0]
    ");
    repo.write("src/lib/b.py", "B = 2\n");
    repo.write(
        "src/t/BUILD",
        "python_tests(name='tests', extra_env_vars=['RAN'], overrides={'test_c.py': {'tags': ['x']}})\n",
    );
    let changed = [
        "test",
        "--explain",
        "--output=none",
        "--changed-since=main",
        "--changed-dependents=transitive",
        "--jobs=1",
    ];
    assert_snapshot!(shown(&repo.xtask(&changed)), @"
    src/t/test_a.py:tests is selected: it depends on src/lib/a.py, that on src/lib/b.py, and `src/lib/b.py` was edited
    src/t/test_c.py:tests is selected: it is declared otherwise
    running test src/t/test_a.py:tests: `src/lib/b.py` differs from the last run
    Completed: Run Pytest - src/t/test_a.py:tests - failed (exit code 1).
    running test src/t/test_c.py:tests: it did not run before
    Completed: Run Pytest - src/t/test_c.py:tests - succeeded.

    ✓ src/t/test_c.py:tests succeeded in [T]s
    ✕ src/t/test_a.py:tests failed in [T]s
    [exit 1]
    ");
    let forced = repo.xtask(&[
        "test",
        "--explain",
        "--force",
        "--output=none",
        "src/t/test_c.py",
    ]);
    assert_snapshot!(shown(&forced), @"
    all of them run, also those that passed before: `--force`
    Completed: Run Pytest - src/t/test_c.py:tests - succeeded.

    ✓ src/t/test_c.py:tests succeeded in [T]s
    [exit 0]
    ");
}

#[test]
fn what_changes_is_run_again() {
    let Some((repo, _index)) = repo(TWO) else {
        return;
    };
    let ran = repo.root().join("dist/ran");
    repo.write("dist/ran", "");
    repo.write(".gitignore", "/dist/\n");
    let repo = repo.env("RAN", ran.as_str());
    let running = repo.start(&["test", "--watch", "--output=none", "--jobs=1", "src/t::"]);
    wait_for(&ran, "ac");
    // Files are looked at before a run: what is written in it is seen.
    repo.write("src/lib/b.py", "B = 2\n");
    wait_for(&ran, "aca");
    repo.write(
        "src/t/test_c.py",
        &(repo.read("src/t/test_c.py") + "# edited\n"),
    );
    wait_for(&ran, "acac");
    repo.write("src/t/BUILD", "python_tests(\n");
    repo.write(
        "src/t/test_c.py",
        &(repo.read("src/t/test_c.py") + "# edited\n"),
    );
    std::thread::sleep(Duration::from_secs(2));
    repo.write(
        "src/t/BUILD",
        "python_tests(name='tests', extra_env_vars=['RAN'])\n",
    );
    wait_for(&ran, "acacc");
    std::thread::sleep(Duration::from_secs(1));
    let output = running.interrupt();
    let said = &output.stderr;
    assert!(said.contains("Changed: src/lib/b.py\n"), "{output}");
    assert!(
        said.contains("✓ 1 other passed before, and nothing of it changed."),
        "{output}"
    );
    assert!(
        said.contains("error: "),
        "a BUILD file that cannot be read is said: {output}"
    );
    let failed = said.matches("failed (exit code 1)").count();
    assert_eq!(
        failed, 1,
        "a failure does not run again while nothing of it changes: {output}"
    );
}

/// Waits until a file has a text.
fn wait_for(path: &Utf8Path, text: &str) {
    let start = Instant::now();
    loop {
        let found = fs_err::read_to_string(path).unwrap_or_default();
        if found == text {
            return;
        }
        assert!(start.elapsed().as_secs() < 100, "{found} is not {text}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_terminal_shows_what_runs_now() {
    let Some((repo, _index)) = repo(&[
        ("src/t/BUILD", "python_tests(name='tests')\n"),
        (
            "src/t/test_slow.py",
            "import time\n\ndef test_slow():\n    time.sleep(1)\n",
        ),
    ]) else {
        return;
    };
    let piped = repo.xtask(&["test", "--force", "::"]);
    assert!(!piped.stderr.contains("of 1 done"), "{piped}");
    let Some(output) = repo.in_terminal(&["test", "--force", "::"]) else {
        return;
    };
    assert!(
        output
            .stdout
            .contains("0 of 1 done, running src/t/test_slow.py:tests"),
        "{output}"
    );
}

#[test]
fn a_summary_may_name_all_modules_of_a_process() {
    let Some((repo, _index)) = repo(&[
        (
            "src/t/BUILD",
            "python_tests(name='tests', batch_compatibility_tag='all')\n",
        ),
        ("src/t/test_a.py", "def test_a():\n    pass\n"),
        ("src/t/test_b.py", "def test_b():\n    pass\n"),
    ]) else {
        return;
    };
    let output = repo.xtask(&["test", "--show-all-batch-targets", "::"]);
    assert!(
        output
            .stderr
            .contains("✓ src/t/test_a.py:tests, src/t/test_b.py:tests succeeded"),
        "{output}"
    );
}
