//! `list`, `dependencies`, `dependents`, `filedeps`, `peek`, `paths`, `roots`,
//! `check-visibility`, `linked-packages`: questions about the target graph.

use testkit::{Index, Package, Repo};

use crate::{git, lock, refused, repo};

/// Three distributions in a namespace package, with rules and a requirement.
fn monorepo() -> Repo {
    repo()
        .file(
            "BUILD",
            "python_requirements(name=\"reqs\", module_mapping={\"PyYAML\": [\"yaml\"]})\n",
        )
        .file("requirements.txt", "PyYAML>=6\nattrs\n")
        .file(
            "src/acme/core/BUILD",
            "python_sources(tags=[\"base\"])\nresources(name=\"data\", sources=[\"*.json\"])\n\
             python_distribution(name=\"dist\", dependencies=[\":core\", \":data\"], provides=python_artifact(name=\"acme-core\"))\n",
        )
        .file("src/acme/core/__init__.py", "import yaml\n")
        .file("src/acme/core/d.json", "{}\n")
        .file(
            "src/acme/app/BUILD",
            "python_sources(dependencies=[\":run\"])\nresource(name=\"run\", source=\"run.sh\")\n\
             pex_binary(name=\"bin\", entry_point=\"main.py:main\")\n",
        )
        .file("src/acme/app/main.py", "from acme.core import thing\nimport acme.app.helper\n")
        .file("src/acme/app/helper.py", "import os\n")
        .file("src/acme/app/run.sh", "true\n")
}

/// What a command prints; it must succeed and warn of nothing.
#[track_caller]
fn answer(repo: &Repo, arguments: &str) -> String {
    let arguments: Vec<&str> = arguments.split(' ').collect();
    let output = repo.xtask(&arguments);
    assert_eq!((output.status, output.stderr.as_str()), (0, ""), "{output}");
    output.stdout
}

