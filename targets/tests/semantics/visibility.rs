//! Rules about who may depend on whom.

use crate::{edges, list, run};

#[test]
fn anchors() {
    let files = "== src/a/BUILD
python_sources()
__dependents_rules__(('*', '.', '../b', '//src/c/*', '!*'))
== src/a/x.py
== src/a/x2.py
import a.x
== src/b/BUILD
python_sources()
== src/b/y.py
import a.x
== src/c/BUILD
python_sources()
== src/c/y.py
import a.x
";
    insta::assert_snapshot!(run(files, "dependencies src/c/y.py"), @"src/a/x.py");
    insta::assert_snapshot!(run(files, "dependencies src/b/y.py"), @"`src/b/y.py` (python_sources) must not depend on `src/a/x.py` (python_sources): src/b -> src/a/BUILD[!*]");
    insta::assert_snapshot!(run(files, "dependencies src/a/x2.py"), @"`src/a/x2.py` (python_sources) must not depend on `src/a/x.py` (python_sources): src/a -> src/a/BUILD[!*]");
    insta::assert_snapshot!(run(files, "list src/a:"), @"
    src/a/x.py
    src/a/x2.py
    src/a:a
    ");
}

#[test]
fn own_folder_and_rules_of_types() {
    let files = "== reqs/BUILD
python_requirement(name='at', requirements=['attrs'])
__dependents_rules__((python_requirement, '//src/b/**', '!*'))
== src/b/BUILD
python_sources()
== src/b/u.py
import attr
== src/d/BUILD
python_sources()
== src/d/v.py
import attr
";
    insta::assert_snapshot!(run(files, "dependencies src/b/u.py"), @"reqs:at");
    insta::assert_snapshot!(run(files, "dependencies src/d/v.py"), @"`src/d/v.py` (python_sources) must not depend on `reqs:at` (python_requirement): src/d -> reqs/BUILD[!*]");
}

#[test]
fn a_nested_rule_set_replaces_its_parents_unless_it_extends() {
    let files = |nested: &str| {
        format!(
            "== src/BUILD\n__dependencies_rules__(('*', '!//src/secret/**', '*'))\n== src/secret/BUILD\npython_sources()\n== src/secret/s.py\n== src/n/BUILD\n{nested}\npython_sources()\n== src/n/m.py\nimport secret.s\n"
        )
    };
    insta::assert_snapshot!(edges(&files("")), @"`src/n/m.py` (python_sources) must not depend on `src/secret/s.py` (python_sources): src/BUILD[!//src/secret/**] -> src/secret");
    insta::assert_snapshot!(edges(&files("__dependencies_rules__(('*', '*'))")), @"src/n/m.py -> src/secret/s.py");
    insta::assert_snapshot!(edges(&files("__dependencies_rules__(('<target>', '*'), extend=True)")), @"`src/n/m.py` (python_sources) must not depend on `src/secret/s.py` (python_sources): src/BUILD[!//src/secret/**] -> src/secret");
    insta::assert_snapshot!(edges(&files("__dependencies_rules__(('*', '?//src/secret/**', '*'))")), @"
    src/n/m.py -> src/secret/s.py
    warning: `src/n/m.py` (python_sources) must not depend on `src/secret/s.py` (python_sources): src/n/BUILD[?//src/secret/**] -> src/secret
    ");
}

#[test]
fn rules_that_make_no_sense() {
    let only = |rules: &str| list(&format!("== a/BUILD\n{rules}\n"));
    insta::assert_snapshot!(only("__dependencies_rules__('x')"), @r#"
    a/BUILD: not a visibility rule set: 'x'

    hint: a rule set is `(targets, rule, rule, …)`, for example `(python_sources, "//src/**", "!*")`
    "#);
    insta::assert_snapshot!(only("__dependencies_rules__((python_sources, '<x'))"), @r#"
    a/BUILD: `<` without `>`: `<x`

    hint: a rule set is `(targets, rule, rule, …)`, for example `(python_sources, "//src/**", "!*")`
    "#);
    let silent = "== a/BUILD\npython_sources()\n__dependencies_rules__(('*', '//b/**'))\n== a/x.py\nimport a.y\n== a/y.py\n";
    insta::assert_snapshot!(edges(silent), @r#"
    a/BUILD: no visibility rule fits `a/x.py` together with `a/y.py`

    hint: end the rules with a rule for everything else, such as `"!*"`
    "#);
}

#[test]
fn a_rule_names_the_parts_of_a_folder() {
    let files = "== BUILD\n__dependencies_rules__(('*', '//third#*', '//third/*', '!*'))\n== third/BUILD\npython_requirements()\n== third/requirements.txt\nlib\n== src/BUILD\npython_sources()\n== src/m.py\nimport lib\n";
    insta::assert_snapshot!(edges(files), @"
    src/m.py -> third#lib
    third#lib -> third/requirements.txt
    ");
    insta::assert_snapshot!(edges(&files.replace("third#*", "third#other")), @"`src/m.py` (python_sources) must not depend on `third#lib` (python_requirements): BUILD[!*] -> third");
}
