//! A package index on 127.0.0.1 that serves packages from memory, with one thread for each
//! connection.
//!
//! It has the features of real indexes (both listings, metadata files, ranges, validators, logins),
//! each of which can be left out. It misbehaves by [`Fault`]s, and counts requests.

use std::collections::BTreeMap;
use std::io::{BufReader, ErrorKind, Read, Result, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::archive::PackageFile;
use crate::fault::{Fault, Rule, When};
use crate::http::{Request, Response};
use crate::listing::{self, Details};
use crate::package::Package;

const STALL: Duration = Duration::from_secs(600);

/// An index that does not run yet. By default it answers as many indexes do: JSON or HTML as the
/// client accepts, with sizes, upload times and ranges; without metadata files and validators.
#[derive(Debug, Clone)]
pub struct IndexBuilder {
    packages: Vec<Package>,
    options: Options,
}

#[derive(Debug, Clone)]
struct Options {
    json: bool,
    details: Details,
    ranges: bool,
    etags: bool,
    gzip: bool,
    max_age: Option<u64>,
    login: Option<String>,
}

/// A running index; it stops when it is dropped.
#[derive(Debug)]
pub struct LoopbackIndex {
    address: SocketAddr,
    state: Arc<State>,
}

/// One request that was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServedRequest {
    /// `GET` or `HEAD`.
    pub method: String,
    /// `/simple/a/`
    pub path: String,
    /// The status; 0 if the connection was closed without one.
    pub status: u16,
    /// The `Range` header of the request.
    pub range: Option<String>,
}

#[derive(Debug)]
struct State {
    options: Options,
    projects: Mutex<BTreeMap<String, Vec<PackageFile>>>,
    rules: Mutex<Vec<Rule>>,
    log: Mutex<Vec<ServedRequest>>,
    stopped: AtomicBool,
}

impl IndexBuilder {
    /// An index of these packages.
    #[must_use]
    pub fn new(packages: impl IntoIterator<Item = Package>) -> Self {
        Self {
            packages: packages.into_iter().collect(),
            options: Options {
                json: true,
                details: Details {
                    metadata: false,
                    sizes_and_times: true,
                },
                ranges: true,
                etags: false,
                gzip: false,
                max_age: None,
                login: None,
            },
        }
    }

    /// Serves HTML only (PEP 503): no sizes and no upload times.
    #[must_use]
    pub fn html_only(mut self) -> Self {
        self.options.json = false;
        self
    }

    /// Serves each wheel's metadata as a file of its own (PEP 658, PEP 714).
    #[must_use]
    pub fn metadata_files(mut self) -> Self {
        self.options.details.metadata = true;
        self
    }

    /// Leaves out sizes and upload times (PEP 700).
    #[must_use]
    pub fn without_times(mut self) -> Self {
        self.options.details.sizes_and_times = false;
        self
    }

    /// Answers each request for a range with the whole file.
    #[must_use]
    pub fn without_ranges(mut self) -> Self {
        self.options.ranges = false;
        self
    }

    /// Adds validators, and answers 304 if the client's copy is still valid.
    #[must_use]
    pub fn etags(mut self) -> Self {
        self.options.etags = true;
        self
    }

    /// Compresses listings for clients that accept it.
    #[must_use]
    pub fn gzip(mut self) -> Self {
        self.options.gzip = true;
        self
    }

    /// Adds `Cache-Control: max-age`, in seconds, to listings.
    #[must_use]
    pub fn max_age(mut self, seconds: u64) -> Self {
        self.options.max_age = Some(seconds);
        self
    }

    /// Requires a user name and a password.
    #[must_use]
    pub fn login(mut self, user: &str, password: &str) -> Self {
        let pair = BASE64_STANDARD.encode(format!("{user}:{password}"));
        self.options.login = Some(format!("Basic {pair}"));
        self
    }

    /// Starts to listen on a free port of 127.0.0.1.
    ///
    /// # Panics
    /// Where the machine has no free port.
    #[must_use]
    pub fn start(self) -> LoopbackIndex {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener
            .local_addr()
            .expect("a bound socket has an address");
        let state = Arc::new(State {
            options: self.options,
            projects: Mutex::default(),
            rules: Mutex::default(),
            log: Mutex::default(),
            stopped: AtomicBool::new(false),
        });
        let index = LoopbackIndex { address, state };
        for package in self.packages {
            index.add(&package);
        }
        let state = Arc::clone(&index.state);
        thread::spawn(move || state.accept(&listener));
        index
    }
}

