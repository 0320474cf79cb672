//! Builds with a real Python and backends that the sources bring along: no network is needed.
//!
//! Skip, visibly, where there is no Python.

use std::sync::{Arc, Mutex};

use camino::{Utf8Path, Utf8PathBuf};
use model::{Requirement, Sha256};

use super::*;
use crate::python::{Interpreter, Interpreters, PythonLocations, SearchPath};
use crate::store::Store;
use crate::testing::WheelBuilder;

/// A backend without dependencies. What it is called for is noted in the file `calls`.
const BACKEND: &str = r#"
import base64, hashlib, os, sys, zipfile
METADATA = "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\nRequires-Dist: other>=2\n"
def note(text):
    with open(os.path.join(CALLS, "calls"), "a") as f:
        f.write(text + "\n")
def get_requires_for_build_wheel(config_settings=None):
    note("requires")
    return ["helper"] if HELPER else []
def prepare(metadata_directory, config_settings=None):
    note("metadata")
    os.makedirs(os.path.join(metadata_directory, "demo-1.0.dist-info"))
    with open(os.path.join(metadata_directory, "demo-1.0.dist-info", "METADATA"), "w") as f:
        f.write(METADATA)
    return "demo-1.0.dist-info"
def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    note("wheel %s" % any(name.startswith("PYTHON") for name in os.environ))
    if FAIL:
        print("compiling"); sys.stderr.write("no compiler\n"); sys.exit(1)
    files = {"demo.py": "x = 1\n", "demo-1.0.dist-info/METADATA": METADATA,
             "demo-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"}
    record = ""
    with zipfile.ZipFile(os.path.join(wheel_directory, "demo-1.0-py3-none-any.whl"), "w") as z:
        for name, text in files.items():
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
            record += "%s,sha256=%s,%d\n" % (name, digest, len(text))
            z.writestr(name, text)
        z.writestr("demo-1.0.dist-info/RECORD", record + "demo-1.0.dist-info/RECORD,,\n")
    return "demo-1.0-py3-none-any.whl"
"#;

/// What a backend that comes as a wheel adds: its projects say whether they fail.
const SERVED: &str = r#"
note("import")
FAIL = False
built = build_wheel
def build_wheel(*arguments):
    global FAIL
    FAIL = os.path.exists("fail")
    return built(*arguments)
"#;

/// Provides a wheel for each requirement and remembers what it was asked for.
struct Provider {
    folder: Utf8PathBuf,
    asked: Mutex<Vec<String>>,
}

impl BuildRequirements for Provider {
    fn provide(&self, requirements: &[Requirement], _: &Interpreter) -> ProvidedWheels {
        let names: Vec<String> = requirements.iter().map(|r| r.name.to_string()).collect();
        // Held to the end: builds ask side by side for the same file.
        let mut asked = self.asked.lock().unwrap();
        asked.push(names.join(" "));
        if names.iter().any(|name| name == "absent") {
            return Err("there is no package `absent`".into());
        }
        let wheel = |name: &String| {
            let mut builder = WheelBuilder::new(name, "1.0");
            let text = match name.as_str() {
                "served" => format!(
                    "HELPER = False\nCALLS = {:?}\n{BACKEND}\n{SERVED}",
                    self.folder.as_str()
                ),
                _ => String::new(),
            };
            builder.file(&format!("{name}.py"), &text);
            let filename = format!("{name}-1.0-py3-none-any.whl");
            let path = self.folder.join(&filename);
            if !path.exists() {
                fs_err::write(&path, builder.bytes()).unwrap();
            }
            BuildWheel {
                path,
                filename: filename.parse().unwrap(),
                sha256: None,
            }
        };
        Ok(names.iter().map(wheel).collect())
    }
}

struct Scene {
    _temp: tempfile::TempDir,
    root: Utf8PathBuf,
    python: Interpreter,
    store: Store,
    provider: Provider,
}

impl Scene {
    fn new() -> Option<Self> {
        let temp = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(temp.path()).unwrap().to_owned();
        let places = PythonLocations::of_this_machine(&root);
        let interpreters = Interpreters::new(&root);
        let python = SearchPath::default()
            .candidates(&places)
            .filter_map(|candidate| interpreters.ask(&candidate.executable).ok())
            .find(|python| python.major_minor() >= (3, 9));
        let Some(python) = python else {
            println!("SKIPPED: there is no Python on this machine");
            return None;
        };
        Some(Self {
            _temp: temp,
            python,
            store: Store::new(&root.join("cache")),
            provider: Provider {
                folder: root.clone(),
                asked: Mutex::default(),
            },
            root,
        })
    }

