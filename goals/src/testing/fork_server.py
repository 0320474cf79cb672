# Starts test modules as forks of one interpreter, which has imported pytest and what earlier modules imported of
# what their environments have in common. Each connection is one module: a request in JSON, then the number of its process, then how it
# ended; the module's process is reaped when the other side has heard that. Standard input ends with the run.
import atexit
import gc
import io
import json
import selectors
import signal
import socket
import threading
import types
import weakref

SHARED = sys.prefix
# Their native threads are made again after a fork, by their own handlers.
FORK_SAFE = ("numpy", "scipy")
# How Python ends where what it printed cannot be written.
LOST_OUTPUT = 120
# How many seconds an import may take.
PATIENCE = 60
# Names what all modules of this environment imported in an earlier run: the next server imports it before it forks.
COMMON = os.path.join(sys.prefix, "imported-by-all")


def plugins():
    """The top-level modules of plug-ins: pytest wants to import them itself, to rewrite their assertions."""
    names = {"conftest"}
    for distribution in importlib.metadata.distributions():
        if any(point.group == "pytest11" for point in distribution.entry_points):
            for file in distribution.files or ():
                if file.suffix == ".py" and ".." not in file.parts:
                    names.add(file.parts[0].removesuffix(".py"))
    return names


def warm():
    """Has at hand what each run of pytest makes first: its own plug-ins, and an expression that is slow to compile.
    And what its end needs."""
    with contextlib.suppress(Exception):
        importlib.import_module("ctypes")
        from _pytest import config, junitxml

        for name in config.default_plugins:
            importlib.import_module(f"_pytest.{name}")
        junitxml.bin_xml_escape("")


def late(*_):
    raise TimeoutError


def learn(names):
    """Imports what a module imported of the environment. False where forking is not safe any more."""
    names.sort(key=lambda name: name.split(".")[0] not in FORK_SAFE)
    for name in names:
        top = name.split(".")[0]
        if top in PLUGINS or name in sys.modules:
            continue
        before = len(os.listdir("/proc/self/task"))
        # Others wait meanwhile: what does not come to an end is left to the modules.
        signal.alarm(PATIENCE)
        try:
            importlib.import_module(name)
        except BaseException:
            PLUGINS.add(top)
        finally:
            signal.alarm(0)
        grown = len(os.listdir("/proc/self/task")) > before
        if threading.active_count() > 1 or (grown and top not in FORK_SAFE):
            return False
    gc.freeze()
    return True


def known_imports():
    """What is in that file; None where no run has written it."""
    try:
        with open(COMMON) as file:
            return file.read().split()
    except OSError:
        return None


def keep_imports(names):
    """Writes that file."""
    with contextlib.suppress(OSError):
        temporary = f"{COMMON}.{os.getpid()}"
        with open(temporary, "w") as file:
            file.write("\n".join(names))
        os.replace(temporary, COMMON)


def imported():
    """What of the server's environment and of Python is imported, in the order of the imports."""
    own, python = os.path.join(sys.prefix, "lib"), os.path.dirname(os.__file__)
    found = []
    for name, module in list(sys.modules.items()):
        spec = getattr(module, "__spec__", None)
        origin = getattr(spec, "origin", None) or ""
        is_shared = origin.startswith(own) and os.path.exists(SHARED + origin[len(sys.prefix):])
        if (is_shared or origin.startswith(python)) and spec.name == name:
            found.append(name)
    return found


def admits(environments, request):
    """Whether what is imported here is what a module's environment has."""
    prefix = request["prefix"]
    if prefix not in environments:
        try:
            environments[prefix] = ModuleEnvironment(prefix, MISSES)
        except (OSError, StopIteration):
            return False
    request["environment"] = environments[prefix]
    return environments[prefix].imports_the_same()


class Module:
    """One module that runs."""

    def __init__(self, connection, request, is_first):
        self.connection = connection
        # Whether all that it has imported is what it needs, and nothing is the server's.
        self.is_first = is_first
        self.learned = os.memfd_create("learned")
        self.pid = os.fork()
        if self.pid == 0:
            raise Forked(request, self.learned)
        self.learns = request["more"]
        self.ended = False
        try:
            os.setpgid(self.pid, self.pid)
            connection.sendall(b"%d\n" % self.pid)
        except OSError:
            pass

    def end(self, status):
        self.ended = True
        try:
            self.connection.sendall(b"%d %d\n" % status)
        except OSError:
            pass

    def reap(self):
        os.waitpid(self.pid, 0)
        size = os.fstat(self.learned).st_size
        names = os.pread(self.learned, size, 0).decode().split()
        os.close(self.learned)
        self.connection.close()
        return names


class Forked(BaseException):
    """This process is a module's: it leaves the server's code."""

    def __init__(self, request, learned):
        super().__init__()
        self.request, self.learned = request, learned


def ended(pid):
    """How a child ended, which stays to be reaped; None while it runs."""
    info = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT | os.WNOHANG)
    if info is None:
        return None
    return (0 if info.si_code == os.CLD_EXITED else 1, info.si_status)


