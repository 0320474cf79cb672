//! The cache of GitHub Actions, as a server on 127.0.0.1 that does what its second version does.
//!
//! The library reads the runner's variables, so each part is a process of its own.

use remote::{BearerToken, RemoteClient, RemoteOptions, RemoteProvider};
use testkit::GithubCache;

use crate::real::check_cache;
use crate::{action, bytes, options_at, result, shown, with_variables};

/// Says that a process is one of a runner, and where its cache is.
const RUNNER: &str = "XTASK_REMOTE_RUNNER";

const TEST: &str = "github_cache::on_a_runner";

fn options(url: &str) -> RemoteOptions {
    RemoteOptions {
        provider: RemoteProvider::GithubActionsCache,
        execution: false,
        ..options_at(url)
    }
}

fn run(server: &GithubCache, kind: &str, token: &str) {
    let runner = format!("{kind} {}", server.url());
    let variables = [
        (RUNNER, runner.as_str()),
        ("ACTIONS_CACHE_SERVICE_V2", "true"),
        ("ACTIONS_RUNTIME_TOKEN", token),
        ("GITHUB_SERVER_URL", "https://github.com"),
    ];
    with_variables(TEST, &variables);
}

/// Started by the others only.
#[test]
fn on_a_runner() {
    let Ok(runner) = std::env::var(RUNNER) else {
        return;
    };
    let (kind, url) = runner.split_once(' ').unwrap();
    let client = RemoteClient::new(&options(url)).unwrap();
    let blob = remote::Blob::of(bytes(1000));
    match kind {
        "fill" => check_cache(&options(url)),
        "again" => {
            // Another run made it meanwhile: entries never change.
            client
                .update_action_result(action("a"), &result(&blob))
                .unwrap();
            assert_eq!(client.upload(&[blob]).unwrap().blobs, 0);
        }
        "setting" => {
            let options = RemoteOptions {
                token: Some(BearerToken::Text("secret".into())),
                ..options(url)
            };
            let client = RemoteClient::new(&options).unwrap();
            assert!(client.action_result(action("a")).unwrap().is_some());
        }
        "damaged" => {
            assert!(client.read(&[blob.digest]).is_err());
            assert_eq!(client.action_result(action("a")).unwrap(), None);
        }
        "refused" => {
            insta::assert_snapshot!(shown(client.action_result(action("a"))), @r#"
            cannot look up the action ca978112ca1b (1 byte) at http://127.0.0.1:PORT/: it refuses the login: {"code":"unauthenticated","msg":"bad token"}
            hint: ask who runs the server to give this token access
            "#);
        }
        _ => {
            insta::assert_snapshot!(shown(client.action_result(action("a"))), @"cannot look up the action ca978112ca1b (1 byte) at http://127.0.0.1:PORT/: it answers Unexpected: the cache is read-only for now (3 attempts)");
        }
    }
}

#[test]
fn githubs_cache_keeps_blobs_and_results() {
    let server = GithubCache::start();
    run(&server, "fill", "secret");
    let (entries, refused) = server.with(|state| (state.entries.len(), state.refused));
    assert_eq!((entries, refused), (5, 0));
    run(&server, "again", "secret");
    assert_eq!(server.with(|state| state.refused), 1);
    run(&server, "setting", "another");
}

#[test]
fn what_githubs_cache_damages_is_not_used() {
    let server = GithubCache::start();
    run(&server, "fill", "secret");
    server.with(|state| {
        for bytes in state.entries.values_mut() {
            *bytes.last_mut().unwrap() ^= 1;
        }
    });
    run(&server, "damaged", "secret");
}

#[test]
fn githubs_cache_refuses_and_fails() {
    let server = GithubCache::start();
    run(&server, "refused", "another");
    server.with(|state| state.failure = Some((503, "the cache is read-only for now")));
    run(&server, "failing", "secret");
}
