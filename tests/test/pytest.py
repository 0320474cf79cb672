"""As much of pytest as tests of a test runner need: it collects functions, runs them and writes a report."""
import contextlib
import importlib.util
import io
import json
import os
import sys
import time
import traceback
from xml.sax.saxutils import quoteattr

__version__ = "8.0"


def hookimpl(**_):
    return lambda hook: hook


def main(plugins=()):
    options, files, words = {}, [], sys.argv[1:]
    while words:
        word = words.pop(0)
        if word in ("-k", "-c", "-n", "-o"):
            options[word] = words.pop(0)
        elif word.startswith("-"):
            options[word.split("=")[0]] = word.partition("=")[2]
        else:
            files.append(word)
    print("============ test session starts ============")
    lines = trace() if "--cov" in options else {}
    if "--bad-option" in options:
        print("-c: error: unrecognized arguments: --bad-option")
        return 4
    cases, errors = [], 0
    for file in files:
        try:
            conftests(file)
            module = load(file)
        except KeyboardInterrupt:
            raise
        except BaseException:
            print("ERROR", file)
            traceback.print_exc(file=sys.stdout)
            errors += 1
            continue
        for name, test in list(vars(module).items()):
            if name.startswith("test_") and options.get("-k", "") in name:
                cases.append(run(file, name, test, options))
    if "--cov" in options and "--no-cov" not in options:
        sys.settrace(None)
        with open(".coverage", "w") as out:
            json.dump({path: sorted(ran) for path, ran in lines.items()}, out)
    report(options, cases)
    failed = sum(1 for case in cases if case[3])
    print(f"====== {failed} failed, {len(cases) - failed} passed, {errors} errors ======")
    return 2 if errors else 1 if failed else 0 if cases else 5


def trace():
    """The lines that run from now on, by path."""
    lines, root = {}, os.getcwd() + "/"

    def line(frame, event, _):
        path = frame.f_code.co_filename
        if not path.startswith(root):
            return None
        lines.setdefault(path[len(root):], set()).add(frame.f_lineno)
        return line

    sys.settrace(line)
    return lines


def conftests(file):
    parts = os.path.dirname(file).split("/")
    for length in range(len(parts) + 1):
        path = "/".join([part for part in parts[:length] if part] + ["conftest.py"])
        if os.path.exists(path):
            load(path)


def load(file):
    sys.path.insert(0, os.path.abspath(os.path.dirname(file)))
    name = os.path.basename(file)[:-3]
    spec = importlib.util.spec_from_file_location(name, os.path.abspath(file))
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(file, name, test, options):
    os.environ["PYTEST_CURRENT_TEST"] = f"{file}::{name} (call)"
    start, out = time.time(), sys.stdout if "-s" in options else io.StringIO()
    problem = None
    with contextlib.redirect_stdout(out):
        try:
            test()
        except KeyboardInterrupt:
            raise
        except BaseException:
            problem = traceback.format_exc()
    os.environ.pop("PYTEST_CURRENT_TEST", None)
    print(f"{file}::{name} {'FAILED' if problem else 'PASSED'}")
    if problem:
        print(problem)
        if isinstance(out, io.StringIO) and out.getvalue():
            print("----- Captured stdout call -----")
            print(out.getvalue())
    return file, name, time.time() - start, problem


def report(options, cases):
    path = options.get("--junit-xml")
    if not path:
        return
    with open(path, "w") as out:
        out.write(f'<testsuites><testsuite name="pytest" tests="{len(cases)}">')
        for file, name, elapsed, problem in cases:
            module = file[:-3].replace("/", ".")
            out.write(f'<testcase classname="{module}" name="{name}" time="{elapsed:.3f}">')
            if problem:
                message = quoteattr(problem.strip().splitlines()[-1])
                out.write(f"<failure message={message}>x</failure>")
            out.write("</testcase>")
        out.write("</testsuite></testsuites>")
