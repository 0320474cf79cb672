//! The metadata of releases, and the requests that are made for it.

use std::collections::BTreeMap;
use std::time::Duration;

use index::{FilePolicy, Forecast, Index, IndexError};
use model::Metadata;
use testkit::{Fault, IndexBuilder, Package, When};

use crate::{World, name, version};

fn package() -> Package {
    Package::new("a", "1.0")
        .requires("b>=1,<2 ; sys_platform == 'win32'")
        .extra("x", "c[y]!=3")
        .requires_python(">=3.8")
}

fn summary(metadata: &Metadata) -> String {
    let mut lines: Vec<String> = metadata
        .requires_dist
        .iter()
        .map(ToString::to_string)
        .collect();
    lines.extend(metadata.requires_python.as_ref().map(ToString::to_string));
    lines.extend(metadata.provides_extra.iter().map(ToString::to_string));
    lines.join(" | ")
}

const EXPECTED: &str = "b>=1,<2 ; sys_platform == 'win32' | c[y]!=3 ; extra == 'x' | >=3.8 | x";

/// Checks the requests for files until the metadata is known. A second run must make none.
#[track_caller]
fn check(server: IndexBuilder, policy: FilePolicy, expect: &[&str]) {
    let server = server.start();
    let world = World::new();
    let ask = |run: &Index| run.metadata(&name("a"), &version("1.0"), policy);
    let metadata = ask(&world.run(&[&server])).unwrap();
    assert_eq!(summary(&metadata), EXPECTED);
    let files = server.log();
    let files: Vec<String> = files
        .iter()
        .filter(|request| request.path.starts_with("/files/"))
        .map(|request| match &request.range {
            Some(_) => format!("range of {}", request.path),
            None => request.path.clone(),
        })
        .collect();
    assert_eq!(files, expect);
    server.clear_log();
    assert_eq!(summary(&ask(&world.run(&[&server])).unwrap()), EXPECTED);
    assert_eq!(server.log(), []);
}

const WHEEL: &str = "/files/a-1.0-py3-none-any.whl";

#[test]
fn the_file_beside_a_wheel() {
    let server = IndexBuilder::new([package()]).metadata_files();
    check(server, FilePolicy::Any, &[&format!("{WHEEL}.metadata")]);
}

#[test]
fn the_file_beside_a_wheel_is_checked() {
    let server = IndexBuilder::new([package()]).metadata_files().start();
    server.inject(".metadata", Fault::Garbage, When::Always);
    let world = World::new();
    let outcome = world
        .run(&[&server])
        .metadata(&name("a"), &version("1.0"), FilePolicy::Any);
    let text = crate::shown(outcome, &world);
    assert!(
        text.starts_with("`a-1.0-py3-none-any.whl.metadata` from "),
        "{text}"
    );
    assert!(text.contains("has the wrong hash"), "{text}");
}

#[test]
fn one_range_of_a_wheel() {
    let server = IndexBuilder::new([package()]);
    check(server, FilePolicy::Any, &[&format!("range of {WHEEL}")]);
}

#[test]
fn a_range_where_the_size_is_not_listed() {
    let server = IndexBuilder::new([package()]).without_times();
    check(server, FilePolicy::Any, &[&format!("range of {WHEEL}")]);
    let server = IndexBuilder::new([package()]).html_only();
    check(server, FilePolicy::Any, &[&format!("range of {WHEEL}")]);
}

#[test]
fn the_whole_wheel_where_there_are_no_ranges() {
    let server = IndexBuilder::new([package()]).without_ranges();
    check(
        server,
        FilePolicy::Any,
        &[&format!("range of {WHEEL}"), WHEEL],
    );
}

#[test]
fn a_large_wheel_takes_only_what_is_needed() {
    // The metadata is far from the end of the archive, and the directory is longer than the first
    // range.
    let mut package = package();
    let noise: Vec<u8> = (0..200_000u32).flat_map(u32::to_le_bytes).collect();
    package = package.member("a/noise", &noise);
    for n in 0..1500 {
        package = package.member(&format!("z/with_a_rather_long_name/{n}.py"), b"x");
    }
    let server = IndexBuilder::new([package]).start();
    let run = World::new().run(&[&server]);
    let metadata = run.metadata(&name("a"), &version("1.0"), FilePolicy::Any);
    assert_eq!(summary(&metadata.unwrap()), EXPECTED);
    assert!(server.requests("/files/") <= 3);
    assert!(
        server
            .log()
            .iter()
            .all(|request| request.range.is_some() || !request.path.starts_with("/files/"))
    );
}

