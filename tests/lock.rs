//! `lock diff` and `lock check`.

use insta::assert_snapshot;
use testkit::{LoopbackIndex, Package, Repo};

use crate::{commit, git, lock, refused, repo};

fn index() -> LoopbackIndex {
    LoopbackIndex::start([
        Package::new("app", "1.0").requires("lib<2"),
        Package::new("app", "1.1").requires("lib").requires("new"),
        Package::new("lib", "1.0"),
        Package::new("lib", "2.0"),
        Package::new("new", "1.0"),
        Package::new("tool", "1.0"),
    ])
}

/// A repository whose commit requires app 1.0 and tool, and whose working tree requires app 1.1.
fn changed(index: &LoopbackIndex) -> Repo {
    let repo = repo().index(index).requirements("app<1.1\ntool\n");
    lock(&repo);
    git(&repo, &["init", "--quiet"]);
    commit(&repo, "first");
    let repo = repo.requirements("app\n");
    let output = repo.xtask(&["generate-lockfiles", "--upgrade-package", "app"]);
    assert_eq!(output.status, 0, "{output}");
    repo
}

#[test]
fn what_changed_since_the_last_commit() {
    let index = index();
    let repo = changed(&index);
    assert_snapshot!(repo.xtask(&["lock", "diff"]), @"
    exit status 0
    ----- stdout
    python-default: 1 added, 1 removed, 1 changed
      the requirement `app<1.1` is now `app`
      the requirement `tool` is gone
      ~ app 1.0 -> 1.1 (minor)
          the requirement `app<1.1` is now `app`
      + new 1.0
          the requirement `app<1.1` is now `app`, through app
      - tool 1.0
          the requirement `tool` is gone
    ");
    assert_snapshot!(repo.xtask(&["lock", "diff", "--format", "markdown"]), @"
    exit status 0
    ----- stdout
    ### `python-default`: 1 added, 1 removed, 1 changed

    - the requirement `app<1.1` is now `app`
    - the requirement `tool` is gone

    | package | change | because |
    |---|---|---|
    | app | 1.0 -> 1.1 (minor) | the requirement `app<1.1` is now `app` |
    | new | added 1.0 | the requirement `app<1.1` is now `app`, through app |
    | tool | removed 1.0 | the requirement `tool` is gone |
    ");
    let json = repo.xtask(&["lock", "diff", "--format", "json"]).stdout;
    assert!(json.contains("\"requirement-changed\""), "{json}");
}

#[test]
fn a_lock_that_cannot_be_read_has_a_way_out() {
    let index = index();
    let repo = repo().index(&index).requirements("app\n");
    lock(&repo);
    let text = repo.read("python.lock");
    repo.write(
        "python.lock",
        &text.replace("version = \"2.0\"", "version = \"2.x\""),
    );
    for command in [
        &["why", "app"][..],
        &["lock", "check"],
        &["generate-lockfiles"],
    ] {
        insta::allow_duplicates! {
            assert_snapshot!(refused(&repo, command), @r#"
            error: cannot read the lock: `version`: after parsing `2`, found `.x`, which is not part of a valid version
              --> python.lock:27:11
               |
            27 | version = "2.x"
               |           ^
               |
            hint: take back the last one that git has, `git checkout HEAD -- python.lock`; or remove it, and all pins, and run `cargo xtask generate-lockfiles`
            "#);
        }
    }
    repo.write(
        "python.lock",
        "version = 1\nrequires-python = \">=3\"\n[[package]]\nname = \"app\"\nversion = \"1.0\"\n",
    );
    assert_snapshot!(refused(&repo, &["tree"]), @"
    error: cannot read the lock: this is not a lock of this tool: it is a lock of uv
     --> python.lock:1:1
      |
    1 | version = 1
      | ^
      |
    hint: `cargo xtask generate-lockfiles` makes a lock of this tool of it, and keeps its pins
    ");
    repo.write(
        "python.lock",
        &format!("<<<<<<< ours\n{text}=======\n{text}>>>>>>> theirs\n"),
    );
    assert_snapshot!(refused(&repo, &["tree"]), @"
    error: cannot read the lock: the lock has an unresolved merge conflict
     --> python.lock:1:1
      |
    1 | <<<<<<< ours
      | ^
      |
    hint: run `cargo xtask generate-lockfiles`: the pins of both sides count
    ");
    repo.write("python.lock", "not a lock\n");
    assert_snapshot!(refused(&repo, &["generate-lockfiles"]), @"
    error: cannot read the lock: this is not a lock of this tool: it is none of pex, Pants, uv, Poetry, PDM, Pipenv or PEP 751 either, nor does it pin requirements
     --> python.lock:1:1
      |
    1 | not a lock
      | ^
    ");
}

#[test]
fn two_revisions_or_two_files() {
    let index = index();
    let repo = changed(&index);
    let before = repo.xtask(&["lock", "diff", "HEAD", "python.lock"]).stdout;
    repo.write("new.lock", &repo.read("python.lock"));
    git(
        &repo,
        &["commit", "--quiet", "--all", "--message", "second"],
    );
    assert_snapshot!(repo.xtask(&["lock", "diff"]).stdout, @"The locks do not differ.");
    assert_eq!(repo.xtask(&["lock", "diff", "HEAD~1"]).stdout, before);
    assert_eq!(
        repo.xtask(&["lock", "diff", "HEAD~1", "HEAD"]).stdout,
        before
    );
    assert_eq!(
        repo.xtask(&["lock", "diff", "HEAD~1", "new.lock"]).stdout,
        before
    );
}

#[test]
fn a_first_lock_and_a_lock_of_another_tool() {
    let index = index();
    let repo = changed(&index);
    repo.write(
        "python.lock",
        "// Pants\n{\"locked_resolves\": [{\"locked_requirements\": [\n\
         {\"project_name\": \"app\", \"version\": \"1.0\"}, {\"project_name\": \"lib\", \"version\": \"1.0\"}]}]}\n",
    );
    git(
        &repo,
        &["commit", "--quiet", "--all", "--message", "as Pants has it"],
    );
    let output = repo.xtask(&["generate-lockfiles", "--upgrade"]);
    assert_eq!(output.status, 0, "{output}");
    assert_snapshot!(repo.xtask(&["lock", "diff"]).stdout, @"
    python-default: 1 added, 2 changed
      ~ app 1.0 -> 1.1 (minor)
          chosen anew
      ~ lib 1.0 -> 2.0 (major)
          chosen anew
      + new 1.0
          app 1.1 requires `new`
    ");
    git(&repo, &["rm", "--quiet", "--cached", "python.lock"]);
    git(&repo, &["commit", "--quiet", "--message", "no lock"]);
    assert_snapshot!(repo.xtask(&["lock", "diff"]).stdout, @"
    python-default: 3 added
      the requirement `app` is new
      + app 1.1
          the requirement `app` is new
      + lib 2.0
          the requirement `app` is new, through app
      + new 1.0
          the requirement `app` is new, through app
    ");
}

#[test]
fn neither_a_file_nor_a_revision() {
    let index = index();
    let repo = changed(&index);
    assert_snapshot!(refused(&repo, &["lock", "diff", "no-such"]), @"
    error: `no-such` is neither a lockfile nor a revision of this git repository
     |
    hint: name the path of a lockfile, or a revision such as `HEAD~1`
    ");
}

#[test]
fn a_sound_lock() {
    let index = index();
    let repo = changed(&index);
    let output = repo.xtask(&["lock", "check", "--budget", "HEAD"]);
    assert_snapshot!(output, @"
    exit status 0
    ----- stderr
    python-default (python.lock): sound
    ");
}

#[test]
fn what_is_wrong_with_a_lock() {
    let index = index();
    let repo = changed(&index).requirements("app\nother\n");
    assert_snapshot!(repo.xtask(&["lock", "check"]), @"
    exit status 1
    ----- stderr
    python-default (python.lock)
      the requirement `other` is new
    ");
    repo.write("python.lock", "<<<<<<< ours\n");
    assert_snapshot!(repo.xtask(&["lock", "check"]), @"
    exit status 1
    ----- stderr
    python-default (python.lock)
      it has an unresolved merge conflict
    ");
    fs_err::remove_file(repo.root().join("python.lock")).unwrap();
    assert_snapshot!(repo.xtask(&["lock", "check"]), @"
    exit status 1
    ----- stderr
    python-default (python.lock)
      there is no lock
    ");
}

#[test]
fn what_was_yanked_since() {
    let index = index();
    let repo = changed(&index);
    index.add(&Package::new("new", "1.0").yanked("leaks"));
    let repo = repo.env("XTASK_CACHE_DIR", "../other-cache");
    assert_snapshot!(repo.xtask(&["lock", "check"]), @"
    exit status 1
    ----- stderr
    python-default (python.lock)
      new 1.0 was yanked since: leaks
    ");
    index.remove("lib");
    let repo = repo.env("XTASK_CACHE_DIR", "../third-cache");
    assert_snapshot!(repo.xtask(&["lock", "check"]), @"
    exit status 1
    ----- stderr
    python-default (python.lock)
      lib 1.0 is no longer on the index
      new 1.0 was yanked since: leaks
    ");
    assert_eq!(repo.xtask(&["lock", "check", "--offline"]).status, 0);
}

#[test]
fn a_file_that_was_yanked_since() {
    let index = index();
    let repo = changed(&index);
    index.add(&Package::new("new", "1.0").sdist());
    index.add(&Package::new("new", "1.0").yanked("leaks"));
    let repo = repo.env("XTASK_CACHE_DIR", "../other-cache");
    assert_snapshot!(repo.xtask(&["lock", "check"]), @"
    exit status 1
    ----- stderr
    python-default (python.lock)
      new 1.0: new-1.0-py3-none-any.whl was yanked since, and others were not
    ");
    // The lock is made again without it.
    let upgraded = repo.xtask(&["generate-lockfiles", "--upgrade-package", "new"]);
    assert_eq!(upgraded.status, 0, "{upgraded}");
    assert_eq!(repo.xtask(&["lock", "check"]).status, 0);
    assert!(
        !repo
            .read("python.lock")
            .contains("new-1.0-py3-none-any.whl")
    );
}

#[test]
fn what_moved_outside_of_what_was_edited() {
    let index = index();
    let repo = repo().index(&index).requirements("lib<2\ntool\n");
    lock(&repo);
    let repo = repo.requirements("lib\ntool\n");
    lock(&repo);
    git(&repo, &["init", "--quiet"]);
    commit(&repo, "first");
    let output = repo.xtask(&["generate-lockfiles", "--upgrade"]);
    assert_eq!(output.status, 0, "{output}");
    assert_snapshot!(repo.xtask(&["lock", "check", "--budget", "HEAD"]), @"
    exit status 1
    ----- stderr
    python-default (python.lock)
      lib 1.0 -> 2.0 (major): no input that changed since HEAD leads to it
    ");
    assert_snapshot!(refused(&repo, &["lock", "check", "--budget", "no-such"]), @"error: `--budget no-such`: this git repository has no such revision");
}

/// A repository with a lock of `app` 1.0 and `lib` 1.0, whose files the index lists with metadata.
fn sound(index: &LoopbackIndex) -> Repo {
    let repo = repo().index(index).requirements("app<1.1\n");
    lock(&repo);
    let output = repo.xtask(&["lock", "check"]);
    assert_eq!(output.status, 0, "{output}\n{}", repo.read("python.lock"));
    repo
}

/// What `lock check` says of a lock in which something was replaced.
#[track_caller]
fn damaged(repo: &Repo, from: &str, to: &str) -> String {
    let text = repo.read("python.lock");
    assert!(text.contains(from), "{from}\n{text}");
    repo.write("python.lock", &text.replacen(from, to, 1));
    let output = repo.xtask(&["lock", "check"]);
    repo.write("python.lock", &text);
    assert_eq!(output.status, 1, "{output}");
    output.stderr
}

#[test]
fn what_is_not_as_on_the_index() {
    let wheel = Package::new("lib", "1.0").files().remove(0);
    let index = LoopbackIndex::start([
        Package::new("app", "1.0").requires("lib<2"),
        Package::new("lib", "1.0")
            .requires_python(">=3.8")
            .sdist()
            .wheel("py3-none-any"),
    ]);
    let repo = sound(&index);
    let other = "0".repeat(64);
    let sha256 = {
        let text = repo.read("python.lock");
        let at = text.find("lib-1.0-py3-none-any.whl").unwrap();
        let hash = text[at..].split("sha256 = \"").nth(1).unwrap();
        hash[..64].to_owned()
    };
    assert_ne!(sha256, wheel.sha256, "another package");
    assert_snapshot!(damaged(&repo, &sha256, &other), @"
    python-default (python.lock)
      lib 1.0: the sha256 of lib-1.0-py3-none-any.whl is [HASH] in the lock and [HASH] on the index
    ");
    assert_snapshot!(damaged(&repo, "lib-1.0-py3-none-any.whl", "lib-1.0-py2.py3-none-any.whl"), @"
    python-default (python.lock)
      lib 1.0: the index lists no file lib-1.0-py2.py3-none-any.whl
    ");
    assert_snapshot!(damaged(&repo, "lib-1.0-py3-none-any.whl", "lib-1.1-py3-none-any.whl"), @"
    python-default (python.lock)
      lib-1.1-py3-none-any.whl is no file of lib 1.0
      lib 1.0: the index lists no file lib-1.1-py3-none-any.whl
    ");
    assert_snapshot!(damaged(&repo, "lib-1.0.tar.gz", "other-1.0.tar.gz"), @"
    python-default (python.lock)
      other-1.0.tar.gz is no file of lib 1.0
      lib 1.0: the index lists no file other-1.0.tar.gz
    ");
    assert_snapshot!(damaged(&repo, "name = \"lib\"\nversion = \"1.0\"", "name = \"lib\"\nversion = \"0.9\""), @"
    python-default (python.lock)
      lib-1.0.tar.gz is no file of lib 0.9
      lib-1.0-py3-none-any.whl is no file of lib 0.9
      lib 0.9 is no longer on the index
    ");
    assert_snapshot!(damaged(&repo, "\"lib<2\"", "\"lib<3\""), @"
    python-default (python.lock)
      app 1.0 requires `lib<2`, and the lock does not
      app 1.0 does not require `lib<3`, and the lock does
    ");
    assert_snapshot!(damaged(&repo, "requires-python = \">=3.8\"", "requires-python = \">=3.9\""), @"
    python-default (python.lock)
      lib 1.0 requires Python `>=3.8`, and `>=3.9` in the lock
    ");
    assert_snapshot!(damaged(&repo, "version = \"1.0\"\nrequires-python", "version = \"1.0\"\nindex = 2\nrequires-python"), @"
    python-default (python.lock)
      lib 1.0 is locked from index 2, and comes from the first index
    ");
    let size = repo.read("python.lock");
    let size = size
        .split("size = ")
        .nth(1)
        .unwrap()
        .split(',')
        .next()
        .unwrap()
        .to_owned();
    assert_snapshot!(damaged(&repo, &format!("size = {size}"), "size = 1"), @"
    python-default (python.lock)
      app 1.0: the size of app-1.0-py3-none-any.whl is 1 in the lock and 880 on the index
    ");
}

/// A repository whose lock is of before, with the newer of `lib` available.
fn locked_before(index: &LoopbackIndex) -> Repo {
    let repo = repo().index(index).requirements("lib<2\ntool\n");
    lock(&repo);
    let repo = repo.requirements("lib\ntool\n");
    lock(&repo);
    git(&repo, &["init", "--quiet"]);
    commit(&repo, "first");
    repo
}

#[test]
fn the_budget_follows_the_resolve_where_its_lock_is_renamed() {
    let index = index();
    for resolve in ["python-default", "other"] {
        let repo = locked_before(&index);
        let settings = repo.read("Cargo.toml");
        let resolves = format!(
            "[workspace.metadata.xtask.python]\ndefault_resolve = \"{resolve}\"\nresolves = {{ {resolve} = \"locks/py.lock\" }}\n"
        );
        repo.write(
            "Cargo.toml",
            &settings.replace("[workspace.metadata.xtask.python]\n", &resolves),
        );
        fs_err::create_dir_all(repo.root().join("locks")).unwrap();
        git(&repo, &["mv", "python.lock", "locks/py.lock"]);
        let output = repo.xtask(&["generate-lockfiles", "--upgrade"]);
        assert_eq!(output.status, 0, "{output}");
        let told = repo.xtask(&["lock", "check", "--budget", "HEAD"]);
        assert_eq!(told.status, 1, "{told}");
        assert!(told.stderr.contains("lib 1.0 -> 2.0 (major)"), "{told}");
    }
}

#[test]
fn the_budget_follows_resolves_whatever_file_has_the_settings() {
    let index = index();
    let repo = repo().index(&index).requirements("lib<2\n");
    let settings = repo
        .read("Cargo.toml")
        .replace("workspace.metadata.xtask", "tool.xtask");
    fs_err::remove_file(repo.root().join("Cargo.toml")).unwrap();
    let with = |repo: &Repo, resolves: &str| {
        let table = "[tool.xtask.python]\n";
        let settings = settings.replace(table, &format!("{table}{resolves}\n"));
        repo.write("pyproject.toml", &settings);
    };
    repo.write("BUILD", "python_requirements(name=\"reqs\", resolve=\"a\")\npython_requirement(name=\"tool\", requirements=[\"tool<2\"], resolve=\"b\")\n");
    with(
        &repo,
        "default_resolve = \"a\"\nresolves = { a = \"a.lock\", b = \"b.lock\" }",
    );
    lock(&repo);
    repo.write("requirements.txt", "lib\n");
    lock(&repo);
    git(&repo, &["init", "--quiet"]);
    commit(&repo, "first");
    repo.write("BUILD", "python_requirements(name=\"reqs\", resolve=\"c\")\npython_requirement(name=\"tool\", requirements=[\"tool<2\"], resolve=\"d\")\n");
    with(
        &repo,
        "default_resolve = \"c\"\nresolves = { c = \"locks/c.lock\", d = \"locks/d.lock\" }",
    );
    let output = repo.xtask(&["generate-lockfiles", "--upgrade"]);
    assert_eq!(output.status, 0, "{output}");
    assert_snapshot!(repo.xtask(&["lock", "check", "--budget", "HEAD"]), @"
    exit status 1
    ----- stderr
    c (locks/c.lock)
      lib 1.0 -> 2.0 (major): no input that changed since HEAD leads to it
    d (locks/d.lock): sound
    ");
}

#[test]
fn a_rule_about_pre_releases_excuses_only_pre_releases() {
    let index = index();
    let repo = locked_before(&index);
    let settings = repo.read("Cargo.toml");
    let table = "[workspace.metadata.xtask.python]\n";
    let rule = "resolves_to_prereleases = { python-default = \"allow\" }\n";
    repo.write(
        "Cargo.toml",
        &settings.replace(table, &format!("{table}{rule}")),
    );
    let output = repo.xtask(&["generate-lockfiles", "--upgrade"]);
    assert_eq!(output.status, 0, "{output}");
    let told = repo.xtask(&["lock", "check", "--budget", "HEAD"]);
    assert_eq!(told.status, 1, "{told}");
    assert!(told.stderr.contains("lib 1.0 -> 2.0 (major)"), "{told}");
}

#[test]
fn other_interpreters_excuse_only_what_they_move() {
    let index = index();
    let repo = locked_before(&index);
    let settings = repo.read("Cargo.toml");
    let constraint = settings
        .lines()
        .find(|line| line.starts_with("interpreter_constraints"))
        .unwrap()
        .to_owned();
    let wider = "interpreter_constraints = [\"CPython>=3.10,<3.15\"]";
    repo.write("Cargo.toml", &settings.replace(&constraint, wider));
    let output = repo.xtask(&["generate-lockfiles", "--upgrade"]);
    assert_eq!(output.status, 0, "{output}");
    let told = repo.xtask(&["lock", "check", "--budget", "HEAD"]);
    assert_eq!(told.status, 1, "{told}");
    assert!(told.stderr.contains("lib 1.0 -> 2.0 (major)"), "{told}");
}

#[test]
fn a_page_of_what_changed() {
    let index = index();
    let repo = changed(&index);
    let page = crate::done(&repo, &["lock", "diff", "--output-format", "html"]).stdout;
    assert!(
        page.starts_with("<!DOCTYPE html>") && page.contains("<td class=\"changed\">"),
        "{page}"
    );
    let old = crate::done(&repo, &["lock", "diff", "--format", "json"]).stdout;
    assert_eq!(
        old,
        crate::done(&repo, &["lock", "diff", "--output-format=json"]).stdout
    );
}
