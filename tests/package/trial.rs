//! `--verify`: installs wheels with what they require, and loads their entry points.

use insta::assert_snapshot;
use testkit::{LoopbackIndex, Output, Package, Repo};

use super::{built, package};
use crate::{lock, repo};

const SETTINGS: &str = r#"
[workspace.metadata.xtask.python]
interpreter_constraints = ["CPython>=3.8"]
resolves = { python-default = "python.lock" }
"#;

const APP: &str = r#"
python_sources()
python_distribution(
    name="dist",
    dependencies=[":app"],
    provides=python_artifact(name="app", version="1"),
    entry_points={
        "console_scripts": {"app": "acme.app.cli:main"},
        "acme.plugin": {"own": "acme.app.plugin"},
    },
)
"#;

const LIB: &str = r#"
python_sources()
python_distribution(
    name="dist",
    dependencies=[":lib"],
    provides=python_artifact(name="lib", version="1"),
    entry_points={"acme.plugin": {"lib": "acme.lib.core"}},
)
"#;

const MAIN: &str = "import helper\nfrom acme.lib import core\n\ndef main():\n    helper.help()\n";

fn index() -> LoopbackIndex {
    LoopbackIndex::start([
        Package::new("helper", "1.0")
            .requires("deeper")
            .member("helper.py", b"import deeper\ndef help(): ...\n"),
        Package::new("deeper", "2.0").member("deeper.py", b""),
        Package::new("unneeded", "3.0"),
    ])
}

/// A locked application with a command and a plug-in, and the library that it needs.
fn monorepo(index: &LoopbackIndex) -> Repo {
    let repo = unlocked(index);
    lock(&repo);
    repo
}

fn unlocked(index: &LoopbackIndex) -> Repo {
    repo()
        .index(index)
        .env("SOURCE_DATE_EPOCH", super::EPOCH)
        .requirements("helper\nunneeded\n")
        .file("Cargo.toml", SETTINGS)
        .file("src/acme/app/BUILD", APP)
        .file("src/acme/app/cli.py", MAIN)
        .file("src/acme/app/plugin.py", "")
        .file("src/acme/lib/BUILD", LIB)
        .file("src/acme/lib/core.py", "")
}

/// Verifies wheels, some of which fail. The others are kept.
#[track_caller]
fn fails(repo: &Repo, arguments: &[&str]) -> Output {
    let output = repo.xtask(&[&["package", "--verify", "--wheel"], arguments].concat());
    assert_eq!(output.status, 1, "{output}");
    output
}