impl LoopbackIndex {
    /// Starts an index of these packages with the default features.
    #[must_use]
    pub fn start(packages: impl IntoIterator<Item = Package>) -> Self {
        IndexBuilder::new(packages).start()
    }

    /// The URL for `--index-url`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/simple/", self.address)
    }

    /// The URL of a file.
    #[must_use]
    pub fn file_url(&self, filename: &str) -> String {
        format!("http://{}/files/{filename}", self.address)
    }

    /// The URL of a page with links to all files, for `find_links`.
    #[must_use]
    pub fn links_url(&self) -> String {
        format!("http://{}/links/", self.address)
    }

    /// Adds a release, or replaces its files.
    pub fn add(&self, package: &Package) {
        let name = package.normalised().to_string();
        let mut projects = lock(&self.state.projects);
        let files = projects.entry(name).or_default();
        for file in package.files() {
            files.retain(|known| known.filename != file.filename);
            files.push(file);
        }
    }

    /// Removes a project.
    pub fn remove(&self, name: &str) {
        lock(&self.state.projects).remove(name);
    }

    /// Adds a fault for requests whose path contains `path`.
    pub fn inject(&self, path: &str, fault: Fault, when: When) {
        lock(&self.state.rules).push(Rule::new(path, fault, when));
    }

    /// Removes all faults.
    pub fn heal(&self) {
        lock(&self.state.rules).clear();
    }

    /// All requests so far.
    #[must_use]
    pub fn log(&self) -> Vec<ServedRequest> {
        lock(&self.state.log).clone()
    }

    /// The number of requests so far whose path contains `path`.
    #[must_use]
    pub fn requests(&self, path: &str) -> usize {
        lock(&self.state.log)
            .iter()
            .filter(|served| served.path.contains(path))
            .count()
    }

    /// Forgets the requests so far.
    pub fn clear_log(&self) {
        lock(&self.state.log).clear();
    }
}

impl Drop for LoopbackIndex {
    fn drop(&mut self) {
        self.state.stopped.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.address); // wakes `accept`
    }
}

impl State {
    fn accept(self: Arc<Self>, listener: &TcpListener) {
        for stream in listener.incoming() {
            if self.stopped.load(Ordering::Relaxed) {
                return;
            }
            let Ok(stream) = stream else { continue };
            let state = Arc::clone(&self);
            thread::spawn(move || state.serve(&stream));
        }
    }

    /// Answers requests of one connection until the client closes it.
    fn serve(&self, stream: &TcpStream) -> Result<()> {
        stream.set_nodelay(true)?;
        let mut input = BufReader::new(stream);
        loop {
            let Some(path) = peek_path(stream)? else {
                return Ok(());
            };
            let fault = lock(&self.rules)
                .iter_mut()
                .find_map(|rule| rule.strike(&path));
            if fault == Some(Fault::Reset) {
                // A socket that is closed with unread data makes the kernel reset the connection.
                self.note("GET", &path, 0, None);
                return Ok(());
            }
            let Some(request) = Request::read(&mut input)? else {
                return Ok(());
            };
            self.answer(stream, &request, fault)?;
            if request.header("connection") == Some("close") {
                return Ok(());
            }
        }
    }

    fn answer(&self, stream: &TcpStream, request: &Request, fault: Option<Fault>) -> Result<()> {
        let mut response = self.route(request);
        let mut sent = usize::MAX;
        match fault {
            Some(Fault::Status(status)) => response = Response::text(status, "out of order"),
            Some(Fault::TooManyRequests(seconds)) => {
                response =
                    Response::text(429, "slow down").with("Retry-After", seconds.to_string());
            }
            Some(Fault::Truncated) => sent = response.body.len() / 2,
            Some(Fault::Garbage) => response.body = b"\x00\xff<garbage{".repeat(20),
            Some(Fault::Stall) => self.wait(STALL),
            Some(Fault::Delay(time)) => self.wait(time),
            Some(Fault::Reset) | None => {}
        }
        let range = request.header("range").map(str::to_owned);
        self.note(&request.method, &request.path, response.status, range);
        let mut output = stream;
        response.write(&mut output, request, sent)?;
        if sent == usize::MAX {
            return Ok(());
        }
        output.flush()?;
        stream.shutdown(std::net::Shutdown::Both)?;
        Err(ErrorKind::ConnectionAborted.into())
    }

