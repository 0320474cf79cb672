#!/usr/bin/env python3
"""Compares what `cargo xtask test` makes of each test with what pytest makes of it by hand, module by module.

    python3 benches/test_outcomes.py REPOSITORY tests/common            # 24.09.0 of lablup/backend.ai
    python3 benches/test_outcomes.py REPOSITORY tests/unit/common --jobs 2

By hand is: in the repository itself, with all packages of pytest's resolve before all of the tests' own, and all
source roots on the path. Each module has a process. Ours runs the modules with what they declare, in forks, without
its results of earlier runs. Both write junit reports, of which each test's outcome is taken.

Prints what differs, each module that differs run again on both sides to see whether it is steady, and the sums. Exit
code 1 where something differs that is steady. Needs Python 3.11, and a `pants.toml` that names pytest's resolve. Run it
on a copy of a checkout: modules by hand may write into it.
"""

import argparse
import collections
import concurrent.futures
import os
import subprocess
import sys
import tempfile
import tomllib
import xml.etree.ElementTree as xml
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VERDICTS = {"failure": "failed", "error": "error", "skipped": "skipped"}


def outcomes(report):
    """{(class, test): outcome} of a junit report, which one test may be in twice; None without a report."""
    if not report.exists():
        return None
    found = collections.defaultdict(set)
    for case in xml.parse(report).iter("testcase"):
        verdicts = {VERDICTS[part.tag] for part in case if part.tag in VERDICTS} or {"passed"}
        found[case.get("classname"), case.get("name")] |= verdicts
    return {test: "+".join(sorted(verdicts)) for test, verdicts in found.items()}


def reason(report, test):
    """The first line of why a test did not pass."""
    for case in xml.parse(report).iter("testcase") if report.exists() else ():
        if (case.get("classname"), case.get("name")) == test:
            return " | ".join((part.get("message") or "").strip().partition("\n")[0] for part in case)[:200]
    return ""


class ByHand:
    """pytest as one would call it in an environment of one's own."""

    def __init__(self, options, settings):
        self.options, self.folder = options, options.repository
        tool = settings["pytest"]["install_from_resolve"]
        xtask(options, "export", f"--resolve={tool}", f"--resolve={options.resolve}")
        own, of_tool = (self.environment(resolve) for resolve in (options.resolve, tool))
        self.python = own / "bin/python"
        packages = next(of_tool.glob("lib/python*/site-packages"))
        roots = [self.folder / root for root in xtask(options, "roots").split()]
        wanted = settings.get("test", {}).get("extra_env_vars", []) + options.env
        given = dict(entry.split("=", 1) for entry in wanted if "=" in entry)
        given |= {name: os.environ[name] for name in ["PATH", *wanted] if name in os.environ}
        self.variables = {name: value.replace("%(buildroot)s", str(self.folder)) for name, value in given.items()}
        self.variables["PYTHONPATH"] = os.pathsep.join(map(str, [packages, *roots]))
        self.arguments = settings["pytest"].get("args", []) + options.arguments

    def environment(self, resolve):
        """The environment that was exported last: of one resolve there is one for each Python."""
        found = (self.folder / "dist/export/python/virtualenvs" / resolve).glob("*/bin/python")
        return max(found, key=lambda path: path.lstat().st_mtime).parent.parent

    def run(self, modules, reports):
        def one(module):
            report = f"--junit-xml={reports / named(module)}"
            command = [self.python, "-s", "-m", "pytest", "-p", "no:cacheprovider", *self.arguments, report, module]
            try:
                ended = subprocess.run(command, cwd=self.folder, env=self.variables, stdin=subprocess.DEVNULL,
                                       capture_output=True, timeout=self.options.limit, errors="replace")
            except subprocess.TimeoutExpired:
                return "time limit"
            reports.joinpath(named(module) + ".log").write_text(ended.stdout + ended.stderr)
            return ended.returncode

        with concurrent.futures.ThreadPoolExecutor(self.options.jobs) as pool:
            return dict(zip(modules, pool.map(one, modules)))


class Ours:
    """`cargo xtask test` of the same modules."""

    def __init__(self, options):
        self.options = options

    def run(self, modules, reports):
        fork = [] if self.options.fork else ["--no-test-fork"]
        variables = [f"--extra-env-vars={entry}" for entry in self.options.env]
        xtask(self.options, f"--jobs={self.options.jobs}", "test", "--force", "--attempts-default=1", "--report",
              f"--report-dir={reports}", f"--timeout-maximum={self.options.limit}",
              f"--timeout-default={self.options.limit}", *fork, *variables, *modules, "--",
              *self.options.arguments, log=reports / "log", check=False)
        for module in modules:
            # `tests.common.test_x.py.xml`, or `tests.common.test_x.py.NAME.xml` where the target has a name.
            for report in reports.glob(f"{module.replace('/', '.')}.*xml"):
                report.rename(reports / named(module))
        return {}


