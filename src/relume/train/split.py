"""Who is kept out of training: a fixed rule on file names, the same on every machine."""

from __future__ import annotations

import hashlib
import re

__all__ = ["HELD_OUT", "held_out", "person"]

HELD_OUT = 0.0872
"""Share of people kept out: 60 of the 927 that the model is trained on here."""


def person(stem: str) -> str:
    """Whose portrait a file name is of, so that all of a person's pictures stay together.

    A number of three digits in the name is the person ("neutral_front_001_03" and
    "smiling_front_001_08" are one); else what follows the first underscore is
    ("us-house_jane-doe" and "us-senate_jane-doe" are one); else the whole name.
    """
    number = re.search(r"(?:^|_)([a-z]*_)?(\d{3})(?=[_a-z]|$)", stem)
    if number:
        before = stem[: number.start(2)].split("_")
        return f"{before[-2] if len(before) > 1 else ''}_{number.group(2)}"
    return stem.split("_", 1)[-1]


def held_out(stem: str, share: float = HELD_OUT) -> bool:
    """Whether the person of a portrait is kept out of training."""
    digest = hashlib.sha256(person(stem).encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64 < share
