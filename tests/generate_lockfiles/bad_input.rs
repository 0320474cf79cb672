//! What `generate-lockfiles` refuses, in which words: a place, a reason, a hint; no file touched.

use std::time::Duration;

use insta::assert_snapshot;
use testkit::{Fault, Index, IndexBuilder, Package, When};

use crate::{lock, refused, repo};

const LOCK: &[&str] = &["generate-lockfiles"];

#[test]
fn an_unparsable_requirement() {
    let repo = repo().requirements("ok>=1\nbroken>=!\n");
    assert_snapshot!(refused(&repo, LOCK), @"");
}

#[test]
fn an_unparsable_requirement_in_pyproject_toml() {
    let repo = repo()
        .file(
            "BUILD",
            "python_requirements(name='reqs', source='pyproject.toml')\n",
        )
        .file(
            "pyproject.toml",
            "[project]\nname = 'x'\ndependencies = [\n    'ok',\n    'no way',\n]\n",
        );
    assert_snapshot!(refused(&repo, LOCK), @"");
}

#[test]
fn an_unparsable_build_file() {
    let repo = repo().file("BUILD", "python_requirement(name='a', requirements=['a')\n");
    assert_snapshot!(refused(&repo, LOCK), @"");
}

#[test]
fn a_name_that_no_build_file_knows() {
    let repo = repo().file("lib/BUILD", "\npython_requirments(name='reqs')\n");
    assert_snapshot!(refused(&repo, LOCK), @"");
}

#[test]
fn unparsable_settings() {
    let repo = repo()
        .requirements("a\n")
        .file("pants.toml", "[python\nenable_resolves = true\n");
    assert_snapshot!(refused(&repo, LOCK), @"");
}

#[test]
fn a_misspelt_setting() {
    let repo = repo().requirements("a\n").file(
        "Cargo.toml",
        "[workspace.metadata.xtask.python]\ninterpreter_constraint = ['CPython==3.12.*']\n",
    );
    assert_snapshot!(refused(&repo, LOCK), @"");
}

#[test]
fn no_settings_anywhere() {
    let repo = repo()
        .requirements("a\n")
        .file("Cargo.toml", "[workspace]\n");
    assert_snapshot!(refused(&repo, LOCK), @"");
}

#[test]
fn an_unknown_resolve_on_the_command_line() {
    let repo = repo().requirements("a\n");
    assert_snapshot!(refused(&repo, &["generate-lockfiles", "--resolve", "python-defualt"]), @"");
}

#[test]
fn an_unknown_resolve_in_a_build_file() {
    let repo = repo().file(
        "BUILD",
        "python_requirement(name='a', requirements=['a'], resolve='tools')\n",
    );
    assert_snapshot!(refused(&repo, LOCK), @"");
}

#[test]
fn two_targets_of_one_name() {
    let repo = repo().requirements("a\n").file(
        "BUILD",
        "python_requirements(name='reqs')\npython_requirement(name='reqs', requirements=['b'])\n",
    );
    assert_snapshot!(refused(&repo, LOCK), @"");
}

#[test]
fn requirements_of_poetry() {
    let repo = repo().file("BUILD", "poetry_requirements(name='reqs')\n");
    assert_snapshot!(refused(&repo, LOCK), @"");
}

#[test]
fn a_requirements_file_that_is_not_there() {
    let repo = repo().file(
        "BUILD",
        "python_requirements(name='reqs', source='reqs.txt')\n",
    );
    assert_snapshot!(refused(&repo, LOCK), @"");
}

#[test]
fn no_such_package() {
    let index = Index::start([Package::new("a", "1.0").requires("nothing-like-it")]);
    let repo = repo().index(&index).requirements("a\n");
    assert_snapshot!(refused(&repo, LOCK), @"");
}

#[test]
fn no_such_package_among_the_requirements() {
    let index = Index::start([]);
    let repo = repo().index(&index).requirements("reqeusts>=2\n");
    assert_snapshot!(refused(&repo, LOCK), @"");
}

#[test]
fn no_such_version() {
    let index = Index::start([Package::new("a", "1.0"), Package::new("a", "1.1")]);
    let repo = repo().index(&index).requirements("a>=2\n");
    assert_snapshot!(refused(&repo, LOCK), @"");
}

