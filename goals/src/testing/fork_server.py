# Starts test modules as forks of one interpreter, which has imported pytest and what earlier modules imported of
# what their environments have in common. Each connection is one module: a request in JSON, then the number of its
# process, then how it ended; the module's process is reaped when the other side has heard that. Standard input ends with
# the run.
import atexit
import collections
import gc
import io
import json
import selectors
import signal
import socket
import threading
import time
import types
import weakref

SHARED = sys.prefix
# Their native threads are made again after a fork, by their own handlers.
FORK_SAFE = ("numpy", "scipy")
# How Python ends where what it printed cannot be written.
LOST_OUTPUT = 120
# How many seconds an import may take.
PATIENCE = 60
# In so many other processes pytest is prepared at one time.
PREPARED = 8
# Names what all modules of this environment imported in an earlier run: the next server imports it before it forks.
COMMON = os.path.join(sys.prefix, "imported-by-all")
# Marks a module that is not of the server's environment.
OWN = "+"


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


@contextlib.contextmanager
def no_collections():
    """While much is imported, next to nothing of it is garbage. What is imported may set the thresholds itself."""
    own = gc.get_threshold()
    gc.set_threshold(0, *own[1:])
    none = gc.get_threshold()
    try:
        yield
    finally:
        if gc.get_threshold() == none:
            gc.set_threshold(*own)


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
    fix()
    return True


def fix():
    """Before forks: what is there now stays as it is in them, and is none of their own."""
    global MARK
    MARK = ImportMark()
    gc.freeze()


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
    """What of this process's environment and of Python was imported since it was forked, in the order of the imports;
    marked where the server's environment does not have it. Not plug-ins, which no server imports."""
    own, python = os.path.join(sys.prefix, "lib"), os.path.dirname(os.__file__)
    found = []
    for name in MARK.since():
        spec = getattr(sys.modules.get(name), "__spec__", None)
        origin = getattr(spec, "origin", None) or ""
        is_own = origin.startswith(own)
        if (is_own or origin.startswith(python)) and spec.name == name and name.split(".")[0] not in PLUGINS:
            is_shared = not is_own or os.path.exists(SHARED + origin[len(sys.prefix):])
            found.append(name if is_shared else OWN + name)
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

    def __init__(self, connection, request, is_first, prepared=None):
        self.connection = connection
        # Whether all that it has imported is what it needs, and nothing is the server's.
        self.is_first = is_first
        if prepared:
            self.learned, self.pid = prepared.learned, prepared.pid
        else:
            self.learned = os.memfd_create("learned")
            self.pid = os.fork()
            if self.pid == 0:
                # Its end would not be seen else when the server is killed.
                connection.close()
                raise Forked(request, self.learned)
        self.learns = request["more"]
        self.ended = False
        # When its process is ended that nobody waits for any more.
        self.limit = None
        self.grace = float(request["variables"].get("XTASK_GRACE", 0))
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

    def interrupt(self):
        """The other side is gone: its fixtures are to be released all the same."""
        self.limit = time.monotonic() + self.grace
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGINT)

    def kill(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)

    def reap(self):
        os.waitpid(self.pid, 0)
        size = os.fstat(self.learned).st_size
        names = os.pread(self.learned, size, 0).decode().split()
        os.close(self.learned)
        self.connection.close()
        return names


class Forked(BaseException):
    """This process is a module's, or one where pytest is prepared, which has a channel: it leaves the server's code."""

    def __init__(self, request, learned=None, channel=None, connection=None):
        super().__init__()
        self.request, self.learned, self.channel, self.connection = request, learned, channel, connection


def ended(pid):
    """How a child ended, which stays to be reaped; None while it runs."""
    info = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT | os.WNOHANG)
    if info is None:
        return None
    return (0 if info.si_code == os.CLD_EXITED else 1, info.si_status)


