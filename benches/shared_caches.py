"""Shared caches: 500 blobs of 2 KiB, one of 10 MB and 501 results stored, and had again by another client.

Ours with a folder, buildbox-casd and BuildGrid, beside BuildGrid's own client with the same servers, in turn.
The servers come from the environment of peers that tests use; what is not there is left out, by name.
"""

import os
import socket
import statistics
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HERE = Path(__file__).resolve().parent
RUNS = 5

BUILDGRID = """server:
  - !channel
    address: 127.0.0.1:{port}
    insecure-mode: true
instances:
  - name: ''
    storages:
      - !lru-storage &cas
        size: 1G
    caches:
      - !lru-action-cache &results
        storage: *cas
        max-cached-refs: 100000
        cache-failed-actions: true
        allow-updates: true
    services:
      - !cas
        storage: *cas
      - !bytestream
        storage: *cas
      - !action-cache
        cache: *results
thread-pool-size: 20
"""


def servers():
    """The environment of servers, if there is one."""
    return Path(os.environ.get("XTASK_PEERS") or ROOT / "target/peers") / "servers"


def casd(folder, port):
    places = servers().glob("lib/python3*/site-packages/buildstream/subprojects/buildbox/buildbox-casd")
    return [[str(place), f"--bind=127.0.0.1:{port}", str(folder / "cache")] for place in places][:1]


def buildgrid(folder, port):
    program = servers() / "bin/bgd"
    (folder / "server.yml").write_text(BUILDGRID.format(port=port))
    return [[str(program), "server", "start", str(folder / "server.yml")]] if program.exists() else []


@contextmanager
def running(command, port):
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(600):
            with socket.socket() as client:
                if client.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield
    finally:
        process.kill()
        process.wait()


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def times(command):
    said = subprocess.run(list(map(str, command)), cwd=HERE, capture_output=True, text=True, check=True).stdout
    return tuple(map(float, said.split()))


def row(name, ours, theirs=None):
    """A line of the table: medians, and of ratios where there is another client."""
    ours(), theirs and theirs()
    pairs = [(ours(), theirs() if theirs else None) for _ in range(RUNS)]
    cells = [f"cache round trip, {name}"]
    for at, what in enumerate(("stored", "had")):
        mine = statistics.median(pair[0][at] for pair in pairs)
        cell = f"{what} in {mine:.0f} ms"
        if theirs:
            other = statistics.median(pair[1][at] for pair in pairs)
            ratio = statistics.median(pair[0][at] / pair[1][at] for pair in pairs)
            cell += f", BuildGrid's client {other:.0f} ms, ratio {ratio:.2f}"
        cells.append(cell)
    print(f"| {'; '.join(cells)} |", flush=True)


def measure():
    """Prints a row for each kind of cache."""
    build = ["cargo", "build", "--quiet", "--release", "-p", "remote", "--example", "round_trip"]
    subprocess.run(build, cwd=ROOT, check=True)
    target = Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target")
    ours = target / "release/examples/round_trip"
    python = servers() / "bin/python"
    with tempfile.TemporaryDirectory() as folder:
        row("a folder", lambda: times([ours, f"file://{folder}"]))
    for name, command_of in (("buildbox-casd", casd), ("BuildGrid", buildgrid)):
        with tempfile.TemporaryDirectory() as folder:
            port = free_port()
            commands = command_of(Path(folder), port)
            if not commands:
                print(f"{name} is left out: set XTASK_PEERS, or see CONTRIBUTING.md")
            for command in commands:
                with running(command, port):
                    beside = [python, HERE / "buildgrid_round_trip.py", f"127.0.0.1:{port}"]
                    mine = [ours, f"grpc://127.0.0.1:{port}"]
                    row(name, lambda: times(mine), lambda: times(beside))
