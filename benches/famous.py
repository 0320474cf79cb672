#!/usr/bin/env python3
"""Locks what resolvers are known to take minutes for, beside `uv lock`, offline from what was recorded.

    python3 benches/famous.py --binary target/release/cargo-xtask
    python3 benches/famous.py --binary … --record --index-url URL     # adds what an index says today

`famous.json.gz` has the releases of each project that either tool asked for: tags of wheels, whether
there is a source distribution, Requires-Python, the day of upload, yanks, and what those require whose
metadata was asked for. A release of which nobody asked it requires what the nearest one does of which
somebody did. A server on 127.0.0.1 makes wheels' metadata and source distributions of that; these are
built by a back end of a few lines, so that a build costs a process. Each lock begins with an empty
cache; a tool that needs longer than `--limit` is stopped. What is counted is CPU time, and how many
releases' metadata was asked for.

Needs uv and, for the recording, a package index with JSON listings (PEP 691).
"""

import argparse
import gzip
import hashlib
import http.server
import io
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import tomllib
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from pathlib import Path

from packaging.version import InvalidVersion, Version
from run import peer
from sets import OurSet, UvSet

FILE = Path(__file__).resolve().parent / "famous.json.gz"
JSON = "application/vnd.pypi.simple.v1+json"
CASES = {
    "awscli with aws-sam-cli": ["awscli<1.33", "aws-sam-cli"],
    "boto3 with urllib3": ["boto3", "urllib3", "awscli", "s3fs"],
    "kfp<2": ["kfp<2"],
    "apache-beam": ["apache-beam[gcp]"],
}
PYTHON = "==3.12.*"
OTHER_MACHINES = re.compile("musllinux|i686|ppc64|s390x|armv7|win32|win_arm64|riscv|armv6|loong")
FOR_312 = re.compile(r"^(py3|py2\.py3|py312|cp312|cp3[0-9]*-abi3|py3\.py2)")
BACKEND = '''\
import pathlib
def get_requires_for_build_wheel(config_settings=None): return []
def prepare_metadata_for_build_wheel(folder, config_settings=None):
    info = pathlib.Path(folder, NAME + ".dist-info")
    info.mkdir()
    info.joinpath("METADATA").write_text(pathlib.Path("METADATA.txt").read_text())
    return info.name
def build_wheel(folder, config_settings=None, metadata_directory=None): raise SystemExit("not recorded")
'''


def fetch(url, accept="*/*"):
    with urllib.request.urlopen(urllib.request.Request(url, headers={"Accept": accept}), timeout=120) as answer:
        return answer.read()


def version_of(filename):
    """The version of a file, in its normal form; none if it has none."""
    if filename.endswith(".whl"):
        text = filename.split("-")[1]
    else:
        text = re.sub(r"\.(tar\.gz|zip)$", "", filename).rsplit("-", 1)[-1]
    try:
        return str(Version(text))
    except InvalidVersion:
        return None


class Server(http.server.ThreadingHTTPServer):
    """Serves what `answer` gives for a path: a type and a body, or nothing."""

    daemon_threads = True

    def __init__(self, answer):
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer = answer
        self.asked = set()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        pass  # a client that was stopped

    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}/simple/"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body are two writes: without this each answer waits for an acknowledgement.
    disable_nagle_algorithm = True

    def do_GET(self):
        parts = urllib.parse.unquote(self.path).strip("/").split("/")
        if parts[0] == "files":
            self.server.asked.add((parts[1], version_of(parts[2].removesuffix(".metadata"))))
        try:
            kind, body = self.server.answer(parts)
        except (KeyError, urllib.error.HTTPError):
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


