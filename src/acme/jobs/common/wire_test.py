from acme.jobs.common import wire
from acme.jobs.common.job import Job


def test_what_is_packed_comes_out_again() -> None:
    jobs = [Job("a", ["true"]), Job("b", ["sleep", "1"])]
    assert wire.unpack(wire.pack(jobs)) == jobs
