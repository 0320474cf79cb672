//! Settings that one side or both sides changed: the merged lock is the same as one that is
//! generated from the merged inputs.

use insta::assert_snapshot;
use testkit::{LoopbackIndex, Output, Package, Repo};

use crate::{lock, repo};

/// The settings in `[python]`, and the requirements.
type Inputs = (&'static str, &'static str);

/// The inputs of the base, of our side, and of their side.
type Sides = [Inputs; 3];

fn index() -> LoopbackIndex {
    let wheels = |package: Package| {
        package
            .wheel("cp312-cp312-manylinux2014_x86_64")
            .wheel("cp312-cp312-win_amd64")
            .wheel("cp313-cp313-manylinux2014_x86_64")
    };
    LoopbackIndex::start([
        Package::new("a", "1.0").requires("b").requires("shared"),
        Package::new("b", "1.0"),
        Package::new("bb", "1.0"),
        Package::new("shared", "1.0"),
        Package::new("shared", "2.0"),
        wheels(Package::new("c", "1.0")).sdist(),
        Package::new("c", "2.0a1"),
        Package::new("d", "1.0").sdist(),
    ])
}

fn with_inputs(repo: &Repo, (settings, requirements): Inputs) {
    repo.write(
        "pants.toml",
        &format!(
            "[python]\nenable_resolves = true\nresolves = {{ python-default = 'python.lock' }}\n\
             interpreter_constraints = ['CPython==3.12.*']\n{settings}"
        ),
    );
    repo.write("requirements.txt", requirements);
}

/// Generates a lock from these inputs, keeping the pins of the lock `before`.
fn locked(repo: &Repo, inputs: Inputs, before: &str) -> String {
    with_inputs(repo, inputs);
    repo.write("python.lock", before);
    lock(repo);
    repo.read("python.lock")
}

/// The driver's output and the file that it leaves.
fn merge(repo: &Repo, [base, ours, theirs]: [&str; 3]) -> (Output, String) {
    repo.write("base.lock", base);
    repo.write("ours.lock", ours);
    repo.write("theirs.lock", theirs);
    let files = ["base.lock", "ours.lock", "theirs.lock", "python.lock"];
    let output = repo.xtask(&[&["merge-lockfile"][..], &files].concat());
    (output, repo.read("ours.lock"))
}

fn locks(repo: &Repo, [base, ours, theirs]: Sides) -> [String; 3] {
    let base = locked(repo, base, "");
    let ours = locked(repo, ours, &base);
    let theirs = locked(repo, theirs, &base);
    [base, ours, theirs]
}

/// Merges, and gives the merged lock. It must be the same if the sides are exchanged, fresh for the
/// merged inputs, and unchanged by generating from them.
#[track_caller]
fn merged(repo: &Repo, sides: Sides, inputs: Inputs) -> String {
    let [base, ours, theirs] = locks(repo, sides);
    let (output, merged) = merge(repo, [&base, &ours, &theirs]);
    assert_eq!(output.status, 0, "{output}");
    let (_, mirrored) = merge(repo, [&base, &theirs, &ours]);
    assert_eq!(merged, mirrored, "which side is ours makes a difference");
    with_inputs(repo, inputs);
    repo.write("python.lock", &merged);
    let check = repo.xtask(&["generate-lockfiles", "--check"]);
    assert_eq!(check.status, 0, "{check}\n{merged}");
    merged
}

/// Like [`merged`], without pins that decide: generating without a lock must give the same bytes.
#[track_caller]
fn check(sides: Sides, inputs: Inputs) -> String {
    let index = index();
    let repo = repo().index(&index).requirements("");
    let merged = merged(&repo, sides, inputs);
    assert_eq!(locked(&repo, inputs, ""), merged);
    merged
}

