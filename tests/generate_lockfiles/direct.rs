//! Direct references: archives at a URL or in the repository, their hashes, constraints on them.

use insta::assert_snapshot;
use model::{FileDigest, FileDigests};
use testkit::{LoopbackIndex, Package, PackageFile, Repo};

use crate::{done, lock, locked, refused, repo};

/// An index with a wheel and a source distribution of `a` 1.0.
fn archives() -> (LoopbackIndex, PackageFile, PackageFile) {
    let package = Package::new("a", "1.0").wheel("py3-none-any").sdist();
    let [wheel, sdist] = <[PackageFile; 2]>::try_from(package.files()).unwrap_or_else(|_| panic!());
    (LoopbackIndex::start([package]), wheel, sdist)
}

/// The digest of a file: what is said of it in place of a wrong one.
fn digest(algorithm: &str, digits: usize, file: &PackageFile) -> String {
    let wrong: FileDigest = format!("{algorithm}:{}", "0".repeat(digits))
        .parse()
        .unwrap();
    let digests = FileDigests::default().with([wrong]);
    let actual = digests.mismatch(&file.bytes[..]).unwrap().unwrap();
    actual.to_string().split_once(':').unwrap().1.to_owned()
}

/// A repository that requires `line`, with `URL`, `WHEEL` and `SDIST` replaced.
fn requiring(index: &LoopbackIndex, line: &str) -> Repo {
    repo().index(index).requirements(&filled(index, line))
}

fn filled(index: &LoopbackIndex, line: &str) -> String {
    let wheel = index.file_url("a-1.0-py3-none-any.whl");
    let sdist = index.file_url("a-1.0.tar.gz");
    line.replace("WHEEL", &wheel).replace("SDIST", &sdist) + "\n"
}

#[test]
fn a_wrong_hash_of_a_url_is_refused() {
    let (index, _, _) = archives();
    let zeros = |digits: usize| "0".repeat(digits);
    for line in [
        format!("a @ WHEEL#sha256={}", zeros(64)),
        format!("a @ SDIST#sha256={}", zeros(64)),
        format!("a @ WHEEL#md5={}", zeros(32)),
        format!("a @ SDIST#sha1={} ; python_version > '3'", zeros(40)),
        format!("a @ WHEEL#sha512={}", zeros(128)),
        format!("a @ WHEEL --hash=sha256:{}", zeros(64)),
        format!("a @ SDIST --hash=sha384:{}", zeros(96)),
        format!("WHEEL#md5={}", zeros(32)),
        format!("WHEEL --hash=sha256:{}", zeros(64)),
        format!("a @ WHEEL\na @ WHEEL#md5={}", zeros(32)),
    ] {
        let repo = requiring(&index, &line);
        let output = refused(&repo, &["generate-lockfiles"]);
        assert!(output.contains("wrong hash: expected"), "{line}\n{output}");
        assert!(!repo.root().join("python.lock").exists(), "{line}");
    }
}

#[test]
fn the_right_hash_of_a_url_is_recorded() {
    let (index, wheel, sdist) = archives();
    let zeros = "0".repeat(64);
    for (line, file) in [
        (format!("a @ WHEEL#sha256={}", wheel.sha256), &wheel),
        (
            format!(
                "a @ WHEEL#sha256={}",
                wheel.sha256.to_string().to_uppercase()
            ),
            &wheel,
        ),
        (format!("a @ SDIST#egg=a&sha256={}", sdist.sha256), &sdist),
        (
            format!(
                "a @ WHEEL --hash=sha256:{zeros} --hash=sha256:{}",
                wheel.sha256
            ),
            &wheel,
        ),
        (format!("SDIST --hash=sha256:{}", sdist.sha256), &sdist),
        (
            format!("a @ WHEEL#md5={}", digest("md5", 32, &wheel)),
            &wheel,
        ),
        (
            format!("a @ SDIST#sha1={}", digest("sha1", 40, &sdist)),
            &sdist,
        ),
        (
            format!("a @ SDIST --hash=sha512:{}", digest("sha512", 128, &sdist)),
            &sdist,
        ),
    ] {
        let repo = requiring(&index, &line);
        lock(&repo);
        let text = repo.read("python.lock");
        let requirement = text.lines().find(|line| line.contains("a @ ")).unwrap();
        let named = line.rsplit(['=', ':']).next().unwrap().to_lowercase();
        assert!(requirement.contains(&named), "{text}");
        assert!(
            text.contains(&format!("hashes = {{ sha256 = \"{}\" }}", file.sha256)),
            "{text}"
        );
        let check = repo.xtask(&["lock", "check"]);
        assert_eq!(check.status, 0, "{check}");
    }
}

