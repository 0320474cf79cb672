"""Calls hooks of a build backend (PEP 517) and writes down what they return.

Run as `python -I runner.py REQUEST`, in the source's folder. REQUEST is a JSON file: `backend`, `backend_path`
(absolute folders), `alone` (a file) and `calls`, each with `hook`, `arguments` (by position) and `answer`, the file
in which `{"value": ...}` or `{"missing": true}` is written. A call is made only where the one before it returned
nothing.

The backend is imported once, which takes longer than most hooks. Each of several calls is made in a process forked
from there, as what a hook changes must not reach the next one. Processes of one environment import one after the
other, so that only the first compiles.
"""

import atexit
import importlib
import json
import os
import sys
import threading


def load(backend, backend_path):
    sys.path[:0] = backend_path
    module_name, _, attribute = backend.partition(":")
    module = importlib.import_module(module_name)
    if backend_path:
        file = os.path.realpath(module.__file__ or "")
        inside = (os.path.join(os.path.realpath(folder), "") for folder in backend_path)
        if not any(file.startswith(folder) for folder in inside):
            sys.exit("the backend {} comes from {}, which is not in backend-path".format(backend, file))
    for name in filter(None, attribute.split(".")):
        module = getattr(module, name)
    return module


def load_alone(request):
    try:
        import fcntl
    except ImportError:
        return load(request["backend"], request["backend_path"])
    with open(request["alone"], "a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        return load(request["backend"], request["backend_path"])


def call(backend, hook, arguments, answer):
    hook = getattr(backend, hook, None)
    found = {"missing": True} if hook is None else {"value": hook(*arguments)}
    with open(answer, "w", encoding="utf-8") as file:
        json.dump(found, file)


def end():
    """As the interpreter ends, but for taking apart every object, which takes as long as a hook."""
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def call_apart(backend, arguments):
    """Calls in a process of its own, and returns whether the next call is to be made."""
    child = os.fork()
    if child == 0:
        call(backend, **arguments)
        end()
    _, status = os.waitpid(child, 0)
    if status != 0:
        os._exit(1)
    with open(arguments["answer"], encoding="utf-8") as file:
        return not json.load(file).get("value")


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        request = json.load(file)
    # A backend may look at its arguments as `setup.py` does.
    sys.argv[1:] = []
    backend = load_alone(request)
    calls = request["calls"]
    if len(calls) == 1:
        call(backend, **calls[0])
    else:
        all(call_apart(backend, arguments) for arguments in calls)
    end()


main()
