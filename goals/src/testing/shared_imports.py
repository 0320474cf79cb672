# Imports that modules of several environments share. A server has an environment with what those have in common; the
# process of a module moves to the module's own, in which all that was imported would have been imported the same.
import filecmp
import importlib.metadata
import importlib.util
import itertools
import os
import re
import site
import sys

# Entry points that no library asks for when it is imported are of these groups.
PROGRAMS = r"console_scripts|gui_scripts|pytest11|(babel|distutils|egg_info|pygments|setuptools|sphinx)\.[\w.]+"
ENTRY_POINTS = re.compile(rf"^\[(?!({PROGRAMS})\])", re.MULTILINE)


class ImportMark:
    """What is imported when this is made. To look at each name costs a fork a copy of the memory that it is in: what
    was imported since then is found from the end of `sys.modules`, where nothing was taken out of it."""

    def __init__(self):
        self.names = set(sys.modules)
        self.count, self.last = len(sys.modules), next(reversed(sys.modules))
        self.module = sys.modules[self.last]

    def since(self):
        """The names of what was imported since then, in the order of the imports."""
        newest = reversed(sys.modules)
        since = list(itertools.islice(newest, max(0, len(sys.modules) - self.count)))
        if next(newest, None) == self.last and sys.modules[self.last] is self.module:
            return since[::-1]
        return [name for name in list(sys.modules) if name not in self.names]


class Misses:
    """A finder behind all others: what it is asked for is not in this environment, and may be in another."""

    def __init__(self):
        self.modules, self.distributions, self.looks_at_all = set(), set(), False

    def find_spec(self, name, path=None, target=None):
        self.modules.add(name)

    def find_distributions(self, context):
        if context.name is None:
            self.looks_at_all = True
        else:
            self.distributions.add(normalized(context.name))
        return ()


def normalized(name):
    return re.sub("[-_.]+", "-", name).lower()


def packages_of(prefix):
    """The folder of an environment's packages, which is where the server has its own."""
    own = next(path for path in sys.path if path.startswith(sys.prefix) and path.endswith("site-packages"))
    return prefix + own[len(sys.prefix):]


def modules_in(folder):
    """The first names of what is in a folder."""
    try:
        return {entry.partition(".")[0] for entry in os.listdir(folder)}
    except OSError:
        return set()


def is_same(one, other):
    """Whether two entries of environments are of the same wheel: folders are links, and files hard links or copies."""
    try:
        if os.path.islink(one):
            return os.readlink(one) == os.readlink(other)
        if os.path.isdir(one):
            return os.path.isdir(other)
        return os.path.samefile(one, other) or filecmp.cmp(one, other, shallow=False)
    except OSError:
        return False


class ModuleEnvironment:
    """An environment that has all that the server's has, and more."""

    def __init__(self, prefix, misses):
        self.prefix, self.packages, self.misses = prefix, packages_of(prefix), misses
        shared = packages_of(sys.prefix)
        entries = [] if prefix == sys.prefix else os.listdir(shared)
        self.is_larger = all(entry == "__pycache__" or is_same(os.path.join(shared, entry), self.path(entry))
                             for entry in entries)
        self.more = set(os.listdir(self.packages)).difference(entries) if entries else set()
        self.distributions = {normalized(entry[: -len(".dist-info")].rpartition("-")[0]) for entry in self.more
                              if entry.endswith(".dist-info")}
        self.has_entry_points = any(map(self.extends_others, self.more))

    def path(self, *parts):
        return os.path.join(self.packages, *parts)

    def extends_others(self, entry):
        """Whether a distribution has entry points that a library may ask for."""
        try:
            with open(self.path(entry, "entry_points.txt"), encoding="utf-8") as file:
                return bool(ENTRY_POINTS.search(file.read()))
        except (OSError, ValueError):
            return False

    def imports_the_same(self):
        """Whether nothing that was looked for in vain is in it."""
        if not self.more:
            return self.is_larger
        misses = self.misses
        # What it lists when it is imported, it lists once.
        looked_at_all = "pkg_resources" in sys.modules or (misses.looks_at_all and self.has_entry_points)
        return (self.is_larger and not looked_at_all and not self.distributions & misses.distributions
                and not any(map(self.has_module, list(misses.modules))))

    def has_module(self, name):
        *parents, last = name.split(".")
        return last in modules_in(self.path(*parents))

    def enter(self):
        """Makes it this process's."""
        shared, own = sys.prefix, self.prefix
        if shared == own:
            return

        def moved(value):
            return own + value[len(shared):] if isinstance(value, str) and value.startswith(shared + os.sep) else value

        sys.prefix = sys.exec_prefix = own
        sys.executable = moved(sys.executable)
        sys.path[:] = map(moved, sys.path)
        site.PREFIXES[:] = [own if prefix == shared else prefix for prefix in site.PREFIXES]
        for module in list(sys.modules.values()):
            # What only says that it is one has no names of its own.
            if issubclass(type(module), type(sys)):
                move_module(module, moved)
        if "sysconfig" in sys.modules:
            importlib.reload(sys.modules["sysconfig"])
        if "multiprocessing.spawn" in sys.modules:
            sys.modules["multiprocessing.spawn"].set_executable(sys.executable)
        for entry in sorted(entry for entry in self.more if entry.endswith(".pth")):
            site.addpackage(self.packages, entry, None)


def move_module(module, moved):
    """Has a module say that it is of another environment."""
    names = object.__getattribute__(module, "__dict__")
    spec = names.get("__spec__")
    path = names.get("__path__")
    if not isinstance(spec, importlib.machinery.ModuleSpec):
        return
    for paths in (path, spec.submodule_search_locations):
        if isinstance(paths, list):
            paths[:] = map(moved, paths)
    if moved(spec.origin) == spec.origin:
        return
    for name in ("__file__", "__cached__"):
        if name in names:
            names[name] = moved(names[name])
    spec.origin, spec.cached = moved(spec.origin), moved(spec.cached)
    if isinstance(getattr(spec.loader, "path", None), str):
        spec.loader.path = moved(spec.loader.path)
