"""Runs the command lines of a list in a checkout: `python3 run.py lines.tsv CHECKOUT BINARY [PATTERN]`.

CHECKOUT is a git repository whose last commit changes one file; what a line writes is taken back after it. BINARY stands
in place of `pants`. Lines that would take hours are narrowed to one target of the kind. Each line of the output is an
exit code, seconds, the line, what was run in its place, and the last thing that it said.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

NARROWED = {
    "check ::": "check src/ai/backend/plugin::",
    "check src/ai/backend/manager::": "check src/ai/backend/plugin::",
    "test ::": "test tests/unit/webserver::",
    "test <changed-tests>": "test tests/unit/webserver::",
    "test --debug ...": "test --debug tests/unit/webserver/test_security_policy.py",
    "test --use-coverage tests:: -- -m 'not integration' -v": "test --use-coverage tests/unit/webserver:: -- -m 'not integration' -v",
    "run": "run src/ai/backend/web:checksum",
}
WORDS = {
    "${{ matrix.shard }}": "0/40",
    "{base_branch}": "main",
    "RESOLVE_NAME": "towncrier",
    "tests/unit/:: -- -v": "tests/unit/webserver/:: -- -v",
    "tests/component/:: -- -v": "tests/component/acl/:: -- -v",
    "tests/integration/:: -- -v": "tests/integration/config/:: -- -v",
}
VARIABLES = {
    "BASE_REF": "HEAD~1",
    "ORIGIN": "origin",
    "BASE_BRANCH": "main",
    "PATH_TO_CHECK": "src/ai/backend/plugin",
    "NO_COLOR": "1",
}


def narrowed(command):
    command = NARROWED.get(command, command)
    for word, other in WORDS.items():
        command = command.replace(word, other)
    # What would send something has no network.
    return command, "unshare -rn " if command.startswith("publish") else ""


def main():
    lines, checkout, binary = sys.argv[1:4]
    pattern = sys.argv[4] if len(sys.argv) > 4 else ""
    changed = subprocess.run(["git", "diff", "--name-only", "HEAD~1"], cwd=checkout, capture_output=True, text=True)
    changed = changed.stdout.split()[0]
    with tempfile.TemporaryDirectory() as folder:
        pants = pathlib.Path(folder) / "pants"
        pants.write_text(f'#!/bin/sh\nexec "{pathlib.Path(binary).resolve()}" "$@"\n')
        pants.chmod(0o755)
        variables = {**os.environ, **VARIABLES, "MODIFIED_FILES": changed, "FILE_PATH": changed}
        variables["PATH"] = f"{folder}:{os.environ['PATH']}"
        commands = {line.split("\t")[1]: None for line in open(lines)}
        for command in filter(re.compile(pattern).search, commands):
            run, before = narrowed(command)
            start = time.time()
            ended = subprocess.run(
                ["bash", "-c", f"{before}pants {run}"], cwd=checkout, env=variables, capture_output=True, text=True, stdin=subprocess.DEVNULL
            )
            said = (ended.stderr.strip() or ended.stdout.strip() or "-").splitlines()[-1]
            instead = run if run != command else ""
            print(ended.returncode, f"{time.time() - start:.1f}", command, instead, said, sep="\t", flush=True)
            subprocess.run("git checkout -q . && git clean -fdq -e dist", shell=True, cwd=checkout, check=True)


if __name__ == "__main__":
    main()
