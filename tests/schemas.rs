//! `--output-format json` of commands about locks, environments and the graph. Every run of a test that
//! asks for JSON is held against its schema (`testkit`); here is what it looks like.

use insta::assert_snapshot;
use testkit::{LoopbackIndex, Package, Repo};

use crate::fixtures::environments;
use crate::{commit, done, git, lock, repo};

fn index() -> LoopbackIndex {
    LoopbackIndex::start([
        Package::new("a", "1.0"),
        Package::new("a", "2.0"),
        Package::new("b", "1.0").requires("a<2"),
        Package::new("c", "1.0"),
    ])
}

fn locked(index: &LoopbackIndex) -> Repo {
    let repo = repo()
        .index(index)
        .requirements("b\n")
        .file("src/BUILD", "python_sources()\n")
        .file("src/one.py", "import two\n")
        .file("src/two.py", "");
    lock(&repo);
    git(&repo, &["init", "--quiet", "--initial-branch=main"]);
    git(&repo, &["config", "user.name", "T"]);
    git(&repo, &["config", "user.email", "t@example.invalid"]);
    repo
}

/// What a command prints as JSON, with its exit code.
fn json(repo: &Repo, words: &str) -> String {
    let words: Vec<&str> = words.split(' ').collect();
    let output = repo.xtask(&[&words[..], &["--output-format=json"]].concat());
    format!("{}exit {}", output.stdout, output.status)
}

