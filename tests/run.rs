//! `run`: which program is started, with which environment, and its exit status.

use insta::assert_snapshot;

use crate::fixtures::environments::{index, repo, said};
use crate::{done, lock};

#[test]
fn the_environment_is_made_first() {
    let Some(repo) = repo() else { return };
    let index = index();
    let repo = repo.index(&index).requirements("app\n");
    lock(&repo);
    let output = done(&repo, &["run", "--", "app"]);
    assert_eq!(output.stdout, "app with lib 2.0\n");
}

#[test]
fn exit_status_and_arguments_are_those_of_the_program() {
    let Some(repo) = repo() else { return };
    let index = index();
    let repo = repo.index(&index).requirements("app\n");
    lock(&repo);
    let code = "import sys; print(sys.argv[1:]); sys.exit(7)";
    let output = repo.xtask(&["run", "--", "-c", code, "--resolve", "x y"]);
    assert_eq!(
        (output.status, output.stdout.as_str()),
        (7, "['--resolve', 'x y']\n")
    );
}

#[test]
fn what_is_noted_holds_until_a_file_changes() {
    let Some(repo) = repo() else { return };
    let index = index();
    let repo = repo.index(&index).requirements("app\n");
    lock(&repo);
    done(&repo, &["export"]);
    // The graph is not read any more, not even where it cannot be.
    let unread = repo.file("src/new/BUILD", "python_sources(\n");
    assert_eq!(
        done(&unread, &["run", "--", "app"]).stdout,
        "app with lib 2.0\n"
    );
    fs_err::remove_file(unread.root().join("src/new/BUILD")).unwrap();
    let repo = unread.file("requirements.txt", "app\nlib<2\n");
    let warned = done(&repo, &["run", "--", "app"]);
    assert!(
        warned
            .stderr
            .contains("is not what its requirements ask for"),
        "{warned}"
    );
    assert_eq!(
        done(&repo, &["run", "--", "app"]).stderr,
        "",
        "that is said once"
    );
    assert_eq!(repo.xtask(&["run", "--locked", "--", "app"]).status, 1);
    lock(&repo);
    assert_eq!(
        done(&repo, &["run", "--", "app"]).stdout,
        "app with lib 1.0\n"
    );
    let settings = repo.read("Cargo.toml");
    let other = repo.file(
        "Cargo.toml",
        &settings.replace(
            "python-default = \"python.lock\"",
            "python-default = \"nothing.lock\"",
        ),
    );
    assert_eq!(other.xtask(&["run", "--", "app"]).status, 1);
}

