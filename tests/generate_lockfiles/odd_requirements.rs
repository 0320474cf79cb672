//! What few requirements say: encodings, markers that hold nowhere, options that leave indexes out,
//! Pythons that nobody has, wheels that are mislabelled.

use insta::assert_snapshot;
use testkit::{LoopbackIndex, Package};

use crate::{done, lock, locked, refused, repo};

#[test]
fn encodings_that_pip_reads_are_read() {
    let index = LoopbackIndex::start([Package::new("a", "1.0"), Package::new("b", "1.0")]);
    let utf32 = |mark: char, bytes: fn(u32) -> [u8; 4]| -> Vec<u8> {
        let text = format!("{mark}a==1.0\r\nb\n");
        text.chars().flat_map(|c| bytes(c.into())).collect()
    };
    let mark = '\u{feff}';
    for bytes in [
        utf32(mark, u32::to_le_bytes),
        utf32(mark, u32::to_be_bytes),
        b"# -*- coding: Latin-1 -*-\na==1.0 # caf\xe9\nb\n".to_vec(),
        b"# of ours\n# vim: set fileencoding=iso_8859-1 :\n# caf\xe9\na==1.0\nb\n".to_vec(),
    ] {
        let repo = repo().index(&index).requirements("");
        fs_err::write(repo.root().join("requirements.txt"), &bytes).unwrap();
        let output = lock(&repo);
        assert_eq!(
            locked(&repo, "python-default").trim(),
            "a==1.0\nb==1.0",
            "{output}"
        );
    }
}

