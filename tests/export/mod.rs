//! `export`: makes environments, updates them, and shares them between resolves.

mod crashes;
mod editors;
mod formats;
mod installed;
mod refused;
mod requirements;
mod sources;

use insta::assert_snapshot;
use testkit::LoopbackIndex;

use crate::fixtures::environments::{index, lib, repo, said, several_resolves, with_sources};
use crate::{done, lock};

#[test]
fn a_resolve_becomes_an_environment_once() {
    let Some(repo) = repo() else { return };
    let index = index();
    let repo = repo.index(&index).requirements("app\nbuilt\n");
    lock(&repo);
    assert_snapshot!(said(&done(&repo, &["export"])), @"
    python-default: 1 of 3 packages have no wheel for CPython [PYTHON] here and are built from source: built 1.0
    python-default: made dist/export/python/virtualenvs/python-default/[PYTHON] (3 packages, CPython [PYTHON])
    ");
    index.clear_log();
    assert_snapshot!(said(&done(&repo, &["export"])), @"python-default: dist/export/python/virtualenvs/python-default/[PYTHON] is up to date");
    assert_eq!(index.log().len(), 0, "a second run asks for nothing");
    let check = done(&repo, &["check-export"]);
    assert_eq!((check.stdout.as_str(), check.stderr.as_str()), ("", ""));
}

#[test]
fn only_what_the_lock_changes_is_changed() {
    let Some(repo) = repo() else { return };
    let index = index();
    let repo = repo.index(&index).requirements("app\nlib<2\nbuilt\n");
    lock(&repo);
    done(&repo, &["export"]);
    repo.write("requirements.txt", "app\nlib>=2\n");
    lock(&repo);
    let check = repo.xtask(&["check-export"]);
    assert_eq!(check.status, 1, "{check}");
    assert_snapshot!(said(&check), @"
    python-default: the lock has changed: lib 1.0 -> 2.0, -built 1.0
    hint: run `cargo xtask export --resolve python-default`
    ");
    assert_snapshot!(said(&done(&repo, &["export"])), @"
    python-default: changed dist/export/python/virtualenvs/python-default/[PYTHON] (2 packages, CPython [PYTHON])
      - built 1.0
      ~ lib 1.0 -> 2.0
    ");
    assert_eq!(
        done(&repo, &["run", "--", "app"]).stdout,
        "app with lib 2.0\n"
    );
    done(&repo, &["check-export"]);
}

#[test]
fn the_repository_itself_is_in_it() {
    let Some(repo) = repo() else { return };
    let index = index();
    let repo = with_sources(repo.index(&index).requirements("app\nlib<2\n"));
    lock(&repo);
    done(&repo, &["export"]);
    assert_eq!(
        done(&repo, &["run", "--", "acme"]).stdout,
        "acme with lib 1.0\n"
    );
    let code = "import importlib.metadata as m, acme_hello\n\
                print(m.version('acme-tool'), m.version('acme-hello'), acme_hello.greet())\n\
                print(sorted(e.name for e in m.entry_points(group='acme.plugin')))\n\
                print(m.distribution('acme-tool').read_text('direct_url.json'))";
    let output = done(&repo, &["run", "--", "-c", code]);
    assert_snapshot!(output.stdout, @r#"
    1.2.3 0.1 hello
    ['hello', 'own']
    {"dir_info":{"editable":true},"url":"file://[REPO]/src/acme"}
    "#);
}

#[test]
fn every_resolve_and_tools_without_the_repository() {
    let Some(repo) = repo() else { return };
    let index = index();
    let repo = several_resolves(with_sources(
        repo.index(&index).requirements("app\nlib<2\n"),
    ));
    assert_snapshot!(said(&done(&repo, &["export", "--all", "--bin", "app"])), @"
    warning: `unlocked` is left out: there is no lock at unlocked.lock; run `cargo xtask generate-lockfiles --resolve unlocked`
    python-default: made dist/export/python/virtualenvs/python-default/[PYTHON] (2 packages, CPython [PYTHON])
    tool: made dist/export/python/virtualenvs/tool/[PYTHON] (1 package, CPython [PYTHON])
    linked dist/export/bin/app
    ");
    let code = "import lib, importlib.util as u; print(lib.VERSION, u.find_spec('acme'))";
    assert_eq!(
        done(&repo, &["run", "--resolve", "tool", "--", "-c", code]).stdout,
        "2.0 None\n"
    );
    let script = repo.root().join("dist/export/bin/app");
    assert_eq!(repo.run(&script, &[]).stdout, "app with lib 1.0\n");
}

#[test]
fn exported_scripts_run() {
    let Some(repo) = repo() else { return };
    let index = index();
    let repo = repo.index(&index).requirements("app\n");
    lock(&repo);
    assert_snapshot!(said(&done(&repo, &["export", "--scripts"])), @"
    python-default: made dist/export/python/virtualenvs/python-default/[PYTHON] (2 packages, CPython [PYTHON])
    wrote py
    ");
    assert_snapshot!(repo.read("py"), @r#"
    #!/bin/sh
    # Written by `cargo xtask export --scripts`; the variable LOCKSET names another resolve.
    if command -v cargo >/dev/null 2>&1; then xtask='cargo xtask'; else xtask=cargo-xtask; fi
    exec $xtask -C "$(dirname "$0")" run --resolve "${LOCKSET:-python-default}" -- "$@"
    "#);
}

#[test]
fn pip_agrees() {
    let Some(repo) = repo() else { return };
    let index = LoopbackIndex::start([
        lib("2.0"),
        testkit::Package::new("app", "1.0").requires("lib>=1"),
    ]);
    let repo = with_sources(repo.index(&index).requirements("app\n"));
    lock(&repo);
    done(&repo, &["export"]);
    let code = "import subprocess, sys\n\
                base = sys._base_executable\n\
                pip = lambda *a: subprocess.run([base, '-m', 'pip', '--disable-pip-version-check', '--python', sys.executable, *a], capture_output=True, text=True)\n\
                print(pip('list', '--format', 'freeze').stdout + pip('check').stdout)";
    assert_snapshot!(done(&repo, &["run", "--", "-c", code]).stdout, @"
    acme-hello==0.1
    acme-tool==1.2.3
    app==1.0
    lib==2.0
    No broken requirements found.
    ");
}

#[test]
fn distributions_say_what_they_require() {
    let Some(repo) = repo() else { return };
    let index = index();
    let repo = with_sources(repo.index(&index).requirements("app\nlib>=1,<2\n"));
    let repo = repo
        .file(
            "src/other/BUILD",
            "python_sources(name='src')\n\
             python_distribution(\n    name='dist',\n    dependencies=[':src'],\n    \
             provides=python_artifact(name='other-tool'),\n)\n",
        )
        .file("src/other/code.py", "import acme.cli\n");
    lock(&repo);
    done(&repo, &["export"]);
    let requires = |repo: &testkit::Repo| {
        let code = "import importlib.metadata as m\nprint(m.requires('acme-tool'), m.requires('other-tool'))";
        done(repo, &["run", "--", "-c", code]).stdout
    };
    assert_snapshot!(requires(&repo), @"['lib<2,>=1'] ['acme-tool==1.2.3']");
    assert_eq!(repo.xtask(&["check-export"]).status, 0);
    // Requirements follow from the sources: nothing else has to be declared.
    let repo = repo.file("src/other/code.py", "import acme.cli, lib\n");
    assert_eq!(repo.xtask(&["check-export"]).status, 1);
    done(&repo, &["export"]);
    assert_snapshot!(requires(&repo), @"['lib<2,>=1'] ['acme-tool==1.2.3', 'lib<2,>=1']");
}

#[test]
fn a_mistake_in_the_graph_does_not_stop_an_export() {
    let Some(repo) = repo() else { return };
    let index = index();
    let repo = with_sources(repo.index(&index).requirements("app\nlib<2\n"));
    lock(&repo);
    let build = repo.read("src/acme/BUILD").replace("[':src']", "[':gone']");
    let repo = repo.file("src/acme/BUILD", &build);
    assert_snapshot!(said(&done(&repo, &["export"])), @"
    warning: what distributions of this repository require is not in their metadata: no target `:gone`: its folder declares no such target
    python-default: made dist/export/python/virtualenvs/python-default/[PYTHON] (2 packages, CPython [PYTHON])
    ");
}

#[test]
fn a_folder_of_this_machine_is_built_and_seen_as_current() {
    let Some(repo) = repo() else { return };
    let index = index();
    let backend = r#"
import base64, hashlib, os, zipfile

FILES = {
    "local_module.py": "x = 5\n",
    "local-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: local\nVersion: 1.0\n",
    "local-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
}

def build_wheel(folder, config_settings=None, metadata_directory=None):
    record = ""
    with zipfile.ZipFile(os.path.join(folder, "local-1.0-py3-none-any.whl"), "w") as archive:
        for name, text in FILES.items():
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode()
            record += "%s,sha256=%s,%d\n" % (name, digest.rstrip("="), len(text))
            archive.writestr(name, text)
        archive.writestr("local-1.0.dist-info/RECORD", record + "local-1.0.dist-info/RECORD,,\n")
    return "local-1.0-py3-none-any.whl"
"#;
    let repo = repo
        .index(&index)
        .requirements("./vendor/local\n")
        .file(
            "vendor/local/pyproject.toml",
            "[build-system]\nrequires = []\nbuild-backend = 'backend'\nbackend-path = ['.']\n",
        )
        .file("vendor/local/backend.py", backend);
    lock(&repo);
    done(&repo, &["export"]);
    done(&repo, &["check-export"]);
    let code =
        "import local_module, importlib.metadata as m; print(local_module.x, m.version('local'))";
    assert_eq!(done(&repo, &["run", "--", "-c", code]).stdout, "5 1.0\n");
}