    /// A source distribution of a project with this file, whose backend is a wheel.
    fn served(&self, file: &str) -> ProjectSource {
        let pyproject = "[build-system]\nrequires = ['served']\nbuild-backend = 'served'\n";
        self.archive(&[("pyproject.toml", pyproject), (file, "")])
    }

    /// A source distribution with our backend, of which `settings` are the first lines.
    fn sdist(&self, requires: &str, settings: &str) -> ProjectSource {
        let pyproject = format!(
            "[build-system]\nrequires = [{requires}]\nbuild-backend = 'backend'\nbackend-path = ['.']\n"
        );
        let backend = format!(
            "FAIL = HELPER = False\nCALLS = {:?}\n{settings}\n{BACKEND}",
            self.root.as_str()
        );
        self.archive(&[("pyproject.toml", &pyproject), ("backend.py", &backend)])
    }

    fn archive(&self, files: &[(&str, &str)]) -> ProjectSource {
        let encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        let mut archive = tar::Builder::new(encoder);
        for (name, text) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(text.len() as u64);
            header.set_mode(0o644);
            archive
                .append_data(&mut header, format!("demo-1.0/{name}"), text.as_bytes())
                .unwrap();
        }
        let bytes = archive.into_inner().unwrap().finish().unwrap();
        let sha256 = Sha256::of(&bytes);
        let folder = self.root.join(sha256.to_string());
        fs_err::create_dir_all(&folder).unwrap();
        let path = folder.join("demo-1.0.tar.gz");
        fs_err::write(&path, &bytes).unwrap();
        ProjectSource {
            path,
            identity: SourceIdentity::Archive {
                sha256,
                subdirectory: None,
            },
        }
    }

    fn builder(&self) -> PackageBuilder<'_> {
        PackageBuilder::new(
            &self.root.join("cache"),
            &self.store,
            &self.python,
            &self.provider,
        )
    }

    fn calls(&self) -> String {
        fs_err::read_to_string(self.root.join("calls"))
            .unwrap_or_default()
            .replace('\n', " ")
    }

    fn error(&self, source: &ProjectSource) -> String {
        let error = self.builder().wheel(source).unwrap_err().to_string();
        let SourceIdentity::Archive { sha256, .. } = &source.identity else {
            unreachable!()
        };
        error
            .replace(&sha256.to_string(), "SHA256")
            .replace(self.root.as_str(), "ROOT")
    }
}

#[test]
fn a_wheel_is_built_once() {
    let Some(scene) = Scene::new() else { return };
    let source = scene.sdist("", "");
    assert!(scene.builder().built(&source.identity).is_none());
    let built = scene.builder().wheel(&source).unwrap();
    assert_eq!(built.filename.to_string(), "demo-1.0-py3-none-any.whl");
    let again = scene.builder().wheel(&source).unwrap();
    assert_eq!(again.wheel.sha256(), built.wheel.sha256());
    let metadata = scene.builder().metadata(&source).unwrap();
    assert_eq!(metadata.requires_dist[0].to_string(), "other>=2");
    assert_eq!(scene.calls(), "requires wheel False ");
}

#[test]
fn metadata_are_prepared_where_there_is_a_hook() {
    let Some(scene) = Scene::new() else { return };
    let settings = "def prepare_metadata_for_build_wheel(*a, **k): return prepare(*a, **k)";
    let source = scene.sdist("", settings);
    scene.builder().metadata(&source).unwrap();
    scene.builder().metadata(&source).unwrap();
    assert_eq!(scene.calls(), "requires metadata ");
}

#[test]
fn what_a_hook_changes_does_not_reach_the_next() {
    let Some(scene) = Scene::new() else { return };
    let source = scene.sdist(
        "",
        "import os
def meddle(): global HELPER, FAIL; os.chdir('/'); os.environ['PYTHONMEDDLED'] = '1'; FAIL = True
class Meddler:
    def __bool__(self): meddle(); return False
HELPER = Meddler()",
    );
    scene.builder().wheel(&source).unwrap();
    assert_eq!(scene.calls(), "requires wheel False ");
}

