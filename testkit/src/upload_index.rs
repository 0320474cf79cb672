//! An index on 127.0.0.1 that takes uploads, and can misbehave.

use std::collections::BTreeMap;
use std::io::{BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;

use crate::http::Request;

/// What goes wrong with an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UploadFault {
    /// The connection breaks in the middle of the body.
    BreaksMidway,
    /// The file arrives, but no answer is sent.
    BreaksAfter,
    /// The index answers that it is not available.
    Unavailable,
    /// The index answers with this status and redirects to `/elsewhere/`.
    Redirects(u16),
    /// The index reads so many bytes, waits as many milliseconds, and so on.
    Throttles(usize, u64),
    /// The index reads half of the body, and then nothing for a minute.
    Stalls,
    /// The index reads the body and answers after a minute.
    Ponders,
    /// The index answers 413 before it has read the body.
    TooLarge,
    /// The index answers that all is well, with a page that asks for a login, and keeps nothing.
    LoginPage,
    /// The index asks to come back after a second.
    Busy,
}

/// What an [`UploadIndex`] has received.
#[derive(Debug, Default)]
pub struct UploadState {
    /// The files by name.
    pub files: BTreeMap<String, Vec<u8>>,
    /// The faults of the next uploads; the last one comes first.
    pub faults: Vec<UploadFault>,
    /// The method and path of each request.
    pub requests: Vec<String>,
    /// The login header of each upload.
    pub logins: Vec<Option<String>>,
    /// The form of each accepted upload.
    pub forms: Vec<String>,
    /// Whether the listing has hashes.
    pub hashes: bool,
    /// What it answers to the question for the audience of trusted publishing: status and body.
    pub audience: (&'static str, &'static str),
    /// What it answers to the identity of a job: status and body.
    pub mint: (&'static str, &'static str),
    users: Vec<String>,
}

/// An index on 127.0.0.1 that takes uploads.
pub struct UploadIndex {
    port: u16,
    state: Arc<Mutex<UploadState>>,
}

