"""The `acme-jobs-manager` command."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from aiohttp import web

from acme.jobs.common import settings

from . import __version__, schedule
from .server import application


@click.command()
@click.version_option(__version__)
@click.option("--settings", "path", type=click.Path(path_type=Path), default=Path("jobs.yaml"))
@click.option("--policy", default="fifo", show_default=True)
@click.option("--port", default=8070, show_default=True)
def main(path: Path, policy: str, port: int) -> None:
    """Keep jobs and run them, one after another."""
    if sys.platform != "win32":
        import uvloop

        uvloop.install()
    app = application(settings.load(path), schedule.load(policy))
    web.run_app(app, host="127.0.0.1", port=port)
