//! An archive whose inputs did not change is taken from the cache, with the bytes that it would have otherwise.

use insta::assert_snapshot;
use testkit::Repo;

use super::reproducible::archives;
use super::{backend, monorepo, package};

/// The lines of `--stats` that say what ran.
fn actions(repo: &Repo, arguments: &[&str]) -> String {
    let output = package(repo, &[arguments, &["--stats"]].concat());
    let lines = output.stderr.lines();
    let line = lines.filter(|line| line.starts_with("actions: "));
    line.collect()
}

#[test]
fn what_did_not_change_is_not_packed_again() {
    let repo = monorepo();
    let dist = repo.root().join("dist");
    assert_snapshot!(actions(&repo, &["--no-cache"]), @"actions: 5 run here");
    let without = archives(&dist);
    assert_snapshot!(actions(&repo, &[]), @"actions: 5 run here");
    assert_eq!(archives(&dist), without);
    fs_err::remove_dir_all(&dist).unwrap();
    assert_snapshot!(actions(&repo, &["--force"]), @"actions: 5 run here");
    assert_snapshot!(actions(&repo, &["--verify"]), @"actions: 5 from the cache of this machine");
    assert_eq!(archives(&dist), without);
    repo.write(
        "src/acme/lib/core.py",
        "import attrs\nimport uvloop\nX = 1\n",
    );
    assert_snapshot!(actions(&repo, &[]), @"actions: 2 run here, 3 from the cache of this machine");
    assert_ne!(archives(&dist), without);
    // What was is remembered.
    repo.write("src/acme/lib/core.py", "import attrs\nimport uvloop\n");
    assert_snapshot!(actions(&repo, &[]), @"actions: 5 from the cache of this machine");
    assert_eq!(archives(&dist), without);
}

#[test]
fn rights_names_and_the_time_count() {
    let repo = monorepo();
    actions(&repo, &["src/acme/lib:dist"]);
    let other_time = ["src/acme/lib:dist", "--stats"];
    let output = repo
        .env("SOURCE_DATE_EPOCH", "1727699698")
        .xtask(&[&["package"][..], &other_time].concat());
    assert!(output.stderr.contains("actions: 2 run here\n"), "{output}");
}

#[test]
fn a_backend_is_not_called_again() {
    let repo = backend::own();
    let dist = repo.root().join("dist");
    assert_snapshot!(actions(&repo, &["--no-cache"]), @"actions: 2 run here");
    let without = archives(&dist);
    assert_snapshot!(actions(&repo, &[]), @"actions: 2 run here");
    assert_eq!(archives(&dist), without);
    fs_err::remove_dir_all(&dist).unwrap();
    assert_snapshot!(actions(&repo, &[]), @"actions: 2 from the cache of this machine");
    assert_eq!(archives(&dist), without);
    repo.write("src/own/y.py", "Y = 2\n");
    assert_snapshot!(actions(&repo, &[]), @"actions: 2 run here");
    repo.write(
        "src/own/not_shipped.txt",
        "changed, and not seen by the backend\n",
    );
    assert_snapshot!(actions(&repo, &[]), @"actions: 2 from the cache of this machine");
}

/// Failures are not kept, and are told as without the cache.
#[test]
fn a_backend_that_fails_is_called_again() {
    let repo = backend::own().file(
        "src/own/backend.py",
        "def build_wheel(*_): raise OSError('no')\n",
    );
    let run = |flags: &[&str]| {
        let output = repo.xtask(&[&["package", "--wheel"][..], flags].concat());
        assert_eq!(output.status, 1, "{output}");
        // The folder of the build's environment has another name each time.
        let lines = output.stderr.lines().map(str::to_owned);
        lines
            .filter(|line| !line.contains(".tmp-"))
            .collect::<Vec<_>>()
    };
    let without = run(&["--no-cache"]);
    assert_eq!(run(&[]), without);
    assert_eq!(run(&[]), without);
}

