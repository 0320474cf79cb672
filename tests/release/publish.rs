//! `publish` against a real server, as `release` and by hand.

use std::time::Duration;

use insta::assert_snapshot;
use testkit::peer;

use super::{done, monorepo};

/// `pypi-server` on 127.0.0.1 for the user `joe`, ended with the test.
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
    super::commit(&repo, "an index");
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
    assert_snapshot!(crate::refused(&repo, &["publish", "--index", "inhouse"]), @r#"
    error: there is nothing to publish in [REPO]/dist
     |
    hint: build them with `cargo xtask package`, or name files
    "#);
    done(&repo, &["package", "--all-platforms"]);
    assert_snapshot!(crate::refused(&repo, &["publish"]), @r#"
    error: cannot publish: no index is named
     |
    hint: name one with `--index URL`, or in the settings: `[release] index = "NAME"`
    "#);
    assert_snapshot!(crate::refused(&repo, &["publish", "--index", "inhouse"]), @r#"
    error: `inhouse` is neither a URL nor the name of an index
     |
     = no index has a name yet
    hint: add `[release.indexes.inhouse]` with `upload = "URL"` to the settings
    "#);
    assert_snapshot!(crate::refused(&repo, &["publish", "VERSION", "--index", "http://127.0.0.1:1/"]), @"error: [REPO]/VERSION: not the name of a wheel or sdist: it ends neither in `.whl` nor in `.tar.gz`");
}
