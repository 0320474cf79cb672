//! `package`: which archives it makes, what is in them, and that they are the same on every
//! machine.

mod backend;
mod bad_input;
mod caching;
mod law;
mod matrix;
mod oracle;
mod peers;
mod reproducible;
mod set_up;
mod trial;
mod vcs_version;
mod verification;

use std::io::BufReader;

use camino::Utf8Path;
use insta::assert_snapshot;
use testkit::{Output, Repo};
use wheel::ZipReader;

use crate::repo;

const EPOCH: &str = "1727699696";

/// A library, an application that uses it, and a runner with a binary for each platform.
fn monorepo() -> Repo {
    monorepo_in(repo())
}

fn monorepo_in(repo: Repo) -> Repo {
    repo.env("SOURCE_DATE_EPOCH", EPOCH)
        .file("Cargo.toml", SETTINGS)
        .file("BUILD", "python_requirements(name=\"reqs\")\n")
        .file(
            "requirements.txt",
            "attrs>=24.2\nuvloop~=0.20; sys_platform != 'win32'\n",
        )
        .file("VERSION", "24.09.0\n")
        .file("src/acme/lib/BUILD", LIB)
        .file("src/acme/lib/__init__.py", "")
        .file("src/acme/lib/core.py", "import attrs\nimport uvloop\n")
        .file("src/acme/lib/README.md", "# The library\n")
        .file("src/acme/app/BUILD", APP)
        .file("src/acme/app/__init__.py", "\"\"\"The application.\"\"\"\n")
        .file(
            "src/acme/app/cli.py",
            "import attrs\nfrom acme.lib import core\n\n\ndef main(): ...\n",
        )
        .file("src/acme/app/unused/old.py", "import json\n")
        .file("src/acme/runner/BUILD", RUNNER)
        .file("src/acme/runner/run.py", "import os\n")
        .file("src/acme/runner/run.x86_64.bin", &elf(62))
        .file("src/acme/runner/run.aarch64.bin", &elf(127))
}

const SETTINGS: &str = r#"
[workspace.metadata.xtask.python]
interpreter_constraints = ["CPython==3.12.*"]

[workspace.metadata.xtask.package]
requires_python = "minor-range"
"#;

const LIB: &str = r#"
python_sources()
python_distribution(
    name="dist",
    dependencies=[":lib"],
    provides=python_artifact(name="acme.lib", description="The library"),
    long_description_path="src/acme/lib/README.md",
)
"#;

const APP: &str = r#"
python_sources()
python_distribution(
    name="dist",
    dependencies=[":app"],
    provides=python_artifact(name="acme_app", license="MIT"),
    entry_points={"console_scripts": {"acme": "acme.app.cli:main"}},
    sdist=False,
    tags=["wheel"],
)
"#;

const RUNNER: &str = r#"
python_sources(dependencies=[":binaries"])
platform_resources(
    name="binaries",
    dependency_map={"linux_x86_64": ":x86", "linux_arm64": ":arm"},
)
resource(name="x86", source="run.x86_64.bin")
resource(name="arm", source="run.aarch64.bin")
python_distribution(
    name="dist",
    dependencies=[":runner"],
    provides=python_artifact(name="acme-runner", version="3"),
)
"#;

/// The start of an ELF binary as text. The number of the machine is below 128.
fn elf(machine: u8) -> String {
    let mut header = "\x7fELF\x02\x01\x01".to_owned();
    header.extend(["\0"; 9]);
    header.extend(['\x03', '\0', char::from(machine), '\0']);
    header
}

/// Runs `package`, which must succeed.
#[track_caller]
fn package(repo: &Repo, arguments: &[&str]) -> Output {
    let output = repo.xtask(&[&["package"], arguments].concat());
    assert_eq!(output.status, 0, "{output}");
    assert_eq!(output.stdout, "", "messages go to stderr");
    output
}