#[test]
fn a_static_source_distribution() {
    let server = IndexBuilder::new([package().sdist()]);
    check(server, FilePolicy::Any, &["/files/a-1.0.tar.gz"]);
    let server = IndexBuilder::new([package().wheel("py3-none-any").sdist()]);
    check(server, FilePolicy::NoBinary, &["/files/a-1.0.tar.gz"]);
}

#[test]
fn what_only_a_build_can_tell() {
    let server = IndexBuilder::new([package().sdist().needs_build()]).start();
    let world = World::new();
    let run = world.run(&[&server]);
    let ask = |run: &Index| run.metadata(&name("a"), &version("1.0"), FilePolicy::Any);
    let Err(IndexError::NeedsBuild { path, sha256, .. }) = ask(&run) else {
        panic!("it needs a build");
    };
    assert_eq!(path.file_name(), Some("a-1.0.tar.gz"));
    let text = "Metadata-Version: 2.1\nName: a\nVersion: 1.0\nRequires-Dist: b\n";
    let mut built = Metadata::parse(text).unwrap();
    built.dynamic = false;
    run.store_built_metadata(sha256, built.clone()).unwrap();
    assert_eq!(*ask(&run).unwrap(), built);
    assert_eq!(*ask(&world.run(&[&server])).unwrap(), built);
    assert_eq!(*run.built_metadata(sha256).unwrap(), built);
}

#[test]
fn no_file_that_the_policy_admits() {
    let server = IndexBuilder::new([package().sdist()]).start();
    let world = World::new();
    let run = world.run(&[&server]);
    let outcome = run.metadata(&name("a"), &version("1.0"), FilePolicy::OnlyBinary);
    insta::assert_snapshot!(crate::shown(outcome, &world), @"`a` 1.0 has no wheel");
    let outcome = run.metadata(&name("a"), &version("2.0"), FilePolicy::Any);
    insta::assert_snapshot!(crate::shown(outcome, &world), @"`a` has no version 2.0");
}

#[test]
fn a_hint_is_not_a_second_request() {
    let server = IndexBuilder::new([package()]).start();
    let run = World::new().run(&[&server]);
    run.prefetch_metadata(&name("a"), &version("1.0"), FilePolicy::Any);
    assert!(
        run.metadata(&name("a"), &version("1.0"), FilePolicy::Any)
            .is_ok()
    );
    assert!(
        run.fetched_metadata(&name("a"), &version("1.0"), FilePolicy::Any)
            .is_some()
    );
    assert_eq!(server.log().len(), 2);
}

#[test]
fn what_the_resolver_will_ask_for_is_fetched_ahead() {
    let server = IndexBuilder::new([
        Package::new("a", "1.0")
            .requires("b[x]<2")
            .requires("built")
            .requires("never ; sys_platform == 'win32'"),
        Package::new("built", "1.0").sdist().needs_build(),
        Package::new("b", "1.0").extra("x", "c").extra("y", "never"),
        Package::new("b", "2.0").requires("never"),
        Package::new("c", "1.0"),
        Package::new("c", "1.1").requires_python(">=3.99"),
        Package::new("c", "1.2").yanked(""),
        Package::new("c", "2.0rc1"),
        Package::new("never", "1.0"),
    ])
    .start();
    let run = World::new().run(&[&server]);
    let (sender, unbuilt) = std::sync::mpsc::channel();
    run.foresee(Forecast {
        told: Vec::new(),
        requirements: vec!["a".parse().unwrap()],
        within: "sys_platform == 'linux' and python_version >= '3.12'"
            .parse()
            .unwrap(),
        preferred: BTreeMap::new(),
        policy: Box::new(|_| FilePolicy::Any),
        unbuilt: Box::new(move |error| sender.send(error.to_string()).unwrap()),
    });
    let foreseen = || server.requests("/files/c-1.0-py3-none-any.whl") == 1;
    for _ in 0..500 {
        if foreseen() {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(foreseen());
    let unbuilt = unbuilt.recv_timeout(Duration::from_secs(5)).unwrap();
    insta::assert_snapshot!(unbuilt, @"the metadata of `built` 1.0 is known only once `built-1.0.tar.gz` is built");
    let requests = server.log().len();
    for (package, release) in [("a", "1.0"), ("b", "1.0"), ("c", "1.0")] {
        let metadata = run.metadata(&name(package), &version(release), FilePolicy::Any);
        assert!(metadata.is_ok());
    }
    assert_eq!(server.log().len(), requests);
    assert_eq!(server.requests("never"), 0);
}
