//! A team's cache beside this machine's: what one machine ran, no other runs; and whatever a server does, results
//! are right.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use engine::{
    Action, CacheUse, Engine, EngineOptions, Outcome, Provenance, ResultReach, RunEvent,
    RunObserver, RunReport, TreeNode,
};
use remote::messages::{ActionResult, OutputFile, OutputSymlink};
use remote::{CacheContentBehavior, Digest, RemoteOptions, RemoteProvider};
use testkit::{CacheFault, CacheServer, RealServer, RealServerKind};

use crate::support::{Scene, one, shell};

/// Hears warnings.
#[derive(Default)]
struct Warnings(Mutex<Vec<String>>);

impl RunObserver for Warnings {
    fn event(&self, event: &RunEvent<'_>) {
        if let RunEvent::Warning(text) = event {
            self.0.lock().unwrap().push((*text).to_owned());
        }
    }
}

/// A machine with a cache of its own, and where programs leave their mark.
struct Machine {
    scene: Scene,
    options: RemoteOptions,
    warnings: Warnings,
}

impl Machine {
    fn new(options: RemoteOptions) -> Self {
        let scene = Scene::new();
        scene.write("a", "alpha\n");
        Self {
            scene,
            options,
            warnings: Warnings::default(),
        }
    }

    fn options(&self) -> EngineOptions {
        EngineOptions {
            remote: self.options.clone(),
            ..self.scene.options()
        }
    }

    fn run(&self, actions: &[Action]) -> RunReport {
        self.run_with(actions, self.options())
    }

    fn run_with(&self, actions: &[Action], options: EngineOptions) -> RunReport {
        let engine = Engine::open(options).unwrap();
        let report = engine.run(actions, &self.warnings);
        engine.finish(&self.warnings);
        report
    }

    /// An action that leaves its mark wherever it runs.
    fn action(&self, number: usize) -> Action {
        self.script(
            number,
            "cat a; mkdir -p out/d; cp a out/d/b; ln -s d/b out/link; echo x > file",
        )
        .output("out")
        .output("file")
    }

    fn script(&self, number: usize, script: &str) -> Action {
        shell(&format!("echo ran >> $MARK; {script}"))
            .variable("NUMBER", number.to_string())
            .passed("MARK", self.scene.root.join("mark").as_str())
            .inputs(self.scene.inputs(&["a"]))
    }

    fn actions(&self, count: usize) -> Vec<Action> {
        (0..count).map(|number| self.action(number)).collect()
    }

    /// How often programs ran.
    fn runs(&self) -> usize {
        let mark = fs_err::read_to_string(self.scene.root.join("mark"));
        mark.unwrap_or_default().lines().count()
    }

    fn warnings(&self) -> String {
        let text = self.warnings.0.lock().unwrap().join("\n");
        let text = text.replace(self.scene.root.as_str(), "[root]");
        let is_hash = |word: &str| word.len() == 12 && word.chars().all(|c| c.is_ascii_hexdigit());
        let words = text.split(' ');
        let words = words.map(|word| if is_hash(word) { "HASH" } else { word });
        let text = words.collect::<Vec<_>>().join(" ");
        let mut shown = String::new();
        for (at, part) in text.split("127.0.0.1:").enumerate() {
            shown += if at > 0 { "127.0.0.1:PORT" } else { "" };
            let digits = |c: char| at > 0 && c.is_ascii_digit();
            shown += part.trim_start_matches(digits);
        }
        shown
    }
}

fn team(server: &CacheServer) -> RemoteOptions {
    team_at(&server.address())
}

fn team_at(address: &str) -> RemoteOptions {
    let mut options = RemoteOptions {
        store_address: Some(address.to_owned()),
        execution_address: Some(address.to_owned()),
        cache_read: true,
        cache_write: true,
        ..RemoteOptions::default()
    };
    options.limits.back_off = Duration::from_millis(1);
    options.limits.cache_timeout = Duration::from_secs(5);
    // A machine with much to do is no server without life.
    options.limits.look_up_patience = Duration::from_secs(5);
    options.limits.upload_patience = Some(Duration::from_secs(20));
    options
}

fn provenances(report: &RunReport) -> Vec<Provenance> {
    let outcomes = report.outcomes.iter();
    outcomes
        .map(|outcome| outcome.as_ref().unwrap().provenance)
        .collect()
}

#[track_caller]
fn check_right(outcome: &Outcome) {
    assert!(outcome.end.success());
    assert_eq!(outcome.stdout.text().unwrap(), "alpha\n");
    let nodes = outcome.outputs.nodes();
    let paths: Vec<_> = nodes.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(paths, ["file", "out/d/b", "out/link"]);
    let TreeNode::File(file) = outcome.outputs.get("out/d/b").unwrap() else {
        panic!("a file");
    };
    assert_eq!(file.digest, Digest::of(b"alpha\n"));
}

