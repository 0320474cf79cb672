//! A server that fails or lies: what is said. Nothing wrong is ever handed on.

use std::time::{Duration, Instant};

use remote::{Blob, BlobSource, Digest, Download, RemoteClient};
use testkit::{CacheFault, CacheServer};

use crate::{action, bytes, client, options, options_at, shown};

/// A server with these bytes in it, which then goes wrong.
fn stored(bytes: Vec<u8>, fault: CacheFault) -> (CacheServer, Digest) {
    let server = CacheServer::start();
    let blob = Blob::of(bytes);
    client(&server).upload(std::slice::from_ref(&blob)).unwrap();
    server.inject(fault);
    (server, blob.digest)
}

#[test]
fn it_is_down() {
    // The port was free a moment ago, and nobody listens on it.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("grpc://{}", listener.local_addr().unwrap());
    drop(listener);
    let client = RemoteClient::new(&options_at(&address)).unwrap();
    let start = Instant::now();
    insta::assert_snapshot!(shown(client.action_result(action("a"))), @"
    cannot look up the action ca978112ca1b (1 byte) at grpc://127.0.0.1:PORT: it cannot be reached: Connection refused (os error 111) (3 attempts)
    hint: check `[GLOBAL] remote_store_address`, or do without: `remote_cache_read = false`
    ");
    assert!(start.elapsed() < Duration::from_secs(15));
}

#[test]
fn it_is_unavailable() {
    let server = CacheServer::start();
    server.inject(CacheFault::Unavailable);
    insta::assert_snapshot!(shown(client(&server).action_result(action("a"))), @"cannot look up the action ca978112ca1b (1 byte) at grpc://127.0.0.1:PORT: it answers UNAVAILABLE: the backend restarts (3 attempts)");
}

#[test]
fn it_is_slow() {
    let server = CacheServer::start();
    server.inject(CacheFault::Slow(Duration::from_secs(60)));
    let mut options = options(&server);
    options.limits.cache_timeout = Duration::from_millis(50);
    options.limits.store_timeout = Duration::from_millis(80);
    let client = RemoteClient::new(&options).unwrap();
    insta::assert_snapshot!(shown(client.action_result(action("a"))), @"
    cannot look up the action ca978112ca1b (1 byte) at grpc://127.0.0.1:PORT: no answer within 0.05 s
    hint: `remote_cache_rpc_timeout_millis` and `remote_store_rpc_timeout_millis` say how long it may take
    ");
    insta::assert_snapshot!(shown(client.missing(&[action("a")])), @"
    cannot ask whether a blob is missing at grpc://127.0.0.1:PORT: no answer within 0.08 s
    hint: `remote_cache_rpc_timeout_millis` and `remote_store_rpc_timeout_millis` say how long it may take
    ");
    // A look-up that is late is not tried again.
    assert_eq!(server.calls("GetActionResult"), 1);
}

#[test]
fn it_is_full() {
    let server = CacheServer::start();
    server.inject(CacheFault::Full);
    let client = client(&server);
    insta::assert_snapshot!(shown(client.upload(&[Blob::of(bytes(10))])), @"cannot store a blob at grpc://127.0.0.1:PORT: it has no room, or too much to do: the disk is full (3 attempts)");
    insta::assert_snapshot!(shown(client.upload(&[Blob::of(bytes(5_000_000))])), @"cannot store 6e3f505fd67d (5000000 bytes) at grpc://127.0.0.1:PORT: it has no room, or too much to do: the disk is full (3 attempts)");
}

#[test]
fn it_does_not_know_us() {
    let server = CacheServer::start();
    server.inject(CacheFault::Unauthenticated);
    insta::assert_snapshot!(shown(client(&server).action_result(action("a"))), @"
    cannot look up the action ca978112ca1b (1 byte) at grpc://127.0.0.1:PORT: it refuses the login, of which none was sent: who are you?
    hint: set PANTS_REMOTE_OAUTH_BEARER_TOKEN, `remote_oauth_bearer_token_path` or `remote_store_headers`
    ");
    let mut options = options(&server);
    options.token = Some(remote::BearerToken::Text("secret".into()));
    let client = RemoteClient::new(&options).unwrap();
    insta::assert_snapshot!(shown(client.action_result(action("a"))), @"
    cannot look up the action ca978112ca1b (1 byte) at grpc://127.0.0.1:PORT: it refuses the login: who are you?
    hint: ask who runs the server to give this token access
    ");
}

#[test]
fn it_lets_us_read_only() {
    let server = CacheServer::start();
    server.inject(CacheFault::ReadOnly);
    let client = client(&server);
    assert!(client.action_result(action("a")).is_ok());
    insta::assert_snapshot!(shown(client.upload(&[Blob::of(bytes(10))])), @"
    cannot store a blob at grpc://127.0.0.1:PORT: it refuses the login, of which none was sent: this token only reads
    hint: ask who runs the server for the right to store; reading alone needs `remote_cache_write = false`
    ");
}

#[test]
fn it_truncates() {
    let (server, digest) = stored(bytes(10), CacheFault::Truncated);
    insta::assert_snapshot!(shown(client(&server).read(&[digest])), @"cannot read a blob at grpc://127.0.0.1:PORT: it gives only 5 bytes of cb2534a80420 (10 bytes)");
    let (server, digest) = stored(bytes(5_000_000), CacheFault::Truncated);
    insta::assert_snapshot!(shown(client(&server).read(&[digest])), @"cannot read 6e3f505fd67d (5000000 bytes) at grpc://127.0.0.1:PORT: it gives only 2500000 bytes of 6e3f505fd67d (5000000 bytes) (3 attempts)");
}

#[test]
fn it_gives_other_bytes() {
    let (server, digest) = stored(bytes(10), CacheFault::WrongContent);
    insta::assert_snapshot!(shown(client(&server).read(&[digest])), @"cannot read a blob at grpc://127.0.0.1:PORT: it gives other bytes for cb2534a80420 (10 bytes): 5e43c2d47067 (10 bytes)");
    let (server, digest) = stored(bytes(5_000_000), CacheFault::WrongContent);
    insta::assert_snapshot!(shown(client(&server).read(&[digest])), @"cannot read 6e3f505fd67d (5000000 bytes) at grpc://127.0.0.1:PORT: it gives other bytes for 6e3f505fd67d (5000000 bytes): d7ea8fe16f75 (5000000 bytes)");
}

#[test]
fn it_gives_too_many_bytes() {
    let (server, digest) = stored(bytes(10), CacheFault::TooLong);
    insta::assert_snapshot!(shown(client(&server).read(&[digest])), @"cannot read a blob at grpc://127.0.0.1:PORT: it gives other bytes for cb2534a80420 (10 bytes): 21907b9bba2d (20 bytes)");
    let (server, digest) = stored(bytes(5_000_000), CacheFault::TooLong);
    let text = shown(client(&server).read(&[digest]));
    assert!(text.contains("it gives other bytes for"), "{text}");
}

#[test]
fn it_forgets_blobs() {
    for size in [10, 5_000_000] {
        let (server, digest) = stored(bytes(size), CacheFault::Forgetful);
        let client = client(&server);
        assert!(client.missing(&[digest]).unwrap().is_empty());
        let text = shown(client.read(&[digest]));
        assert!(text.contains("it has forgotten"), "{text}");
    }
    let (server, digest) = stored(bytes(10), CacheFault::Forgetful);
    insta::assert_snapshot!(shown(client(&server).read(&[digest])), @"cannot read a blob at grpc://127.0.0.1:PORT: it has forgotten cb2534a80420 (10 bytes), which it said it has");
}

#[test]
fn it_has_another_instance() {
    let server = CacheServer::start();
    server.inject(CacheFault::OtherInstance);
    let mut options = options(&server);
    options.instance_name = "main".into();
    let client = RemoteClient::new(&options).unwrap();
    insta::assert_snapshot!(shown(client.action_result(action("a"))), @"
    cannot look up the action ca978112ca1b (1 byte) at grpc://127.0.0.1:PORT: it answers INVALID_ARGUMENT: unknown instance name 'main'
    hint: is `remote_instance_name` the one of this server?
    ");
    insta::assert_snapshot!(shown(client.capabilities()), @"
    cannot ask for the capabilities at grpc://127.0.0.1:PORT: it answers INVALID_ARGUMENT: unknown instance name 'main'
    hint: is `remote_instance_name` the one of this server?
    ");
}

#[test]
fn it_has_other_digests() {
    let server = CacheServer::start();
    server.inject(CacheFault::OtherDigests);
    insta::assert_snapshot!(shown(client(&server).capabilities()), @"
    cannot ask for the capabilities at grpc://127.0.0.1:PORT: it cannot be used: it does not know blobs by SHA-256
    hint: is this a server with the Remote Execution API v2?
    ");
}

#[test]
fn it_gives_results_that_are_none() {
    let server = CacheServer::start();
    let client = client(&server);
    let result = crate::result(&Blob::of(bytes(1)));
    client.update_action_result(action("a"), &result).unwrap();
    server.inject(CacheFault::BadResults);
    insta::assert_snapshot!(shown(client.action_result(action("a"))), @"cannot look up the action ca978112ca1b (1 byte) at grpc://127.0.0.1:PORT: its answer is not usable: the output `out`: `elsewhere/1` is no digest: 64 hexadecimal digits, a slash and a size in bytes");
}

#[test]
fn what_is_wrong_never_reaches_a_file() {
    for size in [10, 5_000_000] {
        for fault in [
            CacheFault::Truncated,
            CacheFault::WrongContent,
            CacheFault::TooLong,
            CacheFault::Forgetful,
        ] {
            let (server, digest) = stored(bytes(size), fault);
            let folder = tempfile::tempdir().unwrap();
            let path = camino::Utf8Path::from_path(folder.path())
                .unwrap()
                .join("file");
            let download = Download {
                digest,
                path: path.clone(),
            };
            assert!(client(&server).download(&[download]).is_err());
            assert!(!path.exists(), "{fault:?} {size}");
        }
    }
}

#[test]
fn it_is_no_server_of_this_kind() {
    // An index of packages: it speaks HTTP/1.1.
    let index = testkit::LoopbackIndex::start([]);
    let address = index.url();
    let host = address
        .split("://")
        .nth(1)
        .unwrap()
        .split('/')
        .next()
        .unwrap();
    let client = RemoteClient::new(&options_at(&format!("grpc://{host}"))).unwrap();
    let text = shown(client.action_result(action("a")));
    assert!(
        text.starts_with("cannot look up the action ca978112ca1b"),
        "{text}"
    );
}

#[test]
fn what_is_half_sent_is_not_there() {
    let server = CacheServer::start();
    let blob = Blob {
        digest: Digest::of(b"other"),
        source: BlobSource::Bytes(bytes(5)),
    };
    let error = shown(client(&server).upload(&[blob]));
    assert!(error.contains("another digest"), "{error}");
}
