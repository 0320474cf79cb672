//! What the engine itself costs: actions that do nothing, actions in the cache, and sandboxes.
//!
//! `cargo run --release -p engine --example measure` prints a line for each; `benches/actions.py` runs it.

#![allow(clippy::print_stdout, reason = "what it measures is its output")]
#![allow(clippy::disallowed_methods, reason = "it calls what the engine calls")]

use std::error::Error;
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use engine::{Action, Engine, EngineOptions, FileIndex, InputTree, Silence, TreeError};
use rayon::prelude::*;

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

/// Wall and CPU time, that of children that ended included, since a moment.
struct Stopwatch {
    start: Instant,
    ticks: u64,
}

/// How long something took.
#[derive(Clone, Copy)]
struct Times {
    wall: Duration,
    cpu: Duration,
}

impl Stopwatch {
    fn start() -> Self {
        let (start, ticks) = (Instant::now(), ticks());
        Self { start, ticks }
    }

    fn times(&self) -> Times {
        Times {
            wall: self.start.elapsed(),
            cpu: Duration::from_millis(10 * (ticks() - self.ticks)),
        }
    }
}

/// The CPU time of this process and its children, in hundredths of a second: what the kernel counts in.
fn ticks() -> u64 {
    let stat = fs_err::read_to_string("/proc/self/stat").unwrap_or_default();
    let (_, rest) = stat.rsplit_once(") ").unwrap_or_default();
    let times = rest.split(' ').skip(11).take(4);
    times.filter_map(|ticks| ticks.parse::<u64>().ok()).sum()
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
        let watch = Stopwatch::start();
        let engine = engine(root.join("cache"))?;
        let jobs = u32::try_from(engine.jobs())?;
        engine.run(&actions(round), &Silence);
        let with = watch.times();
        let watch = Stopwatch::start();
        forks(count, jobs)?;
        let without = watch.times();
        let above = |with: Duration, without: Duration| with.saturating_sub(without) / count;
        let each = above(with.cpu, without.cpu);
        rounds.push((each, above(with.wall, without.wall) * jobs, with, without));
    }
    rounds.sort_by_key(|(each, ..)| *each);
    let (cpu, wall, with, without) = rounds[1];
    println!(
        "{count} actions that do nothing: {:.0} ms, fork and exec alone {:.0} ms: above that {:.2} ms CPU, {:.2} ms wall of a core each",
        milliseconds(with.wall),
        milliseconds(without.wall),
        milliseconds(cpu),
        milliseconds(wall),
    );
    Ok(())
}

/// The same programs in as many threads, without the engine.
fn forks(count: u32, jobs: u32) -> Measured<()> {
    std::thread::scope(|scope| {
        let program = || {
            duct::cmd!("/bin/true")
                .stdin_null()
                .stdout_null()
                .stderr_null()
        };
        let threads: Vec<_> = (0..jobs)
            .map(|_| {
                scope.spawn(move || (0..count / jobs).try_for_each(|_| program().run().map(drop)))
            })
            .collect();
        let ended = threads
            .into_iter()
            .map(|thread| thread.join().map_err(|_| "a thread failed"));
        ended.collect::<Result<Vec<_>, _>>()
    })?;
    Ok(())
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
    let paths: Vec<_> = (0..ACTIONS * 2).map(path).collect();
    let run = || -> Measured<(Times, Times, Times)> {
        let watch = Stopwatch::start();
        let read = |path: &String| std::fs::symlink_metadata(tree.join(path)).map(drop);
        paths.par_iter().try_for_each(read)?;
        let alone = watch.times();
        let watch = Stopwatch::start();
        let engine = engine(root.join("cache"))?;
        let index = FileIndex::open(engine.cache_folder(), tree.clone());
        let nodes = index.nodes(&paths)?;
        let read = watch.times();
        let all: Vec<_> = paths.iter().cloned().zip(nodes).collect();
        let actions = all.par_chunks(2).map(|two| {
            let inputs = InputTree::of_nodes(two.iter().cloned())?;
            Ok(Action::new(two[0].0.as_str(), ["/bin/true"]).inputs(inputs))
        });
        let actions: Result<Vec<_>, TreeError> = actions.collect();
        let report = engine.run(&actions?, &Silence);
        index.save()?;
        let well = report.outcomes.iter().filter(|outcome| {
            let outcome = outcome.as_ref();
            outcome.is_ok_and(|outcome| outcome.end.success())
        });
        assert_eq!(well.count(), ACTIONS, "every action ends well");
        Ok((watch.times(), read, alone))
    };
    run()?;
    let mut times = [run()?, run()?, run()?, run()?, run()?];
    times.sort_by_key(|(all, ..)| all.cpu);
    let (all, read, alone) = times[2];
    println!(
        "{ACTIONS} actions in the cache with {} input files: {:.0} ms ({:.0} ms CPU), up to their digests {:.0} ms ({:.0} ms CPU); \
         reading the files' states alone {:.0} ms ({:.0} ms CPU)",
        ACTIONS * 2,
        milliseconds(all.wall),
        milliseconds(all.cpu),
        milliseconds(read.wall),
        milliseconds(read.cpu),
        milliseconds(alone.wall),
        milliseconds(alone.cpu),
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
