//! The cases that Pants was recorded with, run with the real pytest: the same outcomes, exit codes and files.
//!
//! `XTASK_WHEELS` names a folder with wheels of pytest, its plug-ins and what the cases require, for the Python of
//! the cases: `pip download --dest DIR pytest pytest-cov pytest-xdist ansicolors tabulate pytest-mock==3.12.0`.

use std::collections::BTreeMap;

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
    let Ok(wheels) = std::env::var("XTASK_WHEELS") else {
        skip("needs wheels of pytest, and XTASK_WHEELS names no folder with them");
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
    let mut wrong = Vec::new();
    for name in &names {
        let found = differences(&cases.join(name), &wheels);
        wrong.extend(found.into_iter().map(|text| format!("{name}: {text}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// How a case differs from what Pants did.
fn differences(case: &Utf8Path, wheels: &str) -> Vec<String> {
    let name = case.file_name().unwrap();
    let text = fs_err::read_to_string(case.join("expect.json")).unwrap();
    let expect: Value = serde_json::from_str(&text).unwrap();
    let repo = scene(case, wheels);
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
        let output = typed(&repo, run);
        let found = compared(&repo, run, &output);
        wrong.extend(
            found
                .iter()
                .map(|text| format!("run {}: {text}\n{output}", at + 1)),
        );
    }
    wrong
}

fn scene(case: &Utf8Path, wheels: &str) -> Repo {
    let repo = repo()
        .env("LANG", "C.UTF-8")
        .env("PANTS_PYTHON_REPOS_INDEXES", "[]")
        .env("PANTS_PYTHON_REPOS_FIND_LINKS", &format!("['{wheels}']"));
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
fn typed(repo: &Repo, run: &Value) -> Output {
    let arguments = run["args"].as_array().unwrap().iter();
    let arguments: Vec<String> = arguments
        .map(|text| text.as_str().unwrap().replace("{salt}", "salt"))
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
