//! How targets are called, and how they are named on the command line.

use crate::{edges, list, run};

#[test]
fn generated_targets_are_called_after_their_files() {
    let files = "== src/a/BUILD
python_sources(sources=['**/*.py'])
python_tests(name='t')
== src/a/x.py
== src/a/sub/y.py
== src/a/test_z.py
== BUILD
python_sources()
python_requirement(name='one', requirements=['x'])
python_requirements(name='reqs')
== top.py
== requirements.txt
Foo.Bar_baz>=1
Django
";
    insta::assert_snapshot!(list(files), @"
    // python_sources
    //:one python_requirement
    //:reqs python_requirements
    //:reqs#Django python_requirement
    //:reqs#Foo.Bar-baz python_requirement
    //requirements.txt:reqs _generator_sources_helper
    //top.py python_source
    src/a/sub/y.py:../a python_source
    src/a/test_z.py python_source
    src/a/test_z.py:t python_test
    src/a/x.py python_source
    src/a:a python_sources
    src/a:t python_tests
    ");
}

const TREE: &str = "== src/a/BUILD
python_sources()
target(name='t')
python_sources(name='other', sources=['sub/z.py'])
== src/a/x.py
== src/a/sub/z.py
== src/b/BUILD
python_sources()
== src/b/y.py
";

#[test]
fn specs() {
    insta::assert_snapshot!(run(TREE, "list src/a:"), @"
    src/a/x.py
    src/a:a
    src/a:other
    src/a:t
    ");
    insta::assert_snapshot!(run(TREE, "list src/a"), @"
    src/a/x.py
    src/a:t
    ");
    insta::assert_snapshot!(run(TREE, "list src/a::"), @"
    src/a/sub/z.py:../other
    src/a/x.py
    src/a:a
    src/a:other
    src/a:t
    ");
    insta::assert_snapshot!(run(TREE, "list src:: -src/b::"), @"
    src/a/sub/z.py:../other
    src/a/x.py
    src/a:a
    src/a:other
    src/a:t
    ");
    insta::assert_snapshot!(run(TREE, "list src/a/sub/z.py src/b:b"), @"
    src/a/sub/z.py:../other
    src/b:b
    ");
    insta::assert_snapshot!(run(TREE, "list src/*/[xy].py"), @"
    src/a/x.py
    src/b/y.py
    ");
    insta::assert_snapshot!(run(TREE, "list src/a/sub/z.py:../other"), @"src/a/sub/z.py:../other");
}

#[test]
fn specs_that_name_nothing() {
    insta::assert_snapshot!(run(TREE, "list src/c::"), @r#"`src/c::` names no target: there is no file or folder `src/c` ["src/a"]"#);
    insta::assert_snapshot!(run(TREE, "list src/a:tt"), @r#"`src/a:tt` names no target: its folder declares no such target ["src/a:t"]"#);
    insta::assert_snapshot!(run(TREE, "list src/*/*.txt"), @"`src/*/*.txt` names no target: no file matches []");
    // A list of changed files has many that belong to no target.
    insta::assert_snapshot!(run(TREE, "list src/a/BUILD"), @"");
    insta::assert_snapshot!(run(TREE, "list src/a/sub:"), @"src/a/sub/z.py:../other");
}

#[test]
fn dependencies_are_written_in_many_ways() {
    let files = |dependencies: &str| {
        format!(
            "== src/a/BUILD\npython_sources()\npython_sources(name='o', sources=['sub/z.py'])\ntarget(name='t', dependencies=[{dependencies}])\n== src/a/x.py\n== src/a/sub/z.py\n== src/b/BUILD\npython_sources()\n== src/b/y.py\n"
        )
    };
    let check = |dependencies: &str| edges(&files(dependencies));
    insta::assert_snapshot!(check("':a', './x.py', './x.py:a', 'src/a/x.py'"), @"src/a:t -> src/a/x.py");
    insta::assert_snapshot!(check("'//src/b', 'src/b:b'"), @"src/a:t -> src/b/y.py");
    insta::assert_snapshot!(check("'src/a/sub/z.py:../o'"), @"src/a:t -> src/a/sub/z.py:../o");
    insta::assert_snapshot!(check("'./sub/z.py'"), @"
    src/a/BUILD:3:33: no target `./sub/z.py`: there is no BUILD file in `src/a/sub`
    target(name='t', dependencies=['./sub/z.py'])
    hint: did you mean `src/a/sub/z.py:../o`?
    ");
    insta::assert_snapshot!(check("'./nofile.py'"), @"
    src/a/BUILD:3:33: no target `./nofile.py`: there is no file or folder `src/a/nofile.py`
    target(name='t', dependencies=['./nofile.py'])
    ");
    insta::assert_snapshot!(check("'src/b:bb'"), @"
    src/a/BUILD:3:33: no target `src/b:bb`: its folder declares no such target
    target(name='t', dependencies=['src/b:bb'])
    hint: did you mean `src/b:b`?
    ");
    insta::assert_snapshot!(check("'!src/nowhere'"), @"
    src/a/BUILD:3:34: no target `src/nowhere`: there is no file or folder `src/nowhere`
    target(name='t', dependencies=['!src/nowhere'])
    ");
    insta::assert_snapshot!(check("'x.py'"), @"
    src/a/BUILD:3:33: no target `x.py`: there is no file or folder `x.py`
    target(name='t', dependencies=['x.py'])
    hint: did you mean `./x.py`?
    ");
    insta::assert_snapshot!(check("'/src/b/y.py'"), @"
    src/a/BUILD:3:33: no target `/src/b/y.py`: addresses are relative to the root of the repository
    target(name='t', dependencies=['/src/b/y.py'])
    hint: did you mean `src/b/y.py`?
    ");
    insta::assert_snapshot!(check("'///src/b'"), @"
    src/a/BUILD:3:33: no target `///src/b`: addresses are relative to the root of the repository
    target(name='t', dependencies=['///src/b'])
    hint: did you mean `src/b`?
    ");
    insta::assert_snapshot!(check("'../../../src/b'"), @"
    src/a/BUILD:3:33: no target `../../../src/b`: it leads out of the repository
    target(name='t', dependencies=['../../../src/b'])
    ");
    insta::assert_snapshot!(check("'..'"), @"
    src/a/BUILD:3:33: no target `..`: there is no BUILD file in `src`
    target(name='t', dependencies=['..'])
    ");
    insta::assert_snapshot!(check("'//:x'"), @"
    src/a/BUILD:3:33: no target `//:x`: there is no BUILD file at the root
    target(name='t', dependencies=['//:x'])
    ");
    insta::assert_snapshot!(check("1"), @"
    src/a/BUILD:3:18: `dependencies` of `src/a:t` must be a list of addresses, not the int `1`
    target(name='t', dependencies=[1])
    ");
}

#[test]
fn what_a_single_target_would_generate_is_the_target() {
    let files = |dependency: &str| {
        format!(
            "== a/BUILD\npython_source(name='one', source='x.py')\npython_requirement(name='lib', requirements=['lib'])\npython_sources(name='many', sources=['y.py'])\ntarget(name='t', dependencies=['{dependency}'])\n== a/x.py\n== a/y.py\n"
        )
    };
    let check = |dependency: &str| edges(&files(dependency));
    insta::assert_snapshot!(check("./x.py:one"), @"a:t -> a:one");
    insta::assert_snapshot!(check("a/x.py:one"), @"a:t -> a:one");
    insta::assert_snapshot!(check(":one#foo"), @"a:t -> a:one");
    insta::assert_snapshot!(check(":lib#lib"), @"a:t -> a:lib");
    insta::assert_snapshot!(check("./y.py:one"), @"
    a/BUILD:4:33: no target `./y.py:one`: no such target owns the file
    target(name='t', dependencies=['./y.py:one'])
    hint: did you mean `a/y.py:many`?
    ");
    insta::assert_snapshot!(check(":many#foo"), @"
    a/BUILD:4:33: no target `:many#foo`: its folder declares no such target
    target(name='t', dependencies=[':many#foo'])
    ");
    insta::assert_snapshot!(run(&files(":one"), "list a/x.py:one"), @"a:one");
}

#[test]
fn the_name_of_the_folder_is_left_out_of_a_part() {
    let files = "== third/BUILD
python_requirements()
target(name='t', dependencies=[':third#lib', 'third:third#more', 'third#more'])
== third/requirements.txt
lib
more
== other/BUILD
python_requirements(resolve=parametrize('python-default', 'other'))
== other/requirements.txt
lib
";
    insta::assert_snapshot!(list(files), @"
    other#lib@resolve=other python_requirement
    other#lib@resolve=python-default python_requirement
    other/requirements.txt@resolve=other _generator_sources_helper
    other/requirements.txt@resolve=python-default _generator_sources_helper
    other@resolve=other python_requirements
    other@resolve=python-default python_requirements
    third#lib python_requirement
    third#more python_requirement
    third/requirements.txt _generator_sources_helper
    third:t target
    third:third python_requirements
    ");
    insta::assert_snapshot!(edges(files), @"
    other#lib@resolve=other -> other/requirements.txt@resolve=other
    other#lib@resolve=python-default -> other/requirements.txt@resolve=python-default
    third#lib -> third/requirements.txt
    third#more -> third/requirements.txt
    third:t -> third#lib
    third:t -> third#more
    ");
    insta::assert_snapshot!(run(files, "list third#lib third:third#more"), @"
    third#lib
    third#more
    ");
    insta::assert_snapshot!(run(files, "list third#lip"), @r#"`third#lip` names no target: its folder declares no such target ["third#lib"]"#);
}

#[test]
fn a_file_stands_for_the_binaries_that_start_it() {
    let files = "== src/a/BUILD
python_sources()
pex_binary(name='file', entry_point='main.py:run')
pex_binary(name='glob', entry_point='ma*.py')
pex_binary(name='module', entry_point='a.main:run')
pex_binaries(name='many', entry_points=['other.py', 'main.py:go'])
== src/a/main.py
== src/a/other.py
";
    insta::assert_snapshot!(run(files, "list src/a/main.py"), @"
    src/a/main.py
    src/a:file
    src/a:glob
    src/a:many#main.py-go
    ");
    insta::assert_snapshot!(run(files, "list src/*/oth*.py"), @"
    src/a/other.py
    src/a:many#other.py
    ");
}