class ForkServer:
    """Starts modules as forks of this process, and hears of their ends."""

    HEARD = (signal.SIGCHLD, signal.SIGALRM)

    def __init__(self):
        self.modules, self.pid = {}, os.getpid()
        # Whether there are no more modules to come.
        self.is_closing = False
        self.selector = selectors.DefaultSelector()
        self.handlers = {number: signal.getsignal(number) for number in self.HEARD}
        self.pair = socket.socketpair()
        for one in self.pair:
            one.setblocking(False)
        self.wakes = signal.set_wakeup_fd(self.pair[1].fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGALRM, late)
        self.hear(self.pair[0], self.child_ended)

    def hear(self, file, handler):
        self.selector.register(file, selectors.EVENT_READ, handler)

    def serve(self, begin=lambda: None):
        try:
            begin()
            while self.modules or not self.is_closing:
                for key, _ in self.selector.select(self.patience()):
                    key.data(key)
        except Forked:
            # What is the server's is closed in the other process.
            self.close()
            raise
        finally:
            if os.getpid() == self.pid:
                for module in self.modules.values():
                    module.kill()

    def patience(self):
        """After how many seconds something is to be looked at."""
        late = [module for module in self.modules.values() if module.limit is not None]
        for module in late:
            if time.monotonic() > module.limit:
                module.kill()
        return 1 if late else None

    def close(self):
        self.selector.close()
        signal.set_wakeup_fd(self.wakes)
        for number, handler in self.handlers.items():
            signal.signal(number, handler)
        for one in (*self.pair, *(module.connection for module in self.modules.values())):
            one.close()

    def child_ended(self, key):
        key.fileobj.recv(4096)
        for number, module in list(self.modules.items()):
            status = None if module.ended else ended(module.pid)
            if status is not None:
                module.end(status)
                if module.limit is not None:
                    module.kill()
                    self.forget(number)

    def start(self, connection, request, is_first=False, prepared=None):
        self.modules[connection.fileno()] = Module(connection, request, is_first, prepared)
        self.hear(connection, self.heard)

    def heard(self, key):
        """The other side heard of the end, or is gone."""
        self.selector.unregister(key.fileobj)
        module = self.modules[key.fd]
        if module.ended:
            self.forget(key.fd)
        else:
            module.interrupt()

    def forget(self, number):
        module = self.modules.pop(number)
        self.learn(module.reap(), module.learns, module.is_first)


class SharedServer(ForkServer):
    """The server of a run: it has imported what environments have in common."""

    def __init__(self, path):
        super().__init__()
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.bind(path)
        self.socket.listen(64)
        self.hear(self.socket, self.accept)
        self.hear(0, self.end)
        self.environments = {}
        # Where pytest is prepared, by what for, the latest last. And for what that cannot be shared.
        self.prepared, self.unprepared = collections.OrderedDict(), set()
        # Those that get no further modules.
        self.left = []
        self.common = known_imports()
        # Whether nothing is imported here but what all modules need.
        self.is_first = self.common is None
        with no_collections():
            self.is_safe = learn(self.common or [])
        if not self.is_safe:
            keep_imports([])

    def close(self):
        super().close()
        self.socket.close()
        for prepared in self.prepared.values():
            prepared.close()
            for connection, _ in prepared.waiting:
                connection.close()

    def end(self, _):
        self.is_closing = True
        self.selector.unregister(0)
        for prepared in self.prepared.values():
            self.selector.unregister(prepared.channel.end)
            prepared.close()

    def serve(self, begin=lambda: None):
        super().serve(begin)
        # What they took counts as this process's.
        for prepared in self.prepared.values():
            prepared.give_up()
        for prepared in (*self.left, *self.prepared.values()):
            os.waitpid(prepared.pid, 0)

    def patience(self):
        now = time.monotonic()
        for prepared in self.prepared.values():
            if prepared.waiting and now > prepared.limit:
                os.kill(prepared.pid, signal.SIGKILL)
        is_prepared = any(prepared.waiting for prepared in self.prepared.values())
        return 1 if is_prepared else super().patience()

    def accept(self, _):
        connection, _ = self.socket.accept()
        with connection.makefile("rb") as lines:
            line = lines.readline()
        request = json.loads(line or "null")
        if not (request and self.is_safe and admits(self.environments, request)):
            with contextlib.suppress(OSError):
                connection.sendall(b"not to be forked here\n")
            connection.close()
            return
        key = preparation_key(request)
        if key is None or key in self.unprepared:
            self.start(connection, request, self.is_first)
            return
        request["first"] = self.is_first
        if key in self.prepared:
            self.prepared[key].hand(connection, request)
            self.prepared.move_to_end(key)
            return
        at_rest = [key for key, prepared in self.prepared.items() if not prepared.waiting]
        for other in at_rest[:max(0, len(self.prepared) + 1 - PREPARED)]:
            self.drop(other)
        self.prepared[key] = PreparedProcess(connection, request)
        self.hear(self.prepared[key].channel.end, lambda _: self.said(key))

    def said(self, key):
        """A process in which pytest is prepared, or is not, said something of a module."""
        prepared = self.prepared[key]
        lines = prepared.channel.hear()
        for word, *names in lines or []:
            if word == "taken":
                prepared.waiting.pop(0)[0].close()
            elif word == "refused":
                self.start(*prepared.waiting.pop(0), self.is_first)
            elif word == "own":
                # What was done cannot be done again: it is the process of the module that was first.
                self.unprepared.add(key)
                self.start(*prepared.waiting.pop(0), self.is_first, prepared)
                self.leave(key)
                self.start_all(prepared.waiting)
                return
            else:
                self.learn(names, "learns" in word, "first" in word)
        if lines is None:
            self.drop(key)
            if prepared.waiting:
                self.unprepared.add(key)
            self.start_all(prepared.waiting)

    def start_all(self, waiting):
        """Starts what waited to be prepared together, each by itself."""
        for connection, request in waiting:
            self.start(connection, request, self.is_first)

    def leave(self, key):
        prepared = self.prepared.pop(key)
        self.selector.unregister(prepared.channel.end)
        prepared.close()
        return prepared

    def drop(self, key):
        prepared = self.leave(key)
        prepared.give_up()
        # Modules of it may still run.
        self.left.append(prepared)

    def child_ended(self, key):
        super().child_ended(key)
        self.left = [prepared for prepared in self.left if not prepared.has_ended()]

    def learn(self, names, learns, is_first):
        names = [name for name in names if not name.startswith(OWN)]
        if is_first and names:
            own = set(names)
            self.common = [name for name in (names if self.common is None else self.common) if name in own]
            keep_imports(self.common)
        if learns:
            self.is_first = False
            self.is_safe = learn(names) and self.is_safe


