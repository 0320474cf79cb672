"""Calls one hook of a build backend (PEP 517) and writes down what it returns.

Run as `python -I runner.py REQUEST`, in the source's folder. REQUEST is a JSON file:
`backend`, `backend_path` (absolute folders), `hook`, `arguments` (by position), and `answer`, the file in which
`{"value": …}` or `{"missing": true}` is written.
"""

import importlib
import json
import os
import sys


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


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        request = json.load(file)
    # A backend may look at its arguments as `setup.py` does.
    sys.argv[1:] = []
    hook = getattr(load(request["backend"], request["backend_path"]), request["hook"], None)
    answer = {"missing": True} if hook is None else {"value": hook(*request["arguments"])}
    with open(request["answer"], "w", encoding="utf-8") as file:
        json.dump(answer, file)


main()
