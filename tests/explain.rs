//! `explain`: what a code of an error stands for; each code is raised by something.

use goals::codes::ErrorCode;
use insta::assert_snapshot;
use testkit::{LoopbackIndex, Package, Repo};

use crate::command_line::{misused, pants, printed};
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
        let said = raised(repo, &repo.root(), words);
        assert!(
            said.contains(&format!("error[{}]: ", code.id())),
            "{} by {words}: {said}",
            code.id()
        );
        seen.push(*code);
    }
    let repo = repo();
    let said = raised(&repo, &repo.home(), "list");
    assert!(said.contains("error[X101]: "), "{said}");
    seen.push(ErrorCode::NoRepository);
    seen.sort_unstable();
    assert_eq!(seen, ErrorCode::ALL);
}
