//! The cache of GitHub Actions on 127.0.0.1, in its second version: entries that never change, which are uploaded to
//! and downloaded from URLs that are signed.

use std::collections::BTreeMap;
use std::io::BufReader;
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

use prost::Message;

use crate::archive::sha256_hex;
use crate::http::{Request, Response};

/// What the cache has.
#[derive(Debug, Default)]
pub struct GithubCacheState {
    /// Bytes by the key of their entry.
    pub entries: BTreeMap<String, Vec<u8>>,
    /// What was uploaded and has no entry yet, by its number.
    uploads: BTreeMap<String, Upload>,
    /// The number of entries that were refused, since there was one already.
    pub refused: usize,
    /// The answer to every call, in place of the right one: a status and a text.
    pub failure: Option<(u16, &'static str)>,
}

#[derive(Debug, Default)]
struct Upload {
    key: String,
    bytes: Vec<u8>,
    blocks: BTreeMap<String, Vec<u8>>,
}

/// A cache of GitHub Actions on 127.0.0.1, for the token `secret`.
pub struct GithubCache {
    port: u16,
    state: Arc<Mutex<GithubCacheState>>,
}

/// Key and version of an entry, as the calls that begin and end an upload name them.
#[derive(Clone, PartialEq, Message)]
struct NamedEntry {
    #[prost(string, tag = "2")]
    key: String,
    #[prost(int64, tag = "3")]
    size: i64,
}

/// Whether there is an entry, and where its bytes are sent or had.
#[derive(Clone, PartialEq, Message)]
struct SignedUrl {
    #[prost(bool, tag = "1")]
    ok: bool,
    #[prost(string, tag = "2")]
    url: String,
}

/// The key of an entry, in calls that say a version as text.
#[derive(Clone, PartialEq, Message)]
struct WantedEntry {
    #[prost(string, tag = "2")]
    key: String,
}

impl GithubCache {
    /// Starts a cache without entries.
    ///
    /// # Panics
    /// Where no port is free.
    #[must_use]
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let state = Arc::new(Mutex::new(GithubCacheState::default()));
        let shared = state.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (shared, stream) = (shared.clone(), stream.expect("a connection"));
                std::thread::spawn(move || drop(serve(&stream, port, &shared)));
            }
        });
        Self { port, state }
    }

    /// Its address, as `ACTIONS_RESULTS_URL` has it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }

    /// Reads or changes what it has.
    pub fn with<T>(&self, job: impl FnOnce(&mut GithubCacheState) -> T) -> T {
        job(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn serve(stream: &TcpStream, port: u16, state: &Mutex<GithubCacheState>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    while let Some(request) = Request::read_head(&mut reader)? {
        let body = request.body(&mut reader)?;
        let answer = {
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            match state.failure {
                Some((status, text)) => Response::text(status, text),
                None => state.answer(&request, body, port),
            }
        };
        answer.write(&mut &*stream, &request, usize::MAX)?;
    }
    Ok(())
}

impl GithubCacheState {
    fn answer(&mut self, request: &Request, body: Vec<u8>, port: u16) -> Response {
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        if let Some(number) = path.strip_prefix("/uploads/") {
            return self.upload((number, query), body);
        }
        if let Some(name) = path.strip_prefix("/downloads/") {
            let mut entries = self.entries.iter();
            let entry = entries.find(|(key, _)| sha256_hex(key.as_bytes()) == name);
            let bytes = entry.map(|(_, bytes)| bytes.clone());
            return match bytes {
                Some(bytes) => {
                    Response::new(200, "application/octet-stream", bytes).ranged(request)
                }
                None => Response::text(404, "BlobNotFound"),
            };
        }
        if request.header("authorization") != Some("Bearer secret") {
            return Response::text(401, "{\"code\":\"unauthenticated\",\"msg\":\"bad token\"}");
        }
        let service = "/twirp/github.actions.results.api.v1.CacheService/";
        match path.strip_prefix(service) {
            Some("CreateCacheEntry") => self.create(&body, port),
            Some("FinalizeCacheEntryUpload") => self.finish(&body),
            Some("GetCacheEntryDownloadURL") => {
                let key = WantedEntry::decode(body.as_slice()).unwrap_or_default().key;
                let name = sha256_hex(key.as_bytes());
                message(&SignedUrl {
                    ok: self.entries.contains_key(&key),
                    url: format!("http://127.0.0.1:{port}/downloads/{name}?sig=signed"),
                })
            }
            _ => Response::text(404, "no such call"),
        }
    }

    fn create(&mut self, body: &[u8], port: u16) -> Response {
        let key = WantedEntry::decode(body).unwrap_or_default().key;
        if self.entries.contains_key(&key) {
            self.refused += 1;
            return Response::text(409, "{\"code\":\"already_exists\"}");
        }
        let number = self.uploads.len().to_string();
        let url = format!("http://127.0.0.1:{port}/uploads/{number}?sig=signed");
        let upload = Upload {
            key,
            ..Upload::default()
        };
        self.uploads.insert(number, upload);
        message(&SignedUrl { ok: true, url })
    }

    /// As the storage does that the URLs lead to: a whole, or blocks and then the list of them.
    fn upload(&mut self, (number, query): (&str, &str), body: Vec<u8>) -> Response {
        let Some(upload) = self.uploads.get_mut(number) else {
            return Response::text(404, "ContainerNotFound");
        };
        let value = |name: &str| {
            let mut parts = query.split('&').filter_map(|part| part.split_once('='));
            parts.find_map(|(known, value)| (known == name).then(|| value.to_owned()))
        };
        if value("sig").as_deref() != Some("signed") {
            return Response::text(403, "AuthenticationFailed");
        }
        match (value("comp").as_deref(), value("blockid")) {
            (Some("block"), Some(id)) => drop(upload.blocks.insert(id, body)),
            // The identifiers sort as the blocks do.
            (Some("blocklist"), _) => {
                upload.bytes = std::mem::take(&mut upload.blocks)
                    .into_values()
                    .flatten()
                    .collect();
            }
            _ => upload.bytes = body,
        }
        Response::text(201, "")
    }

    fn finish(&mut self, body: &[u8]) -> Response {
        let NamedEntry { key, size } = NamedEntry::decode(body).unwrap_or_default();
        let mut uploads = self.uploads.values_mut();
        let Some(upload) = uploads.find(|upload| upload.key == key) else {
            return Response::text(404, "no such upload");
        };
        if upload.bytes.len() as i64 != size {
            return Response::text(400, "another size");
        }
        let bytes = std::mem::take(&mut upload.bytes);
        upload.key.clear();
        self.entries.insert(key, bytes);
        message(&SignedUrl {
            ok: true,
            url: String::new(),
        })
    }
}

fn message(message: &impl Message) -> Response {
    Response::new(200, "application/protobuf", message.encode_to_vec())
}
