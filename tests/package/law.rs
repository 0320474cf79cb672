//! The law of source distributions: what is built of one is what is built from the repository.

use std::collections::BTreeMap;

use camino::Utf8Path;
use testkit::{Repo, skip};

use super::{monorepo, open, package};
use crate::repo;

/// Builds a wheel of the source distribution `sys.argv[1]` into the folder `sys.argv[2]`, as a
/// frontend does (PEP 517).
const BUILD: &str = r#"
import importlib, os, sys, tarfile
archive, out = sys.argv[1:]
os.makedirs(out, exist_ok=True)
with tarfile.open(archive) as sdist:
    assert sdist.pax_headers is not None
    sdist.extractall(out)
    top = {name.split("/")[0] for name in sdist.getnames()}
(top,) = top
os.chdir(os.path.join(out, top))
sys.path.insert(0, "_build_backend")
backend = importlib.import_module("sdist_backend")
os.makedirs("metadata")
dist_info = backend.prepare_metadata_for_build_wheel("metadata")
assert open(os.path.join("metadata", dist_info, "METADATA")).read()
print(backend.build_wheel(".."))
"#;

/// The members of a wheel but RECORD: mode and bytes.
fn content(path: &Utf8Path) -> BTreeMap<String, (String, Vec<u8>)> {
    let mut wheel = open(path);
    let members: Vec<(String, String)> = wheel
        .members()
        .iter()
        .map(|member| (member.name.clone(), format!("{:?}", member.mode())))
        .collect();
    let bytes = |(name, mode): (String, String)| {
        let bytes = wheel.read(&name).unwrap();
        (name, (mode, bytes))
    };
    members.into_iter().map(bytes).collect()
}

/// Checks the law for every source distribution in `dist`. Gives how many there are.
#[track_caller]
pub(super) fn holds(repo: &Repo) -> usize {
    let dist = repo.root().join("dist");
    let mut checked = 0;
    for entry in dist.read_dir_utf8().unwrap() {
        let path = entry.unwrap().into_path();
        let name = path.file_name().unwrap();
        if !name.ends_with(".tar.gz") {
            continue;
        }
        let out = format!("{name}.out");
        let output = repo.run("python3".into(), &["-c", BUILD, path.as_str(), &out]);
        assert_eq!(output.status, 0, "{output}");
        let filename = output.stdout.trim();
        let (built, ours) = (repo.root().join(out).join(filename), dist.join(filename));
        assert!(
            ours.is_file(),
            "{filename} is not what is built from the repository"
        );
        assert_eq!(content(&built), content(&ours), "{filename}");
        checked += 1;
    }
    checked
}

fn has_python() -> bool {
    let there = duct::cmd!("python3", "--version")
        .stdout_null()
        .run()
        .is_ok();
    if !there {
        skip("needs python3");
    }
    there
}

#[test]
fn of_the_test_repository_on_each_platform() {
    if has_python() && cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        let repo = monorepo();
        package(&repo, &[]);
        assert_eq!(holds(&repo), 2);
    }
}

#[test]
fn of_this_repository() {
    if !(has_python() && cfg!(all(target_os = "linux", target_arch = "x86_64"))) {
        return;
    }
    let repo = repo();
    let root = camino::Utf8PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    let dist = repo.root().join("dist");
    package(&repo, &["-C", root.as_str(), "--out-dir", dist.as_str()]);
    assert_eq!(holds(&repo), 4);
}

#[test]
fn of_names_that_builds_stumble_over() {
    if !has_python() {
        return;
    }
    let long = "a_name_that_is_long/".repeat(8);
    let repo = repo()
        .file("Cargo.toml", super::SETTINGS)
        .file("src/odd/BUILD", ODD)
        .file("src/odd/__init__.py", "")
        .file("src/odd/v3.5/mod.py", "X = 1\n")
        .file("src/odd/data/[glob].txt", "x")
        .file("src/odd/data/naïve ü.txt", "y")
        .file("src/odd/data/a,b.txt", "z")
        .file(&format!("src/odd/{long}end.txt"), "long")
        .file("src/odd/data/tool.py.txt", "")
        .file("src/odd/bin/tool", "#!/usr/bin/env python3 -u\nprint()\n")
        .file("src/odd/legal texts/MIT license", "free")
        .file("src/odd/README.md", "# Odd\n");
    package(&repo, &["--verify"]);
    assert_eq!(holds(&repo), 1);
}

const ODD: &str = r#"
python_sources(sources=["**/*.py"], dependencies=[":data"])
resources(name="data", sources=["data/*", "a_name*/**/*.txt", "bin/*"])
python_distribution(
    name="dist",
    dependencies=[":odd"],
    provides=python_artifact(
        name="Odd.Dist",
        version="1.0rc1+local.2",
        author="A, B",
        author_email="B <b@x.example>, c@x.example",
        python_requires=">=3.8",
        license="Something of our own",
        license_files=["legal texts/*"],
        extras_require={":os_name=='x'": ["c"], "My_Extra": ["b @ https://files.example/b.whl"]},
        scripts=["odd/bin/tool"],
        data_files=[("share/odd", ["odd/data/a,b.txt"])],
        download_url="https://files.example/odd",
        project_urls={"Home Page": "https://files.example/"},
    ),
    entry_points={"odd-group.x": {"a-b": "odd"}, "console_scripts": {"c.d": "odd:main"}},
    long_description_path="src/odd/README.md",
    wheel_config_settings={"--global-option": ["--python-tag", "py38.py39", "--build-number=7"]},
)
"#;
