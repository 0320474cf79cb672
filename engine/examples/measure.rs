//! What the engine itself costs: actions that do nothing, actions in the cache, and sandboxes.
//!
//! `cargo run --release -p engine --example measure` prints a line for each; `benches/actions.py` runs it.

#![allow(clippy::print_stdout, reason = "what it measures is its output")]

use std::error::Error;
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use engine::{
    Action, Engine, EngineOptions, FileIndex, ForkExec, InputTree, Launch, LaunchStreams, Silence,
    Spawner,
};

type Measured<T> = Result<T, Box<dyn Error>>;

fn main() -> Measured<()> {
    let folder = tempfile::tempdir()?;
    let root = Utf8Path::from_path(folder.path()).ok_or("a path that is not UTF-8")?;
    let root = root.canonicalize_utf8()?;
    nothing(&root, 2_000)?;
    cached(&root)?;
    sandbox(&root)?;
    Ok(())
}

fn engine(cache: Utf8PathBuf) -> Measured<Engine> {
    Ok(Engine::open(EngineOptions::new(cache))?)
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Programs that do nothing, started by the engine and without it, in turn.
fn nothing(root: &Utf8Path, count: u32) -> Measured<()> {
    let actions = |round: u32| {
        let action = |number: u32| {
            Action::new(format!("nothing {number}"), ["/bin/true"])
                .variable("NUMBER", format!("{round} {number}"))
        };
        (0..count).map(action).collect::<Vec<_>>()
    };
    let mut rounds = Vec::new();
    for round in 0..3 {
        let start = Instant::now();
        let engine = engine(root.join("cache"))?;
        let jobs = u32::try_from(engine.jobs())?;
        engine.run(&actions(round), &Silence);
        let with = start.elapsed();
        let without = forks(root, count, jobs)?;
        rounds.push((with.saturating_sub(without) * jobs / count, with, without));
    }
    rounds.sort();
    let (each, with, without) = rounds[1];
    println!(
        "{count} actions that do nothing: {:.0} ms, fork and exec alone {:.0} ms: {:.2} ms above each, of a core",
        milliseconds(with),
        milliseconds(without),
        milliseconds(each),
    );
    Ok(())
}

/// The same programs in as many threads, without the engine.
fn forks(root: &Utf8Path, count: u32, jobs: u32) -> Measured<Duration> {
    let start = Instant::now();
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..jobs)
            .map(|thread| {
                let streams = LaunchStreams::Files {
                    stdout: root.join(format!("stdout-{thread}")),
                    stderr: root.join(format!("stderr-{thread}")),
                };
                let launch = Launch {
                    program: "/bin/true".into(),
                    arguments: Vec::new(),
                    environment: [("PATH".to_owned(), "/usr/bin:/bin".to_owned())].into(),
                    folder: root.to_owned(),
                    streams,
                    slot: 0,
                };
                scope.spawn(move || {
                    (0..count / jobs).try_for_each(|_| ForkExec.spawn(&launch)?.wait().map(drop))
                })
            })
            .collect();
        let ended = threads
            .into_iter()
            .map(|thread| thread.join().map_err(|_| "a thread failed"));
        ended.collect::<Result<Vec<_>, _>>()
    })?;
    Ok(start.elapsed())
}

/// 10,000 actions in the cache, each with two files of its own and a shared one.
fn cached(root: &Utf8Path) -> Measured<()> {
    const ACTIONS: usize = 10_000;
    let tree = root.join("tree");
    let path = |number: usize| format!("package_{}/module_{number}.py", number / 100);
    for number in 0..ACTIONS * 2 {
        let file = tree.join(path(number));
        if number % 100 == 0 {
            fs_err::create_dir_all(file.parent().ok_or("no folder")?)?;
        }
        fs_err::write(file, format!("NUMBER = {number}\n"))?;
    }
    // Files that were written just now are not believed.
    std::thread::sleep(Duration::from_millis(2_100));
    let run = || -> Measured<(Duration, Duration)> {
        let start = Instant::now();
        let engine = engine(root.join("cache"))?;
        let index = FileIndex::open(engine.cache_folder(), tree.clone());
        let paths: Vec<_> = (0..ACTIONS * 2).map(path).collect();
        let nodes = index.nodes(&paths)?;
        let read = start.elapsed();
        let all: Vec<_> = paths.into_iter().zip(nodes).collect();
        let actions = all.chunks(2).map(|two| {
            let inputs = InputTree::of_nodes(two.iter().cloned())?;
            Ok(Action::new(two[0].0.as_str(), ["/bin/true"]).inputs(inputs))
        });
        let actions = actions.collect::<Measured<Vec<_>>>()?;
        let report = engine.run(&actions, &Silence);
        index.save()?;
        let well = report.outcomes.iter().filter(|outcome| {
            let outcome = outcome.as_ref();
            outcome.is_ok_and(|outcome| outcome.end.success())
        });
        assert_eq!(well.count(), ACTIONS, "every action ends well");
        Ok((start.elapsed(), read))
    };
    run()?;
    let mut times = [run()?, run()?, run()?];
    times.sort();
    let (all, read) = times[1];
    println!(
        "{ACTIONS} actions in the cache with {} input files: {:.0} ms, of which the files' states {:.0} ms",
        ACTIONS * 2,
        milliseconds(all),
        milliseconds(read),
    );
    Ok(())
}

/// A sandbox of 2,000 files: new, as it was, and with ten other files; beside `cp -al`.
fn sandbox(root: &Utf8Path) -> Measured<()> {
    const FILES: usize = 2_000;
    let tree = root.join("tree");
    let index = FileIndex::open(&root.join("index"), tree.clone());
    let path = |number: usize| format!("package_{}/module_{number}.py", number / 100);
    let inputs = |from: usize| {
        let paths: Vec<_> = (from..from + FILES).map(path).collect();
        index.tree(&paths)
    };
    let engine = engine(root.join("sandboxes"))?;
    let time = |from: usize, round: usize| -> Measured<f64> {
        let action = Action::new("sandbox", ["/bin/true"]).variable("ROUND", round.to_string());
        let action = action.inputs(inputs(from)?);
        let start = Instant::now();
        engine.run(&[action], &Silence);
        Ok(milliseconds(start.elapsed()))
    };
    let new = time(0, 0)?;
    std::thread::sleep(Duration::from_millis(100));
    time(0, 1)?;
    let same = time(0, 2)?;
    let other = time(10, 3)?;
    let whole = root.join("whole");
    fs_err::create_dir(&whole)?;
    for package in 0..FILES / 100 {
        let name = format!("package_{package}");
        fs_err::rename(tree.join(&name), whole.join(&name))?;
    }
    let start = Instant::now();
    duct::cmd!("cp", "-al", &whole, root.join("linked")).run()?;
    let linked = milliseconds(start.elapsed());
    println!(
        "sandbox of {FILES} files: new {new:.0} ms, unchanged {same:.0} ms, ten others {other:.0} ms; cp -al {linked:.0} ms"
    );
    Ok(())
}
