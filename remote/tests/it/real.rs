//! Servers that others made: all that is asked of a server works with them.

use remote::messages::{Action, ActionResult, Command, Directory, command};
use remote::{Blob, CacheLookup, Digest, ExecutionOutcome, RemoteClient, RemoteOptions};
use testkit::{RealServer, RealServerKind};

use crate::{action, bytes, options_at, result};

/// What every cache does: blobs of all sizes, results, and that neither is there before.
pub(crate) fn check_cache(options: &RemoteOptions) {
    let client = RemoteClient::new(options).unwrap();
    let blobs: Vec<_> = [1, 1000, 300_000, 10_000_000]
        .map(|n| Blob::of(bytes(n)))
        .into();
    let digests: Vec<_> = blobs.iter().map(|blob| blob.digest).collect();
    assert_eq!(client.missing(&digests).unwrap().len(), 4);
    assert_eq!(client.action_result(action("a")).unwrap(), None);
    assert!(client.read(&digests[..1]).is_err());
    assert_eq!(client.upload(&blobs).unwrap().blobs, 4);
    assert_eq!(client.missing(&digests).unwrap(), []);
    let made = result(&blobs[1]);
    client.update_action_result(action("a"), &made).unwrap();
    // Another machine.
    let client = RemoteClient::new(options).unwrap();
    let read = client.read(&digests).unwrap();
    assert!(
        read.iter()
            .zip(&digests)
            .all(|(bytes, digest)| Digest::of(bytes) == *digest)
    );
    let found = client.action_result(action("a")).unwrap().unwrap();
    assert_eq!(found.output_files, made.output_files);
}

fn reapi(server: &RealServer) -> RemoteOptions {
    let mut options = options_at(&format!("grpc://{}", server.host()));
    options.limits.cache_timeout = std::time::Duration::from_secs(30);
    options
}

#[test]
fn buildbox_casd_keeps_blobs_and_results() {
    let Some(server) = RealServer::start(RealServerKind::BuildboxCasd) else {
        return;
    };
    check_cache(&reapi(&server));
}

#[test]
fn buildgrid_keeps_blobs_and_results() {
    let Some(server) = RealServer::start(RealServerKind::BuildGrid) else {
        return;
    };
    check_cache(&RemoteOptions {
        execution: false,
        ..reapi(&server)
    });
}

/// A script of the shell that a server runs.
fn execute(client: &RemoteClient, script: &str) -> ActionResult {
    let (root, folder) = Digest::of_message(&Directory::default());
    let variable = command::EnvironmentVariable {
        name: "PATH".into(),
        value: "/usr/bin:/bin".into(),
    };
    let (command, command_bytes) = Digest::of_message(&Command {
        arguments: ["/bin/sh", "-c", script].map(str::to_owned).into(),
        environment_variables: vec![variable],
        output_paths: vec!["out".into()],
        ..Command::default()
    });
    let (digest, action) = Digest::of_message(&Action {
        command_digest: Some(command.to_message()),
        input_root_digest: Some(root.to_message()),
        ..Action::default()
    });
    let blobs = [folder, command_bytes, action].map(Blob::of);
    client.upload(&blobs).unwrap();
    match client.execute(digest, CacheLookup::Allowed).unwrap() {
        Some(ExecutionOutcome::Finished { result, .. }) => *result,
        other => panic!("{other:?}"),
    }
}

#[test]
fn buildbox_casd_runs_actions() {
    let Some(server) = RealServer::start(RealServerKind::BuildboxCasd) else {
        return;
    };
    let client = RemoteClient::new(&reapi(&server)).unwrap();
    let capabilities = client.capabilities().unwrap().unwrap();
    assert!(capabilities.exec_enabled && capabilities.update_enabled);
    let result = execute(&client, "echo made there > out");
    assert_eq!(result.exit_code, 0, "{result:?}");
    let output = Digest::from_message(result.output_files[0].digest.as_ref()).unwrap();
    assert_eq!(client.read(&[output]).unwrap(), [b"made there\n"]);
    assert_eq!(execute(&client, "exit 3").exit_code, 3);
}
