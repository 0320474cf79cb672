//! Downloads are checked, resumed, and made once.

use model::{DistFile, Sha256};
use testkit::{Fault, IndexBuilder, LoopbackIndex, Package, When};
use url::Url;

use crate::{World, name, shown, version};

fn package() -> Package {
    let noise: Vec<u8> = (0..100_000u32).flat_map(u32::to_le_bytes).collect();
    Package::new("a", "1.0").member("a/noise", &noise)
}

fn listed(run: &index::Index) -> DistFile {
    let listing = run.listing(&name("a")).unwrap();
    let release = listing.release(&version("1.0")).unwrap().unwrap();
    release.files[0].file.clone()
}

#[test]
fn a_file_is_fetched_once_and_whole() {
    let server = LoopbackIndex::start([package()]);
    let world = World::new();
    let run = world.run(&[&server]);
    let file = listed(&run);
    run.prefetch_download(&name("a"), &version("1.0"), &file);
    let path = run.download(&name("a"), &version("1.0"), &file).unwrap();
    assert_eq!(fs_err::read(&path).unwrap(), package().files()[0].bytes);
    assert_eq!(path.file_name(), Some("a-1.0-py3-none-any.whl"));
    assert!(
        world
            .run(&[&server])
            .download(&name("a"), &version("1.0"), &file)
            .is_ok()
    );
    assert_eq!(server.requests("/files/"), 1);
}

/// The only file of a package.
fn file_of(run: &index::Index, package: &str) -> DistFile {
    let listing = run.listing(&name(package)).unwrap();
    let release = listing.release(&version("1.0")).unwrap().unwrap();
    release.files[0].file.clone()
}

#[test]
fn downloads_come_as_they_arrive() {
    let server = LoopbackIndex::start(["a", "b", "c"].map(|name| Package::new(name, "1.0")));
    let late = Fault::Delay(std::time::Duration::from_millis(300));
    server.inject("/files/a-", late, When::Always);
    let world = World::new();
    let run = world.run(&[&server]);
    let names = ["a", "b", "c"].map(name);
    let files = ["a", "b", "c"].map(|package| file_of(&run, package));
    let version = version("1.0");
    let wanted = names
        .iter()
        .zip(&files)
        .map(|(name, file)| (name, &version, file));
    let mut order: Vec<usize> = run
        .downloads(wanted)
        .map(|(at, path)| {
            assert!(path.unwrap().exists());
            at
        })
        .collect();
    assert_eq!(order.last(), Some(&0));
    order.sort_unstable();
    assert_eq!(order, [0, 1, 2]);
}

#[test]
fn a_download_that_is_waited_for_goes_before_announced_ones() {
    let server = LoopbackIndex::start(["a", "b", "c"].map(|name| Package::new(name, "1.0")));
    let world = World::new();
    let mut options = world.options(&[&server]);
    options.http.limits.downloads = 2;
    options.http.limits.read_timeout = std::time::Duration::from_secs(60);
    let run = index::Index::new(options);
    let files = ["a", "b", "c"].map(|package| file_of(&run, package));
    server.inject("/files/a-", Fault::Stall, When::Always);
    server.inject("/files/b-", Fault::Stall, When::Always);
    run.prefetch_download(&name("a"), &version("1.0"), &files[0]);
    run.prefetch_download(&name("b"), &version("1.0"), &files[1]);
    let path = run.download(&name("c"), &version("1.0"), &files[2]);
    assert!(path.unwrap().exists());
}

#[test]
fn a_broken_download_goes_on_where_it_stopped() {
    let server = LoopbackIndex::start([package()]);
    server.inject("/files/", Fault::Truncated, When::First(1));
    let run = World::new().run(&[&server]);
    let path = run
        .download(&name("a"), &version("1.0"), &listed(&run))
        .unwrap();
    assert_eq!(fs_err::read(&path).unwrap(), package().files()[0].bytes);
    let log = server.log();
    assert!(log.last().unwrap().range.is_some(), "{log:?}");
}

#[test]
fn a_later_run_goes_on_where_a_killed_one_stopped() {
    let server = LoopbackIndex::start([package()]);
    let world = World::new();
    let run = world.run(&[&server]);
    let file = listed(&run);
    let partial = world
        .cache()
        .join("partial-1")
        .join(file.sha256.unwrap().to_string());
    let write = |bytes: &[u8]| {
        fs_err::create_dir_all(partial.parent().unwrap()).unwrap();
        fs_err::write(&partial, bytes).unwrap();
    };
    write(&package().files()[0].bytes[..1000]);
    let path = run.download(&name("a"), &version("1.0"), &file).unwrap();
    assert_eq!(
        server.log().last().unwrap().range.as_deref(),
        Some("bytes=1000-")
    );
    // The file of the other run may have any contents.
    fs_err::remove_file(path).unwrap();
    write(b"garbage");
    let path = world
        .run(&[&server])
        .download(&name("a"), &version("1.0"), &file)
        .unwrap();
    assert_eq!(fs_err::read(&path).unwrap(), package().files()[0].bytes);
}

