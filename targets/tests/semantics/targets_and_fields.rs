//! Generators, overrides, defaults, parametrize, sources.

use targets::{Behavior, GraphOptions};

use crate::{ask_with, edges, list, options};

/// Addresses with tags.
fn tags(files: &str) -> String {
    ask_with(files, options(), |graph| {
        let declared = graph.all().filter(|id| graph.declaration(*id).is_some());
        let mut lines: Vec<String> = declared
            .map(|id| format!("{} {:?}", graph.target(id).address, graph.tags(id)))
            .collect();
        lines.sort();
        Ok(lines)
    })
}

#[test]
fn default_sources() {
    let files = "== a/BUILD
python_sources()
python_tests(name='t')
python_test_utils(name='u')
== a/m.py
== a/m.pyi
== a/test_m.py
== a/m_test.py
== a/tests.py
== a/conftest.py
== a/test_x.pyi
== a/testing.py
== a/note.txt
";
    insta::assert_snapshot!(list(files), @"
    a/conftest.py:u python_source
    a/m.py python_source
    a/m.pyi python_source
    a/m_test.py:t python_test
    a/test_m.py:t python_test
    a/test_x.pyi:u python_source
    a/testing.py python_source
    a/tests.py:t python_test
    a:a python_sources
    a:t python_tests
    a:u python_test_utils
    ");
}

#[test]
fn globs_and_excludes() {
    let files = "== a/BUILD
resources(name='r', sources=['*.txt', '!b.txt', 'deep/**', '{x,y}.json'])
== a/a.txt
== a/b.txt
== a/.hidden.txt
== a/deep/d/e.bin
== a/x.json
";
    insta::assert_snapshot!(list(files), @"
    a/.hidden.txt:r resource
    a/a.txt:r resource
    a/deep/d/e.bin:../../r resource
    a:r resources
    warning: a/BUILD:1:61: `sources` of `a:r` matches no file: `{x,y}.json`
    ");
    let strict = GraphOptions {
        unmatched_build_file_globs: Behavior::Error,
        ..options()
    };
    insta::assert_snapshot!(ask_with(files, strict, |_| Ok(Vec::new())), @"
    `sources` of `a:r` matches no file: `{x,y}.json`
    resources(name='r', sources=['*.txt', '!b.txt', 'deep/**', '{x,y}.json'])
    ");
}

#[test]
fn overrides_replace_fields() {
    let files = "== a/BUILD
python_sources(tags=['all'], overrides={'x.py': {'tags': ['own']}, ('y.py', 'z.py'): {'tags': ['two']}})
== a/w.py
== a/x.py
== a/y.py
== a/z.py
";
    insta::assert_snapshot!(tags(files), @r#"
    a/w.py ["all"]
    a/x.py ["own"]
    a/y.py ["two"]
    a/z.py ["two"]
    a:a ["all"]
    "#);
    let twice = "== a/BUILD\npython_sources(overrides={'a.py': {'tags': ['x']}, '*.py': {'tags': ['y']}})\n== a/a.py\n";
    insta::assert_snapshot!(tags(twice), @"
    a/BUILD:1:16: two overrides of `a:a` set `tags` for `a.py`: to ['x'] and to ['y']
    python_sources(overrides={'a.py': {'tags': ['x']}, '*.py': {'tags': ['y']}})
    ");
}

#[test]
fn defaults() {
    let files = "== BUILD
__defaults__({python_sources: dict(tags=['root']), (python_tests, python_test): dict(tags=['t'])})
== a/BUILD
python_sources(overrides={'y.py': {'tags': ['own']}})
== a/x.py
== a/y.py
== a/b/BUILD
__defaults__({python_sources: dict(description='nested')})
python_sources()
python_tests(name='t')
== a/b/z.py
== a/b/test_z.py
== a/c/BUILD
__defaults__({python_sources: dict(description='more')}, extend=True)
python_sources()
python_source(name='single', source='w.py')
== a/c/w.py
== a/d/BUILD
python_sources()
__defaults__(all=dict(tags=['after']))
resources(name='r', sources=['*.txt'])
== a/d/s.py
== a/d/s.txt
";
    insta::assert_snapshot!(tags(files), @r#"
    a/b/test_z.py:t ["t"]
    a/b/z.py []
    a/b:b []
    a/b:t ["t"]
    a/c/w.py ["root"]
    a/c:c ["root"]
    a/c:single []
    a/d/s.py ["root"]
    a/d/s.txt:r ["after"]
    a/d:d ["root"]
    a/d:r ["after"]
    a/x.py ["root"]
    a/y.py ["own"]
    a:a ["root"]
    "#);
}

#[test]
fn parametrize_makes_several_targets() {
    let files = "== a/BUILD
python_sources(resolve=parametrize('python-default', 'other'))
python_source(name='one', source='lib.py', tags=parametrize(a=['a'], b=['b']))
python_tests(name='t', timeout=parametrize(short=1, long=2), overrides={'test_y.py': {'tags': parametrize(p=['p'], q=['q'])}})
== a/lib.py
== a/test_x.py
== a/test_y.py
== a/conftest.py
";
    insta::assert_snapshot!(list(files), @"
    a/lib.py@resolve=other python_source
    a/lib.py@resolve=python-default python_source
    a/test_x.py:t@timeout=long python_test
    a/test_x.py:t@timeout=short python_test
    a/test_y.py:t@tags=p,timeout=long python_test
    a/test_y.py:t@tags=p,timeout=short python_test
    a/test_y.py:t@tags=q,timeout=long python_test
    a/test_y.py:t@tags=q,timeout=short python_test
    a:one@tags=a python_source
    a:one@tags=b python_source
    a:t@timeout=long python_tests
    a:t@timeout=short python_tests
    a@resolve=other python_sources
    a@resolve=python-default python_sources
    ");
}

#[test]
fn parametrize_that_makes_no_sense() {
    let only = |build: &str| list(&format!("== a/BUILD\n{build}\n== a/x.py\n"));
    insta::assert_snapshot!(only("python_sources(tags=parametrize(a=['a'], b=['b']))"), @"
    a/BUILD:1:16: `tags` of the generator `a:a` cannot be parametrized: only fields that move to the generated targets can
    python_sources(tags=parametrize(a=['a'], b=['b']))
    ");
    insta::assert_snapshot!(only("python_sources(interpreter_constraints=parametrize(['==3.10.*'], ['==3.11.*']))"), @"
    a/BUILD:1:16: cannot parametrize `a:a`: positional choices of `parametrize` must be texts, but ['==3.10.*'] is a list; give it a name: `parametrize(short_name=['==3.10.*'])`
    python_sources(interpreter_constraints=parametrize(['==3.10.*'], ['==3.11.*']))
    ");
    insta::assert_snapshot!(only("python_sources(resolve=parametrize('python-default', 'othr'))"), @"
    a/BUILD:1:55: unknown resolve `othr`
    python_sources(resolve=parametrize('python-default', 'othr'))
    hint: did you mean `other`?
    ");
}

#[test]
fn an_underspecified_dependency_lists_the_choices_unless_the_resolve_decides() {
    let files = |consumer: &str| {
        format!(
            "== lib/BUILD\npython_sources(resolve=parametrize('python-default', 'other'))\n== lib/x.py\n== app/BUILD\n{consumer}\n== app/y.py\n"
        )
    };
    insta::assert_snapshot!(edges(&files("python_sources(resolve='other', dependencies=['lib'])")), @"app/y.py -> lib/x.py@resolve=other");
    insta::assert_snapshot!(edges(&files("target(name='t', dependencies=['lib'])")), @"
    app/BUILD:1:33: no target `lib`: it is parametrized; say which of them
    target(name='t', dependencies=['lib'])
    hint: there are `lib@resolve=other`, `lib@resolve=python-default`
    ");
    insta::assert_snapshot!(edges(&files("target(name='t', dependencies=['lib@resolve=other'])")), @"app:t -> lib/x.py@resolve=other");
    insta::assert_snapshot!(edges(&files("target(name='t', dependencies=['lib@resolve=nope'])")), @"
    app/BUILD:1:33: no target `lib@resolve=nope`: it has no such parameters
    target(name='t', dependencies=['lib@resolve=nope'])
    hint: there are `lib@resolve=other`, `lib@resolve=python-default`
    ");
}

#[test]
fn a_parametrized_consumer_finds_its_like() {
    let files = "== a/BUILD
python_sources(interpreter_constraints=parametrize(old=['==3.10.*'], new=['==3.11.*']))
python_tests(name='t', dependencies=[':a'], interpreter_constraints=parametrize(x=['==3.10.*'], y=['==3.11.*']))
== a/x.py
== a/test_x.py
";
    insta::assert_snapshot!(edges(files), @"
    a/test_x.py:t@interpreter_constraints=x -> a/x.py@interpreter_constraints=old
    a/test_x.py:t@interpreter_constraints=y -> a/x.py@interpreter_constraints=new
    ");
}

#[test]
fn synthetic_targets() {
    let files = "== BUILD
python_requirements(name='reqs')
python_requirement(name='own', requirements=['x'])
== requirements.txt
attrs
== default.lock
{}
";
    insta::assert_snapshot!(edges(files), @"
    //:reqs#attrs -> //default.lock:_python-default_lockfile
    //:reqs#attrs -> //requirements.txt:reqs
    ");
}

#[test]
fn unknown_types_of_plugins_are_opaque() {
    let plugins = GraphOptions {
        backend_packages: vec!["pants.backend.python".to_owned(), "our_plugin".to_owned()],
        ..options()
    };
    let files = "== a/BUILD
python_sources()
my_image(name='i', dependencies=[':a'], weird=1)
== a/x.py
";
    let edges = crate::edges_with(files, plugins);
    insta::assert_snapshot!(edges, @"
    a:i -> a/x.py
    warning: a/BUILD:2:1: unknown target type `my_image`
    ");
}

#[test]
fn a_script_needs_no_ending_and_a_target_no_name() {
    let files =
        "== a/BUILD\npython_sources(name='', sources=['run', '.runrc'])\n== a/run\n== a/.runrc\n";
    insta::assert_snapshot!(list(files), @"
    a/.runrc python_source
    a/run python_source
    a:a python_sources
    ");
}

#[test]
fn python_sources_are_python() {
    insta::assert_snapshot!(list("== a/BUILD\npython_sources(sources=['*'])\n== a/x.txt\n"), @"
    a/BUILD:1:16: `a:a` is no Python file: `a/x.txt`
    python_sources(sources=['*'])
    hint: use `resources` or `files` for other files
    ");
}

#[test]
fn files_are_of_the_language_of_their_target() {
    let files = "== a/BUILD\nthrift_sources(sources=['*'])\n== a/x.proto\n== a/y.thrift\n";
    insta::assert_snapshot!(list(files), @"
    a/BUILD:1:16: `a:a` takes files that end in `.thrift`, not `a/BUILD`
    thrift_sources(sources=['*'])
    hint: use `resources` or `files` for other files
    ");
    let single = "== a/BUILD\njava_source(name='x', source='x.scala')\n== a/x.scala\n";
    insta::assert_snapshot!(list(single), @"
    a/BUILD:1:23: `a:x` takes files that end in `.java`, not `a/x.scala`
    java_source(name='x', source='x.scala')
    hint: use `resources` or `files` for other files
    ");
}

#[test]
fn a_download_says_what_it_is() {
    let files =
        "== a/BUILD\nfile(name='f', source=http_source('https://files.example/x', len='3'))\n";
    insta::assert_snapshot!(list(files), @"
    a/BUILD:1:16: `source` of `a:f` must say what is downloaded by `len`, a number, and `sha256`, a text
    file(name='f', source=http_source('https://files.example/x', len='3'))
    ");
    let whole = "== a/BUILD\nfile(name='f', source=http_source('https://files.example/x', len=3, sha256='ab'))\n";
    insta::assert_snapshot!(list(whole), @"a:f file");
}

#[test]
fn an_override_of_the_parametrized_field_makes_one_target() {
    let files = "== a/BUILD
python_sources(resolve=parametrize('python-default', 'other'), overrides={'one.py': {'resolve': 'other'}})
== a/one.py
== a/two.py
== BUILD
python_requirements(name='reqs', resolve=parametrize('python-default', 'other'), overrides={'lib': {'resolve': 'other'}})
== requirements.txt
lib
more
";
    insta::assert_snapshot!(list(files), @"
    //:reqs#lib python_requirement
    //:reqs#more@resolve=other python_requirement
    //:reqs#more@resolve=python-default python_requirement
    //:reqs@resolve=other python_requirements
    //:reqs@resolve=python-default python_requirements
    //requirements.txt:reqs@resolve=other _generator_sources_helper
    //requirements.txt:reqs@resolve=python-default _generator_sources_helper
    a/one.py python_source
    a/two.py@resolve=other python_source
    a/two.py@resolve=python-default python_source
    a@resolve=other python_sources
    a@resolve=python-default python_sources
    ");
}
