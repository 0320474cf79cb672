//! `version`: the version of this program.

use crate::command_line::printed;
use crate::repo;

#[test]
fn as_the_option_says_it() {
    let repo = repo();
    let version = printed(&repo, "version");
    assert_eq!(
        format!("cargo xtask {version}"),
        printed(&repo, "--version")
    );
}
