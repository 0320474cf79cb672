"""First asked, first run."""

from acme.jobs.common.job import Job


class Fifo:
    def order(self, waiting: list[Job]) -> list[Job]:
        return sorted(waiting, key=lambda job: job.asked_at)
