#!/usr/bin/env python3
"""Records the part of a real package index that the questions of `tests/real_lock` need.

    python3 tests/real_lock/record.py --index-url URL [--binary PATH]

Reads `recorded.json`: requirements of a real repository, the day on which they are locked, the day
on which the questions are asked, and the questions. Locks and asks through a proxy on 127.0.0.1,
notes what the resolver looked at, and writes it over the `projects` of that file: facts about
releases (files, Requires-Python, what they require, when they were uploaded, yanks), as far as they
matter to CPython 3.12, and nothing else of the index. Prints each answer: what the snapshots must
say. A release whose metadata nobody asked for is left out, except for a project's highest ones.

Needs Python 3.11, an index with JSON listings (PEP 691), and the binary (`cargo build -p xtask`).
"""

import argparse
import http.server
import io
import json
import os
import re
import subprocess
import tempfile
import threading
import tomllib
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
FILE = HERE / "recorded.json"
JSON = "application/vnd.pypi.simple.v1+json"
OTHER_MACHINES = re.compile("musllinux|i686|ppc64|s390x|armv7|win32|win_arm64|riscv|armv6|loong")
# A project that is asked for and not locked is kept whole where it has no more releases than this.
FEW = 40
# A wheel says which Python it is for in its name: these are for CPython 3.12.
FOR_312 = re.compile(r"-(py3|py2\.py3|py312|cp312|cp3[0-9]*-abi3|py3\.py2)")


class Proxy(http.server.ThreadingHTTPServer):
    """Passes listings and files on, and notes both."""

    def __init__(self, upstream, until):
        super().__init__(("127.0.0.1", 0), Handler)
        self.upstream, self.until = upstream.rstrip("/"), until
        self.listings, self.metadata, self.sdists = {}, {}, set()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        pass  # a client that closed its connection

    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}/simple/"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        try:
            kind, body = self.answer()
        except urllib.error.HTTPError as error:
            self.send_error(error.code)
            return
        wanted = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        if wanted:
            first, last = int(wanted[1]), min(int(wanted[2]), len(body) - 1)
            whole, body = len(body), body[first : last + 1]
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {first}-{last}/{whole}")
        else:
            self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def answer(self):
        parts = self.path.strip("/").split("/")
        if parts[0] == "simple":
            return JSON, json.dumps(self.listing(parts[1])).encode()
        body = fetch(urllib.parse.unquote(parts[1]))
        if parts[-1].endswith(".whl"):
            with zipfile.ZipFile(io.BytesIO(body)) as wheel:
                path = next(p for p in wheel.namelist() if p.endswith(".dist-info/METADATA"))
                self.server.metadata[parts[-1]] = wheel.read(path).decode()
        else:
            self.server.sdists.add(parts[-1])
        return "application/octet-stream", body

    def listing(self, name):
        page = json.loads(fetch(f"{self.server.upstream}/{name}/", JSON))
        base = f"{self.server.upstream}/{name}/"
        files = [f for f in page["files"] if f.get("upload-time", "9") < self.server.until]
        self.server.listings[name] = [dict(file) for file in files]
        for file in files:
            for key in ("core-metadata", "dist-info-metadata", "data-dist-info-metadata"):
                file.pop(key, None)
            url = urllib.parse.quote(urllib.parse.urljoin(base, file["url"]), safe="")
            file["url"] = f"/files/{url}/{file['filename']}"
        return {**page, "files": files}

    def log_message(self, *arguments):
        pass


def fetch(url, accept="*/*"):
    request = urllib.request.Request(url, headers={"Accept": accept})
    with urllib.request.urlopen(request, timeout=120) as answer:
        return answer.read()


def version_of(filename):
    if filename.endswith(".whl"):
        return filename.split("-")[1]
    return re.sub(r"\.(tar\.gz|zip|tar\.bz2|tgz)$", "", filename).rsplit("-", 1)[1]


def order(version):
    """Near enough to PEP 440 to find the highest."""
    parts = re.findall(r"\d+|[a-z]+", version.split("+")[0].lower())
    rank = {"dev": -4, "a": -3, "alpha": -3, "b": -2, "beta": -2, "rc": -1, "c": -1, "post": 1}
    numbers = [(0, int(p)) if p.isdigit() else (rank.get(p, 0), 0) for p in parts]
    return numbers + [(0, 0)] * (8 - len(numbers))


def is_final(version):
    return not re.search("[a-z]", version.replace("post", ""))


