#!/usr/bin/env python3
"""Locks thirty real sets of requirements for wide ranges of Pythons, beside `uv lock`, and judges them.

    python3 benches/sets.py --binary target/release/cargo-xtask
    python3 benches/sets.py --binary … --only torch,django --ranges ">=3.12" --cutoff 2026-10-01

Each lock is judged apart from our own code, with `packaging`: on Linux, macOS and Windows with each
CPython of the range, each package that is needed there has a wheel that installs there, or a source
distribution; it is made again from shuffled requirements, which must give the same bytes; and on
each of these the versions are compared with uv's. The CPU times are warm and offline, without a lock.

Needs uv, `packaging` (`tests/peers.txt` has both), to be run by a Python of each range, and, the first time, a package index. Fails where
a lock is wrong or not stable.
"""

import argparse
import os
import random
import re
import shutil
import subprocess
import sys
import tomllib
from collections import defaultdict
from pathlib import Path

from locks import SETTINGS, Ours, Uv
from packaging import tags
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name, parse_wheel_filename
from packaging.version import Version
from run import peer

RANGES = (">=3.9", ">=3.10,<3.15", ">=3.12")
MINORS = range(9, 15)
HEADING = "| set | range | packages | uv's | only a source distribution | older than uv's | CPU s | uv's | ratio |"

# (sys_platform, platform_system, os_name, platform_machine, tags of platforms)
LINUX = [f"manylinux_2_{minor}_x86_64" for minor in range(39, 4, -1)]
LINUX += ["manylinux2014_x86_64", "manylinux2010_x86_64", "manylinux1_x86_64", "linux_x86_64"]
SYSTEMS = [
    ("linux", "Linux", "posix", "x86_64", LINUX),
    ("darwin", "Darwin", "posix", "arm64", list(tags.mac_platforms((15, 0), "arm64"))),
    ("win32", "Windows", "nt", "AMD64", ["win_amd64"]),
]


class Environment:
    """A CPython on a system."""

    def __init__(self, minor, system):
        platform, name, os_name, machine, platforms = system
        version = (3, minor)
        self.name = f"3.{minor} {platform}"
        self.system = platform
        self.markers = {
            "implementation_name": "cpython", "implementation_version": f"3.{minor}.9", "os_name": os_name,
            "platform_machine": machine, "platform_python_implementation": "CPython", "platform_release": "",
            "platform_system": name, "platform_version": "", "python_full_version": f"3.{minor}.9",
            "python_version": f"3.{minor}", "sys_platform": platform, "extra": "",
        }
        supported = tags.cpython_tags(version, platforms=platforms)
        self.tags = {*supported, *tags.compatible_tags(version, interpreter=f"cp3{minor}", platforms=platforms)}

    def holds(self, marker):
        return not marker or Marker(marker).evaluate(self.markers)

    def takes(self, file):
        """Whether a locked file installs here."""
        requires = SpecifierSet(file.get("requires-python", ""))
        if not requires.contains(self.markers["python_full_version"]):
            return False
        return not file["name"].endswith(".whl") or bool(parse_wheel_filename(file["name"])[3] & self.tags)


def environments(bounds):
    inside = SpecifierSet(bounds)
    return [Environment(minor, system) for minor in MINORS if inside.contains(f"3.{minor}.9") for system in SYSTEMS]


class OurSet(Ours):
    """A repository of ours for a range."""

    def __init__(self, binary, requirements, bounds, cutoff):
        super().__init__(binary, "\n".join(requirements) + "\n", cutoff)
        settings = SETTINGS.replace("CPython==3.12.*", f"CPython{bounds}")
        (self.folder / "pants.toml").write_text(settings)

    def packages(self):
        return tomllib.loads((self.folder / self.lock).read_text())["packages"]

    def body(self):
        """The lock without its head, which has the requirements."""
        return (self.folder / self.lock).read_text().partition("[[packages]]")[2]

    def shuffled(self, seed):
        """The lock of the same requirements in another order, made from nothing."""
        path = self.folder / "requirements.txt"
        lines = path.read_text().splitlines()
        random.Random(seed).shuffle(lines)
        path.write_text("\n".join(lines) + "\n")
        self.warm()
        return self.body()


class UvSet(Uv):
    """A project of uv's for a range."""

    def __init__(self, uv, requirements, bounds, cutoff):
        super().__init__(uv, "\n".join(requirements), cutoff)
        path = self.folder / "pyproject.toml"
        path.write_text(path.read_text().replace("==3.12.*", bounds))
        self.uv = uv

    def run(self, command, folder=None, **variables):
        return super().run(command, folder, UV_PYTHON=sys.executable, UV_PYTHON_DOWNLOADS="never", **variables)

    def versions(self):
        """The lines of its export."""
        command = [self.uv, "export", "--frozen", "--no-hashes", "--no-emit-project", "--no-header", "--no-annotate"]
        _, text = self.run(command)
        return [Requirement(line) for line in text.splitlines() if re.match(r"[\w.-]+==", line)]


def interpreters(bounds):
    """The interpreters of the range that this machine has."""
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions")
    for minor in MINORS:
        found = sorted(versions.glob(f"3.{minor}.*/bin/python")) or [shutil.which(f"python3.{minor}")]
        if found[-1] and SpecifierSet(bounds).contains(f"3.{minor}.9"):
            yield f"3.{minor}", found[-1]


def install(ours, uv, bounds, wrong):
    """Installs a lock on each interpreter; returns on which it worked."""
    worked = []
    for name, python in interpreters(bounds):
        try:
            ours.run([ours.binary, "export", "--python", python])
            made = max(ours.folder.glob("dist/export/python/virtualenvs/*/*/pyvenv.cfg"), key=os.path.getmtime)
            uv.run([uv.uv, "pip", "check", "--python", made.parent])
            worked.append(name)
        except SystemExit as failed:
            wrong.append(f"installed on {name}: " + " ".join(str(failed).split())[-600:])
    return worked