#[test]
fn no_version_for_the_interpreter() {
    let index = Index::start([Package::new("a", "1.0").requires_python("<3.12")]);
    let repo = repo().index(&index).requirements("a\n");
    assert_snapshot!(refused(&repo, LOCK), @"");
}

#[test]
fn no_file_for_the_interpreter() {
    let index = Index::start([Package::new("a", "1.0").wheel("cp39-cp39-manylinux2014_x86_64")]);
    let repo = repo().index(&index).requirements("a\n");
    assert_snapshot!(refused(&repo, LOCK), @"");
}

#[test]
fn no_file_for_a_platform_that_is_required() {
    let index = Index::start([Package::new("a", "1.0").wheel("cp312-cp312-manylinux2014_x86_64")]);
    let repo = repo().index(&index).requirements("a\n").file(
        "Cargo.toml",
        "[workspace.metadata.xtask.python]\ninterpreter_constraints = ['CPython==3.12.*']\n\
         resolves_to_platforms = { python-default = ['linux_x86_64', 'linux_arm64'] }\n",
    );
    assert_snapshot!(refused(&repo, LOCK), @"");
}

#[test]
fn a_conflict() {
    let index = Index::start([
        Package::new("app", "1.0").requires("lib<2"),
        Package::new("tool", "3.0").requires("middle"),
        Package::new("middle", "1.0").requires("lib>=2"),
        Package::new("lib", "1.0"),
        Package::new("lib", "2.0"),
    ]);
    let repo = repo()
        .index(&index)
        .requirements("# ours\napp\n\ntool>=3\n");
    assert_snapshot!(refused(&repo, LOCK), @"");
}

#[test]
fn a_conflict_between_two_requirement_lines() {
    let index = Index::start([Package::new("lib", "1.0"), Package::new("lib", "2.0")]);
    let repo = repo().index(&index).requirements("lib<2\n").file(
        "web/BUILD",
        "python_requirement(name='lib', requirements=['lib>=2'])\n",
    );
    assert_snapshot!(refused(&repo, LOCK), @"");
}

#[test]
fn a_wrong_hash() {
    let index = IndexBuilder::new([Package::new("a", "1.0").wrong_hash()])
        .without_ranges()
        .start();
    let repo = repo().index(&index).requirements("a\n");
    assert_snapshot!(refused(&repo, LOCK), @"");
}

#[test]
fn a_hash_in_the_requirements_that_no_file_has() {
    let index = Index::start([Package::new("a", "1.0")]);
    let hash = "0".repeat(64);
    let repo = repo()
        .index(&index)
        .requirements(&format!("a==1.0 --hash=sha256:{hash}\n"));
    assert_snapshot!(refused(&repo, LOCK), @"");
}

#[test]
fn answers_that_end_too_early() {
    let index = Index::start([Package::new("a", "1.0")]);
    index.inject("/simple/a/", Fault::Truncated, When::Always);
    let repo = repo().index(&index).requirements("a\n");
    assert_snapshot!(refused(&repo, LOCK), @"");
}

#[test]
fn answers_that_mean_nothing() {
    let index = Index::start([Package::new("a", "1.0")]);
    index.inject("/simple/a/", Fault::Garbage, When::Always);
    let repo = repo().index(&index).requirements("a\n");
    assert_snapshot!(refused(&repo, LOCK), @"");
}

#[test]
fn a_wheel_that_is_no_archive() {
    let index = Index::start([Package::new("a", "1.0")]);
    index.inject("/files/", Fault::Garbage, When::Always);
    let repo = repo().index(&index).requirements("a\n");
    assert_snapshot!(refused(&repo, LOCK), @"");
}

#[test]
fn a_server_that_is_out_of_order() {
    let index = Index::start([Package::new("a", "1.0")]);
    index.inject("/simple/a/", Fault::Status(503), When::Always);
    let repo = repo().index(&index).requirements("a\n");
    assert_snapshot!(refused(&repo, LOCK), @"");
    assert!(index.requests("/simple/a/") > 1, "tried again");
}

#[test]
fn an_index_that_is_not_reachable() {
    let repo = repo().requirements("a\n");
    assert_snapshot!(refused(&repo, LOCK), @"");
}

#[test]
fn an_index_that_asks_for_credentials() {
    let index = IndexBuilder::new([Package::new("a", "1.0")])
        .credentials("me", "secret")
        .start();
    let repo = repo().index(&index).requirements("a\n");
    assert_snapshot!(refused(&repo, LOCK), @"");
}

