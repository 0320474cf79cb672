//! `merge-lockfile`: merges locks for git, and what it leaves if that is not possible.

pub(crate) mod random;
mod settings;

use insta::assert_snapshot;
use testkit::{Fault, LoopbackIndex, Output, Package, Repo, When};

use crate::{BINARY, commit, commit_source, git, lock, repo, source_repository};

/// A git repository with the merge driver. Each requirement is in a file of its own, so that only
/// the locks can conflict.
fn git_repo(index: &LoopbackIndex) -> Repo {
    let repo = repo().index(index);
    git(&repo, &["init", "--quiet", "--initial-branch=main"]);
    let output = repo.xtask(&["install-merge-driver"]);
    assert_eq!(output.status, 0, "{output}");
    use_this_binary(&repo);
    repo
}

/// Makes git run the binary under test alone: the installed driver knows a second way.
fn use_this_binary(repo: &Repo) {
    let command = format!("'{BINARY}' merge-lockfile %O %A %B %P");
    git(repo, &["config", "merge.xtask-lockfile.driver", &command]);
}

fn try_git(repo: &Repo, arguments: &[&str]) -> Output {
    repo.run("git".into(), arguments)
}

/// Requires a package; if `requirement` is empty, does not require it any more.
fn require(repo: &Repo, name: &str, requirement: &str) {
    let path = format!("reqs/{name}/BUILD");
    if requirement.is_empty() {
        fs_err::remove_file(repo.root().join(path)).unwrap();
        return;
    }
    repo.write(
        &path,
        &format!("python_requirement(name=\"{name}\", requirements=[\"{requirement}\"])\n"),
    );
}

/// A branch from `main` with these requirements changed and locked.
#[track_caller]
fn branch(repo: &Repo, name: &str, requirements: &[(&str, &str)]) {
    git(repo, &["switch", "--quiet", "--force-create", name, "main"]);
    for (package, requirement) in requirements {
        require(repo, package, requirement);
    }
    lock(repo);
    commit(repo, name);
}

fn versions(repo: &Repo) -> String {
    let text = repo.read("python.lock");
    let lock = lockfile::read(&text, "python.lock".into()).unwrap();
    let packages = lock.packages.iter();
    let packages: Vec<String> = packages
        .map(|p| format!("{} {}", p.name, p.version))
        .collect();
    packages.join(", ")
}

fn index() -> LoopbackIndex {
    LoopbackIndex::start([
        Package::new("a", "1.0").requires("shared"),
        Package::new("a", "2.0").requires("shared>=2"),
        Package::new("b", "1.0").requires("shared"),
        Package::new("b", "2.0").requires("shared<3"),
        Package::new("c", "1.0").requires("shared<2"),
        Package::new("shared", "1.0"),
        Package::new("shared", "2.0"),
        Package::new("shared", "3.0"),
    ])
}

/// `main` requires a 1.0 and b 1.0 with shared 2.0.
fn two_requirements(index: &LoopbackIndex) -> Repo {
    let repo = git_repo(index);
    require(&repo, "a", "a<2");
    require(&repo, "b", "b<2");
    require(&repo, "shared", "shared<3");
    lock(&repo);
    require(&repo, "shared", "shared");
    lock(&repo);
    commit(&repo, "main");
    repo
}

#[test]
fn two_branches_merge_without_a_request() {
    let index = index();
    let repo = two_requirements(&index);
    branch(&repo, "ours", &[("a", "a")]);
    assert_eq!(versions(&repo), "a 1.0, b 1.0, shared 2.0");
    branch(&repo, "ours", &[("a", "a>=2")]);
    branch(&repo, "theirs", &[("b", "b>=2")]);
    index.clear_log();
    git(&repo, &["merge", "--quiet", "--no-edit", "ours"]);
    assert_eq!(versions(&repo), "a 2.0, b 2.0, shared 2.0");
    assert_eq!(index.log(), []);
    let output = repo.xtask(&["lock", "check"]);
    assert_eq!(output.status, 0, "{output}");
}

#[test]
fn the_index_is_asked_where_the_locks_do_not_suffice() {
    let index = index();
    let repo = git_repo(&index);
    require(&repo, "shared", "shared<2");
    lock(&repo);
    require(&repo, "shared", "shared");
    commit(&repo, "main");
    branch(&repo, "ours", &[("shared", "shared>=2")]);
    branch(&repo, "theirs", &[("b", "b>=2")]);
    assert_eq!(versions(&repo), "b 2.0, shared 1.0");
    git(&repo, &["merge", "--quiet", "--no-edit", "ours"]);
    assert_eq!(versions(&repo), "b 2.0, shared 2.0");
}

