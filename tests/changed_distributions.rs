//! `changed-distributions`: the distributions whose contents a release changes.

use crate::fixtures::release::monorepo;
use crate::{commit, done, git};

#[test]
fn which_distributions_change() {
    let repo = monorepo();
    assert_eq!(done(&repo, &["changed-distributions"]).stdout, "");
    repo.write("src/acme/runner/run.py", "import sys\n");
    commit(&repo, "change");
    assert_eq!(
        done(&repo, &["changed-distributions"]).stdout,
        "acme-runner\tsrc/acme/runner/run.py\n"
    );
}

/// Two distributions, of which `app` requires `lib`, and a locked requirement.
fn two() -> testkit::Repo {
    let distribution = |name: &str| {
        format!(
            "python_sources()\npython_distribution(\n    name=\"dist\",\n    dependencies=[\":{name}\"],\n    provides=python_artifact(name=\"{name}\", description=\"It is {name}\"),\n    sdist=False,\n)\n"
        )
    };
    let repo = monorepo()
        .file("BUILD", "python_requirements(name=\"reqs\")\n")
        .file("requirements.txt", "attrs>=20\n")
        .file("src/lib/BUILD", &distribution("lib"))
        .file("src/lib/__init__.py", "import attr\n")
        .file("src/lib/more.py", "more = 1\n")
        .file("src/app/BUILD", &distribution("app"))
        .file("src/app/__init__.py", "import lib\n");
    commit(&repo, "two");
    git(&repo, &["tag", "24.03.11"]);
    repo
}

fn changed(repo: &testkit::Repo) -> String {
    done(repo, &["changed-distributions"]).stdout
}

#[test]
fn whatever_differs_in_a_wheel_counts() {
    let repo = two();
    assert_eq!(changed(&repo), "");
    // The version of the release is no change, nor is what no wheel has.
    repo.write("VERSION", "24.09.0\n");
    repo.write("README.md", "other\n");
    assert_eq!(changed(&repo), "");
    let kinds: [(&str, &dyn Fn(), &str); 6] = [
        (
            "a bound",
            &|| repo.write("requirements.txt", "attrs>=21\n"),
            "lib\tMETADATA (Requires-Dist)",
        ),
        (
            "a deleted module",
            &|| fs_err::remove_file(repo.root().join("src/lib/more.py")).unwrap(),
            "lib\tlib/more.py",
        ),
        (
            "a new module",
            &|| repo.write("src/lib/new.py", ""),
            "lib\tsrc/lib/new.py",
        ),
        (
            "a field",
            &|| {
                let build = repo.read("src/lib/BUILD").replace("It is", "This is");
                repo.write("src/lib/BUILD", &build);
            },
            "lib\tMETADATA (Summary)",
        ),
        (
            "a setting",
            &|| {
                let settings = repo.read("Cargo.toml").replace("3.12", "3.13");
                repo.write("Cargo.toml", &settings);
            },
            "lib\tMETADATA (Requires-Python)",
        ),
        (
            "an executable",
            &|| {
                use std::os::unix::fs::PermissionsExt;
                let mode = std::fs::Permissions::from_mode(0o755);
                fs_err::set_permissions(repo.root().join("src/lib/more.py"), mode).unwrap();
            },
            "lib\tsrc/lib/more.py",
        ),
    ];
    for (kind, change, expect) in kinds {
        change();
        let told = changed(&repo);
        assert!(told.lines().any(|line| line == expect), "{kind}: {told}");
        assert!(
            told.contains("app\trequires lib") || told.contains("app\tMETADATA"),
            "{kind}: {told}"
        );
        git(&repo, &["restore", "src", "requirements.txt", "Cargo.toml"]);
        git(&repo, &["clean", "--quiet", "--force", "src"]);
    }
    // Comments in a BUILD file, and their order, are in no wheel.
    repo.write(
        "src/lib/BUILD",
        &format!("# note\n{}", repo.read("src/lib/BUILD")),
    );
    assert_eq!(changed(&repo), "");
    assert!(git(&repo, &["worktree", "list"]).lines().count() == 1);
}
