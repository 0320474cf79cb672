//! `migrate`: what of a repository of Pants works as it is, and a trial beside it.

use insta::assert_snapshot;
use testkit::{LoopbackIndex, Package, Repo};

use crate::{done, lock, refused, repo, root};

/// A repository of Pants with settings, a workflow and a script.
fn pants() -> Repo {
    repo()
        .file("Cargo.toml", "")
        .file(
            "pants.toml",
            "\
[GLOBAL]
pants_version = \"2.21.0\"
pantsd = false
pythonpath = [\"%(buildroot)s/plugins\"]
backend_packages = [
    \"pants.backend.python\",
    \"pants.backend.experimental.python.lint.ruff.check\",
    \"pants.backend.docker\",
    \"setupgen\",
]

[python]
interpreter_constraints = [\"==3.12.*\"]
enable_resolves = true
pip_version = \"24\"

[python.resolves]
python-default = \"python.lock\"

[docker]
build_args = []
[acme]
key = 1
",
        )
        .file(
            ".github/workflows/ci.yml",
            "\
jobs:
  check:
    steps:
    - run: pants --no-pantsd lint --changed-since=$BASE
    - name: Upload pants log
    - run: |
        pants test --shard='${{ matrix.shard }}' \\
          tests/:: -- -v
        pants repl src/app.py
        pants package :: --nosuch
",
        )
        .file("README.md", "Run `pants fmt ::`, and pants is good.\n")
}

#[test]
fn line_by_line() {
    let repo = pants();
    let output = done(&repo, &["migrate"]);
    assert_snapshot!(output, @"
    exit status 0
    ----- stdout
    pants.toml:3: differs: [GLOBAL] pantsd
        there is no daemon to turn on or off
    pants.toml:4: missing: [GLOBAL] pythonpath
        no plug-in is loaded: `[package]` does what set-up plug-ins do, `[targets] types` declares their target types
    pants.toml:8: missing: pants.backend.docker
        its targets are read, but nothing of it is run
    pants.toml:9: missing: setupgen
        no plug-in is loaded: `[package]` does what set-up plug-ins do, `[targets] types` declares their target types
    pants.toml:15: differs: [python] pip_version
        pip is not used
    pants.toml:21: missing: [docker] build_args
        no images are built
    pants.toml:23: missing: [acme] key
        nothing here reads it
    .github/workflows/ci.yml:4: differs: pants --no-pantsd lint --changed-since=$BASE
        `--no-pantsd` has no meaning here, and is passed over
    .github/workflows/ci.yml:9: missing: pants repl src/app.py
        there is no command `repl`: `cargo xtask run -- -i` starts Python with first-party sources on the path; `cargo xtask run --with ipython -- ipython` another shell
    .github/workflows/ci.yml:10: missing: pants package :: --nosuch
        unexpected argument '--nosuch' found
    ----- stderr
    9 lines work as they are, 3 differ, 7 have no counterpart
    `cargo xtask migrate --write` locks beside Pants' locks, `--undo` takes that back
    ");
    let json = done(&repo, &["migrate", "--output-format", "json"]).stdout;
    let lines: serde_json::Value = serde_json::from_str(&json).unwrap();
    let lines = lines.as_array().unwrap();
    assert_snapshot!(serde_json::to_string_pretty(lines.last().unwrap()).unwrap(), @r#"
    {
      "file": "README.md",
      "line": 1,
      "reason": null,
      "text": "pants fmt ::",
      "verdict": "works"
    }
    "#);
    let all = done(&repo, &["migrate", "--all"]).stdout;
    assert_eq!(
        all.lines().filter(|line| !line.starts_with(' ')).count(),
        lines.len()
    );
}

#[test]
fn a_trial_and_the_way_back() {
    let index = LoopbackIndex::start([Package::new("lib", "1.0"), Package::new("lib", "2.0")]);
    let repo = pants().requirements("lib<2\n").index(&index);
    lock(&repo);
    repo.write("requirements.txt", "lib\n");
    let before = repo.snapshot();
    assert_snapshot!(done(&repo, &["migrate", "--write"]).stderr, @"
    wrote xtask.toml
    wrote python.xtask.lock
    `cargo xtask migrate --undo` removes it all; nothing of Pants was changed
    python-default (python.xtask.lock): 1 packages, written, no package changed
    ");
    let names = |text: String| {
        text.lines()
            .filter(|line| line.starts_with("version ="))
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(
        names(repo.read("python.xtask.lock")),
        names(repo.read("python.lock")),
        "pins are kept"
    );
    assert_snapshot!(repo.read("xtask.toml"), @r#"
    # Written by `cargo xtask migrate --write`; `cargo xtask migrate --undo` removes it, and the locks that it names.
    [python.resolves]
    python-default = "python.xtask.lock"
    "#);
    // Again, with what is there; another run finds nothing to do.
    done(&repo, &["migrate", "--write"]);
    assert_eq!(done(&repo, &["generate-lockfiles", "--check"]).status, 0);
    assert_snapshot!(done(&repo, &["migrate", "--undo"]).stderr, @"
    removed python.xtask.lock
    removed xtask.toml
    ");
    assert!(before == repo.snapshot(), "something is left");
    assert_snapshot!(refused(&repo, &["migrate", "--undo"]), @"
    error: there is nothing to undo
     |
     = no xtask.toml of `migrate` is here
    ");
    repo.write("xtask.toml", "[python]\n");
    assert_snapshot!(refused(&repo, &["migrate", "--write"]), @"
    error: xtask.toml is there and was not written by `migrate`
     |
    hint: name paths for locks in its `[python.resolves]` yourself
    ");
}

#[test]
fn what_package_does_not_build() {
    let script = "pants package ::\npants --tag=scie package '::'\npants --tag=wheel package ::\n\
                  pants --tag=-scie package app::\npants package app:bin\npants package app:dist\npants package lib::\n";
    let build = "python_sources()\n\
                 pex_binary(name='bin', entry_point='app.py', tags=['scie'])\n\
                 python_distribution(name='dist', dependencies=[':app'], provides=python_artifact(name='app', version='1'), tags=['wheel'])\n";
    let repo = pants()
        .file("scripts/all.sh", script)
        .file("app/BUILD", build)
        .file("app/app.py", "")
        .file("lib/BUILD", "pex_binary(name='bin', script='x')\n");
    let json = done(&repo, &["migrate", "--output-format", "json"]).stdout;
    let lines: serde_json::Value = serde_json::from_str(&json).unwrap();
    let lines = lines
        .as_array()
        .unwrap()
        .iter()
        .filter(|line| line["file"] == "scripts/all.sh");
    let said =
        lines.map(|line| format!("{}: {} {}", line["text"], line["verdict"], line["reason"]));
    assert_snapshot!(said.collect::<Vec<_>>().join("\n"), @r#"
    "pants package ::": "differs" "targets that are not built here: `pex_binary` (2)"
    "pants --tag=scie package '::'": "missing" "targets that are not built here: `pex_binary` (1)"
    "pants --tag=wheel package ::": "works" null
    "pants --tag=-scie package app::": "works" null
    "pants package app:bin": "missing" "targets that are not built here: `pex_binary` (1)"
    "pants package app:dist": "works" null
    "pants package lib::": "missing" "targets that are not built here: `pex_binary` (1)"
    "#);
}

/// What lablup/backend.ai 26.8.1 types, as `tests/pants_lines/extract.py` finds it, and how it fares.
const LINES: &str = include_str!("pants_lines/backend.ai-26.8.1.tsv");

#[test]
fn the_lines_of_backend_ai() {
    let expected: Vec<Vec<&str>> = LINES
        .lines()
        .map(|line| line.split('\t').collect())
        .collect();
    let script: String = expected
        .iter()
        .map(|line| format!("pants {}\n", line[1]))
        .collect();
    let repo = repo().file("all.sh", &script);
    let json = done(&repo, &["migrate", "--output-format", "json"]).stdout;
    let lines: serde_json::Value = serde_json::from_str(&json).unwrap();
    let lines = lines.as_array().unwrap();
    let verdict = |line: usize| {
        let found: Vec<String> = lines
            .iter()
            .filter(|one| one["line"] == line)
            .map(|one| {
                let reason = one["reason"].as_str().map(|reason| format!(": {reason}"));
                format!(
                    "{}{}",
                    one["verdict"].as_str().unwrap(),
                    reason.unwrap_or_default()
                )
            })
            .collect();
        found.join("; ")
    };
    let found: Vec<String> = expected
        .iter()
        .enumerate()
        .map(|(at, line)| format!("{}\t{}\t{}", line[0], line[1], verdict(at + 1)))
        .collect();
    if std::env::var_os("XTASK_WRITE_LINES").is_some() {
        let path = root().join("tests/pants_lines/backend.ai-26.8.1.tsv");
        fs_err::write(path, found.join("\n") + "\n").unwrap();
    }
    for (found, expected) in found.iter().zip(LINES.lines()) {
        assert_eq!(found, expected);
    }
}

/// With the checkout itself: the list is the script's, and `migrate` finds each line of it.
#[test]
fn the_lines_of_a_checkout_of_backend_ai() {
    let Some(checkout) = std::env::var("XTASK_BACKEND_AI_26").ok() else {
        testkit::skip("XTASK_BACKEND_AI_26 names no checkout of lablup/backend.ai 26.8.1");
        return;
    };
    let repo = repo();
    let script = root().join("tests/pants_lines/extract.py");
    let listed = repo.run("python3".into(), &[script.as_str(), &checkout]);
    assert_eq!(listed.status, 0, "{listed}");
    let of = |line: &str| line.split('\t').take(2).collect::<Vec<_>>().join("\t");
    let kept: Vec<String> = LINES.lines().map(of).collect();
    assert_eq!(listed.stdout.lines().collect::<Vec<_>>(), kept);
    let json = done(
        &repo,
        &["-C", &checkout, "migrate", "--output-format", "json"],
    )
    .stdout;
    let lines: serde_json::Value = serde_json::from_str(&json).unwrap();
    let top = camino::Utf8Path::new(&checkout)
        .canonicalize_utf8()
        .unwrap();
    for line in &kept {
        let (place, _) = line.split_once('\t').unwrap();
        let (path, number) = place.split_once(':').unwrap();
        // A file that is a link to another is read once.
        let real = top.join(path).canonicalize_utf8().unwrap();
        let is_found = lines.as_array().unwrap().iter().any(|one| {
            let (file, line) = (one["file"].as_str().unwrap(), &one["line"]);
            real == top.join(file) && line.as_u64() == number.parse().ok()
        });
        let is_hidden = place.starts_with(".claude/");
        assert!(is_found || is_hidden, "{line}");
    }
}
