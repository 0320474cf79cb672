//! A cache in a bucket: moto is S3 on this machine.

use remote::{Blob, RemoteClient, RemoteOptions, RemoteProvider};
use testkit::{RealServer, RealServerKind};

use crate::real::check_cache;
use crate::{action, bytes, options_at, shown};

fn bucket(server: &RealServer, place: &str) -> RemoteOptions {
    let address = format!(
        "s3://{place}?endpoint=http://{}&region=us-east-1&anonymous=true",
        server.host()
    );
    RemoteOptions {
        provider: RemoteProvider::S3,
        execution: false,
        ..options_at(&address)
    }
}

#[test]
fn s3_keeps_blobs_and_results() {
    let Some(server) = RealServer::start(RealServerKind::Moto) else {
        return;
    };
    let mut options = bucket(&server, "bucket/cache");
    options.limits.cache_timeout = std::time::Duration::from_secs(30);
    check_cache(&options);
    // An instance is a cache of its own.
    options.instance_name = "other".into();
    let other = RemoteClient::new(&options).unwrap();
    assert_eq!(other.action_result(action("a")).unwrap(), None);
    let nowhere = RemoteClient::new(&bucket(&server, "nowhere")).unwrap();
    let text = shown(nowhere.upload(&[Blob::of(bytes(1))]));
    assert!(text.starts_with("cannot store "), "{text}");
}

#[test]
fn addresses_of_buckets_that_cannot_be_used_are_errors() {
    let shown = |address: &str| {
        let options = RemoteOptions {
            provider: RemoteProvider::S3,
            execution: false,
            ..options_at(address)
        };
        RemoteClient::new(&options).err().unwrap().to_string()
    };
    insta::assert_snapshot!(shown("s3:///folder"), @"`[GLOBAL] remote_store_address` is `s3:///folder`: it names no bucket: `s3://BUCKET/FOLDER`");
    insta::assert_snapshot!(shown("s3://bucket?zone=x"), @"`[GLOBAL] remote_store_address` is `s3://bucket?zone=x`: `zone=x` says nothing here: known are `region=`, `endpoint=` and `anonymous=true`");
}

#[test]
fn a_bucket_that_is_down_says_so() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap();
    drop(listener);
    let address = format!("s3://bucket?endpoint=http://{host}&region=us-east-1&anonymous=true");
    let options = RemoteOptions {
        provider: RemoteProvider::S3,
        execution: false,
        ..options_at(&address)
    };
    let client = RemoteClient::new(&options).unwrap();
    insta::assert_snapshot!(shown(client.action_result(action("a"))), @"
    cannot look up the action ca978112ca1b (1 byte) at s3://bucket?endpoint=http://127.0.0.1:PORT&region=us-east-1&anonymous=true: it cannot be reached: Connection refused (os error 111) (3 attempts)
    hint: check `[GLOBAL] remote_store_address`, or do without: `remote_cache_read = false`
    ");
}
