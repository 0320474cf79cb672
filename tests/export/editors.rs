//! `export --editor`: writes the environment into the settings of editors.

use insta::assert_snapshot;

use crate::done;
use crate::fixtures::environments::{exported, said, with_sources};

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
        "python.analysis.extraPaths": ["plugins/hello/src", "src"],
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
    error: cannot merge into .zed/settings.json: line 1: Unexpected close brace
    --> .zed/settings.json
     |
    hint: mend the file, or move it away
    ");
}
