//! `test`: what runs, in what it runs, what is printed, and the exit code.
//!
//! Tests run with a pytest that is a page long, so that they need no network.

mod bad_input;
mod coverage;
mod debugging;
mod following;
mod forks;
mod interrupts;
mod limits;
mod on_workers;
mod oracle;
mod packages;
mod preparing;
mod refused;
mod running;

use camino::Utf8PathBuf;
use testkit::{LoopbackIndex, Output, Package, Repo};

use crate::fixtures::environments;

/// A pytest that is a page long.
const PYTEST: &str = include_str!("pytest.py");

/// A coverage that is a page long.
const COVERAGE: &str = include_str!("coverage.py");

/// An index with what tests are run with.
fn index() -> LoopbackIndex {
    LoopbackIndex::start(packages())
}

/// What tests are run with.
pub(crate) fn packages() -> Vec<Package> {
    vec![
        Package::new("pytest", "8.0").member("pytest/__init__.py", PYTEST.as_bytes()),
        Package::new("pytest-cov", "5.0")
            .requires("coverage; python_version >= '3'")
            .member("pytest_cov.py", b""),
        Package::new("coverage", "7.0")
            .member("coverage/__init__.py", COVERAGE.as_bytes())
            .member("coverage/cmdline.py", b"from coverage import main\n"),
        Package::new("pytest-xdist", "3.5").member("xdist.py", b""),
        environments::lib("1.0"),
        environments::lib("2.0"),
    ]
}

/// A repository with tests, and the index that must outlive it.
fn repo(files: &[(&str, &str)]) -> Option<(Repo, LoopbackIndex)> {
    let index = index();
    let repo = environments::repo()?.index(&index);
    for (path, content) in files {
        repo.write(path, content);
    }
    Some((repo, index))
}

/// What a run printed, without times and folders of the cache.
fn shown(output: &Output) -> String {
    let mut text = String::new();
    for line in output.stderr.lines() {
        let line = match line.find(" in ").filter(|_| line.starts_with(['✓', '✕'])) {
            Some(at) => {
                let rest = line[at..].find('s').map_or("", |end| &line[at + end + 1..]);
                format!("{} in [T]s{rest}", &line[..at])
            }
            None => line.to_owned(),
        };
        text += &line;
        text.push('\n');
    }
    format!("{text}[exit {}]", output.status)
}

/// Tests that pass, fail, cannot be imported, are none, and are skipped.
const OUTCOMES: &[(&str, &str)] = &[
    (
        "src/t/BUILD",
        "python_tests(name='tests', overrides={'test_skipped.py': {'skip_tests': True}})\n",
    ),
    ("src/t/test_pass.py", "def test_ok():\n    pass\n"),
    (
        "src/t/test_fail.py",
        "def test_no():\n    print('printed')\n    assert 1 == 2, 'one is not two'\n",
    ),
    (
        "src/t/test_error.py",
        "raise ValueError('not importable')\n",
    ),
    ("src/t/test_empty.py", "X = 1\n"),
    (
        "src/t/test_skipped.py",
        "def test_no():\n    assert False\n",
    ),
];

