#!/usr/bin/env python3
"""Locks the same requirements with us and with uv, in turn, and prints medians and ratios.

    python3 benches/lock.py REQUIREMENTS... [--uv PATH] [--runs 5] [--cold-runs 3] [--cutoff 2024-10-22]

Each REQUIREMENTS file is locked universally for CPython 3.12 in three situations: warm (offline, the
cache filled, the lock removed), unchanged (the lock there) and cold (no cache). Every process is measured whole: wall time, CPU time of
it and its children, and the largest resident set, as the operating system counts them. Requests are
counted in one more cold run of each, from what the tools say themselves.

Needs Python 3.11, uv (`pip install uv`), a package index, and the binary
(`cargo build --release -p xtask`). What a comparison of two tools shares: the index, the requirements,
the cut-off date, the interpreters on this machine.
"""

import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PYTHON = "3.12"


def measure(command, folder, environment):
    """(wall seconds, CPU seconds, MiB) of one process."""
    output = tempfile.TemporaryFile()
    start = time.monotonic()
    process = subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=output)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    output.seek(0)
    text = output.read().decode(errors="replace")
    if process.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{text}")
    return (wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024), text


class Tool:
    """A tool with a folder and a cache of its own."""

    def __init__(self, requirements, options):
        self.options = options
        self.temporary = tempfile.TemporaryDirectory(prefix=f"bench-{self.name}-")
        # A cache within the repository would be walked with it.
        self.folder = Path(self.temporary.name) / "repository"
        self.folder.mkdir()
        self.caches = 0
        self.requirements = requirements.read_text()
        self.prepare()

    def run(self, *extra, **variables):
        cache = str(Path(self.temporary.name) / f"cache-{self.caches}")
        environment = {**os.environ, self.cache_variable: cache, "NO_COLOR": "1", **variables}
        return measure([*self.command(), *extra], self.folder, environment)

    def forget_lock(self):
        (self.folder / self.lock).unlink(missing_ok=True)

    def forget_cache(self):
        """Nothing is deleted: a file system that has just forgotten thousands of files makes new ones slowly."""
        self.forget_lock()
        self.caches += 1


class Ours(Tool):
    name, cache_variable, lock = "xtask", "XTASK_CACHE_DIR", "python.lock"

    def prepare(self):
        (self.folder / "requirements.txt").write_text(self.requirements)
        (self.folder / "BUILD").write_text('python_requirements(name="reqs")\n')
        (self.folder / "pants.toml").write_text(
            f'[python]\nenable_resolves = true\ninterpreter_constraints = ["CPython=={PYTHON}.*"]\n'
            '[python.resolves]\npython-default = "python.lock"\n'
        )

    def command(self):
        return [self.options.binary, "generate-lockfiles", "--exclude-newer", self.options.cutoff]

    def requests(self):
        self.forget_cache()
        _, text = self.run("--verbose")
        return int(re.search(r"(\d+) requests", text)[1])


class Uv(Tool):
    name, cache_variable, lock = "uv", "UV_CACHE_DIR", "uv.lock"

    def prepare(self):
        lines = [line.split(" #")[0].strip() for line in self.requirements.splitlines()]
        listed = ",\n".join(f'    "{line.replace(chr(34), chr(39))}"' for line in lines if line and not line.startswith("#"))
        (self.folder / "pyproject.toml").write_text(
            f'[project]\nname = "bench"\nversion = "0"\nrequires-python = "=={PYTHON}.*"\n'
            f"dependencies = [\n{listed},\n]\n"
        )

    def command(self):
        return [self.options.uv, "lock", "--exclude-newer", self.options.cutoff]

    def requests(self):
        self.forget_cache()
        _, text = self.run(RUST_LOG="uv_client=trace,uv_distribution=trace")
        return sum(text.count(sign) for sign in ("Sending fresh GET request", "Sending fresh HEAD request", "Getting metadata for"))


def warm(tool):
    tool.forget_lock()
    return tool.run("--offline")[0]


def unchanged(tool):
    return tool.run()[0]


def cold(tool):
    tool.forget_cache()
    return tool.run()[0]


HEADING = f"{'':10} {'wall s':>19} {'ratio':>6} {'CPU s':>19} {'ratio':>6} {'MiB':>15} {'ratio':>6}"


def row(situation, tools, runs):
    """The line of a situation: medians of the tools, which run in turn, and their ratios."""
    samples = {tool.name: [] for tool in tools}
    for _ in range(runs):
        for tool in tools:
            samples[tool.name].append(situation(tool))
    a, b = ([statistics.median(column) for column in zip(*samples[tool.name])] for tool in tools)
    line = f"{situation.__name__:10}"
    for mine, theirs, digits in zip(a, b, (3, 3, 0)):
        line += f" {mine:9.{digits}f} {theirs:9.{digits}f} {mine / theirs:6.2f}"
    return line


def compare(requirements, options):
    """Prints the table, and returns the tools: their folders are deleted when nothing is measured any more."""
    ours, uv = Ours(requirements, options), Uv(requirements, options)
    for tool in (ours, uv):
        tool.run()
    packages = (ours.folder / ours.lock).read_text().count("[[packages]]")
    print(
        f"\n{requirements.name}: {packages} packages; median of {options.runs} runs each, in turn"
        f" (cold: {options.cold_runs})"
    )
    print(HEADING)
    for situation in (warm, unchanged, cold):
        if situation is not cold:
            for tool in (ours, uv):
                situation(tool)
        runs = options.cold_runs if situation is cold else options.runs
        print(row(situation, (ours, uv), runs), flush=True)
    print(f"requests, cold: {ours.requests()} and {uv.requests()}")
    return ours, uv


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("requirements", type=Path, nargs="+")
    parser.add_argument("--binary", default="target/release/cargo-xtask")
    parser.add_argument("--uv", default=shutil.which("uv") or "uv")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--cold-runs", type=int, default=3)
    parser.add_argument("--cutoff", default="2024-10-22")
    options = parser.parse_args()
    options.binary = os.path.abspath(options.binary)
    version = subprocess.run([options.uv, "--version"], capture_output=True, text=True).stdout.strip()
    print(f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} CPUs; xtask left, {version} right")
    compared = [compare(requirements, options) for requirements in options.requirements]
    del compared


if __name__ == "__main__":
    main()
