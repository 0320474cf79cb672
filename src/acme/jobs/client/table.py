"""Jobs as a table for a terminal."""

from __future__ import annotations

from rich.table import Table

from acme.jobs.common.job import Job, State

_STYLES = {State.DONE: "green", State.FAILED: "red", State.RUNNING: "bold"}


def table(jobs: list[Job]) -> Table:
    result = Table("job", "state", "asked for", "command")
    for job in sorted(jobs, key=lambda job: job.asked_at):
        result.add_row(
            job.name,
            str(job.state),
            job.asked_at.isoformat(timespec="seconds"),
            " ".join(job.command),
            style=_STYLES.get(job.state),
        )
    return result
