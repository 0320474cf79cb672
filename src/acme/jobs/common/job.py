"""A job: one command to run, when it was asked for and how far it got."""

from __future__ import annotations

import enum
import sys
from collections.abc import Iterable
from datetime import UTC, datetime

import attrs
from dateutil.parser import isoparse

if sys.version_info >= (3, 12):
    from typing import override
else:
    from typing_extensions import override


class State(enum.StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"

    @property
    def is_final(self) -> bool:
        return self in (State.DONE, State.FAILED)


def _now() -> datetime:
    return datetime.now(UTC)


def _words(command: Iterable[str]) -> tuple[str, ...]:
    return tuple(command)


@attrs.frozen
class Job:
    name: str = attrs.field(validator=attrs.validators.min_len(1))
    command: tuple[str, ...] = attrs.field(converter=_words, validator=attrs.validators.min_len(1))
    state: State = attrs.field(default=State.WAITING, converter=State)
    asked_at: datetime = attrs.field(factory=_now)

    def advance(self, state: State) -> Job:
        """The same job in another state. A final state is never left."""
        if self.state.is_final:
            raise ValueError(f"job {self.name} is already {self.state}")
        return attrs.evolve(self, state=state)

    def to_dict(self) -> dict[str, object]:
        return {
            "name": self.name,
            "command": list(self.command),
            "state": str(self.state),
            "asked_at": self.asked_at.isoformat(),
        }

    @classmethod
    def from_dict(cls, raw: dict[str, object]) -> Job:
        command = raw["command"]
        if not isinstance(command, list):
            raise TypeError(f"job {raw['name']}: `command` is not a list")
        return cls(
            name=str(raw["name"]),
            command=command,
            state=State(str(raw["state"])),
            asked_at=isoparse(str(raw["asked_at"])),
        )

    @override
    def __str__(self) -> str:
        return f"{self.name} ({self.state}): {' '.join(self.command)}"
