//! Environments made, changed, spoilt and repaired.

use camino::{Utf8Path, Utf8PathBuf};

use super::*;
use crate::python::{Interpreter, Interpreters, PythonLocations, SearchPath, invented};
use crate::store::Store;
use crate::testing::WheelBuilder;

/// A folder with a store, a Python and an environment to be made.
struct Scene {
    _temp: tempfile::TempDir,
    root: Utf8PathBuf,
    store: Store,
    python: Interpreter,
    wheels: Vec<StoredWheel>,
    projects: Vec<EditableProject>,
    source_roots: Vec<Utf8PathBuf>,
    policy: SyncPolicy,
}

impl Scene {
    fn new() -> Self {
        Self::with(invented(|_| ()))
    }

    fn with(python: Interpreter) -> Self {
        let temp = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(temp.path()).unwrap().to_owned();
        Self {
            _temp: temp,
            store: Store::new(&root.join("cache")),
            root,
            python,
            wheels: Vec::new(),
            projects: Vec::new(),
            source_roots: Vec::new(),
            policy: SyncPolicy::default(),
        }
    }

    /// Wants a wheel with `files`, in place of another of the same name.
    fn want(&mut self, name: &str, version: &str, files: &[(&str, &str)]) {
        let mut builder = WheelBuilder::new(name, version);
        for (path, content) in files {
            builder.file(path, content);
        }
        let filename = format!("{name}-{version}-py3-none-any.whl");
        let archive = self.root.join(&filename);
        fs_err::write(&archive, builder.bytes()).unwrap();
        let wheel = self
            .store
            .unpack(&archive, &filename.parse().unwrap(), None)
            .unwrap();
        self.unwant(name);
        self.wheels.push(StoredWheel {
            name: wheel.name().clone(),
            version: wheel.version().clone(),
            sha256: *wheel.sha256(),
            requested: false,
            direct_url: None,
            built_from: None,
            seed: false,
        });
    }

    fn unwant(&mut self, name: &str) {
        self.wheels.retain(|wheel| wheel.name.as_str() != name);
    }

    fn wanted(&self) -> EnvironmentContents<'_> {
        EnvironmentContents {
            interpreter: &self.python,
            prompt: "python-default",
            wheels: self.wheels.clone(),
            projects: self.projects.clone(),
            source_roots: self.source_roots.clone(),
            policy: self.policy,
        }
    }

    fn environment(&self) -> Environment {
        Environment::at(self.root.join("dist/python-default/3.12.1"))
    }

    fn sync(&self) -> SyncReport {
        self.environment()
            .sync(&self.wanted(), &self.store)
            .unwrap()
    }

    fn sync_error(&self) -> String {
        let error = self
            .environment()
            .sync(&self.wanted(), &self.store)
            .unwrap_err();
        error.to_string().replace(self.root.as_str(), "ROOT")
    }

    fn check(&self) -> Vec<EnvironmentFinding> {
        self.environment().check(&self.wanted()).unwrap()
    }

    fn place(&self, path: &str) -> Utf8PathBuf {
        self.environment().root().join(path)
    }

    fn site(&self, path: &str) -> Utf8PathBuf {
        self.place("lib/python3.12/site-packages").join(path)
    }

    fn read(&self, path: &str) -> String {
        fs_err::read_to_string(self.site(path)).unwrap()
    }

    /// Every file of the environment but the activation scripts.
    fn listing(&self) -> String {
        let mut paths = Vec::new();
        collect(self.environment().root(), &mut paths);
        let root = self.environment();
        let mut lines: Vec<String> = paths
            .iter()
            .map(|path| path.strip_prefix(root.root()).unwrap().to_string())
            .filter(|path| !path.to_lowercase().starts_with("bin/activate"))
            .collect();
        lines.sort();
        lines.join("\n")
    }
}

fn collect(folder: &Utf8Path, paths: &mut Vec<Utf8PathBuf>) {
    for entry in folder.read_dir_utf8().unwrap() {
        let path = entry.unwrap().into_path();
        if path.symlink_metadata().unwrap().is_dir() {
            collect(&path, paths);
        } else {
            paths.push(path);
        }
    }
}

