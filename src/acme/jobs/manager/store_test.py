import asyncio
from pathlib import Path

from acme.jobs.common.job import Job, State
from acme.jobs.manager.store import Store


def test_the_newest_state_of_a_job_wins(tmp_path: Path) -> None:
    async def run() -> list[Job]:
        store = Store(f"sqlite+aiosqlite:///{tmp_path}/jobs.db")
        await store.open()
        job = Job("hello", ["true"])
        await store.put(job)
        await store.put(job.advance(State.RUNNING))
        jobs = await store.jobs()
        await store.close()
        return jobs

    [job] = asyncio.run(run())
    assert job.state is State.RUNNING