#[test]
fn what_one_machine_ran_no_other_runs() {
    let server = CacheServer::start();
    let folder = tempfile::tempdir().unwrap();
    let in_folder = RemoteOptions {
        provider: RemoteProvider::File,
        store_address: Some(format!("file://{}", folder.path().display())),
        ..team(&server)
    };
    for options in [team(&server), in_folder] {
        let first = Machine::new(options.clone());
        let report = first.run(&first.actions(20));
        assert_eq!(provenances(&report), [Provenance::LocalRun; 20]);
        assert_eq!(first.runs(), 20);
        for content in [
            CacheContentBehavior::Fetch,
            CacheContentBehavior::Validate,
            CacheContentBehavior::Defer,
        ] {
            let second = Machine::new(RemoteOptions {
                content,
                ..options.clone()
            });
            let report = second.run(&second.actions(20));
            report
                .outcomes
                .iter()
                .for_each(|o| check_right(o.as_ref().unwrap()));
            assert_eq!(provenances(&report), [Provenance::RemoteCache; 20]);
            assert_eq!(second.runs(), 0);
            // What came is here from now on, also without the server.
            let report = second.run_with(&second.actions(20), second.scene.options());
            assert_eq!(provenances(&report), [Provenance::LocalCache; 20]);
            assert_eq!(first.warnings() + &second.warnings(), "");
        }
    }
}

#[test]
fn what_comes_while_the_program_runs_ends_it() {
    let server = CacheServer::start();
    let script = "if [ -e $FAST ]; then echo done; else sleep 60; fi";
    let first = Machine::new(team(&server));
    let fast = first.scene.root.as_str();
    first.run(&[first.script(0, script).passed("FAST", fast)]);
    server.inject(CacheFault::Slow(Duration::from_millis(400)));
    let mut options = team(&server);
    options.limits.look_up_patience = Duration::from_millis(1);
    let second = Machine::new(options);
    let start = Instant::now();
    let report = second.run(&[second.script(0, script).passed("FAST", "/nowhere")]);
    assert_eq!(provenances(&report), [Provenance::RemoteCache]);
    assert_eq!(second.runs(), 1);
    assert!(start.elapsed() < Duration::from_secs(30));
    assert_eq!(one(report).stdout.text().unwrap(), "done\n");
}

/// What a run says of a server that goes wrong after another machine filled it. Its results are right in any case.
fn told(fault: CacheFault) -> String {
    let server = CacheServer::start();
    let first = Machine::new(team(&server));
    first.run(&first.actions(3));
    server.inject(fault);
    let mut options = team(&server);
    if matches!(fault, CacheFault::Slow(_)) {
        options.limits.cache_timeout = Duration::from_millis(50);
        options.limits.store_timeout = Duration::from_millis(200);
        options.limits.look_up_patience = Duration::from_millis(200);
    }
    options.limits.cache_concurrency = 1;
    options.limits.upload_patience = Some(Duration::from_secs(10));
    options.limits.look_up_patience = Duration::from_millis(200);
    let second = Machine::new(options);
    let report = second.run(&second.actions(5));
    report
        .outcomes
        .iter()
        .for_each(|o| check_right(o.as_ref().unwrap()));
    // The next run knows nothing of it.
    server.heal();
    let second_run = second.run(&second.actions(5));
    assert_eq!(provenances(&second_run), [Provenance::LocalCache; 5]);
    second.warnings()
}

#[test]
fn a_server_that_fails_costs_a_warning() {
    insta::assert_snapshot!(told(CacheFault::Unavailable), @"cannot look up the action HASH (177 bytes) at grpc://127.0.0.1:PORT: it answers UNAVAILABLE: the backend restarts (3 attempts); nothing more is looked up or shared in this run");
    insta::assert_snapshot!(told(CacheFault::Unauthenticated), @"cannot look up the action HASH (177 bytes) at grpc://127.0.0.1:PORT: it refuses the login, of which none was sent: who are you?; nothing more is looked up or shared in this run (set PANTS_REMOTE_OAUTH_BEARER_TOKEN, `remote_oauth_bearer_token_path` or `remote_store_headers`)");
    insta::assert_snapshot!(told(CacheFault::OtherInstance), @"cannot look up the action HASH (177 bytes) at grpc://127.0.0.1:PORT: it answers INVALID_ARGUMENT: unknown instance name ''; nothing more is looked up or shared in this run (is `remote_instance_name` the one of this server?)");
    insta::assert_snapshot!(told(CacheFault::OtherDigests), @"cannot ask for the capabilities at grpc://127.0.0.1:PORT: it cannot be used: it does not know blobs by SHA-256; nothing more is looked up or shared in this run (is this a server with the Remote Execution API v2?)");
    // Which call it is first depends on who is quicker.
    for (fault, why) in [
        (
            CacheFault::ReadOnly,
            "this token only reads; nothing more is shared in this run",
        ),
        (
            CacheFault::Full,
            "the disk is full (3 attempts); nothing more is shared in this run",
        ),
    ] {
        let told = told(fault);
        assert!(
            told.starts_with("cannot store ") && told.contains(why),
            "{told}"
        );
        assert_eq!(told.lines().count(), 1, "{told}");
    }
}

