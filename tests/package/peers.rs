//! Other tools on this repository's own wheels: pip and uv install them where they fit and nowhere
//! else; twine and a content checker find nothing wrong.

use camino::{Utf8Path, Utf8PathBuf};
use testkit::{Output, Repo, peer};

use super::built;
use crate::repo;

/// Builds the runner of this repository for arm64, on any machine.
fn runner() -> Repo {
    let repo = repo().env("SOURCE_DATE_EPOCH", "0");
    let root = Utf8PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    let dist = repo.root().join("dist");
    let output = repo.xtask(&[
        "-C",
        root.as_str(),
        "package",
        "--verify",
        "--platform",
        "linux_arm64",
        "--out-dir",
        dist.as_str(),
    ]);
    assert_eq!(output.status, 0, "{output}");
    let wheels = built(&repo);
    assert!(
        wheels
            .iter()
            .any(|wheel| wheel.ends_with("-py3-none-manylinux2014_aarch64.whl")),
        "{wheels:?}"
    );
    repo
}

fn run(repo: &Repo, program: &Utf8Path, arguments: &[&str]) -> Output {
    repo.run(program, arguments)
}

#[test]
fn pip_takes_the_runner_for_arm64_only() {
    let Some(pip) = peer("pip") else { return };
    let repo = runner();
    let download = |platform: &str| {
        let platform = format!("--platform={platform}");
        let where_from = ["--no-index", "--find-links", "dist", "--dest", "down"];
        let what = [
            "--only-binary=:all:",
            "--python-version=3.12",
            "--no-deps",
            "acme-jobs-runner",
        ];
        run(
            &repo,
            &pip,
            &[&["download", platform.as_str()], &where_from[..], &what[..]].concat(),
        )
    };
    assert_eq!(download("manylinux2014_aarch64").status, 0);
    assert_ne!(download("manylinux2014_x86_64").status, 0);
}

#[test]
fn uv_takes_the_runner_for_arm64_only() {
    let Some(uv) = peer("uv") else { return };
    let repo = runner();
    let install = |platform: &str| {
        let where_from = [
            "--no-index",
            "--offline",
            "--find-links",
            "dist",
            "--target",
            platform,
        ];
        let what = [
            "--only-binary=:all:",
            "--python-version=3.12",
            "--no-deps",
            "acme-jobs-runner",
        ];
        run(
            &repo,
            &uv,
            &[
                &["pip", "install", "--python-platform", platform],
                &where_from[..],
                &what[..],
            ]
            .concat(),
        )
    };
    let output = install("aarch64-manylinux2014");
    assert_eq!(output.status, 0, "{output}");
    assert_ne!(install("x86_64-manylinux2014").status, 0);
}

#[test]
fn twine_and_a_content_checker_find_nothing() {
    let (Some(twine), Some(checker)) = (peer("twine"), peer("check-wheel-contents")) else {
        return;
    };
    let repo = runner();
    let archives: Vec<String> = built(&repo)
        .iter()
        .map(|name| format!("dist/{name}"))
        .collect();
    let archives: Vec<&str> = archives.iter().map(String::as_str).collect();
    let output = run(
        &repo,
        &twine,
        &[&["check", "--strict"], &archives[..]].concat(),
    );
    assert_eq!(output.status, 0, "{output}");
    let wheels: Vec<&str> = archives
        .into_iter()
        .filter(|name| name.ends_with(".whl"))
        .collect();
    let output = run(&repo, &checker, &wheels);
    assert_eq!(output.status, 0, "{output}");
}

#[test]
fn its_bill_of_materials_is_what_the_schema_says() {
    let repo = runner();
    let wheels = built(&repo);
    let wheels = wheels.iter().filter(|name| name.ends_with(".whl"));
    let paths: Vec<String> = wheels.map(|wheel| format!("dist/{wheel}")).collect();
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    crate::check_bills(&repo, &paths);
}
