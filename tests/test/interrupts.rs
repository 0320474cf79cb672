//! Ctrl+C in a terminal: the first lets programs end, the second ends them. Fixtures release what they hold whenever it
//! comes, which is tried with the real pytest.

use std::time::{Duration, Instant};

use camino::Utf8Path;
use insta::assert_snapshot;
use testkit::{LoopbackIndex, Output, Package, Repo, skip};

use super::repo;
use crate::BINARY;
use crate::fixtures::environments;

/// A test that waits, and does not end at once when it is asked to.
const HELD: &str = "import os, time

def test_held():
    held = os.environ['HELD']
    open(held, 'w').write(str(os.getpid()))
    try:
        time.sleep(600)
    finally:
        if os.environ['STUBBORN']:
            open(held + '-asked', 'w').close()
            time.sleep(600)
        os.remove(held)
";

/// A repository with that test; the index must outlive it.
fn held(stubborn: &str) -> Option<(Repo, testkit::LoopbackIndex)> {
    let variables = "python_tests(name='tests', extra_env_vars=['HELD', 'STUBBORN'])\n";
    let (repo, index) = repo(&[("src/t/BUILD", variables), ("src/t/test_held.py", HELD)])?;
    let held = repo.root().join("held");
    let repo = repo.env("HELD", held.as_str()).env("STUBBORN", stubborn);
    // Whoever is not stubborn ends long before that.
    let grace =
        "\n[workspace.metadata.xtask.GLOBAL]\nprocess_execution_graceful_shutdown_timeout = 200\n";
    let settings = repo.read("Cargo.toml") + grace;
    Some((repo.file("Cargo.toml", &settings), index))
}

