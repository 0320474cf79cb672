//! When an action runs, and when its result is there already.

use engine::{Action, CacheUse, Engine, EngineOptions, ProcessEnd, Provenance, Silence, TreeNode};

use crate::support::{Scene, one, ran, shell};

fn action(scene: &Scene) -> Action {
    scene.write("a", "alpha\n");
    shell("cat a; echo problem >&2; mkdir -p out/d; cp a out/d/b; echo x > file")
        .inputs(scene.inputs(&["a"]))
        .output("out")
        .output("file")
}

#[test]
fn what_ran_once_does_not_run_again() {
    let scene = Scene::new();
    let action = action(&scene);
    let first = scene.run(&action);
    let second = scene.run(&action);
    assert_eq!(first.provenance, Provenance::LocalRun);
    assert_eq!(second.provenance, Provenance::LocalCache);
    for outcome in [&first, &second] {
        assert_eq!(outcome.end, ProcessEnd::Exit(0));
        assert_eq!(outcome.stdout.text().unwrap(), "alpha\n");
        assert_eq!(outcome.stderr.text().unwrap(), "problem\n");
        let paths: Vec<_> = outcome.outputs.nodes();
        let paths: Vec<_> = paths.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(paths, ["file", "out/d/b"]);
    }
    assert_eq!(first.outputs.digest(), second.outputs.digest());
    assert_eq!(first.elapsed.as_millis(), second.elapsed.as_millis());
}

#[test]
fn what_changed_runs_again_and_what_was_is_remembered() {
    let scene = Scene::new();
    let old = action(&scene);
    scene.run(&old);
    scene.write("a", "beta\n");
    let new = Action {
        inputs: scene.inputs(&["a"]),
        ..old.clone()
    };
    assert!(ran(&scene.run(&new)));
    scene.write("a", "alpha\n");
    let back = Action {
        inputs: scene.inputs(&["a"]),
        ..old
    };
    assert!(!ran(&scene.run(&back)));
}

#[test]
fn failures_run_again() {
    let scene = Scene::new();
    let action = shell("exit 3");
    for _ in 0..2 {
        let outcome = scene.run(&action);
        assert_eq!(outcome.end, ProcessEnd::Exit(3));
        assert!(ran(&outcome));
    }
}

#[test]
fn the_cache_is_used_as_asked() {
    let scene = Scene::new();
    let with = |cache_use| {
        let options = EngineOptions {
            cache_use,
            ..scene.options()
        };
        let engine = Engine::open(options).unwrap();
        one(engine.run(&[shell("true")], &Silence)).provenance
    };
    assert_eq!(with(CacheUse::None), Provenance::LocalRun);
    assert_eq!(with(CacheUse::Write), Provenance::LocalRun);
    assert_eq!(with(CacheUse::Write), Provenance::LocalRun);
    assert_eq!(with(CacheUse::ReadWrite), Provenance::LocalCache);
    assert_eq!(with(CacheUse::None), Provenance::LocalRun);
}

#[test]
fn the_same_action_twice_runs_once() {
    let scene = Scene::new();
    let engine = scene.engine();
    let actions = vec![shell("echo $$"); 5];
    let report = engine.run(&actions, &Silence);
    let texts: Vec<_> = report
        .outcomes
        .iter()
        .map(|outcome| outcome.as_ref().unwrap().stdout.text().unwrap())
        .collect();
    assert!(texts.iter().all(|text| *text == texts[0]), "{texts:?}");
    assert_eq!(engine.stats().ran, 1);
}

/// Two checkouts at other paths, with files of other rights and times, have one cache.
#[test]
fn a_checkout_at_another_path_has_the_same_keys() {
    use std::os::unix::fs::PermissionsExt;
    let (one, two) = (Scene::new(), Scene::new());
    let first = action(&one);
    let second = action(&two);
    let file = two.root.join("repository/a");
    fs_err::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    let second = Action {
        inputs: two.inputs(&["a"]),
        ..second
    };
    assert_eq!(first.digest(), second.digest());
    one.run(&first);
    assert!(!ran(&one.run(&second)));
}

/// Whatever of the cache is damaged, the outcome is right.
#[test]
fn bit_rot_costs_a_run() {
    let scene = Scene::new();
    let action = action(&scene);
    let right = scene.run(&action);
    let cache = scene.cache().join("v1");
    let files = |part: &str| {
        let folder = cache.join(part);
        let found = scene.listing(&folder);
        let paths = found.into_iter().map(move |path| folder.join(path));
        paths.filter(|path| path.is_file()).collect::<Vec<_>>()
    };
    for part in ["blobs", "results"] {
        for at in 0..files(part).len() {
            let path = files(part).remove(at);
            let mut bytes = fs_err::read(&path).unwrap();
            fs_err::remove_file(&path).unwrap();
            if let Some(byte) = bytes.last_mut() {
                *byte ^= 1;
            }
            fs_err::write(&path, bytes).unwrap();
            let outcome = scene.run(&action);
            assert_eq!(outcome.outputs.digest(), right.outputs.digest());
            for (name, node) in outcome.outputs.nodes() {
                let TreeNode::File(file) = node else { continue };
                scene.engine().store().read(&file.digest).expect(&name);
            }
        }
    }
    assert!(!ran(&scene.run(&action)));
}

#[test]
fn many_engines_share_one_cache() {
    let scene = Scene::new();
    let actions: Vec<_> = (0..12)
        .map(|number| shell(&format!("echo {number} > out")).output("out"))
        .collect();
    let digests = |scene: &Scene| {
        let report = scene.engine().run(&actions, &Silence);
        let outputs = report.outcomes.into_iter();
        outputs
            .map(|outcome| outcome.unwrap().outputs.digest())
            .collect::<Vec<_>>()
    };
    let right = digests(&Scene::new());
    std::thread::scope(|scope| {
        let runs: Vec<_> = (0..4).map(|_| scope.spawn(|| digests(&scene))).collect();
        for run in runs {
            assert_eq!(run.join().unwrap(), right);
        }
    });
}
