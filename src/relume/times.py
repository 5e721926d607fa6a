"""Times as they are typed: seconds, minutes:seconds or hours:minutes:seconds."""

from __future__ import annotations

import re

__all__ = ["TIME_FORMS", "parse_seconds", "timecode_hint"]

TIME_FORMS = "seconds, minutes:seconds or hours:minutes:seconds"
"""What a time may be, in words for messages."""

_TIME = re.compile(r"([0-9]+|[0-9]+:[0-5]?[0-9]|[0-9]+:[0-5]?[0-9]:[0-5]?[0-9])(\.[0-9]+)?")
_TIMECODE = re.compile(r"([0-9]+:[0-9]+:[0-9]+)[:;][0-9]+")


def parse_seconds(text: str) -> float | None:
    """The seconds of a text like 65, 1:05 or 1:02:03.5; None of any other."""
    if not _TIME.fullmatch(text):
        return None
    seconds = 0.0
    for part in text.split(":"):
        seconds = seconds * 60.0 + float(part)
    return seconds


def timecode_hint(text: str) -> str:
    """How to write a timecode (1:02:03:12) that counts frames, which only its video could read; of
    any other text nothing."""
    found = _TIMECODE.fullmatch(text)
    if found is None:
        return ""
    return (
        "; a timecode's last number counts frames: write it as a part of the second, 12 frames at"
        f" 25 a second as {found[1]}.48"
    )
