//! `dependencies`: the dependencies of targets, and warnings about their imports.

use crate::fixtures::graph::{answer, monorepo};
use crate::refused;

#[test]
fn direct_and_transitive() {
    let repo = monorepo();
    insta::assert_snapshot!(answer(&repo, "dependencies src/acme/app/main.py"), @"
    src/acme/app/helper.py
    src/acme/app/main.py
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
    src/acme/app/main.py
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
fn pictures() {
    let repo = crate::repo()
        .file("Cargo.toml", "[workspace.metadata.xtask.python]\ninterpreter_constraints = [\"==3.12.*\"]\n[workspace.metadata.xtask.source]\nroot_patterns = [\"/src\"]\n")
        .file("src/a/BUILD", "python_sources()\n")
        .file("src/a/x.py", "import b.y\n")
        .file("src/b/BUILD", "python_sources()\n")
        .file("src/b/y.py", "import c.z\n")
        .file("src/c/BUILD", "python_sources()\n")
        .file("src/c/z.py", "import b.y\n");
    let svg = crate::done(
        &repo,
        &[
            "dependencies",
            "--transitive",
            "--output-format=svg",
            "src/a::",
        ],
    )
    .stdout;
    assert!(
        svg.starts_with("<svg ") && svg.ends_with("</svg>\n"),
        "{svg}"
    );
    for name in ["src/a", "src/b", "src/c"] {
        assert!(
            svg.contains(&format!("<title>{name}</title>")),
            "{name}: {svg}"
        );
    }
    assert!(svg.contains("<title>src/a → src/b: "), "{svg}");
    assert_eq!(
        svg.matches("url(#cycle)").count(),
        2,
        "b and c need each other: {svg}"
    );
    let html = crate::done(
        &repo,
        &[
            "dependencies",
            "--transitive",
            "--output-format=html",
            "src/a::",
        ],
    )
    .stdout;
    assert!(
        html.contains("One cycle between folders, in red.") && html.contains(svg.trim_end()),
        "{html}"
    );
    // Where python3 is, it reads the picture as XML.
    repo.write("picture.svg", &svg);
    let python = repo.run("sh".into(), &["-c", "command -v python3 >/dev/null || exit 0; python3 -c 'import xml.dom.minidom as m; m.parse(\"picture.svg\")'"]);
    assert_eq!(python.status, 0, "{python}");
}
