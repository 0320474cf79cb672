//! Twelve situations of a first hour. uv is in them too, where it is among the peers: where it succeeds, we
//! must.

use insta::assert_snapshot;
use testkit::{Fault, LoopbackIndex, Output, Package, Repo, When, peer};

use crate::fixtures::environments::{repo, said};
use crate::{done, refused};

/// A repository for both tools, whose requirements are these lines of a list in TOML.
fn both(index: &LoopbackIndex, requirements: &str) -> Option<Repo> {
    let pyproject = format!(
        "[project]\nname = \"own\"\nversion = \"1\"\nrequires-python = \">=3.10\"\ndependencies = [\n{requirements}]\n"
    );
    let repo = repo()?
        .index(index)
        .file(
            "BUILD",
            "python_requirements(name=\"reqs\", source=\"pyproject.toml\")\n",
        )
        .file("pyproject.toml", &pyproject)
        .env("UV_DEFAULT_INDEX", &index.url())
        .env("UV_PYTHON_DOWNLOADS", "never")
        .env("UV_NO_MANAGED_PYTHON", "1");
    Some(repo)
}

/// What we say, with our exit status, without the output of a build, which is Python's. uv, given `theirs`,
/// must not succeed where we fail.
#[track_caller]
fn beside(repo: &Repo, ours: &[&str], theirs: &[&str]) -> String {
    let output = repo.xtask(ours);
    if let Some(other) = by_uv(repo, theirs) {
        let succeed = [&output, &other].map(|output| output.status == 0);
        assert!(succeed[0] || !succeed[1], "uv does it: {other}");
    }
    told(&output)
}

fn by_uv(repo: &Repo, arguments: &[&str]) -> Option<Output> {
    let cache = repo.home().join("uv-cache");
    let arguments = [arguments, &["--cache-dir", cache.as_str()]].concat();
    Some(repo.run(&peer("uv")?, &arguments))
}

fn told(output: &Output) -> String {
    let text = said(output);
    let lines = text.lines().filter(|line| !line.starts_with("      "));
    let lines: Vec<&str> = lines.collect();
    format!("{}\nexit status {}", lines.join("\n"), output.status)
}

const LOCK: &[&str] = &["generate-lockfiles"];