#[test]
fn a_server_that_lies_costs_a_warning() {
    for fault in [
        CacheFault::Truncated,
        CacheFault::WrongContent,
        CacheFault::TooLong,
        CacheFault::Forgetful,
        CacheFault::BadResults,
        CacheFault::Slow(Duration::from_secs(60)),
    ] {
        let told = told(fault);
        let warnings: Vec<_> = told.lines().collect();
        assert!(
            (1..=4).contains(&warnings.len()) && warnings[0].starts_with("cannot "),
            "{fault:?}: {told}"
        );
    }
}

#[test]
fn settings_that_do_not_go_together_cost_a_warning() {
    let shown = |change: fn(&mut RemoteOptions)| {
        let mut options = team(&CacheServer::start());
        change(&mut options);
        let machine = Machine::new(options);
        check_right(&one(machine.run(&machine.actions(1))));
        machine.warnings()
    };
    insta::assert_snapshot!(shown(|o| o.store_address = None), @"the shared cache is not used: `[GLOBAL] remote_cache_read` is on, and `[GLOBAL] remote_store_address` is not set (set `remote_store_address`, or turn `remote_cache_read` off)");
    insta::assert_snapshot!(shown(|o| o.token = Some(remote::BearerToken::File("/nowhere".into()))), @"the shared cache is not used: `[GLOBAL] remote_oauth_bearer_token_path` is `/nowhere`: failed to open file `/nowhere`: No such file or directory (os error 2)");
}

/// A result that has one more output.
fn with_output(path: &str) -> (Provenance, usize) {
    with_result(|result| {
        let path = path.to_owned();
        let first = result.output_files[0].clone();
        result.output_files.push(OutputFile { path, ..first });
    })
}

/// A result that the server has of the first action, changed; what came of the run.
fn with_result(change: impl Fn(&mut ActionResult)) -> (Provenance, usize) {
    let server = CacheServer::start();
    let first = Machine::new(team(&server));
    first.run(&first.actions(1));
    server.state().results.values_mut().for_each(&change);
    let second = Machine::new(team(&server));
    let outcome = one(second.run(&second.actions(1)));
    check_right(&outcome);
    (outcome.provenance, second.runs())
}

#[test]
fn a_result_that_is_not_one_of_the_action_is_none() {
    let here = (Provenance::LocalRun, 1);
    assert_eq!(with_result(|_| ()), (Provenance::RemoteCache, 0));
    assert_eq!(with_result(|result| result.output_files.clear()), here);
    assert_eq!(with_result(|result| result.exit_code = 1), here);
    for path in ["undeclared", "../file"] {
        assert_eq!(with_output(path), here, "{path}");
    }
    for target in ["/etc/passwd", "../../etc/passwd", "d/../../../x"] {
        let with_link = with_result(|result| {
            result.output_files.clear();
            result.output_symlinks.push(OutputSymlink {
                path: "file".into(),
                target: target.into(),
                ..OutputSymlink::default()
            });
        });
        assert_eq!(with_link, here, "{target}");
    }
}

#[test]
fn what_is_shared_and_looked_up_is_what_may_be() {
    let server = CacheServer::start();
    let machine = Machine::new(team(&server));
    let actions = machine.actions(1);
    // What may come of more than its inputs, what fails, what is not cached.
    let own = Action {
        reach: ResultReach::Machine,
        ..machine.action(1)
    };
    let failing = machine.script(2, "exit 1");
    let uncached = Action {
        cache: CacheUse::None,
        ..machine.action(3)
    };
    machine.run(&[own, failing, uncached]);
    assert!(server.state().results.is_empty());
    // What is run again all the same is shared, and not looked up.
    let calls = server.calls("GetActionResult");
    let options = EngineOptions {
        cache_use: CacheUse::Write,
        ..machine.options()
    };
    machine.run_with(&actions, options);
    assert_eq!(server.calls("GetActionResult"), calls);
    assert_eq!(server.state().results.len(), 1);
    // An untrusted run shares nothing.
    let mut options = team(&server);
    options.cache_write = false;
    let untrusted = Machine::new(options);
    let report = untrusted.run(&untrusted.actions(3));
    assert_eq!(
        provenances(&report),
        [
            Provenance::RemoteCache,
            Provenance::LocalRun,
            Provenance::LocalRun
        ]
    );
    assert_eq!(server.state().results.len(), 1);
}

