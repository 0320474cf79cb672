//! Ctrl+C in a terminal: the first lets programs end, the second ends them.

use std::time::{Duration, Instant};

use camino::Utf8Path;
use insta::assert_snapshot;
use testkit::{Output, Repo};

use super::repo;

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
    let lines = output.stdout.lines().map(shown);
    let mut told: Vec<_> = lines.filter(|line| line.contains("nterrupt")).collect();
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
    interrupted: 1 program has 200 seconds to end, and Ctrl+C ends it now
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
    interrupted: 1 program has 200 seconds to end, and Ctrl+C ends it now
    Completed: Run Pytest - src/t/test_held.py:tests - interrupted.
    [exit 1]
    ");
}
