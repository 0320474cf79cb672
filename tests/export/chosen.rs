//! What an environment has where that is chosen: pip, extras, dependency groups, distributions of the
//! repository, and what plug-ins require.

use insta::assert_snapshot;
use testkit::{LoopbackIndex, Package, Repo};

use crate::fixtures::environments::{exported, index, repo, said, with_sources};
use crate::{done, lock};

/// The names and versions of what an environment has, with `pip` where that can be started.
const INSTALLED: &str = "import importlib.metadata as m\nprint(*sorted(d.name + ' ' + d.version for d in m.distributions()), sep=', ')";

#[track_caller]
fn installed(repo: &Repo) -> String {
    let folder = repo.root().join("dist/export/python/virtualenvs");
    let mut pythons = Vec::new();
    for resolve in folder.read_dir_utf8().unwrap() {
        for python in resolve.unwrap().path().read_dir_utf8().unwrap() {
            pythons.push(python.unwrap().path().join("bin/python"));
        }
    }
    pythons.retain(|python| python.exists());
    let output = repo.run(&pythons[0], &["-c", INSTALLED]);
    assert_eq!(output.status, 0, "{output}");
    output.stdout.trim_end().to_owned()
}

#[test]
fn pip_beside_the_lock() {
    let Some(repo) = repo() else { return };
    let index = LoopbackIndex::start([
        Package::new("app", "1.0"),
        Package::new("lib", "1.0"),
        Package::new("pip", "24.0").member("pip/__main__.py", b"print('it is pip')\n"),
        Package::new("pip", "26.0").member("pip/__main__.py", b"print('it is pip')\n"),
        Package::new("setuptools", "80.0"),
        Package::new("wheel", "0.45"),
    ]);
    let repo = repo.index(&index).requirements("app\n");
    lock(&repo);
    done(&repo, &["export"]);
    assert_eq!(installed(&repo), "app 1.0");
    let without_others = |text: String| {
        text.replace("setuptools 80.0, ", "")
            .replace(", setuptools 80.0", "")
            .replace(", wheel 0.45", "")
    };
    done(&repo, &["export", "--seed"]);
    assert_eq!(without_others(installed(&repo)), "app 1.0, pip 26.0");
    assert_eq!(
        done(&repo, &["run", "--", "-m", "pip"]).stdout,
        "it is pip\n"
    );
    // It stays, whoever exports next, and is asked for once.
    index.clear_log();
    assert_snapshot!(said(&done(&repo, &["export", "--seed"])), @"python-default: dist/export/python/virtualenvs/python-default/[PYTHON] is up to date");
    assert_snapshot!(said(&done(&repo, &["export", "--exact"])), @"python-default: dist/export/python/virtualenvs/python-default/[PYTHON] is up to date");
    assert_eq!(index.log().len(), 0);
    assert_eq!(done(&repo, &["check-export"]).stderr, "");
    fs_err::remove_dir_all(repo.cache()).unwrap();
    repo.write("requirements.txt", "app\nlib\n");
    lock(&repo);
    done(&repo, &["export"]);
    assert_eq!(
        without_others(installed(&repo)),
        "app 1.0, lib 1.0, pip 26.0"
    );
    // A lock that has it is what counts.
    repo.write("requirements.txt", "app\npip<26\n");
    lock(&repo);
    done(&repo, &["export", "--seed"]);
    assert_eq!(without_others(installed(&repo)), "app 1.0, pip 24.0");
    repo.write("requirements.txt", "app\n");
    lock(&repo);
    done(&repo, &["export", "--reinstall"]);
    assert_eq!(installed(&repo), "app 1.0");
    let settings = repo.read("Cargo.toml") + "[workspace.metadata.xtask.export]\nseed = true\n";
    repo.write("Cargo.toml", &settings);
    done(&repo, &["export"]);
    assert_eq!(without_others(installed(&repo)), "app 1.0, pip 26.0");
}

