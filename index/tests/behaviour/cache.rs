//! What later runs do with the cache that earlier ones left.

use std::time::Duration;

use camino::Utf8PathBuf;
use index::{FilePolicy, Index};
use testkit::{IndexBuilder, Package};
use transport::NetworkAccess;

use crate::{World, name, shown, version, versions};

fn many() -> Vec<Package> {
    (0..400)
        .map(|n| Package::new("a", &format!("1.{n}")).requires("b"))
        .collect()
}

fn offline(world: &World, server: &testkit::LoopbackIndex) -> Index {
    let mut options = world.options(&[server]);
    options.http.access = NetworkAccess::Offline;
    Index::new(options)
}

fn stale(world: &World, server: &testkit::LoopbackIndex) -> Index {
    let mut options = world.options(&[server]);
    options.freshness = Duration::ZERO;
    Index::new(options)
}

fn listing_file(world: &World) -> Utf8PathBuf {
    let folder = world.cache().join("listings-1");
    let index = folder.read_dir_utf8().unwrap().next().unwrap().unwrap();
    index.path().join("a")
}

#[test]
fn a_fresh_listing_takes_no_request() {
    let server = testkit::LoopbackIndex::start(many());
    let world = World::new();
    let first = world.run(&[&server]).listing(&name("a")).unwrap();
    let second = world.run(&[&server]);
    let again = second.listing(&name("a")).unwrap();
    assert_eq!(versions(&again), versions(&first));
    assert_eq!(again.versions().count(), 400);
    for seen in again.versions() {
        assert_eq!(seen.release().unwrap().files.len(), 1);
    }
    assert_eq!(server.log().len(), 1);
    assert_eq!(second.statistics().requests, 0);
}

#[test]
fn a_stale_listing_is_revalidated() {
    let server = IndexBuilder::new(many()).etags().start();
    let world = World::new();
    world.run(&[&server]).listing(&name("a")).unwrap();
    stale(&world, &server).listing(&name("a")).unwrap();
    assert_eq!(server.log().last().unwrap().status, 304);
    // It was confirmed, so it is fresh again.
    world.run(&[&server]).listing(&name("a")).unwrap();
    assert_eq!(server.log().len(), 2);
    server.add(&Package::new("a", "2"));
    let listing = stale(&world, &server).listing(&name("a")).unwrap();
    assert_eq!(listing.versions().count(), 401);
}

#[test]
fn offline_works_from_the_cache_however_old() {
    let server = testkit::LoopbackIndex::start(many());
    let world = World::new();
    let run = world.run(&[&server]);
    let a = name("a");
    run.metadata(&a, &version("1.7"), FilePolicy::Any).unwrap();
    let mut options = world.options(&[&server]);
    options.http.access = NetworkAccess::Offline;
    options.freshness = Duration::ZERO;
    let run = Index::new(options);
    server.clear_log();
    assert!(run.metadata(&a, &version("1.7"), FilePolicy::Any).is_ok());
    let file = run
        .listing(&a)
        .unwrap()
        .release(&version("1.7"))
        .unwrap()
        .unwrap();
    let texts = [
        shown(run.metadata(&a, &version("1.8"), FilePolicy::Any), &world),
        shown(run.listing(&name("b")), &world),
        shown(
            run.download(&a, &version("1.7"), &file.files[0].file),
            &world,
        ),
    ];
    insta::assert_snapshot!(texts.join("\n"), @"
    cannot read the metadata of `a-1.8-py3-none-any.whl`: it is not in the cache, and the run is offline
    hint: run once without `--offline`
    cannot list the files of `b`: it is not in the cache, and the run is offline
    hint: run once without `--offline`
    cannot download `a-1.7-py3-none-any.whl`: it is not in the cache, and the run is offline
    hint: run once without `--offline`
    ");
    assert_eq!(server.log(), []);
}

#[test]
fn what_is_damaged_is_fetched_again() {
    let server = testkit::LoopbackIndex::start(many());
    let world = World::new();
    world.run(&[&server]).listing(&name("a")).unwrap();
    let path = listing_file(&world);
    let whole = fs_err::read(&path).unwrap();
    let flipped = |at: usize| {
        let mut bytes = whole.clone();
        bytes[at] ^= 0xff;
        bytes
    };
    for bytes in [
        Vec::new(),
        whole[..10].to_vec(),
        whole[..whole.len() - 1].to_vec(),
        whole[..whole.len() / 2].to_vec(),
        [whole.clone(), vec![0]].concat(),
        flipped(0),
        flipped(3),
        flipped(14),
        flipped(17),
        flipped(100),
        flipped(whole.len() - 3),
        b"garbage".repeat(30),
    ] {
        fs_err::write(&path, bytes).unwrap();
        let listing = world.run(&[&server]).listing(&name("a")).unwrap();
        assert_eq!(listing.versions().count(), 400);
        assert_eq!(fs_err::read(&path).unwrap(), whole);
    }
}

#[test]
fn damage_inside_a_large_cached_file_is_reported_and_the_file_removed() {
    let more = (0..400).map(|n| Package::new("a", &format!("2.{n}")));
    let server = testkit::LoopbackIndex::start(many().into_iter().chain(more));
    let world = World::new();
    world.run(&[&server]).listing(&name("a")).unwrap();
    let path = listing_file(&world);
    let mut bytes = fs_err::read(&path).unwrap();
    let last = bytes.len() - 3;
    bytes[last] ^= 0xff;
    fs_err::write(&path, bytes).unwrap();
    let listing = offline(&world, &server).listing(&name("a")).unwrap();
    let outcome = listing.release(&version("1.0"));
    let shown = shown(outcome, &world);
    assert!(
        shown.contains("was damaged and has been removed; run again"),
        "{shown}"
    );
    assert!(!path.exists());
    let listing = world.run(&[&server]).listing(&name("a")).unwrap();
    assert!(listing.release(&version("1.0")).unwrap().is_some());
}

#[test]
fn damaged_metadata_is_fetched_again() {
    let server = testkit::LoopbackIndex::start([Package::new("a", "1").requires("b")]);
    let world = World::new();
    let ask = || {
        world
            .run(&[&server])
            .metadata(&name("a"), &version("1"), FilePolicy::Any)
    };
    let metadata = ask().unwrap();
    let folder = world.cache().join("metadata-1");
    let path = folder
        .read_dir_utf8()
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .into_path();
    let whole = fs_err::read(&path).unwrap();
    for length in 0..whole.len() {
        fs_err::write(&path, &whole[..length]).unwrap();
        assert_eq!(ask().unwrap(), metadata);
    }
}

#[test]
fn two_runs_at_once() {
    let server = testkit::LoopbackIndex::start(many());
    let world = World::new();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let run = world.run(&[&server]);
                let listing = run.listing(&name("a")).unwrap();
                let release = listing.release(&version("1.3")).unwrap().unwrap();
                let file = &release.files[0].file;
                run.download(&name("a"), &version("1.3"), file).unwrap();
            });
        }
    });
    assert_eq!(
        server.requests("/files/"),
        1,
        "one downloads, the others wait for it"
    );
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let server = testkit::LoopbackIndex::start(many());
    let world = World::new();
    fs_err::write(world.cache(), "a file, not a folder").unwrap();
    let outcome = world.run(&[&server]).listing(&name("a"));
    let text = shown(outcome, &world);
    let (place, reason) = text.split_once("/a: ").unwrap();
    assert!(place.starts_with("cannot write the cache file $/cache/listings-1/"));
    insta::assert_snapshot!(reason, @"
    not a directory
    hint: name a cache folder that can be written
    ");
}