fn wait_for(path: &Utf8Path) {
    let started = Instant::now();
    while !path.exists()
        || fs_err::metadata(path).unwrap().len() == 0 && !path.ends_with("held-asked")
    {
        assert!(started.elapsed().as_secs() < 200, "{path} does not come");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn runs(pid: &str) -> bool {
    let stat = fs_err::read_to_string(format!("/proc/{pid}/stat"));
    stat.is_ok_and(|stat| !stat.contains(") Z "))
}

/// The lines that say something of the interruption.
fn told(output: &Output) -> String {
    // What shows progress is written over, and the terminal shows keys.
    let shown = |line: &str| {
        let last = line.rsplit("\u{1b}[2K").next().unwrap_or_default();
        last.trim().trim_start_matches("^C").to_owned()
    };
    let is_told = |line: &String| line.contains("nterrupted") || line == "KeyboardInterrupt";
    let lines = output.stdout.lines().map(shown);
    let mut told: Vec<_> = lines.filter(is_told).collect();
    told.push(format!("[exit {}]", output.status));
    told.join("\n")
}

#[test]
fn the_first_lets_a_test_release_what_it_holds() {
    let Some((repo, _index)) = held("") else {
        return;
    };
    let Some(running) = repo.start_in_terminal(&["test", "::"]) else {
        return;
    };
    let held = repo.root().join("held");
    wait_for(&held);
    running.press("\u{3}");
    let output = running.wait();
    assert!(!held.exists(), "{output}");
    assert_snapshot!(told(&output), @"
    interrupted: waiting at most 200 seconds for the end of test src/t/test_held.py:tests, which Ctrl+C ends now
    Completed: Run Pytest - src/t/test_held.py:tests - interrupted.
    KeyboardInterrupt
    [exit 1]
    ");
}

#[test]
fn the_second_ends_what_does_not_end() {
    let Some((repo, _index)) = held("yes") else {
        return;
    };
    let Some(running) = repo.start_in_terminal(&["test", "::"]) else {
        return;
    };
    let held = repo.root().join("held");
    wait_for(&held);
    running.press("\u{3}");
    wait_for(&repo.root().join("held-asked"));
    let pid = repo.read("held");
    assert!(runs(&pid));
    let second = Instant::now();
    running.press("\u{3}");
    let output = running.wait();
    assert!(second.elapsed() < Duration::from_secs(100), "{output}");
    assert!(!runs(&pid), "{output}");
    assert_snapshot!(told(&output), @"
    interrupted: waiting at most 200 seconds for the end of test src/t/test_held.py:tests, which Ctrl+C ends now
    Completed: Run Pytest - src/t/test_held.py:tests - interrupted.
    [exit 1]
    ");
}

/// Fixtures that hold a file and a child, and take their time at the moment that is wanted.
const FIXTURES: &str = "\
import os, subprocess, time
import pytest

HELD, MOMENT = os.environ['HELD'], os.environ['MOMENT']

def moment(name):
    if name == MOMENT:
        open(HELD + '/now', 'w').close()
        time.sleep(1)

def held(name):
    with open(f'{HELD}/{name}', 'x') as file:
        child = subprocess.Popen(['sleep', '600'], start_new_session=True)
        file.write(str(child.pid))
    moment(f'{name} is made')
    while MOMENT == f'{name} hangs':
        moment(MOMENT)
    yield
    child.kill()
    child.wait()
    moment(f'{name} is released')
    os.remove(f'{HELD}/{name}')

@pytest.fixture(scope='session')
def outer():
    yield from held('outer')

@pytest.fixture
def inner(outer):
    yield from held('inner')

@pytest.fixture
def asked():
    yield from held('asked')
";

/// A test that has these, and ends where a fixture is to be released.
const HOLDER: &str = "\
import os, time

def test_held(inner, request):
    request.getfixturevalue('asked')
    while 'released' not in os.environ['MOMENT']:
        time.sleep(.1)
";

/// A repository with such a test and a pytest that `XTASK_TOOL_WHEELS` has. It has `grace` seconds to end.
fn fixtures(grace: u32) -> Option<(Repo, LoopbackIndex)> {
    let Ok(wheels) = std::env::var("XTASK_TOOL_WHEELS") else {
        skip("needs a wheel of pytest, and XTASK_TOOL_WHEELS names no folder");
        return None;
    };
    let fields = "extra_env_vars=['HELD', 'MOMENT']";
    // Which pytest wants where nobody runs it.
    let index = LoopbackIndex::start([Package::new("colorama", "1.0")]);
    let repo = environments::repo()?
        .index(&index)
        .requirements("pytest\n")
        .file(
            "src/t/BUILD",
            &format!("python_tests(name='tests', {fields})\npython_test_utils(name='utils')\n"),
        )
        .file("src/t/conftest.py", FIXTURES)
        .file("src/t/test_held.py", HOLDER)
        // A single module has an interpreter of its own.
        .file("src/t/test_other.py", "def test_other():\n    pass\n");
    let settings = format!(
        "{}\n[workspace.metadata.xtask.pytest]\ninstall_from_resolve = 'python-default'\n\
         [workspace.metadata.xtask.python-repos]\nfind_links = ['{wheels}']\n\
         [workspace.metadata.xtask.GLOBAL]\nprocess_execution_graceful_shutdown_timeout = {grace}\n",
        repo.read("Cargo.toml")
    );
    let repo = repo.file("Cargo.toml", &settings);
    crate::lock(&repo);
    Some((repo, index))
}

/// What is held after the test was interrupted at a moment.
fn held_after(repo: Repo, moment: &str, (signal, how): (&str, &str)) -> (Repo, Vec<String>) {
    let folder = repo.root().join("held");
    let _ = fs_err::remove_dir_all(&folder);
    fs_err::create_dir(&folder).unwrap();
    let repo = repo.env("HELD", folder.as_str()).env("MOMENT", moment);
    let running = repo.start(&["--jobs=2", "test", "--force", how, "::"]);
    let now = folder.join("now");
    let started = Instant::now();
    while !now.exists() {
        assert!(started.elapsed().as_secs() < 200, "{moment} does not come");
        std::thread::sleep(Duration::from_millis(20));
    }
    let names = ["outer", "inner", "asked"].map(|name| repo.root().join("held").join(name));
    let children = names.map(|path| fs_err::read_to_string(path).unwrap_or_default());
    let output = running.end_by(signal);
    assert_eq!(output.status, 1, "{moment}: {output}");
    assert!(
        !children.iter().any(|pid| !pid.is_empty() && runs(pid)),
        "{moment}: {output}"
    );
    fs_err::remove_file(now).unwrap();
    let left = folder.read_dir_utf8().unwrap().flatten();
    let left = left.map(|entry| entry.file_name().to_owned()).collect();
    (repo, left)
}

#[test]
fn fixtures_release_what_they_hold_whenever_it_comes() {
    let Some((mut repo, _index)) = fixtures(200) else {
        return;
    };
    for (moment, signal, how) in [
        ("outer is made", "INT", "--test-fork=true"),
        ("inner is made", "INT", "--test-fork=false"),
        ("inner is made", "TERM", "--test-fork=true"),
        ("asked is made", "INT", "--test-fork=true"),
        ("asked is released", "HUP", "--test-fork=true"),
        ("inner is released", "INT", "--test-fork=true"),
        ("inner is released", "TERM", "--test-fork=false"),
        ("outer is released", "INT", "--test-fork=true"),
        ("inner is made", "TERM", "--debug"),
        ("outer is released", "HUP", "--debug"),
    ] {
        let (kept, left) = held_after(repo, moment, (signal, how));
        assert_eq!(left, [""; 0], "{moment}, {signal}, {how}");
        repo = kept;
    }
}

/// Tests that hold something of each scope again and again.
const HOLDERS: &str = "\
import time
import pytest

@pytest.mark.parametrize('number', range(200))
def test_held(inner, number):
    time.sleep(.05)
";

/// `XTASK_INTERRUPTS=100` tries so many moments.
#[test]
fn fixtures_release_what_they_hold_at_random_moments() {
    let Some((repo, _index)) = fixtures(200) else {
        return;
    };
    repo.write("src/t/test_held.py", HOLDERS);
    repo.write("src/t/test_other.py", HOLDERS);
    let folder = repo.root().join("held");
    let own = repo.root().join("src/t/conftest.py");
    let each = FIXTURES.replace("{HELD}/{name}", "{HELD}/{os.getpid()} {name}");
    fs_err::write(own, each).unwrap();
    let repo = repo.env("HELD", folder.as_str()).env("MOMENT", "none");
    let moments = std::env::var("XTASK_INTERRUPTS").map_or(3, |count| count.parse().unwrap());
    let held = || -> Vec<String> {
        let entries = folder.read_dir_utf8().unwrap().flatten();
        entries
            .map(|entry| entry.into_path().into_string())
            .collect()
    };
    for number in 0..moments {
        fs_err::create_dir_all(&folder).unwrap();
        let running = repo.start(&["--jobs=2", "test", "--force", "::"]);
        let started = Instant::now();
        while held().is_empty() {
            assert!(started.elapsed().as_secs() < 200, "nothing is held");
            std::thread::sleep(Duration::from_millis(1));
        }
        // Not to be said beforehand: fixtures take what time they take.
        let moment = Duration::from_millis(number * 7919 % 2000);
        std::thread::sleep(moment);
        let children = held()
            .into_iter()
            .filter_map(|path| fs_err::read_to_string(path).ok());
        let children: Vec<String> = children.filter(|pid| !pid.is_empty()).collect();
        let output = running.interrupt();
        assert_eq!(output.status, 1, "{output}");
        assert_eq!(held(), [""; 0], "after {moment:?}: {output}");
        assert!(
            !children.iter().any(|pid| runs(pid)),
            "after {moment:?}: {output}"
        );
    }
}

/// A test with a child that Python waits for at its end.
const PARENT: &str = "\
import multiprocessing, time
from conftest import moment

def test_child(inner):
    child = multiprocessing.Process(target=time.sleep, args=(600,))
    child.start()
    moment('child')
    child.join()
";

#[test]
fn what_a_test_has_started_is_interrupted_after_its_fixtures() {
    let Some((mut repo, _index)) = fixtures(200) else {
        return;
    };
    repo.write("src/t/test_held.py", PARENT);
    for how in ["--test-fork=true", "--test-fork=false"] {
        let started = Instant::now();
        let (kept, left) = held_after(repo, "child", ("INT", how));
        assert_eq!(left, [""; 0], "{how}");
        assert!(started.elapsed().as_secs() < 150, "{how}");
        repo = kept;
    }
}

/// A case of `unittest` that holds a file, and one until its clean-up.
const CASE: &str = "\
import os, time, unittest
from conftest import HELD, MOMENT, moment

class TestHeld(unittest.TestCase):
    def setUp(self):
        open(HELD + '/inner', 'x').close()
        open(HELD + '/asked', 'x').close()
        self.addCleanup(os.remove, HELD + '/asked')
        moment('setUp')

    def tearDown(self):
        moment('tearDown')
        os.remove(HELD + '/inner')

    def test_held(self):
        while MOMENT != 'tearDown':
            moment('test')
            time.sleep(.1)

    def test_next(self):
        open(HELD + '/outer', 'x').close()
";

#[test]
fn cases_of_unittest_release_what_they_hold_too() {
    let Some((mut repo, _index)) = fixtures(200) else {
        return;
    };
    repo.write("src/t/test_held.py", CASE);
    for (moment, how) in [
        ("setUp", "--test-fork=true"),
        ("test", "--test-fork=false"),
        ("test", "--test-fork=true"),
        ("tearDown", "--test-fork=true"),
    ] {
        let (kept, left) = held_after(repo, moment, ("INT", how));
        assert_eq!(left, [""; 0], "{moment}, {how}");
        repo = kept;
    }
}

#[test]
fn a_fixture_that_hangs_keeps_no_other_from_being_released() {
    let Some((repo, _index)) = fixtures(20) else {
        return;
    };
    let (_, left) = held_after(repo, "inner hangs", ("INT", "--test-fork=true"));
    assert_eq!(left, ["inner"], "half made");
}

#[test]
fn a_time_limit_lets_fixtures_end_also_in_the_background_of_a_shell() {
    let Some((repo, _index)) = fixtures(200) else {
        return;
    };
    let folder = repo.root().join("held");
    fs_err::create_dir(&folder).unwrap();
    let repo = repo.env("HELD", folder.as_str()).env("MOMENT", "none");
    for how in ["--test-fork=true", "--test-fork=false"] {
        // A shell without job control has what runs in the background ignore Ctrl+C.
        let line = format!("trap '' INT; exec {BINARY} test --force {how} --timeout-default=5 ::");
        let output = repo.run("sh".into(), &["-c", &line]);
        assert_eq!(output.status, 241, "{output}");
        assert_eq!(folder.read_dir_utf8().unwrap().count(), 0, "{output}");
    }
}

/// A `conftest.py` that hangs while pytest is prepared.
const HANGING: &str = "\
import os, time

with open(os.environ['HELD'] + '/' + os.environ['MOMENT'], 'a') as file:
    file.write('imported ')
try:
    time.sleep(600)
except KeyboardInterrupt:
    with open(os.environ['HELD'] + '/heard', 'w'):
        raise
";

#[test]
fn what_prepares_pytest_is_interrupted_too() {
    let Some((repo, _index)) = fixtures(200) else {
        return;
    };
    let folder = repo.root().join("held");
    let repo = repo.env("HELD", folder.as_str()).env("MOMENT", "now");
    repo.write("src/t/conftest.py", HANGING);
    for signal in ["INT", "TERM"] {
        fs_err::create_dir(&folder).unwrap();
        let running = repo.start(&["--jobs=1", "test", "--force", "::"]);
        wait_for(&folder.join("now"));
        let output = running.end_by(signal);
        assert_eq!(output.status, 1, "{output}");
        // Not until it was given up, and begun once more.
        assert_eq!(repo.read("held/now"), "imported ", "{signal}: {output}");
        assert!(folder.join("heard").exists(), "{signal}: {output}");
        fs_err::remove_dir_all(&folder).unwrap();
    }
    fs_err::create_dir(&folder).unwrap();
    let line = [
        "test",
        "--timeout-default=4",
        "src/t/test_held.py",
        "src/t/test_other.py",
    ];
    let output = repo.xtask(&[&["--jobs=1"], &line[..]].concat());
    assert_eq!(output.status, 241, "{output}");
    assert_eq!(
        repo.read("held/now"),
        "imported imported ",
        "one each: {output}"
    );
}

/// A `conftest.py` that reaches further than its process, and kills what that was forked of.
const PARRICIDAL: &str = "\
import os

open('reached', 'w').close()
if 'python' in open(f'/proc/{os.getppid()}/comm').read():
    os.kill(os.getppid(), 9)
";

#[test]
fn what_kills_each_server_before_it_runs_says_so() {
    let Some((repo, _index)) = fixtures(200) else {
        return;
    };
    repo.write("src/t/conftest.py", PARRICIDAL);
    repo.write("src/t/test_held.py", "def test_held():\n    pass\n");
    let repo = repo.env("HELD", "").env("MOMENT", "");
    let output = repo.xtask(&["test", "::"]);
    let said = "the process that it was forked of was killed, and so was another";
    assert!(
        output.status != 0 && output.stderr.contains(said),
        "{output}"
    );
}