/// The messages, without those about wheels that were not installed, which depend on the Pythons of
/// this machine.
pub(crate) fn said(output: &Output) -> String {
    let lines = output.stderr.split_inclusive('\n');
    let of_trial = |line: &&str| line.contains("verified without being installed");
    lines.filter(|line| !of_trial(line)).collect()
}

/// The names of the archives in `dist`, sorted.
fn built(repo: &Repo) -> Vec<String> {
    let mut names: Vec<String> = fs_err::read_dir(repo.root().join("dist"))
        .map(|entries| {
            entries
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect()
        })
        .unwrap_or_default();
    names.sort();
    names
}

fn open(path: &Utf8Path) -> ZipReader<BufReader<fs_err::File>> {
    ZipReader::open(BufReader::new(fs_err::File::open(path).unwrap())).unwrap()
}

/// The names of a wheel's members, one in each line. `*` marks those that are executable.
fn members(repo: &Repo, wheel: &str) -> String {
    let wheel = open(&repo.root().join("dist").join(wheel));
    let line = |member: &wheel::ZipMember| {
        format!(
            "{}{}",
            member.name,
            match member.mode() {
                wheel::FileMode::Executable => "*",
                wheel::FileMode::Regular => "",
            }
        )
    };
    wheel
        .members()
        .iter()
        .map(line)
        .collect::<Vec<_>>()
        .join("\n")
}

/// The text of a member of a wheel.
fn member(repo: &Repo, wheel: &str, name: &str) -> String {
    let mut wheel = open(&repo.root().join("dist").join(wheel));
    String::from_utf8(wheel.read(name).unwrap()).unwrap()
}

