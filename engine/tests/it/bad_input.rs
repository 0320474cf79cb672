//! Programs, outputs and caches that are not as they should be.

use std::sync::Mutex;

use engine::{Action, RunEvent, RunObserver};

use crate::support::{Scene, ran, shell};

#[test]
fn programs_that_are_not_there() {
    let scene = Scene::new();
    let error = |program: &str| scene.error(&Action::new("x", [program]));
    insta::assert_snapshot!(error("/absent/program"), @"`/absent/program` is not there");
    insta::assert_snapshot!(error("absent"), @"`absent` is not there in PATH, which is `/usr/local/bin:/usr/bin:/bin`");
    insta::assert_snapshot!(error("./absent"), @"`./absent` is not there");
    insta::assert_snapshot!(error(""), @"`` is not there in PATH, which is `/usr/local/bin:/usr/bin:/bin`");
}

#[test]
fn outputs_that_are_none() {
    let scene = Scene::new();
    let error = |script: &str| scene.error(&shell(script).output("out"));
    insta::assert_snapshot!(error("true"), @"`out` was not written: it is an output of the action");
    insta::assert_snapshot!(error("ln -s /etc/passwd out"), @"the output `out` is a link to `/etc/passwd`, which is outside of the sandbox");
    insta::assert_snapshot!(error("ln -s ../../x out"), @"the output `out` is a link to `../../x`, which is outside of the sandbox");
    insta::assert_snapshot!(error("mkfifo out"), @"the output `out` is a pipe: outputs are files, folders and links");
    insta::assert_snapshot!(error("mkdir out; ln -s /dev/null out/null"), @"the output `out/null` is a link to `/dev/null`, which is outside of the sandbox");
    let error = scene.error(&shell("rmdir etc; ln -s /etc etc").output("etc/passwd"));
    insta::assert_snapshot!(error, @"the output `etc/passwd` is a link to `/etc`, which is outside of the sandbox");
    for path in ["../out", "/out", "a/../../out"] {
        let error = scene.error(&shell("true").output(path));
        assert!(error.contains("is no path within the inputs"), "{error}");
    }
}

#[test]
fn outputs_that_are_devices() {
    if !rustix::process::geteuid().is_root() {
        testkit::skip("only root can make a device");
        return;
    }
    let error = Scene::new().error(&shell("mknod out c 1 3").output("out"));
    insta::assert_snapshot!(error, @"the output `out` is a device: outputs are files, folders and links");
}

/// What earlier versions kept is not read, and goes with the next cleaning.
#[test]
fn a_cache_of_an_older_format() {
    let scene = Scene::new();
    fs_err::create_dir_all(scene.cache().join("v0/results")).unwrap();
    fs_err::write(scene.cache().join("v0/results/x"), "old").unwrap();
    fs_err::write(scene.cache().join("index"), "older").unwrap();
    let action = shell("echo a > out").output("out");
    assert!(ran(&scene.run(&action)));
    // The same folder, with files of an older format.
    let cache = scene.cache().join("v1");
    for path in scene.listing(&cache.join("results")) {
        let path = cache.join("results").join(path);
        if path.is_file() {
            let text = fs_err::read(&path).unwrap();
            fs_err::remove_file(&path).unwrap();
            let older = [b"xtask action result 0\n", &text[22..]].concat();
            fs_err::write(&path, older).unwrap();
        }
    }
    fs_err::create_dir_all(cache.join("history/ab")).unwrap();
    fs_err::write(cache.join("history/ab/abcd"), "a note of an older format").unwrap();
    assert!(ran(&scene.run(&action)));
    assert!(!ran(&scene.run(&action)));
    assert!(scene.cache().join("v0").exists());
    let _ = engine::Engine::clean(&scene.cache(), u64::MAX);
    assert!(!scene.cache().join("v0").exists() && !scene.cache().join("index").exists());
    assert!(!ran(&scene.run(&action)));
}

#[test]
fn an_output_that_may_be_missing_may_be_missing() {
    let scene = Scene::new();
    let action = shell("true").optional_output("out");
    assert!(scene.run(&action).outputs.is_empty());
    assert!(!ran(&scene.run(&action)));
}

#[test]
fn an_input_that_changes_meanwhile() {
    let scene = Scene::new();
    scene.write("a", "one");
    let action = shell("cat a").inputs(scene.inputs(&["a"]));
    scene.write("a", "two");
    insta::assert_snapshot!(scene.error(&action), @"`a` changed while it was being used");
}

#[derive(Default)]
struct Warnings(Mutex<Vec<String>>);

impl RunObserver for Warnings {
    fn event(&self, event: &RunEvent<'_>) {
        if let RunEvent::Warning(text) = event {
            self.0.lock().unwrap().push((*text).to_owned());
        }
    }
}

/// A cache that cannot be used costs a warning, and nothing else.
#[test]
fn a_cache_that_is_a_file() {
    let scene = Scene::new();
    fs_err::write(scene.cache(), "").unwrap();
    let warnings = Warnings::default();
    let report = scene.engine().run(&[shell("echo a")], &warnings);
    let outcome = report.outcomes[0].as_ref().unwrap();
    assert_eq!(outcome.stdout.text().unwrap(), "a\n");
    let warnings = warnings.0.into_inner().unwrap().join("\n");
    let warnings = warnings.replace(scene.root.as_str(), "[root]");
    insta::assert_snapshot!(warnings, @"results are not kept: cannot use the cache [root]/cache: not a directory");
}

/// A result cache of which one part cannot be written: what ran is right, and is said once.
#[test]
fn results_that_cannot_be_kept() {
    let scene = Scene::new();
    scene.run(&shell("true"));
    let unfinished = scene.cache().join("v1/results/unfinished");
    let engine = scene.engine();
    fs_err::remove_dir_all(&unfinished).unwrap();
    let warnings = Warnings::default();
    let actions = [shell("echo 1"), shell("echo 2")];
    let report = engine.run(&actions, &warnings);
    assert!(report.outcomes.iter().all(Result::is_ok));
    let warnings = warnings.0.into_inner().unwrap();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].starts_with("results are not kept: cannot write "));
}
