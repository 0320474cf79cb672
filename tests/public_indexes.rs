//! `publish` to `pypi` and `testpypi` by name: pip has their addresses built in, and no host stands in our code.

use insta::assert_snapshot;
use testkit::{Package, Repo, UploadIndex};

use crate::{done, refused, repo};

const WHEEL: &str = "lib-1.0-py3-none-any.whl";

/// A repository with a wheel, in which `python3` has a pip that knows `index.example` as `pypi` and `index` as
/// `testpypi`. `index` is also the proxy.
fn with_pip(index: &UploadIndex) -> Repo {
    let script = format!(
        "#!/bin/sh\ncase \"$3\" in *TestPyPI*) ;; *) exit 1;; esac\nprintf '%s\\n' http://index.example/simple \"$0\" /nowhere http://index.example/ {}\n",
        index.url()
    );
    with_python(&script)
        .env("HTTP_PROXY", &index.url())
        .env("NO_PROXY", "127.0.0.1")
}

/// A repository with a wheel, in which this script is the only Python.
fn with_python(script: &str) -> Repo {
    let repo = repo()
        .env("XTASK_PUBLISH_USERNAME", "joe")
        .env("XTASK_PUBLISH_PASSWORD", "secret");
    for file in Package::new("lib", "1.0").files() {
        fs_err::write(repo.root().join(file.filename), file.bytes).unwrap();
    }
    let path = repo.root().join("programs/python3");
    repo.write("programs/python3", script);
    use std::os::unix::fs::PermissionsExt;
    fs_err::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    let programs = repo.root().join("programs");
    repo.env("PATH", programs.as_str())
}

fn index() -> UploadIndex {
    UploadIndex::start(&[("joe", "secret")])
}

/// What was asked of the index.
fn requests(index: &UploadIndex) -> String {
    index.with(|state| std::mem::take(&mut state.requests).join("\n"))
}

#[test]
fn testpypi_is_where_pip_knows_it() {
    let index = index();
    let repo = with_pip(&index);
    done(&repo, &["publish", WHEEL, "--index", "testpypi"]);
    assert_snapshot!(requests(&index), @r"
    GET /simple/lib/
    POST /legacy/
    ");
    let again = done(&repo, &["publish", WHEEL, "--index", "testpypi"]);
    assert_snapshot!(again.stderr, @"lib-1.0-py3-none-any.whl is there already");
    // The URL in full is the same index: its listing is not below the URL for uploads.
    index.with(|state| state.files.clear());
    requests(&index);
    let url = format!("{}legacy/", index.url());
    done(&repo, &["publish", WHEEL, "--index", &url]);
    assert_snapshot!(requests(&index), @r"
    GET /simple/lib/
    POST /legacy/
    ");
}

#[test]
fn pypi_takes_uploads_on_a_host_of_its_own() {
    let index = index();
    let repo = with_pip(&index)
        .env("XTASK_PUBLISH_USERNAME", "")
        .env("XTASK_PUBLISH_PASSWORD", "");
    let login = "[server-login]\nusername = joe\npassword = secret\n";
    fs_err::write(repo.home().join(".pypirc"), login).unwrap();
    done(&repo, &["publish", WHEEL, "--index", "pypi"]);
    assert_snapshot!(requests(&index), @r"
    GET http://index.example/simple/lib/
    POST http://upload.index.example/legacy/
    ");
}

#[test]
fn names_in_a_pypirc_need_no_repository() {
    let index = index();
    for (pypirc, user) in [
        ("[distutils]\nindex-servers = testpypi\n", "joe"),
        ("[testpypi]\nusername = joe\npassword = secret\n", ""),
    ] {
        let repo = with_pip(&index)
            .env("XTASK_PUBLISH_USERNAME", user)
            .env(
                "XTASK_PUBLISH_PASSWORD",
                if user.is_empty() { "" } else { "secret" },
            )
            .env("TWINE_REPOSITORY", "testpypi");
        fs_err::write(repo.home().join(".pypirc"), pypirc).unwrap();
        index.with(|state| state.files.clear());
        requests(&index);
        done(&repo, &["publish", WHEEL]);
        assert_eq!(index.posts(), 1, "{pypirc}");
    }
}

#[test]
fn settings_and_pypirc_come_before_pip() {
    let (public, own) = (index(), index());
    let repo = with_pip(&public);
    let pypirc = format!("[pypi]\nrepository = {}\n", own.url());
    fs_err::write(repo.home().join(".pypirc"), pypirc).unwrap();
    done(&repo, &["publish", WHEEL, "--index", "pypi"]);
    assert_eq!((public.posts(), own.posts()), (0, 1));
    own.with(|state| state.files.clear());
    let settings = format!(
        "[workspace.metadata.xtask.release.indexes]\ntestpypi = {{ upload = \"{}\" }}\n",
        own.url()
    );
    let repo = repo.file("Cargo.toml", &settings);
    done(&repo, &["publish", WHEEL, "--index", "testpypi"]);
    assert_eq!((public.posts(), own.posts()), (0, 2));
}

#[test]
fn a_section_of_another_name_needs_one() {
    let index = index();
    let repo = with_pip(&index);
    fs_err::write(repo.home().join(".pypirc"), "[inhouse]\nusername = joe\n").unwrap();
    assert_snapshot!(refused(&repo, &["publish", WHEEL, "--index", "inhouse"]), @r#"
    error: `[inhouse]` in ~/.pypirc has no `repository`
     |
    hint: add `repository = URL` there, or `[release.indexes.inhouse]` with `upload = "URL"` to the settings
    "#);
}

#[test]
fn where_no_pip_is_found() {
    let repo = with_python("#!/bin/sh\nexit 1\n");
    assert_snapshot!(refused(&repo, &["publish", WHEEL, "--index", "pypi"]), @r#"
    error: nothing on this machine says where `pypi` is
     |
     = pip has the address of this index built in, and no Python on PATH has a pip that does
    hint: add `[release.indexes.pypi]` with `upload = "URL"` to the settings, or put a Python with pip on PATH
    "#);
    let target = "python_sources(name='lib')\npython_distribution(name='dist', dependencies=[':lib'], provides=python_artifact(name='lib', version='1.0'), repositories=['@testpypi'])\n";
    let repo = repo.file("lib/BUILD", target).file("lib/lib.py", "");
    assert_snapshot!(refused(&repo, &["publish", WHEEL]), @r#"
    error: nothing on this machine says where `testpypi` is
     --> lib/BUILD:2:110
      |
    2 | python_distribution(name='dist', dependencies=[':lib'], provides=python_artifact(name='lib', version='1.0'), repositories=['@testpypi'])
      |                                                                                                              ^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = pip has the address of this index built in, and no Python on PATH has a pip that does
    hint: add `[release.indexes.testpypi]` with `upload = "URL"` to the settings, or put a Python with pip on PATH
    "#);
    // A pip that is older than the second index.
    let older = with_python(
        "#!/bin/sh\nprintf '%s\\n' http://index.example/simple \"$0\" /nowhere http://index.example/ ''\n",
    );
    assert_snapshot!(refused(&older, &["publish", WHEEL, "--index", "testpypi"]), @r#"
    error: nothing on this machine says where `testpypi` is
     |
     = pip has the address of this index built in, and no Python on PATH has a pip that does
    hint: add `[release.indexes.testpypi]` with `upload = "URL"` to the settings, or put a Python with pip on PATH
    "#);
}