#[test]
fn of_the_graph() {
    let index = index();
    let repo = locked(&index);
    assert_snapshot!(json(&repo, "resolves"), @r#"
    [
      {
        "name": "python-default",
        "lockfile": "python.lock",
        "locked": true,
        "exported": false,
        "default": true,
        "tools": []
      }
    ]
    exit 0
    "#);
    assert_snapshot!(json(&repo, "roots"), @r#"
    [
      "src"
    ]
    exit 0
    "#);
    assert_snapshot!(json(&repo, "paths src/one.py src/two.py"), @r#"
    [
      [
        "src/one.py",
        "src/two.py"
      ]
    ]
    exit 0
    "#);
    assert_snapshot!(json(&repo, "paths src/two.py src/one.py"), @"
    []
    exit 1
    ");
    assert_snapshot!(json(&repo, "filedeps src/one.py"), @r#"
    [
      "src/BUILD",
      "src/one.py"
    ]
    exit 0
    "#);
    assert_snapshot!(json(&repo, "dependencies src/one.py"), @r#"
    [
      "src/two.py"
    ]
    exit 0
    "#);
    assert_snapshot!(json(&repo, "dependents src/two.py"), @r#"
    [
      "src/one.py",
      "src:src"
    ]
    exit 0
    "#);
    done(&repo, &["peek", "::"]);
}

#[test]
fn of_a_lock() {
    let index = index();
    let repo = locked(&index);
    assert_snapshot!(json(&repo, "why a"), @r#"
    [
      {
        "version": "1.0",
        "marker": "",
        "chains": [
          {
            "declared": "requirements.txt:1",
            "marker": "",
            "links": [
              {
                "requirement": "b",
                "package": "b",
                "version": "1.0"
              },
              {
                "requirement": "a<2",
                "package": "a",
                "version": "1.0"
              }
            ]
          }
        ],
        "more": false
      }
    ]
    exit 0
    "#);
    assert_snapshot!(json(&repo, "why-not a>=2"), @r#"
    {
      "requirement": "a>=2",
      "resolve": "python-default",
      "locked": false,
      "possible": false,
      "reasons": [
        "`a>=2` cannot be had in `python-default`",
        "you ask for a>=2",
        "requirements.txt:1 requires b",
        "b requires a<2",
        "python.lock has a 1.0"
      ],
      "changes": []
    }
    exit 1
    "#);
    assert_snapshot!(json(&repo, "why-not c"), @r#"
    {
      "requirement": "c",
      "resolve": "python-default",
      "locked": false,
      "possible": true,
      "reasons": [],
      "changes": [
        {
          "name": "c",
          "change": "added",
          "version": "1.0",
          "marker": "",
          "cause": {
            "input": {
              "input": {
                "requirement-added": "c"
              },
              "through": []
            }
          }
        }
      ]
    }
    exit 0
    "#);
    assert_snapshot!(json(&repo, "why-not a<2"), @r#"
    {
      "requirement": "a<2",
      "resolve": "python-default",
      "locked": true,
      "possible": true,
      "reasons": [],
      "changes": []
    }
    exit 0
    "#);
    assert_snapshot!(json(&repo, "outdated"), @r#"
    [
      {
        "name": "a",
        "locked": "1.0",
        "admitted": "1.0",
        "latest": "2.0",
        "held_by": [
          "b 1.0 requires a<2"
        ]
      }
    ]
    exit 0
    "#);
    assert_snapshot!(json(&repo, "lock check"), @r#"
    [
      {
        "resolve": "python-default",
        "lockfile": "python.lock",
        "problems": []
      }
    ]
    exit 0
    "#);
    commit(&repo, "locked");
    repo.write("requirements.txt", "b\nc\n");
    assert_snapshot!(json(&repo, "lock check"), @r#"
    [
      {
        "resolve": "python-default",
        "lockfile": "python.lock",
        "problems": [
          "the requirement `c` is new"
        ]
      }
    ]
    exit 1
    "#);
    assert_snapshot!(json(&repo, "generate-lockfiles"), @r#"
    [
      {
        "resolve": "python-default",
        "lockfile": "python.lock",
        "packages": 3,
        "status": "written",
        "changes": [
          {
            "name": "c",
            "change": "added",
            "version": "1.0",
            "marker": "",
            "cause": {
              "input": {
                "input": {
                  "requirement-added": "c"
                },
                "through": []
              }
            }
          }
        ]
      }
    ]
    exit 0
    "#);
    assert_snapshot!(json(&repo, "lock diff"), @r#"
    [
      {
        "resolve": "python-default",
        "inputs": [
          {
            "requirement-added": "c"
          }
        ],
        "packages": [
          {
            "name": "c",
            "change": "added",
            "version": "1.0",
            "marker": "",
            "cause": {
              "input": {
                "input": {
                  "requirement-added": "c"
                },
                "through": []
              }
            }
          }
        ]
      }
    ]
    exit 0
    "#);
}

#[test]
fn of_the_doctor() {
    let index = index();
    let repo = locked(&index);
    repo.write("requirements.txt", "b\nc\n");
    let found = repo.xtask(&["doctor", "--output-format=json"]);
    assert_eq!(found.status, 1, "{found}");
    let checks: Vec<serde_json::Value> = serde_json::from_str(&found.stdout).unwrap();
    let of_lock = checks
        .iter()
        .find(|check| check["name"] == "lock of `python-default`");
    assert_snapshot!(format!("{:#}", of_lock.unwrap()), @r#"
    {
      "found": "the requirement `c` is new",
      "mend": "cargo xtask generate-lockfiles --resolve python-default",
      "name": "lock of `python-default`",
      "ok": false
    }
    "#);
    assert_eq!(found.stderr, "");
    let in_ci = repo.xtask(&["doctor", "--ci", "--output-format=json"]);
    let checks: Vec<serde_json::Value> = serde_json::from_str(&in_ci.stdout).unwrap();
    assert!(checks.len() >= 3, "{in_ci}");
}

#[test]
fn of_environments() {
    let Some((_index, repo)) = environments::exported() else {
        return;
    };
    done(
        &repo,
        &[
            "run",
            "--",
            "-c",
            "import lib; open(lib.__file__, 'w').write('VERSION = 9')",
        ],
    );
    let output = repo.xtask(&["check-export", "--output-format=json"]);
    assert_eq!(output.status, 1, "{output}");
    let checked: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(checked[0]["resolve"], "python-default");
    let findings = &checked[0]["environments"][0]["findings"];
    assert!(
        findings[0]
            .as_str()
            .unwrap()
            .starts_with("changed by hand: "),
        "{output}"
    );
    assert_eq!(output.stderr, "");
}

#[test]
fn of_distributions() {
    let repo = crate::fixtures::release::monorepo();
    repo.write("src/acme/runner/run.py", "import sys\n");
    commit(&repo, "change");
    assert_snapshot!(json(&repo, "changed-distributions"), @r#"
    [
      {
        "files": [
          "src/acme/runner/run.py"
        ],
        "name": "acme-runner"
      }
    ]
    exit 0
    "#);
}
