//! `generate_setup=False`: the distribution's own build backend runs in isolation, and the wheel
//! that it makes is packed again.

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

pub(super) const PYPROJECT: &str = r#"
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"#;

/// A backend whose wheel has the present time, and files that list what the backend saw.
pub(super) const BACKEND: &str = r#"
import base64, hashlib, io, os, sys, tarfile, time, zipfile

def build_sdist(sdist_directory, config_settings=None):
    name = "own-1.tar.gz"
    members = {"PKG-INFO": "Metadata-Version: 2.1\nName: own\nVersion: 1\n", "pyproject.toml": open("pyproject.toml").read(), "y.py": open("y.py").read()}
    with tarfile.open(os.path.join(sdist_directory, name), "w:gz") as sdist:
        for path, text in sorted(members.items(), reverse=True):
            info = tarfile.TarInfo("own-1/" + path)
            info.size, info.mtime, info.uname = len(text), time.time(), "someone"
            sdist.addfile(info, io.BytesIO(text.encode()))
    return name

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    name = "own-1-py3-none-any.whl"
    members = {
        "own-1.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "own-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: own\nVersion: 1\n",
        "y.py": open("y.py").read(),
        "seen.txt": "\n".join(sorted(os.listdir("."))),
    }
    record = ""
    for path, text in members.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
        record += f"{path},sha256={digest},{len(text)}\n"
    members["own-1.dist-info/RECORD"] = record + "own-1.dist-info/RECORD,,\n"
    with zipfile.ZipFile(os.path.join(wheel_directory, name), "w") as wheel:
        for path, text in members.items():
            wheel.writestr(path, text)
    return name
"#;