/// Like [`check`], with changed settings on our side only and a new requirement on their side.
#[track_caller]
fn check_change(base: &'static str, ours: &'static str) -> String {
    check(
        [(base, "a\n"), (ours, "a\n"), (base, "a\nc\n")],
        (ours, "a\nc\n"),
    )
}

const OVERRIDE: &str = "resolves_to_overrides = { python-default = ['b=bb'] }\n";
const EXCLUDE: &str = "resolves_to_excludes = { python-default = ['b'] }\n";
const LINUX: &str = "resolves_to_platforms = { python-default = ['linux_x86_64'] }\n";
const WHEELS: &str = "require_wheels = true\n\
    resolves_to_platforms = { python-default = ['linux_x86_64', 'windows_x86_64'] }\n";
const LINUX_AND_WINDOWS: &str =
    "resolves_to_platforms = { python-default = ['linux_x86_64', 'windows_x86_64'] }\n";

#[test]
fn an_override_that_one_side_removes() {
    let lock = check_change(OVERRIDE, "");
    assert!(!lock.contains("name = \"bb\""), "{lock}");
}

#[test]
fn an_override_that_one_side_adds() {
    let lock = check_change("", OVERRIDE);
    assert!(!lock.contains("name = \"b\""), "{lock}");
}

#[test]
fn an_exclude_that_one_side_removes_or_adds() {
    let lock = check_change(EXCLUDE, "");
    assert!(lock.contains("name = \"b\""), "{lock}");
    let lock = check_change("", EXCLUDE);
    assert!(!lock.contains("name = \"b\""), "{lock}");
}

#[test]
fn platforms_that_one_side_adds_or_removes() {
    let lock = check_change(LINUX, LINUX_AND_WINDOWS);
    assert!(lock.contains("c-1.0-cp312-cp312-win_amd64.whl"), "{lock}");
    let lock = check_change(LINUX_AND_WINDOWS, LINUX);
    assert!(!lock.contains("win_amd64.whl"), "{lock}");
    let lock = check_change(LINUX, "");
    assert!(lock.contains("win_amd64.whl"), "{lock}");
}

#[test]
fn pythons_that_one_side_changes() {
    let lock = check_change(
        "",
        "resolves_to_interpreter_constraints = { python-default = ['CPython>=3.12,<3.14'] }\n",
    );
    assert!(lock.contains("cp313"), "{lock}");
}

#[test]
fn kinds_of_files_that_one_side_changes() {
    let lock = check_change("", "resolves_to_no_binary = { python-default = ['c'] }\n");
    assert!(!lock.contains("c-1.0-cp312"), "{lock}");
    let lock = check_change(
        "",
        "resolves_to_only_binary = { python-default = [':all:'] }\n",
    );
    assert!(!lock.contains("c-1.0.tar.gz"), "{lock}");
    let lock = check_change("resolves_to_only_binary = { python-default = ['c'] }\n", "");
    assert!(lock.contains("c-1.0.tar.gz"), "{lock}");
    let lock = check_change(LINUX_AND_WINDOWS, WHEELS);
    assert!(!lock.contains("c-1.0.tar.gz"), "{lock}");
    let lock = check_change(WHEELS, LINUX_AND_WINDOWS);
    assert!(lock.contains("c-1.0.tar.gz"), "{lock}");
}

#[test]
fn pre_releases_that_one_side_forbids() {
    let allow = "resolves_to_prereleases = { python-default = 'allow' }\n";
    let disallow = "resolves_to_prereleases = { python-default = 'disallow' }\n";
    let lock = check_change(allow, disallow);
    assert!(!lock.contains("2.0a1"), "{lock}");
    // Nothing forbids both pins, so both are kept.
    let index = index();
    let repo = repo().index(&index).requirements("");
    let lock = merged(
        &repo,
        [("", "a\n"), (allow, "a\n"), ("", "a\nc\n")],
        (allow, "a\nc\n"),
    );
    assert!(lock.contains("prereleases = \"allow\""), "{lock}");
}

