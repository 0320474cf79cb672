//! The client, against servers on 127.0.0.1: one that misbehaves, and real ones.

#![allow(clippy::unwrap_used, reason = "what fails, fails its test")]

mod faults;
mod folder;
#[cfg(feature = "object-storage")]
mod github_cache;
mod real;
#[cfg(feature = "object-storage")]
mod s3;
mod services;
mod shared;
mod tls;

use remote::messages::{ActionResult, OutputFile};
use remote::{Blob, Digest, RemoteCallError, RemoteClient, RemoteOptions};
use testkit::CacheServer;

/// Options for a server, with limits that let a test end soon.
fn options(server: &CacheServer) -> RemoteOptions {
    options_at(&server.address())
}

fn options_at(address: &str) -> RemoteOptions {
    let mut options = RemoteOptions {
        store_address: Some(address.to_owned()),
        execution_address: Some(address.to_owned()),
        cache_read: true,
        cache_write: true,
        execution: address.starts_with("grpc"),
        ..RemoteOptions::default()
    };
    options.limits.back_off = std::time::Duration::from_millis(1);
    options
}

fn client(server: &CacheServer) -> RemoteClient {
    RemoteClient::new(&options(server)).unwrap()
}

/// So many bytes, which do not repeat soon.
fn bytes(length: usize) -> Vec<u8> {
    let mut state = 1u32;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    std::iter::repeat_with(next).take(length).collect()
}

/// A result with one output.
fn result(output: &Blob) -> ActionResult {
    ActionResult {
        output_files: vec![OutputFile {
            path: "out".into(),
            digest: Some(output.digest.to_message()),
            ..OutputFile::default()
        }],
        ..ActionResult::default()
    }
}

/// An action's digest; what the action is does not matter to a cache.
fn action(name: &str) -> Digest {
    Digest::of(name.as_bytes())
}

/// Runs a test of this binary in a process of its own with these variables, of which one says that it is that process.
#[cfg(feature = "object-storage")]
fn with_variables(test: &str, variables: &[(&str, &str)]) {
    let program = std::env::current_exe().unwrap();
    let mut command = duct::cmd!(program, "--exact", test, "--nocapture");
    for (name, value) in variables {
        command = command.env(name, value);
    }
    let output = command.stderr_to_stdout().stdout_capture().unchecked();
    let output = output.run().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("test result: ok. 1 passed"), "{text}");
}

/// The message and hint of a failure, with the port left out.
fn shown<T: std::fmt::Debug>(result: Result<T, RemoteCallError>) -> String {
    let error = result.unwrap_err();
    let text = match error.hint() {
        Some(hint) => format!("{error}\nhint: {hint}"),
        None => error.to_string(),
    };
    without_port(&text)
}

fn without_port(text: &str) -> String {
    let mut shown = String::new();
    let mut rest = text;
    while let Some(at) = ["127.0.0.1:", "localhost:"]
        .iter()
        .filter_map(|host| Some(rest.find(host)? + host.len()))
        .min()
    {
        shown.push_str(&rest[..at]);
        shown.push_str("PORT");
        rest = rest[at..].trim_start_matches(|c: char| c.is_ascii_digit());
    }
    shown + rest
}
