//! How long a team's cache takes: blobs and results stored, and had again by another client.
//!
//! `cargo run --release -p remote --example round_trip -- ADDRESS` prints both in milliseconds;
//! `benches/shared_caches.py` runs it.

#![allow(clippy::print_stdout, reason = "what it measures is its output")]

use std::error::Error;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use remote::messages::{ActionResult, OutputFile};
use remote::{Blob, Digest, RemoteClient, RemoteOptions, RemoteProvider};

/// How many small blobs, and results, are stored.
const COUNT: u32 = 500;

fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1).ok_or("the address of a cache")?;
    let provider = match address.starts_with("file://") {
        true => RemoteProvider::File,
        false => RemoteProvider::Reapi,
    };
    let options = RemoteOptions {
        provider,
        store_address: Some(address),
        cache_read: true,
        cache_write: true,
        ..RemoteOptions::default()
    };
    // What was not there before.
    let seed = SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos();
    let bytes = |number: u32, length: usize| {
        let text = format!("{seed} {number}\n");
        text.bytes().cycle().take(length).collect::<Vec<_>>()
    };
    let mut blobs: Vec<_> = (0..COUNT)
        .map(|number| Blob::of(bytes(number, 2_048)))
        .collect();
    blobs.push(Blob::of(bytes(COUNT, 10_000_000)));
    let digests: Vec<_> = blobs.iter().map(|blob| blob.digest).collect();
    let action = |blob: &Blob| Digest::of(blob.digest.to_string().as_bytes());
    let start = Instant::now();
    let client = RemoteClient::new(&options)?;
    client.upload(&blobs)?;
    for blob in &blobs {
        let output = OutputFile {
            path: "out".to_owned(),
            digest: Some(blob.digest.to_message()),
            ..OutputFile::default()
        };
        let result = ActionResult {
            output_files: vec![output],
            ..ActionResult::default()
        };
        client.update_action_result(action(blob), &result)?;
    }
    let stored = start.elapsed();
    let start = Instant::now();
    let client = RemoteClient::new(&options)?;
    for blob in &blobs {
        client.action_result(action(blob))?.ok_or("a result")?;
    }
    let read = client.read(&digests)?;
    let right = read.iter().zip(&digests);
    assert!(
        right
            .into_iter()
            .all(|(bytes, digest)| Digest::of(bytes) == *digest)
    );
    let milliseconds = [stored, start.elapsed()].map(|time| time.as_secs_f64() * 1e3);
    println!("{:.1} {:.1}", milliseconds[0], milliseconds[1]);
    Ok(())
}
