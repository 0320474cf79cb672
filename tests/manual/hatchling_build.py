"""As much of a build backend as the tutorial needs: a wheel and a source distribution of `src`."""
import base64
import hashlib
import io
import os
import tarfile
import tomllib
import zipfile


def project():
    with open("pyproject.toml", "rb") as file:
        return tomllib.load(file)["project"]


def metadata(about):
    lines = ["Metadata-Version: 2.1", "Name: " + about["name"], "Version: " + about["version"]]
    lines += ["Requires-Dist: " + one for one in about.get("dependencies", [])]
    return "\n".join(lines) + "\n"


def sources():
    for folder, _, names in sorted(os.walk("src")):
        for name in sorted(names):
            if name.endswith(".py"):
                yield os.path.join(folder, name)


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    about = project()
    stem = f"{about['name']}-{about['version']}"
    members = {os.path.relpath(path, "src"): open(path).read() for path in sources()}
    members[stem + ".dist-info/METADATA"] = metadata(about)
    members[stem + ".dist-info/WHEEL"] = (
        "Wheel-Version: 1.0\nGenerator: hatchling\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    )
    record = ""
    for path, text in members.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
        record += f"{path},sha256={digest},{len(text)}\n"
    members[stem + ".dist-info/RECORD"] = record + stem + ".dist-info/RECORD,,\n"
    name = stem + "-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(wheel_directory, name), "w") as wheel:
        for path, text in members.items():
            wheel.writestr(path, text)
    return name


def build_sdist(sdist_directory, config_settings=None):
    about = project()
    stem = f"{about['name']}-{about['version']}"
    members = {path: open(path).read() for path in ["pyproject.toml", *sources()]}
    members["PKG-INFO"] = metadata(about)
    with tarfile.open(os.path.join(sdist_directory, stem + ".tar.gz"), "w:gz") as archive:
        for path, text in members.items():
            info = tarfile.TarInfo(f"{stem}/{path}")
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text.encode()))
    return stem + ".tar.gz"
