"""Starts what the policy says, as long as there are free slots."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from acme.jobs.common.job import Job, State
from acme.jobs.runner.launch import Launcher

from .schedule import Policy, next_jobs
from .store import Store


class Loop:
    def __init__(self, store: Store, policy: Policy, launcher: Launcher, slots: int) -> None:
        self._store = store
        self._policy = policy
        self._launcher = launcher
        self._slots = slots
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        self._keep(asyncio.create_task(self._forever()))

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        for task in tuple(self._tasks):
            with suppress(asyncio.CancelledError):
                await task

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _forever(self) -> None:
        while True:
            for job in next_jobs(await self._store.jobs(), self._slots, self._policy):
                running = job.advance(State.RUNNING)
                await self._store.put(running)
                self._keep(asyncio.create_task(self._run(running)))
            await asyncio.sleep(0.5)

    async def _run(self, job: Job) -> None:
        status = await self._launcher.run(job.command)
        await self._store.put(job.advance(State.DONE if status == 0 else State.FAILED))
