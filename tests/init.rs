//! `init`: makes a repository ready for its first lock, without a question.

use insta::assert_snapshot;

use crate::done;
use crate::projects::{bare, index, uv_workspace};

#[test]
fn init_writes_the_least() {
    let index = index();
    let repo = uv_workspace(&index);
    let before = repo.snapshot();
    assert_snapshot!(done(&repo, &["init"]), @"
    exit status 0
    ----- stderr
    repo has 3 projects
      python-default: python.lock
    next: `cargo xtask generate-lockfiles`
    ");
    assert!(before == repo.snapshot(), "nothing was missing");

    if testkit::python().is_none() {
        return;
    }
    let repo = bare(&index).file("requirements.txt", "click\n");
    done(&repo, &["init"]);
    assert!(repo.read(".python-version").starts_with("3."));
    assert_eq!(repo.snapshot().len(), 2);
    done(&repo, &["generate-lockfiles"]);

    let repo = bare(&index);
    let said = done(&repo, &["init"]).stderr;
    assert!(
        said.starts_with("wrote pyproject.toml\nwrote .python-version\n"),
        "{said}"
    );
    assert_snapshot!(repo.read("pyproject.toml"), @r#"
    [project]
    name = "repo"
    version = "0"
    dependencies = []
    "#);
    let before = repo.snapshot();
    done(&repo, &["init"]);
    assert!(
        before == repo.snapshot(),
        "the second time has nothing to do"
    );
}
