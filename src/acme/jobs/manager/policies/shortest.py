"""The shortest command first: a guess at the shortest run."""

from acme.jobs.common.job import Job


class Shortest:
    def order(self, waiting: list[Job]) -> list[Job]:
        return sorted(waiting, key=lambda job: (len(job.command), job.asked_at))