#[test]
fn wheels_work_with_each_other_and_with_what_is_locked() {
    let index = index();
    let repo = monorepo(&index);
    index.clear_log();
    let output = package(&repo, &["--verify", "--wheel"]);
    assert_snapshot!(output.stderr, @"
    wrote dist/app-1-py3-none-any.whl
    wrote dist/lib-1-py3-none-any.whl
    ");
    assert_eq!(
        index.requests("/files/unneeded-3.0-py3-none-any.whl"),
        0,
        "it is not required"
    );
    index.clear_log();
    package(&repo, &["--verify", "--wheel", "--offline"]);
    assert_eq!(index.log().len(), 0, "a second run asks for nothing");
}

#[test]
fn what_was_not_asked_for_is_installed_and_not_kept() {
    let index = index();
    let repo = monorepo(&index);
    let output = package(&repo, &["--verify", "--wheel", "src/acme/app:dist"]);
    assert_snapshot!(output.stderr, @"wrote dist/app-1-py3-none-any.whl");
    assert_eq!(built(&repo), ["app-1-py3-none-any.whl"]);
}

/// Scripts of what is locked are there as well as the distribution's own; what nothing brings is not.
#[test]
fn entry_points_in_what_is_locked() {
    let index = index();
    let scripts = |more: &str| {
        APP.replace(
            "{\"app\": \"acme.app.cli:main\"}",
            &format!("{{\"app\": \"acme.app.cli:main\", {more}}}"),
        )
    };
    // Of the requirement, and of what that requires.
    let more = "\"help\": \"helper:__name__.upper\", \"deep\": \"deeper:__name__.upper\"";
    let repo = monorepo(&index).file("src/acme/app/BUILD", &scripts(more));
    package(&repo, &["--verify", "--wheel"]);
    for missing in ["nowhere:main", "helper:nothing", "helper.nowhere:main"] {
        let more = format!("\"help\": \"{missing}\"");
        let repo = monorepo(&index).file("src/acme/app/BUILD", &scripts(&more));
        let output = fails(&repo, &[]);
        assert!(
            !built(&repo).contains(&"app-1-py3-none-any.whl".to_owned()),
            "{output}"
        );
    }
}

#[test]
fn an_attribute_that_is_not_there() {
    let index = index();
    let repo = monorepo(&index).file("src/acme/app/cli.py", "def maine(): ...\n");
    assert_snapshot!(fails(&repo, &[]).stderr, @"
    wrote dist/lib-1-py3-none-any.whl
    error: the entry point `app` of app-1-py3-none-any.whl does not load
     --> src/acme/app/BUILD:7:5
      |
    7 |     entry_points={
      |     ^^^^^^^^^^^^^^
      |
      = `app = acme.app.cli:main` of `console_scripts`: AttributeError: module 'acme.app.cli' has no attribute 'main'
    hint: the wheel was not kept; build without `--verify` to look at it
    ");
    assert_eq!(built(&repo), ["lib-1-py3-none-any.whl"]);
}

#[test]
fn what_is_imported_only_at_run_time() {
    let index = index();
    let repo = monorepo(&index)
        .file(
            "src/acme/app/cli.py",
            "from importlib import import_module\nmain = import_module('no' + 'where')\n",
        )
        .file(
            "src/acme/app/plugin.py",
            "raise ValueError(\"not today\")\n",
        );
    assert_snapshot!(fails(&repo, &["src/acme/app:dist"]).stderr, @"
    error: 2 entry points of app-1-py3-none-any.whl do not load
     --> src/acme/app/BUILD:7:5
      |
    7 |     entry_points={
      |     ^^^^^^^^^^^^^^
      |
      = `own = acme.app.plugin` of `acme.plugin`: ValueError: not today (acme/app/plugin.py, line 1)
      = `app = acme.app.cli:main` of `console_scripts`: ModuleNotFoundError: No module named 'nowhere' (acme/app/cli.py, line 2)
    hint: add what provides the module to the `dependencies` of the code that imports it
    hint: the wheel was not kept; build without `--verify` to look at it
    ");
    assert!(built(&repo).is_empty());
}

#[test]
fn an_entry_point_that_ends_python() {
    let index = index();
    let repo = monorepo(&index)
        .file(
            "src/acme/app/plugin.py",
            "import os\nprint('so long')\nos._exit(3)\n",
        )
        .file("src/acme/lib/core.py", "raise SystemExit('nor this one')\n");
    assert_snapshot!(fails(&repo, &[]).stderr, @r#"
    error: the entry point `own` of app-1-py3-none-any.whl does not load
     --> src/acme/app/BUILD:7:5
      |
    7 |     entry_points={
      |     ^^^^^^^^^^^^^^
      |
      = `own = acme.app.plugin` of `acme.plugin`: Python was ended (exit status: 3)
        so long
    hint: the wheel was not kept; build without `--verify` to look at it
    error: the entry point `lib` of lib-1-py3-none-any.whl does not load
     --> src/acme/lib/BUILD:7:5
      |
    7 |     entry_points={"acme.plugin": {"lib": "acme.lib.core"}},
      |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = `lib = acme.lib.core` of `acme.plugin`: SystemExit: nor this one (acme/lib/core.py, line 1)
    hint: the wheel was not kept; build without `--verify` to look at it
    "#);
}

#[test]
fn without_a_lock_it_is_said() {
    let index = index();
    let repo = unlocked(&index);
    let output = package(&repo, &["--verify", "--wheel"]);
    assert_snapshot!(output.stderr, @"
    warning: verified without being installed: app-1-py3-none-any.whl: `python-default` has no lock of ours (`cargo xtask generate-lockfiles --resolve python-default`)
    wrote dist/app-1-py3-none-any.whl
    wrote dist/lib-1-py3-none-any.whl
    ");
}

#[test]
fn without_the_network_it_is_said() {
    let index = index();
    let repo = monorepo(&index);
    fs_err::remove_dir_all(repo.cache()).unwrap();
    let output = package(&repo, &["--verify", "--wheel", "--offline"]);
    assert_snapshot!(output.stderr, @"
    warning: verified without being installed: app-1-py3-none-any.whl: cannot list the files of `deeper`: it is not in the cache, and the run is offline
    wrote dist/app-1-py3-none-any.whl
    wrote dist/lib-1-py3-none-any.whl
    ");
}

#[test]
fn without_a_python_it_is_said() {
    let index = index();
    let build = LIB.replace(
        "python_sources()",
        "python_sources(interpreter_constraints=[\"CPython==3.8.0\"])",
    );
    let repo = monorepo(&index).file("src/acme/lib/BUILD", &build);
    let output = package(&repo, &["--verify", "--wheel", "src/acme/lib:dist"]);
    assert_snapshot!(output.stderr, @"
    warning: verified without being installed: lib-1-py3-none-any.whl: no Python that is CPython==3.8.0 was found
    wrote dist/lib-1-py3-none-any.whl
    ");
}

#[test]
fn a_python_tag_for_another_python() {
    let index = index();
    let build = LIB.replace(
        "provides=",
        "wheel_config_settings={\"--global-option\": [\"--python-tag\", \"py27\"]},\n    provides=",
    );
    let repo = monorepo(&index).file("src/acme/lib/BUILD", &build);
    let output = package(&repo, &["--verify", "--wheel", "src/acme/lib:dist"]);
    assert_snapshot!(output.stderr, @"
    warning: verified without being installed: lib-1-py27-none-any.whl: its Python tag is for another one
    wrote dist/lib-1-py27-none-any.whl
    ");
}

#[test]
fn wheels_for_other_platforms_are_named_once() {
    let repo = super::monorepo().file(
        "Cargo.toml",
        &super::SETTINGS.replace("CPython==3.12.*", "CPython>=3.8"),
    );
    let platforms = ["--platform", "macos_arm64", "--platform", "windows_x86_64"];
    let runner = super::RUNNER.replace(
        "\"linux_arm64\": \":arm\"",
        "\"macos_arm64\": \":none\", \"windows_x86_64\": \":none\"",
    );
    let repo = repo
        .file(
            "src/acme/runner/BUILD",
            &format!("{runner}resource(name=\"none\", source=\"none.txt\")\n"),
        )
        .file("src/acme/runner/none.txt", "");
    let output = package(
        &repo,
        &[
            &["--verify", "--wheel", "src/acme/runner:dist"],
            &platforms[..],
        ]
        .concat(),
    );
    assert_snapshot!(output.stderr, @"
    verified without being installed, since for another platform: acme_runner-3-py3-none-macosx_11_0_arm64.whl, acme_runner-3-py3-none-win_amd64.whl
    wrote dist/acme_runner-3-py3-none-macosx_11_0_arm64.whl
    wrote dist/acme_runner-3-py3-none-win_amd64.whl
    ");
}

/// A Python that leaves a mark when it runs, and the path of the mark.
fn marking(repo: &Repo, name: &str) -> (String, camino::Utf8PathBuf) {
    let python = repo.run("sh".into(), &["-c", "command -v python3"]);
    let mark = repo.home().join(format!("{name} ran"));
    let path = repo.home().join(name);
    let script = format!(
        "#!/bin/sh\ntouch '{mark}'\nexec {} \"$@\"\n",
        python.stdout.trim()
    );
    fs_err::write(&path, script).unwrap();
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs_err::set_permissions(&path, executable).unwrap();
    (path.into_string(), mark)
}

#[test]
fn the_python_of_a_platform_tries_its_wheels_and_that_of_the_flag_the_others() {
    let platform = match std::env::consts::ARCH {
        "aarch64" => "linux_arm64",
        _ => "linux_x86_64",
    };
    let settings = super::SETTINGS.replace("CPython==3.12.*", "CPython>=3.8");
    let repo = super::monorepo();
    let (of_platform, platform_ran) = marking(&repo, "of-platform");
    let (of_flag, flag_ran) = marking(&repo, "of-flag");
    let repo = repo.file(
        "Cargo.toml",
        &format!(
            "{settings}\n[workspace.metadata.xtask.package.verify_pythons]\n{platform} = \"{of_platform}\"\n"
        ),
    );
    let verify = ["--verify", "--wheel", "--platform", platform];
    let runner = [&verify[..], &["src/acme/runner:dist"]].concat();
    package(&repo, &runner);
    assert!(platform_ran.exists());
    fs_err::remove_file(&platform_ran).unwrap();
    fs_err::write(repo.root().join("Cargo.toml"), settings).unwrap();
    package(&repo, &[&runner[..], &["--python", &of_flag]].concat());
    assert!(flag_ran.exists() && !platform_ran.exists());
}
