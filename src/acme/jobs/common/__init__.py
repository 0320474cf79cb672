"""What every part of Acme Jobs shares: the job itself, the settings file and the wire format."""

from pathlib import Path

__version__ = (Path(__file__).parent / "VERSION").read_text().strip()
