"""Builds the wheel that this source distribution describes (PEP 517, PEP 660).

`wheels.json` beside this file lists the members of each wheel: nothing is found out here, so that the wheel is the
one that was built where this archive was made.
"""

import base64
import hashlib
import io
import json
import os
import sys
import sysconfig
import tarfile
import time
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)


def platform():
    """This machine, as the keys of `wheels.json` name it."""
    name = sysconfig.get_platform().replace("-", "_").replace(".", "_")
    system = {"win": "windows", "mac": "macos"}.get(name[:3], name.split("_")[0])
    machine = name
    if name.endswith("universal2"):
        import platform as this

        machine = this.machine()
    arm = machine.endswith(("arm64", "aarch64"))
    return system + "_" + ("arm64" if arm else "x86_64")


def load():
    with open(os.path.join(HERE, "wheels.json"), encoding="utf-8") as file:
        wheels = json.load(file)
    wheel = wheels.get("any") or wheels.get(platform())
    if wheel is None:
        sys.exit("this release has no files for {}: it has some for {}".format(platform(), ", ".join(sorted(wheels))))
    return wheel


def read(member):
    with open(os.path.join(ROOT, *member["source"].split("/")), "rb") as file:
        return file.read()


def epoch():
    seconds = int(os.environ.get("SOURCE_DATE_EPOCH", 0))
    return time.gmtime(min(max(seconds, 315532800), 4354819198))


def pack(path, dist_info, members):
    """Writes a wheel of `(name, bytes, executable)`, with RECORD as its last member."""
    record = io.StringIO()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:

        def add(name, content, executable):
            info = zipfile.ZipInfo(name, epoch()[:6])
            info.create_system = 3
            info.external_attr = (0o100755 if executable else 0o100644) << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)

        def line(name, *rest):
            if any(c in name for c in ',"\n'):
                name = '"' + name.replace('"', '""') + '"'
            record.write(",".join((name,) + rest) + "\n")

        for name, content, executable in members:
            add(name, content, executable)
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            line(name, "sha256=" + digest, str(len(content)))
        line(dist_info + "/RECORD", "", "")
        add(dist_info + "/RECORD", record.getvalue().encode("utf-8"), False)


def metadata_members(wheel):
    inside = wheel["dist_info"] + "/"
    return [member for member in wheel["members"] if member["path"].startswith(inside)]


def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    wheel = load()
    for member in metadata_members(wheel):
        path = os.path.join(metadata_directory, *member["path"].split("/"))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(read(member))
    return wheel["dist_info"]


prepare_metadata_for_build_editable = prepare_metadata_for_build_wheel


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    wheel = load()
    members = ((member["path"], read(member), member["executable"]) for member in wheel["members"])
    pack(os.path.join(wheel_directory, wheel["filename"]), wheel["dist_info"], members)
    return wheel["filename"]


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    wheel = load()
    stem = wheel["dist_info"][: -len(".dist-info")]
    members = [(member["path"], read(member), member["executable"]) for member in metadata_members(wheel)]
    data = [member for member in wheel["members"] if member["path"].startswith(stem + ".data/")]
    members += [(member["path"], read(member), member["executable"]) for member in data]
    members.insert(0, ("__editable__." + stem + ".pth", (ROOT + "\n").encode("utf-8"), False))
    pack(os.path.join(wheel_directory, wheel["filename"]), wheel["dist_info"], members)
    return wheel["filename"]


def build_sdist(sdist_directory, config_settings=None):
    """Packs the files of this source distribution again."""
    with open(os.path.join(HERE, "wheels.json"), encoding="utf-8") as file:
        wheels = json.load(file)
    first = sorted(wheels.items())[0][1]
    stem = first["dist_info"][: -len(".dist-info")]
    name = stem + ".tar.gz"

    def clean(info):
        info.uid = info.gid = 0
        info.uname = info.gname = ""
        info.mtime = time.mktime(epoch()) if "SOURCE_DATE_EPOCH" in os.environ else info.mtime
        skipped = os.path.basename(info.name) in ("__pycache__", ".git") or info.name.endswith(".pyc")
        return None if skipped else info

    with tarfile.open(os.path.join(sdist_directory, name), "w:gz", format=tarfile.PAX_FORMAT) as archive:
        archive.add(ROOT, stem, filter=clean)
    return name
