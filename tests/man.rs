//! `man`: pages of the manual.

use crate::command_line::printed;
use crate::{done, repo};

#[test]
fn a_page_for_each_command() {
    let repo = repo();
    done(&repo, &["man", "--output", "pages"]);
    let page = repo.read("pages/xt-list.1");
    assert!(
        page.contains("xt list") || page.contains("xt\\-list"),
        "{page}"
    );
    assert!(printed(&repo, "man").contains(".TH xt 1"));
}
