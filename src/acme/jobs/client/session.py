"""One connection to a manager. Calls are repeated while the manager restarts."""

from __future__ import annotations

from types import TracebackType
from typing import Self

import aiohttp
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_exponential

from acme.jobs.common import wire
from acme.jobs.common.job import Job

_again = retry(
    retry=retry_if_exception_type(aiohttp.ClientConnectionError),
    wait=wait_exponential(multiplier=0.1, max=2),
    stop=stop_after_attempt(4),
    reraise=True,
)


class Session:
    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._http = aiohttp.ClientSession(raise_for_status=True)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._http.close()

    @_again
    async def submit(self, job: Job) -> None:
        headers = {"Content-Type": wire.CONTENT_TYPE}
        async with self._http.post(f"{self._url}/jobs", data=wire.pack([job]), headers=headers):
            pass

    @_again
    async def jobs(self) -> list[Job]:
        async with self._http.get(f"{self._url}/jobs") as response:
            return wire.unpack(await response.read())
