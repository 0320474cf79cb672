//! Publishing: against a small index in this file that misbehaves, and against real servers.
//!
//! With `XTASK_PEERS` naming a virtual environment that has pypiserver (with passlib) or devpi, a
//! server runs on 127.0.0.1 and pip installs what was published.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use index::upload::{
    Credentials, Dist, Identity, Patience, PublishError, Repository, Standing, compare, exchange,
    publish,
};
use testkit::{Package, PackageFile};

/// What goes wrong with an upload.
#[derive(Clone, Copy, PartialEq)]
enum Fault {
    /// The connection breaks in the middle of the body.
    BreaksMidway,
    /// The file arrives, the answer does not.
    BreaksAfter,
    /// The index is in trouble.
    Unavailable,
}

#[derive(Default)]
struct State {
    files: BTreeMap<String, Vec<u8>>,
    faults: Vec<Fault>,
    requests: Vec<String>,
    forms: Vec<String>,
    hashes: bool,
}

/// An index on 127.0.0.1 for the user `joe` with the password `secret`.
struct SmallIndex {
    port: u16,
    state: Arc<Mutex<State>>,
}

impl SmallIndex {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(Mutex::new(State {
            hashes: true,
            ..State::default()
        }));
        let shared = state.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let shared = shared.clone();
                std::thread::spawn(move || drop(serve(stream.unwrap(), &shared)));
            }
        });
        Self { port, state }
    }

    fn repository(&self) -> Repository {
        Repository {
            upload: format!("http://127.0.0.1:{}/", self.port).parse().unwrap(),
            listing: None,
            credentials: Credentials::Basic {
                username: "joe".into(),
                password: "secret".into(),
            },
            patience: Patience {
                tries: 3,
                wait: Duration::from_millis(5),
                silence: Duration::from_secs(5),
            },
        }
    }

    fn with<T>(&self, job: impl FnOnce(&mut State) -> T) -> T {
        job(&mut self.state.lock().unwrap())
    }

    fn posts(&self) -> usize {
        self.with(|state| {
            state
                .requests
                .iter()
                .filter(|line| line.starts_with("POST / "))
                .count()
        })
    }
}

