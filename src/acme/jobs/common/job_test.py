from acme.jobs.common.job import Job, State


def test_a_job_goes_from_waiting_to_done() -> None:
    job = Job("hello", ["echo", "hello"]).advance(State.RUNNING).advance(State.DONE)
    assert str(job) == "hello (done): echo hello"


def test_a_final_state_is_never_left() -> None:
    job = Job("hello", ["true"], state=State.FAILED)
    try:
        job.advance(State.RUNNING)
    except ValueError as error:
        assert str(error) == "job hello is already failed"
    else:
        raise AssertionError("a failed job ran again")


def test_a_job_survives_its_dictionary() -> None:
    job = Job("hello", ["echo", "hello"])
    assert Job.from_dict(job.to_dict()) == job
