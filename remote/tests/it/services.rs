//! What each service does when all is well, and what is tried again.

use remote::messages::{Action, ActionResult};
use remote::{
    Blob, BlobSource, BlobTransfer, CacheLookup, Digest, Download, ExecutionOutcome, RemoteClient,
};
use testkit::{CacheFault, CacheServer};

use crate::{action, bytes, client, options, result};

#[test]
fn blobs_come_back_as_they_were_sent() {
    let server = CacheServer::start();
    let client = client(&server);
    let blobs: Vec<_> = [0, 1, 1000, 5_000_000].map(|n| Blob::of(bytes(n))).into();
    let digests: Vec<_> = blobs.iter().map(|blob| blob.digest).collect();
    assert_eq!(client.missing(&digests).unwrap(), digests);
    let sent = client.upload(&blobs).unwrap();
    assert_eq!((sent.blobs, sent.bytes), (4, 5_001_001));
    assert!(client.missing(&digests).unwrap().is_empty());
    assert_eq!(client.upload(&blobs).unwrap(), BlobTransfer::default());
    let read = client.read(&digests).unwrap();
    for (blob, read) in blobs.iter().zip(read) {
        assert_eq!(blob.source, BlobSource::Bytes(read));
    }
    // The large one went alone.
    assert_eq!((server.calls("Write"), server.calls("Read")), (1, 1));
}

#[test]
fn files_are_sent_and_written() {
    let server = CacheServer::start();
    let client = client(&server);
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| {
        camino::Utf8Path::from_path(folder.path())
            .unwrap()
            .join(name)
    };
    let mut blobs = Vec::new();
    let mut wanted = Vec::new();
    for size in [0, 3, 4_500_000] {
        let (source, target) = (path(&format!("{size}")), path(&format!("{size}.new")));
        fs_err::write(&source, bytes(size)).unwrap();
        let digest = Digest::of(&bytes(size));
        blobs.push(Blob {
            digest,
            source: BlobSource::File(source),
        });
        wanted.push(Download {
            digest,
            path: target,
        });
    }
    client.upload(&blobs).unwrap();
    client.download(&wanted).unwrap();
    for download in wanted {
        assert_eq!(
            Digest::of(&fs_err::read(&download.path).unwrap()),
            download.digest
        );
    }
}

#[test]
fn a_file_that_changed_is_not_sent() {
    let server = CacheServer::start();
    let folder = tempfile::tempdir().unwrap();
    let path = camino::Utf8Path::from_path(folder.path())
        .unwrap()
        .join("file");
    fs_err::write(&path, "new").unwrap();
    let blob = Blob {
        digest: Digest::of(b"old"),
        source: BlobSource::File(path.clone()),
    };
    let error = client(&server).upload(&[blob]).unwrap_err().to_string();
    assert!(
        error.contains("has changed since its digest was made"),
        "{error}"
    );
    assert!(server.state().blobs.is_empty());
}

#[test]
fn batches_stay_within_the_limits_of_the_server() {
    let server = CacheServer::start();
    server.state().batch_limit = 100_000;
    let client = client(&server);
    let blobs: Vec<_> = (1..60).map(|n| Blob::of(bytes(n * 1000))).collect();
    client.upload(&blobs).unwrap();
    let digests: Vec<_> = blobs.iter().map(|blob| blob.digest).collect();
    client.read(&digests).unwrap();
    let largest = server.state().largest_batch;
    assert!((50_000..100_000).contains(&largest), "{largest}");
    assert!(server.calls("BatchUpdateBlobs") > 10);
    assert_eq!(
        server.calls("BatchUpdateBlobs"),
        server.calls("BatchReadBlobs")
    );
}

#[test]
fn a_setting_turns_batches_of_reads_off() {
    let server = CacheServer::start();
    let mut options = options(&server);
    options.limits.batch_load = false;
    let client = RemoteClient::new(&options).unwrap();
    let blob = Blob::of(bytes(10));
    client.upload(std::slice::from_ref(&blob)).unwrap();
    client.read(&[blob.digest]).unwrap();
    assert_eq!(
        (server.calls("Read"), server.calls("BatchReadBlobs")),
        (1, 0)
    );
}

