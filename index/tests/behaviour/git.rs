//! Repositories at a commit, by the `git` of this machine.

use camino::Utf8Path;
use url::Url;

use crate::{World, shown};

fn git(folder: &Utf8Path, arguments: &[&str]) -> String {
    duct::cmd("git", arguments)
        .dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_AUTHOR_NAME", "a")
        .env("GIT_AUTHOR_EMAIL", "a@index.example")
        .env("GIT_COMMITTER_NAME", "a")
        .env("GIT_COMMITTER_EMAIL", "a@index.example")
        .read()
        .unwrap()
}

/// A repository with two commits, a branch and an annotated tag on the first.
fn repository(world: &World) -> (Url, String, String) {
    let folder = world.folder().join("repository");
    fs_err::create_dir(&folder).unwrap();
    git(&folder, &["init", "-q", "-b", "main"]);
    let commit = |text: &str| {
        let project = format!("[project]\nname='a'\nversion='1'\ndependencies=['{text}']\n");
        fs_err::write(folder.join("pyproject.toml"), project).unwrap();
        git(&folder, &["add", "."]);
        git(&folder, &["commit", "-q", "-m", text]);
        git(&folder, &["rev-parse", "HEAD"])
    };
    let first = commit("b");
    git(&folder, &["branch", "old"]);
    git(&folder, &["tag", "-a", "v1", "-m", "v1"]);
    let second = commit("c");
    (Url::from_file_path(folder).unwrap(), first, second)
}

#[test]
fn revisions_stand_for_commits() {
    let world = World::new();
    let (url, first, second) = repository(&world);
    let run = world.run(&[]);
    for (revision, expect) in [
        (None, &second),
        (Some("main"), &second),
        (Some("old"), &first),
        (Some("v1"), &first),
        (Some(first.as_str()), &first),
        (Some(&first[..10]), &first),
    ] {
        let checkout = run.git(&url, revision).unwrap();
        assert_eq!(&checkout.commit, expect, "{revision:?}");
        let metadata = index::folder_metadata(&checkout.path).unwrap();
        let dependency = if expect == &first { "b" } else { "c" };
        assert_eq!(metadata.requires_dist[0].to_string(), dependency);
    }
}

#[test]
fn a_commit_in_the_cache_needs_no_repository() {
    let world = World::new();
    let (url, first, _) = repository(&world);
    let checkout = world.run(&[]).git(&url, Some(&first)).unwrap();
    fs_err::remove_dir_all(world.folder().join("repository")).unwrap();
    let run = world.run(&[]);
    assert_eq!(run.git(&url, Some(&first)).unwrap(), checkout);
    let text = shown(run.git(&url, Some("main")), &world);
    assert!(
        text.starts_with("cannot get `main` of file://$/repository by git: "),
        "{text}"
    );
}

#[test]
fn no_such_revision() {
    let world = World::new();
    let (url, ..) = repository(&world);
    let run = world.run(&[]);
    insta::assert_snapshot!(shown(run.git(&url, Some("nothing")), &world), @"cannot get `nothing` of file://$/repository by git: there is no such branch, tag or commit");
}
