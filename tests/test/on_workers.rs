//! Tests that a server's workers run.

use camino::Utf8Path;
use testkit::{Output, RealServer, RealServerKind, skip};

use super::{OUTCOMES, repo, shown};

/// The repository with the system's Python, which workers have; `None` if there is none that is new enough.
fn with_worker_python(repo: testkit::Repo) -> Option<testkit::Repo> {
    let system = Utf8Path::new("/usr/bin/python3");
    let ask = ["-c", "import sys; print('%d.%d' % sys.version_info[:2])"];
    let version = system.exists().then(|| repo.run(system, &ask).stdout);
    let minor = version
        .as_deref()
        .and_then(|version| version.trim().strip_prefix("3."));
    let minor = minor.and_then(|minor| minor.parse::<u32>().ok());
    let Some(minor) = minor.filter(|minor| *minor >= 10) else {
        skip("needs a Python of the system that is 3.10 or newer, which workers have");
        return None;
    };
    let settings = repo.read("Cargo.toml");
    let lines = settings.lines().map(|line| match line.split(" = ").next() {
        Some("interpreter_constraints") => {
            format!("interpreter_constraints = [\"CPython==3.{minor}.*\"]\n")
        }
        Some("search_path") => format!("search_path = [\"{system}\"]\n"),
        _ => format!("{line}\n"),
    });
    let settings: String = lines.collect();
    Some(repo.file("Cargo.toml", &settings))
}

/// What came of each module, without times.
fn summary(output: &Output) -> Vec<String> {
    let text = shown(output);
    let lines = text.lines().filter(|line| line.starts_with(['✓', '✕']));
    lines.map(str::to_owned).collect()
}

#[test]
fn workers_run_tests() {
    let Some(server) = RealServer::start(RealServerKind::BuildboxCasd) else {
        return;
    };
    let Some((repo, _index)) = repo(OUTCOMES) else {
        return;
    };
    let Some(repo) = with_worker_python(repo) else {
        return;
    };
    let here = repo.xtask(&["test", "::", "--no-cache"]);
    let address = format!("grpc://{}", server.host());
    let repo = repo
        .env("PANTS_REMOTE_EXECUTION", "true")
        .env("PANTS_REMOTE_EXECUTION_ADDRESS", &address)
        .env("PANTS_REMOTE_STORE_ADDRESS", &address)
        .env("PANTS_REMOTE_CACHE_READ", "true")
        .env("PANTS_REMOTE_CACHE_WRITE", "true")
        // The machine may have much to do.
        .env("PANTS_REMOTE_CACHE_RPC_TIMEOUT_MILLIS", "60000")
        .env("PANTS_SESSION_END_TASKS_TIMEOUT", "30");
    let there = repo.xtask(&["test", "::", "--stats"]);
    let stats = |output: &Output| {
        let lines = output.stderr.lines().map(str::to_owned);
        lines
            .filter(|line| line.starts_with("actions: "))
            .collect::<String>()
    };
    insta::assert_snapshot!(stats(&there), @"actions: 4 run elsewhere, 3 failed");
    assert_eq!(summary(&there), summary(&here));
    assert_eq!(there.status, here.status, "{here}");
    // What passed there is known from now on, here and to others.
    let again = repo.xtask(&["test", "src/t/test_pass.py", "--stats"]);
    insta::assert_snapshot!(stats(&again), @"actions: 1 from the cache of this machine");
    fs_err::remove_dir_all(repo.cache().join("cargo-xtask/actions")).unwrap();
    let repo = repo.env("PANTS_REMOTE_EXECUTION", "false");
    let other = repo.xtask(&["test", "src/t/test_pass.py", "--stats"]);
    insta::assert_snapshot!(stats(&other), @"actions: 1 from the shared cache");
}