#[test]
fn a_damaged_cache_costs_only_time() {
    let repo = monorepo();
    let dist = repo.root().join("dist");
    actions(&repo, &[]);
    let right = archives(&dist);
    let blobs = repo.cache().join("cargo-xtask/actions/v1/blobs");
    for folder in blobs.read_dir_utf8().unwrap() {
        for file in folder.unwrap().path().read_dir_utf8().unwrap() {
            let path = file.unwrap().into_path();
            let mut bytes = fs_err::read(&path).unwrap();
            let last = bytes.len() - 1;
            bytes[last] ^= 1;
            fs_err::remove_file(&path).unwrap();
            fs_err::write(&path, bytes).unwrap();
        }
    }
    fs_err::remove_dir_all(&dist).unwrap();
    assert_snapshot!(actions(&repo, &[]), @"actions: 5 run here");
    assert_eq!(archives(&dist), right);
}

#[test]
fn why_something_is_packed_again_is_told_to_those_who_ask() {
    let repo = monorepo();
    let why = |repo: &Repo| {
        let output = package(repo, &["-v", "src/acme/app:dist"]);
        let lines = output.stderr.lines().map(str::to_owned);
        lines
            .filter(|line| line.starts_with("running "))
            .collect::<String>()
    };
    assert_snapshot!(why(&repo), @"running package src/acme/app:dist: acme_app-24.9.0-py3-none-any.whl: it did not run before");
    assert_snapshot!(why(&repo), @"");
    repo.write("src/acme/app/__init__.py", "\"\"\"Another.\"\"\"\n");
    assert_snapshot!(why(&repo), @"running package src/acme/app:dist: acme_app-24.9.0-py3-none-any.whl: `acme/app/__init__.py`, `acme_app-24.9.0.dist-info/RECORD` differ from the last run");
}

/// It is there to be removed, and its state is told.
#[test]
fn clean_and_doctor_know_the_cache() {
    let repo = monorepo();
    let doctor = |repo: &Repo| {
        let output = repo.xtask(&["doctor", "--offline"]);
        let lines = output.stderr.lines().map(str::to_owned);
        lines
            .filter(|line| line.contains("results of actions"))
            .collect::<String>()
    };
    assert_snapshot!(doctor(&repo), @"");
    actions(&repo, &["src/acme/app:dist"]);
    assert!(
        doctor(&repo).starts_with("ok     results of actions: "),
        "{}",
        doctor(&repo)
    );
    let output = repo.xtask(&["clean", "--cache"]);
    assert!(
        output
            .stderr
            .contains("/actions (results of actions, and their sandboxes, "),
        "{output}"
    );
    assert!(!repo.cache().join("cargo-xtask/actions").exists());
    assert_snapshot!(actions(&repo, &["src/acme/app:dist"]), @"actions: 1 run here");
}

