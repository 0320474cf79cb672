//! `generate-lockfiles`: what it locks, what it keeps, and which requests it makes.

mod bad_input;
mod builds;
mod crashes;
mod direct;
mod freshness;
mod indexes;
mod odd_requirements;
mod requirements;

use insta::assert_snapshot;
use testkit::{IndexBuilder, LoopbackIndex, Package, skip};

use crate::{lock, locked, repo};

/// `app` requires `lib`. There are two versions of each.
fn small_index() -> LoopbackIndex {
    LoopbackIndex::start([
        Package::new("app", "1.0").requires("lib"),
        Package::new("app", "2.0").requires("lib"),
        Package::new("lib", "1.0").uploaded("2023-01-01T00:00:00Z"),
        Package::new("lib", "2.0"),
    ])
}

#[test]
fn the_newest_versions_and_what_was_added() {
    let index = small_index();
    let repo = repo().index(&index).requirements("app\n");
    assert_snapshot!(lock(&repo), @"
    exit status 0
    ----- stderr
    python-default (python.lock): 2 packages, written
      + app 2.0  (the requirement `app` is new)
      + lib 2.0  (the requirement `app` is new, through app)
    ");
    assert_snapshot!(locked(&repo, "python-default"), @"
    app==2.0
    lib==2.0
    ");
}

#[test]
fn a_second_run_changes_no_byte_and_makes_no_request() {
    let index = small_index();
    let repo = repo().index(&index).requirements("app\n");
    lock(&repo);
    let before = repo.snapshot();
    index.clear_log();
    assert_snapshot!(lock(&repo), @"
    exit status 0
    ----- stderr
    python-default (python.lock): 2 packages, up to date
    ");
    assert!(before == repo.snapshot(), "the second run changed a file");
    assert_eq!(index.log(), []);
}

#[test]
fn what_was_noted_about_a_lock_holds_for_just_its_text() {
    let index = small_index();
    let repo = repo().index(&index).requirements("app\n");
    lock(&repo);
    lock(&repo);
    let whole = repo.read("python.lock");
    let at = whole.find("[[packages]]\nname = \"lib\"").unwrap();
    repo.write("python.lock", &whole[..at]);
    assert_eq!(repo.xtask(&["generate-lockfiles", "--check"]).status, 1);
    lock(&repo);
    assert_eq!(repo.read("python.lock"), whole);
    lock(&repo);
    let cutoff = ["generate-lockfiles", "--exclude-newer", "2023-06-01"];
    assert_snapshot!(repo.xtask(&[&cutoff[..], &["--check"]].concat()), @"
    exit status 1
    ----- stderr
    python-default (python.lock): 2 packages, stale
      app 2.0 is newer than 2023-06-02T00:00:00Z
    hint: run `cargo xtask generate-lockfiles --resolve python-default`
    ");
}

#[test]
fn without_its_lock_the_second_run_gives_the_same_bytes_from_the_cache() {
    let index = small_index();
    let repo = repo().index(&index).requirements("app\n");
    lock(&repo);
    let first = repo.read("python.lock");
    fs_err::remove_file(repo.root().join("python.lock")).unwrap();
    index.clear_log();
    lock(&repo);
    assert_eq!(repo.read("python.lock"), first);
    assert_eq!(index.log(), []);
}

#[test]
fn pins_stay_when_something_newer_appears() {
    let index = LoopbackIndex::start([
        Package::new("app", "1.0").requires("lib"),
        Package::new("lib", "1.0"),
    ]);
    let repo = repo().index(&index).requirements("app\n");
    lock(&repo);
    index.add(&Package::new("lib", "2.0"));
    index.add(&Package::new("other", "1.0"));
    let repo = repo.requirements("app\nother\n");
    lock(&repo);
    assert_snapshot!(locked(&repo, "python-default"), @"
    app==1.0
    lib==1.0
    other==1.0
    ");
}

#[test]
fn upgrade_moves_what_it_is_told_to_move() {
    let index = small_index();
    let repo = repo().index(&index).requirements("app==1.0\nlib==1.0\n");
    lock(&repo);
    let repo = repo.requirements("app\nlib\n");
    lock(&repo);
    assert_snapshot!(locked(&repo, "python-default"), @"
    app==1.0
    lib==1.0
    ");
    let output = repo.xtask(&["generate-lockfiles", "--upgrade-package", "lib"]);
    assert_eq!(output.status, 0, "{output}");
    assert_snapshot!(locked(&repo, "python-default"), @"
    app==1.0
    lib==2.0
    ");
    let output = repo.xtask(&["generate-lockfiles", "--upgrade"]);
    assert_snapshot!(output, @"
    exit status 0
    ----- stderr
    python-default (python.lock): 2 packages, written
      ~ app 1.0 -> 2.0 (major)  (chosen anew)
    ");
}

#[test]
fn overrides_and_excludes() {
    let index = LoopbackIndex::start([
        Package::new("app", "1.0")
            .requires("lib<2")
            .requires("heavy"),
        Package::new("lib", "1.0"),
        Package::new("lib", "2.0"),
        Package::new("heavy", "1.0"),
    ]);
    let settings = |lib: &str| {
        format!(
            "[python]\nenable_resolves = true\nresolves = {{ python-default = 'python.lock' }}\n\
             [python.resolves_to_overrides]\npython-default = ['{lib}']\n\
             [python.resolves_to_excludes]\npython-default = ['heavy']\n"
        )
    };
    let repo = repo().index(&index).requirements("app\n");
    repo.write("pants.toml", &settings("lib==2.0"));
    lock(&repo);
    assert_snapshot!(locked(&repo, "python-default"), @"
    app==1.0
    lib==2.0
    ");
    repo.write("pants.toml", &settings("lib==1.0"));
    assert_snapshot!(repo.xtask(&["generate-lockfiles", "--check"]), @"
    exit status 1
    ----- stderr
    python-default (python.lock): 2 packages, stale
      `overrides` was `lib==2.0` and is now `lib==1.0`
    hint: run `cargo xtask generate-lockfiles --resolve python-default`
    ");
    lock(&repo);
    assert_snapshot!(locked(&repo, "python-default"), @"
    app==1.0
    lib==1.0
    ");
    assert_snapshot!(repo.xtask(&["why", "lib"]).stdout, @"
    lib 1.0
      requirements.txt:1 `app` > app 1.0 > lib==1.0 > lib 1.0
    ");
}

#[test]
fn check_writes_nothing_and_names_what_is_stale() {
    let index = small_index();
    let repo = repo().index(&index).requirements("app\n");
    lock(&repo);
    let output = repo.xtask(&["generate-lockfiles", "--check"]);
    assert_eq!(output.status, 0, "{output}");
    let repo = repo.requirements("app<2\n");
    let before = repo.snapshot();
    let output = repo.xtask(&["generate-lockfiles", "--check"]);
    assert_snapshot!(output, @"
    exit status 1
    ----- stderr
    python-default (python.lock): 2 packages, stale
      the requirement `app` is now `app<2`
    hint: run `cargo xtask generate-lockfiles --resolve python-default`
    ");
    assert!(before == repo.snapshot(), "--check wrote something");
}

#[test]
fn check_without_a_lock() {
    let index = small_index();
    let repo = repo().index(&index).requirements("app\n");
    let output = repo.xtask(&["generate-lockfiles", "--check"]);
    assert_snapshot!(output, @"
    exit status 1
    ----- stderr
    python-default (python.lock): stale
      there is no lock
    hint: run `cargo xtask generate-lockfiles --resolve python-default`
    ");
    assert!(!repo.root().join("python.lock").exists());
}

#[test]
fn a_file_that_was_uploaded_too_late_is_not_seen() {
    let index = small_index();
    let repo = repo().index(&index).requirements("lib\n");
    let output = repo.xtask(&["generate-lockfiles", "--exclude-newer", "2023-06-01"]);
    assert_eq!(output.status, 0, "{output}");
    assert_snapshot!(locked(&repo, "python-default"), @"lib==1.0");
}

#[test]
fn one_lock_for_every_platform() {
    let index = LoopbackIndex::start([
        Package::new("app", "1.0")
            .requires("windows-only; sys_platform == 'win32'")
            .requires("old; platform_machine == 'aarch64'")
            .requires("native"),
        Package::new("windows-only", "1.0"),
        Package::new("old", "1.0"),
        Package::new("old", "2.0"),
        Package::new("native", "1.0")
            .wheel("cp312-cp312-manylinux2014_x86_64")
            .wheel("cp312-cp312-win_amd64")
            .sdist(),
    ]);
    let repo = repo()
        .index(&index)
        .requirements("app\nold<2; sys_platform == 'linux'\nold>=2; sys_platform != 'linux'\n");
    lock(&repo);
    assert_snapshot!(locked(&repo, "python-default"), @"
    app==1.0
    native==1.0
    old==1.0 ; sys_platform == 'linux'
    old==2.0 ; sys_platform != 'linux'
    windows-only==1.0 ; sys_platform == 'win32'
    ");
}

#[test]
fn a_release_of_the_operating_system_is_a_version() {
    let between = "platform_release >= '9.0' and platform_release < '18.0'";
    let index = LoopbackIndex::start([
        Package::new("app", "1.0")
            .requires(&format!("pubsub; {between} and sys_platform == 'darwin'"))
            .requires("never; platform_release < '9.0' and platform_release >= '18.0'"),
        Package::new("pubsub", "1.0"),
        Package::new("never", "1.0"),
    ]);
    let repo = repo().index(&index).requirements("app\n");
    lock(&repo);
    assert_snapshot!(locked(&repo, "python-default"), @"
    app==1.0
    pubsub==1.0 ; platform_release >= '9' and platform_release < '18' and sys_platform == 'darwin'
    ");
}

#[test]
fn every_resolve_has_a_lock_of_its_own() {
    let index = small_index();
    let repo = repo()
        .index(&index)
        .file(
            "pants.toml",
            "[python]\nenable_resolves = true\ninterpreter_constraints = ['CPython==3.12.*']\n\
             [python.resolves]\npython-default = 'python.lock'\ntool = 'tools/tool.lock'\n",
        )
        .file("requirements.txt", "app\n")
        .file(
            "BUILD",
            "python_requirements(name='reqs')\n\
             python_requirement(name='tool', requirements=['lib<2'], resolve='tool')\n",
        );
    assert_snapshot!(lock(&repo), @"
    exit status 0
    ----- stderr
    python-default (python.lock): 2 packages, written
      + app 2.0  (the requirement `app` is new)
      + lib 2.0  (the requirement `app` is new, through app)
    tool (tools/tool.lock): 1 packages, written
      + lib 1.0  (the requirement `lib<2` is new)
    ");
    assert_snapshot!(locked(&repo, "tool"), @"lib==1.0");
    assert_snapshot!(locked(&repo, "python-default"), @"
    app==2.0
    lib==2.0
    ");
}

#[test]
fn one_resolve_alone() {
    let index = small_index();
    let repo = repo()
        .index(&index)
        .file(
            "Cargo.toml",
            "[workspace.metadata.xtask.python]\ninterpreter_constraints = ['CPython==3.12.*']\n\
             resolves = { python-default = 'python.lock', tool = 'tool.lock' }\n",
        )
        .file(
            "BUILD",
            "python_requirement(name='x', requirements=['lib'], resolve='tool')\n",
        );
    let output = repo.xtask(&["generate-lockfiles", "--resolve", "tool"]);
    assert_eq!(output.status, 0, "{output}");
    assert!(repo.root().join("tool.lock").exists());
    assert!(!repo.root().join("python.lock").exists());
}

#[test]
fn another_repository_is_named_by_c() {
    let index = small_index();
    let inner = repo().index(&index).requirements("lib\n");
    let root = inner.root();
    let outer = repo().index(&index);
    let output = outer.xtask(&["-C", root.as_str(), "generate-lockfiles"]);
    assert_eq!(output.status, 0, "{output}");
    assert!(root.join("python.lock").exists());
}

#[test]
fn the_root_is_found_upwards() {
    let index = small_index();
    let repo = repo()
        .index(&index)
        .requirements("lib\n")
        .file("a/b/c.txt", "");
    let folder = repo.root().join("a/b");
    let output = repo.xtask_in(&folder, &["generate-lockfiles"]);
    assert_eq!(output.status, 0, "{output}");
    assert!(repo.root().join("python.lock").exists());
}

#[test]
fn pants_settings_that_are_not_used_are_listed_with_v() {
    let index = small_index();
    let repo = repo().index(&index).requirements("lib\n").file(
        "pants.toml",
        "[GLOBAL]\npants_version = '2.21.0'\nbackend_packages = ['pants.backend.python']\n\
         [python]\nenable_resolves = true\ninterpreter_constraints = ['CPython==3.12.*']\n\
         [python.resolves]\npython-default = 'python.lock'\n[docker]\nenv_vars = ['HOME']\n",
    );
    let output = repo.xtask(&["generate-lockfiles", "-v"]);
    assert_eq!(output.status, 0, "{output}");
    let lines: Vec<_> = output
        .stderr
        .lines()
        .filter(|line| line.contains("pants.toml"))
        .collect();
    assert_snapshot!(lines.join("\n"), @"pants.toml:10: `[docker] env_vars` is not used");
}

#[test]
fn a_pants_setting_that_would_make_another_lock_is_not_passed_over() {
    let index = small_index();
    let repo = repo().index(&index).requirements("lib\n").file(
        "pants.toml",
        "[python]\nenable_resolves = true\n[python.resolves]\npython-default = 'python.lock'\n\
         [python.resolves_to_lock_style]\npython-default = 'strict'\n",
    );
    let output = repo.xtask(&["generate-lockfiles"]);
    let warning = output.stderr.lines().next().unwrap();
    assert_snapshot!(warning, @"warning: pants.toml:5: `[python] resolves_to_lock_style` is not used");
}

#[test]
fn the_pins_of_a_pants_lock_are_kept_the_first_time() {
    let index = small_index();
    let repo = repo().index(&index).requirements("app\n").file(
        "python.lock",
        r#"// This lockfile was autogenerated by Pants. To regenerate, run:
//
//    pants generate-lockfiles --resolve=python-default
//
// --- BEGIN PANTS LOCKFILE METADATA: DO NOT EDIT OR REMOVE ---
// {"version": 3, "valid_for_interpreter_constraints": ["CPython==3.12.*"], "generated_with_requirements": ["app"]}
// --- END PANTS LOCKFILE METADATA ---
{"locked_resolves": [{"locked_requirements": [
  {"artifacts": [], "project_name": "app", "requires_dists": ["lib"], "requires_python": null, "version": "1.0"},
  {"artifacts": [], "project_name": "lib", "requires_dists": [], "requires_python": null, "version": "1.0"}
], "platform_tag": null}], "pex_version": "2.1.137", "requirements": ["app"], "style": "universal"}
"#,
    );
    assert_snapshot!(lock(&repo), @"
    exit status 0
    ----- stderr
    python-default (python.lock): 2 packages, written, no package changed
    ");
    assert_snapshot!(locked(&repo, "python-default"), @"
    app==1.0
    lib==1.0
    ");
}

#[test]
fn json_for_scripts() {
    let index = small_index();
    let repo = repo().index(&index).requirements("app\n");
    let output = repo.xtask(&["generate-lockfiles", "--output-format", "json"]);
    assert_eq!(output.status, 0, "{output}");
    let value: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    assert_snapshot!(serde_json::to_string_pretty(&value).unwrap(), @r#"
    [
      {
        "changes": [
          {
            "cause": {
              "input": {
                "input": {
                  "requirement-added": "app"
                },
                "through": []
              }
            },
            "change": "added",
            "marker": "",
            "name": "app",
            "version": "2.0"
          },
          {
            "cause": {
              "input": {
                "input": {
                  "requirement-added": "app"
                },
                "through": [
                  "app"
                ]
              }
            },
            "change": "added",
            "marker": "",
            "name": "lib",
            "version": "2.0"
          }
        ],
        "lockfile": "python.lock",
        "packages": 2,
        "resolve": "python-default",
        "status": "written"
      }
    ]
    "#);
}

#[test]
fn a_source_distribution_whose_requirements_only_its_build_tells() {
    if !python_is_there() {
        return;
    }
    let index = IndexBuilder::new([
        Package::new("app", "1.0")
            .requires("lib")
            .sdist()
            .needs_build(),
        Package::new("lib", "1.0"),
    ])
    .start();
    let repo = repo().index(&index).requirements("app\n");
    lock(&repo);
    assert_snapshot!(locked(&repo, "python-default"), @"
    app==1.0
    lib==1.0
    ");
}

#[test]
fn this_repositorys_own_locks_are_what_its_inputs_say() {
    let outside = repo();
    let root = crate::root();
    let output = outside.xtask(&["-C", root.as_str(), "generate-lockfiles", "--check"]);
    assert_eq!(output.status, 0, "{output}");
}

/// Whether there is a Python that can build a source distribution.
fn python_is_there() -> bool {
    let found = std::env::var_os("PATH").is_some_and(|path| {
        std::env::split_paths(&path).any(|folder| folder.join("python3").exists())
    });
    if !found {
        skip("needs a python3 on PATH");
    }
    found
}

/// The wheel of cos-python-sdk-v5 1.9.44 for Python 2 requires an older requests than the other one.
#[test]
fn a_wheel_for_python_2_says_nothing_of_python_3() {
    let index = LoopbackIndex::start([
        Package::new("a", "1.0")
            .wheel("py2-none-any")
            .requires("b<2"),
        Package::new("a", "1.0")
            .requires("b")
            .member("a/more.py", &[b'#'; 5000]),
        Package::new("b", "1.0"),
        Package::new("b", "2.0"),
    ]);
    let repo = repo().index(&index).requirements("a\n");
    lock(&repo);
    assert_snapshot!(locked(&repo, "python-default"), @"
    a==1.0
    b==2.0
    ");
}
