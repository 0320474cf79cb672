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
            bytecode: Bytecode::OnImport,
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
        self.environment()
            .check(&self.wanted(), &self.store)
            .unwrap()
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
fn packages_that_cannot_live_together() {
    let mut scene = Scene::new();
    scene.want(
        "a",
        "1.0",
        &[("shared/__init__.py", ""), ("shared/a.py", "1")],
    );
    scene.want("b", "1.0", &[("shared/__init__.py", "")]);
    assert_eq!(scene.sync().outcome, SyncOutcome::Created);
    scene.want(
        "b",
        "1.0",
        &[("shared/__init__.py", ""), ("shared/a.py", "2")],
    );
    insta::assert_snapshot!(scene.sync_error(), @"both a 1.0 and b 1.0 ship the file lib/python3.12/site-packages/shared/a.py");
    scene.want("b", "1.0", &[("Shared/b.py", "")]);
    insta::assert_snapshot!(scene.sync_error(), @"lib/python3.12/site-packages/shared of a 1.0 and lib/python3.12/site-packages/Shared of b 1.0 are one file where case does not matter, as on macOS and Windows");
    scene.want("b", "1.0", &[("shared/A.py", "")]);
    insta::assert_snapshot!(scene.sync_error(), @"lib/python3.12/site-packages/shared/a.py of a 1.0 and lib/python3.12/site-packages/shared/A.py of b 1.0 are one file where case does not matter, as on macOS and Windows");
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
    lib/python3.12/site-packages/acme_cli-1.2.dist-info/direct_url.json
    lib/python3.12/site-packages/acme_cli-1.2.dist-info/entry_points.txt
    lib/python3.12/site-packages/xtask_sources.pth
    lib64
    pyvenv.cfg
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
        bytecode: Bytecode::Ahead,
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
    assert_eq!(environment.check(&wanted, &scene.store).unwrap(), []);
    // Compiled once, it stays compiled, and who does not ask for it finds nothing amiss.
    assert!(environment.is_current(&scene.wanted()));
    assert_eq!(scene.sync().outcome, SyncOutcome::Unchanged);
}
