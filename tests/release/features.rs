//! `release`: versions that are computed, notes that are gathered, the forge.

use insta::assert_snapshot;
use testkit::{LoopbackForge, Repo};

use crate::fixtures::release::{SETTINGS, monorepo};
use crate::{commit, done, git};

/// The monorepo with more settings of releases.
fn with(settings: &str) -> Repo {
    let text = SETTINGS.replacen(
        "[[workspace",
        &format!("[workspace.metadata.xtask.release]\n{settings}\n\n[[workspace"),
        1,
    );
    let repo = monorepo().file("Cargo.toml", &text);
    commit(&repo, "settings");
    git(&repo, &["push", "--quiet", "origin", "main"]);
    repo
}

const PROPOSE: [&str; 5] = ["release", "--next", "fragments", "--pull-request", "--yes"];

/// What a release of the monorepo has on a forge.
const WHEELS: [&str; 2] = [
    "acme_runner-24.9.0-py3-none-manylinux2014_aarch64.whl",
    "acme_runner-24.9.0-py3-none-manylinux2014_x86_64.whl",
];

/// The names of the files of the one release.
fn files(releases: &[(String, Vec<(String, usize)>)]) -> Vec<&str> {
    assert_eq!(releases.len(), 1);
    let files = releases[0].1.iter();
    files.map(|(name, _)| name.as_str()).collect()
}

/// Makes the repository as a workflow has it: a clone without the branch that is proposed.
fn leave_proposal(repo: &Repo) {
    git(repo, &["switch", "--quiet", "--force", "main"]);
    let branch = ["branch", "--quiet", "--delete", "--force", "release/next"];
    git(repo, &branch);
}

/// Proposes the release again, with more fragments.
fn propose_more(repo: &Repo) {
    leave_proposal(repo);
    repo.write("changes/4.removal.md", "Gone\n");
    commit(repo, "more");
    git(repo, &["push", "--quiet", "origin", "main"]);
    done(repo, &PROPOSE);
}

fn head(repo: &Repo) -> String {
    git(repo, &["log", "-1", "--format=%s%d"])
}