#[test]
fn a_marker_that_no_environment_satisfies() {
    let index = LoopbackIndex::start([
        Package::new("a", "1.0"),
        Package::new("b", "1.0").requires("a"),
        Package::new("c", "1.0").requires("a"),
    ]);
    let never = "sys_platform == 'linux' and sys_platform == 'darwin'";
    let settings = format!(
        "[workspace.metadata.xtask.python]\n\
         interpreter_constraints = ['CPython==3.12.*']\n\
         resolves_to_overrides = {{ python-default = [\"a ; {never}\"] }}\n"
    );
    let repo = repo()
        .index(&index)
        .requirements(&format!(
            "-c bounds.txt\na ; {never}\nb\nc ; extra == 'x'\na ; extra == 'x' or sys_platform == 'linux'\n"
        ))
        .file("bounds.txt", &format!("b<1 ; {never}\nb<1 ; extra == 'x'\n"));
    assert_snapshot!(lock(&repo), @"
    exit status 0
    ----- stderr
    warning: requirements.txt:4: `c ; extra == 'x'` has no effect: only what a package requires can hold for an extra
    warning: bounds.txt:2: `b<1 ; extra == 'x'` has no effect: only what a package requires can hold for an extra
    python-default (python.lock): 2 packages, written
      + a 1.0  (the requirement `a ; sys_platform == 'linux'` is new)
      + b 1.0  (the requirement `b` is new)
    ");
    let relocked = lock(&repo);
    assert!(relocked.stderr.contains("up to date"), "{relocked}");
    assert_eq!(done(&repo, &["lock", "check"]).status, 0);
    // An override that holds nowhere takes a dependency out.
    let repo = repo.requirements("b\n").file("Cargo.toml", &settings);
    assert_snapshot!(lock(&repo), @"
    exit status 0
    ----- stderr
    python-default (python.lock): 1 packages, written
      - a 1.0  (the requirement `a ; sys_platform == 'linux'` is gone)
    ");
    assert_eq!(done(&repo, &["lock", "check"]).status, 0);
}

#[test]
fn an_option_that_leaves_every_index_out_is_named() {
    let index = LoopbackIndex::start([Package::new("a", "1.0")]);
    let repo = repo().index(&index).requirements("--no-index\na\n");
    assert_snapshot!(refused(&repo, &["generate-lockfiles"]), @"
    error: cannot lock `python-default`: no versions satisfy all requirements
     --> requirements.txt:2:1
      |
    2 | a
      | ^
      |
      = requirements.txt:2 requires a
      = a is on no index
    hint: `--no-index` at requirements.txt:1 leaves every index out: remove it, or name a folder that has a by `--find-links`
    ");
}

#[test]
fn a_package_of_later_pythons_alone_has_its_files() {
    let index = LoopbackIndex::start([
        Package::new("a", "1.0")
            .requires("d<2 ; python_version < '4'")
            .requires("d>=2 ; python_version >= '4'"),
        Package::new("d", "1.0"),
        Package::new("d", "2.0"),
    ]);
    let settings = "[workspace.metadata.xtask.python]\n\
                    interpreter_constraints = ['CPython>=3.12']\n";
    let repo = repo()
        .index(&index)
        .requirements("a\n")
        .file("Cargo.toml", settings);
    lock(&repo);
    assert_eq!(done(&repo, &["lock", "check"]).status, 0);
    let exported = done(
        &repo,
        &["export", "--format", "requirements", "--output", "-"],
    )
    .stdout;
    let of_d = exported
        .lines()
        .skip_while(|line| !line.starts_with("d==2.0"));
    let hashed = of_d.skip(1).any(|line| line.contains("--hash=sha256:"));
    assert!(hashed, "{exported}");
}

#[test]
fn a_wheel_of_another_version_than_its_name_says_is_not_locked() {
    let repo = repo().requirements("a\n").file(
        "Cargo.toml",
        "[workspace.metadata.xtask.python]\n\
         interpreter_constraints = ['CPython==3.12.*']\n\
         [workspace.metadata.xtask.python-repos]\nindexes = []\n\
         find_links = ['file://%(buildroot)s/wheels']\n",
    );
    let folder = repo.root().join("wheels");
    fs_err::create_dir(&folder).unwrap();
    let file = &Package::new("a", "1.0").files()[0];
    fs_err::write(
        folder.join(file.filename.replace("1.0", "2.0")),
        &file.bytes,
    )
    .unwrap();
    assert_snapshot!(refused(&repo, &["generate-lockfiles"]), @"
    error: cannot lock `python-default`: no versions satisfy all requirements
     --> requirements.txt:1:1
      |
    1 | a
      | ^
      |
      = requirements.txt:1 requires a
      = a has metadata that cannot be used: the metadata in `a-2.0-py3-none-any.whl` cannot be read: it is the metadata of version 1.0
    ");
    // As with pip, another one is tried.
    fs_err::write(folder.join(&file.filename), &file.bytes).unwrap();
    lock(&repo);
    assert_eq!(locked(&repo, "python-default").trim(), "a==1.0");
}

#[test]
fn lines_end_where_python_ends_them() {
    let index = LoopbackIndex::start(["a", "b", "c", "d"].map(|name| Package::new(name, "1.0")));
    let repo = repo()
        .index(&index)
        .requirements("a\rb\x0cc # \u{2028}d\r\n");
    lock(&repo);
    assert_eq!(
        locked(&repo, "python-default"),
        "a==1.0\nb==1.0\nc==1.0\nd==1.0"
    );
    repo.write("requirements.txt", "a\rb==\r");
    assert_snapshot!(refused(&repo, &["generate-lockfiles"]), @"
    error: not a requirement: Unexpected end of version specifier, expected version
     --> requirements.txt:2:2
      |
    2 | b==
      |  ^^
    ");
}

#[test]
fn characters_that_nobody_sees_are_named() {
    let index = LoopbackIndex::start([Package::new("a", "1.0")]);
    let repo = repo().index(&index).requirements("a\u{a0}>=1\n");
    assert_snapshot!(refused(&repo, &["generate-lockfiles"]), @r"
    error: not a requirement: ` ` (\u{a0}) is not an ASCII character
     --> requirements.txt:1:2
      |
    1 | a >=1
      |  ^
    ");
    repo.write("requirements.txt", "a>=1\u{200b}\n");
    assert_snapshot!(refused(&repo, &["generate-lockfiles"]).replace('\u{200b}', "[blank]"), @r"
    error: not a requirement: `[blank]` (\u{200b}) is not an ASCII character
     --> requirements.txt:1:5
      |
    1 | a>=1[blank]
      |     ^
    ");
}

#[test]
fn variables_that_are_not_set_are_named() {
    let index = LoopbackIndex::start([Package::new("a", "1.0")]);
    let repo = repo()
        .index(&index)
        .requirements("--find-links ${NOWHERE}\na\n")
        .env("SET", "a");
    assert_snapshot!(done(&repo, &["generate-lockfiles"]), @"
    exit status 0
    ----- stderr
    warning: requirements.txt:1: `--find-links ${NOWHERE}` has no effect: there is no folder [REPO]/${NOWHERE}
    warning: requirements.txt:1: `${NOWHERE}` has no effect: no variable of this name is set
    python-default (python.lock): 1 packages, written
      + a 1.0  (the requirement `a` is new)
    ");
    repo.write("requirements.txt", "${SET}\n${NAME}>=1\n");
    assert_snapshot!(refused(&repo, &["generate-lockfiles"]), @"
    error: not a requirement: Expected package name starting with an alphanumeric character, found `$`
     --> requirements.txt:2:1
      |
    2 | ${NAME}>=1
      | ^^^^^^^^^^
      |
    hint: no variable is set for `${NAME}`
    ");
}

#[test]
fn old_names_of_marker_variables() {
    let index = LoopbackIndex::start([
        Package::new("a", "1.0")
            .requires("c ; python_implementation != 'CPython' and os.name == 'nt'"),
        Package::new("b", "1.0"),
        Package::new("b", "2.0"),
        Package::new("c", "1.0"),
    ]);
    let lines = "a\nb==1.0 ; sys.platform == 'win32'\nb==2.0 ; sys_platform != 'win32'\n";
    let repo = repo().index(&index).requirements(lines);
    lock(&repo);
    assert_snapshot!(locked(&repo, "python-default"), @"
    a==1.0
    b==1.0 ; sys_platform == 'win32'
    b==2.0 ; sys_platform != 'win32'
    ");
}

/// What is asked of a part of a text is of one platform, if the text is.
#[test]
fn markers_with_in() {
    let index = LoopbackIndex::start([
        Package::new("a", "1.0").wheel("py3-none-manylinux2014_x86_64"),
        Package::new("b", "1.0"),
        Package::new("b", "2.0"),
    ]);
    let repo = repo().index(&index).requirements(
        "a ; 'linux' in sys_platform\n\
         b<2 ; platform_machine in 'x86_64 AMD64'\nb>=2 ; platform_machine == 'arm64'\n",
    );
    let settings =
        "resolves_to_platforms = { python-default = [\"linux_x86_64\", \"macos_arm64\"] }\n";
    repo.write("Cargo.toml", &(repo.read("Cargo.toml") + settings));
    assert_snapshot!(repo.xtask(&["generate-lockfiles"]), @"
    exit status 0
    ----- stderr
    python-default (python.lock): 3 packages, written
      + a 1.0 where sys_platform == 'linux'  (the requirement `a ; 'linux' in sys_platform` is new)
      + b 1.0 where sys_platform == 'linux'  (the requirement `b<2 ; platform_machine in 'x86_64 AMD64'` is new)
      + b 2.0 where platform_machine == 'arm64'  (the requirement `b>=2 ; platform_machine == 'arm64'` is new)
    ");
    let lock = repo.read("python.lock");
    assert!(
        lock.contains("\"b<2 ; platform_machine in 'x86_64 AMD64'\""),
        "{lock}"
    );
    assert_eq!(repo.xtask(&["lock", "check"]).status, 0);
}

#[test]
fn a_marker_that_a_url_swallows() {
    let index = LoopbackIndex::start([Package::new("a", "1.0")]);
    let url = index.file_url("a-1.0-py3-none-any.whl");
    let repo = repo().requirements(&format!("a @ {url};python_version>'3'\n"));
    assert_snapshot!(refused(&repo, &["generate-lockfiles"]), @"
    error: not a requirement: write a blank before the `;` of a marker: without it, it is a part of the URL
     --> requirements.txt:1:56
      |
    1 | a @ http://127.0.0.1:[PORT]/files/a-1.0-py3-none-any.whl;python_version>'3'
      |                                                        ^^^^^^^^^^^^^^^^^^^
    ");
}

#[test]
fn folders_of_wheels_are_found_beside_the_file_that_names_them() {
    let repo = repo()
        .file(
            "BUILD",
            "python_requirements(name='reqs', source='sub/requirements.txt')\n",
        )
        .file(
            "sub/requirements.txt",
            "--no-index\n--find-links wheels\na\n",
        );
    let [wheel] = &Package::new("a", "1.0").files()[..] else {
        panic!("one wheel");
    };
    let folder = repo.root().join("sub/wheels");
    fs_err::create_dir(&folder).unwrap();
    fs_err::write(folder.join(&wheel.filename), &wheel.bytes).unwrap();
    lock(&repo);
    assert!(repo.read("python.lock").contains("a-1.0-py3-none-any.whl"));
    repo.write(
        "sub/requirements.txt",
        "--no-index\n--find-links wheel\na>=1\n",
    );
    assert_snapshot!(refused(&repo, &["generate-lockfiles"]), @"
    warning: sub/requirements.txt:2: `--find-links wheel` has no effect: there is no folder [REPO]/wheel
    error: cannot lock `python-default`: no versions satisfy all requirements
     --> sub/requirements.txt:3:1
      |
    3 | a>=1
      | ^^^^
      |
      = sub/requirements.txt:3 requires a>=1
      = a is on no index
    hint: `--no-index` at sub/requirements.txt:1 leaves every index out: remove it, or name a folder that has a by `--find-links`
    ");
}

#[cfg(unix)]
#[test]
fn pipes_are_not_waited_for() {
    let index = LoopbackIndex::start([Package::new("a", "1.0")]);
    for name in ["requirements.txt", "python.lock", "pants.toml"] {
        let repo = crate::repo().index(&index).requirements("a\n");
        let path = repo.root().join(name);
        if path.exists() {
            fs_err::remove_file(&path).unwrap();
        }
        repo.run("mkfifo".into(), &[name]);
        let told = repo.xtask(&["generate-lockfiles"]);
        assert_ne!(told.status, 0, "{name}: {told}");
        if name == "requirements.txt" {
            assert_snapshot!(told, @r#"
            exit status 1
            ----- stderr
            warning: `requirements.txt` is neither a file nor a folder, and is not read
            error: cannot read the requirements of `//:reqs`: it is a pipe, a socket or a device
             --> BUILD:1:1
              |
            1 | python_requirements(name="reqs")
              | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
              |
            hint: create `requirements.txt`, or name another file as `source`
            "#);
        }
    }
}

#[test]
fn a_cache_folder_without_a_name_is_none() {
    let index = LoopbackIndex::start([Package::new("a", "1.0")]);
    let repo = repo()
        .index(&index)
        .requirements("a\n")
        .env("XTASK_CACHE_DIR", "");
    lock(&repo);
    assert!(!repo.root().join("cargo-xtask").exists());
}

#[test]
fn two_spellings_of_one_lock() {
    let repo = repo().requirements("a\n").file(
        "Cargo.toml",
        "[workspace.metadata.xtask.python]\ndefault_resolve = 'a'\n\
         resolves = { a = 'locks/a.lock', b = './locks/../locks/a.lock' }\n",
    );
    assert_snapshot!(refused(&repo, &["generate-lockfiles"]), @"
    error: the resolves `a` and `b` have the same lockfile, locks/a.lock
    --> Cargo.toml
     |
    hint: give each resolve a file of its own
    ");
}

#[test]
fn a_lock_in_the_place_of_its_requirements() {
    let repo = repo().requirements("a==1.0\n").file(
        "Cargo.toml",
        "[workspace.metadata.xtask.python]\ninterpreter_constraints = ['CPython==3.12.*']\n\
         resolves = { python-default = './requirements.txt' }\n",
    );
    assert_snapshot!(refused(&repo, &["generate-lockfiles"]), @"
    error: cannot lock `python-default`: its lock would replace requirements.txt, which has its requirements
     --> requirements.txt:1:1
      |
    1 | a==1.0
      | ^^^^^^
      |
    hint: name another file for it in `[python.resolves]`, such as python-default.lock
    ");
    assert_eq!(repo.read("requirements.txt"), "a==1.0\n");
}

#[test]
fn an_index_that_no_server_is() {
    let repo = repo().requirements("a\n");
    let folder = ["generate-lockfiles", "--index-url=file:///wheels"];
    assert_snapshot!(refused(&repo, &folder), @"
    error: `file:///wheels` is no index: one is asked over http or https
     |
    hint: a folder of wheels and source distributions is named by `[python-repos] find_links`, or `--find-links` in a requirement file
    ");
}
