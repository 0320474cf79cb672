"""Makes good and bad archives in a folder, and asks other tools what they find.

Run with the Python of an environment that has twine, check-wheel-contents, packaging and auditwheel. Prints a JSON
object: for each archive the names of the tools that complain, with their words.
"""

import base64
import contextlib
import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
import zipfile

OUT = sys.argv[1]
NAME = "acme_x-1.0"
FINE = {
    "Metadata-Version": "2.4",
    "Name": "acme.x",
    "Version": "1.0",
    "Summary": "Something",
    "Description-Content-Type": "text/markdown",
}
BODY = "# Acme\n"
CODE = {"acme_x/__init__.py": b"", "acme_x/core.py": b"X = 1\n"}
WHEEL = "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: {}\nTag: {}\n"


def metadata(changes=(), body=BODY):
    headers = dict(FINE)
    lines = []
    for key, value in changes:
        if key in headers:
            headers.pop(key)
        if value is not None:
            lines.append((key, value))
    head = "".join("{}: {}\n".format(*pair) for pair in list(headers.items()) + lines)
    return (head + ("\n" + body if body else "")).encode()


def digest(content):
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def wheel(code=CODE, changes=(), body=BODY, tag="py3-none-any", info=(), record=None, wheel_text=None, name=NAME):
    folder = NAME + ".dist-info/"
    pure = "true" if tag.endswith("-any") else "false"
    members = dict(code)
    members[folder + "METADATA"] = metadata(changes, body)
    members[folder + "WHEEL"] = (wheel_text or WHEEL.format(pure, tag)).encode()
    for key, value in info:
        if value is None:
            members.pop(folder + key)
        else:
            members[folder + key] = value
    lines = "".join("{},{},{}\n".format(key, digest(value), len(value)) for key, value in members.items())
    lines += folder + "RECORD,,\n"
    if record:
        lines = record(lines)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for key, value in members.items():
            archive.writestr(key, value)
        if lines is not None:
            archive.writestr(folder + "RECORD", lines)
    return "{}-{}.whl".format(name, tag), out.getvalue()


def sdist(files=None, changes=(), body=BODY, name="acme_x-1.0.tar.gz", root=NAME, links=(), cut=None):
    members = {"PKG-INFO": metadata(changes, body), "pyproject.toml": b"[build-system]\nrequires = []\n", **CODE}
    for key, value in (files or {}).items():
        if value is None:
            members.pop(key)
        else:
            members[key] = value
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", format=tarfile.PAX_FORMAT) as archive:
        for key, value in members.items():
            info = tarfile.TarInfo(root + "/" + key)
            info.size = len(value)
            archive.addfile(info, io.BytesIO(value))
        for key, target in links:
            info = tarfile.TarInfo(root + "/" + key)
            info.type, info.linkname = tarfile.SYMTYPE, target
            archive.addfile(info)
    return name, out.getvalue()[:cut]


RST = [("Description-Content-Type", "text/x-rst")]


def rst(body):
    return wheel(changes=RST, body=body)


def header(key, value):
    return wheel(changes=[(key, value)])


def code(**files):
    return wheel(code={key.replace("__slash__", "/"): value for key, value in files.items()})


def files(pairs):
    return wheel(code=dict(CODE, **pairs))


def native():
    """Libraries of this Python that need the C library of this machine."""
    import sysconfig

    folder = sysconfig.get_config_var("DESTSHARED") or ""
    names = sorted(name for name in os.listdir(folder) if name.startswith(("_json", "_struct", "math"))) if os.path.isdir(folder) else []
    return [(name, open(os.path.join(folder, name), "rb").read()) for name in names][:1]


