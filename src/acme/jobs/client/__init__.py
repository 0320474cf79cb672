"""Ask an Acme Jobs manager to run something, from Python or a terminal."""

from pathlib import Path

__version__ = (Path(__file__).parent / "VERSION").read_text().strip()
