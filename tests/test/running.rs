//! How modules are run: forks and interpreters, limits, attempts, and ends that no one asked for.

use insta::assert_snapshot;

use super::{repo, shown};

/// Modules that change what is their process's, and look for what others changed.
const NEIGHBOURS: &[(&str, &str)] = &[
    ("src/t/BUILD", "python_tests(name='tests')\n"),
    ("src/t/test_a.py", MEDDLER),
    ("src/t/test_b.py", MEDDLER),
    ("src/t/test_c.py", MEDDLER),
    ("src/t/test_d.py", MEDDLER),
    (
        "src/t/test_e.py",
        "import decimal\n\ndef test_no():\n    assert decimal.Decimal(1) == 2\n",
    ),
];

const MEDDLER: &str = "\
import decimal, os, sys

def test_alone():
    assert 'MEDDLED' not in os.environ and not hasattr(decimal, 'MEDDLED')
    assert 'meddled' not in sys.modules and os.path.isdir('extra-output')
    os.environ['MEDDLED'] = sys.modules['meddled'] = decimal.MEDDLED = 'yes'
    os.chdir('/')
    sys.path.clear()
    assert sys.modules['__main__'].__dict__.get('__file__') is None
    assert all(name.startswith('__') for name in vars(sys.modules['__main__']))
";