CASES = {
    "good": wheel(),
    "good with a licence": wheel(changes=[("License-Expression", "MIT"), ("License-File", "LICENSE")], info=[("licenses/LICENSE", b"x")]),
    "good with rst": rst("Title\n=====\n\nText with `a link <https://a.example>`_.\n\n* one\n* two\n"),
    "good with rst code": rst("Title\n=====\n\n.. code-block:: python\n\n   f(*a)\n\nEnd::\n\n  *x\n"),
    "good with plain text": wheel(changes=[("Description-Content-Type", "text/plain")], body="x *y\n"),
    "good with a variant": header("Description-Content-Type", "text/markdown; charset=UTF-8; variant=GFM"),
    "good with an address": header("Author-email", "A <a@b.example>, c@d.example"),
    "good with urls": wheel(changes=[("Home-page", "https://a.example"), ("Project-URL", "Home, https://a.example/x")]),
    "good with requirements": wheel(changes=[("Requires-Dist", 'b>1; extra == "x"'), ("Provides-Extra", "x"), ("Requires-Python", ">=3.8")]),
    "good with a classifier": header("Classifier", "Programming Language :: Python :: 3"),
    "good with entry points": wheel(info=[("entry_points.txt", b"[console_scripts]\na = acme_x.core:X\n")]),
    "good with data": files({NAME + ".data/data/share/a": b"a"}),
    "good with a script": files({NAME + ".data/scripts/a": b"#!python\n"}),
    "good with stubs": code(**{"acme_x-stubs/__init__.pyi": b"", "acme_x-stubs/core.pyi": b"X: int\n", "acme_x/__init__.py": b""}),
    "good with a pth": files({"acme.pth": b"x\n"}),
    "good in purelib": wheel(code={NAME + ".data/purelib/" + key: value for key, value in CODE.items()}),
    "good 2.1": wheel(changes=[("Metadata-Version", "2.1"), ("License", "MIT")]),
    "good one module": wheel(code={"acme_x.py": b"X = 1\n"}),
    # The description
    "no description": wheel(body=""),
    "no content type": header("Description-Content-Type", None),
    "html": header("Description-Content-Type", "text/html"),
    "unknown variant": header("Description-Content-Type", "text/markdown; variant=Acme"),
    "short underline": rst("A long title\n=====\n\nx\n"),
    "unknown directive": rst("x\n\n.. automodule:: acme\n"),
    "unknown role": rst("See :func:`acme`.\n"),
    "raw html": rst("x\n\n.. raw:: html\n\n   <p>\n"),
    "include": rst("x\n\n.. include:: LICENSE\n"),
    "open strong": rst("a **b\n"),
    "open literal": rst("a ``b\n"),
    "open text": rst("a `b\n"),
    "open emphasis": rst("a *b\n"),
    "unknown target": rst("see missing_\n"),
    "unknown link": rst("see `missing link`_\n"),
    "unknown substitution": rst("see |missing|\n"),
    "unexpected indent": rst("a\nb\n    c\n"),
    "list ends": rst("* a\nb\n"),
    "quote ends": rst("    a\nb\n"),
    "no literal block": rst("a::\n\nb\n"),
    "level out of nowhere": rst("A\n=====\n\nB\n-----\n\nC\n~~~~~\n\nD\n=====\n\nE\n^^^^^\n"),
    # Other metadata
    "unknown version": header("Metadata-Version", "9.9"),
    "no name": header("Name", None),
    "bad name": header("Name", "-x"),
    "bad version": header("Version", "one"),
    "other version": header("Version", "2.0"),
    "other name": header("Name", "other"),
    "two lines": header("Summary", "a\n  b"),
    "bad requirement": header("Requires-Dist", "b=1"),
    "bad marker": header("Requires-Dist", "b; python"),
    "bad python": header("Requires-Python", "3.8 or newer"),
    "bad extra": header("Provides-Extra", "_x_"),
    "bad expression": header("License-Expression", "Proprietary thing"),
    "unknown licence": header("License-Expression", "LGPLv3"),
    "licence file missing": header("License-File", "LICENSE"),
    "bad label": header("Project-URL", "https://a.example"),
    # Where files are
    "bytecode": files({"acme_x/core.pyc": b"x"}),
    "duplicates": files({"acme_x/a.py": b"import a\n", "acme_x/b.py": b"import a\n"}),
    "text at the top": files({"NOTES.txt": b"x"}),
    "readme at the top": files({"README.md": b"x"}),
    "typed at the top": files({"py.typed": b"x"}),
    "not importable": files({"acme_x/3d.py": b"x = 1\n"}),
    "a dash": files({"acme_x/a-b.py": b"x = 1\n"}),
    "a keyword": files({"acme_x/class/a.py": b"x = 1\n"}),
    "tests at the top": files({"tests/__init__.py": b"", "tests/test_a.py": b"x = 2\n"}),
    "docs at the top": files({"docs/conf.py": b"x = 3\n"}),
    "src at the top": wheel(code={"src/acme_x/__init__.py": b"y = 1\n"}),
    "init at the top": files({"__init__.py": b"z = 1\n"}),
    "no module": wheel(code={NAME + ".data/data/a": b"x"}),
    "empty": wheel(code={}),
    "two at the top": files({"other/__init__.py": b"o = 1\n"}),
    "folder without modules": files({"data_of_acme/a.json": b"{}"}),
    # The archive
    "no RECORD": wheel(record=lambda lines: None),
    "not in RECORD": wheel(record=lambda lines: "\n".join(lines.split("\n")[1:])),
    "only in RECORD": wheel(record=lambda lines: lines + "acme_x/gone.py,sha256=x,1\n"),
    "wrong hash": wheel(record=lambda lines: lines.replace("sha256=", "sha256=A", 1)),
    "no hash": wheel(record=lambda lines: "acme_x/__init__.py,,\n" + "\n".join(lines.split("\n")[1:])),
    "no WHEEL": wheel(info=[("WHEEL", None)]),
    "no METADATA": wheel(info=[("METADATA", None)]),
    "other tag": wheel(wheel_text=WHEEL.format("true", "py2-none-any")),
    "no purity": wheel(wheel_text="Wheel-Version: 1.0\nTag: py3-none-any\n"),
    "wheel version 2": wheel(wheel_text=WHEEL.format("true", "py3-none-any").replace("1.0", "2.0")),
    "bad entry points": wheel(info=[("entry_points.txt", b"[console_scripts]\na = acme x\n")]),
    "entry point of nothing": wheel(info=[("entry_points.txt", b"[console_scripts]\na = gone.core:X\n")]),
    "other dist-info": (lambda pair: ("acme_x-1.0-py3-none-any.whl", pair[1].replace(b"acme_x-1.0.dist-info", b"acme_y-1.0.dist-info")))(wheel()),
    "name not normal": wheel(name="Acme.X-1.0"),
    "cut": (lambda pair: (pair[0], pair[1][:-30]))(wheel()),
    "not a zip": ("acme_x-1.0-py3-none-any.whl", b"x"),
    "leads out": files({"../acme.py": b"x"}),
    # Source distributions
    "good sdist": sdist(),
    "good sdist with setup.py": sdist(files={"pyproject.toml": None, "setup.py": b""}),
    "sdist without PKG-INFO": sdist(files={"PKG-INFO": None}),
    "sdist without project": sdist(files={"pyproject.toml": None}),
    "sdist of another version": sdist(changes=[("Version", "2.0")]),
    "sdist below another folder": sdist(root="other"),
    "sdist without description": sdist(body=""),
    "sdist with bad rst": sdist(changes=RST, body="a **b\n"),
    "sdist with a bad requirement": sdist(changes=[("Requires-Dist", "b=1")]),
    "sdist that is cut": sdist(cut=100),
    "sdist that is none": ("acme_x-1.0.tar.gz", b"x"),
    "sdist that leads out": sdist(files={"../../x": b"x"}),
    "sdist with a link out": sdist(links=[("l", "/etc/passwd")]),
}
for library, content in native():
    for tag in ["manylinux1", "manylinux2014", "manylinux_2_17", "manylinux_2_40", "linux"]:
        tags = "cp312-cp312-{}_x86_64".format(tag)
        CASES["native {}".format(tag)] = wheel(code={"acme_x/__init__.py": b"", "acme_x/" + library: content}, tag=tags)


