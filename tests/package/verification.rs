//! `--verify`: the imports of a wheel are among its requirements, and it still has the files of the
//! last release.

use insta::assert_snapshot;
use testkit::Repo;

use super::{built, monorepo, package, said};
use crate::git;

#[test]
fn imports_of_the_wheel_its_requirements_and_the_standard_library_are_met() {
    let repo = monorepo().file(
        "src/acme/app/more.py",
        "import json, os.path\nfrom . import cli\nfrom acme.lib.core import anything\nimport attr\n\
         try:\n    import ujson\nexcept ImportError:\n    ujson = None\n",
    );
    let output = package(&repo, &["--verify", "--wheel", "src/acme/app:dist"]);
    assert_eq!(
        said(&output),
        "wrote dist/acme_app-24.9.0-py3-none-any.whl\n"
    );
}

#[test]
fn an_import_that_nothing_meets() {
    let repo = monorepo().file("src/acme/app/more.py", "import numpy.linalg\n");
    let output = repo.xtask(&["package", "--verify", "--wheel", "src/acme/app:dist"]);
    assert_eq!((output.status, built(&repo).len()), (1, 0), "{output}");
    assert_snapshot!(output.stderr, @r#"
    warning: src/acme/app/more.py:1:1: nothing provides `numpy.linalg`, imported by `src/acme/app/more.py` (add a requirement or a target that provides it, or `# pants: no-infer-dep` to the line)
    error: acme_app-24.9.0-py3-none-any.whl does not pass verification
     --> src/acme/app/BUILD:6:5
      |
    6 |     provides=python_artifact(name="acme_app", license="MIT"),
      |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = `acme/app/more.py`, line 1: `numpy.linalg` is neither in the wheel, in what it requires, nor in the standard library
    hint: the wheel was not kept; build without `--verify` to look at it
    "#);
}

#[test]
fn an_import_that_settings_allow() {
    let settings = format!(
        "{}\n[workspace.metadata.xtask.python-infer]\nignored_unowned_imports = [\"numpy\"]\n",
        super::SETTINGS
    );
    let repo = monorepo()
        .file("Cargo.toml", &settings)
        .file("src/acme/app/more.py", "import numpy.linalg\n");
    package(&repo, &["--verify", "--wheel", "src/acme/app:dist"]);
}

#[test]
fn files_that_the_last_release_shipped_are_missed() {
    let repo = monorepo()
        .file("src/acme/app/gone.py", "X = 1\n")
        .file("src/acme/app/kept.py", "X = 1\n");
    git(&repo, &["init", "-q"]);
    git(&repo, &["add", "."]);
    git(&repo, &["commit", "-q", "-m", "first"]);
    git(&repo, &["tag", "24.03.0"]);
    fs_err::remove_file(repo.root().join("src/acme/app/gone.py")).unwrap();
    let output = package(&repo, &["--verify", "--wheel", "src/acme/app:dist"]);
    assert_snapshot!(said(&output), @"
    warning: acme_app-24.9.0-py3-none-any.whl: `acme/app/gone.py` was shipped by 24.03.0 and is not shipped any more
    wrote dist/acme_app-24.9.0-py3-none-any.whl
    ");
}

/// The library with the resources that these globs match.
fn with_resources(globs: &str) -> Repo {
    let build = super::LIB.replace(
        "python_sources()",
        &format!(
            "python_sources(dependencies=[\":data\"])\nresources(name=\"data\", sources=[{globs}])"
        ),
    );
    monorepo()
        .file("src/acme/lib/BUILD", &build)
        .file("src/acme/lib/schema.json", "{}\n")
}

#[test]
fn a_resource_that_is_named_and_not_there() {
    let repo = with_resources("\"schema.json\", \"gone.bin\"");
    let output = repo.xtask(&["package", "--verify", "--wheel", "src/acme/lib:dist"]);
    assert_eq!((output.status, built(&repo).len()), (1, 0), "{output}");
    assert_snapshot!(said(&output), @r#"
    warning: src/acme/lib/BUILD:3:49: `sources` of `src/acme/lib:data` matches no file: `gone.bin` (files that `.gitignore` or `pants_ignore` names are not seen)
    error: acme_lib-24.9.0-py3-none-any.whl does not pass verification
     --> src/acme/lib/BUILD:7:5
      |
    7 |     provides=python_artifact(name="acme.lib", description="The library"),
      |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = `gone.bin`, which src/acme/lib/BUILD:3:49 names, is not there
    hint: the wheel was not kept; build without `--verify` to look at it
    "#);
}

#[test]
fn globs_of_resources_that_match_nothing() {
    for globs in ["\"*.bin\"", "\"*.bin\", \"*.json\""] {
        let repo = with_resources(globs);
        let output = package(&repo, &["--verify", "--wheel", "src/acme/lib:dist"]);
        insta::allow_duplicates! { assert_snapshot!(said(&output), @"
        warning: src/acme/lib/BUILD:3:34: `sources` of `src/acme/lib:data` matches no file: `*.bin` (files that `.gitignore` or `pants_ignore` names are not seen)
        warning: acme_lib-24.9.0-py3-none-any.whl: the glob `*.bin` at src/acme/lib/BUILD:3:34 matches no file
        wrote dist/acme_lib-24.9.0-py3-none-any.whl
        ") }
    }
}

#[test]
fn globs_of_resources_that_another_distribution_ships() {
    let repo = with_resources("\"*.bin\"");
    let output = package(&repo, &["--verify", "--wheel", "src/acme/app:dist"]);
    assert!(
        !output
            .stderr
            .contains("app-24.9.0-py3-none-any.whl: the glob"),
        "{output}"
    );
}

/// A library of one module, with these further files and this metadata.
fn library(provides: &str, fields: &str) -> Repo {
    crate::repo()
        .file("Cargo.toml", "[workspace.metadata.xtask.python]\ninterpreter_constraints = [\">=3.9\"]\n")
        .file(
            "src/foo/BUILD",
            &format!("python_sources()\nresources(name='data', sources=['*.md', '*.rst', '*.bin'])\npython_distribution(name='dist', dependencies=[':foo', ':data'], provides=python_artifact(name='foo', version='1.0', {provides}), {fields})\n"),
        )
        .file("src/foo/core.py", "def main(): ...\n")
        .file("src/foo/README.md", "# Foo\n")
}

/// What `--verify` says of it, without the excerpt.
fn verified(repo: &Repo) -> String {
    let output = repo.xtask(&["package", "--verify"]);
    let lines = output.stderr.lines().filter(|line| {
        let is_told = ["warning:", "error:", "  = ", "wrote"]
            .iter()
            .any(|start| line.starts_with(start));
        is_told
            && !line.contains("verified without being installed")
            && !line.contains("matches no file")
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_readme_that_does_not_render() {
    let repo = library("", "long_description_path='src/foo/README.rst'")
        .file("src/foo/README.rst", "Foo\n===\n\n.. automodule:: foo\n");
    assert_snapshot!(verified(&repo), @"
    error: foo-1.0-py3-none-any.whl does not pass verification
      = Description: line 4 does not render: the directive `automodule` is not known
    error: foo-1.0.tar.gz does not pass verification
      = Description: line 4 does not render: the directive `automodule` is not known
    ");
}

#[test]
fn a_module_that_does_not_parse() {
    let repo = library("", "").file("src/foo/broken.py", "x = 1\ndef f(:\n");
    assert_snapshot!(verified(&repo), @"
    warning: src/foo/broken.py:2:7: cannot parse all of this file: Expected a parameter or the end of the parameter list (imports that could be read count; the others do not)
    warning: foo-1.0-py3-none-any.whl: `foo/broken.py`, line 2, does not parse: Expected a parameter or the end of the parameter list
    wrote dist/foo-1.0-py3-none-any.whl
    wrote dist/foo-1.0.tar.gz
    ");
}

#[test]
fn a_classifier_that_indexes_refuse() {
    let repo = library("classifiers=['Programming Language :: Pyton :: 3']", "");
    assert_snapshot!(verified(&repo), @"
    warning: foo-1.0-py3-none-any.whl: Classifier: `Programming Language :: Pyton :: 3` is not known: did you mean `Programming Language :: Python :: 3`?
    wrote dist/foo-1.0-py3-none-any.whl
    warning: foo-1.0.tar.gz: Classifier: `Programming Language :: Pyton :: 3` is not known: did you mean `Programming Language :: Python :: 3`?
    wrote dist/foo-1.0.tar.gz
    ");
}

#[test]
fn a_wheel_of_nothing() {
    let repo = crate::repo()
        .file("Cargo.toml", "[workspace.metadata.xtask.python]\ninterpreter_constraints = [\">=3.9\"]\n")
        .file("src/BUILD", "python_distribution(name='dist', provides=python_artifact(name='foo', version='1.0'))\n");
    assert_snapshot!(verified(&repo), @"
    warning: foo-1.0-py3-none-any.whl: the wheel has no file but its metadata (W008)
    wrote dist/foo-1.0-py3-none-any.whl
    wrote dist/foo-1.0.tar.gz
    ");
}

#[test]
fn an_entry_point_in_the_standard_library() {
    let repo = library(
        "",
        "sdist=False, entry_points={'console_scripts': {'a': 'json.tool:main', 'b': 'foo.core:main'}}",
    );
    assert_eq!(verified(&repo), "wrote dist/foo-1.0-py3-none-any.whl");
    let repo = library(
        "",
        "entry_points={'console_scripts': {'a': 'missing.tool:main'}}",
    );
    assert!(verified(&repo).contains("names a module that the wheel does not ship"));
}

#[test]
fn names_that_windows_cannot_have() {
    let repo = library("", "sdist=False").file("src/foo/aux.py", "");
    let output = repo.xtask(&["package"]);
    assert!(
        output
            .stderr
            .contains("Windows reserves the name of a device"),
        "{output}"
    );
    let for_linux =
        "wheel_config_settings={'--global-option': ['--plat-name', 'manylinux2014_x86_64']}";
    let repo = library("", for_linux)
        .file("src/foo/aux.py", "")
        .file("src/foo/a:b.md", "x");
    assert!(verified(&repo).starts_with("wrote"), "{}", verified(&repo));
    let settings = "[workspace.metadata.xtask.python]\ninterpreter_constraints = [\">=3.9\"]\n[workspace.metadata.xtask.package]\nportable_names = false\n";
    let repo = library("", "")
        .file("Cargo.toml", settings)
        .file("src/foo/aux.py", "");
    assert!(verified(&repo).starts_with("wrote"), "{}", verified(&repo));
}

#[cfg(target_os = "linux")]
#[test]
fn a_name_that_is_not_utf_8() {
    use std::os::unix::ffi::OsStrExt as _;
    let repo = library("", "");
    let name = std::ffi::OsStr::from_bytes(b"src/foo/\xff.md");
    fs_err::write(repo.root().as_std_path().join(name), "x").unwrap();
    let output = repo.xtask(&["package"]);
    assert_eq!(output.status, 1, "{output}");
    assert!(
        output.stderr.contains(
            "error: cannot build src/foo:dist: the name of `src/foo/\u{fffd}.md` is not UTF-8"
        ),
        "{output}"
    );
}

/// A program of this machine needs a C library that is newer than a tag of 2014.
#[cfg(all(target_os = "linux", target_env = "gnu", target_arch = "x86_64"))]
#[test]
fn a_binary_that_needs_a_newer_system() {
    let binary = fs_err::read("/bin/true").unwrap();
    let needs = wheel::ElfNeeds::of(&binary).unwrap();
    if needs.unmet("manylinux2014_x86_64", |_| false).is_empty() {
        return testkit::skip("the programs of this machine are old enough");
    }
    let options = "sdist=False, wheel_config_settings={'--global-option': ['--plat-name', 'manylinux2014_x86_64']}";
    let repo = library("", options);
    fs_err::write(repo.root().join("src/foo/true.bin"), &binary).unwrap();
    let said = verified(&repo);
    assert!(said.contains("`foo/true.bin` needs GLIBC_2."), "{said}");
    assert!(
        said.contains(
            "which `manylinux2014_x86_64` does not promise: the tag that is true is `manylinux_2_"
        ),
        "{said}"
    );
    let settings = "[workspace.metadata.xtask.python]\ninterpreter_constraints = [\">=3.9\"]\n[workspace.metadata.xtask.package]\nforeign_binaries = [\"foo/*.bin\"]\n";
    let repo = repo.file("Cargo.toml", settings);
    assert!(verified(&repo).contains("wrote"));
}
