"""What the pipeline asks of an engine."""

from __future__ import annotations

from typing import Protocol

from ..face import TrackedFace
from ..light import Light
from ..media import Picture

__all__ = ["Engine", "Plan"]


class Plan(Protocol):
    """What an engine has made up its mind to do to one face of a frame."""

    def apply(self, picture: Picture) -> None:
        """Do it, in place."""


class Engine(Protocol):
    """Something that relights one tracked face of a frame.

    Work is in two parts so that two threads can share it: `plan` looks at frames in order and
    remembers, a plan's `apply` needs nothing but its frame.
    """

    def plan(
        self,
        picture: Picture,
        face: TrackedFace,
        light: Light | None,
        time: float,
        turn: tuple[float, float, float] = (0.0, 0.0, 0.0),
        amount: float = 1.0,
    ) -> Plan | None:
        """What to do to `face` as of `time` seconds; see `RatioEngine.plan`."""

    def observe(self, picture: Picture, face: TrackedFace, time: float) -> Light:
        """The light the face is filmed in, camera frame, this frame taken into account."""
