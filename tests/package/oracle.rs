//! Compares with what Pants makes of the same repositories: members, requirements and entry points.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use model::Requirement;
use testkit::{LoopbackIndex, Package, PublicRepository, Repo, cases, shared};

use super::{built, open};
use crate::repo;

/// The facts of a wheel that are compared. Members of `.dist-info` are named without their folder.
#[derive(Debug, Default, PartialEq, Eq)]
struct Facts {
    members: BTreeMap<String, Option<String>>,
    headers: BTreeSet<String>,
    entry_points: String,
}

fn short(member: &str) -> String {
    match member.split_once(".dist-info/") {
        Some((_, name)) => format!(".dist-info/{name}"),
        None => member.to_owned(),
    }
}

/// A header for the comparison; `None` for that of the metadata version. Requirements are
/// normalised.
fn header(name: &str, value: &str) -> Option<String> {
    match name {
        "Metadata-Version" => None,
        "Requires-Dist" => Some(format!(
            "{name}: {}",
            Requirement::parse_lenient(value).unwrap()
        )),
        _ => Some(format!("{name}: {value}")),
    }
}

fn ours(path: &Utf8Path) -> Facts {
    let mut wheel = open(path);
    let mut facts = Facts::default();
    let names: Vec<String> = wheel
        .members()
        .iter()
        .map(|member| member.name.clone())
        .collect();
    for name in names {
        let bytes = wheel.read(&name).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        if name.ends_with(".dist-info/METADATA") {
            let head = text.split("\n\n").next().unwrap_or_default();
            let headers = head.lines().filter_map(|line| line.split_once(": "));
            facts.headers = headers
                .filter_map(|(name, value)| header(name, value))
                .collect();
        }
        if name.ends_with(".dist-info/entry_points.txt") {
            facts.entry_points = text.trim_end().to_owned();
        }
        facts.members.insert(short(&name), Some(sha256(&bytes)));
    }
    facts
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn read_json(path: &Utf8Path) -> serde_json::Value {
    serde_json::from_str(&fs_err::read_to_string(path).unwrap()).unwrap()
}

fn copy_tree(from: &Utf8Path, repo: Repo) -> Repo {
    let mut repo = repo;
    for entry in walk(from) {
        let content = String::from_utf8_lossy(&fs_err::read(&entry).unwrap()).into_owned();
        repo = repo.file(entry.strip_prefix(from).unwrap().as_str(), &content);
    }
    repo
}

fn walk(folder: &Utf8Path) -> Vec<Utf8PathBuf> {
    let mut files = Vec::new();
    for entry in fs_err::read_dir(folder).unwrap() {
        let path = Utf8PathBuf::from_path_buf(entry.unwrap().path()).unwrap();
        if path.is_dir() {
            files.extend(walk(&path))
        } else {
            files.push(path)
        }
    }
    files
}

/// Checks the archives of a case: they have the same names, and wheels have the same members and
/// metadata.
fn check_case(case: &str) {
    check_case_in(case, repo());
}

fn check_case_in(case: &str, repo: Repo) {
    let folder = cases("graph").join(case);
    let repo = copy_tree(&folder.join("in"), repo).env("SOURCE_DATE_EPOCH", "0");
    fs_err::remove_file(repo.root().join("Cargo.toml")).unwrap();
    let output = repo.xtask(&["package", "::"]);
    assert_eq!(output.status, 0, "{output}");
    let expect = read_json(&folder.join("expect.json"));
    let archives = expect["dist"].as_object().unwrap();
    for (name, archive) in archives {
        let path = repo.root().join("dist").join(name);
        assert!(path.exists(), "{name} is not among {:?}", built(&repo));
        if !name.ends_with(".whl") {
            continue;
        }
        let facts = ours(&path);
        let members: Vec<String> = facts.members.keys().cloned().collect();
        let theirs: BTreeSet<String> = archive["files"]
            .as_array()
            .unwrap()
            .iter()
            .map(|file| short(file.as_str().unwrap()))
            .collect();
        assert_eq!(members, theirs.into_iter().collect::<Vec<_>>(), "{name}");
        let metadata = archive["METADATA"].as_str().unwrap();
        let headers = metadata.lines().filter_map(|line| line.split_once(": "));
        let headers: BTreeSet<String> = headers
            .filter_map(|(name, value)| header(name, value))
            .collect();
        assert_eq!(facts.headers, headers, "{name}");
    }
}

#[test]
fn a_distribution_above_another() {
    check_case("22c-dist-ancestor-owner");
}

#[test]
fn wheel_and_sdist_fields_python_tags_and_output_paths() {
    check_case("24-sdist-wheel-fields");
}

/// Replaces setuptools, which no test downloads. Reads `setup.py`, or the few lines of
/// `pyproject.toml` in the case, and writes the wheel that setuptools 63 writes.
const SETUPTOOLS: &[u8] = br#"
import base64, hashlib, os, re, runpy, sys, zipfile
import setuptools

__legacy__ = sys.modules[__name__]  # what PEP 517 has tools call where there is no pyproject.toml

def project():
    if os.path.exists("setup.py"):
        runpy.run_path("setup.py", run_name="__main__")
        return setuptools.seen
    text = open("pyproject.toml").read()
    value = lambda key: re.search("^" + key + " = (.*)$", text, re.M).group(1)
    return {"name": eval(value("name")), "version": eval(value("version")), "py_modules": eval(value("py-modules"))}

def build_wheel(folder, config_settings=None, metadata_directory=None):
    seen = project()
    name, version = seen["name"], seen["version"]
    stem = name.replace("-", "_") + "-" + version
    requires = "".join("Requires-Dist: %s\n" % it for it in seen.get("install_requires", []))
    info = stem + ".dist-info/"
    members = {module + ".py": open(module + ".py").read() for module in seen["py_modules"]}
    members[info + "METADATA"] = "Metadata-Version: 2.1\nName: %s\nVersion: %s\n%s" % (name, version, requires)
    members[info + "WHEEL"] = "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    members[info + "top_level.txt"] = "\n".join(seen["py_modules"]) + "\n"
    record = ""
    for path, text in members.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
        record += "%s,sha256=%s,%d\n" % (path, digest, len(text.encode()))
    members[info + "RECORD"] = record + info + "RECORD,,\n"
    filename = stem + "-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(folder, filename), "w") as wheel:
        for path, text in members.items():
            wheel.writestr(path, text)
    return filename
"#;

#[test]
fn distributions_with_a_setup_of_their_own() {
    let index = LoopbackIndex::start([
        Package::new("setuptools", "63.4.3")
            .member(
                "setuptools/__init__.py",
                b"def setup(**given):\n    global seen\n    seen = given\n",
            )
            .member("setuptools/build_meta.py", SETUPTOOLS),
        Package::new("wheel", "0.37.1").member("wheel/__init__.py", b""),
    ]);
    check_case_in("23-generate-setup-false", repo().index(&index));
    // The version that the case pins, and the default of PEP 518.
    for name in ["setuptools-63.4.3", "wheel-0.37.1"] {
        assert_ne!(
            index.requests(&format!("/files/{name}-py3-none-any.whl")),
            0,
            "{name}"
        );
    }
}

/// Checks that a case that Pants refuses is refused here too. Gives the message.
fn check_refused(case: &str) -> String {
    let repo = copy_tree(&cases("graph").join(case).join("in"), repo());
    fs_err::remove_file(repo.root().join("Cargo.toml")).unwrap();
    let output = repo.xtask(&["package", "::"]);
    assert_eq!(output.status, 1, "{output}");
    assert_eq!(built(&repo), [""; 0], "{output}");
    output.stderr
}

#[test]
fn what_pants_refuses_is_refused() {
    let says = |case: &str, what: &str| {
        let said = check_refused(case);
        assert!(said.contains(what), "{case}: {said}");
    };
    says("21-dists", "no distribution owns `src/core/sub/s.py`");
    says("21b-dists-slash-entry-point", "src/mid/cli.py:main");
    says("21c-dists-owned", "`install_requires` in `provides`");
    says("22b-dist-no-owner", "no distribution owns");
    says("24b-neither", "neither a wheel nor a source distribution");
}

/// Settings that replace the set-up plug-in of lablup/backend.ai.
pub(super) const BACKEND_AI: &str = r#"
[workspace.metadata.xtask.package]
metadata_version = "2.1"
name_prefix = "backend.ai-"
required_fields = ["description"]
home_page = "https://github.com/lablup/backend.ai"
project_urls = { Documentation = "https://docs.backend.ai/", Source = "https://github.com/lablup/backend.ai" }
author = "Lablup Inc. and contributors"
classifiers = [
    "Intended Audience :: Developers",
    "Operating System :: MacOS :: MacOS X",
    "Operating System :: POSIX :: Linux",
    "Programming Language :: Python",
    "Programming Language :: Python :: 3",
    "Environment :: No Input/Output (Daemon)",
    "Topic :: Scientific/Engineering",
    "Topic :: Software Development",
]
development_status = true
python_classifiers = true
requires_python = "minor-range"
license_style = "classifier"
readmes = ["README.md", "README.rst", "README"]
bill_of_materials = false

[workspace.metadata.xtask.package.distribution_platform_tags."backend.ai-kernel-binary"]
linux_arm64 = "manylinux2014_aarch64.macosx_11_0_arm64"
linux_x86_64 = "manylinux2014_x86_64.macosx_11_0_x86_64"
"#;

/// Files that are in Git LFS, which are compared by name, or missing in the clone, which are not
/// compared.
struct Lenient {
    by_name: fn(&str) -> bool,
    absent: fn(&str) -> bool,
    left_out: &'static [&'static str],
}

