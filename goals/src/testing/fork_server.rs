//! Modules as forks of an interpreter that has imported what they share: one server for environments that are alike,
//! and their variables. It learns from each module that ended what the next ones will import of the environment.
//!
//! What pytest does before it looks at a module, with its plug-ins and `conftest.py` files, it does once for modules for
//! which it would do the same: in a fork of the server, at the place of their sandbox, of which they are forked then.
//! So a module sees its own files only, and nothing of the repository is imported that it would not import itself.
//!
//! Where no server can be started, or forking is not safe any more, a module has an interpreter of its own.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, PipeWriter, Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use engine::{ForkExec, Launch, LaunchStreams, ProcessEnd, ProcessSignal, RunningProcess, Spawner};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use serde_json::json;

use super::preparation::{Preparation, PreparationIdentity};

/// What starts the program of a server.
const LOADER: &str = concat!(include_str!("kept_code.py"), include_str!("load_server.py"));

/// The program of a server.
const SERVER: &str = concat!(
    include_str!("pytest_main.py"),
    include_str!("shared_imports.py"),
    include_str!("prepared.py"),
    include_str!("fork_server.py")
);

/// The variable with the folder of code that is kept.
pub(super) const CODE_VARIABLE: &str = "XTASK_CODE";

/// The arguments of the program before those of pytest.
const OWN_ARGUMENTS: usize = 4;

/// A module has no result, since the process that it was forked of ended before it: another module, or the system for
/// want of memory, killed that.
#[derive(Debug, thiserror::Error)]
#[error("the process that tests are forked of was killed")]
pub(super) struct LostServer;

/// The servers of a run.
#[derive(Debug, Default)]
pub(super) struct ForkServers {
    servers: Mutex<BTreeMap<String, ServerCell>>,
}

type ServerCell = Arc<Mutex<Option<Arc<ForkServer>>>>;

/// A server that runs until it is dropped.
#[derive(Debug)]
struct ForkServer {
    folder: tempfile::TempDir,
    handle: duct::Handle,
    /// Its end is the server's.
    input: Option<PipeWriter>,
}

/// A server that modules may be forked of.
#[derive(Debug)]
pub(super) struct ServerChoice {
    /// What it is known by: its environment and variables.
    pub(super) key: String,
    /// Its environment.
    pub(super) environment: Utf8PathBuf,
    /// The names of variables that it has.
    pub(super) variables: Vec<String>,
    /// How many modules that may be forked of it are still to be started.
    pub(super) remaining: AtomicUsize,
}

/// Starts a module.
#[derive(Debug, Clone)]
pub(super) struct ForkSpawner {
    /// The servers of the run.
    pub(super) servers: Arc<ForkServers>,
    /// Those that it may be forked of: the first that can.
    pub(super) choices: Vec<Arc<ServerChoice>>,
    /// The module's environment.
    pub(super) environment: Utf8PathBuf,
    /// What starts interpreters otherwise, and knows the slot's variable.
    pub(super) slot: Option<String>,
    /// How pytest is prepared for it, if that may be done for others together with it.
    pub(super) preparation: Option<Arc<Preparation>>,
}

impl Spawner for ForkSpawner {
    fn spawn(&self, launch: &Launch) -> io::Result<Arc<dyn RunningProcess>> {
        let mut launch = launch.clone();
        if let Some(name) = &self.slot {
            let number = (launch.slot + 1).to_string();
            launch.environment.insert(name.clone(), number);
        }
        for choice in &self.choices {
            let before = choice.remaining.fetch_sub(1, Ordering::Relaxed);
            let module = ModuleFork {
                environment: &self.environment,
                // What one module imports is imported once more: that pays where several follow.
                is_learned: before > 3,
                preparation: self.preparation.as_deref().map(Preparation::identity),
            };
            for _ in 0..SERVERS {
                let Ok(server) = self.server(choice, &launch) else {
                    break;
                };
                match server.fork(&launch, module) {
                    Ok(process) => return Ok(Arc::new(process)),
                    Err(error) if is_lost(&error) => self.forget(choice, &server),
                    Err(_) => break,
                }
            }
        }
        ForkExec.spawn(&launch)
    }

    fn affinity(&self) -> Option<String> {
        let preparation = self.preparation.as_ref()?;
        Some(preparation.identity().digest.clone())
    }
}

/// How many servers a module is to be forked of until it has an interpreter of its own: one may have been killed.
const SERVERS: usize = 2;

/// Whether an error says that a server is there no more.
pub(super) fn is_lost(error: &io::Error) -> bool {
    error
        .get_ref()
        .is_some_and(|inner| inner.is::<LostServer>())
}

/// How long a server that is told to end may take for it.
const PATIENCE: Duration = Duration::from_secs(5);

impl ForkSpawner {
    fn server(&self, choice: &ServerChoice, launch: &Launch) -> io::Result<Arc<ForkServer>> {
        let cell = {
            let mut servers = lock(&self.servers.servers);
            servers.entry(choice.key.clone()).or_default().clone()
        };
        let mut server = lock(&cell);
        if let Some(server) = &*server {
            return Ok(server.clone());
        }
        let started = Arc::new(ForkServer::start(choice, launch)?);
        *server = Some(started.clone());
        Ok(started)
    }

