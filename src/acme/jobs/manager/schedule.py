"""Which job runs next. Policies are plug-ins: distributions declare them as entry points."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Protocol

from acme.jobs.common.job import Job, State

GROUP = "acme_jobs_policy_v1"


class Policy(Protocol):
    def order(self, waiting: list[Job]) -> list[Job]: ...


def load(name: str) -> Policy:
    for entry_point in entry_points(group=GROUP, name=name):
        return entry_point.load()()
    known = sorted({entry_point.name for entry_point in entry_points(group=GROUP)})
    raise LookupError(f"no policy called {name}; installed are: {', '.join(known) or 'none'}")


def next_jobs(jobs: list[Job], slots: int, policy: Policy) -> list[Job]:
    running = sum(job.state is State.RUNNING for job in jobs)
    waiting = [job for job in jobs if job.state is State.WAITING]
    return policy.order(waiting)[: max(slots - running, 0)]
