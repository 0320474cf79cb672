"""Environments: one lock, made by us, installed by us, by `uv pip sync` and by `uv sync --frozen`, or by
another build.

`uv pip sync` gets the same pins without hashes, which is the faster way for it; `uv sync --frozen` gets a
lock of a project that requires the same pins, which is its fastest way where nothing is to do. Ours checks
each hash. Filled has everything in the cache and no environment, unchanged has nothing to do, compiled
makes byte code as well, cold has no cache.
"""

import re

import locks
from pairs import Scratch, compare


class Ours(locks.Ours):
    """One of our builds, with a lock."""

    def __init__(self, binary, requirements, cutoff):
        super().__init__(binary, requirements, cutoff)
        self.run(self.command)

    def unchanged(self):
        return self.run([self.binary, "export"])[0]

    def filled(self, *extra):
        self.put_aside("dist")
        return self.run([self.binary, "export", *extra])[0]

    def compiled(self):
        return self.filled("--compile")

    def cold(self):
        self.forget_cache()
        return self.filled()

    def started(self):
        """What `run` takes before the program starts, and the program `true`."""
        return self.run([self.binary, "run", "--", "true"])[0]

    def python(self):
        """The interpreter that the environment is for."""
        (config,) = (self.folder / "dist/export/python/virtualenvs/python-default").glob("[0-9]*/pyvenv.cfg")
        return re.search(r"executable = (.*)", config.read_text())[1]

    def pins(self):
        text = self.run([self.binary, "export", "--format", "requirements"])[1]
        lines = [line.rstrip(" \\") for line in text.splitlines() if line and line[0] not in " #-"]
        return "\n".join(lines) + "\n"


class Uv(Scratch):
    """`uv pip sync` into a virtual environment that exists."""

    def __init__(self, uv, pins, python):
        super().__init__("UV_CACHE_DIR")
        self.uv, self.python = uv, python
        (self.folder / "pins.txt").write_text(pins)
        self.filled()

    def unchanged(self):
        # Named, because UV_PYTHON goes before VIRTUAL_ENV.
        python = self.folder / "venv/bin/python"
        return self.run([self.uv, "pip", "sync", "--python", python, "pins.txt"])[0]

    def filled(self):
        self.put_aside("venv")
        self.run([self.uv, "venv", "--quiet", "--python", self.python, "venv"])
        return self.unchanged()

    def cold(self):
        self.forget_cache()
        return self.filled()


class UvProject(Scratch):
    """`uv sync --frozen` in a project that requires these pins."""

    def __init__(self, uv, pins, python):
        super().__init__("UV_CACHE_DIR")
        self.uv, self.python = uv, python
        lines = [line.split(" --hash")[0].strip() for line in pins.splitlines() if "==" in line]
        listed = ",\n".join(f"    '{line}'" for line in (each.replace("'", '"') for each in lines))
        (self.folder / "pyproject.toml").write_text(
            '[project]\nname = "bench"\nversion = "1"\n'
            f'requires-python = "==3.12.*"\ndependencies = [\n{listed},\n]\n'
        )
        self.run([uv, "lock", "--python", python])
        self.unchanged()

    def unchanged(self, *extra):
        return self.run([self.uv, "sync", "--frozen", "--python", self.python, *extra])[0]

    def filled(self):
        self.put_aside(".venv")
        return self.unchanged()

    def compiled(self):
        self.put_aside(".venv")
        return self.unchanged("--compile-bytecode")

    def started(self):
        return self.run([self.uv, "run", "--frozen", "--python", self.python, "true"])[0]


def measure(options):
    text = options.requirements[0].read_text()
    ours = Ours(options.binary, text, options.cutoff)
    ours.unchanged()
    pins = ours.pins()
    if options.against:
        other, beside = Ours(options.against, text, options.cutoff), "the other build"
        other.unchanged()
    else:
        other, beside = Uv(options.uv, pins, ours.python()), f"{options.versions['uv']}, pip sync"
    files = sum(1 for path in (ours.folder / "dist").rglob("*") if path.is_file())
    title = f"environment of {pins.count(chr(10))} packages, {files:,} files"
    compare((title, "filled cache", beside), ours.filled, other.filled, options.runs)
    compare(("", "nothing to do", ""), ours.unchanged, other.unchanged, options.runs)
    if not options.against:
        project = UvProject(options.uv, pins, ours.python())
        beside = f"{options.versions['uv']}, sync --frozen"
        compare(("", "filled cache", beside), ours.filled, project.filled, options.runs)
        compare(("", "nothing to do", ""), ours.unchanged, project.unchanged, options.runs)
        compare(("", "compiled", ""), ours.compiled, project.compiled, options.runs)
        ours.filled()  # an environment that was compiled stays so
        compare(("", "`run -- true`", "uv run --frozen"), ours.started, project.started, options.runs)
    if not options.offline:
        compare(("", "cold", ""), ours.cold, other.cold, options.cold_runs)