class Recorder:
    """Passes on what an index says, and notes it."""

    def __init__(self, index, known):
        self.index = index.rstrip("/")
        self.known = known
        self.listings, self.metadata = {}, {}

    def answer(self, parts):
        if parts[0] == "simple":
            return JSON, json.dumps(self.listing(parts[1])).encode()
        name, filename = parts[1], parts[2]
        file = next(f for f in self.listings[name] if f["filename"] == filename.removesuffix(".metadata"))
        version = version_of(file["filename"])
        if not filename.endswith(".metadata"):
            body = fetch(file["place"])
            self.metadata.setdefault((name, version), metadata_within(file["filename"], body))
            return "application/octet-stream", body
        try:
            text = fetch(file["place"] + ".metadata").decode()
        except urllib.error.HTTPError:
            text = metadata_within(file["filename"], fetch(file["place"]))
        self.metadata[name, version] = text
        return "text/plain", text.encode()

    def listing(self, name):
        base = f"{self.index}/{name}/"
        page = json.loads(fetch(base, JSON))
        files = [f for f in page["files"] if f["filename"].endswith((".whl", ".tar.gz", ".zip"))]
        self.listings[name] = [{**f, "place": urllib.parse.urljoin(base, f["url"])} for f in files]
        files = [{**f, "url": f"/files/{name}/{f['filename']}"} for f in files]
        for file in files:
            if file["filename"].endswith(".whl"):
                file["core-metadata"] = file.get("core-metadata") or True
        return {**page, "files": files}

    def recorded(self, until):
        """What is known, with what was asked for now."""
        projects = dict(self.known)
        for name, files in self.listings.items():
            by_version = {}
            for file in files:
                version = version_of(file["filename"])
                if version and file.get("upload-time", "9") < until:
                    by_version.setdefault(version, []).append(file)
            before = projects.get(name, {})
            projects[name] = {v: self.release(name, v, files, before.get(v, {})) for v, files in by_version.items()}
        return dict(sorted(projects.items()))

    def release(self, name, version, files, before):
        tags = {"-".join(f["filename"][:-4].split("-")[-3:]) for f in files if f["filename"].endswith(".whl")}
        usable = {tag for tag in tags if FOR_312.search(tag) and not OTHER_MACHINES.search(tag)}
        facts = {"at": min(f["upload-time"] for f in files)[:10], "tags": sorted(usable) or sorted(tags)[:1]}
        if any(not f["filename"].endswith(".whl") for f in files):
            facts["sdist"] = 1
        if files[0].get("requires-python"):
            facts["python"] = files[0]["requires-python"]
        if all(f.get("yanked") for f in files):
            facts["yanked"] = 1
        if (name, version) in self.metadata:
            lines = re.split(r"\n\r?\n", self.metadata[name, version])[0].splitlines()
            facts["requires"] = [line[15:] for line in lines if line.startswith("Requires-Dist: ")]
            facts["extras"] = [line[16:] for line in lines if line.startswith("Provides-Extra: ")]
        return {**{key: before[key] for key in ("requires", "extras") if key in before}, **facts}


def metadata_within(filename, body):
    """The metadata of a wheel, or what a source distribution says that it requires."""
    if filename.endswith((".whl", ".zip")):
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            names = [n for n in archive.namelist() if n.endswith((".dist-info/METADATA", "requires.txt"))]
            texts = {n: archive.read(n).decode() for n in names}
    else:
        with tarfile.open(fileobj=io.BytesIO(body)) as archive:
            names = [n for n in archive.getnames() if n.endswith((".egg-info/requires.txt", "PKG-INFO"))]
            texts = {n: archive.extractfile(n).read().decode() for n in names}
    whole = next((t for t in texts.values() if "Requires-Dist" in t), None)
    if whole:
        return whole
    lines, marker = [], ""
    for line in next((t for n, t in texts.items() if n.endswith("requires.txt")), "").splitlines():
        if section := re.fullmatch(r"\[(.*?)(?::(.*))?\]", line):
            extra = f"extra == '{section[1]}'" if section[1] else ""
            marker = " and ".join(filter(None, [extra, f"({section[2]})" if section[2] else ""]))
        elif line.strip():
            lines.append(f"Requires-Dist: {line}" + (f" ; {marker}" if marker else ""))
    return "\n".join(lines)


def complete(releases):
    """Gives each release the requirements of the nearest one that has some."""
    order = sorted(releases, key=Version)
    asked = [at for at, version in enumerate(order) if "requires" in releases[version]]
    for at, version in enumerate(order):
        facts = releases[version]
        if "requires" not in facts:
            nearest = releases[order[min(asked, key=lambda other: abs(other - at))]] if asked else {}
            facts |= {key: nearest.get(key, []) for key in ("requires", "extras")}