#[test]
fn streams_that_break_off_are_taken_up_where_they_stopped() {
    let server = CacheServer::start();
    let client = client(&server);
    let blob = Blob::of(bytes(20_000_000));
    server.inject(CacheFault::Interrupted);
    client.upload(std::slice::from_ref(&blob)).unwrap();
    let read = client.read(&[blob.digest]).unwrap();
    assert_eq!(blob.source, BlobSource::Bytes(read[0].clone()));
    assert_eq!((server.calls("Write"), server.calls("Read")), (2, 2));
}

#[test]
fn results_come_back_as_they_were_sent() {
    let server = CacheServer::start();
    let client = client(&server);
    assert_eq!(client.action_result(action("a")).unwrap(), None);
    let result = result(&Blob::of(bytes(9)));
    client.update_action_result(action("a"), &result).unwrap();
    assert_eq!(client.action_result(action("a")).unwrap(), Some(result));
    assert_eq!(client.action_result(action("b")).unwrap(), None);
}

#[test]
fn a_server_that_restarts_is_asked_again() {
    let server = CacheServer::start();
    server.inject(CacheFault::UnavailableFirst(2));
    assert_eq!(client(&server).action_result(action("a")).unwrap(), None);
    assert_eq!(server.calls("GetActionResult"), 3);
}

#[test]
fn calls_keep_to_the_rate_that_is_set() {
    let server = CacheServer::start();
    let mut options = options(&server);
    options.limits.calls_per_second = Some(50);
    let client = RemoteClient::new(&options).unwrap();
    let start = std::time::Instant::now();
    for n in 0..11 {
        client.action_result(action(&n.to_string())).unwrap();
    }
    assert!(start.elapsed() >= std::time::Duration::from_millis(200));
    assert_eq!(client.calls(), 11);
}

#[test]
fn calls_carry_the_headers_and_the_instance() {
    let server = CacheServer::start();
    server.state().instance = Some("main".into());
    let mut options = options(&server);
    options.instance_name = "main".into();
    options.store_headers.insert("X-Team".into(), "jobs".into());
    options.token = Some(remote::BearerToken::Text("secret\n".into()));
    let client = RemoteClient::new(&options).unwrap();
    let large = Blob::of(bytes(5_000_000));
    client.upload(&[large.clone(), Blob::of(bytes(1))]).unwrap();
    client.read(&[large.digest]).unwrap();
    let state = server.state();
    assert_eq!(state.headers["x-team"], "jobs");
    assert_eq!(state.headers["authorization"], "Bearer secret");
    assert!(state.headers["user-agent"].starts_with("cargo-xtask/"));
    assert!(!format!("{options:?}").contains("secret"));
}

fn some_action(client: &RemoteClient) -> Digest {
    let (digest, action) = Digest::of_message(&Action::default());
    client.upload(&[Blob::of(action)]).unwrap();
    digest
}

#[test]
fn an_execution_gives_its_result() {
    let server = CacheServer::start();
    let client = client(&server);
    let action = some_action(&client);
    let outcome = client.execute(action, CacheLookup::Skipped).unwrap();
    let expected = ExecutionOutcome::Finished {
        result: Box::new(ActionResult::default()),
        cached: false,
    };
    assert_eq!(outcome, Some(expected));
}

#[test]
fn an_execution_is_found_again_after_its_stream_broke_off() {
    let server = CacheServer::start();
    let client = client(&server);
    let action = some_action(&client);
    server.inject(CacheFault::Interrupted);
    let outcome = client.execute(action, CacheLookup::Allowed).unwrap();
    assert!(matches!(outcome, Some(ExecutionOutcome::Finished { .. })));
    // It was not handed in again.
    assert_eq!(
        (server.calls("Execute"), server.calls("WaitExecution")),
        (1, 1)
    );
}

#[test]
fn an_execution_says_which_blobs_are_missing() {
    let server = CacheServer::start();
    let (digest, _) = Digest::of_message(&Action::default());
    let outcome = client(&server)
        .execute(digest, CacheLookup::Allowed)
        .unwrap();
    assert_eq!(outcome, Some(ExecutionOutcome::Missing(vec![digest])));
}
