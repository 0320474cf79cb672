"""Locks: the same requirements, universally, for CPython 3.12, beside `uv lock` or another build.

Warm is offline with the lock removed, unchanged has the lock, cold has no cache.
"""

import re

from pairs import Scratch, compare

SETTINGS = """\
[python]
enable_resolves = true
interpreter_constraints = ["CPython==3.12.*"]

[python.resolves]
python-default = "python.lock"
"""


class Ours(Scratch):
    """One of our builds, in a repository with these requirements."""

    lock = "python.lock"

    def __init__(self, binary, requirements, cutoff):
        super().__init__()
        self.binary = binary
        self.command = [binary, "generate-lockfiles", "--exclude-newer", cutoff]
        (self.folder / "requirements.txt").write_text(requirements)
        (self.folder / "BUILD").write_text('python_requirements(name="reqs")\n')
        (self.folder / "pants.toml").write_text(SETTINGS)

    def requests(self):
        """How many requests a cold lock makes, as the tool says."""
        _, text = self.cold("--verbose")
        return int(re.search(r"(\d+) requests", text)[1])

    def warm(self):
        self.put_aside(self.lock)
        return self.run([*self.command, "--offline"])[0]

    def unchanged(self):
        return self.run(self.command)[0]

    def cold(self, *extra, **variables):
        self.put_aside(self.lock)
        self.forget_cache()
        return self.run([*self.command, *extra], **variables)


class Uv(Ours):
    """`uv lock` on a project with these requirements."""

    lock = "uv.lock"

    def __init__(self, uv, requirements, cutoff):
        Scratch.__init__(self, "UV_CACHE_DIR")
        self.command = [uv, "lock", "--exclude-newer", cutoff]
        lines = [line.split(" #")[0].strip() for line in requirements.splitlines()]
        listed = ",\n".join(f"    '{line}'" for line in (l.replace("'", '"') for l in lines) if line and line[0] != "#")
        (self.folder / "pyproject.toml").write_text(
            f'[project]\nname = "bench"\nversion = "0"\nrequires-python = "==3.12.*"\ndependencies = [\n{listed},\n]\n'
        )

    def requests(self):
        _, text = self.cold(RUST_LOG="uv_client=trace,uv_distribution=trace")
        signs = "Sending fresh GET request", "Sending fresh HEAD request", "Getting metadata for"
        return sum(text.count(sign) for sign in signs)


def measure(options):
    for path in options.requirements:
        text = path.read_text()
        ours = Ours(options.binary, text, options.cutoff)
        other = Ours(options.against, text, options.cutoff) if options.against else Uv(options.uv, text, options.cutoff)
        beside = "the other build" if options.against else options.versions["uv"]
        for contender in (ours, other):
            contender.run(contender.command)
        packages = (ours.folder / ours.lock).read_text().count("[[packages]]")
        title = f"lock of {packages} packages"
        compare((title, "warm", beside), ours.warm, other.warm, options.runs)
        compare(("", "unchanged", ""), ours.unchanged, other.unchanged, options.runs)
        if not options.offline:
            counts = f"cold, {ours.requests()} / {other.requests()} requests"
            compare(("", counts, ""), lambda: ours.cold()[0], lambda: other.cold()[0], options.cold_runs)
