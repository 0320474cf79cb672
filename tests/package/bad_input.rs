//! Mistakes: each is refused with a place and a hint, and leaves no file under its final name.

use insta::assert_snapshot;
use testkit::Repo;

use super::{SETTINGS, built, elf, monorepo, package};
use crate::repo;

/// Runs `package`, which must fail and leave no archive.
#[track_caller]
fn refusal(repo: &Repo, arguments: &[&str]) -> String {
    let output = repo.xtask(&[&["package"], arguments].concat());
    assert_eq!(output.status, 1, "{output}");
    assert_eq!(built(repo), [""; 0], "{output}");
    output.stderr
}

/// A repository with one distribution, `src/a:dist`, of the files in `src/a`.
fn one(build: &str) -> Repo {
    let build = format!("python_sources()\nresources(name=\"data\", sources=[\"*.txt\"])\n{build}");
    repo()
        .env("SOURCE_DATE_EPOCH", "0")
        .file("Cargo.toml", SETTINGS)
        .file("src/a/BUILD", &build)
        .file("src/a/x.py", "import os\n")
        .file("src/a/data.txt", "data\n")
}

const DIST: &str = "python_distribution(name=\"dist\", dependencies=[\":a\", \":data\"], provides=python_artifact(name=\"a\", version=\"1\"))\n";

