//! Secure connections: whom we trust, and how we say who we are.

use std::path::Path;

use camino::Utf8PathBuf;
use remote::{RemoteClient, RemoteOptions};
use testkit::{CacheServer, TlsServer};

use crate::{action, options, shown, without_port};

fn file(folder: &Path, name: &str, text: &str) -> Option<Utf8PathBuf> {
    let path = Utf8PathBuf::from_path_buf(folder.join(name)).unwrap();
    fs_err::write(&path, text).unwrap();
    Some(path)
}

/// Trusts the authority of the tests.
fn trusting(server: &CacheServer, folder: &Path) -> RemoteOptions {
    let mut options = options(server);
    options.certificates.authority = file(folder, "authority.pem", TlsServer::AUTHORITY);
    options
}

#[test]
fn a_server_is_checked_against_the_authority_that_is_set() {
    let server = CacheServer::start_tls();
    let folder = tempfile::tempdir().unwrap();
    let client = RemoteClient::new(&trusting(&server, folder.path())).unwrap();
    assert_eq!(client.action_result(action("a")).unwrap(), None);
}

#[test]
fn a_server_that_nobody_vouches_for_is_not_used() {
    let server = CacheServer::start_tls();
    let client = RemoteClient::new(&options(&server)).unwrap();
    insta::assert_snapshot!(shown(client.action_result(action("a"))), @"
    cannot look up the action ca978112ca1b (1 byte) at grpcs://localhost:PORT: no secure connection: invalid peer certificate: UnknownIssuer
    hint: `remote_ca_certs_path` names the certificate that vouches for the server, `remote_client_certs_path` and `remote_client_key_path` ours
    ");
}

#[test]
fn a_server_may_ask_for_our_certificate() {
    let server = CacheServer::start_mutual_tls();
    let folder = tempfile::tempdir().unwrap();
    let mut options = trusting(&server, folder.path());
    let client = RemoteClient::new(&options).unwrap();
    // What reaches us of its refusal depends on who is quicker.
    assert!(client.action_result(action("a")).is_err());
    options.certificates.client = file(folder.path(), "own.pem", CacheServer::CLIENT_CERTIFICATE);
    options.certificates.client_key = file(folder.path(), "own.key", CacheServer::CLIENT_KEY);
    let client = RemoteClient::new(&options).unwrap();
    assert_eq!(client.action_result(action("a")).unwrap(), None);
}

#[test]
fn settings_that_cannot_be_used_are_errors() {
    let server = CacheServer::start_tls();
    let shown = |change: fn(&mut RemoteOptions)| {
        let mut options = options(&server);
        change(&mut options);
        let error = RemoteClient::new(&options).err().unwrap();
        let hint = error.hint().map(|hint| format!("\nhint: {hint}"));
        without_port(&format!("{error}{}", hint.unwrap_or_default()))
    };
    insta::assert_snapshot!(shown(|o| o.store_address = None), @"
    `[GLOBAL] remote_cache_read` is on, and `[GLOBAL] remote_store_address` is not set
    hint: set `remote_store_address`, or turn `remote_cache_read` off
    ");
    insta::assert_snapshot!(shown(|o| o.store_address = Some("file:///srv".into())), @r#"
    `[GLOBAL] remote_store_address` is `file:///srv`, which is no address of the provider `reapi`
    hint: set `remote_provider = "file"`, or an address that begins with `grpc://` or `grpcs://`
    "#);
    insta::assert_snapshot!(shown(|o| o.store_address = Some("cache.example:80".into())), @"
    `[GLOBAL] remote_store_address` is `cache.example:80`, which is no address of the provider `reapi`
    hint: its addresses begin with `grpc://` or `grpcs://`
    ");
    insta::assert_snapshot!(shown(|o| o.store_address = Some("grpc://a b".into())), @"`[GLOBAL] remote_store_address` is `grpc://a b`: invalid uri character");
    insta::assert_snapshot!(shown(|o| o.execution_address = None), @"
    `[GLOBAL] remote_execution` is on, and `[GLOBAL] remote_execution_address` is not set
    hint: set `remote_execution_address`, or turn `remote_execution` off
    ");
    insta::assert_snapshot!(shown(|o| o.certificates.client = Some("own.pem".into())), @"
    `[GLOBAL] remote_client_certs_path` is set, and `[GLOBAL] remote_client_key_path` is not
    hint: set `remote_client_key_path` too, or neither of both with `remote_client_certs_path`
    ");
    insta::assert_snapshot!(shown(|o| o.certificates.authority = Some("/nowhere.pem".into())), @"`[GLOBAL] remote_ca_certs_path` is `/nowhere.pem`: failed to open file `/nowhere.pem`: No such file or directory (os error 2)");
    insta::assert_snapshot!(shown(|o| o.token = Some(remote::BearerToken::File("/nowhere".into()))), @"`[GLOBAL] remote_oauth_bearer_token_path` is `/nowhere`: failed to open file `/nowhere`: No such file or directory (os error 2)");
    insta::assert_snapshot!(shown(|o| o.token = Some(remote::BearerToken::Text("a\nb".into()))), @"`[GLOBAL] remote_oauth_bearer_token` is `…`: a header has one line of ASCII");
    insta::assert_snapshot!(
        shown(|o| { o.store_headers.insert("a b".into(), "c".into()); }), @"`[GLOBAL] remote_store_headers` is `a b`: this is no name of a header");
}
