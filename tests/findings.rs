//! `--output-format`: what tools find, as other programs read it. And tools of a team.

use testkit::{Package, Repo};

use crate::fixtures::environments::said;
use crate::fixtures::tools::{index, packages, repo};
use crate::lint::look;

/// What is on stdout, and the exit code.
fn printed(repo: &Repo, arguments: &[&str]) -> String {
    let before = repo.snapshot();
    let output = repo.xtask(arguments);
    assert!(before == repo.snapshot(), "a file was touched");
    format!("{}\nexit {}", output.stdout.trim(), output.status)
}

#[test]
fn json_names_each_finding() {
    let index = index();
    let Some(repo) = repo(&index) else { return };
    insta::assert_snapshot!(printed(&repo, &["lint", "--output-format=json", "::"]), @r#"
    {
      "exit_code": 1,
      "goal": "lint",
      "tools": [
        {
          "changed": [],
          "findings": [
            {
              "code": null,
              "column": null,
              "line": null,
              "message": "would be changed",
              "path": "p/bad.py",
              "severity": "error"
            }
          ],
          "name": "black",
          "outcome": "failed"
        },
        {
          "changed": [],
          "findings": [
            {
              "code": "F401",
              "column": 1,
              "line": 1,
              "message": "'os' imported but unused",
              "path": "p/bad.py",
              "severity": "error"
            }
          ],
          "name": "flake8",
          "outcome": "failed"
        }
      ]
    }
    exit 1
    "#);
    let output = repo.xtask(&["lint", "--output-format=json", "::"]);
    insta::assert_snapshot!(said(&output), @"
    would reformat p/bad.py
    Partition: ['CPython==[PYTHON]*']
    p/bad.py:1:1: F401 'os' imported but unused

    ✕ black failed.
    ✕ flake8 failed.

    (One or more formatters failed. Run `cargo xtask fmt` to fix.)
    ");
    insta::assert_snapshot!(printed(&repo, &["lint", "--output-format", "json", "p/good.py"]), @r#"
    {
      "exit_code": 0,
      "goal": "lint",
      "tools": [
        {
          "changed": [],
          "findings": [],
          "name": "black",
          "outcome": "succeeded"
        },
        {
          "changed": [],
          "findings": [],
          "name": "flake8",
          "outcome": "succeeded"
        }
      ]
    }
    exit 0
    "#);
    repo.write("p/bad.py", "CRASH = 1\n");
    let crashed = printed(
        &repo,
        &["lint", "--only=flake8", "--output-format=json", "::"],
    );
    assert!(crashed.contains("RuntimeError: crashed"), "{crashed}");
    assert!(
        crashed.contains("\"outcome\": \"broken\"") && crashed.ends_with("exit 3"),
        "{crashed}"
    );
}

#[test]
fn github_and_code_scanning_have_formats_of_their_own() {
    let index = index();
    let Some(repo) = repo(&index) else { return };
    insta::assert_snapshot!(printed(&repo, &["lint", "--output-format=github", "::"]), @"
    ::error file=p/bad.py,title=black::would be changed
    ::error file=p/bad.py,line=1,col=1,title=flake8 F401::'os' imported but unused
    exit 1
    ");
    insta::assert_snapshot!(printed(&repo, &["lint", "--only=flake8", "--output-format=sarif", "::"]), @r#"
    {
      "runs": [
        {
          "results": [
            {
              "level": "error",
              "locations": [
                {
                  "physicalLocation": {
                    "artifactLocation": {
                      "uri": "p/bad.py",
                      "uriBaseId": "%SRCROOT%"
                    },
                    "region": {
                      "startColumn": 1,
                      "startLine": 1
                    }
                  }
                }
              ],
              "message": {
                "text": "'os' imported but unused"
              },
              "ruleId": "F401"
            }
          ],
          "tool": {
            "driver": {
              "name": "flake8"
            }
          }
        }
      ],
      "version": "2.1.0"
    }
    exit 1
    "#);
    insta::assert_snapshot!(printed(&repo, &["lint", "--output-format=xml", "::"]), @"exit 2");
}

#[test]
fn what_fmt_changes_is_told_too() {
    let index = index();
    let Some(repo) = repo(&index) else { return };
    let output = repo.xtask(&["fmt", "--output-format=json", "::"]);
    insta::assert_snapshot!(output.stdout, @r#"
    {
      "exit_code": 0,
      "goal": "fmt",
      "tools": [
        {
          "changed": [
            "p/bad.py"
          ],
          "findings": [],
          "name": "black",
          "outcome": "made_changes"
        }
      ]
    }
    "#);
}

/// testkit holds each document against the schema of its goal.
#[test]
fn fixers_and_type_checkers_have_the_formats_too() {
    let index = index();
    let Some(repo) = repo(&index) else { return };
    let tools = "[workspace.metadata.xtask.checks]\ntools = [\"ruff-check\", \"mypy\"]\n";
    repo.write("Cargo.toml", &(repo.read("Cargo.toml") + tools));
    repo.write("p/bad.py", "x = 1  # WRONG\n");
    insta::assert_snapshot!(printed(&repo, &["check", "--output-format=json", "::"]), @r#"
    {
      "exit_code": 1,
      "goal": "check",
      "tools": [
        {
          "changed": [],
          "findings": [
            {
              "code": "wrong",
              "column": null,
              "line": 1,
              "message": "this is wrong",
              "path": "p/bad.py",
              "severity": "error"
            }
          ],
          "name": "mypy",
          "outcome": "failed"
        }
      ]
    }
    exit 1
    "#);
    insta::assert_snapshot!(printed(&repo, &["check", "--output-format=github", "::"]), @"
    ::error file=p/bad.py,line=1,title=mypy wrong::this is wrong
    exit 1
    ");
    let sarif = repo.xtask(&["check", "--output-format=sarif", "::"]);
    let sarif: serde_json::Value = serde_json::from_str(&sarif.stdout).unwrap();
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(result["ruleId"], "wrong");
    repo.write("p/bad.py", "import sys\nx = 'a'\n");
    insta::assert_snapshot!(repo.xtask(&["fix", "--output-format=json", "::"]).stdout, @r#"
    {
      "exit_code": 0,
      "goal": "fix",
      "tools": [
        {
          "changed": [
            "p/bad.py"
          ],
          "findings": [],
          "name": "black",
          "outcome": "made_changes"
        },
        {
          "changed": [
            "p/bad.py"
          ],
          "findings": [],
          "name": "ruff check --fix",
          "outcome": "made_changes"
        }
      ]
    }
    "#);
    assert_eq!(repo.read("p/bad.py"), "x = \"a\"\n");
    for goal in ["check", "fix", "fmt", "lint"] {
        // Nothing is named, so nothing is looked at.
        let none = repo.xtask(&[goal, "--output-format=json"]);
        let json: serde_json::Value = serde_json::from_str(&none.stdout).unwrap();
        assert_eq!(
            (&json["goal"], &json["exit_code"]),
            (&goal.into(), &0.into())
        );
        let clean = repo.xtask(&[goal, "--output-format=json", "p/bad.py"]);
        let json: serde_json::Value = serde_json::from_str(&clean.stdout).unwrap();
        assert!(!json["tools"].as_array().unwrap().is_empty(), "{clean}");
        assert_eq!(json["exit_code"], 0, "{clean}");
    }
}

#[test]
fn pyright_knows_where_imports_start_and_its_findings_go_on_for_lines() {
    let index = index();
    let Some(repo) = repo(&index) else {
        return;
    };
    let chosen = "[workspace.metadata.xtask.checks]\ntools = [\"pyright\"]\n";
    let settings = repo.read("Cargo.toml").replace("/src", "/p\", \"/q");
    repo.write("Cargo.toml", &(settings + chosen));
    repo.write("p/good.py", "import other\n");
    repo.write("q/BUILD", "python_sources()\n");
    repo.write("q/other.py", "");
    insta::assert_snapshot!(printed(&repo, &["check", "--output-format=github", "p/good.py"]), @"
    ::error file=p/good.py,line=1,col=5,title=pyright reportStart::imports start at p:q and so it is
    exit 1
    ");
}

#[test]
fn a_team_has_tools_of_its_own() {
    let vulture = br#"
import sys
def main():
    files = [path for path in sys.argv[1:] if not path.startswith('--')]
    for path in files:
        print(f'{path}:1: unused import (90% confidence)')
    sys.exit(3 if files else 0)
"#;
    let vulture = Package::new("vulture", "2.14")
        .member("fake_vulture.py", vulture)
        .entry_point("console_scripts", "vulture = fake_vulture:main");
    let index = testkit::LoopbackIndex::start(packages().into_iter().chain([vulture]));
    let Some(repo) = repo(&index) else { return };
    let settings = repo.read("Cargo.toml");
    // The row of CONTRIBUTING.md does it as it stands there.
    let manual = fs_err::read_to_string(crate::root().join("CONTRIBUTING.md")).unwrap();
    let row = manual.split("```toml\n[vulture]\n").nth(1).unwrap();
    let row = row.split("```").next().unwrap();
    let section = "[workspace.metadata.xtask.checks.own.vulture]\n";
    repo.write("Cargo.toml", &format!("{settings}{section}{row}"));
    insta::assert_snapshot!(look(&repo, &["lint", "--only=vulture", "p/good.py"]), @"
    p/good.py:1: unused import (90% confidence)

    ✕ vulture failed.
    exit 1
    ");
    let own = "[workspace.metadata.xtask.checks.own.vulture]\n\
        kind = \"linter\"\n\
        requirements = [\"vulture==2.14\"]\n\
        targets = [\"python_source\"]\n\
        check = []\n\
        findings = [3]\n\
        lines = [\"{path}:{line}: {message}\"]\n";
    repo.write("Cargo.toml", &format!("{settings}{own}"));
    insta::assert_snapshot!(look(&repo, &["lint", "--only=vulture", "p/good.py"]), @"
    p/good.py:1: unused import (90% confidence)

    ✕ vulture failed.
    exit 1
    ");
    insta::assert_snapshot!(printed(&repo, &["lint", "--only=vulture", "--output-format=github", "p/good.py"]), @"
    ::error file=p/good.py,line=1,title=vulture::unused import (90%25 confidence)
    exit 1
    ");
    repo.write(
        "Cargo.toml",
        &format!("{settings}{}", own.replace("findings", "finding")),
    );
    insta::assert_snapshot!(look(&repo, &["lint", "::"]), @"
    error: `[checks] own`: unknown field `finding`, did you mean `findings`?
      --> Cargo.toml:16:1
       |
    16 | finding = [3]
       | ^^^^^^^
    exit 1
    ");
    repo.write(
        "Cargo.toml",
        &format!("{settings}{}", own.replace("check = []\n", "")),
    );
    insta::assert_snapshot!(look(&repo, &["lint", "::"]), @"
    error: `[checks] own`: a linter needs `check`
      --> Cargo.toml:11:1
       |
    11 | [workspace.metadata.xtask.checks.own.vulture]
       | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    exit 1
    ");
}