#[test]
fn an_environment_that_may_be_moved() {
    let Some((_index, repo)) = exported() else {
        return;
    };
    let output = done(&repo, &["export", "--relocatable"]);
    assert_snapshot!(said(&output), @"python-default: changed dist/export/python/virtualenvs/python-default/[PYTHON] (2 packages, CPython [PYTHON])");
    assert_snapshot!(said(&done(&repo, &["export"])), @"python-default: dist/export/python/virtualenvs/python-default/[PYTHON] is up to date");
    let moved = "mv dist/export/python/virtualenvs/python-default/3* elsewhere && elsewhere/bin/app && grep -c ^relocatable elsewhere/pyvenv.cfg";
    let output = repo.run("bash".into(), &["-c", moved]);
    assert_eq!(output.stdout, "app with lib 2.0\n1\n", "{output}");
}

/// A repository whose requirements have extras and groups.
fn grouped() -> Option<(LoopbackIndex, Repo)> {
    let packages = ["a", "b", "c", "d", "e", "f", "both"];
    let packages = packages.map(|name| Package::new(name, "1.0"));
    let index = LoopbackIndex::start(
        packages.into_iter().chain([
            Package::new("shared", "1.0").requires("both; extra == 'x'"),
            Package::new("of-dev", "1.0")
                .requires("both; sys_platform == 'win32'")
                .requires("f"),
        ]),
    );
    let pyproject = "[project]\nname = 'own'\ndependencies = ['a', 'shared', 'both; sys_platform == \"win32\"']\n\
        [project.optional-dependencies]\nfast = ['b']\nslow = ['c']\nall = ['own[fast,slow]']\n\
        [dependency-groups]\ndev = ['of-dev', {include-group = 'lint'}]\nlint = ['d', 'shared[x]']\ndocs = ['e']\n";
    let repo = repo()?
        .index(&index)
        .file(
            "BUILD",
            "python_requirements(name='reqs', source='pyproject.toml')\n",
        )
        .file("pyproject.toml", pyproject);
    lock(&repo);
    Some((index, repo))
}

