# pytest that is prepared once: it has read its options and has plug-ins and `conftest.py` files, but no module yet. The
# modules of a folder are prepared the same where what was read and looked for is the same in their sandboxes; then each
# is a fork of a process that has done so at the same place.
import random
import stat
import struct
import tempfile

# Makes a way to files or other programs of what happens while pytest is prepared: no other module may have it.
EFFECTS = ("os.chmod", "os.chown", "os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.symlink",
           "os.truncate", "shutil.", "socket.bind", "socket.connect", "sqlite3.", "tempfile.")
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# What opens the files for what pytest captures, which each module gets anew.
CAPTURE = os.path.join("_pytest", "capture.py")

def preparation_key(request):
    """What modules have in common that are prepared the same, but for their own files. None where none do."""
    if not (request["others"] and hasattr(socket, "send_fds") and hasattr(config, "_prepareconfig")):
        return None
    own = ModuleArguments(request)
    arguments = ["--junit-xml=" if argument == own.report else argument for argument in request["arguments"][:-1]]
    return json.dumps([request["prefix"], request["folder"], request["variables"], arguments,
                       own.folder, request["others"]])


class ModuleArguments:
    """The arguments that are a module's own."""

    def __init__(self, request):
        arguments = request["arguments"]
        # Below the folder there is nothing that pytest is prepared by.
        self.file, self.folder = arguments[-1], request["below"]
        self.report = next((one for one in arguments if one.startswith("--junit-xml=")), None)

    def values(self):
        return self.file, (self.report or "").partition("=")[2]


class Effects:
    """Whether something happens that reaches further than this process."""

    def __init__(self, code):
        self.found, self.is_over = False, False
        # Where compiled code is kept.
        self.code = ("__pycache__", *filter(None, [code]))
        sys.addaudithook(self.hear)

    def hear(self, event, arguments):
        if self.is_over or self.found:
            return
        if event == "open":
            path, _, flags = arguments
            if not isinstance(path, (str, bytes)) or not (isinstance(flags, int) and flags & WRITES):
                return
        elif not event.startswith(EFFECTS):
            return
        self.found = not (self.is_code(arguments) or self.is_capture())

    def is_code(self, arguments):
        paths = [os.fsdecode(one) for one in arguments if isinstance(one, (str, bytes))]
        return any(code in path for path in paths for code in self.code)

    def is_capture(self):
        frame = sys._getframe(2)
        for _ in range(12):
            if frame is None or frame.f_code.co_filename.endswith(CAPTURE):
                return frame is not None
            frame = frame.f_back
        return False


def open_files():
    """The open files of this process by their numbers."""
    found = {}
    for number in map(int, os.listdir("/proc/self/fd")):
        with contextlib.suppress(OSError):
            found[number] = os.fstat(number)
    return found


def identity(status):
    return status.st_dev, status.st_ino


