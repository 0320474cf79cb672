//! The cases that Pants was recorded with, run with the real pytest: the same outcomes, exit codes and files.
//!
//! `XTASK_TOOL_WHEELS` names a folder with wheels of pytest, its plug-ins and what the cases require, as CONTRIBUTING
//! says: one of them locks a source distribution.

use std::collections::BTreeMap;
use std::sync::Mutex;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;
use testkit::{Output, Repo, shared, skip};

use crate::{BINARY, repo};

/// Runs of cases that end otherwise on purpose, and why.
const DIFFERENCES: &[(&str, usize, &str)] = &[
    (
        "13-test-output",
        7,
        "colours are the terminal's, and the summary is printed",
    ),
    ("14-test-report", 1, "a newer pytest names its suites"),
    (
        "15-test-coverage",
        2,
        "a newer coverage names its files otherwise",
    ),
    (
        "25-test-changed",
        2,
        "only tests that a change concerns are selected",
    ),
    (
        "25-test-changed",
        8,
        "only tests that a change concerns are selected",
    ),
    (
        "27-test-interrupt",
        1,
        "fixtures end before their test does",
    ),
    (
        "27-test-interrupt",
        2,
        "fixtures end before their test does",
    ),
    (
        "28-test-keep-sandboxes",
        1,
        "sandboxes are in the cache, and hold no PEX files",
    ),
];

#[test]
fn cases_of_pants() {
    let Some(cases) = shared("oracle/goals/cases") else {
        return;
    };
    let Ok(wheels) = std::env::var("XTASK_TOOL_WHEELS") else {
        skip("needs wheels of pytest, and XTASK_TOOL_WHEELS names no folder");
        return;
    };
    let mut names: Vec<String> = cases
        .read_dir_utf8()
        .unwrap()
        .flatten()
        .map(|entry| entry.file_name().to_owned())
        .collect();
    names.retain(|name| name.contains("-test-"));
    names.sort();
    // Packages are unpacked once for all of them.
    let cache = tempfile::tempdir().unwrap();
    let place = CasePlace {
        wheels: &wheels,
        cache: Utf8Path::from_path(cache.path()).unwrap(),
    };
    let pending = Mutex::new(names.into_iter());
    let (wrong, missing) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                loop {
                    let Some(name) = pending.lock().unwrap().next() else {
                        return;
                    };
                    match differences(&cases.join(&name), &place) {
                        Some(found) => wrong
                            .lock()
                            .unwrap()
                            .extend(found.into_iter().map(|text| format!("{name}: {text}"))),
                        None => missing.lock().unwrap().push(name),
                    }
                }
            });
        }
    });
    let missing = missing.into_inner().unwrap();
    if !missing.is_empty() {
        skip(&format!(
            "{} need a Python that is missing",
            missing.join(", ")
        ));
    }
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Where packages of cases come from, and where they are kept.
struct CasePlace<'a> {
    wheels: &'a str,
    cache: &'a Utf8Path,
}

/// How a case differs from what Pants did; None where its Python is missing.
fn differences(case: &Utf8Path, place: &CasePlace<'_>) -> Option<Vec<String>> {
    let name = case.file_name().unwrap();
    let text = fs_err::read_to_string(case.join("expect.json")).unwrap();
    let expect: Value = serde_json::from_str(&text).unwrap();
    let repo = scene(case, place);
    let mut wrong = Vec::new();
    for (at, run) in expect["runs"].as_array().unwrap().iter().enumerate() {
        prepare(&repo, run);
        // One who interrupts is a test of its own.
        let is_skipped = run.get("signal").is_some();
        let known = DIFFERENCES
            .iter()
            .any(|(case, number, _)| *case == name && *number == at + 1);
        if is_skipped || known {
            continue;
        }
        let output = typed(&repo, run, name);
        if output.stderr.contains("no interpreter") {
            return None;
        }
        let found = compared(&repo, run, &output);
        wrong.extend(
            found
                .iter()
                .map(|text| format!("run {}: {text}\n{output}", at + 1)),
        );
    }
    Some(wrong)
}

