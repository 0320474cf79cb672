"""Finds this machine's launcher and runs a command after it."""

from __future__ import annotations

import asyncio
import platform
import sys
from collections.abc import Sequence
from pathlib import Path

_LAUNCHERS = Path(__file__).parent / "launchers"
_SYSTEMS = {"linux": "linux", "darwin": "macos"}


def launcher_name(system: str, machine: str) -> str:
    """The file name of a launcher; `system` as in `sys.platform`, `machine` as uname says."""
    if system not in _SYSTEMS:
        raise LookupError(f"no launcher for {system}")
    return f"launch.{_SYSTEMS[system]}.{machine}.bin"


class Launcher:
    """A command runs only if the launcher itself does, so a wrong wheel is noticed at once."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @classmethod
    def for_this_machine(cls) -> Launcher:
        return cls(_LAUNCHERS / launcher_name(sys.platform, platform.machine()))

    async def greeting(self) -> str:
        """What the launcher prints: the platform it was made for."""
        process = await asyncio.create_subprocess_exec(self._path, stdout=asyncio.subprocess.PIPE)
        output, _ = await process.communicate()
        return output.decode().strip()

    async def run(self, command: Sequence[str]) -> int:
        """Run `command`, return its exit status."""
        await self.greeting()
        process = await asyncio.create_subprocess_exec(*command)
        return await process.wait()
