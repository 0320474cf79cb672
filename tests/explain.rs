//! `explain`: what a code of an error stands for; each code is raised by something.

use goals::codes::ErrorCode;
use insta::assert_snapshot;
use testkit::{LoopbackIndex, Package, Repo};

use crate::command_line::{misused, pants, printed};
use crate::fixtures::environments;
use crate::fixtures::release::monorepo;
use crate::{BINARY, repo};

#[test]
fn a_code_is_explained() {
    let repo = repo();
    assert_snapshot!(printed(&repo, "explain x104"), @"
    X104: a setting has a wrong value

    A setting has a value of another type, or one that it does not take.

    `cargo xtask help SECTION` says what each key takes. Lists and tables may be written as TOML, as a Python
    literal or as JSON; `key.add` and `key.remove`, or a text such as `+['a']`, change what an earlier
    file or the default gave.
    ");
    let all = printed(&repo, "explain");
    assert_eq!(all.lines().count(), ErrorCode::ALL.len(), "{all}");
    assert_eq!(
        printed(&repo, "explain error[X101]:"),
        printed(&repo, "explain X101")
    );
    assert_snapshot!(misused(&repo, "explain X999"), @"
    error: there is no code `X999`
     |
    hint: `cargo xtask explain` lists them
    ");
}

#[test]
fn codes_are_sorted_and_said() {
    let ids: Vec<&str> = ErrorCode::ALL.iter().map(|code| code.id()).collect();
    let mut sorted = ids.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(ids, sorted);
    for code in ErrorCode::ALL {
        let said = code.explanation();
        assert!(
            said.len() > 2 && said[1].trim().is_empty(),
            "{}: a sentence, then more",
            code.id()
        );
    }
}

/// What is printed as the error, with its code.
fn raised(repo: &Repo, folder: &camino::Utf8Path, words: &str) -> String {
    let output = duct::cmd(BINARY, words.split(' '))
        .dir(folder)
        .env("PIP_INDEX_URL", index_url(repo))
        .env("XTASK_CACHE_DIR", repo.home().join("cache"))
        .env("NO_COLOR", "1")
        .stdout_capture()
        .stderr_capture()
        .unchecked()
        .run()
        .unwrap();
    String::from_utf8(output.stderr).unwrap()
}

fn index_url(repo: &Repo) -> String {
    let path = repo.root().join("index-url");
    fs_err::read_to_string(path).unwrap_or_else(|_| "http://127.0.0.1:9/".to_owned())
}

#[track_caller]
fn check_raised(repo: &Repo, (code, words): (ErrorCode, &str)) -> ErrorCode {
    let said = raised(repo, &repo.root(), words);
    let expected = format!("error[{}]: ", code.id());
    assert!(said.contains(&expected), "{} by {words}: {said}", code.id());
    code
}

/// Codes of indexes, and of uploads to them.
fn of_indexes() -> [ErrorCode; 4] {
    let away = pants("").requirements("a\n");
    let index = LoopbackIndex::start([Package::new("a", "1.0")]);
    let locked = pants("").requirements("a\n");
    locked.write("index-url", &index.url());
    raised(&locked, &locked.root(), "generate-lockfiles");
    fs_err::remove_dir_all(locked.home().join("cache")).unwrap();
    let without = LoopbackIndex::start([Package::new("b", "1.0")]);
    locked.write("index-url", &without.url());
    let not_there = check_raised(&locked, (ErrorCode::NotOnIndex, "vendor --output files"));
    let other = LoopbackIndex::start([Package::new("a", "1.0").member("a/evil.py", b"")]);
    locked.write("index-url", &other.url());
    let wrong = check_raised(&locked, (ErrorCode::IndexFile, "vendor --output files"));
    locked.write("index-url", &index.url());
    raised(&locked, &locked.root(), "vendor --output files");
    let upload = "publish --index http://127.0.0.1:9/ files/a-1.0-py3-none-any.whl";
    [
        check_raised(&away, (ErrorCode::IndexAnswer, "generate-lockfiles")),
        not_there,
        wrong,
        check_raised(&locked, (ErrorCode::Upload, upload)),
    ]
}

/// Codes of releases and of their notes.
fn of_releases() -> [ErrorCode; 3] {
    let repo = monorepo();
    let refused = "release 24.03.9 --yes";
    let stopped = "release 24.09.0 --resume";
    [
        check_raised(&repo, (ErrorCode::ReleaseRefused, refused)),
        check_raised(&repo, (ErrorCode::ReleaseStopped, stopped)),
        check_raised(&repo, (ErrorCode::Changelog, "changelog extract 24.09.1")),
    ]
}

/// Codes of builds and of environments.
fn of_environments() -> Vec<ErrorCode> {
    let codes = [
        ErrorCode::Build,
        ErrorCode::Interpreter,
        ErrorCode::Environment,
    ];
    let Some(repo) = environments::repo() else {
        return codes.to_vec();
    };
    let built = Package::new("built", "1.0")
        .sdist()
        .needs_build()
        .build_fails();
    let index = LoopbackIndex::start([built, Package::new("a", "1.0")]);
    let repo = repo.requirements("built\n");
    repo.write("index-url", &index.url());
    check_raised(&repo, (ErrorCode::Build, "generate-lockfiles"));
    repo.write("requirements.txt", "a\n");
    let settings = repo.read("Cargo.toml");
    let windows = "[workspace.metadata.xtask.python.resolves_to_platforms]\npython-default = [\"windows_x86_64\"]\n";
    repo.write("Cargo.toml", &(settings + windows));
    raised(&repo, &repo.root(), "generate-lockfiles");
    check_raised(&repo, (ErrorCode::Environment, "export"));
    let nowhere = "export --python-bootstrap-search-path=[\"/nowhere\"]";
    check_raised(&repo, (ErrorCode::Interpreter, nowhere));
    codes.to_vec()
}

#[test]
fn each_code_is_raised() {
    let index = LoopbackIndex::start([
        Package::new("a", "1.0").requires("c<2"),
        Package::new("b", "1.0").requires("c>=2"),
        Package::new("c", "1.0"),
        Package::new("c", "2.0"),
    ]);
    let changed = |path: &str, text: &str| {
        let repo = pants("");
        repo.write(path, text);
        repo
    };
    let python = "[python]\ninterpreter_constraints = [\"==3.12.*\"]\n";
    let with = |text: &str| changed("pants.toml", &format!("{python}{text}"));
    let conflict = pants("").requirements("a\nb\n");
    conflict.write("index-url", &index.url());
    let cases = [
        (ErrorCode::CommandLine, pants(""), "lits ::"),
        (ErrorCode::SettingsFile, with("["), "list ::"),
        (ErrorCode::UnknownSetting, with("resolvs = {}"), "list ::"),
        (ErrorCode::SettingValue, with("resolves = 3"), "list ::"),
        (
            ErrorCode::Placeholder,
            with("[source]\nroot_patterns = ['%(nosuch)s']"),
            "list ::",
        ),
        (
            ErrorCode::UnknownResolve,
            pants(""),
            "generate-lockfiles --resolve nosuch",
        ),
        (
            ErrorCode::BuildFile,
            changed("BUILD", "files(sources=(\n"),
            "list ::",
        ),
        (ErrorCode::UnknownTarget, pants(""), "list a:nosuch"),
        (ErrorCode::Conflict, conflict, "generate-lockfiles"),
        (ErrorCode::NoLock, pants(""), "why a"),
        (
            ErrorCode::LockFile,
            changed(
                "3rdparty/python/default.lock",
                "lock-version = 1\n<<<<<<< a\n",
            ),
            "why a",
        ),
        (ErrorCode::Git, pants(""), "install-merge-driver"),
        (ErrorCode::NothingToPackage, pants(""), "package a:t"),
        (ErrorCode::File, pants(""), "list --spec-files=nosuch"),
    ];
    let mut seen: Vec<ErrorCode> = Vec::new();
    for (code, repo, words) in &cases {
        seen.push(check_raised(repo, (*code, words)));
    }
    let repo = repo();
    let said = raised(&repo, &repo.home(), "list");
    assert!(said.contains("error[X101]: "), "{said}");
    seen.push(ErrorCode::NoRepository);
    seen.extend(of_indexes());
    seen.extend(of_releases());
    seen.extend(of_environments());
    seen.sort_unstable();
    assert_eq!(seen, ErrorCode::ALL);
}
