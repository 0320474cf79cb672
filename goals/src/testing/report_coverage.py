# Combines the data files of tests and makes the reports that are asked for.
#
# The arguments: the configuration, whether files that no test reached count, the percentage that must be covered or
# nothing, and the reports. Data files are in `data/`, each in a folder of its own.
import contextlib
import glob
import os
import shutil
import sys

from coverage import CoverageData
from coverage.cmdline import main

configuration, scope, least, *reports = sys.argv[1:]
rcfile = f"--rcfile={configuration}"


def run(*arguments):
    """The exit code of a command of coverage, whose output stays."""
    return main(list(arguments)) or 0


found = sorted(glob.glob("data/*/.coverage"))
with contextlib.redirect_stdout(sys.stderr):
    code = run("combine", "--keep", rcfile, *found) if found else 1
if not os.path.exists(".coverage"):
    print("No data was collected.", file=sys.stderr)
    sys.exit(1)
if scope == "global":
    data = CoverageData(".coverage")
    data.read()
    known = set(data.measured_files())
    files = (os.path.join(d, f)[2:] for d, _, fs in os.walk(".") for f in fs if f.endswith(".py"))
    data.touch_files(sorted(set(files) - known))
    data.write()
limit = [f"--fail-under={least}"] if least else []
if os.path.exists("changed-files"):
    # Files that changed count where no test reaches them, too. The other reports do not see that.
    shutil.copy(".coverage", ".coverage-changed")
    data = CoverageData(".coverage-changed")
    data.read()
    with open("changed-files") as changed:
        files = changed.read().splitlines()
    data.touch_files(sorted(set(files) - set(data.measured_files())))
    data.write()
    with contextlib.redirect_stdout(sys.stderr):
        run("json", rcfile, "--fail-under=0", "--data-file=.coverage-changed", "-o", "changed.json")
outputs = {
    "console": ("report",),
    "xml": ("xml", "-o", "coverage.xml"),
    "html": ("html", "-d", "htmlcov"),
    "json": ("json", "-o", "coverage.json"),
    "lcov": ("lcov", "-o", "coverage.lcov"),
}
worst = 0
for report in reports:
    if report == "raw":
        continue
    # The table is the user's, what the others say of their files is not.
    quiet = contextlib.nullcontext() if report == "console" else contextlib.redirect_stdout(sys.stderr)
    with quiet:
        command, *rest = outputs[report]
        worst = max(worst, run(command, rcfile, *limit, *rest))
sys.exit(worst)
