"""Greets a number of people."""

import humanize


def greet(name: str, times: int) -> str:
    """A greeting that says how often it was said."""
    return f"Hello {name}, for the {humanize.ordinal(times)} time!"
