//! What ships with the repository for forges: workflows, the action that installs the tool, the archives for
//! `cargo binstall`.

use camino::Utf8PathBuf;
use testkit::{Package, Repo, peer, python};

use crate::repo;

fn root() -> Utf8PathBuf {
    let root = Utf8PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    root.canonicalize_utf8().unwrap()
}

/// A wheel in the root of a repository.
fn written(repo: &Repo, package: &Package) -> Utf8PathBuf {
    let file = package.files().remove(0);
    let path = repo.root().join(file.filename);
    fs_err::write(&path, file.bytes).unwrap();
    path
}

#[test]
fn a_linter_finds_nothing_in_workflows() {
    let Some(zizmor) = peer("zizmor") else { return };
    let root = root();
    let linted = |arguments: &[&str]| {
        let all = [&["--offline", "--no-progress", "--format=plain"], arguments].concat();
        let output = repo().run(&zizmor, &all);
        assert_eq!(output.status, 0, "{output}");
    };
    linted(&[root.join(".github").as_str()]);
    // These push what they made, so they keep the checkout's login.
    for name in ["lockfiles.yml", "release.yml", "upgrades.yml"] {
        let path = root.join(".ci/workflows").join(name);
        linted(&["--min-severity=high", path.as_str()]);
    }
}

#[test]
fn the_action_installs_the_tool() {
    let Some(_python) = python() else { return };
    let repo = repo();
    let package = Package::new("cargo-xtask", "0.1.0")
        .entry_point("console_scripts", "cargo-xtask = own:main")
        .member("own.py", b"def main():\n    print('cargo xtask 0.1.0')\n");
    let wheel = written(&repo, &package);
    let at = |name: &str| repo.root().join(name).into_string();
    let script = root().join(".github/actions/setup-xtask/install.sh");
    let variables = [
        format!("WHEEL={wheel}"),
        "VERSION=".to_owned(),
        format!("RUNNER_TEMP={}", at("temp")),
        format!("RUNNER_TOOL_CACHE={}", at("tools")),
        format!("GITHUB_PATH={}", at("path")),
        format!("GITHUB_ENV={}", at("env")),
        format!("GITHUB_OUTPUT={}", at("output")),
    ];
    let mut arguments: Vec<&str> = variables.iter().map(String::as_str).collect();
    arguments.extend(["bash", script.as_str()]);
    let output = repo.run("env".into(), &arguments);
    assert_eq!(output.status, 0, "{output}");
    let bin = repo.read("path");
    let started = repo.run(&Utf8PathBuf::from(bin.trim()).join("cargo-xtask"), &[]);
    assert_eq!(started.stdout, "cargo xtask 0.1.0\n");
    assert_eq!(repo.read("output"), "version=0.1.0\n");
    assert_eq!(
        repo.read("env"),
        format!("XTASK_CACHE_DIR={}/cargo-xtask-cache\n", at("temp"))
    );
}

#[test]
fn archives_have_the_binary_the_licence_and_nothing_else() {
    let Some(_python) = python() else { return };
    let repo = repo();
    let bill = "cargo_xtask-0.1.0.dist-info/sboms/cargo-xtask.cyclonedx.json";
    let package = Package::new("cargo-xtask", "0.1.0")
        .member("cargo_xtask-0.1.0.data/scripts/cargo-xtask", b"binary")
        .member("cargo_xtask-0.1.0.dist-info/licenses/LICENSE", b"Free.\n")
        .member(bill, b"{}\n");
    let wheel = written(&repo, &package);
    let script = root().join(".ci/archive.py");
    let made = |target: &str, folder: &str| {
        fs_err::create_dir_all(repo.root().join(folder)).unwrap();
        let output = repo.run(
            "python3".into(),
            &[script.as_str(), wheel.as_str(), target, folder],
        );
        assert_eq!(output.status, 0, "{output}");
    };
    let target = "aarch64-apple-darwin";
    made(target, "first");
    made(target, "again");
    let name = format!("cargo-xtask-{target}.tar.gz");
    let bytes = |folder: &str| fs_err::read(repo.root().join(folder).join(&name)).unwrap();
    assert_eq!(bytes("first"), bytes("again"));
    let listed = repo
        .run("tar".into(), &["tvzf", &format!("first/{name}")])
        .stdout;
    let listed: Vec<String> = (listed.lines())
        .map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            format!("{} {}", words[0], words[words.len() - 1])
        })
        .collect();
    insta::assert_snapshot!(listed.join("\n"), @"
            -rwxr-xr-x cargo-xtask
            -rw-r--r-- LICENSE
            ");
    let bill = format!("first/cargo-xtask-{target}-cargo-xtask.cyclonedx.json");
    assert_eq!(repo.read(&bill), "{}\n");
    made("x86_64-pc-windows-msvc", "first");
    assert!(
        repo.root()
            .join("first/cargo-xtask-x86_64-pc-windows-msvc.zip")
            .is_file()
    );
}

