//! The law of source distributions: what is built of one is what is built from the repository.

use std::collections::BTreeMap;

use camino::Utf8Path;
use testkit::{PublicRepository, Repo, skip};

use super::{monorepo, open, package};
use crate::merge_lockfile::random::Random;
use crate::repo;

/// Builds a wheel of the source distribution `sys.argv[1]` into the folder `sys.argv[2]`, as a
/// frontend does (PEP 517).
const BUILD: &str = r#"
import gzip, importlib, os, sys, tarfile
archive, out = sys.argv[1:]
os.makedirs(out, exist_ok=True)
raw = gzip.open(archive).read()
with tarfile.open(archive) as sdist:
    # pax, not GNU's format, whose magic is another and which has headers of its own for long names.
    for member in sdist:
        assert raw[member.offset + 257:member.offset + 265] == b"ustar\x0000", member
        assert raw[member.offset + 156:member.offset + 157] in (b"0", b"x"), member
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

/// How many random repositories; `XTASK_SDIST_CASES` says another number, `XTASK_SDIST_SEED` another first one.
const CASES: u64 = 12;

#[test]
fn of_random_repositories() {
    if !has_python() {
        return;
    }
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let first: u64 = number("XTASK_SDIST_SEED").unwrap_or(1);
    let mut checked = 0;
    for seed in first..first + number("XTASK_SDIST_CASES").unwrap_or(CASES) {
        let repo = random_repository(seed);
        let output = repo.xtask(&["package"]);
        assert_eq!(output.status, 0, "seed {seed}: {output}");
        checked += holds(&repo);
    }
    assert!(checked > 0);
}

/// One to three distributions with fields, names and files that builds stumble over.
fn random_repository(seed: u64) -> Repo {
    let mut random = Random::new(seed);
    let mut repo = repo()
        .file(
            "Cargo.toml",
            "[workspace.metadata.xtask.python]\ninterpreter_constraints = [\">=3.8\"]\n\
             [workspace.metadata.xtask.package]\nreadme_required = false\n",
        )
        .file("LICENSE", "Free.\n");
    for number in 0..=random.below(3) {
        let package = pick(&mut random, &["pkg", "Pkg", "p_k_g", "naïve", "p2"]);
        let package = format!("{package}{number}");
        let folder = format!("src/{package}");
        repo = repo
            .file(&format!("{folder}/__init__.py"), "")
            .file(&format!("{folder}/core.py"), "def main():\n    return 1\n");
        for _ in 0..random.below(6) {
            let path = pick(&mut random, FILES);
            repo = repo.file(
                &format!("{folder}/{path}"),
                &format!("# {}\n", random.below(9)),
            );
        }
        for _ in 0..random.below(4) {
            let path = pick(&mut random, DATA);
            repo = repo.file(
                &format!("{folder}/data/{path}"),
                &"x".repeat(random.below(700) as usize),
            );
        }
        repo = repo.file(&format!("{folder}/data/always.txt"), "");
        let name = match random.below(3) {
            0 => package.replace('ï', "i"),
            1 => format!("Dist.{number}-of_all"),
            _ => format!("{}-dist", package.replace(['ï', '_'], "i")),
        };
        let version = pick(
            &mut random,
            &["1.0", "24.09.0rc1", "1!2.post3", "0.1.dev4+local.x-y"],
        );
        let fields = some(&mut random, PROVIDES).join(", ");
        let more = some(&mut random, FIELDS).join(", ");
        let build = format!(
            "python_sources(sources=['**/*.py'], dependencies=[':data'])\nresources(name='data', sources=['data/**/*'])\n\
             python_distribution(name='dist', dependencies=[':{package}'], provides=python_artifact(name='{name}', version='{version}', {fields}), {more})\n"
        );
        let build = build.replace("[PKG]", &package);
        repo = repo.file(&format!("{folder}/BUILD"), &build);
    }
    repo
}

fn pick<'t>(random: &mut Random, from: &[&'t str]) -> &'t str {
    from[random.below(from.len() as u64) as usize]
}

