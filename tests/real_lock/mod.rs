//! `why`, `why-not` and `lock diff` on a real lock: that of lablup/backend.ai 24.09.0, as a real index knew its packages.
//!
//! `recorded.json` has the facts; `record.py` records them, and says how.

use std::collections::BTreeMap;

use insta::assert_snapshot;
use serde::Deserialize;
use testkit::{IndexBuilder, LoopbackIndex, Package, Repo};

use crate::{commit, git, lock, refused, repo};

/// The recorded facts.
#[derive(Deserialize)]
struct Recorded {
    /// The day on which the lock is made.
    locked: String,
    /// The day on which questions are asked.
    asked: String,
    questions: Vec<String>,
    /// The lines of each file of the repository.
    files: BTreeMap<String, Vec<String>>,
    /// The facts of each release, by name and version.
    projects: BTreeMap<String, BTreeMap<String, Facts>>,
}

/// The facts of a release that matter to CPython 3.12.
#[derive(Deserialize)]
struct Facts {
    uploaded: String,
    /// The tags of the wheels.
    wheels: Vec<String>,
    #[serde(default)]
    sdist: bool,
    python: Option<String>,
    /// The reason, if it was yanked.
    yanked: Option<String>,
    /// The requirements; `None` if they were not recorded.
    requires: Option<Vec<String>>,
    #[serde(default)]
    extras: BTreeMap<String, Vec<String>>,
}

impl Facts {
    fn package(&self, name: &str, version: &str) -> Package {
        let mut package = Package::new(name, version).uploaded(&self.uploaded);
        for tags in &self.wheels {
            package = package.wheel(tags);
        }
        if self.sdist {
            package = package.sdist();
        }
        if let Some(specifiers) = &self.python {
            package = package.requires_python(specifiers);
        }
        if let Some(reason) = &self.yanked {
            package = package.yanked(reason);
        }
        let unknown = ["was-not-recorded".to_owned()];
        for requirement in self.requires.as_deref().unwrap_or(&unknown) {
            package = package.requires(requirement);
        }
        for (extra, requirements) in &self.extras {
            for requirement in requirements {
                package = package.extra(extra, requirement);
            }
        }
        package
    }
}

/// The repository with its lock, committed, and the questions.
struct RealLock {
    repo: Repo,
    recorded: Recorded,
    _index: LoopbackIndex,
}

impl RealLock {
    fn new() -> Self {
        let recorded: Recorded = serde_json::from_str(include_str!("recorded.json")).unwrap();
        let packages = recorded.projects.iter().flat_map(|(name, releases)| {
            let releases = releases.iter();
            releases.map(move |(version, facts)| facts.package(name, version))
        });
        let index = IndexBuilder::new(packages).metadata_files().start();
        let mut repo = repo().index(&index);
        for (path, lines) in &recorded.files {
            repo = repo.file(path, &(lines.join("\n") + "\n"));
        }
        let arguments = ["generate-lockfiles", "--exclude-newer", &recorded.locked];
        let output = repo.xtask(&arguments);
        assert_eq!(output.status, 0, "{output}");
        git(&repo, &["init", "--quiet"]);
        commit(&repo, "locked");
        Self {
            repo,
            recorded,
            _index: index,
        }
    }

    /// The answer of `why-not` if something prevents the version.
    #[track_caller]
    fn stopped(&self, requirement: &str) -> String {
        let known = self
            .recorded
            .questions
            .iter()
            .any(|known| known == requirement);
        assert!(known, "`recorded.json` has no such question");
        let asked = &self.recorded.asked;
        refused(
            &self.repo,
            &["why-not", requirement, "--exclude-newer", asked],
        )
    }

    /// The answer of `why-not` if nothing prevents the version.
    #[track_caller]
    fn free(&self, requirement: &str) -> String {
        let known = self
            .recorded
            .questions
            .iter()
            .any(|known| known == requirement);
        assert!(known, "`recorded.json` has no such question");
        let asked = &self.recorded.asked;
        let output = self
            .repo
            .xtask(&["why-not", requirement, "--exclude-newer", asked]);
        assert_eq!(output.status, 0, "{output}");
        output.stdout
    }
}

