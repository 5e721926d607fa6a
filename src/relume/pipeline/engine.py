"""What the pipeline asks of an engine."""

from __future__ import annotations

from typing import Protocol

from ..face import TrackedFace
from ..light import Light
from ..media import Picture

__all__ = ["Engine"]


class Engine(Protocol):
    """Something that relights one tracked face of a frame in place."""

    def relight(
        self,
        picture: Picture,
        face: TrackedFace,
        light: Light | None,
        time: float,
        turn: tuple[float, float, float] = (0.0, 0.0, 0.0),
        amount: float = 1.0,
    ) -> None:
        """Relight `face` in `picture` as of `time` seconds; see `RatioEngine.relight`."""

    def observe(self, picture: Picture, face: TrackedFace, time: float) -> Light:
        """The light the face is filmed in, camera frame, this frame taken into account."""
