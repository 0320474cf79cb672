//! `generate_setup=False`: the distribution's own backend builds, in isolation, and its wheel is
//! packed again.

use insta::assert_snapshot;
use testkit::Repo;

use super::{built, member, members, package};
use crate::repo;

const BUILD: &str = r#"
python_sources()
resources(name="project", sources=["pyproject.toml"])
python_distribution(
    name="dist",
    dependencies=[":own", ":project"],
    provides=python_artifact(name="own", version="1"),
    generate_setup=False,
)
"#;

const PYPROJECT: &str = r#"
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"#;

/// Writes a wheel with the time of now, and says where it was built.
const BACKEND: &str = r#"
import os, zipfile

def build_wheel(directory, config_settings=None, metadata_directory=None):
    name = "own-1-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(directory, name), "w") as wheel:
        wheel.writestr("own-1.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr("own-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: own\nVersion: 1\n")
        wheel.writestr("y.py", open("y.py").read())
        wheel.writestr("seen.txt", "\n".join(sorted(os.listdir("."))))
        wheel.writestr("own-1.dist-info/RECORD", "own-1.dist-info/WHEEL,,\nown-1.dist-info/METADATA,,\ny.py,,\nseen.txt,,\nown-1.dist-info/RECORD,,\n")
    return name
"#;

fn own() -> Repo {
    repo()
        .env("SOURCE_DATE_EPOCH", super::EPOCH)
        .file(
            "Cargo.toml",
            &super::SETTINGS.replace("CPython==3.12.*", "CPython>=3.8"),
        )
        .file("src/own/BUILD", BUILD)
        .file("src/own/pyproject.toml", PYPROJECT)
        .file("src/own/backend.py", BACKEND)
        .file("src/own/y.py", "Y = 1\n")
        .file("src/own/not_shipped.txt", "not a dependency\n")
}

#[test]
fn the_backend_sees_what_the_distribution_depends_on() {
    let repo = own();
    let output = package(&repo, &["--verify"]);
    assert_snapshot!(output.stderr, @"");
    assert_snapshot!(members(&repo, "own-1-py3-none-any.whl"), @"");
    assert_snapshot!(member(&repo, "own-1-py3-none-any.whl", "seen.txt"), @"");
}

#[test]
fn its_wheel_is_the_same_bytes_again() {
    let (first, second) = (own(), own());
    package(&first, &["--wheel"]);
    std::thread::sleep(std::time::Duration::from_secs(2)); // the time of a zip member counts in these
    package(&second, &["--wheel"]);
    assert_eq!(super::digest(&first), super::digest(&second));
}

#[test]
fn a_backend_that_fails() {
    let repo = own().file(
        "src/own/backend.py",
        "def build_wheel(*arguments):\n    raise SystemExit(\"no compiler\")\n",
    );
    let output = repo.xtask(&["package", "--wheel"]);
    assert_eq!((output.status, built(&repo).len()), (1, 0), "{output}");
    assert!(output.stderr.contains("no compiler"), "{output}");
}
