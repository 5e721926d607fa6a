"""Options that are times."""

from __future__ import annotations

from ..errors import UsageError
from ..times import TIME_FORMS, parse_seconds, timecode_hint

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
            f"{option} is {TIME_FORMS}, such as 65, 1:05 or 0:01:05, got {text!r}"
            f"{timecode_hint(text)}"
        )
    return seconds