#[test]
fn the_next_version_is_computed() {
    let repo = monorepo();
    for (next, expect) in [
        ("patch", "24.03.11"),
        ("minor", "24.04.0"),
        ("major", "25.00.0"),
        ("rc", "24.03.11rc1"),
        ("fragments", "24.04.0"),
    ] {
        let plan = done(&repo, &["release", "--next", next, "--dry-run"]);
        let title = plan.stdout.lines().next().unwrap();
        assert_eq!(title, format!("Release {expect}"), "{next}");
    }
    assert_snapshot!(crate::refused(&repo, &["release", "--next", "final", "--dry-run"]), @"
    error: 24.03.10 is no pre-release, so it has no final release
     |
    hint: name the version instead
    ");
    done(&repo, &["release", "--next", "rc", "--yes"]);
    repo.write("changes/3.bugfix.md", "More\n");
    commit(&repo, "more");
    done(&repo, &["release", "--next", "final", "--yes"]);
    assert_eq!(repo.read("VERSION"), "24.03.11\n");
    let none = repo.xtask(&["release"]);
    assert_eq!(none.status, 2, "{none}");
}

#[test]
fn the_version_may_stand_in_a_module() {
    const MODULE: &str = "src/acme/version.py";
    let text = SETTINGS.replacen(
        "[[workspace",
        &format!("[workspace.metadata.xtask.package]\nversion_file = \"{MODULE}\"\n\n[[workspace"),
        1,
    );
    let module = |version: &str| format!("# Ours.\n__version__ = \"{version}\"  # noqa\nX = 1\n");
    let repo = monorepo()
        .file("Cargo.toml", &text)
        .file(MODULE, &module("24.03.10"));
    commit(&repo, "settings");
    git(&repo, &["push", "--quiet", "origin", "main"]);
    done(&repo, &["release", "--next", "patch", "--yes", "--push"]);
    assert_eq!(repo.read(MODULE), module("24.03.11"));
    let lower = crate::refused(&repo, &["release", "24.03.9", "--yes"]);
    assert!(lower.contains("24.03.11"), "{lower}");
}

#[test]
fn the_next_development_version() {
    let repo = monorepo();
    done(&repo, &["release", "24.09.0", "--yes", "--push"]);
    let output = done(&repo, &["release", "--next", "dev", "--yes", "--push"]);
    assert_snapshot!(output.stderr, @r#"
    [1/3] write VERSION
    [2/3] commit "Begin 24.09.1.dev0"
    [3/3] push to origin
    released 24.09.1.dev0
    "#);
    assert_eq!(repo.read("VERSION"), "24.09.1.dev0\n");
    assert_eq!(
        head(&repo),
        "Begin 24.09.1.dev0 (HEAD -> main, origin/main)"
    );
    let plan = done(&repo, &["release", "--next", "patch", "--dry-run"]);
    assert!(plan.stdout.starts_with("Release 24.09.1\n"), "{plan}");
}

#[test]
fn notes_of_candidates_are_gathered() {
    let repo = with("candidates = \"gathered\"");
    done(&repo, &["release", "24.09.0rc1", "--yes"]);
    repo.write("changes/3.bugfix.md", "Found in the candidate\n");
    commit(&repo, "fix");
    done(&repo, &["release", "24.09.0rc2", "--yes"]);
    done(
        &repo,
        &["release", "24.09.0", "--yes", "--date", "2024-10-23"],
    );
    assert_snapshot!(repo.read("CHANGELOG.md"), @r#"
    # Changes

    <!-- towncrier release notes start -->

    ## 24.09.0 (2024-10-23)

    ### Features

    - Runs on Arm (#1)

    ### Bugfixes

    - Starts again (#2)
    - Found in the candidate (#3)


    ## 24.03.10 (2024-09-01)

    - Old
    "#);
}

#[test]
fn a_distribution_with_a_version_of_its_own() {
    let repo = with(
        "[workspace.metadata.xtask.release.distributions.\"acme.runner\"]\nversion_file = \"src/acme/runner/OWN\"\ntag_name = \"runner/{version}\"\nnews_file = \"src/acme/runner/CHANGES.md\"",
    );
    repo.write("src/acme/runner/OWN", "1.2.0\n");
    commit(&repo, "own version");
    let output = done(
        &repo,
        &[
            "release",
            "--distribution",
            "acme.runner",
            "--next",
            "minor",
            "--yes",
        ],
    );
    assert!(
        output
            .stderr
            .contains("acme_runner-1.3.0-py3-none-manylinux2014_x86_64.whl"),
        "{output}"
    );
    assert_eq!(
        head(&repo),
        "release: acme.runner 1.3.0 (HEAD -> main, tag: runner/1.3.0)"
    );
    assert!(
        repo.read("src/acme/runner/CHANGES.md")
            .contains("## 1.3.0 (2024-10-21)")
    );
    assert_eq!(repo.read("VERSION"), "24.03.10\n");
    assert_snapshot!(repo.xtask(&["release", "1.0.0", "--distribution", "acme.runer"]).stderr, @r#"
    error: `acme.runer` has no version of its own
     |
    hint: did you mean `acme.runner`?
    "#);
}

#[test]
fn a_release_with_notes_and_files_on_the_forge() {
    let forge = LoopbackForge::start();
    let repo = monorepo()
        .env("FORGE_API_URL", &forge.url())
        .env("GITHUB_REPOSITORY", "acme/jobs");
    let arguments = ["release", "24.09.0", "--push", "--forge-release", "--yes"];
    assert_snapshot!(crate::refused(&repo, &arguments), @r#"
    error: there is no token for the forge
     |
    hint: set FORGE_TOKEN or GH_TOKEN or GITHUB_TOKEN or GITLAB_TOKEN; in a workflow: `GH_TOKEN: ${{ github.token }}`
    "#);
    let repo = repo.env("FORGE_TOKEN", "secret");
    forge.with(|forge| forge.refuses_upload = true);
    let failed = repo.xtask(&arguments);
    assert_eq!(failed.status, 1, "{failed}");
    let output = done(&repo, &["release", "--resume"]);
    assert!(
        output.stderr.contains("made http://forge.example/24.09.0"),
        "{output}"
    );
    let (releases, requests) = forge.with(|forge| (forge.releases.clone(), forge.requests.clone()));
    assert_eq!(files(&releases), WHEELS);
    let made = requests
        .iter()
        .find(|request| request.starts_with("POST /api/repos/acme/jobs/releases"));
    assert!(made.unwrap().contains("Runs on Arm (#1)"), "{requests:?}");
}

#[test]
fn a_pull_request_is_opened_and_kept_up_to_date() {
    let forge = LoopbackForge::start();
    let repo = monorepo()
        .env("FORGE_API_URL", &forge.url())
        .env("FORGE_TOKEN", "secret")
        .env("GITHUB_REPOSITORY", "acme/jobs");
    done(&repo, &PROPOSE);
    assert_eq!(
        head(&repo),
        "release: 24.04.0 (HEAD -> release/next, origin/release/next)"
    );
    propose_more(&repo);
    let requests = forge.with(|forge| forge.requests.clone());
    let changes: Vec<&String> = requests
        .iter()
        .filter(|line| !line.starts_with("GET"))
        .collect();
    assert_eq!(changes.len(), 2, "{requests:?}");
    assert!(
        changes[0].starts_with("POST /api/repos/acme/jobs/pulls {"),
        "{}",
        changes[0]
    );
    assert!(
        changes[1].starts_with("PATCH /api/repos/acme/jobs/pulls/1 {"),
        "{}",
        changes[1]
    );
    for part in [
        "release: 24.04.0",
        "Runs on Arm (#1)",
        "`cargo xtask release 24.04.0 --push`",
    ] {
        assert!(changes[1].contains(part), "{}", changes[1]);
    }
    assert!(changes[1].contains("Gone (#4)") && !changes[0].contains("Gone (#4)"));
    // It is merged, by a merge commit, which is what is tagged.
    git(&repo, &["switch", "--quiet", "main"]);
    git(
        &repo,
        &["merge", "--quiet", "--no-ff", "--no-edit", "release/next"],
    );
    done(&repo, &["release", "24.04.0", "--push", "--yes"]);
    assert_eq!(
        git(&repo, &["rev-parse", "24.04.0^{commit}"]),
        git(&repo, &["rev-parse", "HEAD"])
    );
}

/// Output in which the names of commits are hidden.
fn without_commits(text: &str) -> String {
    let commit = regex::Regex::new(r"(?m)^( =   )[0-9a-f]{7,} ").unwrap();
    commit.replace_all(text, "$1[COMMIT] ").into_owned()
}

/// Whatever somebody else did to what is proposed is never replaced.
#[test]
fn what_others_did_to_a_proposal_is_kept() {
    let forge = LoopbackForge::start();
    let repo = monorepo()
        .env("FORGE_API_URL", &forge.url())
        .env("FORGE_TOKEN", "secret")
        .env("GITHUB_REPOSITORY", "acme/jobs");
    let more_on_main = |name: &str| {
        git(&repo, &["switch", "--quiet", "main"]);
        repo.write(name, "more\n");
        commit(&repo, "more");
        git(&repo, &["push", "--quiet", "origin", "main"]);
        git(&repo, &["switch", "--quiet", "release/next"]);
    };
    let amend = |arguments: &[&str]| {
        git(
            &repo,
            &[&["commit", "--quiet", "--amend"][..], arguments].concat(),
        );
    };
    let edits: [(&str, &dyn Fn()); 6] = [
        ("a commit", &|| {
            repo.write("notes.txt", "by hand\n");
            commit(&repo, "edit by hand");
        }),
        ("other notes", &|| {
            repo.write("CHANGELOG.md", "By hand\n");
            amend(&["--all", "--no-edit"]);
        }),
        ("another message", &|| {
            amend(&["--message=release: 24.04.0 (by hand)"])
        }),
        ("another author", &|| {
            amend(&["--no-edit", "--author=A <a@b.example>"])
        }),
        ("a branch of features", &|| {
            git(&repo, &["switch", "--quiet", "--create", "feature"]);
            repo.write("notes.txt", "by hand\n");
            commit(&repo, "a feature");
            git(&repo, &["switch", "--quiet", "release/next"]);
            git(
                &repo,
                &["merge", "--quiet", "--no-ff", "--no-edit", "feature"],
            );
            git(
                &repo,
                &["branch", "--quiet", "--delete", "--force", "feature"],
            );
        }),
        ("an edited merge", &|| {
            more_on_main("again.txt");
            git(
                &repo,
                &["merge", "--quiet", "--no-ff", "--no-commit", "main"],
            );
            repo.write("CHANGELOG.md", "By hand\n");
            git(&repo, &["commit", "--quiet", "--all", "--no-edit"]);
        }),
    ];
    // The forge brings the branch up to date: that is nobody's edit.
    done(&repo, &PROPOSE);
    more_on_main("more.txt");
    git(&repo, &["merge", "--quiet", "--no-ff", "--no-edit", "main"]);
    git(&repo, &["push", "--quiet", "origin", "release/next"]);
    leave_proposal(&repo);
    let mut shown = String::new();
    for (what, edit) in edits {
        done(&repo, &PROPOSE);
        edit();
        git(
            &repo,
            &["push", "--quiet", "--force", "origin", "release/next"],
        );
        leave_proposal(&repo);
        let refs = git(&repo, &["ls-remote", "origin"]);
        let told = crate::refused(&repo, &PROPOSE);
        shown.push_str(&format!("{what}:\n{}\n", without_commits(&told)));
        assert_eq!(git(&repo, &["ls-remote", "origin"]), refs, "{what}");
        // The way out that is hinted at.
        git(
            &repo,
            &["push", "--quiet", "origin", "--delete", "release/next"],
        );
    }
    assert_snapshot!(shown, @"
    a commit:
    error: `origin` has commits on `release/next` that are not as a release proposed them, and this one would replace them
     |
     =   [COMMIT] edit by hand
    hint: merge what is proposed, or take them to the branch that it goes into and `git push origin --delete release/next`

    other notes:
    error: `origin` has commits on `release/next` that are not as a release proposed them, and this one would replace them
     |
     =   [COMMIT] release: 24.04.0
    hint: merge what is proposed, or take them to the branch that it goes into and `git push origin --delete release/next`

    another message:
    error: `origin` has commits on `release/next` that are not as a release proposed them, and this one would replace them
     |
     =   [COMMIT] release: 24.04.0 (by hand)
    hint: merge what is proposed, or take them to the branch that it goes into and `git push origin --delete release/next`

    another author:
    error: `origin` has commits on `release/next` that are not as a release proposed them, and this one would replace them
     |
     =   [COMMIT] release: 24.04.0
    hint: merge what is proposed, or take them to the branch that it goes into and `git push origin --delete release/next`

    a branch of features:
    error: `origin` has commits on `release/next` that are not as a release proposed them, and this one would replace them
     |
     =   [COMMIT] a feature
    hint: merge what is proposed, or take them to the branch that it goes into and `git push origin --delete release/next`

    an edited merge:
    error: `origin` has commits on `release/next` that are not as a release proposed them, and this one would replace them
     |
     =   [COMMIT] Merge branch 'main' into release/next
    hint: merge what is proposed, or take them to the branch that it goes into and `git push origin --delete release/next`
    ");
}

/// A project within groups: on GitLab its path is one part of URLs, and files are packages that a release links to.
#[test]
fn a_release_and_a_merge_request_on_gitlab() {
    let forge = LoopbackForge::start();
    let on_gitlab = || {
        monorepo()
            .env("CI_API_V4_URL", &forge.gitlab_url())
            .env("CI_PROJECT_PATH", "acme/team/jobs")
            .env("GITLAB_TOKEN", "secret")
    };
    let repo = on_gitlab();
    forge.with(|forge| forge.refuses_upload = true);
    let failed = repo.xtask(&["release", "24.09.0", "--push", "--forge-release", "--yes"]);
    assert_eq!(failed.status, 1, "{failed}");
    let output = done(&repo, &["release", "--resume"]);
    let page = "made http://forge.example/-/releases/24.09.0";
    assert!(output.stderr.contains(page), "{output}");
    let (releases, requests) = forge.with(|forge| (forge.releases.clone(), forge.requests.clone()));
    assert_eq!(files(&releases), WHEELS);
    let project = "/api/v4/projects/acme%2Fteam%2Fjobs";
    let has = |start: &str, part: &str| {
        let mut found = requests.iter();
        found.any(|request| request.starts_with(start) && request.contains(part))
    };
    assert!(
        has(&format!("POST {project}/releases {{"), "Runs on Arm (#1)"),
        "{requests:?}"
    );
    let file = format!("PUT {project}/packages/generic/jobs/24.09.0/{}", WHEELS[0]);
    assert!(has(&file, " bytes"), "{requests:?}");
    let link = format!("POST {project}/releases/24.09.0/assets/links");
    assert!(
        has(
            &link,
            &format!("/packages/generic/jobs/24.09.0/{}", WHEELS[1])
        ),
        "{requests:?}"
    );

    let repo = on_gitlab();
    done(&repo, &PROPOSE);
    propose_more(&repo);
    let requests = forge.with(|forge| forge.requests.clone());
    let merges = requests
        .iter()
        .filter(|line| line.contains("/merge_requests"));
    let merges: Vec<&str> = merges
        .map(|line| line.split(" {").next().unwrap())
        .collect();
    let asked = format!(
        "GET {project}/merge_requests?state=opened&source_branch=release%2Fnext&target_branch=main "
    );
    assert_eq!(
        merges,
        [
            &asked,
            &format!("POST {project}/merge_requests"),
            &asked,
            &format!("PUT {project}/merge_requests/1"),
        ]
    );
}

/// What a forge refuses is told before anything is committed or pushed.
#[test]
fn a_token_that_the_forge_does_not_know() {
    let forge = LoopbackForge::start();
    let repo = monorepo()
        .env("FORGE_API_URL", &forge.url())
        .env("GITHUB_REPOSITORY", "acme/jobs")
        .env("GH_TOKEN", "other");
    let before = (repo.snapshot(), git(&repo, &["for-each-ref"]));
    let arguments = ["release", "24.09.0", "--push", "--forge-release", "--yes"];
    let told = crate::refused(&repo, &arguments);
    assert_snapshot!(told, @"
    error: the forge refuses: 401
     |
     = asked was http://127.0.0.1:[PORT]/api/repos/acme/jobs
    hint: the token needs the right to write contents and pull requests of this repository
    ");
    assert!(before == (repo.snapshot(), git(&repo, &["for-each-ref"])));
}
