//! Machines without cargo: what is written into a repository starts the program that is installed there.

use camino::{Utf8Path, Utf8PathBuf};
use insta::assert_snapshot;
use testkit::Repo;

use crate::fixtures::environments;
use crate::{BINARY, commit, done, git, lock};

/// A cargo that has no such command, and one whose alias it is.
const CARGO: &str = "#!/bin/sh\ntest \"$1\" = --list || { echo \"cargo: $*\" >&2; exit 101; }\n";
const CARGO_WITH_ALIAS: &str = "#!/bin/sh\ntest \"$1\" = --list && { echo '    xtask        alias: run'; exit; }\nshift\nexec \"$REAL\" \"$@\"\n";

/// A repository on whose machine `PATH` has what git and a shell need, and these programs: each a path, or the text of
/// a script.
fn with_programs(repo: Repo, programs: &[(&str, &str)]) -> Repo {
    let folder = repo.home().join("programs");
    let _ = fs_err::remove_dir_all(&folder);
    fs_err::create_dir_all(&folder).unwrap();
    for name in ["git", "sh", "dirname", "env", "cat"] {
        std::os::unix::fs::symlink(found(name), folder.join(name)).unwrap();
    }
    for (name, program) in programs {
        let path = folder.join(name);
        if program.starts_with('/') {
            std::os::unix::fs::symlink(program, path).unwrap();
            continue;
        }
        fs_err::write(&path, program).unwrap();
        workspace::files::make_executable(&path).unwrap();
    }
    repo.env("PATH", folder.as_str()).env("REAL", BINARY)
}

/// Where this machine has a program.
fn found(name: &str) -> Utf8PathBuf {
    let path = std::env::var("PATH").unwrap();
    let folders = path
        .split(':')
        .map(|folder| Utf8Path::new(folder).join(name));
    folders.into_iter().find(|path| path.is_file()).unwrap()
}

/// A repository with an environment and the scripts of `export`.
fn exported() -> Option<(testkit::LoopbackIndex, Repo)> {
    let repo = environments::repo()?;
    let index = environments::index();
    let repo = repo.index(&index).requirements("app\n");
    lock(&repo);
    done(&repo, &["export", "--scripts"]);
    Some((index, repo))
}