impl UploadIndex {
    /// Starts an index for these users and passwords.
    #[must_use]
    pub fn start(users: &[(&str, &str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let state = Arc::new(Mutex::new(UploadState {
            hashes: true,
            audience: ("200 OK", r#"{"audience": "small"}"#),
            mint: ("200 OK", r#"{"success": true, "token": "minted"}"#),
            users: users
                .iter()
                .map(|(user, password)| basic(user, password))
                .collect(),
            ..UploadState::default()
        }));
        let shared = state.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let shared = shared.clone();
                std::thread::spawn(move || drop(serve(&stream.expect("a connection"), &shared)));
            }
        });
        Self { port, state }
    }

    /// The port of 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The URL for uploads.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }

    /// Reads or changes the state.
    pub fn with<T>(&self, job: impl FnOnce(&mut UploadState) -> T) -> T {
        job(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The number of uploads so far.
    #[must_use]
    pub fn posts(&self) -> usize {
        self.with(|state| {
            state
                .requests
                .iter()
                .filter(|line| {
                    line.strip_prefix("POST ")
                        .is_some_and(|path| local(path) == "/")
                })
                .count()
        })
    }
}

/// The path of a request, which names the host too where the index is asked as a proxy; `/legacy/` takes uploads
/// like `/`.
fn local(path: &str) -> &str {
    let of_proxy = path
        .strip_prefix("http://")
        .and_then(|rest| rest.find('/').map(|at| &rest[at..]));
    match of_proxy.unwrap_or(path) {
        "/legacy/" => "/",
        other => other,
    }
}

fn serve(stream: &TcpStream, state: &Mutex<UploadState>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let Some(request) = Request::read_head(&mut reader)? else {
        return Ok(());
    };
    let (method, path) = (request.method.as_str(), request.path.as_str());
    state
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .requests
        .push(format!("{method} {path}"));
    let path = local(path);
    let length = request.length().unwrap_or(0);
    let answer = |status: &str, body: &str| {
        let mut stream = stream;
        write!(
            stream,
            "HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        )
    };
    let fault = match (method, path) {
        ("POST", "/") => state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .faults
            .pop(),
        _ => None,
    };
    if fault == Some(UploadFault::BreaksMidway) {
        let mut half = vec![0; length / 2];
        reader.read_exact(&mut half)?;
        return stream.shutdown(std::net::Shutdown::Both);
    }
    let mut body = vec![0; length];
    match fault {
        Some(UploadFault::Throttles(bytes, milliseconds)) => {
            for piece in body.chunks_mut(bytes) {
                reader.read_exact(piece)?;
                std::thread::sleep(Duration::from_millis(milliseconds));
            }
        }
        Some(UploadFault::Stalls) => {
            reader.read_exact(&mut body[..length / 2])?;
            std::thread::sleep(Duration::from_secs(60));
        }
        Some(UploadFault::TooLarge) => {
            reader.read_exact(&mut body[..length.min(1000)])?;
            answer("413 Payload Too Large", "<h1>at most 1 kB</h1>")?;
            // A server that closes with something unread takes its answer back.
            std::io::copy(&mut reader, &mut std::io::sink())?;
            return Ok(());
        }
        _ => reader.read_exact(&mut body)?,
    }
    match fault {
        Some(UploadFault::Ponders) => std::thread::sleep(Duration::from_secs(60)),
        Some(UploadFault::LoginPage) => return answer("200 OK", "<h1>Please log in</h1>"),
        Some(UploadFault::Busy) => {
            let mut stream = stream;
            return write!(
                stream,
                "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            );
        }
        Some(UploadFault::Redirects(status)) => {
            let mut stream = stream;
            return write!(
                stream,
                "HTTP/1.1 {status} Moved\r\nLocation: /elsewhere/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            );
        }
        _ => {}
    }
    if fault == Some(UploadFault::Unavailable) {
        return answer("503 Service Unavailable", "<h1>come back later</h1>");
    }
    match (method, path) {
        ("POST", "/") if !is_known(state, request.header("authorization")) => {
            answer("403 Forbidden", "who are you?")
        }
        ("POST", "/") => {
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            let (name, content) = part(&body);
            state
                .forms
                .push(String::from_utf8_lossy(&body).into_owned());
            if state.files.contains_key(&name) {
                return answer("409 Conflict", "File already exists.");
            }
            state.files.insert(name, content);
            match fault {
                Some(UploadFault::BreaksAfter) => stream.shutdown(std::net::Shutdown::Both),
                _ => answer("200 OK", ""),
            }
        }
        ("GET", "/elsewhere/") => answer("200 OK", "<h1>Please log in</h1>"),
        ("POST", "/elsewhere/") => answer("200 OK", ""),
        ("GET", "/simple/") => answer("200 OK", "<a href='a/'>a</a>"),
        ("GET", "/_/oidc/audience") => {
            let state = state.lock().unwrap_or_else(PoisonError::into_inner);
            answer(state.audience.0, state.audience.1)
        }
        ("GET", "/identity?job=1&audience=small")
            if request.header("authorization") == Some("Bearer ci") =>
        {
            answer("200 OK", r#"{"value": "jwt"}"#)
        }
        ("POST", "/_/oidc/mint-token") if body == br#"{"token":"jwt"}"# => {
            let state = state.lock().unwrap_or_else(PoisonError::into_inner);
            answer(state.mint.0, state.mint.1)
        }
        ("GET", path) if path.starts_with("/files/") => {
            let content = state
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .files
                .get(&path[7..])
                .cloned()
                .unwrap_or_default();
            answer("200 OK", &String::from_utf8_lossy(&content))
        }
        ("GET", path) => {
            let project = path
                .trim_start_matches("/simple/")
                .trim_end_matches('/')
                .replace('-', "_");
            let state = state.lock().unwrap_or_else(PoisonError::into_inner);
            let files = state
                .files
                .iter()
                .filter(|(name, _)| name.starts_with(&format!("{project}-")));
            let anchor = |(name, content): (&String, &Vec<u8>)| match state.hashes {
                true => format!(
                    "<a href=\"/files/{name}#sha256={}\">{name}</a>\n",
                    sha256(content)
                ),
                false => format!("<a href=\"/files/{name}#md5=0\">{name}</a>\n"),
            };
            let page: String = files.map(anchor).collect();
            match page.is_empty() {
                true => answer("404 Not Found", "unknown"),
                false => answer("200 OK", &page),
            }
        }
        _ => answer("405 Method Not Allowed", ""),
    }
}

/// The header for a login with user and password.
fn basic(user: &str, password: &str) -> String {
    let text = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
    format!("Basic {text}")
}

/// Records the login of an upload, and says whether it is valid.
fn is_known(state: &Mutex<UploadState>, authorization: Option<&str>) -> bool {
    let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
    let login = authorization.map(str::to_owned);
    let known = login
        .as_ref()
        .is_some_and(|login| state.users.contains(login));
    state.logins.push(login);
    known
}

fn sha256(content: &[u8]) -> String {
    use sha2::Digest;
    hex::encode(sha2::Sha256::digest(content))
}

/// The name and the bytes of the file in a form.
fn part(body: &[u8]) -> (String, Vec<u8>) {
    let find = |needle: &[u8], from: usize| {
        body[from..]
            .windows(needle.len())
            .position(|window| window == needle)
            .map(|at| from + at)
    };
    let start = find(b"filename=\"", 0).expect("a form") + 10;
    let end = find(b"\"", start).expect("a form");
    let content = find(b"\r\n\r\n", end).expect("a form") + 4;
    let last = body
        .windows(4)
        .rposition(|window| window == b"\r\n--")
        .expect("a form");
    (
        String::from_utf8_lossy(&body[start..end]).into_owned(),
        body[content..last].to_vec(),
    )
}