def requirements(text, extras):
    """Requires-Dist of the release itself, and of the extras that someone asks for."""
    own, of_extras = [], {}
    for line in re.split(r"\n\n", text)[0].splitlines():
        if not line.startswith("Requires-Dist:"):
            continue
        requirement = line.split(":", 1)[1].strip()
        extra = re.search(r"""extra\s*==\s*['"]([^'"]+)['"]""", requirement)
        if extra is None:
            own.append(requirement)
        elif (name := re.sub("[-_.]+", "-", extra[1]).lower()) in extras:
            rest = re.sub(r"\s*(and\s*)?\(?" + re.escape(extra[0]) + r"\)?(\s*and\s*)?", "", requirement)
            of_extras.setdefault(name, []).append(rest.rstrip("; "))
    return own, of_extras


def release(files, metadata, locked, extras):
    wheels = [f["filename"] for f in files if f["filename"].endswith(".whl")]
    usable = [name for name in wheels if FOR_312.search(name) and not OTHER_MACHINES.search(name)]
    tags = sorted({"-".join(name[:-4].split("-")[-3:]) for name in usable or wheels[:1]})
    facts = {"uploaded": min(f["upload-time"] for f in files)[:19] + "Z", "wheels": tags}
    if len(wheels) < len(files):
        facts["sdist"] = True
    if files[0].get("requires-python"):
        facts["python"] = files[0]["requires-python"]
    if all(f.get("yanked") for f in files):
        facts["yanked"] = files[0]["yanked"] if isinstance(files[0]["yanked"], str) else ""
    if metadata is not None:
        own, of_extras = requirements(metadata, extras)
        facts["requires"] = own
        if of_extras:
            facts["extras"] = of_extras
    elif locked is not None:
        facts["requires"] = locked.get("dependencies", [])
    return facts


def lock_names(lock):
    return {package["name"] for package in lock}


def project(name, files, proxy, lock, questions):
    by_version = {}
    for file in files:
        by_version.setdefault(version_of(file["filename"]), []).append(file)
    metadata = {}
    for file in files:
        if file["filename"] in proxy.metadata:
            metadata[version_of(file["filename"])] = proxy.metadata[file["filename"]]
    locked = {p["version"]: p for p in lock if p["name"] == name}
    asked = {version_of(f["filename"]) for f in files if f["filename"] in proxy.sdists}
    finals = [version for version in by_version if is_final(version)]
    highest = [max(by_version, key=order), *([max(finals, key=order)] if finals else [])]
    questioned = any(re.match(re.escape(name) + r"(?![\w-])", question) for question in questions)
    if questioned and name not in lock_names(lock) and len(by_version) <= FEW:
        highest = by_version
    kept = sorted({*metadata, *asked, *locked, *highest} & {*by_version}, key=order)
    extras = {extra for package in locked.values() for extra in package.get("extras", [])}
    for question in questions:
        if asked_extras := re.fullmatch(re.escape(name) + r"\[(.*)\].*", question):
            extras.update(asked_extras[1].split(","))
    return {
        version: release(by_version[version], metadata.get(version), locked.get(version), extras)
        for version in kept
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--index-url", required=True)
    parser.add_argument("--binary", default=HERE.parent.parent / "target/debug/cargo-xtask")
    arguments = parser.parse_args()
    recorded = json.loads(FILE.read_text())
    proxy = Proxy(arguments.index_url, recorded["asked"] + "T00:00:00")

    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "repo")
        root.mkdir()
        for name, text in recorded["files"].items():
            root.joinpath(name).write_text(text if isinstance(text, str) else "\n".join(text) + "\n")
        environment = {**os.environ, "XTASK_CACHE_DIR": folder + "/cache", "NO_COLOR": "1"}

        def xtask(*command):
            whole = [arguments.binary, "xtask", *command, "--index-url", proxy.url()]
            run = subprocess.run(whole, cwd=root, env=environment, capture_output=True, text=True)
            print(f"\n$ {' '.join(command)}\n{run.stdout}{run.stderr}", end="", flush=True)

        xtask("generate-lockfiles", "--exclude-newer", recorded["locked"])
        lock = tomllib.loads(root.joinpath("python.lock").read_text())["packages"]
        for question in recorded["questions"]:
            xtask("why-not", question)

    recorded["projects"] = {
        name: project(name, files, proxy, lock, recorded["questions"])
        for name, files in sorted(proxy.listings.items())
        if files
    }
    # One release a line.
    lines = json.dumps({**recorded, "projects": {}}, indent=1).rstrip("\n}{ ").rstrip()
    projects = ",\n".join(
        f'  "{name}": {{\n'
        + ",\n".join(f'   "{version}": {json.dumps(facts)}' for version, facts in releases.items())
        + "\n  }"
        for name, releases in recorded["projects"].items()
    )
    FILE.write_text(f"{lines} {{\n{projects}\n }}\n}}\n")


if __name__ == "__main__":
    main()
