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
        "python.defaultInterpreterPath": "${workspaceFolder}/dist/export/python/virtualenvs/python-default/[PYTHON]/bin/python",
        "python.analysis.autoSearchPaths": true,
        "python.analysis.importFormat": "relative",
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
    hint: nothing was changed: mend the file, or move it away
    ");
}

#[test]
fn a_file_that_is_no_utf8_is_refused_and_not_touched() {
    let Some((_index, repo)) = exported() else {
        return;
    };
    let utf16: Vec<u8> = [0xff, 0xfe]
        .into_iter()
        .chain("{\"a\": 1}".encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    let cases: [(&str, &str, &[u8]); 4] = [
        (
            "vscode",
            ".vscode/settings.json",
            b"{\n  \"window.title\": \"caf\xe9\"\n}\n",
        ),
        ("vscode", ".vscode/settings.json", &utf16),
        ("neovim", ".nvim.lua", b"-- caf\xe9\n"),
        ("pycharm", ".idea/misc.xml", b"<project>\xe9</project>"),
    ];
    let mut messages = String::new();
    for (editor, path, bytes) in cases {
        let file = repo.root().join(path);
        fs_err::create_dir_all(file.parent().unwrap()).unwrap();
        fs_err::write(&file, bytes).unwrap();
        let output = repo.xtask(&["export", "--editor", editor, "--write"]);
        assert_eq!(output.status, 1, "{output}");
        assert_eq!(fs_err::read(&file).unwrap(), bytes);
        messages += output.stderr.lines().next().unwrap();
        messages += "\n";
    }
    assert_snapshot!(messages, @"
    error: cannot merge into .vscode/settings.json: line 2 is not UTF-8
    error: cannot merge into .vscode/settings.json: it is UTF-16, and settings are UTF-8
    error: cannot merge into .nvim.lua: line 1 is not UTF-8
    error: cannot merge into .idea/misc.xml: line 1 is not UTF-8
    ");
    // A folder, as a file that may not be read.
    fs_err::remove_file(repo.root().join(".nvim.lua")).unwrap();
    fs_err::create_dir_all(repo.root().join(".nvim.lua")).unwrap();
    let output = repo.xtask(&["export", "--editor", "neovim", "--write"]);
    assert_snapshot!(output, @"
    exit status 1
    ----- stderr
    error: cannot merge into .nvim.lua: it cannot be read: is a directory
    --> .nvim.lua
     |
    hint: nothing was changed: mend the file, or move it away
    ");
}

#[test]
fn what_the_user_has_set_stays_and_a_dry_run_changes_nothing() {
    let Some((_index, repo)) = exported() else {
        return;
    };
    let repo = repo.file(
        ".vscode/settings.json",
        "{\n  \"python.defaultInterpreterPath\": \"/usr/bin/python3\", // mine\n  \"python.analysis.importFormat\": \"absolute\"\n}\n",
    );
    let before = repo.snapshot();
    let shown = done(
        &repo,
        &["export", "--editor", "vscode", "--write", "--dry-run"],
    );
    assert!(before == repo.snapshot());
    assert_snapshot!(shown.stdout, @r#"
    --- .vscode/settings.json
    +++ .vscode/settings.json
    @@ -1,4 +1,6 @@
     {
       "python.defaultInterpreterPath": "/usr/bin/python3", // mine
    -  "python.analysis.importFormat": "absolute"
    +  "python.analysis.importFormat": "absolute",
    +  "python.analysis.autoSearchPaths": true,
    +  "python.analysis.extraPaths": []
     }
    "#);
    assert_snapshot!(said(&shown), @r#"
    warning: .vscode/settings.json has `python.defaultInterpreterPath` = "/usr/bin/python3", which stays; ours would be "${workspaceFolder}/dist/export/python/virtualenvs/python-default/[PYTHON]/bin/python": remove it from the file to have ours
    warning: .vscode/settings.json has `python.analysis.importFormat` = "absolute", which stays; ours would be "relative": remove it from the file to have ours
    "#);
    done(&repo, &["export", "--editor", "vscode", "--write"]);
    assert_snapshot!(repo.read(".vscode/settings.json"), @r#"
    {
      "python.defaultInterpreterPath": "/usr/bin/python3", // mine
      "python.analysis.importFormat": "absolute",
      "python.analysis.autoSearchPaths": true,
      "python.analysis.extraPaths": []
    }
    "#);
}

#[test]
fn tools_are_those_of_the_back_ends_in_the_newest_environment() {
    let Some((_index, repo)) = exported() else {
        return;
    };
    let settings = repo.read("Cargo.toml").replace(
        "[workspace.metadata.xtask.python]",
        "[workspace.metadata.xtask.GLOBAL]\nbackend_packages = [\"pants.backend.experimental.python.lint.ruff.format\", \"pants.backend.python.typecheck.mypy\"]\n[workspace.metadata.xtask.python]",
    );
    let mut repo = repo.file("Cargo.toml", &settings);
    for (resolve, tool) in [("black", "black"), ("ruff", "ruff"), ("mypy", "mypy")] {
        for version in ["3.9.18", "3.12.1"] {
            let folder = format!("dist/export/python/virtualenvs/{resolve}/{version}");
            repo = repo
                .file(&format!("{folder}/xtask-environment.json"), "{}")
                .file(&format!("{folder}/bin/{tool}"), "");
        }
    }
    let output = done(&repo, &["export", "--editor", "coc"]);
    let lines: Vec<&str> = output
        .stdout
        .lines()
        .filter(|line| !line.contains("pythonPath") && !line.contains("extraPaths"))
        .collect();
    assert_snapshot!(repo.shown(&lines.join("\n")), @r#"
    # .vim/coc-settings.json
    {
      "python.linting.mypyEnabled": true,
      "python.linting.mypyPath": "dist/export/python/virtualenvs/mypy/3.12.1/bin/mypy",
      "python.formatting.provider": "none"
    }
    "#);
}
