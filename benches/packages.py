"""Wheels: of fifty small files and of 50 MB, beside `zip -6 -r` and `uv build`; and all of a monorepo's.

Ours evaluates BUILD files and hashes for RECORD as well; `zip` does neither.
"""

import shutil
import sys
import tempfile
from pathlib import Path

import checkouts
from pairs import Scratch, compare, run

ROOT = Path(__file__).resolve().parent.parent
LARGE = 50_000_000
BUILD = """\
python_sources()
resources(name="data", sources=["*", "!*.py", "!BUILD", "!*.toml"])
python_distribution(
    name="dist",
    dependencies=[":pkg", ":data"],
    provides=python_artifact(name="pkg", version="1.0"),
    sdist=False,
)
"""
SETTINGS = """\
[GLOBAL]
pants_ignore.add = ["/out-*/"]

[python]
interpreter_constraints = ["CPython==3.12.*"]

[source]
root_patterns = ["/"]
"""
PROJECT = """\
[build-system]
requires = ["uv_build"]
build-backend = "uv_build"

[project]
name = "pkg"
version = "1.0"

[tool.uv.build-backend]
module-root = ""
"""


def tree(files):
    """A repository of one package that has copies of these files."""
    scratch = Scratch()
    package = scratch.folder / "pkg"
    package.mkdir()
    for at, path in enumerate(files):
        shutil.copyfile(path, package / f"{at:03}-{path.name}")
    (package / "__init__.py").write_text("")
    (package / "BUILD").write_text(BUILD)
    (scratch.folder / "pants.toml").write_text(SETTINGS)
    (scratch.folder / "pyproject.toml").write_text(PROJECT)
    return scratch


def small_files():
    """Fifty source files of this repository."""
    return sorted(ROOT.glob("*/src/*.rs"))[:50]


def large_files():
    """Shared objects of this machine, larger ones first, up to 50 MB."""
    objects, left = {}, LARGE
    for folder in ("/usr/lib", "/lib"):
        for path in Path(folder).rglob("*.so*"):
            if path.is_file() and not path.is_symlink() and 300_000 <= path.stat().st_size < 20_000_000:
                objects[path.name] = path
    for path in sorted(objects.values(), key=lambda path: (-path.stat().st_size, path.name)):
        if path.stat().st_size <= left:
            left -= path.stat().st_size
            yield path


class Packager:
    """One contender on a tree: the archive is written anew each time."""

    def __init__(self, scratch, command, out, **variables):
        self.scratch, self.command, self.out, self.variables = scratch, command, out, variables

    def __call__(self):
        self.scratch.put_aside(self.out)
        return self.scratch.run(self.command, **self.variables)[0]

    def size(self):
        path = self.scratch.folder / self.out
        return sum(file.stat().st_size for file in ([path] if path.is_file() else path.iterdir()))


def ours(binary, scratch, out):
    return Packager(scratch, [binary, "package", "--wheel", "--out-dir", out, "pkg:dist"], out)


def measure_trees(options):
    for title, files in (("wheel of 50 small files", small_files()), ("wheel of 50 MB", large_files())):
        scratch = tree(files)
        mine = ours(options.binary, scratch, "out-ours")
        if options.against:
            others = {"the other build": ours(options.against, scratch, "out-other")}
        else:
            uv = [options.uv, "build", "--wheel", "--offline", "--quiet", "--out-dir", "out-uv"]
            others = {
                "zip -6 -r": Packager(scratch, ["zip", "-6", "-q", "-r", "out-zip.zip", "pkg"], "out-zip.zip"),
                f"{options.versions['uv']} build": Packager(scratch, uv, "out-uv"),
            }
        for beside, other in others.items():
            mine(), other()
            size = f"{mine.size() / other.size():.3f} of its size"
            compare((title, size, beside), mine, other, options.runs)
            title = ""


def measure_monorepo(options):
    """No other tool builds these; without another build, ours runs beside itself with filled pointers."""
    with checkouts.checkout(options, "24.09.0") as plain, checkouts.checkout(options, "24.09.0") as filled:
        checkouts.fill(filled)
        arguments = ["package", "--wheel", "--tag=wheel", "--platform", "linux_x86_64", "--platform", "linux_arm64"]

        def packager(binary, checkout):
            scratch = Scratch()
            out = scratch.folder / "dist"
            return Packager(scratch, [binary, "-C", checkout, *arguments, "--out-dir", out], "dist")

        if options.against:
            for title, checkout in (("pointers", plain), ("files", filled)):
                pair = packager(options.binary, checkout), packager(options.against, checkout)
                compare(("19 wheels of 24.09.0", f"Git LFS {title}", "the other build"), *pair, options.runs)
        else:
            pair = packager(options.binary, plain), packager(options.binary, filled)
            compare(("19 wheels of 24.09.0", "Git LFS pointers", "files of their size"), *pair, options.runs)


def measure(options):
    measure_trees(options)
    if options.backend_ai:
        measure_monorepo(options)
