#!/usr/bin/env python3
"""Replays real edits of a requirements.txt and counts what moves that need not.

    python3 benches/replay_edits.py REPOSITORY [--binary PATH] [--edits 40] [--cutoff 2024-10-22]

REPOSITORY is a git repository (bare or not) with a requirements.txt at its root. Each commit that
changed one or two requirement lines is an edit: the lines before are locked from nothing, then the
edit is made and locked again. A package outside the edited closure (what the edited requirements
lead to, before or after) should keep its version. Where one moves, the edit is locked once more
with every such package held by a constraint: if that has a solution, the move was needless.

`lock diff` of the two must say why each package moved, and is held to what the locks themselves
say: the input that it names is one that was edited, each step from there to the package is a
dependency in one of the locks, and what the edit does not lead to is said to be chosen anew.

Needs Python 3.11, git, a package index, and the binary (`cargo build --release -p xtask`).
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

SETTINGS = """\
[python]
enable_resolves = true
interpreter_constraints = ["{python}"]

[python.resolves]
python-default = "python.lock"
"""


def git(repository, *arguments):
    run = subprocess.run(["git", "-C", repository, *arguments], capture_output=True, text=True)
    return run.stdout if run.returncode == 0 else None


def requirement_lines(text):
    lines = (re.sub(r"(^|\s)#.*", "", line).strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("-")]


def project(line):
    return re.sub(r"[-_.]+", "-", re.match(r"[A-Za-z0-9._-]+", line)[0]).lower()


def edits(repository, cutoff):
    """(commit, lines before, lines after, projects) of the commits that change one or two lines."""
    log = git(repository, "log", "--format=%H", f"--until={cutoff}", "--", "requirements.txt") or ""
    for commit in log.split():
        texts = [git(repository, "show", f"{c}:requirements.txt") for c in (f"{commit}~1", commit)]
        if None in texts:
            continue
        before, after = map(requirement_lines, texts)
        changed = {project(line) for line in set(before) ^ set(after)}
        if 1 <= len(changed) <= 2:
            yield commit, before, after, changed


class Folder:
    """A throw-away repository that is locked."""

    def __init__(self, options):
        self.options = options
        self.path = Path(tempfile.mkdtemp(prefix="replay-"))
        (self.path / "BUILD").write_text('python_requirements(name="reqs")\n')

    def lock(self, lines, constraints=()):
        settings = SETTINGS.format(python=self.options.python)
        if constraints:
            (self.path / "constraints.txt").write_text("\n".join(constraints) + "\n")
            settings += '\n[python.resolves_to_constraints_file]\npython-default = "constraints.txt"\n'
        (self.path / "pants.toml").write_text(settings)
        (self.path / "requirements.txt").write_text("\n".join(lines) + "\n")
        command = [self.options.binary, "generate-lockfiles", "--exclude-newer", self.options.cutoff]
        run = subprocess.run(command, cwd=self.path, capture_output=True, text=True)
        if run.returncode != 0:
            return None, run.stderr
        self.text = (self.path / "python.lock").read_text()
        return tomllib.loads(self.text), run.stderr


    def causes(self, old, new):
        """What `lock diff` says of each package that changed."""
        for name, text in (("old.lock", old), ("new.lock", new)):
            (self.path / name).write_text(text)
        command = [self.options.binary, "lock", "diff", "old.lock", "new.lock", "--format", "json"]
        run = subprocess.run(command, cwd=self.path, capture_output=True, text=True, check=True)
        (diff,) = json.loads(run.stdout)
        return [(change["name"], change["cause"]) for change in diff["packages"]]


def wrong_causes(causes, locks, changed, edited):
    """The packages whose stated cause is not what the locks say."""
    edges = {}
    for package in (package for lock in locks for package in lock.get("packages", [])):
        edges.setdefault(package["name"], set()).update(map(project, package.get("dependencies", [])))
    for name, cause in causes:
        said = cause.get("input")
        if (said is None) != (name not in edited):
            yield f"{name}: {cause}"
        elif said is not None:
            (_, value), = said["input"].items()
            start = project(value["to"] if isinstance(value, dict) else value)
            way = [*said["through"], name]
            steps = all(b in edges.get(a, ()) for a, b in zip(way, way[1:]))
            if start not in changed or way[0] != start or not steps:
                yield f"{name}: {cause}"


def versions(lock):
    out = {}
    for package in lock.get("packages", []):
        out.setdefault(package["name"], set()).add(package["version"])
    return out


def closure(lock, names):
    edges = {}
    for package in lock.get("packages", []):
        names_of = {project(d) for d in package.get("dependencies", [])}
        edges.setdefault(package["name"], set()).update(names_of)
    seen, queue = set(), list(names)
    while queue:
        name = queue.pop()
        if name not in seen:
            seen.add(name)
            queue += edges.get(name, ())
    return seen


def replay(options, before, after, changed):
    """(verdict, details) of one edit."""
    folder = Folder(options)
    old, error = folder.lock(before)
    if old is None:
        return "no lock before", error
    old_text = folder.text
    new, error = folder.lock(after)
    if new is None:
        return "no lock after", error
    edited = closure(old, changed) | closure(new, changed)
    causes = folder.causes(old_text, folder.text)
    wrong = list(wrong_causes(causes, (old, new), changed, edited))
    if wrong:
        return "wrong cause", "; ".join(wrong)
    was, now = versions(old), versions(new)
    moved = sorted(n for n in set(was) & set(now) if was[n] != now[n] and n not in edited)
    inside = sum(was.get(n) != now.get(n) for n in (set(was) | set(now)) & edited)
    if not moved:
        return "kept", f"{inside} changed inside"
    held = [f"{n}=={next(iter(was[n]))}" for n in set(was) & set(now) - edited if len(was[n]) == 1]
    possible, _ = Folder(options).lock(after, constraints=held)
    return ("needless" if possible else "needed"), ", ".join(moved)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repository")
    parser.add_argument("--binary", default="target/release/cargo-xtask")
    parser.add_argument("--edits", type=int, default=40, help="how many edits to lock, newest first")
    parser.add_argument("--cutoff", default="2024-10-22")
    parser.add_argument("--python", default="CPython==3.12.*")
    options = parser.parse_args()
    options.binary = os.path.abspath(options.binary)
    counts = {}
    for commit, before, after, changed in edits(options.repository, options.cutoff):
        verdict, details = replay(options, before, after, changed)
        counts[verdict] = counts.get(verdict, 0) + 1
        print(f"{commit[:10]} {verdict:15} {', '.join(sorted(changed)):40} {details.strip().splitlines()[0][:120] if details else ''}", flush=True)
        if counts.get("kept", 0) + counts.get("needed", 0) + counts.get("needless", 0) + counts.get("wrong cause", 0) >= options.edits:
            break
    print("; ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items())))
    return 1 if counts.get("needless") or counts.get("wrong cause") else 0


if __name__ == "__main__":
    sys.exit(main())
