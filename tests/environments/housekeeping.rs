//! `clean`, `doctor`, `install-plugin` and editors' settings.

use insta::assert_snapshot;
use testkit::Repo;

use super::{done, index, repo, said, with_sources};
use crate::lock;

/// A repository with a lock and an environment.
fn exported() -> Option<(testkit::Index, Repo)> {
    let index = index();
    let repo = repo()?.index(&index).requirements("app\n");
    lock(&repo);
    done(&repo, &["export", "--bin", "app"]);
    Some((index, repo))
}

/// What a command says, without sizes, which differ between file systems.
fn without_sizes(text: &str) -> String {
    let words = text.split_inclusive([' ', '\n']).map(|word| {
        let bare = word.trim_end();
        let is_number = bare.chars().all(|c| c.is_ascii_digit() || c == '.') && !bare.is_empty();
        let is_unit = ["GiB", "MiB", "KiB", "bytes"]
            .iter()
            .any(|unit| bare.trim_end_matches([',', ';']) == *unit);
        match (is_number, is_unit) {
            (true, _) => word.replace(bare, "N"),
            (_, true) => word.replace(bare, "UNITS"),
            _ => word.to_owned(),
        }
    });
    words.collect()
}

#[test]
fn clean_says_what_it_removes_and_leaves_the_rest() {
    let Some((_index, repo)) = exported() else {
        return;
    };
    repo.write("dist/other.whl", "not ours");
    fs_err::write(repo.cache().join("cargo-xtask/theirs"), "not ours").unwrap();
    fs_err::write(repo.cache().join("cargo-xtask/imports.bin"), "").unwrap();
    let before = repo.snapshot();
    assert_snapshot!(without_sizes(&said(&done(&repo, &["clean", "--all", "--dry-run"]))), @"
      [CACHE]/cargo-xtask/files-1 (downloaded files)
      [CACHE]/cargo-xtask/imports.bin (imports of sources)
      [CACHE]/cargo-xtask/interpreters (what interpreters are)
      [CACHE]/cargo-xtask/listings-1 (answers of package indexes)
      [CACHE]/cargo-xtask/metadata-1 (metadata of releases)
      [CACHE]/cargo-xtask/partial-1 (downloads that were interrupted)
      [CACHE]/cargo-xtask/wheels-1 (unpacked wheels)
      dist/export/python/virtualenvs/python-default/[PYTHON] (an environment)
    would remove N files and free N UNITS
    ");
    assert!(before == repo.snapshot());
    done(&repo, &["clean", "--all"]);
    assert!(!repo.root().join("dist/export").exists());
    assert_eq!(repo.read("dist/other.whl"), "not ours");
    let left: Vec<String> = repo
        .cache()
        .join("cargo-xtask")
        .read_dir_utf8()
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_owned())
        .collect();
    assert_eq!(left, ["theirs"]);
    assert_snapshot!(said(&done(&repo, &["clean", "--all"])), @"there is nothing to remove");
    done(&repo, &["export"]);
    assert_eq!(
        done(&repo, &["run", "--", "app"]).stdout,
        "app with lib 2.0\n"
    );
}

