//! The laws of releases (ARCHITECTURE.md) over random histories, settings, hooks, kills and edits.
//!
//! `XTASK_RELEASE_CASES=2000` tries that many, `XTASK_RELEASE_SEED` others. A case that breaks a law
//! names its seed: `XTASK_RELEASE_CASES=1 XTASK_RELEASE_SEED=…` runs it alone.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::collections::BTreeMap;

use camino::Utf8PathBuf;
use git::Git;
use goals::releasing::gather::gather;
use goals::releasing::run::{Moment, RunError, Runner, Watch};
use release::plan::{Decision, Plan, Pushing, ReleaseRequest, ReleaseStep, plan};
use release::settings::{Hook, HookReleases, HookTime, Profile, ReleaseSettings};
use support::{Sandbox, packed_of, request};

/// Settings of a user that no release may depend on.
const GIT_SETTINGS: [(&str, &str); 22] = [
    ("branch.autoSetupMerge", "always"),
    ("color.ui", "always"),
    ("commit.cleanup", "strip"),
    ("commit.verbose", "true"),
    ("core.abbrev", "5"),
    ("core.autocrlf", "input"),
    ("core.commentChar", ";"),
    ("core.logAllRefUpdates", "false"),
    ("core.quotePath", "true"),
    ("core.safecrlf", "true"),
    ("core.untrackedCache", "true"),
    ("diff.mnemonicPrefix", "true"),
    ("diff.noprefix", "true"),
    ("diff.renames", "copies"),
    ("fetch.prune", "true"),
    ("log.showSignature", "true"),
    ("merge.ff", "false"),
    ("push.default", "nothing"),
    ("push.followTags", "true"),
    ("status.relativePaths", "false"),
    ("status.showUntrackedFiles", "no"),
    ("tag.sort", "-version:refname"),
];

/// SplitMix64: small, and the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap()
    }

    fn one_in(&mut self, bound: usize) -> bool {
        self.below(bound) == 0
    }

    fn of<'t, T>(&mut self, all: &'t [T]) -> &'t T {
        &all[self.below(all.len())]
    }
}

/// Kills the run at a moment, and tries other runs beside it.
struct Watcher<'a> {
    sandbox: &'a Sandbox,
    plan: &'a Plan,
    killed: Option<Moment>,
    intrudes_at: usize,
}

