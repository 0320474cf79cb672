//! End-to-end tests: the real binary in throw-away repositories, one file or folder per command.

#![allow(clippy::unwrap_used, reason = "a mistake in a fixture fails its test")]

mod backport;
mod changed_distributions;
mod changelog;
mod check;
mod check_export;
mod check_visibility;
mod clean;
mod command_line;
mod completions;
mod count_loc;
mod dependencies;
mod dependents;
mod doctor;
mod explain;
mod export;
mod filedeps;
mod findings;
mod first_contact;
mod fix;
mod fixtures;
mod fmt;
mod fuzz;
mod generate_lockfiles;
mod graph;
mod help;
mod import;
mod init;
mod install_hooks;
mod install_merge_driver;
mod install_plugin;
mod linked_packages;
mod lint;
mod list;
mod lock;
mod lock_damage;
mod man;
mod manual;
mod merge_lockfile;
mod migrate;
mod module_mapping;
mod outdated;
mod own;
mod package;
mod paths;
mod peek;
mod prebuilt;
mod project_versions;
mod projects;
mod public_indexes;
mod publish;
mod py_constraints;
mod real_lock;
mod release;
mod resolves;
mod roots;
mod run;
mod schemas;
mod tailor;
mod test;
mod timings;
mod tool_cases;
mod tree;
mod update_build_files;
mod vendor;
mod version;
mod why;
mod why_not;
mod without_cargo;
mod workflows;

use camino::{Utf8Path, Utf8PathBuf};
use testkit::{Output, Package, Repo};

/// The path of the binary under test.
const BINARY: &str = env!("CARGO_BIN_EXE_cargo-xtask");

/// The path of the program that stands for it under its short name.
const SHORT: &str = env!("CARGO_BIN_EXE_xt");

/// An empty repository for CPython 3.12.
fn repo() -> Repo {
    Repo::new(BINARY)
}

/// Runs a command that must succeed.
#[track_caller]
fn done(repo: &Repo, arguments: &[&str]) -> Output {
    let output = repo.xtask(arguments);
    assert_eq!(output.status, 0, "{output}");
    output
}

/// Locks every resolve, which must succeed.
#[track_caller]
fn lock(repo: &Repo) -> Output {
    let output = repo.xtask(&["generate-lockfiles"]);
    assert_eq!(output.status, 0, "{output}");
    output
}

/// The lock of a resolve as requirements without hashes, which are easy to read in a test.
#[track_caller]
fn locked(repo: &Repo, resolve: &str) -> String {
    let arguments = ["export", "--resolve", resolve, "--format", "requirements"];
    let output = repo.xtask(&arguments);
    assert_eq!(output.status, 0, "{output}");
    let lines = output
        .stdout
        .lines()
        .map(|line| line.trim_end_matches(['\\', ' ']));
    let kept = lines.filter(|line| !line.trim_start().starts_with(['#', '-']) && !line.is_empty());
    kept.collect::<Vec<_>>().join("\n")
}

/// Runs a command that must fail with status 1 and must not change any file. Gives its message.
#[track_caller]
fn refused(repo: &Repo, arguments: &[&str]) -> String {
    let before = repo.snapshot();
    let output = repo.xtask(arguments);
    assert_eq!(output.status, 1, "{output}");
    assert_eq!(output.stdout, "", "errors go to stderr");
    assert!(before == repo.snapshot(), "a file was touched");
    output.stderr
}

/// Runs git in the root. It must succeed; gives its output.
#[track_caller]
fn git(repo: &Repo, arguments: &[&str]) -> String {
    let output = repo.run("git".into(), arguments);
    assert_eq!(output.status, 0, "git {}: {output}", arguments.join(" "));
    output.stdout.trim_end().to_owned()
}

/// Commits everything.
#[track_caller]
fn commit(repo: &Repo, message: &str) {
    git(repo, &["add", "--all"]);
    let commit = ["commit", "--quiet", "--allow-empty", "--message", message];
    git(repo, &commit);
}

/// Makes a git repository outside of `repo` with the source of a package.
#[track_caller]
fn source_repository(repo: &Repo, package: &Package) -> Utf8PathBuf {
    let folder = repo.home().join(package.file_name());
    package.write_source(&folder);
    let at = ["-C", folder.as_str()];
    for arguments in [
        &["init", "--quiet", "--initial-branch=main"][..],
        &["add", "."],
        &["commit", "--quiet", "-m", "first"],
    ] {
        git(repo, &[&at[..], arguments].concat());
    }
    folder
}

/// Adds a commit with another version of the package to such a repository. Gives the commit.
#[track_caller]
fn commit_source(repo: &Repo, package: &Package) -> String {
    let folder = repo.home().join(package.file_name());
    package.write_source(&folder);
    let at = ["-C", folder.as_str()];
    let more = ["commit", "--quiet", "--all", "--allow-empty", "-m", "more"];
    git(repo, &[&at[..], &more].concat());
    head(&folder)
}

/// The full hash of the commit of `main`. Output of programs would have it hidden.
fn head(folder: &Utf8Path) -> String {
    let text = fs_err::read_to_string(folder.join(".git/refs/heads/main")).unwrap();
    text.trim().to_owned()
}

/// Checks bills of materials, or those in wheels, with the schema of CycloneDX. Without the tool
/// for it, the check is skipped and reported.
#[track_caller]
fn check_bills(repo: &Repo, files: &[&str]) {
    let Some(python) = testkit::peer("python") else {
        return;
    };
    let known = repo.run(&python, &["-c", "import cyclonedx.validation.json"]);
    if known.status != 0 {
        testkit::skip("needs cyclonedx-python-lib of tests/peers.txt, and XTASK_PEERS has none");
        return;
    }
    let script = root().join("tests/bill_of_materials.py");
    let output = repo.run(&python, &[&[script.as_str()], files].concat());
    assert_eq!(output.status, 0, "{output}");
}

/// The root of the workspace.
fn root() -> &'static Utf8Path {
    Utf8Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}
