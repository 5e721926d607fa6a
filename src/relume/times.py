"""Times as they are typed: seconds, minutes:seconds or hours:minutes:seconds."""

from __future__ import annotations

import re

__all__ = ["parse_seconds"]

_TIME = re.compile(r"([0-9]+|[0-9]+:[0-5]?[0-9]|[0-9]+:[0-5]?[0-9]:[0-5]?[0-9])(\.[0-9]+)?")


def parse_seconds(text: str) -> float | None:
    """The seconds of a text like 65, 1:05 or 1:02:03.5; None of any other."""
    if not _TIME.fullmatch(text):
        return None
    seconds = 0.0
    for part in text.split(":"):
        seconds = seconds * 60.0 + float(part)
    return seconds