#[test]
fn doctor_is_content_or_says_what_to_do() {
    let Some((_index, repo)) = exported() else {
        return;
    };
    assert_snapshot!(findings(&repo, 0), @"");
    repo.write("requirements.txt", "app\nlib\n");
    fs_err::remove_dir_all(repo.root().join("dist/export/python")).unwrap();
    assert_snapshot!(findings(&repo, 1), @"
    amiss  lock of `python-default`: the requirement `lib` is new
           mend it: cargo xtask generate-lockfiles --resolve python-default
    ");
    let repo = repo.env("PIP_INDEX_URL", "http://127.0.0.1:1/simple/");
    fs_err::remove_dir_all(repo.cache()).unwrap();
    fs_err::remove_file(repo.root().join("python.lock")).unwrap();
    assert_snapshot!(findings(&repo, 1), @"
    amiss  package index: cannot list the files of `pip` from http://127.0.0.1:[PORT]/simple/pip/: no connection: Connection refused (os error 111) (4 attempts)
           mend it: check the connection; `--offline` makes do with what is in the cache
    amiss  lock of `python-default`: there is no lock
           mend it: cargo xtask generate-lockfiles --resolve python-default
    ");
}

/// What doctor finds amiss; space and file systems are the machine's affair.
#[track_caller]
fn findings(repo: &Repo, status: i32) -> String {
    let output = repo.xtask(&["doctor"]);
    assert_eq!(output.status, status, "{output}");
    let lines = output.stderr.lines();
    let ours = lines.filter(|line| !line.contains("cache folder") && !line.contains("file system"));
    let shown: Vec<&str> = ours.filter(|line| !line.starts_with("ok ")).collect();
    shown.join("\n")
}

#[test]
fn a_plugin_is_cloned_and_linked() {
    let Some((_index, repo)) = exported() else {
        return;
    };
    let plugin = repo.root().join("../plugin");
    fs_err::create_dir_all(&plugin).unwrap();
    fs_err::write(
        plugin.join("setup.cfg"),
        "[metadata]\nname = acme-late\nversion = 0.3\n",
    )
    .unwrap();
    fs_err::write(plugin.join("acme_late.py"), "x = 1\n").unwrap();
    let git = |arguments: &[&str]| {
        let identity = ["-c", "user.name=t", "-c", "user.email=t@t.example"];
        let folder = ["-C", plugin.as_str()];
        let output = repo.run(
            "git".into(),
            &[&folder[..], &identity[..], arguments].concat(),
        );
        assert_eq!(output.status, 0, "{output}");
    };
    git(&["init", "--quiet"]);
    git(&["add", "."]);
    git(&["commit", "--quiet", "-m", "one"]);
    assert_snapshot!(said(&done(&repo, &["install-plugin", "../plugin"])), @"
    cloned acme-late 0.3 into plugins/plugin
    hint: run `cargo xtask export` to link it into the environment
    ");
    let again = repo.xtask(&["install-plugin", "../plugin"]);
    assert_eq!(again.status, 1);
    assert_snapshot!(said(&again), @"
    error: plugins/plugin is there already
     |
    hint: bring it up to date with `git -C plugins/plugin pull`, or remove it first
    ");
    let code = "import acme_late, importlib.metadata as m; print(m.version('acme-late'))";
    assert_eq!(done(&repo, &["run", "--", "-c", code]).stdout, "0.3\n");
    let missing = repo.xtask(&["install-plugin", "../nothing"]);
    assert_eq!(missing.status, 1);
    let left: Vec<_> = repo
        .root()
        .join("plugins")
        .read_dir_utf8()
        .unwrap()
        .collect();
    assert_eq!(left.len(), 1);
}

#[test]
fn settings_of_editors_are_merged() {
    let Some((_index, repo)) = exported() else {
        return;
    };
    let repo = with_sources(repo).file(
        ".vscode/settings.json",
        "{\n    // mine\n    \"editor.rulers\": [100],\n}\n",
    );
    let printed = done(&repo, &["export", "--editor", "vscode"]);
    assert!(
        repo.read(".vscode/settings.json").len() < 60,
        "nothing is written"
    );
    done(&repo, &["export", "--editor", "vscode", "--write"]);
    let text = repo.read(".vscode/settings.json");
    assert_snapshot!(said(&testkit::Output { stderr: repo.shown(&text), ..printed.clone() }), @r#"
    {
        // mine
        "editor.rulers": [100],
        "python.defaultInterpreterPath": "[REPO]/dist/export/python/virtualenvs/python-default/[PYTHON]/bin/python",
        "python.analysis.extraPaths": [
            "plugins/hello/src",
            "src"
        ],
    }
    "#);
    assert_eq!(
        printed.stdout,
        format!("# .vscode/settings.json\n{}", repo.shown(&text))
    );
    assert_snapshot!(said(&done(&repo, &["export", "--editor", "vscode", "--write"])), @".vscode/settings.json is up to date");
    let broken = repo.file(".zed/settings.json", "{ \"lsp\": }");
    let output = broken.xtask(&["export", "--editor", "zed", "--write"]);
    assert_eq!(output.status, 1);
    assert_snapshot!(said(&output), @"
    error: cannot merge into .zed/settings.json: line 1: a value was expected
    --> .zed/settings.json
     |
    hint: mend the file, or move it away
    ");
}

#[test]
fn a_cache_that_cannot_be_written() {
    let Some((_index, repo)) = exported() else {
        return;
    };
    let script = format!(
        "rm -rf dist {0}/cargo-xtask/wheels-1 && mount --bind {0} {0} && \
         mount -o remount,ro,bind {0} && $0 export --offline",
        repo.cache()
    );
    let Some(output) = repo.in_own_mounts(&script) else {
        return;
    };
    assert_eq!(output.status, 1, "{output}");
    assert_snapshot!(said(&output), @"
    error: cannot use lib-2.0-py3-none-any.whl: failed to create directory `[CACHE]/cargo-xtask/wheels-1`: Read-only file system (os error 30)
     |
    hint: set XTASK_CACHE_DIR to a folder that can be written, or see what `cargo xtask doctor` says
    error: cannot use app-1.0-py3-none-any.whl: failed to create directory `[CACHE]/cargo-xtask/wheels-1`: Read-only file system (os error 30)
     |
    hint: set XTASK_CACHE_DIR to a folder that can be written, or see what `cargo xtask doctor` says
    ");
}

#[test]
fn what_cannot_be_removed_is_named_with_the_command_that_does() {
    let Some((_index, repo)) = exported() else {
        return;
    };
    let script = "held=$(echo dist/export/python/virtualenvs/python-default/3*)/held && mkdir $held && \
                  mount -t tmpfs none $held && $0 clean --environments";
    let Some(output) = repo.in_own_mounts(script) else {
        return;
    };
    assert_eq!(output.status, 1, "{output}");
    assert_snapshot!(without_sizes(&said(&output)), @"
      dist/export/python/virtualenvs/python-default/[PYTHON] (an environment)
    error: N files or folders could not be removed
     |
     = dist/export/python/virtualenvs/python-default/[PYTHON]/held: resource busy (it is root's)
    hint: remove them yourself: `sudo rm -r [REPO]/dist/export/python/virtualenvs/python-default/[PYTHON]/held`
    ");
}