#[test]
fn an_index_that_refuses_the_credentials() {
    let index = IndexBuilder::new([Package::new("a", "1.0")])
        .credentials("me", "secret")
        .start();
    let url = index.url().replace("http://", "http://me:guess@");
    let repo = repo().env("PIP_INDEX_URL", &url).requirements("a\n");
    let message = refused(&repo, LOCK);
    assert!(
        !message.contains("guess"),
        "a password in a message: {message}"
    );
    assert_snapshot!(message, @"");
}

#[test]
fn offline_with_an_empty_cache() {
    let index = Index::start([Package::new("a", "1.0")]);
    let repo = repo().index(&index).requirements("a\n");
    assert_snapshot!(refused(&repo, &["generate-lockfiles", "--offline"]), @"");
    assert_eq!(index.log(), []);
}

#[test]
fn a_lock_of_a_newer_version_of_the_tool() {
    let index = Index::start([Package::new("a", "1.0")]);
    let repo = repo().index(&index).requirements("a\n");
    lock(&repo);
    let text = repo.read("python.lock");
    let newer: Vec<_> = text.lines().map(newer_version).collect();
    assert_ne!(
        newer.join("\n"),
        text.trim_end(),
        "the lock has no format version"
    );
    repo.write("python.lock", &newer.join("\n"));
    assert_snapshot!(refused(&repo, LOCK), @"");
}

fn newer_version(line: &str) -> String {
    match line.split_once("lock-version = ") {
        Some((before, _)) => format!("{before}lock-version = \"999.0\""),
        None => line.to_owned(),
    }
}

#[test]
fn a_lock_that_is_damaged() {
    let index = Index::start([Package::new("a", "1.0")]);
    let repo = repo().index(&index).requirements("a\n");
    lock(&repo);
    let text = repo.read("python.lock");
    repo.write("python.lock", &text[..text.len() / 2]);
    assert_snapshot!(refused(&repo, LOCK), @"");
}

#[test]
fn a_build_that_fails() {
    if !super::python_is_there() {
        return;
    }
    let index = Index::start([Package::new("a", "1.0").sdist().build_fails()]);
    let repo = repo().index(&index).requirements("a\n");
    assert_snapshot!(refused(&repo, LOCK), @"");
}

#[test]
fn one_failing_resolve_leaves_the_others_unwritten() {
    let index = Index::start([Package::new("a", "1.0")]);
    let repo = repo()
        .index(&index)
        .file(
            "Cargo.toml",
            "[workspace.metadata.xtask.python]\ninterpreter_constraints = ['CPython==3.12.*']\n\
             resolves = { python-default = 'python.lock', tool = 'tool.lock' }\n",
        )
        .file(
            "BUILD",
            "python_requirement(name='a', requirements=['a'])\n\
             python_requirement(name='b', requirements=['b'], resolve='tool')\n",
        );
    assert_snapshot!(refused(&repo, LOCK), @"");
}

#[test]
fn a_full_disk() {
    let index = Index::start([Package::new("a", "1.0")]);
    let repo = repo().index(&index).requirements("a\n");
    lock(&repo);
    let old = repo.read("python.lock");
    repo.write("requirements.txt", "a==1.0\n");
    // The root becomes a small file system, full but for what was there before.
    let script = "here=$PWD; cp -r . ../copy
        mount -t tmpfs -o size=64k tmpfs \"$here\" && cd \"$here\" && cp -r ../copy/. .
        cat /dev/zero > filler 2>/dev/null
        \"$0\" generate-lockfiles
        echo status $?; cmp python.lock ../copy/python.lock; ls";
    let Some(output) = repo.in_own_mounts(script) else {
        return;
    };
    assert_snapshot!(output, @"");
    assert_eq!(repo.read("python.lock"), old);
}

#[test]
fn an_index_that_never_answers() {
    let index = Index::start([Package::new("a", "1.0")]);
    index.inject("/simple/a/", Fault::Stall, When::Always);
    let repo = repo()
        .index(&index)
        .requirements("a\n")
        .env("PIP_DEFAULT_TIMEOUT", "1");
    let start = std::time::Instant::now();
    assert_snapshot!(refused(&repo, LOCK), @"");
    assert!(
        start.elapsed() < Duration::from_secs(30),
        "{:?}",
        start.elapsed()
    );
}
