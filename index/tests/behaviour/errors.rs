//! What the user reads when a server misbehaves.

use std::time::Duration;

use index::{FilePolicy, Index};
use testkit::{Fault, IndexBuilder, Package, When};
use url::Url;

use crate::{World, name, shown, version};

fn package() -> Package {
    Package::new("a", "1").requires("b")
}

/// The error when a server with this fault is asked for a listing.
#[track_caller]
fn check(fault: Fault) -> String {
    let server = testkit::LoopbackIndex::start([package()]);
    server.inject("/simple/a/", fault, When::Always);
    let world = World::new();
    shown(world.run(&[&server]).listing(&name("a")), &world)
}

#[test]
fn servers_out_of_order() {
    insta::assert_snapshot!(check(Fault::Status(503)), @"
    cannot list the files of `a` from http://127.0.0.1:PORT/simple/a/: the server answers 503 (4 attempts)
    hint: the server is out of order or busy: try again later
    ");
    insta::assert_snapshot!(check(Fault::Status(400)), @"cannot list the files of `a` from http://127.0.0.1:PORT/simple/a/: the server answers 400");
    insta::assert_snapshot!(check(Fault::TooManyRequests(0)), @"
    cannot list the files of `a` from http://127.0.0.1:PORT/simple/a/: the server answers 429 (4 attempts)
    hint: the server is out of order or busy: try again later
    ");
}

#[test]
fn broken_connections() {
    insta::assert_snapshot!(check(Fault::Truncated), @"
    cannot list the files of `a` from http://127.0.0.1:PORT/simple/a/: the connection broke: end of file before message length reached (4 attempts)
    hint: check the connection; `--offline` makes do with what is in the cache
    ");
    let reset = check(Fault::Reset);
    assert!(
        reset.starts_with("cannot list the files of `a` from http://127.0.0.1:PORT/simple/a/: ")
    );
    assert!(reset.contains("(4 attempts)"), "{reset}");
    let stalled = check(Fault::Stall);
    assert!(stalled.contains("did not answer in time"), "{stalled}");
}

#[test]
fn answers_that_mean_nothing() {
    insta::assert_snapshot!(check(Fault::Garbage), @"
    cannot list the files of `a` from http://127.0.0.1:PORT/simple/a/: the answer is not usable: it is no JSON listing: expected value at line 1 column 1
    hint: is this the URL of a package index (PEP 503, PEP 691)?
    ");
}

#[test]
fn nobody_listens() {
    let server = testkit::LoopbackIndex::start([package()]);
    let url: Url = server.url().parse().unwrap();
    drop(server);
    let world = World::new();
    let mut options = world.options(&[]);
    options.locations.as_mut().unwrap().indexes = vec![url];
    let text = shown(Index::new(options).listing(&name("a")), &world);
    assert!(text.contains("refused"), "{text}");
}

#[test]
fn faults_that_pass_are_retried() {
    for fault in [
        Fault::Status(500),
        Fault::Status(503),
        Fault::TooManyRequests(0),
        Fault::Truncated,
        Fault::Reset,
        Fault::Delay(Duration::from_millis(50)),
    ] {
        let server = testkit::LoopbackIndex::start([package()]);
        server.inject("/", fault, When::Every(2));
        let run = World::new().run(&[&server]);
        let metadata = run.metadata(&name("a"), &version("1"), FilePolicy::Any);
        assert!(metadata.is_ok(), "{fault:?}: {metadata:?}");
    }
}

#[test]
fn patience_is_kept_as_long_as_the_server_asks() {
    let server = testkit::LoopbackIndex::start([package()]);
    server.inject("/simple/", Fault::TooManyRequests(1), When::First(1));
    let start = std::time::Instant::now();
    assert!(World::new().run(&[&server]).listing(&name("a")).is_ok());
    assert!(start.elapsed() >= Duration::from_secs(1));
}

#[test]
fn logins() {
    let server = IndexBuilder::new([package()])
        .login("user", "s3cret")
        .start();
    let world = World::new();
    insta::assert_snapshot!(shown(world.run(&[&server]).listing(&name("a")), &world), @"
    cannot list the files of `a` from http://127.0.0.1:PORT/simple/a/: the server answers 401, it asks for a login
    hint: put `machine 127.0.0.1 login USER password PASSWORD` into ~/.netrc, set XTASK_INDEX_USERNAME and XTASK_INDEX_PASSWORD, or write them into the index's URL
    ");

    let with = |user: &str, password: &str| {
        let mut url: Url = server.url().parse().unwrap();
        url.set_username(user).unwrap();
        url.set_password(Some(password)).unwrap();
        let mut options = world.options(&[]);
        options.locations.as_mut().unwrap().indexes = vec![url];
        Index::new(options)
    };
    insta::assert_snapshot!(shown(with("user", "wr0ng").listing(&name("a")), &world), @"
    cannot list the files of `a` from http://****@127.0.0.1:PORT/simple/a/: the server answers 401, it refuses the login that was sent
    hint: put `machine 127.0.0.1 login USER password PASSWORD` into ~/.netrc, set XTASK_INDEX_USERNAME and XTASK_INDEX_PASSWORD, or write them into the index's URL
    ");
    let run = with("user", "s3cret");
    assert!(
        run.metadata(&name("a"), &version("1"), FilePolicy::Any)
            .is_ok()
    );
    insta::assert_snapshot!(shown(run.listing(&name("nothing")), &world), @"
    there is no package `nothing` in http://****@127.0.0.1:PORT/simple/
    hint: check the name; a further index is set under `[python-repos] indexes`
    ");
}

#[test]
fn no_such_package_anywhere() {
    let (first, second) = (
        testkit::LoopbackIndex::start([package()]),
        testkit::LoopbackIndex::start([]),
    );
    let world = World::new();
    let outcome = world.run(&[&first, &second]).listing(&name("nothing"));
    insta::assert_snapshot!(shown(outcome, &world), @"
    there is no package `nothing` in http://127.0.0.1:PORT/simple/, http://127.0.0.1:PORT/simple/
    hint: check the name; a further index is set under `[python-repos] indexes`
    ");
}

#[test]
fn a_wheel_that_is_none() {
    let server = testkit::LoopbackIndex::start([package()]);
    server.inject("/files/", Fault::Garbage, When::Always);
    let world = World::new();
    let outcome = world
        .run(&[&server])
        .metadata(&name("a"), &version("1"), FilePolicy::Any);
    let text = shown(outcome, &world);
    assert!(text.contains("`a-1-py3-none-any.whl`"), "{text}");
}
