"""The target graph: `dependencies --transitive` of the largest distribution of lablup/backend.ai.

Beside `ruff analyze graph`, which follows imports and knows no targets, or beside another build. Cold
has no cache of imports.
"""

import checkouts
from pairs import Scratch, compare, run

SPEC = "src/ai/backend/manager:dist"


class Ours(Scratch):
    """One of our builds, on a checkout."""

    def __init__(self, binary, checkout):
        super().__init__()
        self.checkout = checkout
        self.command = [binary, "-C", checkout, "dependencies", "--transitive", SPEC]

    def warm(self):
        return self.run(self.command)[0]

    def cold(self):
        self.forget_cache()
        return self.warm()


class Ruff:
    """What finds the imports of all files and nothing else; its cache is none."""

    def __init__(self, ruff, checkout):
        self.ruff, self.checkout = ruff, checkout

    def warm(self):
        return run([self.ruff, "analyze", "graph", "."], self.checkout)[0]

    cold = warm


def measure(options):
    for tag in ("23.09.0", "26.8.1"):
        with checkouts.checkout(options, tag) as checkout:
            ours = Ours(options.binary, checkout)
            other = Ours(options.against, checkout) if options.against else Ruff(options.ruff, checkout)
            beside = "the other build" if options.against else f"{options.versions['ruff']}, analyze graph"
            files = sum(1 for path in checkout.rglob("*.py*") if path.suffix in (".py", ".pyi"))
            title = f"graph of {tag}, {files:,} files"
            compare((title, "cold", beside), ours.cold, other.cold, options.runs)
            compare(("", "warm", ""), ours.warm, other.warm, options.runs)
