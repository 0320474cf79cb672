"""Prints what there is to know of the interpreter that runs it, as one JSON object.

Run as `python -I -c`: no option of the environment and no user site takes part.
"""

import json
import os
import platform
import struct
import subprocess
import sys
import sysconfig


def version_text(info):
    text = "{}.{}.{}".format(info.major, info.minor, info.micro)
    if info.releaselevel != "final":
        text += {"alpha": "a", "beta": "b", "candidate": "rc"}[info.releaselevel] + str(info.serial)
    return text


def scheme():
    """Paths relative to an environment's root, by the scheme that virtual environments use."""
    names = sysconfig.get_scheme_names()
    name = "venv" if "venv" in names else ("nt" if os.name == "nt" else "posix_prefix")
    marker = os.sep + "ROOT"
    places = dict.fromkeys(("base", "platbase", "installed_base", "installed_platbase"), marker)
    paths = sysconfig.get_paths(name, vars=places)
    wanted = ("purelib", "platlib", "scripts", "data")
    return {k: os.path.relpath(paths[k], marker).replace(os.sep, "/") for k in wanted}


def glibc():
    try:
        name, version = os.confstr("CS_GNU_LIBC_VERSION").split()
    except (AttributeError, OSError, ValueError):
        return None
    return version if name == "glibc" else None


def musl():
    """The version that the dynamic loader named in the executable's ELF header prints."""
    try:
        with open(sys.executable, "rb") as executable:
            head = executable.read(1 << 16)
        at = head.find(b"/lib/ld-musl-")
        if at < 0:
            return None
        loader = head[at : head.index(b"\0", at)].decode()
        answer = subprocess.Popen([loader], stderr=subprocess.PIPE, stdout=subprocess.PIPE)
        lines = answer.communicate()[1].decode().splitlines()
    except (OSError, ValueError):
        return None
    versions = [line.split()[1] for line in lines if line.startswith("Version ")]
    return versions[0] if versions and lines[0].startswith("musl") else None


def macos():
    if sys.platform != "darwin":
        return None
    version = platform.mac_ver()[0]
    if version == "10.16":
        # A Python linked against an old SDK is told 10.16 unless it asks like this.
        version = subprocess.check_output(
            [sys.executable, "-sS", "-c", "import platform; print(platform.mac_ver()[0])"],
            env={"SYSTEM_VERSION_COMPAT": "0"},
        )
        version = version.decode().strip()
    return version


def facts():
    implementation = sys.implementation
    return {
        "executable": sys.executable,
        "base_executable": getattr(sys, "_base_executable", None) or sys.executable,
        "prefix": sys.prefix,
        "base_prefix": sys.base_prefix,
        "marker_environment": {
            "implementation_name": implementation.name,
            "implementation_version": version_text(implementation.version),
            "os_name": os.name,
            "platform_machine": platform.machine(),
            "platform_python_implementation": platform.python_implementation(),
            "platform_release": platform.release(),
            "platform_system": platform.system(),
            "platform_version": platform.version(),
            "python_full_version": version_text(sys.version_info),
            "python_version": "{}.{}".format(*sys.version_info[:2]),
            "sys_platform": sys.platform,
        },
        "scheme": scheme(),
        "build": {
            "pointer_bits": struct.calcsize("P") * 8,
            "platform": sysconfig.get_platform(),
            "ext_suffix": sysconfig.get_config_var("EXT_SUFFIX"),
            "gil_disabled": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
            "debug": hasattr(sys, "gettotalrefcount"),
            "pymalloc": bool(sysconfig.get_config_var("WITH_PYMALLOC")),
            "glibc": glibc(),
            "musl": musl(),
            "macos": macos(),
        },
    }


print(json.dumps(facts()))
