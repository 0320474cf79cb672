"""Jobs as bytes, between client, manager and runner."""

from __future__ import annotations

import msgpack  # type: ignore[import-untyped]

from .job import Job

CONTENT_TYPE = "application/vnd.acme.jobs+msgpack"


def pack(jobs: list[Job]) -> bytes:
    return msgpack.packb([job.to_dict() for job in jobs])


def unpack(raw: bytes) -> list[Job]:
    return [Job.from_dict(entry) for entry in msgpack.unpackb(raw)]
