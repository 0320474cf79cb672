"""The one way in which benchmarks measure: whole processes, two contenders in turn, medians of pairs.

Two contenders run in turn, so that what else the machine does meets both. A ratio is the median of
the pairs' ratios, not the ratio of two medians: a slow minute slows a pair, and leaves its ratio.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HEADING = """\
| | | beside | wall s | ratio | CPU s | ratio | MiB | ratio |
|---|---|---|---:|---:|---:|---:|---:|---:|"""


def run(command, folder, environment=None):
    """((wall seconds, CPU seconds with children, MiB of the largest process), what it printed)."""
    output = tempfile.TemporaryFile()
    start = time.monotonic()
    process = subprocess.Popen(
        list(map(str, command)), cwd=folder, env={**os.environ, **(environment or {})}, stdout=output, stderr=output
    )
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    output.seek(0)
    text = output.read().decode(errors="replace")
    if process.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} failed in {folder}:\n{text}")
    return (wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024), text


def compare(titles, ours, theirs, runs, warm=True):
    """Prints the row of a situation. A contender is a function that makes one run and returns its measure."""
    if warm:
        ours(), theirs()  # what both have read once is in memory
    pairs = [(ours(), theirs()) for _ in range(runs)]
    cells = list(titles)
    for column, digits in enumerate((3, 3, 0)):
        values = [(mine[column], other[column]) for mine, other in pairs]
        mine, other = (statistics.median(side) for side in zip(*values))
        ratio = statistics.median(a / max(b, 1e-6) for a, b in values)
        cells += [f"{mine:.{digits}f} / {other:.{digits}f}", f"{ratio:.2f}"]
    print("| " + " | ".join(cells) + " |", flush=True)


class Scratch:
    """A folder for one contender, with a repository in it and caches beside that.

    Nothing is deleted before the end: a file system that has just forgotten thousands of files makes
    new ones slowly. A cache within the repository would be walked with it.
    """

    def __init__(self, cache_variable="XTASK_CACHE_DIR"):
        self._temporary = tempfile.TemporaryDirectory(prefix="bench-")
        self.folder = Path(self._temporary.name) / "repository"
        self.folder.mkdir()
        self.cache_variable = cache_variable
        self.count = 0
        self.kept_cache = None

    def run(self, command, folder=None, **variables):
        cache = str(self.kept_cache or Path(self._temporary.name) / f"cache-{self.count}")
        return run(command, folder or self.folder, {self.cache_variable: cache, "NO_COLOR": "1", **variables})

    def forget_cache(self):
        self.count += 1

    def put_aside(self, name):
        """Takes away what a run must not find."""
        path = self.folder / name
        if path.exists():
            path.rename(Path(self._temporary.name) / f"aside-{time.monotonic_ns()}")
