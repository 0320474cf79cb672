//! The messages of `generate-lockfiles` when it refuses: they have a place, a reason and a hint. No
//! file is changed.

use std::time::Duration;

use insta::assert_snapshot;
use testkit::{Fault, IndexBuilder, LoopbackIndex, Package, When};

use crate::{lock, refused, repo};

const LOCK: &[&str] = &["generate-lockfiles"];

#[test]
fn an_unparsable_requirement() {
    let repo = repo().requirements("ok>=1\nbroken>=!\n");
    assert_snapshot!(refused(&repo, LOCK), @r#"
    error: not a requirement: no such comparison operator ">=!", must be one of ~= == != <= >= < > ===
     --> requirements.txt:2:7
      |
    2 | broken>=!
      |       ^^^
    "#);
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
    assert_snapshot!(refused(&repo, LOCK), @"
    error: not a requirement: Expected one of `@`, `(`, `<`, `=`, `>`, `~`, `!`, `;`, found `w`
     --> pyproject.toml:5:9
      |
    5 |     'no way',
      |         ^^^^^
    ");
}

#[test]
fn an_unparsable_build_file() {
    let repo = repo().file("BUILD", "python_requirement(name='a', requirements=['a')\n");
    assert_snapshot!(refused(&repo, LOCK), @"
    error: cannot parse: `[` is never closed
     --> BUILD:1:43
      |
    1 | python_requirement(name='a', requirements=['a')
      |                                           ^^^^^
    ");
}

#[test]
fn a_name_that_no_build_file_knows() {
    let repo = repo().file("lib/BUILD", "\npython_requirments(name='reqs')\n");
    assert_snapshot!(refused(&repo, LOCK), @"
    error: `python_requirments` is not defined
     --> lib/BUILD:2:1
      |
    2 | python_requirments(name='reqs')
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
    hint: did you mean `python_requirements`?
    ");
}

#[test]
fn unparsable_settings() {
    let repo = repo()
        .requirements("a\n")
        .file("pants.toml", "[python\nenable_resolves = true\n");
    assert_snapshot!(refused(&repo, LOCK), @"
    error: not valid TOML: unclosed table, expected `]`
     --> pants.toml:1:8
      |
    1 | [python
      |        ^
    ");
}

#[test]
fn a_misspelt_setting() {
    let repo = repo().requirements("a\n").file(
        "Cargo.toml",
        "[workspace.metadata.xtask.python]\ninterpreter_constraint = ['CPython==3.12.*']\n",
    );
    assert_snapshot!(refused(&repo, LOCK), @"
    error: `interpreter_constraint` is not a setting of `[python]`
     --> Cargo.toml:2:1
      |
    2 | interpreter_constraint = ['CPython==3.12.*']
      | ^^^^^^^^^^^^^^^^^^^^^^
      |
    hint: did you mean `interpreter_constraints`?
    ");
}

#[test]
fn no_settings_anywhere() {
    let repo = repo()
        .requirements("a\n")
        .file("Cargo.toml", "[workspace]\n");
    assert_snapshot!(refused(&repo, LOCK), @"
    error: there are no settings in this folder
    --> [REPO]
     |
    hint: what is needed stands in `pyproject.toml`, `pants.toml`, or `Cargo.toml` under `[workspace.metadata.xtask]`; `-C DIR` names another repository
    ");
}

#[test]
fn an_unknown_resolve_on_the_command_line() {
    let repo = repo().requirements("a\n");
    assert_snapshot!(refused(&repo, &["generate-lockfiles", "--resolve", "python-defualt"]), @"
    error: there is no resolve `python-defualt`
     |
    hint: did you mean `--resolve python-default`?
    ");
}

#[test]
fn an_unknown_resolve_in_a_build_file() {
    let repo = repo().file(
        "BUILD",
        "python_requirement(name='a', requirements=['a'], resolve='tools')\n",
    );
    assert_snapshot!(refused(&repo, LOCK), @"
    error: unknown resolve `tools`
     --> BUILD:1:59
      |
    1 | python_requirement(name='a', requirements=['a'], resolve='tools')
      |                                                           ^^^^^^^
      |
    hint: the resolves are `python-default`; declare new ones under `[python.resolves]`
    ");
}

#[test]
fn two_targets_of_one_name() {
    let repo = repo().requirements("a\n").file(
        "BUILD",
        "python_requirements(name='reqs')\npython_requirement(name='reqs', requirements=['b'])\n",
    );
    assert_snapshot!(refused(&repo, LOCK), @"
    error: `//:reqs` is already declared at BUILD:1:1
     --> BUILD:2:1
      |
    2 | python_requirement(name='reqs', requirements=['b'])
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
    hint: give one of them another `name`; a target without one is named after its folder
    ");
}

#[test]
fn requirements_of_poetry() {
    let repo = repo().file("BUILD", "poetry_requirements(name='reqs')\n");
    assert_snapshot!(refused(&repo, LOCK), @"
    error: cannot read the requirements of `//:reqs`: there is no such file
     --> BUILD:1:1
      |
    1 | poetry_requirements(name='reqs')
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
    hint: create `pyproject.toml`, or name another file as `source`
    ");
}

#[test]
fn a_requirements_file_that_is_not_there() {
    let repo = repo().file(
        "BUILD",
        "python_requirements(name='reqs', source='reqs.txt')\n",
    );
    assert_snapshot!(refused(&repo, LOCK), @"
    error: cannot read the requirements of `//:reqs`: there is no such file
     --> BUILD:1:34
      |
    1 | python_requirements(name='reqs', source='reqs.txt')
      |                                  ^^^^^^^^^^^^^^^^^^
      |
    hint: create `reqs.txt`, or name another file as `source`
    ");
}

#[test]
fn no_such_package() {
    let index = LoopbackIndex::start([Package::new("a", "1.0").requires("nothing-like-it")]);
    let repo = repo().index(&index).requirements("a\n");
    assert_snapshot!(refused(&repo, LOCK), @"
    error: cannot lock `python-default`: no versions satisfy all requirements
     --> requirements.txt:1:1
      |
    1 | a
      | ^
      |
      = requirements.txt:1 requires a
      = a requires nothing-like-it
      = nothing-like-it is on no index
    hint: check that `nothing-like-it` is on one of the indexes of `[python-repos]`
    ");
}

#[test]
fn no_such_package_among_the_requirements() {
    let index = LoopbackIndex::start([]);
    let repo = repo().index(&index).requirements("reqeusts>=2\n");
    assert_snapshot!(refused(&repo, LOCK), @"
    error: cannot lock `python-default`: no versions satisfy all requirements
     --> requirements.txt:1:1
      |
    1 | reqeusts>=2
      | ^^^^^^^^^^^
      |
      = requirements.txt:1 requires reqeusts>=2
      = reqeusts is on no index
    hint: is `reqeusts` spelt right? See requirements.txt:1
    ");
}

#[test]
fn no_such_version() {
    let index = LoopbackIndex::start([Package::new("a", "1.0"), Package::new("a", "1.1")]);
    let repo = repo().index(&index).requirements("a>=2\n");
    assert_snapshot!(refused(&repo, LOCK), @"
    error: cannot lock `python-default`: no versions satisfy all requirements
     --> requirements.txt:1:1
      |
    1 | a>=2
      | ^^^^
      |
      = requirements.txt:1 requires a>=2
      = no version of a is >=2; the highest is 1.1
    hint: with a 1.1 there is a solution: loosen `a>=2` at requirements.txt:1
    ");
}

#[test]
fn no_version_for_the_interpreter() {
    let index = LoopbackIndex::start([Package::new("a", "1.0").requires_python(">=3.13")]);
    let repo = repo().index(&index).requirements("a\n");
    assert_snapshot!(refused(&repo, LOCK), @"
    error: cannot lock `python-default`: no versions satisfy all requirements
     --> requirements.txt:1:1
      |
    1 | a
      | ^
      |
      = requirements.txt:1 requires a
      = a cannot be used: it requires Python >=3.13
    hint: a is for Python >=3.13: raise the lower bound of the interpreter constraints: `interpreter_constraints` in `[python]`
    ");
}

#[test]
fn no_file_for_the_interpreter() {
    let index =
        LoopbackIndex::start([Package::new("a", "1.0").wheel("cp39-cp39-manylinux2014_x86_64")]);
    let repo = repo().index(&index).requirements("a\n");
    assert_snapshot!(refused(&repo, LOCK), @"
    error: cannot lock `python-default`: no versions satisfy all requirements
     --> requirements.txt:1:1
      |
    1 | a
      | ^
      |
      = requirements.txt:1 requires a
      = a cannot be used: it has no file for CPython 3.12
    ");
}

#[test]
fn no_file_for_a_platform_that_is_required() {
    let index =
        LoopbackIndex::start([Package::new("a", "1.0").wheel("cp312-cp312-manylinux2014_x86_64")]);
    let repo = repo().index(&index).requirements("a\n").file(
        "Cargo.toml",
        "[workspace.metadata.xtask.python]\ninterpreter_constraints = ['CPython==3.12.*']\n\
         resolves_to_platforms = { python-default = ['linux_x86_64', 'linux_arm64'] }\n",
    );
    assert_snapshot!(refused(&repo, LOCK), @"
    error: cannot lock `python-default`: no versions satisfy all requirements where platform_machine == 'aarch64' (linux_arm64)
     --> requirements.txt:1:1
      |
    1 | a
      | ^
      |
      = requirements.txt:1 requires a
      = a cannot be used: it has no file for linux_arm64
    hint: a has nothing for linux_arm64: leave that platform out: `resolves_to_platforms` in `[python]`
    ");
}

#[test]
fn a_conflict() {
    let index = LoopbackIndex::start([
        Package::new("app", "1.0").requires("lib<2"),
        Package::new("tool", "3.0").requires("middle"),
        Package::new("middle", "1.0").requires("lib>=2"),
        Package::new("lib", "1.0"),
        Package::new("lib", "2.0"),
    ]);
    let repo = repo()
        .index(&index)
        .requirements("# ours\napp\n\ntool>=3\n");
    assert_snapshot!(refused(&repo, LOCK), @"
    error: cannot lock `python-default`: no versions satisfy all requirements
     --> requirements.txt:2:1
      |
    2 | app
      | ^^^
      |
      = requirements.txt:2 requires app
      = app requires lib<2
      = requirements.txt:4 requires tool>=3
      = tool requires middle
      = middle requires lib>=2
    ");
}

#[test]
fn a_conflict_between_two_requirement_lines() {
    let index = LoopbackIndex::start([Package::new("lib", "1.0"), Package::new("lib", "2.0")]);
    let repo = repo().index(&index).requirements("lib<2\n").file(
        "web/BUILD",
        "python_requirement(name='lib', requirements=['lib>=2'])\n",
    );
    assert_snapshot!(refused(&repo, LOCK), @"
    error: cannot lock `python-default`: no versions satisfy all requirements
     --> requirements.txt:1:1
      |
    1 | lib<2
      | ^^^^^
      |
      = requirements.txt:1 requires lib<2
      = web/BUILD:1 requires lib>=2
    hint: with lib 2.0 there is a solution: loosen `lib<2` at requirements.txt:1
    hint: with lib 1.0 there is a solution: loosen `lib>=2` at web/BUILD:1
    ");
}

#[test]
fn a_wrong_hash() {
    let index = IndexBuilder::new([Package::new("a", "1.0").wrong_hash()])
        .without_ranges()
        .start();
    let repo = repo().index(&index).requirements("a\n");
    assert_snapshot!(refused(&repo, LOCK), @"
    error: `a-1.0-py3-none-any.whl` from http://127.0.0.1:[PORT]/files/a-1.0-py3-none-any.whl has the wrong hash: expected sha256 [HASH], got [HASH]
     --> requirements.txt:1:1
      |
    1 | a
      | ^
      |
    hint: someone replaced the file, or the connection is tampered with: find out which before you lock again
    ");
}

#[test]
fn a_hash_in_the_requirements_that_no_file_has() {
    let index = LoopbackIndex::start([Package::new("a", "1.0")]);
    let hash = "0".repeat(64);
    let repo = repo()
        .index(&index)
        .requirements(&format!("a==1.0 --hash=sha256:{hash}\n"));
    assert_snapshot!(refused(&repo, LOCK), @"
    error: cannot lock `python-default`: no versions satisfy all requirements
     --> requirements.txt:1:1
      |
    1 | a==1.0 --hash=sha256:[HASH]
      | ^^^^^^
      |
      = requirements.txt:1 requires a==1.0
      = a cannot be used: none of its files has a hash that the requirements name
    ");
}

#[test]
fn answers_that_end_too_early() {
    let index = LoopbackIndex::start([Package::new("a", "1.0")]);
    index.inject("/simple/a/", Fault::Truncated, When::Always);
    let repo = repo().index(&index).requirements("a\n");
    assert_snapshot!(refused(&repo, LOCK), @"
    error: cannot list the files of `a` from http://127.0.0.1:[PORT]/simple/a/: the connection broke: end of file before message length reached (4 attempts)
     --> requirements.txt:1:1
      |
    1 | a
      | ^
      |
    hint: check the connection; `--offline` makes do with what is in the cache
    ");
}

#[test]
fn answers_that_mean_nothing() {
    let index = LoopbackIndex::start([Package::new("a", "1.0")]);
    index.inject("/simple/a/", Fault::Garbage, When::Always);
    let repo = repo().index(&index).requirements("a\n");
    assert_snapshot!(refused(&repo, LOCK), @"
    error: cannot list the files of `a` from http://127.0.0.1:[PORT]/simple/a/: the answer is not usable: it is no JSON listing: expected value at line 1 column 1
     --> requirements.txt:1:1
      |
    1 | a
      | ^
      |
    hint: is this the URL of a package index (PEP 503, PEP 691)?
    ");
}

#[test]
fn a_wheel_that_is_no_archive() {
    let index = LoopbackIndex::start([Package::new("a", "1.0")]);
    index.inject("/files/", Fault::Garbage, When::Always);
    let repo = repo().index(&index).requirements("a\n");
    assert_snapshot!(refused(&repo, LOCK), @"
    error: `a-1.0-py3-none-any.whl` from http://127.0.0.1:[PORT]/files/a-1.0-py3-none-any.whl has the wrong hash: expected sha256 [HASH], got [HASH]
     --> requirements.txt:1:1
      |
    1 | a
      | ^
      |
    hint: someone replaced the file, or the connection is tampered with: find out which before you lock again
    ");
}

#[test]
fn a_server_that_is_out_of_order() {
    let index = LoopbackIndex::start([Package::new("a", "1.0")]);
    index.inject("/simple/a/", Fault::Status(503), When::Always);
    let repo = repo().index(&index).requirements("a\n");
    assert_snapshot!(refused(&repo, LOCK), @"
    error: cannot list the files of `a` from http://127.0.0.1:[PORT]/simple/a/: the server answers 503 (4 attempts)
     --> requirements.txt:1:1
      |
    1 | a
      | ^
      |
    hint: the server is out of order or busy: try again later
    ");
    assert!(index.requests("/simple/a/") > 1, "tried again");
}

#[test]
fn an_index_that_is_not_reachable() {
    let repo = repo().requirements("a\n");
    assert_snapshot!(refused(&repo, LOCK), @"
    error: cannot list the files of `a` from http://127.0.0.1:[PORT]/simple/a/: no connection: Connection refused (os error 111) (4 attempts)
     --> requirements.txt:1:1
      |
    1 | a
      | ^
      |
    hint: check the connection; `--offline` makes do with what is in the cache
    ");
}

#[test]
fn an_index_that_asks_for_a_login() {
    let index = IndexBuilder::new([Package::new("a", "1.0")])
        .login("me", "secret")
        .start();
    let repo = repo().index(&index).requirements("a\n");
    assert_snapshot!(refused(&repo, LOCK), @r#"
    error: cannot list the files of `a` from http://127.0.0.1:[PORT]/simple/a/: the server answers 401, it asks for a login
     --> requirements.txt:1:1
      |
    1 | a
      | ^
      |
    hint: put `machine 127.0.0.1 login USER password PASSWORD` into ~/.netrc, set XTASK_INDEX_USERNAME and XTASK_INDEX_PASSWORD, or write them into the index's URL
    "#);
}

#[test]
fn an_index_that_refuses_the_login() {
    let index = IndexBuilder::new([Package::new("a", "1.0")])
        .login("me", "secret")
        .start();
    let url = index.url().replace("http://", "http://me:guess@");
    let repo = repo().env("PIP_INDEX_URL", &url).requirements("a\n");
    let message = refused(&repo, LOCK);
    assert!(
        !message.contains("guess"),
        "a password in a message: {message}"
    );
    assert_snapshot!(message, @r#"
    error: cannot list the files of `a` from http://****@127.0.0.1:[PORT]/simple/a/: the server answers 401, it refuses the login that was sent
     --> requirements.txt:1:1
      |
    1 | a
      | ^
      |
    hint: put `machine 127.0.0.1 login USER password PASSWORD` into ~/.netrc, set XTASK_INDEX_USERNAME and XTASK_INDEX_PASSWORD, or write them into the index's URL
    "#);
}

#[test]
fn offline_with_an_empty_cache() {
    let index = LoopbackIndex::start([Package::new("a", "1.0")]);
    let repo = repo().index(&index).requirements("a\n");
    assert_snapshot!(refused(&repo, &["generate-lockfiles", "--offline"]), @r#"
    error: cannot list the files of `a`: it is not in the cache, and the run is offline
     --> requirements.txt:1:1
      |
    1 | a
      | ^
      |
    hint: run once without `--offline`
    "#);
    assert_eq!(index.log(), []);
}

#[test]
fn a_lock_of_a_newer_version_of_the_tool() {
    let index = LoopbackIndex::start([Package::new("a", "1.0")]);
    let repo = repo().index(&index).requirements("a\n");
    lock(&repo);
    let text = repo.read("python.lock");
    let newer = text.replace("\nformat = 1\n", "\nformat = 999\n");
    assert_ne!(newer, text, "the lock has no format");
    repo.write("python.lock", &newer);
    assert_snapshot!(refused(&repo, LOCK), @"
    error: cannot read the lock: this lock has format 999, written by a newer version of the tool; this version reads formats up to 1
     --> python.lock:7:10
      |
    7 | format = 999
      |          ^
      |
    hint: update this tool: `cargo install --path xtask`
    ");
}

#[test]
fn a_lock_that_is_damaged() {
    let index = LoopbackIndex::start([Package::new("a", "1.0")]);
    let repo = repo().index(&index).requirements("a\n");
    lock(&repo);
    let text = repo.read("python.lock");
    repo.write("python.lock", &text[..text.len() / 2]);
    assert_snapshot!(refused(&repo, LOCK), @r#"
    error: cannot read the lock: not valid TOML: unclosed array, expected `]`
     --> python.lock:9:39
      |
    9 | interpreter-constraints = ["CPython==3
      |                                       ^
      |
    hint: take back the last one that git has, `git checkout HEAD -- python.lock`; or remove it, and all pins, and run `cargo xtask generate-lockfiles`
    "#);
}

#[test]
fn a_build_that_fails() {
    if !super::python_is_there() {
        return;
    }
    let index = LoopbackIndex::start([Package::new("a", "1.0").sdist().build_fails()]);
    let repo = repo().index(&index).requirements("a\n");
    assert_snapshot!(refused(&repo, LOCK), @r#"
    error: cannot build a-1.0.tar.gz
     --> requirements.txt:1:1
      |
    1 | a
      | ^
      |
      = the hook `prepare_metadata_for_build_wheel` of its backend `backend` failed; the whole output is in [CACHE]/cargo-xtask/builds-1/logs/a-1.0.tar.gz-[HASH].log
          compiling the engine
          error: no such header: engine.h
    hint: if its build lacks something that it does not name, `extra_dependencies = { a = ["…"] }` in `[build]` adds what provides it
    hint: `dependency_metadata = [{ name = "a", requires_dist = [] }]` in `[build]` says what it requires, so that it need not be built to be locked
    "#);
}

#[test]
fn the_others_are_locked_where_one_fails() {
    let index = LoopbackIndex::start([Package::new("a", "1.0")]);
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
    let output = repo.xtask(&["generate-lockfiles"]);
    assert_snapshot!(output, @"
    exit status 1
    ----- stderr
    python-default (python.lock): 1 packages, written
      + a 1.0  (the requirement `a` is new)
    error: cannot lock `tool`: no versions satisfy all requirements
     --> BUILD:2:45
      |
    2 | python_requirement(name='b', requirements=['b'], resolve='tool')
      |                                             ^^^^
      |
      = BUILD:2 requires b
      = b is on no index
    hint: is `b` spelt right? See BUILD:2
    ");
    assert!(repo.read("python.lock").contains("name = \"a\""));
    assert!(!repo.root().join("tool.lock").exists());
    assert_snapshot!(repo.xtask(&["generate-lockfiles", "--output-format=json"]), @r#"
    exit status 1
    ----- stdout
    [
      {
        "resolve": "python-default",
        "lockfile": "python.lock",
        "packages": 1,
        "status": "unchanged",
        "changes": []
      }
    ]
    ----- stderr
    error: cannot lock `tool`: no versions satisfy all requirements
     --> BUILD:2:45
      |
    2 | python_requirement(name='b', requirements=['b'], resolve='tool')
      |                                             ^^^^
      |
      = BUILD:2 requires b
      = b is on no index
    hint: is `b` spelt right? See BUILD:2
    "#);
    assert_snapshot!(repo.xtask(&["generate-lockfiles", "--check"]), @"
    exit status 1
    ----- stderr
    python-default (python.lock): 1 packages, up to date
    tool (tool.lock): stale
      there is no lock
    hint: run `cargo xtask generate-lockfiles --resolve tool`
    ");
}

#[test]
fn a_full_disk() {
    let index = LoopbackIndex::start([Package::new("a", "1.0")]);
    let repo = repo().index(&index).requirements("a\n");
    lock(&repo);
    let old = repo.read("python.lock");
    repo.write("requirements.txt", "a==1.0\n");
    // The root becomes a small file system that has no free space.
    let script = "here=$PWD; cp -r . ../copy
        mount -t tmpfs -o size=64k tmpfs \"$here\" && cd \"$here\" && cp -r ../copy/. .
        cat /dev/zero > filler 2>/dev/null
        \"$0\" generate-lockfiles
        echo status $?; cmp python.lock ../copy/python.lock; ls";
    let Some(output) = repo.in_own_mounts(script) else {
        return;
    };
    assert_snapshot!(output, @"
    exit status 0
    ----- stdout
    status 1
    BUILD
    Cargo.toml
    filler
    python.lock
    requirements.txt
    ----- stderr
    error: cannot write the lock python.lock
     |
     = No space left on device (os error 28)
    hint: free some space and run it again
    ");
    assert_eq!(repo.read("python.lock"), old);
}

#[test]
fn a_full_cache() {
    let index = LoopbackIndex::start([Package::new("a", "1.0")]);
    let repo = repo().index(&index).requirements("a\n");
    let script = "mount -t tmpfs -o size=64k tmpfs ../cache
        cat /dev/zero > ../cache/filler 2>/dev/null
        \"$0\" generate-lockfiles
        echo status $?; ls";
    let Some(output) = repo.in_own_mounts(script) else {
        return;
    };
    assert_snapshot!(output, @"
    exit status 0
    ----- stdout
    status 1
    BUILD
    Cargo.toml
    requirements.txt
    ----- stderr
    error: cannot write the cache file [CACHE]/cargo-xtask/listings-1/[HASH]/a: no storage space
     --> requirements.txt:1:1
      |
    1 | a
      | ^
      |
    hint: free some space, or name another cache folder
    ");
}

#[test]
fn a_read_only_repository() {
    let index = LoopbackIndex::start([Package::new("a", "1.0")]);
    let repo = repo().index(&index).requirements("a\n");
    let script = "here=$PWD; cp -r . ../copy
        mount -t tmpfs tmpfs \"$here\" && cd \"$here\" && cp -r ../copy/. .
        mount -o remount,ro \"$here\"
        \"$0\" generate-lockfiles
        echo status $?; ls";
    let Some(output) = repo.in_own_mounts(script) else {
        return;
    };
    assert_snapshot!(output, @"
    exit status 0
    ----- stdout
    status 1
    BUILD
    Cargo.toml
    requirements.txt
    ----- stderr
    error: cannot write the lock python.lock
     |
     = Read-only file system (os error 30)
    ");
}

#[test]
fn an_index_that_never_answers() {
    let index = LoopbackIndex::start([Package::new("a", "1.0")]);
    index.inject("/simple/a/", Fault::Stall, When::Always);
    let repo = repo().index(&index).requirements("a\n").file(
        "Cargo.toml",
        "[workspace.metadata.xtask.python]\ninterpreter_constraints = ['CPython==3.12.*']\n\
         [workspace.metadata.xtask.index]\ntimeout_seconds = 1\n",
    );
    let start = std::time::Instant::now();
    assert_snapshot!(refused(&repo, LOCK), @"
    error: cannot list the files of `a` from http://127.0.0.1:[PORT]/simple/a/: the server did not answer in time (4 attempts)
     --> requirements.txt:1:1
      |
    1 | a
      | ^
      |
    hint: check the connection; `--offline` makes do with what is in the cache
    ");
    assert!(
        start.elapsed() < Duration::from_secs(30),
        "{:?}",
        start.elapsed()
    );
}

#[test]
fn an_index_that_forbids_access() {
    let index = LoopbackIndex::start([Package::new("a", "1.0")]);
    index.inject("/simple/a/", Fault::Status(403), When::Always);
    let repo = repo().index(&index).requirements("a\n");
    assert_snapshot!(refused(&repo, LOCK), @"
    error: cannot list the files of `a` from http://127.0.0.1:[PORT]/simple/a/: the server answers 403, access is forbidden
     --> requirements.txt:1:1
      |
    1 | a
      | ^
      |
    hint: check the URL; where a login is needed, put `machine 127.0.0.1 login USER password PASSWORD` into ~/.netrc, set XTASK_INDEX_USERNAME and XTASK_INDEX_PASSWORD, or write them into the index's URL
    ");
    let url = index.url().replace("http://", "http://me:guess@");
    let repo = repo.env("PIP_INDEX_URL", &url);
    assert_snapshot!(refused(&repo, LOCK), @"
    error: cannot list the files of `a` from http://****@127.0.0.1:[PORT]/simple/a/: the server answers 403, access is forbidden to the login that was sent
     --> requirements.txt:1:1
      |
    1 | a
      | ^
      |
    hint: ask who runs the index to give this login access
    ");
}

#[test]
fn the_line_of_the_reference_that_fails() {
    let index = LoopbackIndex::start([Package::new("a", "1.0")]);
    let wheel = index.file_url("a-1.0-py3-none-any.whl");
    let gone = index.file_url("a-2.0-py3-none-any.whl");
    let lines = format!(
        "# two places\na @ {wheel} ; sys_platform == 'win32'\na @ {gone} ; sys_platform != 'win32'\n"
    );
    let repo = repo().index(&index).requirements(&lines);
    assert_snapshot!(refused(&repo, LOCK), @"
    error: cannot download `http://127.0.0.1:[PORT]/files/a-2.0-py3-none-any.whl` from http://127.0.0.1:[PORT]/files/a-2.0-py3-none-any.whl: the server answers 404
     --> requirements.txt:3:1
      |
    3 | a @ http://127.0.0.1:[PORT]/files/a-2.0-py3-none-any.whl ; sys_platform != 'win32'
      | ^
    ");
}