fn serve(stream: TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        if line == "\r\n" {
            break;
        }
        lines.push(line.trim().to_owned());
    }
    let header = |name: &str| {
        lines.iter().find_map(|line| {
            line.split_once(": ")
                .filter(|(known, _)| known.eq_ignore_ascii_case(name))
                .map(|(_, value)| value.to_owned())
        })
    };
    state.lock().unwrap().requests.push(lines[0].clone());
    let length: usize = header("content-length")
        .and_then(|length| length.parse().ok())
        .unwrap_or(0);
    let answer = |status: &str, body: &str| {
        let mut stream = &stream;
        write!(
            stream,
            "HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        )
    };
    let fault = match lines[0].starts_with("POST / ") {
        true => state.lock().unwrap().faults.pop(),
        false => None,
    };
    if fault == Some(Fault::BreaksMidway) {
        let mut half = vec![0; length / 2];
        reader.read_exact(&mut half)?;
        return stream.shutdown(std::net::Shutdown::Both);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    if fault == Some(Fault::Unavailable) {
        return answer("503 Service Unavailable", "<h1>come back later</h1>");
    }
    match lines[0].split(' ').collect::<Vec<_>>()[..2] {
        // joe:secret
        ["POST", "/"] if header("authorization").as_deref() != Some("Basic am9lOnNlY3JldA==") => {
            answer("403 Forbidden", "who are you?")
        }
        ["POST", "/"] => {
            let mut state = state.lock().unwrap();
            let (name, content) = part(&body);
            state
                .forms
                .push(String::from_utf8_lossy(&body).into_owned());
            if state.files.contains_key(&name) {
                return answer("409 Conflict", "File already exists.");
            }
            state.files.insert(name, content);
            match fault {
                Some(Fault::BreaksAfter) => stream.shutdown(std::net::Shutdown::Both),
                _ => answer("200 OK", ""),
            }
        }
        ["GET", "/simple/"] => answer("200 OK", "<a href='a/'>a</a>"),
        ["GET", "/_/oidc/audience"] => answer("200 OK", r#"{"audience": "small"}"#),
        ["GET", "/identity?job=1&audience=small"]
            if header("authorization").as_deref() == Some("Bearer ci") =>
        {
            answer("200 OK", r#"{"value": "jwt"}"#)
        }
        ["POST", "/_/oidc/mint-token"] if body == br#"{"token":"jwt"}"# => {
            answer("200 OK", r#"{"success": true, "token": "minted"}"#)
        }
        ["GET", path] if path.starts_with("/files/") => {
            let content = state
                .lock()
                .unwrap()
                .files
                .get(&path[7..])
                .cloned()
                .unwrap_or_default();
            answer("200 OK", &String::from_utf8_lossy(&content))
        }
        ["GET", path] => {
            let project = path
                .trim_start_matches("/simple/")
                .trim_end_matches('/')
                .replace('-', "_");
            let state = state.lock().unwrap();
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

fn sha256(content: &[u8]) -> String {
    use sha2::Digest;
    hex::encode(sha2::Sha256::digest(content))
}

/// Name and bytes of the form's file.
fn part(body: &[u8]) -> (String, Vec<u8>) {
    let find = |needle: &[u8], from: usize| {
        body[from..]
            .windows(needle.len())
            .position(|window| window == needle)
            .map(|at| from + at)
    };
    let start = find(b"filename=\"", 0).unwrap() + 10;
    let end = find(b"\"", start).unwrap();
    let content = find(b"\r\n\r\n", end).unwrap() + 4;
    let last = body
        .windows(4)
        .rposition(|window| window == b"\r\n--")
        .unwrap();
    (
        String::from_utf8_lossy(&body[start..end]).into_owned(),
        body[content..last].to_vec(),
    )
}

struct Files {
    folder: tempfile::TempDir,
}

impl Files {
    fn of(packages: &[Package]) -> (Self, Vec<Utf8PathBuf>) {
        let files = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let mut paths = Vec::new();
        for package in packages {
            for PackageFile {
                filename, bytes, ..
            } in package.files()
            {
                let path = files.path().join(filename);
                fs_err::write(&path, bytes).unwrap();
                paths.push(path);
            }
        }
        (files, paths)
    }

    fn path(&self) -> &Utf8Path {
        Utf8Path::from_path(self.folder.path()).unwrap()
    }
}

fn read(paths: &[Utf8PathBuf]) -> Vec<Dist> {
    paths.iter().map(|path| Dist::read(path).unwrap()).collect()
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

/// Compares and publishes; what was done with each file.
fn run(
    repository: &Repository,
    paths: &[Utf8PathBuf],
) -> Result<Vec<(String, Standing)>, PublishError> {
    block_on(async {
        let compared = compare(repository, read(paths)).await?;
        let mut told = Vec::new();
        publish(repository, &compared, |dist, standing| {
            told.push((dist.file_name().to_owned(), standing))
        })
        .await?;
        Ok(told)
    })
}

fn two() -> (Files, Vec<Utf8PathBuf>) {
    Files::of(&[
        Package::new("alpha-lib", "1.0")
            .wheel("py3-none-any")
            .sdist()
            .requires("beta==1.0")
            .member("alpha_lib.py", &[b'x'; 200_000]),
        Package::new("beta", "1.0").wheel("py3-none-any"),
    ])
}

#[test]
fn first_upload_then_repeat() {
    let index = SmallIndex::start();
    let (_files, paths) = two();
    let names = |standing| {
        [
            "beta-1.0-py3-none-any.whl",
            "alpha_lib-1.0-py3-none-any.whl",
            "alpha_lib-1.0.tar.gz",
        ]
        .map(|name| (name.to_owned(), standing))
        .to_vec()
    };
    assert_eq!(
        run(&index.repository(), &paths).unwrap(),
        names(Standing::New)
    );
    for path in &paths {
        let stored = index.with(|state| state.files[path.file_name().unwrap()].clone());
        assert_eq!(stored, fs_err::read(path).unwrap(), "{path}");
    }
    assert_eq!(
        run(&index.repository(), &paths).unwrap(),
        names(Standing::There)
    );
    assert_eq!(index.posts(), 3);
    let form = index.with(|state| state.forms[0].clone());
    for field in [
        "name=\":action\"\r\n\r\nfile_upload\r\n",
        "name=\"name\"\r\n\r\nbeta\r\n",
        "name=\"filetype\"\r\n\r\nbdist_wheel\r\n",
        "name=\"pyversion\"\r\n\r\npy3\r\n",
        "name=\"metadata_version\"\r\n\r\n2.",
    ] {
        assert!(form.contains(field), "{field} is not in {form}");
    }
}

#[test]
fn a_changed_file_is_refused_before_anything_is_uploaded() {
    let index = SmallIndex::start();
    let (_files, paths) = two();
    index.with(|state| {
        state
            .files
            .insert("alpha_lib-1.0.tar.gz".into(), b"other".to_vec())
    });
    let error = run(&index.repository(), &paths).unwrap_err();
    let text = format!("{error}\n{}", error.hint().unwrap());
    let ours = sha256(
        &fs_err::read(
            paths
                .iter()
                .find(|path| path.as_str().ends_with(".gz"))
                .unwrap(),
        )
        .unwrap(),
    );
    insta::assert_snapshot!(text.replace(&ours, "[OURS]").replace(&sha256(b"other"), "[THEIRS]"), @r#"
    the index has another alpha_lib-1.0.tar.gz: sha256 [THEIRS] there, [OURS] here
    files on an index never change: release a new version, or build the same bytes again
    "#);
    assert_eq!(index.posts(), 0);
}

#[test]
fn an_index_without_hashes_is_asked_for_the_file() {
    let index = SmallIndex::start();
    index.with(|state| state.hashes = false);
    let (_files, paths) = Files::of(&[Package::new("beta", "1.0").wheel("py3-none-any")]);
    index.with(|state| {
        state
            .files
            .insert("beta-1.0-py3-none-any.whl".into(), b"other".to_vec())
    });
    assert!(matches!(
        run(&index.repository(), &paths),
        Err(PublishError::Changed { .. })
    ));
}

#[test]
fn broken_connections_are_tried_again() {
    for fault in [Fault::BreaksMidway, Fault::BreaksAfter, Fault::Unavailable] {
        let index = SmallIndex::start();
        index.with(|state| state.faults = vec![fault, fault]);
        let (_files, paths) = two();
        assert_eq!(run(&index.repository(), &paths).unwrap().len(), 3);
        assert_eq!(index.with(|state| state.files.len()), 3);
    }
}

#[test]
fn a_run_that_broke_can_be_repeated() {
    let index = SmallIndex::start();
    index.with(|state| state.faults = vec![Fault::BreaksMidway; 3]);
    let (_files, paths) = two();
    let error = run(&index.repository(), &paths).unwrap_err();
    assert!(
        matches!(error, PublishError::Connection { tries: 3, .. }),
        "{error}"
    );
    assert_eq!(
        error.hint().as_deref(),
        Some("run the same command again: what arrived is skipped")
    );
    assert_eq!(run(&index.repository(), &paths).unwrap().len(), 3);
    assert_eq!(index.with(|state| state.files.len()), 3);
}

#[test]
fn wrong_credentials() {
    let index = SmallIndex::start();
    let (_files, paths) = two();
    let tell = |credentials| {
        let repository = Repository {
            credentials,
            ..index.repository()
        };
        let error = run(&repository, &paths).unwrap_err();
        format!("{error}\n{}", error.hint().unwrap()).replace(&index.port.to_string(), "PORT")
    };
    insta::assert_snapshot!(tell(Credentials::None), @r#"
    http://127.0.0.1:PORT/ refuses: 403 Forbidden: who are you?
    no credentials were found: set XTASK_PUBLISH_TOKEN, or XTASK_PUBLISH_USERNAME and XTASK_PUBLISH_PASSWORD, or add the host to ~/.netrc or the index to ~/.pypirc
    "#);
    insta::assert_snapshot!(tell(Credentials::token("wrong")), @r#"
    http://127.0.0.1:PORT/ refuses: 403 Forbidden: who are you?
    check the credentials and the rights of this user
    "#);
}

#[test]
fn trusted_publishing() {
    let index = SmallIndex::start();
    let identity = Identity {
        request_url: Some(format!("http://127.0.0.1:{}/identity?job=1", index.port)),
        request_token: Some("ci".into()),
        token: None,
    };
    let minted = block_on(exchange(&index.repository(), &identity)).unwrap();
    assert_eq!(minted, Some(Credentials::token("minted")));
    assert_eq!(
        block_on(exchange(&index.repository(), &Identity::default())).unwrap(),
        None
    );
    let wrong = Identity {
        request_token: Some("other".into()),
        ..identity
    };
    assert!(block_on(exchange(&index.repository(), &wrong)).is_err());
}

#[test]
fn not_a_distribution() {
    let folder = tempfile::tempdir().unwrap();
    let tell = |name: &str, content: &[u8]| {
        let path = Utf8Path::from_path(folder.path()).unwrap().join(name);
        fs_err::write(&path, content).unwrap();
        Dist::read(&path)
            .unwrap_err()
            .to_string()
            .replace(folder.path().to_str().unwrap(), "[FOLDER]")
    };
    let (_files, paths) = Files::of(&[Package::new("beta", "1.0").wheel("py3-none-any")]);
    let wheel = fs_err::read(&paths[0]).unwrap();
    let told = [
        tell("notes.txt", b"x"),
        tell("a-1.0-py3-none-any.whl", b"x"),
        tell("gamma-1.0-py3-none-any.whl", &wheel),
    ];
    insta::assert_snapshot!(told.join("\n"), @r#"
    [FOLDER]/notes.txt: not the name of a wheel or sdist: it ends neither in `.whl` nor in `.tar.gz`
    [FOLDER]/a-1.0-py3-none-any.whl: invalid Zip archive: Could not find EOCD
    [FOLDER]/gamma-1.0-py3-none-any.whl: its metadata is that of beta 1.0
    "#);
}

/// A real server, ended with the test.
struct Server(duct::Handle);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

fn wait_for(port: u16) {
    for _ in 0..600 {
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("no server on port {port}");
}

/// First upload, repeat, changed file refused, broken connection in the middle; then pip installs.
fn all_of_it(repository: &Repository, simple: &str) {
    let (files, paths) = two();
    let broken = Repository {
        upload: breaking_proxy(&repository.upload),
        listing: Some(simple.parse().unwrap()),
        ..repository.clone()
    };
    assert_eq!(
        run(&broken, &paths[..1]).unwrap()[0].1,
        Standing::New,
        "through a connection that breaks"
    );
    assert!(
        run(repository, &paths)
            .unwrap()
            .iter()
            .any(|(_, standing)| *standing == Standing::New)
    );
    assert!(
        run(repository, &paths)
            .unwrap()
            .iter()
            .all(|(_, standing)| *standing == Standing::There)
    );
    let (_others, changed) = Files::of(&[
        Package::new("beta", "1.0")
            .wheel("py3-none-any")
            .member("beta/extra.py", b"changed"),
        Package::new("gamma", "1.0").wheel("py3-none-any"),
    ]);
    assert!(matches!(
        run(repository, &changed),
        Err(PublishError::Changed { .. })
    ));
    let pip = testkit::peer("pip").unwrap();
    let target = files.path().join("installed");
    let args = [
        "install",
        "--quiet",
        "--isolated",
        "--no-cache-dir",
        "--disable-pip-version-check",
        "--index-url",
        simple,
        "--target",
        target.as_str(),
        "alpha-lib==1.0",
    ];
    duct::cmd(pip.as_std_path(), args).run().unwrap();
    assert!(target.join("alpha_lib.py").exists() && target.join("beta-1.0.dist-info").exists());
    let args = [
        "download",
        "--quiet",
        "--isolated",
        "--no-cache-dir",
        "--disable-pip-version-check",
        "--index-url",
        simple,
        "--dest",
        target.as_str(),
        "gamma",
    ];
    assert!(
        !duct::cmd(pip.as_std_path(), args)
            .stderr_null()
            .unchecked()
            .run()
            .unwrap()
            .status
            .success(),
        "nothing of the refused run was uploaded"
    );
}

/// Passes connections on, but breaks the first upload in the middle.
fn breaking_proxy(upload: &url::Url) -> url::Url {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut proxied = upload.clone();
    proxied
        .set_port(Some(listener.local_addr().unwrap().port()))
        .unwrap();
    let port = upload.port().unwrap();
    std::thread::spawn(move || {
        let mut broken = false;
        for client in listener.incoming() {
            let client = client.unwrap();
            let server = TcpStream::connect(("127.0.0.1", port)).unwrap();
            let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            if !broken {
                broken = true;
                // Less than the head of the request: a server keeps nothing of it.
                let mut some = vec![0; 100];
                let count = from.read(&mut some).unwrap();
                to.write_all(&some[..count]).unwrap();
                let _ = client.shutdown(std::net::Shutdown::Both);
                let _ = server.shutdown(std::net::Shutdown::Both);
                continue;
            }
            std::thread::spawn(move || std::io::copy(&mut from, &mut to));
            std::thread::spawn(move || {
                let (mut from, mut to) = (server, client);
                let _ = std::io::copy(&mut from, &mut to);
                let _ = to.shutdown(std::net::Shutdown::Both);
            });
        }
    });
    proxied
}

#[test]
fn pypiserver_with_credentials() {
    let (Some(server), Some(python)) = (testkit::peer("pypi-server"), testkit::peer("python"))
    else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let root = Utf8Path::from_path(folder.path()).unwrap();
    let script = "from passlib.apache import HtpasswdFile as H; h = H('htpasswd.txt', new=True); h.set_password('joe', 'secret'); h.save()";
    duct::cmd!(python.as_std_path(), "-c", script)
        .dir(root)
        .run()
        .unwrap();
    fs_err::create_dir_all(root.join("files")).unwrap();
    let port = free_port();
    let args = [
        "run",
        "-i",
        "127.0.0.1",
        "-p",
        &port.to_string(),
        "-P",
        "htpasswd.txt",
        "-a",
        "update,download",
        "--disable-fallback",
        "files",
    ];
    let _server = Server(
        duct::cmd(server.as_std_path(), args)
            .dir(root)
            .stderr_null()
            .stdout_null()
            .unchecked()
            .start()
            .unwrap(),
    );
    wait_for(port);
    let repository = Repository {
        upload: format!("http://127.0.0.1:{port}/").parse().unwrap(),
        ..SmallIndex::start().repository()
    };
    all_of_it(
        &repository,
        &format!("http://joe:secret@127.0.0.1:{port}/simple/"),
    );
    let wrong = Repository {
        credentials: Credentials::token("wrong"),
        ..repository
    };
    let (_files, paths) = Files::of(&[Package::new("delta", "1.0").wheel("py3-none-any")]);
    let error = run(&wrong, &paths).unwrap_err();
    assert!(matches!(error, PublishError::Refused { .. }), "{error}");
}

#[test]
fn devpi_with_credentials() {
    let (Some(init), Some(server), Some(client)) = (
        testkit::peer("devpi-init"),
        testkit::peer("devpi-server"),
        testkit::peer("devpi"),
    ) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let root = Utf8Path::from_path(folder.path()).unwrap();
    duct::cmd!(
        init.as_std_path(),
        "--serverdir",
        root.join("server"),
        "--no-root-pypi"
    )
    .stdout_null()
    .stderr_null()
    .run()
    .unwrap();
    let port = free_port();
    let args = [
        "--serverdir",
        root.join("server").as_str(),
        "--host",
        "127.0.0.1",
        "--port",
        &port.to_string(),
        "--offline-mode",
    ]
    .map(str::to_owned);
    let _server = Server(
        duct::cmd(server.as_std_path(), args)
            .stdout_null()
            .stderr_null()
            .unchecked()
            .start()
            .unwrap(),
    );
    wait_for(port);
    let devpi = |args: &[&str]| {
        let folder = root.join("client");
        let args = [args, &["--clientdir", folder.as_str()]].concat();
        duct::cmd(client.as_std_path(), args)
            .stdout_null()
            .stderr_null()
            .run()
            .unwrap();
    };
    devpi(&["use", &format!("http://127.0.0.1:{port}")]);
    devpi(&["user", "-c", "joe", "password=secret"]);
    devpi(&["login", "joe", "--password=secret"]);
    devpi(&["index", "-c", "joe/dev", "volatile=False", "bases="]);
    let repository = Repository {
        upload: format!("http://127.0.0.1:{port}/joe/dev/").parse().unwrap(),
        ..SmallIndex::start().repository()
    };
    all_of_it(
        &repository,
        &format!("http://127.0.0.1:{port}/joe/dev/+simple/"),
    );
}