def served(packages, name):
    """The systems that a version of a project has a wheel for."""
    files = [file for package in packages if package["name"] == name for file in package.get("wheels", [])]
    found = [parse_wheel_filename(file["name"])[3] for file in files]
    platforms = {tag.platform for tags_of_file in found for tag in tags_of_file}
    return {system[0] for system in SYSTEMS if platforms & {"any", *system[4]}}


def judge(packages, where, nowhere):
    """(wrong: what cannot be installed, built: what only a source distribution serves, versions by name).

    What no locked version of a project serves on a system goes into `nowhere`: a person judges whether
    the project is for that system at all.
    """
    wrong, built, versions = [], [], {}
    for package in packages:
        if not where.holds(package.get("marker")):
            continue
        name = package["name"]
        if name in versions:
            wrong.append(f"{name} is there twice on {where.name}")
        versions[name] = Version(package["version"])
        own = package.get("requires-python", "")
        files = [{"requires-python": own, **file} for file in package.get("wheels", [])]
        if any(where.takes(file) for file in files):
            continue
        sdist = package.get("sdist")
        if sdist and where.takes({"requires-python": own, **sdist}):
            built.append(name)
        elif where.system not in served(packages, name):
            nowhere.add(f"{name} on {where.system}")
        else:
            wrong.append(f"{name} {package['version']} has no file for {where.name}")
    return wrong, built, versions


def unmet(packages, where, versions):
    """Requirements of locked packages that the lock does not satisfy."""
    for package in packages:
        if not where.holds(package.get("marker")):
            continue
        for line in package.get("dependencies", []):
            wanted = Requirement(line)
            if wanted.marker and not wanted.marker.evaluate(where.markers):
                continue
            found = versions.get(canonicalize_name(wanted.name))
            if found is None or not wanted.specifier.contains(found, prereleases=True):
                yield f"{package['name']} wants {line} on {where.name}, which has {found}"


def measure(name, requirements, bounds, options):
    """One row; returns what is wrong."""
    ours = OurSet(options.binary, requirements, bounds, options.cutoff)
    uv = UvSet(options.uv, requirements, bounds, options.cutoff)
    if options.caches:
        ours.kept_cache, uv.kept_cache = options.caches / "ours", options.caches / "uv"
    try:
        for contender in (ours, uv):
            contender.run(contender.command)
    except SystemExit as failed:
        print(f"| {name} | {bounds} | " + " ".join(str(failed).split())[-400:] + " |", flush=True)
        return [f"{name} {bounds}: no lock"] if "cargo-xtask" in str(failed).split("failed")[0] else []
    packages, theirs = ours.packages(), uv.versions()
    wrong, built, nowhere, older = [], set(), set(), defaultdict(set)
    for where in environments(bounds):
        faults, sources, versions = judge(packages, where, nowhere)
        wrong += faults + list(unmet(packages, where, versions))
        built |= set(sources)
        for line in theirs:
            if line.marker and not line.marker.evaluate(where.markers):
                continue
            mine, other = versions.get(canonicalize_name(line.name)), Version(str(line.specifier)[2:])
            if mine and mine < other:
                older[f"{line.name} {mine} for {other}"].add(where.name)
    first = ours.body()
    if any(ours.shuffled(seed) != first for seed in (1, 2)):
        wrong.append("another order of the requirements gives another lock")
    if options.install:
        print(f"  installed: {', '.join(install(ours, uv, bounds, wrong))}", flush=True)
    pairs = [(ours.warm()[1], uv.warm()[1]) for _ in range(options.runs)]
    ratio = sorted(a / b for a, b in pairs)[len(pairs) // 2]
    mine, other = pairs[0]
    cells = [name, bounds, len(packages), len(theirs), ", ".join(sorted(built)) or "none", len(older)]
    cells += [f"{mine:.3f}", f"{other:.3f}", f"{ratio:.2f}"]
    print("| " + " | ".join(map(str, cells)) + " |", flush=True)
    for line, places in sorted(older.items()):
        print(f"  older: {line} on {', '.join(sorted(places))}", flush=True)
    for line in sorted(nowhere):
        print(f"  for no Python: {line}", flush=True)
    for line in wrong:
        print(f"  WRONG: {line}", flush=True)
    return [f"{name} {bounds}: {line}" for line in wrong]


def main():
    sets = tomllib.loads((Path(__file__).parent / "sets.toml").read_text())
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True, type=lambda path: Path(path).resolve(), help="ours")
    parser.add_argument("--only", default=",".join(sets), help="sets, separated by commas")
    parser.add_argument("--ranges", nargs="+", default=RANGES)
    parser.add_argument("--cutoff", default="2026-11-01", help="files uploaded later are not seen")
    parser.add_argument("--install", action="store_true", help="install each lock, too")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--caches", type=lambda path: Path(path).resolve(), help="a folder in which caches are kept")
    options = parser.parse_args()
    options.uv = peer("uv") or sys.exit("needs uv: set XTASK_PEERS, or see CONTRIBUTING.md")
    print(subprocess.run([options.uv, "--version"], capture_output=True, text=True).stdout)
    print(HEADING + "\n|---|---|--:|--:|---|--:|--:|--:|--:|")
    names = options.only.split(",")
    wrong = [line for name in names for bounds in options.ranges for line in measure(name, sets[name], bounds, options)]
    print(f"\n{len(names)} sets, {len(wrong)} wrong")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
