"""Linters, formatters and type checkers on lablup/backend.ai, beside the same tools called by hand.

By hand is what its makers mean: ruff with its cache on the same files, mypy with its cache and the Python that has
what the code requires. Our caches of tools are filled before; cold is without the tools' own caches and without
results. Its settings name a Python that few have: `--backend-ai-python 3.13.0` names the one that is here, and
`PANTS_PYTHON_REPOS_INDEXES='["<pip>"]'` an index that everybody reaches.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

import checkouts
from pairs import Scratch, compare, run

TAG = "26.8.1"
PYTHON = "3.13.7"
TYPES = "--filter-target-type=python_source,python_test,python_test_utils"
CHECKED = "src/ai/backend/common::"


class Ours(Scratch):
    """Our build, on a checkout."""

    def __init__(self, binary, checkout):
        super().__init__()
        self.checkout = checkout
        self.binary = binary
        self.kept_cache = Path(self._temporary.name) / "cache"

    def command(self, *arguments):
        return self.run([self.binary, "-C", self.checkout, *arguments])[0]

    def forget(self):
        for name in ("tools-1", "actions"):
            shutil.rmtree(self.kept_cache / name, ignore_errors=True)

    def files(self, spec):
        listed = self.run([self.binary, "-C", self.checkout, "filedeps", TYPES, spec])[1]
        return sorted({line for line in listed.splitlines() if line.endswith((".py", ".pyi"))})

    def program(self, name):
        # Where the settings pin a program, it is in the repository.
        pinned = self.checkout.glob(f"dist/export/bins/{name}/*/{name}")
        places = (f"environments-*/*/bin/{name}", f"wheels-*/*/*/files/*.data/scripts/{name}")
        return next(path for found in (pinned, *map(self.kept_cache.glob, places)) for path in found)

    def python_with(self, module):
        """The environment of the code that is checked."""
        found = self.kept_cache.glob(f"environments-*/*/lib/python*/site-packages/{module}")
        return next(found).parents[3] / "bin/python"


class ByHand:
    """Tools with caches of their own."""

    def __init__(self, checkout, cache):
        self.checkout, self.cache = checkout, cache

    def command(self, commands, **variables):
        whole = [0.0, 0.0, 0.0]
        for command in commands:
            wall, cpu, size = run(command, self.checkout, {"RUFF_CACHE_DIR": str(self.cache / "ruff"), **variables})[0]
            whole = [whole[0] + wall, whole[1] + cpu, max(whole[2], size)]
        return tuple(whole)

    def forget(self):
        shutil.rmtree(self.cache, ignore_errors=True)


def after(first, then):
    def both():
        first()
        return then()

    return both


def edit(path):
    """Changes a file, so that what depends on it is looked at again."""
    with open(path, "a") as file:
        file.write(f"\n_edited_{os.urandom(4).hex()} = 1\n")


def comment(path):
    """Changes a file, which stays as formatters want it."""
    text = re.sub(r"\A# edited .*\n", "", path.read_text())
    path.write_text(f"# edited {os.urandom(4).hex()}\n{text}")


def lint(ours, options):
    hand = ByHand(ours.checkout, Path(ours._temporary.name) / "by-hand")
    ruff, files = ours.program("ruff"), ours.files("::")
    calls = [[ruff, "check", "--force-exclude", *files], [ruff, "format", "--check", "--force-exclude", *files]]
    title = f"lint of {TAG}, {len(files):,} files"
    by_hand = lambda: hand.command(calls)  # noqa: E731
    cold, warm = after(ours.forget, lambda: ours.command("lint", "::")), lambda: ours.command("lint", "--force", "::")
    compare((title, "cold", "ruff by hand"), cold, after(hand.forget, by_hand), options.runs)
    edited = ours.checkout / "src/ai/backend/common/types.py"
    once = lambda: ours.command("lint", "::")  # noqa: E731
    compare(("", "one file changed", ""), after(lambda: comment(edited), once), after(lambda: comment(edited), by_hand), options.runs)
    compare(("", "again, `--force`", ""), warm, by_hand, options.runs)
    compare(("", "unchanged", ""), lambda: ours.command("lint", "::"), by_hand, options.runs)
    one = "src/ai/backend/common/types.py"
    compare(
        ("fmt of one file", "", "ruff by hand"),
        lambda: ours.command("fmt", one),
        lambda: hand.command([[ruff, "format", "--force-exclude", one]]),
        options.runs,
    )


def check(ours, options):
    hand = ByHand(ours.checkout, Path(ours._temporary.name) / "by-hand-mypy")
    hand.cache.mkdir(exist_ok=True)
    listed = ours.files(CHECKED)
    files = [path for path in listed if f"{path}i" not in listed]  # a stub stands for its module
    mypy, python = ours.program("mypy"), ours.python_with("pydantic")
    call = [mypy, f"--python-executable={python}", f"--cache-dir={hand.cache}", "--sqlite-cache", *files]
    by_hand = lambda: hand.command([call], MYPYPATH="src:stubs")  # noqa: E731
    ours_once = lambda: ours.command("check", CHECKED)  # noqa: E731
    edited = ours.checkout / "src/ai/backend/common/types.py"
    title = f"check of common of {TAG}, {len(files):,} files"
    forget = after(hand.forget, lambda: hand.cache.mkdir(exist_ok=True))
    compare((title, "cold", "mypy by hand"), after(ours.forget, ours_once), after(forget, by_hand), options.cold_runs)
    compare(
        ("", "one file changed", ""), after(lambda: edit(edited), ours_once), after(lambda: edit(edited), by_hand), options.cold_runs
    )
    compare(("", "unchanged", ""), ours_once, by_hand, options.runs)


def measure(options):
    with checkouts.checkout(options, TAG) as checkout:
        for path in [checkout / "pants.toml", checkout / "python.lock", *checkout.glob("tools/*.lock")]:
            path.write_text(path.read_text().replace(PYTHON, options.backend_ai_python))
        ours = Ours(options.binary, checkout)
        settings = checkout / "pants.toml"
        # Files whose pattern matches nothing in an archive without Git LFS are no error here.
        settings.write_text(re.sub(r'unmatched_build_file_globs = "error"', 'unmatched_build_file_globs = "ignore"', settings.read_text()))
        subprocess.run(["git", "init", "--quiet"], cwd=checkout, check=True)
        ours.command("lint", "::")
        lint(ours, options)
        ours.command("check", CHECKED)
        check(ours, options)
