//! What `generate-lockfiles` reads from indexes of every kind, and what it does if they fail.

use insta::assert_snapshot;
use testkit::{Fault, IndexBuilder, LoopbackIndex, Package, TlsServer, When};

use crate::{lock, locked, repo};

fn packages() -> [Package; 2] {
    [
        Package::new("app", "1.0").requires("lib"),
        Package::new("lib", "1.0").sdist(),
    ]
}

/// Locks `app` from an index. The lock must have `app` and `lib`.
#[track_caller]
fn check(index: &LoopbackIndex) -> String {
    let repo = repo().index(index).requirements("app\n");
    lock(&repo);
    assert_eq!(locked(&repo, "python-default"), "app==1.0\nlib==1.0");
    repo.read("python.lock")
}

#[test]
fn every_kind_of_index_gives_the_same_lock() {
    let plain = check(&IndexBuilder::new(packages()).start());
    let others = [
        IndexBuilder::new(packages()).metadata_files(),
        IndexBuilder::new(packages()).without_ranges(),
        IndexBuilder::new(packages()).etags(),
        IndexBuilder::new(packages()).gzip(),
        IndexBuilder::new(packages()).max_age(60),
    ];
    for other in others {
        assert_eq!(check(&other.start()), plain);
    }
}

#[test]
fn html_listings_have_no_sizes_and_serve_all_the_same() {
    check(&IndexBuilder::new(packages()).html_only().start());
    check(
        &IndexBuilder::new(packages())
            .html_only()
            .metadata_files()
            .start(),
    );
    check(&IndexBuilder::new(packages()).without_times().start());
}

#[test]
fn only_the_needed_bytes_of_a_wheel_are_fetched() {
    let big = Package::new("app", "1.0").member("app/data.bin", &noise(3_000_000));
    let index = LoopbackIndex::start([big]);
    let repo = repo().index(&index).requirements("app\n");
    lock(&repo);
    let of_files: Vec<_> = index
        .log()
        .into_iter()
        .filter(|s| s.path.contains("/files/"))
        .collect();
    assert!(!of_files.is_empty());
    assert!(
        of_files
            .iter()
            .all(|served| served.method == "HEAD" || served.status == 206)
    );
}

/// Bytes that do not compress.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    std::iter::repeat_with(next).take(length).collect()
}

#[test]
fn faults_that_pass_are_retried() {
    let faults = [
        Fault::Status(500),
        Fault::Status(503),
        Fault::TooManyRequests(0),
        Fault::Reset,
        Fault::Truncated,
    ];
    for fault in faults {
        let index = LoopbackIndex::start(packages());
        index.inject("/simple/app/", fault, When::First(1));
        index.inject("/files/", fault, When::First(1));
        check(&index);
    }
}

#[test]
fn every_third_request_fails() {
    let index = LoopbackIndex::start(packages());
    index.inject("/", Fault::Status(503), When::Every(3));
    check(&index);
}

#[test]
fn a_login_comes_from_the_url() {
    let index = IndexBuilder::new(packages()).login("me", "s3cret").start();
    let url = index.url().replace("http://", "http://me:s3cret@");
    let repo = repo().env("PIP_INDEX_URL", &url).requirements("app\n");
    lock(&repo);
    assert!(!repo.read("python.lock").contains("s3cret"));
}

#[test]
fn a_login_comes_from_netrc() {
    let index = IndexBuilder::new(packages()).login("me", "s3cret").start();
    let repo = repo().index(&index).requirements("app\n");
    let netrc = repo.home().join(".netrc");
    fs_err::write(netrc, "machine 127.0.0.1 login me password s3cret\n").unwrap();
    lock(&repo);
}