def quietly(call):
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        try:
            failed = call()
        except BaseException as error:  # a tool that stumbles refuses
            return "{}: {}".format(type(error).__name__, error)
    return out.getvalue()[-300:] if failed else None


def check_description(path):
    from twine.commands import check

    return check.check([path], strict=True)


def check_contents(path):
    from pathlib import Path

    from check_wheel_contents.checker import WheelChecker
    from check_wheel_contents.contents import WheelContents

    checker = WheelChecker()
    failed = checker.check_contents(WheelContents.from_wheel(Path(path)))
    print(", ".join(str(check) for check in failed))
    return failed


def check_metadata(path):
    """As an index: packaging is what Warehouse judges metadata with."""
    from packaging.metadata import Metadata

    if path.endswith(".whl"):
        with zipfile.ZipFile(path) as archive:
            name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
            data = archive.read(name)
    else:
        with tarfile.open(path) as archive:
            data = archive.extractfile(next(name for name in archive.getnames() if name.count("/") == 1 and name.endswith("/PKG-INFO"))).read()
    Metadata.from_email(data, validate=True)


def check_tag(path):
    try:
        import auditwheel  # noqa: F401
    except ImportError:
        return False
    shown = subprocess.run([sys.executable, "-m", "auditwheel", "show", path], capture_output=True, text=True)
    text = " ".join((shown.stdout + shown.stderr).split())
    tag = os.path.basename(path)[: -len(".whl")].rsplit("-", 1)[1]
    alias = {"manylinux1_x86_64": "manylinux_2_5_x86_64", "manylinux2014_x86_64": "manylinux_2_17_x86_64"}
    true = text.split('platform tag: "', 1)[-1].split('"')[0]
    print(text[-300:])

    def glibc(tag):
        parts = alias.get(tag, tag).split("_")
        return tuple(int(part) for part in parts[1:3]) if parts[0] == "manylinux" else (99, 99)

    return glibc(true) > glibc(tag) or tag.startswith("linux")


TOOLS = {"twine": check_description, "packaging": check_metadata}
result = {}
for case, (name, content) in CASES.items():
    folder = os.path.join(OUT, case.replace(" ", "_"))
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, name)
    with open(path, "wb") as file:
        file.write(content)
    tools = dict(TOOLS)
    if name.endswith(".whl"):
        tools["check-wheel-contents"] = check_contents
        if case.startswith("native"):
            tools["auditwheel"] = check_tag
    said = {tool: quietly(lambda: call(path)) for tool, call in tools.items()}
    result[case] = {"path": path, "said": {tool: words for tool, words in said.items() if words is not None}}
json.dump(result, sys.stdout, indent=1)
