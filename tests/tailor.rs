//! `tailor`: which targets are missing, and what becomes of BUILD files.

use testkit::Repo;

use crate::repo;

/// What it prints on stdout, then on stderr, and its exit code.
fn tailor(repo: &Repo, arguments: &[&str]) -> String {
    let output = repo.xtask(&[&["tailor"], arguments].concat());
    let said = [output.stdout.trim_end(), output.stderr.trim_end()].join("\n");
    format!("{}\nexit {}", said.trim(), output.status)
}

fn sources() -> Repo {
    repo()
        .file("p/a.py", "A = 1\n")
        .file("p/test_a.py", "")
        .file("p/conftest.py", "")
        .file("p/py.typed", "")
        .file("q/__init__.py", "\n")
        .file("requirements.txt", "lib\n")
        .file(
            "r/pyproject.toml",
            "[project]\nname = 'r'\ndependencies = ['lib']\n",
        )
        .file("r/broken-requirements.txt", "==1\n")
}

#[test]
fn check_says_what_is_missing_and_writes_nothing() {
    let repo = sources();
    let before = repo.snapshot();
    insta::assert_snapshot!(tailor(&repo, &["--check", "::"]), @"
    Would create BUILD:
      - Add python_requirements target root
    Would create p/BUILD:
      - Add python_sources target p
      - Add resource target py_typed
      - Add python_test_utils target test_utils
      - Add python_tests target tests
    Would create r/BUILD:
      - Add python_requirements target reqs

    To fix `tailor` failures, run `cargo xtask tailor`.
    warning: no target is added for r/broken-requirements.txt, which cannot be read: r/broken-requirements.txt:1:1: not a requirement: Expected package name starting with an alphanumeric character, found `=` (`[tailor] ignore_paths` leaves its folder out)
    exit 1
    ");
    assert!(before == repo.snapshot(), "a file was touched");
}

#[test]
fn what_is_missing_is_added_once() {
    let repo = sources();
    repo.write("p/BUILD", "# mine\r\nfiles(sources=['*.md'])");
    insta::assert_snapshot!(tailor(&repo, &["p::", "q:"]), @"
    Updated p/BUILD:
      - Add python_sources target p0
      - Add resource target py_typed
      - Add python_test_utils target test_utils
      - Add python_tests target tests
    warning: p/BUILD:2:17: `sources` of `p:p` matches no file: `*.md` (files that `.gitignore` or `pants_ignore` names are not seen)
    exit 0
    ");
    assert_eq!(
        repo.read("p/BUILD"),
        "# mine\r\nfiles(sources=['*.md'])\r\n\r\npython_sources(\r\n    name=\"p0\",\r\n)\r\n\r\nresource(\r\n    name=\"py_typed\",\r\n    source=\"py.typed\",\r\n)\r\n\r\npython_test_utils(\r\n    name=\"test_utils\",\r\n)\r\n\r\npython_tests(\r\n    name=\"tests\",\r\n)\r\n"
    );
    insta::assert_snapshot!(tailor(&repo, &["--check", "p::"]), @"
    warning: p/BUILD:2:17: `sources` of `p:p` matches no file: `*.md` (files that `.gitignore` or `pants_ignore` names are not seen)
    exit 0
    ");
    insta::assert_snapshot!(tailor(&repo, &[]), @"
    warning: no folders are named, so that `tailor` does nothing: `::` names all, `dir::` those in `dir` and below
    warning: p/BUILD:2:17: `sources` of `p:p` matches no file: `*.md` (files that `.gitignore` or `pants_ignore` names are not seen)
    exit 0
    ");
    insta::assert_snapshot!(tailor(&repo, &["nosuch::"]), @"
    error: `nosuch::` names no target: there is no file or folder `nosuch`
    exit 1
    ");
}

#[test]
fn the_name_of_a_build_file_means_its_folder() {
    let repo = sources();
    insta::assert_snapshot!(tailor(&repo, &["--check", "p/BUILD"]), @"
    Would create p/BUILD:
      - Add python_sources target p
      - Add resource target py_typed
      - Add python_test_utils target test_utils
      - Add python_tests target tests

    To fix `tailor` failures, run `cargo xtask tailor`.
    exit 1
    ");
    repo.write("p/BUILD", "python_sources()\n");
    insta::assert_snapshot!(tailor(&repo, &["--check", "p/BUILD"]), @"
    Would update p/BUILD:
      - Add resource target py_typed
      - Add python_test_utils target test_utils
      - Add python_tests target tests

    To fix `tailor` failures, run `cargo xtask tailor`.
    exit 1
    ");
}

#[test]
fn settings_leave_targets_out() {
    let repo = sources();
    let settings = "[workspace.metadata.xtask.tailor]\n\
        ignore_paths = [\"r/**\"]\n\
        ignore_adding_targets = [\"p:py_typed\", \"//:root\"]\n\
        build_file_name = \"BUILD.acme\"\n\
        build_file_header = \"# Acme\"\n\
        build_file_indent = \"  \"\n\
        alias_mapping = { python_tests = \"acme_tests\" }\n";
    let python = "[workspace.metadata.xtask.python]\n\
        tailor_pex_binary_targets = true\n\
        tailor_test_file_globs = [\"check_*.py\"]\n";
    let before = repo.read("Cargo.toml");
    let before = before.replace("[workspace.metadata.xtask.python]\n", python);
    repo.write("Cargo.toml", &(before + settings));
    repo.write("p/check_a.py", "");
    repo.write("p/app.py", "if __name__ == '__main__':\n    pass\n");
    repo.write("p/__main__.py", "");
    insta::assert_snapshot!(tailor(&repo, &["p::"]), @"
    Created p/BUILD.acme:
      - Add pex_binary target __main__
      - Add pex_binary target app
      - Add python_sources target p
      - Add python_test_utils target test_utils
      - Add acme_tests target tests
    exit 0
    ");
    insta::assert_snapshot!(repo.read("p/BUILD.acme"), @r#"
    # Acme

    pex_binary(
      name="__main__",
      entry_point="__main__.py",
    )

    pex_binary(
      name="app",
      entry_point="app.py",
    )

    python_sources()

    python_test_utils(
      name="test_utils",
    )

    acme_tests(
      name="tests",
    )
    "#);
    repo.write(
        "acme.py",
        "def acme_tests(**fields):\n    python_tests(**fields)\n",
    );
    insta::assert_snapshot!(tailor(&repo, &["--tailor-build-file-name=TARGETS", "::"]), @"
    error: `[tailor] build_file_name` is `TARGETS`, which would not be read: `[GLOBAL] build_patterns` has `BUILD`, `BUILD.*`
     |
    hint: let one of the patterns match the name
    exit 1
    ");
    insta::assert_snapshot!(tailor(&repo, &["--no-python-tailor-requirements-targets", "--tailor-check", "r::"]), @"
    warning: p/BUILD.acme:19:1: unknown target type `acme_tests` (a plugin may define it; such targets only have dependencies here)
    exit 0
    ");
}

#[test]
fn other_languages_have_targets_where_their_backend_is_chosen() {
    let repo = repo()
        .file("s/run.sh", "")
        .file("s/run_test.sh", "")
        .file("s/Dockerfile", "FROM scratch\n")
        .file("s/Dockerfile.dev", "FROM scratch\n")
        .file("s/a.proto", "");
    insta::assert_snapshot!(tailor(&repo, &["--check", "::"]), @"exit 0");
    let settings = "[workspace.metadata.xtask.GLOBAL]\nbackend_packages = [\"pants.backend.shell\", \"pants.backend.docker\", \"pants.backend.codegen.protobuf.python\", \"pants.backend.experimental.go\"]\n\
        [workspace.metadata.xtask.shell-setup]\ntailor_shunit2_tests = false\n";
    repo.write("Cargo.toml", &(repo.read("Cargo.toml") + settings));
    insta::assert_snapshot!(tailor(&repo, &["::"]), @"
    Created s/BUILD:
      - Add docker_image target docker
      - Add docker_image target docker0
      - Add protobuf_sources target s
      - Add shell_sources target s0
    warning: `tailor` does not know which targets `pants.backend.experimental.go` needs
    exit 0
    ");
    insta::assert_snapshot!(repo.read("s/BUILD"), @r#"
    docker_image(
        name="docker",
    )

    docker_image(
        name="docker0",
        source="Dockerfile.dev",
    )

    protobuf_sources()

    shell_sources(
        name="s0",
    )
    "#);
}

#[test]
fn only_folders_with_changes_are_looked_at() {
    let repo = sources();
    crate::git(&repo, &["init", "--quiet", "--initial-branch=main"]);
    crate::commit(&repo, "first");
    insta::assert_snapshot!(tailor(&repo, &["--check", "--changed-since=HEAD"]), @"exit 0");
    repo.write("p/new.py", "");
    insta::assert_snapshot!(tailor(&repo, &["--check", "--changed-since=HEAD"]), @"
    Would create p/BUILD:
      - Add python_sources target p
      - Add resource target py_typed
      - Add python_test_utils target test_utils
      - Add python_tests target tests

    To fix `tailor` failures, run `cargo xtask tailor`.
    exit 1
    ");
}
