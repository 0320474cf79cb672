#!/usr/bin/env python3
"""Makes the environment of one lock with us and with uv, in turn, and prints medians and ratios.

    python3 benches/export.py REQUIREMENTS [--uv PATH] [--runs 5] [--cutoff 2024-10-22]

The requirements are locked once by us; uv gets the same pins, without hashes, which is the faster
way for it (`uv pip sync`, ours checks each hash). Situations: filled (everything in the cache, no
environment), unchanged (nothing to do) and cold (no
cache). Measured as in `lock.py`, which see for what is needed.
"""

import argparse
import os
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from lock import HEADING, PYTHON, Ours, Tool, row


ASIDE = tempfile.TemporaryDirectory(prefix="bench-aside-")


def put_aside(path):
    """Moves away what a run must not find, where it is there: see `Tool.forget_cache`."""
    if path.exists():
        path.rename(Path(ASIDE.name) / str(time.monotonic_ns()))


class Exporter(Ours):
    """Our side: the lock is made when the tool is prepared."""

    def prepare(self):
        super().prepare()
        self.run("generate-lockfiles", "--exclude-newer", self.options.cutoff)
        self.lock_text = (self.folder / self.lock).read_text()
        self.pins = self.run("export", "--format", "requirements")[1]

    def command(self):
        return [self.options.binary]

    def export(self):
        return self.run("export")[0]

    def forget_environment(self):
        put_aside(self.folder / "dist")

    def forget_cache(self):
        self.forget_environment()
        self.caches += 1

    def python(self):
        return next((self.folder / "dist/export/python/virtualenvs/python-default").glob("[0-9]*")) / "bin/python"


class Uv(Tool):
    """uv's side: a virtual environment that exists, and the pins."""

    name, cache_variable = "uv", "UV_CACHE_DIR"

    def prepare(self):
        lines = self.requirements.splitlines()
        pins = [line.rstrip(" \\") for line in lines if line and not line.startswith((" ", "#", "-"))]
        (self.folder / "pins.txt").write_text("\n".join(pins) + "\n")

    def command(self):
        return [self.options.uv]

    def make_environment(self):
        put_aside(self.folder / "venv")
        self.run("venv", "--quiet", "--python", self.options.python, "venv")

    forget_environment = make_environment

    def export(self):
        # Named, because UV_PYTHON goes before VIRTUAL_ENV.
        return self.run("pip", "sync", "--python", str(self.folder / "venv/bin/python"), "pins.txt")[0]

    def forget_cache(self):
        self.caches += 1
        self.make_environment()


class Pins:
    """The requirements that `Tool` reads, from a text."""

    def __init__(self, text):
        self.text = text

    def read_text(self):
        return self.text


def filled(tool):
    tool.forget_environment()
    return tool.export()


def unchanged(tool):
    return tool.export()


def cold(tool):
    tool.forget_cache()
    return tool.export()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("requirements", type=Path)
    parser.add_argument("--binary", default="target/release/cargo-xtask")
    parser.add_argument("--uv", default=shutil.which("uv") or "uv")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--cutoff", default="2024-10-22")
    options = parser.parse_args()
    options.binary = os.path.abspath(options.binary)
    version = subprocess.run([options.uv, "--version"], capture_output=True, text=True).stdout.strip()
    ours = Exporter(options.requirements, options)
    ours.export()
    config = (ours.python().parent.parent / "pyvenv.cfg").read_text()
    options.python = re.search(r"executable = (.*)", config)[1]
    uv = Uv(Pins(ours.pins), options)
    uv.make_environment()
    uv.export()
    files = sum(len(names) for _, _, names in os.walk(ours.folder / "dist"))
    print(f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} CPUs, Python {PYTHON}; xtask left, {version} right")
    print(f"{options.requirements.name}: {files} files; median of {options.runs} runs each, in turn")
    print(HEADING)
    for situation in (filled, unchanged, cold):
        for tool in (ours, uv):
            situation(tool)
        print(row(situation, (ours, uv), options.runs), flush=True)


if __name__ == "__main__":
    main()