fn some<'t>(random: &mut Random, from: &[&'t str]) -> Vec<&'t str> {
    from.iter()
        .copied()
        .filter(|_| random.below(2) == 0)
        .collect()
}

const FILES: &[&str] = &[
    "v3.5/mod.py",
    "sub/__init__.py",
    "sub/deep/er/mod.py",
    "with_ü.py",
    "test_x.py.py",
    "setup.py",
    "build.py",
    "tests/helper.py",
    "sub/setup.py",
];

const DATA: &[&str] = &[
    "[glob].txt",
    "*star.txt",
    "a,b.csv",
    "quote\"s.txt",
    "naïve ü.txt",
    "CVS/x.txt",
    ".hidden",
    ".git-blame-ignore-revs",
    "MANIFEST.in",
    "build/lib/x.txt",
    "pyproject.toml",
    "tool.py.txt",
    "x.pyi",
    "deep/__pycache__x/y.json",
    "a_folder_with_a_long_name/a_folder_with_a_long_name/a_folder_with_a_long_name/a_folder_with_a_long_name/end.txt",
];

const PROVIDES: &[&str] = &[
    "description='One line ü'",
    "author='A, B', author_email='B <b@x.example>, c@x.example'",
    "maintainer='Ö', maintainer_email='o@x.example'",
    "license='Something of our own'",
    "classifiers=['Programming Language :: Python :: 3', 'Private :: Do Not Upload']",
    "keywords=['a', 'b c']",
    "python_requires='>=3.8,!=3.9.*'",
    "extras_require={\":python_version<'3'\": ['c'], 'My_Extra': ['b @ https://files.example/b.whl'], 'x.y': ['d[e]>=1 ; os_name == \"nt\"']}",
    "project_urls={'Home Page': 'https://files.example/', 'Ü': 'https://files.example/ü'}",
    "download_url='https://files.example/x'",
    "scripts=['[PKG]/data/always.txt']",
    "data_files=[('share/x', ['[PKG]/data/always.txt'])]",
    "entry_points={'odd-group.x': ['a-b = [PKG].core', 'c.d = [PKG].core:main']}",
];

const FIELDS: &[&str] = &[
    "entry_points={'console_scripts': {'tool-x': '[PKG].core:main'}}",
    "wheel_config_settings={'--global-option': ['--python-tag', 'py38.py39', '--build-number=7']}",
    "interpreter_constraints=['CPython>=3.9,<3.13', 'CPython==3.8.*']",
];

/// Builds all distributions of a repository. Gives how many source distributions the law holds for.
fn of_public(
    repository: PublicRepository,
    tag: &str,
    (settings, left_out): (&str, &[&str]),
) -> Option<usize> {
    let repo = repo();
    repository.unpack(tag, left_out, &repo.root())?;
    if !has_python() {
        return None;
    }
    repo.write("Cargo.toml", settings);
    package(&repo, &[]);
    Some(holds(&repo))
}

#[test]
fn of_backend_ai_24_09_0() {
    // A clone lacks large files.
    let absent = ["src/ai/backend/web/static"];
    let settings = (super::oracle::BACKEND_AI, &absent[..]);
    let held = of_public(PublicRepository::BACKEND_AI, "24.09.0", settings);
    assert!(held.is_none_or(|number| number > 10), "{held:?}");
}

#[test]
fn of_backend_ai_26_8_1() {
    let absent = ["src/ai/backend/web/static"];
    let settings = (super::oracle::BACKEND_AI, &absent[..]);
    let held = of_public(PublicRepository::BACKEND_AI, "26.8.1", settings);
    assert!(held.is_none_or(|number| number > 10), "{held:?}");
}

#[test]
fn of_st2_3_9_0() {
    let absent = ["st2common/benchmarks"];
    let held = of_public(PublicRepository::ST2, "v3.9.0", (ST2, &absent));
    assert!(held.is_none_or(|number| number > 10), "{held:?}");
}

/// Settings that replace the set-up plug-in of StackStorm/st2.
const ST2: &str = r#"
[workspace.metadata.xtask.package]
license = "Apache License, Version 2.0"
author = "StackStorm"
readmes = ["README.rst"]
readme_required = false
"#;

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
