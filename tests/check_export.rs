//! `check-export`: whether environments are exactly what their locks say.

use insta::assert_snapshot;

use crate::fixtures::environments::{exported, index, repo, said};
use crate::{done, lock};

#[test]
fn nothing_is_said_of_an_environment_that_is_current() {
    let Some((_index, repo)) = exported() else {
        return;
    };
    let check = done(&repo, &["check-export"]);
    assert_eq!((check.stdout.as_str(), check.stderr.as_str()), ("", ""));
}

#[test]
fn that_nothing_was_exported_is_said() {
    let Some(repo) = repo() else { return };
    let index = index();
    let repo = repo.index(&index).requirements("app\n");
    lock(&repo);
    let check = done(&repo, &["check-export"]);
    assert_snapshot!(said(&check), @"warning: no environment was exported, so none was judged; run `cargo xtask export`");
}

#[test]
fn what_a_person_changed_is_named_and_mended() {
    let Some(repo) = repo() else { return };
    let index = index();
    let repo = repo.index(&index).requirements("app\nlib<2\n");
    lock(&repo);
    done(&repo, &["export"]);
    let code = "import lib; open(lib.__file__, 'w').write('VERSION = 9')";
    done(&repo, &["run", "--", "-c", code]);
    let check = repo.xtask(&["check-export"]);
    assert_eq!(check.status, 1, "{check}");
    assert_snapshot!(said(&check).replace(&python_folder(&check.stderr), "pythonX.Y"), @"
    python-default: changed by hand: dist/export/python/virtualenvs/python-default/[PYTHON]/lib/pythonX.Y/site-packages/lib/__init__.py
    hint: run `cargo xtask export --resolve python-default`
    ");
    let export = done(&repo, &["export"]);
    assert_snapshot!(said(&export).replace(&python_folder(&export.stderr), "pythonX.Y"), @"
    python-default: changed dist/export/python/virtualenvs/python-default/[PYTHON] (2 packages, CPython [PYTHON])
    warning: dist/export/python/virtualenvs/python-default/[PYTHON]/lib/pythonX.Y/site-packages/lib/__init__.py was changed by hand and is again what the lock says
    ");
    assert_eq!(
        done(&repo, &["run", "--", "app"]).stdout,
        "app with lib 1.0\n"
    );
}

/// The `python3.12` in a path.
fn python_folder(text: &str) -> String {
    let at = text.find("python3.").unwrap();
    let end = text[at..].find('/').unwrap();
    text[at..at + end].to_owned()
}

#[test]
fn every_environment_there_is_is_judged() {
    let Some((_index, repo)) = exported() else {
        return;
    };
    let folder = "dist/export/python/virtualenvs/python-default";
    // One of another Python, which was right once.
    let copied = format!("cd {folder} && cp -R [0-9]* 3.1.4");
    let output = repo.run("sh".into(), &["-c", &copied]);
    assert_eq!(output.status, 0, "{output}");
    let check = repo.xtask(&["check-export"]);
    assert_eq!(check.status, 1, "{check}");
    assert_snapshot!(said(&check), @"
    python-default/[PYTHON]: it was made at [REPO]/dist/export/python/virtualenvs/python-default/[PYTHON] and moved
    hint: run `cargo xtask export --resolve python-default`
    ");
    // It is of a Python that the resolve does not admit.
    done(&repo, &["clean"]);
    done(&repo, &["check-export"]);
}