class Replay:
    """An index of what was recorded."""

    def __init__(self, projects):
        self.projects = projects
        for releases in projects.values():
            complete(releases)
        # The tools are not to wait for this.
        self.pages = {name: json.dumps(self.listing(name)).encode() for name in projects}

    def answer(self, parts):
        if parts[0] == "simple":
            return JSON, self.pages[parts[1]]
        filename = parts[2].removesuffix(".metadata")
        body = self.metadata(parts[1], version_of(filename))
        if parts[2].endswith(".metadata"):
            return "text/plain", body
        return "application/octet-stream", self.sdist(filename, body)

    def listing(self, name):
        files = []
        for version, facts in self.projects[name].items():
            stem = f"{name.replace('-', '_')}-{version}"
            common = {"upload-time": facts["at"] + "T12:00:00Z", "yanked": bool(facts.get("yanked"))}
            if "python" in facts:
                common["requires-python"] = facts["python"]
            body = self.metadata(name, version)
            known = {"sha256": hashlib.sha256(body).hexdigest()}
            for filename in [f"{stem}-{tags}.whl" for tags in facts["tags"]]:
                # Nobody asks for a wheel itself, nor for a source distribution beside one: their hashes
                # have only to be their own.
                files.append({**common, **self.file(name, filename, filename.encode()), "core-metadata": known})
            if facts.get("sdist"):
                sdist = f"{stem}.tar.gz"
                body = sdist.encode() if facts["tags"] else self.sdist(sdist, body)
                files.append({**common, **self.file(name, sdist, body)})
        return {"meta": {"api-version": "1.1"}, "name": name, "versions": [*self.projects[name]], "files": files}

    def file(self, name, filename, body):
        hashes = {"sha256": hashlib.sha256(body).hexdigest()}
        return {"filename": filename, "url": f"/files/{name}/{filename}", "hashes": hashes}

    def metadata(self, name, version):
        facts = self.projects[name][version]
        lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
        lines += [f"Requires-Dist: {one}" for one in facts["requires"]]
        lines += [f"Provides-Extra: {one}" for one in facts["extras"]]
        return ("\n".join(lines) + "\n").encode()

    def sdist(self, filename, metadata):
        stem = filename.removesuffix(".tar.gz")
        head = b"\n".join(metadata.splitlines()[:3]) + b"\n"
        project = b'[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
        backend = f"NAME = {stem!r}\n{BACKEND}".encode()
        members = {"PKG-INFO": head, "METADATA.txt": metadata, "pyproject.toml": project, "backend.py": backend}
        packed = io.BytesIO()
        with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as file, tarfile.open(fileobj=file, mode="w") as archive:
            for path, body in members.items():
                member = tarfile.TarInfo(f"{stem}/{path}")
                member.size = len(body)
                archive.addfile(member, io.BytesIO(body))
        return packed.getvalue()


def lock(contender, command, limit):
    """(CPU seconds with children, wall seconds, why there is no lock)."""
    with tempfile.TemporaryDirectory() as cache:
        environment = {**os.environ, contender.cache_variable: cache, "NO_COLOR": "1"}
        environment |= {"UV_PYTHON": sys.executable, "UV_PYTHON_DOWNLOADS": "never", "PIP_CONFIG_FILE": os.devnull}
        before, start = os.times(), time.monotonic()
        try:
            done = subprocess.run(
                list(map(str, command)), cwd=contender.folder, env=environment, capture_output=True, text=True, timeout=limit
            )
            failed = done.stderr if done.returncode else None
        except subprocess.TimeoutExpired:
            failed = f"stopped after {limit} s"
        after = os.times()
        cpu = sum(after[2:4]) - sum(before[2:4])
        return cpu, time.monotonic() - start, failed


def versions(path, key, names):
    packages = tomllib.loads(path.read_text())[key]
    return {p["name"]: p["version"] for p in packages if p["name"] in names}


def measure(title, requirements, server, options):
    ours = OurSet(options.binary, requirements, PYTHON, options.cutoff)
    uv = UvSet(options.uv, requirements, PYTHON, options.cutoff)
    commands = {
        ours: [*ours.command, "--index-url", server.url()],
        uv: [*uv.command, "--default-index", server.url()],
    }
    names = {re.split(r"[\[<>=]", line)[0] for line in requirements}
    for tool, contender, key in [("ours", ours, "packages"), ("uv", uv, "package")]:
        if tool not in options.tools.split(","):
            continue
        server.asked.clear()
        cpu, wall, failed = lock(contender, commands[contender], options.limit)
        found = versions(contender.folder / contender.lock, key, names) if not failed else failed.strip()[-300:]
        print(f"| {title} | {tool} | {cpu:.2f} | {wall:.1f} | {len(server.asked)} | {found} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True, type=lambda path: Path(path).resolve(), help="ours")
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--index-url", help="the index to record")
    parser.add_argument("--cutoff", default="2026-11-01", help="files uploaded later are not recorded")
    parser.add_argument("--only", default=",".join(CASES), help="cases, separated by commas")
    parser.add_argument("--limit", type=int, default=300, help="seconds")
    parser.add_argument("--tools", default="ours,uv", help="which of the two")
    options = parser.parse_args()
    options.uv = peer("uv") or sys.exit("needs uv: set XTASK_PEERS, or see CONTRIBUTING.md")
    known = json.loads(gzip.decompress(FILE.read_bytes())) if FILE.exists() else {}
    recorder = Recorder(options.index_url, known) if options.record else None
    server = Server(recorder.answer if recorder else Replay(known).answer)
    print("| requirements | tool | CPU s | wall s | releases asked for | versions |\n|---|---|--:|--:|--:|---|")
    for title in options.only.split(","):
        measure(title, CASES[title], server, options)
    if recorder:
        text = json.dumps(recorder.recorded(options.cutoff + "T23:59:59"), separators=(",", ":"))
        FILE.write_bytes(gzip.compress(text.encode(), mtime=0))


if __name__ == "__main__":
    main()