/// The server of these tests runs nothing: it has an empty result of whatever it is handed.
#[test]
fn a_server_runs_what_it_can_and_this_machine_the_rest() {
    let server = CacheServer::start();
    let mut options = team(&server);
    (options.execution, options.cache_read) = (true, false);
    options.platform_properties = vec!["pool=large".into()];
    let machine = Machine::new(options);
    // An empty result is right for one, and lacks an output of the other.
    let report = machine.run(&[machine.script(0, "true"), machine.action(1)]);
    assert_eq!(
        provenances(&report),
        [Provenance::RemoteExecution, Provenance::LocalRun]
    );
    check_right(report.outcomes[1].as_ref().unwrap());
    assert_eq!(machine.runs(), 1);
    // It was sent all that belongs to them.
    let state = server.state();
    let input = Digest::of(b"alpha\n").to_string();
    assert!(state.blobs.contains_key(&input));
    assert!(
        state
            .blobs
            .values()
            .any(|blob| blob.windows(5).any(|part| part == b"large"))
    );
}

/// buildbox-casd's workers, with the programs of this machine.
#[test]
fn a_worker_runs_actions_and_others_have_their_results() {
    let Some(server) = RealServer::start(RealServerKind::BuildboxCasd) else {
        return;
    };
    let address = format!("grpc://{}", server.host());
    let mut options = team_at(&address);
    options.execution = true;
    let machine = Machine::new(options.clone());
    let failing = shell("echo why >&2; exit 3");
    let absent = Action::new("absent", ["/nowhere/program"]);
    let action = |machine: &Machine, number: usize| Action {
        arguments: shell("cat a; mkdir -p out/d; cp a out/d/b; ln -s d/b out/link; echo x > file")
            .arguments,
        ..machine.action(number)
    };
    let actions: Vec<_> = (0..4).map(|number| action(&machine, number)).collect();
    let report = machine.run(&actions);
    assert_eq!(provenances(&report), [Provenance::RemoteExecution; 4]);
    for outcome in &report.outcomes {
        check_right(outcome.as_ref().unwrap());
    }
    assert_eq!(machine.runs(), 0);
    let report = machine.run(&[failing, absent]);
    let failed = report.outcomes[0].as_ref().unwrap();
    assert_eq!(
        (failed.end, failed.provenance),
        (engine::ProcessEnd::Exit(3), Provenance::RemoteExecution)
    );
    assert_eq!(failed.stderr.text().unwrap(), "why\n");
    assert!(
        !report.outcomes[1]
            .as_ref()
            .is_ok_and(|outcome| outcome.end.success())
    );
    options.execution = false;
    let other = Machine::new(options);
    let actions: Vec<_> = (0..4).map(|number| action(&other, number)).collect();
    let report = other.run(&actions);
    assert_eq!(provenances(&report), [Provenance::RemoteCache; 4]);
    assert_eq!(machine.warnings() + &other.warnings(), "");
}

#[test]
fn a_server_that_runs_nothing_any_more_is_done_without() {
    let server = CacheServer::start();
    let mut options = team(&server);
    (options.execution, options.cache_read) = (true, false);
    options.cache_write = false;
    server.inject(CacheFault::Unavailable);
    let machine = Machine::new(options);
    let report = machine.run(&machine.actions(3));
    assert_eq!(provenances(&report), [Provenance::LocalRun; 3]);
    assert_eq!(
        machine.warnings().lines().count(),
        1,
        "{}",
        machine.warnings()
    );
}

/// How long a run of two seconds takes.
fn time(options: &RemoteOptions) -> Duration {
    let machine = Machine::new(options.clone());
    let actions: Vec<_> = (0..8)
        .map(|number| {
            machine
                .script(number, "sleep 0.5; echo x > file")
                .output("file")
        })
        .collect();
    let start = Instant::now();
    let report = machine.run(&actions);
    assert_eq!(provenances(&report), [Provenance::LocalRun; 8]);
    start.elapsed()
}

#[test]
fn a_cache_that_has_nothing_slows_no_run_by_more_than_a_tenth() {
    if std::env::var_os("XTASK_TIMINGS").is_none() {
        testkit::skip("measures time, which takes a quiet machine: XTASK_TIMINGS=1 runs it");
        return;
    }
    for fault in [None, Some(60_000), Some(300)] {
        let slowed = || {
            let server = CacheServer::start();
            if let Some(delay) = fault {
                server.inject(CacheFault::Slow(Duration::from_millis(delay)));
            }
            let with = time(&RemoteOptions {
                limits: remote::RemoteLimits::default(),
                ..team(&server)
            });
            with.as_secs_f64() / time(&RemoteOptions::default()).as_secs_f64()
        };
        // The machine may have much to do: the quickest of some runs counts.
        assert!((0..8).any(|_| slowed() < 1.1), "{fault:?}");
    }
}