#[test]
fn what_stops_a_version() {
    let real = RealLock::new();

    // A requirement line prevents it.
    assert_snapshot!(real.stopped("aiohttp>=3.11"), @"
    error: `aiohttp>=3.11` cannot be had in `python-default`
     --> requirements.txt:4:1
      |
    4 | aiohttp~=3.10.8
      | ^^^^^^^^^^^^^^^
      |
      = you ask for aiohttp>=3.11
      = requirements.txt:4 requires aiohttp~=3.10.8
      = python.lock has aiohttp 3.10.8
    ");
    // A requirement that can be loosened prevents it.
    assert_snapshot!(real.stopped("sqlalchemy>=2"), @"
    error: `sqlalchemy>=2` cannot be had in `python-default`
      --> requirements.txt:64:1
       |
    64 | SQLAlchemy[postgresql_asyncpg]~=1.4.54
       | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
       |
       = you ask for sqlalchemy>=2
       = requirements.txt:64 requires sqlalchemy[postgresql-asyncpg]~=1.4.54
       = python.lock has sqlalchemy 1.4.54
    hint: with sqlalchemy 2.0.36 there is a solution: loosen `sqlalchemy[postgresql-asyncpg]~=1.4.54` at requirements.txt:64
    ");
    assert_snapshot!(real.stopped("uvloop<0.14"), @r#"
    error: `uvloop<0.14` cannot be had in `python-default`
      --> requirements.txt:78:1
       |
    78 | uvloop~=0.20.0; sys_platform != "Windows"
       | ^^^^^^^^^^^^^^^
       |
       = you ask for uvloop<0.14
       = requirements.txt:78 requires uvloop~=0.20.0 ; sys_platform != 'Windows'
       = python.lock has uvloop 0.20.0
    hint: with uvloop 0.13.0 there is a solution: loosen `uvloop~=0.20.0 ; sys_platform != 'Windows'` at requirements.txt:78
    "#);
    // What a required package requires prevents it.
    assert_snapshot!(real.stopped("grpcio>=1.66"), @"
    error: `grpcio>=1.66` cannot be had in `python-default`
      --> requirements.txt:31:1
       |
    31 | etcetra~=0.1.19
       | ^^^^^^^^^^^^^^^
       |
       = requirements.txt:31 requires etcetra~=0.1.19
       = etcetra requires grpcio==1.62.2
       = you ask for grpcio>=1.66
       = python.lock has grpcio 1.62.2
    ");
    assert_snapshot!(real.stopped("graphql-core>=3.3"), @"
    error: `graphql-core>=3.3` cannot be had in `python-default`
      --> requirements.txt:33:1
       |
    33 | graphene~=3.3.0
       | ^^^^^^^^^^^^^^^
       |
       = requirements.txt:33 requires graphene~=3.3.0
       = graphene requires graphql-core>=3.1,<3.3
       = you ask for graphql-core>=3.3
       = python.lock has graphql-core 3.2.4
    ");
    // The version or the project does not exist.
    assert_snapshot!(real.stopped("attrs>=30"), @"
    error: `attrs>=30` cannot be had in `python-default`
     |
     = you ask for attrs>=30
     = no version of attrs is >=30; the highest is 24.2.0
     = python.lock has attrs 24.2.0
    ");
    assert_snapshot!(real.stopped("aiohtp"), @"
    error: `aiohtp` cannot be had in `python-default`
     |
     = you ask for aiohtp
     = aiohtp is on no index
    hint: did you mean `aiohttp`?
    ");
    // It is for other Pythons: its metadata says so, or its wheels do.
    assert_snapshot!(real.stopped("audioop-lts"), @"
    error: `audioop-lts` cannot be had in `python-default`
     |
     = you ask for audioop-lts
     = audioop-lts cannot be used: it requires Python >=3.13
    hint: audioop-lts is for Python >=3.13: raise the lower bound of the interpreter constraints: `interpreter_constraints` in `[python]`
    ");
    assert_snapshot!(real.stopped("tensorflow==2.15.1"), @"
    error: `tensorflow==2.15.1` cannot be had in `python-default`
     |
     = you ask for tensorflow==2.15.1
     = tensorflow cannot be used: it has no file for CPython 3.12
    ");
    // It has wheels for other platforms only.
    assert_snapshot!(real.stopped("triton"), @"
    error: `triton` cannot be had in `python-default` where sys_platform == 'darwin' or platform_machine == 'aarch64' (linux_arm64, macos_arm64)
     |
     = you ask for triton
     = triton cannot be used: it has no file for linux_arm64 and macos_arm64
    ");
    // It was yanked.
    assert_snapshot!(real.stopped("jaxlib>0.4.31,<0.4.33"), @"
    error: `jaxlib>0.4.31,<0.4.33` cannot be had in `python-default`
     |
     = you ask for jaxlib>0.4.31,<0.4.33
     = jaxlib cannot be used: it was yanked
    hint: jaxlib 0.4.32 is a solution, though it was yanked: require it by `==`
    ");

    // Nothing prevents it: it is locked, an upgrade brings it, or it must be required.
    assert_snapshot!(real.free("attrs>=23"), @"Nothing stops `attrs>=23`: python.lock has attrs 24.2.0.");
    assert_snapshot!(real.free("cryptography>=43.0.2"), @"
    Nothing stops `cryptography>=43.0.2`. It would change python.lock:
      ~ cryptography 43.0.1 -> 43.0.3 (patch)
    To have it: `cargo xtask generate-lockfiles --upgrade-package 'cryptography>=43.0.2'`
    ");
    assert_snapshot!(real.free("boto3>=1.35.40"), @"
    Nothing stops `boto3>=1.35.40`. It would change python.lock:
      ~ boto3 1.35.29 -> 1.35.45 (patch)
      ~ botocore 1.35.29 -> 1.35.45 (patch)
    To have it: `cargo xtask generate-lockfiles --upgrade-package 'boto3>=1.35.40'`
    ");
    assert_snapshot!(real.free("redis[ocsp]"), @"
    Nothing stops `redis[ocsp]`. It would change python.lock:
      + pyopenssl 20.0.1
      ~ redis 4.5.5 extras [hiredis] -> [hiredis,ocsp]
    To have it, add `redis[ocsp]` to the requirements of `python-default` and run `cargo xtask generate-lockfiles`
    ");
    assert_snapshot!(real.free("orjson"), @"
    Nothing stops `orjson`, and so far nothing requires orjson. It would change python.lock:
      + orjson 3.10.9
    To have it, add `orjson` to the requirements of `python-default` and run `cargo xtask generate-lockfiles`
    ");
    // The newest version is a pre-release.
    assert_snapshot!(real.free("wrapt>1.16.0"), @"
    Nothing stops `wrapt>1.16.0`, and so far nothing requires wrapt. It would change python.lock:
      + wrapt 1.17.0rc1
    To have it, add `wrapt>1.16.0` to the requirements of `python-default` and run `cargo xtask generate-lockfiles`
    ");
}

#[test]
fn the_command_in_the_answer_brings_the_version() {
    let real = RealLock::new();
    let told = real.free("cryptography>=43.0.2");
    let moves = |text: &str| {
        let lines = text.lines().filter(|line| line.starts_with("  "));
        let lines = lines.map(|line| line.split("  (").next().unwrap_or_default().to_owned());
        lines.collect::<Vec<_>>()
    };
    assert!(
        told.contains("--upgrade-package 'cryptography>=43.0.2'"),
        "{told}"
    );
    let command = [
        "generate-lockfiles",
        "--upgrade-package",
        "cryptography>=43.0.2",
    ];
    let date = ["--exclude-newer", &real.recorded.asked];
    let output = real.repo.xtask(&[&command[..], &date].concat());
    assert_eq!(output.status, 0, "{output}");
    assert_eq!(moves(&output.stderr), moves(&told));
    lock(&real.repo);
}

#[test]
fn why_a_package_is_there() {
    let real = RealLock::new();
    let why = |arguments: &[&str]| {
        let output = real.repo.xtask(&[&["why"], arguments].concat());
        assert_eq!(output.status, 0, "{output}");
        output.stdout
    };
    // One of our requirements leads to it, and others do.
    assert_snapshot!(why(&["multidict", "--limit", "4"]), @"
    multidict 6.1.0
      requirements.txt:46 `multidict>=6.1` > multidict 6.1.0
      requirements.txt:4 `aiohttp~=3.10.8` > aiohttp 3.10.8 > multidict>=4.5,<7.0 > multidict 6.1.0
      requirements.txt:79 `yarl~=1.13.1` > yarl 1.13.1 > multidict>=4.0 > multidict 6.1.0
      requirements.txt:2 `aiodocker==0.23.0` > aiodocker 0.23.0 > aiohttp>=3.8 > aiohttp 3.10.8 > multidict>=4.5,<7.0 > multidict 6.1.0
      … and more: see `--limit`
    ");
    // An extra leads to it.
    assert_snapshot!(why(&["hiredis"]), @"
    hiredis 3.0.0
      requirements.txt:61 `hiredis>=3.0.0` > hiredis 3.0.0
      requirements.txt:62 `redis[hiredis]==4.5.5` > redis 4.5.5 > hiredis>=1.0.0 (extra hiredis) > hiredis 3.0.0
    ");
    // A long chain leads to it.
    assert_snapshot!(why(&["pyasn1"]), @"
    pyasn1 0.6.1
      requirements.txt:41 `kubernetes~=10.0.0` > kubernetes 10.0.1 > google-auth>=1.0.1 > google-auth 2.35.0 > pyasn1-modules>=0.2.1 > pyasn1-modules 0.4.1 > pyasn1>=0.4.6,<0.7.0 > pyasn1 0.6.1
      requirements.txt:41 `kubernetes~=10.0.0` > kubernetes 10.0.1 > google-auth>=1.0.1 > google-auth 2.35.0 > rsa>=3.1.4,<5 > rsa 4.9 > pyasn1>=0.1.3 > pyasn1 0.6.1
    ");
    // It is needed on one platform only.
    assert_snapshot!(why(&["greenlet", "--platform", "macos_arm64"]), @"
    greenlet 3.1.1
      requirements.txt:64 `sqlalchemy[postgresql-asyncpg]~=1.4.54` > sqlalchemy 1.4.54 > greenlet!=0.4.17 (extra postgresql-asyncpg) > greenlet 3.1.1
    ");
}

#[test]
fn what_an_edit_changes() {
    let real = RealLock::new();
    let edited = real
        .repo
        .read("requirements.txt")
        .replace("\nboto3~=1.35\n", "\nboto3~=1.35.40\n")
        .replace("\ntabulate~=0.8.9\n", "\n")
        .replace("redis[hiredis]==4.5.5", "redis[hiredis,ocsp]==4.5.5")
        + "orjson~=3.10\n";
    real.repo.write("requirements.txt", &edited);
    let arguments = [
        "generate-lockfiles",
        "--exclude-newer",
        &real.recorded.asked,
    ];
    assert_snapshot!(real.repo.xtask(&arguments), @"
    exit status 0
    ----- stderr
    python-default (python.lock): 157 packages, written
      ~ boto3 1.35.29 -> 1.35.45 (patch)  (the requirement `boto3~=1.35` is now `boto3~=1.35.40`)
      ~ botocore 1.35.29 -> 1.35.45 (patch)  (the requirement `boto3~=1.35` is now `boto3~=1.35.40`, through boto3)
      + orjson 3.10.9  (the requirement `orjson~=3.10` is new)
      + pyopenssl 20.0.1  (the requirement `redis[hiredis]==4.5.5` is now `redis[hiredis,ocsp]==4.5.5`, through redis)
      ~ redis 4.5.5 extras [hiredis] -> [hiredis,ocsp]  (the requirement `redis[hiredis]==4.5.5` is now `redis[hiredis,ocsp]==4.5.5`)
      - tabulate 0.8.10  (the requirement `tabulate~=0.8.9` is gone)
    ");
    assert_snapshot!(real.repo.xtask(&["lock", "diff"]).stdout, @"
    python-default: 2 added, 1 removed, 3 changed
      the requirement `boto3~=1.35` is now `boto3~=1.35.40`
      the requirement `orjson~=3.10` is new
      the requirement `redis[hiredis]==4.5.5` is now `redis[hiredis,ocsp]==4.5.5`
      the requirement `tabulate~=0.8.9` is gone
      ~ boto3 1.35.29 -> 1.35.45 (patch)
          the requirement `boto3~=1.35` is now `boto3~=1.35.40`
      ~ botocore 1.35.29 -> 1.35.45 (patch)
          the requirement `boto3~=1.35` is now `boto3~=1.35.40`, through boto3
      + orjson 3.10.9
          the requirement `orjson~=3.10` is new
      + pyopenssl 20.0.1
          the requirement `redis[hiredis]==4.5.5` is now `redis[hiredis,ocsp]==4.5.5`, through redis
      ~ redis 4.5.5 extras [hiredis] -> [hiredis,ocsp]
          the requirement `redis[hiredis]==4.5.5` is now `redis[hiredis,ocsp]==4.5.5`
      - tabulate 0.8.10
          the requirement `tabulate~=0.8.9` is gone
    ");
    assert_snapshot!(real.repo.xtask(&["lock", "diff", "--format", "markdown"]).stdout, @"
    ### `python-default`: 2 added, 1 removed, 3 changed

    - the requirement `boto3~=1.35` is now `boto3~=1.35.40`
    - the requirement `orjson~=3.10` is new
    - the requirement `redis[hiredis]==4.5.5` is now `redis[hiredis,ocsp]==4.5.5`
    - the requirement `tabulate~=0.8.9` is gone

    | package | change | because |
    |---|---|---|
    | boto3 | 1.35.29 -> 1.35.45 (patch) | the requirement `boto3~=1.35` is now `boto3~=1.35.40` |
    | botocore | 1.35.29 -> 1.35.45 (patch) | the requirement `boto3~=1.35` is now `boto3~=1.35.40`, through boto3 |
    | orjson | added 3.10.9 | the requirement `orjson~=3.10` is new |
    | pyopenssl | added 20.0.1 | the requirement `redis[hiredis]==4.5.5` is now `redis[hiredis,ocsp]==4.5.5`, through redis |
    | redis | 4.5.5 extras [hiredis] -> [hiredis,ocsp] | the requirement `redis[hiredis]==4.5.5` is now `redis[hiredis,ocsp]==4.5.5` |
    | tabulate | removed 0.8.10 | the requirement `tabulate~=0.8.9` is gone |
    ");
    let output = real
        .repo
        .xtask(&["lock", "check", "--offline", "--budget", "HEAD"]);
    assert_eq!(output.status, 0, "{output}");
}
