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
use std::os::fd::OwnedFd;
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
        let first = line(&mut answers)?;
        let state = match first.strip_prefix(PREPARED_BY) {
            Some(pid) => {
                let pid = numbers(pid)?.first().and_then(|pid| Pid::from_raw(*pid));
                ForkState::Prepared(pid.and_then(ForkedProcess::new), None)
            }
            None => ForkState::Runs(ForkedProcess::of_line(&first)?),
        };
        Ok(ForkedModule {
            answers: Mutex::new(answers),
            connection,
            state: Mutex::new(state),
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
    answers: Mutex<BufReader<UnixStream>>,
    connection: UnixStream,
    state: Mutex<ForkState>,
}

/// How far a module is.
enum ForkState {
    /// pytest is prepared for it, in another process where that is done for it first. What it was sent meanwhile.
    Prepared(Option<ForkedProcess>, Option<ProcessSignal>),
    Runs(ForkedProcess),
    /// Its number may be another's by now.
    Ended,
}

/// What a server says of a module that it does not fork at once.
const PREPARED_BY: &str = "prepared by ";

impl RunningProcess for ForkedModule {
    fn wait(&self) -> io::Result<ProcessEnd> {
        let mut answers = lock(&self.answers);
        if matches!(&*lock(&self.state), ForkState::Prepared(..)) {
            let process = line(&mut answers).and_then(|line| ForkedProcess::of_line(&line));
            let mut state = lock(&self.state);
            let process = process.inspect_err(|_| *state = ForkState::Ended)?;
            if let ForkState::Prepared(other, Some(signal)) = &*state
                && other.as_ref().is_none_or(|other| other.pid != process.pid)
            {
                process.signal(*signal);
            }
            *state = ForkState::Runs(process);
        }
        let answer = line(&mut answers).and_then(|line| numbers(&line));
        let orphan = match &answer {
            Err(error) if is_lost(error) => self.end_of_orphan(),
            _ => None,
        };
        let mut state = lock(&self.state);
        // The server reaps it when it has heard of this, so that its number is no other's until then.
        if let ForkState::Runs(process) = std::mem::replace(&mut *state, ForkState::Ended) {
            process.signal(ProcessSignal::Kill);
            if orphan.is_some() {
                process.reap();
            }
        }
        let _ = (&self.connection).write_all(b"heard\n");
        if let Some(end) = orphan {
            return Ok(end);
        }
        match answer?.as_slice() {
            [0, code] => Ok(ProcessEnd::Exit(*code)),
            [_, signal] => Ok(ProcessEnd::Signal(*signal)),
            _ => Err(io::Error::other("a process that ended in no way")),
        }
    }

    fn signal(&self, signal: ProcessSignal) {
        match &mut *lock(&self.state) {
            ForkState::Prepared(process, sent) => {
                process.iter().for_each(|process| process.signal(signal));
                *sent = Some(signal);
            }
            ForkState::Runs(process) => process.signal(signal),
            ForkState::Ended => {}
        }
    }
}

impl ForkedModule {
    /// How it ends where its server was killed. It is this process's child then, which adopts orphans.
    fn end_of_orphan(&self) -> Option<ProcessEnd> {
        let handle = match &*lock(&self.state) {
            ForkState::Runs(process) => process.handle.clone(),
            _ => None,
        };
        orphans::end(&*handle?)
    }
}

/// A process of a server's, which it reaps when it is told to.
struct ForkedProcess {
    pid: Pid,
    /// None where the system has no such thing.
    handle: Option<Arc<OwnedFd>>,
}

impl ForkedProcess {
    fn new(pid: Pid) -> Option<Self> {
        let handle = orphans::handle(pid);
        Some(Self { pid, handle })
    }

    /// What a server says of a module: the number of its process.
    fn of_line(line: &str) -> io::Result<Self> {
        let pid = numbers(line)?.first().and_then(|pid| Pid::from_raw(*pid));
        let process = pid.and_then(Self::new);
        process.ok_or_else(|| io::Error::other("no process"))
    }

    fn signal(&self, signal: ProcessSignal) {
        let number = match signal {
            ProcessSignal::Interrupt | ProcessSignal::InterruptFirst => Signal::INT,
            ProcessSignal::Terminate => Signal::TERM,
            ProcessSignal::Kill => Signal::KILL,
        };
        if let Some(handle) = &self.handle
            && matches!(signal, ProcessSignal::InterruptFirst | ProcessSignal::Kill)
            && !orphans::send(handle, number)
        {
            // Its number may be another's by now.
            return;
        }
        let _ = match signal {
            ProcessSignal::InterruptFirst if self.handle.is_some() => Ok(()),
            ProcessSignal::InterruptFirst => kill_process(self.pid, number),
            _ => kill_process_group(self.pid, number),
        };
    }

    fn reap(&self) {
        self.handle.iter().for_each(|handle| orphans::reap(handle));
    }
}

/// Processes whose parent was killed.
#[cfg(target_os = "linux")]
mod orphans {
    use std::os::fd::{AsFd, OwnedFd};
    use std::sync::Arc;
    use std::time::Duration;

    use engine::ProcessEnd;
    use rustix::io::Errno;
    use rustix::process::{
        Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, WaitIdStatus, pidfd_open,
        pidfd_send_signal, waitid,
    };

    /// How often it is looked whether a process was handed to this one, while its parent is being taken apart.
    const LOOKS: usize = 500;

    pub(super) fn handle(pid: Pid) -> Option<Arc<OwnedFd>> {
        pidfd_open(pid, PidfdFlags::empty()).ok().map(Arc::new)
    }

    /// Sends a signal; whether the process is still there, or was not reaped yet.
    pub(super) fn send(handle: &OwnedFd, signal: Signal) -> bool {
        pidfd_send_signal(handle, signal).is_ok()
    }

    /// Waits for the end of a process, which stays to be reaped. None where it is no child of this process.
    pub(super) fn end(handle: &OwnedFd) -> Option<ProcessEnd> {
        for _ in 0..LOOKS {
            match wait(handle, WaitIdOptions::EXITED | WaitIdOptions::NOWAIT) {
                Ok(status) => {
                    let status = status?;
                    let signal = status.terminating_signal().map(ProcessEnd::Signal);
                    return status.exit_status().map(ProcessEnd::Exit).or(signal);
                }
                Err(Errno::CHILD) => std::thread::sleep(Duration::from_millis(10)),
                Err(_) => return None,
            }
        }
        None
    }

    pub(super) fn reap(handle: &OwnedFd) {
        let _ = wait(handle, WaitIdOptions::EXITED);
    }

    fn wait(handle: &OwnedFd, options: WaitIdOptions) -> Result<Option<WaitIdStatus>, Errno> {
        loop {
            match waitid(WaitId::PidFd(handle.as_fd()), options) {
                Err(Errno::INTR) => {}
                waited => return waited,
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod orphans {
    use std::os::fd::OwnedFd;
    use std::sync::Arc;

    use engine::ProcessEnd;
    use rustix::process::{Pid, Signal};

    pub(super) fn send(_: &OwnedFd, _: Signal) -> bool {
        true
    }

    pub(super) fn handle(_: Pid) -> Option<Arc<OwnedFd>> {
        None
    }

    pub(super) fn end(_: &OwnedFd) -> Option<ProcessEnd> {
        None
    }

    pub(super) fn reap(_: &OwnedFd) {}
}

/// The next line of a server.
fn line(answers: &mut BufReader<UnixStream>) -> io::Result<String> {
    let mut line = String::new();
    match answers.read_line(&mut line) {
        Ok(read) if read > 0 => Ok(line),
        _ => Err(io::Error::other(LostServer)),
    }
}

/// The numbers of a line.
fn numbers(line: &str) -> io::Result<Vec<i32>> {
    let numbers = line.split_whitespace().map(str::parse);
    let numbers: Result<Vec<i32>, _> = numbers.collect();
    numbers.map_err(|_| io::Error::other("an answer that is none"))
}

fn lock<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}
