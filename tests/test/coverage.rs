//! Coverage: of all modules and shards, of the lines that changed, and its pages in a browser.

use insta::assert_snapshot;

use super::{repo, shown};

/// Code with a test of a half of it, and some that no test reaches.
const HALF: &[(&str, &str)] = &[
    (".gitignore", "/dist/\n"),
    ("src/lib/BUILD", "python_sources()\n"),
    (
        "src/lib/a.py",
        "def one():\n    return 1\n\n\ndef two():\n    return 2\n",
    ),
    ("src/lib/never.py", "X = 1\n"),
    ("src/t/BUILD", "python_tests(name='tests')\n"),
    (
        "src/t/test_one.py",
        "from lib.a import one\n\ndef test_one():\n    assert one() == 1\n",
    ),
    (
        "src/t/test_two.py",
        "from lib.a import two\n\ndef test_two():\n    assert two() == 2\n",
    ),
];

#[test]
fn coverage_of_shards_is_merged() {
    let Some((repo, _index)) = repo(HALF) else {
        return;
    };
    for shard in ["0", "1"] {
        let shard_of = format!("--shard={shard}/2");
        let (reports, data) = (
            format!("--report-dir=out/{shard}/test/reports"),
            format!("--coverage-py-output-dir=out/{shard}/coverage/python"),
        );
        let output = repo.xtask(&[
            "test",
            "--report",
            "--use-coverage",
            "--coverage-py-report=['raw']",
            &shard_of,
            &reports,
            &data,
            "::",
        ]);
        assert_eq!(output.status, 0, "{output}");
    }
    let merge = [
        "test",
        "--report-dir=out",
        "--coverage-py-report=['console', 'html']",
        "--merge",
        "out/0",
        "out/1",
    ];
    assert_snapshot!(shown(&repo.xtask(&merge)), @"
    Wrote out/merged.xml
    Wrote out/times.json

    src/lib/a.py 4 0
    src/t/test_one.py 3 0
    src/t/test_two.py 3 0
    TOTAL 100%
    Wrote html coverage report to dist/coverage/python/htmlcov
    [exit 0]
    ");
    assert!(
        repo.root()
            .join("dist/coverage/python/htmlcov/index.html")
            .exists()
    );
    let least = [
        "test",
        "--coverage-py-fail-under=101",
        "--merge",
        "out/0",
        "out/1",
    ];
    assert_eq!(repo.xtask(&least).status, 2);
    let none = repo.xtask(&["test", "--merge", "src"]);
    assert_snapshot!(shown(&none), @"
    error: there is nothing to merge in these folders
     |
     = they have no junit report, and no data file of coverage
    hint: `test --report` writes junit reports, and `--coverage-py-report=raw` the data of coverage
    [exit 1]
    ");
}

#[test]
fn changed_lines_that_no_test_runs_are_named() {
    let Some((repo, _index)) = repo(HALF) else {
        return;
    };
    crate::git(&repo, &["init", "-q", "-b", "main"]);
    crate::git(&repo, &["add", "-A"]);
    crate::git(&repo, &["commit", "-qm", "first"]);
    let changed =
        "def one():\n    return 1\n\n\ndef two():\n    return 2\n\n\ndef three():\n    return 3\n";
    repo.write("src/lib/a.py", changed);
    repo.write("src/lib/fresh.py", "X = 1\nY = 2\n");
    let arguments = [
        "test",
        "--coverage-changed-since=main",
        "--coverage-py-report=[]",
        "::",
    ];
    let output = shown(&repo.xtask(&arguments));
    let said = output
        .lines()
        .skip_while(|line| !line.starts_with("Changed"));
    assert_snapshot!(said.collect::<Vec<_>>().join("\n"), @"
    Changed since main: 1 of 4 changed lines are covered (25%)
      src/lib/a.py: 10 is not covered
      src/lib/fresh.py: 1-2 are not covered
    [exit 0]
    ");
    let least = [&["--coverage-py-changed-fail-under=60"][..], &arguments].concat();
    let output = repo.xtask(&least);
    assert_eq!(output.status, 2, "{output}");
    assert!(
        output.stderr.contains("less than 60% of the changed lines"),
        "{output}"
    );
    let wrong = repo.xtask(&["test", "--coverage-changed-since=none", "src/t::"]);
    assert!(
        wrong.stderr.contains("there is no commit `none`"),
        "{wrong}"
    );
}

#[test]
fn pages_are_opened_on_a_terminal() {
    let Some((repo, _index)) = repo(HALF) else {
        return;
    };
    let opened = repo.root().join("opened");
    repo.write(
        "bin/xdg-open",
        &format!("#!/bin/sh\necho \"$1\" >> {opened}\n"),
    );
    let path = repo.root().join("bin/xdg-open");
    fs_err::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let folders = std::env::var("PATH").unwrap();
    let bin = repo.root().join("bin");
    let repo = repo.env("PATH", &format!("{bin}:{folders}"));
    let arguments = [
        "test",
        "--use-coverage",
        "--open-coverage",
        "--coverage-py-report=html",
        "::",
    ];
    assert_eq!(repo.xtask(&arguments).status, 0);
    assert!(!opened.exists(), "nobody sees it");
    let Some(output) = repo.in_terminal(&arguments) else {
        return;
    };
    assert_eq!(output.status, 0, "{output}");
    let page = "dist/coverage/python/htmlcov/index.html";
    assert!(
        fs_err::read_to_string(&opened)
            .unwrap()
            .trim()
            .ends_with(page)
    );
    let without = repo.xtask(&["test", "--open-coverage", "::"]);
    assert!(
        without
            .stderr
            .contains("there is no coverage report to open"),
        "{without}"
    );
}

#[test]
fn coverage_without_what_measures_it_is_refused() {
    let Some((repo, _index)) = repo(HALF) else {
        return;
    };
    let alone = "--pytest-requirements=['pytest']";
    let output = repo.xtask(&["test", "--use-coverage", alone, "::"]);
    assert_snapshot!(shown(&output), @"
    error: cannot measure coverage: pytest is installed without `pytest-cov`
     |
    hint: add `pytest-cov` to `extra_requirements` in `[pytest]`
    [exit 1]
    ");
}

#[test]
fn a_malformed_configuration_is_told_once_before_tests_run() {
    let Some((repo, _index)) = repo(HALF) else {
        return;
    };
    repo.write(".coveragerc", "[run]\nbranch\n");
    let output = repo.xtask(&["test", "--use-coverage", "::"]);
    assert_snapshot!(shown(&output), @r"
    error: the configuration of coverage cannot be used
    --> .coveragerc
     = Couldn't read config file .coveragerc: Source contains parsing errors: '.coveragerc'
     = 	[line  2]: 'branch\n'
    [exit 1]
    ");
    // Who measures nothing need not know.
    assert_eq!(repo.xtask(&["test", "::"]).status, 0);
}

#[test]
fn where_nothing_is_measured_too_little_is() {
    let Some((repo, _index)) = repo(HALF) else {
        return;
    };
    let unmeasured = |more: &[&str]| {
        let line = [&["test", "--use-coverage"], more, &["::", "--", "--no-cov"]].concat();
        let shown = shown(&repo.xtask(&line));
        let from = shown.find("no coverage").unwrap_or_default();
        shown[from..].to_owned()
    };
    assert_snapshot!(unmeasured(&[]), @"
    no coverage was measured
    [exit 0]
    ");
    assert_snapshot!(unmeasured(&["--coverage-py-fail-under=20"]), @"
    no coverage was measured, and 20 % are to be covered
    [exit 2]
    ");
    repo.write(".coveragerc", "[report]\nfail_under = 30\n");
    assert_snapshot!(unmeasured(&[]), @"
    no coverage was measured, and 30 % are to be covered
    [exit 2]
    ");
    // What settings say counts.
    assert_snapshot!(unmeasured(&["--coverage-py-fail-under=0"]), @"
    no coverage was measured
    [exit 0]
    ");
}
