#!/usr/bin/env python3
"""Measures everything that the README claims, beside other tools or beside another build of ours.

    cargo build --release -p xtask
    python3 benches/run.py                          # beside uv, ruff and zip
    python3 benches/run.py --against OTHER_BINARY   # beside another build: ratios above 1 are slower
    python3 benches/run.py --only locks,graph

Prints one table, ours left: wall time, CPU time with children, and the largest resident set of whole
processes. How is told in `pairs.py`, what in the module of each group. Groups whose inputs or tools
are missing are named and left out. Needs Python 3.11 and, for what is cold, a package index.
"""

import argparse
import os
import shutil
import subprocess
import time
from pathlib import Path

import actions
import checks
import environments
import graph
import locks
import packages
import tests
from pairs import HEADING

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("XTASK_SHARED") or ROOT.parent / "shared")
REQUIREMENTS = [SHARED / "oracle/requirements-24.09.0/python-default.txt", ROOT / "benches/data-platform.txt"]
GROUPS = {"locks": locks, "environments": environments, "graph": graph, "packages": packages, "actions": actions,
          "checks": checks, "test": tests}


def peer(name):
    """A tool of `tests/peers.txt`, or one on PATH."""
    beside = Path(os.environ.get("XTASK_PEERS") or ROOT / "target/peers") / "bin" / name
    return str(beside) if beside.exists() else shutil.which(name)


def missing(name, options):
    """Why a group cannot be measured here; nothing where it can."""
    needed = {"locks": "uv", "environments": "uv", "graph": "ruff", "packages": "uv", "actions": "cargo",
              "checks": "backend_ai", "test": "cargo"}[name]
    if not options.against and not getattr(options, needed):
        how = {"backend_ai": "--backend-ai"}.get(needed, "set XTASK_PEERS, or see CONTRIBUTING.md")
        return f"needs {needed}: {how}"
    if name == "graph" and not options.backend_ai:
        return "needs a clone of lablup/backend.ai: --backend-ai"
    return None


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=ROOT / "target/release/cargo-xtask", help="ours")
    parser.add_argument("--against", help="another build of ours, instead of other tools")
    parser.add_argument("--only", default=",".join(GROUPS), help="groups, separated by commas")
    parser.add_argument("--runs", type=int, default=7, help="pairs of each situation")
    parser.add_argument("--cold-runs", type=int, default=3, help="pairs of what needs the index")
    parser.add_argument("--offline", action="store_true", help="leave out what is cold")
    parser.add_argument("--cutoff", default="2024-10-22", help="files uploaded later are not seen")
    parser.add_argument("--requirements", type=Path, nargs="+", help="files to lock")
    parser.add_argument("--backend-ai", default=os.environ.get("XTASK_BACKEND_AI"), help="a clone of lablup/backend.ai")
    parser.add_argument("--backend-ai-python", default="3.13.7", help="the CPython for checks of lablup/backend.ai")
    parser.add_argument("--example-python", default=os.environ.get("XTASK_EXAMPLE_PYTHON"), help="a clone of pantsbuild/example-python")
    parser.add_argument("--test-modules", type=int, default=24, help="modules of a scene of `test` at most, or few more")
    parser.add_argument("--scenes", default="abcd", help="scenes of `test`, by their letters")
    options = parser.parse_args()
    options.requirements = options.requirements or [path for path in REQUIREMENTS if path.exists()]
    for name in ("binary", "against"):
        if getattr(options, name):
            setattr(options, name, os.path.abspath(getattr(options, name)))
    options.versions = {}
    for name in ("uv", "ruff", "cargo"):
        setattr(options, name, peer(name))
        if getattr(options, name):
            said = subprocess.run([getattr(options, name), "--version"], capture_output=True, text=True).stdout
            options.versions[name] = " ".join(said.split()[:2])
    return options


def main():
    options = parse()
    print(f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} CPUs; medians of {options.runs} pairs, cold {options.cold_runs}\n")
    print(HEADING)
    left_out = []
    for name in options.only.split(","):
        why = missing(name, options)
        if why:
            left_out.append(f"{name} is left out: it {why}")
        else:
            GROUPS[name].measure(options)
    print("".join(f"\n{line}" for line in left_out))


if __name__ == "__main__":
    main()