#[test]
fn without_a_lock() {
    let Some(repo) = repo() else { return };
    let repo = repo.requirements("app\n");
    let output = repo.xtask(&["run", "--", "app"]);
    assert_eq!(output.status, 1);
    assert_snapshot!(said(&output), @"
    error: cannot export `python-default`: there is no lock
    --> python.lock
     |
    hint: run `cargo xtask generate-lockfiles --resolve python-default`
    ");
}

#[test]
fn targets_are_run_in_the_root() {
    let Some(repo) = repo() else { return };
    let index = index();
    let repo = repo
        .index(&index)
        .requirements("app\n")
        .file(
            "src/acme/BUILD",
            "python_sources()\n\
             pex_binary(name='bin', entry_point='tool.py:main', args=['--own'], env={'LEVEL': 'high'})\n\
             pex_binary(name='script', script='app')\n\
             run_shell_command(name='shell', command='echo $(basename $PWD) \"$@\"', workdir='/out')\n\
             run_shell_command(name='boxed', command='ls {chroot}')\n\
             resource(name='text', source='text.txt')\n",
        )
        .file("src/acme/__init__.py", "")
        .file("src/acme/text.txt", "")
        .file(
            "src/acme/tool.py",
            "import os, sys, lib\n\
             def main():\n    print(lib.VERSION, os.environ.get('LEVEL'), sys.argv[1:], os.getcwd() == sys.argv[-1])\n    return 3\n\
             if __name__ == '__main__':\n    print('module', __package__, sys.argv[1:])\n",
        )
        .file("src/acme/plain.py", "import sys; print(__name__, sys.argv[1:])\n");
    lock(&repo);
    let root = repo.root().to_string();
    let binary = repo.xtask(&["run", "src/acme:bin", "--", "more", &root]);
    assert_snapshot!(binary.stdout, @"2.0 high ['--own', 'more', '[REPO]'] True");
    assert_eq!(binary.status, 3, "{binary}");
    // The binary that starts it is meant.
    assert_eq!(repo.xtask(&["run", "src/acme/tool.py"]).status, 3);
    assert_snapshot!(done(&repo, &["run", "src/acme/plain.py", "--", "-x"]).stdout, @"__main__ ['-x']");
    assert_snapshot!(done(&repo, &["run", "src/acme:script"]).stdout, @"app with lib 2.0");
    let refused = |arguments: &[&str], status: i32| {
        let output = repo.xtask(arguments);
        assert_eq!((output.status, &*output.stdout), (status, ""), "{output}");
        said(&output)
    };
    assert_snapshot!(refused(&["run", "src/acme:shell"], 1), @"
    error: cannot run `src/acme:shell`: there is no folder [REPO]/out
     |
    hint: its `workdir` names it; `cargo xtask package` makes `dist`
    ");
    fs_err::create_dir_all(repo.root().join("out")).unwrap();
    assert_snapshot!(done(&repo, &["run", "src/acme:shell", "--", "a b", "c"]).stdout, @"out a b c");
    assert_snapshot!(refused(&["run", "src/acme:boxed"], 1), @"
    error: cannot run `src/acme:boxed`: its command asks for a folder with what it depends on, which is not made here
     --> src/acme/BUILD:5:19
      |
    5 | run_shell_command(name='boxed', command='ls {chroot}')
      |                   ^^^^^^^^^^^^^
    ");
    assert_snapshot!(refused(&["run", "src/acme:text"], 2), @"
    error: `src/acme:text` names nothing that can be run
     |
     = it is a `resource`
    hint: name a `python_source`, a `pex_binary`, a `run_shell_command`; `cargo xtask run -- PROGRAM` starts any program
    ");
    assert_snapshot!(refused(&["run", "src/acme:"], 2), @"
    error: `src/acme:` names several targets, and one is run
     |
     = src/acme/__init__.py
     = src/acme/plain.py
     = src/acme/tool.py
     = src/acme:bin
     = src/acme:script
     = src/acme:shell
     = src/acme:boxed
    ");
}

#[test]
fn further_packages_for_one_run() {
    let Some(repo) = repo() else { return };
    let index = index();
    let repo =
        crate::fixtures::environments::with_sources(repo.index(&index).requirements("app\n"));
    lock(&repo);
    let before = repo.read("python.lock");
    let code = "import built, lib, acme.cli; print(lib.VERSION)";
    let with = |requirement: &str, code: &str| {
        repo.xtask(&[
            "run",
            "--with",
            requirement,
            "--with",
            "lib<2",
            "--",
            "-c",
            code,
        ])
    };
    assert_eq!(with("built", code).stdout, "1.0\n");
    index.clear_log();
    assert_eq!(with("built", code).stdout, "1.0\n");
    assert_eq!(index.log().len(), 0, "a second run asks for nothing");
    assert_eq!(repo.read("python.lock"), before);
    assert_eq!(
        done(&repo, &["run", "--", "app"]).stdout,
        "app with lib 2.0\n"
    );
    let impossible = with("lib>2.5", "pass");
    assert_eq!(impossible.status, 1);
    assert_snapshot!(said(&impossible), @"
    error: cannot lock `python-default`: no versions satisfy all requirements
     |
     = lib<2 is required
     = lib>2.5 is required
    hint: with lib 1.0 there is a solution: loosen `lib>2.5`
    ");
    let misused = with("lib>>2", "pass");
    assert_eq!(misused.status, 2);
    assert_snapshot!(said(&misused), @r#"
    error: invalid value 'lib>>2' for '--with <REQUIREMENT>': `lib>>2` is not a requirement (PEP 508): no such comparison operator ">>", must be one of ~= == != <= >= < > ===

    For more information, try '--help'.
    "#);
}

#[test]
fn scripts_say_what_they_need() {
    let Some(repo) = repo() else { return };
    let index = index();
    let repo =
        crate::fixtures::environments::with_sources(repo.index(&index).requirements("app\n"));
    let script = "# /// script\n# dependencies = ['lib<2']\n# ///\nimport sys, lib\nprint(lib.VERSION, sys.argv[1:])\ntry:\n    import acme.cli\nexcept ImportError as error:\n    print(error)\n";
    repo.write("tools/it.py", script);
    // It needs no lock of the repository.
    assert_snapshot!(done(&repo, &["run", "--", "tools/it.py", "--flag"]).stdout, @"
    1.0 ['--flag']
    No module named 'acme'
    ");
    index.clear_log();
    assert_snapshot!(done(&repo, &["run", "--with", "app", "--", "tools/it.py"]).stdout, @"
    1.0 []
    No module named 'acme'
    ");
    repo.write("tools/it.py", &script.replace("lib<2", "lib<2,"));
    let refused = repo.xtask(&["run", "--", "tools/it.py"]);
    assert_eq!(refused.status, 1, "{refused}");
    assert_snapshot!(said(&refused), @"
    error: cannot read what the script needs
    --> [REPO]/tools/it.py:2:1
     = `lib<2,` is not a requirement (PEP 508): Unexpected end of version specifier, expected operator
    ");
    repo.write(
        "tools/it.py",
        &script.replace("# dep", "# requires-python = '>=3.99'\n# dep"),
    );
    let refused = repo.xtask(&["run", "--", "tools/it.py"]);
    assert_eq!(refused.status, 1, "{refused}");
    assert!(said(&refused).starts_with("error: cannot"), "{refused}");
}
