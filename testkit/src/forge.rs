//! A forge on 127.0.0.1 with the part of its API that releases and pull requests need.

use std::io::{BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

use crate::http::Request;

/// What a [`LoopbackForge`] has received.
#[derive(Debug, Default)]
pub struct ForgeState {
    /// Method, path and body of each request, in order. The body of a file is its size.
    pub requests: Vec<String>,
    /// The release of each tag that was made, with the names and sizes of its files.
    pub releases: Vec<(String, Vec<(String, usize)>)>,
    /// The number of pull requests that are open.
    pub pulls: usize,
    /// Whether the next upload is refused.
    pub refuses_upload: bool,
}

/// A forge on 127.0.0.1, for one token.
pub struct LoopbackForge {
    port: u16,
    state: Arc<Mutex<ForgeState>>,
}

impl LoopbackForge {
    /// Starts a forge that knows the token `secret`.
    ///
    /// # Panics
    /// Where no port is free.
    #[must_use]
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let state = Arc::new(Mutex::new(ForgeState::default()));
        let shared = state.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let shared = shared.clone();
                let stream = stream.expect("a connection");
                std::thread::spawn(move || drop(serve(&stream, port, &shared)));
            }
        });
        Self { port, state }
    }

    /// The URL of its API.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/api", self.port)
    }

    /// The URL of its API as that of a GitLab.
    #[must_use]
    pub fn gitlab_url(&self) -> String {
        format!("{}/v4", self.url())
    }

    /// Reads or changes the state.
    pub fn with<T>(&self, job: impl FnOnce(&mut ForgeState) -> T) -> T {
        job(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn serve(stream: &TcpStream, port: u16, state: &Mutex<ForgeState>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let Some(request) = Request::read_head(&mut reader)? else {
        return Ok(());
    };
    let body = request.body(&mut reader)?;
    let answer = |status: &str, body: &str| {
        let mut stream = stream;
        write!(
            stream,
            "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        )
    };
    let (method, path) = (request.method.as_str(), request.path.as_str());
    let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
    let text = String::from_utf8_lossy(&body).into_owned();
    let is_file = path.starts_with("/files/") || path.contains("/packages/generic/");
    let shown = match is_file {
        true => format!("{} bytes", body.len()),
        false => text.clone(),
    };
    state.requests.push(format!("{method} {path} {shown}"));
    if request.header("authorization") != Some("Bearer secret") {
        return answer("401 Unauthorized", r#"{"message": "Bad credentials"}"#);
    }
    if let Some(path) = path.strip_prefix("/api/v4/projects/acme%2Fteam%2Fjobs") {
        let (status, body) = gitlab(&mut state, (method, path), &text);
        return answer(status, &body);
    }
    let base = "/api/repos/acme/jobs/";
    if path == base.trim_end_matches('/') {
        return answer("200 OK", r#"{"full_name": "acme/jobs"}"#);
    }
    let value = |key: &str| value(&text, key);
    let release = |tag: &str, files: &[(String, usize)]| {
        let assets: Vec<String> = files
            .iter()
            .map(|(name, size)| format!(r#"{{"name": "{name}", "size": {size}}}"#))
            .collect();
        format!(
            r#"{{"html_url": "http://forge.example/{tag}", "upload_url": "http://127.0.0.1:{port}/files/{tag}{{?name,label}}", "assets": [{}]}}"#,
            assets.join(", ")
        )
    };
    if let Some(tag) = path.strip_prefix(&format!("{base}releases/tags/")) {
        return match state.releases.iter().find(|(known, _)| known == tag) {
            Some((tag, files)) => answer("200 OK", &release(tag, files)),
            None => answer("404 Not Found", r#"{"message": "Not Found"}"#),
        };
    }
    if let Some(rest) = path.strip_prefix("/files/") {
        let (tag, name) = rest.split_once("?name=").unwrap_or((rest, ""));
        if std::mem::take(&mut state.refuses_upload) {
            return answer("502 Bad Gateway", "");
        }
        let known = state.releases.iter_mut().find(|(known, _)| known == tag);
        if let Some((_, files)) = known {
            files.push((name.to_owned(), body.len()));
        }
        return answer("201 Created", "{}");
    }
    match (method, path.strip_prefix(base)) {
        ("POST", Some("releases")) => {
            let tag = value("tag_name").unwrap_or_default();
            state.releases.push((tag.clone(), Vec::new()));
            answer("201 Created", &release(&tag, &[]))
        }
        ("GET", Some(path)) if path.starts_with("pulls?") => match state.pulls {
            0 => answer("200 OK", "[]"),
            number => answer(
                "200 OK",
                &format!(
                    r#"[{{"number": {number}, "html_url": "http://forge.example/pulls/{number}"}}]"#
                ),
            ),
        },
        ("POST", Some("pulls")) => {
            state.pulls += 1;
            let number = state.pulls;
            answer(
                "201 Created",
                &format!(
                    r#"{{"number": {number}, "html_url": "http://forge.example/pulls/{number}"}}"#
                ),
            )
        }
        ("PATCH", Some(path)) if path.starts_with("pulls/") => answer(
            "200 OK",
            r#"{"number": 1, "html_url": "http://forge.example/pulls/1"}"#,
        ),
        _ => answer("404 Not Found", r#"{"message": "Not Found"}"#),
    }
}

/// The text of a key of JSON.
fn value(text: &str, key: &str) -> Option<String> {
    let at = text.find(&format!("\"{key}\":\""))? + key.len() + 4;
    Some(text[at..].split('"').next()?.to_owned())
}

/// What a GitLab answers for a project.
fn gitlab(state: &mut ForgeState, asked: (&str, &str), text: &str) -> (&'static str, String) {
    let missing = (
        "404 Not Found",
        r#"{"message": "404 Not Found"}"#.to_owned(),
    );
    let release = |tag: &str, files: &[(String, usize)]| {
        let links = files
            .iter()
            .map(|(name, _)| format!(r#"{{"name": "{name}"}}"#));
        let links: Vec<String> = links.collect();
        format!(
            r#"{{"_links": {{"self": "http://forge.example/-/releases/{tag}"}}, "assets": {{"links": [{}]}}}}"#,
            links.join(", ")
        )
    };
    let merge = |number: usize| {
        format!(
            r#"{{"iid": {number}, "web_url": "http://forge.example/-/merge_requests/{number}"}}"#
        )
    };
    match asked {
        (_, "") => (
            "200 OK",
            r#"{"path_with_namespace": "acme/team/jobs"}"#.to_owned(),
        ),
        ("POST", "/releases") => {
            let tag = value(text, "tag_name").unwrap_or_default();
            let made = release(&tag, &[]);
            state.releases.push((tag, Vec::new()));
            ("201 Created", made)
        }
        ("PUT", path) if path.starts_with("/packages/generic/") => {
            match std::mem::take(&mut state.refuses_upload) {
                true => ("502 Bad Gateway", String::new()),
                false => ("201 Created", r#"{"message": "201 Created"}"#.to_owned()),
            }
        }
        ("GET", path) if path.starts_with("/merge_requests?") => match state.pulls {
            0 => ("200 OK", "[]".to_owned()),
            number => ("200 OK", format!("[{}]", merge(number))),
        },
        ("POST", "/merge_requests") => {
            state.pulls += 1;
            ("201 Created", merge(state.pulls))
        }
        ("PUT", path) if path.starts_with("/merge_requests/") => ("200 OK", merge(state.pulls)),
        (method, path) => {
            let Some(path) = path.strip_prefix("/releases/") else {
                return missing;
            };
            let (tag, rest) = path.split_once('/').unwrap_or((path, ""));
            let known = state.releases.iter_mut().find(|(known, _)| known == tag);
            let Some((tag, files)) = known else {
                return missing;
            };
            if (method, rest) == ("POST", "assets/links") {
                let name = value(text, "name").unwrap_or_default();
                files.push((name.clone(), 0));
                return ("201 Created", format!(r#"{{"name": "{name}"}}"#));
            }
            ("200 OK", release(tag, files))
        }
    }
}
