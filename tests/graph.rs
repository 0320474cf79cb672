//! The target graph beyond Python, and what a change concerns: what a user sees of it.

use testkit::{LoopbackIndex, Package, Repo};

use crate::fixtures::graph::answer;
use crate::{done, git, refused, repo};

/// Commits everything.
fn committed(repo: Repo) -> Repo {
    git(&repo, &["init", "--quiet", "--initial-branch=main"]);
    git(&repo, &["add", "."]);
    git(&repo, &["commit", "--quiet", "-m", "all"]);
    repo
}

const TRANSITIVE: &str = "list --changed-since=HEAD --changed-dependents=transitive";

#[test]
fn a_file_that_a_build_file_reads() {
    let repo = committed(
        repo()
            .file("VERSION", "1.0\n")
            .file("a/BUILD", "with open(\"./VERSION\") as file:\n    version = file.read().strip()\ntarget(name=f\"v{version}\")\n")
            .file("b/BUILD", "target()\n"),
    );
    insta::assert_snapshot!(answer(&repo, "list ::"), @"
    //:_python-default_lockfile
    a:v1.0
    b:b
    ");
    insta::assert_snapshot!(answer(&repo, "filedeps a::"), @"
    VERSION
    a/BUILD
    ");
    repo.write("VERSION", "2.0\n");
    insta::assert_snapshot!(answer(&repo, "list --changed-since=HEAD"), @"a:v2.0");
    let refusing = |build: &str| {
        repo.write("a/BUILD", build);
        refused(&repo, &["list", "::"])
    };
    insta::assert_snapshot!(refusing("open('../secret')\n"), @"
    error: a BUILD file reads files of the repository, not `../secret`
     --> a/BUILD:1:1
      |
    1 | open('../secret')
      | ^^^^^^^^^^^^^^^^^
    ");
    insta::assert_snapshot!(refusing("x = open('nowhere').read()\n"), @"
    error: there is no file `nowhere` in the repository, or ignore rules hide it
     --> a/BUILD:1:5
      |
    1 | x = open('nowhere').read()
      |     ^^^^^^^^^^^^^^^^^^^^^^
    ");
    insta::assert_snapshot!(refusing("open('VERSION', 'w')\n"), @"
    error: a BUILD file can read text files, not open them with `w`
     --> a/BUILD:1:1
      |
    1 | open('VERSION', 'w')
      | ^^^^^^^^^^^^^^^
    ");
    insta::assert_snapshot!(refusing("with target():\n    pass\n"), @"
    error: `with` for what is no file is not supported in BUILD files
     --> a/BUILD:1:1
      |
    1 | with target():
      | ^^^^
    ");
}

#[cfg(unix)]
#[test]
fn a_pipe_is_not_read() {
    let repo = repo().file("BUILD", "python_sources()\n").file("y.py", "");
    repo.run("mkfifo".into(), &["x.py"]);
    let output = repo.xtask(&["dependencies", "::"]);
    insta::assert_snapshot!(output, @"
    exit status 0
    ----- stdout
    //y.py
    ----- stderr
    warning: `x.py` is neither a file nor a folder, and is not read
    ");
}

#[test]
fn expressions_without_end() {
    let sum = "\"a\" + ".repeat(80_000);
    let repo = repo().file("BUILD", &format!("x = {sum}\"b\"\n"));
    let output = repo.xtask(&["list", "::"]);
    assert_eq!(output.status, 1);
    assert!(output.stderr.contains("nested too deeply"), "{output}");
    repo.write("BUILD", &"(".repeat(200_000));
    let output = repo.xtask(&["list", "::"]);
    assert!(output.stderr.contains("nested too deeply"), "{output}");
    repo.write("BUILD", "target(\n    name=\"x\",\n\ntarget(name=\"y\")\n");
    insta::assert_snapshot!(refused(&repo, &["list", "::"]), @"
    error: cannot parse: `(` is never closed
     --> BUILD:1:7
      |
    1 | target(
      |       ^
    ");
}

/// Two modules, of which one imports the other.
fn modules() -> Repo {
    committed(
        repo()
            .file("lib/BUILD", "python_sources()\n")
            .file("lib/a.py", "")
            .file("lib/sub/b.py", "")
            .file("lib/sub/BUILD", "python_sources()\n")
            .file("app/BUILD", "python_sources()\n")
            .file("app/m.py", "import lib.a\nimport lib.sub.b\n")
            .file("app/n.py", "import app.m\n"),
    )
}

#[test]
fn who_imported_what_is_no_more() {
    let repo = modules();
    repo.run("rm".into(), &["lib/a.py"]);
    let listed = |repo: &Repo, how: &str| {
        let dependents = format!("--changed-dependents={how}");
        let output = repo.xtask(&["list", "--changed-since=HEAD", &dependents]);
        assert_eq!(output.status, 0, "{output}");
        output.stdout
    };
    insta::assert_snapshot!(listed(&repo, "none"), @"lib:lib");
    insta::assert_snapshot!(listed(&repo, "direct"), @"
    app/m.py
    lib:lib
    ");
    insta::assert_snapshot!(listed(&repo, "transitive"), @"
    app/m.py
    app/n.py
    app:app
    lib:lib
    ");
    let repo = modules();
    repo.run("mv".into(), &["lib/sub", "lib/other"]);
    insta::assert_snapshot!(listed(&repo, "transitive"), @"
    app/m.py
    app/n.py
    app:app
    lib/other/b.py
    lib/other:other
    ");
    let repo = modules();
    repo.run("rm".into(), &["lib/sub/BUILD"]);
    insta::assert_snapshot!(listed(&repo, "transitive"), @"
    app/m.py
    app/n.py
    app:app
    ");
}

#[test]
fn fields_of_an_edited_build_file() {
    let repo = committed(
        repo()
            .file("a/BUILD", "target(name='x', tags=['one'])\ntarget(name='y', dependencies=[':x'])\ntarget(name='z')\n")
            .file("a/b/BUILD", "target(name='below')\n"),
    );
    repo.write("a/BUILD", "# a comment\ntarget(name='x', tags=['two'])\ntarget(name='y', dependencies=[':x'])\ntarget(name='z')\n");
    insta::assert_snapshot!(answer(&repo, "list --changed-since=HEAD"), @"a:x");
    insta::assert_snapshot!(answer(&repo, TRANSITIVE), @"
    a:x
    a:y
    ");
    repo.write("a/BUILD", "__defaults__(all={'tags': ['new']})\ntarget(name='x', tags=['one'])\ntarget(name='y', dependencies=[':x'])\n");
    insta::assert_snapshot!(answer(&repo, "list --changed-since=HEAD"), @"
    a/b:below
    a:y
    ");
}

#[test]
fn lines_of_requirements() {
    let repo = committed(
        repo()
            .file("BUILD", "python_requirements(name='reqs')\n")
            .file("requirements.txt", "attrs>=22\ncffi\n")
            .file("src/BUILD", "python_sources()\n")
            .file("src/a.py", "import attrs\n")
            .file("src/c.py", "import cffi\n"),
    );
    repo.write("requirements.txt", "attrs>=23\ncffi # a comment\n");
    insta::assert_snapshot!(answer(&repo, TRANSITIVE), @"
    //:reqs
    //:reqs#attrs
    //requirements.txt:reqs
    src/a.py
    src:src
    ");
    repo.write("requirements.txt", "attrs>=22\n");
    let output = repo.xtask(&TRANSITIVE.split(' ').collect::<Vec<_>>());
    insta::assert_snapshot!(output.stdout, @"
    //:reqs
    //requirements.txt:reqs
    src/c.py
    src:src
    ");
}

#[test]
fn files_of_submodules() {
    let inner = committed(repo().file("m.py", "").file("BUILD", "python_sources()\n"));
    let url = inner.root().to_string();
    let repo = repo().file("x.py", "");
    git(&repo, &["init", "--quiet", "--initial-branch=main"]);
    git(
        &repo,
        &[
            "-c",
            "protocol.file.allow=always",
            "submodule",
            "--quiet",
            "add",
            &url,
            "vendor/sub",
        ],
    );
    git(&repo, &["add", "."]);
    git(&repo, &["commit", "--quiet", "-m", "all"]);
    assert_eq!(answer(&repo, "list --changed-since=HEAD"), "");
    repo.write("vendor/sub/m.py", "import os\n");
    repo.write("vendor/sub/new.py", "");
    insta::assert_snapshot!(answer(&repo, "list --changed-since=HEAD"), @"
    vendor/sub/m.py
    vendor/sub/new.py
    ");
}

#[test]
fn names_that_do_not_exist() {
    let repo = repo()
        .file("src/BUILD", "python_sources()\n")
        .file("src/a.py", "");
    let misused = |arguments: &[&str]| {
        let output = repo.xtask(arguments);
        assert_eq!((output.status, &*output.stdout), (2, ""), "{output}");
        output.stderr
    };
    insta::assert_snapshot!(misused(&["list", "--filter-target-type", "python_sorce", "::"]), @"
    error: there is no target type `python_sorce`
     |
    hint: did you mean `python_source`?
    ");
    insta::assert_snapshot!(refused(&repo, &["list", "--changed-since", "main"]), @"
    error: cannot tell what changed since `main`: this is no git repository
     |
    hint: `--changed-since` compares with a commit of git; specs name targets without it
    ");
    insta::assert_snapshot!(misused(&["list", "--filter-address-regex", "(", "::"]), @"
    error: `--filter-address-regex` is no regular expression
     |
     = regex parse error:
           (
           ^
       error: unclosed group
    ");
    let absolute = format!("{}/src/a.py", repo.root());
    assert_eq!(answer(&repo, &format!("list {absolute}")), "src/a.py\n");
    assert_eq!(
        answer(&repo, &format!("list {}/src::", repo.root())),
        "src/a.py\nsrc:src\n"
    );
    assert_eq!(answer(&repo, "list src/a.py::"), "src/a.py\n");
    let outside = repo.xtask(&["list", "/nowhere/a.py"]);
    assert_eq!(outside.status, 2, "{outside}");
    assert!(
        outside
            .stderr
            .contains("`/nowhere/a.py` is outside of the repository"),
        "{outside}"
    );
}

#[test]
fn filters_by_address() {
    let repo = repo()
        .file("src/BUILD", "python_sources()\n")
        .file("src/a.py", "")
        .file("src/b.py", "");
    assert_eq!(
        answer(&repo, "list --filter-address-regex=a\\.py$ src::"),
        "src/a.py\n"
    );
    assert_eq!(
        answer(&repo, "list --filter-address-regex=-a\\.py$,:src$ src::"),
        "src/b.py\n"
    );
}

#[test]
fn filters_by_patterns_of_tags() {
    let repo = repo()
        .file("src/BUILD", "python_sources(tags=['unit-slow'])\n")
        .file("src/a.py", "")
        .file("lib/BUILD", "python_sources()\n")
        .file("lib/b.py", "");
    assert_eq!(
        answer(&repo, "list --filter-tag-regex=^unit- ::"),
        "src/a.py\nsrc:src\n"
    );
    assert_eq!(
        answer(&repo, "list --filter-tag-regex=-slow$ src:: lib::"),
        "lib/b.py\nlib:lib\n"
    );
}

#[test]
fn no_commit_to_compare_with() {
    let repo = repo().file("BUILD", "target(name='x')\n");
    git(&repo, &["init", "--quiet", "--initial-branch=main"]);
    insta::assert_snapshot!(refused(&repo, &["list", "--changed-since", "HEAD"]), @"
    error: there is no commit `HEAD`
     |
    hint: nothing is committed yet
    ");
}

#[test]
fn a_shallow_clone_says_so() {
    let origin = committed(repo().file("BUILD", "target(name='x')\n"));
    git(&origin, &["tag", "old"]);
    git(
        &origin,
        &["commit", "--quiet", "--allow-empty", "-m", "more"],
    );
    git(&origin, &["branch", "apart", "old"]);
    let url = format!("file://{}", origin.root());
    let clone = repo();
    for arguments in [
        &["init", "--quiet", "--initial-branch=main"][..],
        &["fetch", "--quiet", "--depth=1", &url, "main", "apart:apart"],
        &["reset", "--quiet", "--hard", "FETCH_HEAD"],
    ] {
        git(&clone, arguments);
    }
    insta::assert_snapshot!(refused(&clone, &["list", "--changed-since", "old"]), @"
    error: `old` and this branch have no commit in common
     |
    hint: this clone is shallow: `git fetch --unshallow`, or `--deepen N`, brings older commits
    ");
    insta::assert_snapshot!(refused(&clone, &["list", "--changed-since", "nowhere"]), @"
    error: there is no commit `nowhere`
     |
    hint: this clone is shallow: `git fetch --unshallow`, or `--deepen N`, brings older commits
    ");
    assert_eq!(answer(&clone, "list --changed-since=HEAD"), "");
}

#[test]
fn a_type_of_a_plug_in_may_resemble_a_known_one() {
    let repo = repo()
        .file(
            "pants.toml",
            "[GLOBAL]\npants_version = \"2.27.0\"\nbackend_packages = [\"own\"]\npythonpath = [\"%(buildroot)s/plug-ins\"]\n\
             [python]\ninterpreter_constraints = [\"==3.12.*\"]\n",
        )
        .file("BUILD", "odin_package(name='math', sources=['*.odin'])\n");
    insta::assert_snapshot!(refused(&repo, &["list", "::"]), @"
    error: `odin_package` is not defined
     --> BUILD:1:1
      |
    1 | odin_package(name='math', sources=['*.odin'])
      | ^^^^^^^^^^^^^^^^^^^^^^^^^
      |
    hint: did you mean `node_package`?
    ");
    let plug_in = "class OdinPackage(Target):\n    alias = \"odin_package\"\n";
    repo.write("plug-ins/own/types.py", plug_in);
    assert_eq!(done(&repo, &["list", "//:math"]).stdout, "//:math\n");
}

#[test]
fn types_that_settings_declare() {
    let repo = repo()
        .file(
            "Cargo.toml",
            "[workspace.metadata.xtask.GLOBAL]\nbackend_packages = [\"own_plugin\"]\n\
             [workspace.metadata.xtask.targets.types.api_spec]\nsource = \"openapi.yaml\"\nfields = { users = \"addresses\", level = \"number\" }\n\
             [workspace.metadata.xtask.targets.types.pack]\ngenerates = \"resource\"\nsources = [\"*.yaml\"]\n\
             [workspace.metadata.xtask.targets.types.schemas]\nsources = [\"*.json\"]\n\
             [workspace.metadata.xtask.targets.types.python_tests]\nfields = { uses = \"texts\" }\n",
        )
        .file("BUILD", "api_spec(name='api', users=[':t'])\npack(name='pack')\nschemas(name='s')\ntarget(name='t')\npython_tests(name='tests', uses=['mongo'])\n")
        .file("openapi.yaml", "")
        .file("test_a.py", "")
        .file("x.json", "");
    insta::assert_snapshot!(answer(&repo, "list ::"), @"
    //:_python-default_lockfile
    //:api
    //:pack
    //:s
    //:t
    //:tests
    //openapi.yaml:pack
    //test_a.py:tests
    ");
    insta::assert_snapshot!(answer(&repo, "dependencies //:api"), @"//:t");
    insta::assert_snapshot!(answer(&repo, "filedeps //:s"), @"
    BUILD
    x.json
    ");
    repo.write("BUILD", "api_spec(name='api', lvel=1)\n");
    insta::assert_snapshot!(refused(&repo, &["list", "::"]), @"
    error: `api_spec` has no field `lvel`
     --> BUILD:1:22
      |
    1 | api_spec(name='api', lvel=1)
      |                      ^^^^^^^
      |
    hint: did you mean `level`?
    ");
    repo.write("BUILD", "api_spec(name='api', level='x')\n");
    insta::assert_snapshot!(refused(&repo, &["list", "::"]), @"
    error: `level` of `//:api` must be a number, not the str `'x'`
     --> BUILD:1:29
      |
    1 | api_spec(name='api', level='x')
      |                             ^^^
    ");
}

#[test]
fn code_that_is_generated_is_not_packaged() {
    let repo = repo()
        .file("BUILD", "python_requirement(name='pb', requirements=['protobuf'])\n")
        .file("src/BUILD", "python_sources()\nprotobuf_sources(name='protos')\npython_distribution(name='dist', dependencies=[':src'], provides=python_artifact(name='d', version='1'))\n")
        .file("src/m.py", "import a_pb2\n")
        .file("src/a.proto", "syntax = \"proto3\";\n");
    insta::assert_snapshot!(answer(&repo, "dependencies src/m.py"), @"src/a.proto:protos");
    insta::assert_snapshot!(refused(&repo, &["package"]), @"
    error: `src:dist` needs `a_pb2`, to be generated of `src/a.proto:protos`, and code is not generated yet
     --> src/BUILD:2:18
      |
    2 | protobuf_sources(name='protos')
      |                  ^^^^^^^^^^^^^^
      |
    hint: generate the files, keep them in the repository, and let `python_sources` or `resources` own them
    ");
}

#[test]
fn settings_that_pants_reads_elsewhere() {
    let repo = repo()
        .file("pants.toml", "[GLOBAL]\npants_version = \"2.17.1\"\n[python]\nenable_resolves = true\n[python.resolves]\na = \"a.lock\"\nb = \"b.lock\"\npython-default = \"c.lock\"\n")
        .file("pants.ci.toml", "[python]\ndefault_resolve = \"b\"\n")
        .file("BUILD", "python_requirement(name='r', requirements=['x'])\n");
    let resolve = |repo: &Repo| {
        let refusal = refused(repo, &["why", "x"]);
        refusal.lines().next().unwrap_or_default().to_owned()
    };
    insta::assert_snapshot!(resolve(&repo), @"error: there is no lock of `python-default` at c.lock");
    let repo = repo.env("PANTS_CONFIG_FILES", "pants.ci.toml");
    insta::assert_snapshot!(resolve(&repo), @"error: there is no lock of `b` at b.lock");
    repo.write(".pants.rc", "[python]\ndefault_resolve = \"a\"\n");
    insta::assert_snapshot!(resolve(&repo), @"error: there is no lock of `a` at a.lock");
    let repo = repo.env("PANTS_PYTHON_DEFAULT_RESOLVE", "b");
    insta::assert_snapshot!(resolve(&repo), @"error: there is no lock of `b` at b.lock");
    let repo = repo.env("PANTS_PYTHON_ENABLE_RESOLVES", "perhaps");
    insta::assert_snapshot!(refused(&repo, &["list", "::"]), @"
    error: `[python] enable_resolves` must be `true` or `false`, not a string
     --> the environment:1:30
      |
    1 | PANTS_PYTHON_ENABLE_RESOLVES=perhaps
      |                              ^^^^^^^
    ");
    let repo = repo.env("PANTS_PYTHON_ENABLE_RESOLVES", "true");
    let repo = repo.env("PANTS_CONFIG_FILES", "gone.toml");
    let refusal = refused(&repo, &["list", "::"]);
    assert!(refusal.contains("gone.toml"), "{refusal}");
}

#[test]
fn pins_that_moved() {
    let packages = |newest: &str| {
        LoopbackIndex::start([
            Package::new("a", "1.0").requires("b"),
            Package::new("b", newest),
            Package::new("c", "1.0"),
        ])
    };
    let (before, now) = (packages("1.0"), packages("2.0"));
    let repo = repo()
        .index(&before)
        .requirements("a\nc\n")
        .file("src/BUILD", "python_sources()\n")
        .file("src/one.py", "import a\n")
        .file("src/two.py", "import c\n");
    crate::lock(&repo);
    let repo = committed(repo).index(&now);
    let output = repo.xtask(&["generate-lockfiles", "--upgrade"]);
    assert_eq!(output.status, 0, "{output}");
    insta::assert_snapshot!(answer(&repo, TRANSITIVE), @"
    //:reqs
    //:reqs#a
    //python.lock:_python-default_lockfile
    src/one.py
    src:src
    ");
}

#[test]
fn requirements_of_other_tools() {
    let index = LoopbackIndex::start([
        Package::new("a", "1.0").requires("d>=1"),
        Package::new("b", "1.0"),
        Package::new("c", "1.0"),
        Package::new("d", "1.0"),
        Package::new("d", "2.0"),
    ]);
    let locked = |build: &str, file: (&str, &str)| {
        let repo = repo()
            .index(&index)
            .file("BUILD", build)
            .file(file.0, file.1);
        crate::lock(&repo);
        crate::locked(&repo, "python-default")
    };
    insta::assert_snapshot!(locked(
        "uv_requirements(name='reqs')\n",
        ("pyproject.toml", "[project]\nname = \"own\"\ndependencies = [\"a\", \"lib\"]\n[dependency-groups]\ndev = [\"b\"]\n[tool.uv]\nconstraint-dependencies = [\"b<2\"]\noverride-dependencies = [\"d<2\"]\n[tool.uv.sources]\nlib = { workspace = true }\n"),
    ), @"
    a==1.0
    b==1.0
    d==1.0
    ");
    insta::assert_snapshot!(locked(
        "poetry_requirements(name='reqs')\n",
        ("pyproject.toml", "[tool.poetry.dependencies]\npython = \"^3.9\"\nd = \"^1\"\n[tool.poetry.group.dev.dependencies]\nc = \"*\"\n"),
    ), @"
    c==1.0
    d==1.0
    ");
    insta::assert_snapshot!(locked(
        "pipenv_requirements(name='reqs')\n",
        ("Pipfile.lock", "{\"_meta\": {}, \"default\": {\"c\": {\"version\": \"==1.0\"}}, \"develop\": {\"b\": {\"version\": \"==1.0\"}}}"),
    ), @"
    b==1.0
    c==1.0
    ");
}

#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written() {
    let repo = repo().file("BUILD", "target(name='x')\n");
    let script = "\"$0\" list :: > /dev/full; echo \"exit $?\" >&2";
    let output = repo.run("bash".into(), &["-c", script, crate::BINARY]);
    insta::assert_snapshot!(output.stderr, @"
    error: cannot print the result: No space left on device (os error 28)
    exit 1
    ");
}

#[test]
fn a_misspelt_name() {
    let repo = repo().file("BUILD", "target(nme='x')\n");
    let output = repo.xtask(&["generate-lockfiles", "python-defalt"]);
    assert_eq!(output.status, 2, "{output}");
    insta::assert_snapshot!(output.stderr, @"
    error: unexpected argument `python-defalt`
     |
    hint: `--resolve python-default` locks one resolve
    ");
    insta::assert_snapshot!(refused(&repo, &["list", "::"]), @"
    error: `target` has no field `nme`
     --> BUILD:1:8
      |
    1 | target(nme='x')
      |        ^^^^^^^^
      |
    hint: did you mean `name`?
    ");
}
