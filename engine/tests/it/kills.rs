//! Runs that are killed at any moment: the next one is right, and nothing of them is left.

use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use engine::{Action, Digest, Engine, EngineOptions, Silence, TreeNode};

use crate::support::{Scene, shell};

/// Names the folder of a run that is to be killed.
const VICTIM: &str = "XTASK_ENGINE_VICTIM";

/// How many runs are killed: a few, or as many as this says.
const KILLS: &str = "XTASK_ENGINE_KILLS";

fn options(root: &Utf8Path) -> EngineOptions {
    EngineOptions {
        jobs: 3,
        grace: Duration::from_millis(200),
        ..EngineOptions::new(root.join("cache"))
    }
}

/// Six actions, some of which ran before. Each leaves a process behind that has left its group.
fn actions(round: usize) -> Vec<(String, Action)> {
    let texts = (0..6).map(|at| format!("text {}\n", (round * 3 + at) % 101));
    let script = "(setsid sleep 600 >/dev/null 2>&1 &); cat in > out; echo x >> in; sleep 0.01";
    let action = |text: String| {
        let inputs = engine::InputTree::of_literals([("in".to_owned(), text.clone())]);
        let action = shell(script).inputs(inputs.unwrap()).output("out");
        (text, action)
    };
    texts.map(action).collect()
}

/// Runs until it is killed. Started by the other test only.
#[test]
fn victim() {
    let Some(root) = std::env::var_os(VICTIM) else {
        return;
    };
    let root = Utf8PathBuf::from(root.into_string().unwrap());
    for round in 0.. {
        let engine = Engine::open(options(&root)).unwrap();
        let actions: Vec<_> = actions(round)
            .into_iter()
            .map(|(_, action)| action)
            .collect();
        engine.run(&actions, &Silence);
    }
}

/// Every outcome is right, and its bytes are there.
fn check(root: &Utf8Path, round: usize) {
    let engine = Engine::open(options(root)).unwrap();
    let (texts, actions): (Vec<_>, Vec<_>) = actions(round).into_iter().unzip();
    let report = engine.run(&actions, &Silence);
    for (text, outcome) in texts.iter().zip(report.outcomes) {
        let outcome = outcome.unwrap();
        assert!(outcome.end.success(), "{outcome:?}");
        let Some(TreeNode::File(file)) = outcome.outputs.get("out") else {
            panic!("{outcome:?}");
        };
        assert_eq!(file.digest, Digest::of(text.as_bytes()));
        assert_eq!(engine.store().read(&file.digest).unwrap(), text.as_bytes());
    }
}

/// The processes that belong to sandboxes below a folder.
fn left(root: &Utf8Path) -> Vec<String> {
    let mark = format!("XTASK_SANDBOX={root}");
    let processes = fs_err::read_dir("/proc").unwrap();
    let pids = processes.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let has_mark = |pid: &String| {
        let environment = fs_err::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        let mut variables = environment.split(|byte| *byte == 0);
        variables.any(|variable| variable.starts_with(mark.as_bytes()))
    };
    pids.filter(has_mark).collect()
}

#[test]
fn runs_are_killed() {
    let kills = std::env::var(KILLS).ok().and_then(|text| text.parse().ok());
    let kills: u64 = kills.unwrap_or(12);
    let scene = Scene::new();
    let program = std::env::current_exe().unwrap();
    for kill in 0..kills {
        let victim = duct::cmd!(&program, "--exact", "kills::victim", "--nocapture")
            .env(VICTIM, &scene.root)
            .stdout_null()
            .stderr_null()
            .unchecked()
            .start()
            .unwrap();
        // Any moment of the first rounds, the same ones each time.
        let moment = kill.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56;
        std::thread::sleep(Duration::from_millis(moment));
        victim.kill().unwrap();
        victim.wait().unwrap();
        if kill % 4 == 3 || kill + 1 == kills {
            check(&scene.root, usize::try_from(kill).unwrap());
            assert_eq!(left(&scene.root), Vec::<String>::new(), "kill {kill}");
            let sandboxes = scene.listing(&scene.cache().join("v1/sandboxes"));
            let leftover = |path: &String| path.ends_with("busy") || path.starts_with("removed-");
            assert!(!sandboxes.iter().any(leftover), "{sandboxes:?}");
        }
    }
}
