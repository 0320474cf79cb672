//! What is installed: wheels that are not perfect, files that two packages have, what others
//! installed beside it, and code of the repository.

use insta::assert_snapshot;
use testkit::{Fault, LoopbackIndex, Output, Package, Repo, When};

use crate::fixtures::environments::{
    exported, index, lib, repo, said, several_resolves, with_sources,
};
use crate::{done, lock};

/// What a command said, with the name of Python's folder replaced.
fn plain(output: &Output) -> String {
    let text = said(output);
    match text.find("python3.") {
        Some(at) => {
            let folder = text[at..].split('/').next().unwrap().to_owned();
            text.replace(&folder, "pythonX.Y")
        }
        None => text,
    }
}

#[test]
fn a_record_that_does_not_list_all() {
    let Some(repo) = repo() else { return };
    let index = LoopbackIndex::start([
        Package::new("top", "1.0").requires("signed"),
        Package::new("signed", "1.0")
            .member("signed_module.py", b"x = 1\n")
            .unrecorded("META-INF/MANIFEST.MF", b"Manifest-Version: 1.0\n")
            .unrecorded("META-INF/KEY.RSA", b""),
    ]);
    let repo = repo.index(&index).requirements("top\n");
    lock(&repo);
    assert_snapshot!(plain(&done(&repo, &["export"])), @"
    warning: python-default: the RECORD of signed 1.0, which top requires, does not list `META-INF/MANIFEST.MF`, which is left out, and has one more fault
    python-default: made dist/export/python/virtualenvs/python-default/[PYTHON] (2 packages, CPython [PYTHON])
    ");
    let code = "import signed_module as signed, os, sysconfig as s; print(signed.x, os.path.exists(s.get_path('purelib') + '/META-INF'))";
    assert_eq!(done(&repo, &["run", "--", "-c", code]).stdout, "1 False\n");
    assert_snapshot!(plain(&done(&repo, &["export"])), @"python-default: dist/export/python/virtualenvs/python-default/[PYTHON] is up to date");
    let settings =
        repo.read("Cargo.toml") + "[workspace.metadata.xtask.export]\nstrict_records = true\n";
    let repo = repo.file("Cargo.toml", &settings);
    fs_err::remove_dir_all(repo.root().join("dist")).unwrap();
    let output = repo.xtask(&["export"]);
    assert_eq!(output.status, 1);
    assert_snapshot!(plain(&output), @"
    error: cannot export `python-default`: the RECORD of signed 1.0, which top requires, does not list `META-INF/MANIFEST.MF`, which is left out, and has one more fault
     |
    hint: lock another version of it, or take it as other installers do: `strict_records = false` in `[export]`
    ");
}

#[test]
fn two_packages_with_one_file() {
    let Some(repo) = repo() else { return };
    let index = LoopbackIndex::start([
        Package::new("one", "1.0")
            .member("shared/x.py", b"x = 1\n")
            .member("shared/__init__.py", b""),
        Package::new("two", "1.0")
            .member("shared/x.py", b"x = 2\n")
            .member("shared/__init__.py", b""),
    ]);
    let repo = repo.index(&index).requirements("one\ntwo\n");
    lock(&repo);
    assert_snapshot!(plain(&done(&repo, &["export"])), @"
    python-default: made dist/export/python/virtualenvs/python-default/[PYTHON] (2 packages, CPython [PYTHON])
    warning: python-default: both two 1.0 and one 1.0 have lib/pythonX.Y/site-packages/shared/x.py, with other content: that of two 1.0 is installed
    ");
    let code = "import shared.x; print(shared.x.x)";
    assert_eq!(done(&repo, &["run", "--", "-c", code]).stdout, "2\n");
    done(&repo, &["check-export"]);
}

#[test]
fn what_others_installed_beside_it() {
    let Some((_index, repo)) = exported() else {
        return;
    };
    let code = "import os, shutil, glob, sysconfig as s\nos.chdir(s.get_path('purelib'))\n\
                shutil.rmtree(glob.glob('lib-*.dist-info')[0])\nos.remove('lib/__init__.py')\n\
                open('lib/__init__.py', 'w').write('VERSION = 0.5')\n\
                for name in 'lib-0.5', 'theirs-1.0':\n os.mkdir(name + '.dist-info')\n open(name + '.dist-info/METADATA', 'w').write('x')\n";
    done(&repo, &["run", "--", "-c", code]);
    let check = repo.xtask(&["check-export"]);
    assert_eq!(check.status, 1);
    assert_snapshot!(plain(&check), @"
    python-default: changed by hand: dist/export/python/virtualenvs/python-default/[PYTHON]/lib/pythonX.Y/site-packages/lib/__init__.py, dist/export/python/virtualenvs/python-default/[PYTHON]/lib/pythonX.Y/site-packages/lib-2.0.dist-info/INSTALLER, dist/export/python/virtualenvs/python-default/[PYTHON]/lib/pythonX.Y/site-packages/lib-2.0.dist-info/METADATA, dist/export/python/virtualenvs/python-default/[PYTHON]/lib/pythonX.Y/site-packages/lib-2.0.dist-info/RECORD, dist/export/python/virtualenvs/python-default/[PYTHON]/lib/pythonX.Y/site-packages/lib-2.0.dist-info/WHEEL
    python-default: other versions were installed by other means: lib 0.5
    python-default: installed by other means: theirs 1.0
    hint: run `cargo xtask export --resolve python-default`
    ");
    assert_snapshot!(plain(&done(&repo, &["export"])), @"
    python-default: changed dist/export/python/virtualenvs/python-default/[PYTHON] (2 packages, CPython [PYTHON])
    warning: dist/export/python/virtualenvs/python-default/[PYTHON]/lib/pythonX.Y/site-packages/lib/__init__.py and 4 more files were changed by hand and are again what the lock says
    warning: lib 0.5 was removed from dist/export/python/virtualenvs/python-default/[PYTHON]: it was installed by other means
    warning: theirs 1.0 is in dist/export/python/virtualenvs/python-default/[PYTHON] and not in the lock: it was installed by other means and is let be
    ");
    assert_eq!(
        done(&repo, &["run", "--", "app"]).stdout,
        "app with lib 2.0\n"
    );
    let code = "import importlib.metadata as m; print(sorted((d.name, d.version) for d in m.distributions()))";
    assert_snapshot!(plain(&done(&repo, &["export", "--exact"])), @"
    python-default: changed dist/export/python/virtualenvs/python-default/[PYTHON] (2 packages, CPython [PYTHON])
    warning: theirs 1.0 was removed from dist/export/python/virtualenvs/python-default/[PYTHON]: it was installed by other means
    ");
    assert_eq!(
        done(&repo, &["run", "--", "-c", code]).stdout,
        "[('app', '1.0'), ('lib', '2.0')]\n"
    );
    assert_snapshot!(plain(&done(&repo, &["export", "--reinstall"])), @"python-default: made dist/export/python/virtualenvs/python-default/[PYTHON] anew, as that was asked for (2 packages, CPython [PYTHON])");
}

#[test]
fn an_environment_needs_no_cache() {
    let Some(repo) = repo() else { return };
    let index = index();
    let repo = repo.index(&index).requirements("app\nbuilt\n");
    lock(&repo);
    done(&repo, &["export"]);
    fs_err::remove_dir_all(repo.cache()).unwrap();
    index.clear_log();
    assert_eq!(done(&repo, &["check-export"]).stderr, "");
    assert_eq!(
        done(&repo, &["run", "--offline", "--", "app"]).stdout,
        "app with lib 2.0\n"
    );
    assert_snapshot!(plain(&done(&repo, &["export", "--offline"])), @"python-default: dist/export/python/virtualenvs/python-default/[PYTHON] is up to date");
    assert_eq!(index.log().len(), 0);
}

#[test]
fn a_store_that_lost_a_manifest() {
    let Some((_index, repo)) = exported() else {
        return;
    };
    fs_err::remove_dir_all(repo.root().join("dist")).unwrap();
    let store = repo.cache().join("cargo-xtask/wheels-2");
    for folder in store.read_dir_utf8().unwrap() {
        for wheel in folder.unwrap().path().read_dir_utf8().unwrap() {
            fs_err::write(wheel.unwrap().path().join("manifest"), "").unwrap();
        }
    }
    assert_snapshot!(plain(&done(&repo, &["export"])), @"python-default: made dist/export/python/virtualenvs/python-default/[PYTHON] (2 packages, CPython [PYTHON])");
}

#[test]
fn a_lock_that_is_not_what_its_requirements_ask_for() {
    let Some((_index, repo)) = exported() else {
        return;
    };
    repo.write("requirements.txt", "app\nonly-windows\n");
    assert_snapshot!(plain(&done(&repo, &["export"])), @"
    warning: the lock of `python-default` is not what its requirements ask for: the requirement `only-windows` is new; run `cargo xtask generate-lockfiles --resolve python-default`
    python-default: dist/export/python/virtualenvs/python-default/[PYTHON] is up to date
    ");
    // What was said is noted: `run` does not say it again.
    assert_eq!(plain(&done(&repo, &["run", "--", "app"])), "");
    assert_snapshot!(plain(&done(&repo, &["check-export"])), @"warning: the lock of `python-default` is not what its requirements ask for: the requirement `only-windows` is new; run `cargo xtask generate-lockfiles --resolve python-default`");
    for command in [
        &["export", "--locked"][..],
        &["run", "--locked", "--", "app"],
        &["check-export", "--locked"],
    ] {
        assert_eq!(repo.xtask(command).status, 1, "{command:?}");
    }
    assert_snapshot!(plain(&repo.xtask(&["export", "--locked"])), @"
    error: the lock of `python-default` is not what its requirements ask for
    --> python.lock
     = the requirement `only-windows` is new
    hint: run `cargo xtask generate-lockfiles --resolve python-default`
    ");
}

#[test]
fn lock_sets_of_older_scripts() {
    let Some(repo) = repo() else { return };
    let index = index();
    let repo = several_resolves(repo.index(&index).requirements("app\n"));
    let code = "import sys; print(sys.prefix.split('/')[-2])";
    let tool = |name: &str| done(&repo, &["run", "--resolve", name, "--", "-c", code]).stdout;
    assert_eq!(tool("tools/tool"), "tool\n");
    assert_eq!(tool("tool/3.0.1"), "tool\n");
    assert_eq!(tool("tools/tool/3.0.1"), "tool\n");
    let unknown = repo.xtask(&["run", "--resolve", "tools/nothing", "--", "x"]);
    assert_eq!(unknown.status, 1, "{unknown}");
}

#[test]
fn only_folders_with_modules_are_imported_from() {
    let Some(repo) = repo() else { return };
    let index = index();
    let settings = repo
        .read("Cargo.toml")
        .replace("[\"/src\"]", "[\"/\", \"/src\", \"/stubs\"]");
    let repo = with_sources(repo.index(&index).requirements("app\nlib<2\n"))
        .file("Cargo.toml", &settings)
        .file("docker/Dockerfile", "")
        .file("tools/BUILD", "python_sources()\n")
        .file("tools/build-macros.py", "")
        .file("tests/BUILD", "python_tests()\n")
        .file("tests/test_a.py", "")
        .file("stubs/trafaret/__init__.pyi", "");
    lock(&repo);
    done(&repo, &["export"]);
    let code = "import importlib.util as u; print([n for n in ('acme', 'docker', 'trafaret', 'tools') if u.find_spec(n)])";
    let run = ["run", "--", "-I", "-c", code];
    assert_eq!(done(&repo, &run).stdout, "['acme']\n");
    // The editor reads stubs, and a module at the root that a target owns is imported.
    assert!(
        done(&repo, &["export", "--editor", "vscode"])
            .stdout
            .contains("\"stubs\"")
    );
    let repo = repo.file("tools/one.py", "");
    done(&repo, &["export"]);
    assert!(done(&repo, &run).stdout.contains("'tools'"));
}

/// The `direct_url.json` of `local`, which is required by this line.
fn direct_url(repo: &Repo, requirement: &str) -> String {
    repo.write("requirements.txt", &format!("{requirement}\n"));
    lock(repo);
    done(repo, &["export"]);
    let code = "import importlib.metadata as m; print(m.distribution('local').read_text('direct_url.json'))";
    done(repo, &["run", "--", "-c", code]).stdout
}

#[test]
fn a_wheel_of_this_machine_is_an_archive() {
    let Some(repo) = repo() else { return };
    let index = LoopbackIndex::start([Package::new("local", "1.0").member("local.py", b"")]);
    let repo = repo.index(&index).requirements("local\n");
    lock(&repo);
    done(&repo, &["vendor", "--output", "my wheels"]);
    let file = "local-1.0-py3-none-any.whl";
    let folder = repo.root().join("my wheels");
    let url = format!("local @ file://{}/my%20wheels/{file}", repo.root());
    assert_snapshot!(direct_url(&repo, &url), @r#"{"archive_info":{"hashes":{"sha256":"[HASH]"}},"url":"file://[REPO]/my%20wheels/local-1.0-py3-none-any.whl"}"#);
    fs_err::rename(folder.join(file), repo.root().join(file)).unwrap();
    assert_snapshot!(direct_url(&repo, &format!("./{file}")), @r#"{"archive_info":{"hashes":{"sha256":"[HASH]"}},"url":"file://[REPO]/local-1.0-py3-none-any.whl"}"#);
}

#[test]
fn programs_that_run() {
    let Some((_index, repo)) = exported() else {
        return;
    };
    let missing = repo.xtask(&["run", "--", "nosuchtool"]);
    assert_eq!(missing.status, 1);
    assert_snapshot!(plain(&missing), @"
    error: there is no program `nosuchtool` in the environment of `python-default`, nor on PATH
     |
    hint: add its package to the requirements of `python-default`, or name a resolve that has it: `--resolve NAME`
    ");
    assert_snapshot!(plain(&repo.xtask(&["run", "--", "appp"])), @"
    error: there is no program `appp` in the environment of `python-default`, nor on PATH
     |
    hint: did you mean `app`?
    ");
    let repo = repo.file(".env", "# ours\nexport GREETING='hello $HOME'\n");
    let output = done(
        &repo,
        &[
            "run",
            "--env-file",
            ".env",
            "--",
            "sh",
            "-c",
            "echo $GREETING; command -v app",
        ],
    );
    let program = output.stdout.lines().last().unwrap();
    assert!(
        output.stdout.starts_with("hello $HOME\n") && program.ends_with("/bin/app"),
        "{output}"
    );
    let repo = repo.file("tool.py", "import lib; print(lib.VERSION)\n");
    assert_eq!(done(&repo, &["run", "--", "tool.py"]).stdout, "2.0\n");
    let broken = repo.file(".env", "A=1\nnothing\n");
    assert_snapshot!(plain(&broken.xtask(&["run", "--env-file", ".env", "--", "app"])), @"
    error: a line `NAME=VALUE` was expected
     --> [REPO]/.env:2:1
      |
    2 | nothing
      | ^^^^^^^
    ");
}

#[test]
fn installers_find_nothing_amiss_with_our_own_distributions() {
    let Some(repo) = repo() else { return };
    let index = LoopbackIndex::start([lib("2.0")]);
    let repo = with_sources(repo.index(&index).requirements("lib\n"));
    lock(&repo);
    done(&repo, &["export"]);
    let code =
        "import importlib.metadata as m; print(m.distribution('acme-tool').read_text('WHEEL'))";
    assert_snapshot!(done(&repo, &["run", "--", "-c", code]).stdout, @"
    Wheel-Version: 1.0
    Generator: xtask
    Root-Is-Purelib: true
    Tag: py3-none-any
    ");
}

#[test]
fn a_program_alone_is_brought_as_the_settings_say() {
    let Some(repo) = repo() else { return };
    let program = b"#!/bin/sh\necho ruff 0.14.0\n";
    let archive = Package::new("archive", "1.0")
        .sdist()
        .member("ruff", program);
    // The index has the program too: it may not take the place of one with another hash.
    let wheel = Package::new("ruff", "0.14.0").member("ruff-0.14.0.data/scripts/ruff", program);
    let index = LoopbackIndex::start([lib("1.0"), archive, wheel]);
    let repo = repo.index(&index).requirements("lib\narchive\n");
    lock(&repo);
    let text = repo.read("python.lock");
    let at = text.find("archive-1.0.tar.gz").unwrap();
    let is_hash = |word: &&str| word.len() == 64 && word.chars().all(|c| c.is_ascii_hexdigit());
    let sha256 = text[at..].split('"').find(is_hash).unwrap().to_owned();
    let repo = repo.requirements("lib\n");
    lock(&repo);
    let (os, machine) = (std::env::consts::OS, std::env::consts::ARCH);
    let platform = format!("{os}_{}", machine.replace("aarch64", "arm64"));
    let own = repo.read("Cargo.toml");
    let settings = |sha256: &str| {
        format!(
            "{own}[workspace.metadata.xtask.export]\nbin = [\"ruff\"]\n[workspace.metadata.xtask.ruff]\n\
             version = \"0.14.0\"\nknown_versions = [\"0.14.0|{platform}|{sha256}|1\"]\nurl_template = \"{}\"\n",
            index.file_url("archive-1.0.tar.gz"),
        )
    };
    let refused = || {
        repo.write("Cargo.toml", &settings(&"0".repeat(64)));
        let output = repo.xtask(&["export", "--bin", "ruff"]);
        assert_eq!(output.status, 1, "{output}");
        let (_, error) = output.stderr.split_once("error: ").unwrap();
        error.to_owned()
    };
    // What an export will bring is shown by a dry run.
    let path = "\"ruff.path\": [\"${workspaceFolder}/dist/export/bin/ruff\"]";
    done(&repo, &["export"]);
    repo.write("Cargo.toml", &settings(&sha256));
    let shown = done(&repo, &["export", "--editor", "vscode", "--dry-run"]);
    assert!(shown.stdout.contains(path), "{shown}");
    assert!(!repo.root().join("dist/export/bin/ruff").exists());
    let error = refused();
    assert_snapshot!(error, @"
    cannot bring ruff 0.14.0
    --> Cargo.toml
     = `archive-1.0.tar.gz` from http://127.0.0.1:[PORT]/files/archive-1.0.tar.gz has the wrong hash: expected sha256 [HASH], got [HASH]
    hint: compare `[ruff] known_versions` with the hash that its project publishes
    ");
    assert!(!repo.root().join("dist/export/bin/ruff").exists());
    repo.write("Cargo.toml", &settings(&sha256));
    done(&repo, &["export"]);
    assert_eq!(refused(), error); // what was brought before has another hash
    repo.write("Cargo.toml", &settings(&sha256));
    let ran = repo.run(&repo.root().join("dist/export/bin/ruff"), &[]);
    assert_eq!(ran.stdout, "ruff 0.14.0\n");
    let editor = done(&repo, &["export", "--editor", "vscode"]);
    assert!(editor.stdout.contains(path), "{editor}");
}

/// What a person sees of it in the end: each line as it was last written over.
fn on_screen(text: &str) -> Vec<String> {
    let lines = text.split('\n').map(|line| {
        let last = line.rsplit(['\r']).find(|part| !part.trim().is_empty());
        let last = last.unwrap_or_default();
        let last = last.rsplit("\u{1b}[2K").next().unwrap_or_default();
        last.to_owned()
    });
    lines.filter(|line| !line.trim().is_empty()).collect()
}

#[test]
fn progress_leaves_no_line_behind() {
    let Some(repo) = repo() else { return };
    let index = index();
    let repo = several_resolves(repo.index(&index).requirements("app\nlib<2\n"));
    fs_err::remove_dir_all(repo.cache()).unwrap();
    // The line is drawn while this one is waited for.
    let late = Fault::Delay(std::time::Duration::from_millis(900));
    index.inject("app-1.0", late, When::Always);
    let output = repo.in_terminal(&["export", "--all"]);
    let Some(output) = output else {
        return;
    };
    assert_eq!(output.status, 0, "{output}");
    let screen = on_screen(&output.stdout);
    let left: Vec<&String> = screen
        .iter()
        .filter(|line| line.contains("downloading:") || line.contains("resolving:"))
        .collect();
    assert!(left.is_empty(), "{screen:#?}");
    assert!(output.stdout.contains("downloading:"), "{output}");
}

/// Python and the shell read the first lines of a script in their own ways.
#[test]
fn a_folder_with_a_space_and_a_backslash() {
    for name in [
        r"a b\c",
        r"a \N{x} \x \u1 \",
        "it's $(touch x) `touch x` \" here",
        r"a\Nb",
    ] {
        let Some(repo) = repo() else { return };
        let index = index();
        let settings = repo.read("Cargo.toml");
        let repo = repo
            .index(&index)
            .file(&format!("{name}/Cargo.toml"), &settings)
            .file(
                &format!("{name}/BUILD"),
                "python_requirements(name='reqs')\n",
            )
            .file(&format!("{name}/requirements.txt"), "app\n");
        for arguments in [
            &["-C", name, "generate-lockfiles"][..],
            &["-C", name, "export"],
        ] {
            done(&repo, arguments);
        }
        let environments = repo
            .root()
            .join(name)
            .join("dist/export/python/virtualenvs/python-default");
        let entries = environments.read_dir_utf8().unwrap();
        let environment = entries
            .map(|entry| entry.unwrap().into_path())
            .find(|path| path.is_dir())
            .unwrap();
        let repo = repo.env("PYTHONWARNINGS", "error");
        let ran = repo.run(&environment.join("bin/app"), &[]);
        assert_eq!(
            (ran.stdout.as_str(), ran.stderr.as_str()),
            ("app with lib 2.0\n", ""),
            "{name}"
        );
        let script = r#". "$1/bin/activate" && app && deactivate"#;
        let ran = repo.run("sh".into(), &["-c", script, "sh", environment.as_str()]);
        assert_eq!(ran.stdout, "app with lib 2.0\n", "{name}: {ran}");
        assert_eq!(
            done(&repo, &["-C", name, "run", "--", "app"]).stdout,
            "app with lib 2.0\n"
        );
        assert!(!repo.root().join("x").exists() && !repo.root().join(name).join("x").exists());
    }
}
