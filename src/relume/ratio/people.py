"""What engines keep of each face, and for how long."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from ..face import TrackedFace

__all__ = ["Seen", "forget_gone", "person_of"]


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


def person_of(
    people: dict[int, _Person],
    face: TrackedFace,
    time: float,
    after: float,
    new: Callable[[], _Person],
) -> _Person:
    """What is kept of a face; `new` where nothing is, or the face is fresh. See `forget_gone`."""
    forget_gone(people, time, after)
    person = people.get(face.id)
    if person is None or face.fresh:
        person = people[face.id] = new()
    return person