#[test]
fn a_wheel_with_the_name_of_another_version_is_refused() {
    let (index, wheel, _) = archives();
    let repo = repo()
        .index(&index)
        .requirements("./a-2.0-py3-none-any.whl\n");
    fs_err::write(repo.root().join("a-2.0-py3-none-any.whl"), &wheel.bytes).unwrap();
    assert_snapshot!(refused(&repo, &["generate-lockfiles"]), @"
    error: the wheel is a 2.0 by its name, and a 1.0 by its metadata
     --> requirements.txt:1:1
      |
    1 | ./a-2.0-py3-none-any.whl
      | ^^^^^^^^^^^^^^^^^^^^^^^^
      |
    hint: build the wheel again, or give it back the name that it had
    ");
    // `1` is the same version as `1.0`.
    fs_err::write(repo.root().join("a-1-py3-none-any.whl"), &wheel.bytes).unwrap();
    repo.write("requirements.txt", "./a-1-py3-none-any.whl\n");
    lock(&repo);
    assert_eq!(repo.xtask(&["lock", "check"]).status, 0);
}

#[test]
fn a_requirement_that_names_a_place_explains_where_a_package_comes_from() {
    let (index, _, _) = archives();
    let repo = requiring(&index, "a");
    lock(&repo);
    repo.write("requirements.txt", &filled(&index, "a @ WHEEL"));
    assert_snapshot!(repo.xtask(&["generate-lockfiles"]), @"
    exit status 0
    ----- stderr
    python-default (python.lock): 1 packages, written
      ! a 1.0 came from the first index, comes from http://127.0.0.1:[PORT]/files/a-1.0-py3-none-any.whl  (the requirement `a` is now `a @ http://127.0.0.1:[PORT]/files/a-1.0-py3-none-any.whl`)
    ");
    repo.write("requirements.txt", "a\n");
    assert_snapshot!(repo.xtask(&["generate-lockfiles"]), @"
    exit status 0
    ----- stderr
    python-default (python.lock): 1 packages, written
      ! a 1.0 came from http://127.0.0.1:[PORT]/files/a-1.0-py3-none-any.whl, comes from the first index  (the requirement `a @ http://127.0.0.1:[PORT]/files/a-1.0-py3-none-any.whl` is now `a`)
    ");
}

#[test]
fn a_changed_hash_makes_the_lock_stale() {
    let (index, wheel, _) = archives();
    let right = format!("a @ WHEEL --hash=sha256:{}", wheel.sha256);
    let repo = requiring(&index, "a @ WHEEL");
    lock(&repo);
    repo.write("requirements.txt", &filled(&index, &right));
    let check = ["generate-lockfiles", "--check"];
    assert_snapshot!(repo.xtask(&check), @"
    exit status 1
    ----- stderr
    python-default (python.lock): 1 packages, stale
      the requirement `a @ http://127.0.0.1:[PORT]/files/a-1.0-py3-none-any.whl` is now `a @ http://127.0.0.1:[PORT]/files/a-1.0-py3-none-any.whl#sha256=[HASH]`
    hint: run `cargo xtask generate-lockfiles --resolve python-default`
    ");
    lock(&repo);
    assert_eq!(repo.xtask(&check).status, 0);
    let wrong = format!("a @ WHEEL --hash=sha256:{}", "1".repeat(64));
    repo.write("requirements.txt", &filled(&index, &wrong));
    let before = repo.read("python.lock");
    assert_eq!(repo.xtask(&check).status, 1);
    assert_snapshot!(refused(&repo, &["generate-lockfiles"]), @"
    error: `a-1.0-py3-none-any.whl` from http://127.0.0.1:[PORT]/files/a-1.0-py3-none-any.whl has the wrong hash: expected sha256 [HASH], got [HASH]
     --> requirements.txt:1:1
      |
    1 | a @ http://127.0.0.1:[PORT]/files/a-1.0-py3-none-any.whl --hash=sha256:[HASH]
      | ^
      |
    hint: someone replaced the file, or the connection is tampered with: find out which before you lock again
    ");
    assert_eq!(repo.read("python.lock"), before);
}

#[test]
fn hashes_that_cannot_be_checked_are_refused() {
    let (index, _, _) = archives();
    let error = |line: &str| {
        let repo = requiring(&index, line);
        repo.write(
            "folder/pyproject.toml",
            "[project]\nname = 'b'\nversion = '1'\n",
        );
        refused(&repo, &["generate-lockfiles"])
    };
    let zeros = "0".repeat(64);
    assert_snapshot!(error(&format!("a @ git+https://git.example/a --hash=sha256:{zeros}")), @"
    error: a git repository has no hash to check: name a commit in its place, as in `git+https://…@COMMIT`
     --> requirements.txt:1:1
      |
    1 | a @ git+https://git.example/a --hash=sha256:[HASH]
      | ^
    ");
    assert_snapshot!(error(&format!("a @ git+https://git.example/a#sha256={zeros}")), @"
    error: not a requirement: a git repository has no hash to check: name a commit in its place, as in `git+https://…@COMMIT`
     --> requirements.txt:1:1
      |
    1 | a @ git+https://git.example/a#sha256=[HASH]
      | ^
    ");
    assert_snapshot!(error(&format!("./folder --hash=sha256:{zeros}")), @"
    error: cannot check the hash of folder: it is a folder
     --> requirements.txt:1:1
      |
    1 | ./folder --hash=sha256:[HASH]
      | ^^^^^^^^
      |
    hint: name a wheel or a source distribution, or leave the hash out
    ");
    assert_snapshot!(error("a @ WHEEL#sha256=12"), @"
    error: not a requirement: `sha256:12` is not a hash: expected 64 hexadecimal digits
     --> requirements.txt:1:1
      |
    1 | a @ http://127.0.0.1:[PORT]/files/a-1.0-py3-none-any.whl#sha256=12
      | ^
    ");
    assert_snapshot!(error("a @ WHEEL#blake2b=12"), @"
    error: not a requirement: `blake2b:12` is not a hash: expected one of md5, sha1, sha224, sha256, sha384, sha512
     --> requirements.txt:1:1
      |
    1 | a @ http://127.0.0.1:[PORT]/files/a-1.0-py3-none-any.whl#blake2b=12
      | ^
    ");
    assert_snapshot!(error("a @ WHEEL --hash=md5:900150983cd24fb0d6963f7d28e17f72"), @"
    error: `--hash` takes sha256, sha384 and sha512, and not md5
     --> requirements.txt:1:64
      |
    1 | a @ http://127.0.0.1:[PORT]/files/a-1.0-py3-none-any.whl --hash=md5:[HASH]
      |                                                                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    ");
    let ones = "1".repeat(64);
    assert_snapshot!(error(&format!("a @ WHEEL#sha256={ones} --hash=sha256:{zeros}")), @"
    error: the URL names sha256:[HASH], and no `--hash` option does
     --> requirements.txt:1:1
      |
    1 | a @ http://127.0.0.1:[PORT]/files/a-1.0-py3-none-any.whl#sha256=[HASH] --has...
      | ^
    ");
}

#[test]
fn one_version_from_several_places() {
    let index = LoopbackIndex::start([
        Package::new("a", "1.0")
            .wheel("cp312-cp312-manylinux2014_x86_64")
            .wheel("cp312-cp312-win_amd64"),
        Package::new("b", "1.0").requires("a"),
    ]);
    let url = |tag: &str| index.file_url(&format!("a-1.0-cp312-cp312-{tag}.whl"));
    let (linux, windows) = (url("manylinux2014_x86_64"), url("win_amd64"));
    let folder = "[project]\nname = 'a'\nversion = '1.0'\n";
    for lines in [
        format!("a @ {linux} ; sys_platform == 'linux'\na @ {windows} ; sys_platform == 'win32'\n"),
        format!("a @ {linux} ; sys_platform == 'linux'\nb\n"),
        "a @ file:///ROOT/a ; sys_platform == 'linux'\na==1.0 ; sys_platform != 'linux'\n"
            .to_owned(),
    ] {
        let repo = repo().index(&index).file("a/pyproject.toml", folder);
        let lines = lines.replace("/ROOT", repo.root().as_str());
        let repo = repo.requirements(&lines);
        lock(&repo);
        let text = repo.read("python.lock");
        assert_eq!(text.matches("name = \"a\"\nversion").count(), 2, "{text}");
        for command in [
            &["lock", "check"][..],
            &["generate-lockfiles", "--check"],
            &["tree"],
        ] {
            let output = repo.xtask(command);
            assert_eq!(output.status, 0, "{lines}{command:?}\n{output}\n{text}");
        }
        let again = repo.xtask(&["generate-lockfiles", "--upgrade"]);
        assert_eq!(again.status, 0, "{again}");
        assert_eq!(repo.read("python.lock"), text);
    }
}

#[test]
fn a_url_among_the_constraints_is_followed() {
    let index = LoopbackIndex::start([
        Package::new("a", "1.0").wheel("py3-none-any").sdist(),
        Package::new("a", "2.0"),
        Package::new("b", "1.0").requires("a"),
        Package::new("c", "1.0"),
    ]);
    let locked = |requirements: &str, constraints: &str| {
        let repo = requiring(&index, &format!("{requirements}\n-c constraints.txt"));
        repo.write("constraints.txt", &filled(&index, constraints));
        lock(&repo);
        let check = repo.xtask(&["lock", "check"]);
        assert_eq!(check.status, 0, "{check}\n{}", repo.read("python.lock"));
        let text = repo.read("python.lock");
        let about = |line: &&str| {
            line.starts_with("version") || line.starts_with("archive") || line.starts_with("marker")
        };
        let lines = text.lines().filter(about);
        repo.shown(&lines.collect::<Vec<_>>().join("\n"))
    };
    assert_snapshot!(locked("b", "a @ WHEEL"), @r#"
    version = "1.0"
    archive = { url = "http://127.0.0.1:[PORT]/files/a-1.0-py3-none-any.whl" }
    version = "1.0"
    "#);
    assert_snapshot!(locked("a", "a @ WHEEL"), @r#"
    version = "1.0"
    archive = { url = "http://127.0.0.1:[PORT]/files/a-1.0-py3-none-any.whl" }
    "#);
    assert_snapshot!(locked("b", "a @ WHEEL ; sys_platform == 'win32'"), @r#"
    version = "1.0"
    marker = "sys_platform == 'win32'"
    archive = { url = "http://127.0.0.1:[PORT]/files/a-1.0-py3-none-any.whl" }
    version = "2.0"
    marker = "sys_platform != 'win32'"
    version = "1.0"
    "#);
    assert_snapshot!(locked("a @ WHEEL", "a @ WHEEL"), @r#"
    version = "1.0"
    archive = { url = "http://127.0.0.1:[PORT]/files/a-1.0-py3-none-any.whl" }
    "#);
    // It requires nothing by itself.
    assert_snapshot!(locked("c", "a @ WHEEL"), @r#"version = "1.0""#);
}

#[test]
fn constraints_that_a_direct_reference_breaks() {
    let (index, _, _) = archives();
    let error = |requirements: &str, constraints: &str| {
        let repo = requiring(&index, &format!("{requirements}\n-c constraints.txt"));
        repo.write("constraints.txt", &filled(&index, constraints));
        refused(&repo, &["generate-lockfiles"])
    };
    assert_snapshot!(error("a @ WHEEL", "a>=2"), @"
    error: cannot lock `python-default`: no versions satisfy all requirements
     --> requirements.txt:1:1
      |
    1 | a @ http://127.0.0.1:[PORT]/files/a-1.0-py3-none-any.whl
      | ^
      |
      = requirements.txt:1 requires a @ http://127.0.0.1:[PORT]/files/a-1.0-py3-none-any.whl
      = a cannot be used: a constraint excludes it: constraints.txt:1 says a>=2
    hint: with 1.0 there is a solution: loosen the constraint at constraints.txt:1
    ");
    assert_snapshot!(error("a>=2", "a @ WHEEL"), @"
    error: cannot lock `python-default`: no versions satisfy all requirements
     --> requirements.txt:1:1
      |
    1 | a>=2
      | ^^^^
      |
      = requirements.txt:1 requires a>=2
      = a cannot be used: the direct reference gives 1.0: constraints.txt:1 says a @ http://127.0.0.1:[PORT]/files/a-1.0-py3-none-any.whl
    hint: with a 1.0 there is a solution: loosen `a>=2` at requirements.txt:1
    ");
    assert_snapshot!(error("a @ WHEEL", "a @ SDIST"), @"
    error: cannot lock `python-default`: no versions satisfy all requirements
     --> requirements.txt:1:1
      |
    1 | a @ http://127.0.0.1:[PORT]/files/a-1.0-py3-none-any.whl
      | ^
      |
      = requirements.txt:1 requires a @ http://127.0.0.1:[PORT]/files/a-1.0-py3-none-any.whl
      = http://127.0.0.1:[PORT]/files/a-1.0.tar.gz and http://127.0.0.1:[PORT]/files/a-1.0-py3-none-any.whl are two places for one project: constraints.txt:1 says a @ http://127.0.0.1:[PORT]/files/a-1.0.tar.gz
    ");
}

#[test]
fn a_wheel_of_the_repository_is_an_archive_with_its_hash() {
    let [one, other] = ["one", "other"].map(|text| {
        let package = Package::new("a", "1.0").member("a.py", text.as_bytes());
        package.files().remove(0)
    });
    let index = LoopbackIndex::start([]);
    for (requirement, path) in [
        (
            "./my libs/a-1.0-py3-none-any.whl",
            "my libs/a-1.0-py3-none-any.whl",
        ),
        (
            "a @ file:///ROOT/libs/a-1.0-py3-none-any.whl",
            "/ROOT/libs/a-1.0-py3-none-any.whl",
        ),
    ] {
        let repo = repo().index(&index);
        let root = repo.root();
        let filled = |text: &str| text.replace("/ROOT", root.as_str());
        let repo = repo.requirements(&format!("{}\n", filled(requirement)));
        let file = repo.root().join(filled(path));
        fs_err::create_dir_all(file.parent().unwrap()).unwrap();
        fs_err::write(&file, &one.bytes).unwrap();
        lock(&repo);
        let text = repo.read("python.lock");
        let archive = format!("archive = {{ path = \"{}\" }}", filled(path));
        assert!(text.contains(&archive), "{text}");
        assert!(
            text.contains(&format!("sha256 = \"{}\"", one.sha256)),
            "{text}"
        );
        let check = ["generate-lockfiles", "--check"];
        for _ in 0..2 {
            let output = repo.xtask(&check);
            assert_eq!(output.status, 0, "{output}\n{text}");
        }
        let pylock = repo.xtask(&["export", "--format", "pylock", "--output", "pylock.toml"]);
        assert_eq!(pylock.status, 0, "{pylock}");
        assert!(repo.read("pylock.toml").contains(&one.sha256));
        let vendor = repo.xtask(&["vendor", "--output", "wheels"]);
        assert_eq!(vendor.status, 0, "{vendor}");
        assert!(
            repo.root().join("wheels/a-1.0-py3-none-any.whl").exists(),
            "{vendor}"
        );

        fs_err::write(&file, &other.bytes).unwrap();
        let output = repo.xtask(&check);
        assert_eq!(output.status, 1, "{output}");
        assert!(
            output
                .to_string()
                .contains("is not the file that was locked"),
            "{output}"
        );
        let vendor = repo.xtask(&["vendor", "--output", "others"]);
        assert_eq!(vendor.status, 1, "{vendor}");
        lock(&repo);
        assert!(repo.read("python.lock").contains(&other.sha256));
    }
}

#[test]
fn a_project_of_the_repository_that_changed() {
    let index = LoopbackIndex::start([Package::new("lib", "1.0"), Package::new("other", "1.0")]);
    let repo = repo().index(&index).requirements("./libs/l1[x]\n");
    let project = |version: &str, requires: &str| {
        let text = format!(
            "[project]\nname = 'l1'\nversion = '{version}'\ndependencies = [{requires}]\n\
             [project.optional-dependencies]\nx = ['l1[y]', \"lib ; os_name == 'posix'\"]\ny = []\n"
        );
        repo.write("libs/l1/pyproject.toml", &text);
    };
    project("1.0", "'lib'");
    lock(&repo);
    let check = ["generate-lockfiles", "--check"];
    for _ in 0..2 {
        let output = repo.xtask(&check);
        assert_eq!(output.status, 0, "{output}\n{}", repo.read("python.lock"));
    }
    project("1.0", "'lib', 'other'");
    assert_snapshot!(repo.xtask(&check), @"
    exit status 1
    ----- stderr
    python-default (python.lock): 2 packages, stale
      l1 1.0 requires `other` now
    hint: run `cargo xtask generate-lockfiles --resolve python-default`
    ");
    lock(&repo);
    assert_eq!(repo.xtask(&check).status, 0);
    project("1.1", "'lib', 'other'");
    assert_snapshot!(repo.xtask(&check), @"
    exit status 1
    ----- stderr
    python-default (python.lock): 3 packages, stale
      l1 1.0 has the version 1.1 now
    hint: run `cargo xtask generate-lockfiles --resolve python-default`
    ");
    lock(&repo);
    project("1.1", "'other'");
    assert_snapshot!(lock(&repo), @"
    exit status 0
    ----- stderr
    python-default (python.lock): 3 packages, written
      ~ lib 1.0 was needed everywhere, is needed where os_name == 'posix'  (chosen anew)
    ");
    assert_eq!(repo.xtask(&check).status, 0);
}

#[test]
fn a_project_that_asks_for_its_own_extras_is_not_asked_of_an_index() {
    let index = LoopbackIndex::start([Package::new("lib", "1.0")]);
    let build = "python_requirements(name='r', source='pyproject.toml')\n";
    let project = |all: &str| {
        format!(
            "[project]\nname = 'My.Project'\nversion = '1'\n[project.optional-dependencies]\n\
             y = ['lib']\nz = ['{all}']\n"
        )
    };
    let repo = repo().index(&index).file("BUILD", build);
    let repo = repo.file("pyproject.toml", &project("my_project[y]"));
    lock(&repo);
    assert_snapshot!(locked(&repo, "python-default"), @"lib==1.0");
    assert_eq!(index.requests("/simple/my-project/"), 0);
    let repo = repo.file("pyproject.toml", &project("my_project[yy]"));
    assert_snapshot!(refused(&repo, &["generate-lockfiles"]), @"
    error: my-project has no extra `yy`
     --> pyproject.toml:6:7
      |
    6 | z = ['my_project[yy]']
      |       ^^^^^^^^^^^^^^^^
      |
    hint: did you mean `y`?
    ");
}

#[test]
fn interpreter_constraints_that_no_python_satisfies() {
    let repo = repo().requirements("a\n").file(
        "Cargo.toml",
        "[workspace.metadata.xtask.python]\ninterpreter_constraints = ['CPython==3.9.*,==3.11.*']\n",
    );
    let output = repo.xtask(&["generate-lockfiles"]);
    assert_snapshot!(output, @"
    exit status 1
    ----- stderr
    error: `[python] interpreter_constraints`: `CPython==3.9.*,==3.11.*` is not an interpreter constraint such as `CPython==3.12.*`: no Python satisfies it
     --> Cargo.toml:2:28
      |
    2 | interpreter_constraints = ['CPython==3.9.*,==3.11.*']
      |                            ^^^^^^^^^^^^^^^^^^^^^^^^^
    ");
    assert!(!repo.root().join("python.lock").exists());
}

#[test]
fn a_project_whose_build_reads_other_files() {
    let index = LoopbackIndex::start([Package::new("b", "1.0"), Package::new("c", "1.0")]);
    let backend = "import os\n\
        def build_wheel(*_):\n    raise NotImplementedError\n\
        def prepare_metadata_for_build_wheel(folder, settings=None):\n    \
            name = 'l1-1.0.dist-info'\n    \
            os.mkdir(os.path.join(folder, name))\n    \
            requires = open('needs/list.txt').read()\n    \
            with open(os.path.join(folder, name, 'METADATA'), 'w') as file:\n        \
                file.write('Metadata-Version: 2.1\\nName: l1\\nVersion: 1.0\\nRequires-Dist: ' + requires)\n    \
            return name\n";
    let project = "[project]\nname = 'l1'\nversion = '1.0'\ndynamic = ['dependencies']\n\
                   [build-system]\nrequires = []\nbuild-backend = 'backend'\nbackend-path = ['.']\n";
    let repo = repo()
        .index(&index)
        .requirements("./libs/l1\n")
        .file("libs/l1/pyproject.toml", project)
        .file("libs/l1/backend.py", backend)
        .file("libs/l1/needs/list.txt", "b\n");
    lock(&repo);
    let check = ["generate-lockfiles", "--check"];
    for _ in 0..2 {
        assert_eq!(repo.xtask(&check).status, 0);
    }
    let repo = repo.file("libs/l1/needs/list.txt", "c\n");
    let output = repo.xtask(&check);
    assert_eq!(output.status, 1, "{output}");
    assert!(
        output.stderr.contains("l1 1.0 requires `c` now"),
        "{output}"
    );
    // What does not change the metadata does not make the lock stale.
    lock(&repo);
    let repo = repo.file("libs/l1/l1.py", "x = 1\n");
    assert_eq!(repo.xtask(&check).status, 0);
}

#[test]
fn a_wheel_that_a_url_names_serves_each_python_and_platform() {
    let index = LoopbackIndex::start([Package::new("a", "1.0")
        .wheel("cp312-cp312-manylinux2014_x86_64")
        .wheel("cp312-cp312-win_amd64")]);
    let url = |tag: &str| index.file_url(&format!("a-1.0-cp312-cp312-{tag}.whl"));
    let linux = url("manylinux2014_x86_64");
    let settings = |pythons: &str, platforms: &str| {
        format!(
            "[workspace.metadata.xtask.python]\ninterpreter_constraints = ['{pythons}']\n\
             resolves_to_platforms = {{ python-default = [{platforms}] }}\n"
        )
    };
    let both = "'linux_x86_64', 'windows_x86_64'";
    let repo = repo()
        .index(&index)
        .requirements(&format!("a @ {linux}\n"))
        .file("Cargo.toml", &settings("CPython==3.12.*", both));
    assert_snapshot!(refused(&repo, &["generate-lockfiles"]), @"
    error: cannot lock `python-default`: no versions satisfy all requirements where sys_platform == 'win32' (windows_x86_64)
     --> requirements.txt:1:1
      |
    1 | a @ http://127.0.0.1:[PORT]/files/a-1.0-cp312-cp312-manylinux2014_x86_64.whl
      | ^
      |
      = requirements.txt:1 requires a @ http://127.0.0.1:[PORT]/files/a-1.0-cp312-cp312-manylinux2014_x86_64.whl
      = a cannot be used: it has no file for windows_x86_64
    hint: a has nothing for windows_x86_64: leave that platform out: `resolves_to_platforms` in `[python]`
    ");
    let repo = repo.file(
        "Cargo.toml",
        &settings("CPython>=3.12,<3.14", "'linux_x86_64'"),
    );
    assert_snapshot!(refused(&repo, &["generate-lockfiles"]), @"
    error: cannot lock `python-default`: no versions satisfy all requirements where python_full_version == '3.13.*'
     --> requirements.txt:1:1
      |
    1 | a @ http://127.0.0.1:[PORT]/files/a-1.0-cp312-cp312-manylinux2014_x86_64.whl
      | ^
      |
      = requirements.txt:1 requires a @ http://127.0.0.1:[PORT]/files/a-1.0-cp312-cp312-manylinux2014_x86_64.whl
      = a cannot be used: it has no file for CPython 3.13
    hint: a has no file for Python 3.13: end the interpreter constraints with `<3.13`: `interpreter_constraints` in `[python]`
    ");
    // One for each, and one for the only Python on the only platform.
    let lines = format!(
        "a @ {linux} ; sys_platform == 'linux'\na @ {} ; sys_platform == 'win32'\n",
        url("win_amd64")
    );
    let repo = repo
        .requirements(&lines)
        .file("Cargo.toml", &settings("CPython==3.12.*", both));
    lock(&repo);
    done(&repo, &["lock", "check"]);
}
