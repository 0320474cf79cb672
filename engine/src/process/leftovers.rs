//! Processes that outlive the program that started them.
//!
//! A process group holds what does not leave it. What leaves it (`setsid`, a double fork) is handed to this
//! process by the kernel when its parent ends, since this process adopts orphans. It is known by a variable
//! that every process of a sandbox inherits, or by the folder that it is in. What a killed run left behind is
//! found among all processes in the same way.

#[cfg(target_os = "linux")]
use std::{io::Read, os::unix::ffi::OsStrExt};

use camino::Utf8Path;

/// The variable by which processes of a sandbox are known; its value is the folder of its slot.
pub(crate) const MARKER: &str = "XTASK_SANDBOX";

/// Lets the kernel hand orphans of programs to this process. Once is enough.
pub(crate) fn adopt_orphans() {
    #[cfg(target_os = "linux")]
    {
        static ONCE: std::sync::Once = std::sync::Once::new();
        ONCE.call_once(|| {
            // Without it they are found among all processes.
            let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
        });
    }
}

/// Ends the orphans that belong to the sandbox in `folder`. Quick when this process has none at all, which it says.
pub(crate) fn end_orphans_of(folder: &Utf8Path) -> bool {
    let pid = std::process::id();
    let list = format!("/proc/{pid}/task/{pid}/children");
    let mut before = None;
    // What ends, or is ended, may have children, which are orphans then: until nothing changes any more.
    for _ in 0..PASSES {
        let Ok(children) = fs_err::read_to_string(&list) else {
            end_everything_of(folder);
            return false;
        };
        // Whoever has orphans is one himself until they are handed on.
        if children.is_empty() {
            return before.is_none();
        }
        let pids = children.split_ascii_whitespace();
        let pids = pids.filter_map(|pid| pid.parse().ok());
        let ended = pids.filter(|pid| end_if_of(*pid, folder, Parent::ThisProcess));
        if ended.count() == 0 && before.as_ref() == Some(&children) {
            return false;
        }
        before = Some(children);
    }
    false
}

/// Ends all processes that belong to the sandbox in `folder`, whoever started them.
pub(crate) fn end_everything_of(folder: &Utf8Path) {
    let this = std::process::id().cast_signed();
    let mut idle = 0;
    for _ in 0..PASSES {
        let Ok(processes) = fs_err::read_dir("/proc") else {
            return;
        };
        let names = processes.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let numbers = names.filter_map(|name| name.parse::<i32>().ok());
        let others = numbers.filter(|pid| *pid != this);
        let ended = others.filter(|pid| end_if_of(*pid, folder, Parent::Any));
        idle = if ended.count() == 0 { idle + 1 } else { 0 };
        // What was started while the first list was read is in the second.
        if idle == 2 {
            return;
        }
    }
}

/// A program that starts others faster than they are ended is given up after this many rounds.
const PASSES: usize = 100;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Parent {
    ThisProcess,
    Any,
}

/// Ends a process if it belongs to the sandbox, and waits until it has ended. Says whether it did either.
#[cfg(target_os = "linux")]
fn end_if_of(pid: i32, folder: &Utf8Path, parent: Parent) -> bool {
    use rustix::process::{
        Pid, PidfdFlags, Signal, WaitOptions, pidfd_open, pidfd_send_signal, waitpid,
    };
    let Some(number) = Pid::from_raw(pid) else {
        return false;
    };
    // The descriptor stands for this process, also when its number is given to another.
    let Ok(process) = pidfd_open(number, PidfdFlags::empty()) else {
        return false;
    };
    match (belonging(pid, folder), parent) {
        (Belonging::Other, _) | (Belonging::Ending, Parent::Any) => return false,
        (Belonging::Ending, Parent::ThisProcess) => return wait_until_gone(pid),
        (Belonging::Sandbox, _) => {}
    }
    if pidfd_send_signal(&process, Signal::KILL).is_err() {
        return false;
    }
    if parent == Parent::ThisProcess {
        let _ = waitpid(Some(number), WaitOptions::empty());
    } else {
        wait_until_gone(pid);
    }
    true
}

#[cfg(not(target_os = "linux"))]
fn end_if_of(_: i32, _: &Utf8Path, _: Parent) -> bool {
    false
}

/// A process that was killed is gone, or waits for its parent, in a moment. Says whether that was not so already.
#[cfg(target_os = "linux")]
fn wait_until_gone(pid: i32) -> bool {
    for pass in 0..200 {
        let status = fs_err::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let state = status
            .rsplit_once(") ")
            .and_then(|(_, rest)| rest.chars().next());
        if matches!(state, None | Some('Z' | 'X')) {
            return pass > 0;
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    false
}

/// Whose a process is.
#[cfg(target_os = "linux")]
enum Belonging {
    Sandbox,
    Other,
    /// It has neither variables nor a folder any more: it ends, and its children become orphans.
    Ending,
}

/// Whether a process has the sandbox's variable, or is in its folder.
#[cfg(target_os = "linux")]
fn belonging(pid: i32, folder: &Utf8Path) -> Belonging {
    let wanted = format!("{MARKER}={folder}");
    let mut environment = Vec::new();
    let read = fs_err::File::open(format!("/proc/{pid}/environ"))
        .and_then(|mut file| file.read_to_end(&mut environment));
    let marked = environment
        .split(|byte| *byte == 0)
        .any(|variable| variable == wanted.as_bytes());
    let place = fs_err::read_link(format!("/proc/{pid}/cwd"));
    let inside = place.as_ref().is_ok_and(|place| {
        let rest = place
            .as_os_str()
            .as_bytes()
            .strip_prefix(folder.as_str().as_bytes());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
    });
    if marked || inside {
        return Belonging::Sandbox;
    }
    let denied = |error: &std::io::Error| error.kind() == std::io::ErrorKind::PermissionDenied;
    match (read, place) {
        (Err(error), _) | (_, Err(error)) if denied(&error) => Belonging::Other,
        (_, Err(_)) => Belonging::Ending,
        _ => Belonging::Other,
    }
}
