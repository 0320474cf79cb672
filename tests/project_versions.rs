//! Projects with `dynamic = ["version"]`: the version is in the metadata of their editable installs and in what is
//! packaged of them, whether it is written in a file or only their build backends can tell it.

use camino::Utf8Path;
use testkit::{LoopbackIndex, Package, Repo};

use crate::projects::bare;
use crate::{done, lock, refused};

/// A build backend that asks git for the version, as setuptools-scm and hatch-vcs do.
const GITVER: &[u8] = br#"
import io, os, subprocess, tarfile, zipfile

def version():
    told = os.environ.get("SETUPTOOLS_SCM_PRETEND_VERSION")
    if told:
        return told
    print("asking git")
    if "asked" in os.environ:
        open(os.environ["asked"], "a").write("asked\n")
    found = subprocess.run(["git", "describe", "--tags"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if found.returncode:
        raise LookupError("git knows no version: " + found.stdout.decode().strip())
    tag, *distance = found.stdout.decode().strip().lstrip("v").split("-")
    return tag + (".post" + distance[0] if distance else "")

def info():
    name = [line for line in open("pyproject.toml") if line.startswith("name")][0].split('"')[1].replace("-", "_")
    return name, version()

def metadata(name, version):
    return f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"

def prepare_metadata_for_build_wheel(folder, config_settings=None):
    name, version = info()
    made = f"{name}-{version}.dist-info"
    os.mkdir(os.path.join(folder, made))
    with open(os.path.join(folder, made, "METADATA"), "w") as file:
        file.write(metadata(name, version))
    return made

def build_wheel(folder, config_settings=None, metadata_directory=None):
    name, version = info()
    made = f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(folder, made), "w") as wheel:
        top = f"{name}-{version}.dist-info/"
        wheel.writestr(name + "/__init__.py", "")
        wheel.writestr(top + "METADATA", metadata(name, version))
        wheel.writestr(top + "WHEEL", "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(top + "RECORD", "".join(path + ",,\n" for path in (name + "/__init__.py", top + "METADATA", top + "WHEEL", top + "RECORD")))
    return made

def build_sdist(folder, config_settings=None):
    name, version = info()
    made = f"{name}-{version}"
    with tarfile.open(os.path.join(folder, made + ".tar.gz"), "w:gz") as sdist:
        members = ("PKG-INFO", metadata(name, version)), ("pyproject.toml", open("pyproject.toml").read()), ("src/acme_core/__init__.py", "")
        for path, text in members:
            member = tarfile.TarInfo(made + "/" + path)
            member.size = len(text)
            sdist.addfile(member, io.BytesIO(text.encode()))
    return made + ".tar.gz"
"#;

fn index() -> LoopbackIndex {
    LoopbackIndex::start([Package::new("gitver", "1.0").member("git_backend.py", GITVER)])
}

/// A `pyproject.toml` of a project whose version its backend finds.
fn dynamic(name: &str, (requires, backend): (&str, &str), more: &str) -> String {
    format!(
        "[build-system]\nrequires = [{requires}]\nbuild-backend = \"{backend}\"\n\
         [project]\nname = \"{name}\"\ndynamic = [\"version\"]\nrequires-python = \">=3.10\"\n{more}"
    )
}

fn git(repo: &Repo, arguments: &[&str]) {
    let own = ["-c", "user.name=x", "-c", "user.email=x@y.example"];
    let output = repo.run(Utf8Path::new("git"), &[&own[..], arguments].concat());
    assert_eq!(output.status, 0, "{output}");
}

/// A project in a git repository, whose backend asks git; `None` without a Python.
fn versioned(index: &LoopbackIndex) -> Option<Repo> {
    crate::fixtures::environments::repo()?;
    let repo = bare(index)
        .file(".gitignore", "dist/\n")
        .file(
            "core/pyproject.toml",
            &dynamic("acme-core", ("\"gitver\"", "git_backend"), ""),
        )
        .file("core/src/acme_core/__init__.py", "");
    git(&repo, &["init", "-q", "-b", "main"]);
    git(&repo, &["add", "."]);
    git(&repo, &["commit", "-qm", "first"]);
    Some(repo)
}

/// The names of installed distributions with their versions.
fn installed(repo: &Repo) -> String {
    let mut found = Vec::new();
    let mut folders = vec![repo.root().join("dist/export")];
    while let Some(folder) = folders.pop() {
        for entry in folder.read_dir_utf8().unwrap() {
            let path = entry.unwrap().into_path();
            match path.file_name().unwrap().strip_suffix(".dist-info") {
                Some(name) => {
                    let metadata = fs_err::read_to_string(path.join("METADATA")).unwrap();
                    let version = name.rsplit_once('-').unwrap().1;
                    assert!(
                        metadata.contains(&format!("\nVersion: {version}\n")),
                        "{metadata}"
                    );
                    found.push(name.to_owned());
                }
                None if path.is_dir() && !path.is_symlink() => folders.push(path),
                None => {}
            }
        }
    }
    found.sort();
    found.join("\n")
}

fn archives(repo: &Repo) -> String {
    let entries = repo.root().join("dist").read_dir_utf8().unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().to_owned());
    let mut names: Vec<String> = names.filter(|name| name != "export").collect();
    names.sort();
    names.join("\n")
}

#[test]
fn versions_that_are_written_in_files() {
    if crate::fixtures::environments::repo().is_none() {
        return;
    }
    // What builds require cannot be had: nothing is asked.
    let index = LoopbackIndex::start([]);
    let hatch = ("\"hatchling\"", "hatchling.build");
    let setuptools = ("\"setuptools\"", "setuptools.build_meta");
    let repo = bare(&index)
        .file(
            "hatch/pyproject.toml",
            &dynamic(
                "of-hatch",
                hatch,
                "[tool.hatch.version]\npath = \"src/of_hatch/about.py\"\n",
            ),
        )
        .file("hatch/src/of_hatch/about.py", "__version__ = \"1.2.3\"\n")
        .file(
            "attr/pyproject.toml",
            &dynamic(
                "of-attr",
                setuptools,
                "[tool.setuptools.dynamic]\nversion = { attr = \"of_attr.VERSION\" }\n",
            ),
        )
        .file("attr/src/of_attr/__init__.py", "VERSION = (2, 0, 1)\n")
        .file(
            "file/pyproject.toml",
            &dynamic(
                "of-file",
                setuptools,
                "[tool.setuptools.dynamic]\nversion = { file = [\"VERSION\"] }\n",
            ),
        )
        .file("file/VERSION", "3.1\n")
        .file("file/of_file/__init__.py", "")
        .file(
            "flit/pyproject.toml",
            &dynamic("of-flit", ("\"flit_core\"", "flit_core.buildapi"), ""),
        )
        .file(
            "flit/of_flit.py",
            "\"\"\"Flit\"\"\"\n__version__ = '4.0rc1'\n",
        );
    lock(&repo);
    insta::assert_snapshot!(done(&repo, &["export", "--all", "--quiet"]), @"exit status 0");
    insta::assert_snapshot!(installed(&repo), @"
    of_attr-2.0.1
    of_file-3.1
    of_flit-4.0rc1
    of_hatch-1.2.3
    ");
}

#[test]
fn a_version_of_git_is_asked_for_where_the_project_lies() {
    let index = index();
    let Some(repo) = versioned(&index) else {
        return;
    };
    let log = repo.root().join(".git/asked.log");
    let repo = repo.env("asked", log.as_str());
    let asked = || {
        fs_err::read_to_string(&log)
            .unwrap_or_default()
            .lines()
            .count()
    };
    git(&repo, &["tag", "v1.4"]);
    lock(&repo);
    done(&repo, &["export", "--all"]);
    assert_eq!((installed(&repo).as_str(), asked()), ("acme_core-1.4", 1));
    // Nothing has changed, so nothing is asked.
    done(&repo, &["export", "--all"]);
    done(&repo, &["check-export"]);
    assert_eq!(asked(), 1);
    git(&repo, &["commit", "-q", "--allow-empty", "-m", "second"]);
    done(&repo, &["export", "--all"]);
    assert_eq!(
        (installed(&repo).as_str(), asked()),
        ("acme_core-1.4.post1", 2)
    );
    done(&repo, &["package", "::"]);
    insta::assert_snapshot!(archives(&repo), @"
    acme_core-1.4.post1-py3-none-any.whl
    acme_core-1.4.post1.tar.gz
    ");
    git(&repo, &["tag", "v2"]);
    let told = repo.env("SETUPTOOLS_SCM_PRETEND_VERSION", "7");
    done(&told, &["package", "::"]);
    insta::assert_snapshot!(archives(&told), @"
    acme_core-1.4.post1-py3-none-any.whl
    acme_core-1.4.post1.tar.gz
    acme_core-7-py3-none-any.whl
    acme_core-7.tar.gz
    ");
}

#[test]
fn a_version_that_nobody_can_tell() {
    let index = index();
    let Some(repo) = versioned(&index) else {
        return;
    };
    lock(&repo);
    insta::assert_snapshot!(done(&repo, &["export", "--all", "--quiet"]), @"
    exit status 0
    ----- stderr
    warning: acme-core is installed as version 0, since its build backend tells none: cannot build core: LookupError: git knows no version: fatal: No names found, cannot describe anything.
    ");
    let said = refused(&repo, &["package", "--wheel", "::"]);
    let why = "LookupError: git knows no version: fatal: No names found, cannot describe anything.";
    assert!(said.starts_with("error: cannot build core\n"), "{said}");
    assert!(said.contains(why), "{said}");
    insta::assert_snapshot!(installed(&repo), @"acme_core-0");
}

/// As where the projects are installed: the version that code asks for, and the entry points of plug-ins.
#[test]
fn tests_find_the_metadata_of_projects() {
    let mut packages = crate::test::packages();
    packages.push(Package::new("gitver", "1.0").member("git_backend.py", GITVER));
    let index = LoopbackIndex::start(packages);
    let Some(repo) = versioned(&index) else {
        return;
    };
    let test = "from importlib.metadata import entry_points, version\nfrom acme_app import NAMES\n\
                def test_metadata():\n    assert version('acme-app') == '2.0'\n    assert NAMES == ['hello', 'own']\n    \
                assert version('acme-core') == '1.5'\n";
    let repo = repo
        .file(
            "app/pyproject.toml",
            "[build-system]\nrequires = [\"gitver\"]\nbuild-backend = \"git_backend\"\n\
             [project]\nname = \"acme-app\"\nversion = \"2.0\"\nrequires-python = \">=3.10\"\ndependencies = [\"acme-core\"]\n\
             [project.entry-points.\"acme.plugins\"]\nown = \"acme_app:main\"\nhello = \"acme_app:main\"\n\
             [dependency-groups]\ndev = [\"pytest\"]\n[tool.uv.sources]\nacme-core = { path = \"../core\" }\n",
        )
        .file(
            "app/src/acme_app/__init__.py",
            "from importlib.metadata import entry_points\nimport acme_core\n\
             NAMES = sorted(one.name for one in entry_points(group='acme.plugins'))\n",
        )
        .file("app/tests/test_app.py", test);
    git(&repo, &["tag", "v1.4"]);
    git(&repo, &["add", "."]);
    git(&repo, &["commit", "-qm", "app"]);
    lock(&repo);
    let output = repo.xtask(&["test", "::"]);
    assert_eq!(output.status, 0, "{output}");
    // Another commit since the tag changes nothing of what tests see.
    git(&repo, &["commit", "-q", "--allow-empty", "-m", "more"]);
    let again = repo.xtask(&["test", "::"]);
    assert!(again.stderr.contains("cached"), "{again}");
    done(&repo, &["export"]);
    let names = "import acme_app; print(acme_app.NAMES)";
    insta::assert_snapshot!(done(&repo, &["run", "--", "-c", names]).stdout, @"['hello', 'own']");
}