#[test]
fn no_ranges_means_from_the_start() {
    let server = IndexBuilder::new([package()]).without_ranges().start();
    server.inject("/files/", Fault::Truncated, When::First(1));
    let run = World::new().run(&[&server]);
    let path = run
        .download(&name("a"), &version("1.0"), &listed(&run))
        .unwrap();
    assert_eq!(fs_err::read(&path).unwrap(), package().files()[0].bytes);
}

#[test]
fn a_wrong_hash_leaves_nothing() {
    let server = LoopbackIndex::start([Package::new("a", "1.0").wrong_hash()]);
    let world = World::new();
    let run = world.run(&[&server]);
    let outcome = run.download(&name("a"), &version("1.0"), &listed(&run));
    let text = shown(outcome, &world);
    let actual = package_digest();
    insta::assert_snapshot!(text.replace(&actual, "ACTUAL"), @"
    `a-1.0-py3-none-any.whl` from http://127.0.0.1:PORT/files/a-1.0-py3-none-any.whl has the wrong hash: expected sha256 0000000000000000000000000000000000000000000000000000000000000000, got ACTUAL
    hint: someone replaced the file, or the connection is tampered with: find out which before you lock again
    ");
    assert!(!world.cache().join("files-1").exists());
}

fn package_digest() -> String {
    let mut package = Package::new("a", "1.0").files();
    let bytes = package.remove(0).bytes;
    use sha2::Digest as _;
    Sha256(sha2::Sha256::digest(bytes).into()).to_string()
}

#[test]
fn a_lock_and_an_index_that_disagree() {
    let server = LoopbackIndex::start([Package::new("a", "1.0")]);
    let world = World::new();
    let run = world.run(&[&server]);
    let mut file = listed(&run);
    file.sha256 = Some(Sha256([0x11; 32]));
    let outcome = run.download(&name("a"), &version("1.0"), &file);
    let text = shown(outcome, &world).replace(&package_digest(), "ACTUAL");
    insta::assert_snapshot!(text, @"
    `a-1.0-py3-none-any.whl` from http://127.0.0.1:PORT/files/a-1.0-py3-none-any.whl has the wrong hash: expected sha256 1111111111111111111111111111111111111111111111111111111111111111, got ACTUAL
    hint: someone replaced the file, or the connection is tampered with: find out which before you lock again
    ");
    assert_eq!(server.requests("/files/"), 0);
}

#[test]
fn a_lock_younger_than_the_cached_listing() {
    let server = LoopbackIndex::start([Package::new("a", "0.9")]);
    let world = World::new();
    world.run(&[&server]).listing(&name("a")).unwrap();
    server.add(&package());
    let other = World::new();
    let file = listed(&other.run(&[&server]));
    assert!(
        world
            .run(&[&server])
            .download(&name("a"), &version("1.0"), &file)
            .is_ok()
    );
}

#[test]
fn an_archive_at_a_url() {
    let server = IndexBuilder::new([package()]).etags().start();
    let world = World::new();
    let url: Url = server.file_url("a-1.0-py3-none-any.whl").parse().unwrap();
    let archive = world.run(&[&server]).direct_archive(&url, None).unwrap();
    assert_eq!(archive.filename, "a-1.0-py3-none-any.whl");
    assert_eq!(archive.size, package().files()[0].bytes.len() as u64);
    let run = world.run(&[&server]);
    assert_eq!(run.direct_archive(&url, None).unwrap(), archive);
    assert_eq!(
        run.direct_archive(&url, Some(archive.sha256)).unwrap(),
        archive
    );
    let metadata = run.archive_metadata(&archive.path).unwrap().unwrap();
    assert_eq!(metadata.name, name("a"));
    assert_eq!(server.requests("/files/"), 1);
    let outcome = run.direct_archive(&url, Some(Sha256([1; 32])));
    let text = shown(outcome, &world).replace(&archive.sha256.to_string(), "ACTUAL");
    insta::assert_snapshot!(text, @"
    `a-1.0-py3-none-any.whl` from http://127.0.0.1:PORT/files/a-1.0-py3-none-any.whl has the wrong hash: expected sha256 0101010101010101010101010101010101010101010101010101010101010101, got ACTUAL
    hint: someone replaced the file, or the connection is tampered with: find out which before you lock again
    ");
}
