import asyncio
import platform
import sys

from acme.jobs.runner.launch import Launcher, launcher_name


def test_launchers_are_named_by_platform() -> None:
    assert launcher_name("linux", "aarch64") == "launch.linux.aarch64.bin"
    assert launcher_name("darwin", "arm64") == "launch.macos.arm64.bin"


def test_the_launcher_of_this_machine_says_its_platform() -> None:
    if sys.platform == "linux":
        greeting = asyncio.run(Launcher.for_this_machine().greeting())
        assert greeting == f"acme-jobs launcher for linux.{platform.machine()}"