#[test]
fn a_dependency_that_no_distribution_ships() {
    let repo = one(DIST)
        .file("src/b/BUILD", "python_sources()\n")
        .file("src/b/y.py", "")
        .file("src/a/x.py", "import b.y\n");
    assert_snapshot!(refusal(&repo, &["::"]), @"
    error: no distribution owns `src/b/y.py`, which `src/a:dist` needs
    --> src/b/y.py
     |
    hint: declare a `python_distribution` in `src/b` or above it that depends on `src/b/y.py`
    ");
}

#[test]
fn two_distributions_would_ship_a_file() {
    let second = DIST
        .replace("\"dist\"", "\"again\"")
        .replace("\"a\"", "\"again\"");
    assert_snapshot!(refusal(&one(&format!("{DIST}{second}")), &[]), @"
    error: more than one distribution owns `src/a/x.py`: `src/a:again`, `src/a:dist`
    --> src/a/x.py
     |
    hint: let only one of them depend on it, or move one to another folder
    ");
}

#[test]
fn two_distributions_of_one_name() {
    let twin = DIST
        .replace(":a\"", ":b\"")
        .replace("name=\"a\"", "name=\"A\"")
        .replace(", \":data\"", "");
    let repo = one(DIST)
        .file("src/b/BUILD", &format!("python_sources()\n{twin}"))
        .file("src/b/y.py", "");
    assert_snapshot!(refusal(&repo, &[]), @r#"
    error: src/a:dist and src/b:dist both provide `A`
     --> src/b/BUILD:2:55
      |
    2 | python_distribution(name="dist", dependencies=[":b"], provides=python_artifact(name="A", version="1"))
      |                                                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
    hint: give each a name of its own
    "#);
}

#[test]
fn no_version_anywhere() {
    let repo = one(&DIST.replace(", version=\"1\"", ""));
    assert_snapshot!(refusal(&repo, &[]), @"
    error: cannot read the version file VERSION
     |
     = No such file or directory (os error 2)
     = src/a:dist gives no version of its own
    hint: give `version=` in `provides`, or set `[package] version_file`
    ");
}

#[test]
fn a_requirement_that_only_this_machine_has() {
    let repo = monorepo().file(
        "requirements.txt",
        "attrs\nuvloop @ file:///wheels/uvloop.zip\n",
    );
    assert_snapshot!(refusal(&repo, &["src/acme/lib:dist"]), @"
    error: src/acme/lib:dist requires `uvloop @ file:///wheels/uvloop.zip`, which only this machine has
     --> requirements.txt:2:1
      |
    2 | uvloop @ file:///wheels/uvloop.zip
      | ^^^^^^
      |
    hint: who installs the distribution needs a version or a URL
    ");
}

#[test]
fn an_extra_that_requires_nonsense() {
    let repo = one(
        "python_distribution(name='dist', dependencies=[':a'], provides=python_artifact(name='a', version='1', extras_require={'x': ['attrs >']}))\n",
    );
    assert_snapshot!(refusal(&repo, &[]), @"
    error: src/a:dist: `extras_require`: `attrs >` is not a requirement (PEP 508): Unexpected end of version specifier, expected version
     --> src/a/BUILD:3:55
      |
    3 | python_distribution(name='dist', dependencies=[':a'], provides=python_artifact(name='a', version='1', extras_require={'x': ['attrs >'...
      |                                                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    ");
}

#[test]
fn a_version_file_without_a_version() {
    let repo = one(&DIST.replace(", version=\"1\"", "")).file("VERSION", "next\n");
    assert_snapshot!(refusal(&repo, &[]), @r#"
    error: `VERSION` holds "next", which is not a version (PEP 440): expected version to start with a number, but no leading ASCII digits were found
    --> VERSION
    "#);
}

#[test]
fn a_version_that_is_none() {
    assert_snapshot!(refusal(&one(&DIST.replace("\"1\"", "\"one\"")), &[]), @r#"
    error: `version="one"` of src/a:dist is not a version
     --> src/a/BUILD:3:64
      |
    3 | python_distribution(name="dist", dependencies=[":a", ":data"], provides=python_artifact(name="a", version="one"))
      |                                                                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = expected version to start with a number, but no leading ASCII digits were found
    hint: see https://packaging.python.org/en/latest/specifications/version-specifiers/
    "#);
}

#[test]
fn no_readme() {
    let repo = one(DIST).file(
        "Cargo.toml",
        &format!("{SETTINGS}readmes = [\"README.md\", \"README.rst\"]\n"),
    );
    assert_snapshot!(refusal(&repo, &[]), @r#"
    error: src/a:dist: no readme in `src/a`: looked for README.md, README.rst
     --> src/a/BUILD:3:64
      |
    3 | python_distribution(name="dist", dependencies=[":a", ":data"], provides=python_artifact(name="a", version="1"))
      |                                                                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
    hint: add one, or change `[package] readmes`
    "#);
}

#[test]
fn a_readme_that_is_not_there() {
    let repo = one(&DIST.replace(
        "name=\"dist\",",
        "name=\"dist\", long_description_path=\"src/a/ABOUT.md\",",
    ));
    assert_snapshot!(refusal(&repo, &[]), @r#"
    error: cannot read the readme src/a/ABOUT.md
     --> src/a/BUILD:3:104
      |
    3 | ..."src/a/ABOUT.md", dependencies=[":a", ":data"], provides=python_artifact(name="a", version="1"))
      |                                                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = No such file or directory (os error 2)
    "#);
}

#[test]
fn no_licence_file() {
    let repo = one(DIST).file(
        "Cargo.toml",
        &format!("{SETTINGS}license_files = [\"LICENSE\"]\n"),
    );
    assert_snapshot!(refusal(&repo, &[]), @r#"
    error: there is no licence file `LICENSE` for src/a:dist
     --> src/a/BUILD:3:64
      |
    3 | python_distribution(name="dist", dependencies=[":a", ":data"], provides=python_artifact(name="a", version="1"))
      |                                                                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = looked for src/a/LICENSE and LICENSE
    hint: add it, or change `license_files` in `provides` or `[package]`
    "#);
}

#[test]
fn a_field_of_provides_that_the_graph_decides() {
    let repo = one(&DIST.replace("version=\"1\"", "version=\"1\", install_requires=[\"x\"]"));
    assert_snapshot!(refusal(&repo, &[]), @r#"
    error: `install_requires` in `provides` of `src/a:dist`: it follows from the imports of the code
     --> src/a/BUILD:3:64
      |
    3 | python_distribution(name="dist", dependencies=[":a", ":data"], provides=python_artifact(name="a", version="1", install_requires=["x"]))
      |                                                                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
    hint: remove it; requirements that imports do not show go into the `dependencies` of the code
    "#);
}

#[test]
fn an_entry_point_that_is_none() {
    let repo = one(&DIST.replace(
        "name=\"dist\",",
        "name=\"dist\", entry_points={\"console_scripts\": {\"a\": \"a.x:\"}},",
    ));
    assert_snapshot!(refusal(&repo, &[]), @r#"
    error: src/a:dist: the entry point `a = a.x:` of `console_scripts`: its attribute must be dotted identifiers, as in `package.module:attribute`
     --> src/a/BUILD:3:34
      |
    3 | python_distribution(name="dist", entry_points={"console_scripts": {"a": "a.x:"}}, dependencies=[":a", ":data"], provides=python_artif...
      |                                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    "#);
}

#[test]
fn an_entry_point_of_a_target_that_is_not_there() {
    let repo = one(&DIST.replace(
        "name=\"dist\",",
        "name=\"dist\", entry_points={\"console_scripts\": {\"a\": \":bin\"}},",
    ));
    assert_snapshot!(refusal(&repo, &[]), @r#"
    error: no target `:bin`: its folder declares no such target
     --> src/a/BUILD:3:74
      |
    3 | python_distribution(name="dist", entry_points={"console_scripts": {"a": ":bin"}}, dependencies=[":a", ":data"], provides=python_artif...
      |                                                                          ^^^^^^^^
      |
    hint: there are `src/a:a`, `src/a:data`, `src/a:dist`
    "#);
}

#[test]
fn a_platform_without_resources() {
    assert_snapshot!(refusal(&monorepo(), &["src/acme/runner:dist", "--platform", "macos_arm64"]), @r#"
    error: cannot build src/acme/runner:dist for macos_arm64: its platform resources have no entry for it
      --> src/acme/runner/BUILD:12:5
       |
    12 |     provides=python_artifact(name="acme-runner", version="3"),
       |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
       |
       = there are entries for linux_arm64, linux_x86_64
    hint: add it to the `dependency_map` of the `platform_resources`, or leave the platform out
    "#);
}

#[test]
fn a_platform_without_a_tag() {
    let repo = monorepo().file(
        "Cargo.toml",
        &format!("{SETTINGS}platform_tags = {{ linux_x86_64 = \"manylinux_2_28_x86_64\" }}\n"),
    );
    assert_snapshot!(refusal(&repo, &["src/acme/runner:dist", "--platform", "linux_arm64"]), @r#"
    error: cannot name the wheel of src/acme/runner:dist for linux_arm64: no platform tag is set for it
    --> Cargo.toml
     |
    hint: add it: `[package.platform_tags]` with `linux_arm64 = "…"`
    "#);
}

#[test]
fn a_platform_that_is_none() {
    let output = monorepo().xtask(&["package", "--platform", "linux_amd64"]);
    assert_eq!(output.status, 2, "{output}");
    assert_snapshot!(output.stderr, @"
    error: invalid value 'linux_amd64' for '--platform <PLATFORM>': `linux_amd64` is neither a platform (linux_arm64, linux_x86_64, macos_arm64, macos_x86_64, windows_x86_64) nor the platform tag of a wheel for one of them

    For more information, try '--help'.
    ");
}

#[test]
#[cfg(unix)]
fn a_link_out_of_the_tree() {
    let repo = one(DIST);
    fs_err::os::unix::fs::symlink("/etc/hostname", repo.root().join("src/a/host.txt")).unwrap();
    assert_snapshot!(refusal(&repo, &[]), @r#"
    error: cannot build src/a:dist: `[REPO]/src/a/host.txt` is a symbolic link to `/etc/hostname`, which is outside `[REPO]`
     --> src/a/BUILD:3:64
      |
    3 | python_distribution(name="dist", dependencies=[":a", ":data"], provides=python_artifact(name="a", version="1"))
      |                                                                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
    hint: put a copy of the file there, or link to a file of the repository
    "#);
}

#[test]
fn output_paths_that_lead_elsewhere() {
    for path in ["../../escape", "/escape"] {
        let app = super::APP.replace("sdist=False,", &format!("output_path=\"{path}\","));
        let repo = super::monorepo().file("src/acme/app/BUILD", &app);
        let said = refusal(&repo, &["src/acme/app:dist"]).replace(path, "[PATH]");
        insta::allow_duplicates! { assert_snapshot!(said.replace('^', ""), @r#"
        error: `output_path` of src/acme/app:dist leads out of the output folder: `[PATH]`
         --> src/acme/app/BUILD:8:5
          |
        8 |     output_path="[PATH]",
          |     
          |
        hint: write a path relative to it; `--out-dir` says where that is
        "#) }
    }
}

#[test]
fn a_name_that_windows_reserves() {
    assert_snapshot!(refusal(&one(DIST).file("src/a/aux.txt", ""), &[]), @r#"
    error: cannot build src/a:dist: `a/aux.txt` cannot be a name in the archive: Windows reserves the name of a device (`CON`, `NUL`, `COM1`, …)
     --> src/a/BUILD:3:64
      |
    3 | python_distribution(name="dist", dependencies=[":a", ":data"], provides=python_artifact(name="a", version="1"))
      |                                                                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
    hint: rename the file, or do without Windows: `[package] portable_names = false`
    "#);
}

#[test]
fn names_that_differ_in_case_only() {
    let repo = one(DIST)
        .file("src/a/read.txt", "")
        .file("src/a/Read.txt", "");
    assert_snapshot!(refusal(&repo, &[]), @r#"
    error: cannot build src/a:dist: `a/Read.txt` ([REPO]/src/a/Read.txt) and `a/read.txt` ([REPO]/src/a/read.txt) differ in case only: on Windows and macOS one would overwrite the other
     --> src/a/BUILD:3:64
      |
    3 | python_distribution(name="dist", dependencies=[":a", ":data"], provides=python_artifact(name="a", version="1"))
      |                                                                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
    hint: rename one of the files
    "#);
}

#[test]
fn a_git_lfs_pointer() {
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12345\n";
    let repo = one(DIST).file("src/a/big.txt", pointer);
    assert_snapshot!(refusal(&repo, &["--verify", "--wheel"]), @r#"
    error: a-1-py3-none-any.whl does not pass verification
     --> src/a/BUILD:3:64
      |
    3 | python_distribution(name="dist", dependencies=[":a", ":data"], provides=python_artifact(name="a", version="1"))
      |                                                                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = `a/big.txt` is a Git LFS pointer, not the file: run `git lfs pull` and build again
    hint: the wheel was not kept; build without `--verify` to look at it
    "#);
}

#[test]
fn a_binary_for_another_machine() {
    let repo = monorepo().file("src/acme/runner/run.aarch64.bin", &elf(62));
    assert_snapshot!(refusal(&repo, &["--verify", "--wheel", "--platform", "linux_arm64", "src/acme/runner:dist"]), @r#"
    error: acme_runner-3-py3-none-manylinux2014_aarch64.whl does not pass verification
      --> src/acme/runner/BUILD:12:5
       |
    12 |     provides=python_artifact(name="acme-runner", version="3"),
       |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
       |
       = `acme/runner/run.aarch64.bin` is ELF for x86_64, but the wheel is for manylinux2014_aarch64
    hint: the wheel was not kept; build without `--verify` to look at it
    "#);
}

#[test]
fn a_binary_that_is_named() {
    let repo = monorepo().file(
        "src/acme/app/tool/BUILD",
        "pex_binary(name=\"tool\", entry_point=\"acme.app.cli\")\n",
    );
    assert_snapshot!(refusal(&repo, &["src/acme/app/tool:tool"]), @"
    error: cannot build src/acme/app/tool:tool: `pex_binary` is not built yet
     |
    hint: package its code as a `python_distribution`, and install that
    ");
}

#[test]
fn binaries_alone() {
    let repo = monorepo().file(
        "src/acme/app/tool/BUILD",
        "pex_binary(name=\"tool\", entry_point=\"acme.app.cli\", tags=[\"scie\"])\n",
    );
    let expected = "\
src/acme/app/tool:tool is left out: `pex_binary` is not built yet
error: nothing that was asked for can be built here
 |
hint: package the code as a `python_distribution`, and install that
";
    for asked in [&["src/acme/app/tool::"][..], &["--tag=scie", "::"]] {
        assert_eq!(refusal(&repo, asked), expected);
    }
}

#[test]
fn nothing_to_build() {
    assert_snapshot!(refusal(&one(""), &[]), @r#"
    error: there is nothing to build: no BUILD file declares a `python_distribution`
     |
    hint: declare one: `python_distribution(name="dist", dependencies=[…], provides=python_artifact(name="…"))`
    "#);
    for all in [&["::"][..], &["::", "--exclude", "src/a::"]] {
        let output = package(&one(""), all);
        let said =
            "nothing to build: no BUILD file that was asked for declares a `python_distribution`\n";
        assert_eq!(output.stderr, said);
    }
    assert_snapshot!(refusal(&one(""), &["src::"]), @r#"
    error: there is nothing to build: no BUILD file declares a `python_distribution`
     |
    hint: declare one: `python_distribution(name="dist", dependencies=[…], provides=python_artifact(name="…"))`
    "#);
    assert_snapshot!(refusal(&one(DIST), &["--tag=wheel", "::"]), @"
    error: there is no `python_distribution` with these tags among ::
     |
    hint: `cargo xtask package` alone builds every distribution
    ");
    assert_snapshot!(refusal(&one(DIST), &["src/a:dits"]), @"
    error: `src/a:dits` names no target: its folder declares no such target
     |
    hint: did you mean `src/a:dist`?
    ");
}

#[test]
fn an_epoch_that_is_none() {
    assert_snapshot!(refusal(&one(DIST).env("SOURCE_DATE_EPOCH", "today"), &[]), @"
    error: cannot use SOURCE_DATE_EPOCH
     |
     = `today` is not a number of seconds since 1970, as SOURCE_DATE_EPOCH must be
    hint: unset it, or `export SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)`
    ");
}

#[test]
fn a_commit_that_is_none() {
    assert_snapshot!(refusal(&one(DIST), &["--changed-since", "no-such-branch"]), @"
    error: cannot tell what changed since `no-such-branch`: this is no git repository
     |
    hint: `--changed-since` compares with a commit of git; specs name targets without it
    ");
}

#[test]
fn neither_wheel_nor_sdist() {
    let repo = one(&DIST.replace("name=\"dist\",", "name=\"dist\", wheel=False, sdist=False,"));
    assert_snapshot!(refusal(&repo, &[]), @r#"
    error: `src/a:dist` builds neither a wheel nor a source distribution
     --> src/a/BUILD:3:34
      |
    3 | python_distribution(name="dist", wheel=False, sdist=False, dependencies=[":a", ":data"], provides=python_artifact(name="a", version="...
      |                                  ^^^^^^^^^^^^
      |
    hint: set `wheel` or `sdist` to `True`
    "#);
}

#[test]
fn a_run_that_is_killed() {
    let noise: String = (0_u64..400_000)
        .map(|n| format!("{:x}", n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33))
        .collect();
    let repo = monorepo().file("src/acme/app/big.py", &format!("X = \"{noise}\"\n"));
    let arguments = ["package", "--wheel", "src/acme/app:dist"];
    let wheel = repo.root().join("dist/acme_app-24.9.0-py3-none-any.whl");
    for milliseconds in [20, 60, 120, 240] {
        let running = repo.start(&arguments);
        std::thread::sleep(std::time::Duration::from_millis(milliseconds));
        running.kill();
        if wheel.exists() {
            super::open(&wheel);
        }
    }
    let output = repo.xtask(&arguments);
    assert_eq!(output.status, 0, "{output}");
    assert_eq!(
        built(&repo),
        ["acme_app-24.9.0-py3-none-any.whl"],
        "nothing is left over"
    );
    super::open(&wheel);
}

#[test]
fn a_full_disk() {
    // The file is larger than the disk and cannot be compressed.
    let noise = (0_u64..40_000).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33);
    let noise: String = noise.map(|n| format!("{n:x}")).collect();
    let repo = monorepo().file("src/acme/app/big.py", &format!("X = \"{noise}\"\n"));
    let script = "mkdir -p dist && mount -t tmpfs -o size=64k none dist && \"$0\" package src/acme/app:dist; \
                  status=$?; ls -A dist; exit $status";
    let Some(output) = repo.in_own_mounts(script) else {
        return;
    };
    assert_eq!(output.status, 1, "{output}");
    assert_eq!(output.stdout, "", "nothing is left");
    assert_snapshot!(output.stderr, @r#"
    error: cannot build src/acme/app:dist: cannot write `[REPO]/dist/acme_app-24.9.0-py3-none-any.whl`
     --> src/acme/app/BUILD:6:5
      |
    6 |     provides=python_artifact(name="acme_app", license="MIT"),
      |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = No space left on device (os error 28)
    hint: free some space and run it again
    "#);
}
