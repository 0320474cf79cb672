//! A throw-away repository in which the real binary runs, isolated from the rest of the machine.

use std::fmt;
use std::io::{PipeWriter, Write};
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use duct::Handle;
use tempfile::TempDir;

use crate::filter::Filter;
use crate::index::LoopbackIndex;
use crate::schema::check_output;
use crate::skip::skip;

/// The time after which a running command makes the test fail.
const TIME_OUT: Duration = Duration::from_secs(300);

/// An address where nobody listens: a test without an index must not reach one.
const NO_INDEX: &str = "http://127.0.0.1:1/simple/";

const SETTINGS: &str = "[workspace.metadata.xtask.python]\n\
                        interpreter_constraints = [\"CPython==3.12.*\"]\n";

/// A repository in a temporary folder, with a home and a cache folder of its own.
#[derive(Debug)]
pub struct Repo {
    folder: TempDir,
    binary: Utf8PathBuf,
    environment: Vec<(String, String)>,
}

/// The result of a command. Paths, ports and times in it are the same in every run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// The exit status, or 128 and the number of the signal that ended the command.
    pub status: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

/// A command that has not ended yet.
#[derive(Debug)]
pub struct Running {
    handle: Handle,
    filter: Filter,
    /// What is typed in its terminal.
    keys: Option<PipeWriter>,
}

impl Repo {
    /// An empty repository for CPython 3.12. `binary` is `env!("CARGO_BIN_EXE_cargo-xtask")`.
    ///
    /// # Panics
    /// Where the machine has no temporary folder.
    #[must_use]
    pub fn new(binary: &str) -> Self {
        let repo = Self {
            folder: TempDir::with_prefix("xtask-").expect("a temporary folder"),
            binary: binary.into(),
            environment: Vec::new(),
        };
        for name in ["repo", "home", "cache", "tmp"] {
            fs_err::create_dir_all(repo.beside(name)).expect("a folder");
        }
        repo.env("PIP_INDEX_URL", NO_INDEX)
            .file("Cargo.toml", SETTINGS)
    }

    /// Writes a file, and the folders above it.
    ///
    /// # Panics
    /// If it cannot be written.
    #[must_use]
    pub fn file(self, path: &str, content: &str) -> Self {
        self.write(path, content);
        self
    }

    /// Writes `requirements.txt`, and a `BUILD` file that declares its requirements.
    #[must_use]
    pub fn requirements(self, lines: &str) -> Self {
        self.file("BUILD", "python_requirements(name=\"reqs\")\n")
            .file("requirements.txt", lines)
    }

    /// Makes `index` the index of pip's configuration.
    #[must_use]
    pub fn index(self, index: &LoopbackIndex) -> Self {
        self.env("PIP_INDEX_URL", &index.url())
    }

    /// Sets an environment variable for the commands.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.retain(|(known, _)| known != name);
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The repository's root.
    #[must_use]
    pub fn root(&self) -> Utf8PathBuf {
        self.beside("repo")
    }

    /// The cache folder.
    #[must_use]
    pub fn cache(&self) -> Utf8PathBuf {
        self.beside("cache")
    }

    /// The home folder.
    #[must_use]
    pub fn home(&self) -> Utf8PathBuf {
        self.beside("home")
    }

    /// Writes a file, and the folders above it.
    ///
    /// # Panics
    /// If it cannot be written.
    pub fn write(&self, path: &str, content: &str) {
        let path = self.root().join(path);
        let folder = path.parent().unwrap_or(Utf8Path::new("/"));
        fs_err::create_dir_all(folder).expect("a folder");
        fs_err::write(path, content).expect("a file");
    }

    /// The contents of a file.
    ///
    /// # Panics
    /// If it cannot be read.
    #[must_use]
    pub fn read(&self, path: &str) -> String {
        fs_err::read_to_string(self.root().join(path)).expect("a file")
    }

    /// Every file of the repository with its contents, sorted, to check that nothing changed.
    #[must_use]
    pub fn snapshot(&self) -> Vec<(Utf8PathBuf, Vec<u8>)> {
        let mut files = Vec::new();
        collect(&self.root(), &mut files);
        files.sort();
        files
    }

    /// Runs the binary in the root.
    ///
    /// # Panics
    /// If it cannot be started, or takes more than two minutes.
    pub fn xtask(&self, arguments: &[&str]) -> Output {
        let output = self.start(arguments).wait();
        check_output(arguments, &output.stdout);
        output
    }