/// Runs `package` on the tag, and compares every wheel with `oracle`.
fn check_backend_ai(tag: &str, oracle: &str, lenient: &Lenient) {
    let Some(oracle) = shared(oracle) else {
        return;
    };
    let repo = repo()
        .file("Cargo.toml", BACKEND_AI)
        .env("SOURCE_DATE_EPOCH", "0");
    if PublicRepository::BACKEND_AI
        .unpack(tag, lenient.left_out, &repo.root())
        .is_none()
    {
        return;
    }
    let platforms = ["--platform", "linux_x86_64", "--platform", "linux_arm64"];
    let output = repo.xtask(&[&["package", "--wheel", "--tag=wheel"], &platforms[..]].concat());
    assert_eq!(output.status, 0, "{output}");
    let mut compared = 0;
    for path in walk(&oracle)
        .into_iter()
        .filter(|path| path.as_str().ends_with(".whl.json"))
    {
        let expect = read_json(&path);
        let wheel = our_wheel(&repo, &path, expect["file"].as_str().unwrap());
        compare(&wheel, &expect, lenient);
        compared += 1;
    }
    assert!(compared > 10, "only {compared} wheels compared");
}

/// The wheel for one of the oracle's. Names are normalised; the platform of the runner is in the
/// oracle's path.
fn our_wheel(repo: &Repo, path: &Utf8Path, file: &str) -> Utf8PathBuf {
    let mut parts = file.split('-');
    let name = parts.next().unwrap().replace('.', "_");
    let prefix = format!("{name}-{}-", parts.next().unwrap());
    let arm = path.as_str().contains("arm64");
    let fits = |wheel: &String| {
        wheel.starts_with(&prefix)
            && (wheel.contains("none-any") || wheel.contains("aarch64") == arm)
    };
    let found = built(repo).into_iter().find(fits);
    repo.root()
        .join("dist")
        .join(found.unwrap_or_else(|| panic!("nothing built for {file}")))
}

