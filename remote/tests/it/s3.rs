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

/// Says that a process has a login: `right`, `wrong`, `other` or `none`, and where the server is.
const LOGIN: &str = "XTASK_REMOTE_S3_LOGIN";

/// A server that knows who may do what in its bucket: the keys of one who may.
fn with_logins(server: &RealServer) -> Option<(String, String)> {
    let host = server.host();
    let script = format!(
        "import json, boto3, urllib.request\n\
         of = lambda name: boto3.client(name, endpoint_url='http://{host}', region_name='us-east-1',\n\
         \x20   aws_access_key_id='setup', aws_secret_access_key='setup')\n\
         iam = of('iam')\n\
         iam.create_user(UserName='team')\n\
         allow = {{'Version': '2012-10-17', 'Statement': [{{'Effect': 'Allow', 'Action': 's3:*', 'Resource': '*'}}]}}\n\
         iam.put_user_policy(UserName='team', PolicyName='all', PolicyDocument=json.dumps(allow))\n\
         key = iam.create_access_key(UserName='team')['AccessKey']\n\
         urllib.request.urlopen(urllib.request.Request('http://{host}/moto-api/reset-auth', b'0', {{'Content-Type': 'text/plain'}}))\n\
         print(key['AccessKeyId'], key['SecretAccessKey'])\n"
    );
    let peers = std::env::var("XTASK_PEERS").ok()?;
    let python = format!("{peers}/servers/bin/python");
    let said = duct::cmd!(python, "-c", script).read().unwrap();
    let (id, secret) = said.trim().split_once(' ')?;
    Some((id.to_owned(), secret.to_owned()))
}

/// Started by the next one only.
#[test]
fn a_login_of_the_environment() {
    let Ok(login) = std::env::var(LOGIN) else {
        return;
    };
    let (kind, address) = login.split_once(' ').unwrap();
    let options = RemoteOptions {
        provider: RemoteProvider::S3,
        execution: false,
        ..options_at(address)
    };
    if kind == "right" {
        check_cache(&options);
        return;
    }
    let client = RemoteClient::new(&options).unwrap();
    let text = shown(client.action_result(action("a")))
        + "\n"
        + &shown(client.upload(&[Blob::of(bytes(1))]));
    match kind {
        "wrong" => insta::assert_snapshot!(text, @"
        cannot look up the action ca978112ca1b (1 byte) at s3://bucket/cache?endpoint=http://127.0.0.1:PORT&region=us-east-1: it refuses the login: SignatureDoesNotMatch: The request signature we calculated does not match the signature you provided. Check your key and signing method.
        hint: ask who runs the server to give this token access
        cannot ask whether a blob is missing at s3://bucket/cache?endpoint=http://127.0.0.1:PORT&region=us-east-1: it refuses the login: PermissionDenied
        hint: ask who runs the server to give this token access
        "),
        _ => insta::assert_snapshot!(text, @"
        cannot look up the action ca978112ca1b (1 byte) at s3://bucket/cache?endpoint=http://127.0.0.1:PORT&region=us-east-1: it refuses the login: InvalidAccessKeyId: The AWS Access Key Id you provided does not exist in our records.
        hint: ask who runs the server to give this token access
        cannot ask whether a blob is missing at s3://bucket/cache?endpoint=http://127.0.0.1:PORT&region=us-east-1: it refuses the login: PermissionDenied
        hint: ask who runs the server to give this token access
        "),
    }
}

#[test]
fn a_bucket_wants_a_login() {
    let Some(server) = RealServer::start(RealServerKind::Moto) else {
        return;
    };
    let Some((id, secret)) = with_logins(&server) else {
        return;
    };
    let address = format!(
        "s3://bucket/cache?endpoint=http://{}&region=us-east-1",
        server.host()
    );
    let test = |kind: &str, id: &str, secret: &str| {
        let login = format!("{kind} {address}");
        let variables = [
            (LOGIN, login.as_str()),
            ("AWS_ACCESS_KEY_ID", id),
            ("AWS_SECRET_ACCESS_KEY", secret),
        ];
        crate::with_variables("s3::a_login_of_the_environment", &variables);
    };
    test("right", &id, &secret);
    test("wrong", &id, "another secret");
    test("unknown", "AKIAUNKNOWN", &secret);
}
