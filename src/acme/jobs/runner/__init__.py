"""The launcher that Acme Jobs starts every job through."""

from pathlib import Path

__version__ = (Path(__file__).parent / "VERSION").read_text().strip()