class PreparedProcess:
    """Another process, in which pytest is prepared."""

    # How many seconds that may take until its modules are prepared by themselves.
    PATIENCE = 20

    def __init__(self, connection, request):
        self.waiting = [(connection, request)]
        self.limit = time.monotonic() + self.PATIENCE
        # Of the module, if it is the only one.
        self.learned = os.memfd_create("learned")
        own, other = socket.socketpair()
        self.pid = os.fork()
        if self.pid == 0:
            own.close()
            raise Forked(request, self.learned, Channel(other), connection)
        other.close()
        self.channel = Channel(own)
        # What interrupts the module meanwhile interrupts that.
        self.tell(connection, self.pid)

    def tell(self, connection, pid):
        with contextlib.suppress(OSError):
            connection.sendall(b"prepared by %d\n" % pid)

    def hand(self, connection, request):
        self.tell(connection, 0)
        self.waiting.append((connection, request))
        self.limit = time.monotonic() + self.PATIENCE
        self.channel.hand(connection, {name: value for name, value in request.items() if name != "environment"})

    def close(self):
        self.channel.end.close()

    def give_up(self):
        if self.waiting:
            os.kill(self.pid, signal.SIGKILL)

    def has_ended(self):
        return os.waitpid(self.pid, os.WNOHANG)[0] != 0


class PreparedServer(ForkServer):
    """The server of modules that pytest is prepared for in this process: they go on where it would begin with one."""

    HEARD = (*ForkServer.HEARD, signal.SIGINT)

    def __init__(self, channel, preparation):
        super().__init__()
        # It may have been for the one that this was prepared for, which hears of it again.
        signal.signal(signal.SIGINT, self.interrupted)
        self.channel, self.preparation, self.is_first = channel, preparation, True
        self.hear(channel.end, self.take)

    def interrupted(self, number, frame):
        if os.getpid() != self.pid:
            signal.default_int_handler(number, frame)

    def close(self):
        super().close()
        self.channel.end.close()

    def take(self, _):
        taken = self.channel.take()
        if taken is None:
            # The run is over, or the server was killed: the modules of this process were not.
            self.is_closing = True
            self.selector.unregister(self.channel.end)
        else:
            self.begin(*taken)

    def begin(self, connection, request):
        if not self.is_closing and self.preparation.holds():
            self.channel.say("taken")
            self.start(connection, request, self.is_first and request["first"])
        else:
            connection.close()
            self.channel.say("refused")

    def learn(self, names, learns, is_first):
        word = ("first-" if is_first else "") + ("learns" if learns else "ends")
        self.channel.say(word, *(name for name in names if not name.startswith(OWN)))
        if learns:
            self.is_first = False
            # Without it the next one is prepared in another process.
            self.is_closing |= not learn([name[len(OWN):] if name.startswith(OWN) else name for name in names])


