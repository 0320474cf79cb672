#!/usr/bin/env python3
"""Measures `package` on a checkout: all wheels for both Linux platforms, the graph warm.

    cargo build --release -p xtask
    python3 benches/package.py CHECKOUT [ARGUMENT...]

ARGUMENT goes to `package`, as `--tag=wheel`. With `--fill` first, Git LFS pointers in a copy of the
checkout become files of the size that they name, of this machine's shared objects: what a checkout
with Git LFS has to compress. Each run starts the whole process; the best of seven counts.
"""

import itertools
import pathlib
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BINARY = ROOT / "target/release/cargo-xtask"
RUNS = 7
POINTER = re.compile(rb"version https://git-lfs\S+\noid \S+\nsize (\d+)\n")


def shared_objects():
    """The bytes of this machine's shared objects, again and again."""
    for folder in itertools.cycle(["/usr/lib", "/usr/lib64", "/lib"]):
        for path in sorted(pathlib.Path(folder).rglob("*.so*")):
            if path.is_file() and not path.is_symlink():
                with open(path, "rb") as file:
                    while block := file.read(1 << 16):
                        yield block


def fill(checkout):
    blocks = shared_objects()
    count = total = 0
    for path in sorted(checkout.rglob("*")):
        if path.is_file() and not path.is_symlink() and path.stat().st_size < 200:
            if pointer := POINTER.fullmatch(path.read_bytes()):
                size = left = int(pointer[1])
                with open(path, "wb") as file:
                    while left > 0:
                        left -= file.write(next(blocks)[:left])
                count, total = count + 1, total + size
    print(f"{count} Git LFS pointers became {total:,} bytes")


def measure(checkout, arguments, out):
    command = [BINARY, "-C", checkout, "package", "--wheel", "--out-dir", out]
    command += ["--platform", "linux_x86_64", "--platform", "linux_arm64", *arguments]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True)
    wall = time.monotonic() - start
    if done.returncode != 0:
        sys.exit(done.stderr)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, cpu


def main():
    arguments = sys.argv[1:]
    filled = arguments[:1] == ["--fill"]
    checkout, *arguments = arguments[filled:]
    with tempfile.TemporaryDirectory() as folder:
        if filled:
            copy = pathlib.Path(folder, "checkout")
            shutil.copytree(checkout, copy, symlinks=True)
            fill(copy)
            checkout = copy
        out = pathlib.Path(folder, "dist")
        measure(checkout, arguments, out)  # the graph is warm from here on
        runs = [measure(checkout, arguments, out) for _ in range(RUNS)]
        wheels = list(out.iterdir())
        size = sum(wheel.stat().st_size for wheel in wheels)
        wall, cpu = (min(values) for values in zip(*runs))
        print(f"{len(wheels)} wheels, {size:,} bytes: {wall:.2f} s wall, {cpu:.2f} s CPU")


main()