def serve(path):
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    server.bind(path)
    server.listen(64)
    wake, waker = socket.socketpair()
    for one in (wake, waker):
        one.setblocking(False)
    signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGALRM, late)
    selector = selectors.DefaultSelector()
    selector.register(server, selectors.EVENT_READ, "new")
    selector.register(wake, selectors.EVENT_READ, "child")
    selector.register(0, selectors.EVENT_READ, "over")
    modules, environments = {}, {}
    common = known_imports()
    is_first = common is None
    is_safe = learn(common or [])
    if not is_safe:
        keep_imports([])
    os.write(1, b"ready\n")
    try:
        while True:
            for key, _ in selector.select():
                if key.data == "over":
                    return
                if key.data == "child":
                    wake.recv(4096)
                    for module in modules.values():
                        status = None if module.ended else ended(module.pid)
                        if status is not None:
                            module.end(status)
                elif key.data == "new":
                    connection, _ = server.accept()
                    with connection.makefile("rb") as lines:
                        line = lines.readline()
                    request = json.loads(line or "null")
                    if not (request and is_safe and admits(environments, request)):
                        with contextlib.suppress(OSError):
                            connection.sendall(b"not to be forked here\n")
                        connection.close()
                        continue
                    module = Module(connection, request, is_first)
                    modules[connection.fileno()] = module
                    selector.register(connection, selectors.EVENT_READ, "heard")
                else:
                    # The other side heard of the end, or is gone.
                    module = modules.pop(key.fd)
                    selector.unregister(key.fileobj)
                    if not module.ended:
                        os.killpg(module.pid, signal.SIGKILL)
                    names = module.reap()
                    if module.is_first and names:
                        own = set(names)
                        common = [name for name in (names if common is None else common) if name in own]
                        keep_imports(common)
                    if module.learns:
                        is_first = False
                        is_safe = learn(names) and is_safe
    except Forked:
        # What is the server's is closed in the module's process.
        selector.close()
        signal.set_wakeup_fd(-1)
        for one in (server, wake, waker, *(module.connection for module in modules.values())):
            one.close()
        raise
    finally:
        if os.getpid() == SERVER:
            for module in modules.values():
                os.killpg(module.pid, signal.SIGKILL)


def run(request, learned):
    """Runs pytest as an interpreter of its own would."""
    os.setpgid(0, 0)
    for number in (signal.SIGCHLD, signal.SIGALRM):
        signal.signal(number, signal.SIG_DFL)
    null = os.open(os.devnull, os.O_RDONLY)
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
    for fd, file in ((0, null), (1, os.open(request["stdout"], flags)), (2, os.open(request["stderr"], flags))):
        os.dup2(file, fd)
        os.close(file)
    os.environ.clear()
    os.environ.update(request["variables"])
    os.chdir(request["folder"])
    sys.argv = ["-c", *request["arguments"]]
    sys.meta_path.remove(MISSES)
    request["environment"].enter()
    sys.path.extend(path for path in os.environ.get("PEX_EXTRA_SYS_PATH", "").split(os.pathsep) if path)
    sys.modules["__main__"] = types.ModuleType("__main__")
    sys.path_importer_cache.clear()
    for name in PLUGINS & set(sys.modules):
        # What was imported on the way is not rewritten, and pytest need not warn of it.
        module = sys.modules[name]
        module.__doc__ = f"{module.__doc__ or ''}\nPYTEST_DONT_REWRITE"
    if "numpy.random" in sys.modules:
        sys.modules["numpy.random"].seed()
    for name in os.environ.pop("XTASK_UNASKED", "").split():
        os.environ.pop(name, None)
    keep_code(os.environ.pop("XTASK_CODE", None))
    try:
        return main()
    finally:
        os.write(learned, "\n".join(imported()).encode())
        os.close(learned)


def leave(code, shared):
    """Ends this process as Python would, and leaves what it has from the server as it is: all of that is to be taken
    apart else, in memory that is copied for it."""
    threading._shutdown()
    atexit._run_exitfuncs()
    for file in gc.get_objects():
        # What is collected with its buffer may lose what that holds.
        if type(file) in (io.TextIOWrapper, io.BufferedWriter, io.BufferedRandom):
            with contextlib.suppress(Exception):
                file.flush()
    own = [sys.modules.pop(name) for name in list(sys.modules) if name not in shared]
    held = [weakref.ref(module) for module in own if type(module) is types.ModuleType]
    del own
    gc.collect()
    for module in filter(None, (module() for module in reversed(held))):
        names = vars(module)
        names.update(dict.fromkeys(names.keys() - {"__builtins__"}))
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None and not stream.closed:
                stream.flush()
        except Exception:
            code = LOST_OUTPUT
    with contextlib.suppress(Exception):
        import ctypes

        # What libraries in C printed.
        ctypes.CDLL(None).fflush(None)
    os._exit(code)


SERVER = os.getpid()
PLUGINS = plugins() - {"pytest", "_pytest"}
MISSES = Misses()
sys.meta_path.append(MISSES)
import pytest  # noqa: E402

warm()
try:
    serve(sys.argv[1])
except Forked as forked:
    request, learned = forked.request, forked.learned
else:
    sys.exit(0)
shared = set(sys.modules)
code = run(request, learned)
if not isinstance(code, int):
    sys.exit(code)
leave(code, shared)
