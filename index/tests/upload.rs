//! Uploads: to a small index that can misbehave, and to real servers.
//!
//! If `XTASK_PEERS` names a virtual environment with pypiserver (and passlib) or devpi, such a
//! server runs on 127.0.0.1, and pip installs what was uploaded to it.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use index::upload::{
    Attestations, DistributionArchive, JobIdentity, Presence, UploadError, UploadTarget, Uploader,
};
use testkit::{Package, PackageFile, UploadFault, UploadIndex};
use transport::{
    EnvironmentVariables, HttpLimits, HttpOptions, RequestObserver, RequestPurpose, WrittenLogin,
};

/// An index for the user `joe`, and for the token of trusted publishing.
fn index() -> UploadIndex {
    UploadIndex::start(&[("joe", "secret"), ("__token__", "minted")])
}

fn target(index: &UploadIndex) -> UploadTarget {
    UploadTarget {
        url: index.url().parse().unwrap(),
        listing: None,
        login: WrittenLogin {
            user: Some("joe".into()),
            password: Some("secret".into()),
        },
    }
}

fn sha256(content: &[u8]) -> String {
    use sha2::Digest;
    hex::encode(sha2::Sha256::digest(content))
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

/// An uploader that finds no login on this machine and waits only briefly between attempts.
fn uploader(target: &UploadTarget) -> Uploader {
    Uploader::new(target.clone(), options()).unwrap()
}

fn options() -> HttpOptions {
    HttpOptions {
        limits: HttpLimits {
            retries: 2,
            back_off: Duration::from_millis(5),
            read_timeout: Duration::from_secs(5),
            ..HttpLimits::default()
        },
        environment: EnvironmentVariables::default(),
        ..HttpOptions::default()
    }
}

/// What an upload of one wheel of so many bytes ends with, where the index does this first and
/// nothing may stand still for longer than half a second.
fn faced(fault: UploadFault, bytes: usize) -> (Result<(), String>, Arc<Sent>) {
    let index = index();
    index.with(|state| state.faults = vec![fault]);
    let mut noise = vec![0; bytes];
    let mut state = 1_u32;
    for byte in &mut noise {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *byte = (state >> 24) as u8;
    }
    let wheel = Package::new("large", "1.0").wheel("py3-none-any");
    let (_files, paths) = Files::of(&[wheel.member("large.bin", &noise)]);
    let sent = Arc::new(Sent::default());
    let mut http = options();
    http.limits = HttpLimits {
        retries: 0,
        read_timeout: Duration::from_millis(500),
        send_timeout: Duration::from_millis(500),
        ..http.limits
    };
    http.observer = sent.clone();
    let uploader = Uploader::new(target(&index), http).unwrap();
    let outcome = upload(&uploader, &paths).map(drop).map_err(|error| {
        let hint = error.hint().unwrap_or_default();
        let text = format!("{error}\n{hint}");
        text.replace(&index.port().to_string(), "PORT")
    });
    if outcome.is_ok() {
        assert_eq!(index.with(|state| state.files.len()), 1);
    } else {
        assert_eq!(index.with(|state| state.files.len()), 0);
    }
    (outcome, sent)
}

/// How far an upload was, each time that it was told.
#[derive(Default)]
struct Sent(Mutex<Vec<(u64, u64)>>);

impl RequestObserver for Sent {
    fn sent(&self, purpose: &RequestPurpose, bytes: u64, of: u64) {
        assert_eq!(purpose.subject, "large-1.0-py3-none-any.whl");
        self.0.lock().unwrap().push((bytes, of));
    }
}

#[test]
fn a_body_that_moves_has_no_limit() {
    let (outcome, sent) = faced(UploadFault::Throttles(400_000, 200), 8_000_000);
    outcome.unwrap();
    let sent = sent.0.lock().unwrap();
    assert!(sent.len() > 100, "{}", sent.len());
    assert!(sent.is_sorted());
    assert_eq!(sent.last().map(|(bytes, of)| bytes == of), Some(true));
}

#[test]
fn an_index_that_stands_still_is_given_up() {
    for (fault, bytes, cause) in [
        // The system notices it, or this program does.
        (UploadFault::Stalls, 30_000_000, "(1 attempts)"),
        (
            UploadFault::Ponders,
            2_000,
            "http://127.0.0.1:PORT/: the server did not answer in time",
        ),
    ] {
        let error = faced(fault, bytes).0.unwrap_err();
        assert!(error.contains(cause), "{error}");
        assert!(error.contains("run the same command again: what arrived is skipped"));
    }
}

#[test]
fn a_redirected_upload_did_not_arrive() {
    for (status, words) in [
        (301, "301 Moved Permanently"),
        (302, "302 Found"),
        (303, "303 See Other"),
        (307, "307 Temporary Redirect"),
        (308, "308 Permanent Redirect"),
    ] {
        let error = faced(UploadFault::Redirects(status), 2_000).0.unwrap_err();
        assert_eq!(
            error,
            format!(
                "http://127.0.0.1:PORT/ takes no files: it answers {words} and redirects to http://127.0.0.1:PORT/elsewhere/\n\
                 a redirect loses the file: if that URL takes files, name it: `--index http://127.0.0.1:PORT/elsewhere/`"
            )
        );
    }
}

#[test]
fn what_an_index_says_early_or_with_a_page() {
    let error = faced(UploadFault::TooLarge, 5_000_000).0.unwrap_err();
    assert!(
        error.contains("413 Payload Too Large: at most 1 kB"),
        "{error}"
    );
    let error = faced(UploadFault::LoginPage, 2_000).0.unwrap_err();
    insta::assert_snapshot!(error, @"
    http://127.0.0.1:PORT/ answers 200 OK with a page and did not take the file: Please log in
    is this the URL for uploads? A browser shows the page
    ");
}

#[test]
fn a_busy_index_says_when_to_come_back() {
    let index = index();
    index.with(|state| state.faults = vec![UploadFault::Busy]);
    let (_files, paths) = Files::of(&[Package::new("beta", "1.0").wheel("py3-none-any")]);
    let before = std::time::Instant::now();
    run(&target(&index), &paths).unwrap();
    assert!(before.elapsed() >= Duration::from_secs(1));
}

/// Compares and uploads. Gives what was done with each file.
fn run(
    target: &UploadTarget,
    paths: &[Utf8PathBuf],
) -> Result<Vec<(String, Presence)>, UploadError> {
    upload(&uploader(target), paths)
}

fn upload(
    uploader: &Uploader,
    paths: &[Utf8PathBuf],
) -> Result<Vec<(String, Presence)>, UploadError> {
    let files = paths
        .iter()
        .map(|path| DistributionArchive::read(path, Attestations::Uploaded));
    let compared = uploader.compare(files.map(Result::unwrap).collect())?;
    let mut done = Vec::new();
    uploader.upload(&compared, |file, presence| {
        done.push((file.file_name().to_owned(), presence));
    })?;
    Ok(done)
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
    let index = index();
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
        run(&target(&index), &paths).unwrap(),
        names(Presence::Absent)
    );
    for path in &paths {
        let stored = index.with(|state| state.files[path.file_name().unwrap()].clone());
        assert_eq!(stored, fs_err::read(path).unwrap(), "{path}");
    }
    assert_eq!(
        run(&target(&index), &paths).unwrap(),
        names(Presence::Present)
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
    let index = index();
    let (_files, paths) = two();
    index.with(|state| {
        state
            .files
            .insert("alpha_lib-1.0.tar.gz".into(), b"other".to_vec())
    });
    let error = run(&target(&index), &paths).unwrap_err();
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
    let index = index();
    index.with(|state| state.hashes = false);
    let (_files, paths) = Files::of(&[Package::new("beta", "1.0").wheel("py3-none-any")]);
    index.with(|state| {
        state
            .files
            .insert("beta-1.0-py3-none-any.whl".into(), b"other".to_vec())
    });
    assert!(matches!(
        run(&target(&index), &paths),
        Err(UploadError::Changed { .. })
    ));
}

#[test]
fn broken_connections_are_tried_again() {
    for fault in [
        UploadFault::BreaksMidway,
        UploadFault::BreaksAfter,
        UploadFault::Unavailable,
    ] {
        let index = index();
        index.with(|state| state.faults = vec![fault, fault]);
        let (_files, paths) = two();
        assert_eq!(run(&target(&index), &paths).unwrap().len(), 3);
        assert_eq!(index.with(|state| state.files.len()), 3);
    }
}

#[test]
fn a_run_that_broke_can_be_repeated() {
    let index = index();
    index.with(|state| state.faults = vec![UploadFault::BreaksMidway; 3]);
    let (_files, paths) = two();
    let error = run(&target(&index), &paths).unwrap_err();
    assert!(
        matches!(error, UploadError::GaveUp { attempts: 3, .. }),
        "{error}"
    );
    assert_eq!(
        error.hint().as_deref(),
        Some("run the same command again: what arrived is skipped")
    );
    assert_eq!(run(&target(&index), &paths).unwrap().len(), 3);
    assert_eq!(index.with(|state| state.files.len()), 3);
}

#[test]
fn a_wrong_login() {
    let index = index();
    let (_files, paths) = two();
    let tell = |password: Option<&str>| {
        let target = UploadTarget {
            login: WrittenLogin {
                user: None,
                password: password.map(str::to_owned),
            },
            ..target(&index)
        };
        let error = run(&target, &paths).unwrap_err();
        format!("{error}\n{}", error.hint().unwrap()).replace(&index.port().to_string(), "PORT")
    };
    insta::assert_snapshot!(tell(None), @r#"
    http://127.0.0.1:PORT/ refuses: 403 Forbidden: who are you?
    no login was found: set XTASK_PUBLISH_TOKEN, or XTASK_PUBLISH_USERNAME and XTASK_PUBLISH_PASSWORD, or add the host to ~/.netrc or the index to ~/.pypirc
    "#);
    insta::assert_snapshot!(tell(Some("wrong")), @r#"
    http://127.0.0.1:PORT/ refuses: 403 Forbidden: who are you?
    check the login and the rights of this user
    "#);
}

#[test]
fn trusted_publishing() {
    let index = index();
    let identity = JobIdentity {
        request_url: Some(format!("http://127.0.0.1:{}/identity?job=1", index.port())),
        request_token: Some("ci".into()),
        token: None,
    };
    let target = UploadTarget {
        login: WrittenLogin::default(),
        ..target(&index)
    };
    let (_files, paths) = two();
    let job = uploader(&target);
    job.log_in(&identity).unwrap();
    assert_eq!(upload(&job, &paths).unwrap().len(), 3);
    let by_hand = uploader(&target);
    by_hand.log_in(&JobIdentity::default()).unwrap();
    let (_others, others) = Files::of(&[Package::new("gamma", "1.0").wheel("py3-none-any")]);
    assert!(matches!(
        upload(&by_hand, &others),
        Err(UploadError::Refused {
            logged_in: false,
            ..
        })
    ));
    let wrong = JobIdentity {
        request_token: Some("other".into()),
        ..identity
    };
    // Another login may do; an identity that was given for the upload is meant.
    uploader(&target).log_in(&wrong).unwrap();
    let given = JobIdentity {
        token: Some("other".into()),
        ..JobIdentity::default()
    };
    assert!(uploader(&target).log_in(&given).is_err());
    // A login on this machine is used first.
    let with_login = self::target(&index);
    uploader(&with_login).log_in(&wrong).unwrap();
}

#[test]
fn an_index_without_trusted_publishing_is_logged_in_to_otherwise() {
    let index = index();
    let identity = JobIdentity {
        request_url: Some(format!("http://127.0.0.1:{}/identity?job=1", index.port())),
        request_token: Some("ci".into()),
        token: None,
    };
    let target = UploadTarget {
        login: WrittenLogin::default(),
        ..target(&index)
    };
    for audience in [
        ("404 Not Found", "unknown"),
        ("405 Method Not Allowed", ""),
        ("401 Unauthorized", "who are you?"),
        ("501 Not Implemented", ""),
        ("500 Internal Server Error", ""),
        ("302 Found", ""),
        ("200 OK", "<h1>Sign in</h1>"),
    ] {
        index.with(|state| state.audience = audience);
        uploader(&target).log_in(&identity).unwrap();
    }
    index.with(|state| state.audience = ("403 Forbidden", ""));
    let (_files, paths) = two();
    let anonymous = uploader(&target);
    anonymous.log_in(&identity).unwrap();
    assert!(matches!(
        upload(&anonymous, &paths),
        Err(UploadError::Refused {
            logged_in: false,
            ..
        })
    ));
}

#[test]
fn not_a_distribution() {
    let folder = tempfile::tempdir().unwrap();
    let tell = |name: &str, content: &[u8]| {
        let path = Utf8Path::from_path(folder.path()).unwrap().join(name);
        fs_err::write(&path, content).unwrap();
        DistributionArchive::read(&path, Attestations::Uploaded)
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
    insta::assert_snapshot!(told.join("\n"), @"
    [FOLDER]/notes.txt: not the name of a wheel or source distribution: it ends neither in `.whl` nor in `.tar.gz`
    [FOLDER]/a-1.0-py3-none-any.whl: the archive is not valid: it does not end as a zip archive does
    [FOLDER]/gamma-1.0-py3-none-any.whl: its metadata is that of beta 1.0
    ");
}

/// A real server. It ends with the test.
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

/// Uploads, uploads again, is refused with a changed file, and loses the connection; then pip
/// installs.
fn all_of_it(target: &UploadTarget, simple: &str) {
    let (files, paths) = two();
    let broken = UploadTarget {
        url: breaking_proxy(&target.url),
        listing: Some(simple.parse().unwrap()),
        ..target.clone()
    };
    assert_eq!(
        run(&broken, &paths[..1]).unwrap()[0].1,
        Presence::Absent,
        "through a connection that breaks"
    );
    assert!(
        run(target, &paths)
            .unwrap()
            .iter()
            .any(|(_, standing)| *standing == Presence::Absent)
    );
    assert!(
        run(target, &paths)
            .unwrap()
            .iter()
            .all(|(_, standing)| *standing == Presence::Present)
    );
    let (_others, changed) = Files::of(&[
        Package::new("beta", "1.0")
            .wheel("py3-none-any")
            .member("beta/extra.py", b"changed"),
        Package::new("gamma", "1.0").wheel("py3-none-any"),
    ]);
    assert!(matches!(
        run(target, &changed),
        Err(UploadError::Changed { .. })
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

/// A proxy that breaks the connection in the middle of the first upload.
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
                // This is less than the head of the request, so a server keeps nothing of it.
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
fn pypiserver_with_a_login() {
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
    let target = UploadTarget {
        url: format!("http://127.0.0.1:{port}/").parse().unwrap(),
        ..target(&index())
    };
    all_of_it(
        &target,
        &format!("http://joe:secret@127.0.0.1:{port}/simple/"),
    );
    let wrong = UploadTarget {
        login: WrittenLogin {
            user: None,
            password: Some("wrong".into()),
        },
        ..target
    };
    let (_files, paths) = Files::of(&[Package::new("delta", "1.0").wheel("py3-none-any")]);
    let error = run(&wrong, &paths).unwrap_err();
    assert!(matches!(error, UploadError::Refused { .. }), "{error}");
}

#[test]
fn devpi_with_a_login() {
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
    let target = UploadTarget {
        url: format!("http://127.0.0.1:{port}/joe/dev/").parse().unwrap(),
        ..target(&index())
    };
    all_of_it(
        &target,
        &format!("http://127.0.0.1:{port}/joe/dev/+simple/"),
    );
}