fn compare(wheel: &Utf8Path, expect: &serde_json::Value, lenient: &Lenient) {
    let mut facts = ours(wheel);
    let mut theirs = Facts {
        entry_points: expect["entry_points"]
            .as_str()
            .unwrap_or_default()
            .trim_end()
            .to_owned(),
        ..Facts::default()
    };
    for pair in expect["metadata"].as_array().unwrap() {
        theirs
            .headers
            .extend(header(pair[0].as_str().unwrap(), pair[1].as_str().unwrap()));
    }
    for (name, value) in expect["members"].as_object().unwrap() {
        theirs
            .members
            .insert(short(name), value[0].as_str().map(str::to_owned));
    }
    // The name of the tool that made the wheel, and hashes of that, differ.
    let differs = |name: &str| {
        matches!(
            name,
            ".dist-info/WHEEL" | ".dist-info/RECORD" | ".dist-info/METADATA"
        )
    };
    for members in [&mut facts.members, &mut theirs.members] {
        members.retain(|name, _| !(lenient.absent)(name));
        for (name, digest) in members.iter_mut() {
            if differs(name) || (lenient.by_name)(name) {
                *digest = None;
            }
        }
    }
    assert_eq!(facts, theirs, "{wheel}");
}

#[test]
fn backend_ai_23_09_0() {
    let lenient = Lenient {
        by_name: |_| false,
        absent: |_| false,
        left_out: &[],
    };
    check_backend_ai("23.09.0", "oracle/backend.ai-23.09.0/wheels", &lenient);
}

#[test]
fn backend_ai_24_09_0_as_published() {
    let lenient = Lenient {
        by_name: |name| {
            let lfs = [".so", ".bin", ".tar.xz", ".tar.gz", ".ttf"];
            lfs.iter().any(|suffix| name.ends_with(suffix))
        },
        // The clone does not have some large files of this folder.
        absent: |name| name.starts_with("ai/backend/web/static/"),
        left_out: &["src/ai/backend/web/static"],
    };
    check_backend_ai("24.09.0", "oracle/backend.ai-24.09.0-published", &lenient);
}