    /// Has the next module start another server than one that was killed.
    fn forget(&self, choice: &ServerChoice, lost: &Arc<ForkServer>) {
        let cell = lock(&self.servers.servers).get(&choice.key).cloned();
        let Some(cell) = cell else { return };
        let mut server = lock(&cell);
        if server
            .as_ref()
            .is_some_and(|known| Arc::ptr_eq(known, lost))
        {
            *server = None;
        }
    }
}

impl ForkServer {
    fn start(choice: &ServerChoice, launch: &Launch) -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("socket");
        let (input, own_input) = io::pipe()?;
        let (mut output, own_output) = io::pipe()?;
        let mut environment = launch.environment.clone();
        environment.retain(|name, _| name == "PATH" || choice.variables.contains(name));
        environment.insert("VIRTUAL_ENV".to_owned(), choice.environment.to_string());
        let socket = path.to_string_lossy().into_owned();
        let code = launch.environment.get(CODE_VARIABLE);
        let code = code.map(String::as_str).unwrap_or_default();
        let arguments = ["-s", "-E", "-c", LOADER, SERVER, code, &socket];
        let python = choice.environment.join("bin/python");
        let handle = duct::cmd(python.as_std_path(), arguments)
            .dir(folder.path())
            .full_env(environment)
            .stdin_file(input)
            .stdout_file(own_output)
            .stderr_null()
            .unchecked()
            .before_spawn(|command| {
                std::os::unix::process::CommandExt::process_group(command, 0);
                Ok(())
            })
            .start()?;
        let mut ready = [0; 6];
        output.read_exact(&mut ready)?;
        Ok(Self {
            folder,
            handle,
            input: Some(own_input),
        })
    }

    fn fork(&self, launch: &Launch, module: ModuleFork<'_>) -> io::Result<ForkedModule> {
        let LaunchStreams::Files { stdout, stderr } = &launch.streams else {
            return Err(io::Error::other("a module that has the terminal"));
        };
        let lost = |_| io::Error::other(LostServer);
        let connection = UnixStream::connect(self.folder.path().join("socket")).map_err(lost)?;
        let request = json!({
            "arguments": launch.arguments.get(OWN_ARGUMENTS..).unwrap_or_default(),
            "variables": launch.environment,
            "prefix": module.environment,
            "folder": launch.folder,
            "stdout": stdout,
            "stderr": stderr,
            "more": module.is_learned,
            "others": module.preparation.map(|one| &one.others),
            "below": module.preparation.map(|one| &one.folder),
        });
        let written = (&connection).write_all(format!("{request}\n").as_bytes());
        written.map_err(lost)?;
        let mut answers = BufReader::new(connection.try_clone()?);
        let numbers = numbers(&mut answers)?;
        let pid = numbers.first().and_then(|pid| Pid::from_raw(*pid));
        Ok(ForkedModule {
            pid: pid.ok_or_else(|| io::Error::other("no process"))?,
            answers: Mutex::new(answers),
            connection,
            ended: Mutex::new(false),
        })
    }
}

impl Drop for ForkServer {
    fn drop(&mut self) {
        // It has no modules any more, and is waited for: what it and they took counts as this process's.
        drop(self.input.take());
        if !matches!(self.handle.wait_timeout(PATIENCE), Ok(Some(_))) {
            let _ = self.handle.kill();
            let _ = self.handle.wait();
        }
    }
}

/// A module that is to be forked.
#[derive(Debug, Clone, Copy)]
struct ModuleFork<'a> {
    environment: &'a Utf8Path,
    /// Whether the server is to import what it imports.
    is_learned: bool,
    /// What must be the same where pytest is prepared for another too.
    preparation: Option<&'a PreparationIdentity>,
}

/// A module that was forked.
struct ForkedModule {
    pid: Pid,
    answers: Mutex<BufReader<UnixStream>>,
    connection: UnixStream,
    /// Whether its number may be another's by now.
    ended: Mutex<bool>,
}

impl RunningProcess for ForkedModule {
    fn wait(&self) -> io::Result<ProcessEnd> {
        let answer = numbers(&mut lock(&self.answers));
        let mut ended = lock(&self.ended);
        // The server reaps it when it has heard of this, so that its number is no other's until then.
        let _ = kill_process_group(self.pid, Signal::KILL);
        *ended = true;
        let _ = (&self.connection).write_all(b"heard\n");
        match answer?.as_slice() {
            [0, code] => Ok(ProcessEnd::Exit(*code)),
            [_, signal] => Ok(ProcessEnd::Signal(*signal)),
            _ => Err(io::Error::other("a process that ended in no way")),
        }
    }

    fn signal(&self, signal: ProcessSignal) {
        let number = match signal {
            ProcessSignal::Interrupt | ProcessSignal::InterruptFirst => Signal::INT,
            ProcessSignal::Terminate => Signal::TERM,
            ProcessSignal::Kill => Signal::KILL,
        };
        if !*lock(&self.ended) {
            let _ = match signal {
                ProcessSignal::InterruptFirst => kill_process(self.pid, number),
                _ => kill_process_group(self.pid, number),
            };
        }
    }
}

/// The numbers of the next line.
fn numbers(answers: &mut BufReader<UnixStream>) -> io::Result<Vec<i32>> {
    let mut line = String::new();
    if !answers.read_line(&mut line).is_ok_and(|read| read > 0) {
        return Err(io::Error::other(LostServer));
    }
    let numbers = line.split_whitespace().map(str::parse);
    let numbers: Result<Vec<i32>, _> = numbers.collect();
    numbers.map_err(|_| io::Error::other("an answer that is none"))
}

fn lock<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}
