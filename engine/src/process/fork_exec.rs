//! Programs as children of this process.

use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, WaitOptions, kill_process, kill_process_group, waitid,
    waitpgid,
};

use super::{Launch, LaunchStreams, ProcessEnd, ProcessSignal, RunningProcess, Spawner};

/// Starts programs as children of this process.
#[derive(Debug, Clone, Copy, Default)]
pub struct ForkExec;

impl Spawner for ForkExec {
    fn spawn(&self, launch: &Launch) -> io::Result<Arc<dyn RunningProcess>> {
        let command = duct::cmd(launch.program.as_std_path(), &launch.arguments)
            .dir(launch.folder.as_std_path())
            .full_env(&launch.environment)
            .unchecked();
        let command = match &launch.streams {
            LaunchStreams::Terminal => command,
            LaunchStreams::Files { stdout, stderr } => command
                .stdin_null()
                .stdout_file(append(stdout)?)
                .stderr_file(append(stderr)?)
                .before_spawn(|command| {
                    command.process_group(0);
                    Ok(())
                }),
        };
        let handle = command.start()?;
        let pid = handle
            .pids()
            .first()
            .and_then(|pid| Pid::from_raw(pid.cast_signed()));
        let pid = pid.ok_or_else(|| io::Error::other("a process without a number"))?;
        Ok(Arc::new(Child {
            handle,
            pid,
            leads: matches!(launch.streams, LaunchStreams::Files { .. }),
            reaped: Mutex::new(false),
        }))
    }
}

/// Each write goes to the end, also where a program opens its output once more.
fn append(path: &camino::Utf8Path) -> io::Result<std::fs::File> {
    let file = fs_err::OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)?;
    Ok(file.into_parts().0)
}

struct Child {
    handle: duct::Handle,
    pid: Pid,
    /// Whether it has a process group of its own, with its number.
    leads: bool,
    /// Whether its number may be another's by now.
    reaped: Mutex<bool>,
}

impl RunningProcess for Child {
    fn wait(&self) -> io::Result<ProcessEnd> {
        // Until it is reaped its number is no other's, so that what is left of its group can be named.
        let ended = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        while let Err(error) = waitid(WaitId::Pid(self.pid), ended) {
            if error != rustix::io::Errno::INTR {
                break;
            }
        }
        let mut reaped = self.reaped.lock().unwrap_or_else(PoisonError::into_inner);
        if self.leads && !*reaped {
            let _ = kill_process_group(self.pid, Signal::KILL);
        }
        let status = self.handle.wait()?.status;
        *reaped = true;
        if self.leads {
            // This process may have adopted what was left of the group.
            while let Ok(Some(_)) = waitpgid(self.pid, WaitOptions::NOHANG) {}
        }
        let signal = status.signal().map(ProcessEnd::Signal);
        let code = status.code().map(ProcessEnd::Exit);
        code.or(signal)
            .ok_or_else(|| io::Error::other("a process that ended in no way"))
    }

    fn signal(&self, signal: ProcessSignal) {
        let reaped = self.reaped.lock().unwrap_or_else(PoisonError::into_inner);
        let number = match signal {
            ProcessSignal::Interrupt | ProcessSignal::InterruptFirst => Signal::INT,
            ProcessSignal::Terminate => Signal::TERM,
            ProcessSignal::Kill => Signal::KILL,
        };
        if *reaped {
            return;
        }
        if signal == ProcessSignal::InterruptFirst {
            let _ = kill_process(self.pid, number);
            return;
        }
        if self.leads {
            let _ = kill_process_group(self.pid, number);
        }
        // It may have moved to another group. One that has the terminal gets Ctrl+C from there.
        if number == Signal::KILL || (!self.leads && number == Signal::TERM) {
            let _ = kill_process(self.pid, number);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use camino::{Utf8Path, Utf8PathBuf};

    use super::*;

    struct Scene {
        _folder: tempfile::TempDir,
        root: Utf8PathBuf,
    }

    impl Scene {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let root = Utf8Path::from_path(folder.path()).unwrap().to_owned();
            Self {
                _folder: folder,
                root,
            }
        }

        fn spawn(&self, script: &str) -> Arc<dyn RunningProcess> {
            let launch = Launch {
                program: "/bin/sh".into(),
                arguments: vec!["-c".to_owned(), script.to_owned()],
                environment: BTreeMap::from([("NAMED".to_owned(), "value".to_owned())]),
                folder: self.root.clone(),
                streams: LaunchStreams::Files {
                    stdout: self.root.join("stdout"),
                    stderr: self.root.join("stderr"),
                },
                slot: 0,
            };
            ForkExec.spawn(&launch).unwrap()
        }

        fn text(&self, name: &str) -> String {
            fs_err::read_to_string(self.root.join(name)).unwrap()
        }
    }

    #[test]
    fn output_goes_into_files_and_only_named_variables_come_in() {
        let scene = Scene::new();
        let end = scene
            .spawn("echo $NAMED$HOME; echo problem >&2; exit 3")
            .wait()
            .unwrap();
        assert_eq!(end, ProcessEnd::Exit(3));
        assert_eq!(scene.text("stdout"), "value\n");
        assert_eq!(scene.text("stderr"), "problem\n");
    }

    #[test]
    fn what_it_left_in_the_background_ends_with_it() {
        let scene = Scene::new();
        let script = "/bin/sleep 600 & echo $!";
        assert_eq!(scene.spawn(script).wait().unwrap(), ProcessEnd::Exit(0));
        let left = scene.text("stdout").trim().parse().unwrap();
        let left = Pid::from_raw(left).unwrap();
        // The signal arrives a moment later, and whoever adopts it reaps it after that.
        let runs = || {
            let stat = fs_err::read_to_string(format!("/proc/{}/stat", left.as_raw_nonzero()));
            stat.is_ok_and(|stat| !stat.contains(") Z "))
        };
        let started = std::time::Instant::now();
        while runs() {
            assert!(started.elapsed().as_secs() < 30, "it still runs");
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    }

    #[test]
    fn a_signal_ends_its_group() {
        let scene = Scene::new();
        let process = scene.spawn("trap '' TERM; /bin/sleep 600");
        process.signal(ProcessSignal::Kill);
        assert_eq!(process.wait().unwrap(), ProcessEnd::Signal(9));
        process.signal(ProcessSignal::Kill);
    }
}