#[test]
fn a_wheel_that_was_signed_as_a_jar() {
    let index = LoopbackIndex::start([Package::new("signed", "1.0")
        .member("signed.py", b"")
        .unrecorded("META-INF/MANIFEST.MF", b"Manifest-Version: 1.0\n")]);
    let Some(repo) = both(&index, "  \"signed\",\n") else {
        return;
    };
    assert_snapshot!(beside(&repo, LOCK, &["lock"]), @"
    python-default (python.lock): 1 packages, written
      + signed 1.0  (the requirement `signed` is new)
    exit status 0
    ");
    assert_snapshot!(beside(&repo, &["export"], &["sync"]), @"
    warning: python-default: the RECORD of signed 1.0, which the repository requires, does not list `META-INF/MANIFEST.MF`, which is left out
    python-default: made dist/export/python/virtualenvs/python-default/[PYTHON] (1 package, CPython [PYTHON])
    exit status 0
    ");
}

#[test]
fn a_version_that_was_published_a_moment_ago() {
    let before = LoopbackIndex::start([Package::new("lib", "1.0")]);
    let Some(repo) = both(&before, "  \"lib\",\n") else {
        return;
    };
    assert_snapshot!(beside(&repo, LOCK, &["lock"]), @"
    python-default (python.lock): 1 packages, written
      + lib 1.0  (the requirement `lib` is new)
    exit status 0
    ");
    before.add(&Package::new("lib", "2.0"));
    let upgrade = ["generate-lockfiles", "--upgrade"];
    assert_snapshot!(beside(&repo, &upgrade, &["lock", "--upgrade"]), @"
    python-default (python.lock): 1 packages, written
      ~ lib 1.0 -> 2.0 (major)  (chosen anew)
    exit status 0
    ");
}

#[test]
fn a_misspelt_setting() {
    let index = LoopbackIndex::start([Package::new("lib", "1.0")]);
    let Some(repo) = both(&index, "  \"lib\",\n") else {
        return;
    };
    let pyproject = repo.read("pyproject.toml") + "[tool.uv]\nindex-ulr = \"x\"\n";
    repo.write("pyproject.toml", &pyproject);
    let settings =
        repo.read("Cargo.toml") + "[workspace.metadata.xtask.python-repos]\nindxes = []\n";
    repo.write("Cargo.toml", &settings);
    // uv warns, and goes on without what was set.
    assert_snapshot!(told(&repo.xtask(LOCK)), @"
    error: `indxes` is not a setting of `[python-repos]`
      --> Cargo.toml:10:1
       |
    10 | indxes = []
       | ^^^^^^
       |
    hint: did you mean `indexes`?
    exit status 1
    ");
}

#[test]
fn a_misspelt_package() {
    let index = LoopbackIndex::start([Package::new("requests", "1.0")]);
    let Some(repo) = both(&index, "  \"reqeusts\",\n") else {
        return;
    };
    assert_snapshot!(beside(&repo, LOCK, &["lock"]), @r#"
    error: cannot lock `python-default`: no versions satisfy all requirements
     --> pyproject.toml:6:4
      |
    6 |   "reqeusts",
      |    ^^^^^^^^^^
      |
      = pyproject.toml:6 requires reqeusts
      = reqeusts is on no index
    hint: is `reqeusts` spelt right? See pyproject.toml:6
    exit status 1
    "#);
}

#[test]
fn requirements_that_exclude_each_other() {
    let index = LoopbackIndex::start([
        Package::new("app", "1.0").requires("lib<2"),
        Package::new("lib", "1.0"),
        Package::new("lib", "2.0"),
    ]);
    let Some(repo) = both(&index, "  \"app\",\n  \"lib>=2\",\n") else {
        return;
    };
    assert_snapshot!(beside(&repo, LOCK, &["lock"]), @r#"
    error: cannot lock `python-default`: no versions satisfy all requirements
     --> pyproject.toml:6:4
      |
    6 |   "app",
      |    ^^^^^
      |
      = pyproject.toml:6 requires app
      = app requires lib<2
      = pyproject.toml:7 requires lib>=2
    hint: with lib 1.0 there is a solution: loosen `lib>=2` at pyproject.toml:7
    exit status 1
    "#);
}

#[test]
fn an_index_that_forbids_access() {
    let index = LoopbackIndex::start([Package::new("lib", "1.0")]);
    let Some(repo) = both(&index, "  \"lib\",\n") else {
        return;
    };
    index.inject("/simple/lib/", Fault::Status(403), When::Always);
    assert_snapshot!(beside(&repo, LOCK, &["lock"]), @r#"
    error: cannot list the files of `lib` from http://127.0.0.1:[PORT]/simple/lib/: the server answers 403, access is forbidden
     --> pyproject.toml:6:4
      |
    6 |   "lib",
      |    ^^^^^
      |
    hint: check the URL; where a login is needed, put `machine 127.0.0.1 login USER password PASSWORD` into ~/.netrc, set XTASK_INDEX_USERNAME and XTASK_INDEX_PASSWORD, or write them into the index's URL
    exit status 1
    "#);
}

#[test]
fn a_build_that_fails() {
    let index = LoopbackIndex::start([
        Package::new("top", "1.0").requires("broken"),
        Package::new("broken", "1.0")
            .sdist()
            .needs_build()
            .build_imports("nowhere_to_be_found"),
    ]);
    let Some(repo) = both(&index, "  \"top\",\n") else {
        return;
    };
    assert_snapshot!(beside(&repo, LOCK, &["lock"]), @r#"
    error: cannot build broken-1.0.tar.gz
     --> pyproject.toml:6:4
      |
    6 |   "top",
      |    ^^^^^
      |
      = the hook `get_requires_for_build_wheel` of its backend `backend` failed; the whole output is in [CACHE]/cargo-xtask/builds-1/logs/broken-1.0.tar.gz-[HASH].log
      = pyproject.toml:6 requires top
      = top 1.0 requires broken
    hint: its build lacks the module `nowhere_to_be_found`: `extra_dependencies = { broken = ["nowhere_to_be_found"] }` in `[build]` adds what provides it
    hint: `dependency_metadata = [{ name = "broken", requires_dist = [] }]` in `[build]` says what it requires, so that it need not be built to be locked
    exit status 1
    "#);
}

#[test]
fn a_bracket_that_is_not_closed() {
    let index = LoopbackIndex::start([Package::new("lib", "1.0")]);
    let Some(repo) = both(&index, "  \"lib\",\n") else {
        return;
    };
    repo.write(
        "pyproject.toml",
        "[project]\nname = \"own\"\nversion = \"1\"\ndependencies = [\n  \"lib\",\n",
    );
    assert_snapshot!(beside(&repo, LOCK, &["lock"]), @r#"
    error: not valid TOML: unclosed array, expected `]`
     --> pyproject.toml:5:9
      |
    5 |   "lib",
      |         ^
    exit status 1
    "#);
    repo.write(
        "BUILD",
        "python_requirements(\n    name=\"reqs\",\n    source=\"pyproject.toml\",\n",
    );
    assert_snapshot!(beside(&repo, LOCK, &["lock"]), @"
    error: cannot parse: `(` is never closed
     --> BUILD:1:20
      |
    1 | python_requirements(
      |                    ^
    exit status 1
    ");
}

#[test]
fn a_requirement_that_is_none() {
    let index = LoopbackIndex::start([Package::new("lib", "1.0")]);
    let Some(repo) = both(&index, "  \"lib\",\n  \"lib=>1\",\n") else {
        return;
    };
    assert_snapshot!(beside(&repo, LOCK, &["lock"]), @r#"
    error: not a requirement: no such comparison operator "=>", must be one of ~= == != <= >= < > ===
     --> pyproject.toml:7:7
      |
    7 |   "lib=>1",
      |       ^^^^^
    exit status 1
    "#);
}

#[test]
fn an_index_whose_host_does_not_exist() {
    let index = LoopbackIndex::start([Package::new("lib", "1.0")]);
    let Some(repo) = both(&index, "  \"lib\",\n") else {
        return;
    };
    let repo = repo.env("UV_DEFAULT_INDEX", "https://index.invalid/simple");
    let ours = [
        "generate-lockfiles",
        "--index-url",
        "https://index.invalid/simple",
    ];
    let start = std::time::Instant::now();
    assert_snapshot!(beside(&repo, &ours, &["lock"]), @r#"
    error: cannot list the files of `lib` from https://index.invalid/simple/lib/: the name of its host, `index.invalid`, cannot be looked up: failed to lookup address information: Name or service not known
     --> pyproject.toml:6:4
      |
    6 |   "lib",
      |    ^^^^^
      |
    hint: check the connection; `--offline` makes do with what is in the cache
    exit status 1
    "#);
    let limit = std::time::Duration::from_secs(60);
    assert!(start.elapsed() < limit, "one look-up decides");
}

#[test]
fn a_misspelt_command() {
    let index = LoopbackIndex::start([Package::new("lib", "1.0")]);
    let Some(repo) = both(&index, "  \"lib\",\n") else {
        return;
    };
    assert_snapshot!(beside(&repo, &["generate-lockfile"], &["lokc"]), @"
    error: there is no command `generate-lockfile`
     |
    hint: did you mean `generate-lockfiles`?
    exit status 2
    ");
    assert_snapshot!(beside(&repo, &["export", "--resolve", "python-defualt"], &["sync", "--package", "owm"]), @"
    error: there is no resolve `python-defualt`
     |
    hint: did you mean `--resolve python-default`?
    exit status 1
    ");
}

#[test]
fn a_program_that_is_not_there() {
    let index = LoopbackIndex::start([Package::new("lib", "1.0")]);
    let Some(repo) = both(&index, "  \"lib\",\n") else {
        return;
    };
    assert_snapshot!(beside(&repo, &["run", "--", "lib"], &["run", "--frozen", "lib"]), @"
    error: cannot export `python-default`: there is no lock
    --> python.lock
     |
    hint: run `cargo xtask generate-lockfiles --resolve python-default`
    exit status 1
    ");
    assert_snapshot!(beside(&repo, LOCK, &["lock"]), @"
    python-default (python.lock): 1 packages, written
      + lib 1.0  (the requirement `lib` is new)
    exit status 0
    ");
    assert_snapshot!(beside(&repo, &["run", "--", "libb"], &["run", "libb"]), @"
    error: there is no program `libb` in the environment of `python-default`, nor on PATH
     |
    hint: add its package to the requirements of `python-default`, or name a resolve that has it: `--resolve NAME`
    exit status 1
    ");
}

/// A section may be that of a team's own plug-in, so it is no mistake.
#[test]
fn a_misspelt_section() {
    let pants =
        |section: &str| format!("[GLOBAL]\npants_version = \"2.32.0\"\n[{section}]\nx = 1\n");
    let repo = crate::repo().file("pants.toml", "");
    let warned = |section: &str| {
        repo.write("pants.toml", &pants(section));
        done(&repo, &["list", "::"]).stderr
    };
    assert_snapshot!(warned("tset"), @"warning: pants.toml:4: nothing has a section `[tset]`; did you mean `[test]`?");
    assert_snapshot!(warned("python-infre"), @"warning: pants.toml:4: nothing has a section `[python-infre]`; did you mean `[python-infer]`?");
    assert_eq!(warned("setupgen"), "");
    assert_eq!(warned("shell-test"), "");
}

#[test]
fn a_misspelt_key() {
    let repo = crate::repo().file("BUILD", "");
    let told = |text: &str| {
        let pants = format!("[GLOBAL]\npants_version = \"2.32.0\"\n{text}");
        repo.write("pants.toml", &pants);
        repo.xtask(&["list", "::"]).stderr
    };
    // What is read here, as of a tool, is refused.
    assert_snapshot!(told("[mypy]\nargss = []\n"), @"
    error: `argss` is not a setting of `[mypy]`
     --> pants.toml:4:1
      |
    4 | argss = []
      | ^^^^^
      |
    hint: did you mean `args`?
    ");
    assert_snapshot!(told("[lint]\nskip_formaters = true\n"), @"
    error: `skip_formaters` is not a setting of `[lint]`
     --> pants.toml:4:1
      |
    4 | skip_formaters = true
      | ^^^^^^^^^^^^^^
      |
    hint: did you mean `skip_formatters`?
    ");
    assert_snapshot!(told("[release]\nbranchs = 1\n"), @"
    error: `branchs` is not a setting of `[release]`
     --> pants.toml:4:1
      |
    4 | branchs = 1
      | ^^^^^^^
      |
    hint: did you mean `branches`?
    ");
    // What is not may be of a plug-in.
    assert_snapshot!(told("[docker]\nnosuchthing = 1\n[repl]\nshel = 'x'\n"), @"
    warning: pants.toml:4: `[docker]` has no key `nosuchthing`
    warning: pants.toml:6: `[repl]` has no key `shel`; did you mean `shell`?
    ");
    assert_snapshot!(told("[python]\nnosuchthing = 1\n"), @"warning: pants.toml:4: `[python]` has no key `nosuchthing`");
    // Pants has these, and they are for nothing here.
    assert_eq!(
        told("[python]\nrepl_history = true\n[export]\npy_hermetic_scripts = true\n"),
        ""
    );
    assert_eq!(told("[shell-test]\nwhatever = 1\n[mine]\nx = 1\n"), "");
    // A file of its own is named.
    repo.write("pants.ci.toml", "colors = true\n[black]\nzork = 1\n");
    let ci = ["--pants-config-files=pants.ci.toml", "list", "::"];
    assert_snapshot!(repo.xtask(&ci).stderr, @"
    warning: pants.ci.toml:1: `colors` stands in no section, and is not used
    warning: pants.ci.toml:3: `[black]` has no key `zork`
    ");
}

#[test]
fn a_name_of_pytest_as_a_target() {
    let repo = crate::repo()
        .file("t/BUILD", "python_tests()\n")
        .file("t/test_a.py", "def test_a(): pass\n");
    assert_snapshot!(refused(&repo, &["test", "t/test_a.py::test_a"]), @"
    error: `t/test_a.py::test_a` names no target: a name of pytest goes after `--`, as `-- -k NAME`
     |
    hint: did you mean `t/test_a.py`?
    ");
    assert_snapshot!(done(&repo, &["list", "t/test_a.py:"]).stdout, @"t/test_a.py");
}

#[test]
fn a_program_without_dashes() {
    let repo = crate::repo().requirements("a\n");
    assert_snapshot!(refused(&repo, &["run", "pytest"]), @"
    error: `pytest` names no target: there is no file or folder `pytest`
     |
    hint: `cargo xtask run -- pytest` runs a program of the environment
    ");
}