    fn wait(&self, time: Duration) {
        let end = Instant::now() + time;
        while Instant::now() < end && !self.stopped.load(Ordering::Relaxed) {
            thread::sleep(Duration::from_millis(5).min(time));
        }
    }

    fn note(&self, method: &str, path: &str, status: u16, range: Option<String>) {
        lock(&self.log).push(ServedRequest {
            method: method.to_owned(),
            path: path.to_owned(),
            status,
            range,
        });
    }

    fn route(&self, request: &Request) -> Response {
        if let Some(login) = &self.options.login
            && request.header("authorization") != Some(login)
        {
            return Response::text(401, "who are you?")
                .with("WWW-Authenticate", "Basic realm=\"index\"");
        }
        let parts: Vec<_> = request.path.trim_matches('/').split('/').collect();
        let projects = lock(&self.projects);
        match parts[..] {
            ["simple"] => Response::new(200, listing::HTML, listing::projects(projects.keys())),
            ["links"] => {
                let files = projects.values().flatten();
                Response::new(200, listing::HTML, listing::flat_page(files))
            }
            ["simple", name] if !request.path.ends_with('/') => {
                Response::text(301, "with a slash").with("Location", format!("/simple/{name}/"))
            }
            ["simple", name] => match projects.get(name) {
                Some(files) => self.project(request, name, files),
                None => Response::text(404, "no such project"),
            },
            ["files", filename] => self.file(request, filename, projects.values().flatten()),
            _ => Response::text(404, "no such page"),
        }
    }

    fn project(&self, request: &Request, name: &str, files: &[PackageFile]) -> Response {
        let details = self.options.details;
        let mut response = if self.options.json && request.accepts(listing::JSON) {
            Response::new(200, listing::JSON, listing::json_page(name, files, details))
        } else {
            Response::new(200, listing::HTML, listing::html_page(files, details))
        };
        if let Some(seconds) = self.options.max_age {
            response = response.with("Cache-Control", format!("max-age={seconds}"));
        }
        if self.options.etags {
            response = response.validated(request);
        }
        let takes_gzip = request
            .header("accept-encoding")
            .is_some_and(|v| v.contains("gzip"));
        if self.options.gzip && takes_gzip && response.status == 200 {
            response.body = gzip(&response.body);
            response = response.with("Content-Encoding", "gzip");
        }
        response
    }

    fn file<'a>(
        &self,
        request: &Request,
        filename: &str,
        mut files: impl Iterator<Item = &'a PackageFile>,
    ) -> Response {
        let wheel = filename.strip_suffix(".metadata");
        let Some(file) = files.find(|file| file.filename == wheel.unwrap_or(filename)) else {
            return Response::text(404, "no such file");
        };
        match (wheel, &file.metadata) {
            (None, _) => {
                let whole = Response::new(200, "application/octet-stream", file.bytes.clone());
                if self.options.ranges {
                    whole.ranged(request)
                } else {
                    whole
                }
            }
            (Some(_), Some(metadata)) if self.options.details.metadata => {
                Response::new(200, "text/plain", metadata.clone())
            }
            (Some(_), _) => Response::text(404, "no metadata files here"),
        }
    }
}

/// The path of the next request, which stays unread; `None` at the end of the connection.
fn peek_path(stream: &TcpStream) -> Result<Option<String>> {
    let mut start = [0; 2048];
    loop {
        let length = stream.peek(&mut start)?;
        let text = String::from_utf8_lossy(&start[..length]);
        if let Some(line) = text.split("\r\n").next().filter(|_| text.contains("\r\n")) {
            return Ok(line.split(' ').nth(1).map(str::to_owned));
        }
        if length == 0 || length == start.len() {
            return Ok(None);
        }
        thread::sleep(Duration::from_millis(1));
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut compressed = Vec::new();
    flate2::bufread::GzEncoder::new(bytes, flate2::Compression::fast())
        .read_to_end(&mut compressed)
        .expect("memory takes all");
    compressed
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
