//! What sources imply: modules, stubs, requirements, `__init__.py`, `conftest.py`.

use targets::{Ambiguity, Behavior, GraphOptions, Infer, InitFiles, Switch};

use crate::{edges, edges_with, options};

/// The edges of `src/u/a.py`, a file with `text`, beside the given files.
fn imports(text: &str, files: &str) -> String {
    edges(&format!(
        "{files}== src/u/BUILD\npython_sources()\n== src/u/a.py\n{text}\n"
    ))
}

const LIBRARY: &str = "== src/p/BUILD\npython_sources()\n== src/p/__init__.py\nX = 1\n== src/p/a.py\n== src/p/q/BUILD\npython_sources()\n== src/p/q/__init__.py\n== src/p/q/r.py\n";

#[test]
fn the_module_else_its_direct_parent() {
    let only = |text: &str| {
        imports(text, LIBRARY)
            .lines()
            .filter(|line| !line.starts_with("src/p"))
            .collect::<Vec<_>>()
            .join("\n")
    };
    insta::assert_snapshot!(only("import p.a"), @"src/u/a.py -> src/p/a.py");
    insta::assert_snapshot!(only("from p.a import f"), @"src/u/a.py -> src/p/a.py");
    insta::assert_snapshot!(only("from p import a, q, X"), @"
    src/u/a.py -> src/p/__init__.py
    src/u/a.py -> src/p/a.py
    src/u/a.py -> src/p/q/__init__.py
    ");
    insta::assert_snapshot!(only("import p.q.r.deep.deeper"), @"warning: src/u/a.py:1:1: nothing provides `p.q.r.deep.deeper`, imported by `src/u/a.py`");
    insta::assert_snapshot!(only("def f():\n  import p.q.r"), @"src/u/a.py -> src/p/q/r.py");
    insta::assert_snapshot!(only("try:\n  import nothing\nexcept ImportError: pass"), @"");
    insta::assert_snapshot!(only("import nothing, os.path"), @"warning: src/u/a.py:1:1: nothing provides `nothing`, imported by `src/u/a.py`");
    insta::assert_snapshot!(only("import u.a"), @"src/u/a.py -> src/u/a.py");
}

#[test]
fn requirements_by_every_ancestor() {
    let files = "== BUILD
python_requirements(name='reqs', module_mapping={'my_lib': ['mylib', 'mylib2.sub']}, type_stubs_module_mapping={'stubbed-lib': ['thing']})
python_requirement(name='mods', requirements=['whatever'], modules=['deep.ns.mod'])
== requirements.txt
PyYAML
types-PyYAML
My-Lib==1
stubbed-lib
";
    insta::assert_snapshot!(imports("import yaml.nodes\nimport mylib2.sub.x.y\nimport thing\nimport deep.ns.mod.x\nimport my_lib", files), @"
    //:reqs#My-Lib -> //requirements.txt:reqs
    //:reqs#PyYAML -> //requirements.txt:reqs
    //:reqs#stubbed-lib -> //requirements.txt:reqs
    //:reqs#types-PyYAML -> //requirements.txt:reqs
    src/u/a.py -> //:mods
    src/u/a.py -> //:reqs#My-Lib
    src/u/a.py -> //:reqs#PyYAML
    src/u/a.py -> //:reqs#stubbed-lib
    src/u/a.py -> //:reqs#types-PyYAML
    warning: src/u/a.py:5:1: nothing provides `my_lib`, imported by `src/u/a.py`
    ");
}

#[test]
fn one_implementation_and_one_stub_both_count() {
    let files = "== src/m/BUILD\npython_sources()\n== src/m/x.py\n== src/m/x.pyi\n";
    insta::assert_snapshot!(imports("import m.x", files), @"
    src/u/a.py -> src/m/x.py
    src/u/a.py -> src/m/x.pyi
    ");
}

const TWO: &str = "== src/amb/BUILD\npython_sources()\n== src/amb/mod.py\n== tests/amb/BUILD\npython_sources()\n== tests/amb/mod.py\n";

#[test]
fn two_implementations_are_ambiguous_unless_decided() {
    insta::assert_snapshot!(imports("import amb.mod", TWO), @"warning: src/u/a.py:1:1: `amb.mod` is provided by more than one target: `src/amb/mod.py`, `tests/amb/mod.py`");
    let decided = |dependencies: &str| {
        edges(&format!(
            "{TWO}== src/u/BUILD\npython_sources(dependencies=[{dependencies}])\n== src/u/a.py\nimport amb.mod\n"
        ))
    };
    insta::assert_snapshot!(decided("'!tests/amb/mod.py'"), @"src/u/a.py -> src/amb/mod.py");
    insta::assert_snapshot!(decided("'src/amb/mod.py'"), @"src/u/a.py -> src/amb/mod.py");
    let near = GraphOptions {
        infer: Infer {
            ambiguity: Ambiguity::BySourceRoot,
            ..Infer::default()
        },
        ..options()
    };
    let files = format!("{TWO}== src/u/BUILD\npython_sources()\n== src/u/a.py\nimport amb.mod\n");
    insta::assert_snapshot!(edges_with(&files, near), @"src/u/a.py -> src/amb/mod.py");
}

#[test]
fn a_module_and_a_requirement_of_one_name_are_ambiguous() {
    let files = "== BUILD\npython_requirement(name='r', requirements=['lib'])\n== src/lib/BUILD\npython_sources()\n== src/lib/__init__.py\n";
    insta::assert_snapshot!(imports("import lib", files), @"warning: src/u/a.py:1:1: `lib` is provided by more than one target: `//:r`, `src/lib/__init__.py`");
}

#[test]
fn each_resolve_for_itself() {
    let files = "== BUILD
python_requirement(name='d', requirements=['lib'])
python_requirement(name='o', requirements=['lib', 'only_other'], resolve='other')
";
    insta::assert_snapshot!(imports("import lib, only_other", files), @"
    src/u/a.py -> //:d
    warning: src/u/a.py:1:1: nothing provides `only_other`, imported by `src/u/a.py`
    ");
}

#[test]
fn init_files_with_content() {
    let files = "== src/i/BUILD\npython_sources()\n== src/i/__init__.py\nV = 1\n== src/i/c/BUILD\npython_sources()\n== src/i/c/__init__.py\n# only a comment\n== src/i/c/m.py\n== src/i/e/BUILD\npython_sources()\n== src/i/e/__init__.py\n  \n== src/i/e/m.py\n";
    let with = |init_files| {
        let infer = Infer {
            init_files,
            ..Infer::default()
        };
        edges_with(files, GraphOptions { infer, ..options() })
    };
    insta::assert_snapshot!(with(InitFiles::ContentOnly), @"
    src/i/c/__init__.py -> src/i/__init__.py
    src/i/c/m.py -> src/i/__init__.py
    src/i/c/m.py -> src/i/c/__init__.py
    src/i/e/__init__.py -> src/i/__init__.py
    src/i/e/m.py -> src/i/__init__.py
    ");
    insta::assert_snapshot!(with(InitFiles::Always), @"
    src/i/c/__init__.py -> src/i/__init__.py
    src/i/c/m.py -> src/i/__init__.py
    src/i/c/m.py -> src/i/c/__init__.py
    src/i/e/__init__.py -> src/i/__init__.py
    src/i/e/m.py -> src/i/__init__.py
    src/i/e/m.py -> src/i/e/__init__.py
    ");
    insta::assert_snapshot!(with(InitFiles::Never), @"");
}

#[test]
fn conftest_files_of_every_level() {
    let files = "== tests/BUILD\npython_test_utils()\n== tests/conftest.py\n== tests/a/BUILD\npython_tests(name='t')\npython_test_utils(name='u')\npython_sources()\n== tests/a/conftest.py\n== tests/a/test_x.py\n== tests/a/helper.py\n";
    insta::assert_snapshot!(edges(files), @"
    tests/a/test_x.py:t -> tests/a/conftest.py:u
    tests/a/test_x.py:t -> tests/conftest.py
    ");
    let unowned =
        "== tests/conftest.py\n== tests/a/BUILD\npython_tests(name='t')\n== tests/a/test_x.py\n";
    insta::assert_snapshot!(edges(unowned), @"
    tests/conftest.py: no target owns this file, but `tests/a/test_x.py:t` uses it

    hint: add `python_test_utils()` to the BUILD file in `tests`
    ");
}

#[test]
fn unowned_imports_may_be_errors() {
    let strict = GraphOptions {
        infer: Infer {
            unowned: Behavior::Error,
            ..Infer::default()
        },
        ..options()
    };
    let files = "== src/BUILD\npython_sources()\n== src/a.py\nif True:\n    import nothing.here\n";
    insta::assert_snapshot!(edges_with(files, strict), @"
    src/a.py:2:5: nothing provides `nothing.here`, imported by `src/a.py`
        import nothing.here
    hint: add a requirement or a target that provides it, or `# pants: no-infer-dep` to the line
    ");
}

#[test]
fn sources_that_do_not_parse_still_count() {
    let files = "== src/BUILD\npython_sources()\n== src/a.py\nimport b\ndef f(:\n== src/b.py\n";
    insta::assert_snapshot!(edges(files), @"
    src/a.py -> src/b.py
    warning: src/a.py:2:7: cannot parse all of this file: Expected a parameter or the end of the parameter list
    ");
}

#[test]
fn sources_in_other_encodings_count() {
    let latin_1 = b"# -*- coding: latin-1 -*-\nNAME = '\xe9'\nimport b\n";
    let mut files = crate::in_memory("== src/BUILD\npython_sources()\n== src/b.py\n");
    files.insert("src/a.py".to_owned(), latin_1.to_vec());
    let cache = targets::imports::ImportCache::default();
    let repository = crate::load(files, options()).unwrap();
    let graph = targets::TargetGraph::build(&repository, &cache).unwrap();
    let [a] = graph.owners_of_file("src/a.py")[..] else {
        panic!("one owner");
    };
    let found = graph.dependencies(a).unwrap();
    assert_eq!(crate::addresses(&graph, &found), ["src/b.py"]);
}

#[test]
fn texts_that_name_modules_or_files() {
    let files = "== src/r/BUILD\npython_sources()\nresources(name='res', sources=['data/*'])\nfile(name='f', source='one.bin')\n== src/r/m.py\nopen('data/in.txt'); F = 'src/r/one.bin'; M = 'r.sub.mod'; N = 'r.n'\n== src/r/n.py\n== src/r/sub/BUILD\npython_sources()\n== src/r/sub/mod.py\n== src/r/data/in.txt\n== src/r/one.bin\n";
    let all = GraphOptions {
        infer: Infer {
            assets: Switch::On,
            string_imports: Switch::On,
            ..Infer::default()
        },
        ..options()
    };
    insta::assert_snapshot!(edges_with(files, all), @"
    src/r/m.py -> src/r/data/in.txt:../res
    src/r/m.py -> src/r/sub/mod.py
    src/r/m.py -> src/r:f
    ");
}

#[test]
fn entry_points() {
    let files = "== src/a/BUILD
python_sources()
pex_binary(name='file', entry_point='main.py:run')
pex_binary(name='glob', entry_point='ma*.py')
pex_binary(name='module', entry_point='a.main:run')
pex_binary(name='std', entry_point='http.server')
pex_binaries(name='many', entry_points=['main.py', 'other.py:go'])
python_distribution(name='d', provides=python_artifact(name='d'), entry_points={'console_scripts': {'x': 'a.main:run', 'y': ':file'}})
== src/a/main.py
== src/a/other.py
";
    insta::assert_snapshot!(edges(files), @"
    src/a:d -> src/a/main.py
    src/a:d -> src/a:file
    src/a:file -> src/a/main.py
    src/a:glob -> src/a/main.py
    src/a:many#main.py -> src/a/main.py
    src/a:many#other.py-go -> src/a/other.py
    src/a:module -> src/a/main.py
    ");
    insta::assert_snapshot!(edges("== src/a/BUILD\npex_binary(name='m', entry_point='absent.py')\n"), @"
    `entry_point` of `src/a:m` must match one file, but `absent.py` matches none
    pex_binary(name='m', entry_point='absent.py')
    ");
    insta::assert_snapshot!(edges("== src/a/BUILD\npython_distribution(name='d', entry_points={'g': {'n': 'src/a/x.py:main'}})\n== src/a/x.py\n"), @"
    src/a/BUILD:1:57: no target `src/a/x.py:main`: no such target owns the file
    python_distribution(name='d', entry_points={'g': {'n': 'src/a/x.py:main'}})
    ");
}

#[test]
fn source_roots_decide_modules() {
    let files = "== BUILD\npython_sources(name='top')\n== rootmod.py\nimport src.lib.m\nimport rootmod\n== src/lib/BUILD\npython_sources(sources=['**/*.py'])\n== src/lib/m.py\n== src/lib/nested/src/k.py\n== tests/BUILD\npython_sources()\n== tests/u.py\nimport lib.m\nimport lib.nested.src.k\n";
    insta::assert_snapshot!(edges(files), @"
    //rootmod.py:top -> //rootmod.py:top
    tests/u.py -> src/lib/m.py
    tests/u.py -> src/lib/nested/src/k.py:../../lib
    warning: rootmod.py:1:1: nothing provides `src.lib.m`, imported by `//rootmod.py:top`
    ");
}

#[test]
fn lines_of_one_project_are_one_owner() {
    let files = "== BUILD\npython_requirements(name='r')\npython_requirement(name='own', requirements=['lib; python_version < \"3.9\"', 'Lib[x]>2; python_version >= \"3.9\"'])\n== requirements.txt\nApi_Spec==6.0.2\napi-spec[marshmallow]==6.0.2\nsplit<2; python_version < '3.9'\nsplit>=2; python_version >= '3.9'\n";
    insta::assert_snapshot!(imports("import api_spec, split, lib", files), @"
    //:r#Api-Spec -> //requirements.txt:r
    //:r#split -> //requirements.txt:r
    src/u/a.py -> //:own
    src/u/a.py -> //:r#Api-Spec
    src/u/a.py -> //:r#split
    ");
}

#[test]
fn the_handler_of_an_import_error_needs_what_it_imports() {
    let strict = GraphOptions {
        infer: Infer {
            unowned: Behavior::Error,
            ..Infer::default()
        },
        ..options()
    };
    let refused = |text: &str| {
        let files = format!("== src/BUILD\npython_sources()\n== src/a.py\n{text}\n");
        edges_with(&files, strict.clone())
    };
    insta::assert_snapshot!(refused("try:\n  import fast\nexcept ImportError:\n  fast = None"), @"");
    insta::assert_snapshot!(refused("try:\n  import fast\nexcept ImportError:\n  import slow"), @"
    src/a.py:4:3: nothing provides `slow`, imported by `src/a.py`
      import slow
    hint: add a requirement or a target that provides it, or `# pants: no-infer-dep` to the line
    ");
    insta::assert_snapshot!(refused("try:\n  import fast\nexcept ImportError:\n  pass\nimport fast"), @"
    src/a.py:5:1: nothing provides `fast`, imported by `src/a.py`
    import fast
    hint: add a requirement or a target that provides it, or `# pants: no-infer-dep` to the line
    ");
}

#[test]
fn a_comment_that_exempts_nothing_is_warned_of() {
    insta::assert_snapshot!(imports("from nowhere import (\n  a,\n  b,\n)  # pants: no-infer-dep\nx = 1  # pants: no-infer-dep", ""), @"warning: src/u/a.py:5:1: `# pants: no-infer-dep` does nothing here");
}

#[test]
fn files_that_a_comment_names() {
    let named = |comment: &str| {
        let files = format!(
            "== src/BUILD\nresource(name='r', source='r.json')\nresources(name='all', sources=['data/*.txt'])\n\
             == src/r.json\n== src/data/one.txt\n== src/data/two.txt\n== src/data/no.md\n== top/BUILD\nfile(source='f')\n== top/f\n\
             == src/u/BUILD\npython_sources()\n== src/u/a.py\n{comment}\nx = \"\"\"\n# pants: infer-dep(../data/no.md)\n\"\"\"\n"
        );
        edges(&files)
    };
    insta::assert_snapshot!(named("# pants: infer-dep(../data/one.txt)"), @"src/u/a.py -> src/data/one.txt:../all");
    insta::assert_snapshot!(named("x = 1  # pants: infer-dep(../data/*)"), @"
    src/u/a.py -> src/data/one.txt:../all
    src/u/a.py -> src/data/two.txt:../all
    ");
    insta::assert_snapshot!(named("# pants: infer-dep(/src/**/r.json)\n# pants: infer-dep(/top/f)"), @"
    src/u/a.py -> src:r
    src/u/a.py -> top:top
    ");
    insta::assert_snapshot!(named("def f():\n    # pants: infer-dep(../data/on.txt)\n    pass"), @"warning: src/u/a.py:2:5: `# pants: infer-dep(../data/on.txt)` adds nothing: there is no such file");
    insta::assert_snapshot!(named("# pants: infer-dep(../data/no.md)"), @"warning: src/u/a.py:1:1: `# pants: infer-dep(../data/no.md)` adds nothing: no target has `src/data/no.md`");
    insta::assert_snapshot!(named("# pants: infer-dep(../../../x)"), @"
    src/u/a.py:1:1: `# pants: infer-dep(../../../x)` names what is not in the repository
    # pants: infer-dep(../../../x)
    hint: a path counts from the folder of the source, or with `/` in front from the root
    ");
    insta::assert_snapshot!(named("# pants: infer-dep"), @"");
}

#[test]
fn texts_that_are_no_modules() {
    let files = "== src/kombu/BUILD\npython_sources()\n== src/kombu/__init__.py\n== src/kombu/Queue.py\n== src/kombu/queue.py\n== src/u/BUILD\npython_sources()\n";
    let all = GraphOptions {
        infer: Infer {
            string_imports: Switch::On,
            ..Infer::default()
        },
        ..options()
    };
    let edges = |text: &str| edges_with(&format!("{files}== src/u/a.py\n{text}\n"), all.clone());
    insta::assert_snapshot!(edges("X = ['kombu.Queue.declare', '9kombu.queue.x', 'kombu.9queue.x', 'kombu..x']"), @"");
    insta::assert_snapshot!(edges("X = 'kombu.queue.Declare'"), @"src/u/a.py -> src/kombu/queue.py");
}

#[test]
fn a_prefix_may_be_part_of_the_module() {
    let files = "== BUILD\npython_requirements(name='r')\n== requirements.txt\ndjango-prometheus\ndjango-thing\n";
    insta::assert_snapshot!(imports("import django_prometheus, thing", files), @"
    //:r#django-prometheus -> //requirements.txt:r
    //:r#django-thing -> //requirements.txt:r
    src/u/a.py -> //:r#django-prometheus
    src/u/a.py -> //:r#django-thing
    ");
}

#[test]
fn a_test_depends_on_the_extensions_of_its_namespaces() {
    let files = "== src/ext/BUILD
python_sources()
python_distribution(name='d', provides=python_artifact(name='ext'), entry_points={stevedore_namespace('app.runners'): {'one': 'ext.one:Runner'}, stevedore_namespace('app.others'): {'two': 'ext.two'}, 'console_scripts': {'x': ':bin'}})
pex_binary(name='bin', entry_point='http.server')
== src/ext/one.py
== src/ext/two.py
== src/plain/BUILD
python_sources()
python_distribution(name='d', provides=python_artifact(name='plain'), entry_points={'app.runners': {'p': 'plain.p:P'}})
== src/plain/p.py
== tests/BUILD
python_tests(stevedore_namespaces=['app.runners'])
== tests/test_x.py
";
    insta::assert_snapshot!(edges(files), @"
    src/ext:d -> src/ext/one.py
    src/ext:d -> src/ext/two.py
    src/ext:d -> src/ext:bin
    src/plain:d -> src/plain/p.py
    tests/test_x.py -> src/ext/one.py
    tests/test_x.py -> src/ext:bin
    ");
}

#[test]
fn texts_that_begin_with_a_dot_are_no_modules() {
    let options = GraphOptions {
        infer: Infer {
            string_imports: Switch::On,
            string_imports_min_dots: 1,
            ..Infer::default()
        },
        ..options()
    };
    let files = "== src/BUILD\npython_sources()\n== src/__init__.py\n== src/yaml.py\n== src/m.py\nx = ['.yaml', '.', '..yaml', 'a..yaml', 'yaml.load']\n";
    let found = crate::ask_with(files, options, |graph| {
        let m = graph.owners_of_file("src/m.py");
        let found = targets::query::dependencies(graph, &m, targets::query::Reach::Direct)?;
        Ok(found
            .iter()
            .map(|id| graph.target(*id).address.to_string())
            .collect())
    });
    assert_eq!(found, "src/yaml.py");
}
