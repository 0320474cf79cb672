"""Calls hooks of a build backend (PEP 517) and writes down what they return.

Run as `python -I runner.py REQUEST`, in the source's folder. REQUEST is a JSON file: `backend`, `backend_path` and
`import_path` (absolute folders), and `calls`, each with `hook`, `arguments` (by position) and `answer`, the file in which
`{"value": ...}` or `{"missing": true}` is written. A call is made only where the one before it returned nothing.

The backend is imported once, which takes longer than most hooks. Each call is made in a process forked
from there, but for the last: what a hook changes must not reach the next one.

Run as `python -I runner.py`, requests come as lines on standard input, until it ends, and have `source` (the folder to
work in), `output` (a file) and `lock` (a file) as well. Each is served by a process of its own, forked once the backend
is imported, which holds the lock on the file until it ends. A line on standard output says that it holds it.
"""

import atexit
import gc
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


def run(request):
    backend = load(request["backend"], request["backend_path"])
    sys.path += request.get("import_path", [])
    *before, last = request["calls"]
    if all(call_apart(backend, arguments) for arguments in before):
        call(backend, **last)
    end()


def serve():
    import fcntl

    said = os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    for line in sys.stdin:
        request = json.loads(line)
        gc.disable()
        try:
            load(request["backend"], request["backend_path"])
        except BaseException:
            pass  # It fails again where its output is kept.
        gc.freeze()
        lock = os.open(request["lock"], os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX)
        if os.fork() == 0:
            os.close(said)
            output = os.open(request["output"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            for target, source in enumerate((nowhere, output, output)):
                os.dup2(source, target)
            os.chdir(request["source"])
            gc.enable()
            run(request)
        os.close(lock)
        os.write(said, b"taken\n")
        reap(os.WNOHANG)
    reap(0)
    os._exit(0)


def reap(how):
    """Takes leave of processes that have ended or, where `how` does not say otherwise, end at last."""
    try:
        while os.waitpid(-1, how)[0] != 0:
            pass
    except ChildProcessError:
        pass


def main():
    if len(sys.argv) == 1:
        serve()
    with open(sys.argv[1], encoding="utf-8") as file:
        request = json.load(file)
    # A backend may look at its arguments as `setup.py` does.
    sys.argv[1:] = []
    run(request)


main()