#[test]
fn forks_and_interpreters_give_the_same() {
    let Some((repo, _index)) = repo(NEIGHBOURS) else {
        return;
    };
    let summary = |arguments: &[&str]| {
        let output = repo.xtask(arguments);
        let shown = shown(&output);
        let lines = shown
            .lines()
            .filter(|line| line.starts_with(['✓', '✕', '[']));
        lines.map(str::to_owned).collect::<Vec<_>>().join("\n")
    };
    let forked = summary(&["test", "--force", "::"]);
    // The next server imports before it forks what all of them imported.
    let environments = repo.cache().join("cargo-xtask/linked-environments-1");
    let mut environments = environments.read_dir_utf8().unwrap().flatten();
    let common = environments
        .find_map(|one| fs_err::read_to_string(one.path().join("imported-by-all")).ok());
    let common = common.unwrap_or_default();
    assert!(common.lines().any(|name| name == "decimal"), "{common}");
    assert_eq!(forked, summary(&["test", "--force", "::"]));
    let own = summary(&["test", "--force", "--no-test-fork", "::"]);
    assert_eq!(forked, own);
    assert_snapshot!(forked, @"
    ✓ src/t/test_a.py:tests succeeded in [T]s
    ✓ src/t/test_b.py:tests succeeded in [T]s
    ✓ src/t/test_c.py:tests succeeded in [T]s
    ✓ src/t/test_d.py:tests succeeded in [T]s
    ✕ src/t/test_e.py:tests failed in [T]s
    [exit 1]
    ");
}

#[test]
fn folders_are_packages_by_files_that_no_target_has() {
    let Some((repo, _index)) = repo(&[
        ("src/acme/__init__.py", ""),
        ("src/acme/lib/__init__.py", ""),
        ("src/acme/lib/BUILD", "python_sources(sources=['a.py'])\n"),
        ("src/acme/lib/a.py", "A = 1\n"),
        ("src/acme/t/__init__.py", ""),
        ("src/acme/t/BUILD", "python_tests()\n"),
        (
            "src/acme/t/test_a.py",
            "import os\nimport acme\nfrom acme.lib import a\n\ndef test_a():\n    \
             assert acme.__file__ and a.A == 1\n    \
             found = [d for d, _, files in os.walk('src') if '__init__.py' in files]\n    \
             assert sorted(found) == ['src/acme', 'src/acme/lib', 'src/acme/t'], found\n",
        ),
    ]) else {
        return;
    };
    let output = repo.xtask(&["test", "::"]);
    assert_eq!(output.status, 0, "{output}");
}

/// A module that warns when it is compiled, and one that takes that for an error.
const COMPILED: &[(&str, &str)] = &[
    ("src/lib/BUILD", "python_sources()\n"),
    (
        "src/lib/a.py",
        "import sys\n\ndef where():\n    return sys._getframe().f_code.co_filename\n",
    ),
    ("src/lib/warns.py", "X = 1 is 1\n"),
    ("src/t/BUILD", "python_tests(name='tests')\n"),
    (
        "src/t/test_a.py",
        "import os\nfrom lib import a\n\ndef test_a():\n    \
         assert a.where() == os.path.abspath('src/lib/a.py') == a.__file__\n",
    ),
    (
        "src/t/test_b.py",
        "import os\nfrom lib import a\n\ndef test_b():\n    \
         assert a.where() == os.path.abspath('src/lib/a.py')\n",
    ),
    (
        "src/t/test_warns.py",
        "import warnings\n\ndef test_warns():\n    \
         with warnings.catch_warnings(record=True) as caught:\n        \
         warnings.simplefilter('always')\n        import lib.warns\n    \
         assert caught\n",
    ),
    (
        "src/t/test_warns_again.py",
        "import warnings\n\ndef test_warns():\n    \
         with warnings.catch_warnings(record=True) as caught:\n        \
         warnings.simplefilter('always')\n        import lib.warns\n    \
         assert caught\n",
    ),
];

#[test]
fn code_is_kept_and_read_only_where_it_is_whole() {
    let Some((repo, _index)) = repo(COMPILED) else {
        return;
    };
    let kept = repo.cache().join("cargo-xtask/code-1");
    let files = || {
        let folders = kept.read_dir_utf8().unwrap().flatten();
        let files = folders.flat_map(|folder| folder.path().read_dir_utf8().unwrap().flatten());
        files.map(|file| file.into_path()).collect::<Vec<_>>()
    };
    for how in ["--test-fork=true", "--test-fork=false"] {
        for _ in 0..2 {
            let output = repo.xtask(&["test", "--force", how, "::"]);
            assert_eq!(output.status, 0, "{output}");
        }
        assert!(!files().is_empty(), "nothing is kept in {kept}");
        for file in files() {
            let mut bytes = fs_err::read(&file).unwrap();
            let last = bytes.len() - 1;
            bytes[last] ^= 1;
            fs_err::write(&file, bytes).unwrap();
        }
    }
    repo.write("src/lib/a.py", "def where():\n    return 'edited'\n");
    let output = repo.xtask(&["test", "src/t/test_a.py"]);
    assert_eq!(output.status, 1, "{output}");
}

#[test]
fn a_process_that_ends_before_pytest_is_a_failure() {
    let Some((repo, _index)) = repo(&[
        ("src/t/BUILD", "python_tests(name='tests')\n"),
        (
            "src/t/test_exit.py",
            "import os\n\ndef test_exit():\n    os._exit(0)\n",
        ),
        (
            "src/t/test_late.py",
            "import atexit, os\n\natexit.register(os._exit, 0)\n\ndef test_late():\n    assert False\n",
        ),
        (
            "src/t/test_other.py",
            "import os\n\ndef test_other():\n    os.execv('/bin/true', ['true'])\n",
        ),
        (
            "src/t/test_fork.py",
            "import os\n\ndef test_fork():\n    os.fork() or os._exit(0)\n",
        ),
        (
            "src/t/test_pass.py",
            "import os\n\ndef test_pass():\n    os.umask(0o777)\n",
        ),
        (
            "src/t/test_limited.py",
            "import os, resource\n\ndef test_limited():\n    \
             used = len(os.listdir('/proc/self/fd'))\n    \
             resource.setrlimit(resource.RLIMIT_NOFILE, (used, used))\n",
        ),
    ]) else {
        return;
    };
    let summary = |how: &str| {
        let output = repo.xtask(&["test", "--force", how, "::"]);
        let said = "ended with exit code 0, which is not pytest's";
        assert_eq!(output.stderr.matches(said).count(), 3, "{output}");
        let shown = shown(&output);
        let lines = shown.lines();
        let lines = lines.filter(|line| line.starts_with(['✓', '✕', '[']));
        lines.collect::<Vec<_>>().join("\n")
    };
    let forked = summary("--test-fork=true");
    assert_eq!(forked, summary("--test-fork=false"));
    assert_snapshot!(forked, @"
    ✓ src/t/test_fork.py:tests succeeded in [T]s
    ✓ src/t/test_limited.py:tests succeeded in [T]s
    ✓ src/t/test_pass.py:tests succeeded in [T]s
    ✕ src/t/test_exit.py:tests failed in [T]s
    ✕ src/t/test_late.py:tests failed in [T]s
    ✕ src/t/test_other.py:tests failed in [T]s
    [exit 1]
    ");
    let again = repo.xtask(&["test", "--output=none", "src/t/test_exit.py"]);
    assert_eq!(again.status, 1, "it is not kept: {again}");
}

#[test]
fn a_module_may_end_in_any_way() {
    let Some((repo, _index)) = repo(&[
        ("src/t/BUILD", "python_tests(name='tests')\n"),
        ("src/t/test_a.py", "def test_a():\n    pass\n"),
        ("src/t/test_b.py", "def test_b():\n    pass\n"),
        (
            "src/t/test_killed.py",
            "import os\n\ndef test_killed():\n    os.kill(os.getpid(), 9)\n",
        ),
        (
            "src/t/test_left.py",
            "import subprocess\n\ndef test_left():\n    subprocess.Popen(['sleep', '600'])\n",
        ),
        (
            "src/t/test_closed.py",
            "import os\n\ndef test_closed():\n    os.close(1)\n    os.write(2, b'\\xff\\x00binary')\n",
        ),
    ]) else {
        return;
    };
    for how in ["--test-fork=true", "--test-fork=false"] {
        let output = repo.xtask(&["test", "--force", "--output=none", how, "::"]);
        let shown = shown(&output);
        assert!(
            shown.contains("✕ src/t/test_killed.py:tests failed"),
            "{shown}"
        );
        assert!(
            shown.contains("✓ src/t/test_left.py:tests succeeded"),
            "{shown}"
        );
        assert_eq!(output.status, 120, "{how}: {output}");
    }
}

/// A module that kills what it was forked of.
const PARRICIDE: &str = "\
import os, time

def test_parent():
    parent = os.getppid()
    if 'python' in open(f'/proc/{parent}/comm').read():
        for _ in range(200):
            if not os.path.exists(os.environ['SEEN']):
                time.sleep(.1)
        os.kill(parent, 9)
    assert False, 'itself'
";

/// A module that waits until its server was killed.
const VICTIM: &str = "\
import os, time

def test_victim():
    parent = os.getppid()
    with open(os.environ['SEEN'], 'a') as file:
        file.write('run')
    for _ in range(600):
        if os.getppid() == parent:
            time.sleep(.1)
    assert os.getppid() != parent
";

#[test]
fn modules_of_a_server_that_one_of_them_kills_come_to_their_end() {
    let Some((repo, _index)) = repo(&[
        (
            "src/t/BUILD",
            "python_tests(name='tests', extra_env_vars=['SEEN'])\n",
        ),
        ("src/t/test_a.py", "def test_a():\n    pass\n"),
        ("src/t/test_parent.py", PARRICIDE),
        ("src/t/test_victim.py", VICTIM),
    ]) else {
        return;
    };
    let seen = repo.root().join("seen");
    let repo = repo.env("SEEN", seen.as_str());
    let output = repo.xtask(&["--jobs=3", "test", "::"]);
    let all = shown(&output);
    let summary = all.rsplit_once("\n\n").map_or("", |(_, after)| after);
    assert_snapshot!(summary, @"
    ✓ src/t/test_a.py:tests succeeded in [T]s
    ✓ src/t/test_victim.py:tests succeeded in [T]s
    ✕ src/t/test_parent.py:tests failed in [T]s
    [exit 1]
    ");
    assert!(output.stderr.contains("itself"), "{output}");
    assert_eq!(repo.read("seen"), "run", "once");
}

#[test]
fn a_module_that_is_killed_says_so() {
    let Some((repo, _index)) = repo(&[
        ("src/t/BUILD", "python_tests(name='tests')\n"),
        ("src/t/test_a.py", "def test_a():\n    pass\n"),
        (
            "src/t/test_killed.py",
            "import os\n\ndef test_killed():\n    os.kill(os.getpid(), 9)\n",
        ),
    ]) else {
        return;
    };
    let output = repo.xtask(&["test", "::"]);
    assert!(
        output.stderr.contains("Its process was killed (SIGKILL)"),
        "{output}"
    );
    assert_eq!(output.status, 247, "{output}");
}

#[test]
fn two_runs_at_once_give_what_one_gives() {
    let Some((repo, _index)) = repo(NEIGHBOURS) else {
        return;
    };
    let runs: Vec<_> = (0..2).map(|_| repo.start(&["test", "::"])).collect();
    for run in runs {
        let output = run.wait();
        assert_eq!(output.status, 1, "{output}");
        assert_eq!(output.stderr.matches("✓ ").count(), 4, "{output}");
    }
}

#[test]
fn time_limits_let_fixtures_end() {
    let Some((repo, _index)) = repo(&[
        ("src/t/BUILD", "python_tests(name='tests', timeout=6)\n"),
        (
            "src/t/test_long.py",
            "import time\n\ndef test_long():\n    try:\n        time.sleep(60)\n    finally:\n        \
             open('/proc/self/fd/2', 'a').write('the fixture ended\\n')\n",
        ),
    ]) else {
        return;
    };
    let output = repo.xtask(&["test", "::"]);
    assert_eq!(output.status, 241, "{output}");
    assert!(output.stderr.contains("the fixture ended"), "{output}");
    assert!(
        output.stderr.contains("Exceeded timeout of 6.0 seconds"),
        "{output}"
    );
    let unlimited = repo.xtask(&["test", "--test-timeouts=false", "src/t/none::"]);
    assert_eq!(unlimited.status, 1, "{unlimited}");
}

#[test]
fn a_test_that_passes_later_is_flaky() {
    let Some((repo, _index)) = repo(&[
        ("src/t/BUILD", "python_tests(extra_env_vars=['COUNT'])\n"),
        (
            "src/t/test_flaky.py",
            "import os\n\ndef test_flaky():\n    with open(os.environ['COUNT'], 'a+') as f:\n        f.write('x')\n        \
             f.seek(0)\n        assert len(f.read()) > 1, 'too early'\n",
        ),
    ]) else {
        return;
    };
    let count = repo.root().join("count");
    let repo = repo.env("COUNT", count.as_str());
    let json = "--output-format=json";
    let output = repo.xtask(&["test", "--attempts-default=3", "--report", json, "::"]);
    assert_snapshot!(shown(&output), @"
    Completed: Run Pytest - src/t/test_flaky.py - succeeded.
    Wrote test reports to dist/test/reports

    ✓ src/t/test_flaky.py succeeded after 2 attempts in [T]s
    warning: src/t/test_flaky.py is flaky: it passed at attempt 2
    [exit 0]
    ");
    let json: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(json["tests"][0]["flaky"], true);
    let report = repo.read("dist/test/reports/src.t.test_flaky.py.xml");
    let failure = "<flakyFailure message=\"AssertionError: too early\"/></testcase>";
    assert!(report.contains(failure), "{report}");
    assert_eq!(json["tests"][0]["cases"][0]["verdict"], "passed");
}

/// testkit holds each document against the schema.
#[test]
fn results_as_json() {
    let Some((repo, _index)) = repo(&[
        ("src/t/BUILD", "python_tests(name='tests')\n"),
        ("src/t/test_no.py", "def test_no():\n    assert 1 == 2\n"),
        ("src/t/test_none.py", "x = 1\n"),
    ]) else {
        return;
    };
    let json = |arguments: &[&str]| -> serde_json::Value {
        let output = repo.xtask(&[&["test", "--output-format=json"], arguments].concat());
        serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output}"))
    };
    let of = |value: &serde_json::Value| {
        let tests = value["tests"].as_array().unwrap().iter();
        let tests = tests.map(|test| format!("{} {}", test["addresses"][0], test["outcome"]));
        format!(
            "{} {}",
            tests.collect::<Vec<_>>().join(", "),
            value["exit_code"]
        )
    };
    assert_snapshot!(of(&json(&["::"])), @r#""src/t/test_no.py:tests" "failed", "src/t/test_none.py:tests" "failed" 5"#);
    assert_snapshot!(of(&json(&["::"])), @r#""src/t/test_no.py:tests" "failed", "src/t/test_none.py:tests" "failed" 5"#);
    assert_snapshot!(of(&json(&[])), @" 0");
    assert_snapshot!(of(&json(&["src/t/test_no.py", "--", "-k", "nothing"])), @r#""src/t/test_no.py:tests" "failed" 5"#);
}

#[test]
fn what_failed_is_told_to_those_who_run_it_again() {
    let Some((repo, _index)) = repo(&[
        ("src/t/BUILD", "python_tests(name='tests')\n"),
        (
            "src/t/test_no.py",
            "def test_no():\n    assert 1 == 2, 'a, %'\n",
        ),
    ]) else {
        return;
    };
    let repo = repo.env("CI", "1").env("GITHUB_ACTIONS", "true");
    let output = repo.xtask(&["test", "--output=none", "::"]);
    assert_snapshot!(shown(&output), @"
    Completed: Run Pytest - src/t/test_no.py:tests - failed (exit code 1).

    ✕ src/t/test_no.py:tests failed in [T]s

    To run the failed tests again: cargo xtask test src/t/test_no.py:tests
    ::error file=src/t/test_no.py,line=1,title=test_no::AssertionError: a, %25
    [exit 1]
    ");
}

#[test]
fn an_interrupted_run_lets_fixtures_end() {
    let Some((repo, _index)) = repo(&[
        (
            "src/t/BUILD",
            "python_tests(name='tests', extra_env_vars=['HELD'])\n",
        ),
        (
            "src/t/test_held.py",
            "import os, time\n\ndef test_held():\n    open(os.environ['HELD'], 'x').close()\n    try:\n        time.sleep(60)\n    \
             finally:\n        os.remove(os.environ['HELD'])\n",
        ),
    ]) else {
        return;
    };
    let held = repo.root().join("held");
    let repo = repo.env("HELD", held.as_str());
    let running = repo.start(&["test", "::"]);
    let started = std::time::Instant::now();
    while !held.exists() {
        assert!(started.elapsed().as_secs() < 100, "it does not start");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let output = running.interrupt();
    assert_eq!(output.status, 1, "{output}");
    assert!(!held.exists(), "what a test holds is released: {output}");
    assert!(output.stderr.contains("interrupted"), "{output}");
}

#[test]
fn a_version_that_is_generated_is_in_the_folder_of_a_module() {
    let Some((repo, _index)) = repo(&[
        (
            "src/t/BUILD",
            "python_tests(name='tests')\nvcs_version(name='v', generate_to='src/t/_v.py', template='V = {version!r}')\n",
        ),
        (
            "src/t/test_a.py",
            "from t._v import V\n\ndef test_v():\n    assert V == '7'\n",
        ),
    ]) else {
        return;
    };
    let repo = repo.env("SETUPTOOLS_SCM_PRETEND_VERSION", "7");
    assert_snapshot!(shown(&repo.xtask(&["test", "::"])), @"
    Completed: Run Pytest - src/t/test_a.py:tests - succeeded.

    ✓ src/t/test_a.py:tests succeeded in [T]s
    [exit 0]
    ");
}

#[test]
fn modules_with_a_tag_share_a_process() {
    let Some((repo, _index)) = repo(&[
        (
            "src/t/BUILD",
            "python_tests(name='tests', batch_compatibility_tag='all', overrides={'test_c.py': {'batch_compatibility_tag': 'own'}})\n",
        ),
        ("src/t/test_a.py", "def test_a():\n    pass\n"),
        ("src/t/test_b.py", "def test_b():\n    pass\n"),
        ("src/t/test_c.py", "def test_c():\n    pass\n"),
    ]) else {
        return;
    };
    assert_snapshot!(shown(&repo.xtask(&["--jobs=1", "test", "::"])), @"
    Completed: Run Pytest - src/t/test_a.py:tests and 1 other files - succeeded.
    Partition: all
    Completed: Run Pytest - src/t/test_c.py:tests - succeeded.
    Partition: own

    ✓ src/t/test_a.py:tests and 1 other files succeeded in [T]s
    ✓ src/t/test_c.py:tests succeeded in [T]s
    [exit 0]
    ");
}
