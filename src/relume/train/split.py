"""Who is kept out of training: a fixed rule on file names, the same on every machine."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

__all__ = ["HELD_OUT", "held_out", "kept_out", "person"]

HELD_OUT = 0.0872
"""Share of hashes whose people are kept out; of the 922 people whose portraits the teacher
accepted here, 60."""


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
    """Whether the person of a portrait is kept out of training, in a set of any size but a small
    one's (see `kept_out`)."""
    return _place(person(stem)) < share


def kept_out(stems: Iterable[str]) -> set[str]:
    """Those portraits of a set whose people are kept out of training.

    `held_out` says who; where that is nobody or everybody, the one whose hash is lowest, so that
    of two people or more there is always somebody on either side.
    """
    of = {stem: person(stem) for stem in stems}
    people = set(of.values())
    chosen = {who for who in people if _place(who) < HELD_OUT}
    if len(people) > 1 and len(chosen) in (0, len(people)):
        chosen = {min(people, key=_place)}
    return {stem for stem, who in of.items() if who in chosen}


def _place(who: str) -> float:
    """A person's hash, 0..1."""
    digest = hashlib.sha256(who.encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
