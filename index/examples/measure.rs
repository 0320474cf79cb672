//! Measures the room on real packages: `measure CACHE [--offline] NAME…` reads each package's
//! listing, its highest release and that release's metadata, and prints what it took.

use std::time::Instant;

use index::{FilePolicy, Index, IndexOptions};
use model::PackageName;
use transport::NetworkAccess;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let cache = arguments.next().expect("the cache's folder");
    let mut options = IndexOptions::new(cache);
    let mut names: Vec<PackageName> = Vec::new();
    for argument in arguments {
        match argument.as_str() {
            "--offline" => options.http.access = NetworkAccess::Offline,
            name => names.push(name.parse().expect("a name")),
        }
    }
    let start = Instant::now();
    let index = Index::new(options);
    for name in &names {
        index.prefetch_listing(name);
    }
    let mut versions = Vec::new();
    let (mut read, mut failed) = (0, 0);
    for name in &names {
        match index.listing(name) {
            Ok(listing) => {
                let best = listing
                    .versions()
                    .find(|v| !v.is_yanked() && !v.version().any_prerelease());
                if let Some(best) = best {
                    index.prefetch_metadata(name, best.version(), FilePolicy::Any);
                    versions.push((name, best.version().clone()));
                }
            }
            Err(error) => say(&error.to_string()),
        }
    }
    let listings = start.elapsed();
    let mut requirements = 0;
    for (name, version) in &versions {
        match index.metadata(name, version, FilePolicy::Any) {
            Ok(metadata) => {
                read += 1;
                requirements += metadata.requires_dist.len();
            }
            Err(error) => {
                failed += 1;
                say(&error.to_string());
            }
        }
    }
    say(&format!(
        "{} packages: listings {listings:.2?}, in all {:.2?}; {read} metadata with {requirements} \
         requirements, {failed} failed; {:?}",
        names.len(),
        start.elapsed(),
        index.statistics()
    ));
}

#[expect(clippy::print_stdout, reason = "this is a program for the terminal")]
fn say(line: &str) {
    println!("{line}");
}
