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

/// So many that their results are packed.
fn many(scene: &Scene) -> Vec<Action> {
    scene.write("a", "alpha\n");
    let inputs = scene.inputs(&["a"]);
    let action = |number: usize| {
        let script = format!("echo {number}; echo {number} > out");
        let action = shell(&script).inputs(inputs.clone()).output("out");
        let description = format!("number {number}");
        Action {
            description,
            ..action
        }
    };
    (0..80).map(action).collect()
}

/// How many ran, where every outcome is right.
fn runs_of(engine: &Engine, actions: &[Action]) -> usize {
    let report = engine.run(actions, &Silence);
    let outcomes = report
        .outcomes
        .iter()
        .map(|outcome| outcome.as_ref().unwrap());
    for (number, outcome) in outcomes.enumerate() {
        assert_eq!(outcome.stdout.text().unwrap(), format!("{number}\n"));
        let Some(TreeNode::File(file)) = outcome.outputs.get("out") else {
            panic!("{outcome:?}");
        };
        let bytes = engine.store().read(&file.digest).unwrap();
        assert_eq!(bytes, format!("{number}\n").as_bytes());
    }
    engine.stats().ran
}

#[test]
fn many_results_are_in_one_file() {
    let scene = Scene::new();
    let actions = many(&scene);
    assert_eq!(runs_of(&scene.engine(), &actions), 80);
    let results = scene.cache().join("v1/results");
    let pack = results.join("packed/results");
    assert!(pack.exists());
    // What is packed is not read one by one.
    for path in scene.listing(&results) {
        let path = results.join(path);
        if path.is_file() && path != pack {
            fs_err::remove_file(path).unwrap();
        }
    }
    assert_eq!(runs_of(&scene.engine(), &actions), 0);
    // Without its blob a result is none, packed or not.
    let blobs = scene.cache().join("v1/blobs");
    let hash = engine::Digest::of(b"7\n").hex();
    fs_err::remove_file(blobs.join(&hash[..2]).join(&hash)).unwrap();
    assert_eq!(runs_of(&scene.engine(), &actions), 1);
    assert_eq!(runs_of(&scene.engine(), &actions), 0);
}

/// A pack that is damaged, or of another format, is none; what it was made of is there still.
#[test]
fn a_pack_that_is_damaged_is_none() {
    let scene = Scene::new();
    let actions = many(&scene);
    runs_of(&scene.engine(), &actions);
    let pack = scene.cache().join("v1/results/packed/results");
    let whole = fs_err::read(&pack).unwrap();
    let mut damaged = whole.clone();
    *damaged.last_mut().unwrap() ^= 1;
    let other_format = [b"xtask result pack 0\n", &whole[20..]].concat();
    for bytes in [damaged, whole[..100].to_vec(), other_format, Vec::new()] {
        fs_err::remove_file(&pack).unwrap();
        fs_err::write(&pack, bytes).unwrap();
        assert_eq!(runs_of(&scene.engine(), &actions), 0);
        assert_eq!(fs_err::read(&pack).unwrap().len(), whole.len());
    }
}

/// A result that replaces another one is not hidden by the pack.
#[test]
fn the_last_result_counts() {
    let scene = Scene::new();
    let mut actions = many(&scene);
    actions[7] = shell("date +%N");
    let number_seven = |cache_use: CacheUse, actions: &[Action]| {
        let options = EngineOptions {
            cache_use,
            ..scene.options()
        };
        let report = Engine::open(options).unwrap().run(actions, &Silence);
        let outcomes = report.outcomes.into_iter().map(Result::unwrap);
        let all: Vec<_> = outcomes
            .map(|outcome| outcome.stdout.text().unwrap())
            .collect();
        all[if all.len() == 1 { 0 } else { 7 }].clone()
    };
    let all = |cache_use| number_seven(cache_use, &actions);
    let alone = |cache_use| number_seven(cache_use, &actions[7..8]);
    let first = all(CacheUse::ReadWrite);
    assert_eq!(all(CacheUse::ReadWrite), first);
    let second = alone(CacheUse::Write);
    assert_ne!(second, first);
    assert_eq!(all(CacheUse::ReadWrite), second);
    let third = all(CacheUse::Write);
    assert_eq!(alone(CacheUse::ReadWrite), third);
    assert_eq!(all(CacheUse::ReadWrite), third);
}

#[test]
fn without_a_cache_here_nothing_is_used_again() {
    let scene = Scene::new();
    let options = EngineOptions {
        local_cache: false,
        ..scene.options()
    };
    for _ in 0..2 {
        let engine = Engine::open(options.clone()).unwrap();
        assert!(ran(&one(engine.run(&[shell("true")], &Silence))));
    }
}
