"""The `acme-jobs` command."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click
from rich.console import Console

from acme.jobs.common import settings
from acme.jobs.common.job import Job

from . import __version__
from .session import Session
from .table import table


@click.group()
@click.version_option(__version__)
@click.option("--settings", "path", type=click.Path(path_type=Path), default=Path("jobs.yaml"))
@click.pass_context
def main(context: click.Context, path: Path) -> None:
    """Ask an Acme Jobs manager to run something."""
    context.obj = settings.load(path)


@main.command()
@click.argument("name")
@click.argument("command", nargs=-1, required=True)
@click.pass_obj
def submit(loaded: settings.Settings, name: str, command: tuple[str, ...]) -> None:
    """Run COMMAND as a job called NAME."""

    async def call() -> None:
        async with Session(loaded.url) as session:
            await session.submit(Job(name, command))

    asyncio.run(call())


@main.command("list")
@click.pass_obj
def list_jobs(loaded: settings.Settings) -> None:
    """Show every job that the manager knows."""

    async def call() -> list[Job]:
        async with Session(loaded.url) as session:
            return await session.jobs()

    Console().print(table(asyncio.run(call())))
