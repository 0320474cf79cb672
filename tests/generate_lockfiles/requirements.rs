//! Requirements: files as pip reads them, hashes, direct references, constraints.

use insta::assert_snapshot;
use testkit::{LoopbackIndex, Output, Package};

use crate::{commit_source, done, head, lock, locked, refused, repo, source_repository};

#[test]
fn requirement_files_as_pip_reads_them() {
    let index = LoopbackIndex::start([
        Package::new("a", "1.0"),
        Package::new("b", "1.0").extra("x", "c"),
        Package::new("b", "2.0").extra("x", "c"),
        Package::new("c", "1.0"),
        Package::new("d", "1.0"),
    ]);
    let repo = repo()
        .index(&index)
        .requirements("# what we need\na ==1.0 # pinned\n-r more.txt\n-c bounds.txt\n")
        .file("more.txt", "B[X] \\\n    ; python_version >= '3.8'\n")
        .file("bounds.txt", "b<2\nd==1.0\n");
    lock(&repo);
    assert_snapshot!(locked(&repo, "python-default"), @"
    a==1.0
    b==1.0
    c==1.0
    ");
}

#[test]
fn a_file_names_its_own_index() {
    let index = LoopbackIndex::start([Package::new("a", "1.0")]);
    let repo = repo().requirements(&format!("--index-url {}\na\n", index.url()));
    lock(&repo);
    assert_snapshot!(locked(&repo, "python-default"), @"a==1.0");
}

#[test]
fn only_files_with_one_of_the_hashes_are_locked() {
    let package = Package::new("a", "1.0").wheel("py3-none-any").sdist();
    let [wheel, _] = &package.files()[..] else {
        panic!("two files")
    };
    let index = LoopbackIndex::start([package.clone()]);
    let line = format!("a==1.0 --hash=sha256:{}\n", wheel.sha256);
    let repo = repo().index(&index).requirements(&line);
    lock(&repo);
    let text = repo.read("python.lock");
    assert!(text.contains("a-1.0-py3-none-any.whl"), "{text}");
    assert!(!text.contains("a-1.0.tar.gz"), "{text}");
}

#[test]
fn a_constraints_file_of_a_resolve() {
    let index = LoopbackIndex::start([
        Package::new("a", "1.0").requires("b"),
        Package::new("b", "1.0"),
        Package::new("b", "2.0"),
    ]);
    let repo = repo()
        .index(&index)
        .requirements("a\n")
        .file("bounds.txt", "b<2\nc==3\n")
        .file(
            "Cargo.toml",
            "[workspace.metadata.xtask.python]\ninterpreter_constraints = ['CPython==3.12.*']\n\
         resolves_to_constraints_file = { __default__ = 'bounds.txt' }\n",
        );
    lock(&repo);
    assert_snapshot!(locked(&repo, "python-default"), @"
    a==1.0
    b==1.0
    ");
}

#[test]
fn wheels_only_and_no_wheels() {
    let index = LoopbackIndex::start([
        Package::new("a", "1.0"),
        Package::new("a", "2.0").sdist(),
        Package::new("b", "1.0").wheel("py3-none-any").sdist(),
    ]);
    let repo = repo().index(&index).requirements("a\nb\n").file(
        "Cargo.toml",
        "[workspace.metadata.xtask.python]\ninterpreter_constraints = ['CPython==3.12.*']\n\
         resolves_to_only_binary = { python-default = ['a'] }\n\
         resolves_to_no_binary = { python-default = ['b'] }\n",
    );
    lock(&repo);
    assert_snapshot!(locked(&repo, "python-default"), @"
    a==1.0
    b==1.0
    ");
    assert!(!repo.read("python.lock").contains("b-1.0-py3-none-any.whl"));
}

#[test]
fn a_pre_release_where_settings_allow_it() {
    let index = LoopbackIndex::start([Package::new("a", "1.0"), Package::new("a", "2.0rc1")]);
    let settings = "[workspace.metadata.xtask.python]\n\
                    interpreter_constraints = ['CPython==3.12.*']\n";
    let repo = repo()
        .index(&index)
        .requirements("a\n")
        .file("Cargo.toml", settings);
    lock(&repo);
    assert_snapshot!(locked(&repo, "python-default"), @"a==1.0");
    let allowed = format!("{settings}resolves_to_prereleases = {{ python-default = 'allow' }}\n");
    let repo = repo.file("Cargo.toml", &allowed);
    let output = repo.xtask(&["generate-lockfiles", "--upgrade"]);
    assert_eq!(output.status, 0, "{output}");
    assert_snapshot!(locked(&repo, "python-default"), @"a==2.0rc1");
}

#[test]
fn a_folder_of_the_repository() {
    if !super::python_is_there() {
        return;
    }
    let index = LoopbackIndex::start([Package::new("lib", "1.0")]);
    let repo = repo().index(&index).requirements("./vendor/ours\n");
    Package::new("ours", "0.1")
        .requires("lib")
        .needs_build()
        .write_source(&repo.root().join("vendor/ours"));
    lock(&repo);
    let text = repo.read("python.lock");
    assert!(
        text.contains("vendor/ours") && !text.contains(repo.root().as_str()),
        "{text}"
    );
    assert!(text.contains("name = \"lib\""), "{text}");
}

#[test]
fn a_git_repository_is_pinned_to_a_commit() {
    if !super::python_is_there() {
        return;
    }
    let index = LoopbackIndex::start([Package::new("lib", "1.0")]);
    let repo = repo().index(&index);
    let ours = Package::new("ours", "0.1").requires("lib").needs_build();
    let source = source_repository(&repo, &ours);
    let commit = head(&source);
    let repo = repo.requirements(&format!("ours @ git+file://{source}@main\n"));
    lock(&repo);
    let first = repo.read("python.lock");
    assert!(first.contains(&commit), "{first}");
    assert!(first.contains("name = \"lib\""), "{first}");

    // The branch has a new commit. The lock keeps the old one until it is upgraded.
    let commit = commit_source(&repo, &ours);
    lock(&repo);
    assert_eq!(repo.read("python.lock"), first);
    let output = repo.xtask(&["generate-lockfiles", "--upgrade"]);
    assert_eq!(output.status, 0, "{output}");
    assert!(repo.read("python.lock").contains(&commit));
}

#[test]
fn a_folder_without_a_name_is_built_with_what_the_files_own_index_has() {
    if !super::python_is_there() {
        return;
    }
    let index = LoopbackIndex::start([Package::new("tool", "1.0")]);
    let repo = repo().requirements(&format!("--index-url {}\n./ours\n", index.url()));
    Package::new("ours", "0.1")
        .needs_build()
        .build_requires("tool")
        .write_source(&repo.root().join("ours"));
    lock(&repo);
    assert!(repo.read("python.lock").contains("name = \"ours\""));
}

#[test]
fn a_git_revision_that_is_not_there() {
    let repo = repo();
    let source = source_repository(&repo, &Package::new("ours", "0.1"));
    let repo = repo.requirements(&format!("ours @ git+file://{source}@v9\n"));
    assert_snapshot!(refused(&repo, &["generate-lockfiles"]), @"
    error: cannot get `v9` of file://[HOME]/ours by git: there is no such branch, tag or commit
     --> requirements.txt:1:1
      |
    1 | ours @ git+file://[HOME]/ours@v9
      | ^^^^
    ");
}

#[test]
fn a_folder_that_is_not_there() {
    let repo = repo().requirements("./vendor/ours\n");
    assert_snapshot!(refused(&repo, &["generate-lockfiles"]), @"
    error: cannot read [REPO]/vendor/ours
     --> requirements.txt:1:1
      |
    1 | ./vendor/ours
      | ^^^^^^^^^^^^^
      |
      = No such file or directory (os error 2)
    ");
}

#[test]
fn a_file_at_a_url_that_is_not_there() {
    let index = LoopbackIndex::start([]);
    let url = index.file_url("a-1.0-py3-none-any.whl");
    let repo = repo().index(&index).requirements(&format!("a @ {url}\n"));
    assert_snapshot!(refused(&repo, &["generate-lockfiles"]), @"
    error: cannot download `http://127.0.0.1:[PORT]/files/a-1.0-py3-none-any.whl` from http://127.0.0.1:[PORT]/files/a-1.0-py3-none-any.whl: the server answers 404
     --> requirements.txt:1:1
      |
    1 | a @ http://127.0.0.1:[PORT]/files/a-1.0-py3-none-any.whl
      | ^
    ");
}

/// Locks the resolves `a` and `b` of a BUILD file. Gives the contents of both locks.
#[track_caller]
fn resolves(build: &str, files: &[(&str, &str)]) -> String {
    let index = LoopbackIndex::start([Package::new("p", "1.0"), Package::new("q", "1.0")]);
    let repo = repo().index(&index).file("BUILD", build).file(
        "Cargo.toml",
        "[workspace.metadata.xtask.GLOBAL]\nbuild_file_prelude_globs = ['macros.py']\n\
         [workspace.metadata.xtask.python]\ninterpreter_constraints = ['CPython==3.12.*']\n\
         default_resolve = 'a'\nresolves = { a = 'a.lock', b = 'b.lock' }\n",
    );
    let repo = repo.file("macros.py", "def both(name, **fields):\n    python_requirements(name=name, **parametrize('one', resolve='a', **fields), **parametrize('two', resolve='b', **fields))\n");
    let files = files.iter();
    let repo = files.fold(repo, |repo, (path, text)| repo.file(path, text));
    lock(&repo);
    let of = |resolve: &str| locked(&repo, resolve).replace('\n', " ");
    format!("a: {}\nb: {}", of("a"), of("b"))
}

#[test]
fn parametrized_targets_are_in_the_resolves_that_peek_says() {
    let file = [("requirements.txt", "p\n")];
    let both = "a: p==1.0\nb: p==1.0";
    let groups = "python_requirements(name='r', **parametrize('one', resolve='a'), **parametrize('two', resolve='b'))\n";
    assert_eq!(resolves(groups, &file), both);
    let field = "python_requirements(name='r', resolve=parametrize('a', 'b'))\n";
    assert_eq!(resolves(field, &file), both);
    assert_eq!(resolves("both('r')\n", &file), both);
    let defaults = "__defaults__({python_requirements: {'resolve': parametrize('a', x='b')}})\npython_requirements(name='r')\n";
    assert_eq!(resolves(defaults, &file), both);
    let included = [("requirements.txt", "-r more.txt\n"), ("more.txt", "p\n")];
    assert_eq!(resolves(groups, &included), both);
    let project = [("pyproject.toml", "[project]\ndependencies = ['p']\n")];
    let pyproject = groups.replace("'r',", "'r', source='pyproject.toml',");
    assert_eq!(resolves(&pyproject, &project), both);
}

#[test]
fn overrides_and_choices_of_requirements_decide_what_a_resolve_has() {
    let file = [("requirements.txt", "p\nq\n")];
    let overridden =
        "python_requirements(name='r', overrides={'Q': {'resolve': parametrize('a', 'b')}})\n";
    assert_eq!(resolves(overridden, &file), "a: p==1.0 q==1.0\nb: q==1.0");
    let moved = "python_requirements(name='r', **parametrize('one', resolve='a'), overrides={'q': {'resolve': 'b'}})\n";
    assert_eq!(resolves(moved, &file), "a: p==1.0\nb: q==1.0");
    let single = "python_requirement(name='r', **parametrize('one', resolve='a', requirements=['p']), **parametrize('two', resolve='b', requirements=['q']))\n";
    assert_eq!(resolves(single, &[]), "a: p==1.0\nb: q==1.0");
    let choices = "python_requirement(name='r', requirements=parametrize(one=['p'], two=['q']))\n";
    assert_eq!(resolves(choices, &[]), "a: p==1.0 q==1.0\nb: ");
}

#[test]
fn a_file_in_utf_16_is_read() {
    let index = LoopbackIndex::start([Package::new("a", "1.0")]);
    let text = "a==1.0\r\n";
    let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let marked = [
        [&[0xff, 0xfe][..], &little].concat(),
        [&[0xfe, 0xff][..], &big].concat(),
    ];
    for bytes in marked {
        let repo = repo().index(&index).requirements("");
        fs_err::write(repo.root().join("requirements.txt"), &bytes).unwrap();
        lock(&repo);
        assert_eq!(locked(&repo, "python-default").trim(), "a==1.0");
        fs_err::write(
            repo.root().join("requirements.txt"),
            &bytes[..bytes.len() - 1],
        )
        .unwrap();
        let output = refused(&repo, &["generate-lockfiles"]);
        assert!(output.contains("it is not UTF-8"), "{output}");
        assert!(
            output.contains("save `requirements.txt` as UTF-8"),
            "{output}"
        );
    }
}

#[test]
fn an_archive_that_is_not_there() {
    let index = LoopbackIndex::start([]);
    let repo = repo()
        .index(&index)
        .requirements("./libs/a-1.0-py3-none-any.whl\n");
    assert_snapshot!(refused(&repo, &["generate-lockfiles"]), @"
    error: cannot read [REPO]/libs/a-1.0-py3-none-any.whl
     --> requirements.txt:1:1
      |
    1 | ./libs/a-1.0-py3-none-any.whl
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = No such file or directory (os error 2)
    ");
}

#[test]
fn a_package_to_upgrade_that_no_lock_has() {
    let index = LoopbackIndex::start([Package::new("a", "1.0")]);
    let repo = repo().index(&index).requirements("a\n");
    let upgrade = [
        "generate-lockfiles",
        "--upgrade-package",
        "zzz",
        "--upgrade-package",
        "a",
    ];
    assert_snapshot!(repo.xtask(&upgrade), @"
    exit status 0
    ----- stderr
    warning: `--upgrade-package zzz` does nothing: no lock has zzz
    python-default (python.lock): 1 packages, written
      + a 1.0  (the requirement `a` is new)
    ");
}

#[test]
fn versions_that_a_cut_off_hides_are_named() {
    let index = LoopbackIndex::start([
        Package::new("a", "1.0").uploaded("2023-01-01T00:00:00Z"),
        Package::new("a", "2.0").uploaded("2024-01-01T00:00:00Z"),
        Package::new("a", "2.1").uploaded("2024-02-01T00:00:00Z"),
        Package::new("a", "3.0").uploaded("2024-03-01T00:00:00Z"),
    ]);
    let repo = repo().index(&index).requirements("a>=2,<3\n");
    let cutoff = ["generate-lockfiles", "--exclude-newer", "2023-06-01"];
    assert_snapshot!(refused(&repo, &cutoff), @"
    error: cannot lock `python-default`: no versions satisfy all requirements
     --> requirements.txt:1:1
      |
    1 | a>=2,<3
      | ^^^^^^^
      |
      = requirements.txt:1 requires a>=2,<3
      = no version of a is >=2,<3; the highest is 1.0; 2.1 and 1 more are hidden by `exclude_newer`, which shows no file uploaded after 2023-06-02T00:00:00Z
    hint: with a 1.0 there is a solution: loosen `a>=2,<3` at requirements.txt:1
    ");
    let repo = repo.requirements("a>=4\n");
    assert_snapshot!(refused(&repo, &cutoff), @"
    error: cannot lock `python-default`: no versions satisfy all requirements
     --> requirements.txt:1:1
      |
    1 | a>=4
      | ^^^^
      |
      = requirements.txt:1 requires a>=4
      = no version of a is >=4; the highest is 1.0
    hint: with a 1.0 there is a solution: loosen `a>=4` at requirements.txt:1
    ");
}

#[test]
fn options_without_effect_are_named() {
    let index = LoopbackIndex::start([Package::new("a", "1.0"), Package::new("b", "1.0")]);
    let repo = repo()
        .index(&index)
        .requirements(
            "--trusted-host index.example\na --global-option=\"--quiet\"\n\
             --prefer-binary --use-feature=fast-deps\n--require-hashes\n-r more.txt\n",
        )
        .file("more.txt", "b --config-settings x=y \\\n  -C z=1\n");
    assert_snapshot!(lock(&repo), @"
    exit status 0
    ----- stderr
    warning: requirements.txt:1: `--trusted-host` has no effect: a repository cannot say so, only pip's configuration on this machine
    warning: requirements.txt:2: `--global-option` has no effect: builds are given no options
    warning: requirements.txt:3: `--prefer-binary` has no effect: `--only-binary` leaves source distributions out
    warning: requirements.txt:3: `--use-feature` has no effect: this is not pip
    warning: more.txt:1: `--config-settings` has no effect: builds are given no options
    warning: more.txt:2: `-C` has no effect: builds are given no options
    python-default (python.lock): 2 packages, written
      + a 1.0  (the requirement `a` is new)
      + b 1.0  (the requirement `b` is new)
    ");
    // Nothing is locked, so nothing is said.
    assert_snapshot!(lock(&repo), @"
    exit status 0
    ----- stderr
    python-default (python.lock): 2 packages, up to date
    ");
    let settings = "[workspace.metadata.xtask.python]\n\
                    interpreter_constraints = ['CPython==3.12.*']\n\
                    resolves_to_constraints_file = { python-default = 'bounds.txt' }\n";
    let repo = repo
        .requirements("a\n")
        .file("Cargo.toml", settings)
        .file("bounds.txt", "--install-option=x\na<2\n");
    assert_snapshot!(lock(&repo), @"
    exit status 0
    ----- stderr
    warning: bounds.txt:1: `--install-option` has no effect: builds are given no options
    python-default (python.lock): 1 packages, written
      - b 1.0  (the requirement `b` is gone)
    ");
}

#[test]
fn a_further_index_of_a_file_is_asked() {
    let first = LoopbackIndex::start([Package::new("a", "1.0")]);
    let second = LoopbackIndex::start([Package::new("a", "5.0"), Package::new("b", "1.0")]);
    let lines = |a: &str| format!("{a}\nb\n--extra-index-url {}\n", second.url());
    let repo = repo().index(&first).requirements(&lines("a"));
    lock(&repo);
    assert_snapshot!(locked(&repo, "python-default"), @"
    a==1.0
    b==1.0
    ");
    let repo = repo.requirements(&lines("a>=5"));
    assert_snapshot!(refused(&repo, &["generate-lockfiles"]), @r#"
    error: cannot lock `python-default`: no versions satisfy all requirements
     --> requirements.txt:1:1
      |
    1 | a>=5
      | ^^^^
      |
      = requirements.txt:1 requires a>=5
      = no version of a is >=5; the highest is 1.0
    hint: index 2 has a 5.0, but a package comes from the first index that has it: `first_index_exceptions = ["a"]` in `[index]` makes this one come from all of them
    hint: with a 1.0 there is a solution: loosen `a>=5` at requirements.txt:1
    "#);
    let settings = "[workspace.metadata.xtask.python]\n\
                    interpreter_constraints = ['CPython==3.12.*']\n\
                    [workspace.metadata.xtask.index]\nfirst_index_exceptions = ['a']\n";
    let repo = repo.file("Cargo.toml", settings);
    lock(&repo);
    assert_snapshot!(locked(&repo, "python-default"), @"
    a==5.0
    b==1.0
    ");
}

#[test]
fn a_further_index_of_the_constraints_is_asked() {
    let first = LoopbackIndex::start([Package::new("a", "1.0")]);
    let second = LoopbackIndex::start([Package::new("b", "1.0"), Package::new("b", "2.0")]);
    let bounds = format!("--extra-index-url {}\nb<2\n", second.url());
    let settings = "[workspace.metadata.xtask.python]\n\
                    interpreter_constraints = ['CPython==3.12.*']\n\
                    resolves_to_constraints_file = { python-default = 'bounds.txt' }\n";
    let of_settings = repo()
        .index(&first)
        .requirements("a\nb\n")
        .file("Cargo.toml", settings)
        .file("bounds.txt", &bounds);
    let of_line = repo()
        .index(&first)
        .requirements("a\nb\n-c bounds.txt\n")
        .file("bounds.txt", &bounds);
    for repo in [of_settings, of_line] {
        let output = lock(&repo);
        assert!(!output.stderr.contains("warning"), "{output}");
        let pins = locked(&repo, "python-default");
        assert_eq!(
            pins.split_whitespace().collect::<Vec<_>>(),
            ["a==1.0", "b==1.0"]
        );
        // Whatever needs the files asks the same indexes.
        done(&repo, &["lock", "check"]);
        done(&repo, &["vendor", "--output", "wheels"]);
    }
}

#[test]
fn archives_that_are_not_there() {
    let index = LoopbackIndex::start([Package::new("b", "1.0")]);
    for lines in [
        "b\n./x.whl\n",
        "b\nlibs/a-1.0-py3-none-any.whl\n",
        "b\n./no/folder\n",
        "b\n-e ./none\n",
    ] {
        let repo = repo().index(&index).requirements(lines);
        insta::allow_duplicates! {
            let output = refused(&repo, &["generate-lockfiles"]);
            assert!(output.contains(" --> requirements.txt:2:"), "{output}");
            assert!(!output.contains("cache"), "{output}");
        }
    }
    let error = |line: &str| {
        let repo = repo().index(&index).requirements(line);
        refused(&repo, &["generate-lockfiles"])
    };
    assert_snapshot!(error("b\n./x.whl\n"), @"
    error: cannot read [REPO]/x.whl
     --> requirements.txt:2:1
      |
    2 | ./x.whl
      | ^^^^^^^
      |
      = No such file or directory (os error 2)
    ");
    assert_snapshot!(error("b\n./x-1.0-py3-none-any.whl\n"), @"
    error: cannot read [REPO]/x-1.0-py3-none-any.whl
     --> requirements.txt:2:1
      |
    2 | ./x-1.0-py3-none-any.whl
      | ^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = No such file or directory (os error 2)
    ");
    assert_snapshot!(error("b\na @ file:libs/a-1.0.tar.gz\n"), @"
    error: cannot read /libs/a-1.0.tar.gz
     --> requirements.txt:2:1
      |
    2 | a @ file:libs/a-1.0.tar.gz
      | ^
      |
      = No such file or directory (os error 2)
    ");
    assert_snapshot!(error("b\n./no/folder\n"), @"
    error: cannot read [REPO]/no/folder
     --> requirements.txt:2:1
      |
    2 | ./no/folder
      | ^^^^^^^^^^^
      |
      = No such file or directory (os error 2)
    ");
}

#[test]
fn requirements_that_declarations_promise_and_no_file_has() {
    let index = LoopbackIndex::start([Package::new("b", "1.0")]);
    let repo = repo().index(&index).requirements("# nothing yet\n");
    assert_snapshot!(refused(&repo, &["generate-lockfiles"]), @r#"
    error: cannot lock `python-default`: nothing is required in it, though there is a `python_requirements` target
     --> BUILD:1:1
      |
    1 | python_requirements(name="reqs")
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
    hint: name a requirement where it reads them, or remove the target
    "#);
    // A resolve of its own may be empty for the time being, and so may a repository.
    let settings = "[workspace.metadata.xtask.python]\n\
                    interpreter_constraints = ['CPython==3.12.*']\n\
                    resolves = { python-default = 'python.lock', later = 'later.lock' }\n";
    let repo = repo.requirements("b\n").file("Cargo.toml", settings);
    lock(&repo);
    let repo = repo.file("BUILD", "");
    lock(&repo);
}

#[test]
fn changed_hashes_of_an_index_package_make_the_lock_stale() {
    let a = Package::new("a", "1.0").wheel("py3-none-any").sdist();
    let b = Package::new("b", "1.0");
    let [wheel, sdist] = &a.files()[..] else {
        panic!("two files")
    };
    let index = LoopbackIndex::start([a.clone(), b]);
    let lines = |hashes: &[&str]| {
        let hashes: Vec<String> = hashes
            .iter()
            .map(|it| format!(" --hash=sha256:{it}"))
            .collect();
        format!("a==1.0{}\nb\n", hashes.concat())
    };
    let repo = repo().index(&index).requirements(&lines(&[]));
    lock(&repo);
    let check = ["generate-lockfiles", "--check"];
    let mut repo = repo;
    for hashes in [
        &[&*wheel.sha256][..],
        &[&wheel.sha256, &sdist.sha256],
        &[&sdist.sha256],
        &[],
    ] {
        repo = repo.requirements(&lines(hashes));
        for command in [&check[..], &["lock", "check"]] {
            let output = repo.xtask(command);
            assert_eq!(output.status, 1, "{output}");
            assert!(
                output.stderr.contains("the `--hash` options of a changed"),
                "{output}"
            );
        }
        lock(&repo);
        assert_eq!(repo.xtask(&check).status, 0);
        let text = repo.read("python.lock");
        for file in [wheel, sdist] {
            let is_allowed = hashes.is_empty() || hashes.contains(&&*file.sha256);
            assert_eq!(text.contains(&file.filename), is_allowed, "{text}");
        }
    }
    // The order of the options does not matter.
    let repo = repo.requirements(&lines(&[&wheel.sha256, &sdist.sha256]));
    lock(&repo);
    let repo = repo.requirements(&lines(&[&sdist.sha256, &wheel.sha256, &wheel.sha256]));
    assert_eq!(repo.xtask(&check).status, 0);
}

#[test]
fn distributions_of_the_repository_are_asked_of_no_index() {
    let index = LoopbackIndex::start([
        Package::new("app", "1.0").requires("mid"),
        Package::new("mid", "1.0").requires("Acme_Common"),
        Package::new("acme-common", "66.0"),
    ]);
    let build = "python_distribution(name='dist', provides=python_artifact(name='acme.common', version='1'))\n";
    let repo = repo()
        .index(&index)
        .requirements("app\n")
        .file("src/acme/BUILD", build);
    assert_snapshot!(refused(&repo, &["generate-lockfiles"]), @r#"
    error: `acme-common` is the distribution `src/acme:dist` of this repository, and no index is asked for it
     --> requirements.txt:1:1
      |
    1 | app
      | ^^^
      |
      = requirements.txt:1 requires app
      = app 1.0 requires mid
      = mid 1.0 requires acme-common
    hint: remove it from the requirements; what packages require of it, `resolves_to_excludes = { RESOLVE = ["acme-common"] }` in `[python]` leaves out
    "#);
    let repo = repo.requirements("# ours\nacme_common>=2\n");
    assert_snapshot!(refused(&repo, &["generate-lockfiles"]), @r#"
    error: `acme-common` is the distribution `src/acme:dist` of this repository, and no index is asked for it
     --> requirements.txt:2:1
      |
    2 | acme_common>=2
      | ^^^^^^^^^^^^^^
      |
    hint: remove it from the requirements; what packages require of it, `resolves_to_excludes = { RESOLVE = ["acme-common"] }` in `[python]` leaves out
    "#);
    let settings = "[workspace.metadata.xtask.python]\n\
                    interpreter_constraints = ['CPython==3.12.*']\n\
                    resolves_to_excludes = { python-default = ['acme-common'] }\n";
    let repo = repo.requirements("app\n").file("Cargo.toml", settings);
    lock(&repo);
    assert_snapshot!(locked(&repo, "python-default"), @"
    app==1.0
    mid==1.0
    ");
    assert_eq!(index.requests("/simple/acme-common/"), 0);
}

#[test]
fn what_described_a_lock_of_pants_goes_with_it() {
    let index = LoopbackIndex::start([Package::new("a", "1.0"), Package::new("b", "1.0")]);
    let repo = repo().index(&index).requirements("a\n");
    let described = "{\n  \"version\": 8,\n  \"generated_with_requirements\": []\n}\n";
    let repo = repo
        .file("python.lock.metadata", described)
        .file("other.lock.metadata", described);
    insta::assert_snapshot!(lock(&repo).stderr, @"
    python.lock.metadata was removed: it described the lock that Pants had made
    python-default (python.lock): 1 packages, written
      + a 1.0  (the requirement `a` is new)
    ");
    assert!(!repo.root().join("python.lock.metadata").exists());
    assert!(repo.root().join("other.lock.metadata").exists());
    repo.write("python.lock.metadata", "of someone else");
    repo.write("requirements.txt", "a\nb\n");
    lock(&repo);
    assert_eq!(repo.read("python.lock.metadata"), "of someone else");
}

#[test]
fn packages_of_pants_are_in_a_place_of_its_own() {
    let index = LoopbackIndex::start([Package::new("pantsbuild-pants", "2.17.1")]);
    let repo = repo()
        .index(&index)
        .file("BUILD", "pants_requirements(name='pants', testutil=False)\n")
        .file(
            "pants.toml",
            "[GLOBAL]\npants_version = \"2.27.0\"\n[python]\ninterpreter_constraints = [\"==3.12.*\"]\n\
             enable_resolves = true\nresolves = { python-default = \"python.lock\" }\n",
        );
    assert_snapshot!(refused(&repo, &["generate-lockfiles"]), @"
    error: cannot lock `python-default`: no versions satisfy all requirements
     --> BUILD:1:1
      |
    1 | pants_requirements(name='pants', testutil=False)
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = BUILD:1 requires pantsbuild-pants==2.27.0
      = no version of pantsbuild-pants is ==2.27.0; the highest is 2.17.1
    hint: since 2.18 Pants has its packages in a place of its own, which its documentation of plug-ins names: add that to `[python-repos] find_links`
    hint: with pantsbuild-pants 2.17.1 there is a solution: loosen `pantsbuild-pants==2.27.0` at BUILD:1
    ");
}

/// Locks `a` of which 1.0 was yanked, with `settings` and these requirements.
fn yanked(requirements: &str, settings: &str) -> Output {
    let index = LoopbackIndex::start([
        Package::new("a", "1.0").yanked("broken on Tuesdays"),
        Package::new("a", "2.0"),
        Package::new("b", "1.0").requires("a>=2"),
        Package::new("c", "1.0").requires("a==1.0"),
    ]);
    let repo = repo().index(&index).requirements(requirements);
    repo.write("constraints.txt", "a==1.0\n");
    repo.write("Cargo.toml", &(repo.read("Cargo.toml") + settings));
    repo.xtask(&["generate-lockfiles"])
}

#[test]
fn what_was_yanked_and_is_named_exactly_is_locked_with_a_warning() {
    assert_snapshot!(yanked("a==1.0\n", ""), @"
    exit status 0
    ----- stderr
    warning: python-default: a 1.0 was yanked: broken on Tuesdays (requirements.txt:1 names exactly this version)
    python-default (python.lock): 1 packages, written
      + a 1.0  (the requirement `a==1.0` is new)
    ");
    let constraints = "resolves_to_constraints_file = { python-default = \"constraints.txt\" }\n";
    assert_snapshot!(yanked("a\n", constraints), @"
    exit status 0
    ----- stderr
    warning: python-default: a 1.0 was yanked: broken on Tuesdays (constraints.txt:1 names exactly this version)
    python-default (python.lock): 1 packages, written
      + a 1.0  (the requirement `a` is new)
    ");
    let overridden = "resolves_to_overrides = { python-default = [\"a===1.0\"] }\n";
    assert_snapshot!(yanked("b\n", overridden), @"
    exit status 0
    ----- stderr
    warning: python-default: a 1.0 was yanked: broken on Tuesdays (an override names exactly this version)
    python-default (python.lock): 2 packages, written
      + a 1.0  (the requirement `b` is new, through b)
      + b 1.0  (the requirement `b` is new)
    ");
}

#[test]
fn what_was_yanked_and_a_release_names_exactly_is_locked_with_a_warning() {
    assert_snapshot!(yanked("c\n", ""), @"
    exit status 0
    ----- stderr
    warning: python-default: a 1.0 was yanked: broken on Tuesdays (c 1.0 requires exactly this version)
    python-default (python.lock): 2 packages, written
      + a 1.0  (the requirement `c` is new, through c)
      + c 1.0  (the requirement `c` is new)
    ");
}

#[test]
fn what_was_yanked_since_is_kept_with_a_warning() {
    let index = LoopbackIndex::start([Package::new("a", "1.0")]);
    let repo = repo().index(&index).requirements("a\n");
    lock(&repo);
    index.remove("a");
    index.add(&Package::new("a", "1.0").yanked(""));
    index.add(&Package::new("a", "1.1"));
    repo.write("requirements.txt", "a<2\n");
    assert_snapshot!(repo.xtask(&["generate-lockfiles", "--refresh"]), @"
    exit status 0
    ----- stderr
    warning: python-default: a 1.0 was yanked (the lock had it: `--upgrade-package a` chooses another)
    python-default (python.lock): 1 packages, written
      ! a 1.0 is yanked  (no changed input explains it)
    ");
}

/// A release of `a` that has a file left beside one that was yanked, and what was locked of it.
fn partly_yanked(index: &LoopbackIndex, requirements: &str) -> String {
    let repo = repo().index(index).requirements(requirements);
    let locked = repo.xtask(&["generate-lockfiles"]);
    assert_eq!(
        (locked.status, locked.stderr.contains("yanked")),
        (0, false),
        "{locked:?}"
    );
    let again = repo.xtask(&["generate-lockfiles"]);
    assert!(again.stderr.contains("up to date"), "{again:?}");
    assert_eq!(repo.xtask(&["lock", "check"]).status, 0);
    let lock = repo.read("python.lock");
    let names = lock.split('"').filter(|text| text.starts_with("a-1.0"));
    names.collect::<Vec<_>>().join(" ")
}

#[test]
fn what_was_yanked_of_a_release_is_left_out() {
    let wheel = |tags: &str| Package::new("a", "1.0").wheel(tags);
    let index = LoopbackIndex::start([wheel("py3-none-any")]);
    index.add(&wheel("cp312-cp312-manylinux2014_x86_64").yanked("broken"));
    assert_snapshot!(partly_yanked(&index, "a\n"), @"a-1.0-py3-none-any.whl");
    assert_snapshot!(partly_yanked(&index, "a==1.0\n"), @"a-1.0-py3-none-any.whl");
    // What is built from the sources is what is left.
    let index = LoopbackIndex::start([Package::new("a", "1.0").sdist()]);
    index.add(&wheel("py3-none-any").yanked(""));
    assert_snapshot!(partly_yanked(&index, "a\n"), @"a-1.0.tar.gz");
    // A wheel is left for one platform, and the sources were withdrawn.
    let index = LoopbackIndex::start([wheel("py3-none-manylinux2014_x86_64")]);
    index.add(&wheel("py3-none-win_amd64").yanked(""));
    index.add(&Package::new("a", "1.0").sdist().yanked(""));
    assert_snapshot!(partly_yanked(&index, "a\n"), @"a-1.0-py3-none-manylinux2014_x86_64.whl");
}

/// Only what was yanked serves Windows, and `==` admits it.
#[test]
fn what_was_yanked_of_a_release_serves_who_names_it_exactly() {
    let wheel = |tags: &str| Package::new("a", "1.0").wheel(tags);
    let index = LoopbackIndex::start([wheel("py3-none-manylinux2014_x86_64")]);
    index.add(&wheel("py3-none-win_amd64").yanked("slow"));
    index.add(&wheel("py312-none-manylinux2014_x86_64").yanked("slow"));
    let repo = repo().index(&index).requirements("a==1.0\n");
    assert_snapshot!(repo.xtask(&["generate-lockfiles"]), @"
    exit status 0
    ----- stderr
    warning: python-default: a 1.0 was yanked: slow (requirements.txt:1 names exactly this version)
    python-default (python.lock): 1 packages, written
      + a 1.0  (the requirement `a==1.0` is new)
    ");
    let lock = repo.read("python.lock");
    assert!(lock.contains("a-1.0-py3-none-win_amd64.whl"), "{lock}");
    assert!(!lock.contains("a-1.0-py312-none-"), "{lock}");
}
