//! `changelog`: draft, build, check, extract.

use insta::assert_snapshot;

use crate::fixtures::release::{SETTINGS, monorepo};
use crate::{commit, done, git};

#[test]
fn draft_and_build() {
    let repo = monorepo();
    let before = repo.snapshot();
    let draft = done(&repo, &["changelog", "--draft", "--version", "24.09.0"]).stdout;
    assert!(before == repo.snapshot());
    assert_snapshot!(draft, @"
    ## 24.09.0 (2024-10-21)

    ### Features

    - Runs on Arm (#1)

    ### Bugfixes

    - Starts again (#2)
    ");
    let built = done(
        &repo,
        &["changelog", "--version", "24.09.0", "--date", "2024-10-22"],
    );
    assert_snapshot!(built.stderr, @"
    wrote CHANGELOG.md
    removed 2 news fragments
    ");
    assert_snapshot!(git(&repo, &["status", "--short"]), @"
    M  CHANGELOG.md
    D  changes/1.feature.md
    D  changes/2.bugfix.md
    ");
    assert_snapshot!(done(&repo, &["changelog", "extract", "24.09.0"]).stdout, @"
    ### Features

    - Runs on Arm (#1)

    ### Bugfixes

    - Starts again (#2)
    ");
    assert_snapshot!(crate::refused(&repo, &["changelog", "--version", "24.09.0", "--date", "2024-10-22"]), @r#"
    error: already has the release `## 24.09.0 (2024-10-22)`
    --> CHANGELOG.md
     |
    hint: remove that release's notes first to make them again
    "#);
    assert_snapshot!(crate::refused(&repo, &["changelog", "extract", "24.09.1"]), @r#"
    error: no heading names version 24.09.1
    --> CHANGELOG.md
     |
    hint: versions are compared as they are written: `24.09.0` is not `24.9.0`
    "#);
}

#[test]
fn whether_a_branch_has_a_fragment() {
    let repo = monorepo();
    assert_snapshot!(done(&repo, &["changelog", "--check"]).stderr, @"nothing differs from origin/main, so no news fragment is needed");
    repo.write("src/acme/runner/run.py", "import sys\n");
    commit(&repo, "fix");
    assert_snapshot!(crate::refused(&repo, &["changelog", "--check", "--since", "origin/main"]), @"
    error: no news fragment came since origin/main
     |
    hint: add one to changes, such as changes/123.feature.md; types are feature, bugfix, doc, removal, misc
    ");
    repo.write("changes/3.wrong.md", "x\n");
    assert_snapshot!(crate::refused(&repo, &["changelog", "--check"]), @r#"
    error: not the name of a news fragment; expected ISSUE.TYPE or ISSUE.TYPE.md with TYPE one of feature, bugfix, doc, removal, misc
    --> changes/3.wrong.md
     |
    hint: rename it, or add `ignore = ["3.wrong.md"]` to [tool.towncrier] if it is no fragment
    "#);
    git(&repo, &["clean", "--quiet", "--force", "changes"]);
    repo.write("changes/3.bugfix.md", "x\n");
    assert_snapshot!(done(&repo, &["changelog", "--check"]).stderr, @"found changes/3.bugfix.md");
    assert_snapshot!(crate::refused(&repo, &["changelog", "--check", "--since", "gone"]), @"
    error: `gone` names no commit that this branch comes from
     |
    hint: fetch it first: `git fetch origin`, or name another: `--since REF`
    ");
}

#[test]
fn a_release_branch_needs_no_fragment() {
    let settings = SETTINGS.replace(
        "[[workspace",
        "[workspace.metadata.xtask.release]\nprofile = \"26.x\"\n\n[[workspace",
    );
    let repo = monorepo().file("Cargo.toml", &settings);
    commit(&repo, "settings");
    git(&repo, &["push", "--quiet", "origin", "main"]);
    done(&repo, &["release", "26.4.0", "--yes"]);
    assert_snapshot!(done(&repo, &["changelog", "--check"]).stderr, @"CHANGELOG/26.4.md itself changes, so no news fragment is needed");
}

#[test]
fn what_a_branch_is_compared_with() {
    let repo = monorepo();
    git(&repo, &["branch", "--quiet", "--move", "main", "trunk"]);
    git(&repo, &["push", "--quiet", "origin", "trunk"]);
    let remote = [
        "--git-dir",
        "../remote.git",
        "symbolic-ref",
        "HEAD",
        "refs/heads/trunk",
    ];
    git(&repo, &remote);
    git(&repo, &["push", "--quiet", "origin", ":main"]);
    repo.write("changes/3.bugfix.md", "x\n");
    assert_snapshot!(crate::refused(&repo, &["changelog", "--check"]), @r#"
    error: cannot tell which branch this one is compared with
     |
     = there is none of origin/main, origin/master, main, master
    hint: fetch it, `git fetch origin`, or name one: `--since REF`
    "#);
    git(&repo, &["remote", "set-head", "origin", "trunk"]);
    done(&repo, &["changelog", "--check"]);
    git(&repo, &["remote", "rename", "origin", "upstream"]);
    git(&repo, &["remote", "set-head", "upstream", "trunk"]);
    assert_snapshot!(done(&repo, &["changelog", "--check"]).stderr, @"found changes/3.bugfix.md");
    fs_err::remove_dir_all(repo.root().join(".git")).unwrap();
    assert_snapshot!(crate::refused(&repo, &["changelog", "--check"]), @r#"
    error: `git remote` failed
     |
     = fatal: not a git repository (or any of the parent directories): .git
    hint: this needs a git repository: `git init`, or name one with `-C DIR`
    "#);
}

#[test]
fn a_towncrier_file_of_another_tool_hides_nothing() {
    let repo = monorepo().file("towncrier.toml", "[other]\nkey = 1\n");
    done(&repo, &["changelog", "--draft"]);
}

#[test]
fn a_fragment_is_created() {
    let repo = monorepo();
    let create =
        |name: &str| done(&repo, &["changelog", "create", name, "--content", "New"]).stderr;
    assert_snapshot!([create("12.feature"), create("12.feature.md"), create("+.bugfix")].join(""), @r#"
    wrote changes/12.feature.md
    wrote changes/12.feature.1.md
    wrote changes/+18fdd549.bugfix.md
    "#);
    assert_eq!(repo.read("changes/12.feature.md"), "New\n");
    assert_eq!(repo.read("changes/12.feature.1.md"), "New\n");
    done(&repo, &["changelog", "--check"]);
    let wrong = repo.xtask(&["changelog", "create", "12.wrong", "--content", "x"]);
    assert_snapshot!(wrong.stderr, @r#"
    error: `12.wrong` is not ISSUE.TYPE
     |
    hint: types are feature, bugfix, doc, removal, misc; as in `123.feature`
    "#);
    let edited = repo.env("GIT_EDITOR", "echo edited >");
    done(&edited, &["changelog", "create", "13.bugfix", "--edit"]);
    assert_eq!(edited.read("changes/13.bugfix.md"), "edited\n");
    // The counter of the name is the one that goes on.
    done(
        &edited,
        &["changelog", "create", "12.feature.1", "--content", "Newer"],
    );
    assert_eq!(edited.read("changes/12.feature.2.md"), "Newer\n");
    done(&edited, &["changelog", "--check"]);
}

/// What a news file has of a release is read whatever lies among the fragments.
#[test]
fn notes_are_extracted_beside_a_wrong_fragment() {
    let repo = monorepo();
    repo.write("changes/1.feature.rst", "The same once more\n");
    let wrong = repo.xtask(&["changelog", "--draft"]);
    assert_ne!(wrong.status, 0, "{wrong}");
    let output = done(&repo, &["changelog", "extract", "24.03.10"]);
    assert_eq!(output.stdout, "- Old\n");
}

/// Editors put links that lead nowhere beside a file that is open: their names are no fragments'.
#[test]
fn a_fragment_that_is_no_file() {
    let repo = monorepo();
    let link = |name: &str| {
        fs_err::os::unix::fs::symlink("nowhere", repo.root().join("changes").join(name)).unwrap();
    };
    link(".#1.feature.md");
    done(&repo, &["changelog", "--draft"]);
    link("7.feature.md");
    assert_snapshot!(repo.xtask(&["changelog", "--draft"]).stderr, @"
    error: a folder or a link to nothing, and not a file with news
    --> changes/7.feature.md
     |
    hint: remove it, or write the news into it
    ");
}

#[test]
fn wrong_settings() {
    let repo = monorepo();
    let tell = |settings: &str| {
        repo.write("pyproject.toml", settings);
        crate::refused(&repo, &["changelog", "--draft"])
    };
    let told = [
        "[tool.towncrier]\nsingle_file = \"yes\"\n",
        "[tool.towncrier\n",
        "[tool.towncrier]\ntemplate = \"gone.md\"\n",
        "[tool.towncrier]\ndirectory = \"changes\"\nissue_format = \"{number}\"\n",
    ]
    .map(tell);
    assert_snapshot!(told.join("\n"), @r#"
    error: [tool.towncrier] `single_file` must be true or false
    --> pyproject.toml:2:1
     |
    hint: towncrier's documentation lists the settings and their fields

    error: not TOML: unclosed table, expected `]`
    --> pyproject.toml:1:16

    error: the template `gone.md` does not exist
    --> pyproject.toml
     |
    hint: create gone.md, or leave out `template`

    error: [tool.towncrier] `issue_format` is `{number}`: no field `number`; known are issue
    --> pyproject.toml
     |
    hint: towncrier's documentation lists the settings and their fields
    "#);
}
