//! `check-visibility`: dependencies that rules forbid.

use testkit::Repo;

use crate::fixtures::graph::{answer, monorepo};
use crate::{refused, repo};

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
                 archive(name=\"archive\", format=\"zip\", files=[\"src/secret:one\", \"src/secret:two\"])\n\
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
    // `dependencies` fails for a forbidden dependency of any target that it reaches.
    let reaching = refused(&repo, &["dependencies", "--transitive", "src/app:all"]);
    assert_eq!(
        reaching.matches("must not depend on").count(),
        2,
        "{reaching}"
    );
}

/// Every denied dependency that `dependencies` reports for any target, in the form in which
/// `check-visibility` lists them.
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
