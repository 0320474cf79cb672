"""Prints the command lines of Pants in a checkout: `python3 extract.py CHECKOUT > lines.tsv`.

Workflows, scripts and documents are read; each line of the output is a place and a command.
"""

import pathlib
import re
import sys

GOALS = (
    "check export filedeps fix fmt generate-lockfiles help lint list dependencies dependents package "
    "paths peek publish repl roots run tailor test update-build-files version"
).split()
CALL = re.compile(r"(?:^|[\s`'\"($;|&:])(?:\./)?pants +(?P<command>(?:\$\{\{.*?\}\}|<[\w-]+>|[^`;|&>#])+)")
SUFFIXES = {".sh", ".yml", ".yaml", ".md", ".rst"}


def files(root):
    for folder in [".github", "scripts", "docs", ".claude", ""]:
        below = (root / folder).rglob("*") if folder else root.glob("*")
        for path in sorted(below):
            if path.is_file() and path.suffix in SUFFIXES and path.name != "CHANGELOG.md":
                yield path


def is_command(command):
    words = command.split()
    first = next((word for word in words if not word.startswith("-")), "")
    shaped = all(
        word in GOALS or re.search(r"[-:/.*#$<='\"{}]", word) or word == "VALUE" for word in words
    )
    return first in GOALS and shaped


def commands(text):
    joined = re.sub(r"\\\n\s*", lambda found: " \x00", text)
    line = 1
    for whole in joined.split("\n"):
        for found in CALL.finditer(whole):
            command = found["command"].replace("\x00", "").strip()
            command = re.split(r"(?<=\S)\s+2$", command)[0].strip()
            if is_command(command):
                yield line, re.sub(r"\s+", " ", command)
        line += 1 + whole.count("\x00")


def main():
    root = pathlib.Path(sys.argv[1])
    for path in files(root):
        for line, command in commands(path.read_text(errors="replace")):
            print(f"{path.relative_to(root)}:{line}\t{command}")


if __name__ == "__main__":
    main()
