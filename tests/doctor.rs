//! `doctor`: finds what is wrong with a set-up, and names the command that mends it.

use insta::assert_snapshot;
use testkit::{LoopbackIndex, Package, Repo};

use crate::fixtures::environments::exported;
use crate::{commit, git, lock, repo};

#[test]
fn doctor_finds_nothing_or_says_what_to_do() {
    let Some((_index, repo)) = exported() else {
        return;
    };
    assert_snapshot!(findings(&repo, 0), @"");
    repo.write("requirements.txt", "app\nlib\n");
    fs_err::remove_dir_all(repo.root().join("dist/export/python")).unwrap();
    assert_snapshot!(findings(&repo, 1), @"
    amiss  lock of `python-default`: the requirement `lib` is new
           mend it: cargo xtask generate-lockfiles --resolve python-default
    ");
    let repo = repo.env("PIP_INDEX_URL", "http://127.0.0.1:1/simple/");
    fs_err::remove_dir_all(repo.cache()).unwrap();
    fs_err::remove_file(repo.root().join("python.lock")).unwrap();
    assert_snapshot!(findings(&repo, 1), @"
    amiss  package index: cannot list the files of `pip` from http://127.0.0.1:[PORT]/simple/pip/: no connection: Connection refused (os error 111) (4 attempts)
           mend it: check the connection; `--offline` makes do with what is in the cache
    amiss  lock of `python-default`: there is no lock
           mend it: cargo xtask generate-lockfiles --resolve python-default
    ");
}

#[test]
fn a_shared_cache_that_does_not_answer_is_found() {
    let Some((_index, repo)) = exported() else {
        return;
    };
    let server = testkit::CacheServer::start();
    let repo = repo
        .env("PANTS_REMOTE_CACHE_READ", "true")
        .env("PANTS_REMOTE_STORE_ADDRESS", &server.address());
    let output = repo.xtask(&["doctor"]);
    let answers = "answers, and what runs here is not stored";
    assert!(output.stderr.contains(answers), "{output}");
    server.inject(testkit::CacheFault::Unauthenticated);
    assert_snapshot!(findings(&repo, 1), @"
    amiss  shared cache: cannot look up the action 72f4be89d6eb (6 bytes) at grpc://127.0.0.1:[PORT]: it refuses the login, of which none was sent: who are you?
           mend it: set PANTS_REMOTE_OAUTH_BEARER_TOKEN, `remote_oauth_bearer_token_path` or `remote_store_headers`
    ");
    let repo = repo.env("PANTS_REMOTE_STORE_ADDRESS", "s3://bucket");
    assert_snapshot!(findings(&repo, 1), @r#"
    amiss  shared cache: `[GLOBAL] remote_store_address` is `s3://bucket`, which is no address of the provider `reapi`
           mend it: set `remote_provider = "s3"`, or an address that begins with `grpc://` or `grpcs://`
    "#);
}

/// The findings of `doctor`, without those about disk space and file systems, which depend on the
/// machine: it may be short of either, and then fails in any case.
#[track_caller]
fn findings(repo: &Repo, status: i32) -> String {
    let output = repo.xtask(&["doctor"]);
    let of_machine = |line: &str| line.contains("cache folder: ") || line.contains("file system: ");
    let mut shown = Vec::new();
    let mut machine_fails = false;
    // A finding has a line, and below it the lines that say how to mend it.
    let mut ours = false;
    for line in output.stderr.lines() {
        if !line.starts_with(' ') {
            ours = !line.starts_with("ok ") && !of_machine(line);
            machine_fails |= line.starts_with("amiss") && of_machine(line);
        }
        if ours {
            shown.push(line);
        }
    }
    let expected = if machine_fails { 1 } else { status };
    assert_eq!(output.status, expected, "{output}");
    shown.join("\n")
}

#[test]
fn what_continuous_integration_needs() {
    let index = LoopbackIndex::start([Package::new("lib", "1.0")]);
    let repo = repo().index(&index).requirements("lib\n");
    lock(&repo);
    git(&repo, &["init", "--quiet"]);
    commit(&repo, "first");
    assert_snapshot!(repo.xtask(&["doctor", "--ci"]), @"
    exit status 1
    ----- stderr
    ok     clone: as it shall be
    amiss  .gitattributes: `.gitattributes` does not name every lockfile with `merge=xtask-lockfile`
           mend it: cargo xtask install-merge-driver, then commit it
    amiss  workflow: no workflow runs `lock check` or `generate-lockfiles --check`
           mend it: copy .ci/workflows/lockfiles.yml of cargo-xtask to .github/workflows
    ok     lock of `python-default`: as it shall be
    ");
    repo.xtask(&["install-merge-driver"]);
    let workflow = fs_err::read_to_string(workflows().join("lockfiles.yml")).unwrap();
    repo.write(".github/workflows/lockfiles.yml", &workflow);
    assert_snapshot!(repo.xtask(&["doctor", "--ci"]), @"
    exit status 0
    ----- stderr
    ok     clone: as it shall be
    ok     .gitattributes: as it shall be
    ok     workflow: as it shall be
    ok     lock of `python-default`: as it shall be
    ");
    repo.write("requirements.txt", "lib\nother\n");
    let told = repo.xtask(&["doctor", "--ci"]);
    assert_eq!(told.status, 1, "{told}");
}

#[test]
fn a_merge_driver_that_cannot_be_started() {
    let index = LoopbackIndex::start([Package::new("lib", "1.0")]);
    let repo = repo().index(&index).requirements("lib\n");
    lock(&repo);
    git(&repo, &["init", "--quiet"]);
    let of_driver = |repo: &Repo| {
        let output = repo.xtask(&["doctor"]);
        let lines = output.stderr.lines();
        let mut lines = lines.skip_while(|line| !line.contains("merge driver"));
        format!("{}\n{}", lines.next().unwrap(), lines.next().unwrap())
    };
    repo.xtask(&["install-merge-driver"]);
    // A `PATH` with git, and without cargo.
    let programs = repo.home().join("programs");
    fs_err::create_dir_all(&programs).unwrap();
    for name in ["git", "sh"] {
        let output = repo.run("sh".into(), &["-c", &format!("command -v {name}")]);
        std::os::unix::fs::symlink(output.stdout.trim(), programs.join(name)).unwrap();
    }
    let repo = repo.env("PATH", programs.as_str());
    assert!(of_driver(&repo).starts_with("ok     merge driver: as it shall be"));
    let config = repo
        .read(".git/config")
        .replace(crate::BINARY, "/nowhere/cargo-xtask");
    repo.write(".git/config", &config);
    assert_snapshot!(of_driver(&repo), @"
    amiss  merge driver: neither `/nowhere/cargo-xtask` nor `cargo-xtask` can be started: locks are merged line by line
           mend it: cargo-xtask install-merge-driver
    ");
}

fn workflows() -> camino::Utf8PathBuf {
    camino::Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("../.ci/workflows")
}

#[test]
fn the_commands_of_workflows_are_known() {
    let repo = repo();
    let mut commands = 0;
    for name in ["lockfiles.yml", "release.yml", "upgrades.yml"] {
        let text = fs_err::read_to_string(workflows().join(name)).unwrap();
        for command in text.split("cargo xtask ").skip(1) {
            let line = command
                .lines()
                .next()
                .unwrap()
                .trim_end_matches(['`', '.', '"', '\\']);
            let words = line.split([' ', ';']).filter(|word| !word.is_empty());
            let ends = ["&&", "||", ">"];
            let words: Vec<&str> = words.take_while(|word| !ends.contains(word)).collect();
            if !words[0].starts_with(|c: char| c.is_ascii_lowercase()) {
                continue;
            }
            // What the shell puts in is one word.
            let words: Vec<&str> = match line.contains("$(") {
                true => words
                    .into_iter()
                    .filter(|word| !word.contains(['$', ')']))
                    .collect(),
                false => words,
            };
            let arguments = [words.as_slice(), &["--help"]].concat();
            let output = repo.xtask(&arguments);
            assert_eq!(output.status, 0, "{line}: {output}");
            commands += 1;
        }
    }
    assert!(commands >= 8, "{commands}");
}