def named(module):
    return module.replace("/", ".") + ".junit"


def xtask(options, *arguments, log=None, check=True):
    """What a run of ours printed on standard output."""
    ended = subprocess.run([options.binary, *arguments], cwd=options.repository, capture_output=True, text=True,
                           errors="replace")
    if log:
        log.write_text(ended.stdout + ended.stderr)
    if check and ended.returncode != 0:
        sys.exit(f"{' '.join(map(str, arguments))} failed:\n{ended.stderr}")
    return ended.stdout


class Comparison:
    """Both sides of some modules."""

    def __init__(self, options, sides, modules):
        self.folders = [Path(tempfile.mkdtemp(prefix=f"{name}-", dir=options.reports)) for name in ("hand", "ours")]
        self.codes = [side.run(modules, folder) for side, folder in zip(sides, self.folders)]
        self.modules = modules

    def differences(self):
        """{(module, test): (outcome by hand, ours)}; where one has no report, the test is None."""
        found = {}
        for module in self.modules:
            hand, ours = (outcomes(folder / named(module)) for folder in self.folders)
            if hand is None or ours is None:
                if hand is not ours:
                    code = self.codes[0][module]
                    found[module, None] = (f"no report, {code}" if hand is None else "a report",
                                           "no report" if ours is None else "a report")
                continue
            for test in sorted(hand.keys() | ours.keys()):
                pair = (hand.get(test, "not there"), ours.get(test, "not there"))
                if pair[0] != pair[1]:
                    found[module, test] = pair
        return found

    def sums(self):
        for name, folder in zip(("pytest by hand", "cargo xtask test"), self.folders):
            each = [outcomes(folder / named(module)) for module in self.modules]
            count = collections.Counter(outcome for one in each for outcome in (one or {}).values())
            told = ", ".join(f"{number} {outcome}" for outcome, number in sorted(count.items()))
            yield f"{name}: {sum(one is not None for one in each)} modules: {told}"

    def print(self, differences):
        for (module, test), pair in differences.items():
            why = [reason(folder / named(module), test) for folder in self.folders]
            print(f"{module} {'.'.join(test) if test else ''}: {pair[0]} by hand, {pair[1]} ours",
                  *(f"    {line}" for line in why if line), sep="\n", flush=True)


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repository", type=lambda path: Path(path).resolve())
    parser.add_argument("folders", nargs="+", help="folders with test modules, or modules")
    parser.add_argument("--binary", default=ROOT / "target/release/cargo-xtask", type=lambda path: Path(path).resolve())
    parser.add_argument("--resolve", default="python-default", help="the resolve of the tests")
    parser.add_argument("--env", action="append", default=[], help="NAME=VALUE that tests see")
    parser.add_argument("--arguments", action="append", default=[], help="a further argument of pytest, on both sides")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--limit", type=int, default=180, help="seconds that a module may take")
    parser.add_argument("--no-fork", dest="fork", action="store_false", help="ours with an interpreter each")
    parser.add_argument("--reports", type=lambda path: Path(path).resolve(), default=None, help="a folder that keeps the reports")
    return parser.parse_args()


def main():
    options = parse()
    settings = tomllib.loads((options.repository / "pants.toml").read_text())
    if options.reports:
        options.reports.mkdir(parents=True, exist_ok=True)
    paths = [options.repository / folder for folder in options.folders]
    files = [path for top in paths for path in ([top] if top.is_file() else sorted(top.rglob("test_*.py")))]
    modules = [str(path.relative_to(options.repository)) for path in files]
    sides = (ByHand(options, settings), Ours(options))
    first = Comparison(options, sides, modules)
    differences = first.differences()
    steady = {}
    if differences:
        again = Comparison(options, sides, sorted({module for module, _ in differences}))
        # What came out so once on each side differs from run to run, not between the sides.
        steady = {key: pair for key, pair in again.differences().items() if key in differences}
        first.print({key: pair for key, pair in differences.items() if key in steady})
    print(*first.sums(), sep="\n")
    print(f"{len(differences)} differences, {len(steady)} of them steady")
    sys.exit(1 if steady else 0)


if __name__ == "__main__":
    main()
