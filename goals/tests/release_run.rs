//! Runs in throw-away repositories: undisturbed, killed after every step and resumed, aborted.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use git::Git;
use goals::releasing::run::{AbortReport, Moment, RunError, Runner, Watch};
use release::plan::{Decision, Plan, Publishing, ReleaseRequest, ReleaseStep};
use release::settings::{Profile, ReleaseSettings, StepKind};
use support::{Sandbox, decide, go, packed_of, pushed, request, settings};

/// Kills the run at a moment.
struct Killer(Option<Moment>);

impl Watch for Killer {
    fn step(&mut self, _number: usize, _total: usize, _step: &ReleaseStep) {}

    fn dies(&mut self, moment: Moment) -> bool {
        self.0 == Some(moment)
    }
}

#[derive(Clone, Copy)]
enum Way {
    Start,
    Resume,
    Abort,
}

fn run(sandbox: &Sandbox, plan: &Plan, way: Way, killed: Option<Moment>) -> Result<(), RunError> {
    let root = sandbox.root();
    let mut goals = sandbox.goals();
    let mut watch = Killer(killed);
    let mut runner = Runner::new(&root, &mut goals, &mut watch)?;
    match way {
        Way::Start => runner.start(plan.clone()).map(drop),
        Way::Resume => runner.resume(&plan.version).map(drop),
        Way::Abort => runner.abort(&plan.version).map(drop),
    }
}

fn moments(plan: &Plan) -> Vec<Moment> {
    (0..plan.steps.len())
        .flat_map(|at| [Moment::Begun(at), Moment::Done(at), Moment::Journaled(at)])
        .collect()
}

fn walk(settings: &ReleaseSettings, request: &ReleaseRequest) {
    let undisturbed = Sandbox::new();
    let plan = go(&undisturbed, settings, request);
    run(&undisturbed, &plan, Way::Start, None).unwrap();
    let expected = undisturbed.snapshot();
    for moment in moments(&plan) {
        let sandbox = Sandbox::new();
        let plan = go(&sandbox, settings, request);
        let before = sandbox.snapshot();
        let stopped = run(&sandbox, &plan, Way::Start, Some(moment));
        assert!(
            matches!(stopped, Err(RunError::Stopped)),
            "{moment:?}: {stopped:?}"
        );
        if !out(&plan, moment) {
            run(&sandbox, &plan, Way::Abort, None).unwrap();
            assert_eq!(sandbox.snapshot(), before, "aborted at {moment:?}");
            let stopped = run(&sandbox, &plan, Way::Start, Some(moment));
            assert!(
                matches!(stopped, Err(RunError::Stopped)),
                "{moment:?}: {stopped:?}"
            );
        } else {
            let refused = run(&sandbox, &plan, Way::Abort, None);
            assert!(
                matches!(refused, Err(RunError::TooLate(_))),
                "{moment:?}: {refused:?}"
            );
        }
        run(&sandbox, &plan, Way::Resume, None).unwrap();
        assert_eq!(
            sandbox.snapshot(),
            expected.replace(undisturbed.path("").as_str(), sandbox.path("").as_str()),
            "resumed at {moment:?}"
        );
    }
}

/// Whether something has left the machine at this moment.
fn out(plan: &Plan, moment: Moment) -> bool {
    let at =
        |wanted: fn(&ReleaseStep) -> bool| plan.steps.iter().position(wanted).unwrap_or(usize::MAX);
    let push = at(|step| matches!(step, ReleaseStep::Push { .. }));
    let publish = at(|step| matches!(step, ReleaseStep::Publish { .. }));
    match moment {
        Moment::Begun(step) => step > push || step >= publish,
        Moment::Done(step) | Moment::Journaled(step) => step >= push || step >= publish,
    }
}

#[test]
fn killed_after_every_step_of_the_24_09_habits() {
    let request = ReleaseRequest {
        publish: Publishing::To(Some("testing".into())),
        ..pushed("24.09.0")
    };
    walk(&settings(), &request);
}

#[test]
fn killed_after_every_step_of_the_26_x_habits() {
    let settings = ReleaseSettings {
        hooks: settings().hooks,
        ..Profile::ReleaseBranches.settings()
    };
    walk(&settings, &pushed("24.09.0rc1"));
}

