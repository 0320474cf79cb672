//! Which files the patterns of `sources` mean. What is excluded is as Pants 2.17.1 has it.

use crate::list;

const TREE: &str = "== a/tests/t.py\n== a/tests/deep/d.py\n== a/sub/s.py\n== a/sub/tests/u.py\n== a/top.py\n== a/tests.py\n";

/// The files that `sources` of a target in the folder `a` match.
fn files(sources: &str) -> String {
    files_in("a", sources)
}

/// The files that `sources` of a target in a folder match.
fn files_in(dir: &str, sources: &str) -> String {
    let build = format!("{dir}/BUILD");
    let build = build.trim_start_matches('/');
    let listed = list(&format!(
        "{TREE}== {build}\nresources(name='r', sources=[{sources}])\n"
    ));
    let files = listed
        .lines()
        .filter_map(|line| line.strip_suffix(" resource"));
    let names = files.map(|address| address.trim_start_matches('/'));
    let found: Vec<&str> = names
        .map(|name| name.split(':').next().unwrap_or(name))
        .collect();
    match found.is_empty() {
        true => listed,
        false => found.join(" "),
    }
}

#[test]
fn an_excluded_folder_excludes_all_below_it() {
    for pattern in ["!tests/", "!tests", "!tests/*", "!tests/**"] {
        let found = files(&format!("'**/*.py', '{pattern}'"));
        let expected = "a/sub/s.py a/sub/tests/u.py a/tests.py a/top.py";
        assert_eq!(found, expected, "{pattern}");
    }
    insta::assert_snapshot!(files("'**/*.py', '!**/tests'"), @"a/sub/s.py a/tests.py a/top.py");
    insta::assert_snapshot!(files("'**/*.py', '!t*'"), @"a/sub/s.py a/sub/tests/u.py");
    insta::assert_snapshot!(files("'**/*.py', '!*/'"), @"a/tests.py a/top.py");
    insta::assert_snapshot!(files("'**/*.py', '!{tests,sub}/**'"), @"a/tests.py a/top.py");
    insta::assert_snapshot!(files("'**/*.py', '!sub/tests/u.py', '!top.py'"), @"a/sub/s.py a/tests.py a/tests/deep/d.py a/tests/t.py");
    insta::assert_snapshot!(files("'**/*.py', '!tests/[a-e]*'"), @"a/sub/s.py a/sub/tests/u.py a/tests.py a/tests/t.py a/top.py");
}

#[test]
fn in_the_root_a_name_is_excluded_at_any_depth() {
    insta::assert_snapshot!(files_in("", "'**/*.py', '!tests'"), @"a/sub/s.py a/tests.py a/top.py");
    insta::assert_snapshot!(files_in("", "'**/*.py', '!/tests'"), @"a/sub/s.py a/sub/tests/u.py a/tests.py a/tests/deep/d.py a/tests/t.py a/top.py");
    insta::assert_snapshot!(files_in("", "'**/*.py', '!a/tests/'"), @"a/sub/s.py a/sub/tests/u.py a/tests.py a/top.py");
}

#[test]
fn a_pattern_that_is_none_is_refused() {
    insta::assert_snapshot!(files("'*.py', '!a{b'"), @"
    a/BUILD:1:39: `sources` of `a:r` has an invalid pattern: error parsing glob '/a{b': unclosed alternate group; missing '}' (maybe escape '{' with '[{]'?)
    resources(name='r', sources=['*.py', '!a{b'])
    ");
}
