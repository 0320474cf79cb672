"""Checkouts of lablup/backend.ai, of the clone that `--backend-ai` or `XTASK_BACKEND_AI` names."""

import contextlib
import itertools
import re
import subprocess
import tempfile
from pathlib import Path

POINTER = re.compile(rb"version https://git-lfs\S+\noid \S+\nsize (\d+)\n")


@contextlib.contextmanager
def checkout(options, tag):
    """The files of a tag, but for large ones that a clone may lack."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        archive = ["git", "-C", options.backend_ai, "archive", tag, "--", ".", ":!src/ai/backend/web/static"]
        files = subprocess.Popen(archive, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        subprocess.run(["tar", "-x", "-C", folder], stdin=files.stdout, check=True)
        if files.wait() != 0:
            raise SystemExit(f"{' '.join(archive)} failed")
        yield Path(folder)


def shared_objects():
    """The bytes of this machine's shared objects, again and again."""
    for folder in itertools.cycle(["/usr/lib", "/usr/lib64", "/lib"]):
        for path in sorted(Path(folder).rglob("*.so*")):
            if path.is_file() and not path.is_symlink():
                with open(path, "rb") as file:
                    while block := file.read(1 << 16):
                        yield block


def fill(folder):
    """Makes Git LFS pointers files of the size that they name: what a checkout with Git LFS compresses."""
    blocks = shared_objects()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and path.stat().st_size < 200:
            if pointer := POINTER.fullmatch(path.read_bytes()):
                left = int(pointer[1])
                with open(path, "wb") as file:
                    while left > 0:
                        left -= file.write(next(blocks)[:left])
