"""What engines keep of each face, and for how long."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from ..face import TrackedFace

__all__ = ["Seen", "person_of"]


class Seen(Protocol):
    """What is kept of one face."""

    seen: float
    """Seconds at which it was last seen."""


_MOST = 32  # people that are remembered

_Person = TypeVar("_Person", bound=Seen)


def person_of(
    people: dict[int, _Person],
    face: TrackedFace,
    time: float,
    after: float,
    new: Callable[[], _Person],
) -> _Person:
    """What is kept of a face; `new` where nothing is, or the face is fresh. Faces that weren't
    seen for `after` seconds go, as do all if the video was begun anew, and all but the `_MOST` that
    were asked for last: of stills, one after another, none would ever be gone."""
    _forget_gone(people, time, after)
    person = people.pop(face.id, None)
    if person is None or face.fresh:
        person = new()
    people[face.id] = person  # asked for last
    return person


def _forget_gone(people: dict[int, _Person], time: float, after: float) -> None:
    """Drop, in place, whom nothing is remembered of any longer; see `person_of`."""
    for gone in list(people)[:-_MOST]:
        del people[gone]
    for gone in [i for i, person in people.items() if not -1.0 < time - person.seen < after]:
        del people[gone]
