"""What the pipeline asks of an engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from numpy.typing import NDArray

from ..face import TrackedFace
from ..light import Light
from ..media import Picture

__all__ = ["AheadEngine", "Engine", "PassEngine", "Passes", "Plan"]


class Plan(Protocol):
    """What an engine has made up its mind to do to one face of a frame."""

    def apply(self, picture: Picture, threads: int = 1) -> None:
        """Do it, in place, in so many threads at most."""


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


@runtime_checkable
class AheadEngine(Protocol):
    """An engine that does the part of planning that no light changes apart from the rest."""

    def prepare(
        self,
        picture: Picture,
        face: TrackedFace,
        time: float,
        hurried: bool = False,
        company: Sequence[TrackedFace] = (),
    ) -> Any:
        """That part. A thread of its own may run ahead of `plan` with it, frames in order.

        Args:
            picture: the frame.
            face: its face.
            time: seconds.
            hurried: as for live video, nothing that takes long is waited for where something a
                little older serves.
            company: the frame's other faces, whose bodies aren't this one's to be lit.
        """

    def plan(
        self,
        picture: Picture,
        face: TrackedFace,
        light: Light | None,
        time: float,
        turn: tuple[float, float, float] = (0.0, 0.0, 0.0),
        amount: float = 1.0,
        prepared: Any = None,
    ) -> Plan | None:
        """See `Engine.plan`; `prepared` is what `prepare` gave for the same face and frame."""


class Passes(Protocol):
    """What is known of one face of a frame, ready to be drawn."""

    def paint(self, picture: Picture, sheets: Mapping[str, NDArray[Any]]) -> None:
        """Draw it into pictures of passes, by name; `picture` is the frame as it was.

        Sheets are uint8 or uint16 [H, W, 3], black where there is no face.
        """


@runtime_checkable
class PassEngine(Protocol):
    """An engine that knows what lies behind a face's colours: albedo, shading, geometry."""

    def passes(
        self,
        picture: Picture,
        face: TrackedFace,
        light: Light | None,
        time: float,
        turn: tuple[float, float, float] = (0.0, 0.0, 0.0),
        amount: float = 1.0,
    ) -> Passes | None:
        """What is seen of a face that `plan` was asked about just before, by the same arguments."""
