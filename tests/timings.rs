//! `--timings`: a page with what took how long, and the same for scripts.

use insta::assert_snapshot;
use testkit::{LoopbackIndex, Package, Repo};

use crate::fixtures::environments;
use crate::{done, git};

/// A repository with a distribution and a test.
fn monorepo() -> Option<(LoopbackIndex, Repo)> {
    let repo = environments::repo()?;
    let pytest = Package::new("pytest", "8.0");
    let index = LoopbackIndex::start([
        environments::lib("1.0"),
        Package::new("app", "1.0").requires("lib").sdist(),
        pytest.member("pytest/__init__.py", include_bytes!("test/pytest.py")),
    ]);
    let repo = environments::with_sources(repo.index(&index).requirements("app\npytest\n"))
        .file("t/BUILD", "python_tests()\n")
        .file("t/test_a.py", "def test_a():\n    assert True\n");
    let pytest = "[workspace.metadata.xtask.pytest]\ninstall_from_resolve = \"python-default\"\n";
    repo.write("Cargo.toml", &(repo.read("Cargo.toml") + pytest));
    git(&repo, &["init", "--quiet"]);
    Some((index, repo))
}

/// The kinds and names of the units of a goal, sorted.
fn units(repo: &Repo, goal: &str) -> String {
    let text = repo.read(&format!("dist/timings/{goal}.json"));
    let record: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(record["goal"], goal);
    let whole = record["seconds"].as_f64().unwrap();
    let mut lines = Vec::new();
    for unit in record["units"].as_array().unwrap() {
        let [start, seconds] = ["start", "seconds"].map(|key| unit[key].as_f64().unwrap());
        assert!(start + seconds <= whole, "{unit}");
        let [kind, name] = ["kind", "name"].map(|key| unit[key].as_str().unwrap());
        lines.push(format!("{kind}: {name}"));
    }
    lines.sort();
    lines.join("\n")
}

/// A page that names all units, and loads and runs nothing.
#[track_caller]
fn check_page(repo: &Repo, goal: &str) {
    let page = repo.read(&format!("dist/timings/{goal}.html"));
    for line in units(repo, goal).lines() {
        let (kind, name) = line.split_once(": ").unwrap();
        assert!(
            page.contains(&format!("<td>{name}</td><td>{kind}</td>")),
            "{line}"
        );
        assert!(page.contains(&format!(">{name} ")), "no bar: {line}");
    }
    for loading in [
        "http:", "https:", "src=", "href=", "url(", "<script", "@import",
    ] {
        assert!(!page.contains(loading), "{loading}");
    }
    assert!(page.contains("default-src 'none'"));
}

#[test]
fn pages_name_what_took_time() {
    let Some((_index, repo)) = monorepo() else {
        return;
    };
    let locked = done(&repo, &["generate-lockfiles", "--timings"]);
    assert!(
        locked
            .stderr
            .ends_with("wrote dist/timings/generate-lockfiles.html\n"),
        "{locked}"
    );
    assert_snapshot!(units(&repo, "generate-lockfiles"), @"
    lock: lock python-default
    request: download `app-1.0.tar.gz`
    request: list the files of `app`
    request: list the files of `lib`
    request: list the files of `pytest`
    request: read the metadata of `lib-1.0-py3-none-any.whl`
    request: read the metadata of `pytest-8.0-py3-none-any.whl`
    ");
    check_page(&repo, "generate-lockfiles");
    done(&repo, &["export", "--timings"]);
    assert_snapshot!(units(&repo, "export"), @"
    environment: export python-default
    environment: install python-default
    environment: wheels of python-default
    request: download `lib-1.0-py3-none-any.whl`
    request: download `pytest-8.0-py3-none-any.whl`
    request: list the files of `setuptools`
    run: build app-1.0.tar.gz: wheel
    ");
    check_page(&repo, "export");
    done(&repo, &["package", "--timings"]);
    assert_snapshot!(units(&repo, "package"), @"
    run: package src/acme:dist: acme_tool-1.2.3-py3-none-any.whl
    run: package src/acme:dist: acme_tool-1.2.3.tar.gz
    ");
    check_page(&repo, "package");
    done(&repo, &["package", "--timings"]);
    assert_snapshot!(units(&repo, "package"), @"
    cached: package src/acme:dist: acme_tool-1.2.3-py3-none-any.whl
    cached: package src/acme:dist: acme_tool-1.2.3.tar.gz
    ");
    done(&repo, &["test", "--timings", "::"]);
    assert_snapshot!(units(&repo, "test"), @"run: test t/test_a.py");
    check_page(&repo, "test");
}

#[test]
fn without_it_nothing_is_written() {
    let Some((_index, repo)) = monorepo() else {
        return;
    };
    done(&repo, &["generate-lockfiles"]);
    assert!(!repo.root().join("dist/timings").exists());
}
