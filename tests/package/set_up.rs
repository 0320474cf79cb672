//! What `provides` and the settings say about a distribution, as setuptools and Pants understand it.

use insta::assert_snapshot;
use testkit::{LoopbackIndex, Package, Repo};

use super::{member, members, package};
use crate::repo;

const SETTINGS: &str = "[workspace.metadata.xtask.python]\ninterpreter_constraints = [\">=3.9\"]\n";

/// A distribution of two modules, with these arguments in `provides` and these further fields.
fn distribution(provides: &str, fields: &str) -> Repo {
    let build = format!(
        "python_sources()\nresources(name='data', sources=['data/*', 'bin/*', 'LICENSE*'])\n\
         python_distribution(name='dist', dependencies=[':foo', ':data'], sdist=False,\n    provides=python_artifact(name='foo', version='1.0', {provides}),\n    {fields})\n"
    );
    repo()
        .file("Cargo.toml", SETTINGS)
        .file("src/foo/BUILD", &build)
        .file("src/foo/__init__.py", "")
        .file("src/foo/core.py", "def main(): ...\n")
        .file("src/foo/bin/tool", "#! /usr/bin/python3 -u\n")
        .file("src/foo/bin/sh", "#!/bin/sh\n")
        .file("src/foo/data/a.txt", "a")
}

const WHEEL: &str = "foo-1.0-py3-none-any.whl";

/// The headers of METADATA that the argument gives.
#[track_caller]
fn headers(provides: &str) -> String {
    let repo = distribution(provides, "");
    package(&repo, &[]);
    let text = member(&repo, WHEEL, "foo-1.0.dist-info/METADATA");
    let usual = [
        "Metadata-Version: 2.4",
        "Name: foo",
        "Version: 1.0",
        "Requires-Python: >=3.9",
    ];
    let lines = text.lines().filter(|line| !usual.contains(line));
    lines.collect::<Vec<_>>().join("\n")
}

#[track_caller]
fn refused(repo: &Repo) -> String {
    let output = repo.xtask(&["package"]);
    assert_eq!(output.status, 1, "{output}");
    output.stderr
}

