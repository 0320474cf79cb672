//! Servers that others made, on 127.0.0.1: what speaks to them must work with more than our own.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};

use crate::skip::skip;

/// What they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RealServerKind {
    /// buildbox-casd of BuildStream: all services of the Remote Execution API.
    BuildboxCasd,
    /// BuildGrid: blobs and results.
    BuildGrid,
    /// moto: S3, with a bucket `bucket`.
    Moto,
}

/// A server, until it is dropped.
pub struct RealServer {
    handle: duct::Handle,
    port: u16,
    _folder: tempfile::TempDir,
}

impl RealServer {
    /// Starts a server; `None` if this machine has none: the caller's test is then reported as skipped.
    ///
    /// # Panics
    /// Where it does not start.
    #[must_use]
    pub fn start(kind: RealServerKind) -> Option<Self> {
        let (name, program) = match kind {
            RealServerKind::BuildboxCasd => ("buildbox-casd", casd()),
            RealServerKind::BuildGrid => ("BuildGrid", in_environment("bgd")),
            RealServerKind::Moto => ("moto", in_environment("moto_server")),
        };
        let Some(program) = program else {
            skip(&format!("needs {name}, which is not among the peers"));
            return None;
        };
        if kind == RealServerKind::BuildboxCasd && !has_bubblewrap() {
            skip("needs bubblewrap, and there is none");
            return None;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let root = Utf8Path::from_path(folder.path())
            .expect("UTF-8")
            .to_owned();
        let port = free_port();
        let arguments = match kind {
            RealServerKind::BuildboxCasd => casd_arguments(&program, &root, port),
            RealServerKind::BuildGrid => {
                let file = root.join("server.yml");
                fs_err::write(&file, buildgrid_settings(port)).expect("its settings");
                vec!["server".into(), "start".into(), file.into_string()]
            }
            RealServerKind::Moto => ["-H", "127.0.0.1", "-p", &port.to_string()]
                .map(str::to_owned)
                .into(),
        };
        let log = fs_err::File::create(root.join("log"))
            .expect("a log")
            .into_parts()
            .0;
        let handle = duct::cmd(program.as_std_path(), arguments)
            .dir(root.as_std_path())
            .stdin_null()
            .stderr_to_stdout()
            .stdout_file(log)
            .unchecked()
            .start()
            .expect("a server that starts");
        let server = Self {
            handle,
            port,
            _folder: folder,
        };
        server.wait_until_it_answers(&root);
        if kind == RealServerKind::Moto {
            server.make_bucket();
        }
        Some(server)
    }

    /// `127.0.0.1:PORT`
    #[must_use]
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    fn wait_until_it_answers(&self, root: &Utf8Path) {
        let start = Instant::now();
        while TcpStream::connect(self.host()).is_err() {
            let log = || fs_err::read_to_string(root.join("log")).unwrap_or_default();
            let ended = self.handle.try_wait().expect("a process").is_some();
            assert!(!ended, "it has ended: {}", log());
            assert!(
                start.elapsed() < Duration::from_secs(120),
                "it does not start: {}",
                log()
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn make_bucket(&self) {
        let mut stream = TcpStream::connect(self.host()).expect("a connection");
        let request = format!(
            "PUT /bucket HTTP/1.1\r\nHost: {}\r\nx-amz-acl: public-read-write\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            self.host()
        );
        stream.write_all(request.as_bytes()).expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
}

impl Drop for RealServer {
    fn drop(&mut self) {
        let _ = self.handle.kill();
    }
}

/// A program of the virtual environment of servers, which is in that of the peers.
fn in_environment(name: &str) -> Option<Utf8PathBuf> {
    let program = servers()?.join("bin").join(name);
    program.exists().then_some(program)
}

fn servers() -> Option<Utf8PathBuf> {
    let peers = std::env::var("XTASK_PEERS").ok()?;
    Some(Utf8PathBuf::from(peers).join("servers"))
}

/// BuildStream brings it along.
fn casd() -> Option<Utf8PathBuf> {
    let library = servers()?.join("lib");
    let pythons = library.read_dir_utf8().ok()?.filter_map(Result::ok);
    let place = "site-packages/buildstream/subprojects/buildbox/buildbox-casd";
    let mut programs = pythons.map(|python| python.path().join(place));
    programs.find(|program| program.exists())
}

fn has_bubblewrap() -> bool {
    let version = duct::cmd!("bwrap", "--version").stdout_null().stderr_null();
    version.run().is_ok()
}

/// Programs run in a sandbox with this machine's system folders.
fn casd_arguments(program: &Utf8Path, root: &Utf8Path, port: u16) -> Vec<String> {
    let run = program.with_file_name("buildbox-run");
    let mut arguments = vec![
        format!("--bind=127.0.0.1:{port}"),
        format!("--buildbox-run={run}"),
    ];
    for folder in ["/usr", "/bin", "/lib", "/lib64", "/etc"] {
        if Utf8Path::new(folder).exists() {
            arguments.push(format!("--runner-arg=--bind-mount={folder}:{folder}"));
        }
    }
    arguments.push(root.join("cache").into_string());
    arguments
}

fn buildgrid_settings(port: u16) -> String {
    format!(
        "server:
  - !channel
    address: 127.0.0.1:{port}
    insecure-mode: true
instances:
  - name: ''
    storages:
      - !lru-storage &cas
        size: 256M
    caches:
      - !lru-action-cache &results
        storage: *cas
        max-cached-refs: 256
        cache-failed-actions: true
        allow-updates: true
    services:
      - !cas
        storage: *cas
      - !bytestream
        storage: *cas
      - !action-cache
        cache: *results
thread-pool-size: 20
"
    )
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}
