//! `install-merge-driver`: makes git merge lockfiles with `merge-lockfile`.

use insta::assert_snapshot;

use crate::{git, refused, repo};

#[test]
fn the_driver_is_installed_once_and_taken_out() {
    let repo = repo().requirements("a\n");
    assert_snapshot!(refused(&repo, &["install-merge-driver"]), @"
    error: `git rev-parse --show-prefix` failed
     |
     = fatal: not a git repository (or any of the parent directories): .git
    hint: this needs a git repository: `git init`, or name one with `-C DIR`
    ");
    git(&repo, &["init", "--quiet"]);
    repo.write(".gitattributes", "*.png binary\n");
    let check = repo.xtask(&["install-merge-driver", "--check"]);
    assert_snapshot!(check, @"
    exit status 1
    ----- stderr
    git's configuration has no `merge.xtask-lockfile.driver` of this tool
    `.gitattributes` does not name every lockfile with `merge=xtask-lockfile`
    ");
    assert_snapshot!(repo.xtask(&["install-merge-driver"]), @"
    exit status 0
    ----- stderr
    git merges lockfiles by `cargo xtask merge-lockfile`
    ");
    let once = repo.snapshot();
    repo.xtask(&["install-merge-driver"]);
    assert!(once == repo.snapshot(), "the second time changed a file");
    assert_snapshot!(repo.read(".gitattributes"), @"
    *.png binary
    # Lockfiles are merged by `cargo xtask merge-lockfile`; once in each clone: `cargo xtask install-merge-driver`
    /python.lock merge=xtask-lockfile
    ");
    assert_eq!(repo.xtask(&["install-merge-driver", "--check"]).status, 0);
    assert_snapshot!(repo.xtask(&["install-merge-driver", "--uninstall"]), @"
    exit status 0
    ----- stderr
    git merges lockfiles line by line again
    ");
    assert_eq!(repo.read(".gitattributes"), "*.png binary\n");
    assert_eq!(repo.xtask(&["install-merge-driver", "--check"]).status, 1);
}

#[test]
fn a_repository_below_gits_tells_git_where_it_is() {
    let repo = repo();
    git(&repo, &["init", "--quiet"]);
    repo.write("my py/Cargo.toml", &repo.read("Cargo.toml"));
    let output = repo.xtask(&["-C", "my py", "install-merge-driver"]);
    assert_eq!(output.status, 0, "{output}");
    let driver = git(&repo, &["config", "merge.xtask-lockfile.driver"]);
    assert_snapshot!(driver, @"if [XTASK] --version >/dev/null 2>&1; then [XTASK] -C 'my py' merge-lockfile %O %A %B %P %L; else cargo-xtask -C 'my py' merge-lockfile %O %A %B %P %L; fi || { test $? = 1 && exit 1; echo cargo-xtask cannot be started, so that this is merged line by line: %P >&2; git merge-file --marker-size=%L -L ours -L base -L theirs %A %O %B; }");
    assert!(repo.root().join("my py/.gitattributes").exists());
}

#[test]
fn this_repositorys_own_attributes_are_what_the_command_writes() {
    let own = |path: &str| fs_err::read_to_string(crate::root().join(path)).unwrap();
    let repo = repo()
        .file("Cargo.toml", &own("Cargo.toml"))
        .file(".gitattributes", &own(".gitattributes"));
    git(&repo, &["init", "--quiet"]);
    let output = repo.xtask(&["install-merge-driver"]);
    assert_eq!(output.status, 0, "{output}");
    assert_eq!(repo.read(".gitattributes"), own(".gitattributes"));
}
