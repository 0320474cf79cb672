"""The overview page."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, select_autoescape

from acme.jobs.common.job import Job

_templates = Environment(loader=PackageLoader(__package__), autoescape=select_autoescape())


def overview(jobs: list[Job]) -> str:
    return _templates.get_template("overview.html").render(jobs=jobs)
