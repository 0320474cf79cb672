//! `resolves`: the names of resolves, or what each is and where its lock is.

use insta::assert_snapshot;

use crate::done;
use crate::fixtures::environments::{index, repo, several_resolves};

#[test]
fn names_and_details() {
    let Some(repo) = repo() else { return };
    let index = index();
    let repo = several_resolves(repo.index(&index).requirements("app\nlib<2\n"));
    done(&repo, &["export", "--all"]);
    assert_snapshot!(done(&repo, &["resolves"]).stdout, @"
    python-default
    tool
    unlocked
    ");
    assert_snapshot!(done(&repo, &["resolves", "--details"]).stdout, @"
    python-default: python.lock, exported, the default
    tool: tool.lock, exported, for pytest
    unlocked: unlocked.lock, not locked
    ");
}
