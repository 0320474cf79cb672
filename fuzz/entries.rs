//! What is fuzzed: each function takes bytes that a stranger could hand us and must come back,
//! with a result or an error. A panic, a hang, or a file outside of the folder is a find.
//!
//! The targets of cargo-fuzz in `fuzz_targets/` call these, and so does `tests/fuzz.rs`, which needs
//! nothing installed.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::sync::OnceLock;

use camino::{Utf8Path, Utf8PathBuf};
use index::{Index, IndexOptions};
use install::Store;
use install::build::unpack_sdist;
use model::{DependencySpecifier, Marker, Place, Requirement};
use targets::imports::ImportCache;
use targets::kinds::RequirementsFormat;
use targets::requirements::{
    ProjectTable, PyprojectTables, RequirementsReader, read_pipfile_lock, read_pyproject,
    read_requirements_txt,
};
use targets::{GraphOptions, MemoryFiles, Repository, TargetGraph};
use workspace::settings::Settings;

/// A target: its name, which is that of its folder of seeds, and what it does.
pub(crate) type Entry = (&'static str, fn(&[u8]));

/// All of them.
pub(crate) const ENTRIES: [Entry; 6] = [
    ("sdist", sdist),
    ("wheel", wheel),
    ("build_file", build_file),
    ("requirements", requirements),
    ("settings", settings),
    ("lock", lock),
];

/// Unpacks a source distribution and reads its metadata. The first byte chooses its format.
pub(crate) fn sdist(bytes: &[u8]) {
    const NAMES: [&str; 5] = [
        "a-1.tar",
        "a-1.tar.gz",
        "a-1.zip",
        "a-1.tar.bz2",
        "a-1.tar.xz",
    ];
    let Some((format, archive)) = bytes.split_first() else {
        return;
    };
    let name = NAMES[usize::from(*format) % NAMES.len()];
    in_a_folder(|folder| {
        let inside = folder.join("inside");
        fs_err::create_dir(&inside).unwrap();
        let _ = unpack_sdist(Cursor::new(archive), name, &inside);
    });
    in_a_folder(|folder| {
        let path = folder.join("inside");
        fs_err::write(&path, archive).unwrap();
        let named = path.with_file_name(name);
        fs_err::rename(&path, &named).unwrap();
        let _ = index().archive_metadata(&named);
        fs_err::rename(&named, &path).unwrap();
    });
}

/// Judges a wheel as `package --verify` does, and unpacks it into a store.
pub(crate) fn wheel(bytes: &[u8]) {
    let name = "acme_jobs-1.0-py3-none-any.whl";
    let _ = wheel::verify(name, Cursor::new(bytes));
    in_a_folder(|folder| {
        let inside = folder.join("inside");
        fs_err::create_dir(&inside).unwrap();
        let archive = inside.join(name);
        fs_err::write(&archive, bytes).unwrap();
        let store = Store::new(&inside.join("cache"));
        let _ = store.unpack(&archive, &name.parse().unwrap(), None);
    });
}

/// Evaluates a BUILD file and builds the graph of its repository.
pub(crate) fn build_file(bytes: &[u8]) {
    let files = BTreeMap::from([
        ("src/BUILD".to_owned(), bytes.to_vec()),
        ("src/acme/__init__.py".to_owned(), Vec::new()),
        (
            "src/acme/core.py".to_owned(),
            b"import requests\nimport acme.web\n".to_vec(),
        ),
        (
            "src/acme/web.py".to_owned(),
            b"from acme import core\n".to_vec(),
        ),
        (
            "src/tests/test_core.py".to_owned(),
            b"import acme.core\n".to_vec(),
        ),
        ("requirements.txt".to_owned(), b"requests==2.0\n".to_vec()),
        (
            "BUILD".to_owned(),
            b"python_requirements(name='reqs')\n".to_vec(),
        ),
    ]);
    let options = GraphOptions {
        pants_version: "2.17.1".to_owned(),
        backend_packages: vec!["pants.backend.python".to_owned()],
        root_patterns: vec!["/src".to_owned()],
        ..GraphOptions::default()
    };
    let Ok(repository) = Repository::load(Box::new(MemoryFiles::new(files)), options) else {
        return;
    };
    let cache = ImportCache::default();
    let _ = TargetGraph::build(&repository, &cache);
}

/// Reads a requirements file, a `pyproject.toml`, a requirement and a marker.
pub(crate) fn requirements(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let nothing = |path: &str| match path {
        "other.txt" => Ok("-r requirements.txt\nb>=2\n".to_owned()),
        _ => Err(std::io::ErrorKind::NotFound.into()),
    };
    let env = BTreeMap::from([("HOST".to_owned(), "index.example".to_owned())]);
    let reader = RequirementsReader {
        read: &nothing,
        env: &env,
    };
    let _ = read_requirements_txt("requirements.txt", text, &reader);
    let formats = [
        RequirementsFormat::Standard,
        RequirementsFormat::Poetry,
        RequirementsFormat::Uv,
    ];
    for format in formats {
        let _ = read_pyproject(
            ("pyproject.toml", text),
            &PyprojectTables::of(format, ProjectTable::Read),
        );
    }
    let _ = read_pipfile_lock("Pipfile.lock", text);
    let _ = DependencySpecifier::parse(text, Place::file("BUILD"));
    let first = text.lines().next().unwrap_or_default();
    let _ = Requirement::parse_lenient(first);
    if let Ok(requirement) = Requirement::parse(first) {
        let written = requirement.to_string();
        assert_eq!(
            Requirement::parse(&written).as_ref(),
            Ok(&requirement),
            "{written}"
        );
    }
    // What holds nowhere is written as a condition that holds nowhere, and is another set.
    if let Ok(marker) = first.parse::<Marker>()
        && !marker.is_false()
    {
        let again: Result<Marker, _> = marker.to_string().parse();
        assert!(
            again.is_ok_and(|again| again.is_same_set(&marker)),
            "{marker}"
        );
    }
}

/// Reads a `pants.toml`, and a `pyproject.toml` of a repository that has no other settings.
pub(crate) fn settings(bytes: &[u8]) {
    for name in ["pants.toml", "pyproject.toml"] {
        in_a_folder(|folder| {
            let root = folder.join("inside");
            fs_err::create_dir(&root).unwrap();
            fs_err::write(root.join(name), bytes).unwrap();
            let _ = Settings::load(&root, BTreeMap::new(), &[]);
        });
    }
}

/// Reads a lock of any format; one of ours is judged and written again.
pub(crate) fn lock(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let path = Utf8Path::new("python.lock");
    let _ = lockfile::read_conflicted(text, path);
    let _ = lockfile::read_inputs(text);
    let _ = lockfile::import::pins(text, path);
    if let Ok(lock) = lockfile::read(text, path) {
        let _ = lockfile::check_consistency(&lock);
        let _ = lockfile::merge::inputs(Some(&lock), &lock, &lock);
        let written = lockfile::write(&lock);
        let again = lockfile::read(&written, path);
        assert_eq!(again.map(|lock| lockfile::write(&lock)), Ok(written));
    }
}

/// Does something in `inside` of an empty folder, beside which nothing may appear.
fn in_a_folder(work: impl FnOnce(&Utf8Path)) {
    let folder = tempfile::tempdir().unwrap();
    let path = Utf8PathBuf::from_path_buf(folder.path().to_owned()).unwrap();
    work(&path);
    let names = fs_err::read_dir(&path).unwrap();
    let names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["inside"], "written outside");
}

/// An index that is asked for nothing but what lies on the disk.
fn index() -> &'static Index {
    static INDEX: OnceLock<Index> = OnceLock::new();
    INDEX.get_or_init(|| {
        let cache = std::env::temp_dir().join("xtask-fuzz");
        Index::new(IndexOptions::new(
            Utf8PathBuf::from_path_buf(cache).unwrap(),
        ))
    })
}