#[test]
fn the_release_is_built_for_every_target() {
    let workflow = fs_err::read_to_string(root().join(".github/workflows/prebuilt.yml")).unwrap();
    let targets: Vec<&str> = workflow.split("target: ").skip(1).collect();
    let targets: Vec<&str> = (targets.into_iter())
        .filter_map(|rest| rest.split([',', '\n']).next())
        .filter(|target| !target.contains('$'))
        .collect();
    insta::assert_snapshot!(targets.join("\n"), @"
        x86_64-unknown-linux-gnu
        aarch64-unknown-linux-gnu
        x86_64-unknown-linux-musl
        aarch64-unknown-linux-musl
        x86_64-apple-darwin
        aarch64-apple-darwin
        x86_64-pc-windows-msvc
        ");
    // The names that `cargo binstall` asks for are those that the archives have.
    let manifest = fs_err::read_to_string(root().join("xtask/Cargo.toml")).unwrap();
    let script = fs_err::read_to_string(root().join(".ci/archive.py")).unwrap();
    assert!(manifest.contains("/cargo-xtask-{ target }.{ archive-format }\""));
    assert!(script.contains("f\"cargo-xtask-{target}.tar.gz\""));
}

/// The last script of a workflow.
fn last_script(name: &str) -> String {
    let text = fs_err::read_to_string(root().join(".ci/workflows").join(name)).unwrap();
    let (_, script) = text.rsplit_once("run: |\n").unwrap();
    let lines = script
        .lines()
        .map(|line| line.strip_prefix("          ").unwrap_or(line));
    lines.collect::<Vec<_>>().join("\n")
}

/// A program of a machine.
fn program(repo: &Repo, name: &str, script: &str) {
    let path = repo.home().join("programs").join(name);
    fs_err::create_dir_all(path.parent().unwrap()).unwrap();
    fs_err::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    workspace::files::make_executable(&path).unwrap();
}

#[test]
fn each_upgrade_becomes_a_pull_request() {
    let Some(_python) = python() else { return };
    let index = testkit::LoopbackIndex::start([
        Package::new("a", "1.0"),
        Package::new("a", "2.0"),
        Package::new("b", "1.0"),
        Package::new("b", "1.5"),
        Package::new("b", "2.0"),
        Package::new("c", "1.0"),
    ]);
    let repo = repo().index(&index).requirements("a\nb<2\nc\n");
    let old = [
        "generate-lockfiles",
        "--upgrade-package=a<2",
        "--upgrade-package=b<1.5",
    ];
    crate::done(&repo, &old);
    let origin = repo.home().join("origin.git");
    crate::git(&repo, &["init", "--quiet", "--initial-branch=main"]);
    crate::commit(&repo, "locked a while ago");
    crate::git(&repo, &["clone", "--quiet", "--bare", ".", origin.as_str()]);
    crate::git(&repo, &["remote", "add", "origin", origin.as_str()]);
    crate::git(&repo, &["fetch", "--quiet", "origin"]);
    program(
        &repo,
        "cargo",
        &format!("shift; exec {} \"$@\"", crate::BINARY),
    );
    program(
        &repo,
        "gh",
        "test \"$2\" = create || exit 1\nshift 6; echo \"$2: $(grep -c '[ab]' \"$4\") lines\" >> \"$HOME/pulls\"",
    );
    let path = format!(
        "{}/programs:{}",
        repo.home(),
        std::env::var("PATH").unwrap()
    );
    let home = repo.home();
    let repo = repo.env("PATH", &path).env("RUNNER_TEMP", home.as_str());
    let script = last_script("upgrades.yml");
    let output = repo.run("bash".into(), &["-euo", "pipefail", "-c", &script]);
    assert_eq!(output.status, 0, "{output}");
    let pulls = fs_err::read_to_string(home.join("pulls")).unwrap();
    insta::assert_snapshot!(pulls, @"
    Upgrade a from 1.0 to 2.0: 3 lines
    Upgrade b from 1.0 to 1.5: 3 lines
    ");
    for (branch, moved) in [("upgrade/a", "a 1.0 -> 2.0"), ("upgrade/b", "b 1.0 -> 1.5")] {
        let changed = crate::git(
            &repo,
            &["diff", "--name-only", "main", &format!("origin/{branch}")],
        );
        assert_eq!(changed, "python.lock", "{moved}");
    }
}

#[test]
fn renovate_finds_the_requirements_of_build_files() {
    let text = fs_err::read_to_string(root().join(".ci/renovate.json")).unwrap();
    let settings: serde_json::Value = serde_json::from_str(&text).unwrap();
    let manager = &settings["customManagers"][0];
    let named = |key: &str| {
        let pattern = manager[key][0].as_str().unwrap();
        regex::Regex::new(pattern.trim_matches('/')).unwrap()
    };
    let files = named("managerFilePatterns");
    for path in ["BUILD", "src/a/BUILD", "src/BUILD.pants"] {
        assert!(files.is_match(path), "{path}");
    }
    assert!(!files.is_match("docs/BUILDING"));
    let build = "python_requirement(name='a', requirements=['foo==1.2.3', \"bar[x, y] == 4.0rc1\"])\n\
        python_requirement(name=\"b\", requirements=[\"baz-qux==2!1.0 ; python_version < '3.12'\", \"free>=1\"])\n\
        python_sources(interpreter_constraints=[\"CPython>=3.11\"])\n";
    let found = named("matchStrings");
    let found: Vec<String> = (found.captures_iter(build))
        .map(|one| format!("{} {}", &one["depName"], &one["currentValue"]))
        .collect();
    insta::assert_snapshot!(found.join("\n"), @"
    foo 1.2.3
    bar 4.0rc1
    baz-qux 2!1.0
    ");
}