#[test]
fn every_file_has_its_place() {
    let mut scene = Scene::new();
    scene.want(
        "good",
        "1.0",
        &[
            ("good/__init__.py", ""),
            (
                "good-1.0.dist-info/entry_points.txt",
                "[console_scripts]\ngood = good:main\n",
            ),
            ("good-1.0.data/scripts/tool", "#!python\nprint()\n"),
            ("good-1.0.data/scripts/shell", "#!/bin/sh\n"),
            ("good-1.0.data/data/share/man/good.1", "man"),
            ("good-1.0.data/headers/good.h", "h"),
            ("good-1.0.data/purelib/pure.py", ""),
            ("good-1.0.data/platlib/plat.py", ""),
        ],
    );
    assert_eq!(scene.sync().outcome, SyncOutcome::Created);
    insta::assert_snapshot!(scene.listing(), @"
    .gitignore
    bin/good
    bin/python
    bin/python3
    bin/python3.12
    bin/shell
    bin/tool
    include/site/python3.12/good/good.h
    lib/python3.12/site-packages/good-1.0.dist-info/INSTALLER
    lib/python3.12/site-packages/good-1.0.dist-info/METADATA
    lib/python3.12/site-packages/good-1.0.dist-info/RECORD
    lib/python3.12/site-packages/good-1.0.dist-info/WHEEL
    lib/python3.12/site-packages/good-1.0.dist-info/entry_points.txt
    lib/python3.12/site-packages/good/__init__.py
    lib/python3.12/site-packages/plat.py
    lib/python3.12/site-packages/pure.py
    lib64
    pyvenv.cfg
    share/man/good.1
    xtask-environment.files
    xtask-environment.json
    ");
    let root = scene.root.to_string();
    let tidy = |text: String| text.replace(&root, "ROOT");
    // The hash of a script depends on the folder.
    let record = scene.read("good-1.0.dist-info/RECORD");
    let record: Vec<&str> = record
        .lines()
        .map(|line| {
            if line.starts_with("../../../bin/") {
                line.split(',').next().unwrap()
            } else {
                line
            }
        })
        .collect();
    insta::assert_snapshot!(record.join("\n"), @"
    ../../../bin/good
    ../../../bin/shell
    ../../../bin/tool
    ../../../include/site/python3.12/good/good.h,sha256=qqlAJmTxpB9A67xSyZk-tmrrNmYClY_fqig7ceZNsSM,1
    ../../../share/man/good.1,sha256=SLZ24rEH2meVEreT1f1MxDKfDHwXqXz24OPRAFtgCwM,3
    good-1.0.dist-info/INSTALLER,sha256=XmpY1Tv5N-jwCaBzdGSZzLdM_bRZpWJ3PsaJcWgS_1o,6
    good-1.0.dist-info/METADATA,sha256=p1y2yt3b0yOH0gxydVBrOlfGBtsJZLWQkM7GuKteZWI,46
    good-1.0.dist-info/WHEEL,sha256=JCVX9z8V-js2aV5qmQR2E3fiCs-Yu3vPO91cCBmO1JM,59
    good-1.0.dist-info/entry_points.txt,sha256=u8GyvM9cz0Z-92sVggR2YnCFaVIv1bDkyfdle9S3BIs,35
    good/__init__.py,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0
    plat.py,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0
    pure.py,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0
    good-1.0.dist-info/RECORD,,
    ");
    insta::assert_snapshot!(tidy(scene.read("../../../pyvenv.cfg")), @"
    home = /python/bin
    implementation = CPython
    version = 3.12.1
    executable = /python/bin/python3.12
    include-system-site-packages = false
    prompt = python-default
    ");
    assert!(
        tidy(scene.read("../../../bin/tool"))
            .starts_with("#!ROOT/dist/python-default/3.12.1/bin/python\n")
    );
    assert_eq!(scene.check(), []);
    assert!(scene.environment().is_current(&scene.wanted()));
}

#[test]
fn a_second_run_changes_nothing() {
    let mut scene = Scene::new();
    scene.want("good", "1.0", &[("good.py", "")]);
    scene.sync();
    let before = scene
        .place("xtask-environment.json")
        .metadata()
        .unwrap()
        .modified()
        .unwrap();
    assert_eq!(scene.sync().outcome, SyncOutcome::Unchanged);
    let after = scene
        .place("xtask-environment.json")
        .metadata()
        .unwrap()
        .modified()
        .unwrap();
    assert_eq!(before, after);
}

#[test]
fn only_what_differs_changes() {
    let mut scene = Scene::new();
    scene.want("kept", "1.0", &[("kept.py", "x = 1")]);
    scene.want(
        "good",
        "1.0",
        &[
            ("good/a.py", "a = 1"),
            ("good/old.py", ""),
            ("good/same.py", "s"),
        ],
    );
    scene.want("gone", "1.0", &[("gone/sub/a.py", "")]);
    scene.sync();
    let cached = scene.site("good/__pycache__/a.cpython-312.pyc");
    fs_err::create_dir_all(cached.parent().unwrap()).unwrap();
    fs_err::write(&cached, "byte code").unwrap();
    let open = fs_err::read_to_string(scene.site("good/a.py")).unwrap();
    scene.want(
        "good",
        "2.0",
        &[("good/a.py", "a = 2"), ("good/same.py", "s")],
    );
    scene.want("new", "1.0", &[("new.py", "")]);
    scene.unwant("gone");
    let synced = scene.sync();
    let names = |list: &[(model::PackageName, model::Version)]| {
        list.iter()
            .map(|(name, version)| format!("{name} {version}"))
            .collect::<Vec<_>>()
    };
    assert_eq!(synced.outcome, SyncOutcome::Changed);
    assert_eq!(names(&synced.changes.added), ["new 1.0"]);
    assert_eq!(names(&synced.changes.removed), ["gone 1.0"]);
    assert_eq!(synced.changes.updated.len(), 1);
    assert_eq!(
        (open.as_str(), scene.read("good/a.py").as_str()),
        ("a = 1", "a = 2")
    );
    assert!(!cached.exists() && !scene.site("good/old.py").exists());
    assert!(!scene.site("gone").exists() && !scene.site("good-1.0.dist-info").exists());
    assert!(synced.restored.is_empty());
    assert_eq!(scene.check(), []);
    let fresh = Scene {
        wheels: scene.wheels.clone(),
        ..Scene::new()
    };
    fresh
        .environment()
        .sync(&fresh.wanted(), &scene.store)
        .unwrap();
    assert_eq!(scene.listing(), fresh.listing());
}

#[test]
fn a_file_becomes_a_folder_and_back() {
    let mut scene = Scene::new();
    scene.want("good", "1.0", &[("good.py", ""), ("data/x", "1")]);
    scene.sync();
    scene.want("good", "2.0", &[("good.py", ""), ("data", "1")]);
    scene.sync();
    assert_eq!(scene.read("data"), "1");
    scene.want("good", "3.0", &[("good.py", ""), ("data/x", "1")]);
    scene.sync();
    assert_eq!(scene.read("data/x"), "1");
}

#[test]
fn what_a_person_changed_is_reported_and_restored() {
    let mut scene = Scene::new();
    scene.want(
        "good",
        "1.0",
        &[("good/a.py", "a = 1"), ("good/b.py", "b = 1")],
    );
    scene.sync();
    fs_err::remove_file(scene.site("good/a.py")).unwrap();
    fs_err::write(scene.site("good/a.py"), "a = 2").unwrap();
    fs_err::remove_file(scene.site("good/b.py")).unwrap();
    fs_err::create_dir_all(scene.site("theirs-3.0.dist-info")).unwrap();
    let changed = vec![scene.site("good/a.py"), scene.site("good/b.py")];
    assert_eq!(
        scene.check(),
        [
            EnvironmentFinding::ChangedFiles(changed.clone()),
            EnvironmentFinding::Foreign(vec!["theirs 3.0".to_owned()])
        ]
    );
    let synced = scene.sync();
    assert_eq!(synced.restored, changed);
    assert_eq!(synced.foreign, ["theirs 3.0"]);
    assert_eq!(scene.read("good/a.py"), "a = 1");
    assert!(scene.site("theirs-3.0.dist-info").exists());
}

#[test]
fn folders_that_did_not_change_have_the_files_that_they_had() {
    let mut scene = Scene::new();
    let files = [("good/a.py", "a = 1"), ("good/sub/b.py", "b = 1")];
    scene.want("good", "1.0", &files);
    scene.sync();
    let environment = scene.environment();
    let note = environment.root().join(crate::protected::FOLDERS_FILE);
    let is_right = |scene: &Scene| scene.environment().unchanged(&scene.wanted()).is_some();
    assert!(
        is_right(&scene) && !note.exists(),
        "they may change in this very moment"
    );
    let settle = || std::thread::sleep(std::time::Duration::from_millis(3_050));
    settle();
    assert!(is_right(&scene) && note.exists());
    // The list of the files is not needed as long as the note holds.
    let list = environment.root().join(crate::protected::LIST_FILE);
    let listed = fs_err::read(&list).unwrap();
    fs_err::remove_file(&list).unwrap();
    assert!(is_right(&scene));
    fs_err::write(&list, listed).unwrap();
    fs_err::remove_file(scene.site("good/sub/b.py")).unwrap();
    assert!(!is_right(&scene));
    scene.sync();
    assert!(is_right(&scene) && !note.exists());
    settle();
    assert!(is_right(&scene) && note.exists());
    // A file that is written in place leaves its folder as it was, until someone looks at each file.
    fs_err::write(scene.site("good/a.py"), "a = 22").unwrap();
    assert!(is_right(&scene));
    assert_eq!(
        scene.check(),
        [EnvironmentFinding::ChangedFiles(vec![
            scene.site("good/a.py")
        ])]
    );
    assert!(!is_right(&scene) && !note.exists());
    fs_err::write(&note, "damaged").unwrap();
    assert!(!is_right(&scene));
}

#[test]
fn a_change_that_reaches_the_store_is_noticed() {
    let mut scene = Scene::new();
    scene.want("good", "1.0", &[("good/a.py", "a = 1")]);
    scene.sync();
    fs_err::write(scene.site("good/a.py"), "a = 2").unwrap();
    let error = scene
        .environment()
        .sync(&scene.wanted(), &scene.store)
        .unwrap_err();
    let EnvironmentError::DamagedStore { sha256, .. } = error else {
        panic!("{error}");
    };
    scene.store.discard(&sha256).unwrap();
    scene.want("good", "1.0", &[("good/a.py", "a = 1")]);
    scene.sync();
    assert_eq!(scene.read("good/a.py"), "a = 1");
}

#[test]
fn an_interrupted_environment_is_made_anew() {
    let mut scene = Scene::new();
    scene.want("good", "1.0", &[("good.py", "")]);
    scene.sync();
    let state = scene.place("xtask-environment.json");
    let text = fs_err::read_to_string(&state)
        .unwrap()
        .replace("complete", "changing");
    fs_err::write(&state, text).unwrap();
    fs_err::remove_dir_all(scene.site("good-1.0.dist-info")).unwrap();
    let litter = scene.root.join("dist/python-default/.tmp-3.12.1-abc");
    fs_err::create_dir_all(&litter).unwrap();
    assert_eq!(scene.check(), [EnvironmentFinding::Interrupted]);
    assert_eq!(
        scene.sync().outcome,
        SyncOutcome::Rebuilt("the run before was interrupted")
    );
    assert!(scene.site("good-1.0.dist-info/RECORD").exists());
    assert!(!litter.exists());
}

#[test]
fn another_python_makes_it_anew() {
    let mut scene = Scene::new();
    scene.want("good", "1.0", &[("good.py", "")]);
    scene.sync();
    scene.python =
        invented(|facts| facts["marker_environment"]["python_full_version"] = "3.12.2".into());
    assert!(matches!(
        scene.check()[..],
        [EnvironmentFinding::OtherPython(..)]
    ));
    assert_eq!(
        scene.sync().outcome,
        SyncOutcome::Rebuilt("its Python is another")
    );
}

#[test]
fn a_folder_that_is_not_ours() {
    let scene = Scene::new();
    fs_err::create_dir_all(scene.place("")).unwrap();
    fs_err::write(scene.place("thesis.txt"), "").unwrap();
    insta::assert_snapshot!(scene.sync_error(), @"ROOT/dist/python-default/3.12.1 is not an environment of ours: it holds other files");
    fs_err::rename(scene.place("thesis.txt"), scene.place("pyvenv.cfg")).unwrap();
    insta::assert_snapshot!(scene.sync_error(), @"ROOT/dist/python-default/3.12.1 is not an environment of ours: it is a virtual environment that another tool made");
}

#[test]
fn of_two_contents_one_wins_whatever_the_order() {
    let mut scene = Scene::new();
    let same = ("shared/__init__.py", "");
    scene.want("a", "1.0", &[same, ("shared/a.py", "1")]);
    scene.want("b", "1.0", &[same]);
    let report = scene.sync();
    assert_eq!(report.outcome, SyncOutcome::Created);
    assert_eq!(report.collisions, [], "the same content is no matter");
    scene.want("b", "1.0", &[same, ("shared/a.py", "2")]);
    let path = "lib/python3.12/site-packages/shared/a.py".to_owned();
    let collision = FileCollision {
        winner: "b 1.0".to_owned(),
        loser: "a 1.0".to_owned(),
        paths: vec![path],
    };
    assert_eq!(scene.sync().collisions, std::slice::from_ref(&collision));
    assert_eq!(scene.read("shared/a.py"), "2");
    assert_eq!(scene.check(), []);
    assert_eq!(scene.sync().outcome, SyncOutcome::Unchanged);
    scene.wheels.reverse();
    fs_err::remove_dir_all(scene.environment().root()).unwrap();
    assert_eq!(scene.sync().collisions, [collision]);
    assert_eq!(scene.read("shared/a.py"), "2");
    scene.unwant("b");
    scene.sync();
    assert_eq!(
        scene.read("shared/a.py"),
        "1",
        "what is left has its file again"
    );
    assert_eq!(scene.check(), []);
}

#[test]
fn case_counts_where_the_file_system_says_so() {
    let mut scene = Scene::new();
    scene.want("a", "1.0", &[("locale/sr@Latn/x.mo", "1")]);
    scene.want("b", "1.0", &[("locale/sr@latn/x.mo", "2")]);
    let wheels: Vec<_> = scene
        .wheels
        .iter()
        .map(|wheel| scene.store.get(&wheel.sha256).unwrap())
        .collect();
    let layout = super::layout::Layout::new("/e".into(), &scene.python);
    let packages = || -> Vec<_> {
        let both = scene.wheels.iter().zip(&wheels);
        both.map(|(wanted, wheel)| super::items::of_wheel(&layout, wanted, wheel).unwrap())
            .collect()
    };
    let settle = |case| super::owners::settle(&mut packages(), case).unwrap();
    assert_eq!(settle(super::owners::PathCase::Counts), []);
    let [collision] = &settle(super::owners::PathCase::Ignored)[..] else {
        panic!("one file has two owners");
    };
    assert_eq!(
        (collision.winner.as_str(), collision.paths.len()),
        ("b 1.0", 1)
    );
}

#[test]
fn a_file_where_another_package_has_a_folder() {
    let mut scene = Scene::new();
    scene.want("a", "1.0", &[("shared/a.py", "1")]);
    scene.want("b", "1.0", &[("shared", "")]);
    insta::assert_snapshot!(scene.sync_error(), @"lib/python3.12/site-packages/shared is a file in b 1.0 and a folder in a 1.0");
}

#[test]
fn an_entry_point_stands_in_for_a_script() {
    let mut scene = Scene::new();
    scene.want(
        "crypto",
        "1.0",
        &[
            ("crypto-1.0.data/scripts/crypto", "#!python\nold\n"),
            (
                "crypto-1.0.dist-info/entry_points.txt",
                "[console_scripts]\ncrypto = crypto.app:main\n",
            ),
        ],
    );
    assert_eq!(scene.sync().collisions, []);
    assert!(
        scene
            .read("../../../bin/crypto")
            .contains("from crypto.app import main")
    );
    let record = scene.read("crypto-1.0.dist-info/RECORD");
    assert_eq!(record.matches("bin/crypto").count(), 1);
}

/// What pip does when it installs another version: the old one goes, and the new one comes.
fn install_by_other_means(scene: &Scene, name: &str, version: &str) {
    let dist_info = format!("{name}-{version}.dist-info");
    let record =
        format!("{name}.py,,\n{name}_extra.py,,\n{dist_info}/METADATA,,\n{dist_info}/RECORD,,\n");
    for (path, text) in [
        (format!("{name}.py"), format!("x = '{version}'")),
        (format!("{name}_extra.py"), String::new()),
        (format!("{dist_info}/METADATA"), String::new()),
        (format!("{dist_info}/RECORD"), record),
    ] {
        let place = scene.site(&path);
        fs_err::create_dir_all(place.parent().unwrap()).unwrap();
        let _ = fs_err::remove_file(&place);
        fs_err::write(place, text).unwrap();
    }
}

#[test]
fn another_version_by_other_means_is_removed() {
    let mut scene = Scene::new();
    scene.want("alpha", "2.0", &[("alpha.py", "x = '2.0'")]);
    scene.sync();
    fs_err::remove_dir_all(scene.site("alpha-2.0.dist-info")).unwrap();
    install_by_other_means(&scene, "alpha", "1.0");
    assert!(
        scene
            .check()
            .contains(&EnvironmentFinding::OtherVersions(vec![
                "alpha 1.0".to_owned()
            ]))
    );
    assert_eq!(scene.sync().removed, ["alpha 1.0"]);
    assert_eq!(scene.read("alpha.py"), "x = '2.0'");
    assert!(!scene.site("alpha-1.0.dist-info").exists() && !scene.site("alpha_extra.py").exists());
    assert!(scene.site("alpha-2.0.dist-info/METADATA").exists());
    assert_eq!(scene.check(), []);
}

#[test]
fn foreign_packages_go_where_that_is_asked_for() {
    let mut scene = Scene::new();
    scene.want("good", "1.0", &[("good.py", "")]);
    scene.sync();
    install_by_other_means(&scene, "theirs", "3.0");
    assert_eq!(scene.sync().foreign, ["theirs 3.0"]);
    scene.policy.foreign = ForeignPackages::Removed;
    assert!(scene.environment().unchanged(&scene.wanted()).is_none());
    assert_eq!(scene.sync().removed, ["theirs 3.0"]);
    assert!(!scene.site("theirs.py").exists() && scene.site("good.py").exists());
    assert!(scene.environment().unchanged(&scene.wanted()).is_some());
}

#[test]
fn an_environment_is_judged_without_the_store() {
    let mut scene = Scene::new();
    scene.want("good", "1.0", &[("good.py", "x = 1")]);
    scene.sync();
    fs_err::remove_dir_all(scene.store.folder()).unwrap();
    assert_eq!(scene.check(), []);
    assert!(scene.environment().unchanged(&scene.wanted()).is_some());
    // The store gets the same wheel at another time.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    scene.want("good", "1.0", &[("good.py", "x = 1")]);
    assert_eq!(scene.sync().outcome, SyncOutcome::Unchanged);
    fs_err::remove_file(scene.site("good.py")).unwrap();
    assert!(scene.environment().unchanged(&scene.wanted()).is_none());
    assert_eq!(scene.sync().restored, [scene.site("good.py")]);
    assert_eq!(scene.check(), []);
}

#[test]
fn a_lost_manifest_is_noticed() {
    let mut scene = Scene::new();
    scene.want("good", "1.0", &[("good.py", "x = 1")]);
    let sha256 = scene.wheels[0].sha256;
    let digits = sha256.to_string();
    let manifest = scene
        .store
        .folder()
        .join(&digits[..2])
        .join(&digits)
        .join("manifest");
    fs_err::write(&manifest, "").unwrap();
    assert!(!scene.store.has(&sha256));
    insta::assert_snapshot!(scene.sync_error(), @"the wheel of good is not in the store");
    scene.want("good", "1.0", &[("good.py", "x = 1")]);
    assert_eq!(scene.sync().outcome, SyncOutcome::Created);
}

#[test]
fn copies_have_the_time_of_their_installation() {
    let time = |scene: &Scene, path| {
        let found = scene.site(path).metadata().unwrap();
        found.modified().unwrap()
    };
    let mut scene = Scene::new();
    scene.want("static", "2.0", &[("static.js", "new")]);
    scene.want("kept", "1.0", &[("kept.js", "kept")]);
    std::thread::sleep(std::time::Duration::from_millis(1100));
    scene.policy.link_mode = LinkMode::Copy;
    scene.want("static", "1.0", &[("static.js", "old")]);
    scene.sync();
    let (old, kept) = (time(&scene, "static.js"), time(&scene, "kept.js"));
    std::thread::sleep(std::time::Duration::from_millis(1100));
    // This version was unpacked before the other one was installed.
    scene.want("static", "2.0", &[("static.js", "new")]);
    let report = scene.sync();
    assert!(report.restored.is_empty(), "{report:?}");
    assert!(time(&scene, "static.js") > old);
    assert_eq!(time(&scene, "kept.js"), kept);
    assert_eq!(scene.check(), []);
    scene.policy.link_mode = LinkMode::Hardlink;
    let report = scene.sync();
    assert!(report.outcome == SyncOutcome::Changed && report.restored.is_empty());
    assert_eq!(scene.check(), []);
}

#[test]
fn an_environment_is_made_anew_where_that_is_asked_for() {
    let mut scene = Scene::new();
    scene.want("good", "1.0", &[("good.py", "")]);
    scene.sync();
    scene.policy.renewal = Renewal::Asked;
    assert_eq!(
        scene.sync().outcome,
        SyncOutcome::Rebuilt("that was asked for")
    );
}

#[test]
fn a_moved_environment_and_one_without_its_python() {
    let mut scene = Scene::new();
    scene.want("good", "1.0", &[("good.py", "")]);
    scene.sync();
    let moved = scene.root.join("dist/moved");
    fs_err::rename(scene.environment().root(), &moved).unwrap();
    let findings = Environment::at(&moved).check(&scene.wanted()).unwrap();
    assert_eq!(
        findings,
        [EnvironmentFinding::Moved(
            scene.environment().root().to_owned()
        )]
    );
}

#[test]
fn seed_packages_stay_until_a_lock_has_them() {
    let names = |scene: &Scene| -> Vec<String> {
        let recorded = scene.environment().recorded();
        let names = recorded.iter();
        names
            .map(|one| format!("{} {}", one.name, one.version))
            .collect()
    };
    let mut scene = Scene::new();
    scene.want("good", "1.0", &[("good.py", "")]);
    scene.want("pip", "20.0", &[("pip.py", "")]);
    scene.wheels[1].seed = true;
    scene.sync();
    scene.unwant("pip");
    assert!(scene.environment().is_current(&scene.wanted()));
    assert_eq!(scene.check(), []);
    assert_eq!(scene.sync().outcome, SyncOutcome::Unchanged);
    scene.want("good", "2.0", &[("good.py", "x = 1")]);
    assert!(scene.sync().removed.is_empty());
    assert_eq!(names(&scene), ["good 2.0", "pip 20.0"]);
    scene.want("pip", "26.0", &[("pip.py", "new")]);
    scene.sync();
    assert_eq!(names(&scene), ["good 2.0", "pip 26.0"]);
    scene.unwant("pip");
    scene.sync();
    assert_eq!(names(&scene), ["good 2.0"]);
}

#[test]
fn a_shared_file_stays_while_one_owner_is_left() {
    let mut scene = Scene::new();
    scene.want("a", "1.0", &[("shared/__init__.py", "")]);
    scene.want(
        "b",
        "1.0",
        &[("shared/__init__.py", ""), ("shared/b.py", "")],
    );
    scene.sync();
    scene.unwant("b");
    scene.sync();
    assert!(scene.site("shared/__init__.py").exists() && !scene.site("shared/b.py").exists());
}

#[test]
fn a_wheel_that_is_not_in_the_store() {
    let mut scene = Scene::new();
    scene.want("good", "1.0", &[("good.py", "")]);
    scene.wheels[0].sha256 = model::Sha256([1; 32]);
    insta::assert_snapshot!(scene.sync_error(), @"the wheel of good is not in the store");
    assert!(!scene.environment().root().exists());
}

fn project(scene: &Scene) -> EditableProject {
    EditableProject {
        name: "acme-cli".parse().unwrap(),
        version: "1.2".parse().unwrap(),
        metadata: "Metadata-Version: 2.1\nName: acme-cli\nVersion: 1.2\nRequires-Dist: good\n"
            .to_owned(),
        entry_points: "[console_scripts]\nacme = acme.cli:main\n\n[acme.plugin]\nx = acme.cli\n"
            .to_owned(),
        folder: scene.root.join("src/acme"),
    }
}

#[test]
fn projects_are_linked_to_their_sources() {
    let mut scene = Scene::new();
    scene.projects = vec![project(&scene)];
    scene.source_roots = vec![scene.root.join("src")];
    scene.sync();
    insta::assert_snapshot!(scene.listing(), @"
    .gitignore
    bin/acme
    bin/python
    bin/python3
    bin/python3.12
    lib/python3.12/site-packages/acme_cli-1.2.dist-info/INSTALLER
    lib/python3.12/site-packages/acme_cli-1.2.dist-info/METADATA
    lib/python3.12/site-packages/acme_cli-1.2.dist-info/RECORD
    lib/python3.12/site-packages/acme_cli-1.2.dist-info/WHEEL
    lib/python3.12/site-packages/acme_cli-1.2.dist-info/direct_url.json
    lib/python3.12/site-packages/acme_cli-1.2.dist-info/entry_points.txt
    lib/python3.12/site-packages/xtask_sources.pth
    lib64
    pyvenv.cfg
    xtask-environment.files
    xtask-environment.json
    ");
    let url = scene.read("acme_cli-1.2.dist-info/direct_url.json");
    insta::assert_snapshot!(url.replace(scene.root.as_str(), "/ROOT"), @r#"{"dir_info":{"editable":true},"url":"file:///ROOT/src/acme"}"#);
    scene.projects.clear();
    scene.source_roots.clear();
    scene.sync();
    assert!(!scene.place("bin/acme").exists() && !scene.site("xtask_sources.pth").exists());
    assert!(!scene.site("acme_cli-1.2.dist-info").exists());
}

#[test]
fn a_project_with_a_wrong_entry_point() {
    let mut scene = Scene::new();
    let mut project = project(&scene);
    project.entry_points = "[console_scripts]\nacme = acme/cli.py\n".to_owned();
    scene.projects = vec![project];
    insta::assert_snapshot!(scene.sync_error(), @"the entry point `acme = acme/cli.py` of acme-cli cannot be made: its module must be dotted identifiers, as in `package.module:attribute`");
}

#[test]
fn two_runs_at_once() {
    let mut scene = Scene::new();
    for n in 0..20 {
        let path = format!("p{n}/m.py");
        scene.want(&format!("p{n}"), "1.0", &[(path.as_str(), "x")]);
    }
    std::thread::scope(|scope| {
        let runs: Vec<_> = (0..4).map(|_| scope.spawn(|| scene.sync())).collect();
        for run in runs {
            run.join().unwrap();
        }
    });
    assert_eq!(scene.check(), []);
}

/// A Python of this machine; prints that there is none and returns `None` otherwise.
fn real_python(scene: &Utf8Path) -> Option<Interpreter> {
    let places = PythonLocations::of_this_machine(scene);
    let interpreters = Interpreters::new(scene);
    let found = SearchPath::default()
        .candidates(&places)
        .filter_map(|candidate| interpreters.ask(&candidate.executable).ok())
        .find(|python| python.major_minor() >= (3, 9));
    if found.is_none() {
        println!("SKIPPED: there is no Python on this machine");
    }
    found
}

#[test]
fn a_real_python_sees_what_was_installed() {
    let temp = tempfile::tempdir().unwrap();
    let Some(python) = real_python(Utf8Path::from_path(temp.path()).unwrap()) else {
        return;
    };
    let mut scene = Scene::with(python);
    scene.want(
        "good",
        "1.0",
        &[
            (
                "good/__init__.py",
                "def main():\n    print('hello', __name__)\n",
            ),
            (
                "good-1.0.dist-info/entry_points.txt",
                "[console_scripts]\ngood = good:main\n",
            ),
        ],
    );
    fs_err::create_dir_all(scene.root.join("src/acme")).unwrap();
    fs_err::write(
        scene.root.join("src/acme/cli.py"),
        "def main():\n    import good\n    good.main()\n",
    )
    .unwrap();
    scene.projects = vec![project(&scene)];
    scene.source_roots = vec![scene.root.join("src")];
    let environment = scene.environment();
    let wanted = EnvironmentContents {
        policy: SyncPolicy {
            bytecode: Bytecode::Ahead,
            ..SyncPolicy::default()
        },
        ..scene.wanted()
    };
    environment.sync(&wanted, &scene.store).unwrap();
    let run = |program: &str, arguments: &[&str]| {
        duct::cmd(environment.scripts().join(program).as_str(), arguments)
            .read()
            .unwrap()
    };
    assert_eq!(run("good", &[]), "hello good");
    assert_eq!(run("acme", &[]), "hello good");
    let code = "import sys, good, importlib.metadata as m\n\
                print(sys.prefix == sys.base_prefix, good.__cached__ is not None)\n\
                print(m.version('good'), m.version('acme-cli'), m.distribution('good').read_text('INSTALLER').strip())\n\
                print(all(f.locate().exists() for f in m.files('good')), len(m.files('good')))\n\
                print([e.name for e in m.entry_points(group='acme.plugin')] if sys.version_info >= (3, 10) else ['x'])";
    insta::assert_snapshot!(run("python", &["-c", code]), @"
    False True
    1.0 1.2 xtask
    True 7
    ['x']
    ");
    let shell = format!(
        ". {}/activate && good && echo $VIRTUAL_ENV_PROMPT && deactivate && echo ${{VIRTUAL_ENV-none}}",
        environment.scripts()
    );
    let out = duct::cmd("sh", ["-uc", &shell]).read().unwrap();
    assert_eq!(out, "hello good\npython-default\nnone");
    assert_eq!(environment.check(&wanted).unwrap(), []);
    // Compiled once, it stays compiled, and who does not ask for it finds nothing amiss.
    assert!(environment.is_current(&scene.wanted()));
    assert_eq!(scene.sync().outcome, SyncOutcome::Unchanged);
}

#[test]
fn modules_are_compiled_once_for_all_environments() {
    let temp = tempfile::tempdir().unwrap();
    let Some(python) = real_python(Utf8Path::from_path(temp.path()).unwrap()) else {
        return;
    };
    let mut scene = Scene::with(python);
    scene.policy.bytecode = Bytecode::Ahead;
    scene.want(
        "good",
        "1.0",
        &[
            (
                "good/__init__.py",
                "def where():\n    return where.__code__.co_filename\n",
            ),
            ("good/template.py", "{{ name }} =\n"),
        ],
    );
    scene.sync();
    let other = Environment::at(scene.root.join("dist/other"));
    other.sync(&scene.wanted(), &scene.store).unwrap();
    let compiled = |environment: &Environment| -> Utf8PathBuf {
        let found = duct::cmd!("find", environment.root(), "-name", "__init__.*.pyc").read();
        let found = found.unwrap();
        let own = found
            .lines()
            .find(|path| path.contains("/good/__pycache__/"));
        own.unwrap().into()
    };
    let number = |path: &Utf8Path| {
        use std::os::unix::fs::MetadataExt;
        path.metadata().unwrap().ino()
    };
    let [first, second] = [scene.environment(), other].map(|one| compiled(&one));
    assert_eq!(number(&first), number(&second));
    // Python takes it as it is, and says in which environment the module is.
    let before = second.metadata().unwrap().modified().unwrap();
    let python = scene.root.join("dist/other/bin/python");
    let code = "import good, sys; print(good.where() == good.__file__, good.__file__.startswith(sys.prefix))";
    let said = duct::cmd!(python.as_str(), "-c", code).read().unwrap();
    assert_eq!(said, "True True");
    assert_eq!(second.metadata().unwrap().modified().unwrap(), before);
    assert_eq!(scene.sync().outcome, SyncOutcome::Unchanged);
    // With copies, whose times are their own, each environment has its own.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    scene.policy.link_mode = LinkMode::Copy;
    scene.sync();
    assert_ne!(number(&compiled(&scene.environment())), number(&second));
}

#[test]
fn an_environment_that_may_be_moved_works_elsewhere() {
    let temp = tempfile::tempdir().unwrap();
    let Some(python) = real_python(Utf8Path::from_path(temp.path()).unwrap()) else {
        return;
    };
    let mut scene = Scene::with(python);
    scene.want(
        "good",
        "1.0",
        &[
            (
                "good/__init__.py",
                "import sys\ndef main():\n    print('hello', sys.argv[1:])\n",
            ),
            (
                "good-1.0.data/scripts/old",
                "#!python\nimport good\ngood.main()\n",
            ),
            (
                "good-1.0.dist-info/entry_points.txt",
                "[console_scripts]\ngood = good:main\n",
            ),
        ],
    );
    scene.policy.relocation = Relocation::Relocatable;
    let environment = scene.environment();
    scene.sync();
    // Who does not ask for it leaves it so.
    scene.policy.relocation = Relocation::Fixed;
    assert!(environment.is_current(&scene.wanted()));
    assert_eq!(scene.sync().outcome, SyncOutcome::Unchanged);
    let there = scene.root.join("else where");
    fs_err::create_dir(&there).unwrap();
    let moved = Environment::at(there.join("moved"));
    fs_err::rename(environment.root(), moved.root()).unwrap();
    let run = |program: &str| {
        duct::cmd!(moved.scripts().join(program).as_str(), "a b")
            .read()
            .unwrap()
    };
    assert_eq!(run("good"), "hello ['a b']");
    assert_eq!(run("old"), "hello ['a b']");
    let shells = [
        ("sh", "activate"),
        ("bash", "activate"),
        ("zsh", "activate"),
        ("fish", "activate.fish"),
    ];
    for (shell, script) in shells {
        let line = format!(". './else where/moved/bin/{script}'; echo $VIRTUAL_ENV");
        let said = duct::cmd!(shell, "-c", line).dir(&scene.root).read();
        match said {
            // It cannot tell where the script is that it reads.
            Ok(said) if shell == "sh" => {
                assert!(
                    [environment.root(), moved.root()].contains(&said.as_str().into()),
                    "{said}"
                );
            }
            Ok(said) => assert_eq!(said, moved.root().as_str(), "{shell}"),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                println!("SKIPPED: there is no {shell} on this machine")
            }
            Err(error) => panic!("{shell}: {error}"),
        }
    }
    // Found there, it is brought up to date in place, and stays so that it may be moved.
    let report = moved.sync(&scene.wanted(), &scene.store).unwrap();
    assert_eq!(report.outcome, SyncOutcome::Changed);
    assert!(moved.is_current(&scene.wanted()));
    assert_eq!(run("good"), "hello ['a b']");
    // Made anew, it is as is asked for then.
    scene.policy.renewal = Renewal::Asked;
    moved.sync(&scene.wanted(), &scene.store).unwrap();
    let script = fs_err::read_to_string(moved.scripts().join("good")).unwrap();
    assert!(!script.contains("realpath"), "{script}");
}

#[test]
fn an_environment_of_links_shares_folders_that_are_of_one_wheel() {
    let mut scene = Scene::new();
    scene.want(
        "a",
        "1.0",
        &[
            ("a/__init__.py", ""),
            ("a/sub/m.py", "A = 1\n"),
            ("ns/a.py", ""),
        ],
    );
    scene.want("b", "1.0", &[("b.py", "B = 1\n"), ("ns/b.py", "")]);
    let environment = scene.environment();
    environment.link(&scene.wanted(), &scene.store).unwrap();
    let site = scene
        .root
        .join("dist/python-default/3.12.1/lib/python3.12/site-packages");
    let is_link = |path: &str| site.join(path).symlink_metadata().unwrap().is_symlink();
    assert!(is_link("a") && !is_link("ns") && !is_link("b.py"));
    assert!(!is_link("a-1.0.dist-info"));
    let read = |path: &str| fs_err::read_to_string(site.join(path)).unwrap();
    assert_eq!(read("a/sub/m.py"), "A = 1\n");
    assert!(site.join("ns/a.py").is_file() && site.join("ns/b.py").is_file());
    assert!(read("a-1.0.dist-info/RECORD").contains("a/sub/m.py,sha256="));
    // One that is complete is taken as it is, and one that was interrupted is made anew.
    environment.link(&scene.wanted(), &scene.store).unwrap();
    fs_err::remove_file(environment.python()).unwrap();
    assert!(environment.link(&scene.wanted(), &scene.store).is_ok());
    assert!(environment.python().symlink_metadata().is_ok());
}
