//! `count-loc`: how many lines of which language files have.

use crate::repo;

#[test]
fn lines_by_language() {
    let repo = repo()
        .file("a/BUILD", "python_sources()\n")
        .file("a/a.py", "# a comment\n\nx = 1\ny = 2\n")
        .file("a/b.md", "text\n")
        .file("a/c.bin", "\0\n");
    insta::assert_snapshot!(repo.xtask(&["count-loc", "a::"]), @"
    exit status 0
    ----- stdout
    Language                Files     Lines   Blanks  Comments      Code
    Python                      1         4        1         1         2
    BUILD                       1         1        0         0         1
    Markdown                    1         1        0         0         1
    Total                       3         6        1         1         4
    ");
    insta::assert_snapshot!(repo.xtask(&["count-loc", "b::"]), @"
    exit status 1
    ----- stderr
    error: `b::` names no target: there is no file or folder `b`
     |
    hint: did you mean `a`?
    ");
}
