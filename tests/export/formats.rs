//! `export --format` for other tools: pylock.toml, pex's JSON, a bill of materials.

use insta::assert_snapshot;
use testkit::{LoopbackIndex, Package, Repo, peer};

use crate::{lock, refused, repo};

fn index() -> LoopbackIndex {
    LoopbackIndex::start([
        Package::new("app", "1.0")
            .requires("lib>=1")
            .requires("only-windows; sys_platform == 'win32'"),
        Package::new("lib", "1.2").sdist().wheel("py3-none-any"),
        Package::new("only-windows", "3.0"),
    ])
}

fn locked(index: &LoopbackIndex) -> Repo {
    let repo = repo().index(index).requirements("app\n");
    lock(&repo);
    repo
}

fn export(repo: &Repo, format: &str, output: &str) {
    let output = repo.xtask(&["export", "--format", format, "--output", output]);
    assert_eq!(output.status, 0, "{output}");
}

#[test]
fn every_format() {
    let index = index();
    let repo = locked(&index);
    let export = |format| {
        let output = repo.xtask(&["export", "--format", format, "--platform", "linux_x86_64"]);
        assert_eq!(output.status, 0, "{output}");
        output.stdout
    };
    assert_snapshot!(export("pylock"), @r#"
    lock-version = "1.0"
    environments = ["platform_machine == 'x86_64' and sys_platform == 'linux'"]
    requires-python = ">=3.12,<3.13"
    created-by = "cargo-xtask"

    [[packages]]
    name = "app"
    version = "1.0"
    wheels = [
        { name = "app-1.0-py3-none-any.whl", url = "http://127.0.0.1:[PORT]/files/app-1.0-py3-none-any.whl", upload-time = 2024-01-01T00:00:00Z, size = 918, hashes = { sha256 = "[HASH]" } },
    ]

    [[packages]]
    name = "lib"
    version = "1.2"
    sdist = { name = "lib-1.2.tar.gz", url = "http://127.0.0.1:[PORT]/files/lib-1.2.tar.gz", upload-time = 2024-01-01T00:00:00Z, size = 1214, hashes = { sha256 = "[HASH]" } }
    wheels = [
        { name = "lib-1.2-py3-none-any.whl", url = "http://127.0.0.1:[PORT]/files/lib-1.2-py3-none-any.whl", upload-time = 2024-01-01T00:00:00Z, size = 861, hashes = { sha256 = "[HASH]" } },
    ]
    "#);
    assert_snapshot!(export("pex"), @r#"
    {
      "allow_builds": true,
      "allow_prereleases": false,
      "allow_wheels": true,
      "build_isolation": true,
      "constraints": [],
      "excluded": [],
      "locked_resolves": [
        {
          "locked_requirements": [
            {
              "artifacts": [
                {
                  "algorithm": "sha256",
                  "hash": "[HASH]",
                  "url": "http://127.0.0.1:[PORT]/files/app-1.0-py3-none-any.whl"
                }
              ],
              "project_name": "app",
              "requires_dists": [
                "lib>=1"
              ],
              "requires_python": null,
              "version": "1.0"
            },
            {
              "artifacts": [
                {
                  "algorithm": "sha256",
                  "hash": "[HASH]",
                  "url": "http://127.0.0.1:[PORT]/files/lib-1.2.tar.gz"
                },
                {
                  "algorithm": "sha256",
                  "hash": "[HASH]",
                  "url": "http://127.0.0.1:[PORT]/files/lib-1.2-py3-none-any.whl"
                }
              ],
              "project_name": "lib",
              "requires_dists": [],
              "requires_python": null,
              "version": "1.2"
            }
          ],
          "marker": null,
          "platform_tag": null
        }
      ],
      "only_builds": [],
      "only_wheels": [],
      "overridden": [],
      "path_mappings": {},
      "pex_version": "2.10.0",
      "prefer_older_binary": false,
      "requirements": [
        "app"
      ],
      "requires_python": [
        "CPython==3.12.*"
      ],
      "resolver_version": "pip-2020-resolver",
      "style": "universal",
      "target_systems": [
        "linux"
      ],
      "transitive": true,
      "use_pep517": null
    }
    "#);
    assert_snapshot!(export("cyclonedx"), @r#"
    {
      "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
      "bomFormat": "CycloneDX",
      "components": [
        {
          "bom-ref": "pkg:pypi/app@1.0",
          "externalReferences": [
            {
              "comment": "app-1.0-py3-none-any.whl",
              "hashes": [
                {
                  "alg": "SHA-256",
                  "content": "[HASH]"
                }
              ],
              "type": "distribution",
              "url": "http://127.0.0.1:[PORT]/files/app-1.0-py3-none-any.whl"
            }
          ],
          "name": "app",
          "purl": "pkg:pypi/app@1.0",
          "type": "library",
          "version": "1.0"
        },
        {
          "bom-ref": "pkg:pypi/lib@1.2",
          "externalReferences": [
            {
              "comment": "lib-1.2.tar.gz",
              "hashes": [
                {
                  "alg": "SHA-256",
                  "content": "[HASH]"
                }
              ],
              "type": "distribution",
              "url": "http://127.0.0.1:[PORT]/files/lib-1.2.tar.gz"
            },
            {
              "comment": "lib-1.2-py3-none-any.whl",
              "hashes": [
                {
                  "alg": "SHA-256",
                  "content": "[HASH]"
                }
              ],
              "type": "distribution",
              "url": "http://127.0.0.1:[PORT]/files/lib-1.2-py3-none-any.whl"
            }
          ],
          "name": "lib",
          "purl": "pkg:pypi/lib@1.2",
          "type": "library",
          "version": "1.2"
        }
      ],
      "dependencies": [
        {
          "dependsOn": [
            "pkg:pypi/app@1.0"
          ],
          "ref": "python-default"
        },
        {
          "dependsOn": [
            "pkg:pypi/lib@1.2"
          ],
          "ref": "pkg:pypi/app@1.0"
        },
        {
          "dependsOn": [],
          "ref": "pkg:pypi/lib@1.2"
        }
      ],
      "metadata": {
        "component": {
          "bom-ref": "python-default",
          "name": "python-default",
          "type": "application"
        }
      },
      "specVersion": "1.6",
      "version": 1
    }
    "#);
}

#[test]
fn a_file_that_the_index_no_longer_has() {
    let index = index();
    let repo = locked(&index).env("XTASK_CACHE_DIR", "../other-cache");
    index.remove("lib");
    assert_snapshot!(refused(&repo, &["export", "--format", "pylock"]), @"error: lib 1.2 cannot be exported as pylock.toml: no index has its file lib-1.2.tar.gz");
}

#[test]
fn bills_of_materials_are_what_the_schema_says() {
    let index = index();
    let repo = locked(&index);
    export(&repo, "cyclonedx", "bill.json");
    let file = index.file_url("lib-1.2-py3-none-any.whl");
    let repo = repo.requirements(&format!("app ; sys_platform == 'linux'\nlib @ {file}\n"));
    lock(&repo);
    export(&repo, "cyclonedx", "direct.json");
    crate::check_bills(&repo, &["bill.json", "direct.json"]);
}

/// Indexes in requirement files count here as they do for locking.
#[test]
fn indexes_that_requirement_files_name_count() {
    let index = index();
    let links = LoopbackIndex::start([Package::new("linked", "1.0")]);
    let repo = repo().requirements(&format!(
        "--extra-index-url {}\n--find-links {}\napp\nlinked\n",
        index.url(),
        links.links_url()
    ));
    let first = LoopbackIndex::start([]);
    let repo = repo.index(&first);
    lock(&repo);
    index.add(&Package::new("lib", "1.3"));
    let outdated = repo.env("XTASK_CACHE_DIR", "../other-cache");
    let output = outdated.xtask(&["outdated"]);
    assert_eq!(output.status, 0, "{output}");
    assert!(output.stdout.contains("lib      1.2     1.3"), "{output}");
    for format in ["pylock", "pex", "cyclonedx"] {
        let output = outdated.xtask(&["export", "--format", format]);
        assert_eq!(output.status, 0, "{output}");
        assert!(output.stdout.contains("/files/linked-1.0"), "{output}");
        assert!(output.stdout.contains("/files/app-1.0"), "{output}");
    }
    let output = outdated.xtask(&["vendor", "--output", "all"]);
    assert_eq!(output.status, 0, "{output}");
}

/// Installs from the file into `here`. Then changes every hash, after which the installation must
/// fail.
fn check_install(repo: &Repo, file: &str, install: impl Fn() -> testkit::Output) {
    let output = install();
    assert_eq!(output.status, 0, "{output}");
    assert!(repo.root().join("here/lib/__init__.py").exists());
    assert!(!repo.root().join("here/only_windows").exists());
    fs_err::remove_dir_all(repo.root().join("here")).unwrap();
    let text = repo.read(file);
    let wrong = "0".repeat(64);
    let changed = text.split('"').map(|part| {
        if part.len() == 64 {
            wrong.as_str()
        } else {
            part
        }
    });
    repo.write(file, &changed.collect::<Vec<_>>().join("\""));
    assert_ne!(install().status, 0, "a wrong hash was taken");
}

/// A repository whose Python is that of the other tools.
fn locked_for_peers(index: &LoopbackIndex) -> Repo {
    let repo = repo().index(index).requirements("app\n").file(
        "Cargo.toml",
        "[workspace.metadata.xtask.python]\ninterpreter_constraints = [\"CPython>=3.11\"]\n",
    );
    lock(&repo);
    repo
}

#[test]
fn pip_installs_from_pylock() {
    let Some(pip) = peer("pip") else { return };
    let index = index();
    let repo = locked_for_peers(&index);
    export(&repo, "pylock", "pylock.toml");
    let arguments = [
        "install",
        "--no-cache-dir",
        "--target",
        "here",
        "-r",
        "pylock.toml",
    ];
    check_install(&repo, "pylock.toml", || repo.run(&pip, &arguments));
}

#[test]
fn uv_installs_from_pylock() {
    let (Some(uv), Some(python)) = (peer("uv"), peer("python")) else {
        return;
    };
    let index = index();
    let repo = locked_for_peers(&index);
    export(&repo, "pylock", "pylock.toml");
    let arguments = [
        "pip",
        "install",
        "--no-cache",
        "--target",
        "here",
        "-r",
        "pylock.toml",
    ];
    let arguments = [&arguments[..], &["--python", python.as_str()]].concat();
    check_install(&repo, "pylock.toml", || repo.run(&uv, &arguments));
}

/// pex installs a pip for its Python when it first runs; `.ci/run` makes it do so beforehand.
#[test]
fn pex_makes_an_environment() {
    let (Some(pex3), Some(python)) = (peer("pex3"), peer("python")) else {
        return;
    };
    let Some(root) = peer("../pex-root") else {
        return;
    };
    let index = index();
    let repo = locked_for_peers(&index).env("PEX_ROOT", root.as_str());
    export(&repo, "pex", "pex.json");
    let create = || {
        let arguments = ["venv", "create", "--lock", "pex.json", "--dest-dir", "here"];
        let rest = ["--layout", "flat", "--force", "--python", python.as_str()];
        repo.run(&pex3, &[&arguments[..], &rest].concat())
    };
    check_install(&repo, "pex.json", create);
}