class Preparation:
    """What was done and seen while pytest was prepared."""

    def __init__(self, request, misses):
        self.own, self.root, self.misses = ModuleArguments(request), os.getcwd(), misses
        self.missed, self.would_be = 0, []
        # What is printed meanwhile is printed by each module.
        self.printed = [os.memfd_create(name) for name in ("stdout", "stderr")]
        for number, file in enumerate([os.open(os.devnull, os.O_RDONLY), *self.printed]):
            os.dup2(file, number)
        self.before = open_files()
        self.threads = os.listdir("/proc/self/task")
        self.random = random.getstate()
        self.numbers = numpy_numbers()
        self.effects = Effects(request["variables"].get("XTASK_CODE"))

    def finish(self, config):
        """Gives whether others may have it. There is no `config` where it failed."""
        self.effects.is_over = True
        self.config = config
        self.is_seeded = random.getstate() != self.random
        self.random = random.getstate()
        self.has_numpy_numbers = self.numbers is not None and numpy_numbers() == self.numbers
        keeps = self.find_descriptors() and self.keeps_to_itself()
        if keeps:
            self.files = {path: self.look(path) for path in self.imported_files()}
            self.packages = {one: self.folders_of(*one) for one in self.namespace_packages()}
            self.folders = self.names_above()
            self.read_versions()
        return keeps and None not in self.files.values()

    def read_versions(self):
        """Has at hand what pytest prints of its plug-ins when it begins: each module would parse it again."""
        with contextlib.suppress(Exception):
            for _, distribution in self.config.pluginmanager.list_plugin_distinfo():
                for name in ("metadata", "version"):
                    vars(distribution).setdefault(name, getattr(distribution, name))

    def keeps_to_itself(self):
        if not self.config or self.effects.found or os.listdir("/proc/self/task") != self.threads:
            return False
        if self.config.pluginmanager.hasplugin("_cov") or getattr(self.config.option, "numprocesses", None):
            return False
        try:
            os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return True
        return False

    def find_descriptors(self):
        """Finds out which numbers of files are pytest's: copies of its output, and what it captures in. Gives whether
        there are no others."""
        saved = [identity(os.fstat(file)) for file in self.printed]
        self.saved, self.captured, has_others = {}, [], False
        for number, status in open_files().items():
            if number in self.before and identity(status) == identity(self.before[number]):
                continue
            if identity(status) in saved:
                self.saved[number] = 1 + saved.index(identity(status))
            elif stat.S_ISREG(status.st_mode) and status.st_nlink == 0:
                self.captured.append(number)
            elif not stat.S_ISCHR(status.st_mode):
                has_others = True
        return not has_others

    def look(self, path):
        try:
            status = os.stat(path)
        except OSError:
            return None
        return identity(status), status.st_size, status.st_mtime_ns

    def is_own(self, path):
        return isinstance(path, str) and path.startswith(self.root + os.sep)

    def imported_files(self):
        files = (getattr(module, "__file__", None) for module in list(sys.modules.values())
                 if issubclass(type(module), type(sys)))
        plugins = (getattr(plugin, "__file__", None) for plugin in self.config.pluginmanager.get_plugins())
        return {path for path in (*files, *plugins) if self.is_own(path)}

    def namespace_packages(self):
        """The packages without a file: the name of the one that each is in, and its own."""
        found = []
        for name, module in list(sys.modules.items()):
            path = getattr(module, "__path__", None) if issubclass(type(module), type(sys)) else None
            if path is not None and not getattr(module, "__file__", None) and any(map(self.is_own, path)):
                parent, _, last = name.rpartition(".")
                found.append((parent, last))
        return found

    def folders_of(self, parent, last):
        """The folders of a package, as they would be found now."""
        above = sys.modules[parent].__path__ if parent in sys.modules else sys.path
        paths = (os.path.abspath(os.path.join(folder, last)) for folder in above)
        return [path for path in paths if os.path.isdir(path)]

    def names_above(self):
        """Which files of that folder and above say how those in it are imported."""
        found, folder = [], os.path.join(self.root, self.own.folder).rstrip(os.sep)
        while len(folder) >= len(self.root):
            found += [os.path.join(folder, name) for name in ("__init__.py", "conftest.py")]
            folder = os.path.dirname(folder)
        return list(filter(os.path.exists, found))

    def would_be_files(self):
        """Where in the sandbox the modules would be that were looked for in vain."""
        if len(self.misses.modules) != self.missed:
            self.missed, paths = len(self.misses.modules), set()
            for name in self.misses.modules:
                parent, _, last = name.rpartition(".")
                above = getattr(sys.modules.get(parent), "__path__", ()) if parent else sys.path
                paths.update(os.path.abspath(os.path.join(folder, last)) for folder in above)
            self.would_be = [path + end for path in filter(self.is_own, paths) for end in ("", ".py")]
        return self.would_be

    def holds(self):
        """Whether the sandbox, in which another module is by now, has all of it as it was."""
        return (all(self.look(path) == seen for path, seen in self.files.items())
                and self.names_above() == self.folders
                and all(self.folders_of(*one) == seen for one, seen in self.packages.items())
                and not any(map(os.path.lexists, self.would_be_files())))

    def hand_over(self, request):
        """Makes it that of the module whose process this is."""
        for number, target in self.saved.items():
            os.dup2(target, number)
        for target, file in enumerate(self.printed, 1):
            os.write(target, os.pread(file, os.fstat(file).st_size, 0))
            os.close(file)
        for number in self.captured:
            with tempfile.TemporaryFile(buffering=0) as file:
                file.write(os.pread(number, os.fstat(number).st_size, 0))
                os.lseek(file.fileno(), os.lseek(number, 0, os.SEEK_CUR), os.SEEK_SET)
                os.dup2(file.fileno(), number, inheritable=os.get_inheritable(number))
        if self.is_seeded:
            random.setstate(self.random)
        if self.has_numpy_numbers:
            sys.modules["numpy.random"].seed()
        if self.config:
            self.rename(ModuleArguments(request))

    def rename(self, module):
        """Has the arguments be those of a module."""
        renamed = dict(zip(self.own.values(), module.values()))
        renamed[self.own.report] = module.report
        config = self.config

        def moved(values):
            return type(values)(renamed.get(value, value) for value in values)

        config.args = moved(config.args)
        invocation = config.invocation_params
        config.invocation_params = type(invocation)(args=moved(invocation.args), plugins=invocation.plugins,
                                                    dir=invocation.dir)
        for options in (config.option, config.known_args_namespace):
            for name in ("file_or_dir", "xmlpath"):
                value = getattr(options, name, None)
                if value:
                    setattr(options, name, moved(value) if isinstance(value, list) else renamed.get(value, value))


def numpy_numbers():
    """The state of numpy's random numbers, where they are imported."""
    if "numpy.random" not in sys.modules:
        return None
    state = sys.modules["numpy.random"].get_state()
    return state[1].tobytes(), state[2:]


class Channel:
    """One end of what a server and one that is prepared say to each other: lines, and one way connections too."""

    HEAD = struct.Struct("!I")

    def __init__(self, end):
        self.end, self.rest = end, b""

    def hand(self, connection, request):
        data = json.dumps(request).encode()
        socket.send_fds(self.end, [self.HEAD.pack(len(data))], [connection.fileno()])
        self.end.sendall(data)

    def take(self):
        """A connection and its request; None when the other end is closed."""
        try:
            head, files, *_ = socket.recv_fds(self.end, self.HEAD.size, 1)
        except ConnectionError:
            return None
        if not files:
            return None
        data = b""
        while len(data) < self.HEAD.unpack(head)[0]:
            data += self.end.recv(1 << 20)
        return socket.socket(fileno=files[0]), json.loads(data)

    def say(self, *words):
        with contextlib.suppress(OSError):
            self.end.sendall(" ".join(words).encode() + b"\n")

    def hear(self):
        """The lines that were said; None when the other end is closed."""
        try:
            data = self.end.recv(1 << 20)
        except OSError:
            data = b""
        *lines, self.rest = (self.rest + data).split(b"\n")
        return [line.decode().split() for line in lines] if data else None