#[test]
fn rebase_cherry_pick_and_stash_pop_merge_as_well() {
    let index = index();
    let repo = two_requirements(&index);
    branch(&repo, "ours", &[("a", "a>=2")]);
    branch(&repo, "theirs", &[("b", "b>=2")]);
    git(&repo, &["switch", "--quiet", "--create", "picked", "ours"]);
    git(&repo, &["cherry-pick", "theirs"]);
    assert_eq!(versions(&repo), "a 2.0, b 2.0, shared 2.0");
    git(&repo, &["switch", "--quiet", "theirs"]);
    git(&repo, &["rebase", "--quiet", "ours"]);
    assert_eq!(versions(&repo), "a 2.0, b 2.0, shared 2.0");

    git(&repo, &["switch", "--quiet", "main"]);
    require(&repo, "b", "b>=2");
    lock(&repo);
    git(&repo, &["add", "--all"]);
    git(&repo, &["stash", "--quiet"]);
    git(&repo, &["merge", "--quiet", "--no-edit", "ours"]);
    git(&repo, &["stash", "pop", "--quiet"]);
    assert_eq!(versions(&repo), "a 2.0, b 2.0, shared 2.0");
}

#[test]
fn contradicting_requirements_leave_a_conflict_that_says_so() {
    let index = index();
    let repo = two_requirements(&index);
    branch(&repo, "ours", &[("shared", "shared==3.0")]);
    branch(&repo, "theirs", &[("shared", "shared==1.0")]);
    let output = try_git(&repo, &["merge", "--no-edit", "ours"]);
    assert_eq!(output.status, 1, "{output}");
    assert_snapshot!(output.stderr, @"
    error: the two sides contradict each other
     |
     = our side requires `shared==1.0`, their side requires `shared==3.0`, and nothing satisfies both
    hint: agree on one in requirements.txt, BUILD or the settings, then run `cargo xtask generate-lockfiles`
    ");
    let text = repo.read("python.lock");
    let top: Vec<&str> = text
        .lines()
        .take_while(|line| line.starts_with('#'))
        .collect();
    assert_snapshot!(top.join("\n"), @"
    # the two sides contradict each other
    # our side requires `shared==1.0`, their side requires `shared==3.0`, and nothing satisfies both
    # agree on one in requirements.txt, BUILD or the settings, then run `cargo xtask generate-lockfiles`
    # Written by `cargo xtask generate-lockfiles --resolve=python-default`; not to be edited by hand.
    ");
    assert!(text.contains("\n<<<<<<< ours\n"), "{text}");

    require(&repo, "shared", "shared==3.0");
    lock(&repo);
    assert_eq!(versions(&repo), "a 1.0, b 1.0, shared 3.0");
    commit(&repo, "merged");
}

#[test]
fn requirements_that_contradict_further_down_are_explained_too() {
    let index = index();
    let repo = two_requirements(&index);
    branch(&repo, "ours", &[("a", "a>=2")]);
    branch(&repo, "theirs", &[("c", "c")]);
    let output = try_git(&repo, &["merge", "--no-edit", "ours"]);
    assert_eq!(output.status, 1, "{output}");
    let text = repo.read("python.lock");
    let top: Vec<&str> = text
        .lines()
        .take_while(|line| line.starts_with('#'))
        .collect();
    assert_snapshot!(top.join("\n"), @"
    # cannot lock `python-default`: no versions satisfy all requirements
    # a>=2 is required
    # a requires shared>=2
    # c is required
    # c requires shared<2
    # with a 1.0 there is a solution: loosen `a>=2`
    ");

    require(&repo, "a", "a");
    lock(&repo);
    assert_eq!(versions(&repo), "a 1.0, b 1.0, c 1.0, shared 1.0");
}

#[test]
fn the_recipe_without_a_driver_still_works() {
    let index = index();
    let repo = two_requirements(&index);
    branch(&repo, "ours", &[("a", "a>=2")]);
    branch(&repo, "theirs", &[("b", "b>=2")]);
    git(
        &repo,
        &["config", "--remove-section", "merge.xtask-lockfile"],
    );
    assert_eq!(try_git(&repo, &["merge", "--no-edit", "ours"]).status, 1);
    git(&repo, &["checkout", "--theirs", "python.lock"]);
    let output = repo.xtask(&["generate-lockfiles", "--resolve", "python-default"]);
    assert_eq!(output.status, 0, "{output}");
    assert_eq!(versions(&repo), "a 2.0, b 2.0, shared 2.0");
}

#[test]
fn in_a_lock_with_conflict_markers_both_sides_pins_count() {
    let index = index();
    let repo = two_requirements(&index);
    branch(&repo, "ours", &[("a", "a>=2")]);
    branch(&repo, "theirs", &[("b", "b>=2")]);
    git(
        &repo,
        &["config", "--remove-section", "merge.xtask-lockfile"],
    );
    assert_eq!(try_git(&repo, &["merge", "--no-edit", "ours"]).status, 1);
    assert!(repo.read("python.lock").contains("<<<<<<<"));
    lock(&repo);
    assert_eq!(versions(&repo), "a 2.0, b 2.0, shared 2.0");
}

#[test]
fn a_lock_of_another_tool_conflicts_as_ever() {
    let index = index();
    let repo = two_requirements(&index);
    branch(&repo, "ours", &[("a", "a>=2")]);
    git(&repo, &["switch", "--quiet", "--create", "theirs", "main"]);
    repo.write("python.lock", "// a lock of Pants\n{}\n");
    commit(&repo, "theirs");
    let output = try_git(&repo, &["merge", "--no-edit", "ours"]);
    assert_eq!(output.status, 1, "{output}");
    let text = repo.read("python.lock");
    assert_snapshot!(text.lines().next().unwrap(), @"# cannot merge python.lock: our side is not a lock of this tool");
    assert!(text.contains("\n<<<<<<< ours\n"), "{text}");
}

#[test]
fn killed_within_the_driver_git_and_the_lock_are_whole() {
    let index = index();
    let repo = two_requirements(&index);
    branch(&repo, "ours", &[("a", "a>=2"), ("p", "shared<4")]);
    branch(&repo, "theirs", &[("b", "b>=2")]);
    // The driver kills itself, as if it had been killed from outside soon after its start.
    for seconds in ["0.00", "0.01", "0.02", "0.05"] {
        let command =
            format!("timeout --signal=KILL {seconds} '{BINARY}' merge-lockfile %O %A %B %P");
        git(&repo, &["config", "merge.xtask-lockfile.driver", &command]);
        try_git(&repo, &["merge", "--no-edit", "ours"]);
        git(&repo, &["fsck", "--no-progress"]);
        let text = repo.read("python.lock");
        assert!(
            lockfile::read(&text, "python.lock".into()).is_ok(),
            "{text}"
        );
        try_git(&repo, &["merge", "--abort"]);
        git(&repo, &["reset", "--quiet", "--hard", "theirs"]);
        assert_eq!(git(&repo, &["status", "--porcelain"]), "");
    }
    use_this_binary(&repo);
    index.inject("/", Fault::Status(500), When::Always);
    git(&repo, &["merge", "--quiet", "--no-edit", "ours"]);
    assert_eq!(versions(&repo), "a 2.0, b 2.0, shared 2.0");
}

/// `main` requires `ours` from a branch of its git repository, and b 1.0.
fn repository_requirement(index: &LoopbackIndex) -> Repo {
    let repo = git_repo(index);
    let source = source_repository(&repo, &ours("0.1"));
    require(&repo, "ours", &format!("ours @ git+file://{source}@main"));
    require(&repo, "b", "b<2");
    lock(&repo);
    commit(&repo, "main");
    repo
}

fn ours(version: &str) -> Package {
    Package::new("ours", version)
}

/// A branch from `main` whose lock has the newest commit of every git repository.
#[track_caller]
fn upgraded(repo: &Repo, name: &str) {
    git(repo, &["switch", "--quiet", "--force-create", name, "main"]);
    let output = repo.xtask(&["generate-lockfiles", "--upgrade-package", "ours"]);
    assert_eq!(output.status, 0, "{output}");
    commit(repo, name);
}

#[test]
fn a_commit_that_one_side_moved_to_is_kept_without_a_request() {
    let index = index();
    let repo = repository_requirement(&index);
    let second = commit_source(&repo, &ours("0.2"));
    upgraded(&repo, "ours");
    branch(&repo, "theirs", &[("b", "b>=2")]);
    fs_err::remove_dir_all(repo.home().join("ours")).unwrap();
    index.clear_log();
    git(&repo, &["merge", "--quiet", "--no-edit", "ours"]);
    assert!(repo.read("python.lock").contains(&second));
    assert_eq!(index.log(), []);
    let output = repo.xtask(&["lock", "check", "--offline"]);
    assert_eq!(output.status, 0, "{output}");
}

#[test]
fn of_two_commits_the_higher_version_is_kept_whichever_side_has_it() {
    let index = index();
    let repo = repository_requirement(&index);
    commit_source(&repo, &ours("0.2"));
    upgraded(&repo, "ours");
    let third = commit_source(&repo, &ours("0.3"));
    upgraded(&repo, "theirs");
    for (side, other) in [("theirs", "ours"), ("ours", "theirs")] {
        git(&repo, &["switch", "--quiet", "--detach", side]);
        git(&repo, &["merge", "--quiet", "--no-edit", other]);
        let merged = repo.read("python.lock");
        assert!(merged.contains(&third), "{merged}");
    }
}

#[test]
fn two_commits_of_one_version_merge_the_same_both_ways() {
    let index = index();
    let repo = repository_requirement(&index);
    commit_source(&repo, &ours("0.1"));
    upgraded(&repo, "ours");
    commit_source(&repo, &ours("0.1"));
    upgraded(&repo, "theirs");
    git(&repo, &["switch", "--quiet", "--create", "both", "theirs"]);
    git(&repo, &["merge", "--quiet", "--no-edit", "ours"]);
    let merged = repo.read("python.lock");
    git(&repo, &["switch", "--quiet", "ours"]);
    git(&repo, &["merge", "--quiet", "--no-edit", "theirs"]);
    assert_eq!(repo.read("python.lock"), merged);
    lock(&repo);
    assert_eq!(
        repo.read("python.lock"),
        merged,
        "what merged is what is locked"
    );
}

#[test]
fn direct_references_that_differ_contradict() {
    let index = index();
    let repo = git_repo(&index);
    let url = |version| index.file_url(&format!("shared-{version}-py3-none-any.whl"));
    require(&repo, "s", &format!("shared @ {}", url("1.0")));
    lock(&repo);
    commit(&repo, "main");
    branch(&repo, "ours", &[("s", &format!("shared @ {}", url("2.0")))]);
    branch(
        &repo,
        "theirs",
        &[("s", &format!("shared @ {}", url("3.0")))],
    );
    let output = try_git(&repo, &["merge", "--no-edit", "ours"]);
    assert_eq!(output.status, 1, "{output}");
    assert_snapshot!(output.stderr, @"
    error: the two sides contradict each other
     |
     = our side requires `shared @ http://127.0.0.1:[PORT]/files/shared-3.0-py3-none-any.whl`, their side requires `shared @ http://127.0.0.1:[PORT]/files/shared-2.0-py3-none-any.whl`, and nothing satisfies both
    hint: agree on one in requirements.txt, BUILD or the settings, then run `cargo xtask generate-lockfiles`
    ");
}

#[test]
fn an_index_that_requirement_files_name_is_asked_where_the_locks_do_not_suffice() {
    let index = index();
    let repo = git_repo(&index).env("PIP_INDEX_URL", "http://127.0.0.1:1/simple/");
    let repo = repo.requirements(&format!("--index-url {}\n", index.url()));
    require(&repo, "shared", "shared<2");
    lock(&repo);
    require(&repo, "shared", "shared");
    commit(&repo, "main");
    branch(&repo, "ours", &[("shared", "shared>=2")]);
    branch(&repo, "theirs", &[("b", "b>=2")]);
    git(&repo, &["merge", "--quiet", "--no-edit", "ours"]);
    assert_eq!(versions(&repo), "b 2.0, shared 2.0");
}

/// Two branches that both changed the lock; the second is checked out.
fn two_branches() -> (Repo, LoopbackIndex) {
    let index = index();
    let repo = two_requirements(&index);
    branch(&repo, "ours", &[("a", "a>=2")]);
    branch(&repo, "theirs", &[("b", "b>=2")]);
    (repo, index)
}

/// A merge of two branches that both changed the lock, with this command as the driver.
fn merged_with(driver: &str) -> (Repo, LoopbackIndex) {
    let (repo, index) = two_branches();
    git(&repo, &["config", "merge.xtask-lockfile.driver", driver]);
    let output = try_git(&repo, &["merge", "--no-edit", "ours"]);
    assert_ne!(output.status, 0, "{output}");
    (repo, index)
}

#[test]
fn a_driver_that_cannot_be_started_loses_no_side() {
    for driver in [
        "/nowhere/cargo xtask merge-lockfile %O %A %B %P",
        "exit 101",
    ] {
        let (repo, _index) = merged_with(driver);
        assert!(!repo.read("python.lock").contains("<<<<<<<"));
        let check = repo.xtask(&["generate-lockfiles", "--check"]);
        assert_eq!(check.status, 1, "{check}");
        assert!(check.stderr.contains("merge conflict"), "{check}");
        let check = repo.xtask(&["lock", "check"]);
        assert_eq!(check.status, 1, "{check}");
        lock(&repo);
        assert_eq!(versions(&repo), "a 2.0, b 2.0, shared 2.0");
        git(&repo, &["add", "--all"]);
        let check = repo.xtask(&["generate-lockfiles", "--check"]);
        assert_eq!(check.status, 0, "{check}");
    }
}

/// The driver as it is installed, with other programs.
fn installed_with(repo: &Repo, programs: &[(&str, &str)]) {
    let installed = repo.xtask(&["install-merge-driver"]);
    assert_eq!(installed.status, 0, "{installed}");
    let mut config = repo.read(".git/config");
    for (program, other) in programs {
        assert!(config.contains(program), "{config}");
        config = config.replace(program, other);
    }
    repo.write(".git/config", &config);
}

#[test]
fn the_installed_driver_needs_no_cargo() {
    // Where the program that installed it is gone, or cannot do it.
    for gone in ["/nowhere/cargo-x", "sh -c 'exit 101'", "sh -c 'exit 1'"] {
        let (repo, _index) = two_branches();
        let found = format!("{BINARY} merge-lockfile");
        installed_with(
            &repo,
            &[(BINARY, gone), ("cargo-xtask merge-lockfile", &found)],
        );
        let output = try_git(&repo, &["merge", "--no-edit", "ours"]);
        assert_eq!(output.status, 0, "{output}");
        assert_eq!(versions(&repo), "a 2.0, b 2.0, shared 2.0");
    }
}

#[test]
fn the_installed_driver_falls_back_to_lines() {
    let (repo, _index) = two_branches();
    installed_with(
        &repo,
        &[
            (BINARY, "/nowhere/x"),
            ("cargo-xtask merge-lockfile", "/nowhere/y merge-lockfile"),
        ],
    );
    let output = try_git(&repo, &["merge", "--no-edit", "ours"]);
    assert_ne!(output.status, 0, "{output}");
    let said = "cargo-xtask cannot be started, so that this is merged line by line: python.lock";
    assert!(output.stderr.contains(said), "{output}");
    assert!(
        repo.read("python.lock").contains("<<<<<<< ours"),
        "{}",
        repo.read("python.lock")
    );
    let check = repo.xtask(&["generate-lockfiles", "--check"]);
    assert_eq!(check.status, 1, "{check}");
}

#[test]
fn markers_of_the_size_that_an_attribute_asks_for() {
    for size in [32, 9] {
        let index = index();
        let repo = git_repo(&index);
        let driver = format!("'{BINARY}' merge-lockfile %O %A %B %P");
        git(&repo, &["config", "merge.xtask-lockfile.driver", &driver]);
        let attributes = repo.read(".gitattributes");
        let with_size = format!("{attributes}/python.lock conflict-marker-size={size}\n");
        repo.write(".gitattributes", &with_size);
        require(&repo, "shared", "shared<3");
        lock(&repo);
        commit(&repo, "main");
        branch(&repo, "ours", &[("a", "a<2"), ("shared", "shared<2")]);
        branch(&repo, "theirs", &[("shared", "shared>=3")]);
        let output = try_git(&repo, &["merge", "--no-edit", "ours"]);
        assert_ne!(output.status, 0, "{output}");
        let marker = format!("\n{} ours\n", "<".repeat(size));
        assert!(
            repo.read("python.lock").contains(&marker),
            "{}",
            repo.read("python.lock")
        );
        require(&repo, "shared", "shared<3");
        let check = repo.xtask(&["lock", "check"]);
        assert_eq!(check.status, 1, "{check}");
        assert!(
            check.stderr.contains("unresolved merge conflict"),
            "{check}"
        );
        lock(&repo);
        assert!(!repo.read("python.lock").contains("<<<<"));
    }
}
