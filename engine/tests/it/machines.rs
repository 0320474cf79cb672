//! Other users, other umasks, other disks: each in a process of its own, which is this test binary once more.
//!
//! Mounts are made in a name space of that process alone. What this machine or user cannot do is skipped, by name.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::sync::Mutex;

use camino::{Utf8Path, Utf8PathBuf};
use engine::{Action, Engine, EngineOptions, FileIndex, RunEvent, RunObserver, Silence, TreeNode};

use crate::support::{Scene, ran, shell};

/// Names the folder that a process works in.
const ROOT: &str = "XTASK_ENGINE_MACHINE";

/// Begins each line that a process tells.
const MARK: &str = "told: ";

/// Another user, in a command that is run as root.
const OTHER_USER: &str = "setpriv --reuid 4242 --regid 4242 --clear-groups";

/// Runs a test of this binary in a shell of its own, as `exec` of the script, and gives what it told. None if the
/// process cannot be made as the script says.
fn elsewhere(test: &str, script: &str, root: &Utf8Path) -> Option<String> {
    let program = std::env::current_exe().unwrap();
    let output = duct::cmd!(
        "/bin/sh",
        "-c",
        script,
        program,
        "--exact",
        test,
        "--nocapture"
    )
    .env(ROOT, root)
    .stdout_capture()
    .stderr_capture()
    .unchecked()
    .run()
    .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    // The first word of a test follows its name.
    let told = text
        .lines()
        .filter_map(|line| Some(line.split_once(MARK)?.1));
    let told = told.collect::<Vec<_>>().join("\n");
    let ended = text.contains("test result: ok. 1 passed");
    if told.is_empty() && !ended {
        testkit::skip(&format!(
            "`{script}` cannot be run: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        ));
        return None;
    }
    assert!(ended, "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    Some(told)
}

/// The folder that this process works in, if it is one of those.
fn root() -> Option<Utf8PathBuf> {
    let root = std::env::var_os(ROOT)?.into_string().unwrap();
    Some(root.into())
}

fn tell(text: &str, root: &Utf8Path) {
    let text = text.replace(root.as_str(), "[root]");
    let lines: String = text
        .lines()
        .map(|line| format!("\n{MARK}{line}\n"))
        .collect();
    std::io::stdout().write_all(lines.as_bytes()).unwrap();
}

struct Teller(Mutex<Vec<String>>);

impl RunObserver for Teller {
    fn event(&self, event: &RunEvent<'_>) {
        if let RunEvent::Warning(text) = event {
            self.0.lock().unwrap().push(format!("warning: {text}"));
        }
    }
}

/// Runs actions with a cache, and tells what came of them, and of what was warned.
fn run_and_tell(root: &Utf8Path, actions: &[Action]) {
    let options = EngineOptions {
        jobs: 1,
        sandboxes: Some(root.join("sandboxes")),
        ..EngineOptions::new(root.join("cache"))
    };
    let teller = Teller(Mutex::default());
    let report = Engine::open(options).unwrap().run(actions, &teller);
    let mut lines = teller.0.into_inner().unwrap();
    for outcome in report.outcomes {
        lines.push(match outcome {
            Ok(outcome) => {
                let from = if ran(&outcome) { "ran" } else { "cached" };
                let text = outcome.stdout.text().unwrap();
                format!("{}: {} {from}", text.trim(), outcome.end)
            }
            Err(error) => error.to_string(),
        });
    }
    tell(&lines.join("\n"), root);
}

/// A folder that everybody may write into, with a cache in it that has a result.
fn scene() -> Scene {
    let scene = Scene::new();
    let open = std::fs::Permissions::from_mode(0o777);
    fs_err::set_permissions(&scene.root, open).unwrap();
    scene.run(&shell("echo kept"));
    scene
}

/// Started by other tests only: two actions, of which one has a large output.
#[test]
fn some_actions() {
    let Some(root) = root() else { return };
    let large = shell("head -c 300000 /dev/zero > out; echo large").output("out");
    run_and_tell(&root, &[shell("echo kept"), shell("echo new"), large]);
}

#[test]
fn a_cache_that_may_only_be_read() {
    let scene = scene();
    let script = "exec unshare -rm sh -c 'mount --bind $XTASK_ENGINE_MACHINE/cache $XTASK_ENGINE_MACHINE/cache && \
                  mount -o remount,ro,bind $XTASK_ENGINE_MACHINE/cache && exec \"$0\" \"$@\"' \"$0\" \"$@\"";
    let Some(told) = elsewhere("machines::some_actions", script, &scene.root) else {
        return;
    };
    insta::assert_snapshot!(told, @"
    warning: results are not kept: cannot use the cache [root]/cache: read-only filesystem or storage medium
    kept: exit code 0 ran
    new: exit code 0 ran
    large: exit code 0 ran
    ");
}

#[test]
fn a_cache_on_a_disk_that_is_full() {
    let scene = scene();
    let script = "exec unshare -rm sh -c 'mount -t tmpfs -o size=96k tmpfs $XTASK_ENGINE_MACHINE/cache && \
                  exec \"$0\" \"$@\"' \"$0\" \"$@\"";
    let Some(told) = elsewhere("machines::some_actions", script, &scene.root) else {
        return;
    };
    insta::assert_snapshot!(told, @"
    kept: exit code 0 ran
    new: exit code 0 ran
    cannot keep the output `out`: cannot write into [root]/cache/v1/blobs/unfinished: no space is left on its disk
    ");
}

/// Nothing is left to write into it at all.
#[test]
fn a_cache_on_a_disk_without_any_space() {
    let scene = scene();
    let script = "exec unshare -rm sh -c 'mount -t tmpfs -o size=64k tmpfs $XTASK_ENGINE_MACHINE/cache && \
                  mkdir -p $XTASK_ENGINE_MACHINE/cache/v1/blobs/unfinished $XTASK_ENGINE_MACHINE/cache/v1/results/unfinished && \
                  cat /dev/zero > $XTASK_ENGINE_MACHINE/cache/fill 2>/dev/null; exec \"$0\" \"$@\"' \"$0\" \"$@\"";
    let Some(told) = elsewhere("machines::some_actions", script, &scene.root) else {
        return;
    };
    insta::assert_snapshot!(told, @"
    warning: results are not kept: cannot write into [root]/cache/v1/results/unfinished: no space is left on its disk
    kept: exit code 0 ran
    new: exit code 0 ran
    cannot keep the output `out`: cannot write into [root]/cache/v1/blobs/unfinished: no space is left on its disk
    ");
}

#[test]
fn a_cache_of_another_user() {
    if !rustix::process::geteuid().is_root() {
        testkit::skip("only root can be another user");
        return;
    }
    let scene = scene();
    let script = format!("exec {OTHER_USER} \"$0\" \"$@\"");
    let Some(told) = elsewhere("machines::some_actions", &script, &scene.root) else {
        return;
    };
    insta::assert_snapshot!(told, @"
    warning: results are not kept: cannot use the cache [root]/cache: it belongs to another user
    kept: exit code 0 ran
    new: exit code 0 ran
    large: exit code 0 ran
    ");
    // What the other one left in the folder hinders nobody.
    assert!(!ran(&scene.run(&shell("echo kept"))));
}

#[test]
fn a_cache_made_under_another_umask() {
    for mask in ["000", "077", "027"] {
        let scene = scene();
        let script = format!("umask {mask}; exec \"$0\" \"$@\"");
        let Some(told) = elsewhere("machines::some_actions", &script, &scene.root) else {
            return;
        };
        assert_eq!(
            told, "kept: exit code 0 cached\nnew: exit code 0 ran\nlarge: exit code 0 ran",
            "{mask}"
        );
        assert!(!ran(&scene.run(&shell("echo new"))), "{mask}");
    }
}

/// The files of a checkout, as whoever makes it has them, and what an action of them writes and is known by.
#[test]
fn digests_of_a_checkout() {
    let Some(root) = root() else { return };
    let root = root.join(format!("checkout-{}", std::process::id()));
    let file = |path: &str, text: &str| {
        let path = root.join("repository").join(path);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, text).unwrap();
    };
    file("src/a.py", "A = 1\n");
    file("src/run.sh", "echo run\n");
    let run = root.join("repository/src/run.sh");
    let mode = fs_err::metadata(&run).unwrap().permissions().mode();
    // As git makes what is executable: for whom the mask lets read it.
    let executable = std::fs::Permissions::from_mode(mode | ((mode & 0o444) >> 2));
    fs_err::set_permissions(&run, executable).unwrap();
    fs_err::os::unix::fs::symlink("a.py", root.join("repository/src/link.py")).unwrap();
    let index = FileIndex::open(&root.join("cache"), root.join("repository"));
    let paths = ["src/a.py", "src/run.sh", "src/link.py"].map(str::to_owned);
    let script = "ls -l src | cut -c 1-10; mkdir -p out/x; cp src/a.py out/x; cp src/run.sh out";
    let action = shell(script)
        .inputs(index.tree(&paths).unwrap())
        .variable("LANG", "C.UTF-8")
        .passed("ROOT", root.as_str())
        .output("out");
    let engine = Engine::open(EngineOptions::new(root.join("cache"))).unwrap();
    let report = engine.run(std::slice::from_ref(&action), &Silence);
    let outcome = report.outcomes.into_iter().next().unwrap().unwrap();
    assert!(
        matches!(outcome.outputs.get("out/run.sh"), Some(TreeNode::File(file)) if file.executable)
    );
    let text = format!(
        "key {}\noutputs {}\n{}",
        action.digest(),
        outcome.outputs.digest(),
        outcome.stdout.text().unwrap()
    );
    tell(&text, &root);
}

/// Two checkouts at other paths, of other users, with other umasks and time zones.
#[test]
fn digests_are_equal_on_other_machines() {
    let scene = scene();
    let deep = scene.root.join("another/and deeper");
    fs_err::create_dir_all(&deep).unwrap();
    let open = std::fs::Permissions::from_mode(0o777);
    fs_err::set_permissions(&deep, open).unwrap();
    let digests =
        |script: &str, root: &Utf8Path| elsewhere("machines::digests_of_a_checkout", script, root);
    let plain = "exec \"$0\" \"$@\"";
    let Some(expected) = digests(&format!("umask 022; {plain}"), &scene.root) else {
        return;
    };
    assert!(
        expected.contains("key ") && expected.contains("-rwxr-xr-x"),
        "{expected}"
    );
    for setting in [
        "umask 077; TZ=Asia/Tokyo",
        "umask 000; TZ=America/New_York HOME=/nowhere",
        "umask 027;",
    ] {
        let told = digests(&format!("{setting} {plain}"), &deep);
        assert_eq!(told.as_deref(), Some(expected.as_str()), "{setting}");
    }
    if !rustix::process::geteuid().is_root() {
        testkit::skip("only root can be another user");
        return;
    }
    let other = format!("umask 027; exec {OTHER_USER} \"$0\" \"$@\"");
    if let Some(told) = digests(&other, &deep) {
        assert_eq!(told, expected);
    }
}
