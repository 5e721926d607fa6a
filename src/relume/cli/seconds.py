"""Options that are times."""

from __future__ import annotations

from ..errors import UsageError
from ..times import parse_seconds

__all__ = ["seconds_of"]


def seconds_of(option: str, text: str) -> float:
    """The seconds that an option's text stands for: any number, or what timelines take.

    Raises:
        UsageError: it is no time.
    """
    try:
        return float(text)
    except ValueError:
        seconds = parse_seconds(text)
    if seconds is None:
        raise UsageError(
            f"{option} is seconds or minutes:seconds, such as 65 or 1:05, got {text!r}"
        )
    return seconds
