//! What fields take: a wrong value or name is refused where it stands.

use crate::list;

/// What is said of a BUILD file in the folder `a`, beside two sources.
fn said(build: &str) -> String {
    let said = list(&format!(
        "== a/BUILD\n{build}\n== a/x.py\n== a/y.py\n== a/requirements.txt\nlib\nother-lib\n"
    ));
    let said = said
        .lines()
        .filter(|line| !line.starts_with("a/BUILD") || line.contains(": "));
    said.collect::<Vec<_>>().join("\n")
}

#[test]
fn values_of_the_wrong_type() {
    insta::assert_snapshot!(said("target(dependencies='//:b')"), @"
    a/BUILD:1:22: `dependencies` of `a:a` must be a list of addresses, not the str `'//:b'`
    target(dependencies='//:b')
    ");
    insta::assert_snapshot!(said("target(tags='x')"), @"
    a/BUILD:1:14: `tags` of `a:a` must be a list of texts, not the str `'x'`
    target(tags='x')
    ");
    insta::assert_snapshot!(said("target(dependencies=['//:b', 1])"), @"
    a/BUILD:1:8: `dependencies` of `a:a` must be a list of addresses, not the int `1`
    target(dependencies=['//:b', 1])
    ");
    insta::assert_snapshot!(said("target(description=['x'])"), @"
    a/BUILD:1:8: `description` of `a:a` must be a text, not the list `['x']`
    target(description=['x'])
    ");
    insta::assert_snapshot!(said("python_requirement(name='r', requirements='x')"), @"
    a/BUILD:1:44: `requirements` of `a:r` must be a list of texts, not the str `'x'`
    python_requirement(name='r', requirements='x')
    ");
    insta::assert_snapshot!(said("python_sources(skip_mypy='yes')"), @"
    a/BUILD:1:27: `skip_mypy` of `a:a` must be `True` or `False`, not the str `'yes'`
    python_sources(skip_mypy='yes')
    ");
    insta::assert_snapshot!(said("python_tests(timeout=parametrize(short=0, long=2))"), @"
    a/BUILD:1:14: `timeout` of `a:a` must be a number above zero, not the int `0`
    python_tests(timeout=parametrize(short=0, long=2))
    ");
    insta::assert_snapshot!(said("python_tests(timeout='60')"), @"
    a/BUILD:1:23: `timeout` of `a:a` must be a number above zero, not the str `'60'`
    python_tests(timeout='60')
    ");
    insta::assert_snapshot!(said("python_sources(overrides=[])"), @"
    a/BUILD:1:16: `overrides` of `a:a` must be a dict, not the list `[]`
    python_sources(overrides=[])
    ");
    insta::assert_snapshot!(said("pex_binary(entry_point=['x.py'])"), @"
    a/BUILD:1:12: `entry_point` of `a:a` must be a text, not the list `['x.py']`
    pex_binary(entry_point=['x.py'])
    ");
    insta::assert_snapshot!(said("docker_image(tags='x')"), @"
    a/BUILD:1:20: `tags` of `a:a` must be a list of texts, not the str `'x'`
    docker_image(tags='x')
    ");
    insta::assert_snapshot!(said("python_sources(**parametrize('one', tags='x'))"), @"
    a/BUILD:1:43: `**parametrize(…)` of `a:a` sets `tags`, which must be a list of texts, not the str `'x'`
    python_sources(**parametrize('one', tags='x'))
    ");
    insta::assert_snapshot!(said("python_distribution(name='d', entry_points=['x'])"), @"
    a/BUILD:1:31: `entry_points` of `a:d` must be a dict of dicts, not the list `['x']`
    python_distribution(name='d', entry_points=['x'])
    ");
}

#[test]
fn fields_that_are_misspelt() {
    insta::assert_snapshot!(said("pex_binary(entry_pont='x.py')"), @"
    a/BUILD:1:12: `pex_binary` has no field `entry_pont`
    pex_binary(entry_pont='x.py')
    hint: did you mean `entry_point`?
    ");
    insta::assert_snapshot!(said("pex_binary(of_next_year=1)"), @"
    a:a pex_binary
    warning: a/BUILD:1:12: `pex_binary` has no field `of_next_year`
    ");
    insta::assert_snapshot!(said("python_sources(skip_blck=True)"), @"
    a/BUILD:1:16: `python_sources` has no field `skip_blck`
    python_sources(skip_blck=True)
    hint: did you mean `skip_black`?
    ");
    insta::assert_snapshot!(said("python_sources(skip_everything=True)"), @"
    a/BUILD:1:16: `python_sources` has no field `skip_everything`
    python_sources(skip_everything=True)
    hint: its fields are `dependencies`, `description`, `interpreter_constraints`, `overrides`, `resolve`, `restartable`, `run_goal_use_sandbox`, `sources`, `tags`
    ");
    insta::assert_snapshot!(said("pex_binaries(entry_point='x.py')"), @"
    a/BUILD:1:14: `pex_binaries` has no field `entry_point`
    pex_binaries(entry_point='x.py')
    hint: did you mean `entry_points`?
    ");
}

#[test]
fn values_that_make_no_sense() {
    insta::assert_snapshot!(said("python_sources(interpreter_constraints=['>=3.9', 'nonsense'])"), @"
    a/BUILD:1:51: `interpreter_constraints` of `a:a` is wrong: `nonsense` is not an interpreter constraint such as `CPython==3.12.*`: `nonsense` is neither CPython nor PyPy
    python_sources(interpreter_constraints=['>=3.9', 'nonsense'])
    ");
    insta::assert_snapshot!(said("resources(sources=['../*.txt'])"), @"
    a/BUILD:1:21: `sources` of `a:a` must stay within the folder of the BUILD file, but names `../*.txt`
    resources(sources=['../*.txt'])
    ");
    insta::assert_snapshot!(said("resources(sources=['*', '!b/../c'])"), @"
    a/BUILD:1:26: `sources` of `a:a` must stay within the folder of the BUILD file, but names `!b/../c`
    resources(sources=['*', '!b/../c'])
    ");
    insta::assert_snapshot!(said("python_source(name='s', source='../x.py')"), @"
    a/BUILD:1:33: `source` of `a:s` must stay within the folder of the BUILD file, but names `../x.py`
    python_source(name='s', source='../x.py')
    ");
    insta::assert_snapshot!(said("python_source(name='s', source='*.py')"), @"
    a/BUILD:1:33: `source` of `a:s` must name one file, but `*.py` is a pattern
    python_source(name='s', source='*.py')
    ");
    insta::assert_snapshot!(said("python_source(name='s')"), @r#"
    a/BUILD:1:1: `a:s` does not say which file it owns
    python_source(name='s')
    hint: add `source="…"`
    "#);
    insta::assert_snapshot!(said("resource(name='s', source=http_source(url='https://index.example/x', len=1, sha256='', filename='x'))"), @"a:s resource");
}

#[test]
fn overrides_of_nothing() {
    insta::assert_snapshot!(said("python_sources(overrides={'z.py': {'tags': ['x']}})"), @"
    a/BUILD:1:28: `overrides` of `a:a` is about nothing that it generates: `z.py`
    python_sources(overrides={'z.py': {'tags': ['x']}})
    hint: did you mean `x.py`?
    ");
    insta::assert_snapshot!(said("python_sources(overrides={('x.py', 'sub/*.py'): {'tags': ['x']}})"), @"
    a/BUILD:1:37: `overrides` of `a:a` is about nothing that it generates: `sub/*.py`
    python_sources(overrides={('x.py', 'sub/*.py'): {'tags': ['x']}})
    ");
    insta::assert_snapshot!(said("python_sources(overrides={1: {'tags': ['x']}})"), @"
    a/BUILD:1:16: `overrides` of `a:a` must have texts or tuples of texts for keys, not 1
    python_sources(overrides={1: {'tags': ['x']}})
    ");
    insta::assert_snapshot!(said("python_sources(overrides={('x.py', None): {'tags': ['x']}})"), @"
    a/BUILD:1:16: `overrides` of `a:a` must have texts or tuples of texts for keys, not ['x.py', None]
    python_sources(overrides={('x.py', None): {'tags': ['x']}})
    ");
    insta::assert_snapshot!(said("python_sources(overrides={'x.py': {'name': 'y'}})"), @"
    a/BUILD:1:37: `name` is no field that `overrides` may set
    python_sources(overrides={'x.py': {'name': 'y'}})
    ");
    insta::assert_snapshot!(said("python_sources(overrides={'x.py': {'tgas': ['x']}})"), @"
    a/BUILD:1:37: `python_source` has no field `tgas`
    python_sources(overrides={'x.py': {'tgas': ['x']}})
    hint: did you mean `tags`?
    ");
    insta::assert_snapshot!(said("python_sources(overrides={'x.py': {'tags': 'x'}})"), @"
    a/BUILD:1:28: `tags` in `overrides` of `a:a` must be a list of texts, not the str `'x'`
    python_sources(overrides={'x.py': {'tags': 'x'}})
    ");
    insta::assert_snapshot!(said("python_requirements(overrides={'othr-lib': {'tags': ['x']}})"), @"
    a/BUILD:1:33: `overrides` of `a:a` is about nothing that it generates: `othr-lib`
    python_requirements(overrides={'othr-lib': {'tags': ['x']}})
    hint: did you mean `other-lib`?
    ");
    insta::assert_snapshot!(said("pex_binaries(entry_points=['x.py:main'], overrides={'x.py:main': {'tags': ['x']}, 'x.py': {'layout': 'loose'}})"), @"
    a#x.py-main pex_binary
    a:a pex_binaries
    ");
    insta::assert_snapshot!(said("pex_binaries(entry_points=['x.py:main'], overrides={'y.py': {'tags': ['x']}})"), @"
    a/BUILD:1:54: `overrides` of `a:a` is about nothing that it generates: `y.py`
    pex_binaries(entry_points=['x.py:main'], overrides={'y.py': {'tags': ['x']}})
    ");
}

#[test]
fn defaults_that_no_type_takes() {
    insta::assert_snapshot!(said("__defaults__({python_sources: dict(tags='x')})"), @"
    a/BUILD:1:1: `tags` of `python_sources` must be a list of texts, not the str `'x'`
    __defaults__({python_sources: dict(tags='x')})
    ");
    insta::assert_snapshot!(said("__defaults__({python_sources: dict(skip_blck=True)})"), @"
    a/BUILD:1:1: `python_sources` has no field `skip_blck`
    __defaults__({python_sources: dict(skip_blck=True)})
    hint: did you mean `skip_black`?
    ");
    insta::assert_snapshot!(said("__defaults__(all=dict(tags='x'))"), @"
    a/BUILD:1:1: `tags` of `all` must be a list of texts, not the str `'x'`
    __defaults__(all=dict(tags='x'))
    ");
}

#[test]
fn fields_of_types_beyond_python() {
    insta::assert_snapshot!(said("docker_image(image_tag=['x'])"), @"
    a/BUILD:1:14: `docker_image` has no field `image_tag`
    docker_image(image_tag=['x'])
    hint: did you mean `image_tags`?
    ");
    insta::assert_snapshot!(said("adhoc_tool(runnable=[':x'])"), @"
    a/BUILD:1:12: `runnable` of `a:a` must be an address, not the list `[':x']`
    adhoc_tool(runnable=[':x'])
    ");
    insta::assert_snapshot!(said("shell_command(command='x', execution_dependencies=':x')"), @"
    a/BUILD:1:52: `execution_dependencies` of `a:a` must be a list of addresses, not the str `':x'`
    shell_command(command='x', execution_dependencies=':x')
    ");
    insta::assert_snapshot!(said("protobuf_sources(grpc='yes')"), @"
    a/BUILD:1:24: `grpc` of `a:a` must be `True` or `False`, not the str `'yes'`
    protobuf_sources(grpc='yes')
    ");
    insta::assert_snapshot!(said("helm_chart(registries='x')"), @"
    a/BUILD:1:24: `registries` of `a:a` must be a list of texts, not the str `'x'`
    helm_chart(registries='x')
    ");
    insta::assert_snapshot!(said("archive(name='z', format='zipp')"), @"
    a/BUILD:1:27: `format` of `a:z` must be one of `tar`, `tar.gz`, `tar.bz2`, `tar.xz`, `zip`, not `zipp`
    archive(name='z', format='zipp')
    hint: did you mean `zip`?
    ");
    insta::assert_snapshot!(said("docker_image(image_labels={'a': 1})"), @"
    a/BUILD:1:14: `image_labels` of `a:a` must be a dict from texts to texts, not the int `1`
    docker_image(image_labels={'a': 1})
    ");
    insta::assert_snapshot!(said("pex_binary(entry_point='x.py', layout='lose')"), @"
    a/BUILD:1:40: `layout` of `a:a` must be one of `zipapp`, `packed`, `loose`, not `lose`
    pex_binary(entry_point='x.py', layout='lose')
    hint: did you mean `loose`?
    ");
    insta::assert_snapshot!(said("nfpm_content_file(dst='/x', file_mode='rw-r--r--')"), @"a:a nfpm_content_file");
    insta::assert_snapshot!(said("pex_binary(entry_point='x.py', inherit_path=False)"), @"a:a pex_binary");
    insta::assert_snapshot!(said("go_binary(mian=':x')"), @"
    a/BUILD:1:11: `go_binary` has no field `mian`
    go_binary(mian=':x')
    hint: did you mean `main`?
    ");
}

#[test]
fn fields_of_other_versions_of_pants() {
    insta::assert_snapshot!(said("python_sources(skip_ruff_check=True)"), @"
    a/BUILD:1:16: `python_sources` has no field `skip_ruff_check`
    python_sources(skip_ruff_check=True)
    hint: Pants 2.17.1 does not have it yet; `[GLOBAL] pants_version` says which is meant
    ");
    let options = |version: &str| targets::GraphOptions {
        pants_version: version.to_owned(),
        ..crate::options()
    };
    let listed = |version: &str, build: &str| {
        crate::ask_with(
            &format!("== a/BUILD\n{build}\n== a/x.py\n"),
            options(version),
            |graph| Ok(vec![format!("{} targets", graph.all().count())]),
        )
    };
    insta::assert_snapshot!(listed("2.25.0", "python_sources(skip_ruff_check=True)"), @"4 targets");
    insta::assert_snapshot!(listed("2.34.0", "pex_binary(entry_point='x.py', platforms=[])"), @"
    a/BUILD:1:32: `pex_binary` has no field `platforms`
    pex_binary(entry_point='x.py', platforms=[])
    hint: Pants 2.34.0 no longer has it
    ");
    insta::assert_snapshot!(listed("2.25.0", "pex_binary(entry_point='x.py', platforms=[])"), @"3 targets");
}

#[test]
fn fields_that_must_be_set() {
    insta::assert_snapshot!(said("shell_command(name='s')"), @"
    a/BUILD:1:1: `command` of `a:s` must be set
    shell_command(name='s')
    hint: `shell_command` has no default for it
    ");
    insta::assert_snapshot!(said("python_awslambda(name='l')"), @"
    a/BUILD:1:1: `handler` of `a:l` must be set
    python_awslambda(name='l')
    hint: `python_awslambda` has no default for it
    ");
    insta::assert_snapshot!(said("archive(name='z', files=[])"), @"
    a/BUILD:1:1: `format` of `a:z` must be set
    archive(name='z', files=[])
    hint: `archive` has no default for it
    ");
}