#[test]
fn a_backend_that_comes_as_a_wheel_is_imported_once_for_all_builds() {
    let Some(scene) = Scene::new() else { return };
    let environments = Arc::default();
    let sources: Vec<ProjectSource> = ["a", "b", "c", "d"].map(|file| scene.served(file)).into();
    std::thread::scope(|scope| {
        for source in &sources {
            scope.spawn(|| {
                let builder = scene.builder().sharing(&environments);
                builder.wheel(source).unwrap()
            });
        }
    });
    let mut calls: Vec<String> = scene.calls().split(' ').map(str::to_owned).collect();
    calls.sort();
    assert_eq!(
        calls.join(" ").trim(),
        "False False False False import requires requires requires requires wheel wheel wheel wheel"
    );
}

#[test]
fn a_failure_in_a_server_is_of_its_build_alone() {
    let Some(scene) = Scene::new() else { return };
    let builder = scene.builder();
    let [bad, good] = ["fail", "a"].map(|file| scene.served(file));
    let error = builder.wheel(&bad).unwrap_err().to_string();
    assert!(
        error.contains("the hook `build_wheel` of its backend `served` failed"),
        "{error}"
    );
    assert!(error.ends_with("compiling\n  no compiler"), "{error}");
    builder.wheel(&good).unwrap();
    assert_eq!(scene.calls().matches("import").count(), 1);
}

#[test]
fn metadata_come_from_the_wheel_where_there_is_none() {
    let Some(scene) = Scene::new() else { return };
    let source = scene.sdist("", "");
    assert_eq!(
        scene.builder().metadata(&source).unwrap().name.as_str(),
        "demo"
    );
    assert!(scene.builder().built(&source.identity).is_some());
}

#[test]
fn what_a_build_requires_is_provided() {
    let Some(scene) = Scene::new() else { return };
    let source = scene.sdist(
        "'first>=1', 'never; python_version < \"3\"'",
        "HELPER = True\nimport first",
    );
    scene.builder().wheel(&source).unwrap();
    assert_eq!(
        *scene.provider.asked.lock().unwrap(),
        ["first", "first helper"]
    );
}

#[test]
fn what_a_build_requires_is_told_without_a_build() {
    let Some(scene) = Scene::new() else { return };
    let source = scene.sdist("'first>=1'", "");
    let requires = scene.builder().requires(&source).unwrap();
    assert!(requires.unasked.is_none());
    assert_eq!(requires.requirements[0].to_string(), "first>=1");
    assert_eq!(scene.calls(), "requires ");
}

#[test]
fn a_failure_keeps_the_output() {
    let Some(scene) = Scene::new() else { return };
    let source = scene.sdist("", "FAIL = True");
    insta::assert_snapshot!(scene.error(&source), @"
    cannot build demo-1.0.tar.gz: the hook `build_wheel` of its backend `backend` failed; the whole output is in ROOT/cache/builds-1/logs/demo-1.0.tar.gz-SHA256.log
      compiling
      no compiler
    ");
    let logs = scene.root.join("cache/builds-1/logs");
    let log = logs.read_dir_utf8().unwrap().next().unwrap().unwrap();
    assert!(
        fs_err::read_to_string(log.path())
            .unwrap()
            .contains("no compiler")
    );
    let left = |folder: &str| scene.root.join(folder).read_dir_utf8().unwrap().count();
    assert_eq!(
        left("cache/builds-1"),
        3,
        "logs, the interpreter's folder and that of environments"
    );
    let places = scene.root.join("cache/builds-1/environments");
    let place = places.read_dir_utf8().unwrap().next().unwrap().unwrap();
    assert!(!place.path().join("build").exists());
}

#[test]
fn refusals() {
    let Some(scene) = Scene::new() else { return };
    let source = scene.sdist("'absent'", "");
    insta::assert_snapshot!(scene.error(&source), @"cannot build demo-1.0.tar.gz: what its build requires (`absent`) cannot be had: there is no package `absent`");
    let source = ProjectSource {
        path: source.path,
        identity: SourceIdentity::Archive {
            sha256: Sha256([7; 32]),
            subdirectory: None,
        },
    };
    let error = scene.error(&source);
    assert!(
        error.ends_with(&format!("not {}", Sha256([7; 32]))) || error.contains("SHA256"),
        "{error}"
    );
}

#[test]
fn eight_builds_at_once_are_one() {
    let Some(scene) = Scene::new() else { return };
    let source = scene.sdist("", "");
    std::thread::scope(|scope| {
        let builds: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| scene.builder().wheel(&source).unwrap()))
            .collect();
        for build in builds {
            build.join().unwrap();
        }
    });
    assert_eq!(scene.calls(), "requires wheel False ");
}
