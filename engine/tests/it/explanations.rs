//! Why an action runs although something like it ran before.

use std::sync::Mutex;

use engine::{Action, Engine, EngineOptions, Location, RunEvent, RunObserver};

use crate::support::{Scene, shell};

#[derive(Default)]
struct Misses(Mutex<Vec<String>>);

impl RunObserver for Misses {
    fn event(&self, event: &RunEvent<'_>) {
        if let RunEvent::NotCached { miss, .. } = event {
            self.0.lock().unwrap().push(miss.to_string());
        }
    }
}

/// Runs an action, and says why it was not in the cache.
fn why(scene: &Scene, action: &Action) -> String {
    let options = EngineOptions {
        explain: true,
        ..scene.options()
    };
    let misses = Misses::default();
    let engine = Engine::open(options).unwrap();
    engine.run(std::slice::from_ref(action), &misses);
    misses.0.into_inner().unwrap().join("\n")
}

#[test]
fn what_differs_is_named() {
    let scene = Scene::new();
    for path in ["src/a.py", "src/deep/b.py", "src/deep/c.py", "other/d.py"] {
        scene.write(path, path);
    }
    let inputs = |paths: &[&str]| scene.inputs(paths);
    let all = ["src/a.py", "src/deep/b.py", "other/d.py"];
    let python = |identity: &str| Location::new(identity, "/usr");
    let action = || {
        shell("true")
            .inputs(inputs(&all))
            .variable("LANG", "C")
            .location("python", python("3.12"))
    };
    insta::assert_snapshot!(why(&scene, &action()), @"it did not run before");
    insta::assert_snapshot!(why(&scene, &action()), @"");
    scene.write("src/deep/b.py", "changed");
    insta::assert_snapshot!(why(&scene, &action()), @"`src/deep/b.py` differs from the last run");
    let added = action().inputs(inputs(&["src/a.py", "src/deep/b.py", "src/deep/c.py"]));
    insta::assert_snapshot!(why(&scene, &added), @"`other`, `src/deep/c.py` differ from the last run");
    let other = action()
        .variable("LANG", "D")
        .location("python", python("3.13"));
    insta::assert_snapshot!(why(&scene, &other), @"the variable `LANG`, what `python` is, `other`, `src/deep/c.py` differ from the last run");
    let output = action().output("x");
    insta::assert_snapshot!(why(&scene, &output), @"the variable `LANG`, what it may write or take, what `python` is differ from the last run");
}

#[test]
fn what_failed_and_what_is_gone() {
    let scene = Scene::new();
    let failing = shell("exit 1");
    why(&scene, &failing);
    insta::assert_snapshot!(why(&scene, &failing), @"it failed the last time");
    let mut action = shell("true");
    action.description = "other".to_owned();
    why(&scene, &action);
    fs_err::remove_dir_all(scene.cache().join("v1/results")).unwrap();
    insta::assert_snapshot!(why(&scene, &action), @"its result is no longer in the cache");
    action.arguments.push("x".into());
    insta::assert_snapshot!(why(&scene, &action), @"the command line differs from the last run");
}