#[test]
fn list() {
    let repo = monorepo();
    insta::assert_snapshot!(answer(&repo, "list ::"), @"
    //:_python-default_lockfile
    //:reqs
    //:reqs#PyYAML
    //:reqs#attrs
    //requirements.txt:reqs
    src/acme/app/helper.py
    src/acme/app/main.py
    src/acme/app:app
    src/acme/app:bin
    src/acme/app:run
    src/acme/core/__init__.py
    src/acme/core/d.json:data
    src/acme/core:core
    src/acme/core:data
    src/acme/core:dist
    ");
    insta::assert_snapshot!(answer(&repo, "list src:: -src/acme/core:: --filter-target-type=-python_sources"), @"
    src/acme/app/helper.py
    src/acme/app/main.py
    src/acme/app:bin
    src/acme/app:run
    ");
    insta::assert_snapshot!(answer(&repo, "list :: --tag=base --tag=-other"), @"
    src/acme/core/__init__.py
    src/acme/core:core
    ");
    insta::assert_snapshot!(answer(&repo, "list src/acme/core: --output-format json"), @r#"
    [
      "src/acme/core/__init__.py",
      "src/acme/core/d.json:data",
      "src/acme/core:core",
      "src/acme/core:data",
      "src/acme/core:dist"
    ]
    "#);
}

#[test]
fn specs_are_seen_from_where_the_user_stands() {
    let repo = monorepo();
    let output = repo.xtask_in(
        &repo.root().join("src/acme"),
        &["list", "app:", "//requirements.txt"],
    );
    insta::assert_snapshot!(output.stdout, @"
    //requirements.txt:reqs
    src/acme/app/helper.py
    src/acme/app/main.py
    src/acme/app:app
    src/acme/app:bin
    src/acme/app:run
    ");
}

#[test]
fn dependencies_and_dependents() {
    let repo = monorepo();
    insta::assert_snapshot!(answer(&repo, "dependencies src/acme/app/main.py"), @"
    src/acme/app/helper.py
    src/acme/app:run
    src/acme/core/__init__.py
    ");
    insta::assert_snapshot!(answer(&repo, "dependencies --transitive src/acme/app:bin"), @"
    //:reqs#PyYAML
    //requirements.txt:reqs
    src/acme/app/helper.py
    src/acme/app/main.py
    src/acme/app:run
    src/acme/core/__init__.py
    ");
    insta::assert_snapshot!(answer(&repo, "dependencies src/acme/app:bin --output-format dot"), @r#"
    digraph targets {
      "src/acme/app/main.py";
      "src/acme/app:bin";
      "src/acme/app:bin" -> "src/acme/app/main.py";
    }
    "#);
    insta::assert_snapshot!(answer(&repo, "dependents src/acme/core/__init__.py"), @"
    src/acme/app/main.py
    src/acme/core:core
    ");
    insta::assert_snapshot!(answer(&repo, "dependees --transitive src/acme/core/__init__.py"), @"
    src/acme/app/main.py
    src/acme/app:app
    src/acme/app:bin
    src/acme/core:core
    src/acme/core:dist
    ");
}

#[test]
fn files_and_folders() {
    let repo = monorepo();
    insta::assert_snapshot!(answer(&repo, "filedeps src/acme/core:dist --transitive"), @"
    BUILD
    requirements.txt
    src/acme/core/BUILD
    src/acme/core/__init__.py
    src/acme/core/d.json
    ");
    insta::assert_snapshot!(answer(&repo, "linked-packages src/acme/app:bin"), @"
    src/acme/app
    src/acme/core
    ");
    insta::assert_snapshot!(answer(&repo, "roots"), @"src");
}

#[test]
fn peek() {
    let repo = monorepo();
    insta::assert_snapshot!(answer(&repo, "peek --exclude-defaults src/acme/core:core //:reqs#PyYAML"), @r#"
    [
      {
        "address": "//:reqs#PyYAML",
        "dependencies": [
          "//requirements.txt:reqs"
        ],
        "modules": [
          "yaml"
        ],
        "requirements": [
          "PyYAML>=6"
        ],
        "target_type": "python_requirement"
      },
      {
        "address": "src/acme/core:core",
        "dependencies": [
          "src/acme/core/__init__.py"
        ],
        "sources": [
          "src/acme/core/__init__.py"
        ],
        "tags": [
          "base"
        ],
        "target_type": "python_sources"
      }
    ]
    "#);
}

#[test]
fn paths() {
    let repo = monorepo();
    insta::assert_snapshot!(answer(&repo, "paths src/acme/app:bin //:reqs#PyYAML"), @"
    src/acme/app:bin
      -> src/acme/app/main.py
      -> src/acme/core/__init__.py
      -> //:reqs#PyYAML
    ");
    let none = repo.xtask(&["paths", "src/acme/core:dist", "src/acme/app:bin"]);
    assert_eq!(none.status, 1);
    insta::assert_snapshot!(none.stderr, @"`src/acme/core:dist` does not depend on `src/acme/app:bin`");
}

#[test]
fn what_is_said_about_imports() {
    let repo = monorepo().file(
        "src/acme/app/main.py",
        "import nothing\nfrom acme.core import thing\ndef broken(:\n",
    );
    let output = repo.xtask(&["dependencies", "src/acme/app/main.py"]);
    assert_eq!(output.status, 0, "{output}");
    insta::assert_snapshot!(output, @"
    exit status 0
    ----- stdout
    src/acme/app:run
    src/acme/core/__init__.py
    ----- stderr
    warning: src/acme/app/main.py:1:1: nothing provides `nothing`, imported by `src/acme/app/main.py` (add a requirement or a target that provides it, or `# pants: no-infer-dep` to the line)
    warning: src/acme/app/main.py:3:12: cannot parse all of this file: Expected a parameter or the end of the parameter list (imports that could be read count; the others do not)
    ");
}

#[test]
fn refusals() {
    let repo = monorepo().file(
        "other/BUILD",
        "target(name=\"t\", dependencies=[\"src/acme/coer\"])\n",
    );
    insta::assert_snapshot!(refused(&repo, &["dependencies", "other:t"]), @r#"
    error: no target `src/acme/coer`: there is no file or folder `src/acme/coer`
     --> other/BUILD:1:33
      |
    1 | target(name="t", dependencies=["src/acme/coer"])
      |                                 ^^^^^^^^^^^^^^^^
      |
    hint: did you mean `src/acme/core`?
    "#);
    insta::assert_snapshot!(refused(&repo, &["list", "src/acme/ap::"]), @"
    error: `src/acme/ap::` names no target: there is no file or folder `src/acme/ap`
     |
    hint: did you mean `src/acme/app`?
    ");
    let twice = repo.file(
        "src/acme/app/BUILD",
        "target(name=\"t\")\ntarget(name=\"t\")\n",
    );
    insta::assert_snapshot!(refused(&twice, &["list", "::"]), @r#"
    error: `src/acme/app:t` is already declared at src/acme/app/BUILD:1:1
     --> src/acme/app/BUILD:2:1
      |
    2 | target(name="t")
      | ^^^^^^^^^^^^^^^^
      |
    hint: give one of them another `name`; a target without one is named after its folder
    "#);
    let misuse = twice.xtask(&["list"]);
    assert_eq!(misuse.status, 1, "{misuse}");
}

#[test]
fn naming_no_targets_is_a_misuse() {
    let misuse = monorepo().xtask(&["dependencies"]);
    assert_eq!(misuse.status, 2, "{misuse}");
    insta::assert_snapshot!(misuse.stderr, @"
    error: no targets are named
     |
    hint: `::` names all, `dir::` those in `dir` and below
    ");
}

#[test]
fn check_visibility() {
    let repo = monorepo();
    insta::assert_snapshot!(answer(&repo, "check-visibility"), @"");
    let ruled = repo.file(
        "src/acme/core/BUILD",
        "python_sources()\n__dependents_rules__((\"*\", \".\", \"!*\"))\n",
    );
    let output = ruled.xtask(&["check-visibility"]);
    assert_eq!(output.status, 1);
    insta::assert_snapshot!(output.stdout, @"denied: `src/acme/app/main.py` (python_sources) must not depend on `src/acme/core/__init__.py` (python_sources): src/acme/app -> src/acme/core/BUILD[!*]");
    insta::assert_snapshot!(refused(&ruled, &["dependencies", "src/acme/app/main.py"]), @"error: `src/acme/app/main.py` (python_sources) must not depend on `src/acme/core/__init__.py` (python_sources): src/acme/app -> src/acme/core/BUILD[!*]");
}

/// Every denied dependency that `dependencies` names for some target, as `check-visibility` lists
/// them.
fn denied(repo: &Repo) -> String {
    let mut lines: Vec<String> = Vec::new();
    for target in answer(repo, "list ::").lines() {
        let output = repo.xtask(&["dependencies", target]);
        let refusals = output
            .stderr
            .lines()
            .map(|line| line.trim_start_matches("error: ").trim_start());
        lines.extend(
            refusals
                .filter(|line| line.contains("must not depend on"))
                .map(|line| format!("denied: {line}\n")),
        );
    }
    lines.sort_unstable();
    lines.dedup();
    lines.concat()
}

#[test]
fn check_visibility_lists_what_dependencies_refuses() {
    let rules = "__dependencies_rules__((\"*\", \"!//src/secret/**\", \"!//requirements.txt\", \"!//*.lock\", \"*\"))\n";
    let map = ["linux_x86_64", "linux_arm64", "macos_arm64", "macos_x86_64"]
        .map(|platform| format!("\"{platform}\": [\"src/secret:two\"]"));
    let repo = repo()
        .file(
            "BUILD",
            &format!("{rules}python_requirements(name=\"reqs\")\n"),
        )
        .file("requirements.txt", "attrs\n")
        .file(
            "src/secret/BUILD",
            "python_sources()\nfile(name=\"one\", source=\"one.txt\")\n\
             file(name=\"two\", source=\"two.txt\")\n",
        )
        .file("src/secret/code.py", "")
        .file("src/secret/one.txt", "")
        .file("src/secret/two.txt", "")
        .file(
            "src/app/BUILD",
            &format!(
                "python_sources(dependencies=[\"src/secret:one\"])\n\
                 pex_binary(name=\"bin\", entry_point=\"secret.code:main\", dependencies=[\"src/secret:one\"])\n\
                 archive(name=\"archive\", files=[\"src/secret:one\", \"src/secret:two\"])\n\
                 platform_resources(name=\"picked\", dependencies=[\"src/secret:one\"], dependency_map={{{}}})\n\
                 target(name=\"all\", dependencies=[\":picked\"])\n",
                map.join(", ")
            ),
        )
        .file("src/app/main.py", "import secret.code\n");
    let output = repo.xtask(&["check-visibility"]);
    assert_eq!(output.status, 1, "{output}");
    insta::assert_snapshot!(output.stdout, @"
    denied: `//:reqs#attrs` (python_requirements) must not depend on `//requirements.txt:reqs` (python_requirements): BUILD[!//requirements.txt] -> 
    denied: `src/app/main.py` (python_sources) must not depend on `src/secret/code.py` (python_sources): BUILD[!//src/secret/**] -> src/secret
    denied: `src/app/main.py` (python_sources) must not depend on `src/secret:one` (file): BUILD[!//src/secret/**] -> src/secret
    denied: `src/app:archive` (archive) must not depend on `src/secret:one` (file): BUILD[!//src/secret/**] -> src/secret
    denied: `src/app:archive` (archive) must not depend on `src/secret:two` (file): BUILD[!//src/secret/**] -> src/secret
    denied: `src/app:bin` (pex_binary) must not depend on `src/secret/code.py` (python_sources): BUILD[!//src/secret/**] -> src/secret
    denied: `src/app:bin` (pex_binary) must not depend on `src/secret:one` (file): BUILD[!//src/secret/**] -> src/secret
    denied: `src/app:picked` (platform_resources) must not depend on `src/secret:one` (file): BUILD[!//src/secret/**] -> src/secret
    denied: `src/app:picked` (platform_resources) must not depend on `src/secret:two` (file): BUILD[!//src/secret/**] -> src/secret
    ");
    assert_eq!(output.stdout, denied(&repo));
    // What refuses a target refuses what reaches it.
    let reaching = refused(&repo, &["dependencies", "--transitive", "src/app:all"]);
    assert_eq!(
        reaching.matches("must not depend on").count(),
        2,
        "{reaching}"
    );
}

#[test]
fn changed_since() {
    let repo = monorepo();
    git(&repo, &["init", "--quiet", "--initial-branch=main"]);
    git(&repo, &["add", "."]);
    git(&repo, &["commit", "--quiet", "-m", "all"]);
    repo.write("src/acme/core/__init__.py", "import attrs\n");
    repo.write("src/acme/core/new.py", "");
    fs_err::remove_file(repo.root().join("src/acme/app/helper.py")).unwrap();
    repo.write("src/acme/app/main.py", "import acme.core\n");
    insta::assert_snapshot!(answer(&repo, "list --changed-since=main"), @"
    src/acme/app/main.py
    src/acme/app:app
    src/acme/core/__init__.py
    src/acme/core/new.py
    ");
    insta::assert_snapshot!(answer(&repo, "list --changed-since=main --changed-dependents=transitive"), @"
    src/acme/app/main.py
    src/acme/app:app
    src/acme/app:bin
    src/acme/core/__init__.py
    src/acme/core/new.py
    src/acme/core:core
    src/acme/core:dist
    ");
    insta::assert_snapshot!(refused(&repo, &["list", "--changed-since=nowhere"]), @"
    error: there is no commit `nowhere`
     |
    hint: `--changed-since` takes a branch, tag or commit, such as `main` or `HEAD~3`
    ");
}

#[test]
fn changed_since_whatever_gits_variables_say() {
    let mut repo = repo()
        .file("sub/pants.toml", "[GLOBAL]\n")
        .file("sub/src/BUILD", "python_sources()\n")
        .file("sub/src/a.py", "");
    git(&repo, &["init", "--quiet"]);
    git(&repo, &["add", "."]);
    git(&repo, &["commit", "--quiet", "-m", "all"]);
    repo.write("sub/src/a.py", "import os\n");
    repo.write("sub/src/b.py", "");
    let variables = repo.run("git".into(), &["rev-parse", "--local-env-vars"]);
    for variable in variables.stdout.lines() {
        repo = repo.env(variable, ".git");
        let listed = repo.xtask(&["-C", "sub", "list", "--changed-since", "HEAD", "::"]);
        assert_eq!(listed.stderr, "", "{variable}");
        assert_eq!(listed.stdout, "src/a.py\nsrc/b.py\n", "{variable}");
    }
}

#[test]
fn imports_are_parsed_once() {
    let repo = monorepo();
    answer(&repo, "dependencies ::");
    let cache = repo.cache().join("cargo-xtask/imports.bin");
    let first = fs_err::metadata(&cache).unwrap().modified().unwrap();
    answer(&repo, "dependencies ::");
    assert_eq!(fs_err::metadata(&cache).unwrap().modified().unwrap(), first);
    // A damaged cache counts as empty.
    fs_err::write(&cache, "garbage").unwrap();
    answer(&repo, "dependencies ::");
    assert!(fs_err::metadata(&cache).unwrap().len() > 100);
}

#[test]
fn module_mapping() {
    let wheel = |name: &str, files: &[&str]| {
        let package = Package::new(name, "1.0");
        files
            .iter()
            .fold(package, |package, file| package.member(file, b""))
    };
    let index = Index::start([
        wheel("PyYAML", &["yaml/__init__.py", "yaml/nodes.py"]),
        wheel("oddly-named", &["other_name/__init__.py"]),
        wheel("wrong", &["right.py"]),
        wheel("unused", &["unused.py"]),
    ]);
    let repo = repo()
        .index(&index)
        .file(
            "BUILD",
            "python_sources(name=\"s\")\npython_requirements(name=\"reqs\", module_mapping={\n\
             \"PyYAML\": [\"yaml\"], \"wrong\": [\"absent\"], \"gone\": [\"gone\"]})\n",
        )
        .file("requirements.txt", "PyYAML\noddly-named\nwrong\nunused\n")
        .file("app.py", "import yaml\nimport other_name, absent\n");
    lock(&repo);
    index.clear_log();
    insta::assert_snapshot!(answer(&repo, "module-mapping"), @"
    oddly-named	oddly_named	name, as in the wheel
    PyYAML	yaml	BUILD
    unused	unused	name, as in the wheel
    wrong	absent	BUILD

    Rows that can be deleted: the same holds without them
      PyYAML

    Rows for projects that are not required
      gone in //:reqs

    Rows that the wheel contradicts
      wrong: no absent in the wheel, which has right, wrong

    Imports that nothing provides
      other_name at app.py:2:1

    Requirements that nothing depends on
      //:reqs#oddly-named
      //:reqs#unused
    ");
    let log = index.log();
    let mut wheels = log.iter().filter(|served| served.path.ends_with(".whl"));
    assert!(wheels.all(|served| served.range.is_some()), "{log:?}");
    // What a wheel contains is read once.
    index.clear_log();
    let again = repo.xtask(&["module-mapping", "--check"]);
    assert_eq!(again.status, 1, "{again}");
    assert_eq!(index.log(), [], "a request was made again");
}
