//! One action, run here: its sandbox made, its program started and waited for, its outputs kept.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use remote::LookUp;

use crate::action::{Action, Streams, Workplace};
use crate::error::{ActionError, SandboxError};
use crate::outcome::{KeptOutput, Outcome, Provenance};
use crate::outputs::{OutputCollector, keep_stream, output_folders};
use crate::process::{
    ForkExec, Launch, LaunchStreams, MARKER, ProcessEnd, ProcessSignal, Spawner, end_orphans_of,
    find_program,
};
use crate::sandbox::{Placing, SandboxSlot};
use crate::store::BlobStore;
use crate::supervisor::{ProgramExcess, ProgramLimits, Supervisor};
use crate::template::SANDBOX;
use crate::tree::InputTree;

/// Where programs are looked for, unless the action says it.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// Runs actions in the sandbox of one slot.
pub(crate) struct LocalRunner<'a> {
    /// Where inputs come from and outputs are kept.
    pub(crate) store: &'a BlobStore,
    /// What ends programs.
    pub(crate) supervisor: &'a Supervisor,
    /// How many bytes a program may write to each of its streams.
    pub(crate) output_limit: u64,
    /// A look-up that goes on meanwhile: a result that is found ends the program.
    pub(crate) look_up: Option<&'a LookUp>,
}

impl LocalRunner<'_> {
    /// Runs an action.
    ///
    /// # Errors
    /// Where it has no result.
    pub(crate) fn run(
        &self,
        action: &Action,
        slot: &mut SandboxSlot,
    ) -> Result<Outcome, ActionError> {
        let folders = output_folders(action)?;
        let root = match &action.workplace {
            workplace @ (Workplace::Sandbox | Workplace::Empty) => {
                let inputs = match workplace {
                    Workplace::Empty => &InputTree::default(),
                    _ => &action.inputs,
                };
                let placing = Placing {
                    folders: &folders,
                    store: Some(self.store),
                };
                slot.prepare(inputs, &placing)?;
                slot.root()
            }
            Workplace::Tree(root) => {
                slot.prepare_surroundings()?;
                root.canonicalize_utf8()
                    .map_err(|error| SandboxError::file("use", root, error))?
            }
        };
        let launch = launch(action, slot, &root)?;
        let (end, elapsed) = self.run_program(action, &launch)?;
        if end_orphans_of(slot.folder()) && matches!(end, ProcessEnd::Exit(_)) {
            slot.keep_streams();
        }
        let collector = OutputCollector {
            store: self.store,
            root: &root,
        };
        let outputs = collector.collect(action, end)?;
        let (stdout, stderr) = match &launch.streams {
            LaunchStreams::Terminal => (KeptOutput::of(b""), KeptOutput::of(b"")),
            LaunchStreams::Files { stdout, stderr } => (
                keep_stream(stdout, end, self.store)?,
                keep_stream(stderr, end, self.store)?,
            ),
        };
        Ok(Outcome {
            action: action.digest(),
            end,
            stdout,
            stderr,
            outputs,
            elapsed,
            provenance: Provenance::LocalRun,
        })
    }

    fn run_program(
        &self,
        action: &Action,
        launch: &Launch,
    ) -> Result<(ProcessEnd, Duration), ActionError> {
        let failed = |error| ActionError::Start {
            program: launch.program.to_string(),
            error: Arc::new(error),
        };
        let spawner: &dyn Spawner = action.spawner.as_deref().unwrap_or(&ForkExec);
        let start = Instant::now();
        let process = spawner.spawn(launch).map_err(failed)?;
        let limits = ProgramLimits {
            name: &action.description,
            shutdown: action.shutdown,
            time: action.timeout,
            output: self.output_limit,
            streams: &launch.streams,
        };
        let guard = self.supervisor.watch(&process, &limits);
        if let Some(look_up) = self.look_up {
            let process = process.clone();
            look_up.on_hit(move || process.signal(ProcessSignal::Kill));
        }
        let end = process.wait().map_err(failed)?;
        let interrupted = || self.supervisor.is_interrupted();
        let end = match guard.exceeded() {
            Some(ProgramExcess::Time) => ProcessEnd::TimeLimit,
            Some(ProgramExcess::Output) => ProcessEnd::OutputLimit,
            None if !end.success() && interrupted() => ProcessEnd::Interrupt,
            None => end,
        };
        Ok((end, start.elapsed()))
    }
}

/// The program of an action, with the paths of this machine.
fn launch(action: &Action, slot: &SandboxSlot, root: &Utf8Path) -> Result<Launch, ActionError> {
    let places = Places { action, root };
    let mut arguments = Vec::new();
    for argument in &action.arguments {
        arguments.push(places.render(argument)?);
    }
    let defaults = [
        ("PATH", PATH.to_owned()),
        ("HOME", slot.home().into_string()),
        ("TMPDIR", slot.temporary().into_string()),
    ];
    let mut environment: BTreeMap<String, String> = defaults
        .map(|(name, value)| (name.to_owned(), value))
        .into();
    for (name, value) in action.environment.iter().chain(&action.passed) {
        environment.insert(name.clone(), places.render(value)?);
    }
    let folder: Utf8PathBuf = root.join(&action.working_directory);
    let name = if arguments.is_empty() {
        String::new()
    } else {
        arguments.remove(0)
    };
    let program = match find_program(&name, &folder, &environment) {
        // Its name says something to what starts it.
        Err(_) if action.spawner.is_some() => name.into(),
        found => found?,
    };
    environment.insert(MARKER.to_owned(), slot.folder().to_string());
    Ok(Launch {
        program,
        arguments,
        environment,
        folder,
        streams: match action.streams {
            Streams::Terminal => LaunchStreams::Terminal,
            Streams::Keep => LaunchStreams::Files {
                stdout: slot.stream("stdout"),
                stderr: slot.stream("stderr"),
            },
        },
        slot: slot.number(),
    })
}

/// What the names of locations stand for here.
struct Places<'a> {
    action: &'a Action,
    root: &'a Utf8Path,
}

impl Places<'_> {
    fn render(&self, template: &crate::template::Template) -> Result<String, ActionError> {
        let locations = &self.action.locations;
        if let Some(name) = template
            .locations()
            .find(|name| !locations.contains_key(*name))
        {
            let name = name.to_owned();
            return Err(ActionError::Location { name });
        }
        Ok(template.render(|name| {
            let place = (name != SANDBOX).then(|| locations.get(name)).flatten();
            let path = place.map_or(self.root, |location| location.path.as_path());
            path.as_str().to_owned()
        }))
    }
}