#[test]
fn a_licence_is_an_expression_or_stays_what_it_is() {
    assert_snapshot!(headers("license='mit or apache-2.0'"), @"License-Expression: MIT OR Apache-2.0");
    assert_snapshot!(headers("license='Proprietary'"), @"License: Proprietary");
    assert_snapshot!(headers("license='BSD'"), @"License: BSD");
    assert_snapshot!(headers("license='LGPLv3'"), @"License: LGPLv3");
    let with_classifier = "license='MIT', classifiers=['License :: OSI Approved :: MIT License']";
    assert_snapshot!(headers(with_classifier), @"
    License: MIT
    Classifier: License :: OSI Approved :: MIT License
    ");
    let said = package(&distribution(with_classifier, ""), &[]).stderr;
    assert!(
        said.contains("the licence stays in the older field `License`"),
        "{said}"
    );
}

#[test]
fn extras_may_have_markers_and_any_spelling() {
    let extras = "extras_require={':python_version<\"3.12\"': ['tomli'], 'My_Extra': ['b @ https://files.example/b.whl'], 'my.extra:os_name==\"nt\"': ['c>1']}";
    assert_snapshot!(headers(extras), @r#"
    Requires-Dist: tomli; python_version < "3.12"
    Provides-Extra: my-extra
    Requires-Dist: b @ https://files.example/b.whl ; extra == "my-extra"
    Requires-Dist: c>1; (os_name == "nt") and extra == "my-extra"
    "#);
}

#[test]
fn a_summary_is_the_first_line_and_there_is_a_place_to_download() {
    assert_snapshot!(headers("description='One.\\nTwo.', download_url='https://files.example/'"), @"
    Summary: One.
    Download-URL: https://files.example/
    ");
}

#[test]
fn entry_points_in_each_form_of_setuptools() {
    let points = |provides: &str, fields: &str| {
        let repo = distribution(provides, fields);
        package(&repo, &[]);
        member(&repo, WHEEL, "foo-1.0.dist-info/entry_points.txt")
    };
    let expect = "[console_scripts]\na = foo.core:main\n";
    assert_eq!(
        points(
            "entry_points='''\n[console_scripts]\n# x\na=foo.core:main\n'''",
            ""
        ),
        expect
    );
    assert_eq!(
        points("entry_points={'console_scripts': 'a = foo.core:main'}", ""),
        expect
    );
    assert_eq!(
        points("entry_points={'console_scripts': ['a=foo.core:main']}", ""),
        expect
    );
    assert_eq!(
        points(
            "",
            "entry_points={stevedore_namespace('ns.x'): {'a': 'foo.core:main'}}"
        ),
        "[ns.x]\na = foo.core:main\n"
    );
    let twice = distribution(
        "entry_points={'console_scripts': ['a=foo.core:x']}",
        "entry_points={'console_scripts': {'a': 'foo.core:main'}}",
    );
    assert_snapshot!(refused(&twice), @"
    warning: src/foo/BUILD:2:53: `sources` of `src/foo:data` matches no file: `LICENSE*` (files that `.gitignore` or `pants_ignore` names are not seen)
    error: src/foo:dist: the entry point `a` of `console_scripts` is declared twice
     --> src/foo/BUILD:5:5
      |
    5 |     entry_points={'console_scripts': {'a': 'foo.core:main'}})
      |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    ");
}

#[test]
fn keywords_that_setuptools_knows() {
    let repo = distribution(
        "scripts=['foo/bin/tool', 'foo/bin/sh'], headers=['foo/data/a.txt'], data_files=[('share/foo', ['foo/data/a.txt'])], package_data={'foo': ['*']}, zip_safe=False",
        "",
    );
    package(&repo, &["--verify"]);
    let names = members(&repo, WHEEL);
    let data: Vec<&str> = names
        .lines()
        .filter(|name| name.contains(".data/"))
        .collect();
    assert_snapshot!(data.join("\n"), @"
    foo-1.0.data/data/share/foo/a.txt
    foo-1.0.data/headers/a.txt
    foo-1.0.data/scripts/sh*
    foo-1.0.data/scripts/tool*
    ");
    assert_eq!(
        member(&repo, WHEEL, "foo-1.0.data/scripts/tool"),
        "#!python -u\n"
    );
    assert_eq!(
        member(&repo, WHEEL, "foo-1.0.data/scripts/sh"),
        "#!/bin/sh\n"
    );
    assert_snapshot!(refused(&distribution("scripts=['foo/bin/missing']", "")), @"
    warning: src/foo/BUILD:2:53: `sources` of `src/foo:data` matches no file: `LICENSE*` (files that `.gitignore` or `pants_ignore` names are not seen)
    error: src/foo:dist: `scripts` names `foo/bin/missing`, which is not among what it depends on
     --> src/foo/BUILD:4:5
      |
    4 |     provides=python_artifact(name='foo', version='1.0', scripts=['foo/bin/missing']),
      |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
    hint: add it to `dependencies` as `resources` or `files`; its path counts from the source root
    ");
}

/// Beside setuptools 80.9: the headers and their order.
#[test]
fn modules_that_are_required_provided_or_obsolete() {
    let modules = "requires=['sys', 'xml.parsers (>=1.0)'], provides=['foo', 'foo.bar (1.0)'], obsoletes=['old (<3.0)'], classifiers=['Topic :: Utilities'], extras_require={'e': ['b']}";
    assert_snapshot!(headers(modules), @r#"
    Classifier: Topic :: Utilities
    Requires: sys
    Requires: xml.parsers (>=1.0)
    Provides: foo
    Provides: foo.bar (1.0)
    Obsoletes: old (<3.0)
    Provides-Extra: e
    Requires-Dist: b; extra == "e"
    "#);
    for wrong in [
        "requires=['foo>=1.0']",
        "provides=['foo (>=1.0)']",
        "obsoletes=['a-b']",
        "requires='foo'",
    ] {
        let told = refused(&distribution(wrong, ""));
        let (name, _) = wrong.split_once('=').unwrap();
        assert!(
            told.contains(&format!("`{name}`")) && told.contains("src/foo/BUILD:4"),
            "{told}"
        );
    }
    let told = refused(&distribution("requires=['foo>=1.0']", ""));
    let (_, told) = told.split_once("error: ").unwrap();
    assert_snapshot!(told, @r"
    src/foo:dist: `requires`: `foo>=1.0` is no module with versions, as in `acme.jobs (>=1.0, <2.0)`
     --> src/foo/BUILD:4:5
      |
    4 |     provides=python_artifact(name='foo', version='1.0', requires=['foo>=1.0']),
      |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
    hint: it is about modules, and nothing resolves it; for other distributions there is `dependencies`
    ");
}

/// Beside setuptools 80.9. Code stays, and so does what `data_files` names.
#[test]
fn data_that_is_left_out_of_packages() {
    let left = |excluded: &str| {
        let provides =
            format!("exclude_package_data={excluded}, data_files=[('share', ['foo/data/a.txt'])]");
        let repo = distribution(&provides, "")
            .file("src/foo/BUILD", &format!("python_sources(sources=['**/*.py'])\nresources(name='data', sources=['**/*.txt', '**/*.json'])\npython_distribution(name='dist', dependencies=[':foo', ':data'],\n    provides=python_artifact(name='foo', version='1.0', {provides}))\n"))
            .file("src/foo/b.json", "{}")
            .file("src/foo/data/deep/a.txt", "")
            .file("src/foo/sub/__init__.py", "")
            .file("src/foo/sub/a.txt", "");
        package(&repo, &["--verify"]);
        let sdist = repo
            .run("tar".into(), &["tzf", "dist/foo-1.0.tar.gz"])
            .stdout;
        let names = members(&repo, WHEEL);
        assert!(names.contains("foo-1.0.data/data/share/a.txt"), "{names}");
        let data = names
            .lines()
            .filter(|name| name.starts_with("foo/") && !name.ends_with(".py"));
        let data: Vec<&str> = data.collect();
        assert!(data.iter().all(|name| sdist.contains(name)), "{sdist}");
        assert_eq!(
            sdist.contains("foo/b.json"),
            data.contains(&"foo/b.json"),
            "{sdist}"
        );
        data.join(" ")
    };
    assert_eq!(
        left("{}"),
        "foo/b.json foo/data/a.txt foo/data/deep/a.txt foo/sub/a.txt"
    );
    assert_eq!(left("{'foo': ['data/*.txt']}"), "foo/b.json foo/sub/a.txt");
    assert_eq!(left("{'': ['*.txt']}"), "foo/b.json");
    assert_eq!(
        left("{'': ['a.txt']}"),
        "foo/b.json foo/data/a.txt foo/data/deep/a.txt"
    );
    assert_eq!(left("{'foo': ['*'], 'nope': ['*']}"), "foo/sub/a.txt");
    assert_eq!(
        left("{'foo': ['[ab].*', '__init__.py', 'data']}"),
        "foo/data/a.txt foo/data/deep/a.txt foo/sub/a.txt"
    );
    let wrong = refused(&distribution("exclude_package_data={'foo': '*'}", ""));
    assert!(
        wrong.contains(
            "`exclude_package_data` must be a dictionary of packages and lists of patterns"
        ),
        "{wrong}"
    );
}

#[test]
fn keywords_of_plug_ins_are_ignored_or_mapped() {
    let repo = distribution("flavour=1, summary='Short.'", "");
    assert_snapshot!(refused(&repo), @r#"
    warning: src/foo/BUILD:2:53: `sources` of `src/foo:data` matches no file: `LICENSE*` (files that `.gitignore` or `pants_ignore` names are not seen)
    error: src/foo:dist: `flavour` in `provides` is not supported
     --> src/foo/BUILD:4:5
      |
    4 |     provides=python_artifact(name='foo', version='1.0', flavour=1, summary='Short.'),
      |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
    hint: if a plug-in of this repository reads it, say what it stands for, or ignore it: `[package.provides_fields]` with `flavour = "ignore"`
    "#);
    let settings = format!(
        "{SETTINGS}[workspace.metadata.xtask.package.provides_fields]\nflavour = \"ignore\"\nsummary = \"description\"\n"
    );
    let repo = repo.file("Cargo.toml", &settings);
    package(&repo, &[]);
    let metadata = member(&repo, WHEEL, "foo-1.0.dist-info/METADATA");
    assert!(metadata.contains("\nSummary: Short.\n"), "{metadata}");
}

#[test]
fn what_plug_ins_add_to_every_distribution_is_set() {
    let repo = distribution("long_desc_file='docs/foo.md'", "")
        .file("docs/foo.md", "# Foo\n")
        .file("docs/about.md", "# About\n")
        .file("docs/notes.md", "Notes\n")
        .file("src/bar/BUILD", "python_sources()\npython_distribution(name='dist', dependencies=[':bar'], sdist=False, provides=python_artifact(name='bar'))\n")
        .file("src/bar/bar.py", "BAR = 1\n")
        .file("src/version.py", "# The version.\nVERSION = '0.28.0'\n")
        .file(
            "Cargo.toml",
            &format!(
                "{SETTINGS}[workspace.metadata.xtask.package]\nversion_file = \"src/version.py\"\nlicense = \"Proprietary\"\nreadmes = [\"README.rst\"]\nreadme_required = false\nlong_description = [\"docs/about.md\", \"docs/notes.md\"]\n[workspace.metadata.xtask.package.provides_fields]\nlong_desc_file = \"long_description_path\"\n"
            ),
        );
    package(&repo, &[]);
    assert_snapshot!(member(&repo, WHEEL, "foo-1.0.dist-info/METADATA"), @"
    Metadata-Version: 2.4
    Name: foo
    Version: 1.0
    License: Proprietary
    Requires-Python: >=3.9
    Description-Content-Type: text/markdown

    # Foo
    ");
    let bar = |repo: &Repo| {
        member(
            repo,
            "bar-0.28.0-py3-none-any.whl",
            "bar-0.28.0.dist-info/METADATA",
        )
    };
    assert_snapshot!(bar(&repo), @"
    Metadata-Version: 2.4
    Name: bar
    Version: 0.28.0
    License: Proprietary
    Requires-Python: >=3.9
    Description-Content-Type: text/markdown

    # About

    Notes
    ");
    // A readme of the distribution's own goes before.
    repo.write("src/bar/README.rst", "Bar\n");
    package(&repo, &["src/bar:dist"]);
    assert!(bar(&repo).ends_with("text/x-rst\n\nBar\n"));
}

/// Replaces setuptools, which no test downloads: the wheel has what `setup()` was given.
const SETUPTOOLS: &[u8] = br#"
import base64, hashlib, os, runpy, sys, zipfile
import setuptools

__legacy__ = sys.modules[__name__]  # what PEP 517 has tools call where there is no pyproject.toml

def build_wheel(folder, config_settings=None, metadata_directory=None):
    runpy.run_path("setup.py", run_name="__main__")
    assert os.path.exists("foo/data/a.txt"), os.listdir(".")
    given = setuptools.seen
    members = {
        "foo/__init__.py": "",
        "foo/_fast.txt": repr((given["ext_modules"], given["packages"])),
        "foo-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: foo\nVersion: %s\n" % given["version"],
        "foo-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    digest = lambda text: base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
    lines = ["%s,sha256=%s,%d" % (path, digest(text), len(text)) for path, text in members.items()]
    members["foo-1.0.dist-info/RECORD"] = "\n".join([*lines, "foo-1.0.dist-info/RECORD,,\n"])
    filename = "foo-1.0-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(folder, filename), "w") as wheel:
        for path, text in members.items():
            wheel.writestr(path, text)
    return filename
"#;

#[test]
fn extension_modules_are_built_by_setuptools() {
    let index = LoopbackIndex::start([Package::new("setuptools", "80.0")
        .member(
            "setuptools/__init__.py",
            b"def setup(**given):\n    global seen\n    seen = given\n",
        )
        .member("setuptools/build_meta.py", SETUPTOOLS)]);
    let repo = distribution(
        "ext_modules=[('foo._fast', {'sources': ['foo/data/a.txt']})]",
        "",
    )
    .index(&index);
    package(&repo, &[]);
    assert_snapshot!(member(&repo, WHEEL, "foo/_fast.txt"), @"([('foo._fast', {'sources': ['foo/data/a.txt']})], ['foo'])");
    let repo = distribution("ext_modules=['foo/fast.c']", "");
    assert!(refused(&repo).contains("`ext_modules` must be a list of names with their options"));
}

#[test]
fn licence_files_by_pattern_and_by_themselves() {
    let licenses = |repo: &Repo| {
        package(repo, &[]);
        let names = members(repo, WHEEL);
        let names = names.lines().filter(|name| name.contains("/licenses/"));
        names.collect::<Vec<_>>().join(" ")
    };
    let repo = distribution("", "")
        .file("src/foo/LICENSE", "x")
        .file("src/foo/NOTICE.txt", "y");
    assert_snapshot!(licenses(&repo), @"foo-1.0.dist-info/licenses/LICENSE foo-1.0.dist-info/licenses/NOTICE.txt");
    let repo = distribution("license_files=['LICEN*', 'data/a.*']", "")
        .file("src/foo/LICENSE.MIT", "x")
        .file("src/foo/LICENSE.BSD", "y")
        .file("src/foo/NOTICE", "z");
    assert_snapshot!(licenses(&repo), @"foo-1.0.dist-info/licenses/LICENSE.BSD foo-1.0.dist-info/licenses/LICENSE.MIT foo-1.0.dist-info/licenses/data/a.txt");
}

#[test]
fn resources_outside_of_packages_are_not_shipped() {
    let repo = repo()
        .file(
            "Cargo.toml",
            &format!("{SETTINGS}[workspace.metadata.xtask.source]\nroot_patterns = [\"lib\"]\n"),
        )
        .file(
            "lib/BUILD",
            "python_sources(name='lib', sources=['foo/*.py'])\n\
             resources(name='data', sources=['LICENSE', 'README.md', 'data/*', 'foo/x.json'])\n\
             python_distribution(name='dist', dependencies=[':lib', ':data'], provides=python_artifact(name='foo', version='1.0'))\n",
        )
        .file("lib/foo/__init__.py", "")
        .file("lib/foo/x.json", "{}")
        .file("lib/LICENSE", "free")
        .file("lib/README.md", "# Foo")
        .file("lib/data/x.json", "{}");
    package(&repo, &["--wheel"]);
    assert_snapshot!(members(&repo, WHEEL), @"
    foo/__init__.py
    foo/x.json
    foo-1.0.dist-info/METADATA
    foo-1.0.dist-info/WHEEL
    foo-1.0.dist-info/licenses/LICENSE
    foo-1.0.dist-info/namespace_packages.txt
    foo-1.0.dist-info/top_level.txt
    foo-1.0.dist-info/RECORD
    ");
}

#[test]
fn several_ranges_of_pythons() {
    for (constraints, expect) in [
        (">=3.8,<3.10 OR >=3.11", ">=3.8,!=3.10.*"),
        (">=2.7,<3 OR >=3.3", ">=2.7,!=3.0.*,!=3.1.*,!=3.2.*"),
        ("<3.10 OR >3.10.1", "!=3.10.0,!=3.10.1"),
    ] {
        let repo = distribution("", "").file("Cargo.toml", &SETTINGS.replace(">=3.9", constraints));
        package(&repo, &[]);
        let metadata = member(&repo, WHEEL, "foo-1.0.dist-info/METADATA");
        let line = metadata
            .lines()
            .find_map(|line| line.strip_prefix("Requires-Python: "));
        assert_eq!(line, Some(expect));
    }
}

#[test]
fn namespaces_of_pkg_resources() {
    let repo = distribution("", "").file(
        "src/foo/__init__.py",
        "__import__('pkg_resources').declare_namespace( __name__ )  # pants: no-infer-dep\n",
    );
    package(&repo, &[]);
    let names = member(&repo, WHEEL, "foo-1.0.dist-info/namespace_packages.txt");
    assert_eq!(names, "foo\n");
}

/// The `__init__.py` above the code is shipped with it, and makes a package of its folder: Pants ships what else is
/// there, as the `hello-dist` of its own repository shows.
#[test]
fn resources_of_a_package_above_the_code() {
    let repo = repo()
        .file("Cargo.toml", SETTINGS)
        .file("src/hello/BUILD", "python_sources()\nresources(name='res', sources=['note.txt'])\npython_distribution(name='dist', dependencies=['src/hello/greet', ':res'], sdist=False,\n    provides=python_artifact(name='hello', version='1.0'))\n")
        .file("src/hello/__init__.py", "")
        .file("src/hello/note.txt", "n")
        .file("src/hello/greet/BUILD", "python_sources()\n")
        .file("src/hello/greet/__init__.py", "")
        .file("src/hello/greet/greet.py", "def hi(): ...\n");
    package(&repo, &["--verify"]);
    assert_eq!(
        member(&repo, "hello-1.0-py3-none-any.whl", "hello/note.txt"),
        "n"
    );
}

#[test]
fn options_of_setuptools_for_wheels() {
    let name = |options: &str| {
        let repo = distribution(
            "",
            &format!("wheel_config_settings={{'--global-option': {options}}}"),
        );
        package(&repo, &["--verify"]);
        super::built(&repo).join(" ")
    };
    assert_eq!(
        name("['--python-tag', 'py37']"),
        "foo-1.0-py37-none-any.whl"
    );
    assert_eq!(
        name("['--plat-name=manylinux2014-x86_64', '--build-number', '3']"),
        "foo-1.0-3-py3-none-manylinux2014_x86_64.whl"
    );
    assert_eq!(
        name("['--py-limited-api', 'cp38', '--keep-temp']"),
        "foo-1.0-py3-none-any.whl"
    );
    let cut = distribution(
        "",
        "wheel_config_settings={'--global-option': ['--plat-name']}",
    );
    assert!(refused(&cut).contains("`--plat-name` in `wheel_config_settings` has no value"));
    assert!(refused(&cut).contains("\"--plat-name=VALUE\""));
    let unknown = distribution(
        "",
        "wheel_config_settings={'--global-option': ['--universal']}",
    );
    assert_snapshot!(refused(&unknown), @"
    warning: src/foo/BUILD:2:53: `sources` of `src/foo:data` matches no file: `LICENSE*` (files that `.gitignore` or `pants_ignore` names are not seen)
    error: src/foo:dist: `--universal` in `wheel_config_settings` is an option that only a build backend knows
     --> src/foo/BUILD:5:5
      |
    5 |     wheel_config_settings={'--global-option': ['--universal']})
      |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
    hint: known are --python-tag, --plat-name and --build-number
    ");
}

#[test]
fn settings_of_pants_for_set_ups() {
    let requires = |scheme: &str| {
        let repo = distribution("", "")
            .file(
                "pants.toml",
                &format!(
                    "[GLOBAL]\npants_version = \"2.17.1\"\n[source]\nroot_patterns = [\"src\"]\n[python]\ninterpreter_constraints = [\">=3.9\"]\n[setup-py-generation]\nfirst_party_dependency_version_scheme = \"{scheme}\"\n"
                ),
            )
            .file("src/bar/BUILD", "python_sources()\npython_distribution(name='dist', dependencies=[':bar'], provides=python_artifact(name='bar', version='2.0+local'))\n")
            .file("src/bar/bar.py", "import foo.core\n");
        package(&repo, &["--wheel", "src/bar:dist"]);
        let metadata = member(
            &repo,
            "bar-2.0+local-py3-none-any.whl",
            "bar-2.0+local.dist-info/METADATA",
        );
        metadata.lines().last().unwrap().to_owned()
    };
    assert_eq!(requires("exact"), "Requires-Dist: foo==1.0");
    assert_eq!(requires("compatible"), "Requires-Dist: foo~=1.0");
    assert_eq!(requires("any"), "Requires-Dist: foo");
}

#[test]
fn mypyc_needs_a_build_that_brings_it() {
    assert_snapshot!(refused(&distribution("", "uses_mypyc=True")), @"
    warning: src/foo/BUILD:2:53: `sources` of `src/foo:data` matches no file: `LICENSE*` (files that `.gitignore` or `pants_ignore` names are not seen)
    error: src/foo:dist: `uses_mypyc` adds no mypy to the build here
     --> src/foo/BUILD:5:5
      |
    5 |     uses_mypyc=True)
      |     ^^^^^^^^^^^^^^^^
      |
    hint: set `generate_setup=False`, and name mypy in `requires` of `[build-system]` in its pyproject.toml, or in the settings: `[build] extra_dependencies = { foo = [\"mypy\"] }`
    ");
}
