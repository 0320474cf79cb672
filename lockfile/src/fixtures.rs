//! Locks for this room's tests.

use model::Lock;

use crate::read;

/// Reads a lock that must be valid; a test fails if it is not.
#[track_caller]
pub(crate) fn lock(text: &str) -> Lock {
    match read(text, "python.lock".into()) {
        Ok(lock) => lock,
        Err(error) => panic!("{error}\n{}", error.place.source_line),
    }
}

/// A lock with every kind of entry.
pub(crate) const FULL: &str = r#"# Written by `cargo xtask generate-lockfiles --resolve=python-default`; not to be edited by hand.
lock-version = "1.0"
created-by = "cargo-xtask"
requires-python = ">=3.12,<3.13"

[tool.xtask]
format = 1
resolve = "python-default"
interpreter-constraints = ["CPython==3.12.*"]
platforms = [
    "linux_x86_64",
    "macos_arm64",
]
no-binary = [
    "psycopg2",
]
only-binary = [
    ":all:",
]
prereleases = "allow"
require-wheels = true
constraints = [
    "idna<4",
]
requirements = [
    "aiohttp[speedups]~=3.10.8",
    "local @ file:libs/local",
    "tool @ git+https://git.example/tool.git@main#subdirectory=py",
    "uvloop~=0.20.0 ; sys_platform != 'win32'",
    "zipped @ https://files.example/zipped-1.0.zip#subdirectory=inner",
]
forks = [
    "sys_platform != 'win32'",
    "sys_platform == 'win32'",
]

[[packages]]
name = "aiohttp"
version = "3.10.10"
requires-python = ">=3.8"
extras = ["speedups"]
dependencies = [
    "brotli ; platform_python_implementation == 'CPython' and extra == 'speedups'",
    "multidict>=4.5,<7.0",
]
sdist = { name = "aiohttp-3.10.10.tar.gz", upload-time = 2024-10-10T13:22:33.5Z, size = 7546580, hashes = { sha256 = "0631dd7c9f0822cc61c88586ca76d5b5ada26538097d0f1df510b082bad3411a" } }
wheels = [
    { name = "aiohttp-3.10.10-cp312-cp312-macosx_11_0_arm64.whl", upload-time = 2024-10-10T13:20:01Z, size = 390000, hashes = { sha256 = "1631dd7c9f0822cc61c88586ca76d5b5ada26538097d0f1df510b082bad3411a" }, requires-python = ">=3.9" },
    { name = "aiohttp-3.10.10-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", size = 1300000, hashes = { sha256 = "2631dd7c9f0822cc61c88586ca76d5b5ada26538097d0f1df510b082bad3411a" }, yanked = "broken \"wheel\"" },
]

[[packages]]
name = "brotli"
version = "1.1.0"
marker = "platform_python_implementation == 'CPython'"
index = 2
wheels = [
    { name = "Brotli-1.1.0-py3-none-any.whl", hashes = { sha256 = "3631dd7c9f0822cc61c88586ca76d5b5ada26538097d0f1df510b082bad3411a" } },
]

[[packages]]
name = "local"
version = "0.1"
directory = { path = "libs/local" }

[[packages]]
name = "multidict"
version = "6.1.0"
index = "find-links"
wheels = [
    { name = "multidict-6.1.0-py3-none-any.whl" },
]

[[packages]]
name = "tool"
version = "2.0"
vcs = { type = "git", url = "https://git.example/tool.git", requested-revision = "main", commit-id = "29932f3915935d773dc8d52c292cadd81c81071d", subdirectory = "py" }

[[packages]]
name = "uvloop"
version = "0.20.0"
marker = "sys_platform != 'win32'"
sdist = { name = "uvloop-0.20.0.tar.gz", hashes = { sha256 = "4631dd7c9f0822cc61c88586ca76d5b5ada26538097d0f1df510b082bad3411a" } }

[[packages]]
name = "zipped"
version = "1.0"
archive = { url = "https://files.example/zipped-1.0.zip", subdirectory = "inner" }
"#;

/// A lock of requirements and packages such as `a[x] 1.0 ; os_name == 'nt' : b>1 & c`, each with
/// one wheel.
#[track_caller]
pub(crate) fn small(requirements: &[&str], packages: &[&str]) -> Lock {
    let strings = |lines: &[&str]| -> String {
        lines
            .iter()
            .map(|line| format!("    {line:?},\n"))
            .collect()
    };
    let mut text = format!(
        "[tool.xtask]\nformat = 1\nresolve = \"r\"\ninterpreter-constraints = [\"CPython==3.12.*\"]\nrequirements = [\n{}]\n",
        strings(requirements)
    );
    for package in packages {
        let (head, dependencies) = package.split_once(" : ").unwrap_or((package, ""));
        let (head, marker) = head.split_once(" ; ").unwrap_or((head, ""));
        let (name, version) = head.split_once(' ').expect("a name and a version");
        let (name, extras) = name.split_once('[').unwrap_or((name, "]"));
        let extras: Vec<&str> = extras
            .trim_end_matches(']')
            .split(',')
            .filter(|e| !e.is_empty())
            .collect();
        let dependencies: Vec<&str> = dependencies
            .split(" & ")
            .filter(|d| !d.is_empty())
            .collect();
        text.push_str(&format!(
            "[[packages]]\nname = {name:?}\nversion = {version:?}\nmarker = {marker:?}\nextras = {extras:?}\ndependencies = [\n{}]\nwheels = [{{ name = \"{name}-{version}-py3-none-any.whl\", hashes = {{ sha256 = \"{:064x}\" }} }}]\n",
            strings(&dependencies),
            name.bytes().chain(version.bytes()).fold(7_u64, |all, b| all.wrapping_mul(31).wrapping_add(b.into())),
        ));
    }
    lock(&text)
}
