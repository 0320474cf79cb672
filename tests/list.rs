//! `list`: the targets that specs name, and those that changed.

use crate::fixtures::graph::{answer, monorepo};
use crate::{git, refused, repo};

#[test]
fn list() {
    let repo = monorepo();
    insta::assert_snapshot!(answer(&repo, "list ::"), @"
    //:_python-default_lockfile
    //:reqs
    //:reqs#PyYAML
    //:reqs#attrs
    //requirements.txt:reqs
    src/acme/app/helper.py
    src/acme/app/main.py
    src/acme/app:app
    src/acme/app:bin
    src/acme/app:run
    src/acme/core/__init__.py
    src/acme/core/d.json:data
    src/acme/core:core
    src/acme/core:data
    src/acme/core:dist
    ");
    insta::assert_snapshot!(answer(&repo, "list src:: -src/acme/core:: --filter-target-type=-python_sources"), @"
    src/acme/app/helper.py
    src/acme/app/main.py
    src/acme/app:bin
    src/acme/app:run
    ");
    insta::assert_snapshot!(answer(&repo, "list :: --tag=base --tag=-other"), @"
    src/acme/core/__init__.py
    src/acme/core:core
    ");
    insta::assert_snapshot!(answer(&repo, "list src/acme/core: --output-format json"), @r#"
    [
      "src/acme/core/__init__.py",
      "src/acme/core/d.json:data",
      "src/acme/core:core",
      "src/acme/core:data",
      "src/acme/core:dist"
    ]
    "#);
}

#[test]
fn dependents_of_changes_need_a_commit() {
    let repo = monorepo();
    let output = repo.xtask(&[
        "list",
        "--changed-dependents=transitive",
        "src/acme/core:dist",
    ]);
    insta::assert_snapshot!(output.stdout, @"src/acme/core:dist");
    insta::assert_snapshot!(output.stderr, @"warning: `--changed-dependents` does nothing without `--changed-since`, which says since when");
}

#[test]
fn specs_are_seen_from_where_the_user_stands() {
    let repo = monorepo();
    let output = repo.xtask_in(
        &repo.root().join("src/acme"),
        &["list", "app:", "//requirements.txt"],
    );
    insta::assert_snapshot!(output.stdout, @"
    //requirements.txt:reqs
    src/acme/app/helper.py
    src/acme/app/main.py
    src/acme/app:app
    src/acme/app:bin
    src/acme/app:run
    ");
}

#[test]
fn changed_since() {
    let repo = monorepo();
    git(&repo, &["init", "--quiet", "--initial-branch=main"]);
    git(&repo, &["add", "."]);
    git(&repo, &["commit", "--quiet", "-m", "all"]);
    repo.write("src/acme/core/__init__.py", "import attrs\n");
    repo.write("src/acme/core/new.py", "");
    fs_err::remove_file(repo.root().join("src/acme/app/helper.py")).unwrap();
    repo.write("src/acme/app/main.py", "import acme.core\n");
    insta::assert_snapshot!(answer(&repo, "list --changed-since=main"), @"
    src/acme/app/main.py
    src/acme/app:app
    src/acme/app:bin
    src/acme/core/__init__.py
    src/acme/core/new.py
    ");
    insta::assert_snapshot!(answer(&repo, "list --changed-since=main --changed-dependents=transitive"), @"
    src/acme/app/main.py
    src/acme/app:app
    src/acme/app:bin
    src/acme/core/__init__.py
    src/acme/core/new.py
    src/acme/core:core
    src/acme/core:dist
    ");
    insta::assert_snapshot!(refused(&repo, &["list", "--changed-since=nowhere"]), @"
    error: there is no commit `nowhere`
     |
    hint: `--changed-since` takes a branch, tag or commit, such as `main` or `HEAD~3`
    ");
}

#[test]
fn changed_in_commits() {
    let repo = monorepo();
    git(&repo, &["init", "--quiet", "--initial-branch=main"]);
    git(&repo, &["add", "."]);
    git(&repo, &["commit", "--quiet", "-m", "all"]);
    git(&repo, &["checkout", "--quiet", "-b", "topic"]);
    for (file, text) in [
        ("src/acme/core/__init__.py", "import attrs\n"),
        ("src/acme/app/main.py", "import acme.core\n"),
    ] {
        repo.write(file, text);
        git(&repo, &["commit", "--quiet", "-am", file]);
    }
    git(&repo, &["checkout", "--quiet", "main"]);
    repo.write("src/acme/core/new.py", "");
    git(&repo, &["add", "."]);
    git(&repo, &["commit", "--quiet", "-m", "new"]);
    repo.write("src/acme/core/newer.py", "");
    insta::assert_snapshot!(answer(&repo, "list --changed-diffspec=main...topic"), @"
    src/acme/app/main.py
    src/acme/app:bin
    src/acme/core/__init__.py
    ");
    insta::assert_snapshot!(answer(&repo, "list --changed-diffspec=topic^..topic"), @"
    src/acme/app/main.py
    src/acme/app:bin
    ");
    insta::assert_snapshot!(answer(&repo, "list --changed-diffspec=HEAD"), @"src/acme/core/new.py");
    insta::assert_snapshot!(refused(&repo, &["list", "--changed-diffspec=main..nowhere"]), @"
    error: there is no commit `nowhere`
     |
    hint: `--changed-since` takes a branch, tag or commit, such as `main` or `HEAD~3`
    ");
}

#[test]
fn specs_in_a_file() {
    let repo = monorepo();
    repo.write("specs.txt", "src/acme/core::\n\n  -src/acme/core:dist\n");
    insta::assert_snapshot!(answer(&repo, "list --spec-files=specs.txt"), @"
    src/acme/core/__init__.py
    src/acme/core/d.json:data
    src/acme/core:core
    src/acme/core:data
    ");
    insta::assert_snapshot!(refused(&repo, &["list", "--spec-files=missing.txt"]), @"
    error: cannot read the specs missing.txt
     |
     = No such file or directory (os error 2)
    ");
}

#[test]
fn changed_since_whatever_gits_variables_say() {
    let mut repo = repo()
        .file("sub/pants.toml", "[GLOBAL]\n")
        .file("sub/src/BUILD", "python_sources()\n")
        .file("sub/src/a.py", "");
    git(&repo, &["init", "--quiet"]);
    git(&repo, &["add", "."]);
    git(&repo, &["commit", "--quiet", "-m", "all"]);
    repo.write("sub/src/a.py", "import os\n");
    repo.write("sub/src/b.py", "");
    let variables = repo.run("git".into(), &["rev-parse", "--local-env-vars"]);
    for variable in variables.stdout.lines() {
        repo = repo.env(variable, ".git");
        let listed = repo.xtask(&["-C", "sub", "list", "--changed-since", "HEAD", "::"]);
        assert_eq!(listed.stderr, "", "{variable}");
        assert_eq!(listed.stdout, "src/a.py\nsrc/b.py\n", "{variable}");
    }
}

#[test]
fn refusals() {
    let repo = monorepo();
    insta::assert_snapshot!(refused(&repo, &["list", "src/acme/ap::"]), @"
    error: `src/acme/ap::` names no target: there is no file or folder `src/acme/ap`
     |
    hint: did you mean `src/acme/app`?
    ");
    insta::assert_snapshot!(refused(&repo, &["list", "src/acme/app/hepler.py"]), @"
    error: `src/acme/app/hepler.py` names no target: there is no file or folder `src/acme/app/hepler.py`
     |
    hint: did you mean `src/acme/app/helper.py`?
    ");
    let twice = repo.file(
        "src/acme/app/BUILD",
        "target(name=\"t\")\ntarget(name=\"t\")\n",
    );
    insta::assert_snapshot!(refused(&twice, &["list", "::"]), @r#"
    error: `src/acme/app:t` is already declared at src/acme/app/BUILD:1:1
     --> src/acme/app/BUILD:2:1
      |
    2 | target(name="t")
      | ^^^^^^^^^^^^^^^^
      |
    hint: give one of them another `name`; a target without one is named after its folder
    "#);
    let misuse = twice.xtask(&["list"]);
    assert_eq!(misuse.status, 1, "{misuse}");
}
