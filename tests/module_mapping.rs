//! `module-mapping`: which requirement provides which modules, and where that is said.

use testkit::{LoopbackIndex, Package};

use crate::fixtures::graph::answer;
use crate::{lock, repo};

#[test]
fn module_mapping() {
    let wheel = |name: &str, files: &[&str]| {
        let package = Package::new(name, "1.0");
        files
            .iter()
            .fold(package, |package, file| package.member(file, b""))
    };
    let index = LoopbackIndex::start([
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
    // The contents of a wheel are read only once.
    index.clear_log();
    let again = repo.xtask(&["module-mapping", "--check"]);
    assert_eq!(again.status, 1, "{again}");
    assert_eq!(index.log(), [], "a request was made again");
}