/// A cache that cannot be used costs a warning, and the run is right.
#[test]
fn a_cache_that_cannot_be_used() {
    let repo = monorepo();
    actions(&repo, &["src/acme/app:dist"]);
    let cache = repo.cache().join("cargo-xtask/actions");
    fs_err::remove_dir_all(&cache).unwrap();
    fs_err::write(&cache, "").unwrap();
    let output = package(&repo, &["src/acme/app:dist"]);
    assert_snapshot!(output.stderr, @"
    warning: results are not kept: cannot use the cache [CACHE]/cargo-xtask/actions: not a directory
    wrote dist/acme_app-24.9.0-py3-none-any.whl
    ");
    let output = repo.xtask(&["doctor", "--offline"]);
    assert!(
        output
            .stderr
            .contains("results of actions: none is kept: not a directory"),
        "{output}"
    );
}

#[test]
fn a_number_of_programs_that_is_none() {
    let repo = monorepo();
    let output = repo.xtask(&["package", "--jobs", "0"]);
    assert_eq!(output.status, 2, "{output}");
    let settings = super::SETTINGS.to_owned()
        + "\n[workspace.metadata.xtask.GLOBAL]\nprocess_execution_local_parallelism = 0\n";
    repo.write("Cargo.toml", &settings);
    let output = repo.xtask(&["package"]);
    assert!(output.stderr.contains("must be one or more"), "{output}");
}

#[test]
fn settings_turn_the_cache_off() {
    let repo = monorepo();
    let settings =
        super::SETTINGS.to_owned() + "\n[workspace.metadata.xtask.GLOBAL]\nlocal_cache = false\n";
    repo.write("Cargo.toml", &settings);
    actions(&repo, &[]);
    assert_snapshot!(actions(&repo, &[]), @"actions: 5 run here");
}

/// `local_cache` is about this machine; what the team has is used all the same, and given to.
#[test]
fn without_a_cache_here_the_teams_is_used() {
    let folder = tempfile::tempdir().unwrap();
    let address = format!("file://{}", folder.path().display());
    let settings =
        super::SETTINGS.to_owned() + "\n[workspace.metadata.xtask.GLOBAL]\nlocal_cache = false\n";
    let off = |repo: Repo| repo.file("Cargo.toml", &settings);
    let first = off(of_team(&address, "file"));
    assert_snapshot!(actions(&first, &[]), @"actions: 5 run here");
    for repo in [first, off(of_team(&address, "file"))] {
        assert_eq!(actions(&repo, &[]), "actions: 5 from the shared cache");
    }
}

#[test]
fn a_trace_says_what_was_done() {
    let repo = monorepo();
    package(&repo, &["src/acme/app:dist", "--trace", "out/trace.json"]);
    let trace: serde_json::Value = serde_json::from_str(&repo.read("out/trace.json")).unwrap();
    let events = trace["traceEvents"].as_array().unwrap();
    let names: Vec<_> = events
        .iter()
        .map(|event| event["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        ["package src/acme/app:dist: acme_app-24.9.0-py3-none-any.whl"]
    );
    assert_eq!(events[0]["args"]["from"], "run");
}

/// A repository elsewhere, with a cache of its own, whose team shares what is at an address.
fn of_team(address: &str, provider: &str) -> Repo {
    monorepo()
        .env("PANTS_REMOTE_CACHE_READ", "true")
        .env("PANTS_REMOTE_CACHE_WRITE", "true")
        .env("PANTS_REMOTE_PROVIDER", provider)
        .env("PANTS_REMOTE_STORE_ADDRESS", address)
        // The machine may have much to do.
        .env("PANTS_REMOTE_CACHE_PATIENCE_MILLIS", "20000")
        .env("PANTS_REMOTE_CACHE_RPC_TIMEOUT_MILLIS", "20000")
        .env("PANTS_SESSION_END_TASKS_TIMEOUT", "30")
        .env("AWS_ACCESS_KEY_ID", "somebody")
        .env("AWS_SECRET_ACCESS_KEY", "secret")
}

/// What one machine packs, no other does.
fn check_shared(address: &str, provider: &str) {
    let first = of_team(address, provider);
    assert_eq!(actions(&first, &[]), "actions: 5 run here");
    let second = of_team(address, provider);
    let told = actions(&second, &[]);
    assert_eq!(told, "actions: 5 from the shared cache", "{address}");
    let dist = |repo: &Repo| archives(&repo.root().join("dist"));
    assert_eq!(dist(&second), dist(&first));
}

#[test]
fn what_one_machine_packed_another_has() {
    let server = testkit::CacheServer::start();
    check_shared(&server.address(), "reapi");
    let folder = tempfile::tempdir().unwrap();
    check_shared(&format!("file://{}", folder.path().display()), "file");
}

#[test]
fn servers_of_others_share_too() {
    use testkit::{RealServer, RealServerKind};

    for kind in [RealServerKind::BuildboxCasd, RealServerKind::BuildGrid] {
        if let Some(server) = RealServer::start(kind) {
            check_shared(&format!("grpc://{}", server.host()), "reapi");
        }
    }
    if cfg!(feature = "object-storage")
        && let Some(server) = RealServer::start(RealServerKind::Moto)
    {
        let host = server.host();
        let address = format!("s3://bucket/team?region=us-east-1&endpoint=http://{host}");
        check_shared(&address, "s3");
    }
}

/// A cache that is down costs one line.
#[test]
fn a_shared_cache_that_is_down_costs_a_warning() {
    let repo = of_team("grpc://127.0.0.1:1", "reapi");
    let output = package(&repo, &[]);
    let warnings = output
        .stderr
        .lines()
        .filter(|line| line.starts_with("warning: cannot look up"));
    let warnings: Vec<_> = warnings.collect();
    assert_eq!(warnings.len(), 1, "{output}");
}
