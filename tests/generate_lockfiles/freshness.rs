//! When the index is asked again, and when the cache is believed.

use insta::assert_snapshot;
use testkit::{IndexBuilder, LoopbackIndex, Package, Repo};

use crate::{done, lock, locked, refused, repo};

fn index() -> LoopbackIndex {
    LoopbackIndex::start([
        Package::new("a", "1.0").requires("b"),
        Package::new("b", "1.0"),
        Package::new("c", "1.0"),
    ])
}

/// A locked repository, to whose index newer versions are added after that.
fn superseded(index: &LoopbackIndex) -> Repo {
    let repo = repo().index(index).requirements("a\nc\n");
    lock(&repo);
    for name in ["a", "b", "c"] {
        index.add(&Package::new(name, "2.0"));
    }
    index.clear_log();
    repo
}

#[test]
fn an_upgrade_asks_for_everything_again() {
    let index = index();
    let repo = superseded(&index);
    done(&repo, &["generate-lockfiles", "--upgrade"]);
    assert_snapshot!(locked(&repo, "python-default"), @"
    a==2.0
    c==2.0
    ");
}

#[test]
fn an_upgrade_of_one_package_asks_for_its_listing_alone() {
    let index = index();
    let repo = superseded(&index);
    done(&repo, &["generate-lockfiles", "--upgrade-package", "c"]);
    assert_snapshot!(locked(&repo, "python-default"), @"
    a==1.0
    b==1.0
    c==2.0
    ");
    assert_eq!(index.requests("/simple/c/"), 1);
    assert_eq!(index.requests("/simple/a/"), 0);
}

#[test]
fn what_is_outdated_is_asked_of_the_index() {
    let index = index();
    let repo = superseded(&index);
    assert_snapshot!(done(&repo, &["outdated"]), @"
    exit status 0
    ----- stdout
    package  locked  admitted  latest  held by
    a        1.0     2.0       2.0
    b        1.0     2.0       2.0
    c        1.0     2.0       2.0
    ");
    // Offline, the cache is all there is.
    assert_snapshot!(done(&repo, &["outdated", "--offline"]), @"
    exit status 0
    ----- stdout
    package  locked  admitted  latest  held by
    a        1.0     2.0       2.0
    b        1.0     2.0       2.0
    c        1.0     2.0       2.0
    ");
}

#[test]
fn a_resolution_that_failed_on_the_cache_asks_again() {
    let index = index();
    let repo = superseded(&index).requirements("a>=2\nc\n");
    lock(&repo);
    assert_snapshot!(locked(&repo, "python-default"), @"
    a==2.0
    c==1.0
    ");
    let repo = repo.requirements("a>=3\n");
    index.clear_log();
    refused(&repo, &["generate-lockfiles"]);
    assert_eq!(index.requests("/simple/a/"), 1);
    refused(&repo, &["generate-lockfiles", "--offline"]);
    assert_eq!(index.requests("/simple/a/"), 1);
    assert_eq!(repo.xtask(&["why-not", "c>=2"]).status, 1);
    index.add(&Package::new("a", "3.0"));
    lock(&repo);
    done(&repo, &["why-not", "c>=2"]);
}

#[test]
fn a_package_that_was_not_there_is_asked_for_again() {
    let index = index();
    let repo = repo().index(&index).requirements("new\n");
    assert!(refused(&repo, &["generate-lockfiles"]).contains("new is on no index"));
    index.add(&Package::new("new", "1.0"));
    lock(&repo);
    assert_snapshot!(locked(&repo, "python-default"), @"new==1.0");
}

#[test]
fn a_first_index_that_gets_a_package_is_not_passed_over() {
    let (first, second) = (LoopbackIndex::start([]), index());
    let settings = format!(
        "[workspace.metadata.xtask.python]\ninterpreter_constraints = ['CPython==3.12.*']\n\
         [workspace.metadata.xtask.python-repos]\nindexes = ['{}', '{}']\n",
        first.url(),
        second.url()
    );
    let repo = repo().file("Cargo.toml", &settings).requirements("c\n");
    lock(&repo);
    assert!(repo.read("python.lock").contains("index = 2"));
    first.add(&Package::new("c", "0.9"));
    let repo = repo.requirements("c<2\n");
    lock(&repo);
    assert_snapshot!(locked(&repo, "python-default"), @"c==0.9");
    assert!(!repo.read("python.lock").contains("index = 2"));
    // Without the network, what was not there still is not there.
    fs_err::remove_file(repo.root().join("python.lock")).unwrap();
    done(&repo, &["generate-lockfiles", "--offline"]);
}

#[test]
fn what_is_to_be_asked_again_can_be_said() {
    let index = IndexBuilder::new([
        Package::new("a", "1.0").requires("b"),
        Package::new("b", "1.0"),
    ])
    .etags()
    .start();
    let repo = repo().index(&index).requirements("a\n");
    lock(&repo);
    let asked = |arguments: &[&str]| {
        index.clear_log();
        done(&repo, &[&["generate-lockfiles"], arguments].concat());
        ["a", "b"].map(|name| index.requests(&format!("/simple/{name}/")))
    };
    assert_eq!(asked(&[]), [0, 0]);
    assert_eq!(asked(&["--refresh"]), [1, 1]);
    assert_eq!(asked(&["--refresh", "b"]), [0, 1]);
    assert_eq!(asked(&["--refresh=a", "--refresh=b"]), [1, 1]);
    assert_eq!(asked(&["--refresh-package", "a"]), [1, 0]);
    assert_eq!(asked(&["--refresh", "--offline"]), [0, 0]);
    assert!(index.log().iter().all(|served| served.status == 304));
    // A wheel that was added to a locked release is found.
    index.add(&Package::new("b", "1.0").wheel("cp312-cp312-win_amd64"));
    done(&repo, &["generate-lockfiles", "--refresh", "b"]);
    assert!(repo.read("python.lock").contains("win_amd64"));
}

#[test]
fn a_host_without_an_address_is_looked_up_once() {
    let many: String = (0..160).map(|nth| format!("package-{nth}\n")).collect();
    let repo = repo().requirements(&many);
    let started = std::time::Instant::now();
    let url = "https://index.invalid/simple/";
    let output = refused(&repo, &["generate-lockfiles", "--index-url", url]);
    assert!(started.elapsed() < std::time::Duration::from_secs(10));
    assert!(
        output.contains("the name of its host, `index.invalid`, cannot be looked up"),
        "{output}"
    );
}
