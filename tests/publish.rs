//! `publish` to a real server, by `release` and by itself.

use std::time::Duration;

use insta::assert_snapshot;
use testkit::{IndexBuilder, Package, Repo, TlsServer, UploadIndex, peer};

use crate::fixtures::release::monorepo;
use crate::{commit, done, lock, refused, repo};

/// A `pypi-server` on 127.0.0.1 for the user `joe`. It ends with the test.
struct Server {
    handle: duct::Handle,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Server {
    fn start() -> Option<Self> {
        let (server, python) = (peer("pypi-server")?, peer("python")?);
        let folder = tempfile::tempdir().unwrap();
        let script = "from passlib.apache import HtpasswdFile as H; h = H('htpasswd.txt', new=True); h.set_password('joe', 'secret'); h.save()";
        duct::cmd!(python.as_std_path(), "-c", script)
            .dir(folder.path())
            .run()
            .unwrap();
        fs_err::create_dir_all(folder.path().join("files")).unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
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
        let handle = duct::cmd(server.as_std_path(), args)
            .dir(folder.path())
            .stdout_null()
            .stderr_null()
            .unchecked()
            .start()
            .unwrap();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            std::thread::sleep(Duration::from_millis(50));
        }
        Some(Self {
            handle,
            port,
            _folder: folder,
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.handle.kill();
    }
}

#[test]
fn released_and_published() {
    let Some(server) = Server::start() else {
        return;
    };
    let repo = monorepo();
    let settings = format!(
        "{}\n[workspace.metadata.xtask.release.indexes.inhouse]\nupload = \"http://127.0.0.1:{}/\"\n",
        repo.read("Cargo.toml"),
        server.port
    );
    let repo = repo
        .file("Cargo.toml", &settings)
        .env("XTASK_PUBLISH_USERNAME", "joe")
        .env("XTASK_PUBLISH_PASSWORD", "secret");
    commit(&repo, "an index");
    let output = done(
        &repo,
        &["release", "24.09.0", "--yes", "--publish", "inhouse"],
    );
    assert!(
        output
            .stderr
            .contains("uploaded acme_runner-24.9.0-py3-none-manylinux2014_x86_64.whl"),
        "{output}"
    );
    let dry = done(&repo, &["publish", "--index", "inhouse", "--dry-run"]);
    assert_snapshot!(dry.stderr, @r#"
    is there already: acme_runner-24.9.0-py3-none-manylinux2014_aarch64.whl
    is there already: acme_runner-24.9.0-py3-none-manylinux2014_x86_64.whl
    "#);
    let again = done(
        &repo,
        &["release", "24.09.0", "--yes", "--publish", "inhouse"],
    );
    assert!(
        again
            .stderr
            .contains("acme_runner-24.9.0-py3-none-manylinux2014_x86_64.whl is there already"),
        "{again}"
    );
    repo.write("src/acme/runner/run.py", "import sys\n");
    done(&repo, &["package", "--all-platforms"]);
    let changed = repo.xtask(&["publish", "--index", "inhouse"]);
    assert_eq!(changed.status, 1);
    assert!(changed.stderr.starts_with("error: the index has another acme_runner-24.9.0-py3-none-manylinux2014_aarch64.whl: sha256 "), "{changed}");
    let stranger = repo.env("XTASK_PUBLISH_PASSWORD", "wrong");
    stranger.write("VERSION", "24.09.1\n");
    done(&stranger, &["package", "--all-platforms"]);
    let refused = stranger.xtask(&["publish", "--index", "inhouse"]);
    assert!(
        refused.stderr.contains("refuses: 403 Forbidden")
            || refused.stderr.contains("refuses: 401"),
        "{refused}"
    );
}

#[test]
fn refusals() {
    let repo = monorepo();
    assert_snapshot!(refused(&repo, &["publish", "--index", "inhouse"]), @r#"
    error: there is nothing to publish in [REPO]/dist
     |
    hint: build them with `cargo xtask package`, or name files
    "#);
    done(&repo, &["package", "--all-platforms"]);
    assert_snapshot!(refused(&repo, &["publish"]), @r#"
    error: cannot publish: no index is named
     |
    hint: name one with `--index URL`, or in the settings: `[release] index = "NAME"`
    "#);
    assert_snapshot!(refused(&repo, &["publish", "--index", "inhouse"]), @r#"
    error: `inhouse` is neither a URL nor the name of an index
     |
     = no index has a name yet
    hint: add `[release.indexes.inhouse]` with `upload = "URL"` to the settings, or `[inhouse]` with `repository = URL` to ~/.pypirc
    "#);
    assert_snapshot!(refused(&repo, &["publish", "VERSION", "--index", "http://127.0.0.1:1/"]), @"error: [REPO]/VERSION: not the name of a wheel or source distribution: it ends neither in `.whl` nor in `.tar.gz`");
}

const WHEEL: &str = "lib-1.0-py3-none-any.whl";

/// A repository with a wheel to publish, for the user `joe`.
fn with_wheel() -> Repo {
    let repo = repo().env("XTASK_PUBLISH_USERNAME", "joe");
    for file in Package::new("lib", "1.0").files() {
        fs_err::write(repo.root().join(file.filename), file.bytes).unwrap();
    }
    repo
}

/// Publishes the wheel to an empty index behind `server`.
#[track_caller]
fn published(repo: &Repo, index: &UploadIndex, server: &TlsServer) {
    index.with(|state| state.files.clear());
    let output = done(repo, &["publish", WHEEL, "--index", &server.url()]);
    assert_eq!(output.stderr, format!("uploaded {WHEEL}\n"));
}

#[test]
fn publishing_trusts_whom_locking_trusts() {
    let index = UploadIndex::start(&[("joe", "secret")]);
    let server = TlsServer::before(index.port());
    let with_authority = || {
        let repo = with_wheel().env("XTASK_PUBLISH_PASSWORD", "secret");
        let path = repo.home().join("authority.pem");
        fs_err::write(&path, TlsServer::AUTHORITY).unwrap();
        (repo, path)
    };
    for variable in [
        "SSL_CERT_FILE",
        "PIP_CERT",
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
    ] {
        let (repo, path) = with_authority();
        published(&repo.env(variable, path.as_str()), &index, &server);
    }
    let (repo, path) = with_authority();
    let pip = repo.home().join("pip.conf");
    fs_err::write(&pip, format!("[global]\ncert = {path}\n")).unwrap();
    published(&repo.env("PIP_CONFIG_FILE", pip.as_str()), &index, &server);
}

#[test]
fn servers_that_ask_for_a_certificate_get_that_of_the_settings() {
    let index = UploadIndex::start(&[("joe", "secret")]);
    let server = TlsServer::for_known_clients(index.port());
    let known = || {
        let repo = with_wheel().env("XTASK_PUBLISH_PASSWORD", "secret");
        let authority = repo.home().join("authority.pem");
        fs_err::write(&authority, TlsServer::AUTHORITY).unwrap();
        let client = repo.home().join("client.pem");
        fs_err::write(&client, TlsServer::CLIENT).unwrap();
        (repo.env("SSL_CERT_FILE", authority.as_str()), client)
    };
    for variable in ["TWINE_CLIENT_CERT", "SSL_CLIENT_CERT", "PIP_CLIENT_CERT"] {
        let (repo, client) = known();
        published(&repo.env(variable, client.as_str()), &index, &server);
    }
    let (repo, client) = known();
    let pypirc = format!(
        "[inhouse]\nrepository = {}\nclient_cert = {client}\n",
        server.url()
    );
    fs_err::write(repo.home().join(".pypirc"), pypirc).unwrap();
    published(&repo, &index, &server);
    let (repo, _) = known();
    let without = refused(&repo, &["publish", WHEEL, "--index", &server.url()]);
    assert!(
        without.contains("error: cannot list the files of"),
        "{without}"
    );
    let (repo, client) = known();
    fs_err::write(&client, include_str!("../testkit/src/tls/client.pem")).unwrap();
    let repo = repo.env("TWINE_CLIENT_CERT", "client.pem");
    fs_err::copy(&client, repo.root().join("client.pem")).unwrap();
    let keyless = refused(&repo, &["publish", WHEEL, "--index", &server.url()]);
    assert!(
        keyless.starts_with(
            "error: TWINE_CLIENT_CERT is `client.pem`: it holds no private key in PEM"
        ),
        "{keyless}"
    );
}

#[test]
fn a_certificate_that_nobody_trusts_is_said_once() {
    let index = UploadIndex::start(&[]);
    let server = TlsServer::before(index.port());
    assert_snapshot!(refused(&with_wheel(), &["publish", WHEEL, "--index", &server.url()]), @r#"
    error: cannot list the files of `https://127.0.0.1:[PORT]/simple/` from https://127.0.0.1:[PORT]/simple/: the certificate of the server is not trusted: UnknownIssuer
     |
    hint: if you trust who issued it, name the file of their certificate: SSL_CERT_FILE, REQUESTS_CA_BUNDLE, PIP_CERT, or `cert` in pip's configuration
    "#);
    assert_eq!(server.connections(), 1);
    let (repo, broken) = (with_wheel(), "nowhere.pem");
    let repo = repo.env("PIP_CERT", broken);
    assert_snapshot!(refused(&repo, &["publish", WHEEL, "--index", &server.url()]), @"error: PIP_CERT is `nowhere.pem`: failed to open file `nowhere.pem`: No such file or directory (os error 2)");
}

#[test]
fn netrc_says_the_same_to_publishing_and_to_locking() {
    let netrcs = [
        ("machine 127.0.0.1 login joe password \"p@ss\"\n", "p@ss"),
        (
            "# mine\nmachine index.example login joe password x\n\
             machine 127.0.0.1\n  user joe\n  password p\\\"q\n",
            "p\"q",
        ),
        (
            "macdef init\nmachine 127.0.0.1 login joe password x\n\n\
             default password \"of all\" login joe\n",
            "of all",
        ),
    ];
    for (netrc, password) in netrcs {
        let index = UploadIndex::start(&[("joe", password)]);
        let reads = IndexBuilder::new([Package::new("app", "1.0")])
            .login("joe", password)
            .start();
        let repo = with_wheel().index(&reads).requirements("app\n");
        fs_err::write(repo.home().join(".netrc"), netrc).unwrap();
        lock(&repo);
        done(&repo, &["publish", WHEEL, "--index", &index.url()]);
        assert_eq!(index.posts(), 1, "{netrc}");
    }
}

#[test]
fn a_netrc_that_python_refuses_is_not_used() {
    let index = UploadIndex::start(&[("joe", "secret")]);
    let repo = with_wheel();
    let netrc = "machine 127.0.0.1 login joe passwrd secret\n";
    fs_err::write(repo.home().join(".netrc"), netrc).unwrap();
    assert_snapshot!(refused(&repo, &["publish", WHEEL, "--index", &index.url()]), @r#"
    warning: [HOME]/.netrc is not used, as Python would not use it: line 1: `passwrd` is not known in an entry
    error: http://127.0.0.1:[PORT]/ refuses: 403 Forbidden: who are you?
     |
    hint: no login was found: set XTASK_PUBLISH_TOKEN, or XTASK_PUBLISH_USERNAME and XTASK_PUBLISH_PASSWORD, or add the host to ~/.netrc or the index to ~/.pypirc
    "#);
}

#[test]
fn pypirc_is_read_as_python_reads_it() {
    let index = UploadIndex::start(&[("joe", "a;b%c")]);
    let repo = with_wheel();
    let pypirc = format!(
        "[distutils]\nindex-servers =\n    inhouse\n\n[inhouse]\n; ours\nRepository:\n    {}\n\
         username = joe\npassword = a;b%c\n",
        index.url()
    );
    fs_err::write(repo.home().join(".pypirc"), &pypirc).unwrap();
    done(&repo, &["publish", WHEEL, "--index", "inhouse"]);
    assert_eq!(index.posts(), 1);
    fs_err::write(repo.home().join(".pypirc"), "[inhouse]\nrepository\n").unwrap();
    assert_snapshot!(refused(&repo, &["publish", WHEEL, "--index", "inhouse"]), @r#"
    error: cannot read [HOME]/.pypirc: line 2: `repository` is neither a section nor a key with a value
     |
    hint: Python does not read it either: mend or remove this line
    "#);
}

/// Who uploads to which index, with these variables and this `.pypirc`. `U` in them stands for the
/// URL of an index.
#[track_caller]
fn published_with(arguments: &[&str], variables: &[(&str, &str)], pypirc: &str) {
    let index = UploadIndex::start(&[("joe", "secret"), ("__token__", "t")]);
    let mut repo = repo();
    for file in Package::new("lib", "1.0").files() {
        fs_err::write(repo.root().join(file.filename), file.bytes).unwrap();
    }
    let filled = |text: &str| text.replace("URL", &index.url());
    for (name, value) in variables {
        repo = repo.env(name, &filled(value));
    }
    if !pypirc.is_empty() {
        fs_err::write(repo.home().join(".pypirc"), filled(pypirc)).unwrap();
    }
    let arguments: Vec<String> = arguments.iter().map(|text| filled(text)).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    done(&repo, &[&["publish", WHEEL], &arguments[..]].concat());
    assert_eq!(index.posts(), 1, "{arguments:?} {variables:?}");
}

#[test]
fn the_variables_of_twine_and_uv_are_read() {
    let twine = [("TWINE_USERNAME", "joe"), ("TWINE_PASSWORD", "secret")];
    let named = "[inhouse]\nrepository = URL\n";
    published_with(&["--index", "URL"], &twine, "");
    published_with(
        &[],
        &[twine[0], twine[1], ("TWINE_REPOSITORY_URL", "URL")],
        "",
    );
    published_with(
        &[],
        &[twine[0], twine[1], ("TWINE_REPOSITORY", "inhouse")],
        named,
    );
    published_with(
        &[],
        &[("UV_PUBLISH_URL", "URL"), ("UV_PUBLISH_TOKEN", "t")],
        "",
    );
    published_with(
        &[],
        &[
            ("UV_PUBLISH_INDEX", "inhouse"),
            ("UV_PUBLISH_USERNAME", "joe"),
            ("UV_PUBLISH_PASSWORD", "secret"),
            ("UV_PUBLISH_CHECK_URL", "URLsimple/"),
        ],
        named,
    );
}

#[test]
fn a_pypirc_in_each_of_its_forms() {
    let login = "username = joe\npassword = secret\n";
    published_with(
        &["--index", "pypi"],
        &[],
        &format!("[server-login]\nrepository: URL\n{login}"),
    );
    published_with(
        &["--index", "testpypi"],
        &[],
        &format!("[distutils]\nindex-servers = testpypi\n[testpypi]\nrepository = URL\n{login}"),
    );
    // The section of a URL, and a login for all.
    published_with(
        &["--index", "URL"],
        &[],
        &format!("[DEFAULT]\n{login}[inhouse]\nrepository = URL\n"),
    );
}

#[test]
fn build_files_say_where_and_whether() {
    let (first, second) = (
        UploadIndex::start(&[("joe", "secret")]),
        UploadIndex::start(&[("joe", "secret")]),
    );
    let target = |name: &str, more: &str| {
        format!(
            "python_sources(name='lib')\npython_distribution(name='dist', dependencies=[':lib'], provides=python_artifact(name='{name}', version='1.0'){more})\n"
        )
    };
    let repo = repo()
        .env("XTASK_PUBLISH_USERNAME", "joe")
        .env("XTASK_PUBLISH_PASSWORD", "secret")
        .file("VERSION", "1.0\n")
        .file(
            "Cargo.toml",
            &format!(
                "[workspace.metadata.xtask.release]\nindex = \"common\"\n[workspace.metadata.xtask.release.indexes]\ncommon = {{ upload = \"{}\" }}\n",
                first.url()
            ),
        )
        .file("a/BUILD", &target("aa", ""))
        .file("a/aa.py", "")
        .file("b/BUILD", &target("bb", &format!(", repositories=['{}']", second.url())))
        .file("b/bb.py", "")
        .file("c/BUILD", &target("cc", ", skip_twine=True"))
        .file("c/cc.py", "");
    done(&repo, &["package", "--wheel"]);
    let output = done(&repo, &["publish", "--dry-run", "b::", "c:dist"]);
    assert_snapshot!(output.stderr, @"
    cc-1.0-py3-none-any.whl is left out: its target has `skip_twine`
    would upload: bb-1.0-py3-none-any.whl
    ");
    let told = refused(&repo, &["publish", "nosuch::"]);
    assert!(
        told.starts_with("error: `nosuch::` names no target"),
        "{told}"
    );
    let output = done(&repo, &["publish", "::"]);
    assert_snapshot!(output.stderr, @"
    cc-1.0-py3-none-any.whl is left out: its target has `skip_twine`
    uploaded aa-1.0-py3-none-any.whl
    uploaded bb-1.0-py3-none-any.whl
    ");
    let names =
        |index: &UploadIndex| index.with(|state| state.files.keys().cloned().collect::<Vec<_>>());
    assert_eq!(names(&first), ["aa-1.0-py3-none-any.whl"]);
    assert_eq!(names(&second), ["bb-1.0-py3-none-any.whl"]);
}

#[test]
fn attestations_lie_beside_their_files() {
    use base64::Engine as _;
    let index = UploadIndex::start(&[("joe", "secret")]);
    let repo = with_wheel().env("XTASK_PUBLISH_PASSWORD", "secret");
    let bytes = fs_err::read(repo.root().join(WHEEL)).unwrap();
    let sha256 = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(&bytes));
    let write = |name: &str, sha256: &str| {
        let statement =
            format!(r#"{{"subject": [{{"name": "{name}", "digest": {{"sha256": "{sha256}"}}}}]}}"#);
        let statement = base64::engine::general_purpose::STANDARD.encode(statement);
        let text = format!(
            r#"{{"version": 1, "verification_material": {{}}, "envelope": {{"statement": "{statement}", "signature": "x"}}}}"#
        );
        repo.write(&format!("{WHEEL}.publish.attestation"), &text);
    };
    let url = index.url();
    let publish = ["publish", WHEEL, "--index", &url];
    write(WHEEL, &"0".repeat(64));
    let stale = refused(&repo, &publish).replace(&sha256, "[SHA256]");
    assert_snapshot!(stale, @"error: [REPO]/lib-1.0-py3-none-any.whl.publish.attestation: not an attestation of lib-1.0-py3-none-any.whl: it is about a file with the sha256 [HASH], and this one has [HASH]");
    write("other-1.0-py3-none-any.whl", &sha256);
    assert!(refused(&repo, &publish).contains("it is about other-1.0-py3-none-any.whl"));
    assert_eq!(index.posts(), 0);
    write(WHEEL, &sha256);
    // Patterns of the shell name the attestation too.
    let attestation = format!("{WHEEL}.publish.attestation");
    done(&repo, &["publish", WHEEL, &attestation, "--index", &url]);
    let form = index.with(|state| state.forms[0].clone());
    assert!(form.contains("name=\"attestations\"\r\n\r\n[{"), "{form}");
    index.with(|state| state.files.clear());
    done(&repo, &[&publish[..], &["--no-attestations"]].concat());
    let form = index.with(|state| state.forms[1].clone());
    assert!(!form.contains("attestations"), "{form}");
}

#[test]
fn a_listing_that_refuses_the_login() {
    let index = IndexBuilder::new([Package::new("app", "1.0")])
        .login("joe", "secret")
        .start();
    let repo = with_wheel().env("XTASK_PUBLISH_PASSWORD", "wrong");
    let url = index.url();
    let upload = url.trim_end_matches("simple/");
    assert_snapshot!(refused(&repo, &["publish", WHEEL, "--index", upload]), @"
    error: cannot list the files of `http://127.0.0.1:[PORT]/simple/` from http://127.0.0.1:[PORT]/simple/: the server answers 401, it refuses the login that was sent
     |
    hint: put `machine 127.0.0.1 login USER password PASSWORD` into ~/.netrc, set XTASK_PUBLISH_USERNAME and XTASK_PUBLISH_PASSWORD, or write them into the index's URL
    ");
}

#[test]
fn metadata_is_judged_before_anything_is_sent() {
    let index = UploadIndex::start(&[("joe", "secret")]);
    let settings = "[workspace.metadata.xtask.python]\ninterpreter_constraints = [\">=3.9\"]\n";
    let repo = repo()
        .env("XTASK_PUBLISH_USERNAME", "joe")
        .env("XTASK_PUBLISH_PASSWORD", "secret")
        .file("Cargo.toml", settings)
        .file("VERSION", "1.0\n")
        .file("a/BUILD", "python_sources()\npython_distribution(name='dist', dependencies=[':a'], provides=python_artifact(name='aa', version='1.0'))\n")
        .file("a/aa.py", "X = 1\n")
        .file("b/BUILD", "python_sources()\npython_distribution(name='dist', dependencies=[':b'], provides=python_artifact(name='bb', version='1.0', url='nowhere'))\n")
        .file("b/bb.py", "X = 1\n");
    done(&repo, &["package", "--wheel"]);
    let url = index.url();
    assert_snapshot!(refused(&repo, &["publish", "--index", &url]), @"
    error: no index takes bb-1.0-py3-none-any.whl: nothing was uploaded
     |
     = home-page: `nowhere` is not a URL of the web
    hint: mend the metadata and build the file again
    ");
    assert_eq!(index.posts(), 0);
}

/// The names in `.pypirc` are names too.
#[test]
fn a_misspelt_name_of_pypirc() {
    let repo = with_wheel();
    let pypirc = "[distutils]\nindex-servers =\n    inhouse\n[inhouse]\nrepository = https://index.example/\n";
    fs_err::write(repo.home().join(".pypirc"), pypirc).unwrap();
    assert_snapshot!(refused(&repo, &["publish", WHEEL, "--index", "inhuose"]), @"
    error: `inhuose` is neither a URL nor the name of an index
     |
     = known names are inhouse
    hint: did you mean `inhouse`?
    ");
}

/// A job may ask for an identity, and the index does not know it: there may be a login in the keyring.
#[test]
fn a_job_that_is_no_trusted_publisher_is_asked_for_another_login() {
    let refusals = [
        ("404 Not Found", "unknown"),
        ("422 Unprocessable Entity", r#"{"message": "no publisher"}"#),
        ("200 OK", "<h1>Sign in</h1>"),
    ];
    let index = UploadIndex::start(&[]);
    let repo = repo()
        .env(
            "ACTIONS_ID_TOKEN_REQUEST_URL",
            &format!("{}identity?job=1", index.url()),
        )
        .env("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "ci");
    for file in Package::new("lib", "1.0").files() {
        fs_err::write(repo.root().join(file.filename), file.bytes).unwrap();
    }
    let told = refusals.map(|mint| {
        index.with(|state| state.mint = mint);
        refused(&repo, &["publish", WHEEL, "--index", &index.url()])
    });
    assert_snapshot!(told.join("\n"), @r#"
    warning: trusted publishing gave no token, so another login is looked for: http://127.0.0.1:[PORT]/_/oidc/mint-token answers 404 Not Found: unknown
    error: http://127.0.0.1:[PORT]/ refuses: 403 Forbidden: who are you?
     |
    hint: no login was found: set XTASK_PUBLISH_TOKEN, or XTASK_PUBLISH_USERNAME and XTASK_PUBLISH_PASSWORD, or add the host to ~/.netrc or the index to ~/.pypirc

    warning: trusted publishing gave no token, so another login is looked for: http://127.0.0.1:[PORT]/_/oidc/mint-token answers 422 Unprocessable Entity: {"message": "no publisher"}
    error: http://127.0.0.1:[PORT]/ refuses: 403 Forbidden: who are you?
     |
    hint: no login was found: set XTASK_PUBLISH_TOKEN, or XTASK_PUBLISH_USERNAME and XTASK_PUBLISH_PASSWORD, or add the host to ~/.netrc or the index to ~/.pypirc

    warning: trusted publishing gave no token, so another login is looked for: trusted publishing: unexpected answer: expected value at line 1 column 1
    error: http://127.0.0.1:[PORT]/ refuses: 403 Forbidden: who are you?
     |
    hint: no login was found: set XTASK_PUBLISH_TOKEN, or XTASK_PUBLISH_USERNAME and XTASK_PUBLISH_PASSWORD, or add the host to ~/.netrc or the index to ~/.pypirc
    "#);
}