    /// Runs the binary in another folder.
    ///
    /// # Panics
    /// If it cannot be started, or takes more than two minutes.
    pub fn xtask_in(&self, folder: &Utf8Path, arguments: &[&str]) -> Output {
        let output = self.start_program(&self.binary, arguments, folder).wait();
        check_output(arguments, &output.stdout);
        output
    }

    /// Starts the binary in the root.
    ///
    /// # Panics
    /// If it cannot be started.
    #[must_use]
    pub fn start(&self, arguments: &[&str]) -> Running {
        self.start_program(&self.binary, arguments, &self.root())
    }

    /// Runs a shell script in the root, with the binary as `$0`, in a mount namespace of its own:
    /// its mounts are gone afterwards.
    ///
    /// `None` if the system has no such namespaces: the caller's test is then reported as skipped.
    ///
    /// # Panics
    /// If the script takes more than two minutes.
    pub fn in_own_mounts(&self, script: &str) -> Option<Output> {
        let unshare = Utf8Path::new("unshare");
        let own = ["--map-root-user", "--mount"];
        let works = duct::cmd(unshare.as_str(), [&own[..], &["true"]].concat())
            .stderr_null()
            .run()
            .is_ok();
        if !works {
            skip("needs mount namespaces, and the system gives none");
            return None;
        }
        let shell = ["sh", "-c", script, self.binary.as_str()];
        Some(self.run(unshare, &[&own[..], &shell[..]].concat()))
    }

    /// Runs the binary in the root with a terminal, which shows both of its outputs. The arguments are
    /// words of a shell.
    ///
    /// `None` if the system has no `script` that gives one: the caller's test is then reported as
    /// skipped.
    ///
    /// # Panics
    /// If it takes more than two minutes.
    pub fn in_terminal(&self, arguments: &[&str]) -> Option<Output> {
        Some(self.start_in_terminal(arguments)?.wait())
    }

    /// Starts what [`Self::in_terminal`] runs; [`Running::press`] presses keys of the terminal.
    ///
    /// # Panics
    /// If it cannot be started.
    pub fn start_in_terminal(&self, arguments: &[&str]) -> Option<Running> {
        let works = duct::cmd("script", ["-qec", "true", "/dev/null"])
            .stdin_null()
            .stdout_null()
            .stderr_null()
            .run();
        if works.is_err() {
            skip("needs a terminal, and the system has no `script` that gives one");
            return None;
        }
        // A shell that waits would hear Ctrl+C as well.
        let command = format!(
            "exec env TERM=xterm {} {}",
            self.binary,
            arguments.join(" ")
        );
        let terminal = ["-qec", &command, "/dev/null"];
        let expression = self.expression("script".into(), &terminal, &self.root());
        let (keyboard, keys) = std::io::pipe().expect("a pipe");
        let handle = expression.stdin_file(keyboard).start();
        Some(Running {
            handle: handle.expect("a program that starts"),
            filter: self.filter(),
            keys: Some(keys),
        })
    }

    /// Runs another program in the root, in the same environment.
    ///
    /// # Panics
    /// If it cannot be started, or takes more than two minutes.
    pub fn run(&self, program: &Utf8Path, arguments: &[&str]) -> Output {
        self.start_program(program, arguments, &self.root()).wait()
    }

    fn start_program(&self, program: &Utf8Path, arguments: &[&str], folder: &Utf8Path) -> Running {
        let expression = self.expression(program, arguments, folder);
        let handle = expression.stdin_null().start();
        Running {
            handle: handle.expect("a program that starts"),
            filter: self.filter(),
            keys: None,
        }
    }

    fn expression(
        &self,
        program: &Utf8Path,
        arguments: &[&str],
        folder: &Utf8Path,
    ) -> duct::Expression {
        duct::cmd(program.as_str(), arguments)
            .dir(folder)
            .full_env(self.variables())
            .stdout_capture()
            .stderr_capture()
            .unchecked()
    }

