"""Actions: programs that do nothing, results in the cache, sandboxes beside `cp -al`, and shared caches.

The engine measures itself, in `engine/examples/measure.rs`: what it adds to each program is less than starting
this tool costs.
"""

import subprocess
from pathlib import Path

import shared_caches

ROOT = Path(__file__).resolve().parent.parent


def measure(options):
    """Prints what the engine's own measurement says."""
    command = ["cargo", "run", "--quiet", "--release", "-p", "engine", "--example", "measure"]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    print("".join(f"| {line} |\n" for line in said.splitlines()), end="")
    shared_caches.measure()