#[test]
fn the_24_09_habits() {
    let sandbox = Sandbox::new();
    let plan = go(&sandbox, &settings(), &pushed("24.09.0"));
    run(&sandbox, &plan, Way::Start, None).unwrap();
    assert_eq!(sandbox.read("VERSION"), "24.09.0\n");
    assert_eq!(sandbox.read("src/pkg/VERSION"), "24.09.0\n");
    assert_eq!(
        sandbox.read("history/24.03.10.json"),
        "{\"prior\": \"24.03.10\"}\n"
    );
    assert_eq!(sandbox.read("generated/sample.toml"), "24.09.0\n");
    assert_eq!(sandbox.read("dist/pkg-24.9.0-py3-none-any.whl"), "wheel\n");
    assert_eq!(sandbox.read(".git/announced"), "24.09.0 2024-10-21\n");
    assert_eq!(
        sandbox.git(&["log", "-1", "--format=%s"]),
        "release: 24.09.0"
    );
    assert_eq!(sandbox.git(&["cat-file", "-t", "24.09.0"]), "tag");
    assert_eq!(
        sandbox
            .git(&["tag", "-l", "--format=%(contents)", "24.09.0"])
            .trim(),
        "Release v24.09.0"
    );
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
    insta::assert_snapshot!(sandbox.git(&["show", "--stat=60", "--format=", "HEAD"]), @r#"
    CHANGELOG.md          | 11 +++++++++++
    VERSION               |  2 +-
    changes/1.feature.md  |  1 -
    changes/2.bugfix.md   |  1 -
    generated/sample.toml |  1 +
    history/24.03.10.json |  1 +
    6 files changed, 14 insertions(+), 3 deletions(-)
    "#);
    insta::assert_snapshot!(sandbox.read("CHANGELOG.md"), @r#"
    Changes
    =======

    <!-- towncrier release notes start -->

    ## 24.09.0 (2024-10-21)

    ### Features

    - One (#1)

    ### Bugfixes

    - Two (#2)


    ## 24.03.10 (2024-09-01)

    - Old
    "#);
    let remote = Git::at(sandbox.path("remote.git"));
    for name in ["main", "24.09.0^{commit}"] {
        assert_eq!(
            remote.text(&["rev-parse", name]).unwrap(),
            sandbox.git(&["rev-parse", "HEAD"])
        );
    }
}

#[test]
fn the_26_x_habits() {
    let sandbox = Sandbox::new();
    let settings = Profile::ReleaseBranches.settings();
    let plan = go(&sandbox, &settings, &pushed("24.09.0"));
    run(&sandbox, &plan, Way::Start, None).unwrap();
    assert_eq!(
        sandbox.git(&["branch", "--show-current"]),
        "release/24.09.0"
    );
    assert!(
        sandbox
            .read("CHANGELOG/24.09.md")
            .starts_with("## 24.09.0 (2024-10-21)\n")
    );
    assert_eq!(
        decide(&sandbox, &settings, &pushed("24.09.0")),
        Ok(Decision::AwaitingMerge {
            branch: "release/24.09.0".into()
        })
    );
    // The review squashes the branch; its commit gets a number behind the message.
    sandbox.git(&["switch", "--quiet", "main"]);
    sandbox.git(&["merge", "--quiet", "--squash", "release/24.09.0"]);
    sandbox.git(&["commit", "--quiet", "-m", "release: 24.09.0 (#13330)"]);
    let plan = go(&sandbox, &settings, &pushed("24.09.0"));
    let titles: Vec<String> = plan.steps.iter().map(ReleaseStep::title).collect();
    insta::assert_snapshot!(titles.join("\n"), @r#"
    build and verify the wheels
    make the tag 24.09.0
    put the wheels into dist
    push to origin
    "#);
    run(&sandbox, &plan, Way::Start, None).unwrap();
    assert_eq!(sandbox.git(&["cat-file", "-t", "24.09.0"]), "commit");
}

#[test]
fn twice_is_once() {
    let sandbox = Sandbox::new();
    let plan = go(&sandbox, &settings(), &pushed("24.09.0"));
    run(&sandbox, &plan, Way::Start, None).unwrap();
    let after = sandbox.snapshot();
    let commit = sandbox.git(&["rev-parse", "HEAD"]);
    assert_eq!(
        decide(&sandbox, &settings(), &pushed("24.09.0")),
        Ok(Decision::AlreadyReleased {
            tag: "24.09.0".into(),
            commit
        })
    );
    assert_eq!(sandbox.snapshot(), after);
}

#[test]
fn released_here_and_pushed_later() {
    let sandbox = Sandbox::new();
    let plan = go(&sandbox, &settings(), &request("24.09.0"));
    run(&sandbox, &plan, Way::Start, None).unwrap();
    let plan = go(&sandbox, &settings(), &pushed("24.09.0"));
    assert_eq!(
        plan.steps
            .iter()
            .map(ReleaseStep::title)
            .collect::<Vec<_>>(),
        ["push to origin"]
    );
}

#[test]
fn a_failed_step_can_be_repeated() {
    let sandbox = Sandbox::new();
    let mut settings = settings();
    settings.hooks[1].command = "test -e ../repaired && echo x > generated.txt".into();
    let plan = go(&sandbox, &settings, &request("24.09.0"));
    let failed = run(&sandbox, &plan, Way::Start, None).unwrap_err();
    insta::assert_snapshot!(format!("{failed}\n{}", failed.hint().unwrap()), @r#"
    step 2 failed: run the hook sample: `test -e ../repaired && echo x > generated.txt` ended with exit status: 1
    `--resume` goes on with this step, `--abort` takes everything back
    "#);
    let again = run(&sandbox, &plan, Way::Start, None).unwrap_err();
    insta::assert_snapshot!(format!("{again}\n{}", again.hint().unwrap()), @r#"
    the release of 24.09.0 is under way: 1 of 10 steps are done
    `cargo xtask release 24.09.0 --resume` goes on, `--abort` takes it back
    "#);
    fs_err::write(sandbox.path("repaired"), "").unwrap();
    run(&sandbox, &plan, Way::Resume, None).unwrap();
    assert_eq!(
        sandbox.git(&["log", "-1", "--format=%s"]),
        "release: 24.09.0"
    );
}

#[test]
fn nothing_under_way() {
    let sandbox = Sandbox::new();
    let plan = go(&sandbox, &settings(), &request("24.09.0"));
    for way in [Way::Resume, Way::Abort] {
        assert!(matches!(
            run(&sandbox, &plan, way, None),
            Err(RunError::NothingUnderWay)
        ));
    }
}

#[test]
fn foreign_commits_are_not_thrown_away() {
    let sandbox = Sandbox::new();
    let plan = go(&sandbox, &settings(), &request("24.09.0"));
    let _ = run(&sandbox, &plan, Way::Start, Some(Moment::Journaled(4)));
    sandbox.commit("mine");
    let refused = run(&sandbox, &plan, Way::Abort, None).unwrap_err();
    assert!(matches!(refused, RunError::Moved(_)), "{refused}");
    assert_eq!(sandbox.git(&["log", "-1", "--format=%s"]), "mine");
    let began = plan_commit(&sandbox, "HEAD^");
    assert_eq!(
        refused.hint().unwrap(),
        format!(
            "`git branch kept` keeps what was committed since; then `git reset --keep {began}`, and the same command again"
        )
    );
    sandbox.git(&["branch", "kept"]);
    sandbox.git(&["reset", "--quiet", "--keep", &began]);
    run(&sandbox, &plan, Way::Abort, None).unwrap();
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
    assert_eq!(sandbox.git(&["log", "-1", "--format=%s", "kept"]), "mine");
}

fn plan_commit(sandbox: &Sandbox, revision: &str) -> String {
    sandbox.git(&["rev-parse", revision])
}

#[test]
fn an_abort_on_another_branch_names_the_right_one() {
    let sandbox = Sandbox::new();
    let plan = stopped(&sandbox);
    sandbox.git(&["switch", "--quiet", "--create", "aside"]);
    sandbox.commit("mine");
    for way in [Way::Abort, Way::Resume] {
        let refused = run(&sandbox, &plan, way, None).unwrap_err();
        assert_eq!(
            refused.hint().unwrap(),
            "`git switch main`, then the same command again"
        );
    }
    sandbox.git(&["switch", "--quiet", "main"]);
    run(&sandbox, &plan, Way::Abort, None).unwrap();
    assert_eq!(sandbox.git(&["log", "-1", "--format=%s", "aside"]), "mine");
}

/// Tries to abort and to resume the run that it watches.
struct Intruder<'a> {
    sandbox: &'a Sandbox,
    plan: &'a Plan,
    answers: Vec<String>,
}

impl Watch for Intruder<'_> {
    fn step(&mut self, _number: usize, _total: usize, _step: &ReleaseStep) {
        for way in [Way::Start, Way::Resume, Way::Abort] {
            let refused = run(self.sandbox, self.plan, way, None).unwrap_err();
            self.answers.push(refused.to_string());
        }
    }
}

#[test]
fn two_runs_at_once_are_refused() {
    let sandbox = Sandbox::new();
    let plan = go(&sandbox, &settings(), &request("24.09.0"));
    let (root, mut goals) = (sandbox.root(), sandbox.goals());
    let mut intruder = Intruder {
        sandbox: &sandbox,
        plan: &plan,
        answers: Vec::new(),
    };
    let mut runner = Runner::new(&root, &mut goals, &mut intruder).unwrap();
    runner.start(plan.clone()).unwrap();
    assert_eq!(intruder.answers.len(), 3 * plan.steps.len());
    let holder = format!("process {}", std::process::id());
    let expected = format!("another release works in this repository: {holder}");
    assert!(intruder.answers.iter().all(|answer| *answer == expected));
    assert_eq!(sandbox.git(&["tag", "--points-at", "HEAD"]), "24.09.0");
}

#[test]
fn the_target_of_a_linked_version_file_is_committed() {
    let sandbox = Sandbox::new();
    fs_err::remove_file(sandbox.root().join("VERSION")).unwrap();
    sandbox.write("meta/VERSION", "24.03.10\n");
    fs_err::os::unix::fs::symlink("meta/VERSION", sandbox.root().join("VERSION")).unwrap();
    sandbox.commit("linked");
    let plan = go(&sandbox, &settings(), &request("24.09.0"));
    run(&sandbox, &plan, Way::Start, None).unwrap();
    assert_eq!(sandbox.git(&["show", "24.09.0:meta/VERSION"]), "24.09.0");
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
}

/// A repository whose version file and fragments are in a folder that links lead to.
fn linked() -> Sandbox {
    let sandbox = Sandbox::new();
    fs_err::create_dir(sandbox.root().join("real")).unwrap();
    for name in ["VERSION", "changes"] {
        let link = sandbox.root().join(name);
        fs_err::rename(&link, sandbox.root().join("real").join(name)).unwrap();
        fs_err::os::unix::fs::symlink(format!("real/{name}"), link).unwrap();
    }
    sandbox.commit("linked");
    sandbox
}

#[test]
fn what_is_in_linked_folders_is_committed() {
    let sandbox = linked();
    let plan = go(&sandbox, &settings(), &request("24.09.0"));
    run(&sandbox, &plan, Way::Start, None).unwrap();
    assert_eq!(sandbox.git(&["show", "24.09.0:real/VERSION"]), "24.09.0");
    let kept = sandbox.git(&["ls-tree", "-r", "--name-only", "24.09.0", "real/"]);
    assert_eq!(kept, "real/VERSION");
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
}

#[test]
fn what_is_in_linked_folders_is_taken_back() {
    let sandbox = linked();
    let files = sandbox.git(&["ls-files"]);
    let plan = stopped(&sandbox);
    run(&sandbox, &plan, Way::Abort, None).unwrap();
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
    assert_eq!(sandbox.git(&["ls-files"]), files);
    assert!(
        sandbox.root().join("changes/10.feature.md").exists() || files.contains("real/changes/")
    );
}

#[test]
fn a_branch_and_a_tag_of_one_name_are_pushed() {
    let sandbox = Sandbox::new();
    sandbox.git(&["switch", "--quiet", "--create", "24.09"]);
    let plan = go(&sandbox, &settings(), &pushed("24.09"));
    run(&sandbox, &plan, Way::Start, None).unwrap();
    let remote = Git::at(sandbox.path("remote.git"));
    for name in ["refs/heads/24.09", "refs/tags/24.09^{commit}"] {
        assert_eq!(
            remote.text(&["rev-parse", name]).unwrap(),
            sandbox.git(&["rev-parse", "HEAD"])
        );
    }
}

/// A run that fails in its second hook.
fn stopped(sandbox: &Sandbox) -> Plan {
    let mut settings = settings();
    settings.hooks[1].command =
        "mkdir -p generated && echo x > generated/half.txt && test -e ../repaired".into();
    let plan = go(sandbox, &settings, &request("24.09.0"));
    run(sandbox, &plan, Way::Start, None).unwrap_err();
    plan
}

/// A stopped run, after which the user adds and edits files.
fn edited_since() -> (Sandbox, Plan, String) {
    let sandbox = Sandbox::new();
    sandbox.write("generated/tool.py", "1\n");
    sandbox.commit("tool");
    sandbox.git(&["push", "--quiet", "origin", "main"]);
    let before = sandbox.snapshot();
    let plan = stopped(&sandbox);
    sandbox.write(".env", "SECRET=1\n");
    sandbox.write("generated/mine.txt", "mine\n");
    sandbox.write("generated/tool.py", "2\n");
    (sandbox, plan, before)
}

#[track_caller]
fn has_the_edits(sandbox: &Sandbox) {
    assert_eq!(sandbox.read(".env"), "SECRET=1\n");
    assert_eq!(sandbox.read("generated/mine.txt"), "mine\n");
    assert_eq!(sandbox.read("generated/tool.py"), "2\n");
}

#[test]
fn what_the_user_adds_after_a_stop_is_neither_committed_nor_packaged() {
    let (sandbox, plan, _) = edited_since();
    fs_err::write(sandbox.path("repaired"), "").unwrap();
    run(&sandbox, &plan, Way::Resume, None).unwrap();
    has_the_edits(&sandbox);
    assert_eq!(
        sandbox.git(&[
            "ls-tree",
            "-r",
            "--name-only",
            "24.09.0",
            ".env",
            "generated"
        ]),
        "generated/half.txt\ngenerated/tool.py"
    );
    assert_eq!(sandbox.git(&["show", "24.09.0:generated/tool.py"]), "1");
    is_packaged_as_tagged(&sandbox);
}

#[test]
fn what_the_user_adds_after_a_stop_is_not_deleted() {
    let (sandbox, plan, before) = edited_since();
    run(&sandbox, &plan, Way::Abort, None).unwrap();
    has_the_edits(&sandbox);
    for path in [".env", "generated/mine.txt"] {
        fs_err::remove_file(sandbox.root().join(path)).unwrap();
    }
    sandbox.write("generated/tool.py", "1\n");
    assert_eq!(sandbox.snapshot(), before);
}

#[track_caller]
fn is_packaged_as_tagged(sandbox: &Sandbox) {
    let tagged = packed_of(&Git::at(sandbox.root()), "refs/tags/24.09.0");
    assert_eq!(sandbox.read("dist/pkg-24.9.0.tar.gz"), tagged);
}

#[test]
fn an_abort_refuses_to_throw_edits_away() {
    for path in ["VERSION", "CHANGELOG.md", "generated/sample.toml"] {
        let sandbox = Sandbox::new();
        let mut settings = settings();
        settings.hooks[2].command = "exit 1".into();
        let plan = go(&sandbox, &settings, &request("24.09.0"));
        run(&sandbox, &plan, Way::Start, None).unwrap_err();
        sandbox.write(path, "mine\n");
        let refused = run(&sandbox, &plan, Way::Abort, None).unwrap_err();
        assert_eq!(
            refused.to_string(),
            format!("these files were edited after the release wrote them:\n  {path}")
        );
        assert_eq!(sandbox.read(path), "mine\n");
        assert_eq!(sandbox.git(&["tag", "--points-at", "HEAD"]), "24.09.0");
        sandbox.git(&["restore", path]);
        run(&sandbox, &plan, Way::Abort, None).unwrap();
        assert_eq!(sandbox.git(&["tag", "--list", "24.09.0"]), "");
    }
}

/// What is staged and edited since is nowhere but in the index.
#[test]
fn an_abort_keeps_what_the_user_has_staged() {
    for is_committed in [false, true] {
        let sandbox = Sandbox::new();
        let plan = go(&sandbox, &settings(), &request("24.09.0"));
        let commit = plan
            .steps
            .iter()
            .position(|step| matches!(step, ReleaseStep::Commit { .. }));
        let last = commit.unwrap() - usize::from(!is_committed);
        let _ = run(&sandbox, &plan, Way::Start, Some(Moment::Journaled(last)));
        for text in ["first\n", "second\n"] {
            sandbox.write("new.py", text);
            sandbox.write("pyproject.toml", text);
            if text == "first\n" {
                sandbox.git(&["add", "new.py", "pyproject.toml"]);
                sandbox.git(&["rm", "--quiet", "--cached", ".gitignore"]);
            }
        }
        run(&sandbox, &plan, Way::Abort, None).unwrap();
        let status = sandbox.git(&["status", "--porcelain", "--untracked-files=no"]);
        assert_eq!(status, "D  .gitignore\nAM new.py\nMM pyproject.toml");
        assert_eq!(sandbox.git(&["show", ":new.py"]), "first");
        assert_eq!(sandbox.read("new.py"), "second\n");
        assert_eq!(sandbox.read("VERSION"), "24.03.10\n");
    }
}

/// A file of the name of one that the release has removed, and committed as removed, is the user's.
#[test]
fn an_abort_keeps_a_file_in_the_place_of_a_removed_fragment() {
    let sandbox = Sandbox::new();
    let plan = go(&sandbox, &settings(), &request("24.09.0"));
    let commit = plan
        .steps
        .iter()
        .position(|step| matches!(step, ReleaseStep::Commit { .. }));
    let _ = run(&sandbox, &plan, Way::Start, commit.map(Moment::Journaled));
    sandbox.write("changes/1.feature.md", "mine\n");
    let refused = run(&sandbox, &plan, Way::Abort, None).unwrap_err();
    insta::assert_snapshot!(refused, @"
    these files were edited after the release wrote them:
      changes/1.feature.md
    ");
    assert_eq!(sandbox.read("changes/1.feature.md"), "mine\n");
}

#[test]
fn an_abort_keeps_what_was_edited_and_added_after_a_failed_hook() {
    let sandbox = Sandbox::new();
    let mut settings = settings();
    settings.hooks[2].command = "echo 1 > announced.txt && exit 1".into();
    let plan = go(&sandbox, &settings, &request("24.09.0"));
    run(&sandbox, &plan, Way::Start, None).unwrap_err();
    sandbox.write("pyproject.toml", "# edited\n");
    sandbox.write("note.txt", "mine\n");
    sandbox.git(&["add", "note.txt"]);
    let (root, mut goals) = (sandbox.root(), sandbox.goals());
    let mut watch = Killer(None);
    let mut runner = Runner::new(&root, &mut goals, &mut watch).unwrap();
    let report = runner.abort(&plan.version).unwrap();
    assert_eq!(report.kept, ["note.txt", "pyproject.toml"]);
    assert_eq!(sandbox.read("VERSION"), "24.03.10\n");
    assert_eq!(
        sandbox.git(&["status", "--porcelain"]),
        "A  note.txt\n M pyproject.toml"
    );
}

#[test]
fn a_file_that_a_hook_stops_ignoring_is_not_committed() {
    let sandbox = Sandbox::new();
    sandbox.write(".gitignore", "/dist/\n.env\ncache/\n");
    sandbox.commit("ignored");
    sandbox.write(".env", "SECRET=1\n");
    sandbox.write("cache/a", "1\n");
    let mut settings = settings();
    settings.hooks[1].command = "echo /dist/ > .gitignore; echo 1 > new.txt".into();
    let plan = go(&sandbox, &settings, &request("24.09.0"));
    run(&sandbox, &plan, Way::Start, None).unwrap();
    assert_eq!(
        sandbox.git(&["ls-files", ".env", "cache", "new.txt"]),
        "new.txt"
    );
    is_packaged_as_tagged(&sandbox);
    assert_eq!(sandbox.read(".env"), "SECRET=1\n");
    assert_eq!(sandbox.read("cache/a"), "1\n");
}

#[test]
fn what_is_packaged_is_what_is_tagged() {
    let sandbox = Sandbox::new();
    sandbox.write(".gitignore", "/dist/\n*.gen.py\n");
    sandbox.commit("ignored");
    sandbox.write("src/pkg/old.gen.py", "made = 1\n");
    let plan = go(&sandbox, &settings(), &request("24.09.0"));
    let package = plan
        .steps
        .iter()
        .position(|step| matches!(step, ReleaseStep::Package));
    let begun = Moment::Begun(package.unwrap());
    let _ = run(&sandbox, &plan, Way::Start, Some(begun));
    // A source is mended, another staged even, and the version is edited.
    sandbox.write("src/pkg/mended.py", "fixed = True\n");
    sandbox.git(&["add", "src"]);
    sandbox.write("pyproject.toml", "# edited\n");
    sandbox.write("VERSION", "24.09.1\n");
    run(&sandbox, &plan, Way::Resume, None).unwrap();
    is_packaged_as_tagged(&sandbox);
    assert_eq!(
        sandbox.git(&["status", "--porcelain"]),
        " M VERSION\n M pyproject.toml\nA  src/pkg/mended.py"
    );
    assert_eq!(
        sandbox
            .git(&["worktree", "list", "--porcelain"])
            .matches("worktree ")
            .count(),
        1
    );
}

#[test]
fn no_setting_changes_what_is_packaged() {
    let sandbox = Sandbox::new();
    sandbox.write("src/pkg/a.py", "a = 1\nb = 2\n");
    sandbox.write("other/b.py", "b = 1\n");
    sandbox.commit("sources");
    for (name, value) in [
        ("core.autocrlf", "true"),
        ("core.eol", "crlf"),
        ("core.symlinks", "false"),
        ("checkout.defaultRemote", "nowhere"),
    ] {
        sandbox.git(&["config", name, value]);
    }
    git_hook(&sandbox, "post-checkout", "echo hook >> VERSION; exit 1");
    sandbox.git(&["sparse-checkout", "set", "src", "changes"]);
    let settings = ReleaseSettings {
        hooks: Vec::new(),
        ..settings()
    };
    let plan = go(&sandbox, &settings, &request("24.09.0"));
    run(&sandbox, &plan, Way::Start, None).unwrap();
    assert!(
        sandbox
            .read("dist/pkg-24.9.0.tar.gz")
            .contains("other/b.py")
    );
    sandbox.git(&["config", "--unset", "core.autocrlf"]);
    is_packaged_as_tagged(&sandbox);
}

fn git_hook(sandbox: &Sandbox, name: &str, script: &str) {
    let path = sandbox.root().join(".git/hooks").join(name);
    fs_err::create_dir_all(path.parent().unwrap()).unwrap();
    fs_err::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    executable(&path);
}

fn executable(path: &camino::Utf8Path) {
    use std::os::unix::fs::PermissionsExt;
    fs_err::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_commit_that_git_hooks_change_is_packaged_as_it_is() {
    let sandbox = Sandbox::new();
    git_hook(
        &sandbox,
        "pre-commit",
        "echo formatted >> CHANGELOG.md; git add CHANGELOG.md",
    );
    let plan = go(&sandbox, &settings(), &request("24.09.0"));
    run(&sandbox, &plan, Way::Start, None).unwrap();
    assert!(
        sandbox
            .git(&["show", "24.09.0:CHANGELOG.md"])
            .ends_with("formatted")
    );
    is_packaged_as_tagged(&sandbox);
}

#[test]
fn a_push_race_is_told_as_one() {
    let sandbox = Sandbox::new();
    let plan = go(&sandbox, &settings(), &pushed("24.09.0"));
    let before = sandbox.git(&["rev-parse", "HEAD"]);
    let last = plan.steps.len() - 1;
    let _ = run(&sandbox, &plan, Way::Start, Some(Moment::Begun(last)));
    pushed_by_another(&sandbox, &["HEAD:main"]);
    let refused = run(&sandbox, &plan, Way::Resume, None).unwrap_err();
    assert!(
        refused
            .to_string()
            .contains("`origin` has commits that the release was not made on"),
        "{refused}"
    );
    insta::assert_snapshot!(refused.hint().unwrap(), @"`--abort` takes the release back; then get what is new there with `git pull`, and release again");
    run(&sandbox, &plan, Way::Abort, None).unwrap();
    assert_eq!(sandbox.git(&["rev-parse", "HEAD"]), before);
}

#[test]
fn what_the_user_commits_on_top_stays_here() {
    let sandbox = Sandbox::new();
    let plan = go(&sandbox, &settings(), &pushed("24.09.0"));
    let last = plan.steps.len() - 1;
    let _ = run(&sandbox, &plan, Way::Start, Some(Moment::Begun(last)));
    sandbox.write("later.txt", "later\n");
    sandbox.commit("mine, for later");
    run(&sandbox, &plan, Way::Resume, None).unwrap();
    let remote = Git::at(sandbox.path("remote.git"));
    assert_eq!(
        remote.text(&["log", "-1", "--format=%s", "main"]).unwrap(),
        "release: 24.09.0"
    );
}

#[test]
fn a_commit_is_known_whatever_its_subject() {
    for moment in [Moment::Done(5), Moment::Journaled(5)] {
        let sandbox = Sandbox::new();
        let before = sandbox.snapshot();
        git_hook(&sandbox, "commit-msg", "sed -i '1s/^/[ABC-1] /' \"$1\"");
        let plan = go(&sandbox, &settings(), &request("24.09.0"));
        assert!(matches!(plan.steps[5], ReleaseStep::Commit { .. }));
        let _ = run(&sandbox, &plan, Way::Start, Some(moment));
        run(&sandbox, &plan, Way::Abort, None).unwrap();
        assert_eq!(sandbox.snapshot(), before);
        let _ = run(&sandbox, &plan, Way::Start, Some(moment));
        run(&sandbox, &plan, Way::Resume, None).unwrap();
        assert_eq!(
            sandbox.git(&["log", "-1", "--format=%s%d"]),
            "[ABC-1] release: 24.09.0 (HEAD -> main, tag: 24.09.0)"
        );
    }
}

#[test]
fn an_abort_leaves_tags_and_branches_of_others() {
    let sandbox = Sandbox::new();
    let plan = go(&sandbox, &settings(), &request("24.09.0"));
    let tag = plan
        .steps
        .iter()
        .position(|step| matches!(step, ReleaseStep::Tag { .. }));
    let _ = run(
        &sandbox,
        &plan,
        Way::Start,
        Some(Moment::Begun(tag.unwrap())),
    );
    sandbox.git(&["tag", "24.09.0", "24.03.10"]);
    let refused = run(&sandbox, &plan, Way::Resume, None).unwrap_err();
    assert!(refused.to_string().contains("`24.09.0` names"), "{refused}");
    run(&sandbox, &plan, Way::Abort, None).unwrap();
    assert_eq!(sandbox.git(&["tag", "--list", "24.09.0"]), "24.09.0");

    let sandbox = Sandbox::new();
    let settings = Profile::ReleaseBranches.settings();
    let plan = go(&sandbox, &settings, &request("24.09.0"));
    let _ = run(&sandbox, &plan, Way::Start, Some(Moment::Begun(0)));
    sandbox.git(&["branch", "release/24.09.0", "24.03.10"]);
    run(&sandbox, &plan, Way::Resume, None).unwrap_err();
    run(&sandbox, &plan, Way::Abort, None).unwrap();
    assert_eq!(
        sandbox.git(&["rev-parse", "release/24.09.0"]),
        sandbox.git(&["rev-parse", "24.03.10^{commit}"])
    );
}

/// Somebody gives a name to what they have made on the first commit, in a clone of their own, and pushes it.
fn pushed_by_another(sandbox: &Sandbox, refspecs: &[&str]) {
    let (other, remote) = (sandbox.path("other"), sandbox.path("remote.git"));
    let clone = ["clone", "--quiet", remote.as_str(), other.as_str()];
    Git::nowhere().text(&clone).unwrap();
    let others = Git::at(&other);
    for (name, value) in [("user.name", "O"), ("user.email", "o@example.invalid")] {
        others.text(&["config", name, value]).unwrap();
    }
    let empty = ["commit", "--quiet", "--allow-empty", "--message", "theirs"];
    others.text(&empty).unwrap();
    let push = [&["push", "--quiet", "origin"], refspecs].concat();
    others.text(&push).unwrap();
    fs_err::remove_dir_all(other).unwrap();
}

/// A release that was about to be pushed.
fn about_to_push(sandbox: &Sandbox, settings: &ReleaseSettings) -> Plan {
    let plan = go(sandbox, settings, &pushed("24.09.0"));
    let push = plan
        .steps
        .iter()
        .position(|step| matches!(step, ReleaseStep::Push { .. }));
    let begun = Moment::Begun(push.unwrap());
    let _ = run(sandbox, &plan, Way::Start, Some(begun));
    plan
}

/// Row 22 of the reports: a remote answers for every name that ends like the one that it is asked for.
#[test]
fn names_that_end_like_the_releases_are_of_others() {
    const ALIKE: [&str; 4] = [
        "HEAD:refs/tags/client/24.09.0",
        "HEAD:refs/tags/x/refs/tags/24.09.0",
        "HEAD:refs/heads/wip/main",
        "HEAD:refs/heads/x/refs/heads/main",
    ];
    for way in [Way::Resume, Way::Abort] {
        let sandbox = Sandbox::new();
        pushed_by_another(&sandbox, &ALIKE);
        let before = sandbox.snapshot();
        let plan = about_to_push(&sandbox, &settings());
        run(&sandbox, &plan, way, None).unwrap();
        let remote = Git::at(sandbox.path("remote.git"));
        let names = ["24.09.0", "main"].map(|name| remote.commit(name).unwrap());
        match way {
            Way::Abort => assert_eq!(sandbox.snapshot(), before),
            _ => assert_eq!(names[0], names[1]),
        }
    }
    // Where the push is refused, these names are not what the remote has more than the release.
    let sandbox = Sandbox::new();
    pushed_by_another(&sandbox, &ALIKE);
    let plan = about_to_push(&sandbox, &settings());
    let hook = sandbox.path("remote.git/hooks/pre-receive");
    fs_err::write(&hook, "#!/bin/sh\necho 'not today' >&2; exit 1\n").unwrap();
    executable(&hook);
    let refused = run(&sandbox, &plan, Way::Resume, None)
        .unwrap_err()
        .to_string();
    assert!(refused.contains("not today"), "{refused}");
    assert!(!refused.contains("was not made on"), "{refused}");
}

#[test]
fn a_tag_that_another_pushed_meanwhile_is_not_the_release() {
    let sandbox = Sandbox::new();
    let before = sandbox.git(&["rev-parse", "HEAD"]);
    let plan = about_to_push(&sandbox, &settings());
    pushed_by_another(&sandbox, &["HEAD:refs/tags/24.09.0"]);
    run(&sandbox, &plan, Way::Resume, None).unwrap_err();
    run(&sandbox, &plan, Way::Abort, None).unwrap();
    assert_eq!(sandbox.git(&["rev-parse", "HEAD"]), before);
}

#[test]
fn what_others_have_gone_on_from_is_out() {
    let sandbox = Sandbox::new();
    let settings = ReleaseSettings {
        without: [StepKind::Tag].into(),
        ..settings()
    };
    let plan = about_to_push(&sandbox, &settings);
    sandbox.git(&["push", "--quiet", "origin", "HEAD:main"]);
    pushed_by_another(&sandbox, &["HEAD:main"]);
    let names = "for-each-ref";
    let before = sandbox.git(&[names]);
    let refused = run(&sandbox, &plan, Way::Abort, None).unwrap_err();
    insta::assert_snapshot!(refused, @"too late to abort: the release was pushed to `origin`");
    assert_eq!(sandbox.git(&[names]), before);
}

/// What is fetched from may be a mirror that is behind.
#[test]
fn what_is_out_is_asked_where_it_is_pushed_to() {
    let sandbox = Sandbox::new();
    let (remote, mirror) = (sandbox.path("remote.git"), sandbox.path("mirror.git"));
    let clone = [
        "clone",
        "--quiet",
        "--bare",
        remote.as_str(),
        mirror.as_str(),
    ];
    Git::nowhere().text(&clone).unwrap();
    sandbox.git(&["remote", "set-url", "origin", mirror.as_str()]);
    sandbox.git(&["remote", "set-url", "--push", "origin", remote.as_str()]);
    let plan = about_to_push(&sandbox, &settings());
    sandbox.git(&["push", "--quiet", "origin", "HEAD:main", "24.09.0"]);
    let refused = run(&sandbox, &plan, Way::Abort, None).unwrap_err();
    insta::assert_snapshot!(refused, @"too late to abort: the release was pushed to `origin`");
    run(&sandbox, &plan, Way::Resume, None).unwrap();
}

#[test]
fn only_what_was_built_is_published() {
    let sandbox = Sandbox::new();
    let request = ReleaseRequest {
        publish: Publishing::To(None),
        ..request("24.09.0")
    };
    let plan = go(&sandbox, &settings(), &request);
    let last = plan.steps.len() - 1;
    let _ = run(
        &sandbox,
        &plan,
        Way::Start,
        Some(Moment::Journaled(last - 1)),
    );
    sandbox.write("dist/pkg-24.9.0-py3-none-any.whl", "built by hand since");
    let refused = run(&sandbox, &plan, Way::Resume, None).unwrap_err();
    insta::assert_snapshot!(refused, @r#"
    step 11 failed: publish: these files were edited after the release wrote them:
      dist/pkg-24.9.0-py3-none-any.whl
    "#);
    let refused = run(&sandbox, &plan, Way::Abort, None).unwrap_err();
    insta::assert_snapshot!(refused, @"too late to abort: files may have been published");
    assert!(!sandbox.path("published").exists());
}

/// Runs a hook in a repository with ignored files of the user, then takes the release back.
fn aborted_after(hook: &str) -> (Sandbox, String, AbortReport) {
    let sandbox = Sandbox::new();
    sandbox.write(".gitignore", "/dist/\n*.local\n/cache/\n/data/\n");
    sandbox.commit("ignores");
    sandbox.git(&["push", "--quiet", "origin", "main"]);
    sandbox.write("user.local", "mine\n");
    sandbox.write("cache/user", "mine\n");
    sandbox.write("data/base", "mine\n");
    let before = sandbox.snapshot();
    let mut settings = settings();
    settings.hooks[1].command = hook.to_owned();
    let plan = go(&sandbox, &settings, &request("24.09.0"));
    let stopped = run(&sandbox, &plan, Way::Start, Some(Moment::Journaled(5)));
    assert!(matches!(stopped, Err(RunError::Stopped)), "{stopped:?}");
    let (root, mut goals) = (sandbox.root(), sandbox.goals());
    let mut watch = Killer(None);
    let mut runner = Runner::new(&root, &mut goals, &mut watch).unwrap();
    let report = runner.abort(&plan.version).unwrap();
    (sandbox, before, report)
}

#[test]
fn an_abort_takes_back_what_a_hook_made_of_ignored_files() {
    let (sandbox, before, report) = aborted_after(
        "echo x > made.local; mkdir -p cache/a/b other && echo x > cache/a/b/made && ln -s made cache/link",
    );
    assert_eq!(sandbox.snapshot(), before);
    assert_eq!((report.kept, report.disturbed), (vec![], vec![]));
}

#[test]
fn an_abort_names_ignored_files_that_were_there_before() {
    let (sandbox, _, report) = aborted_after(
        "echo hook >> user.local; rm cache/user; echo x > cache/made; echo x > data/made",
    );
    assert_eq!(sandbox.read("user.local"), "mine\nhook\n");
    // Something that is not the release's works in `cache`, and nothing else in `data`.
    assert_eq!(sandbox.read("cache/made"), "x\n");
    assert!(!sandbox.root().join("data/made").exists());
    assert_eq!(
        report.disturbed,
        ["cache/made", "cache/user", "user.local"].map(camino::Utf8PathBuf::from)
    );
}

#[test]
fn an_abort_keeps_ignored_files_that_were_edited_after_the_hook() {
    let sandbox = Sandbox::new();
    sandbox.write(".gitignore", "/dist/\n*.local\n");
    sandbox.commit("ignores");
    sandbox.git(&["push", "--quiet", "origin", "main"]);
    let mut settings = settings();
    settings.hooks[1].command = "echo x > made.local; exit 1".into();
    let plan = go(&sandbox, &settings, &request("24.09.0"));
    run(&sandbox, &plan, Way::Start, None).unwrap_err();
    sandbox.write("made.local", "edited by the user\n");
    let (root, mut goals) = (sandbox.root(), sandbox.goals());
    let mut watch = Killer(None);
    let mut runner = Runner::new(&root, &mut goals, &mut watch).unwrap();
    let report = runner.abort(&plan.version).unwrap();
    assert_eq!(report.kept, ["made.local"].map(camino::Utf8PathBuf::from));
    assert_eq!(sandbox.read("made.local"), "edited by the user\n");
}