pub(super) fn own() -> Repo {
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

/// `[setup-py-generation]` of Pants.
#[test]
fn a_setting_says_that_set_ups_are_there() {
    let repo = own()
        .file("src/own/BUILD", &BUILD.replace("    generate_setup=False,\n", ""))
        .file(
            "pants.toml",
            "[GLOBAL]\npants_version = \"2.17.1\"\n[source]\nroot_patterns = [\"src\"]\n[python]\ninterpreter_constraints = [\"CPython>=3.8\"]\n[setup-py-generation]\ngenerate_setup_default = false\n",
        );
    package(&repo, &["--wheel"]);
    assert!(members(&repo, "own-1-py3-none-any.whl").contains("seen.txt"));
}

#[test]
fn options_of_a_build_are_for_the_build() {
    let backend = BACKEND.replace(
        "def build_wheel(",
        "def get_requires_for_build_wheel(config_settings=None):\n    assert config_settings is None, config_settings\n    return []\n\ndef build_wheel(",
    );
    let backend = backend.replace(
        "\"seen.txt\": ",
        "\"given.txt\": repr(config_settings),\n        \"seen.txt\": ",
    );
    let build = BUILD.replace(
        "    generate_setup=False,\n",
        "    generate_setup=False,\n    wheel_config_settings={\"--global-option\": [\"--python-tag\", \"py37\"]},\n",
    );
    let repo = own()
        .file("src/own/BUILD", &build)
        .file("src/own/backend.py", &backend);
    package(&repo, &["--wheel"]);
    assert_snapshot!(member(&repo, "own-1-py3-none-any.whl", "given.txt"), @"{'--global-option': ['--python-tag', 'py37']}");
}

#[test]
fn the_backend_sees_what_the_distribution_depends_on() {
    let repo = own();
    let output = package(&repo, &["--verify"]);
    assert_snapshot!(output.stderr, @"
    wrote dist/own-1-py3-none-any.whl
    wrote dist/own-1.tar.gz
    ");
    assert_snapshot!(members(&repo, "own-1-py3-none-any.whl"), @"
    seen.txt
    y.py
    own-1.dist-info/METADATA
    own-1.dist-info/WHEEL
    own-1.dist-info/RECORD
    ");
    assert_snapshot!(member(&repo, "own-1-py3-none-any.whl", "seen.txt"), @"
    __pycache__
    backend.py
    pyproject.toml
    y.py
    ");
}

#[test]
fn what_it_ships_is_verified_and_nothing_else() {
    let repo = own().file("src/own/setup.py", "import setuptools\n");
    package(&repo, &["--verify", "--wheel"]);
}

#[test]
fn its_archives_are_the_same_bytes_again() {
    let (first, second) = (own(), own());
    package(&first, &[]);
    std::thread::sleep(std::time::Duration::from_secs(2)); // the time of a zip member counts in these
    package(&second, &[]);
    let archives = |repo: &Repo| super::reproducible::archives(&repo.root().join("dist"));
    assert_eq!(archives(&first), archives(&second));
}

#[test]
fn a_backend_that_builds_something_else_each_time() {
    let backend = BACKEND.replace("open(\"y.py\").read()", "str(time.time())");
    let repo = own().file("src/own/backend.py", &backend);
    let output = repo.xtask(&["package", "--wheel", "--check-reproducible"]);
    assert_eq!((output.status, built(&repo).len()), (1, 0), "{output}");
    assert_snapshot!(output.stderr, @r#"
    error: own-1-py3-none-any.whl is not reproducible: built again, its bytes differ
     --> src/own/BUILD:7:5
      |
    7 |     provides=python_artifact(name="own", version="1"),
      |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
    hint: what its build backend writes must depend on the sources and SOURCE_DATE_EPOCH alone
    "#);
    package(&own(), &["--check-reproducible"]);
}

#[test]
fn its_source_distribution_is_what_it_makes() {
    let repo = own();
    package(&repo, &["--sdist"]);
    let listing = repo.run("tar".into(), &["tzf", "dist/own-1.tar.gz"]);
    assert_eq!(
        listing.stdout,
        "own-1/PKG-INFO\nown-1/pyproject.toml\nown-1/y.py\n"
    );
}

/// What tar itself has no room for stands in headers of pax, which say it again in the archive that is packed anew.
/// What a link names is there twice.
#[test]
fn odd_members_of_a_source_distribution_stay() {
    let (long, deep) = ("l".repeat(120), "deep/".repeat(60));
    let more = format!(
        "**{{'long/{long}.txt': 'a', '{deep}x.txt': 'b', 't\u{e9}\u{c5d0}.txt': 'c'}}, \"y.py\":"
    );
    let links = [
        ("link.py", "SYMTYPE", "y.py"),
        ("deep/up.py", "SYMTYPE", "../y.py"),
        ("hard.py", "LNKTYPE", "own-1/y.py"),
        ("linked", "SYMTYPE", "long"),
    ];
    let links: String = links
        .iter()
        .map(|(name, kind, to)| {
            format!(
                "        info = tarfile.TarInfo('own-1/{name}'); info.type, info.linkname = tarfile.{kind}, '{to}'; sdist.addfile(info)\n"
            )
        })
        .collect();
    let backend = BACKEND
        .replace("\"y.py\":", &more)
        .replace("\"w:gz\")", "\"w:gz\", format=tarfile.PAX_FORMAT)")
        .replace(
            "\"someone\"\n",
            "\"some\u{f6}ne\" * 10; info.uid = 2**40; info.pax_headers = {'comment': 'x'}\n",
        )
        .replacen("    return name\n", &format!("{links}    return name\n"), 1);
    let repo = own().file("src/own/backend.py", &backend);
    package(&repo, &["--sdist"]);
    let listing = "import tarfile\nfor m in tarfile.open('dist/own-1.tar.gz'): print(m.name[6:], m.isreg(), m.uid)\nprint(open('dist/own-1.tar.gz', 'rb').read() and __import__('gzip').open('dist/own-1.tar.gz').read()[257:265])";
    let listing = repo.run("python3".into(), &["-c", listing]).stdout;
    let names: Vec<&str> = listing.lines().collect();
    let expected = [
        "PKG-INFO",
        &format!("{deep}x.txt"),
        "deep/up.py",
        "hard.py",
        "link.py",
        &format!("linked/{long}.txt"),
        &format!("long/{long}.txt"),
        "pyproject.toml",
        "t\u{e9}\u{c5d0}.txt",
        "y.py",
    ];
    let mut expected: Vec<String> = expected.map(|name| format!("{name} True 0")).into();
    expected.push(r"b'ustar\x0000'".to_owned());
    assert_eq!(names, expected);

    let above = backend
        .replace("'linked'", "'deep/linked'")
        .replace("= tarfile.SYMTYPE, 'long'", "= tarfile.SYMTYPE, '../deep'");
    let output = repo
        .file(
            "src/own/backend.py",
            &above.replace("own-1/linked", "own-1/deep/linked"),
        )
        .xtask(&["package", "--sdist"]);
    assert_eq!(output.status, 1, "{output}");
    assert!(
        output
            .stderr
            .contains("`own-1/deep/linked` is a symbolic link to a folder that it lies in"),
        "{output}"
    );
}

#[test]
fn a_backend_without_source_distributions() {
    let repo = own().file(
        "src/own/backend.py",
        &BACKEND.replace("def build_sdist", "def no"),
    );
    let output = repo.xtask(&["package", "--sdist"]);
    assert_eq!((output.status, built(&repo).len()), (1, 0), "{output}");
    assert_snapshot!(output.stderr, @r#"
    error: cannot build own
     --> src/own/BUILD:7:5
      |
    7 |     provides=python_artifact(name="own", version="1"),
      |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = its backend `backend` has no hook `build_sdist`
    hint: `sdist=False` leaves the source distribution out
    "#);
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

/// A project below two source roots, whose code is in a `src` of its own.
fn below_two_roots(backend: &str) -> Repo {
    repo()
        .file(
            "Cargo.toml",
            "[workspace.metadata.xtask.python]\ninterpreter_constraints = [\">=3.8\"]\n[workspace.metadata.xtask.source]\nroot_patterns = [\"src\", \"/\"]\n",
        )
        .file(
            "packages/foo/BUILD",
            "python_sources(name='lib', sources=['src/foo/*.py'])\nfile(name='backend', source='backend.py')\nresource(name='project', source='pyproject.toml')\n\
             python_distribution(name='dist', dependencies=[':lib', ':project', ':backend'], provides=python_artifact(), generate_setup=False, sdist=False,\n\
             wheel_config_settings={'shown': ['a', 'b']}, env_vars=['SHOWN=1'])\n",
        )
        .file("packages/foo/pyproject.toml", &format!("{PYPROJECT}[project]\nname = 'own'\nversion = '1'\n"))
        .file("packages/foo/backend.py", backend)
        .file("packages/foo/src/foo/core.py", "X = 1\n")
}

#[test]
fn a_project_is_built_where_it_lies() {
    let backend = BACKEND
        .replace("open(\"y.py\").read()", "open(\"src/foo/core.py\").read()")
        .replace(
            "\"\\n\".join(sorted(os.listdir(\".\")))",
            "f\"{config_settings} {os.environ['SHOWN']}\"",
        );
    let repo = below_two_roots(&backend);
    package(&repo, &[]);
    assert_eq!(member(&repo, "own-1-py3-none-any.whl", "y.py"), "X = 1\n");
    assert_snapshot!(member(&repo, "own-1-py3-none-any.whl", "seen.txt"), @"{'shown': ['a', 'b']} 1");
}

/// As in a repository of Polylith: the code lies beside the projects, and belongs to none of them.
#[test]
fn sources_that_nobody_owns_are_built() {
    let backend = BACKEND
        .replace(
            "open(\"y.py\").read()",
            "open(\"../../parts/acme/core.py\").read()",
        )
        .replace(
            "sorted(os.listdir(\".\"))",
            "sorted(os.listdir(\"../../parts/acme\"))",
        );
    let distribution = "python_distribution(name='dist', dependencies=[':project', ':backend', '//parts/acme'], provides=python_artifact(), generate_setup=False)\n";
    let files = "file(name='backend', source='backend.py')\nresource(name='project', source='pyproject.toml')\n";
    let repo = repo()
        .file(
            "Cargo.toml",
            "[workspace.metadata.xtask.python]\ninterpreter_constraints = [\">=3.8\"]\n[workspace.metadata.xtask.source]\nroot_patterns = [\"parts\"]\n",
        )
        .file("parts/acme/BUILD", "python_sources()\n")
        .file("parts/acme/core.py", "X = 1\n")
        .file("projects/shop/BUILD", &format!("{files}{}", distribution.replace(")\n", ", sdist=False)\n")))
        .file("projects/shop/pyproject.toml", &format!("{PYPROJECT}[project]\nname = 'own'\nversion = '1'\n"))
        .file("projects/shop/backend.py", &backend);
    package(&repo, &["--verify"]);
    assert_eq!(member(&repo, "own-1-py3-none-any.whl", "y.py"), "X = 1\n");
    assert_eq!(
        member(&repo, "own-1-py3-none-any.whl", "seen.txt"),
        "core.py"
    );
}

#[test]
fn a_wheel_without_the_code_that_it_has_is_refused() {
    let backend = BACKEND.replace("\"y.py\": open(\"y.py\").read(),", "");
    let output = below_two_roots(&backend).xtask(&["package"]);
    assert_eq!(output.status, 1, "{output}");
    assert_snapshot!(output.stderr, @"
    error: own-1-py3-none-any.whl has no module, though packages/foo:dist has 2 files
     --> packages/foo/BUILD:4:81
      |
    4 | python_distribution(name='dist', dependencies=[':lib', ':project', ':backend'], provides=python_artifact(), generate_setup=False, sdi...
      |                                                                                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = its build backend runs in a copy of the tree, in `packages/foo`, and found nothing to ship there
    hint: tell the backend where the code is, as for hatchling: `[tool.hatch.build.targets.wheel] packages`
    ");
}

#[test]
fn what_it_compiles_is_for_this_machine() {
    let backend = BACKEND
        .replace("py3-none-any", "cp311-cp311-plan9_mips")
        .replace("open(\"y.py\").read()", "open(\"src/foo/core.py\").read()");
    let repo = below_two_roots(&backend);
    let output = repo.xtask(&["package", "--platform", "linux_arm64"]);
    assert_eq!((output.status, built(&repo).len()), (1, 0), "{output}");
    assert_snapshot!(output.stderr, @"
    error: cannot build packages/foo:dist for linux_arm64: its build backend made own-1-cp311-cp311-plan9_mips.whl
     --> packages/foo/BUILD:4:81
      |
    4 | python_distribution(name='dist', dependencies=[':lib', ':project', ':backend'], provides=python_artifact(), generate_setup=False, sdi...
      |                                                                                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = a backend that compiles does so for the machine that it runs on
    hint: build it on a machine of that platform, or leave the platform out
    ");
    package(&repo, &[]);
}

/// So are the packages that its build requires: compilers write where headers are into what they make.
#[test]
fn it_is_built_in_a_folder_of_one_name() {
    for place in ["os.getcwd()", "sys.prefix"] {
        let backend = BACKEND.replace("open(\"y.py\").read()", place);
        let repo = below_two_roots(&backend);
        package(&repo, &["--check-reproducible"]);
    }
}

#[test]
fn a_project_file_beside_generated_set_up_is_heeded() {
    let seen = BACKEND.replace(
        "\"\\n\".join(sorted(os.listdir(\".\")))",
        "open(\"setup.py\").read()",
    );
    let repo = repo()
        .file("Cargo.toml", "[workspace.metadata.xtask.python]\ninterpreter_constraints = [\">=3.8\"]\n[workspace.metadata.xtask.source]\nroot_patterns = [\"lib\"]\n")
        .file(
            "lib/BUILD",
            "python_sources(name='lib', sources=['*.py', 'pkg/*.py'])\nresources(name='project', sources=['pyproject.toml', 'pkg/x.json'])\n\
             python_distribution(name='dist', dependencies=[':lib', ':project'], sdist=False, provides=python_artifact(name='own', version='1', description='It\\'s \\\\ \"own\"', extras_require={'x': ['b']}), entry_points={'console_scripts': {'a': 'pkg.mod:f'}})\n",
        )
        .file("lib/pyproject.toml", &format!("{PYPROJECT}[project]\nname = 'own'\ndynamic = ['version']\n"))
        .file("lib/backend.py", &seen)
        .file("lib/y.py", "Y = 1\n")
        .file("lib/pkg/mod.py", "")
        .file("lib/pkg/x.json", "");
    package(&repo, &[]);
    assert_snapshot!(member(&repo, "own-1-py3-none-any.whl", "seen.txt"), @r#"
    from setuptools import setup

    setup(
        name="own",
        version="1",
        description="It's \\ \"own\"",
        python_requires=">=3.8",
        extras_require={"x":["b"]},
        entry_points={"console_scripts":["a = pkg.mod:f"]},
        packages=["","pkg"],
        package_data={"pkg":["x.json"]},
    )
    "#);
}

/// Of a project file the backend makes the metadata, and it stays to the byte, in the wheel and in the source
/// distribution: summary, authors, classifiers, licence, extras, and the text below.
#[test]
fn what_a_project_says_of_itself_stays() {
    let metadata = "Metadata-Version: 2.4\\nName: own\\nVersion: 1\\nSummary: Told by the project\\nAuthor-email: Zo\u{eb} <z@example.invalid>\\nLicense-Expression: MIT\\nLicense-File: LICENSE\\nClassifier: Topic :: Utilities\\nProject-URL: Home, https://example.invalid\\nProvides-Extra: x\\nRequires-Dist: b>=1; extra == 'x'\\nDescription-Content-Type: text/markdown\\nX-Other:  kept\\n\\n# Text  \\n\\nwithout an end";
    let backend = BACKEND
        .replace(
            "Metadata-Version: 2.1\\nName: own\\nVersion: 1\\n",
            metadata,
        )
        .replace("len(text),", "len(text.encode()),")
        .replace("len(text)}", "len(text.encode())}");
    let settings = "[workspace.metadata.xtask.python]\ninterpreter_constraints = [\">=3.8\"]\n[workspace.metadata.xtask.source]\nroot_patterns = [\"src/own\"]\n";
    let repo = own()
        .file("Cargo.toml", settings)
        .file(
            "src/own/BUILD",
            &BUILD.replace("    generate_setup=False,\n", ""),
        )
        .file(
            "src/own/pyproject.toml",
            &format!("{PYPROJECT}[project]\nname = 'own'\nversion = '1'\n"),
        )
        .file("src/own/backend.py", &backend);
    package(&repo, &[]);
    let expected = metadata.replace("\\n", "\n");
    assert_eq!(
        member(&repo, "own-1-py3-none-any.whl", "own-1.dist-info/METADATA"),
        expected
    );
    let unpacked = repo.run(
        "tar".into(),
        &["xzOf", "dist/own-1.tar.gz", "own-1/PKG-INFO"],
    );
    assert_eq!(unpacked.stdout, expected);
}

/// Where targets follow from projects, a backend chooses of all that the project's folder has: modules that are called
/// like tests, and what a source distribution has beside the code.
#[test]
fn without_build_files_the_backend_sees_the_whole_folder() {
    let project = format!("{PYPROJECT}[project]\nname = \"own\"\nrequires-python = \">=3.8\"\n");
    let repo = repo()
        .file("own/pyproject.toml", &project)
        .file(
            "own/backend.py",
            &BACKEND.replace(
                "os.listdir(\".\")",
                "os.listdir(\".\") + os.listdir(\"..\")",
            ),
        )
        .file("own/y.py", "Y = 1\n")
        .file("own/test_like.py", "")
        .file("own/tests/test_y.py", "import y\n")
        .file("own/notes.txt", "")
        .file(".gitignore", "dist/\n")
        .file("other/pyproject.toml", "[project]\nname = \"other\"\n")
        .file("other/z.py", "");
    package(&repo, &["--wheel"]);
    assert_snapshot!(member(&repo, "own-1-py3-none-any.whl", "seen.txt"), @"
    .gitignore
    __pycache__
    backend.py
    notes.txt
    own
    pyproject.toml
    test_like.py
    tests
    y.py
    ");
}