#[test]
fn every_distribution_is_built() {
    let repo = monorepo();
    let output = package(&repo, &["--platform", "linux_arm64"]);
    assert_snapshot!(output.stderr, @"
    wrote dist/acme_app-24.9.0-py3-none-any.whl
    wrote dist/acme_lib-24.9.0-py3-none-any.whl
    wrote dist/acme_lib-24.9.0.tar.gz
    wrote dist/acme_runner-3-py3-none-manylinux2014_aarch64.whl
    wrote dist/acme_runner-3.tar.gz
    ");
}

#[test]
fn what_is_owned_is_shipped_and_nothing_else() {
    let repo = monorepo();
    package(&repo, &["src/acme/app:dist"]);
    assert_snapshot!(members(&repo, "acme_app-24.9.0-py3-none-any.whl"), @"
    acme/app/__init__.py
    acme/app/cli.py
    acme_app-24.9.0.dist-info/METADATA
    acme_app-24.9.0.dist-info/WHEEL
    acme_app-24.9.0.dist-info/entry_points.txt
    acme_app-24.9.0.dist-info/namespace_packages.txt
    acme_app-24.9.0.dist-info/top_level.txt
    acme_app-24.9.0.dist-info/RECORD
    ");
}

#[test]
fn metadata_comes_from_provides_settings_and_graph() {
    let repo = monorepo();
    package(&repo, &["--wheel"]);
    let metadata = member(
        &repo,
        "acme_lib-24.9.0-py3-none-any.whl",
        "acme_lib-24.9.0.dist-info/METADATA",
    );
    assert_snapshot!(metadata, @r#"
    Metadata-Version: 2.4
    Name: acme.lib
    Version: 24.9.0
    Summary: The library
    Requires-Python: >=3.12,<3.13
    Description-Content-Type: text/markdown
    Requires-Dist: attrs>=24.2
    Requires-Dist: uvloop~=0.20; sys_platform != "win32"

    # The library
    "#);
    let metadata = member(
        &repo,
        "acme_app-24.9.0-py3-none-any.whl",
        "acme_app-24.9.0.dist-info/METADATA",
    );
    assert_snapshot!(metadata, @"
    Metadata-Version: 2.4
    Name: acme_app
    Version: 24.9.0
    License-Expression: MIT
    Requires-Python: >=3.12,<3.13
    Requires-Dist: acme.lib==24.09.0
    Requires-Dist: attrs>=24.2
    ");
}

#[test]
fn requirements_are_written_as_they_were_read() {
    let lib = LIB
        .replace("[\":lib\"]", "[\":lib\", \":urls\", \"//:reqs#My-Pkg\"]")
        .replace(
            "description=",
            "extras_require={\"x\": [\"my-lib@https://files.example/a;b.zip\", \"Z_z >= 1 ; os_name=='nt'\"]}, description=",
        );
    let urls = r#"
python_requirement(name="urls", requirements=[
    "my-lib@git+https://files.example/my_lib",
    "my-wheel@https://files.example/my_wheel-1.0-py3-none-any.whl",
    "With_Extras[a_b]@https://files.example/w_e-1.0.tar.gz;v=1 ; python_version<'4'",
    "Exactly===1.0",
    "quoted; platform_version != 'a \"b\"' and os_name != 'c'",
])
"#;
    let repo = monorepo()
        .file("src/acme/lib/BUILD", &format!("{lib}{urls}"))
        .file(
            "requirements.txt",
            "attrs>=24.2\nuvloop\ngit+https://files.example/my_pkg@v_1#egg=My_Pkg\n",
        );
    package(&repo, &["--wheel", "src/acme/lib:dist"]);
    let metadata = member(
        &repo,
        "acme_lib-24.9.0-py3-none-any.whl",
        "acme_lib-24.9.0.dist-info/METADATA",
    );
    let lines = metadata.lines();
    let required: Vec<&str> = lines
        .filter(|line| line.contains("Requires-Dist"))
        .collect();
    assert_snapshot!(required.join("\n"), @r#"
    Requires-Dist: Exactly===1.0
    Requires-Dist: My-Pkg @ git+https://files.example/my_pkg@v_1#egg=My_Pkg
    Requires-Dist: attrs>=24.2
    Requires-Dist: my-lib @ git+https://files.example/my_lib
    Requires-Dist: my-wheel @ https://files.example/my_wheel-1.0-py3-none-any.whl
    Requires-Dist: uvloop
    Requires-Dist: With-Extras[a_b] @ https://files.example/w_e-1.0.tar.gz;v=1 ; python_version < "4"
    Requires-Dist: quoted; platform_version != 'a "b"' and os_name != "c"
    Requires-Dist: my-lib @ https://files.example/a;b.zip ; extra == "x"
    Requires-Dist: Z-z>=1; (os_name == "nt") and extra == "x"
    "#);
}

#[test]
fn licence_files_of_one_distribution() {
    let lib = LIB.replace(
        "description=",
        "license=\"MIT\", license_files=[\"LICENSE\", \"NOTICE\"], description=",
    );
    let repo = monorepo()
        .file("src/acme/lib/BUILD", &lib)
        .file("src/acme/lib/NOTICE", "Thanks.\n")
        .file("LICENSE", "Free.\n");
    package(&repo, &["--wheel"]);
    let info = "acme_lib-24.9.0.dist-info";
    let wheel = "acme_lib-24.9.0-py3-none-any.whl";
    assert_eq!(
        member(&repo, wheel, &format!("{info}/licenses/NOTICE")),
        "Thanks.\n"
    );
    let metadata = member(&repo, wheel, &format!("{info}/METADATA"));
    assert!(
        metadata.contains("License-File: LICENSE\nLicense-File: NOTICE\n"),
        "{metadata}"
    );
    assert!(!members(&repo, "acme_app-24.9.0-py3-none-any.whl").contains("licenses"));
}

#[test]
fn a_platform_wheel_holds_that_platforms_resources() {
    let repo = monorepo();
    package(
        &repo,
        &[
            "src/acme/runner:dist",
            "--platform",
            "linux_arm64",
            "--wheel",
        ],
    );
    let wheel = "acme_runner-3-py3-none-manylinux2014_aarch64.whl";
    assert_snapshot!(members(&repo, wheel), @"
    acme/runner/run.aarch64.bin
    acme/runner/run.py
    acme_runner-3.dist-info/METADATA
    acme_runner-3.dist-info/WHEEL
    acme_runner-3.dist-info/namespace_packages.txt
    acme_runner-3.dist-info/top_level.txt
    acme_runner-3.dist-info/RECORD
    ");
    assert_snapshot!(member(&repo, wheel, "acme_runner-3.dist-info/WHEEL").replace(env!("CARGO_PKG_VERSION"), "VERSION"), @"
    Wheel-Version: 1.0
    Generator: cargo-xtask (VERSION)
    Root-Is-Purelib: false
    Tag: py3-none-manylinux2014_aarch64
    ");
}

#[test]
fn one_run_builds_for_every_platform_and_one_source_distribution() {
    let repo = monorepo();
    package(&repo, &["--all-platforms", "src/acme/runner::"]);
    assert_snapshot!(built(&repo).join("\n"), @"
    acme_runner-3-py3-none-manylinux2014_aarch64.whl
    acme_runner-3-py3-none-manylinux2014_x86_64.whl
    acme_runner-3.tar.gz
    ");
    let sdist = fs_err::read(repo.root().join("dist/acme_runner-3.tar.gz")).unwrap();
    package(&repo, &["--platform", "linux_x86_64", "src/acme/runner::"]);
    assert!(sdist == fs_err::read(repo.root().join("dist/acme_runner-3.tar.gz")).unwrap());
}

#[test]
fn pants_spelling_of_the_platform() {
    let repo = monorepo();
    package(
        &repo,
        &[
            "--platform-specific-resources-target=linux_x86_64",
            "--tag=-wheel",
            "--wheel",
            "::",
        ],
    );
    assert_snapshot!(built(&repo).join("\n"), @"
    acme_lib-24.9.0-py3-none-any.whl
    acme_runner-3-py3-none-manylinux2014_x86_64.whl
    ");
}

#[test]
fn a_platform_tag_in_place_of_a_platform() {
    let repo = monorepo();
    package(
        &repo,
        &[
            "--platform",
            "manylinux_2_28_aarch64",
            "--wheel",
            "src/acme/runner:dist",
        ],
    );
    assert_snapshot!(built(&repo).join("\n"), @"acme_runner-3-py3-none-manylinux_2_28_aarch64.whl");
}

#[test]
fn one_wheel_for_two_systems() {
    let settings = format!(
        "{SETTINGS}\n[workspace.metadata.xtask.package.distribution_platform_tags.acme-runner]\n\
         linux_arm64 = \"manylinux2014_aarch64.macosx_11_0_arm64\"\n"
    );
    let repo = monorepo().file("Cargo.toml", &settings);
    package(
        &repo,
        &[
            "--platform",
            "linux_arm64",
            "--wheel",
            "src/acme/runner:dist",
        ],
    );
    assert_snapshot!(built(&repo).join("\n"), @"acme_runner-3-py3-none-manylinux2014_aarch64.macosx_11_0_arm64.whl");
}

#[test]
fn an_output_folder_counts_from_where_the_user_is() {
    let repo = monorepo();
    let folder = repo.root().join("src/acme/app");
    let output = repo.xtask_in(&folder, &["package", ":dist", "--out-dir", "out"]);
    assert_eq!(output.status, 0, "{output}");
    assert!(
        folder.join("out/acme_app-24.9.0-py3-none-any.whl").exists(),
        "{output}"
    );
}

#[test]
fn a_bill_of_materials_of_what_is_locked() {
    let index = testkit::LoopbackIndex::start([
        testkit::Package::new("attrs", "24.2"),
        testkit::Package::new("uvloop", "0.20"),
    ]);
    let repo = monorepo_in(repo().index(&index)).file(
        "Cargo.toml",
        &SETTINGS.replace(
            "[workspace.metadata.xtask.package]",
            "resolves = { python-default = \"python.lock\" }\n[workspace.metadata.xtask.package]",
        ),
    );
    crate::lock(&repo);
    package(&repo, &["--wheel", "src/acme/app:dist"]);
    let wheel = "acme_app-24.9.0-py3-none-any.whl";
    let bill = member(
        &repo,
        wheel,
        "acme_app-24.9.0.dist-info/sboms/acme-app.cdx.json",
    );
    let bill: serde_json::Value = serde_json::from_str(&bill).unwrap();
    assert_eq!(
        bill["metadata"]["component"]["purl"],
        "pkg:pypi/acme-app@24.9.0"
    );
    let components = bill["components"].as_array().unwrap();
    let named: Vec<&str> = components
        .iter()
        .filter_map(|component| component["purl"].as_str())
        .collect();
    assert_snapshot!(named.join("\n"), @"
    pkg:pypi/acme-lib@24.9.0
    pkg:pypi/attrs@24.2
    pkg:pypi/uvloop@0.20
    ");
}

#[test]
fn a_distribution_without_what_is_asked_for() {
    let repo = monorepo();
    let output = package(&repo, &["--sdist", "src/acme/app:dist"]);
    assert_snapshot!(output.stderr, @"nothing to build: no distribution that was asked for has `sdist=True`");
}

#[test]
fn binaries_that_a_pattern_matches_are_left_out() {
    let repo = monorepo().file(
        "src/acme/app/tool/BUILD",
        "pex_binary(name=\"tool\", entry_point=\"acme.app.cli\")\n",
    );
    let output = package(&repo, &["src/acme/app::"]);
    assert_snapshot!(output.stderr, @"
    src/acme/app/tool:tool is left out: `pex_binary` is not built yet
    wrote dist/acme_app-24.9.0-py3-none-any.whl
    ");
}

#[test]
fn only_what_changed_since_a_commit() {
    let repo = monorepo();
    let git = |arguments: &[&str]| {
        let own = [
            "-c",
            "user.name=x",
            "-c",
            "user.email=x@y.example",
            "-c",
            "init.defaultBranch=main",
        ];
        let output = repo.run(Utf8Path::new("git"), &[&own[..], arguments].concat());
        assert_eq!(output.status, 0, "{output}");
    };
    git(&["init", "-q"]);
    git(&["add", "."]);
    git(&["commit", "-q", "-m", "first"]);
    repo.write("src/acme/app/cli.py", "def main(): ...\n");
    package(&repo, &["--changed-since", "HEAD"]);
    assert_eq!(built(&repo), ["acme_app-24.9.0-py3-none-any.whl"]);
    git(&["commit", "-q", "-a", "-m", "second"]);
    let output = package(&repo, &["--changed-since", "HEAD"]);
    assert_snapshot!(output.stderr, @"nothing to build: no distribution that was asked for has changed since HEAD");
}

#[test]
fn runs_that_write_the_same_files_wait_for_each_other() {
    let repo = monorepo();
    let script = format!(
        "for n in 1 2 3 4 5; do RAYON_NUM_THREADS=$n {} package --all-platforms & pids=\"$pids $!\"; done\n\
         for pid in $pids; do wait $pid || exit 1; done",
        crate::BINARY
    );
    let output = repo.run("sh".into(), &["-c", &script]);
    assert_eq!(output.status, 0, "{output}");
    let names = built(&repo);
    assert!(
        !names.iter().any(|name| name.ends_with(".partial")),
        "{names:?}"
    );
}

#[test]
fn built_twice_and_compared() {
    let repo = monorepo();
    package(
        &repo,
        &[
            "--check-reproducible",
            "--verify",
            "--platform",
            "linux_x86_64",
        ],
    );
}

#[test]
fn an_epoch_that_is_empty() {
    let repo = monorepo_in(repo());
    let repo = repo.env("SOURCE_DATE_EPOCH", "");
    let output = repo.xtask(&["package", "src/acme/lib:dist"]);
    assert_snapshot!(output.stderr, @"
    error: cannot use SOURCE_DATE_EPOCH
     |
     = `` is not a number of seconds since 1970, as SOURCE_DATE_EPOCH must be
    hint: unset it, or `export SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)`
    ");
}