fn scene(case: &Utf8Path, place: &CasePlace<'_>) -> Repo {
    let home = std::env::var("HOME").unwrap_or_default();
    let repo = repo()
        .env("LANG", "C.UTF-8")
        .env("PYENV_ROOT", &format!("{home}/.pyenv"))
        .env("XTASK_CACHE_DIR", place.cache.as_str())
        .env("PANTS_PYTHON_REPOS_INDEXES", "[]")
        .env(
            "PANTS_PYTHON_REPOS_FIND_LINKS",
            &format!("['{}']", place.wheels),
        );
    fs_err::remove_file(repo.root().join("Cargo.toml")).unwrap();
    let mut pending = vec![case.join("in")];
    while let Some(folder) = pending.pop() {
        for entry in folder.read_dir_utf8().unwrap().flatten() {
            let path = entry.path().to_owned();
            match path.is_dir() {
                true => pending.push(path),
                false => {
                    let relative: Utf8PathBuf = path.strip_prefix(case.join("in")).unwrap().into();
                    let text = fs_err::read_to_string(&path).unwrap();
                    repo.write(relative.as_str(), &text);
                }
            }
        }
    }
    repo.write(".gitignore", "/dist/\n");
    shell(
        &repo,
        "git init -q -b main . && git add -A && git commit -qm x",
    );
    repo
}

fn shell(repo: &Repo, command: &str) {
    let output = repo.run("sh".into(), &["-c", command]);
    assert_eq!(output.status, 0, "{command}: {output}");
}

/// Does what is done before a run.
fn prepare(repo: &Repo, run: &Value) {
    for step in run["before"].as_array().into_iter().flatten() {
        match step[0].as_str().unwrap() {
            "write" => {
                for (path, text) in step[1].as_object().unwrap() {
                    repo.write(path, text.as_str().unwrap());
                }
            }
            "sh" => shell(repo, step[1].as_str().unwrap()),
            _ => shell(repo, "git add -A && git commit -qm x"),
        }
    }
}

/// Runs what a case types, with its variables, in its folder.
fn typed(repo: &Repo, run: &Value, salt: &str) -> Output {
    let arguments = run["args"].as_array().unwrap().iter();
    let arguments: Vec<String> = arguments
        .map(|text| text.as_str().unwrap().replace("{salt}", salt))
        .collect();
    let variables = run["env"].as_object().into_iter().flatten();
    let mut line = vec!["-u".to_owned(), "XTASK_NONE".to_owned()];
    line.extend(variables.map(|(name, value)| format!("{name}={}", value.as_str().unwrap())));
    line.push(BINARY.to_owned());
    line.extend(arguments);
    let folder = run["cwd"].as_str().unwrap_or(".");
    let script = format!("cd '{folder}' && exec env \"$@\"");
    let mut words = vec!["-c", &script, "sh"];
    words.extend(line.iter().map(String::as_str));
    repo.run("sh".into(), &words)
}

fn compared(repo: &Repo, run: &Value, output: &Output) -> Vec<String> {
    let mut wrong = Vec::new();
    if i64::from(output.status) != run["exit_code"].as_i64().unwrap() {
        wrong.push(format!("the exit code is not {}", run["exit_code"]));
    }
    let mut results: BTreeMap<String, String> = BTreeMap::new();
    for line in output
        .stderr
        .lines()
        .filter_map(|line| line.strip_prefix(['✓', '✕']))
    {
        for verdict in [" succeeded", " failed"] {
            if let Some((title, _)) = line.split_once(verdict) {
                results.insert(title.trim().to_owned(), verdict.trim().to_owned());
            }
        }
    }
    let expected: BTreeMap<String, String> =
        serde_json::from_value(run["results"].clone()).unwrap_or_default();
    if results != expected {
        wrong.push(format!("the results are not {expected:?}"));
    }
    let texts = |key: &str| {
        run[key]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    wrong.extend(
        texts("stderr_contains")
            .into_iter()
            .filter(|text| !output.stderr.contains(text))
            .map(|text| format!("`{text}` is not printed")),
    );
    wrong.extend(
        texts("stderr_lacks")
            .into_iter()
            .filter(|text| output.stderr.contains(text))
            .map(|text| format!("`{text}` is printed")),
    );
    for (path, file) in run["files_written"].as_object().into_iter().flatten() {
        let written = fs_err::read_to_string(repo.root().join(path));
        match (&written, file["content"].as_str()) {
            (Err(_), _) => wrong.push(format!("{path} is not written")),
            (Ok(text), Some(content)) if text != content => wrong.push(format!("{path} differs")),
            _ => {}
        }
    }
    wrong
}