impl Watch for Watcher<'_> {
    fn step(&mut self, number: usize, _total: usize, _step: &ReleaseStep) {
        if number != self.intrudes_at {
            return;
        }
        for way in [Way::Start, Way::Resume, Way::Abort] {
            let refused = run(self.sandbox, self.plan, way, None).unwrap_err();
            assert!(matches!(refused, RunError::Busy { .. }), "{refused}");
        }
    }

    fn dies(&mut self, moment: Moment) -> bool {
        self.killed == Some(moment)
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Way {
    Start,
    Resume,
    Abort,
}

/// Where a run is killed, and at which step others are tried beside it.
#[derive(Clone, Copy)]
struct Disturbance {
    killed: Option<Moment>,
    intrudes_at: usize,
}

fn run(
    sandbox: &Sandbox,
    plan: &Plan,
    way: Way,
    disturbance: Option<Disturbance>,
) -> Result<(), RunError> {
    let root = sandbox.root();
    let mut goals = sandbox.goals();
    let mut watch = Watcher {
        sandbox,
        plan,
        killed: disturbance.and_then(|disturbance| disturbance.killed),
        intrudes_at: disturbance.map_or(0, |disturbance| disturbance.intrudes_at),
    };
    let mut runner = Runner::new(&root, &mut goals, &mut watch)?;
    match way {
        Way::Start => runner.start(plan.clone()).map(drop),
        Way::Resume => runner.resume(&plan.version).map(drop),
        Way::Abort => runner.abort(&plan.version).map(drop),
    }
}

/// A random repository before a release, in a random kind of work tree.
fn repository(random: &mut Random) -> Sandbox {
    let sandbox = Sandbox::new();
    if random.one_in(4) {
        fs_err::remove_file(sandbox.root().join("VERSION")).unwrap();
        sandbox.write("meta/VERSION", "24.03.10\n");
        link("meta/VERSION", &sandbox.root().join("VERSION"));
        sandbox.commit("the version is a link");
    }
    if random.one_in(5) {
        let changes = sandbox.root().join("changes");
        fs_err::create_dir(sandbox.root().join("notes")).unwrap();
        fs_err::rename(&changes, sandbox.root().join("notes/changes")).unwrap();
        link("notes/changes", &changes);
        sandbox.commit("the folder of fragments is a link");
    }
    for at in 0..random.below(4) {
        change(&sandbox, random, at);
        let message = *random.of(&["work", "일", "release: 24.03.11", "fix: more"]);
        sandbox.commit(message);
        if random.one_in(3) {
            sandbox.git(&["tag", &format!("other-{at}")]);
        }
    }
    if random.one_in(3) {
        sandbox.git(&["branch", "release/23.09.0"]);
    }
    let sandbox = match random.below(6) {
        0 => sandbox.in_linked_tree(),
        1 => sandbox.in_shallow_clone(),
        _ => {
            sandbox.git(&["push", "--quiet", "origin", "main"]);
            sandbox
        }
    };
    for _ in 0..random.below(4) {
        let (name, value) = random.of(&GIT_SETTINGS);
        sandbox.git(&["config", name, value]);
    }
    if random.one_in(2) {
        // Ignored by a file that is not committed.
        let exclude = sandbox.git(&[
            "rev-parse",
            "--path-format=absolute",
            "--git-path",
            "info/exclude",
        ]);
        let exclude = Utf8PathBuf::from(exclude);
        fs_err::create_dir_all(exclude.parent().unwrap()).unwrap();
        fs_err::write(exclude, "*.local\n/cache/\n").unwrap();
        sandbox.write("secret.local", "secret\n");
        sandbox.write("src/pkg/generated.local", "made\n");
        sandbox.write("cache/deep/file", "cached\n");
    }
    fs_err::create_dir_all(sandbox.root().join("vacant")).unwrap();
    sandbox
}

fn link(target: &str, path: &camino::Utf8Path) {
    fs_err::os::unix::fs::symlink(target, path).unwrap();
}

/// A random change of files that are not the release's.
fn change(sandbox: &Sandbox, random: &mut Random, at: usize) {
    let name = format!("src/pkg/module_{at}.py");
    match random.below(6) {
        0 => sandbox.write(&name, "value = 1\n"),
        1 => sandbox.write(&format!("문서/설명 {at}.txt"), "한글\n"),
        2 => {
            fs_err::create_dir_all(sandbox.root().join("links")).unwrap();
            link("../VERSION", &sandbox.root().join(format!("links/{at}")));
        }
        3 => {
            sandbox.write(&name, "#!/bin/sh\n");
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::Permissions::from_mode(0o755);
            fs_err::set_permissions(sandbox.root().join(&name), mode).unwrap();
        }
        4 => sandbox.write(&format!("data/{at}/with \"quotes\".bin"), "\u{0}\r\n\u{1}"),
        _ => sandbox.write(&format!("changes/{}.misc.md", 100 + at), "More\n"),
    }
}

/// Random hooks; some fail until `../repaired` is there.
fn settings(random: &mut Random) -> ReleaseSettings {
    let commands = [
        "mkdir -p generated && echo {version} > generated/a.txt",
        "mkdir -p generated && echo x > generated/b.txt && test -e ../repaired",
        "test -e ../repaired",
        "rm -f changes/2.bugfix.md && echo Two again > changes/3.bugfix.md && git rm -q --cached changes/2.bugfix.md",
        "echo generated > generated.local; echo deep > 새.txt",
        "mkdir -p generated && ln -sf ../VERSION generated/link",
        "echo >> src/pkg/VERSION.note; exit 0",
        "mkdir -p cache/new/deep empty/folders && echo {version} > cache/new/deep/made",
        "mkdir -p cache && echo x > cache/made && rm -rf cache/made && test -e ../repaired",
        "mkdir -p dist && echo built by a hook > dist/pkg-24.9.0.tar.gz; echo > dist/other.whl",
        "echo x > vacant/made.local; echo y > made.local && mv made.local moved.local",
        "echo '/made.txt' >> .gitignore && echo ignored from now on > made.txt",
        "mkdir -p __pycache__ && echo '*' > __pycache__/.gitignore && echo x > __pycache__/a.pyc",
    ];
    let mut hooks = Vec::new();
    for at in 0..random.below(4) {
        let command = match random.of(&commands) {
            command if command.contains("changes/") => commands[0],
            command => command,
        };
        hooks.push(Hook {
            name: format!("hook {at}"),
            command: command.to_owned(),
            output: random.one_in(4).then(|| format!("history/{at}.txt")),
            when: match command.contains("dist/") {
                true => HookTime::Before, // after them, it would replace what was built
                false => *random.of(&[HookTime::Before, HookTime::Before, HookTime::After]),
            },
            releases: HookReleases::All,
        });
    }
    let profile = *random.of(&[
        Profile::OneChangelog,
        Profile::OneChangelog,
        Profile::ReleaseBranches,
    ]);
    ReleaseSettings {
        hooks,
        ..profile.settings()
    }
}

/// What a user does between a stop and the next command. Each is told apart from the release's own
/// files, and looked for afterwards.
#[derive(Debug, Default)]
struct UserWork {
    files: BTreeMap<String, String>,
    edited: Vec<(String, String)>,
}

impl UserWork {
    fn random(sandbox: &Sandbox, random: &mut Random) -> Self {
        let mut work = Self::default();
        let new = [
            ".env",
            "mine/notes.txt",
            "src/pkg/mended.py",
            "generated/mine.txt",
            "cache/new/mine.txt",
            "mine.local",
        ];
        for _ in 0..random.below(3) {
            let path = random.of(&new);
            work.files
                .insert((*path).to_owned(), format!("mine {}\n", random.below(100)));
        }
        if random.one_in(2) {
            let before = sandbox.read("pyproject.toml");
            work.edited.push(("pyproject.toml".to_owned(), before));
            work.files.insert(
                "pyproject.toml".to_owned(),
                "# edited by the user\n".to_owned(),
            );
        }
        for (path, text) in &work.files {
            sandbox.write(path, text);
        }
        work
    }

    #[track_caller]
    fn is_there(&self, sandbox: &Sandbox) {
        for (path, text) in &self.files {
            assert_eq!(sandbox.read(path), *text, "{path} is the user's");
        }
    }

    fn undo(&self, sandbox: &Sandbox) {
        for path in self.files.keys() {
            fs_err::remove_file(sandbox.root().join(path)).unwrap();
            for folder in camino::Utf8Path::new(path).ancestors().skip(1) {
                if folder.as_str().is_empty()
                    || fs_err::remove_dir(sandbox.root().join(folder)).is_err()
                {
                    break;
                }
            }
        }
        for (path, text) in &self.edited {
            sandbox.write(path, text);
        }
    }
}

/// What is packaged is what is tagged.
#[track_caller]
fn packaged_is_tagged(sandbox: &Sandbox) {
    let tag = "refs/tags/24.09.0";
    let git = Git::at(sandbox.root());
    if git.commit(tag).unwrap().is_none() {
        return;
    }
    let packed = sandbox.root().join("dist/pkg-24.9.0.tar.gz");
    if packed.exists() {
        assert_eq!(
            fs_err::read_to_string(packed).unwrap(),
            packed_of(&git, tag)
        );
    }
    assert_eq!(
        git.file(tag, "src/pkg/VERSION".into()).unwrap().as_deref(),
        Some("../../VERSION")
    );
    let version = sandbox.git(&["cat-file", "-e", "24.09.0^{commit}"]);
    assert_eq!(version, "");
}

fn out(plan: &Plan, sandbox: &Sandbox) -> bool {
    let remote = Git::at(sandbox.path("remote.git"));
    let tagged = remote.commit("refs/tags/24.09.0").unwrap().is_some();
    let branch = plan.steps.iter().any(|step| match step {
        ReleaseStep::Push { refs, .. } => refs
            .iter()
            .any(|name| name.contains("release/24.09.0") && remote.commit(name).unwrap().is_some()),
        _ => false,
    });
    tagged || branch
}

/// One release from beginning to end, disturbed at random.
fn case(seed: u64) {
    let mut random = Random(seed);
    let sandbox = repository(&mut random);
    let settings = settings(&mut random);
    let request = ReleaseRequest {
        push: *random.of(&[Pushing::Yes, Pushing::No]),
        ..request("24.09.0")
    };
    let facts = gather(&sandbox.root(), &settings, &request).unwrap();
    let planned = match plan(&settings, &facts, &request) {
        Ok(Decision::Go(plan)) => plan,
        other => panic!("no plan: {other:?}"),
    };
    let before = sandbox.snapshot();
    let user_refs = user_refs(&sandbox);
    let moment = |random: &mut Random| {
        let at = random.below(planned.steps.len());
        *random.of(&[Moment::Begun(at), Moment::Done(at), Moment::Journaled(at)])
    };
    let disturbance = |random: &mut Random| Disturbance {
        killed: random.one_in(2).then(|| moment(random)),
        intrudes_at: if random.one_in(4) {
            1 + random.below(planned.steps.len())
        } else {
            0
        },
    };
    let mut work = UserWork::default();
    let mut stopped = run(
        &sandbox,
        &planned,
        Way::Start,
        Some(disturbance(&mut random)),
    );
    let mut rounds = 0;
    while let Err(error) = &stopped {
        assert!(
            !matches!(error, RunError::Busy { .. } | RunError::NothingUnderWay),
            "{error}"
        );
        work.is_there(&sandbox);
        rounds += 1;
        assert!(rounds < 20, "it never ends: {error}");
        if rounds == 1 && random.one_in(2) {
            work = UserWork::random(&sandbox, &mut random);
        }
        if random.one_in(3) {
            let was_out = out(&planned, &sandbox);
            match run(&sandbox, &planned, Way::Abort, None) {
                Ok(()) => {
                    assert!(!was_out, "what is out was taken back");
                    work.is_there(&sandbox);
                    work.undo(&sandbox);
                    assert_eq!(sandbox.snapshot(), before, "aborted after {error}");
                    work = UserWork::default();
                    stopped = run(
                        &sandbox,
                        &planned,
                        Way::Start,
                        Some(disturbance(&mut random)),
                    );
                    continue;
                }
                Err(refused) => {
                    assert!(was_out, "before the push it can be taken back: {refused}");
                    assert!(matches!(refused, RunError::TooLate(_)), "{refused}");
                }
            }
        }
        if rounds > 2 {
            fs_err::write(sandbox.path("repaired"), "").unwrap();
        }
        stopped = run(
            &sandbox,
            &planned,
            Way::Resume,
            Some(disturbance(&mut random)),
        );
    }
    work.is_there(&sandbox);
    packaged_is_tagged(&sandbox);
    assert_eq!(user_refs, self::user_refs(&sandbox), "refs of the user");
    assert!(!sandbox.git_folder().join("xtask-release").exists());
    for path in ["secret.local", "src/pkg/generated.local", "cache/deep/file"] {
        assert_eq!(
            before.contains(&format!("{path} ")),
            sandbox.root().join(path).exists(),
            "{path}"
        );
    }
    let is_pushed = request.push == Pushing::Yes;
    assert_eq!(out(&planned, &sandbox), is_pushed, "pushed");
    // Whatever is repeated now changes nothing.
    if work.files.is_empty() {
        let after = sandbox.snapshot();
        let facts = gather(&sandbox.root(), &settings, &request).unwrap();
        let again = plan(&settings, &facts, &request);
        assert!(
            matches!(
                again,
                Ok(Decision::AlreadyReleased { .. } | Decision::AwaitingMerge { .. })
            ),
            "{again:?}"
        );
        assert_eq!(sandbox.snapshot(), after);
    }
}

/// Branches and tags that are not the release's.
fn user_refs(sandbox: &Sandbox) -> String {
    let all = sandbox.git(&[
        "for-each-ref",
        "--format=%(refname) %(objectname)",
        "refs/heads",
        "refs/tags",
    ]);
    let own = [
        "refs/heads/main ",
        "refs/tags/24.09.0 ",
        "refs/heads/release/24.09.0 ",
    ];
    let others = all
        .lines()
        .filter(|line| !own.iter().any(|own| line.starts_with(own)));
    others.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_laws_hold() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let cases: u64 = number("XTASK_RELEASE_CASES").unwrap_or(8);
    let seed: u64 = number("XTASK_RELEASE_SEED").unwrap_or(1);
    for seed in seed..seed + cases {
        let result = std::panic::catch_unwind(|| case(seed));
        if let Err(panic) = result {
            eprintln_seed(seed);
            std::panic::resume_unwind(panic);
        }
    }
}

#[allow(clippy::print_stderr, reason = "the seed of a case that fails")]
fn eprintln_seed(seed: u64) {
    eprintln!("the case has the seed {seed}");
}