#[test]
fn a_package_comes_from_the_first_index_that_has_it() {
    let private = LoopbackIndex::start([Package::new("ours", "1.0")]);
    let public = LoopbackIndex::start([Package::new("ours", "9.0"), Package::new("theirs", "1.0")]);
    let settings = format!(
        "[workspace.metadata.xtask.python]\ninterpreter_constraints = ['CPython==3.12.*']\n\
         [workspace.metadata.xtask.python-repos]\nindexes = ['{}', '{}']\n",
        private.url(),
        public.url(),
    );
    let repo = repo()
        .requirements("ours\ntheirs\n")
        .file("Cargo.toml", &settings);
    lock(&repo);
    assert_snapshot!(locked(&repo, "python-default"), @"
    ours==1.0
    theirs==1.0
    ");

    let exception =
        format!("{settings}[workspace.metadata.xtask.index]\nfirst_index_exceptions = ['ours']\n");
    let repo = repo.file("Cargo.toml", &exception);
    let output = repo.xtask(&["generate-lockfiles", "--upgrade"]);
    assert_eq!(output.status, 0, "{output}");
    assert_snapshot!(locked(&repo, "python-default"), @"
    ours==9.0
    theirs==1.0
    ");
}

#[test]
fn the_lock_names_no_index() {
    let index = LoopbackIndex::start(packages());
    let repo = repo().index(&index).requirements("app\n");
    lock(&repo);
    let text = repo.read("python.lock");
    assert!(
        !text.contains("127.0.0.1") && !text.contains("http"),
        "{text}"
    );
}

#[test]
fn the_option_goes_over_the_settings() {
    let index = LoopbackIndex::start(packages());
    let repo = repo().requirements("app\n");
    let output = repo.xtask(&["generate-lockfiles", "--index-url", &index.url()]);
    assert_eq!(output.status, 0, "{output}");
}

#[test]
fn offline_works_from_the_cache_and_says_what_is_missing() {
    let index = LoopbackIndex::start([
        Package::new("app", "1.0").requires("lib"),
        Package::new("lib", "1.0"),
        Package::new("new", "1.0"),
    ]);
    let repo = repo().index(&index).requirements("app\n");
    lock(&repo);
    fs_err::remove_file(repo.root().join("python.lock")).unwrap();
    index.clear_log();
    let output = repo.xtask(&["generate-lockfiles", "--offline"]);
    assert_eq!(output.status, 0, "{output}");
    let repo = repo.requirements("app\nnew\n");
    let output = repo.xtask(&["generate-lockfiles", "--offline"]);
    assert_snapshot!(output, @"
    exit status 1
    ----- stderr
    error: cannot list the files of `new`: it is not in the cache, and the run is offline
     --> requirements.txt:2:1
      |
    2 | new
      | ^^^
      |
    hint: run once without `--offline`
    ");
    assert_eq!(index.log(), []);
}

#[test]
fn a_folder_of_files_is_a_source_of_packages() {
    let index = LoopbackIndex::start([]);
    let repo = repo().index(&index).requirements("lib\n").file(
        "Cargo.toml",
        "[workspace.metadata.xtask.python]\ninterpreter_constraints = ['CPython==3.12.*']\n\
         [workspace.metadata.xtask.python-repos]\nfind_links = ['file://%(buildroot)s/wheelhouse']\n",
    );
    fs_err::create_dir_all(repo.root().join("wheelhouse")).unwrap();
    for file in Package::new("lib", "1.0").files() {
        fs_err::write(
            repo.root().join("wheelhouse").join(file.filename),
            file.bytes,
        )
        .unwrap();
    }
    lock(&repo);
    assert_snapshot!(locked(&repo, "python-default"), @"lib==1.0");
}

#[test]
fn a_page_of_links_is_a_source_of_packages() {
    let index = LoopbackIndex::start([]);
    let links = LoopbackIndex::start(packages());
    let repo = repo().index(&index).requirements("app\n").file(
        "Cargo.toml",
        &format!(
            "[workspace.metadata.xtask.python]\ninterpreter_constraints = ['CPython==3.12.*']\n\
             [workspace.metadata.xtask.python-repos]\nfind_links = ['{}']\n",
            links.links_url(),
        ),
    );
    lock(&repo);
    assert_snapshot!(locked(&repo, "python-default"), @"
    app==1.0
    lib==1.0
    ");
}

#[test]
fn a_file_at_a_url() {
    let index = LoopbackIndex::start(packages());
    let url = index.file_url("app-1.0-py3-none-any.whl");
    let repo = repo().index(&index).requirements(&format!("app @ {url}\n"));
    lock(&repo);
    let text = repo.read("python.lock");
    assert!(
        text.contains(&url),
        "a requirement at a URL keeps it:\n{text}"
    );
}

#[test]
fn certificates_are_trusted_as_pip_and_requests_are_told() {
    let index = LoopbackIndex::start(packages());
    let port = index.url().split([':', '/']).nth(4).unwrap().parse();
    let server = TlsServer::before(port.unwrap());
    let url = format!("{}/simple/", server.url());
    let arguments = ["generate-lockfiles", "--index-url", &url];
    for variable in ["SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE"] {
        let repo = repo().requirements("app\n");
        let path = repo.home().join("authority.pem");
        fs_err::write(&path, TlsServer::AUTHORITY).unwrap();
        let output = repo.env(variable, path.as_str()).xtask(&arguments);
        assert_eq!(output.status, 0, "{output}");
    }
    let before = server.connections();
    let stranger = repo().requirements("app\n");
    assert_snapshot!(crate::refused(&stranger, &arguments), @r#"
    error: cannot list the files of `app` from https://127.0.0.1:[PORT]/simple/app/: the certificate of the server is not trusted: UnknownIssuer
     --> requirements.txt:1:1
      |
    1 | app
      | ^^^
      |
    hint: if you trust who issued it, name the file of their certificate: SSL_CERT_FILE, REQUESTS_CA_BUNDLE, PIP_CERT, or `cert` in pip's configuration
    "#);
    assert_eq!(server.connections(), before + 1);
}

#[test]
fn hosts_that_pip_is_told_to_trust() {
    let index = LoopbackIndex::start(packages());
    let port = index.url().split([':', '/']).nth(4).unwrap().parse();
    let server = TlsServer::before(port.unwrap());
    let url = format!("{}/simple/", server.url());
    let arguments = ["generate-lockfiles", "--index-url", &url];
    let address = server.url().replace("https://", "");
    for trusted in [
        "127.0.0.1",
        &*address,
        &format!("index.example\n  {address}"),
    ] {
        let repo = repo()
            .requirements("app\n")
            .env("PIP_TRUSTED_HOST", trusted);
        let output = repo.xtask(&arguments);
        assert_eq!(output.status, 0, "{output}");
        let said =
            "warning: the certificate of `127.0.0.1` is not checked, as PIP_TRUSTED_HOST says\n";
        assert_eq!(output.stderr.matches(said).count(), 1, "{output}");
    }
    let repo = repo().requirements("app\n");
    let configuration = repo.home().join("pip.conf");
    fs_err::write(&configuration, "[global]\ntrusted-host = 127.0.0.1\n").unwrap();
    let repo = repo.env("PIP_CONFIG_FILE", configuration.as_str());
    let output = repo.xtask(&arguments);
    assert_eq!(output.status, 0, "{output}");
    assert!(output.stderr.contains("`trusted-host` in "), "{output}");
    // Another host, and another port of the same.
    for other in ["index.example", "127.0.0.1:1"] {
        let repo =
            testkit::Repo::requirements(crate::repo(), "app\n").env("PIP_TRUSTED_HOST", other);
        let message = crate::refused(&repo, &arguments);
        assert!(
            message.contains("is not trusted: UnknownIssuer"),
            "{message}"
        );
    }
}