#[test]
fn the_summary_has_the_worst_last_and_its_exit_code_counts() {
    let Some((repo, _index)) = repo(OUTCOMES) else {
        return;
    };
    let output = repo.xtask(&["--test-output=none", "test", "::"]);
    let mut lines: Vec<String> = shown(&output).lines().map(str::to_owned).collect();
    // The order in which they end is not told.
    lines[..5].sort();
    insta::assert_snapshot!(lines.join("\n").trim(), @"
    Completed: Run Pytest - src/t/test_empty.py:tests - failed (exit code 5).
    Completed: Run Pytest - src/t/test_error.py:tests - failed (exit code 2).
    Completed: Run Pytest - src/t/test_fail.py:tests - failed (exit code 1).
    Completed: Run Pytest - src/t/test_pass.py:tests - succeeded.
    ✓ src/t/test_pass.py:tests succeeded in [T]s
    ✕ src/t/test_fail.py:tests failed in [T]s
    ✕ src/t/test_error.py:tests failed in [T]s
    ✕ src/t/test_empty.py:tests failed in [T]s
    [exit 5]
    ");
    let failed = repo.xtask(&["test", "src/t/test_fail.py"]);
    assert_eq!(failed.status, 1, "{failed}");
    assert!(failed.stderr.contains("one is not two"), "{failed}");
    assert!(failed.stderr.contains("printed"), "{failed}");
    insta::assert_snapshot!(shown(&repo.xtask(&["test", "src/t/test_skipped.py"])), @"
    warning: no tests are among these targets; `test` runs `python_test` and `python_tests` targets
    [exit 0]
    ");
    insta::assert_snapshot!(shown(&repo.xtask(&["test"])), @"
    warning: no tests are named: `::` names all, `dir::` those in `dir` and below
    [exit 0]
    ");
    repo.write("specs.txt", "src/t/test_pass.py\n");
    insta::assert_snapshot!(shown(&repo.xtask(&["test", "--spec-files=specs.txt"])), @"
    Completed: Run Pytest - src/t/test_pass.py:tests - succeeded.

    ✓ src/t/test_pass.py:tests succeeded in [T]s
    [exit 0]
    ");
    insta::assert_snapshot!(shown(&repo.xtask(&["test", "src/t/test_none.py"])), @"
    error: `src/t/test_none.py` names no target: there is no file or folder `src/t/test_none.py`
    [exit 1]
    ");
    insta::assert_snapshot!(shown(&repo.xtask(&["test", "src/none::"])), @"
    error: `src/none::` names no target: there is no file or folder `src/none`
    [exit 1]
    ");
}

#[test]
fn what_failed_is_printed_at_any_level() {
    let Some((repo, _index)) = repo(OUTCOMES) else {
        return;
    };
    let modules = ["src/t/test_pass.py", "src/t/test_fail.py"];
    let output = repo.xtask(&[&["--level=error", "test"], &modules[..]].concat());
    assert!(output.stderr.contains("one is not two"), "{output}");
    let shown = shown(&output);
    let summary = shown
        .lines()
        .filter(|line| line.contains("src/t/test_pass"));
    insta::assert_snapshot!(summary.collect::<Vec<_>>().join("\n"), @"✓ src/t/test_pass.py:tests succeeded in [T]s");
}

#[test]
fn successes_are_not_run_again_and_failures_are() {
    let Some((repo, _index)) = repo(OUTCOMES) else {
        return;
    };
    let modules = ["test", "src/t/test_pass.py", "src/t/test_fail.py"];
    repo.xtask(&modules);
    let again = repo.xtask(&modules);
    assert!(again.stderr.contains("cached locally"), "{again}");
    assert!(again.stderr.contains("one is not two"), "{again}");
    for forced in ["--test-force", "--force"] {
        let forced = repo.xtask(&["test", forced, "src/t/test_pass.py"]);
        assert!(!forced.stderr.contains("cached"), "{forced}");
    }
    repo.write("src/t/test_pass.py", "def test_ok():\n    pass\n# edited\n");
    let edited = repo.xtask(&["test", "src/t/test_pass.py"]);
    assert!(!edited.stderr.contains("cached"), "{edited}");
}

#[test]
fn only_declared_files_are_there_and_only_wanted_variables() {
    let Some((repo, _index)) = repo(&[
        ("src/lib/BUILD", "python_sources()\n"),
        ("src/lib/a.py", "A = 1\n"),
        ("src/lib/b.py", "B = 1\n"),
        (
            "src/t/BUILD",
            "python_tests(name='tests', extra_env_vars=['OWN=o', 'FORWARDED'])\n",
        ),
        (
            "src/t/test_box.py",
            "import os\nfrom lib.a import A\n\ndef test_box():\n    \
             print(sorted(os.path.join(d, f) for d, _, fs in os.walk('.') for f in fs if f.endswith('.py')))\n    \
             print(sorted(n for n in os.environ if n in ('HOME', 'OWN', 'FORWARDED', 'SECRET', 'A')))\n    \
             print(os.environ.get('A'))\n",
        ),
    ]) else {
        return;
    };
    let repo = repo.env("FORWARDED", "yes").env("SECRET", "hidden");
    let arguments = [
        "test",
        "--output=all",
        "--extra-env-vars=A=B",
        "src/t::",
        "--",
        "-s",
    ];
    let output = repo.xtask(&arguments);
    let printed: Vec<&str> = output.stdout.lines().chain(output.stderr.lines()).collect();
    let printed = printed
        .into_iter()
        .filter(|line| line.starts_with('[') || *line == "B");
    let printed: Vec<&str> = printed.collect();
    insta::assert_snapshot!(printed.join("\n"), @"
    ['./src/lib/a.py', './src/t/test_box.py']
    ['A', 'FORWARDED', 'OWN']
    B
    ");
}

#[test]
fn reports_and_extra_output_are_kept() {
    let Some((repo, _index)) = repo(&[
        ("src/t/BUILD", "python_tests()\n"),
        (
            "src/t/test_extra.py",
            "def test_extra():\n    open('extra-output/note.txt', 'w').write('hello')\n",
        ),
    ]) else {
        return;
    };
    let output = repo.xtask(&["test", "--report", "::"]);
    assert_eq!(output.status, 0, "{output}");
    assert_eq!(repo.read("dist/test/src.t.test_extra.py/note.txt"), "hello");
    let report = repo.read("dist/test/reports/src.t.test_extra.py.xml");
    assert!(report.contains("test_extra"), "{report}");
    let there = repo
        .root()
        .join(Utf8PathBuf::from("out/r/src.t.test_extra.py.xml"));
    repo.xtask(&["--test-report", "--test-report-dir=out/r", "test", "::"]);
    assert!(there.is_file(), "also where the result is cached");
}
