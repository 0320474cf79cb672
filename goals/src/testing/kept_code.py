# Code of the repository's modules is compiled once for all runs: it is kept by what its source is. The folders that
# modules run in have no compiled code beside them, and others of the same path may have another source.
import sys

del sys.path[0]
import contextlib  # noqa: E402
import hashlib  # noqa: E402
import importlib.util  # noqa: E402
import marshal  # noqa: E402
import os  # noqa: E402
import warnings  # noqa: E402
from _imp import _fix_co_filename  # noqa: E402
from importlib.machinery import SourceFileLoader  # noqa: E402


class KeptCode:
    """Code in a folder of the cache. A file is the SHA-256 of the rest, which is the code as `marshal` writes it."""

    def __init__(self, folder):
        self.folder = folder

    def get(self, path, source, compiled, by=""):
        """The code of a source, which `compiled` makes where it is not kept. `by` says how, but for Python itself."""
        name = hashlib.sha256(importlib.util.MAGIC_NUMBER + by.encode() + source).hexdigest()
        file = os.path.join(self.folder, name[:2], name[2:])
        code = self.read(file)
        if code is not None:
            _fix_co_filename(code, path)
            return code
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            code = compiled()
        if warned:
            # Each process is to be warned by its own filters, which may make errors of warnings.
            return compiled()
        self.write(file, code)
        return code

    def read(self, file):
        with contextlib.suppress(OSError, ValueError, EOFError, TypeError):
            with open(file, "rb") as opened:
                kept = memoryview(opened.read())
            if hashlib.sha256(kept[32:]).digest() == kept[:32]:
                return marshal.loads(kept[32:])
        return None

    def write(self, file, code):
        with contextlib.suppress(OSError, ValueError):
            data = marshal.dumps(code)
            os.makedirs(os.path.dirname(file), exist_ok=True)
            temporary = os.path.join(os.path.dirname(file), f".tmp-{os.getpid()}-{os.path.basename(file)}")
            with open(temporary, "wb") as opened:
                opened.write(hashlib.sha256(data).digest() + data)
            os.replace(temporary, file)


def keep_code(folder):
    """Has the modules below the current folder use kept code, if there is a folder for it."""
    if not folder:
        return
    root = os.path.join(os.getcwd(), "")
    kept = KeptCode(folder)
    of_loader = SourceFileLoader.get_code

    def get_code(self, name):
        path = self.get_filename(name)
        if not path.startswith(root):
            return of_loader(self, name)
        source = self.get_data(path)
        return kept.get(path, source, lambda: self.source_to_code(source, path))

    SourceFileLoader.get_code = get_code
    keep_rewritten_code(kept)


def keep_rewritten_code(kept):
    """The same for modules whose assertions pytest rewrites."""
    with contextlib.suppress(ImportError, AttributeError):
        from _pytest.assertion import rewrite

        of_pytest, tag = rewrite._rewrite_test, rewrite.PYTEST_TAG

        def rewrite_test(file, config):
            try:
                # What it says of a source beside its code: its state, or in newer versions its hash.
                of_nothing, _ = of_pytest(type(file)(os.devnull), config)
                state, source = os.stat(file), file.read_bytes()
                if of_nothing == importlib.util.source_hash(b""):
                    state = importlib.util.source_hash(source)
                elif type(of_nothing) is not type(state):
                    return of_pytest(file, config)
                by = f"{tag} {config.getini('enable_assertion_pass_hook')}\n"
            except (AttributeError, OSError, TypeError, ValueError):
                return of_pytest(file, config)
            return state, kept.get(str(file), source, lambda: of_pytest(file, config)[1], by)

        rewrite._rewrite_test = rewrite_test
