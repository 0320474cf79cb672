from acme.jobs.common.job import Job, State
from acme.jobs.manager.policies.fifo import Fifo
from acme.jobs.manager.policies.shortest import Shortest
from acme.jobs.manager.schedule import next_jobs


def test_running_jobs_take_slots() -> None:
    jobs = [Job("a", ["true"], State.RUNNING), Job("b", ["true"]), Job("c", ["true"])]
    assert [job.name for job in next_jobs(jobs, 2, Fifo())] == ["b"]


def test_the_shortest_command_goes_first() -> None:
    jobs = [Job("long", ["sleep", "1", "2"]), Job("short", ["true"])]
    assert [job.name for job in next_jobs(jobs, 1, Shortest())] == ["short"]