/// The lines of `doctor` about these, with how to mend them.
fn doctor(repo: &Repo, about: &str) -> String {
    let told = repo.xtask(&["doctor"]).stderr;
    let mut lines = told.lines().skip_while(|line| !line.contains(about));
    let found = lines.next().unwrap_or_default();
    let mend = lines.next().filter(|line| line.contains("mend it"));
    [Some(found), mend]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn scripts_start_what_is_there() {
    let Some((_index, mut repo)) = exported() else {
        return;
    };
    let said = |repo: &Repo| {
        let output = repo.run(
            &repo.root().join("py"),
            &["-c", "import app; print('here')"],
        );
        format!("{}{}exit {}", output.stdout, output.stderr, output.status)
    };
    let machines: [&[(&str, &str)]; 5] = [
        &[("cargo-xtask", BINARY)],
        &[("xt", BINARY)],
        &[("cargo-xtask", BINARY), ("cargo", CARGO)],
        &[("cargo-xtask", BINARY), ("cargo", "/nowhere/cargo")],
        &[("cargo", CARGO_WITH_ALIAS)],
    ];
    for machine in machines {
        repo = with_programs(repo, machine);
        assert_eq!(said(&repo), "here\nexit 0", "{machine:?}");
        assert_eq!(
            doctor(&repo, "script"),
            "ok     script `py`: as it shall be"
        );
    }
    for machine in [&[][..], &[("cargo", CARGO)]] {
        repo = with_programs(repo, machine);
        let told = "[REPO]/py: no cargo-xtask is on PATH, and cargo has no xtask\nexit 127";
        assert_eq!(said(&repo), told);
        let found = doctor(&repo, "script").replace("cargo-xtask export", "cargo xtask export");
        assert_eq!(
            found,
            "amiss  script `py`: no cargo-xtask is on PATH, and cargo has no xtask\n       \
             mend it: cargo xtask export --scripts"
        );
    }
}

#[test]
fn where_cargo_builds_it_cargo_is_asked_first() {
    let Some((_index, repo)) = exported() else {
        return;
    };
    let alias = "[alias]\nxtask = \"run --package xtask --\"\n";
    repo.write(".cargo/config.toml", alias);
    git(&repo, &["init", "--quiet"]);
    done(&repo, &["export", "--scripts"]);
    done(&repo, &["install-merge-driver"]);
    let driver = git(&repo, &["config", "merge.xtask-lockfile.driver"]);
    assert!(driver.starts_with("if cargo xtask --version"), "{driver}");
    assert_snapshot!(repo.read("py"), @r#"
    #!/bin/sh
    # Written by `cargo xtask export --scripts`; the variable LOCKSET names another resolve.
    xtask() {
        case $(cargo --list 2>/dev/null) in *'    xtask '*) exec cargo xtask "$@" ;; esac
        for program in cargo-xtask xt; do
            if command -v "$program" >/dev/null 2>&1; then exec "$program" "$@"; fi
        done
        echo "$0: no cargo-xtask is on PATH, and cargo has no xtask" >&2
        exit 127
    }
    xtask -C "$(dirname "$0")" run --resolve "${LOCKSET:-python-default}" -- "$@"
    "#);
    let repo = with_programs(repo, &[("cargo-xtask", BINARY)]);
    assert_eq!(
        repo.run(&repo.root().join("py"), &["-c", "import app"])
            .status,
        0
    );
    let repo = with_programs(
        repo,
        &[("cargo-xtask", "/nowhere/x"), ("cargo", CARGO_WITH_ALIAS)],
    );
    assert_eq!(
        repo.run(&repo.root().join("py"), &["-c", "import app"])
            .status,
        0
    );
}

#[test]
fn the_hook_starts_what_is_there() {
    let Some((_index, repo)) = exported() else {
        return;
    };
    git(&repo, &["init", "--quiet"]);
    done(&repo, &["install-hooks"]);
    let repo = with_programs(repo, &[]);
    commit(&repo, "by the program that installed it");
    assert_eq!(doctor(&repo, "hook"), "ok     hook: as it shall be");
    let hook = repo
        .read(".git/hooks/pre-commit")
        .replace(BINARY, "/nowhere/x");
    repo.write(".git/hooks/pre-commit", &hook);
    let refused = repo.run(
        "git".into(),
        &["commit", "--allow-empty", "--message", "none"],
    );
    assert_snapshot!(refused.stderr, @".git/hooks/pre-commit: no cargo-xtask is on PATH, and cargo has no xtask");
    assert_ne!(refused.status, 0);
    assert_snapshot!(doctor(&repo, "hook"), @"
    amiss  hook: no cargo-xtask is on PATH, and cargo has no xtask
           mend it: cargo-xtask install-hooks
    ");
    let mut repo = repo;
    for machine in [("xt", BINARY), ("cargo", CARGO_WITH_ALIAS)] {
        repo = with_programs(repo, &[machine]);
        commit(&repo, "by what is on PATH");
    }
}

#[test]
fn another_xtask_of_cargo_merges_nothing() {
    let Some((_index, repo)) = exported() else {
        return;
    };
    git(&repo, &["init", "--quiet"]);
    done(&repo, &["install-merge-driver"]);
    let driver = git(&repo, &["config", "merge.xtask-lockfile.driver"]);
    assert!(!driver.contains("cargo xtask"), "{driver}");
    assert_eq!(
        doctor(&repo, "merge driver"),
        "ok     merge driver: as it shall be"
    );
}

#[test]
fn hooks_of_pre_commit_start_what_is_there() {
    let text = fs_err::read_to_string(crate::root().join(".pre-commit-hooks.yaml")).unwrap();
    let entries: Vec<&str> = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("entry: "))
        .collect();
    assert_eq!(entries.len(), 4);
    let echo = |name: &str| format!("#!/bin/sh\necho \"{name} $*\"\n");
    for name in ["cargo-xtask", "xt", "cargo"] {
        let repo = with_programs(crate::repo(), &[(name, &echo(name))]);
        for entry in &entries {
            let output = repo.run("sh".into(), &["-c", &format!("{entry} a.py")]);
            let (_, goal) = entry.split_once("exec cargo xtask ").unwrap();
            let goal = goal.split(' ').next().unwrap();
            assert!(output.stdout.starts_with(name), "{output}");
            assert!(
                output.stdout.contains(goal) && output.stdout.trim_end().ends_with("a.py"),
                "{output}"
            );
        }
    }
}
