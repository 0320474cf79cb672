//! `py-constraints`: which Pythons targets and all that they depend on are for.

use crate::repo;

#[test]
fn constraints_of_all_that_is_reached() {
    let repo = repo()
        .file("a/BUILD", "python_sources(interpreter_constraints=['>=3.9,<3.12'])\n")
        .file("a/a.py", "import b\n")
        .file("b.py", "")
        .file("BUILD", "python_sources(name='root', interpreter_constraints=['==3.11.*'])\nfiles(name='f', sources=['*.md'])\n")
        .file("x.md", "");
    insta::assert_snapshot!(repo.xtask(&["py-constraints", "a/a.py"]), @"
    exit status 0
    ----- stdout
    Final merged constraints: CPython<3.12,==3.11.*,>=3.9

    CPython==3.11.*
      //b.py:root

    CPython>=3.9,<3.12
      a/a.py
    ");
    insta::assert_snapshot!(repo.xtask(&["py-constraints", "//:f"]), @"
    exit status 0
    ----- stderr
    warning: no Python file or target is named
    ");
    insta::assert_snapshot!(repo.xtask(&["py-constraints"]), @"
    exit status 2
    ----- stderr
    error: no targets are named
     |
    hint: `::` names all, `dir::` those in `dir` and below
    ");
}
