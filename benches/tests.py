"""Tests: `cargo xtask test` beside pytest itself, on the same modules and with the same packages.

Four scenes: (a) pantsbuild/example-python, (b) tests of lablup/backend.ai 24.09.0 `tests/common` and (c) of 26.8.1
`tests/unit/common`, those modules that pass without containers, (d) a thousand modules of one test that import numpy.

Packages are there before anything is measured: an environment is made once. "cold" is a run in which every module is
run, "one edited" one after a test module changed, and "unchanged" one after which nothing did. pytest runs in the
environment that ours made. Both have run once before, so that their compiled code is there.

Of (c), which has hundreds, `--test-modules` are measured: every so many of those that pass.

(a) is a clone that `--example-python` names, (b) and (c) are of `--backend-ai`.
"""

import contextlib
import glob
import itertools
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from checkouts import checkout
from pairs import Scratch, compare, run

NUMPY_MODULES = 1000
# What runs a process for each module has so many of them at most.
ALONE = 12
CI = {"LANG": "C.UTF-8", "NO_COLOR": "1"}


class Scene:
    """A repository, the modules that are tested in it, and an environment that pytest runs in."""

    def __init__(self, options, folder, modules, roots, arguments=()):
        self.options, self.folder, self.modules = options, folder, modules
        self.cache = tempfile.mkdtemp(prefix="bench-cache-")
        self.variables = {**CI, "XTASK_CACHE_DIR": self.cache, "BACKEND_BUILD_ROOT": str(folder)}
        self.arguments = list(arguments)
        # What pytest imports itself from; ours gives each module what it declares.
        self.peer = {**CI, "PEX_EXTRA_SYS_PATH": os.pathsep.join(str(folder / root) for root in roots),
                     "PYTHONPATH": "", "BACKEND_BUILD_ROOT": str(folder)}
        self.edits = itertools.count()

    def ours(self, *arguments, modules=None, check=True):
        command = [self.options.binary, "test", "--attempts-default=1", *arguments, *(modules or self.modules)]
        if check:
            return run(command, self.folder, self.variables)[0]
        return subprocess.run(list(map(str, command)), cwd=self.folder, env={**os.environ, **self.variables},
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout

    def environment(self):
        """An environment with all packages that ours made environments of, for pytest over all modules."""
        made = Path(self.cache, "peer-environment")
        if not made.exists():
            found = [Path(one) for one in glob.glob(f"{self.cache}/linked-environments-1/*/")]
            packages = {one: next(one.glob("lib/*/site-packages")) for one in found}
            largest = max(found, key=lambda one: len(list(packages[one].iterdir())))
            made.mkdir()
            subprocess.run(["cp", "-a", largest / "pyvenv.cfg", largest / "bin", made], check=True)
            site = made / packages[largest].relative_to(largest)
            site.mkdir(parents=True)
            for one in [largest, *found]:
                for entry in packages[one].iterdir():
                    if entry.name != "__pycache__" and not (site / entry.name).exists():
                        (site / entry.name).symlink_to(entry.resolve())
        return made

    def pytest(self, *arguments, modules=None):
        python = self.environment() / "bin/python"
        command = [python, "-s", "-E", "-m", "pytest", "-q", *self.arguments, *arguments, *(modules or self.modules)]
        return run(command, self.folder, self.peer)[0]

    def alone(self, modules):
        """pytest in a process for each module."""
        each = [self.pytest(modules=[module]) for module in modules]
        return tuple(map(sum, zip(*each)))

    def edited(self):
        with open(self.folder / self.modules[0], "a") as file:
            file.write(f"# edit {next(self.edits)}\n")
        return self.ours()

    def has_xdist(self):
        return bool(glob.glob(f"{self.environment()}/lib/*/site-packages/xdist"))

    def measure(self, name):
        runs = 1 if len(self.modules) > 500 else self.options.cold_runs
        count = len(self.modules)
        few = self.modules[:ALONE]
        cold = f"cold, {count} modules"
        measured = []

        def one_process():
            measured.append(self.pytest())
            return measured[-1]

        self.ours("--force"), self.pytest()
        compare((name, cold, "pytest, one process"), lambda: self.ours("--force"), one_process, runs, warm=False)
        if self.has_xdist():
            compare((name, cold, "pytest -n 2"), lambda: self.ours("--force"), lambda: self.pytest("-n", "2"), runs,
                    warm=False)
        compare((name, f"cold, {len(few)} modules", "pytest, one process each"),
                lambda: self.ours("--force", modules=few), lambda: self.alone(few), runs, warm=False)
        # Beside what one process took above.
        compare((name, f"one of {count} edited", "pytest, one process"), self.edited, lambda: measured[-1], runs,
                warm=False)
        compare((name, f"{count} unchanged", "pytest, one process"), self.ours, lambda: measured[-1], runs, warm=False)
        shutil.rmtree(self.cache, ignore_errors=True)


def passing(scene):
    """Modules that pass here, each in a process of its own: those that need containers do not."""
    wanted = max(1, len(scene.modules) // scene.options.test_modules)
    scene.modules = scene.modules[::wanted]
    printed = scene.ours("--output=none", check=False)
    found = dict(re.findall(r"^([✓✕]) ([^:\s]+)\S* (?:succeeded|failed)", line)[0][::-1]
                 for line in printed.splitlines() if re.match(r"^[✓✕] ", line))
    scene.modules = sorted(module for module in scene.modules if found.get(module) == "✓")
    return scene


def own_python(folder, version):
    """Names the Python of this machine where a checkout names the one of its authors, who pin a patch version."""
    minor = version.rpartition(".")[0]
    # A shim of pyenv may stand for a Python that is not chosen.
    pyenv = glob.glob(os.path.expanduser(f"~/.pyenv/versions/{minor}.*/bin/python{minor}"))
    said = None
    for program in filter(None, [shutil.which(f"python{minor}"), *sorted(pyenv)]):
        asked = subprocess.run([program, "-c", "import platform; print(platform.python_version())"],
                               capture_output=True, text=True)
        said = said or (asked.stdout.strip() if asked.returncode == 0 else None)
    if not said:
        return False
    for path in [folder / "pants.toml", *folder.glob("*.lock*"), *folder.glob("tools/*.lock*")]:
        text = path.read_text()
        # Their own index is not everybody's.
        text = re.sub(r"(?ms)^\[python-repos\]\n.*?(?=^\[)", "", text) if path.name == "pants.toml" else text
        path.write_text(text.replace(version, said))
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    return True


@contextlib.contextmanager
def example_python(options):
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        subprocess.run(["git", "clone", "-q", options.example_python, folder], check=True)
        modules = sorted(str(path.relative_to(folder)) for path in Path(folder).rglob("*_test.py"))
        yield Scene(options, Path(folder), modules, ["."])


@contextlib.contextmanager
def backend_ai(options, tag, version, tests):
    with checkout(options, tag) as folder:
        if own_python(folder, version):
            modules = sorted(str(path.relative_to(folder)) for path in (folder / tests).rglob("test_*.py"))
            yield passing(Scene(options, folder, modules, [".", "src"]))
        else:
            yield None


@contextlib.contextmanager
def numpy(options):
    scratch = Scratch()
    (scratch.folder / "t").mkdir()
    (scratch.folder / "t/BUILD").write_text("python_tests()\n")
    (scratch.folder / "BUILD").write_text("python_requirements(name='reqs')\n")
    (scratch.folder / "requirements.txt").write_text("numpy\n")
    (scratch.folder / "Cargo.toml").write_text(
        "[workspace.metadata.xtask.python]\ninterpreter_constraints = [\"CPython>=3.11,<3.14\"]\n"
        "[workspace.metadata.xtask.python.resolves]\npython-default = \"python.lock\"\n"
        "[workspace.metadata.xtask.source]\nroot_patterns = [\"/\"]\n"
    )
    modules = [f"t/test_{number:04}.py" for number in range(NUMPY_MODULES)]
    for number, module in enumerate(modules):
        (scratch.folder / module).write_text(
            f"import numpy\n\n\ndef test_{number}():\n    assert numpy.arange({number}).size == {number}\n")
    subprocess.run(["git", "init", "-q"], cwd=scratch.folder, check=True)
    scene = Scene(options, scratch.folder, modules, ["."])
    run([options.binary, "generate-lockfiles"], scratch.folder, scene.variables)
    yield scene


def measure(options):
    """Prints the rows of all scenes whose inputs are here."""
    scenes = {
        "(a) example-python": (options.example_python, lambda: example_python(options)),
        "(b) backend.ai 24.09.0 tests/common": (
            options.backend_ai, lambda: backend_ai(options, "24.09.0", "3.12.6", "tests/common")),
        "(c) backend.ai 26.8.1 tests/unit/common": (
            options.backend_ai, lambda: backend_ai(options, "26.8.1", "3.13.7", "tests/unit/common")),
        "(d) generated, numpy": ("here", lambda: numpy(options)),
    }
    for name, (needed, scene) in scenes.items():
        if needed and name[1] in options.scenes:
            with scene() as opened:
                if opened and opened.modules:
                    opened.measure(name)
