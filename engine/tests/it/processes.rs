//! Programs that take long, start others, or do not end.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use engine::{Action, Engine, EngineOptions, ProcessEnd, RunEvent, RunObserver, Silence};

use crate::support::{Scene, one, runs, shell};

/// What it started ends too, also what left its process group and closed its streams.
#[test]
fn a_time_limit_ends_everything_it_started() {
    let scene = Scene::new();
    let script = "trap '' TERM INT; setsid sh -c 'echo $$; exec >&- 2>&-; sleep 600; :' & \
                  sh -c 'echo $$; sleep 600; :' & echo $$; sleep 600; :";
    let action = Action {
        // Long enough to set a trap on a busy machine.
        timeout: Some(Duration::from_secs(3)),
        ..shell(script)
    };
    let start = Instant::now();
    let outcome = scene.run(&action);
    assert_eq!(outcome.end, ProcessEnd::TimeLimit);
    assert!(start.elapsed() < Duration::from_secs(60));
    let text = outcome.stdout.text().unwrap();
    assert_eq!(text.lines().count(), 3, "{text}");
    assert!(text.lines().all(|pid| !runs(pid)), "{text}");
}

/// A daemon: a new session, another parent, no streams, another folder, no variables.
#[test]
fn what_goes_into_the_background_ends_with_the_program() {
    let scene = Scene::new();
    let daemons = [
        "setsid sh -c 'echo $$ > pid; exec >&- 2>&- <&-; cd /; sleep 600; :' &",
        "(setsid sh -c 'sh -c \"echo \\$\\$ > pid; sleep 600; :\" &' &);",
        "env -i setsid sh -c 'echo $$ > pid; exec sleep 600' &",
    ];
    for daemon in daemons {
        let script = format!("{daemon} while [ ! -s pid ]; do sleep 0.01; done; cat pid");
        let outcome = scene.run(&shell(&script));
        let pid = outcome.stdout.text().unwrap();
        assert!(pid.trim().parse::<u32>().is_ok(), "{outcome:?}");
        assert!(!runs(pid.trim()), "{daemon}");
    }
}

#[test]
fn streams_may_be_closed_and_long() {
    let scene = Scene::new();
    let closed = scene.run(&shell("exec >&- 2>&- <&-; true"));
    assert_eq!((closed.end, closed.stdout.size()), (ProcessEnd::Exit(0), 0));
    let long = shell("head -c 3000000 /dev/zero; head -c 100000 /dev/zero >&2");
    for _ in 0..2 {
        let outcome = scene.run(&long);
        assert_eq!(outcome.stdout.bytes().unwrap(), vec![0; 3_000_000]);
        assert_eq!(outcome.stderr.size(), 100_000);
    }
}

/// A program that would fill the disk is ended; the beginning of what it wrote is kept.
#[test]
fn what_a_program_writes_has_a_limit() {
    let scene = Scene::new();
    let options = EngineOptions {
        output_limit: 1_000_000,
        ..scene.options()
    };
    let engine = Engine::open(options).unwrap();
    let outcome = one(engine.run(&[shell("yes")], &Silence));
    assert_eq!(outcome.end, ProcessEnd::OutputLimit);
    assert_eq!(outcome.stdout.size(), 64 << 10);
    let sandbox = scene.cache().join("v1/sandboxes/0/stdout");
    assert!(!sandbox.exists());
}

/// A program may clean up after its time is over, and what it says then is kept.
#[test]
fn a_program_may_clean_up_after_its_time() {
    let scene = Scene::new();
    let script = "trap 'echo cleaned; exit 1' INT; echo $$; sleep 600 & wait";
    let action = Action {
        timeout: Some(Duration::from_secs(3)),
        ..shell(script)
    };
    let outcome = scene.run(&action);
    assert_eq!(outcome.end, ProcessEnd::TimeLimit);
    assert!(outcome.stdout.text().unwrap().ends_with("\ncleaned\n"));
}

#[test]
fn a_signal_is_not_an_exit_code() {
    let scene = Scene::new();
    assert_eq!(
        scene.run(&shell("kill -SEGV $$")).end,
        ProcessEnd::Signal(11)
    );
}

#[derive(Default)]
struct Slots(Mutex<Vec<usize>>);

impl RunObserver for Slots {
    fn event(&self, event: &RunEvent<'_>) {
        if let RunEvent::Started { slot, .. } = event {
            self.0.lock().unwrap().push(*slot);
        }
    }
}

#[test]
fn as_many_run_as_there_are_jobs_each_in_its_slot() {
    let scene = Scene::new();
    let run = |count: usize, wait: &str| {
        let folder = scene.root.join(format!("marks-{count}"));
        fs_err::create_dir(&folder).unwrap();
        let running = format!("$(ls {folder} | wc -l)");
        let script = format!(
            "mkdir {folder}/$$; i=0; while [ {running} -lt {wait} ] && [ $i -lt 3000 ]; do \
             sleep 0.01; i=$((i+1)); done; echo {running}; sleep 0.05; rmdir {folder}/$$"
        );
        let actions: Vec<_> = (0..count)
            .map(|number| shell(&script).variable("N", number.to_string()))
            .collect();
        let slots = Slots::default();
        let report = scene.engine().run(&actions, &slots);
        let running = report.outcomes.iter().map(|outcome| {
            let text = outcome.as_ref().unwrap().stdout.text().unwrap();
            text.trim().parse::<usize>().unwrap()
        });
        let mut slots = slots.0.into_inner().unwrap();
        slots.sort_unstable();
        (running.collect::<Vec<_>>(), slots)
    };
    // Each of two waits for the other.
    let (running, slots) = run(2, "2");
    assert!(running.contains(&2), "{running:?}");
    assert_eq!(slots, [0, 1]);
    let (running, slots) = run(8, "0");
    assert!(running.iter().all(|running| *running <= 2), "{running:?}");
    assert!(slots.iter().all(|slot| *slot <= 1), "{slots:?}");
}
