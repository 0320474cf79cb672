from acme.jobs.client.table import table
from acme.jobs.common.job import Job


def test_one_row_for_each_job() -> None:
    assert table([Job("a", ["true"]), Job("b", ["false"])]).row_count == 2
