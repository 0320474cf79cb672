"""The jobs in a database."""

from __future__ import annotations

from datetime import UTC

from sqlalchemy import JSON, DateTime, String, select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from acme.jobs.common.job import Job, State


class _Base(DeclarativeBase):
    pass


class _Row(_Base):
    __tablename__ = "jobs"

    name: Mapped[str] = mapped_column(String, primary_key=True)
    command: Mapped[list[str]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String, index=True)
    asked_at = mapped_column(DateTime(timezone=True), nullable=False)

    def to_job(self) -> Job:
        asked_at = self.asked_at
        if asked_at.tzinfo is None:  # SQLite keeps no zone
            asked_at = asked_at.replace(tzinfo=UTC)
        return Job(self.name, self.command, State(self.state), asked_at)


class Store:
    """Every change is one transaction; the newest state of a job wins."""

    def __init__(self, url: str) -> None:
        self._engine = create_async_engine(url)
        self._sessions = async_sessionmaker(self._engine)

    async def open(self) -> None:
        async with self._engine.begin() as connection:
            await connection.run_sync(_Base.metadata.create_all)

    async def close(self) -> None:
        await self._engine.dispose()

    async def put(self, job: Job) -> None:
        row = _Row(
            name=job.name,
            command=list(job.command),
            state=str(job.state),
            asked_at=job.asked_at,
        )
        async with self._sessions.begin() as session:
            await session.merge(row)

    async def jobs(self) -> list[Job]:
        async with self._sessions() as session:
            rows = await session.scalars(select(_Row).order_by(_Row.asked_at))
            return [row.to_job() for row in rows]