#[test]
fn a_constraint_that_one_side_adds() {
    let index = index();
    let repo = repo().index(&index).requirements("");
    repo.write("constraints.txt", "shared<2\n");
    let lock = merged(
        &repo,
        [("", "a\n"), ("", "-c constraints.txt\na\n"), ("", "a\nd\n")],
        ("", "-c constraints.txt\na\nd\n"),
    );
    assert!(!lock.contains("shared-2.0"), "{lock}");
}

#[test]
fn settings_of_both_sides() {
    let lock = check(
        [(LINUX, "a\n"), (OVERRIDE, "a\n"), (EXCLUDE, "a\nc\n")],
        (
            "resolves_to_overrides = { python-default = ['b=bb'] }\n\
             resolves_to_excludes = { python-default = ['b'] }\n",
            "a\nc\n",
        ),
    );
    assert!(!lock.contains("platforms ="), "{lock}");
}

/// The message of the driver if both sides changed one value.
#[track_caller]
fn contradiction(base: &'static str, ours: &'static str, theirs: &'static str) -> String {
    let index = index();
    let repo = repo().index(&index).requirements("");
    let [base, ours, theirs] = locks(
        &repo,
        [base, ours, theirs].map(|settings| (settings, "a\n")),
    );
    let (output, left) = merge(&repo, [&base, &ours, &theirs]);
    assert_eq!(output.status, 1, "{output}");
    assert!(left.contains("\n<<<<<<< ours\n"), "{left}");
    output.stderr
}

#[test]
fn one_value_that_both_sides_change() {
    assert_snapshot!(contradiction(
        OVERRIDE,
        "resolves_to_overrides = { python-default = ['b=shared<2'] }\n",
        "resolves_to_overrides = { python-default = ['b==1.0'] }\n",
    ), @"
    error: the two sides contradict each other
     |
     = our side set `overrides` to `b=shared<2`, their side to `b==1.0`
    hint: agree on one in requirements.txt, BUILD or the settings, then run `cargo xtask generate-lockfiles`
    ");
    assert_snapshot!(contradiction(OVERRIDE, "", "resolves_to_overrides = { python-default = ['b==1.0'] }\n"), @"
    error: the two sides contradict each other
     |
     = our side no longer sets `overrides`, their side set it to `b==1.0`
    hint: agree on one in requirements.txt, BUILD or the settings, then run `cargo xtask generate-lockfiles`
    ");
    assert_snapshot!(contradiction(
        "",
        "resolves_to_interpreter_constraints = { python-default = ['CPython==3.13.*'] }\n",
        "resolves_to_interpreter_constraints = { python-default = ['CPython>=3.11'] }\n",
    ), @"
    error: the two sides contradict each other
     |
     = our side set `interpreter-constraints` to `CPython==3.13.*`, their side to `CPython>=3.11`
    hint: agree on one in requirements.txt, BUILD or the settings, then run `cargo xtask generate-lockfiles`
    ");
    assert_snapshot!(contradiction(
        "",
        "resolves_to_only_binary = { python-default = [':all:'] }\nresolves_to_prereleases = { python-default = 'allow' }\n",
        "resolves_to_only_binary = { python-default = ['c'] }\nresolves_to_prereleases = { python-default = 'disallow' }\n",
    ), @"
    error: the two sides contradict each other
     |
     = our side set `only-binary` to `:all:`, their side to `c`
     = our side set `prereleases` to `allow`, their side to `disallow`
    hint: agree on one in requirements.txt, BUILD or the settings, then run `cargo xtask generate-lockfiles`
    ");
    assert_snapshot!(contradiction("", LINUX, LINUX_AND_WINDOWS), @"
    error: the two sides contradict each other
     |
     = our side set `platforms` to `linux_x86_64`, their side to `linux_x86_64, windows_x86_64`
    hint: agree on one in requirements.txt, BUILD or the settings, then run `cargo xtask generate-lockfiles`
    ");
}
