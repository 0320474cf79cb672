"""Keeps the jobs of Acme Jobs and decides which one runs next."""

from pathlib import Path

__version__ = (Path(__file__).parent / "VERSION").read_text().strip()
