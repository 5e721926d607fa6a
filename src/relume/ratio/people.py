"""What engines keep of each face, and for how long."""

from __future__ import annotations

from typing import Protocol, TypeVar

__all__ = ["Seen", "forget_gone"]


class Seen(Protocol):
    """What is kept of one face."""

    seen: float
    """Seconds at which it was last seen."""


_Person = TypeVar("_Person", bound=Seen)


def forget_gone(people: dict[int, _Person], time: float, after: float) -> None:
    """Drop, in place, faces that at `time` haven't been seen for `after` seconds.

    So are those seen more than a second from now: the video was begun anew.
    """
    for gone in [i for i, person in people.items() if not -1.0 < time - person.seen < after]:
        del people[gone]
