"""Takes the binaries and the bill of materials out of a wheel: `python archive.py WHEEL TARGET FOLDER`.

`cargo binstall` fetches FOLDER/cargo-xtask-TARGET.tar.gz (`.zip` for Windows), whose top has the binaries. The archive
has the same bytes whenever it is made of the same wheel.
"""

import gzip
import io
import sys
import tarfile
import zipfile
from pathlib import Path


def members(wheel):
    """Names and contents of the binaries and of the licence."""
    with zipfile.ZipFile(wheel) as archive:
        for name in sorted(archive.namelist()):
            if ".data/scripts/" in name or name.endswith("/licenses/LICENSE"):
                yield name.rsplit("/", 1)[1], archive.read(name)


def bills(wheel):
    """Names and contents of the bills of materials."""
    with zipfile.ZipFile(wheel) as archive:
        for name in sorted(archive.namelist()):
            if "/sboms/" in name:
                yield name.rsplit("/", 1)[1], archive.read(name)


def write_zip(path, found):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in found:
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)


def write_tar(path, found):
    with open(path, "wb") as file, gzip.GzipFile("", "wb", 9, file, 0) as packed:
        with tarfile.open(fileobj=packed, mode="w") as archive:
            for name, content in found:
                entry = tarfile.TarInfo(name)
                entry.size = len(content)
                entry.mode = 0o644 if name == "LICENSE" else 0o755
                archive.addfile(entry, io.BytesIO(content))


wheel, target, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
found = list(members(wheel))
if not any(name.startswith("cargo-xtask") for name, _ in found):
    sys.exit(f"{wheel} has no binary")
if "windows" in target:
    write_zip(folder / f"cargo-xtask-{target}.zip", found)
else:
    write_tar(folder / f"cargo-xtask-{target}.tar.gz", found)
for name, content in bills(wheel):
    (folder / f"cargo-xtask-{target}-{name}").write_bytes(content)
