# pytest as both programs start it, in an interpreter of its own and in a fork.
import _thread
import signal
import time


class UnittestInterruption(BaseException):
    """An interruption of a test of `unittest`, which cleans up after it: KeyboardInterrupt it lets pass at once."""


class HeldInterruptions:
    """Keeps an interruption until no fixture is half made, or half released: it would keep what it holds for ever.
    Ctrl+C and time limits interrupt tests."""

    def __init__(self, patience):
        # How many seconds a fixture has to be made; one that hangs would keep the others from being released.
        self.patience, self.process = patience, os.getpid()
        self.depth = self.made = 0
        self.is_heard = self.is_impatient = self.releases = False
        # Whether pytest has ended its fixtures since it was interrupted.
        self.is_interrupted = False

    @contextlib.contextmanager
    def held(self, releases=False):
        before, self.releases = self.releases, self.releases or releases
        self.depth += 1
        # What tests have put in its place is theirs.
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            with contextlib.suppress(ValueError):
                signal.signal(signal.SIGINT, self.hear)
        try:
            yield
        finally:
            self.depth -= 1
            self.releases = before
            if self.depth == 0 and signal.getsignal(signal.SIGINT) == self.hear:
                signal.signal(signal.SIGINT, signal.default_int_handler)

    def hear(self, number, frame):
        # A fork of this process is ended by it.
        is_awaited = self.is_impatient and not self.releases
        if os.getpid() != self.process or is_awaited or self.is_debugged(frame):
            signal.default_int_handler(number, frame)
        elif not self.is_heard:
            self.is_heard = True
            # Not by `threading`, whose locks this thread may hold.
            _thread.start_new_thread(self.insist, ())

    def is_debugged(self, frame):
        """Whether it is the user at the prompt of a debugger who asks."""
        while frame and frame.f_globals.get("__name__") not in ("bdb", "pdb"):
            frame = frame.f_back
        return frame is not None

    def insist(self):
        time.sleep(self.patience)
        if self.is_heard:
            self.is_impatient = True
            os.kill(self.process, signal.SIGINT)

    def repeat(self):
        time.sleep(.01)
        os.kill(self.process, signal.SIGINT)

    def pass_on(self):
        if self.is_heard:
            self.is_heard = False
            raise KeyboardInterrupt

    def hold_in_unittest(self, case):
        """Does for a case of `unittest` what hooks do for fixtures: it runs these in the middle of pytest's test."""
        for name, is_held in (("_callSetUp", True), ("_callTestMethod", False), ("_callTearDown", True),
                              ("_callCleanup", True)):
            if hasattr(case, name):
                setattr(case, name, self.held_call(getattr(case, name), is_held, name != "_callSetUp"))

    def held_call(self, call, is_held, releases):
        def of_unittest(*arguments, **named):
            try:
                if is_held:
                    with self.held(releases):
                        return call(*arguments, **named)
                self.pass_on()
                return call(*arguments, **named)
            except KeyboardInterrupt:
                # pytest goes on with it after the test.
                self.is_heard = True
                raise UnittestInterruption from None

        return of_unittest

    def hooks(self):
        """A plug-in. Its wrappers are of the old form, which each pytest knows, and may not raise at their end."""
        held, pass_on = self, self.pass_on

        class Hooks:
            @pytest.hookimpl(tryfirst=True)
            def pytest_cmdline_main(self):
                # What prepared pytest may be another process.
                held.process = os.getpid()

            def pytest_keyboard_interrupt(self, excinfo):
                # Other reasons to stop are its subclasses.
                held.is_interrupted = excinfo.type is KeyboardInterrupt

            @pytest.hookimpl(tryfirst=True)
            def pytest_runtest_protocol(self):
                pass_on()

            @pytest.hookimpl(hookwrapper=True, tryfirst=True)
            def pytest_runtest_setup(self):
                with held.held():
                    yield

            @pytest.hookimpl(hookwrapper=True, tryfirst=True)
            def pytest_fixture_setup(self):
                if not held.made:
                    pass_on()
                held.made += 1
                with held.held():
                    yield
                held.made -= 1
                # It was made by the test itself, which need not come to an end.
                if held.is_heard and held.depth == 0:
                    held.is_heard = False
                    _thread.start_new_thread(held.repeat, ())

            @pytest.hookimpl(tryfirst=True)
            def pytest_runtest_call(self, item):
                pass_on()
                unittest = sys.modules.get("unittest")
                # Older versions of pytest name it otherwise.
                case = getattr(item, "_testcase", None) or getattr(item, "instance", None)
                if unittest and isinstance(case, unittest.TestCase):
                    held.hold_in_unittest(case)

            @pytest.hookimpl(hookwrapper=True, tryfirst=True)
            def pytest_runtest_teardown(self):
                with held.held(releases=True):
                    yield

            @pytest.hookimpl(hookwrapper=True, tryfirst=True)
            def pytest_sessionfinish(self):
                with held.held(releases=True):
                    yield

        return Hooks()


def main():
    """Runs pytest, and leaves a file where it ended well: `os._exit(0)` looks the same else."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # A shell has what it starts in the background ignore it.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    grace = os.environ.pop("XTASK_GRACE", None)
    held = HeldInterruptions(float(grace or 0) / 2)
    path = os.path.abspath(".pytest-ended")
    code = pytest.main(plugins=[held.hooks()] if grace else [])
    if held.is_interrupted and os.getpid() == held.process == os.getpgrp():
        # As on a terminal, where what tests have started is interrupted with them. Python waits for some of it.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        os.killpg(0, signal.SIGINT)
    if code == 0 and (not grace or os.getpid() == held.process):
        try:
            with open(path, "x"):
                os.chmod(path, 0o600)
        except FileExistsError:
            pass
        except OSError:
            # Tests may have taken all descriptors, which a link does not need. Not every worker of a server has links.
            os.symlink("pytest", path)
    return code