def run(request, learned):
    """Runs pytest as an interpreter of its own would."""
    redirect(request)
    enter(request)
    try:
        return main()
    finally:
        leave_word(learned)


def run_prepared(started):
    """Prepares pytest, and runs it in each module's process."""
    global MISSES
    request = started.request
    of_pytest, learned, together = config._prepareconfig, [], []
    enter(request)
    MISSES = Misses()
    sys.meta_path.append(MISSES)
    preparation = Preparation(request, MISSES)

    def go_on(module):
        learned.append(module.learned)
        redirect(module.request)
        sys.argv[1:] = module.request["arguments"]
        sys.meta_path.remove(MISSES)
        preparation.hand_over(module.request)

    def go_on_alone():
        started.connection.close()
        started.channel.say("own")
        # Until the server has this process be the module's.
        while started.channel.hear() is not None:
            pass
        if os.getppid() != SERVER:
            # It was killed: the module is started again by another.
            os._exit(1)
        go_on(started)

    def prepare(*arguments, **named):
        try:
            prepared = of_pytest(*arguments, **named)
        except BaseException:
            preparation.finish(None)
            go_on_alone()
            raise
        if not preparation.finish(prepared):
            go_on_alone()
            return prepared
        together.extend(imported())
        fix()
        server = PreparedServer(started.channel, preparation)
        try:
            server.serve(lambda: server.begin(started.connection, request))
        except Forked as forked:
            os.close(started.learned)
            go_on(forked)
            return prepared
        os._exit(0)

    config._prepareconfig = prepare
    try:
        return main()
    finally:
        leave_word(*learned, together)


def redirect(request):
    """Has a module's process lead its own group, and print into the module's files."""
    os.setpgid(0, 0)
    null = os.open(os.devnull, os.O_RDONLY)
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
    for fd, file in ((0, null), (1, os.open(request["stdout"], flags)), (2, os.open(request["stderr"], flags))):
        os.dup2(file, fd)
        os.close(file)


def enter(request):
    """Has this process be in a module's sandbox and environment."""
    os.environ.clear()
    os.environ.update(request["variables"])
    os.chdir(request["folder"])
    sys.argv = ["-c", *request["arguments"]]
    sys.meta_path.remove(MISSES)
    request["environment"].enter()
    sys.path.extend(path for path in os.environ.get("PEX_EXTRA_SYS_PATH", "").split(os.pathsep) if path)
    sys.modules["__main__"] = types.ModuleType("__main__")
    sys.path_importer_cache.clear()
    for name in filter(sys.modules.__contains__, PLUGINS):
        # What was imported on the way is not rewritten, and pytest need not warn of it.
        module = sys.modules[name]
        module.__doc__ = f"{module.__doc__ or ''}\nPYTEST_DONT_REWRITE"
    if "numpy.random" in sys.modules:
        sys.modules["numpy.random"].seed()
    for name in os.environ.pop("XTASK_UNASKED", "").split():
        os.environ.pop(name, None)
    keep_code(os.environ.pop("XTASK_CODE", None))


def leave_word(learned, together=()):
    """Tells the server what was imported, by this module and those that pytest was prepared with."""
    os.write(learned, "\n".join([*together, *imported()]).encode())
    os.close(learned)


def leave(code):
    """Ends this process as Python would, and leaves what it has from the server as it is: all of that is to be taken
    apart else, in memory that is copied for it."""
    threading._shutdown()
    atexit._run_exitfuncs()
    for file in gc.get_objects():
        # What is collected with its buffer may lose what that holds.
        if type(file) in (io.TextIOWrapper, io.BufferedWriter, io.BufferedRandom):
            with contextlib.suppress(Exception):
                file.flush()
    own = [sys.modules.pop(name) for name in MARK.since()]
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
with no_collections():
    PLUGINS = plugins() - {"pytest", "_pytest"}
    MISSES = Misses()
    sys.meta_path.append(MISSES)
    MARK = ImportMark()
    import pytest

    try:
        from _pytest import config
    except ImportError:
        config = None
    warm()
try:
    SharedServer(sys.argv[1]).serve(lambda: os.write(1, b"ready\n"))
except Forked as forked:
    started = forked.with_traceback(None)
else:
    # Nothing is left to do, and taking all of it apart takes long.
    os._exit(0)
code = run_prepared(started) if started.channel else run(started.request, started.learned)
if not isinstance(code, int):
    sys.exit(code)
leave(code)