#[test]
fn extras_and_dependency_groups() {
    let Some((_index, repo)) = grouped() else {
        return;
    };
    let with = |arguments: &[&str]| {
        done(&repo, &[&["export"], arguments].concat());
        installed(&repo).replace(" 1.0", "")
    };
    assert_snapshot!(with(&[]), @"a, b, both, c, d, e, f, of-dev, shared");
    assert_snapshot!(with(&["--no-dev"]), @"a, b, both, c, d, e, shared");
    assert_snapshot!(with(&["--no-dev", "--no-group", "lint", "--extra", "fast"]), @"a, b, e, shared");
    assert_snapshot!(with(&["--group", "docs", "--no-extra", "slow"]), @"a, b, c, e, shared");
    assert_snapshot!(with(&["--no-extra", "all", "--extra", "all", "--group", "docs"]), @"a, e, shared");
    assert_snapshot!(with(&["--extra", "all", "--no-group", "docs"]), @"a, b, both, c, d, f, of-dev, shared");
    assert_snapshot!(with(&["--only-group", "lint"]), @"both, d, shared");
    assert_snapshot!(with(&["--only-group", "dev"]), @"both, d, f, of-dev, shared");
    // `run` makes it what the lock says again.
    assert_snapshot!(done(&repo, &["run", "--", "-c", INSTALLED]).stdout.replace(" 1.0", ""), @"a, b, both, c, d, e, f, of-dev, shared");
    let refused = repo.xtask(&["export", "--group", "dov"]);
    assert_eq!(refused.status, 2, "{refused}");
    assert_snapshot!(said(&refused), @"
    error: the requirements of `python-default` have no dependency group `dov`
     --> BUILD:1:1
      |
    1 | python_requirements(name='reqs', source='pyproject.toml')
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
    hint: did you mean `dev`?
    ");
    let refused = repo.xtask(&["export", "--extra", "nothing-like-it"]);
    assert_eq!(refused.status, 2, "{refused}");
    assert_snapshot!(said(&refused), @"
    error: the requirements of `python-default` have no extra `nothing-like-it`
     --> BUILD:1:1
      |
    1 | python_requirements(name='reqs', source='pyproject.toml')
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
    hint: there is `all`, `fast`, `slow`
    ");
}

#[test]
fn a_part_of_a_lock_in_another_format() {
    let Some((_index, repo)) = grouped() else {
        return;
    };
    let with = |arguments: &[&str]| {
        let format = ["export", "--format", "requirements"];
        let output = done(&repo, &[&format, arguments].concat());
        let lines = output.stdout.lines().filter(|line| line.contains("=="));
        let lines: Vec<&str> = lines.map(|line| line.trim_end_matches(" \\")).collect();
        lines.join("\n")
    };
    assert_snapshot!(with(&["--no-dev", "--no-group", "lint", "--no-extra", "slow", "--no-extra", "all"]), @"
    a==1.0
    b==1.0
    both==1.0 ; sys_platform == 'win32'
    e==1.0
    shared==1.0
    ");
    assert_snapshot!(with(&["--only-group", "lint"]), @"
    both==1.0
    d==1.0
    shared==1.0
    ");
}

#[test]
fn groups_of_poetry() {
    let Some(repo) = repo() else { return };
    let packages = ["a", "b", "c", "d"].map(|name| Package::new(name, "1.0"));
    let index = LoopbackIndex::start(packages);
    let pyproject = "[tool.poetry.dependencies]\npython = '*'\na = '*'\nb = {version = '*', optional = true}\n\
        [tool.poetry.extras]\nfast = ['b']\n[tool.poetry.group.dev.dependencies]\na = '^1'\nc = '*'\n\
        [tool.poetry.group.docs.dependencies]\nd = '*'\n";
    let repo = repo
        .index(&index)
        .file("BUILD", "poetry_requirements(name='reqs')\n")
        .file("pyproject.toml", pyproject);
    lock(&repo);
    let with = |arguments: &[&str]| {
        done(&repo, &[&["export"], arguments].concat());
        installed(&repo).replace(" 1.0", "")
    };
    assert_snapshot!(with(&["--no-dev"]), @"a, b, d");
    assert_snapshot!(with(&["--no-extra", "fast", "--only-group", "docs"]), @"d");
    assert_snapshot!(with(&["--only-group", "dev"]), @"c");
    let without = pyproject.replace("group.dev.", "group.test.");
    repo.write("pyproject.toml", &without);
    lock(&repo);
    assert_snapshot!(with(&["--no-dev"]), @"a, b, c, d");
}

#[test]
fn distributions_of_the_repository_that_are_chosen() {
    let Some(repo) = repo() else { return };
    let index = index();
    let repo = with_sources(repo.index(&index).requirements("app\n"));
    lock(&repo);
    done(&repo, &["export"]);
    assert_snapshot!(installed(&repo), @"acme-hello 0.1, acme-tool 1.2.3, app 1.0, lib 2.0");
    done(&repo, &["export", "--editable", "acme-tool"]);
    assert_snapshot!(installed(&repo), @"acme-tool 1.2.3, app 1.0, lib 2.0");
    done(&repo, &["export", "--no-editable"]);
    assert_snapshot!(installed(&repo), @"app 1.0, lib 2.0");
    let refused = repo.xtask(&["export", "--editable", "acme-tol"]);
    assert_eq!(refused.status, 2, "{refused}");
    assert_snapshot!(said(&refused), @"
    error: the repository has no distribution `acme-tol`
     |
    hint: did you mean `acme-tool`?
    ");
    let settings =
        repo.read("Cargo.toml") + "[workspace.metadata.xtask.export]\neditables = ['acme-hello']\n";
    repo.write("Cargo.toml", &settings);
    done(&repo, &["export"]);
    assert_snapshot!(installed(&repo), @"acme-hello 0.1, app 1.0, lib 2.0");
    // What is not installed can be imported from its sources.
    assert_eq!(
        done(
            &repo,
            &["run", "--", "-c", "import acme.cli as c; c.main()"]
        )
        .stdout,
        "acme with lib 2.0\n"
    );
    done(&repo, &["check-export"]);
}

#[test]
fn what_a_plug_in_requires() {
    let Some(repo) = repo() else { return };
    let index = index();
    let repo = with_sources(repo.index(&index).requirements("app\nlib<2\n"));
    lock(&repo);
    let before = repo.read("python.lock");
    let set_up = "[metadata]\nname = acme-hello\nversion = 0.1\n[options]\ninstall_requires =\n    built>=1\n    lib\n    acme-tool>=1\n";
    repo.write("plugins/hello/setup.cfg", set_up);
    assert_snapshot!(said(&done(&repo, &["export"])), @"
    python-default: 1 of 3 packages have no wheel for CPython [PYTHON] here and are built from source: built 1.0
    python-default: made dist/export/python/virtualenvs/python-default/[PYTHON] (3 packages, CPython [PYTHON])
    ");
    assert_snapshot!(installed(&repo), @"acme-hello 0.1, acme-tool 1.2.3, app 1.0, built 1.0, lib 1.0");
    assert_snapshot!(said(&done(&repo, &["export"])), @"python-default: dist/export/python/virtualenvs/python-default/[PYTHON] is up to date");
    assert_eq!(done(&repo, &["check-export"]).stderr, "");
    assert_eq!(
        repo.read("python.lock"),
        before,
        "the lock does not know plug-ins"
    );
    repo.write(
        "plugins/hello/setup.cfg",
        &set_up.replace("    built>=1\n", ""),
    );
    done(&repo, &["run", "--", "-c", "pass"]);
    assert_snapshot!(installed(&repo), @"acme-hello 0.1, acme-tool 1.2.3, app 1.0, lib 1.0");
    repo.write(
        "plugins/hello/setup.cfg",
        &set_up.replace("    lib\n", "    lib>=2\n"),
    );
    let refused = repo.xtask(&["export"]);
    assert_eq!(refused.status, 1, "{refused}");
    assert_snapshot!(said(&refused), @"
    error: cannot lock `python-default`: no versions satisfy all requirements
     --> requirements.txt:2:1
      |
    2 | lib<2
      | ^^^^^
      |
      = requirements.txt:2 requires lib<2
      = lib>=2 is required
      = plugins/hello requires built>=1
      = plugins/hello requires lib>=2
    hint: with lib 2.0 there is a solution: loosen `lib<2` at requirements.txt:2
    hint: with lib 1.0 there is a solution: loosen `lib>=2`
    ");
    repo.write(
        "plugins/hello/setup.cfg",
        &set_up.replace("    lib\n", "    lib=>2\n"),
    );
    let refused = repo.xtask(&["export"]);
    assert_eq!(refused.status, 1, "{refused}");
    assert_snapshot!(said(&refused), @r#"
    error: cannot tell what the plug-in in plugins/hello requires
     |
     = `lib=>2` is not a requirement (PEP 508): no such comparison operator "=>", must be one of ~= == != <= >= < > ===
    "#);
}

#[test]
fn code_that_would_have_to_be_generated() {
    let Some(repo) = repo() else { return };
    let index = index();
    let settings = repo.read("Cargo.toml")
        + "[workspace.metadata.xtask.export]\npy_generated_sources_in_resolve = ['python-default']\n";
    let repo = repo
        .index(&index)
        .requirements("app\n")
        .file("Cargo.toml", &settings);
    lock(&repo);
    done(&repo, &["export"]);
    let repo = repo
        .file("src/BUILD", "protobuf_sources(name='protos')\n")
        .file("src/a.proto", "syntax = \"proto3\";\n");
    let refused = repo.xtask(&["export"]);
    assert_eq!(refused.status, 1, "{refused}");
    assert_snapshot!(said(&refused), @"
    error: cannot export `python-default` with `a_pb2`, to be generated of `src/a.proto:protos`: code is not generated yet
     --> src/BUILD:1:18
      |
    1 | protobuf_sources(name='protos')
      |                  ^^^^^^^^^^^^^^
      |
    hint: generate the files and keep them in the repository, or take `python-default` out of `py_generated_sources_in_resolve` in `[export]`
    ");
}

/// A checkout that nobody may write into, with an environment that is right.
#[test]
fn a_checkout_that_cannot_be_written() {
    let Some((_index, repo)) = exported() else {
        return;
    };
    let script = "mount --bind . . && cd \"$PWD\" && mount -o remount,bind,ro . && ! touch x 2>/dev/null && \
                  \"$0\" export && \"$0\" run -- app && \"$0\" check-export && \"$0\" export --seed";
    let Some(output) = repo.in_own_mounts(script) else {
        return;
    };
    assert_eq!(output.stdout, "app with lib 2.0\n", "{output}");
    assert_snapshot!(said(&output), @"
    python-default: dist/export/python/virtualenvs/python-default/[PYTHON] is up to date
    error: cannot lock `tool pip`: no versions satisfy all requirements
     |
     = pip is required
     = pip is on no index
    hint: check that `pip` is on one of the indexes of `[python-repos]`
    ");
}