    fn variables(&self) -> Vec<(String, String)> {
        let own = [
            ("HOME", self.home()),
            ("XDG_CACHE_HOME", self.cache()),
            ("XDG_CONFIG_HOME", self.home().join(".config")),
            ("TMPDIR", self.beside("tmp")),
            ("PIP_CONFIG_FILE", "/dev/null".into()),
        ];
        let mut variables: Vec<_> = own
            .into_iter()
            .map(|(name, path)| (name.to_owned(), path.into_string()))
            .collect();
        variables.extend(std::env::var("PATH").map(|path| ("PATH".to_owned(), path)));
        let plain = [
            ("NO_COLOR", "1"),
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GIT_AUTHOR_NAME", "A"),
            ("GIT_AUTHOR_EMAIL", "a@a.example"),
            ("GIT_COMMITTER_NAME", "A"),
            ("GIT_COMMITTER_EMAIL", "a@a.example"),
            ("GIT_EDITOR", "true"),
        ];
        variables.extend(plain.map(|(name, value)| (name.to_owned(), value.to_owned())));
        variables.extend(self.environment.iter().cloned());
        variables
    }

    /// A text with the same replacements as in [`Output`].
    #[must_use]
    pub fn shown(&self, text: &str) -> String {
        self.filter().apply(text)
    }

    fn filter(&self) -> Filter {
        let filter = match self.binary.as_str() {
            "" => Filter::default(), // a repository in which only programs of others run
            binary => Filter::default().replace(binary, "[XTASK]"),
        };
        filter
            .replace(self.root().as_str(), "[REPO]")
            .replace(self.home().as_str(), "[HOME]")
            .replace(self.cache().as_str(), "[CACHE]")
            .replace(self.beside("tmp").as_str(), "[TMP]")
    }

    fn beside(&self, name: &str) -> Utf8PathBuf {
        let folder = Utf8Path::from_path(self.folder.path()).expect("a UTF-8 path");
        folder.join(name)
    }
}

impl Running {
    /// Ends the command as `kill -9` does.
    ///
    /// # Panics
    /// If the system refuses.
    pub fn kill(self) -> Output {
        self.handle.kill().expect("a process that can be killed");
        self.wait()
    }

    /// Ends the command as Ctrl+C does.
    ///
    /// # Panics
    /// If the system has no `kill` command.
    pub fn interrupt(self) -> Output {
        self.end_by("INT")
    }

    /// Ends the command by a signal: `TERM`.
    ///
    /// # Panics
    /// If the system has no `kill` command.
    pub fn end_by(self, signal: &str) -> Output {
        for pid in self.handle.pids() {
            let kill = duct::cmd!("kill", format!("-{signal}"), pid.to_string()).run();
            kill.expect("a process that can be interrupted");
        }
        self.wait()
    }

    /// Presses keys of the terminal that the command has: `\u{3}` is Ctrl+C.
    ///
    /// # Panics
    /// If it has none.
    pub fn press(&self, keys: &str) {
        let mut terminal = self.keys.as_ref().expect("a command with a terminal");
        terminal.write_all(keys.as_bytes()).expect("a terminal");
    }

    /// Waits for the end of the command.
    ///
    /// # Panics
    /// If it takes more than five minutes, which nothing does on a machine that is busy with other tests.
    pub fn wait(self) -> Output {
        let output = self
            .handle
            .wait_timeout(TIME_OUT)
            .expect("a process that can be waited for");
        let Some(output) = output else {
            let _ = self.handle.kill();
            panic!("no end after {} seconds", TIME_OUT.as_secs());
        };
        let text = |bytes: &[u8]| self.filter.apply(&String::from_utf8_lossy(bytes));
        Output {
            status: status_code(output.status),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "exit status {}", self.status)?;
        for (name, text) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !text.is_empty() {
                writeln!(f, "----- {name}")?;
                f.write_str(text)?;
            }
        }
        Ok(())
    }
}

#[cfg(unix)]
fn status_code(status: std::process::ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt as _;
    status
        .code()
        .unwrap_or_else(|| 128 + status.signal().unwrap_or(0))
}

#[cfg(not(unix))]
fn status_code(status: std::process::ExitStatus) -> i32 {
    status.code().unwrap_or(-1)
}

fn collect(folder: &Utf8Path, files: &mut Vec<(Utf8PathBuf, Vec<u8>)>) {
    for entry in folder.read_dir_utf8().expect("a folder") {
        let path = entry.expect("an entry").into_path();
        if path.is_dir() {
            collect(&path, files);
        } else {
            let content = fs_err::read(&path).expect("a file");
            files.push((path, content));
        }
    }
}
