//! The wheel that installs the binary: where it runs, and that it needs neither cargo nor a network. `XTASK_WHEEL`
//! names it, and `.ci/wheel` builds one: a build for release takes too long for each run of all tests.

use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use testkit::{Output, Package, Repo, peer, skip};

use crate::repo;

/// From the wheel to the first lock.
const PATIENCE: Duration = Duration::from_secs(15);

fn wheel() -> Option<Utf8PathBuf> {
    let Ok(wheel) = std::env::var("XTASK_WHEEL") else {
        skip("needs a wheel of the binary, and XTASK_WHEEL names none: `.ci/wheel` builds one");
        return None;
    };
    Some(wheel.into())
}

/// The folders of `PATH` that have no cargo.
fn path_without_cargo() -> String {
    let path = std::env::var("PATH").unwrap();
    let folders = path.split(':').filter(|folder| {
        let has = |name: &str| Utf8Path::new(folder).join(name).exists();
        !has("cargo") && !has("rustc")
    });
    folders.collect::<Vec<_>>().join(":")
}

/// A repository whose index is a folder, on a machine without cargo.
fn machine() -> Repo {
    let repo = repo()
        .env("PATH", &path_without_cargo())
        .requirements("app\n")
        .file("src/acme/__init__.py", "")
        .file("src/acme/main.py", "import app\n")
        .file(
            "src/acme/BUILD",
            "python_sources()\npython_distribution(name='dist', dependencies=[':acme'], provides=python_artifact(name='acme', version='1.0'))\n",
        )
        .file(
            "Cargo.toml",
            "[workspace.metadata.xtask.python]\ninterpreter_constraints = [\">=3.9\"]\n\
             [workspace.metadata.xtask.python-repos]\nindexes = []\nfind_links = ['file://%(buildroot)s/wheelhouse']\n",
        );
    let packages = [
        Package::new("app", "1.0").requires("lib>=1"),
        Package::new("lib", "1.0"),
        Package::new("lib", "2.0"),
    ];
    let house = repo.root().join("wheelhouse");
    fs_err::create_dir_all(&house).unwrap();
    for file in packages.iter().flat_map(Package::files) {
        fs_err::write(house.join(&file.filename), &file.bytes).unwrap();
    }
    repo
}

/// Runs a script where there is no network but loopback. `None` if the system has no such namespaces.
fn alone(repo: &Repo, script: &str) -> Option<Output> {
    let own = ["--map-root-user", "--net", "sh", "-euc"];
    let unshare = |script: &str| repo.run("unshare".into(), &[&own[..], &[script]].concat());
    if unshare("ip link set lo up").status != 0 {
        skip("needs network namespaces, and the system gives none");
        return None;
    }
    Some(unshare(&format!("ip link set lo up\n{script}")))
}

#[track_caller]
fn done(output: &Output) {
    assert_eq!(output.status, 0, "{output}");
}

/// Installs, and makes the first lock. How long that may take is asserted where `XTASK_TIMINGS` asks for it.
fn to_the_first_lock(repo: &Repo, install: &str, bin: &str) -> Option<()> {
    let begun = Instant::now();
    done(&alone(repo, install)?);
    done(&alone(
        repo,
        &format!("{bin}/cargo-xtask generate-lockfiles"),
    )?);
    let taken = begun.elapsed();
    // On a machine that does other things too, it says nothing.
    if std::env::var_os("XTASK_TIMINGS").is_some() {
        assert!(taken < PATIENCE, "{taken:?}");
    }
    assert!(repo.read("python.lock").contains("name = \"lib\""));
    Some(())
}

#[test]
fn pip_installs_it_and_the_main_job_runs() {
    let Some(wheel) = wheel() else { return };
    let repo = machine();
    let install =
        format!("python3 -m venv tool && tool/bin/pip install --quiet --no-index {wheel}");
    if to_the_first_lock(&repo, &install, "tool/bin").is_none() {
        return;
    }
    let script = "PATH=$PWD/tool/bin:$PATH
        if command -v cargo; then exit 9; fi
        cargo-xtask generate-lockfiles --check
        cargo-xtask export --all
        cargo-xtask run -- -c 'import acme.main'
        cargo-xtask package --verify";
    done(&alone(&repo, script).unwrap());
    assert!(repo.root().join("dist/acme-1.0-py3-none-any.whl").is_file());
}

#[test]
fn uv_installs_it_as_a_tool() {
    let (Some(wheel), Some(uv)) = (wheel(), peer("uv")) else {
        return;
    };
    let repo = machine();
    let install = format!(
        "UV_TOOL_DIR=$PWD/tools UV_TOOL_BIN_DIR=$PWD/bin UV_CACHE_DIR=$PWD/uv {uv} tool install --quiet --offline --no-index {wheel}"
    );
    to_the_first_lock(&repo, &install, "bin");
}

#[test]
fn locks_are_merged_by_it() {
    let Some(wheel) = wheel() else { return };
    let repo = machine();
    let git = "git -c user.name=x -c user.email=x@index.example";
    let script = format!(
        "python3 -m venv tool && tool/bin/pip install --quiet --no-index {wheel}
         printf 'tool/\\n' > .gitignore
         git init --quiet --initial-branch=main
         tool/bin/cargo-xtask generate-lockfiles
         tool/bin/cargo-xtask install-merge-driver
         git add . && {git} commit --quiet -m first
         git switch --quiet -c other
         echo 'lib<2' >> requirements.txt
         tool/bin/cargo-xtask generate-lockfiles && {git} commit --quiet -am other
         git switch --quiet main
         echo 'lib>=1' > more.txt
         printf '\\npython_requirements(name=\"more\", source=\"more.txt\")\\n' >> BUILD
         tool/bin/cargo-xtask generate-lockfiles && git add . && {git} commit --quiet -m main
         {git} merge --quiet -m merged other
         tool/bin/cargo-xtask generate-lockfiles --check"
    );
    alone(&repo, &script).iter().for_each(done);
}

#[test]
fn it_runs_on_systems_of_2014() {
    let (Some(wheel), Some(auditwheel)) = (wheel(), peer("auditwheel")) else {
        return;
    };
    let told = repo().run(&auditwheel, &["show", wheel.as_str()]);
    done(&told);
    let text = told.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        text.contains("platform tag: \"manylinux_2_17_x86_64\""),
        "{text}"
    );
}

#[test]
fn its_archive_has_the_binary_and_a_bill_of_materials() {
    let (Some(wheel), Some(python)) = (wheel(), peer("python")) else {
        return;
    };
    let repo = repo();
    let root = Utf8PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    let script = root.join(".ci/archive.py");
    let (folder, target) = (repo.root(), "x86_64-unknown-linux-gnu");
    let arguments = [script.as_str(), wheel.as_str(), target, folder.as_str()];
    done(&repo.run(&python, &arguments));
    let archive = format!("cargo-xtask-{target}.tar.gz");
    let listed = repo.run("tar".into(), &["tzf", &archive]).stdout;
    assert!(listed.lines().any(|line| line == "cargo-xtask"), "{listed}");
    let judge = root.join("tests/bill_of_materials.py");
    done(&repo.run(&python, &[judge.as_str(), wheel.as_str()]));
}
