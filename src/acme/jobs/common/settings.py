"""The settings file that client and manager read."""

from __future__ import annotations

from pathlib import Path

import attrs
import yaml


@attrs.frozen
class Settings:
    url: str = "http://127.0.0.1:8070"
    database: str = "sqlite+aiosqlite:///jobs.db"
    slots: int = attrs.field(default=2, validator=attrs.validators.ge(1))


def load(path: Path) -> Settings:
    """Read `path`; a missing file means the defaults, an unknown key is an error."""
    if not path.exists():
        return Settings()
    raw = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    known = {field.name for field in attrs.fields(Settings)}
    if unknown := sorted(set(raw) - known):
        raise ValueError(f"{path}: unknown settings: {', '.join(unknown)}")
    return Settings(**raw)
